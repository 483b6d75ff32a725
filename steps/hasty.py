"""Phrases on a chart that Helm believes to be ready before it is, whichever Helm it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kube_acceptance.errors import AcceptanceError, WaitError
from kube_acceptance.release import Chart, Release
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.vocabulary import assertion, when
from kube_acceptance.wait.rollout import is_ready

CHART = Path(__file__).parent / "projects" / "hasty" / "chart"
NAME = "hasty"
LOOK = 1.0  # seconds for the harness to say that it is not ready
# how each Helm is told to wait so: 4 has several ways, and 3 one, which is 4's "legacy"
WAYS = {
    "3": {"legacy": ["--wait"], "hookOnly": []},
    "4": {"legacy": ["--wait=legacy"], "hookOnly": ["--wait=hookOnly"]},
}


@when('Helm installs the hasty chart, waits by "{way}", and believes that it is ready', target_fixture="hasty")
def installed_hastily(session: Session, way: str) -> Release:
    chart = Chart(session.tool("helm"), CHART)
    release = Release(session.cluster, chart, name=NAME, namespace=session.new_namespace(NAME))
    _believed(release, way, "--install")
    return release


@when('Helm upgrades it to pods that open after {seconds:d} seconds, waits by "{way}", and believes that it is ready')
def upgraded_hastily(hasty: Release, seconds: int, way: str) -> None:
    hasty.chart = hasty.chart.using(opensAfter=seconds)
    _believed(hasty, way, "--reset-values")


@assertion('no pod of it is ready, and the harness says so: "{words}"', timed=False)
def harness_says_so(hasty: Release, words: str) -> None:
    try:
        hasty.wait_until_ready(LOOK)
    except WaitError as error:
        if words not in error.summary:
            raise AcceptanceError(f"the harness says something else: {error.summary}") from error
        _must_be_unready(hasty)
        note(error.summary)
        return
    raise AcceptanceError("the harness believes that it is ready, as Helm does, while it is not")


@assertion("the harness waits until its only pod is ready, which is of revision {revision:d}", timed=False)
def harness_waits(hasty: Release, revision: int) -> None:
    hasty.wait_until_ready(60)
    [pod] = hasty.cluster.core.list_namespaced_pod(hasty.namespace).items
    opens = str(hasty.all_values()["opensAfter"])
    if not is_ready(pod) or pod.metadata.annotations["opens-after"] != opens or hasty.revision() != revision:
        raise AcceptanceError(f"pod {pod.metadata.name} is not ready, or not of revision {revision}")
    note(f"pod {pod.metadata.name} is ready")


def _believed(release: Release, way: str, *more: str) -> None:
    version = release.chart.helm_version
    waits = WAYS[version.partition(".")[0]][way]
    where = ["--namespace", release.namespace, "--kubeconfig", str(release.cluster.kubeconfig), "--timeout", "60s"]
    release.chart.helm("upgrade", NAME, str(CHART), *waits, *more, *where, with_values=True, timeout=90)
    [newest] = [one for one in release.history() if int(one["revision"]) == release.revision()]
    if newest["status"] != "deployed":
        raise AcceptanceError(f"Helm does not believe that it is ready: it is {newest['status']}")
    note(f"Helm {version} ended well: {' '.join(waits) or 'without --wait'}")


def _must_be_unready(release: Release) -> None:
    found: list[Any] = release.cluster.core.list_namespaced_pod(release.namespace).items
    if ready := [pod.metadata.name for pod in found if is_ready(pod) and not pod.metadata.deletion_timestamp]:
        raise AcceptanceError(f"pod {ready[0]} is ready already, so nobody was hasty")
