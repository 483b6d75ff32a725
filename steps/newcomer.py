"""Phrases on a project that has never seen the harness: its wheel alone is installed there."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from kube_acceptance import command
from kube_acceptance.cluster import Cluster
from kube_acceptance.config import Config
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.report import note
from kube_acceptance.settings import VARIABLES
from kube_acceptance.suite import Ended, Suite
from kube_acceptance.vocabulary import assertion, given, some, when
from steps.harness import on_this_cluster
from steps.wheel import wheel_of

MADE_WITHIN = 300.0  # seconds; the packages come from their registry the first time


@given('the chart "{chart}" in a folder of its own, with nothing but the wheel installed', target_fixture="suite")
def newcomer(settings: Config, cluster: Cluster, tmp_path: Path, chart: str) -> Suite:
    root = tmp_path / "newcomer"
    shutil.copytree(settings.path(chart), root / "chart")
    forget = (*VARIABLES, "PYTHONPATH")
    suite = Suite(root, root / "reports", {}, (), forget, _installed(settings.root, tmp_path))
    return on_this_cluster(suite, cluster, settings)


@when('the installed kube-acceptance runs there with "{arguments}"')
def runs_there(suite: Suite, arguments: str) -> None:
    done = command.run(suite.program(*shlex.split(arguments)), timeout=MADE_WITHIN, cwd=suite.root)
    note("; ".join(done.stdout.splitlines()))


@assertion("its features are {count:d}, and all that ran of their scenarios passed", timed=False)
def all_passed(suite: Suite, ended: Ended, cluster: Cluster, count: int) -> None:
    features = some(suite.root.glob("features/*.feature"), what="features")
    if len(features) != count:
        raise AcceptanceError(f"there are {len(features)} features")
    # one node leaves out what needs two; where there are more, nothing that was written may be left out
    left_out = ("not run", "skipped") if len(cluster.core.list_node().items) < 2 else ("not run",)
    ran = some((each for each in ended.run.scenarios() if each.status not in left_out), what="scenarios that ran")
    if red := [f"{each.name}: {each.status}" for each in ran if each.status != "passed"]:
        raise AcceptanceError(f"{len(red)} of {len(ran)} scenarios did not pass", details=red)
    note(f"{len(ran)} scenarios passed in {ended.seconds:.0f} s")


def _installed(project: Path, folder: Path) -> Path:
    """The Python of an environment that holds the wheel of the harness that runs, and what the wheel asks for."""
    wheel, environment = wheel_of(project, folder), folder / "environment"
    python, uv = environment / "bin" / "python", Path(sys.executable).with_name("uv")
    command.run([uv, "venv", "--quiet", "--python", sys.executable, environment], timeout=MADE_WITHIN)
    lock = project / "requirements.lock"
    command.run([uv, "pip", "install", "--quiet", "--python", python, "--constraint", lock, wheel], timeout=MADE_WITHIN)
    return python
