{{- /* Task: T-536 */ -}}
{{- define "guarded.common" -}}
{app.kubernetes.io/name: {{ .Chart.Name }}, app.kubernetes.io/instance: {{ .Release.Name }}}
{{- end }}
