"""Whether a run has ended, by the labels of what it made."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from kube_acceptance.cluster import owner


@pytest.fixture
def dead() -> dict[str, str]:
    """The labels of a process that was killed."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        labels = owner.labels(process.pid)
        assert not owner.has_ended(labels)
        process.kill()
    return labels


def test_a_run_that_was_killed(dead: dict[str, str]) -> None:
    assert owner.has_ended(dead)


def test_a_run_that_was_killed_and_that_nobody_waited_for() -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    labels = owner.labels(process.pid)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert owner.has_ended(labels)
    process.wait()


def test_a_number_that_another_process_has_got() -> None:
    labels = owner.labels(os.getpid())
    assert not owner.has_ended(labels)
    assert owner.has_ended({**labels, owner.STARTED_LABEL: "1.0"})


def test_a_run_of_another_host_is_not_ours_to_judge(dead: dict[str, str]) -> None:
    assert not owner.has_ended({**dead, owner.HOST_LABEL: "000000000000"})


def test_labels_of_older_versions(dead: dict[str, str]) -> None:
    assert owner.has_ended({owner.RUN_LABEL: dead[owner.RUN_LABEL]})
    assert not owner.has_ended({owner.RUN_LABEL: str(os.getpid())})
    assert not owner.has_ended({})


def test_labels_are_fit_for_kubernetes() -> None:
    for value in owner.labels(os.getpid()).values():
        assert len(value) <= 63
        assert value.replace(".", "").isalnum()
