"""Specification documents: requirements, tasks, files, mutants and scenarios agree."""

from __future__ import annotations

from kube_acceptance import mutation, trace
from kube_acceptance.config import Config
from kube_acceptance.release import Chart
from kube_acceptance.report import note
from kube_acceptance.vocabulary import assertion, must, some


@assertion("every deployment file names a task that exists and that lists the file")
def deployment_files_name_tasks(settings: Config, documents: trace.Trace) -> None:
    """Every deployment file names, in its first lines, tasks that exist and that list it."""
    folders = [str(folder) for folder in settings.documents.deployment]
    files = trace.project_files(settings.root)
    some((file for file in files if file.startswith(tuple(folders))), what="deployment files")
    must(trace.check_headers(documents, files, folders), of="deployment files")


@assertion("every object that the chart renders names a task that exists")
def rendered_objects_name_tasks(chart: Chart, settings: Config, documents: trace.Trace) -> None:
    """Every object's annotation names tasks of the project's tasks document."""
    objects = chart.render(name=settings.release, namespace="static")
    must(trace.task_findings(objects, documents), of="objects")
    note(f"{len(objects)} objects")


@assertion("every task belongs to requirements that exist")
def tasks_belong_to_requirements(documents: trace.Trace) -> None:
    """No task stands for a requirement that nobody wrote."""
    some(documents.tasks, what="tasks")
    must(trace.check_tasks(documents), of="tasks")
    note(f"{len(documents.tasks)} tasks, {len(documents.requirements)} requirements")


@assertion("the files of every finished task exist")
def files_of_tasks_exist(settings: Config, documents: trace.Trace) -> None:
    """What a finished task says it made is there."""
    must(trace.check_files(documents, trace.project_files(settings.root)), of="tasks")


@assertion("every file of the project belongs to a task")
def files_belong_to_tasks(settings: Config, documents: trace.Trace) -> None:
    """No file is there that no task asked for."""
    files = trace.project_files(settings.root)
    must(trace.check_ownership(documents, files, [str(folder) for folder in settings.documents.owned]), of="files")
    note(f"{len(files)} files")


@assertion("every covered requirement has a scenario, and every scenario a requirement")
def requirements_and_scenarios_agree(settings: Config, documents: trace.Trace) -> None:
    """What counts as covered is proved by a scenario, and every scenario says what it proves."""
    scenarios = trace.read_scenarios(settings.path(settings.features))
    must(trace.check_scenarios(documents, scenarios), of="requirements and scenarios")
    note(f"{len(scenarios)} scenarios")


@assertion("no requirement that is not yet covered claims a scenario")
def open_requirements_claim_nothing(settings: Config, documents: trace.Trace) -> None:
    """A requirement that is not yet covered is not tagged as if it were."""
    used = {
        tag.removeprefix("@") for each in trace.read_scenarios(settings.path(settings.features)) for tag in each.tags
    }
    still_open = [one for one in documents.requirements.values() if not one.covered]
    must(
        (f"{one.place}: {one.id} is tagged, but {one.status}" for one in still_open if one.id in used),
        of="requirements",
    )
    note(f"{len(still_open)} requirements are not yet covered")


@assertion("every clause of the constitution is fulfilled by requirements that exist")
def clauses_are_fulfilled(documents: trace.Trace) -> None:
    """Every clause of the constitution has requirements that fulfil it."""
    some(documents.clauses, what="clauses")
    must(trace.check_clauses(documents), of="clauses")
    note(f"{len(documents.clauses)} clauses")


@assertion("the constitution states its edition, and every amendment its reason and approval")
def edition_is_stated(documents: trace.Trace) -> None:
    """The constitution says which edition it is, and why and by whom it was changed."""
    must(trace.check_edition(documents), of="amendments")


@assertion("every mutant names a requirement and a scenario that exist")
def mutants_name_scenarios(settings: Config, documents: trace.Trace) -> None:
    """Every mutant names the scenario that must notice it."""
    scenarios = trace.read_scenarios(settings.path(settings.features))
    mutants = mutation.load_all(settings.path(settings.mutants))
    folder = settings.mutants.name
    protections = [trace.Protection(f"{folder}/{each.file.name}", each.requirement, each.scenario) for each in mutants]
    must(trace.check_protections(documents, protections, scenarios), of="mutants")
    note(f"{len(mutants)} mutants")
