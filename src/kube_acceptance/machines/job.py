"""The objects that run a suite as pods of a cluster: an Indexed Job, and an account with what a run may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kube_acceptance.cluster.existing import RIGHTS
from kube_acceptance.cluster.inside import IN_CLUSTER
from kube_acceptance.machines.orders import VARIABLE

NAME = "suite"
CONTAINER = "shard"
REPORTS, SCRATCH = "/reports", "/scratch"
DONE, FETCHED = f"{SCRATCH}/done", f"{SCRATCH}/fetched"
BEGUN = "begun: "
"""How a line of a pod's log begins that says what a scenario is that has begun."""
REFUSED = 4
"""The exit status of a pytest that was not called as it can be: another attempt would end the same."""
AGAIN = 2
"""How often the Job tries a shard again whose pod was lost; evictions and drains do not count."""
WAITS = 900
"""Seconds for which a pod keeps its reports."""

_MAKES = ["create", "delete", "get", "list", "patch", "update", "watch"]
_LOOKS = ["get", "list", "watch"]

# a pod waits until its reports were taken: one that ended well has none that is not elsewhere
SCRIPT = f"""
mkfifo {FETCHED}
tail -n +1 -F {REPORTS}/begun.jsonl 2>/dev/null | while read -r line; do
  case "$line" in '"'*) echo "{BEGUN}$line" ;; esac
done &
pytest --shard=$((JOB_COMPLETION_INDEX + 1))/$SHARDS --cluster={IN_CLUSTER} --reports={REPORTS} "$@"
status=$?
[ -f {REPORTS}/run.json ] || exit $((status ? status : 1))
touch {DONE}
exec timeout {WAITS} cat {FETCHED}
"""


def rules() -> list[dict[str, Any]]:
    """What the pods' account may do: with each kind of object what `RIGHTS` asks for and what follows from it.

    Whoever makes objects looks at them, changes and removes them; `RIGHTS` asks for the first of it alone.
    """
    verbs: dict[tuple[str, str], set[str]] = {}
    for verb, group, resource, part in RIGHTS:
        verbs.setdefault((group, f"{resource}/{part}" if part else resource), set()).add(verb)
    return [
        {
            "apiGroups": [group],
            "resources": [resource],
            "verbs": _of_a_part(asked) if "/" in resource else _MAKES if "create" in asked else _LOOKS,
        }
        for (group, resource), asked in verbs.items()
    ]


def _of_a_part(asked: set[str]) -> list[str]:
    # exec is asked for by GET and by POST, and what is updated is patched
    return sorted({*asked, "get"} | ({"patch"} if "update" in asked else set()))


def objects(
    namespace: Mapping[str, str],
    *,
    image: str,
    shards: int,
    options: Sequence[str],
    orders: str,
    labels: Mapping[str, str],
    roles: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """All objects, in the order in which they are made. Those of no namespace go with it, because it owns them.

    Args:
        namespace: Its `name` and `uid`.
        image: The runner's image.
        shards: How many pods share the scenarios.
        options: Further words for pytest.
        orders: What the pods are told; see `machines.orders`.
        labels: Those of what the run makes.
        roles: Further ClusterRoles that the account has, for what the project's chart makes besides.
    """
    name = namespace["name"]
    owner = {"apiVersion": "v1", "kind": "Namespace", "name": name, "uid": namespace["uid"]}
    wide: dict[str, Any] = {"name": name, "labels": dict(labels), "ownerReferences": [owner]}
    inside = {"name": NAME, "namespace": name, "labels": dict(labels)}
    rbac = "rbac.authorization.k8s.io"
    account = {"kind": "ServiceAccount", "name": NAME, "namespace": name}
    bindings: list[dict[str, Any]] = [
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": wide | {"name": f"{name}-{number}"},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": role},
            "subjects": [account],
        }
        for number, role in enumerate((name, *roles))
    ]
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": inside},
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": wide, "rules": rules()},
        *bindings,
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": inside,
            "spec": {
                "completionMode": "Indexed",
                "completions": shards,
                "parallelism": shards,
                "backoffLimitPerIndex": AGAIN,
                "podFailurePolicy": {
                    "rules": [
                        {
                            "action": "FailIndex",
                            "onExitCodes": {"containerName": CONTAINER, "operator": "In", "values": [REFUSED]},
                        },
                        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
                    ]
                },
                "template": {"metadata": {"labels": dict(labels)}, "spec": _pod(image, shards, options, orders)},
            },
        },
    ]


def _pod(image: str, shards: int, options: Sequence[str], orders: str) -> dict[str, Any]:
    variables = {"SHARDS": str(shards), VARIABLE: orders, "HOME": SCRATCH, "TMPDIR": SCRATCH}
    variables |= {"KUBE_ACCEPTANCE_CACHE": f"{SCRATCH}/cache", "PYTHONDONTWRITEBYTECODE": "1"}
    return {
        "restartPolicy": "Never",
        "serviceAccountName": NAME,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": CONTAINER,
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": ["sh", "-c", SCRIPT, CONTAINER],
                "args": ["-p", "no:cacheprovider", *options],
                "env": [{"name": key, "value": value} for key, value in variables.items()],
                "readinessProbe": {"exec": {"command": ["test", "-f", DONE]}, "periodSeconds": 2},
                "resources": {
                    "requests": {"cpu": "250m", "memory": "512Mi"},
                    "limits": {"cpu": "2", "memory": "2Gi"},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
                "volumeMounts": [
                    {"name": "reports", "mountPath": REPORTS},
                    {"name": "scratch", "mountPath": SCRATCH},
                ],
            }
        ],
        "volumes": [{"name": "reports", "emptyDir": {}}, {"name": "scratch", "emptyDir": {}}],
    }
