"""What variables say of the configuration, and the configuration that somebody says otherwise."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kube_acceptance import config as configuration
from kube_acceptance.config import FILE, Config
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.settings.keys import OTHERS, PREFIX, VARIABLES, Key

_OF_A_SERVICE = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP|SCTP).*)?)$")
"""What Kubernetes adds to the environment of pods for a Service whose name begins with kube-acceptance."""


@dataclass(frozen=True)
class Said:
    """What somebody says of a key: the name of a variable or an option, and the value."""

    key: Key
    by: str
    value: Any


def load(root: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """The configuration of a project, as its file and the environment say it.

    Args:
        root: The folder that holds pyproject.toml.
        environment: The variables.

    Raises:
        ConfigurationError: A key or a variable is unknown (with the nearest known one) or a value is of the wrong kind.
    """
    return otherwise(configuration.load(root), variables(environment))


def otherwise(config: Config, said: Sequence[Said]) -> Config:
    """A configuration with what somebody says otherwise; of the same key, the last counts.

    Raises:
        ConfigurationError: A value is of the wrong kind.
    """
    if not said:
        return config
    values = config.given()
    for each in said:
        *sections, name = each.key.path
        table = values
        for section in sections:
            table = table.setdefault(section, {})
        table[name] = each.value
    return configuration.validated(values, config.root, {**config.said, **{each.key.name: each.by for each in said}})


def variables(environment: Mapping[str, str]) -> list[Said]:
    """What variables say; an empty one says nothing, for that is how pipelines leave one out.

    Raises:
        ConfigurationError: A variable `KUBE_ACCEPTANCE_…` stands for no key, or for one that the file alone may say.
    """
    found = []
    for name, text in sorted(environment.items()):
        key = VARIABLES.get(name)
        if key is None:
            if name.startswith(PREFIX) and name not in OTHERS and not _OF_A_SERVICE.search(name):
                near = nearest(name, (*VARIABLES, *OTHERS), beyond=PREFIX)
                raise ConfigurationError(
                    f"the variable {name} means nothing" + (f"; did you mean {near}?" if near else ""),
                    hint="" if near else "Unset it; `kube-acceptance settings --json` names those there are.",
                )
        elif text:
            must_not_be_in_file_alone(key, name)
            found.append(Said(key, name, key.read(text, name)))
    return found


def must_not_be_in_file_alone(key: Key, by: str) -> None:
    """Raise ConfigurationError when only the file may say a key."""
    if key.in_file_alone:
        raise ConfigurationError(
            f"{by}: {key.name} is said in {FILE} alone, where what excuses a failure is reviewed",
            hint=f"Write it there, in [tool.kube-acceptance], and leave {by} out.",
        )


def nearest(name: str, known: Iterable[str], *, beyond: str) -> str:
    """The known name that is most like another one, judged by what follows their common beginning; or nothing."""
    rests = [each.removeprefix(beyond) for each in known]
    return "".join(beyond + each for each in difflib.get_close_matches(name.removeprefix(beyond), rests, n=1))
