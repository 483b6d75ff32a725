"""What is made once for all workers of a run, and what is left of it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance.cluster import leftovers
from kube_acceptance.errors import AcceptanceError, ReleaseError, WaitError
from kube_acceptance.running.shared import Shared, reap

Project = Any

FOUR = """
    @cluster
    Scenario: One
      Given the release
    @cluster
    Scenario: Two
      Given the release
    @cluster
    Scenario: Three
      Given the release
    @cluster
    Scenario: Four
      Given the release
"""


def test_made_once_for_all_who_ask(tmp_path: Path) -> None:
    first = Shared.begin(tmp_path)
    asked: list[int] = []
    got: list[dict[str, int]] = []

    def make() -> dict[str, int]:
        asked.append(1)
        return {"a": 1}

    threads = [threading.Thread(target=lambda: got.append(Shared(first.folder).once("it", make))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked == [1]
    assert got == [{"a": 1}] * 4
    assert first.made("it")
    first.end()
    assert list(tmp_path.iterdir()) == []


def test_who_could_not_make_it_speaks_for_all(tmp_path: Path) -> None:
    shared = Shared.begin(tmp_path)

    def make() -> None:
        raise ReleaseError("it is broken", hint="Mend it.", details=["line 3"])

    def never() -> None:
        raise AssertionError

    with pytest.raises(ReleaseError):
        shared.once("it", make)
    with pytest.raises(ReleaseError) as caught:
        Shared(shared.folder).once("it", never)
    assert str(caught.value) == "it is broken\nMend it.\n  line 3"
    assert not shared.made("it")
    with pytest.raises(ZeroDivisionError):
        shared.once("other", lambda: 1 / 0)
    with pytest.raises(AcceptanceError, match=r"^ZeroDivisionError: division by zero$"):
        shared.once("other", never)


def test_why_it_could_not_be_made_is_told_to_others_without_secrets(tmp_path: Path) -> None:
    shared = Shared.begin(tmp_path)

    def make() -> None:
        raise WaitError("the pod said hunter2", details=["log: hunter2"])

    with pytest.raises(WaitError, match="hunter2"):
        shared.once("it", make, redact=lambda text: text.replace("hunter2", "[redacted]"))
    with pytest.raises(WaitError) as caught:
        Shared(shared.folder).once("it", make)
    assert str(caught.value) == "the pod said [redacted]\n  log: [redacted]"


def test_who_dies_leaves_it_to_the_next(tmp_path: Path) -> None:
    shared = Shared.begin(tmp_path)
    code = "import os, sys; from pathlib import Path; from kube_acceptance.running.shared import Shared; " + (
        "Shared(Path(sys.argv[1])).once('it', lambda: os.kill(os.getpid(), 9))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(shared.folder)], check=False).returncode == -9
    assert shared.once("it", lambda: "made") == "made"


def test_the_next_run_removes_what_the_dead_left(tmp_path: Path) -> None:
    code = "import os, sys; from pathlib import Path; from kube_acceptance.running.shared import Shared; " + (
        "print(Shared.begin(Path(sys.argv[1])).folder.name); sys.stdout.flush(); os.kill(os.getpid(), 9)"
    )
    said = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, capture_output=True, text=True)
    living = Shared.begin(tmp_path)
    assert [folder.name for folder in (tmp_path / "runs").iterdir()] == [living.folder.name]
    assert said.stdout.strip() != living.folder.name
    assert reap(tmp_path) == []


def test_a_folder_that_another_run_is_making_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "runs" / ".1-abc").mkdir(parents=True)
    (tmp_path / "runs" / ".1-abc" / "alive").touch()  # its owner has not locked it yet
    assert (reap(tmp_path), list(leftovers.run_folders(tmp_path))) == ([], [])


@pytest.mark.parametrize("workers", [(), ("-n", "3")], ids=["alone", "workers"])
def test_one_cluster_and_one_release(project: Project, workers: tuple[str, ...]) -> None:
    project.feature(FOUR)
    result = project.run("--seed", "7", *workers)
    assert result.ret == 0, result.outlines
    assert Counter(mark for mark in project.marks if not mark.startswith("uses")) == {
        "image kube-acceptance-probe built": 1,
        "cluster created": 1,
        "images loaded": 1,
        "namespace shared created": 1,
        "release shared installed": 1,
        "cluster deleted": 1,
    }
    assert len([mark for mark in project.marks if mark.startswith("uses shared-")]) == 4
    assert len({mark for mark in project.marks if mark.startswith("uses")}) == 1
    assert project.left() == []
    # and the process that stands for the run knows what its workers used
    environment = json.loads((project.path / "reports" / "run.json").read_text())["environment"]
    assert environment["Order"].endswith(", seed 7 (again: --seed 7)")
    assert environment["Docker"] == "1"
    assert environment["Image kube-acceptance-probe"] == "kube-acceptance-probe:1 sha256:1"


EARLY = """
    @given("{what} is there after a while")
    def is_there():
        deadline = time.monotonic() + 60
        while not (ROOT / "marks").exists() or "{mark}" not in (ROOT / "marks").read_text():
            assert time.monotonic() < deadline, "nobody has begun with it"
            time.sleep(0.01)
"""
STATIC_FIRST = """
    @static
    Scenario: Static
      Given {what} is there after a while
    @{tier}
    Scenario: Later
      Given nothing
"""


@pytest.mark.parametrize(
    ("tier", "mark"), [("image", "image kube-acceptance-probe built"), ("cluster", "cluster created")]
)
def test_what_takes_long_begins_while_others_run_that_do_not_need_it(project: Project, tier: str, mark: str) -> None:
    project.steps(EARLY.format(what=tier, mark=mark))
    project.feature(STATIC_FIRST.format(what=tier, tier=tier))
    assert project.run().ret == 0
    assert ("cluster created" in project.marks) == (tier == "cluster")
    assert project.left() == []


def test_what_cannot_be_made_fails_those_alone_that_need_it(project: Project) -> None:
    project.steps("""
        from kube_acceptance.errors import MachineError

        def connect():
            raise MachineError("Docker is not running")

        parts.connect = connect
    """)
    project.feature("""
        @static
        Scenario: Static
          Given nothing
        @cluster
        Scenario: Needs it
          Given the cluster
    """)
    project.run()
    run = json.loads((project.path / "reports" / "run.json").read_text())
    told = {each["name"]: each["failure"] and each["failure"]["first_line"] for each in run["features"][0]["scenarios"]}
    assert told == {"Static": None, "Needs it": 'Set-up failed in "cluster": Docker is not running'}


def test_nothing_is_made_where_nothing_needs_it(project: Project) -> None:
    project.feature("@static\nScenario: Static\n  Given nothing\n")
    assert project.run().ret == 0
    assert not (project.path / "marks").exists()


def test_a_broken_release_is_installed_once_and_told_by_all(project: Project) -> None:
    project.feature(FOUR)
    (project.path / "broken").touch()
    result = project.run("-n", "2", "--order", "random")
    assert result.ret == 1
    assert project.marks.count("release shared installed") == 1
    run = json.loads((project.path / "reports" / "run.json").read_text())
    scenarios = run["features"][0]["scenarios"]
    assert {scenario["status"] for scenario in scenarios} == {"broken"}
    assert {scenario["failure"]["first_line"] for scenario in scenarios} == {
        'Set-up failed in "shared_release": the chart is broken'
    }
    assert {scenario["failure"]["details"] for scenario in scenarios} == {"Mend it.\n  line 3"}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_kept_cluster_says_how_to_get_to_what_failed(project: Project, workers: tuple[str, ...]) -> None:
    project.feature("""
        @disruptive
        Scenario: Good
          Given a release of its own
          Then it works
        @disruptive
        Scenario: Bad
          Given a release of its own
          Then it fails
    """)
    result = project.run("--keep", "failed", "--cluster-name", "kept", *workers)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*s the cluster kept is kept; look into it:",
            f"*s   export KUBECONFIG={project.cache}/clusters/kept/kubeconfig",
            "*s   /bin/kubectl --namespace own-* get pods,events  # features/a.feature::Bad",
            "*s remove it:  kube-acceptance clean",
        ]
    )
    # what passed is not kept, what failed is
    assert project.marks.count("namespace own deleted") == 1
    assert "cluster deleted" not in project.marks
    assert [name for name in project.left() if name.startswith("runs")] == []
