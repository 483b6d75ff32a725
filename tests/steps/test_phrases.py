"""The general phrases: each has an example that it alone takes, is used in a feature, and is documented."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pytest_bdd.feature import get_feature
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from kube_acceptance.vocabulary import catalogue

ROOT = Path(__file__).parents[2]
RENEW = "kube-acceptance steps --markdown > docs/phrases.md"
# phrases that no feature of this repository uses, with the reason
UNUSED: dict[str, str] = {}


@pytest.fixture(scope="module")
def general() -> list[catalogue.Entry]:
    return catalogue.entries(catalogue.general(), ROOT)


@cache  # the general phrases and the project's own are all defined before the first test
def contexts() -> list[StepFunctionContext]:
    modules = [*catalogue.general(), *catalogue.own(ROOT)]
    return [
        one
        for one in step_function_context_registry.values()
        if any(catalogue.defines(module, inspect.unwrap(one.step_func)) for module in modules)
    ]


def taken_by(kind: str, sentence: str) -> list[str]:
    return [one.parser.name for one in contexts() if one.type == kind and one.parser.is_matching(sentence)]


def test_every_phrase_says_what_it_is_for(general: list[catalogue.Entry]) -> None:
    assert [one.place for one in general if not one.says.endswith(".")] == []


def test_every_example_is_taken_by_its_phrase_alone(general: list[catalogue.Entry]) -> None:
    taken = {one.pattern: taken_by(one.kind.lower(), one.example) for one in general}
    assert {pattern: by for pattern, by in taken.items() if by != [pattern]} == {}


def test_every_example_with_a_time_is_taken_by_its_phrase_alone(general: list[catalogue.Entry]) -> None:
    for time in ("within 2 minutes", "for 10 seconds"):
        taken = {
            one.pattern: (one.timed, taken_by("then", f"{one.example} {time}")) for one in general if one.kind == "Then"
        }
        assert {pattern: by for pattern, (timed, by) in taken.items() if by != [pattern] * timed} == {}


def test_every_phrase_is_used_in_a_feature(general: list[catalogue.Entry]) -> None:
    used = {(kind, pattern) for kind, said in steps() for pattern in taken_by(kind, said)}
    unused = {one.pattern for one in general if (one.kind.lower(), one.pattern) not in used}
    assert unused == set(UNUSED)


def test_the_documentation_is_what_the_code_says() -> None:
    found = catalogue.entries([*catalogue.general(), *catalogue.own(ROOT)], ROOT)
    written = (ROOT / "docs" / "phrases.md").read_text()
    assert written == catalogue.markdown(found), f"docs/phrases.md is not what the code says; renew it: {RENEW}"


def steps() -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / "features").glob("*.feature")):
        for template in get_feature(str(file.parent), file.name).scenarios.values():
            rows = [row for examples in template.examples for row in examples.as_contexts()] or [{}]
            for row in rows:
                yield from ((step.type, step.name) for step in template.render(row).steps)
