{{- define "post.common" -}}
{app.kubernetes.io/name: {{ .Chart.Name }}, app.kubernetes.io/instance: {{ .Release.Name }}}
{{- end }}

{{- define "post.labels" -}}
{app.kubernetes.io/name: {{ .root.Chart.Name }}, app.kubernetes.io/instance: {{ .root.Release.Name }}, app.kubernetes.io/component: {{ .component }}}
{{- end }}

{{- define "post.pod" -}}
serviceAccountName: {{ .root.Release.Name }}-{{ .component }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, seccompProfile: {type: RuntimeDefault}}
{{- end }}

{{- define "post.container" -}}
image: {{ .root.Values.image.repository }}:{{ .root.Values.image.tag }}
imagePullPolicy: IfNotPresent
resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {cpu: 200m, memory: 64Mi}}
securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
{{- end }}

{{- define "post.account" -}}
apiVersion: v1
kind: ServiceAccount
metadata: {name: {{ .root.Release.Name }}-{{ .component }}, labels: {{ include "post.common" .root }}}
automountServiceAccountToken: false
{{- end }}

{{- define "post.place" -}}
{{ include "post.account" . }}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .root.Release.Name }}-{{ .component }}, labels: {{ include "post.common" .root }}}
spec:
  selector: {{ include "post.labels" . }}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .root.Release.Name }}-{{ .component }}, labels: {{ include "post.common" .root }}}
spec:
  replicas: {{ .replicas }}
  selector: {matchLabels: {{ include "post.labels" . }}}
  template:
    metadata: {labels: {{ include "post.labels" . }}}
    spec:
      {{- include "post.pod" . | nindent 6 }}
      containers:
        - name: {{ .component }}
          {{- include "post.container" . | nindent 10 }}
          command: [python3, -B, /post/serve.py]
          env:
            - {name: PLACE, value: {{ .component }}}
            {{- if .asks }}
            - {name: ASKS, value: {{ .asks }}}
            {{- end }}
          ports: [{name: http, containerPort: 8080}]
          startupProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 1, failureThreshold: 60}
          readinessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 2, failureThreshold: 2}
          livenessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 10, failureThreshold: 3}
          volumeMounts: [{name: post, mountPath: /post, readOnly: true}]
      volumes: [{name: post, configMap: {name: {{ .root.Release.Name }}-post}}]
{{- end }}
