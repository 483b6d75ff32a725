"""Requests that a tier passes on to another: in which ways they are answered, and how often they were sent on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.traffic.request import Answer
from kube_acceptance.traffic.traffic import Traffic

TOLD = 20  # answers that a failure lists


def way_of(answer: Answer) -> str:
    """How it was answered: the code of its error as noted from its body, else its status; or why not at all."""
    noted = next((value for name, value in answer.said.items() if name.startswith("json:") and value), "")
    return noted or (answer.why if answer.status is None else str(answer.status))


@dataclass(frozen=True)
class Way:
    """A way to be answered, and the seconds that it takes: at most, and in one half of the cases.

    The latter says what it takes by itself, also on a machine that has no time for anybody now and then.
    """

    name: str
    within: float
    half: float


def must_be_answered_so(traffic: Traffic, names: Collection[str], ways: Sequence[Way], *, count: int) -> list[str]:
    """So many more requests must be answered, each in one of some ways and in its time, and each way must be seen.

    Args:
        traffic: Requests that go on, of which the error's code is noted.
        names: Which of them.
        ways: The ways.
        count: How many more of each.

    Returns:
        How many were answered in which way, and how long they took.

    Raises:
        AcceptanceError: One was not answered so, or is not over in time, or none was in one of the ways.
    """
    _must_be_sent(traffic, names)
    begun = traffic.from_now()
    since = [one for one in traffic.go_on(count) if one.began > begun and one.request in names]
    known = {way.name: way for way in ways}
    longest = max(way.within for way in ways)
    if hanging := _hanging(since, longest):
        raise AcceptanceError(
            f"{len(hanging)} requests are not over, though they began over {longest:g} s ago, the first: {hanging[0]}",
            details=hanging[1:TOLD],
        )
    if other := [one for one in since if way_of(one) not in known]:
        raise _failure(f"{len(other)} of {len(since)} requests were answered in another way", other)
    if late := [one for one in since if _seconds(one) > known[way_of(one)].within]:
        raise _failure(f"{len(late)} of {len(since)} requests were answered too late", late)
    told: list[str] = []
    for way in ways:
        if not (mine := [_seconds(one) for one in since if way_of(one) == way.name]):
            raise AcceptanceError(f"none of {len(since)} requests was answered {way.name}", details=told)
        if (half := median(mine)) > way.half:
            raise AcceptanceError(f"one half of {len(mine)} answers {way.name} took over {half:.1f} s", details=told)
        told.append(f"{len(mine)} {way.name}, one half after {half:.1f} s, the slowest after {max(mine):.1f} s")
    return told


def must_be_sent_on_within_budget(
    traffic: Traffic, name: str, header: str, *, reserve: int, percent: int, pods: int
) -> str:
    """Some requests must have been sent on again, but not more often than a budget lets them.

    The budget counts from the first that was not answered well, or was sent on twice: before, nothing had to be.

    Args:
        traffic: Requests that go on.
        name: Which of them is sent on again.
        header: What tells how often each was sent on.
        reserve: How many may be sent on again whatever is asked, by each pod that does so.
        percent: How many more, of 100 requests that were sent on.
        pods: How many pods send them on.

    Returns:
        How many were.

    Raises:
        AcceptanceError: None was, or too many.
    """
    _must_be_sent(traffic, [name])
    answers = traffic.answers()
    troubled = [one.began for one in answers if not one.good or _times(one, header) > 1]
    since = [one for one in answers if troubled and one.began >= min(troubled) and _times(one, header)]
    again = sum(_times(one, header) - 1 for one in since if one.request == name)
    if not again:
        raise AcceptanceError(f"no {name} was sent on again, so the budget for it was not put to the test")
    budget = reserve * pods + percent * len(since) / 100
    told = f"{again} of {len(since)} were sent on again, of a budget of {budget:.1f}"
    if again > budget:
        raise AcceptanceError(f"too many requests {name} were sent on again: {told}")
    return told


def must_never_be_sent_on_again(traffic: Traffic, name: str, header: str) -> str:
    """No such request may have been sent on more than once, and some that failed must have been sent on.

    Raises:
        AcceptanceError: One was, or none failed that was sent on, so that none was sent on again says nothing.
    """
    mine = _answers_to(traffic, name)
    if again := [one for one in mine if _times(one, header) > 1]:
        raise _failure(f"{len(again)} of {len(mine)} requests {name} were sent on again", again)
    failed = sum(not one.good and _times(one, header) == 1 for one in mine)
    if not failed:
        raise AcceptanceError(f"no {name} that was sent on has failed, so none would have been sent on again anyway")
    return f"{len(mine)} {name}, of which {failed} failed after having been sent on once, none twice"


def must_be_saved(traffic: Traffic, name: str, header: str, *, without: str) -> str:
    """A request must have been answered well at its second attempt, by another pod than one that is broken.

    Args:
        traffic: Requests that go on, of which the pod that answers in the end is noted.
        name: Which of them.
        header: What tells how often each was sent on.
        without: The broken pod.

    Raises:
        AcceptanceError: None was yet.
    """
    mine = _answers_to(traffic, name)
    saved = [one for one in mine if one.good and _times(one, header) > 1 and without not in one.said.values()]
    if not saved:
        failed = [one for one in mine if not one.good]
        raise _failure(f"none of {len(mine)} requests {name} was answered at a second attempt", failed)
    return f"{len(saved)} {name} answered at the second attempt: {saved[0]}"


def must_not_have_failed(traffic: Traffic, name: str) -> str:
    """Every such request so far must have been answered well; raises AcceptanceError when one was not, or none was."""
    mine = _answers_to(traffic, name)
    if bad := [one for one in mine if not one.good]:
        raise _failure(f"{len(bad)} of {len(mine)} requests {name} failed", bad)
    if not mine:
        raise AcceptanceError(f"no {name} was answered")
    return f"{len(mine)} {name} answered well"


def must_be_well_again(traffic: Traffic, *, count: int) -> str:
    """The last answers to each request must be good ones.

    Args:
        traffic: Requests that go on.
        count: How many of each.

    Raises:
        AcceptanceError: One of them is not, or there are fewer.
    """
    answers = traffic.answers()
    for request in traffic.requests:
        mine = sorted((one for one in answers if one.request == request.name), key=lambda one: one.ended)[-count:]
        if len(mine) < count:
            raise AcceptanceError(f"only {len(mine)} requests {request.name} are over")
        if bad := [one for one in mine if not one.good]:
            raise _failure(f"{len(bad)} of the last {count} requests {request.name} failed", bad)
    return f"the last {count} of each were answered well"


def must_be_stored_once(answers: Sequence[Answer], name: str, stored: Mapping[str, str]) -> str:
    """What was answered well must be stored, and nothing that was sent may be stored twice.

    Args:
        answers: All answers.
        name: The request that stores its content.
        stored: All that is stored, by id.

    Raises:
        AcceptanceError: Something is missing, or stored twice.
    """
    mine = [one for one in answers if one.request == name]
    found = Counter(stored.values())
    if twice := [one for one in mine if found[one.content] > 1]:
        raise _failure(f"{len(twice)} of {len(mine)} requests {name} have stored what they say twice", twice)
    good = [one for one in mine if one.good]
    if not good:
        raise AcceptanceError(f"no {name} was answered well, so nothing would be stored")
    if lost := [one for one in good if not found[one.content]]:
        raise _failure(f"{len(lost)} of {len(good)} requests {name} were answered well, and not stored", lost)
    doubtful = sum(not one.good and one.content in found for one in mine)
    return (
        f"{len(good)} of {len(mine)} {name} answered well and stored, {doubtful} more stored though not answered well"
    )


def _answers_to(traffic: Traffic, name: str) -> list[Answer]:
    _must_be_sent(traffic, [name])
    return [one for one in traffic.answers() if one.request == name]


def _must_be_sent(traffic: Traffic, names: Collection[str]) -> None:
    known = {request.name for request in traffic.requests}
    if unknown := sorted(set(names) - known):
        raise ConfigurationError(f"no request is called {unknown[0]!r}", hint=f"There are {', '.join(sorted(known))}.")


def _hanging(since: Sequence[Answer], longest: float) -> list[str]:
    """The requests that are not over, though one that began after them has been for so many seconds."""
    now = max((one.ended for one in since), default=0.0)
    found = []
    for name in sorted({one.request for one in since}):
        mine = {one.number: one for one in since if one.request == name}
        old = [number for number, one in mine.items() if now - one.began > longest]
        found += [f"{name} {number}" for number in range(min(mine), max(old, default=-1)) if number not in mine]
    return found


def _times(one: Answer, header: str) -> int:
    said = one.said.get(header, "")
    return int(said) if said.isdecimal() else 0


def _seconds(one: Answer) -> float:
    return one.ended - one.began


def _failure(sentence: str, answers: Sequence[Answer]) -> AcceptanceError:
    first = f", the first: {answers[0]} ({way_of(answers[0])})" if answers else ""
    return AcceptanceError(f"{sentence}{first}", details=[f"{one} ({way_of(one)})" for one in answers[1:TOLD]])
