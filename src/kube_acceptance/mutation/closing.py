"""How a round ends, whether it came to its end or not: its score is kept, shown and held against the threshold."""

from __future__ import annotations

from collections.abc import Collection

from rich.console import Console

from kube_acceptance.config import Config
from kube_acceptance.mutation.equivalent import applied, remarks
from kube_acceptance.mutation.history import FILE, History
from kube_acceptance.mutation.score import Score
from kube_acceptance.mutation.table import show
from kube_acceptance.mutation.threshold import judged
from kube_acceptance.report.anew import write_anew


def close(score: Score, config: Config, *, threshold: int, ids: Collection[str], console: Console) -> bool:
    """Write a round's score, its line of the history and the pages of the last run, and print it.

    Args:
        score: The round.
        config: The project's configuration, with the reports' folder and the equivalents.
        threshold: Percent of the mutants that count which must be killed.
        ids: The ids of all mutants that the operators found, chosen or not.
        console: Where it is printed.

    Returns:
        Whether the round is good enough.

    Raises:
        OSError: A file cannot be written.
    """
    entries, reports = config.mutation.equivalents, config.path(config.reports)
    score = score.model_copy(update={"results": applied(score.results, entries)})
    score.write(reports)
    History(reports / FILE).add(score)
    write_anew(reports)
    show(score, console)
    passed, why = judged(score, threshold)
    for line in (*remarks(entries, score, ids), f"{'passed' if passed else 'failed'}: {why}"):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return passed
