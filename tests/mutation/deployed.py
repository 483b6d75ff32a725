"""What a chart of a shop renders, as operators are given it: every kind of place that they know, small."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from kube_acceptance.mutation.derived import Derived

SHOP = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shop}
spec:
  podSelector: {matchLabels: {app: shop}}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - {podSelector: {matchLabels: {app: till, floor: one}}}
        - {namespaceSelector: {matchLabels: {name: street}}, podSelector: {matchLabels: {app: door}}}
      ports: [{port: 80}, {port: 443}]
  egress:
    - to: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}}]
      ports: [{port: 25, protocol: TCP}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nothing}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reads}
rules: [{apiGroups: [""], resources: [configmaps], resourceNames: [prices], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: shop-reads}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reads}
subjects: [{kind: ServiceAccount, name: shop, namespace: default}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: shop}
automountServiceAccountToken: false
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: till}
automountServiceAccountToken: false
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: rent}
spec: {hard: {pods: 10}}
---
apiVersion: v1
kind: Secret
metadata: {name: key}
immutable: true
data: {door: b3BlbnM=, safe: b3BlbnM=}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop, app.kubernetes.io/component: shop}}
    spec:
      serviceAccountName: shop
      automountServiceAccountToken: false
      enableServiceLinks: false
      hostUsers: false
      securityContext:
        {runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000, seccompProfile: {type: RuntimeDefault}}
      initContainers:
        - {name: opens, image: "shop:1"}
      containers:
        - name: web
          image: shop:1
          ports: [{name: http, containerPort: 8080}]
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
            appArmorProfile: {type: RuntimeDefault}
          resources: {limits: {cpu: "1", memory: 64Mi}, requests: {cpu: 50m, memory: 32Mi}}
          startupProbe: {httpGet: {path: /livez, port: http}, failureThreshold: 60, periodSeconds: 1}
          readinessProbe: {httpGet: {path: /readyz, port: http}}
          livenessProbe: {httpGet: {path: /livez, port: http}, failureThreshold: 5, terminationGracePeriodSeconds: 5}
          volumeMounts: [{name: key, mountPath: /key, readOnly: true}, {name: tmp, mountPath: /tmp}]
        - name: clock
          image: clock:1
          securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
          livenessProbe: {exec: {command: [sh, -c, ticks]}}
      volumes:
        - {name: key, secret: {secretName: key, defaultMode: 288, items: [{key: door, path: door}]}}
        - {name: tmp, emptyDir: {sizeLimit: 1Mi}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: till}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: till, floor: one}}
        spec:
          serviceAccountName: till
          restartPolicy: Never
          containers: [{name: counts, image: "till:1", resources: {requests: {memory: 8Mi}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: guard}
spec: {containers: [{name: guard, image: "guard:1"}]}
"""


def shop() -> list[dict[str, Any]]:
    """The objects of the shop."""
    return list(yaml.safe_load_all(SHOP))


def one(found: Iterable[Derived], wanted: str) -> Derived:
    """The mutant of an id."""
    by_id = {each.id: each for each in found}
    assert wanted in by_id, f"none is {wanted}: {', '.join(sorted(by_id))}"
    return by_id[wanted]


def changed(mutant: Derived) -> dict[str, Any]:
    """What a mutant makes of its object."""
    return next(item for item in mutant.change(shop()) if f"{item['kind']} {item['metadata']['name']}" == mutant.object)
