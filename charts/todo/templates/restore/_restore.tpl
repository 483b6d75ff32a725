{{- /* Task: T-417 T-418
Where an archive is to be restored, the migration's pod does it first: what the archive holds is then brought up to date like any other data. */ -}}

{{- /* The claim that archives are in. */ -}}
{{- define "todo.backupClaim" -}}
{{- .Values.backup.existingClaim | default (include "todo.name" (list . "backup")) -}}
{{- end -}}

{{- /* The container that runs before the migration. The archives belong to the user of the database's image, who alone may read them. */ -}}
{{- define "todo.restoreContainer" -}}
{{- if not (or .Values.backup.enabled .Values.backup.existingClaim) -}}
{{- fail "restore.archive is set, but there is no claim with archives: set backup.existingClaim to one, or backup.enabled to true" -}}
{{- end -}}
- name: restore
  {{- $container := include "todo.container" (list . "postgres" .Values.restore.resources) | fromYaml }}
  {{- $_ := merge $container.securityContext (dict "runAsUser" 70 "runAsGroup" 70) }}
  {{- toYaml $container | nindent 2 }}
  command: [bash, /scripts/structured.sh, restore, sh, /scripts/restore.sh]
  env:
    {{- include "todo.databaseEnvironment" . | nindent 4 }}
    - {name: FOLDER, value: /backups}
    - {name: ARCHIVE, value: {{ .Values.restore.archive | quote }}}
    - {name: SCRATCH, value: /scratch}
    - {name: TMPDIR, value: /scratch}
    - {name: PATIENCE, value: "60"}
  volumeMounts:
    - {name: backups, mountPath: /backups, readOnly: true}
    - {name: scripts, mountPath: /scripts, readOnly: true}
    - {name: password, mountPath: /run/secrets/database, readOnly: true}
    - {name: scratch, mountPath: /scratch}
{{- end -}}

{{- define "todo.restoreVolumes" -}}
- name: backups
  persistentVolumeClaim: {claimName: {{ include "todo.backupClaim" . }}}
- name: scripts
  configMap: {name: {{ include "todo.name" (list . "restore") }}, defaultMode: 0555}
- {name: scratch, emptyDir: {sizeLimit: {{ .Values.restore.scratchSize }}}}
{{- end -}}

{{- /* What PostgreSQL's own programs are told, of backup and restore alike. */ -}}
{{- define "todo.databaseEnvironment" -}}
- {name: PGHOST, value: {{ include "todo.name" (list . "database") }}}
- {name: PGPORT, value: "5432"}
- {name: PGUSER, value: {{ .Values.database.user | quote }}}
- {name: PGDATABASE, value: {{ .Values.database.name | quote }}}
- {name: PGCONNECT_TIMEOUT, value: "10"}
- {name: PASSWORD_FILE, value: /run/secrets/database/password}
{{- end -}}

{{- /* A pod for people who copy archives out or in; only the notes show it. Its working folder is the root, so that `archives` is the volume. */ -}}
{{- define "todo.archivesPod" -}}
apiVersion: v1
kind: Pod
metadata: {name: archives}
spec:
  securityContext: {runAsNonRoot: true, runAsUser: 70, runAsGroup: 70, fsGroup: 70, seccompProfile: {type: RuntimeDefault}}
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 1
  containers:
    - name: archives
      image: {{ include "todo.image" (list . "postgres") }}
      command: [sleep, "3600"]
      workingDir: /
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      volumeMounts: [{name: archives, mountPath: /archives}]
  volumes: [{name: archives, persistentVolumeClaim: {claimName: {{ include "todo.backupClaim" . }}}}]
{{- end -}}
