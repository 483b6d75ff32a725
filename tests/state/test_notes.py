"""Commands of a chart's notes: found below their heading, and run as they stand there."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.command import CommandError
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.state import notes

NOTES = """shop is being started.

Open the door; it has a key:
  cat >key <<END
  kind: Key
END
  kubectl get $KUBECONFIG >door

Shut it:
  false; touch shut

Nothing to do:

"""


def release(tmp_path: Path) -> Any:
    program = tmp_path / "kubectl-1.37"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    return Object(notes=lambda: NOTES, cluster=Object(kubectl_program=program, kubeconfig=Path("/the/config")))


def test_they_are_run_as_they_stand_there(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    notes.perform(release(tmp_path), "Open the door", folder, within=10)
    assert dict(notes.contents(folder)) == {"door": b"get /the/config\n", "key": b"  kind: Key\n"}


def test_the_first_that_fails_ends_them(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(CommandError):
        notes.perform(release(tmp_path), "Shut it", folder, within=10)
    assert dict(notes.contents(folder)) == {}


@pytest.mark.parametrize("heading", ["Nothing to do", "Paint it"])
def test_no_command_is_told(heading: str) -> None:
    with pytest.raises(AcceptanceError) as caught:
        notes.commands(NOTES, heading)
    assert caught.value.summary == f"the notes tell no command below {heading!r}"
