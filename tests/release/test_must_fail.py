"""A release that must fail: for good, and for the reason that was said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import ReleaseError, WaitError
from kube_acceptance.release import Chart, Release
from kube_acceptance.wait.causes import Cause


class Waits(Release):
    """A release whose wait ends as it is told."""

    def __init__(self, ends: WaitError | None) -> None:
        cluster: Any = None
        super().__init__(cluster, Chart(Path("helm"), Path("chart")), name="shop", namespace="own")
        self.ends = ends

    def wait_until_ready(self, within: float) -> None:
        if self.ends:
            raise self.ends


def test_it_returns_why() -> None:
    assert Waits(WaitError("no such image", certain_for=1.0)).must_fail(5, "such") == "no such image"


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (None, "release shop became ready, though it should have failed"),
        (WaitError("no disk", certain_for=1.0), "release shop has failed for another reason: no disk"),
        (WaitError("no such image"), "release shop is not ready, but has not failed for good: no such image"),
    ],
)
def test_anything_else_is_told(ends: WaitError | None, said: str) -> None:
    with pytest.raises(ReleaseError) as caught:
        Waits(ends).must_fail(5, "such image")
    assert str(caught.value) == said


class Troubled(Waits):
    """A release of which this is known, or nothing."""

    def __init__(self, *known: Cause | Exception) -> None:
        super().__init__(None)
        self.known = known

    def causes(self) -> list[Cause]:
        if isinstance(self.known[0], Exception):
            raise self.known[0]
        return [one for one in self.known if isinstance(one, Cause)]


def test_a_wait_in_vain_is_explained_by_what_there_is_and_never_fails() -> None:
    troubled = Troubled(Cause("the pod db ends again and again", certain=False), Cause("no disk", certain=True))
    assert troubled.explain() == (
        "",
        ["possible cause: the pod db ends again and again", "possible cause: no disk"],
    )
    assert Troubled(ReleaseError("the release shop is not installed")).explain() == ("", [])
    assert Troubled(ApiException(404)).explain() == ("", [])
