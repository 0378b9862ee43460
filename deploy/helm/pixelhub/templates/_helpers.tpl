{{/* Names: RELEASE-COMPONENT, kept short enough for a label. */}}
{{- define "pixelhub.name" -}}
{{- printf "%s" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "pixelhub.selector" -}}
app.kubernetes.io/name: pixelhub
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "pixelhub.labels" -}}
{{ include "pixelhub.selector" . }}
app.kubernetes.io/version: {{ default .Chart.AppVersion .Values.image.tag | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* dict "root" $ "image" "hub" */}}
{{- define "pixelhub.image" -}}
{{- $values := .root.Values.image -}}
{{- if $values.registry }}{{ $values.registry }}/{{ end }}pixelhub-{{ .image }}:{{ default .root.Chart.AppVersion $values.tag }}
{{- end -}}

{{/* What every process is told. Values of `config` win over what is derived from `host`. */}}
{{- define "pixelhub.env" -}}
{{- $derived := dict
  "HUB_URL" (printf "https://%s" .Values.host)
  "ALLOWED_HOSTS" .Values.host
  "CSRF_TRUSTED_ORIGINS" (printf "https://%s" .Values.host)
  "PIXELHUB_HTTPS" "1"
  "BEHIND_TLS_PROXY" "1"
  "PIXELHUB_VAR_DIR" "/var/lib/pixelhub"
  "SIGNING_KEY_FILE" "/keys/signing.pem"
  "SIGNING_PUBLIC_KEY_FILE" "/keys/signing.pub"
  "SESSION_TEXT_KEY_FILE" "/keys/session_text"
-}}
{{- if .Values.models.claim }}{{ $_ := set $derived "PIXELHUB_MODEL_DIRS" "/models" }}{{ end -}}
{{- if .Values.backup.enabled }}{{ $_ := set $derived "BACKUP_AT" "" }}{{ end -}}
{{- range $name, $value := merge (deepCopy .Values.config) $derived }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- range .Values.secret.required }}
- name: {{ . }}
  valueFrom:
    secretKeyRef: {name: {{ $.Values.secret.existing }}, key: {{ . }}}
{{- end }}
{{- range .Values.secret.optional }}
- name: {{ . }}
  valueFrom:
    secretKeyRef: {name: {{ $.Values.secret.existing }}, key: {{ . }}, optional: true}
{{- end }}
{{- end -}}

{{/* Fields of every pod. dict "root" $ "values" .Values.web "component" "web" */}}
{{- define "pixelhub.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* One pod per machine where there are machines enough. */}}
{{- define "pixelhub.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "pixelhub.selector" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* The folders that may be written, and the key files. dict "root" $ "tmpSize" "1Gi" "workSize" "" "claim" "" "signs" true */}}
{{- define "pixelhub.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .tmpSize }}
- name: var
  {{- if .claim }}
  persistentVolumeClaim:
    claimName: {{ .claim }}
  {{- else }}
  emptyDir:
    sizeLimit: {{ .workSize }}
  {{- end }}
- name: keys
  secret:
    secretName: {{ .root.Values.keys.existing }}
    defaultMode: 0440
    items:
      {{- if .signs }}
      - {key: signing.pem, path: signing.pem}
      {{- end }}
      - {key: signing.pub, path: signing.pub}
      - {key: session_text, path: session_text}
{{- with .root.Values.models.claim }}
- name: models
  persistentVolumeClaim: {claimName: {{ . }}, readOnly: true}
{{- end }}
{{- end -}}

{{- define "pixelhub.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: var, mountPath: /var/lib/pixelhub}
- {name: keys, mountPath: /keys, readOnly: true}
{{- if .Values.models.claim }}
- {name: models, mountPath: /models, readOnly: true}
{{- end }}
{{- end -}}

{{/* An answering process is alive; one whose models are loading is not ready yet. Degraded is ready: the rules answer. */}}
{{- define "pixelhub.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 36
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 15
  timeoutSeconds: 5
  failureThreshold: 4
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
{{- end -}}

{{/* A worker answers no port: its loop touches a file. */}}
{{- define "pixelhub.workerProbes" -}}
startupProbe:
  exec: {command: [python, -m, pixelhub.jobs.alive]}
  periodSeconds: 10
  timeoutSeconds: 10
  failureThreshold: 30
livenessProbe:
  exec: {command: [python, -m, pixelhub.jobs.alive]}
  periodSeconds: 30
  timeoutSeconds: 10
  failureThreshold: 3
{{- end -}}
