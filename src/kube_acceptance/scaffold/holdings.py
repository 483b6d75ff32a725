"""What a rendered chart holds, under the names by which phrases call it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from kube_acceptance.errors import ReleaseError
from kube_acceptance.release import Chart
from kube_acceptance.release.objects import Workload
from kube_acceptance.release.release import COMPONENT, INSTANCE
from kube_acceptance.security.posture import Breach, Rendered, breaches

NAMESPACE = "static"  # as static phrases render; no name depends on it
HOOK = "helm.sh/hook"
BASELINE = frozenset({"dropped-capabilities", "non-root", "privilege-escalation", "root-user", "seccomp"})
"""Rules of posture that the restricted Pod Security Standard has, and the baseline one has not."""
LASTING = ("Deployment", "StatefulSet", "DaemonSet")
Item = Mapping[str, Any]


@dataclass(frozen=True)
class Knob:
    """A value by which the replicas of a workload can be changed, seen to do so in the rendering."""

    path: str
    value: int
    workload: str
    before: int


@dataclass(frozen=True)
class Holdings:
    """A chart, what it renders, and what can be said of that.

    Attributes:
        chart: The chart with the values that the project installs it with.
        release: The release's name.
        rendered: What it becomes.
        files: What it becomes with each values file in its folder, by the file's name.
        refused: Why Helm does not render it with the others, by the file's name.
    """

    chart: Chart
    release: str
    rendered: Rendered
    files: Mapping[str, Rendered]
    refused: Mapping[str, str]

    @classmethod
    def of(cls, chart: Chart, release: str) -> Holdings:
        """Render a chart.

        Raises:
            ReleaseError: It does not render with its own values, or it has no values file.
        """
        rendered = _render(chart, release)
        files, refused = {}, {}
        for file in chart.values_files:
            try:
                files[file.name] = _render(chart.using(file), release)
            except ReleaseError as error:
                refused[file.name] = error.summary
        return cls(chart, release, rendered, files, refused)

    # ---- names

    def shown(self, name: str) -> str:
        """A name as features write it, whatever the release is called."""
        if name == self.release or name.startswith(f"{self.release}-"):
            return "${RELEASE}" + name.removeprefix(self.release)
        return name

    def plain(self, item: Item) -> str:
        """An object as people call it: `Deployment web`, without the release's name before it."""
        return f"{item['kind']} {item['metadata']['name'].removeprefix(f'{self.release}-')}"

    def called(self, item: Item) -> str:
        """An object as phrases call it: `Deployment "${RELEASE}-web"`."""
        return f'{item["kind"]} "{self.shown(item["metadata"]["name"])}"'

    def tier(self, labels: Mapping[str, str]) -> str:
        """The tier of pods with such labels; empty where phrases on tiers do not find them."""
        return labels.get(COMPONENT, "") if labels.get(INSTANCE) == self.release else ""

    # ---- what runs

    @cached_property
    def running(self) -> Rendered:
        """What an installation leaves in the cluster: all but the objects of Helm's hooks."""
        return Rendered(item for item in self.rendered.objects if not is_hook(item))

    @cached_property
    def has_hooks(self) -> bool:
        """Whether something is made when the chart is installed that Helm does not remove with it."""
        kinds = (item["metadata"].get("annotations") or {} for item in self.rendered.objects if is_hook(item))
        return any(not set(each[HOOK].split(",")) <= {"test", "test-success", "test-failure"} for each in kinds)

    def of_kind(self, *kinds: str) -> list[Item]:
        """The objects of some kinds that an installation leaves."""
        return list(self.running.of(*kinds))

    @cached_property
    def lasting(self) -> list[Workload]:
        """The workloads whose pods stay."""
        return [workload for workload in self.running.workloads if workload.kind in LASTING]

    @cached_property
    def tiers(self) -> list[str]:
        """The tiers of pods that stay."""
        return sorted({tier for workload in self.lasting if (tier := self.tier(workload.labels))})

    @property
    def labelled(self) -> bool:
        """Whether all pods that stay are known to be the release's, and there are some."""
        return bool(self.lasting) and all(one.labels.get(INSTANCE) == self.release for one in self.lasting)

    def selected(self, selector: Mapping[str, str] | None) -> list[Workload]:
        """The workloads whose pods stay and have these labels."""
        return [each for each in self.lasting if selector and selector.items() <= each.labels.items()]

    def replicas(self, workload: Workload) -> int | None:
        """How many pods a workload has; None where an autoscaler, or the number of nodes, decides."""
        scaled = {
            tuple(item["spec"]["scaleTargetRef"].get(key) for key in ("kind", "name")) for item in self.autoscalers
        }
        if workload.kind == "DaemonSet" or (workload.kind, workload.name) in scaled:
            return None
        [item] = (one for one in self.of_kind(workload.kind) if one["metadata"]["name"] == workload.name)
        count = item["spec"].get("replicas")
        return 1 if count is None else int(count)

    @property
    def autoscalers(self) -> list[Item]:
        """The HorizontalPodAutoscalers."""
        return self.of_kind("HorizontalPodAutoscaler")

    @property
    def values_file(self) -> str:
        """The values file that the project installs with, relative to the chart's folder, as phrases name it."""
        return next((os.path.relpath(file, self.chart.folder) for file in self.chart.values), "values.yaml")

    # ---- posture

    @cached_property
    def broken(self) -> set[str]:
        """The rules of posture that something breaks which an installation leaves."""
        return {breach.rule for breach in breaches(self.running)}

    @cached_property
    def not_admitted(self) -> list[Breach]:
        """What of the pods the restricted Pod Security Standard refuses."""
        return breaches(self.running, "pods")

    @property
    def standard(self) -> str:
        """The strictest Pod Security Standard that surely admits the pods."""
        if not self.not_admitted:
            return "restricted"
        return "baseline" if {breach.rule for breach in self.not_admitted} <= BASELINE else "privileged"

    # ---- values

    @cached_property
    def values(self) -> dict[str, Any]:
        """The scalars of values.yaml by their dotted paths; those in lists have none, nor do keys with dots."""
        file = self.chart.folder / "values.yaml"
        return dict(_leaves(yaml.safe_load(file.read_text(encoding="utf-8")) or {})) if file.is_file() else {}

    @cached_property
    def knob(self) -> Knob | None:
        """The first value that changes how many pods a workload has."""
        counts = self._counts(self.rendered)
        for path, value in self.values.items():
            if type(value) is int and "replica" in path.rpartition(".")[2].lower():
                for workload, count in self._counts(self._with(path, value + 1)).items():
                    if count == value + 1 and (before := counts.get(workload)) not in (None, count):
                        return Knob(path, count, workload, before)
        return None

    @cached_property
    def ingress_value(self) -> str:
        """The value that names the Ingress host; empty where there is none, or no dotted path leads to it."""
        hosts = _hosts(self.rendered)
        for path, value in self.values.items():
            if isinstance(value, str) and value in hosts and hosts != _hosts(self._with(path, "elsewhere.localhost")):
                return path
        return ""

    def _with(self, path: str, value: Any) -> Rendered:
        try:
            return _render(self.chart.using(**{path: value}), self.release)
        except ReleaseError:  # the chart's schema does not take it
            return Rendered([])

    def _counts(self, rendered: Rendered) -> dict[str, int]:
        found = rendered.of("Deployment", "StatefulSet")
        return {self.called(item): count for item in found if (count := item["spec"].get("replicas")) is not None}


def is_hook(item: Item) -> bool:
    """Whether Helm makes an object at some moment and not as part of the release."""
    return HOOK in (item["metadata"].get("annotations") or {})


def claims_of(workload: Workload) -> list[str]:
    """The claims that a workload's pods mount by name."""
    volumes = workload.spec.get("volumes") or []
    return [volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume]


def _render(chart: Chart, release: str) -> Rendered:
    return Rendered(chart.render(name=release, namespace=NAMESPACE))


def _hosts(rendered: Rendered) -> list[str]:
    return [rule.get("host", "") for item in rendered.of("Ingress") for rule in item["spec"].get("rules") or []]


def _leaves(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{key}.")
        elif isinstance(value, str | int) and "." not in str(key):
            yield f"{above}{key}", value
