"""Three opinions on connections: what a table expects, what NetworkPolicies mean, what the cluster does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kube_acceptance.config import Config
from kube_acceptance.errors import PolicyError
from kube_acceptance.manifests import read_manifests
from kube_acceptance.policy.described import ELSEWHERE, Described, Expected, expected
from kube_acceptance.policy.meanings import agreement, one_sided
from kube_acceptance.policy.places import Pod
from kube_acceptance.probe import Enforcement
from kube_acceptance.release import Chart, Release
from kube_acceptance.release.release import INSTANCE
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.steps.charts import NAMESPACE
from kube_acceptance.steps.network import POLICY_BUDGET, must_be_as_expected, reachability
from kube_acceptance.vocabulary import assertion, given, must, rows

Table = list[tuple[str, str, str]]


@given("this complete table of connections", target_fixture="table")
def complete_table_of_connections(datatable: list[list[str]]) -> Table:
    """What is expected of every pair of endpoints, `| from | to | expected |`; the same with a cluster and without."""
    return [(row["from"], row["to"], row["expected"]) for row in rows(datatable)]


@assertion(
    'the NetworkPolicies of each of its values files, with "{path}" set to {value:value}, mean what the table says,'
    " without any cluster",
    example='the NetworkPolicies of each of its values files, with "monitoring.enabled" set to true, mean what the'
    " table says, without any cluster",
)
def policies_mean_what_the_table_says(chart: Chart, settings: Config, table: Table, path: str, value: Any) -> None:
    """Computed from what the chart and the add-ons render with a value, for pods as their templates describe them."""
    said = []
    for file, described in _of_each_values_file(chart, settings, table, path, value):
        opinions = agreement(*described)
        note(f"{file}: {len(opinions.cases)} connections")
        try:
            opinions.check()
        except PolicyError as error:
            said.append(f"{file}: {error}")
    must(said, of="values files")
    for line in opinions.table():
        note(line)


@assertion(
    "each end blocks by itself what the table blocks, and what is on a port that nobody names, in each of its values "
    'files with "{path}" set to {value:value}, without any cluster',
    example="each end blocks by itself what the table blocks, and what is on a port that nobody names, in each of its "
    'values files with "monitoring.enabled" set to true, without any cluster',
)
def each_end_blocks(chart: Chart, settings: Config, table: Table, path: str, value: Any) -> None:
    """No pod of the release relies on the policies of who is at the other end: one that is lost would be noticed.

    Nor does one take a stranger for somebody else: a pod of another release, one without labels in a namespace that is
    let in, or one elsewhere with the labels of whom it may talk to.
    """

    def own(pod: Pod) -> bool:
        return pod.namespace == NAMESPACE and pod.labels.get(INSTANCE) == settings.release

    def strangers(pod: Pod) -> Iterator[Pod]:
        name = f"stranger like {pod.name}"
        if own(pod):
            yield replace(pod, name=name, labels={**pod.labels, INSTANCE: f"not-{settings.release}"})
        else:
            yield replace(pod, name=name, labels={})
            yield replace(pod, name=name, namespace=ELSEWHERE)

    said, looked = [], 0
    for file, described in _of_each_values_file(chart, settings, table, path, value):
        found = one_sided(*described, own, strangers)
        said += [f"{file}: {each}" for each in found]
        looked += len(described.rows)
    must(said, of="connections")
    note(f"{looked} connections")


@assertion("table, NetworkPolicies and cluster agree on every connection")
def three_opinions_agree(release: Release, session: Session, canary: Enforcement, table: Table) -> None:
    """Every pair of endpoints has all three opinions; where they differ, the failure says which of them is wrong."""
    with reachability(release, session, canary) as looking:
        wanted = looking.complete(table)
        report = looking.observe(wanted, budget=POLICY_BUDGET)
        opinions = agreement(release.cluster.new_client, looking.connections(wanted), wanted, report.verdicts)
    opinions.check()
    must_be_as_expected(release, report, opinions.exempt)
    for line in opinions.table():
        note(line)


def _of_each_values_file(
    chart: Chart, settings: Config, table: Table, path: str, value: Any
) -> Iterator[tuple[str, Expected]]:
    """The table in the cluster that the chart and the add-ons would make, by values file, each with a value besides."""
    addons = [settings.path(file).read_text(encoding="utf-8") for file in settings.cluster.addons]
    surroundings = [item for text in addons for item in read_manifests(text)]
    for file in chart.values_files:
        objects = chart.using(file, **{path: value}).render(name=settings.release, namespace=NAMESPACE)
        yield file.name, expected(Described(objects, NAMESPACE, surroundings), table, namespace=NAMESPACE)
