"""Steps that are undefined, ambiguous or asynchronous, found for all scenarios at collection."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence

import pytest
from pytest_bdd.scenario import find_fixturedefs_for_step, scenario_wrapper_template_registry
from pytest_bdd.steps import step_function_context_registry


def problems(items: Sequence[pytest.Item]) -> list[str]:
    """What is wrong with the steps of the collected scenarios, a sentence each with file and line."""
    return list(dict.fromkeys(problem for item in items for problem in _of(item)))


def _of(item: pytest.Item) -> Iterator[str]:
    template = scenario_wrapper_template_registry.get(item.obj)  # type: ignore[attr-defined]
    if template is None:
        return
    example = item.callspec.params.get("_pytest_bdd_example", {}) if hasattr(item, "callspec") else {}
    scenario = template.render(example)
    if not scenario.steps:
        where = f"{item.path.name}:{scenario.line_number}"
        yield f"{where}: the scenario {scenario.name!r} has no steps and would prove nothing"
    for step in scenario.steps:
        manager = item.session._fixturemanager
        found = list(find_fixturedefs_for_step(step=step, fixturemanager=manager, node=item))
        where = f"{item.path.name}:{step.line_number}"
        if not found:
            yield f"{where}: no step definition for: {step.keyword} {step.name}"
            continue
        functions = {step_function_context_registry[definition.func].step_func for definition in found}
        if len(functions) > 1:
            places = " and ".join(sorted(_place(function) for function in functions))
            yield f"{where}: {step.keyword} {step.name} matches more than one step definition: {places}"
        for function in functions:
            if inspect.iscoroutinefunction(function):
                place = _place(function)
                yield f"{where}: the step definition {place} is async and would never run; make it a plain one"


def _place(function: object) -> str:
    code = function.__code__  # type: ignore[attr-defined]
    return f"{code.co_filename.rsplit('/', 1)[-1]}:{code.co_firstlineno}"
