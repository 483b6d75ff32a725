"""What is wrong with features and step definitions beyond their form.

Mistakes of form and of names are told for all feature files, whatever part of them is run. Undefined and ambiguous
steps are told for the scenarios that pytest collected, also where `-k` or `-m` deselects them, but not for those that
`file.feature::name` leaves out: whoever works on one scenario needs not finish the others first.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.scenario import STEP_ARGUMENTS_RESERVED_NAMES, scenario_wrapper_template_registry

import kube_acceptance
from kube_acceptance.gherkin import snippets
from kube_acceptance.gherkin.collect import FeatureFile
from kube_acceptance.gherkin.definitions import Definition, Lookup, shape
from kube_acceptance.gherkin.mistakes import Kind, Mistake
from kube_acceptance.gherkin.source import Source, Written
from kube_acceptance.trace import Finding, Place, Scenario, Trace, check_scenarios

_HARNESS = Path(kube_acceptance.__file__).parent
_NEAR = 0.75
"""How alike, from 0 to 1, a step and a known phrase are to be offered as a slip of the pen."""
_SHOWN = 3
"""How many phrases are offered that would make what a step lacks."""


def unknown_tags(
    uri: str, tags: Iterable[tuple[str, int]], known: Collection[str], shown: Iterable[str]
) -> Iterator[Mistake]:
    """Tags that nobody registered.

    Args:
        uri: The feature file, for people.
        tags: Its tags without `@`, with their lines.
        known: All tags that there are, without `@`.
        shown: Those that are named when none is near.
    """
    for tag, line in tags:
        if tag not in known:
            nearest = difflib.get_close_matches(tag, known, n=1)
            advice = f"did you mean @{nearest[0]}?" if nearest else f"known are @{', @'.join(shown)}"
            yield Mistake(Kind.UNKNOWN_TAG, Place(uri, line), f"the tag @{tag} is not known; {advice}")


def requirements(sources: Sequence[Source], trace: Trace) -> Iterator[Mistake]:
    """Requirements and scenarios that do not name each other, over all features of the project."""
    written = [Scenario(each.name, source.uri, each.line, each.tags) for source in sources for each in source.scenarios]
    # a row of an outline has the outline's tags: one sentence for all of them, unless a table has tags of its own
    scenarios = list({(each.uri, each.line, each.tags): each for each in written}.values())
    whole = all(source.readable for source in sources)
    for finding in check_scenarios(trace, scenarios):
        place = _place(finding)
        if whole or place.file != trace.spec:  # what a file that is no Gherkin would prove, nobody knows
            yield Mistake(Kind.REQUIREMENT, place, finding.message)


def _place(finding: Finding) -> Place:
    file, _, line = finding.place.rpartition(":")
    return Place(file, int(line))


def definitions(found: Iterable[Definition], root: Path) -> Iterator[Mistake]:
    """Step definitions that would not do what they say."""
    first: dict[tuple[str, type, str], Definition] = {}
    for each in sorted(found, key=lambda definition: definition.place(root)):
        place = each.place(root)
        if each.is_async:
            message = "the step definition is async and would never run; make it a plain function"
            yield Mistake(Kind.ASYNC_STEP, place, message)
        for name in sorted(STEP_ARGUMENTS_RESERVED_NAMES.intersection(each.fields)):
            message = f'the phrase has a field "{name}", which is the name of the step\'s {_RESERVED[name]}; rename it'
            yield Mistake(Kind.RESERVED_NAME, place, message)
        for kind in (each.type,) if each.type else ("given", "when", "then"):
            before = first.setdefault((kind, type(each.parser), each.phrase), each)
            if before.function is not each.function:
                message = (
                    f'the phrase "{each.phrase}" is defined at {before.place(root)} too, and only one of them would '
                    "run; remove one"
                )
                yield Mistake(Kind.DUPLICATE_STEP, place, message)


_RESERVED = {"datatable": "data table", "docstring": "doc string"}


def unused_definitions(found: Iterable[Definition], sources: Sequence[Source], root: Path) -> Iterator[Mistake]:
    """Step definitions of the project that no step of any feature means; the harness's own are for everybody."""
    steps = {step for source in sources for written in source.scenarios for step in written.steps}
    # the same phrase for several keywords is one definition
    own: dict[tuple[Any, str], list[Definition]] = {}
    for each in found:
        if _of_project(each.file, root):
            own.setdefault((each.function, each.phrase), []).append(each)
    for each, *others in own.values():
        if not any(one.matches(kind, text) for one in (each, *others) for kind, text in steps):
            message = f'no feature uses the step "{each.phrase}"; remove it, or use it'
            yield Mistake(Kind.UNUSED_STEP, each.place(root), message)


def _of_project(file: Path, root: Path) -> bool:
    return file.is_relative_to(root) and not file.is_relative_to(_HARNESS) and "site-packages" not in file.parts


def steps(item: pytest.Item, lookup: Lookup, root: Path) -> Iterator[Mistake]:
    """Steps of a collected scenario that have no definition or more than one, or whose scenario lacks one before them.

    Args:
        item: The scenario.
        lookup: Finds definitions.
        root: The folder that paths are shown relative to.
    """
    template, file = template_of(item), item.parent
    assert isinstance(file, FeatureFile)
    example = item.callspec.params.get("_pytest_bdd_example", {}) if hasattr(item, "callspec") else {}
    made: set[str] = set()
    for step in template.render(example).steps:
        found = lookup.find(file, step.type, step.name)
        place, spoken = Place(file.source.uri, step.line_number), f"{step.keyword.strip()} {step.name}"
        if not found:
            yield Mistake(
                Kind.UNDEFINED_STEP,
                place,
                f"no step definition for: {spoken}; {_advice(step.name, lookup.visible(file), root)}",
                snippet=snippets.snippet(
                    step.type,
                    step.name,
                    datatable=step.datatable is not None,
                    docstring=step.docstring is not None,
                ),
                scenario=f"{file.nodeid}::{item.name}",  # without the group that xdist's loadgroup adds
            )
        elif len({each.function for each in found}) > 1 and len({each.phrase for each in found}) > 1:
            places = " and ".join(str(place) for place in sorted({each.place(root) for each in found}))
            message = f"more than one step definition matches: {spoken}; make the phrases of {places} differ"
            yield Mistake(Kind.AMBIGUOUS_STEP, place, message)
        else:
            for name in found[0].needs(step.name):
                if name not in made and not lookup.is_fixture(name, item):
                    message = f"{_missing(name, lookup.visible(file))}: {spoken}"
                    yield Mistake(Kind.STEP_TOO_EARLY, place, message)
            made.add(found[0].makes)


def _missing(name: str, known: Sequence[Definition]) -> str:
    """That a step asks for what no step before it has made, and which would."""
    makers = [f'"{(each.type or "given").capitalize()} {each.phrase}"' for each in known if each.makes == name]
    if not makers:
        return f'no step and no fixture makes the "{name}" that this step asks for'
    shown = " or ".join(makers[:_SHOWN]) + (" or another" if len(makers) > _SHOWN else "")
    return f'no step before this one makes the "{name}" that it asks for; put {shown} first'


def _advice(text: str, known: Sequence[Definition], root: Path) -> str:
    for each in known:
        if each.matches("", text) and each.type:
            return f"{each.place(root)} defines it for {each.type.capitalize()}"
    shapes = {shape(each.phrase): each.phrase for each in known}
    nearest = difflib.get_close_matches(shape(snippets.phrase(text)), shapes, n=1, cutoff=_NEAR)
    return f"did you mean: {shapes[nearest[0]]}?" if nearest else "a definition to paste stands below"


def lost_scenarios(source: Source, collected: Iterable[pytest.Item]) -> Iterator[Mistake]:
    """Scenarios that Gherkin's compiler counts in a file and pytest did not collect, and the other way round."""
    items = [(template_of(item).line_number, item.name) for item in collected]
    if len(items) != len(source.scenarios):
        there = Counter(line for line, _ in items)
        missing = [f'"{each.name}"' for each in source.scenarios if not _taken(there, each)]
        surplus = [f'"{name}"' for line, name in items if there[line] > 0]
        what = f"missing {', '.join(missing)}" if missing else f"too many of {', '.join(surplus)}"
        message = f"Gherkin counts {len(source.scenarios)} scenarios, {len(items)} were collected: {what}"
        yield Mistake(Kind.LOST_SCENARIO, Place(source.uri, 1), message)


def same_ids(source: Source, collected: Sequence[pytest.Item]) -> Iterator[Mistake]:
    """Tests with the same id: a scenario `X[a]` beside a row `a` of an outline `X`; reports would tell only one."""
    for name, number in Counter(item.name for item in collected).items():
        if number > 1:
            line = max(template_of(item).line_number for item in collected if item.name == name)
            message = f'{number} scenarios are called "{name}" in reports; give each its own name'
            yield Mistake(Kind.DUPLICATE_SCENARIO, Place(source.uri, line), message)


def _taken(there: Counter[int], written: Written) -> bool:
    there[written.line] -= 1
    return there[written.line] >= 0


def not_found(source: Source, collected: Iterable[pytest.Item], asked: Iterable[str]) -> Iterator[Mistake]:
    """Scenarios that the command line names after `::` and that are not there; a worker's pytest says it to nobody."""
    known = {name for item in collected for name in (item.name, getattr(item, "originalname", item.name))}
    for name in asked:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            advice = f'did you mean "{nearest[0]}"?' if nearest else "pytest --collect-only lists what is there"
            message = f'no scenario here is called "{name}"; {advice}'
            yield Mistake(Kind.UNKNOWN_SCENARIO, Place(source.uri, 1), message)


def removed(items: Iterable[pytest.Item]) -> Iterator[Mistake]:
    """Scenarios that are gone after their collection, and nobody said that they were deselected."""
    for item in items:
        assert isinstance(item.parent, FeatureFile)
        place = Place(item.parent.source.uri, template_of(item).line_number)
        message = f'the scenario "{item.name}" was collected and then removed by a plugin that did not say so'
        yield Mistake(Kind.LOST_SCENARIO, place, message)


def template_of(item: pytest.Item) -> Any:
    """pytest-bdd's scenario behind a test."""
    return scenario_wrapper_template_registry[item.obj]  # type: ignore[attr-defined]
