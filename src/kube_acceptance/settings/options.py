"""The options of pytest that stand for keys of the configuration."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.settings.keys import KEYS, Key
from kube_acceptance.settings.sources import Said, must_not_be_in_file_alone, nearest

_GROUP = "settings of kube-acceptance, said otherwise for this run"
_OPTIONS = {key.option: key for key in KEYS.values() if not key.in_file_alone}
_REFUSED = {key.option: key for key in KEYS.values() if key.in_file_alone}


def add_options(parser: pytest.Parser) -> None:
    """Add an option for each key that may be said otherwise."""
    group = parser.getgroup("kube-acceptance-settings", _GROUP)
    for option, key in _OPTIONS.items():
        group.addoption(
            option,
            dest=key.dest,
            action="append" if key.is_list else "store",
            metavar=key.metavar,
            help=key.description.replace("%", "%%"),
        )


def options(config: pytest.Config) -> list[Said]:
    """What the command line says; its paths are relative to the folder that pytest was called in.

    Raises:
        ConfigurationError: What had to be TOML is not.
    """
    found = []
    for option, key in _OPTIONS.items():
        given = config.getoption(key.dest)
        if given is None:
            continue
        # a list may be given in several options
        texts: Sequence[str] = given if key.is_list else [given]
        values = [key.read(text, option) for text in texts]
        value = [*chain.from_iterable(values)] if key.is_list else values[0]
        found.append(Said(key, option, _from(config, key, value)))
    return found


def refuse_slips(parser: pytest.Parser, args: Sequence[str]) -> None:
    """Tell an option that nobody knows by the name of the one that was likely meant.

    Args:
        parser: Knows the options of all plugins.
        args: The command line.

    Raises:
        ConfigurationError: There is such an option.
    """
    named = {arg.partition("=")[0] for arg in args if arg.startswith("--")} - {"--"}
    slips = {name: nearest(name, _OPTIONS, beyond="--") for name in named.difference(_OPTIONS)}
    if not any(slips.values()) and not named.intersection(_REFUSED):
        return
    # to ask takes a while, and is seldom needed
    _, unknown = parser.parse_known_and_unknown_args(list(args))
    for name in (arg.partition("=")[0] for arg in unknown):
        if key := _REFUSED.get(name):
            must_not_be_in_file_alone(key, name)
        if near := slips.get(name):
            raise ConfigurationError(f"there is no option {name}; did you mean {near}?")


def _from(config: pytest.Config, key: Key, value: Any) -> Any:
    """The value, with its paths relative to the project where they are in it."""
    here, root = config.invocation_params.dir, config.rootpath
    if key.of is not Path or not value or here == root:
        return value
    return [_relative(here, root, each) for each in value] if key.is_list else _relative(here, root, value)


def _relative(here: Path, root: Path, text: Any) -> Any:
    if not isinstance(text, str):  # the configuration refuses it
        return text
    path = Path(os.path.normpath(here / text))
    return str(path.relative_to(root) if path.is_relative_to(root) else path)
