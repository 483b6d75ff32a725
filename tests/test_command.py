"""Programs that succeed, fail, hang or are missing."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from kube_acceptance.command import CommandError, end_all, run


def test_returns_what_was_printed() -> None:
    done = run([sys.executable, "-c", "import sys; print(sys.stdin.read())"], timeout=10, input=b"hello")
    assert done.stdout == "hello\n"
    assert done.returncode == 0


def test_failure_names_the_status_and_the_last_lines() -> None:
    with pytest.raises(CommandError) as caught:
        run(["sh", "-c", "echo why >&2; exit 3"], timeout=10)
    assert str(caught.value) == "sh -c echo why >&2; exit 3 failed with exit status 3\n  why"


def test_missing_program() -> None:
    with pytest.raises(CommandError, match=r"^no-such-program is not installed$"):
        run(["no-such-program"], timeout=10)


def test_missing_folder() -> None:
    with pytest.raises(CommandError, match=r"^/no/folder is not there$"):
        run(["true"], timeout=10, cwd=Path("/no/folder"))


def test_time_out_ends_the_whole_family() -> None:
    with pytest.raises(CommandError) as caught:
        run(["sh", "-c", "sleep 60 & sleep 60"], timeout=0.2)
    assert caught.value.summary == "sh -c sleep 60 & sleep 60 did not end within 0.2 seconds"


def test_end_all_ends_what_other_threads_wait_for() -> None:
    caught: list[CommandError] = []

    def wait() -> None:
        try:
            run(["sleep", "60"], timeout=60)
        except CommandError as error:
            caught.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    deadline = time.monotonic() + 10
    while not caught and time.monotonic() < deadline:
        end_all()
        thread.join(0.05)
    assert caught[0].completed.returncode < 0
