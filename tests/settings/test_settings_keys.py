"""Each key of the configuration has an option, a variable and a sentence; the reference says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from kube_acceptance.config import Config, fields_of, section_of
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.settings import FILE_ALONE, KEYS, OTHERS, VARIABLES, show

ROOT = Path(__file__).parents[2]
RENEW = "kube-acceptance settings --markdown > docs/settings.md"


def fields(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, str | None]]:
    """Every field of the model, those in tables too, with its description; sections have docstrings instead."""
    for name, field in fields_of(model).items():
        inner, several = section_of(field)
        if inner:
            yield from fields(inner, f"{above}{name}.")
        if not inner or several:
            yield f"{above}{name}", field.description


def test_every_field_says_what_it_means() -> None:
    assert [name for name, said in fields(Config) if not said or said.endswith(".")] == []


def test_no_two_keys_have_the_same_names() -> None:
    for names in ([key.option for key in KEYS.values()], [key.variable for key in KEYS.values()]):
        assert [name for name, count in Counter(names).items() if count > 1] == []
    assert not set(OTHERS).intersection(VARIABLES)


def test_what_the_file_alone_may_say() -> None:
    assert set(FILE_ALONE) == {name for name, key in KEYS.items() if key.in_file_alone}
    # each entry is an excuse, and has a last day
    for name in FILE_ALONE:
        inner, _ = section_of(KEYS[name].field)
        assert inner is not None
        assert "until" in fields_of(inner)


@pytest.mark.parametrize(
    ("name", "option", "variable", "metavar"),
    [
        ("release", "--release", "KUBE_ACCEPTANCE_RELEASE", "TEXT"),
        ("ingress-value", "--ingress-value", "KUBE_ACCEPTANCE_INGRESS_VALUE", "TEXT"),
        ("cluster.image", "--cluster-image", "KUBE_ACCEPTANCE_CLUSTER_IMAGE", "TEXT"),
        ("cluster.config", "--cluster-config", "KUBE_ACCEPTANCE_CLUSTER_CONFIG", "PATH"),
        ("values", "--values", "KUBE_ACCEPTANCE_VALUES", "PATH,…"),
        ("images", "--images", "KUBE_ACCEPTANCE_IMAGES", "TOML"),
        ("previous.revision", "--previous-revision", "KUBE_ACCEPTANCE_PREVIOUS_REVISION", "TEXT"),
        (
            "vulnerabilities.database-days",
            "--vulnerabilities-database-days",
            "KUBE_ACCEPTANCE_VULNERABILITIES_DATABASE_DAYS",
            "N",
        ),
        (
            "vulnerabilities.required",
            "--vulnerabilities-required",
            "KUBE_ACCEPTANCE_VULNERABILITIES_REQUIRED",
            "true|false",
        ),
        (
            "vulnerabilities.severity",
            "--vulnerabilities-severity",
            "KUBE_ACCEPTANCE_VULNERABILITIES_SEVERITY",
            "negligible|low|medium|high|critical",
        ),
    ],
)
def test_names(name: str, option: str, variable: str, metavar: str) -> None:
    key = KEYS[name]
    assert (key.option, key.variable, key.metavar) == (option, variable, metavar)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("release", "shop", "shop"),
        ("release", "", ""),
        ("cluster.config", "", None),
        ("values", "a.yaml, b.yaml", ["a.yaml", "b.yaml"]),
        ("values", '["a,b.yaml"]', ["a,b.yaml"]),
        ("values", "", []),
        ("images", "{web = {value = 'image'}}", {"web": {"value": "image"}}),
        ("mutation.threshold", "80", "80"),
    ],
)
def test_what_a_text_means(name: str, text: str, value: Any) -> None:
    assert KEYS[name].read(text, "--it") == value


def test_what_is_not_toml() -> None:
    with pytest.raises(ConfigurationError) as caught:
        KEYS["images"].read("web", "--images")
    assert str(caught.value) == (
        "--images=web: this is not TOML: Invalid value\n"
        'Write a value of pyproject.toml on one line, such as {web = {context = "."}} or ["a", "b"].'
    )


def test_the_reference_is_what_the_code_says() -> None:
    written = (ROOT / "docs" / "settings.md").read_text()
    assert written == show.markdown(), f"docs/settings.md is not what the code says; renew it: {RENEW}"
