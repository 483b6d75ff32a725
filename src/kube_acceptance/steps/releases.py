"""Releases: installed, upgraded, rolled back and uninstalled by Helm, and what every object of them must keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance import trace
from kube_acceptance.errors import AcceptanceError, ReleaseError
from kube_acceptance.plugin import redactor_key
from kube_acceptance.release import Release
from kube_acceptance.release.objects import unbounded
from kube_acceptance.release.values import differing, disagreements
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.state import notes, paths, workloads
from kube_acceptance.state import objects as cluster_objects
from kube_acceptance.state.files import Files
from kube_acceptance.steps.charts import values_of
from kube_acceptance.vocabulary import assertion, given, must, rows, some, when
from kube_acceptance.vocabulary.anew import forget_made_of


@given("the chart is installed", target_fixture="release")
def installed(shared_release: Release, session: Session) -> Release:
    """The release that scenarios share which change nothing."""
    session.focus = shared_release
    return shared_release


@given(
    'the chart is installed with the values file "{file}"',
    target_fixture="release",
    example='the chart is installed with the values file "values-dev.yaml"',
)
def installed_with_file(values_release: Callable[[str], Release], session: Session, file: str) -> Release:
    """The release that scenarios share which change nothing and ask for that values file of the chart.

    An outline whose examples have the column `values` compares the files in the report: a row for the behaviour, and
    its outcome with each of them.
    """
    session.focus = release = values_release(file)
    return release


@assertion("the releases of these values files differ in just these values")
def values_differ(values_release: Callable[[str], Release], datatable: list[list[str]]) -> None:
    """Releases that are installed with the files that head the columns of `| value | FILE | FILE |` differ in its rows.

    What a release runs with is compared, defaults too, without what the harness sets for every release.
    """
    import yaml

    table = rows(datatable)
    releases = {file: values_release(file) for file in datatable[0][1:]}
    set_by_harness = {path for release in releases.values() for path in release.chart.overrides}
    told = {row["value"]: {file: yaml.safe_load(row[file]) for file in releases} for row in table}
    found = differing({file: release.all_values() for file, release in releases.items()}, without=set_by_harness)
    must(disagreements(found, told), of="values")
    note(f"{len(found)} values differ, of {len(releases)} releases")


@given("the chart is installed in a namespace of its own", target_fixture="release")
def installed_alone(own_release: Release, session: Session) -> Release:
    """A release for this scenario alone, which it may change and break."""
    session.focus = own_release
    return own_release


@given("the chart is installed in a namespace of its own with these values", target_fixture="release")
def installed_alone_with(
    own_release_with: Callable[[Mapping[str, Any]], Release], session: Session, datatable: list[list[str]]
) -> Release:
    """A release for this scenario alone, with the values of a table `| path | value |` written as YAML."""
    session.focus = release = own_release_with(values_of(datatable))
    return release


@when("the chart is installed again there")
def installed_again(release: Release) -> None:
    """Installs a release that was uninstalled, with the values that it had; whether it is ready others may ask."""
    release.install()
    if (revision := release.revision()) != 1:
        raise AcceptanceError(f"release {release.name} had not been uninstalled: it is at revision {revision}, not 1")
    note("revision 1")


@when(
    'the chart is installed there again, with "{path}" set to {value:value}, and ready within {within:duration}',
    example='the chart is installed there again, with "database.persistence.retain" set to false, and ready within '
    "2 minutes",
)
def installed_again_with(release: Release, path: str, value: Any, within: float) -> None:
    """Installs a release that was uninstalled, with one more value than it had."""
    release.chart = release.chart.using(**{path: value})
    installed_again(release)
    _ready(release, "the new installation", within)


@given("another namespace, for a release that is not installed yet", target_fixture="release")
def another_namespace(other_release: Release, session: Session, request: pytest.FixtureRequest) -> Release:
    """From here on the scenario is about a second release, of the same chart, which has a namespace of its own."""
    forget_made_of("release", request)
    session.focus = other_release
    return other_release


@given("the chart is installed where faults strike", target_fixture="release")
def installed_where_faults_strike(struck_release: Release, session: Session) -> Release:
    """A release that this scenario may strike with faults, and that is ready again after those of earlier ones.

    Scenarios use it one after the other, never two at a time, and find what earlier ones have stored. One that failed
    keeps it as evidence; after that, or after an upgrade, a rollback or a removal, the next scenario gets a new one. A
    scenario that needs a fresh installation asks for a namespace of its own.
    """
    session.focus = struck_release
    return struck_release


@given("the previous version of the chart is installed in a namespace of its own", target_fixture="release")
def previous_installed_alone(previous_release: Release, session: Session) -> Release:
    """A release of the version before, by chart and images, for this scenario alone; pyproject.toml says which."""
    session.focus = previous_release
    note(f"images: {', '.join(session.previous.references.values())}")
    return previous_release


@when(
    "the release is upgraded to this version, and ready within {within:duration}",
    example="the release is upgraded to this version, and ready within 2 minutes",
)
def upgraded_to_this_version(release: Release, session: Session, within: float) -> None:
    """Upgrades a release of the previous version to this chart with this run's images; every workload is rolled out."""
    _ready(release, f"revision {release.upgrade_to(session.new_release(release.namespace))}", within)


@when(
    'the release is upgraded to this version, and fails within {within:duration}: "{words}"',
    example='the release is upgraded to this version, and fails within 2 minutes: "has failed"',
)
def upgraded_to_this_version_in_vain(
    release: Release, session: Session, pytestconfig: pytest.Config, within: float, words: str
) -> None:
    """Upgrades to this version; the wait for it gives up early, its first line with these words."""
    _must_fail(release, release.upgrade_to(session.new_release(release.namespace)), within, words, pytestconfig)


@when(
    'the release is upgraded with "{path}" set to {value:value}, and ready within {within:duration}',
    example='the release is upgraded with "backend.replicas" set to 3, and ready within 2 minutes',
)
def upgraded(release: Release, path: str, value: Any, within: float) -> None:
    """Upgrades the release with one value changed; it has a new revision then, and every workload is rolled out."""
    _ready(release, f"revision {release.upgrade({path: value})}", within)


@when("the release is upgraded with these values, and ready within {within:duration}")
def upgraded_with(release: Release, datatable: list[list[str]], within: float) -> None:
    """Upgrades the release with the values of a table `| path | value |`, the values written as YAML."""
    _ready(release, f"revision {release.upgrade(values_of(datatable))}", within)


@when(
    'the release is upgraded with "{path}" set to {value:value}, and fails within {within:duration}: "{words}"',
    example='the release is upgraded with "image.tag" set to "none", and fails within 1 minute: "cannot be pulled"',
)
def upgraded_in_vain(
    release: Release, pytestconfig: pytest.Config, path: str, value: Any, within: float, words: str
) -> None:
    """Upgrades, or installs where nothing is yet; the wait for it gives up early, its first line with these words."""
    _must_fail(release, release.upgrade({path: value}), within, words, pytestconfig)


@when(
    'the release is upgraded with these values, and fails within {within:duration}: "{words}"',
    example='the release is upgraded with these values, and fails within 1 minute: "cannot be pulled"',
)
def upgraded_with_in_vain(
    release: Release, pytestconfig: pytest.Config, datatable: list[list[str]], within: float, words: str
) -> None:
    """As with one value, with those of a table `| path | value |`, the values written as YAML."""
    _must_fail(release, release.upgrade(values_of(datatable)), within, words, pytestconfig)


@when(
    'the upgrade of the release with "{path}" set to {value:value} is refused: "{words}"',
    example='the upgrade of the release with "backend.replicas" set to "two" is refused: "backend/replicas"',
)
def upgrade_refused(release: Release, path: str, value: Any, words: str) -> None:
    """Helm itself refuses to upgrade, with these words; it may have applied a part of what it was to apply."""
    try:
        revision = release.upgrade({path: value})
    except ReleaseError as error:
        if words not in error.summary:
            raise ReleaseError(f"the upgrade was refused for another reason: {error.summary}") from error
        note(error.summary)
        return
    raise AcceptanceError(f"the upgrade with {path}={value!r} was not refused: revision {revision}")


@when(
    'the release is upgraded to a chart in whose "{file}" "{words}" is "{others}", and fails within {within:duration}: '
    '"{said}"',
    example='the release is upgraded to a chart in whose "templates/web.yaml" "path: /ready" is "path: /no-such", '
    'and fails within 2 minutes: "readiness probe"',
)
def upgraded_to_broken_chart(
    release: Release,
    pytestconfig: pytest.Config,
    tmp_path: Path,
    file: str,
    words: str,
    others: str,
    within: float,
    said: str,
) -> None:
    """Upgrades to a version of the chart that differs in one file; the wait for it gives up early, with these words."""
    revision = release.upgrade_by(release.chart.edited(tmp_path / "broken", file, words, others))
    _must_fail(release, revision, within, said, pytestconfig)


@when(
    'Helm is told to upgrade the release with "{path}" set to {value:value}, or to roll it back after '
    "{within:duration}, and has to",
    example='Helm is told to upgrade the release with "image.tag" set to "none", or to roll it back after 30 seconds, '
    "and has to",
)
def rolled_back_by_helm(release: Release, path: str, value: Any, within: float) -> None:
    """Helm waits by itself, gives up in that time, says so by its exit status, and rolls back."""
    note(release.must_roll_back({path: value}, within=within))


@when("the release is rolled back to revision {revision:d}, and ready within {within:duration}")
def rolled_back(release: Release, revision: int, within: float) -> None:
    """Rolls the release back by Helm; what was rolled back to is rolled out anew."""
    _ready(release, f"revision {release.rollback(revision)}", within)


@when("the release is uninstalled", target_fixture="uninstalled")
def uninstalled(release: Release) -> list[dict[str, Any]]:
    """Uninstalls the release by Helm, and remembers which objects it had."""
    return release.uninstall()


@assertion("no object of the release is left but these", trouble=True)
def objects_left(release: Release, uninstalled: list[dict[str, Any]], datatable: list[list[str]]) -> None:
    """Of the objects that the release had, just those of a table `| kind | name |` are left."""
    expected = {f"{row['kind']} {row['name']}" for row in rows(datatable)}
    left = cluster_objects.left(release, some(uninstalled, what="objects that the release had"))
    must((f"{each} is left" for each in sorted(left - expected)), of="objects")
    must((f"{each} is gone" for each in sorted(expected - left)), of="objects")


@assertion("the release is at revision {revision:d}", example="the release is at revision 2")
def at_revision(release: Release, revision: int) -> None:
    """The newest revision has that number."""
    if (found := release.revision()) != revision:
        raise AcceptanceError(f"release {release.name} is at revision {found}, not {revision}")


@assertion('the release has the status "{status}"', example='the release has the status "deployed"')
def has_status(release: Release, status: str) -> None:
    """Helm's own record says so of the newest revision."""
    newest = max(release.history(), key=lambda one: int(one["revision"]))
    if newest["status"] != status:
        raise AcceptanceError(f"release {release.name} is {newest['status']}, not {status}")


@assertion(
    'the notes of the release say "{words}"', example='the notes of the release say "kubectl --namespace ${NAMESPACE}"'
)
def notes_say(release: Release, words: str) -> None:
    """The chart's notes hold these words."""
    if words not in (said := release.notes()):
        raise AcceptanceError(f"the notes do not say {words!r}", details=said.splitlines())


@when(
    'the commands of the notes below "{heading}" are run, and end within {within:duration}',
    target_fixture="performed",
    example='the commands of the notes below "Copy archives off" are run, and end within 1 minute',
)
def notes_performed(release: Release, tmp_path: Path, heading: str, within: float) -> Path:
    """Runs what the notes tell people to do, as it stands there, in a shell in a folder of this scenario's own."""
    done = notes.perform(release, heading, tmp_path, within=within)
    note(f"they ended after {done.seconds:.1f} s")
    return tmp_path


@assertion('they leave the files that were copied off the claim in the folder "{name}"', timed=False)
def notes_left(performed: Path, files: Files, name: str) -> None:
    """The folder holds just those files, with the same content."""
    left, expected = dict(notes.contents(performed / name)), {key: each.content for key, each in files.found.items()}
    must((f"{key} in {name} is not as on the claim" for key in left if left[key] != expected.get(key)), of="files")
    must((f"{key} of the claim is not in {name}" for key in expected if key not in left), of="files")
    note(f"{len(left)} files")


@assertion(
    'the release has the value "{path}" equal to {value:value}',
    example='the release has the value "backend.replicas" equal to 2',
)
def has_value(release: Release, path: str, value: Any) -> None:
    """The release runs with that value, be it given or a default."""
    paths.must_equal(release.all_values(), path, value, what=f"the values of release {release.name}")


@assertion("every workload is rolled out with no old pod left")
def rolled_out(release: Release) -> None:
    """The newest revision of every workload is complete, and no pod of an older one is left."""
    note(f"{workloads.must_all_be_rolled_out(release)} workloads are rolled out")


@assertion("every Service has endpoints that serve")
def services_have_endpoints(release: Release) -> None:
    """Every Service with a selector has at least one endpoint that serves."""
    services = [item for item in release.objects() if item["kind"] == "Service" and item["spec"].get("selector")]
    for service in some(services, what="Services"):
        name = service["metadata"]["name"]
        endpoints = some(release.endpoints(name), what=f"serving endpoints of Service {name}")
        note(f"Service {name}: {len(endpoints)} endpoints")


@assertion("no container has restarted")
def no_restarts(release: Release) -> None:
    """No container of the release has restarted since its pod was made."""
    statuses = [(pod, status) for pod in release.pods() for status in pod.status.container_statuses or []]
    some(statuses, what="containers")
    must(
        (
            f"container {status.name} of pod {pod.metadata.name} has restarted {status.restart_count} times"
            for pod, status in statuses
            if status.restart_count
        ),
        of="containers",
    )


@assertion("every container of its pods requests CPU and memory, and has limits of both")
def running_containers_are_bounded(release: Release) -> None:
    """No container that runs lacks a request or a limit."""
    found = some(_containers(release), what="containers")
    must(
        (problem for where, container in _containers(release) for problem in unbounded(where, container)),
        of="containers",
    )
    note(f"{len(found)} containers")


@assertion("every container of these tiers has startup, readiness and liveness probes")
def probed(release: Release, datatable: list[list[str]]) -> None:
    """No container of the tiers of a table `| tier |` lacks one of the three probes."""
    must((problem for row in rows(datatable) for problem in _unprobed(release, row["tier"])), of="containers")


def _unprobed(release: Release, component: str) -> Iterator[str]:
    found = some(_containers(release, component), what=f"{component} containers")
    note(f"{component}: {len(found)} containers")
    for where, container in _containers(release, component):
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            if not container.get(probe):
                yield f"container {container['name']} of {where} has no {probe}"


@assertion("every object of the release names a task that exists")
def objects_name_tasks(release: Release, documents: trace.Trace) -> None:
    """Every object in the cluster names tasks of the project's tasks document."""
    objects = release.live_objects()
    must(trace.task_findings(objects, documents), of="objects")
    note(f"{len(objects)} objects")


@assertion('the "{component}" Job has completed', example='the "migration" Job has completed')
def job_completed(release: Release, component: str) -> None:
    """The Job of a component is complete."""
    completed = release.job_completed_at(component)
    note(f"completed at {completed:%H:%M:%S}")


@assertion('the "{component}" Job said "{words}"', example='the "migration" Job said "Nothing to migrate"')
def job_said(release: Release, component: str, words: str) -> None:
    """A pod of the Job of a component has logged these words."""
    note(f"said at {release.said_at(component, words):%H:%M:%S}")


@assertion(
    'no "{component}" pod was ready before the "{job}" Job said "{words}"',
    example='no "backend" pod was ready before the "migration" Job said "Migrated the schema"',
)
def ready_after_job(release: Release, component: str, job: str, words: str) -> None:
    """The pods became ready only after a Job had logged some words."""
    said = release.said_at(job, words)
    ready = {pod.metadata.name: _ready_since(pod) for pod in release.serving_pods(component)}
    some(ready, what=f"{component} pods")
    # the API server's times are whole seconds
    early = {name: since for name, since in ready.items() if since < said.replace(microsecond=0)}
    must((f"pod {name} was ready at {since}, before {said}" for name, since in early.items()), of="pods")
    note(f"said at {said:%H:%M:%S.%f}, pods ready from {min(ready.values()):%H:%M:%S}")


def _ready_since(pod: Any) -> datetime:
    since: datetime = next(one.last_transition_time for one in pod.status.conditions if one.type == "Ready")
    return since


def _containers(release: Release, component: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    serialise: Any = release.cluster.new_client().sanitize_for_serialization
    for pod in release.pods(component):
        for container in [*(pod.spec.init_containers or []), *pod.spec.containers]:
            yield f"pod {pod.metadata.name}", serialise(container)


def _must_fail(release: Release, revision: int, within: float, words: str, config: pytest.Config) -> None:
    config.stash[redactor_key].learn(release)  # before the wait, whose failure tells log lines
    note(f"revision {revision}: {release.must_fail(within, words)}")


def _ready(release: Release, what: str, within: float) -> None:
    release.wait_until_ready(within)
    note(f"{what} is ready")
