"""Whether the documents, the project's files and the scenarios agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kube_acceptance.trace.documents import REQUIREMENT
from kube_acceptance.trace.files import below, matching
from kube_acceptance.trace.model import Finding, Protection, Scenario, Trace
from kube_acceptance.trace.naming import suggestion


def check_clauses(trace: Trace) -> list[Finding]:
    """Every clause is fulfilled by a requirement, and every requirement is from clauses that exist."""
    named = {clause for requirement in trace.requirements.values() for clause in requirement.clauses}
    unknown = [
        Finding(
            str(requirement.place),
            f"{requirement.id} is from {clause}, which {trace.constitution} does not have"
            f"{suggestion(clause, trace.clauses)}",
        )
        for requirement in trace.requirements.values()
        for clause in requirement.clauses
        if clause not in trace.clauses
    ]
    forgotten = [
        Finding(str(clause.place), f"no requirement in {trace.spec} is from {clause.id}; write the one that fulfils it")
        for clause in trace.clauses.values()
        if clause.id not in named
    ]
    return unknown + forgotten


def check_tasks(trace: Trace) -> list[Finding]:
    """Every task belongs to requirements that exist, and every covered requirement has a task that is done."""
    findings: list[Finding] = []
    done: set[str] = set()
    for task in trace.tasks.values():
        done.update(task.requirements if task.done else ())
        findings += [
            Finding(
                str(task.place),
                f"{task.id} belongs to {number}, which {trace.spec} does not have"
                f"{suggestion(number, trace.requirements)}",
            )
            for number in task.requirements
            if number not in trace.requirements
        ]
    findings += [
        Finding(
            str(requirement.place),
            f"{requirement.id} is covered, but no finished task in {trace.tasks_document} belongs to it",
        )
        for requirement in trace.requirements.values()
        if requirement.covered and requirement.id not in done
    ]
    return findings


def check_files(trace: Trace, files: Sequence[str]) -> list[Finding]:
    """Every file pattern of every finished task means a file.

    Args:
        trace: The documents.
        files: The project's files, from `project_files`.
    """
    return [
        Finding(str(task.place), f"{task.id} is done, but no file matches its pattern {pattern}; correct the pattern")
        for task in trace.tasks.values()
        if task.done
        for pattern in task.files
        if not matching([pattern], files)
    ]


def check_ownership(trace: Trace, files: Sequence[str], folders: Sequence[str]) -> list[Finding]:
    """Every file below the folders belongs to a task.

    Args:
        trace: The documents.
        files: The project's files, from `project_files`.
        folders: Folders relative to the root; one without any file is a finding, because it proves nothing.
    """
    owned = matching([pattern for task in trace.tasks.values() for pattern in task.files], files)
    empty = [
        Finding(folder, "no file is here, so nothing was checked; correct the name of the folder")
        for folder in folders
        if not below([folder], files)
    ]
    return empty + [
        Finding(f"{file}:1", f"no task in {trace.tasks_document} lists this file; add it to the one it belongs to")
        for file in below(folders, files)
        if file not in owned
    ]


def check_scenarios(trace: Trace, scenarios: Iterable[Scenario]) -> list[Finding]:
    """Every covered requirement has scenarios, the others have none, and every scenario has a requirement.

    Args:
        trace: The documents.
        scenarios: All scenarios of the project, from `read_scenarios` or from the collector.
    """
    findings: list[Finding] = []
    proved: set[str] = set()
    for scenario in scenarios:
        place = f"{scenario.uri}:{scenario.line}"
        numbers = [tag for tag in (tag.removeprefix("@") for tag in scenario.tags) if tag.startswith("REQ-")]
        proved.update(numbers)
        if not numbers:
            findings.append(Finding(place, f'scenario "{scenario.name}" has no tag @REQ-…; name what it proves'))
        for number in numbers:
            findings += _named(trace, number, place)
    findings += [
        Finding(
            str(requirement.place),
            f"{requirement.id} is covered, but no scenario has the tag @{requirement.id}; "
            'write one, or set the status to "not yet covered (issue X)"',
        )
        for requirement in trace.requirements.values()
        if requirement.covered and requirement.id not in proved
    ]
    return findings


def _named(trace: Trace, number: str, place: str) -> list[Finding]:
    requirement = trace.requirements.get(number)
    if requirement is None:
        form = "" if REQUIREMENT.fullmatch(number) else " (a number looks like REQ-AREA-01)"
        unknown = f"@{number} names no requirement of {trace.spec}{form}{suggestion(number, trace.requirements)}"
        return [Finding(place, unknown)]
    if not requirement.covered:
        status = f'{requirement.place} says "{requirement.status}"; set it to "covered", or do not name it here'
        return [Finding(place, f"@{number}: {status}")]
    return []


def check_protections(trace: Trace, protections: Sequence[Protection], scenarios: Iterable[Scenario]) -> list[Finding]:
    """Every protection that a mutant takes away has a scenario about its requirement that must go red.

    Args:
        trace: The documents.
        protections: What the mutants take away; none at all is a finding.
        scenarios: All scenarios of the project.
    """
    if not protections:
        return [Finding("mutants", "there are none, so nothing shows that a missing protection would be noticed")]
    known: dict[str, set[str]] = {}  # the tags by a scenario's name, or of all scenarios by their file's
    for scenario in scenarios:
        for name in (scenario.uri, f"{scenario.uri}::{scenario.name}"):
            known.setdefault(name, set()).update(tag.removeprefix("@") for tag in scenario.tags)
    findings: list[Finding] = []
    for file, requirement, names in protections:
        place = f"{file}:1"
        findings += _named(trace, requirement, place)
        missing = [name for name in names if name not in known]
        findings += [Finding(place, f'there is no scenario "{name}"{suggestion(name, known)}') for name in missing]
        if not missing and not any(requirement in known[name] for name in names):
            lack = f'the scenario "{names[0]}" has no' if len(names) == 1 else f"none of {len(names)} scenarios has the"
            findings.append(Finding(place, f"{lack} tag @{requirement}, so its failure would not be about it"))
    return findings


def check_edition(trace: Trace) -> list[Finding]:
    """The constitution says which one it is, and its version and dates are those of its last amendment."""
    edition = trace.edition
    if edition is None:
        message = 'the constitution does not say which one it is; add "- Version:", "- Ratified:" and "- Last amended:"'
        return [Finding(f"{trace.constitution}:1", message)]
    findings = [
        Finding(
            str(later.place), f"the amendment of {later.date} stands after that of {earlier.date}; keep their order"
        )
        for earlier, later in zip(edition.amendments, edition.amendments[1:], strict=False)
        if later.date < earlier.date
    ]
    if not edition.amendments:
        if edition.amended != edition.ratified:
            message = (
                f"last amended {edition.amended}, but no amendment is recorded; record it with approval and reason"
            )
            findings.append(Finding(str(edition.place), message))
        return findings
    last = edition.amendments[-1]
    if last.date != edition.amended:
        message = f"last amended {edition.amended}, but the last amendment is of {last.date}; make them agree"
        findings.append(Finding(str(edition.place), message))
    if last.version != edition.version:
        message = f"this is version {edition.version}, but the last amendment made it {last.version}; make them agree"
        findings.append(Finding(str(edition.place), message))
    return findings
