"""All operators: what they derive changes one object, is valid, can be told apart, and is said in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
from deployed import shop
from stored import warehouse

from kube_acceptance.mutation.catalogue import OPERATORS
from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.operators import Operator
from kube_acceptance.mutation.operators.place import called

NAMES = [f"{operator.__module__.rpartition('.')[2]}.{operator.__name__}" for operator in OPERATORS]
KUBERNETES = "1.33"
GIVEN = [*shop(), *warehouse()]

each_operator = pytest.mark.parametrize("operator", OPERATORS, ids=NAMES)


def derived(operator: Operator) -> list[Derived]:
    found = list(operator(GIVEN))
    assert found, "it derives nothing of the shop and the warehouse"
    return found


@each_operator
def test_a_mutant_changes_its_object_and_no_other(operator: Operator) -> None:
    before = {called(item): item for item in GIVEN}
    for mutant in derived(operator):
        after = {called(item): item for item in mutant.change(GIVEN)}
        differ = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        added = {called(item) for item in mutant.add}
        assert len(differ) == 1, mutant.id
        assert differ == (added or {mutant.object}), mutant.id


def test_what_is_given_is_valid_itself() -> None:
    for item in GIVEN:
        kubernetes_validate.validate(item, KUBERNETES, strict=True)


@each_operator
def test_what_a_mutant_makes_is_valid(operator: Operator) -> None:
    for mutant in derived(operator):
        for item in mutant.change(GIVEN):
            if item not in GIVEN:
                kubernetes_validate.validate(item, KUBERNETES, strict=True)


@each_operator
def test_no_list_names_anything_twice(operator: Operator) -> None:
    for mutant in derived(operator):
        for item in mutant.change(GIVEN):
            for names in named(item):
                assert len(names) == len(set(names)), mutant.id


def named(value: Any) -> Iterator[list[str]]:
    """The names in each list of an object; the API server takes none twice."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from named(each)
    if isinstance(value, list):
        yield [each["name"] for each in value if isinstance(each, dict) and "mountPath" not in each and "name" in each]


@each_operator
def test_what_is_given_to_it_stays_as_it_is(operator: Operator) -> None:
    given = [*shop(), *warehouse()]
    list(operator(given))
    assert given == GIVEN


@each_operator
def test_a_mutant_is_said_in_words(operator: Operator) -> None:
    for mutant in derived(operator):
        assert mutant.takes_away, mutant.id
        assert mutant.unnoticed, mutant.id
        assert not mutant.unnoticed.endswith("."), mutant.id
        assert all(len(sign) > 2 for sign in mutant.signs), mutant.id
        assert any(mutant.object.partition(" ")[2] in sign for sign in mutant.signs), mutant.id


@each_operator
def test_it_derives_nothing_where_nothing_is_deployed(operator: Operator) -> None:
    assert list(operator([])) == []


def test_no_two_mutants_have_one_id() -> None:
    count = Counter(mutant.id for operator in OPERATORS for mutant in operator(GIVEN))
    assert [name for name, times in count.items() if times > 1] == []
