"""What pods may ask of the API server, and in whose name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import Place, of_kind, pods

RBAC = "rbac.authorization.k8s.io"
EVERYTHING = ["*"]
EVERY_ACCOUNT = {"apiGroup": RBAC, "kind": "Group", "name": "system:serviceaccounts"}
FIELD = "automountServiceAccountToken"
VIEW = "view"
"""A ClusterRole that every cluster has and that reads nearly everything of a namespace."""


def roles(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each rule of each role removed, and widened by each of its fields."""
    for role in of_kind(objects, "Role", "ClusterRole"):
        for index, granted in enumerate(role.value.get("rules") or []):
            rule = role.within(f"rule {index + 1}", "rules", index, value=granted)
            verbs, resources = (", ".join(granted.get(each) or []) for each in ("verbs", "resources"))
            right = f"{verbs} {resources or ', '.join(granted.get('nonResourceURLs') or [])}"
            yield rule.derive(
                "role-rule-removed",
                Concern.ACCESS,
                takes_away=f"{rule}, which grants to {right}",
                unnoticed=f"{role} no longer grants to {right}",
                patch=[rule.remove()],
                signs=_holders(objects, role),
            )
            for field, said in (
                ("verbs", f"{role} grants every verb on {resources}"),
                ("resources", f"{role} grants to {verbs} every resource"),
                ("apiGroups", f"{role} grants to {right} of every API group"),
            ):
                if "*" not in (granted.get(field) or EVERYTHING):
                    yield rule.derive(
                        f"role-any-{field.lower()}",
                        Concern.ACCESS,
                        takes_away=f"the bounds of {field} in {rule}",
                        unnoticed=said,
                        patch=[rule.put(field, value=EVERYTHING)],
                        signs=_holders(objects, role),
                    )
            if granted.get("resourceNames"):
                yield rule.derive(
                    "role-any-name",
                    Concern.ACCESS,
                    takes_away=f"the resourceNames of {rule}",
                    unnoticed=f"{role} grants to {right}, whatever their names",
                    patch=[rule.remove("resourceNames")],
                    signs=_holders(objects, role),
                )


def bindings(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each binding removed, and for every account; and each account bound to a role that reads nearly everything."""
    for binding in of_kind(objects, "RoleBinding", "ClusterRoleBinding"):
        granted = f"{binding.value['roleRef']['kind']} {binding.value['roleRef']['name']}"
        subjects = _subjects(binding.value)
        yield binding.derive(
            "binding-removed",
            Concern.ACCESS,
            takes_away=f"{binding}, which grants {granted}",
            unnoticed=f"nobody is granted {granted} by {binding}",
            signs=subjects,
        )
        yield binding.derive(
            "binding-for-everybody",
            Concern.ACCESS,
            takes_away=f"the bounds of {binding}, which is for every ServiceAccount of the cluster then",
            unnoticed=f"every ServiceAccount of the cluster is granted {granted}",
            patch=[binding.append("subjects", EVERY_ACCOUNT)],
            signs=(*subjects, "service account default", EVERY_ACCOUNT["name"]),
        )
    for account in of_kind(objects, "ServiceAccount"):
        name = account.value["metadata"]["name"]
        bound = f"{name}-may-view"
        yield account.derive(
            "account-may-view",
            Concern.ACCESS,
            takes_away=f"that {account} has no rights but its own; it is bound to {VIEW}",
            unnoticed=f"{account} may read nearly everything of its namespace",
            signs=[bound],
            add=[
                {
                    "apiVersion": f"{RBAC}/v1",
                    "kind": "RoleBinding",
                    "metadata": {"name": bound},
                    "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": VIEW},
                    "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "${NAMESPACE}"}],
                }
            ],
        )


def tokens(objects: Sequence[Object]) -> Iterator[Derived]:
    """A token for the pods of each workload, and for all of each account, where only that declines it."""
    declines = {each.words: each.value.get(FIELD) for each in of_kind(objects, "ServiceAccount")}
    for pod in pods(objects):
        by_account = declines.get(f"ServiceAccount {pod.value.get('serviceAccountName') or 'default'}")
        if pod.value.get(FIELD, by_account) is False:
            yield pod.derive(
                "token-mounted",
                Concern.ACCESS,
                takes_away=f"that {pod} are given no token of the API server",
                unnoticed=f"every container of {pod} holds a token of the API server",
                patch=[pod.put(FIELD, value=True)],
                signs=[FIELD],
            )
    for account in of_kind(objects, "ServiceAccount"):
        users = [pod for pod in pods(objects) if pod.value.get("serviceAccountName") == account.signs[0]]
        # pods that decline it themselves need no account that does
        if account.value.get(FIELD) is False and not (users and all(pod.value.get(FIELD) is False for pod in users)):
            yield account.derive(
                "token-by-account",
                Concern.ACCESS,
                takes_away=f"that {account} declines a token for its pods",
                unnoticed=f"{account} has a token mounted into each of its pods that does not decline it",
                patch=[account.put(FIELD, value=True)],
                signs=[FIELD, *(sign for pod in users for sign in pod.signs)],
            )


def accounts(objects: Sequence[Object]) -> Iterator[Derived]:
    """The pods of each workload under the default account, and under another workload's."""
    found = list(pods(objects))
    names = {pod.value.get("serviceAccountName") or "default": None for pod in found}
    for pod in found:
        own = pod.value.get("serviceAccountName") or "default"
        if own == "default":
            continue
        others = [name for name in names if name not in (own, "default")]
        for operator, other in (("account-default", "default"), *(("account-shared", name) for name in others[:1])):
            yield pod.derive(
                operator,
                Concern.ACCESS,
                takes_away=f"the ServiceAccount {own} of {pod}, which have {other} then",
                unnoticed=f"{pod} have the ServiceAccount {other}, not {own}",
                patch=[pod.put("serviceAccountName", value=other)],
                signs=["serviceAccountName"],
            )


def _holders(objects: Sequence[Object], role: Place) -> list[str]:
    """The names of the accounts that a role is granted to, and of the bindings that grant it."""
    found: list[str] = []
    for binding in of_kind(objects, "RoleBinding", "ClusterRoleBinding"):
        granted = binding.value["roleRef"]
        if (granted["kind"], granted["name"]) == (role.item["kind"], role.item["metadata"]["name"]):
            found += [binding.item["metadata"]["name"], *_subjects(binding.value)]
    return found


def _subjects(binding: Mapping[str, Any]) -> list[str]:
    return [subject["name"] for subject in binding.get("subjects") or []]


OPERATORS = (roles, bindings, tokens, accounts)
