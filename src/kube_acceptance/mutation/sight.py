"""Which scenarios can see what a mutant changes.

A scenario that renders the chart sees every object of it. One that meets the release on a cluster sees what it is
about: by the phrases that it is made of, by its tags, which the project may map to concerns, and by the kinds of
objects that it was recorded to ask the API server for.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence, Set

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.running.prospect import Prospect

GENERAL = "kube_acceptance.steps."
ABOUT: Mapping[Concern, frozenset[str]] = {
    Concern.ACCESS: frozenset({"access", "pod_security", "posture"}),
    Concern.BUILD: frozenset({"images", "dockerfiles", "builds", "bills", "vulnerabilities"}),
    Concern.CONFIGURATION: frozenset({"logs", "calls", "metrics", "ledger", "traffic"}),
    Concern.DISRUPTION: frozenset({"scaling"}),
    Concern.IMAGE: frozenset({"images", "pods", "posture"}),
    Concern.INGRESS: frozenset({"ingress", "http"}),
    Concern.JOB: frozenset({"workloads"}),
    Concern.METADATA: frozenset({"objects"}),
    Concern.NETWORK_POLICY: frozenset({"network", "outside", "policy_changes", "opinions"}),
    Concern.POD_SECURITY: frozenset({"pod_security", "posture"}),
    Concern.PROBE: frozenset({"workloads", "faults", "pods", "posture"}),
    Concern.REPLICAS: frozenset({"pods", "workloads", "load"}),
    Concern.RESOURCES: frozenset({"resources", "charts", "posture"}),
    Concern.ROLLOUT: frozenset({"traffic", "releases", "workloads"}),
    Concern.SCALING: frozenset({"scaling", "load"}),
    Concern.SCHEDULE: frozenset({"cron_jobs"}),
    Concern.SECRET: frozenset({"secrets", "posture"}),
    Concern.SERVICE: frozenset({"services", "http", "network", "sidecars", "posture"}),
    Concern.STORAGE: frozenset({"volumes", "ledger", "faults"}),
}
"""The modules of the general phrases that are about a concern."""

RENDERS = "chart"
"""The fixture by which a scenario renders the chart."""


class Sight:
    """What the scenarios of a project can see.

    Args:
        prospects: The scenarios.
        about: The project's own mapping: patterns of tags, by concern.
        touched: The kinds of objects that a scenario was recorded to ask for, by its id.
    """

    def __init__(
        self,
        prospects: Iterable[Prospect],
        *,
        about: Mapping[Concern, Sequence[str]],
        touched: Mapping[str, Set[str]],
    ) -> None:
        self._prospects = sorted(prospects, key=lambda each: (each.seconds or 0.0, each.id))
        self._about = about
        self._touched = touched
        self._known: dict[tuple[str, Concern, frozenset[str], bool], list[Prospect]] = {}

    def of(self, mutant: Derived, tier: str) -> list[Prospect]:
        """The scenarios of a tier that can see what a mutant changes: first those about it, the shortest first."""
        kinds = frozenset(plural(each.kind) for each in mutant.manifests)
        # many mutants are alike in what decides
        key = tier, mutant.concern, kinds, bool(mutant.dockerfiles)
        if key not in self._known:
            seeing = (each for each in self._prospects if each.tier == tier and self._sees(each, *key[1:]))
            self._known[key] = sorted(seeing, key=lambda each: not self._is_about(each, mutant.concern))
        return self._known[key]

    def _sees(self, scenario: Prospect, concern: Concern, kinds: Set[str], built: bool) -> bool:
        """Whether a scenario can see a change of objects of some kinds, or of what an image is built from."""
        if built:
            return self._is_about(scenario, concern)
        if scenario.tier == "static":
            return RENDERS in scenario.fixtures
        if scenario.tier == "image":
            return False
        asked = self._touched.get(scenario.id, frozenset())
        return self._is_about(scenario, concern) or not kinds.isdisjoint(asked)

    def _is_about(self, scenario: Prospect, concern: Concern) -> bool:
        if any(module in ABOUT[concern] for module in _general(scenario.modules)):
            return True
        tags = [*scenario.tags, *scenario.requirements]
        return any(fnmatch.fnmatchcase(tag, pattern) for pattern in self._about.get(concern, ()) for tag in tags)


def _general(modules: Iterable[str]) -> Iterable[str]:
    return (module.removeprefix(GENERAL) for module in modules if module.startswith(GENERAL))


def plural(kind: str) -> str:
    """What the API calls objects of a kind: `networkpolicies` for NetworkPolicy."""
    name = kind.lower()
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith("s") else f"{name}s"
