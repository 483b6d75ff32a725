"""What the checks found, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import typer

from kube_acceptance.doctor.examine import Check
from kube_acceptance.doctor.finding import Finding

COLOURS = {"ok": typer.colors.GREEN, "warning": typer.colors.YELLOW, "missing": typer.colors.RED}

Findings = Sequence[tuple[Check, Finding]]


def ready(findings: Findings) -> bool:
    """Whether nothing is missing that a run needs."""
    return all(finding.mark != "missing" for _, finding in findings)


def as_lines(findings: Findings, *, colour: bool) -> list[str]:
    """A line each, and one that sums up."""
    width = max((len(check.name) for check, _ in findings), default=0)
    lines = []
    for check, finding in findings:
        mark = f"{finding.mark:7}"
        shown = typer.style(mark, fg=COLOURS[finding.mark]) if colour else mark
        lines.append(f"{shown}  {check.name:{width}}  {finding.found}" + (f". {finding.fix}" if finding.fix else ""))
    count = Counter(finding.mark for _, finding in findings)
    verdict = "A run has what it needs" if ready(findings) else f"A run cannot succeed: {count['missing']} missing"
    warnings = f"{count['warning']} warning" + ("" if count["warning"] == 1 else "s")
    return [*lines, f"{verdict}; {warnings}, {count['ok']} ok."]


def as_json(findings: Findings) -> str:
    """The same as JSON: `ready`, and `checks` with their name, mark, found and fix."""
    told = [
        {"check": check.name, "mark": finding.mark, "found": finding.found, "fix": finding.fix}
        for check, finding in findings
    ]
    return json.dumps({"ready": ready(findings), "checks": told}, indent=2)
