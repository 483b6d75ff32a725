"""What a chart of a warehouse renders: the kinds of places that the shop has not, from Services to settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.operators import Operator

WAREHOUSE = r"""
apiVersion: v1
kind: Service
metadata: {name: hall, labels: {app: hall}}
spec:
  selector: {app: hall, floor: ground}
  ports: [{name: http, port: 80, targetPort: http, appProtocol: http}]
---
apiVersion: v1
kind: Service
metadata: {name: shelves}
spec: {clusterIP: None, publishNotReadyAddresses: true, selector: {app: shelves}, ports: [{name: sql, port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: far}
spec: {type: ExternalName, externalName: far.example}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: gate, annotations: {controller.example/body-size: 1m}}
spec:
  ingressClassName: traefik
  defaultBackend: {service: {name: hall, port: {name: http}}}
  tls: [{hosts: [warehouse.example], secretName: certificate}]
  rules:
    - host: warehouse.example
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: hall, port: {name: http}}}}
          - {path: /list, pathType: Exact, backend: {service: {name: hall, port: {number: 80}}}}
    - {host: www.warehouse.example}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: hall, labels: {app: hall}}
spec:
  replicas: 3
  minReadySeconds: 5
  progressDeadlineSeconds: 60
  strategy: {rollingUpdate: {maxUnavailable: 0}}
  selector: {matchLabels: {app: hall, floor: ground}}
  template:
    metadata: {labels: {app: hall, floor: ground, team: blue}, annotations: {checksum/config: abc, owner: blue}}
    spec:
      terminationGracePeriodSeconds: 20
      priorityClassName: high
      nodeSelector: {disk: fast}
      topologySpreadConstraints:
        - {maxSkew: 1, minDomains: 2, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, nodeTaintsPolicy: Honor,
           labelSelector: {matchLabels: {app: hall}}}
      initContainers: [{name: sweeps, image: "hall:1"}]
      containers:
        - name: door
          image: registry.example:5000/hall:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
          args: [serve, --log-format, json, --retries=3, "cache=on"]
          ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090}]
          envFrom: [{configMapRef: {name: hall}}]
          env: [{name: LOG_LEVEL, value: info}, {name: JAVA_OPTS, value: "-Dtimeout=5s -Xmx1g"}]
          lifecycle: {preStop: {exec: {command: [sleep, "5"]}}}
          securityContext: {readOnlyRootFilesystem: true}
          volumeMounts:
            - {name: stock, mountPath: /stock, subPath: hall}
            - {name: tmp, mountPath: /tmp}
            - {name: shared, mountPath: /shared, readOnly: true}
      volumes:
        - {name: stock, persistentVolumeClaim: {claimName: stock}}
        - {name: tmp, emptyDir: {}}
        - {name: shared, emptyDir: {}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: hall-upstairs}
spec:
  replicas: 1
  selector: {matchLabels: {app: hall, floor: first}}
  template:
    metadata: {labels: {app: hall, floor: first}}
    spec: {containers: [{name: stairs, image: "hall:1"}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: shelves}
spec:
  serviceName: shelves
  podManagementPolicy: Parallel
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
  selector: {matchLabels: {app: shelves}}
  template:
    metadata: {labels: {app: shelves}}
    spec:
      containers:
        - name: postgresql
          image: postgres:17
          command: [sh, -c]
          args:
            - |
              trap 'exit 0' TERM
              exec postgres -c log_destination=jsonlog
          volumeMounts: [{name: data, mountPath: /data}, {name: settings, mountPath: /settings, readOnly: true}]
        - {name: watches, image: "hall:1"}
      volumes: [{name: settings, configMap: {name: shelves}}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOncePod], storageClassName: fast, resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: stock, annotations: {helm.sh/resource-policy: keep}}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: hall}
data: {TIMEOUT_SECONDS: "5", RETRY_PERCENT: "20", HTTP_PORT: "8080", BACKEND: "https://shelves:5432/list", VERIFY: "on"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shelves}
data:
  postgresql.conf: |
    # how it is kept
    fsync = on
    checkpoint_timeout = 5min  # longer is slower
    listen_addresses = '0.0.0.0'
  backup.sh: |
    #!/bin/sh
    set -eu
    umask 077
    # set -x
    awk '
      set { print }
    '
    cat <<END
    set nothing
    END
    pg_dump --set=ON_ERROR_STOP=1 >"$1" \
      || exit 1
    [ -s "$1" ] || fail "it is empty"
    if true; then
      rm -f "$2"
    fi
    exit $?
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: hall}
spec: {minAvailable: 2, unhealthyPodEvictionPolicy: AlwaysAllow, selector: {matchLabels: {app: hall, floor: ground}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: hall}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: hall}
  minReplicas: 2
  maxReplicas: 5
  behavior: {scaleDown: {stabilizationWindowSeconds: 60}}
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
    - {type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 90}}}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: stocktaking
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-weight: "1"}
spec:
  backoffLimit: 2
  activeDeadlineSeconds: 600
  ttlSecondsAfterFinished: 3600
  template:
    metadata: {labels: {app: stocktaking}}
    spec: {restartPolicy: Never, containers: [{name: counts, image: "hall:1"}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: cleaning}
spec:
  schedule: "0 3 * * *"
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 60
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: cleaning}}
        spec: {restartPolicy: OnFailure, containers: [{name: mops, image: "hall:1"}]}
"""


def warehouse() -> list[dict[str, Any]]:
    """The objects of the warehouse."""
    return list(yaml.safe_load_all(WAREHOUSE))


def all_of(*operators: Operator) -> list[Derived]:
    """What some operators derive of it."""
    return [each for operator in operators for each in operator(warehouse())]


def ids(found: Iterable[Derived], of: str = "") -> list[str]:
    """The ids of mutants, or those that begin so, without the beginning."""
    return [each.id.removeprefix(of) for each in found if each.id.startswith(of)]


def changed(mutant: Derived) -> dict[str, Any]:
    """What a mutant makes of its object."""
    found = mutant.change(warehouse())
    return next(item for item in found if f"{item['kind']} {item['metadata']['name']}" == mutant.object)
