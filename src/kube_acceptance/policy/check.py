"""The computed opinion against the world: random sets of policies, enforced by a cluster and looked at by probes."""

from __future__ import annotations

import queue
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import yaml
from kubernetes import client

from kube_acceptance.errors import PolicyError
from kube_acceptance.policy.random_sets import policy_set
from kube_acceptance.policy.world import Compared, World
from kube_acceptance.probe.pace import Pace
from kube_acceptance.probe.peers import Peers, kinds_network

WORLDS = 4  # at a time; each is ten pods
APART = 0.4  # seconds from the beginning of a look to that of the next, in whatever world
ENOUGH = 3  # sets that fail: nobody begins another, and the error shows everything of them


@dataclass(frozen=True, slots=True)
class Check:
    """What was compared, in the order of the sets' numbers."""

    seed: str
    compared: Sequence[Compared]
    seconds: float

    @property
    def disagreeing(self) -> list[Compared]:
        """The sets with which the cluster did not come to agree."""
        return [each for each in self.compared if each.disagreements]

    @property
    def unclear(self) -> list[Compared]:
        """The sets of which it cannot be told."""
        return [each for each in self.compared if each.unclear and not each.disagreements]

    def summary(self) -> str:
        """The whole in one line."""
        connections = sum(len(each.report.verdicts) for each in self.compared)
        blocked = sum(each.policies.blocked for each in self.compared)
        unclear = f", {len(self.unclear)} cannot be told" if self.unclear else ""
        return (
            f"{len(self.compared)} random sets of network policies, seed {self.seed}: {connections} connections "
            f"compared, of which {blocked} must be blocked; {len(self.disagreeing)} sets disagree{unclear}; "
            f"{self.seconds:.0f} s in all"
        )

    def require_agreement(self) -> None:
        """Raise PolicyError unless the cluster did with every set what it means; with the set and the connections."""
        failed = self.disagreeing or self.unclear
        if not failed:
            return
        first = failed[0]
        verdicts = first.disagreements or first.unclear
        what = (
            "the cluster does not do what network policies mean"
            if self.disagreeing
            else "whether the cluster does what network policies mean cannot be told"
        )
        raise PolicyError(
            f"{what}: set {first.policies.number} of seed {self.seed}: {verdicts[0]}",
            hint=f"{len(failed)} of {len(self.compared)} sets; look at this one again with: "
            f"kube-acceptance policies --seed {self.seed} --only {first.policies.number}",
            details=[line for each in failed[:ENOUGH] for line in _shown(each)],
        )


def new_seed() -> str:
    """A seed that nobody had before, short enough to be typed."""
    return secrets.token_hex(3)


def check(
    new_client: Callable[[], client.ApiClient],
    image: str,
    *,
    labels: Mapping[str, str],
    seed: str,
    numbers: Sequence[int],
    network: Callable[[], str] = kinds_network,
    worlds: int = WORLDS,
    say: Callable[[str], None] = lambda _: None,
) -> Check:
    """Compare sets of policies with what a cluster does.

    Args:
        new_client: Makes an API client.
        image: The probe image's reference, loaded into the cluster.
        labels: Labels of what is made, by which orphans are found.
        seed: From which the sets follow.
        numbers: Which of them.
        network: Names the cluster's Docker network.
        worlds: How many sets are looked at at a time, each in a world of its own.
        say: Is told what each set came to.

    Raises:
        PolicyError: There are no sets, or one is refused.
        ProbeError: The pods of a world cannot be made. Disagreements do not raise: see `Check.require_agreement`.
    """
    if not numbers:
        raise PolicyError("there is no set of policies to compare")
    started = time.monotonic()
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in numbers:
        waiting.put(number)
    found: list[Compared] = []
    with ExitStack() as made:
        pace = Pace(APART)
        outside = made.enter_context(Peers(new_client, image, labels=labels, network=network)).outside()

        def work(_: int) -> None:
            with World(new_client, image, labels=labels, outside=outside, pace=pace) as world:
                world.start()
                for compared in _compare_all(world, seed, waiting):
                    say(_line(compared))
                    found.append(compared)
                    if sum(bool(each.report.failures) for each in found) >= ENOUGH:
                        _drain(waiting)

        many = min(worlds, len(numbers))
        pool = made.enter_context(ThreadPoolExecutor(max_workers=many, thread_name_prefix="world"))
        try:
            list(pool.map(work, range(many)))
        finally:
            _drain(waiting)  # after a failure nobody begins another
    return Check(seed, sorted(found, key=lambda each: each.policies.number), time.monotonic() - started)


def _compare_all(world: World, seed: str, waiting: queue.SimpleQueue[int]) -> Iterator[Compared]:
    while True:
        try:
            number = waiting.get_nowait()
        except queue.Empty:
            return
        yield world.compare(policy_set(seed, number, world.setting))


def _drain(waiting: queue.SimpleQueue[int]) -> None:
    while True:
        try:
            waiting.get_nowait()
        except queue.Empty:
            return


def _line(compared: Compared) -> str:
    policies, report = compared.policies, compared.report
    counts = [(len(compared.disagreements), "disagree"), (len(compared.unclear), "cannot be told")]
    verdict = ", ".join(f"{count} {what}" for count, what in counts if count) or "agree"
    return (
        f"set {policies.number}: {len(policies.objects)} policies, {policies.blocked} of {len(report.verdicts)} "
        f"connections blocked, {verdict} after {report.looks} looks in {report.seconds:.1f} s"
    )


def _shown(compared: Compared) -> Iterator[str]:
    yield f"set {compared.policies.number}:"
    yield from (f"  {verdict}" for verdict in compared.report.failures)
    yield from yaml.safe_dump_all(compared.policies.objects, sort_keys=False).splitlines()
