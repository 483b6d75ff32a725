"""What steps ask pytest for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from kube_acceptance import trace
from kube_acceptance.cluster import Cluster
from kube_acceptance.cluster.lacks import leave_out
from kube_acceptance.config import Config
from kube_acceptance.errors import WaitError
from kube_acceptance.evidence import Redactor
from kube_acceptance.facts import specification
from kube_acceptance.images.build import BuiltImage
from kube_acceptance.plugin import config_key, redactor_key, session_key
from kube_acceptance.release import Chart, Release
from kube_acceptance.session import PROBE, Session

READY_WITHIN = 180.0  # seconds; what cannot become ready is told long before


@pytest.fixture(scope="session")
def settings(pytestconfig: pytest.Config) -> Config:
    """The project's configuration."""
    return pytestconfig.stash[config_key]


@pytest.fixture(scope="session")
def session(pytestconfig: pytest.Config) -> Session:
    """The run and its parts."""
    return pytestconfig.stash[session_key]


@pytest.fixture(scope="session")
def documents(settings: Config) -> trace.Trace:
    """The specification documents, read."""
    return specification(settings)


@pytest.fixture(scope="session")
def chart(session: Session) -> Chart:
    """The project's chart, to be rendered."""
    return session.chart()


@pytest.fixture(scope="session")
def built_images(session: Session) -> dict[str, BuiltImage]:
    """The images that the project builds, by name."""
    return {name: image for name, image in session.images.items() if name != PROBE}


@pytest.fixture(scope="session")
def cluster(session: Session) -> Cluster:
    """The cluster, with images and add-ons."""
    return session.cluster


@pytest.fixture(scope="session")
def shared_release(cluster: Cluster, session: Session, pytestconfig: pytest.Config) -> Release:
    """The release that scenarios share which change nothing; one for all workers of a run.

    It goes after the last scenario whose steps name it among their arguments, or ask for a fixture that does.
    """
    redactor = pytestconfig.stash[redactor_key]
    release = session.shared_release(lambda new: install(new, redactor), redact=redactor)
    redactor.learn(release)
    return release


@pytest.fixture(scope="session")
def values_release(cluster: Cluster, session: Session, pytestconfig: pytest.Config) -> Callable[[str], Release]:
    """Gives the release of a values file that scenarios share which change nothing; one for all workers of a run."""
    redactor = pytestconfig.stash[redactor_key]

    def installed(file: str) -> Release:
        release = session.values_release(file, lambda new: install(new, redactor), redact=redactor)
        redactor.learn(release)
        return release

    return installed


@pytest.fixture
def empty_release(cluster: Cluster, session: Session) -> Iterator[Release]:
    """A release for one scenario alone, in a namespace of its own, before it is installed."""
    with session.own_release() as release:
        yield release


@pytest.fixture
def other_release(cluster: Cluster, session: Session) -> Iterator[Release]:
    """A second release for one scenario, in another namespace, before it is installed."""
    with session.own_release() as release:
        yield release


@pytest.fixture
def unenforced_namespace(session: Session) -> Iterator[str]:
    """A namespace for one scenario alone that takes every pod which is one: the control of a refusal elsewhere."""
    name = session.new_namespace("unenforced", enforcing="privileged")
    yield name
    session.cluster.core.delete_namespace(name)


@pytest.fixture
def own_release(empty_release: Release, pytestconfig: pytest.Config) -> Release:
    """A release for one scenario alone, in a namespace of its own."""
    install(empty_release, pytestconfig.stash[redactor_key])
    return empty_release


@pytest.fixture
def own_release_with(empty_release: Release, pytestconfig: pytest.Config) -> Callable[[Mapping[str, Any]], Release]:
    """Installs a release for one scenario alone with further values, by dotted path."""

    def installed(values: Mapping[str, Any]) -> Release:
        empty_release.chart = empty_release.chart.using(**values)
        install(empty_release, pytestconfig.stash[redactor_key])
        return empty_release

    return installed


@pytest.fixture
def afterwards() -> Iterator[ExitStack]:
    """What faults put back when the scenario is over, however it ends: the last broken is the first mended."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def previous_release(session: Session, pytestconfig: pytest.Config) -> Iterator[Release]:
    """A release of the previous version for one scenario alone, in a namespace of its own."""
    with session.own_release(previous=True) as release:
        install(release, pytestconfig.stash[redactor_key])
        yield release


@pytest.fixture
def struck_release(cluster: Cluster, session: Session, pytestconfig: pytest.Config) -> Release:
    """A release that scenarios whose faults strike use one after the other, ready again for this one."""
    redactor = pytestconfig.stash[redactor_key]
    release = session.struck_release(lambda new: install(new, redactor))
    release.wait_until_ready(READY_WITHIN)
    return release


def install(release: Release, redactor: Redactor) -> None:
    """Install a release and wait until it is ready; from then on nothing that its Secrets hold is told."""
    release.install()
    redactor.learn(release)  # before the wait, whose failure tells log lines
    try:
        release.wait_until_ready(READY_WITHIN)
    except WaitError as error:
        leave_out(release.cluster.provider, error.summary)
        raise
