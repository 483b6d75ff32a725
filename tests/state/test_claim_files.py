"""Files of claims: what differs between two looks, and the pod that looks."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.state import files
from kube_acceptance.state.files import File, Files

A, B = File(b"a", 0o600, 70), File(b"b", 0o600, 70)


def test_what_differs_is_told_file_by_file() -> None:
    before = Files("data", 70, {"same": A, "gone": A, "changed": A, "opened": A})
    now = Files("data", 70, {"same": A, "new": A, "changed": B, "opened": File(b"a", 0o644, 70)})
    assert list(files.differences(before, now)) == [
        "changed on the claim data is another than before",
        "gone is no longer on the claim data",
        "new is on the claim data, which it was not before",
        "opened on the claim data is another than before",
    ]
    assert list(files.differences(before, before)) == []


def test_contents_are_not_told() -> None:
    assert "secret" not in repr(File(b"secret", 0o600, 70))


def test_nothing_is_not_copied() -> None:
    with pytest.raises(AcceptanceError) as caught:
        files.write(Object(), "probe", "data", 70, {})
    assert str(caught.value) == "there are no files to be copied into the claim data"


def test_the_pod_is_restricted_and_runs_as_the_files_user() -> None:
    pod: dict[str, Any] = files.pod_manifest("files-1", "probe:1", "data", 70)
    [container] = pod["spec"]["containers"]
    security = container["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"], security["runAsNonRoot"]) == (70, 70, True)
    assert security["readOnlyRootFilesystem"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert pod["spec"]["volumes"] == [{"name": "files", "persistentVolumeClaim": {"claimName": "data"}}]
    assert "labels" not in pod["metadata"]  # no policy and no Service of a release knows it
