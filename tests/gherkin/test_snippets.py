"""What a snippet makes of a step's words."""

from __future__ import annotations

import pytest

from kube_acceptance.gherkin import snippets


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("nothing to fill in", "nothing to fill in"),
        ('the pod "web" has 3 containers', 'the pod "{name}" has {count:d} containers'),
        ('"a" connects to "b" within 2 minutes', '"{name}" connects to "{name_2}" within {count:d} minutes'),
        ("it is 3.", "it is {count:d}."),
        (
            "version 1.2 of http2 in 10.0.0.0/8 at 2026-11-24, 5m",
            "version 1.2 of http2 in 10.0.0.0/8 at 2026-11-24, 5m",
        ),
        ("the JSON {}", "the JSON {{}}"),
    ],
)
def test_values_become_fields(text: str, phrase: str) -> None:
    assert snippets.phrase(text) == phrase


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("is", "is_"),
        ("3 pods", "pods"),
        ("2x", "step_2x"),
        ("ça démarre", "ça_démarre"),
        ('"a"', "step"),
    ],
)
def test_words_become_a_function(text: str, function: str) -> None:
    source = snippets.snippet("given", text)
    assert source.splitlines()[1].partition("(")[0] == f"def {function}"
    compile(source, "snippet", "exec")


def test_functions_of_the_same_name_are_numbered() -> None:
    module = snippets.module([snippets.snippet("given", 'a "b"'), snippets.snippet("given", "a 1")])
    assert [line for line in module.splitlines() if line.startswith("def ")] == [
        "def a(name: str) -> None:",
        "def a_2(count: int) -> None:",
    ]
