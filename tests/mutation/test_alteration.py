"""A change of the cluster itself: made before a run, undone after it, refused where it would falsify something."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.mutation import Mutant, load
from kube_acceptance.mutation.alteration import altered, must_be_altered

MUTANT = """
takes-away: the engine
requirement: REQ-1
scenario: features/a.feature
because: nothing is enforced
cluster:
  - kind: DaemonSet
    namespace: kube-system
    name: [engine, motor]
    patch: [{op: add, path: /spec/template/spec/nodeSelector, value: {none: such}}]
"""


class Api:
    """The API of workloads: a DaemonSet `motor` whose controller and pods follow at once what it is asked for."""

    def __init__(self) -> None:
        self.spec: dict[str, Any] = {"template": {"spec": {"containers": []}}}
        self.log: list[str] = []

    @property
    def stopped(self) -> bool:
        return "nodeSelector" in self.spec["template"]["spec"]

    def read_namespaced_daemon_set(self, name: str, namespace: str, **raw: bool) -> Any:
        if (name, namespace) != ("motor", "kube-system"):
            raise ApiException(status=404)
        if raw:
            return SimpleNamespace(data=json.dumps({"spec": self.spec}))
        count = 0 if self.stopped else 2
        return SimpleNamespace(
            metadata=SimpleNamespace(generation=1),
            spec=SimpleNamespace(selector=SimpleNamespace(match_labels={"app": "motor"})),
            status=SimpleNamespace(
                observed_generation=1,
                desired_number_scheduled=count,
                updated_number_scheduled=count,
                number_ready=count,
                number_available=count,
                current_number_scheduled=count,
            ),
        )

    def list_namespaced_pod(self, namespace: str, *, label_selector: str) -> Any:
        self.log.append(f"pods of {label_selector} in {namespace}")
        return SimpleNamespace(items=[])

    def kubectl(self, *arguments: str) -> None:
        assert arguments[:5] == ("patch", "DaemonSet", "motor", "--namespace", "kube-system")
        self.spec = json.loads(arguments[-1])[0]["value"]
        self.log.append("stopped" if self.stopped else "whole")


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def cluster(api: Api) -> Any:
    return SimpleNamespace(name="shared", apps=api, core=api, kubectl=api.kubectl)


@pytest.fixture
def mutant(tmp_path: Path) -> Mutant:
    return written(tmp_path, lambda text: text)


def written(folder: Path, changed: Callable[[str], str]) -> Mutant:
    file = folder / "stopped.yaml"
    file.write_text(changed(MUTANT))
    return load(file)


def test_the_protection_is_gone_inside_and_back_afterwards(api: Api, cluster: Any, mutant: Mutant) -> None:
    before = api.spec
    with altered(cluster, mutant, alone=lambda: True):
        must_be_altered(cluster, mutant)
        assert api.stopped
    assert api.spec == before
    assert api.log == ["stopped", "pods of app=motor in kube-system", "whole"]


def test_what_is_appended_to_a_list_is_there_once(api: Api, cluster: Any, tmp_path: Path) -> None:
    api.spec["template"]["spec"]["args"] = ["--a"]
    patch = "{op: add, path: /spec/template/spec/args/-, value: --b}"
    mutant = written(tmp_path, lambda text: text.replace("patch: [", f"patch: [{patch}, "))
    with altered(cluster, mutant, alone=lambda: True):
        must_be_altered(cluster, mutant)
        assert api.spec["template"]["spec"]["args"] == ["--a", "--b"]
    with pytest.raises(ConfigurationError, match="is whole"):
        must_be_altered(cluster, mutant)


def test_it_comes_back_after_an_interrupt(api: Api, cluster: Any, mutant: Mutant) -> None:
    with pytest.raises(KeyboardInterrupt), altered(cluster, mutant, alone=lambda: True):
        raise KeyboardInterrupt
    assert not api.stopped


def test_it_comes_back_when_its_end_cannot_be_awaited(
    api: Api, cluster: Any, mutant: Mutant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ApiException(status=403, reason="Forbidden")

    monkeypatch.setattr(api, "list_namespaced_pod", refuse)
    with pytest.raises(Exception, match="the API server refuses"), altered(cluster, mutant, alone=lambda: True):
        pytest.fail("the run began although its cluster was not ready")
    assert not api.stopped


def test_a_cluster_that_others_use_is_left_alone(api: Api, cluster: Any, mutant: Mutant) -> None:
    with pytest.raises(ConfigurationError) as caught, altered(cluster, mutant, alone=lambda: False):
        pass
    assert str(caught.value).splitlines() == [
        "another run uses the cluster shared, and the mutant stopped would falsify it",
        "Wait until it has ended, or name another cluster with --cluster-name.",
    ]
    assert api.log == []


def test_a_run_of_its_own_must_not_meet_a_whole_cluster(cluster: Any, mutant: Mutant) -> None:
    with pytest.raises(ConfigurationError) as caught:
        must_be_altered(cluster, mutant)
    assert str(caught.value).splitlines() == [
        "the mutant stopped changes the cluster itself, and its DaemonSet kube-system/motor is whole",
        "Run  kube-acceptance mutants stopped  which takes it away and puts it back.",
    ]


def test_a_change_that_fits_nothing_is_refused(cluster: Any, tmp_path: Path) -> None:
    mutant = written(tmp_path, lambda text: text.replace("motor", "drive"))
    with pytest.raises(ConfigurationError) as caught, altered(cluster, mutant, alone=lambda: True):
        pass
    assert str(caught.value) == (
        "stopped.yaml: the cluster has no DaemonSet engine or drive in kube-system, so nothing changes"
    )


def test_a_patch_that_does_not_fit_is_refused(cluster: Any, tmp_path: Path) -> None:
    mutant = written(tmp_path, lambda text: text.replace("/spec/template/spec/", "/spec/none/"))
    with (
        pytest.raises(
            ConfigurationError, match=r"^stopped\.yaml: the patch of DaemonSet kube-system/motor does not fit: "
        ),
        altered(cluster, mutant, alone=lambda: True),
    ):
        pass


def test_a_mutant_of_something_else_leaves_the_cluster_alone(api: Api, cluster: Any, tmp_path: Path) -> None:
    mutant = written(tmp_path, lambda text: text.partition("cluster:")[0])
    with altered(cluster, mutant, alone=lambda: False):
        must_be_altered(cluster, mutant)
    assert api.log == []
