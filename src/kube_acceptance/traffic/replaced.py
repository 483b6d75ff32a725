"""What answers say of pods that were replaced meanwhile: who gave them, and which were under way at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.fault.endings import Ending, endings, not_by_itself
from kube_acceptance.state.lives import SECOND, Lives, images
from kube_acceptance.traffic.request import Answer
from kube_acceptance.vocabulary.parts import must, some

SETTLED = 0.5  # seconds after which a request that began has surely come to its pod


def must_all_have_answered(lives: Lives, component: str, answers: Sequence[Answer]) -> str:
    """Every pod of a tier must have answered: those that are gone, and those of another image that are there now.

    Args:
        lives: The pods' lives since before the first answer.
        component: The tier.
        answers: What was answered.

    Returns:
        How many answers each gave, in words.

    Raises:
        AcceptanceError: None is gone, an image did not change, or a pod never answered.
    """
    old = some(lives.gone(component), what=f"{component} pods that are gone")
    new = some(lives.now(component), what=f"{component} pods")
    before, after = _images(old), _images(new)
    if both := before & after:
        raise AcceptanceError(f"the {component} pods of before and of now run the same image {sorted(both)[0]}")
    count = Counter(pod for one in answers if one.good for pod in set(one.said.values()))
    silent = [pod for pod in [*old, *new] if not count[pod.metadata.name]]
    must((f"the {component} pod {pod.metadata.name} has answered no request" for pod in silent), of="pods")
    return f"{component}: {_told(old, count)} of the image before, {_told(new, count)} of the image now"


def must_finish_what_is_under_way(lives: Lives, component: str, name: str, answers: Sequence[Answer]) -> str:
    """In every pod of a tier that is gone a request was under way when it was told to end, and was answered by it.

    That such requests did not fail is for all answers together to say.

    Args:
        lives: The pods' lives.
        component: The tier.
        name: The name of requests that take long.
        answers: What was answered.

    Returns:
        How long they went on, in words.

    Raises:
        AcceptanceError: No pod is gone, nobody told when it was to end, or nothing was under way in it.
    """
    found = []
    for pod in some(lives.gone(component), what=f"{component} pods that are gone"):
        told = lives.told(pod)
        if told is None:
            raise AcceptanceError(f"no event tells when the {component} pod {pod.metadata.name} was told to end")
        mine = [one for one in answers if one.request == name and one.good and pod.metadata.name in one.said.values()]
        under_way = [one for one in mine if one.began + SETTLED <= told and one.ended > told + SECOND]
        if not under_way:
            raise AcceptanceError(
                f"no request {name} was under way in the {component} pod {pod.metadata.name} when it was told to end, "
                f"so nothing can be said of such requests ({len(mine)} answered by it in all)"
            )
        longest = max(one.ended for one in under_way) - told
        found.append(f"{len(under_way)} under way in {pod.metadata.name}, the last answered {longest:.1f} s later")
    return f"{component}: {'; '.join(found)}"


def must_end_by_themselves(lives: Lives, components: Iterable[str]) -> list[str]:
    """The containers of the pods that are gone must have ended by themselves, well before they would be killed.

    Args:
        lives: The pods' lives.
        components: The tiers, of each of which a pod must be gone.

    Returns:
        How each ended, a sentence each.

    Raises:
        AcceptanceError: No pod of a tier is gone, or one did not end by itself.
    """
    found: list[Ending] = []
    for component in components:
        for pod in some(lives.gone(component), what=f"{component} pods that are gone"):
            told = datetime.fromtimestamp(lives.told(pod) or pod.metadata.creation_timestamp.timestamp(), UTC)
            found += endings(pod, told)
    must(not_by_itself(found), of="containers")
    return [f"{each.where}: exit status {each.code} after {each.seconds:.0f} s of {each.grace:.0f} s" for each in found]


def _images(pods: Iterable[Any]) -> set[str]:
    return {image for pod in pods for image in images(pod)}


def _told(pods: Iterable[Any], count: Counter[str]) -> str:
    return ", ".join(f"{count[pod.metadata.name]} answers of {pod.metadata.name}" for pod in pods)
