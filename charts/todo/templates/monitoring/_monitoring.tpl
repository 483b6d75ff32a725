{{- /* Task: T-419 */ -}}

{{- /* What lets Prometheus in to a tier's metrics, where there is one: (root, port). */ -}}
{{- define "todo.monitored" -}}
{{- $root := index . 0 -}}
{{- if $root.Values.monitoring.enabled -}}
- from:
    - podSelector:
        matchLabels:
          {{- include "todo.selectorLabels" (list $root "monitoring") | nindent 10 }}
  ports: [{protocol: TCP, port: {{ index . 1 }}}]
{{- end -}}
{{- end -}}
