"""What is asked of Prometheus: identities, exact counts, alerts, dashboards; and that nothing is found in nothing."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace as Object
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kube_acceptance.errors import AcceptanceError, ConfigurationError, WaitError
from kube_acceptance.monitoring import (
    Counts,
    Prometheus,
    Tier,
    counts,
    must_alert,
    must_have_grown,
    must_judge,
    must_measure,
    without_data,
)
from kube_acceptance.monitoring.prometheus import moment

TIERS = [Tier("web", "web", 80), Tier("self", "watch", 9090)]


def pod(name: str, address: str) -> Any:
    return Object(metadata=Object(name=name, uid=f"uid-{name}"), status=Object(pod_ip=address))


def target(job: str, instance: str, **more: Any) -> dict[str, Any]:
    return {
        "labels": {"job": job, "instance": instance},
        "scrapeUrl": f"http://{instance}/metrics",
        "health": "up",
        "lastError": "",
        "lastScrape": "2030-01-01T00:00:10.123456789Z",
        **more,
    }


WEB, SELF = target("web", "10.0.0.1:80"), target("self", "localhost:9090")


class Answers:
    """Answers in place of Prometheus; `queries` are the vectors by their expression."""

    def __init__(self, queries: dict[str, Any] | None = None, pods: int = 1, **data: Any) -> None:
        self.queries, self.pods, self.data = queries or {}, pods, data
        tiers = {"web": [pod("web-1", "10.0.0.1")], "watch": [pod("watch-1", "10.0.0.2")]}
        self.release = Object(name="shop", serving_pods=lambda component: tiers[component])

    def get(self, component: str, url: str) -> list[Any]:
        parts = urlsplit(url)
        name = parts.path.removeprefix("/api/v1/")
        if name == "query":
            expression = parse_qs(parts.query)["query"][0]
            if expression == "time()":
                said = {"status": "success", "data": {"resultType": "scalar", "result": [0, "1893456005"]}}
            elif expression in self.queries:
                found = [{"metric": labels, "value": [0, str(value)]} for labels, value in self.queries[expression]]
                said = {"status": "success", "data": {"resultType": "vector", "result": found}}
            else:
                said = {"status": "error", "error": "parse error"}
        else:
            said = {"status": "success", "data": self.data[name]}
        return [Object(status=200, body=json.dumps(said))] * self.pods


def prometheus(*targets: dict[str, Any], queries: dict[str, Any] | None = None, pods: int = 1, **data: Any) -> Any:
    ups = [(one["labels"], 1) for one in targets]
    inside: Any = Answers({"up": ups, **(queries or {})}, pods=pods, targets={"activeTargets": targets}, **data)
    return Prometheus(inside, "watch", 9090)


def test_just_the_pods_that_there_are_are_measured() -> None:
    assert must_measure(prometheus(WEB, SELF), TIERS) == [
        "localhost:9090 of the job self: pod watch-1 (uid-watch-1)",
        "10.0.0.1:80 of the job web: pod web-1 (uid-web-1)",
    ]


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([SELF], "Prometheus does not measure pod web-1 (uid-web-1) as 10.0.0.1:80 of the job web"),
        ([], "Prometheus does not measure pod watch-1 (uid-watch-1) as localhost:9090 of the job self"),
        (
            [WEB, SELF, target("web", "10.0.0.9:80")],
            "Prometheus measures 10.0.0.9:80 of the job web, which is no pod that it should",
        ),
        (
            [{**WEB, "health": "down", "lastError": "connection refused"}, SELF],
            "pod web-1 (uid-web-1) is down: connection refused",
        ),
        ([{**WEB, "health": "unknown"}, SELF], "pod web-1 (uid-web-1) is unknown: not asked yet"),
    ],
)
def test_other_pods_are_told(found: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(AcceptanceError, match=f"(?m)^{re.escape(says)}$"):
        must_measure(prometheus(*found), TIERS)


def test_up_must_agree_with_the_targets() -> None:
    queries = {"up": [(WEB["labels"], 0), (SELF["labels"], 1)]}
    with pytest.raises(AcceptanceError, match=r"^up of 10\.0\.0\.1:80 of the job web is 0\.0, not 1$"):
        must_measure(prometheus(WEB, SELF, queries=queries), TIERS)


def test_counts_are_exact() -> None:
    before, now = Counts({"a": 3, "b": 0}, frozenset("x")), Counts({"a": 28, "b": 25}, frozenset("x"))
    assert must_have_grown(before, now, 25) == ["a: 3, then 28", "b: 0, then 25"]
    with pytest.raises(AcceptanceError, match=r"(?m)^a has grown by 25, not by 24$"):
        must_have_grown(before, now, 24)
    with pytest.raises(AcceptanceError, match=r"^other pods are measured than before, so what was counted cannot"):
        must_have_grown(before, Counts(now.values, frozenset("y")), 25)


def test_counts_are_read_only_once_every_target_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    queries: dict[str, Any] = {"a": [({}, 7)], "none": [], "two": [({"x": "1"}, 1), ({"x": "2"}, 1)]}
    assert Counts.read(prometheus(WEB, SELF, queries=queries), ["a", "none"]).values == {"a": 7, "none": 0}
    with pytest.raises(AcceptanceError, match=r"^two has 2 values; take their sum\(\)$"):
        Counts.read(prometheus(WEB, SELF, queries=queries), ["two"])
    monkeypatch.setattr(counts, "READ_WITHIN", 0.0)
    old = {**WEB, "lastScrape": "2030-01-01T00:00:04Z"}
    with pytest.raises(WaitError, match=r"^1 of 2 targets not read since: http://10\.0\.0\.1:80/metrics "):
        Counts.read(prometheus(old, SELF, queries=queries), ["a"])
    with pytest.raises(WaitError, match=r"^0 of 0 targets"):
        Counts.read(prometheus(queries=queries), ["a"])


def rule(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "query": "up == 0", "health": "ok", "lastEvaluation": "2030-01-01T00:00:00Z", **more}


def rules(*found: dict[str, Any]) -> dict[str, Any]:
    return {"groups": [{"rules": list(found)}]}


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([], "no alert Down is loaded"),
        ([rule("Down"), rule("Late")], "the alert Late is loaded, which is not expected"),
        ([rule("Down", health="err", lastError="no such thing")], "the alert Down is err: no such thing"),
        ([rule("Down", lastEvaluation="0001-01-01T00:00:00Z")], "the alert Down has never been judged"),
    ],
)
def test_alerts_that_are_not_judged_are_told(found: list[dict[str, Any]], says: str) -> None:
    assert must_judge(prometheus(rules=rules(rule("Down"))), ["Down"]) == ["Down: up == 0"]
    with pytest.raises(AcceptanceError, match=f"^{re.escape(says)}"):
        must_judge(prometheus(rules=rules(*found)), ["Down"])


def alert(name: str, state: str) -> dict[str, Any]:
    return {"labels": {"alertname": name, "job": "web"}, "state": state, "activeAt": "2030", "value": "0"}


@pytest.mark.parametrize(
    ("alerts", "expected", "says"),
    [
        ([], [("Down", "web")], "the alert Down of the job web does not fire"),
        ([alert("Down", "pending")], [("Down", "web")], "the alert Down of the job web does not fire, it is pending"),
        ([alert("Down", "firing"), alert("Late", "firing")], [("Down", "web")], "the alert Late of the job web fires"),
        ([alert("Down", "firing")], [], "the alert Down of the job web fires"),
    ],
)
def test_alerts_that_fire_or_do_not(alerts: list[Any], expected: list[tuple[str, str]], says: str) -> None:
    with pytest.raises(AcceptanceError, match=f"(?m)^{re.escape(says)}$"):
        must_alert(prometheus(rules=rules(rule("Down")), alerts={"alerts": alerts}), expected)


def test_alerts_that_fire_are_told() -> None:
    asked = prometheus(
        rules=rules(rule("Down")), alerts={"alerts": [alert("Down", "firing"), alert("Late", "pending")]}
    )
    assert len(must_alert(asked, [("Down", "web")])) == 1


def test_without_rules_nothing_could_fire() -> None:
    with pytest.raises(AcceptanceError, match=r"^Prometheus has loaded no alert, so none could fire$"):
        must_alert(prometheus(rules=rules(), alerts={"alerts": []}), [])


def dashboard(*asked: str) -> str:
    panels = [{"title": "Inner", "targets": [{"expr": each}]} for each in asked]
    return json.dumps({"panels": [{"title": "Row", "panels": panels}]})


def test_panels_without_data_are_told() -> None:
    asked = prometheus(queries={"rate(a[1m])": [({}, 1)], "b": []})
    assert without_data(asked, dashboard("rate(a[$__rate_interval])", "b")) == (["the panel 'Inner' is empty: b"], 2)
    with pytest.raises(AcceptanceError, match=r"^Prometheus refuses query: parse error$"):
        without_data(asked, dashboard("c("))
    with pytest.raises(ConfigurationError, match=r"^the dashboard asks for nothing$"):
        without_data(asked, "{}")
    with pytest.raises(ConfigurationError, match=r"^the dashboard is not JSON: "):
        without_data(asked, "{")


def test_of_several_none_is_believed() -> None:
    with pytest.raises(AcceptanceError, match=r"^2 watch pods run, so it is not known which to believe$"):
        prometheus(pods=2, alerts={"alerts": []}).alerts()


@pytest.mark.parametrize("text", ["2030-01-01T00:00:01.123456789Z", "2030-01-01T02:00:01.123456+02:00"])
def test_moments_have_nanoseconds(text: str) -> None:
    assert moment(text).timestamp() == 1893456001.123456


def test_moments_may_have_none() -> None:
    assert moment("2030-01-01T00:00:01Z").timestamp() == 1893456001
