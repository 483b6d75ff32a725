"""Complete tables: what they say of every pair of known endpoints, and what they leave out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.endpoints import Endpoints, Pair
from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.outcome import Outcome

RELEASE = "the release"
OTHERS = "all others"
ELSE = "anything else"


@dataclass(frozen=True, slots=True)
class Line:
    """A row as people write it, with its number; `source` and `target` may be several names separated by commas."""

    number: int
    source: str
    target: str
    expected: str

    @property
    def is_default(self) -> bool:
        """Whether it speaks of all that no other row does."""
        return ELSE in (self.source, self.target)


def complete(rows: Iterable[tuple[str, str, str]], known: Endpoints) -> list[Expectation]:
    """Say what a table expects of every pair of known endpoints.

    A name stands for all its known ports, NAME:PORT and NAME:PORT/UDP for one; several are separated by commas.
    `the release` is its tiers, stand-ins and Services, `all others` are all other names. The row
    `anything else | anything else` speaks of every pair that no other row does.

    Args:
        rows: From, to, and `allowed` or `blocked`.
        known: The endpoints that there are.

    Raises:
        ProbeError: A pair is left out, or told twice or in two ways; a row names nothing that is known.
    """
    lines = [Line(number, *row) for number, row in enumerate(rows, 1)]
    told: dict[Pair, Line] = {}
    pairs = known.pairs
    for line in lines:
        if line.is_default:
            continue
        sources, targets = _sources(line, known), _targets(line, known)
        covered = [pair for pair in pairs if pair[0] in sources and str(pair[1]) in targets]
        if not covered:
            raise ProbeError(f"row {line.number} of the table, {line.source} -> {line.target}, speaks of no pair")
        for pair in covered:
            if pair in told:
                raise _twice(pair, told[pair], line)
            told[pair] = line
    defaults = [line for line in lines if line.is_default]
    for line in defaults:
        if (line.source, line.target) != (ELSE, ELSE):
            raise ProbeError(f"row {line.number} of the table: {ELSE!r} stands on both sides, or on none")
    if len(defaults) > 1:
        raise ProbeError(f"rows {defaults[0].number} and {defaults[1].number} of the table both speak of {ELSE}")
    left = [pair for pair in pairs if pair not in told]
    if left and not defaults:
        raise _incomplete(left, len(pairs))
    told |= {pair: line for pair in left for line in defaults}
    return [_expectation(pair, told[pair]) for pair in pairs]


def _expectation(pair: Pair, line: Line) -> Expectation:
    return Expectation.parse(pair[0], str(pair[1]), line.expected)


def _sources(line: Line, known: Endpoints) -> set[str]:
    groups = {
        RELEASE: {name for name in known.sources if name in known.release},
        OTHERS: {name for name in known.sources if name not in known.release},
    }
    return _named(line, line.source, {**groups, **{name: {name} for name in known.sources}})


def _targets(line: Line, known: Endpoints) -> set[str]:
    meanings: dict[str, set[str]] = {RELEASE: set(), OTHERS: set()}
    for endpoint in known.targets:
        one = {str(endpoint)}
        meanings[RELEASE if endpoint.name in known.release else OTHERS] |= one
        meanings.setdefault(endpoint.name, set()).update(one)
        meanings[str(endpoint)] = one
    return _named(line, line.target, meanings)


def _named(line: Line, text: str, meanings: dict[str, set[str]]) -> set[str]:
    """What the names in a field stand for."""
    found: set[str] = set()
    for name in (part.strip() for part in text.split(",")):
        if name not in meanings:
            close = difflib.get_close_matches(name, meanings, n=1)
            raise ProbeError(
                f"row {line.number} of the table names {name!r}, which is no known endpoint"
                + (f"; did you mean {close[0]!r}?" if close else ""),
                hint=f"Known are: {', '.join(sorted(meanings))}.",
            )
        found |= meanings[name]
    return found


def _twice(pair: Pair, before: Line, line: Line) -> ProbeError:
    where = (
        f"rows {before.number} and {line.number} of the table" if before != line else f"row {line.number} of the table"
    )
    if before.expected == line.expected:
        return ProbeError(f"{where} both say that {_words(pair)} is {line.expected}")
    return ProbeError(
        f"{where} contradict each other: {_words(pair)} is {before.expected} in one and {line.expected} in the other"
    )


def _incomplete(left: Sequence[Pair], all_pairs: int) -> ProbeError:
    more = f" ({len(left)} of {all_pairs} pairs are left out)" if len(left) > 1 else ""
    targets: dict[str, list[str]] = {}
    for source, target in left:
        targets.setdefault(source, []).append(str(target))
    return ProbeError(
        f"the table says nothing of {_words(left[0])}{more}",
        details=[f"{source} -> {', '.join(its_targets)}" for source, its_targets in targets.items()],
        hint=f"Add rows for them, or one for all that is left: | {ELSE} | {ELSE} | {Outcome.BLOCKED} |",
    )


def _words(pair: Pair) -> str:
    return f"{pair[0]} -> {pair[1]}"
