"""Answers of pods that were replaced, and of such as must get none."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError, WaitError
from kube_acceptance.traffic import Answer
from kube_acceptance.traffic.landing import must_all_be_good_again, must_be_left_alone
from kube_acceptance.traffic.replaced import (
    must_all_have_answered,
    must_end_by_themselves,
    must_finish_what_is_under_way,
)

NOON = 1_800_000_000.0


def pod(
    name: str, image: str = "old", *, code: int = 0, seconds: float = 4, ready: bool = True, restarts: int = 0
) -> Any:
    ended = Object(exit_code=code, finished_at=datetime.fromtimestamp(NOON + seconds, UTC))
    running = Object(started_at=f"{restarts} o'clock")
    status = Object(
        name="app",
        image_id=image,
        container_id=f"containerd://{name}-{restarts}",
        state=Object(terminated=ended, running=running),
        restart_count=restarts,
    )
    probe = Object(failure_threshold=5, period_seconds=0)
    conditions = [Object(type="Ready", status=str(ready))]
    return Object(
        metadata=Object(name=name, uid=name, creation_timestamp=datetime.fromtimestamp(NOON, UTC)),
        spec=Object(
            terminationGracePeriodSeconds=20,
            containers=[Object(name="app", liveness_probe=probe)],
            termination_grace_period_seconds=20,
        ),
        status=Object(container_statuses=[status], conditions=conditions),
    )


def lives(gone: list[Any], now: list[Any], told: float | None = NOON) -> Any:
    return Object(gone=lambda _: gone, now=lambda _: now, told=lambda _: told)


def answer(pod: str, began: float = 0.0, ended: float = 0.1, *, name: str = "read", status: int | None = 200) -> Answer:
    return Answer(name, 0, NOON + began, NOON + ended, status, {"pod": pod} if pod else {})


def test_old_pods_and_new_ones_must_have_answered() -> None:
    seen = lives([pod("a"), pod("b")], [pod("c", "new")])
    answers = [answer("a"), answer("b"), answer("c"), answer("a"), answer("c", status=503)]
    assert must_all_have_answered(seen, "web", answers) == (
        "web: 2 answers of a, 1 answers of b of the image before, 1 answers of c of the image now"
    )
    with pytest.raises(AcceptanceError) as caught:
        must_all_have_answered(seen, "web", answers[:2])
    assert str(caught.value) == "the web pod c has answered no request"


@pytest.mark.parametrize(
    ("gone", "now", "said"),
    [
        ([], [pod("c", "new")], "there are no web pods that are gone, so nothing was checked"),
        ([pod("a")], [pod("c", "old")], "the web pods of before and of now run the same image old"),
    ],
)
def test_what_was_not_replaced(gone: list[Any], now: list[Any], said: str) -> None:
    with pytest.raises(AcceptanceError) as caught:
        must_all_have_answered(lives(gone, now), "web", [answer("a"), answer("c")])
    assert str(caught.value) == said


def test_what_was_under_way_must_have_been_answered_by_the_same_pod() -> None:
    seen = lives([pod("a")], [])
    slow = [answer("a", -3, 4, name="slow"), answer("a", -1, 6, name="slow"), answer("b", -1, 7, name="slow")]
    assert must_finish_what_is_under_way(seen, "web", "slow", slow) == (
        "web: 2 under way in a, the last answered 6.0 s later"
    )


@pytest.mark.parametrize(
    "one",
    [
        answer("a", -3, 0.9, name="slow"),  # over before
        answer("a", -0.4, 6, name="slow"),  # perhaps only then
        answer("a", -3, 4, name="slow", status=502),
        answer("b", -3, 4, name="slow"),
        answer("a", -3, 4, name="other"),
    ],
)
def test_what_was_not_under_way(one: Answer) -> None:
    with pytest.raises(AcceptanceError, match="no request slow was under way in the web pod a when it was told to end"):
        must_finish_what_is_under_way(lives([pod("a")], []), "web", "slow", [one])


def test_nobody_told_when_it_was_to_end() -> None:
    with pytest.raises(AcceptanceError) as caught:
        must_finish_what_is_under_way(lives([pod("a")], [], told=None), "web", "slow", [answer("a", name="slow")])
    assert str(caught.value) == "no event tells when the web pod a was told to end"


def test_containers_must_end_by_themselves() -> None:
    assert must_end_by_themselves(lives([pod("a")], []), ["web"]) == [
        "container app of pod a: exit status 0 after 4 s of 20 s"
    ]
    with pytest.raises(AcceptanceError) as caught:
        must_end_by_themselves(lives([pod("a", code=137, seconds=20)], []), ["web"])
    assert str(caught.value) == "container app of pod a did not end when it was told to: it was killed after 20 s"


class Traffic:
    """Answers so far, and those that come."""

    def __init__(self, *so_far: Answer, more: tuple[Answer, ...] = ()) -> None:
        self.so_far, self.more = list(so_far), list(more)

    def answers(self) -> list[Answer]:
        return self.so_far

    def from_now(self) -> float:
        return self.so_far[-1].ended

    def go_on(self, count: int) -> list[Answer]:
        self.so_far += self.more
        return self.so_far


def release(*looks: list[Any]) -> Any:
    left = list(looks)
    return Object(serving_pods=lambda _: left.pop(0) if len(left) > 1 else left[0])


def left_alone(traffic: Any, *looks: list[Any]) -> list[str]:
    return must_be_left_alone(release(*looks), "web", traffic, budgets=3)


UNREADY = [pod("a", ready=False)]


def test_pods_that_are_not_ready_are_left_alone() -> None:
    traffic = Traffic(answer("a"), more=(answer("", 1, 1.1, status=503), answer("", 1, 1.2, status=None)))
    assert left_alone(traffic, UNREADY) == [
        "1 requests had landed on 1 web pods, none of the 2 since then",
        "no container restarted for 0 s, 3 times the liveness budget",
    ]


@pytest.mark.parametrize(
    ("traffic", "said"),
    [
        (Traffic(answer("b")), "no request has ever landed on the web pod a, so none would say nothing"),
        (
            Traffic(answer("a"), more=(answer("a", 1, 1.5, status=503),)),
            "1 of 1 requests landed on web pods, the first: read 0 at 08:00:01.000, after 0.50 s: answered 503, pod a",
        ),
    ],
)
def test_a_request_that_lands(traffic: Any, said: str) -> None:
    with pytest.raises(AcceptanceError) as caught:
        left_alone(traffic, UNREADY)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (pod("a", ready=True), "1 of 1 web pods are ready"),
        (pod("a", ready=False, restarts=1), "containers of the web pods have been restarted or replaced: "),
        (pod("b", ready=False), "containers of the web pods have been restarted or replaced: "),
    ],
)
def test_pods_that_are_not_left_alone(later: Any, said: str) -> None:
    with pytest.raises(WaitError) as caught:
        left_alone(Traffic(answer("a")), UNREADY, [later])
    assert said in caught.value.summary


def good_again(traffic: Any, *names: str, within: float = 0) -> list[str]:
    return must_all_be_good_again(release([pod(name) for name in names]), "web", traffic, count=1, within=within)


def test_all_is_good_again() -> None:
    traffic = Traffic(answer("a", status=503), more=(answer("a", 1, 2), answer("a", 1, 3)))
    assert good_again(traffic, "a") == ["pod a answered 2 of 2"]


def test_requests_go_on_until_each_pod_has_answered() -> None:
    class Later(Traffic):
        def answers(self) -> list[Answer]:
            self.so_far.append(answer("a" if len(self.so_far) < 4 else "b", 2))
            return self.so_far

    assert good_again(Later(answer("a"), more=(answer("a", 1),)), "a", "b", within=60) == [
        "pod a answered 3 of 4",
        "pod b answered 1 of 4",
    ]


@pytest.mark.parametrize(
    ("names", "status", "said"),
    [
        (
            "ab",
            200,
            "the web pod b has answered none of 1 requests (waited for each web pod to answer some requests; not"
            " within 0 s)",
        ),
        ("", 200, "there is no web pod (waited for each web pod to answer some requests; not within 0 s)"),
        ("a", 502, "1 of 1 requests failed, the first: read 0 at 08:00:01.000, after "),
    ],
)
def test_what_is_not_good_again(names: str, status: int, said: str) -> None:
    with pytest.raises(AcceptanceError) as caught:
        good_again(Traffic(answer("a"), more=(answer("a", 1, 2, status=status),)), *names)
    assert caught.value.summary.startswith(said)
