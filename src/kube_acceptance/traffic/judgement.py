"""What answers say together: whether all were good, how many there were, and on which connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.traffic.request import Answer, Request

TOLD = 40  # answers that a failure lists


def must_be_good(requests: Iterable[Request], answers: Sequence[Answer]) -> list[str]:
    """Every answer must be good, there must be some to each request, and what is kept alive must have been used again.

    Args:
        requests: All that were sent.
        answers: All that came.

    Returns:
        What there was of each request, a sentence each.

    Raises:
        AcceptanceError: The first line says how many were not good, and tells of the first.
    """
    sentences = told(requests, answers)
    must_not_fail(answers, sentences)
    return sentences


def must_not_fail(answers: Sequence[Answer], sentences: Sequence[str] = ()) -> None:
    """Every answer must be good.

    Args:
        answers: The answers.
        sentences: What else a failure tells.

    Raises:
        AcceptanceError: The first line says how many were not good, and tells of the first.
    """
    if bad := [one for one in answers if not one.good]:
        raise AcceptanceError(
            f"{len(bad)} of {len(answers)} requests failed, the first: {bad[0]}",
            details=[*_kinds(bad), *sentences, *map(str, bad[1:TOLD])],
        )


def told(requests: Iterable[Request], answers: Sequence[Answer]) -> list[str]:
    """What there was of each request, a sentence each; raises AcceptanceError where there was nothing to speak of."""
    return [_sentence(request, [one for one in answers if one.request == request.name]) for request in requests]


def _kinds(bad: Iterable[Answer]) -> list[str]:
    """How many failed in which way, the most frequent first: a starved server fails otherwise than one that is gone."""
    kinds = Counter((one.request, one.why or f"answered {one.status}") for one in bad)
    return [f"{count} of {request}: {came}" for (request, came), count in kinds.most_common()]


def _sentence(request: Request, mine: Sequence[Answer]) -> str:
    if not mine:
        raise AcceptanceError(f"the request {request.name} was never answered, so nothing can be said of it")
    kept = sum(one.kept for one in mine)
    if request.keep_alive and not kept:
        raise AcceptanceError(
            f"none of the {len(mine)} requests {request.name} went on a connection that was kept alive, as they should"
        )
    good, longest = sum(one.good for one in mine), max(one.ended - one.began for one in mine)
    on_kept = f", {kept} on a kept connection" if request.keep_alive else ""
    return f"{request.name}: {good} of {len(mine)} answered well{on_kept}, the slowest after {longest:.2f} s"
