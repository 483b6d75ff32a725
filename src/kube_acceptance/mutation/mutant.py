"""A mutant that a person wrote, as its file describes it; and how files are read and written."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.removal import Removal, Several

DERIVED = ".derived"
"""How the file of a derived mutant ends."""
_Removal = TypeVar("_Removal", bound=Removal)


class Mutant(Removal):
    """A protection taken away, and who must notice.

    `scenario` is the node id that must go red, or several, or a feature file, which stands for all its scenarios.
    `because` is a regular expression that the first line of each failure must match: red for another reason does not
    count.
    """

    requirement: str
    scenario: Several
    because: str


def load(file: Path) -> Mutant:
    """Read a mutant's file; raises ConfigurationError with the file's name when it is not one."""
    return _load(file, Mutant)


def load_removal(file: Path) -> Mutant | Derived:
    """Read what takes a protection away, whoever wrote it: a person, or `write` for an operator; raises as `load`."""
    return load_derived(file) if file.suffix == DERIVED else load(file)


def load_derived(file: Path) -> Derived:
    """Read what `write` has written; raises as `load`."""
    return _load(file, Derived)


def write(derived: Derived, folder: Path) -> Path:
    """Write a derived mutant to a file in a folder, for a run with `--mutants-file`; returns the file."""
    file = folder / f"{derived.id}{DERIVED}"
    # the aliases are the names that a file has
    file.write_text(derived.model_dump_json(by_alias=True, exclude={"file"}), encoding="utf-8")
    return file


def _load(file: Path, kind: type[_Removal]) -> _Removal:
    try:
        table = yaml.safe_load(file.read_text(encoding="utf-8"))
        return kind.model_validate({**table, "file": file.absolute()})
    except FileNotFoundError:
        raise ConfigurationError(f"there is no mutant {file.stem}: {file.name} is not in {file.parent.name}/") from None
    except (yaml.YAMLError, TypeError) as error:
        raise ConfigurationError(f"{file.name} is no mutant: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{file.name}: {where}: {first['msg']}") from error


def load_all(folder: Path) -> list[Mutant]:
    """All mutants of a folder, by name; raises ConfigurationError when there are none."""
    found = [load(file) for file in sorted(folder.glob("*.yaml"))]
    if not found:
        raise ConfigurationError(f"there are no mutants in {folder.name}/")
    return found
