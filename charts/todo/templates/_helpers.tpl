{{- /* Task: T-401 T-411 T-412 */ -}}

{{- /* Name of a component's objects: <release>-<component>. 40 characters leave room for what Kubernetes adds to the longest of them. */ -}}
{{- define "todo.name" -}}
{{- $root := index . 0 -}}
{{- if gt (len $root.Release.Name) 40 -}}
{{- fail (printf "the release name %q has %d characters; choose one of at most 40, because Kubernetes adds to it for the names of pods" $root.Release.Name (len $root.Release.Name)) -}}
{{- end -}}
{{- printf "%s-%s" $root.Release.Name (index . 1) -}}
{{- end -}}

{{- /* Labels that identify the pods of this release: never change in its life, because selectors cannot. */ -}}
{{- define "todo.releaseLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "todo.selectorLabels" -}}
{{ include "todo.releaseLabels" (index . 0) }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- /* The `metadata` of an object: (root, component, tasks, name if it is another than the component's). No component: the whole release's. */ -}}
{{- define "todo.metadata" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
name: {{ include "todo.name" (list $root (ternary (last .) $component (eq (len .) 4))) }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "todo.releaseLabels" $root | nindent 2 }}
  {{- with $component }}
  app.kubernetes.io/component: {{ . }}
  {{- end }}
  app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
  app.kubernetes.io/part-of: {{ $root.Chart.Name }}
  app.kubernetes.io/managed-by: {{ $root.Release.Service }}
  helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
annotations:
  kube-acceptance/task: {{ index . 2 | quote }}
{{- end -}}

{{- /* Image reference: (root, key below `images`). */ -}}
{{- define "todo.image" -}}
{{- $root := index . 0 -}}
{{- $image := index $root.Values.images (index . 1) -}}
{{- $image.repository -}}:{{- $image.tag | default $root.Chart.AppVersion -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{- define "todo.databaseSecret" -}}
{{- .Values.database.existingSecret | default (include "todo.name" (list . "database")) -}}
{{- end -}}

{{- /* What every pod of this chart has in common: (root, component, uid of its image, group of its volumes if it is another than the uid). */ -}}
{{- define "todo.pod" -}}
{{- $root := index . 0 -}}
{{- $uid := index . 2 -}}
serviceAccountName: {{ include "todo.name" . }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ $uid }}
  runAsGroup: {{ $uid }}
  fsGroup: {{ last . }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- /* What every container of this chart has in common: (root, key below `images`, resources). */ -}}
{{- define "todo.container" -}}
image: {{ include "todo.image" . | quote }}
imagePullPolicy: {{ (index . 0).Values.images.pullPolicy }}
resources:
  {{- toYaml (index . 2) | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{- /* Pods of one tier go to different nodes where there are any; a single node is good enough. Nodes that take no pods, such as one that is
drained, do not count, which Kubernetes 1.25 cannot tell: there an even spread is not required. (root, component) */ -}}
{{- define "todo.spread" -}}
{{- $root := index . 0 -}}
{{- $required := and $root.Values.spread.required (semverCompare ">=1.26-0" $root.Capabilities.KubeVersion.Version) -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: {{ ternary "DoNotSchedule" "ScheduleAnyway" $required }}
    nodeTaintsPolicy: Honor
    labelSelector:
      matchLabels:
        {{- include "todo.selectorLabels" . | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
{{- end -}}

{{- /* The volume with the password of the application's role, for a container that mounts it at /run/secrets/database. */ -}}
{{- define "todo.passwordVolume" -}}
- name: password
  secret:
    secretName: {{ include "todo.databaseSecret" . }}
    defaultMode: 0440
    items: [{key: password, path: password}]
{{- end -}}
