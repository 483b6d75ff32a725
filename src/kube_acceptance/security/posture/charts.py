"""A chart with every values file that it has, held against the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kube_acceptance.errors import ReleaseError
from kube_acceptance.release import Chart
from kube_acceptance.security.posture.rendered import Rendered
from kube_acceptance.security.posture.rule import Breach, breaches

Renderings = Mapping[str, Rendered]
"""What a chart becomes, by the values that it was given, in words."""


@dataclass(frozen=True)
class Allowance:
    """A breach that is meant to be: of a rule, by what some words of its sentence name, for a reason."""

    rule: str
    of: str
    because: str

    def takes(self, breach: Breach) -> bool:
        """Whether it is about a breach."""
        return breach.rule == self.rule and self.of in breach.said


def renderings(
    chart: Chart, *, name: str, namespace: str, further: Mapping[str, Any] | None = None
) -> dict[str, Rendered]:
    """Render a chart with each values file in its folder, so that none can be forgotten.

    Args:
        chart: The chart.
        name: The release's name.
        namespace: Its namespace.
        further: Values by dotted path; with each of them, every file is rendered once more.

    Raises:
        ReleaseError: The chart has no values file, it cannot be rendered, or no container is rendered.
    """
    files = chart.values_files
    rendered = {file.name: chart.using(file) for file in files}
    rendered |= {
        f"{file.name} with {path}={value}": chart.using(file, **{path: value})
        for file in files
        for path, value in (further or {}).items()
    }
    found = {what: Rendered(each.render(name=name, namespace=namespace)) for what, each in rendered.items()}
    for what, each in found.items():
        if not each.containers:
            raise ReleaseError(
                f"the chart {chart.folder.name} renders no container with {what}, so nothing was checked"
            )
    return found


def findings(found: Renderings, theme: str = "", *, allowed: Sequence[Allowance] = ()) -> Iterator[str]:
    """What breaks the rules, a sentence each, with where it does; and allowances that nothing needs.

    Args:
        found: The renderings.
        theme: The theme of the rules; all when empty.
        allowed: Breaches that are meant to be.
    """
    where: dict[Breach, list[str]] = {}
    for name, rendered in found.items():
        for breach in breaches(rendered, theme):
            where.setdefault(breach, []).append(name)
    for breach, (first, *more) in where.items():
        if not any(allowance.takes(breach) for allowance in allowed):
            yield f"{first}: {breach}" + (f" (and in {len(more)} more renderings)" if more else "")
    for allowance in allowed:
        if not any(allowance.takes(breach) for breach in where):
            yield f"nothing of {allowance.of!r} breaks the rule {allowance.rule}; remove the allowance"
