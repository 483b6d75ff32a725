"""What Prometheus has counted: exactly, because each look waits until every pod has been read after it began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.monitoring.prometheus import Prometheus, moment
from kube_acceptance.wait import Seen, eventually

READ_WITHIN = 60.0  # seconds until every target has been read once more


@dataclass(frozen=True)
class Counts:
    """The values of expressions at one moment, and the targets that there were."""

    values: Mapping[str, float]
    targets: frozenset[str]

    @classmethod
    def read(cls, prometheus: Prometheus, expressions: Sequence[str]) -> Counts:
        """Wait until all that was served before is in what Prometheus has read, and take it down.

        An expression that finds nothing is 0: a counter that never counted is not there.

        Raises:
            WaitError: A target is not read any more.
            AcceptanceError: An expression has more than one value, or nothing is measured.
        """
        asked = prometheus.now()

        def read_since() -> Seen[frozenset[str]]:
            found = prometheus.targets()
            old = [one["scrapeUrl"] for one in found if one["health"] != "up" or moment(one["lastScrape"]) <= asked]
            said = f"{len(old)} of {len(found)} targets not read since: {', '.join(old)}"
            return Seen(bool(found) and not old, said, frozenset(one["scrapeUrl"] for one in found))

        targets = eventually("every target to be read once more", read_since, within=READ_WITHIN) or frozenset()
        return cls({each: _single(prometheus, each) for each in expressions}, targets)


def must_have_grown(before: Counts, now: Counts, count: int) -> list[str]:
    """Fail unless each expression has grown by exactly so much.

    Returns:
        The values, a line each.

    Raises:
        AcceptanceError: One has not, or other pods are measured now, so that the two cannot be compared.
    """
    if before.targets != now.targets:
        raise AcceptanceError("other pods are measured than before, so what was counted cannot be compared")
    wrong = [
        f"{each} has grown by {now.values[each] - value:g}, not by {count}"
        for each, value in before.values.items()
        if now.values[each] - value != count
    ]
    if wrong:
        raise AcceptanceError(wrong[0], details=wrong[1:])
    return [f"{each}: {value:g}, then {now.values[each]:g}" for each, value in before.values.items()]


def _single(prometheus: Prometheus, expression: str) -> float:
    found = prometheus.query(expression)
    if len(found) > 1:
        raise AcceptanceError(f"{expression} has {len(found)} values; take their sum()")
    return found[0].value if found else 0.0
