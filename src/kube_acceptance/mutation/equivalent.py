"""Mutants that nobody has to notice, because somebody has said why, and until when.

    [tool.kube-acceptance.mutation.equivalents]
    "request-removed.deployment-shop-*" = { because = "the namespace's LimitRange sets the same", until = 2027-06-30 }

Only a survivor can be equivalent: what goes red, times out or cannot be deployed is something that differs. It meets
the cheapest tier that sees it, and no other. After its day an entry excuses nothing: the mutant counts as a survivor
again, and it is told. An entry whose mutant was noticed all the same, or that names no mutant, is wrong, and told as
well.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from fnmatch import fnmatchcase

from kube_acceptance.config import FILE, EquivalentConfig
from kube_acceptance.mutation.score import Result, Score, Verdict

LONGEST = timedelta(days=366)
"""That two deployments behave the same is no debt, but it is true of the versions that somebody looked at."""

Entries = Mapping[str, EquivalentConfig]
"""Entries by mutant's id or pattern of ids, in which `*` stands for any letters."""


def mistakes(entries: Entries, today: date) -> Iterator[str]:
    """What is wrong with the entries whatever a round finds, a sentence each.

    Args:
        entries: The entries.
        today: The day that counts.
    """
    for pattern, entry in entries.items():
        if not entry.because.strip():
            yield f"{_named(pattern)} has no reason; say why nobody has to notice"
        if entry.until > today + LONGEST:
            latest = today + LONGEST
            yield f"{_named(pattern)} lasts until {entry.until}; {latest} is the latest, a year from today"


def excused(ids: Iterable[str], entries: Entries, today: date) -> set[str]:
    """The ids of those that nobody has to notice today."""
    return {id for id in ids if (pattern := _entry(id, entries)) and entries[pattern].until >= today}


def applied(results: Sequence[Result], entries: Entries) -> list[Result]:
    """The results, each with what the entries say of it, whatever they said in an earlier round.

    An id in full goes before a pattern; of patterns, the first counts.
    """

    def marked(result: Result) -> Result:
        pattern = _entry(result.id, entries)
        because, until = ("", None) if pattern is None else (entries[pattern].because, entries[pattern].until)
        return result.model_copy(update={"equivalent": because, "until": until})

    return [marked(each) for each in results]


def remarks(entries: Entries, score: Score, ids: Collection[str]) -> Iterator[str]:
    """What a round says of the entries that somebody must know, a sentence each.

    Args:
        entries: The entries.
        score: The round, after `applied`.
        ids: The ids of all mutants that the operators found, chosen or not.
    """
    for pattern, entry in entries.items():
        if not any(_fits(pattern, each) for each in ids):
            nearest = difflib.get_close_matches(pattern, ids, n=1)
            yield f"{_named(pattern)} names no mutant" + (f'; did you mean "{nearest[0]}"?' if nearest else "")
            continue
        own = [each for each in score.results if _entry(each.id, entries) == pattern]
        noticed = [each for each in own if each.verdict not in (Verdict.SURVIVED, Verdict.INVALID)]
        for each in noticed:
            said = f"{each.verdict} all the same" if each.verdict == Verdict.KILLED else f"no survivor: {each.verdict}"
            by = f' by "{each.scenario}"' if each.scenario else ""
            yield f"{_named(pattern)} is wrong: {each.id} was {said}{by}"
        if any(score.expired(each) for each in own):
            count = sum(score.expired(each) for each in own)
            what = "its mutant counts as a survivor" if count == 1 else f"its {count} mutants count as survivors"
            yield f"{_named(pattern)} ended on {entry.until}: {what}, until a scenario notices or it is renewed"


def _entry(id: str, entries: Entries) -> str | None:
    """The entry that is about a mutant."""
    return id if id in entries else next((pattern for pattern in entries if _fits(pattern, id)), None)


def _fits(pattern: str, id: str) -> bool:
    return fnmatchcase(id, pattern)


def _named(pattern: str) -> str:
    return f'{FILE}: the equivalent "{pattern}"'
