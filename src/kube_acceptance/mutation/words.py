"""A round and its mutants in sentences, which terminal, page and summary say alike."""

from __future__ import annotations

from kube_acceptance.mutation.score import Result, Score, Verdict

_SAID = {
    Verdict.SURVIVED: ("survived", "survived"),
    Verdict.KILLED_ELSEWHERE: ("was killed elsewhere", "were killed elsewhere"),
    Verdict.TIMED_OUT: ("timed out", "timed out"),
}


def told(score: Score) -> str:
    """How many were killed of those that count, what became of the others, and how many do not count."""
    share = score.share
    if share.counted:
        said = f"{share} {'mutant was' if share.counted == 1 else 'mutants were'} killed ({share.percent} %)"
    else:
        said = "There is no mutant that counts"
    left = {verdict: len(score.of(verdict)) for verdict in _SAID} | {Verdict.SURVIVED: len(score.survivors)}
    rest = [f"{count} {_SAID[verdict][count > 1]}" for verdict, count in left.items() if count]
    said = f"{'; '.join([said, *([_listed(rest)] if rest else [])])}."
    equivalent, invalid = len(score.equivalents), len(score.of(Verdict.INVALID))
    apart = [f"{count} {word}" for count, word in ((equivalent, "equivalent"), (invalid, "invalid")) if count]
    if apart:
        said += f" {_listed(apart)} {'does' if equivalent + invalid == 1 else 'do'} not count."
    return said


def extent(score: Score) -> str:
    """Which mutants took part; empty when all did, with every scenario and to the end."""
    parts = []
    if score.planned < score.derived:
        how = f": {score.chosen}" if score.chosen else ""
        parts.append(f"Only {score.planned} of {score.derived} mutants took part{how}.")
    elif score.chosen:
        parts.append(f"The round was limited: {score.chosen}.")
    if score.interrupted:
        missing = score.planned - len(score.results)
        parts.append(f"The round was interrupted: {missing} {'has' if missing == 1 else 'have'} no verdict.")
    return " ".join(parts)


def sentence(result: Result) -> str:
    """What became of a mutant, for somebody who has never heard of it."""
    match result.verdict:
        case Verdict.SURVIVED:
            return f"Nothing notices that {result.unnoticed}."
        case Verdict.KILLED:
            said = f"Without {result.takes_away}"
        case Verdict.KILLED_ELSEWHERE:
            said = f"Without {result.takes_away}, something went red for another reason"
        case Verdict.TIMED_OUT:
            said = f"Without {result.takes_away}, nothing was noticed in time"
        case Verdict.INVALID:
            said = f"Without {result.takes_away}, nothing could be deployed"
    return f"{said}: {result.seen}" if result.seen else f"{said}."


def excuse(score: Score, result: Result) -> str:
    """Why nobody has to notice a survivor, and until when; empty where nobody has said so."""
    if score.excused(result):
        return f"Equivalent until {result.until}: {result.equivalent}"
    if score.expired(result):
        return f"It counted as equivalent until {result.until}, which has passed: {result.equivalent}"
    return ""


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
