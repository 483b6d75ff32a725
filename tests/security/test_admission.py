"""What counts as a refusal by the Pod Security Standard, and that every change takes one protection away."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from types import SimpleNamespace as Object
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import AcceptanceError, ConfigurationError, WaitError
from kube_acceptance.security import admission
from kube_acceptance.security.admission import CHANGES, Refusal, changed, must_be_the_standard, must_refuse

SPEC: dict[str, Any] = {
    "serviceAccountName": "web",
    "securityContext": {"runAsNonRoot": True, "runAsUser": 1, "seccompProfile": {"type": "RuntimeDefault"}},
    "initContainers": [{"name": "first", "securityContext": {"runAsNonRoot": True}}],
    "containers": [
        {
            "name": "web",
            "ports": [{"containerPort": 80}],
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}
PRIVILEGED = {"is privileged": "privileged, allowPrivilegeEscalation != false"}
SAYS = (
    'privileged (container "web" must not set securityContext.privileged=true), '
    'allowPrivilegeEscalation != false (container "web" must set securityContext.allowPrivilegeEscalation=false)'
)


def forbidden(reasons: str) -> tuple[int, str]:
    return 403, f'pods "x" is forbidden: violates PodSecurity "restricted:latest": {reasons}'


def privileged_is(answer: tuple[int, str]) -> Callable[[dict[str, Any]], tuple[int, str] | None]:
    return lambda spec: answer if spec["containers"][0]["securityContext"].get("privileged") else None


class Core:
    """An API server: says no to pods by namespace, and remembers what was really created."""

    def __init__(self, **says: Callable[[dict[str, Any]], tuple[int, str] | None]) -> None:
        self.says, self.accounts, self.created, self.deleted = says, list[Any](), list[Any](), list[str]()
        self.labels: dict[str, str] = {}
        self.obeys_labels = True

    def create_namespaced_pod(self, namespace: str, body: dict[str, Any], dry_run: str = "") -> Any:
        says = self.says.get(namespace)
        if namespace == "lab" and self.labels and self.obeys_labels:
            says = privileged_is(forbidden(SAYS))
        if says and (no := says(body["spec"])):
            error = ApiException(status=no[0], reason="no")
            error.body = json.dumps({"message": no[1]})
            raise error
        if not dry_run:
            self.created.append(body["spec"])
        return Object(metadata=Object(name=f"pod-{len(self.created)}"))

    def delete_namespaced_pod(self, name: str, namespace: str, grace_period_seconds: int) -> None:
        self.deleted.append(name)

    def list_namespaced_pod(self, namespace: str) -> Any:
        names = {f"pod-{number + 1}" for number in range(len(self.created))} - set(self.deleted)
        return Object(items=[Object(metadata=Object(name=name)) for name in names])

    def create_namespaced_service_account(self, namespace: str, body: dict[str, Any]) -> None:
        self.accounts.append((namespace, body["metadata"]["name"]))
        raise ApiException(status=409, reason="it is there")

    def patch_namespace(self, name: str, body: dict[str, Any]) -> None:
        label = body["metadata"]["labels"][admission.ENFORCE]
        self.labels = {admission.ENFORCE: label} if label else {}

    def read_namespace(self, name: str) -> Any:
        return Object(metadata=Object(labels=self.labels or None))


def ask(core: Core, rows: dict[str, str] = PRIVILEGED) -> int:
    return must_refuse(core, "own", "open", {"Deployment web": SPEC}, rows)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_changes_a_copy(change: str) -> None:
    before = copy.deepcopy(SPEC)
    assert changed(SPEC, change) != before
    assert before == SPEC


def test_no_two_changes_are_the_same() -> None:
    assert len({json.dumps(changed(SPEC, change), sort_keys=True) for change in CHANGES}) == len(CHANGES)


def test_what_the_pod_no_longer_says_no_container_says_either() -> None:
    new = changed(SPEC, "does not say whether it may run as root")
    assert "runAsNonRoot" not in json.dumps(new)


def test_an_unknown_change() -> None:
    with pytest.raises(ConfigurationError) as caught:
        changed(SPEC, "is ugly")
    assert caught.value.summary == "there is no change 'is ugly' of a pod"
    assert caught.value.hint.startswith("There are: is privileged, shares the node's network, ")


@pytest.mark.parametrize(
    ("expected", "is_it"),
    [
        ("privileged, allowPrivilegeEscalation != false", True),
        ('privileged (container "web", allowPrivilegeEscalation', False),
        ("privileged", False),
        ("allowPrivilegeEscalation != false, privileged", False),
        ("", False),
    ],
)
def test_the_reasons_are_just_the_expected_ones(expected: str, is_it: bool) -> None:
    refused = admission.refusal(Core(own=privileged_is(forbidden(SAYS))), "own", changed(SPEC, "is privileged"))
    assert refused
    assert len(refused.reasons) == 2
    assert refused.is_because_of(expected) is is_it


def test_details_may_be_expected_too() -> None:
    reasons = ("host namespaces (hostNetwork=true, hostPID=true)",)
    assert Refusal("", reasons).is_because_of("host namespaces (hostNetwork=true, hostPID=true)")
    assert not Refusal("", reasons).is_because_of("host namespaces (hostIPC=true)")


def test_another_no_has_no_reasons_of_the_standard() -> None:
    refused = admission.refusal(Core(own=lambda _: (422, "Pod is invalid: violates PodSecurity")), "own", SPEC)
    assert refused == Refusal("Pod is invalid: violates PodSecurity", ())


def test_no_answer_is_no_refusal() -> None:
    with pytest.raises(ApiException):
        admission.refusal(Core(own=lambda _: (500, "etcd is down")), "own", SPEC)


def test_a_refusal_with_its_controls() -> None:
    core = Core(own=privileged_is(forbidden(SAYS)))
    assert (ask(core), core.accounts, core.created) == (1, [("open", "web")], [])


@pytest.mark.parametrize(
    ("core", "said"),
    [
        (
            Core(own=lambda _: (403, "exceeded quota")),
            "the pod of Deployment web is refused as it is: exceeded quota",
        ),
        (Core(), "namespace own takes the pod of Deployment web also when it is privileged"),
        (
            Core(own=privileged_is((422, "it is invalid"))),
            "the pod of Deployment web that is privileged is refused, but not because of privileged, "
            "allowPrivilegeEscalation != false: it is invalid",
        ),
        (
            Core(own=privileged_is(forbidden(SAYS)), open=privileged_is((422, "it is invalid"))),
            "the pod of Deployment web that is privileged is refused where nothing is enforced, too: it is invalid",
        ),
    ],
)
def test_a_refusal_that_proves_nothing(core: Core, said: str) -> None:
    with pytest.raises(AcceptanceError) as caught:
        ask(core)
    assert caught.value.summary == said


def test_nothing_asked_proves_nothing() -> None:
    for core, specs, rows in ((Core(), {}, PRIVILEGED), (Core(), {"Deployment web": SPEC}, {})):
        with pytest.raises(AcceptanceError, match=r"^no pod or no change is named, so nothing was checked$"):
            must_refuse(core, "own", "open", specs, rows)
        with pytest.raises(AcceptanceError, match=r"^no pod or no change is named, so nothing was checked$"):
            must_be_the_standard(core, "lab", specs, list(rows), enforcing="restricted")


def test_what_is_created_in_earnest_never_runs_and_goes() -> None:
    core = Core()
    assert must_be_the_standard(core, "lab", {"Job a": SPEC}, ["is privileged"], enforcing="restricted") == 1
    assert [spec["schedulingGates"] for spec in core.created] == [admission.NEVER_SCHEDULED] * 2
    assert core.deleted == ["pod-1", "pod-2"]
    assert core.labels == {}


def test_a_label_that_nobody_keeps_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "LABEL_WITHIN", 0.0)
    core = Core()
    core.obeys_labels = False
    with pytest.raises(WaitError) as caught:
        must_be_the_standard(core, "lab", {"Job a": SPEC}, ["is privileged"], enforcing="restricted")
    assert caught.value.summary == (
        "a bad pod is admitted (waited for namespace lab to enforce restricted; not within 0 s)"
    )


def test_a_pod_that_is_bad_in_itself_proves_nothing() -> None:
    core = Core(lab=lambda _: (422, "it is invalid"))
    with pytest.raises(AcceptanceError) as caught:
        must_be_the_standard(core, "lab", {"Job a": SPEC}, ["is privileged"], enforcing="restricted")
    assert caught.value.summary == (
        "the pod of Job a that is privileged cannot be created before anything enforces restricted, "
        "so its refusal would prove nothing: it is invalid"
    )


def test_the_standard_of_a_namespace() -> None:
    core = Core()
    assert admission.standard(core, "own") == ("", "latest")
    core.labels = {admission.ENFORCE: "restricted", admission.VERSION: "v1.37"}
    assert admission.standard(core, "own") == ("restricted", "v1.37")
