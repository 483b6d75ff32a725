"""What makes the files of a claim with archives unsound."""

from __future__ import annotations

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.state.files import File, Files
from steps.backups import archives_are_sound, checksum, newest

NAME = "todo-20300101T000000Z.dump"


def files(**changed: File | None) -> Files:
    found = {NAME: File(b"it", 0o600, 70), f"{NAME}.sha256": File(checksum(b"it", NAME).encode(), 0o600, 70)}
    given = {"archive": NAME, "sum": f"{NAME}.sha256", "partial": ".partial.abc"}
    for key, file in changed.items():
        if file is None:
            del found[given[key]]
        else:
            found[given[key]] = file
    return Files("backups", 70, found)


def test_a_sound_claim() -> None:
    archives_are_sound(files())
    assert newest(files()) == NAME


@pytest.mark.parametrize(
    ("unsound", "said"),
    [
        (files(archive=File(b"it", 0o644, 70)), f"{NAME} has the mode 644 and belongs to 70, not 600 and 70"),
        (files(archive=File(b"it", 0o600, 0)), f"{NAME} has the mode 600 and belongs to 0, not 600 and 70"),
        (files(archive=File(b"cut", 0o600, 70)), f"the archive {NAME} does not match its checksum"),
        (files(sum=None), f"the archive {NAME} has no checksum beside it"),
        (files(partial=File(b"", 0o600, 70)), ".partial.abc is neither an archive nor its checksum"),
        (files(archive=None), "there are no archives, so nothing was checked"),
    ],
)
def test_what_is_unsound_is_told(unsound: Files, said: str) -> None:
    with pytest.raises(AcceptanceError) as caught:
        archives_are_sound(unsound)
    assert str(caught.value) == said
