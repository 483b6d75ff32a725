"""Phrases on specification, tasks, files and scenarios."""

from __future__ import annotations

from pytest_bdd import then

from kube_acceptance import mutation, trace
from kube_acceptance.config import Config
from kube_acceptance.release import Chart
from kube_acceptance.report import note
from kube_acceptance.steps.phrases import must, some


@then("every deployment file names a task that exists and that lists the file")
def deployment_files_name_tasks(settings: Config, documents: trace.Trace) -> None:
    folders = [str(folder) for folder in settings.documents.deployment]
    files = trace.project_files(settings.root)
    some((file for file in files if file.startswith(tuple(folders))), what="deployment files")
    must(trace.check_headers(documents, files, folders), of="deployment files")


@then("every object that the chart renders names a task that exists")
def rendered_objects_name_tasks(chart: Chart, settings: Config, documents: trace.Trace) -> None:
    objects = chart.render(name=settings.release, namespace="static")
    must(trace.task_findings(objects, documents), of="objects")
    note(f"{len(objects)} objects")


@then("every task belongs to requirements that exist")
def tasks_belong_to_requirements(documents: trace.Trace) -> None:
    some(documents.tasks, what="tasks")
    must(trace.check_tasks(documents), of="tasks")
    note(f"{len(documents.tasks)} tasks, {len(documents.requirements)} requirements")


@then("the files of every finished task exist")
def files_of_tasks_exist(settings: Config, documents: trace.Trace) -> None:
    must(trace.check_files(documents, trace.project_files(settings.root)), of="tasks")


@then("every file of the project belongs to a task")
def files_belong_to_tasks(settings: Config, documents: trace.Trace) -> None:
    files = trace.project_files(settings.root)
    must(trace.check_ownership(documents, files, [str(folder) for folder in settings.documents.owned]), of="files")
    note(f"{len(files)} files")


@then("every covered requirement has a scenario, and every scenario a requirement")
def requirements_and_scenarios_agree(settings: Config, documents: trace.Trace) -> None:
    scenarios = trace.read_scenarios(settings.path(settings.features))
    must(trace.check_scenarios(documents, scenarios), of="requirements and scenarios")
    note(f"{len(scenarios)} scenarios")


@then("no requirement that is not yet covered claims a scenario")
def open_requirements_claim_nothing(settings: Config, documents: trace.Trace) -> None:
    used = {
        tag.removeprefix("@") for each in trace.read_scenarios(settings.path(settings.features)) for tag in each.tags
    }
    still_open = [one for one in documents.requirements.values() if not one.covered]
    must(
        (f"{one.place}: {one.id} is tagged, but {one.status}" for one in still_open if one.id in used),
        of="requirements",
    )
    note(f"{len(still_open)} requirements are not yet covered")


@then("every clause of the constitution is fulfilled by requirements that exist")
def clauses_are_fulfilled(documents: trace.Trace) -> None:
    some(documents.clauses, what="clauses")
    must(trace.check_clauses(documents), of="clauses")
    note(f"{len(documents.clauses)} clauses")


@then("the constitution states its edition, and every amendment its reason and approval")
def edition_is_stated(documents: trace.Trace) -> None:
    must(trace.check_edition(documents), of="amendments")


@then("every mutant names a requirement and a scenario that exist")
def mutants_name_scenarios(settings: Config, documents: trace.Trace) -> None:
    scenarios = trace.read_scenarios(settings.path(settings.features))
    mutants = mutation.load_all(settings.path(settings.mutants))
    folder = settings.mutants.name
    protections = [trace.Protection(f"{folder}/{each.file.name}", each.requirement, each.scenario) for each in mutants]
    must(trace.check_protections(documents, protections, scenarios), of="mutants")
    note(f"{len(mutants)} mutants")
