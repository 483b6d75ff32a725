"""Releases side by side, and what is left of them: what one leaves alone, and what it leaves behind."""

from __future__ import annotations

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.fixtures import install
from kube_acceptance.plugin import redactor_key
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.state.inventory import ALWAYS, Names, inventory
from kube_acceptance.state.sameness import Sameness, changes, sameness
from kube_acceptance.vocabulary import assertion, given, must, rows, when
from kube_acceptance.vocabulary.anew import forget_made_of
from kube_acceptance.wait import Seen, eventually

MADE_WITHIN = 30.0  # seconds that controllers may take to put into a namespace what every one has


@given("a namespace of its own, and all that is in it", target_fixture="release")
def namespace_of_its_own(empty_release: Release, session: Session) -> Release:
    """A namespace for this scenario alone, in which nothing is installed yet; what it holds is remembered."""
    session.focus = empty_release
    return empty_release


@given("all that is done to the release is done by Helm {version}")
def by_helm(release: Release, session: Session, version: str) -> None:
    """Another Helm than the run's own: `4`, or the oldest that is supported, `3.10`."""
    release.chart = release.chart.by(session.helm(version))
    note(f"Helm {release.chart.helm_version}")


@pytest.fixture
def before_installation(empty_release: Release) -> Names:
    """What a namespace held before anything was installed there."""

    def look() -> Seen[Names]:
        try:
            return Seen(True, "it holds what every namespace does", inventory(empty_release))
        except AcceptanceError as error:
            return Seen(False, error.summary)

    found = eventually(f"namespace {empty_release.namespace} to be made ready", look, within=MADE_WITHIN)
    return found or ALWAYS


@when("the chart is installed there")
def installed_there(before_installation: Names, release: Release, pytestconfig: pytest.Config) -> None:
    """Installs the chart where nothing is installed, and waits until it is ready."""
    note(f"before: {len(before_installation)} objects")
    install(release, pytestconfig.stash[redactor_key])
    if (revision := release.revision()) != 1:
        raise AcceptanceError(f"release {release.name} was there already: it is at revision {revision}, not 1")


@assertion("nothing is there that was not before the installation", trouble=True)
def nothing_left(before_installation: Names, release: Release) -> None:
    """The namespace holds what it did, of whatever kind, and no volume that was claimed from there is left."""
    _must_be_left(before_installation, release, frozenset())


@assertion("nothing is there that was not before the installation, but these", trouble=True)
def only_these_left(before_installation: Names, release: Release, datatable: list[list[str]]) -> None:
    """As without a table; what may be left is `| kind | name |`, and must be, together with the volumes of claims."""
    claims = {row["name"] for row in rows(datatable) if row["kind"] == "PersistentVolumeClaim"}
    listed = release.cluster.core.list_namespaced_persistent_volume_claim(release.namespace).items
    volumes = {("PersistentVolume", str(each.spec.volume_name)) for each in listed if each.metadata.name in claims}
    _must_be_left(
        before_installation, release, frozenset((row["kind"], row["name"]) for row in rows(datatable)) | volumes
    )


def _must_be_left(before: Names, release: Release, stated: Names) -> None:
    left = inventory(release) - before
    must((f"{kind} {name} is left" for kind, name in sorted(left - stated)), of="objects")
    must((f"{kind} {name} is gone" for kind, name in sorted(stated - left)), of="objects")
    note(f"left: {', '.join(f'{kind} {name}' for kind, name in sorted(left)) or 'nothing'}")


# ---------------------------------------------------------------- two at a time


@pytest.fixture
def side_by_side() -> dict[str, Release]:
    """The releases of a scenario by what it calls them: `first` and `second`."""
    return {}


@given('a second release of the chart, "{name}", is installed in the same namespace', target_fixture="release")
def second_in_same_namespace(
    release: Release,
    side_by_side: dict[str, Release],
    session: Session,
    request: pytest.FixtureRequest,
    pytestconfig: pytest.Config,
    name: str,
) -> Release:
    """A release of the same chart under another name, beside that of the scenario; this one it is about now."""
    second = session.new_release(release.namespace, name=name)
    return _second(release, second, side_by_side, session, request, pytestconfig)


@given("a second release of the chart is installed in another namespace", target_fixture="release")
def second_in_other_namespace(
    release: Release,
    other_release: Release,
    side_by_side: dict[str, Release],
    session: Session,
    request: pytest.FixtureRequest,
    pytestconfig: pytest.Config,
) -> Release:
    """A release of the same chart and name in another namespace; from here on the scenario is about this one."""
    return _second(release, other_release, side_by_side, session, request, pytestconfig)


def _second(
    first: Release,
    second: Release,
    side_by_side: dict[str, Release],
    session: Session,
    request: pytest.FixtureRequest,
    config: pytest.Config,
) -> Release:
    side_by_side.update(first=first, second=second)
    session.focus = second
    install(second, config.stash[redactor_key])
    forget_made_of("release", request)
    return second


@when(
    "the scenario turns to the {which} release",
    target_fixture="release",
    example="the scenario turns to the first release",
)
def turned_to(
    side_by_side: dict[str, Release], session: Session, request: pytest.FixtureRequest, which: str
) -> Release:
    """What follows is about the first or the second of two releases."""
    if which not in side_by_side:
        raise AcceptanceError(f"there is no {which} release", hint=f"There is: {', '.join(side_by_side) or 'none'}.")
    forget_made_of("release", request)
    session.focus = side_by_side[which]
    return side_by_side[which]


@given(
    "the {which} release as it is now, ready within {within:duration}",
    target_fixture="as_before",
    example="the first release as it is now, ready within 2 minutes",
)
def as_it_is(side_by_side: dict[str, Release], which: str, within: float) -> Sameness:
    """Remembers the objects of a release with what is stated in them, and its pods with the restarts of containers."""
    side_by_side[which].wait_until_ready(within)
    found = sameness(side_by_side[which])
    note(f"{len(found.objects)} objects, {len(found.pods)} pods")
    return found


@assertion("the {which} release is as it was before", example="the first release is as it was before")
def as_it_was(side_by_side: dict[str, Release], as_before: Sameness, which: str) -> None:
    """The same objects, by UID and generation, and the same pods, whose containers have not restarted."""
    must(changes(as_before, sameness(side_by_side[which])), of="objects")
