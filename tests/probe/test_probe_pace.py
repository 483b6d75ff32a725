"""Looks that do not begin together."""

from __future__ import annotations

from kube_acceptance.probe.pace import Pace


def test_each_begins_a_while_after_the_other_and_nobody_waits_in_vain() -> None:
    clock, waits = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        waits.append(round(seconds, 3))

    pace = Pace(0.4, now=lambda: clock[0], sleep=sleep)
    for moment in (100.0, 100.1, 100.1, 105.0, 105.2):
        clock[0] = moment
        pace()
    assert waits == [0.0, 0.3, 0.7, 0.0, 0.2]
