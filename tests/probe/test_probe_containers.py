from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException
from probe_objects import DATABASE, RUNNING, pod, state

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe import containers
from kube_acceptance.probe.containers import SECURITY, agent_container, await_running, why_not_running
from kube_acceptance.probe.ephemeral import Joined, choose_name, ensure_agent

IMAGE = "kube-acceptance-probe:1"
NAME = "probe-a76de8c0"
FORBIDDEN = '{"kind": "Status", "message": "pods \\"database-0\\" is forbidden: violates PodSecurity"}'


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The events of a watch, for the test to fill."""
    events: list[tuple[str, Any]] = []

    class Watch:
        def stream(self, lister: Any, namespace: str, **options: Any) -> Iterator[dict[str, Any]]:
            assert (namespace, options["field_selector"]) == ("shop", "metadata.name=database-0")
            yield from ({"type": kind, "object": seen} for kind, seen in events)

    monkeypatch.setattr(containers, "watch", SimpleNamespace(Watch=Watch))
    return events


def wait(within: float = 60) -> Any:
    return await_running(SimpleNamespace(list_namespaced_pod=None), "shop", "database-0", "probe", within=within)


def test_a_container_is_awaited_until_it_runs(watched: list[tuple[str, Any]]) -> None:
    there = pod(states={"main": RUNNING}, ephemeral={"probe": RUNNING})
    watched += [("ADDED", pod()), ("MODIFIED", there)]
    assert wait() is there


@pytest.mark.parametrize(
    ("event", "seen", "text"),
    [
        ("DELETED", pod(), "the pod was deleted"),
        ("MODIFIED", pod(deleted="now"), "the pod was deleted"),
        ("ADDED", pod(phase="Succeeded"), "the pod has ended (Succeeded)"),
        (
            "ADDED",
            pod(ephemeral={"probe": state("waiting", reason="ErrImagePull", message="not found")}),
            "ErrImagePull: not found",
        ),
        (
            "ADDED",
            pod(states={"probe": state("waiting", reason="CreateContainerConfigError", message=None)}),
            "CreateContainerConfigError",
        ),
        (
            "ADDED",
            pod(ephemeral={"probe": state("terminated", exit_code=137, reason="OOMKilled")}),
            "it ended with exit status 137 (OOMKilled)",
        ),
    ],
)
def test_what_cannot_start_any_more_ends_the_wait_at_once(
    watched: list[tuple[str, Any]], event: str, seen: Any, text: str
) -> None:
    watched.append((event, seen))
    with pytest.raises(ProbeError) as caught:
        wait()
    assert caught.value.summary == f"the probe in pod shop/database-0 cannot start: {text}"


def test_a_wait_that_is_over_says_what_was_seen_last(watched: list[tuple[str, Any]]) -> None:
    unschedulable = SimpleNamespace(type="PodScheduled", status="False", reason="Unschedulable", message="0/2 nodes")
    watched.append(("ADDED", pod(phase="Pending", conditions=(unschedulable,))))
    with pytest.raises(ProbeError) as caught:
        wait(within=0.01)
    assert caught.value.summary == (
        "the probe in pod shop/database-0 did not start within 0.01 s: Unschedulable: 0/2 nodes"
    )


def test_a_pod_that_says_nothing_is_told_by_its_phase() -> None:
    assert why_not_running(pod(phase="Pending"), None) == ("the pod is Pending", False)


def test_the_agent_s_container_is_what_the_restricted_standard_asks_for() -> None:
    security = agent_container("probe", IMAGE, "wait")["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] == 65532
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert security["readOnlyRootFilesystem"] is True


class Core:
    """An API with one pod, which takes ephemeral containers or refuses them."""

    def __init__(self, there: Any, refuse: ApiException | None = None) -> None:
        self.there, self.refuse, self.patches = there, refuse, list[dict[str, Any]]()

    def read_namespaced_pod(self, name: str, namespace: str) -> Any:
        assert (name, namespace) == ("database-0", "shop")
        return self.there

    def patch_namespaced_pod_ephemeralcontainers(
        self, name: str, namespace: str, body: dict[str, Any], _content_type: str
    ) -> None:
        assert _content_type == "application/strategic-merge-patch+json"
        if self.refuse:
            raise self.refuse
        self.patches.append(body)


@pytest.fixture
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kube_acceptance.probe.ephemeral.await_running", lambda *_: None)


@pytest.mark.usefixtures("no_wait")
def test_the_agent_is_put_into_a_pod_once() -> None:
    core = Core(pod())
    assert ensure_agent(core, DATABASE_0, IMAGE) == NAME
    assert core.patches == [{"spec": {"ephemeralContainers": [agent_container(NAME, IMAGE, "wait")]}}]
    core = Core(pod(ephemeral={NAME: RUNNING}))
    assert (ensure_agent(core, DATABASE_0, IMAGE), core.patches) == (NAME, [])


@pytest.mark.usefixtures("no_wait")
def test_the_agent_joins_a_container_as_its_user() -> None:
    core = Core(pod())
    name = ensure_agent(core, DATABASE_0, IMAGE, joined=Joined("main", 70, 71))
    assert name != NAME
    [container] = core.patches[0]["spec"]["ephemeralContainers"]
    assert (container["name"], container["targetContainerName"]) == (name, "main")
    assert container["securityContext"] == {**SECURITY, "runAsUser": 70, "runAsGroup": 71}
    assert choose_name(pod(), IMAGE, Joined("other", 70, 71))[0] != name


def test_the_agent_is_never_root() -> None:
    assert Joined("main", 0, 0).fields["securityContext"]["runAsUser"] == 65532


def test_an_agent_that_has_ended_is_left_behind() -> None:
    ended = state("terminated", exit_code=0, reason="Completed")
    assert choose_name(pod(ephemeral={NAME: ended}), IMAGE) == (f"{NAME}-2", False)
    assert choose_name(pod(ephemeral={NAME: ended, f"{NAME}-2": RUNNING}), IMAGE) == (f"{NAME}-2", True)
    starting = pod(ephemeral={NAME: ended, f"{NAME}-2": state("waiting", reason="PodInitializing", message=None)})
    assert choose_name(starting, IMAGE) == (f"{NAME}-2", True)


def test_another_image_is_another_agent() -> None:
    name, present = choose_name(pod(ephemeral={NAME: RUNNING}), "kube-acceptance-probe:2")
    assert (name.startswith("probe-"), name != NAME, present) == (True, True, False)


def test_a_refusal_is_told_in_the_api_server_s_words() -> None:
    refusal = ApiException(status=403, reason="Forbidden")
    refusal.body = FORBIDDEN
    with pytest.raises(ProbeError) as caught:
        ensure_agent(Core(pod(), refusal), DATABASE_0, IMAGE)
    assert caught.value.summary == (
        'no probe can be put into pod shop/database-0: pods "database-0" is forbidden: violates PodSecurity'
    )


def test_a_pod_that_was_replaced_is_not_mistaken_for_its_successor() -> None:
    with pytest.raises(ProbeError) as caught:
        ensure_agent(Core(pod()), DATABASE, IMAGE)
    assert caught.value.summary == "pod shop/database-0 was replaced by another of the same name"


DATABASE_0 = type(DATABASE)("database", "shop", "database-0", "uid-of-database-0", "10.0.0.3")
