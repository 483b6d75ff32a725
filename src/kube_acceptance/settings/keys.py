"""The keys of the configuration, each with the option and the variable that its name makes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kube_acceptance.config import Config, fields_of, section_of
from kube_acceptance.errors import ConfigurationError

PREFIX = "KUBE_ACCEPTANCE_"
FILE_ALONE = ("quarantine", "vulnerabilities.exceptions", "mutation.equivalents")
"""Keys without option and variable: what excuses a failure is written down where it is reviewed."""
OTHERS = {
    "KUBE_ACCEPTANCE_CACHE": "the folder of tools and of the state of clusters, kept between runs",
    "KUBE_ACCEPTANCE_BUNDLE": "a folder of images for where no registry is reached (deploy/closed-network)",
    "KUBE_ACCEPTANCE_NAMESPACE": "set by the harness itself, for what Helm runs",
}
"""Variables that stand for no key."""
_METAVARS: dict[Any, str] = {Path: "PATH", bool: "true|false", int: "N"}


@dataclass(frozen=True)
class Key:
    """A key: the names of its sections and its own, and the field that it is."""

    path: tuple[str, ...]
    field: FieldInfo

    @property
    def name(self) -> str:
        """The key as sentences write it, such as `cluster.image`."""
        return ".".join(self.path)

    @property
    def option(self) -> str:
        """The option of pytest, such as `--cluster-image`."""
        return "--" + "-".join(self.path)

    @property
    def dest(self) -> str:
        """What pytest keeps the option under; a name that no other plugin takes."""
        return "kube_acceptance_" + "_".join(self.path).replace("-", "_")

    @property
    def variable(self) -> str:
        """The variable, such as `KUBE_ACCEPTANCE_CLUSTER_IMAGE`."""
        return self.dest.upper()

    @property
    def in_file_alone(self) -> bool:
        """Whether it has no option and no variable."""
        return self.name in FILE_ALONE

    @property
    def description(self) -> str:
        """What it means."""
        return self.field.description or ""

    @cached_property
    def is_table(self) -> bool:
        """Whether its value has names or several entries of several values, so that only TOML can say it."""
        return get_origin(self.field.annotation) is dict or section_of(self.field)[0] is not None

    @cached_property
    def is_list(self) -> bool:
        """Whether its value is a list of single values."""
        return get_origin(self.field.annotation) is list and not self.is_table

    @cached_property
    def of(self) -> Any:
        """The type of a single value."""
        annotation = self.field.annotation
        if self.is_list or get_origin(annotation) is UnionType:
            return get_args(annotation)[0]
        return annotation

    @property
    def metavar(self) -> str:
        """What a value looks like, for a line of help."""
        if self.is_table:
            return "TOML"
        single = "|".join(get_args(self.of)) if get_origin(self.of) is Literal else _METAVARS.get(self.of, "TEXT")
        return f"{single},…" if self.is_list else single

    def read(self, text: str, by: str) -> Any:
        """The value that a text means, for the configuration to judge.

        Tables are TOML on one line. A list may be TOML, too; else commas separate it.

        Args:
            text: What was said.
            by: Who said it.

        Raises:
            ConfigurationError: It had to be TOML, and is not.
        """
        if self.is_table or (self.is_list and text.lstrip().startswith("[")):
            return _toml(text, by)
        if self.is_list:
            return [word for part in text.split(",") if (word := part.strip())]
        return text if text or self.field.default is not None else None


def _toml(text: str, by: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        why = str(error).partition(" (at ")[0]  # the column would be another one
        raise ConfigurationError(
            f"{by}={text}: this is not TOML: {why}",
            hint='Write a value of pyproject.toml on one line, such as {web = {context = "."}} or ["a", "b"].',
        ) from error


def _keys(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[Key]:
    for name, field in fields_of(model).items():
        section, several = section_of(field)
        if section and not several:
            yield from _keys(section, (*above, name))
        else:
            yield Key((*above, name), field)


KEYS = {key.name: key for key in _keys(Config)}
"""All keys, by their names."""
VARIABLES = {key.variable: key for key in KEYS.values()}
"""All keys, by their variables, also those whose variable is refused."""
