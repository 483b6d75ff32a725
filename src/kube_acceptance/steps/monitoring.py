"""Prometheus and its alerts: which pods it measures, what it has counted, what it tells of faults."""

from __future__ import annotations

from kube_acceptance import monitoring
from kube_acceptance.monitoring import Counts, Prometheus, Tier
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state import objects, paths
from kube_acceptance.state.inside import Inside
from kube_acceptance.vocabulary import assertion, given, must, rows, some


@given(
    'the Prometheus of the "{component}" pod, on port {port:d}',
    target_fixture="prometheus",
    example='the Prometheus of the "monitoring" pod, on port 9090',
)
def the_prometheus(inside: Inside, component: str, port: int) -> Prometheus:
    """The Prometheus that the following phrases ask, from inside of its own pod."""
    return Prometheus(inside, component, port)


@assertion("Prometheus measures just these pods, and each is up")
def measures_just(prometheus: Prometheus, datatable: list[list[str]]) -> None:
    """Its targets are the running pods of a table `| job | component | port |`, by address, and `up` is 1 for each."""
    tiers = [Tier(row["job"], row["component"], int(row["port"])) for row in rows(datatable)]
    for line in monitoring.must_measure(prometheus, some(tiers, what="tiers")):
        note(line)


@given("what Prometheus has counted of these", target_fixture="counted")
def counted_before(prometheus: Prometheus, datatable: list[list[str]]) -> Counts:
    """Remembers the expressions of a table `| expression |`, once every pod has been read since."""
    return Counts.read(prometheus, some((row["expression"] for row in rows(datatable)), what="expressions"))


@assertion("each of these has grown by exactly {count:d}", timed=False)
def has_grown_by(prometheus: Prometheus, counted: Counts, count: int) -> None:
    """Once every pod has been read since, each expression is higher by so much, neither more nor less."""
    now = Counts.read(prometheus, list(counted.values))
    for line in monitoring.must_have_grown(counted, now, count):
        note(line)


@assertion("Prometheus judges just these alerts")
def judges_just(prometheus: Prometheus, datatable: list[list[str]]) -> None:
    """The alerts of a table `| alert |` are loaded and no others, and each has been judged without an error."""
    for line in monitoring.must_judge(prometheus, some((row["alert"] for row in rows(datatable)), what="alerts")):
        note(line)


@assertion("just these alerts fire", trouble=True)
def just_fire(prometheus: Prometheus, datatable: list[list[str]]) -> None:
    """The alerts of a table `| alert | job |` fire, and no others."""
    for line in monitoring.must_alert(prometheus, [(row["alert"], row["job"]) for row in rows(datatable)]):
        note(line)


@assertion("no alert fires")
def none_fires(prometheus: Prometheus) -> None:
    """There are alerts that could fire, and none does."""
    monitoring.must_alert(prometheus, [])


@assertion(
    'every panel of the dashboard "{key}" in the ConfigMap "{name}" has data',
    example='every panel of the dashboard "shop.json" in the ConfigMap "${RELEASE}-dashboard" has data',
)
def panels_have_data(prometheus: Prometheus, release: Release, key: str, name: str) -> None:
    """Each expression that a Grafana dashboard asks for finds something in Prometheus."""
    text = paths.at(objects.read(release, "ConfigMap", name), f"data[{key}]", what=f"ConfigMap {name}")
    empty, asked = monitoring.without_data(prometheus, text)
    must(empty, of="panels")
    note(f"{asked} expressions")
