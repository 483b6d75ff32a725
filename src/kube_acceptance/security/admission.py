"""What the API server admits: the release's own pods, and each of them with one protection taken away.

A refusal counts only when it is the Pod Security Standard's own, names just the protection that is missing, and the
same pod is admitted where nothing is enforced: a pod that is wrong in itself would be refused there too.
"""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kubernetes.client.exceptions import ApiException

from kube_acceptance.api_errors import said_by_api
from kube_acceptance.cluster import ENFORCE
from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.security.templates import Spec
from kube_acceptance.wait import Seen, eventually

VERSION = f"{ENFORCE}-version"
LABEL_WITHIN = 30.0  # seconds until the API server keeps to a namespace's new label
# a pod with a gate is created and never runs: what is admitted in earnest does no harm
NEVER_SCHEDULED = [{"name": "kube-acceptance/never"}]
_REFUSED = re.compile(r"violates PodSecurity \"[^\"]+\": (.+)", re.DOTALL)
_REASON = re.compile(r"(?:[^,(]|\([^()]*\))+")  # up to a comma that stands in no parentheses


def _contexts(spec: Spec) -> Iterator[dict[str, Any]]:
    """The security contexts of the pod and of all its containers: what one does not say, another may."""
    for holder in (spec, *(spec.get("initContainers") or []), *spec["containers"]):
        yield holder.setdefault("securityContext", {})


def _first(spec: Spec) -> dict[str, Any]:
    context: dict[str, Any] = spec["containers"][0].setdefault("securityContext", {})
    return context


def _privileged(spec: Spec) -> None:
    # a privileged container that may not gain privileges contradicts itself, and is no pod at all
    _first(spec).pop("allowPrivilegeEscalation", None)
    _first(spec)["privileged"] = True


def _of_the_node(field: str) -> Callable[[Spec], None]:
    def change(spec: Spec) -> None:
        spec[field] = True
        if field == "hostNetwork":  # its ports would become ports of the node, which is another change
            for container in spec["containers"]:
                container.pop("ports", None)

    return change


def _folder_of_the_node(spec: Spec) -> None:
    spec.setdefault("volumes", []).append({"name": "node", "hostPath": {"path": "/"}})


def _port_of_the_node(spec: Spec) -> None:
    spec["containers"][0]["ports"] = [{"containerPort": 8443, "hostPort": 8443}]


def _capability(spec: Spec) -> None:
    _first(spec).setdefault("capabilities", {}).setdefault("add", []).append("NET_ADMIN")


def _keeps_capabilities(spec: Spec) -> None:
    _first(spec).pop("capabilities", None)


def _first_with(name: str, value: Any) -> Callable[[Spec], None]:
    """The first container's context says something."""
    return lambda spec: _first(spec).update({name: value})


def _first_without(name: str) -> Callable[[Spec], None]:
    """The first container's context does not say something."""

    def change(spec: Spec) -> None:
        _first(spec).pop(name, None)

    return change


def _everywhere(name: str, value: Any) -> Callable[[Spec], None]:
    """The pod says something, and none of its containers says otherwise; None says nothing."""

    def change(spec: Spec) -> None:
        for context in _contexts(spec):
            context.pop(name, None)
        if value is not None:
            spec["securityContext"][name] = value

    return change


def _unmasked(spec: Spec) -> None:
    spec["hostUsers"] = False  # the API has it only so
    _first(spec)["procMount"] = "Unmasked"


def _kernel_setting(spec: Spec) -> None:
    spec.setdefault("securityContext", {})["sysctls"] = [{"name": "kernel.msgmax", "value": "65536"}]


def _probed_elsewhere(spec: Spec) -> None:
    spec["containers"][0]["lifecycle"] = {"preStop": {"httpGet": {"host": "192.0.2.1", "port": 80}}}


CHANGES: Mapping[str, Callable[[Spec], None]] = {
    "is privileged": _privileged,
    "shares the node's network": _of_the_node("hostNetwork"),
    "shares the node's processes": _of_the_node("hostPID"),
    "shares the node's IPC": _of_the_node("hostIPC"),
    "has a folder of the node": _folder_of_the_node,
    "has a port of the node": _port_of_the_node,
    "adds the capability NET_ADMIN": _capability,
    "does not drop all capabilities": _keeps_capabilities,
    "may gain privileges": _first_with("allowPrivilegeEscalation", True),
    "does not say whether it may gain privileges": _first_without("allowPrivilegeEscalation"),
    "may run as root": _everywhere("runAsNonRoot", False),
    "does not say whether it may run as root": _everywhere("runAsNonRoot", None),
    "runs as the user 0": _everywhere("runAsUser", 0),
    "has no seccomp filter": _everywhere("seccompProfile", {"type": "Unconfined"}),
    "does not say which seccomp filter it has": _everywhere("seccompProfile", None),
    "has no AppArmor profile": _everywhere("appArmorProfile", {"type": "Unconfined"}),
    "chooses an SELinux type": _everywhere("seLinuxOptions", {"type": "spc_t"}),
    "sees all of /proc": _unmasked,
    "sets an unsafe kernel parameter": _kernel_setting,
    "lets kubelet call another host": _probed_elsewhere,
}
"""What can be changed for the worse, one protection each, in the words of the features.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""


def changed(spec: Mapping[str, Any], change: str) -> Spec:
    """A pod without one protection; raises ConfigurationError when there is no change of that name."""
    if change not in CHANGES:
        raise ConfigurationError(f"there is no change {change!r} of a pod", hint=f"There are: {', '.join(CHANGES)}.")
    new = copy.deepcopy(dict(spec))
    CHANGES[change](new)
    return new


@dataclass(frozen=True)
class Refusal:
    """The API server's no to a pod; without `reasons`, it was not the Pod Security Standard that said it."""

    said: str
    reasons: tuple[str, ...]

    def is_because_of(self, expected: str) -> bool:
        """Whether its reasons are just the expected ones, each told by its first words; a comma stands between them."""
        wanted = _reasons(expected)
        return len(wanted) == len(self.reasons) and all(map(str.startswith, self.reasons, wanted))


def standard(core: Any, namespace: str) -> tuple[str, str]:
    """The standard that a namespace enforces, and in which version; empty and `latest` where no label says it."""
    labels = core.read_namespace(namespace).metadata.labels or {}
    return labels.get(ENFORCE, ""), labels.get(VERSION, "latest")


def refusal(core: Any, namespace: str, spec: Spec, *, dry_run: bool = True) -> Refusal | None:
    """Ask for a pod; None when it is admitted. What is created in earnest never runs, and is deleted again.

    Args:
        core: A CoreV1Api.
        namespace: Where.
        spec: The pod's specification.
        dry_run: Whether the API server only says what it would do.
    """
    body = {"metadata": {"generateName": "asked-"}, "spec": spec if dry_run else _gated(spec)}
    try:
        made = core.create_namespaced_pod(namespace, body, **({"dry_run": "All"} if dry_run else {}))
    except ApiException as error:
        if error.status not in (400, 403, 422):  # anything else is no answer to the question
            raise
        said = said_by_api(error)
        found = _REFUSED.search(said) if error.status == 403 else None
        return Refusal(said, _reasons(found[1]) if found else ())
    if not dry_run:
        core.delete_namespaced_pod(made.metadata.name, namespace, grace_period_seconds=0)
    return None


def must_refuse(core: Any, namespace: str, unenforced: str, specs: Mapping[str, Spec], rows: Mapping[str, str]) -> int:
    """Fail unless each pod is admitted as it is, and refused with each change for its very reasons and no others.

    Args:
        core: A CoreV1Api.
        namespace: Where the pods belong.
        unenforced: A namespace that enforces nothing; it must take what the other one refuses.
        specs: The pods, by what describes them.
        rows: The reasons for which each change is refused; see `CHANGES` and `Refusal.is_because_of`.

    Returns:
        How many refusals there were.

    Raises:
        AcceptanceError: It is otherwise, or nothing was asked.
        ConfigurationError: There is no change of a name.
    """
    _make_accounts(core, unenforced, specs)
    for where, spec in specs.items():
        if no := refusal(core, namespace, spec):
            raise AcceptanceError(f"the pod of {where} is refused as it is: {no.said}")
    for change, expected in rows.items():
        for where, spec in specs.items():
            bad = changed(spec, change)
            no = refusal(core, namespace, bad)
            if no is None:
                raise AcceptanceError(f"namespace {namespace} takes the pod of {where} also when it {change}")
            if not no.is_because_of(expected):
                raise AcceptanceError(
                    f"the pod of {where} that {change} is refused, but not because of {expected}: {no.said}"
                )
            if other := refusal(core, unenforced, bad):
                raise AcceptanceError(
                    f"the pod of {where} that {change} is refused where nothing is enforced, too: {other.said}"
                )
    return _some(len(specs) * len(rows))


def must_be_the_standard(
    core: Any, namespace: str, specs: Mapping[str, Spec], changes: list[str], *, enforcing: str
) -> int:
    """Fail unless bad pods can be created, cannot while their namespace enforces a standard, and can again.

    Args:
        core: A CoreV1Api.
        namespace: A namespace of nobody else's, which enforces nothing.
        specs: The pods, by what describes them.
        changes: What is changed for the worse; see `CHANGES`.
        enforcing: The standard.

    Returns:
        How many pods were refused while it did.

    Raises:
        AcceptanceError: It is otherwise, or nothing was asked.
        WaitError: The API server does not keep to the label.
    """
    bad = {
        f"the pod of {where} that {change}": changed(spec, change)
        for where, spec in specs.items()
        for change in changes
    }
    count = _some(len(bad))
    _make_accounts(core, namespace, specs)
    _must_admit(core, namespace, bad, f"before anything enforces {enforcing}")
    _label(core, namespace, enforcing, next(iter(bad.values())))
    for what, spec in bad.items():
        no = refusal(core, namespace, spec, dry_run=False)
        if no is None or not no.reasons:
            raise AcceptanceError(
                f"{what} is {f'refused for another reason: {no.said}' if no else 'created all the same'}"
            )
    if left := core.list_namespaced_pod(namespace).items:
        raise AcceptanceError(f"pod {left[0].metadata.name} is there, although each was refused or deleted")
    _label(core, namespace, None, next(iter(bad.values())))
    _must_admit(core, namespace, bad, f"after {enforcing} is no longer enforced")
    return count


def _must_admit(core: Any, namespace: str, pods: Mapping[str, Spec], when: str) -> None:
    for what, spec in pods.items():
        if no := refusal(core, namespace, spec, dry_run=False):
            raise AcceptanceError(f"{what} cannot be created {when}, so its refusal would prove nothing: {no.said}")


def _label(core: Any, namespace: str, enforcing: str | None, bad: Spec) -> None:
    """Set or remove the label, and wait until the API server keeps to it: its admission reads a copy of labels."""
    core.patch_namespace(namespace, {"metadata": {"labels": {ENFORCE: enforcing}}})

    def kept() -> Seen[None]:
        refused = refusal(core, namespace, bad) is not None
        return Seen(refused == bool(enforcing), f"a bad pod is {'refused' if refused else 'admitted'}")

    eventually(f"namespace {namespace} to enforce {enforcing or 'nothing'}", kept, within=LABEL_WITHIN)


def _make_accounts(core: Any, namespace: str, specs: Mapping[str, Spec]) -> None:
    """Make the service accounts that pods name: without them each pod would be refused for that."""
    for name in {spec.get("serviceAccountName") or "default" for spec in specs.values()}:
        with contextlib.suppress(ApiException):  # it is there; where it cannot be made, the control says so
            core.create_namespaced_service_account(namespace, {"metadata": {"name": name}})


def _gated(spec: Spec) -> Spec:
    return {**spec, "schedulingGates": NEVER_SCHEDULED}


def _reasons(said: str) -> tuple[str, ...]:
    return tuple(reason.strip() for reason in _REASON.findall(said))


def _some(count: int) -> int:
    if not count:
        raise AcceptanceError("no pod or no change is named, so nothing was checked")
    return count
