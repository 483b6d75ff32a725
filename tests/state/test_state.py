"""What looks at a release's state find, and that they never find anything in nothing."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.command import CommandError, Completed
from kube_acceptance.errors import AcceptanceError, ConfigurationError, FaultError
from kube_acceptance.state import answers, logs, metrics, objects, paths, pods, secrets, services, workloads
from kube_acceptance.state.inside import Answer, Inside


class Kubectl:
    """Answers kubectl's `get` from a list of objects, as kubectl does."""

    def __init__(self, *items: dict[str, Any], says: str = "") -> None:
        self.items, self.says = items, says

    def __call__(self, *words: str, input: bytes | None = None) -> Completed:
        verb, kind, name = (*words, "", "")[:3]
        found = [one for one in self.items if one["kind"] == kind]
        if verb == "get" and name == "--selector":
            return self.done(json.dumps({"items": found}))
        if verb == "get" and kind == "Sarvice":
            return self.fails('error: the server doesn\'t have a resource type "Sarvice"')
        if verb == "get":
            named = [one for one in found if one["metadata"]["name"] == name]
            return self.done(json.dumps(named[0])) if named else self.fails("Error from server (NotFound): not found")
        return self.fails(self.says) if self.says else self.done("")

    def done(self, said: str) -> Completed:
        return Completed((), 0, said, "", 0.1)

    def fails(self, said: str) -> Completed:
        raise CommandError("kubectl ended with exit status 1", Completed((), 1, "", said, 0.1))


def release(*items: dict[str, Any], says: str = "", **more: Any) -> Any:
    return Object(name="shop", namespace="own", cluster=Object(kubectl=Kubectl(*items, says=says)), **more)


def item(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name}, **more}


DEPLOYMENT = item(
    "Deployment",
    "web",
    spec={"replicas": 2, "containers": [{"name": "a", "ports": [1]}, {"name": "b"}], "labels": {"x.io/y": "z"}},
    status={"readyReplicas": 2},
)


@pytest.mark.parametrize(
    ("path", "value"),
    [("spec.replicas", 2), ("spec.containers[0].name", "a"), ("spec.containers[name=b].name", "b"),
     ("spec.labels[x.io/y]", "z"), ("spec.containers[0].ports[0]", 1)],
)  # fmt: skip
def test_paths(path: str, value: object) -> None:
    assert paths.at(DEPLOYMENT, path, what="it") == value


def test_a_path_that_leads_nowhere_says_what_there_is() -> None:
    with pytest.raises(AcceptanceError) as caught:
        paths.at(DEPLOYMENT, "spec.replicaz", what="Deployment web")
    assert str(caught.value).splitlines() == [
        "Deployment web has no spec.replicaz",
        "At spec there is only containers, labels, replicas.",
    ]


def test_values_are_compared_with_their_types() -> None:
    with pytest.raises(AcceptanceError, match=r'^spec.replicas of it is 2, not "2"$'):
        paths.must_equal(DEPLOYMENT, "spec.replicas", "2", what="it")


def test_a_part_of_an_object() -> None:
    paths.must_hold(DEPLOYMENT, {"spec": {"replicas": 2, "containers": [{}, {"name": "b"}]}}, what="it")
    with pytest.raises(AcceptanceError, match=r'^spec.containers\[1\].name of it is "b", not "c"$'):
        paths.must_hold(DEPLOYMENT, {"spec": {"containers": [{}, {"name": "c"}]}}, what="it")
    with pytest.raises(
        AcceptanceError, match=r"^it has no spec.paused\nAt spec there is only containers, labels, replicas\.$"
    ):
        paths.must_hold(DEPLOYMENT, {"spec": {"paused": True}}, what="it")


def test_absence_is_told_only_of_kinds_that_are_known() -> None:
    objects.must_be_absent(release(), "Service", "web")
    with pytest.raises(AcceptanceError, match=r"^there is a Deployment web in namespace own$"):
        objects.must_be_absent(release(DEPLOYMENT), "Deployment", "web")
    with pytest.raises(ConfigurationError, match=r"^the cluster knows no kind Sarvice$"):
        objects.must_be_absent(release(), "Sarvice", "web")


def test_every_of_none_fails() -> None:
    with pytest.raises(AcceptanceError, match=r"^release shop has no DaemonSet in namespace own$"):
        objects.of_release(release(DEPLOYMENT), "DaemonSet")


def test_a_refusal_must_be_for_the_reason_that_is_named() -> None:
    manifest, said = "kind: Pod\nmetadata: {name: x}", "Error from server (Forbidden): exceeded quota"
    assert objects.must_be_refused(release(says=said), manifest, "exceeded quota") == said
    with pytest.raises(AcceptanceError, match=r"^the objects were refused for another reason: "):
        objects.must_be_refused(release(says=said), manifest, "violates PodSecurity")
    with pytest.raises(AcceptanceError, match=r"^namespace own takes these objects$"):
        objects.must_be_refused(release(), manifest, "exceeded quota")


@pytest.mark.parametrize(("text", "said"), [("", "holds no object"), ("a: [", "is not YAML")])
def test_no_objects_are_a_mistake(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        objects.parsed(text)


def test_what_is_not_rolled_out_is_told() -> None:
    with pytest.raises(ConfigurationError, match=r"^a Service is not rolled out; Deployment, StatefulSet, "):
        workloads.lacks(release(), "Service", "web")


def test_scaling_to_what_is_there_is_no_fault() -> None:
    with pytest.raises(FaultError, match=r"^Deployment web wants 2 replicas already, so nothing would happen$"):
        workloads.scale(release(DEPLOYMENT), "Deployment", "web", 2, within=1)


def pod(name: str, *, ready: bool = True, **status: Any) -> Any:
    condition = Object(type="Ready", status="True" if ready else "False")
    container = Object(name="app", status=None)
    return Object(
        metadata=Object(name=name, uid=name, deletion_timestamp=None, labels={}),
        spec=Object(init_containers=None, containers=[container], node_name="worker", service_account_name="web"),
        status=Object(
            conditions=[condition], init_container_statuses=None, container_statuses=[], phase="Running", **status
        ),
    )


def tier(*found: Any, **more: Any) -> Any:
    return release(pods=lambda component="": list(found), serving_pods=lambda component="": list(found), **more)


def test_pods_are_counted() -> None:
    pods.must_count(tier(pod("a"), pod("b", ready=False)), "web", 2)
    pods.must_count(tier(pod("a"), pod("b", ready=False)), "web", 1, ready=True)
    with pytest.raises(AcceptanceError, match=r"^the web tier has 1 ready pods, not 2$"):
        pods.must_count(tier(pod("a"), pod("b", ready=False)), "web", 2, ready=True)


def test_no_pods_of_a_tier_that_nothing_makes_are_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workloads, "components", lambda _: {"web"})
    pods.must_count(tier(), "web", 0)
    with pytest.raises(AcceptanceError, match=r"^nothing makes wbe pods\nTiers that something makes pods for: web\.$"):
        pods.must_count(tier(), "wbe", 0)


@pytest.mark.parametrize(
    ("taken", "refused", "said"),
    [
        ("written", "written", "/app in container app of pod a is not read-only: written"),
        ("touch: not found", "Read-only file system", "cannot write to /tmp either"),
        ("written", "touch: not found", "/app in container app of pod a is not read-only: touch: not found"),
    ],
)
def test_read_only_needs_its_control(taken: str, refused: str, said: str) -> None:
    one = tier(pod("a"), execute=lambda *words, **_: refused if "/app" in words[-1] else taken)
    [container] = pods.containers(one, "web")
    with pytest.raises(AcceptanceError, match=said):
        pods.must_be_read_only(one, container, "/app", "/tmp")


def test_an_empty_environment_says_nothing() -> None:
    one = tier(pod("a"), execute=lambda *_, **__: "")
    [container] = pods.containers(one, "web")
    with pytest.raises(AcceptanceError, match=r"shows no environment, so nothing can be said of it$"):
        pods.environment(one, container)


def test_a_service_without_pods_leads_nowhere() -> None:
    with pytest.raises(AcceptanceError, match=r"^Service web leads to no pod, the ready web pods are a$"):
        services.must_lead_to(tier(pod("a"), endpoints=lambda _: []), "web", "web")


SECRET = item("Secret", "it", data={"password": base64.b64encode(b"correct horse").decode()})


@pytest.mark.parametrize("leak", ["correct horse", base64.b64encode(b"correct horse").decode()])
def test_leaks_are_found_plain_and_in_base64_and_never_said(leak: str) -> None:
    found = secrets.leaks(release(SECRET), "it", {"the logs": f"password={leak}", "the rest": "nothing"})
    assert found == ["a value of Secret it stands in the logs"]


def test_looking_for_a_leak_in_nothing_fails() -> None:
    with pytest.raises(AcceptanceError, match=r"^there is no text in which a value of Secret it could stand$"):
        secrets.leaks(release(SECRET), "it", {"the logs": " "})


def test_a_value_too_short_to_be_looked_for_fails() -> None:
    short = item("Secret", "it", data={"pin": base64.b64encode(b"123").decode()})
    with pytest.raises(AcceptanceError, match="too short to be looked for"):
        secrets.leaks(release(short), "it", {"the logs": "text"})


def test_the_keys_of_a_secret_are_just_those() -> None:
    secrets.must_have_keys(release(SECRET), "it", ["password"])
    with pytest.raises(AcceptanceError, match=r"^Secret it has the keys password, not password, user$"):
        secrets.must_have_keys(release(SECRET), "it", ["password", "user"])


def test_a_pod_without_log_lines_fails() -> None:
    with pytest.raises(AcceptanceError, match=r"^pod a has written no log line, so nothing was checked$"):
        logs.lines(tier(pod("a"), logs=lambda *_, **__: "\n"), "web")


def test_levels_of_log_lines() -> None:
    lines = [logs.Line("a", json.dumps({"level": level})) for level in ("info", "WARNING", "critical")]
    assert list(logs.at_least(lines, "error")) == [
        'a line of level critical was logged by pod a: {"level": "critical"}'
    ]
    assert len(list(logs.at_least(lines, "warning"))) == 2
    with pytest.raises(AcceptanceError, match=r"^none of 1 log lines names its level, so nothing was checked$"):
        logs.at_least([logs.Line("a", "ERROR: plain text")], "error")
    with pytest.raises(AcceptanceError, match=r"^'bad' is no level of a log"):
        logs.at_least(lines, "bad")


EXPOSED = '# HELP x\nx_total{a="1"} 2.0\nx_total{a="2"} 3\nx_total_created 9 1700000000\n'


def inside(body: str) -> Any:
    return Object(release=tier(pod("a")), get=lambda *_: [Answer("u", 200, body)])


def test_metrics_are_summed_over_their_labels() -> None:
    before = metrics.read(inside(EXPOSED), "x_total", "web", 80)
    assert before.values == {"a": 5.0}
    now = metrics.read(inside('x_total{a="1"} 9'), "x_total", "web", 80)
    assert metrics.must_have_grown(before, now, 4) == 4.0
    with pytest.raises(AcceptanceError, match=r"^x_total of the web pods has grown by 4, less than 5$"):
        metrics.must_have_grown(before, now, 5)


def test_a_metric_that_is_not_there_fails() -> None:
    with pytest.raises(AcceptanceError, match=r"^pod a tells no metric y on port 80 \(status 200, 3 samples\)$"):
        metrics.read(inside(EXPOSED), "y", "web", 80)


def test_metrics_of_other_pods_are_not_compared() -> None:
    before, now = metrics.Reading("x", "web", 80, {"a": 1}), metrics.Reading("x", "web", 80, {"b": 9})
    with pytest.raises(AcceptanceError, match=r"^other web pods run than before, so x cannot be compared$"):
        metrics.must_have_grown(before, now, 1)


def test_answers() -> None:
    answers.must_equal('{"items": [{"title": "Tea"}]}', "items[0].title", "Tea", what="it")
    with pytest.raises(AcceptanceError, match=r"^it does not answer with JSON: '<html>'$"):
        answers.must_equal("<html>", "x", 1, what="it")
    with pytest.raises(AcceptanceError, match=r"^it answers 500, not 200$"):
        answers.must_be(200, 500, what="it")


@pytest.mark.parametrize("look", [pods.running, pods.nodes, metrics.must_be_below_limits])
def test_pods_that_do_not_run_say_nothing(look: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "measured", lambda _: {})
    with pytest.raises(AcceptanceError, match=r"^no web pod of release shop runs, so nothing can be said of any$"):
        look(tier(), "web")


def test_pods_that_do_not_run_get_no_answers() -> None:
    with pytest.raises(AcceptanceError, match=r"^no web pod of release shop runs, so nothing can be said of any$"):
        Inside(tier(), "probe").get("web", "http://localhost/")
