"""Whether a round is good enough: the share that must be killed, of the mutants that count (see `score`)."""

from __future__ import annotations

from kube_acceptance.mutation.score import Score


def judged(score: Score, threshold: int) -> tuple[bool, str]:
    """Whether a round passes, and why, in a sentence.

    A round that was interrupted proves nothing of the mutants that it did not come to, and fails whatever it found; so
    does one in which no mutant could be judged. One whose mutants are all equivalent passes.

    Args:
        score: The round.
        threshold: Percent of the mutants that count which must be killed.
    """
    share = score.share
    if score.interrupted:
        return False, f"the round was interrupted after {len(score.results)} of {score.planned} mutants"
    if not share.counted:
        equivalent = len(score.equivalents)
        if not equivalent:
            return False, "no mutant could be judged, so nothing is proved"
        return True, f"nobody has to notice any of the mutants: {equivalent} of {equivalent} that ran are equivalent"
    reached = f"{share} mutants that count were killed, {share.percent} %"
    if 100 * share.killed >= threshold * share.counted:
        return True, f"{reached}; the threshold is {threshold} %"
    needed = -(-threshold * share.counted // 100)
    return False, f"{reached}, which is below the threshold of {threshold} %: {needed - share.killed} more must be"
