"""How the pods of a tier share answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.traffic.request import Answer

EACH = 10  # answers for each pod at least, before it can be said how they share them


def must_be_shared(answers: Sequence[Answer], since: float, pods: Collection[str], percent: float) -> list[str]:
    """Every pod must have had its part in the good answers.

    Args:
        answers: All that came.
        since: From when on they count, in seconds since 1970.
        pods: The names of the pods.
        percent: In how many of a hundred answers each must be named.

    Returns:
        How many name each, a sentence each.

    Raises:
        AcceptanceError: A pod is named in fewer, or there are too few answers to say so.
    """
    good = [one for one in answers if one.good and one.began >= since]
    by = Counter(name for one in good for name in set(one.said.values()) & set(pods))
    if len(good) < EACH * len(pods):
        raise AcceptanceError(f"{len(good)} answers are too few to say how {len(pods)} pods share them")
    for name in sorted(pods):
        if 100 * by[name] < percent * len(good):
            raise AcceptanceError(
                f"pod {name} had a part in {by[name]} of {len(good)} answers, less than {percent:g} %"
            )
    return [f"pod {name}: {by[name]} of {len(good)} answers" for name in sorted(pods)]
