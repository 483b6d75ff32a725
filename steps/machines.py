"""Phrases on a suite that is dealt to many machines: each is a run of its own, with a folder of its own."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance import command
from kube_acceptance.cluster import Cluster
from kube_acceptance.config import Config
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.machines.job import BEGUN, NAME
from kube_acceptance.machines.pods import INDEX
from kube_acceptance.report import Run, note
from kube_acceptance.suite import Ended, Suite
from kube_acceptance.vocabulary import assertion, must, some, when
from kube_acceptance.wait import Seen, eventually
from steps.wheel import wheel_of

WITHIN = 60.0  # seconds
LOST = "An attempt at shard {} was lost after it had begun this, which then ran again."
PODS_WITHIN = 300.0  # seconds, of which an image takes one minute


@dataclass
class Machines:
    """What each machine left, by the number of its shard; `lost` are those whose machine came to no end."""

    count: int = 0
    ended: dict[int, Ended] = field(default_factory=dict)
    lost: list[Ended] = field(default_factory=list)

    @property
    def folders(self) -> list[Path]:
        """All that they left."""
        return [each.reports for each in (*self.ended.values(), *self.lost)]

    def run(self, suite: Suite, number: int, options: str) -> None:
        """Run a shard as a machine does."""
        reports = suite.root / f"machine-{len(self.folders) + 1}"
        ended = replace(suite, reports=reports).run(
            f"--shard={number}/{self.count}", *shlex.split(options), timeout=WITHIN
        )
        if (ended.reports / "run.json").is_file():
            self.ended[number] = ended
        else:
            self.lost.append(ended)


@pytest.fixture
def machines() -> Machines:
    """The machines of the scenario."""
    return Machines()


@pytest.fixture
def ended() -> Ended:
    """How the suite ended that ran last."""
    raise AcceptanceError("no suite has run")


@when('it is dealt to {count:d} machines with "{options}"')
def dealt(suite: Suite, machines: Machines, count: int, options: str) -> None:
    machines.count = count
    for number in range(1, count + 1):
        machines.run(suite, number, options)


@when('what was lost runs again with "{options}"')
def runs_again(suite: Suite, machines: Machines, options: str) -> None:
    for number in set(range(1, machines.count + 1)) - machines.ended.keys():
        machines.run(suite, number, options)


@when("the reports of all machines are merged", target_fixture="ended")
def are_merged(suite: Suite, machines: Machines) -> Ended:
    reports = suite.root / "merged"
    words = suite.program("merge", *machines.folders, "--reports", reports)
    done = command.run(words, timeout=WITHIN, cwd=suite.root, check=False)
    return Ended(done.returncode, done.stdout + done.stderr, reports, done.seconds)


@when('it runs as {count:d} pods of that cluster with "{options}", and the first is lost', target_fixture="ended")
def runs_as_pods(suite: Suite, cluster: Cluster, settings: Config, tmp_path: Path, count: int, options: str) -> Ended:
    """The pod of the first shard is deleted as soon as it has begun a scenario."""
    (tmp_path / "wheel").mkdir()
    wheel = wheel_of(settings.root, tmp_path / "wheel")
    reports, context = suite.root / "merged", suite.options[-1]
    words = suite.program("run", "--on", context, "--shards", str(count), "--wheel", wheel, "--reports", reports, "--")
    words += shlex.split(options)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(command.run, words, timeout=PODS_WITHIN, cwd=suite.root, env=dict(suite.env), check=False)
        found = eventually(
            "the first pod to begin a scenario", lambda: _has_begun(cluster, running), within=PODS_WITHIN
        )
        if found:
            cluster.core.delete_namespaced_pod(found.name, found.namespace, grace_period_seconds=0)
        done = running.result()
    return Ended(done.returncode, done.stdout + done.stderr, reports, done.seconds)


@assertion("each of its {count:d} scenarios ran on one machine, and no machine says that it ran all", timed=False)
def ran_once(machines: Machines, count: int) -> None:
    runs = [each.run for each in machines.ended.values()]
    times = Counter(scenario.id for run in runs for scenario in run.scenarios())
    if len(times) != count:
        raise AcceptanceError(f"{len(times)} scenarios ran, not {count}", details=sorted(times))
    must((f"{id} ran {often} times" for id, often in times.items() if often != 1), of="scenarios")
    must(
        (f"{run.shard} says {run.verdict}" for run in runs if run.verdict == "passed" or not run.left_out), of="shards"
    )
    note("; ".join(f"{run.shard}: {sum(1 for _ in run.scenarios())} scenarios" for run in runs))


@assertion("the merging ends with status {status:d}", timed=False)
def merging_ends(ended: Ended, status: int) -> None:
    if ended.exitstatus != status:
        raise AcceptanceError(f"it ended with status {ended.exitstatus}", details=ended.said.splitlines())
    note(ended.said.splitlines()[0])


@assertion("the merged report says what that of the first run says", timed=False)
def says_the_same(suite: Suite, ended: Ended) -> None:
    whole = Ended(0, "", suite.reports, 0.0).run
    one, other = _without_times(whole), _without_times(ended.run)
    must((f"{name}: {other[name]} instead of {one[name]}" for name in one if one[name] != other[name]), of="parts")


@assertion('"{name}" is told to have passed again after an attempt at shard {number:d} that was lost', timed=False)
def told_again(ended: Ended, name: str, number: int) -> None:
    [scenario] = [each for each in ended.run.scenarios() if each.name == name]
    told = LOST.format(number)
    if scenario.status != "passed" or told not in scenario.facts:
        raise AcceptanceError(f'"{name}" is {scenario.status}', details=scenario.facts)
    if others := [each.name for each in ended.run.scenarios() if each.name != name and told in each.facts]:
        raise AcceptanceError(f"the same is told of {', '.join(others)}")


@assertion("what an attempt at shard {number:d} had begun before it was lost is told to have passed again", timed=False)
def all_told_again(ended: Ended, number: int) -> None:
    again = [each for each in ended.run.scenarios() if LOST.format(number) in each.facts]
    for each in some(again, what="scenarios that ran again"):
        note(f"{each.name}: {each.status}")
    must((f"{each.name} is {each.status}" for each in again if each.status != "passed"), of="scenarios")


def _has_begun(cluster: Cluster, running: Future[Any]) -> Seen[Any]:
    """The first shard's pod, once it has begun a scenario; none where the suite has ended without."""
    for pod in cluster.core.list_pod_for_all_namespaces(label_selector=f"job-name={NAME}").items:
        about = pod.metadata
        if about.annotations[INDEX] == "0" and pod.status.phase == "Running":
            said = cluster.core.read_namespaced_pod_log(about.name, about.namespace)
            if BEGUN in said:
                return Seen(True, f"pod {about.name} has", about)
    return Seen(running.done(), "there is no such pod yet", None)


def _without_times(run: Run) -> dict[str, Any]:
    """What a report says, without when and where it was; parts that machines order by chance are sorted."""
    data = run.to_dict()
    for name in ("started", "finished", "command", "environment", "past"):
        del data[name]
    _clear(data.values())
    return data


def _clear(values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, dict):
            for name in ("started", "duration", "setup", "worker", "seconds"):
                value.pop(name, None)
            _clear(value.values())
        elif isinstance(value, list):
            _clear(value)
