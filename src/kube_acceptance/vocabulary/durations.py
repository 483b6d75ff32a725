"""Times as features write them: `1 second`, `2 minutes`, `1 hour`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kube_acceptance.errors import ConfigurationError

WRITTEN = r"\d+ (?:second|minute|hour)s?"
UNITS = {"second": 1, "minute": 60, "hour": 3600}
_SUFFIX = re.compile(rf"(?P<sentence>.*\S) (?P<how>within|for) (?P<time>{WRITTEN})")


def seconds(written: str) -> float:
    """A written time in seconds.

    Raises:
        ConfigurationError: It is no time at all.
    """
    count, unit = written.split()
    if not int(count):
        raise ConfigurationError(
            f"a time of {written} is over before anybody can look",
            hint="Write at least 1 second, or leave the time away: then it is looked at once.",
        )
    return float(int(count) * UNITS[unit.removesuffix("s")])


@dataclass(frozen=True)
class Timing:
    """When a sentence must be true: at once (no `how`), `within` a time, or all the time `for` which it is watched."""

    sentence: str
    how: str = ""
    time: str = ""

    @property
    def seconds(self) -> float:
        """The time in seconds; raises ConfigurationError when it is none."""
        return seconds(self.time)


def split(text: str) -> Timing:
    """A step's sentence, and the time phrase at its end if it has one."""
    match = _SUFFIX.fullmatch(text)
    return Timing(match["sentence"], match["how"], match["time"]) if match else Timing(text)
