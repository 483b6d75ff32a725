"""What became of the mutants of a round, for the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kube_acceptance.mutation.score import Score, Verdict
from kube_acceptance.mutation.words import excuse, extent, sentence, told


def show(score: Score, console: Console) -> None:
    """Print a round: a line for each mutant, then in sentences what was not killed, and the score.

    Args:
        score: The round.
        console: Where to; `rich` leaves colours out where it is no terminal.
    """
    table = Table("mutant", "takes away", "verdict", "seconds", "what was seen")
    for each in score.results:
        verdict = "equivalent" if score.excused(each) else each.verdict
        # what stands in brackets is no markup
        table.add_row(*map(escape, (each.id, each.takes_away, verdict, f"{each.seconds:.0f}", each.seen)))
    console.print(table)
    for line in lines(score):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def lines(score: Score) -> list[str]:
    """The sentences below the table: what is not killed, and the score at the end."""
    apart = [Verdict.KILLED_ELSEWHERE, Verdict.TIMED_OUT, Verdict.INVALID]
    found = [sentence(each) for verdict in apart for each in score.of(verdict)]
    for each in [*score.equivalents, *score.survivors]:
        found.append(" ".join(filter(None, [sentence(each), excuse(score, each)])))
    return [*found, *filter(None, [extent(score)]), told(score)]
