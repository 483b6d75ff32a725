"""What a project tells the harness: `[tool.kube-acceptance]` of its pyproject.toml."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from kube_acceptance.errors import ConfigurationError

FILE = "pyproject.toml"
Keep = Literal["never", "failed", "always"]


def _one_is_a_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"))


class ImageConfig(_Section):
    """An image that the project builds.

    `value` is the dotted path of the chart's value that names it; the harness sets `repository` and `tag` below it.
    """

    dockerfile: Path
    context: Path
    value: str
    build_args: dict[str, str] = Field(default_factory=dict)


class BaseConfig(_Section):
    """What a base image's reference may stand for; see `images.bases`.

    `layers` are the diff IDs of images that it may be, each a list (one ID alone stands for a list of it), `digests`
    those by which a registry knows them, and `end_of_life` the day from which it gets no security fixes.
    """

    layers: list[Annotated[tuple[str, ...], BeforeValidator(_one_is_a_list)]] = Field(default_factory=list)
    digests: list[str] = Field(default_factory=list)
    end_of_life: date | None = None

    @field_validator("layers", "digests")
    @classmethod
    def _are_digests(cls, found: list[Any]) -> list[Any]:
        for each in chain.from_iterable([one] if isinstance(one, str) else one for one in found):
            if not re.fullmatch("sha256:[0-9a-f]{64}", each):
                raise ValueError(f"{each!r} is no digest; `docker image inspect` prints them: sha256: and 64 digits")
        return found


class ClusterConfig(_Section):
    """The cluster that a run starts."""

    image: str = ""
    config: Path | None = None
    addons: list[Path] = Field(default_factory=list)
    images: list[str] = Field(default_factory=list, description="further images that the cluster must hold")


class DocumentsConfig(_Section):
    """The specification documents, the folders whose files must name a task, and those whose files a task must list."""

    constitution: Path = Path("constitution.md")
    spec: Path = Path("spec.md")
    tasks: Path = Path("tasks.md")
    deployment: list[Path] = Field(default_factory=list)
    owned: list[Path] = Field(default_factory=list)


class QuarantineConfig(_Section):
    """A flaky scenario that does not fail the run, who mends it, and the last day of that.

    `scenario` is pytest's node id; `running.quarantine` says what else must be true of an entry.
    """

    scenario: str
    owner: str = ""
    until: date | None = None
    reason: str = ""


class ExceptionConfig(_Section):
    """A vulnerability that does not fail the gate for a while, why, and the last day of that.

    `id` is the vulnerability's, or one of its other names; `not-assessed` excuses that a package is not assessed.
    `vulnerability.exceptions` says what else must be true of an entry.
    """

    id: str
    package: str
    reason: str = ""
    until: date | None = None


ScannerName = Literal["grype", "pip-audit", "npm-audit"]
SCANNERS: tuple[ScannerName, ...] = ("grype", "pip-audit", "npm-audit")
CONTROLS = (
    "apk/busybox@1.0.0-r0",
    "pypi/jinja2@2.0",
    "npm/lodash@4.17.0",
    "golang/golang.org/x/net@v0.1.0",
    "golang/stdlib@1.18",
    "generic/bash@4.3",
    "generic/krb5@1.10",
    "generic/libffi@3.0",
    "generic/libgcc@4.0.0",
    "generic/libstdc++@4.0.0",
    "generic/node@6.0.0",
    "generic/openssl@1.0.1",
    "generic/postgresql@10.0",
    "generic/python@3.6.0",
    "generic/readline@6.2",
)


class VulnerabilitiesConfig(_Section):
    """How vulnerabilities are assessed, and which of them fail."""

    severity: Literal["negligible", "low", "medium", "high", "critical"] = "high"
    required: bool = Field(default=False, description="whether what was not assessed fails instead of being skipped")
    scanners: list[ScannerName] = list(SCANNERS)
    database: Path | None = Field(
        default=None, description="the folder of Grype's database; Grype's own choice if none"
    )
    update: bool = Field(
        default=True, description="whether the database is brought up to date before a run's first use"
    )
    database_days: int = Field(default=5, ge=1)
    controls: list[str] = Field(
        default=list(CONTROLS), description="packages known to be vulnerable, as KIND/NAME@VERSION"
    )
    exceptions: list[ExceptionConfig] = Field(default_factory=list)


class EquivalentConfig(_Section):
    """Why nobody has to notice a mutant, until a day from which it counts as a survivor again."""

    because: str = Field(min_length=1)
    until: date


class MutationConfig(_Section):
    """What `kube-acceptance mutate` is told.

    `threshold` is the percentage that must be killed. `about` maps concerns (`kube_acceptance.mutation.derived`) to the
    tags of the scenarios that are about them, beside those that are by their phrases; `*` stands for any letters.
    `equivalents` are mutants that nobody has to notice, by their ids or patterns of them.
    """

    threshold: int = Field(default=0, ge=0, le=100)
    about: dict[str, list[str]] = Field(default_factory=dict)
    equivalents: dict[str, EquivalentConfig] = Field(default_factory=dict)


class PreviousConfig(_Section):
    """The version that an upgrade starts from: a commit of the project's repository."""

    revision: str

    @field_validator("revision")
    @classmethod
    def _is_a_commit(cls, revision: str) -> str:
        # tags and branches move, and a shallow clone cannot fetch an abbreviation
        if not re.fullmatch("[0-9a-f]{40}", revision):
            raise ValueError(f"{revision!r} is no commit in full; `git rev-parse` prints its 40 digits")
        return revision


class Config(_Section):
    """The whole of `[tool.kube-acceptance]`; paths are relative to the folder of pyproject.toml."""

    root: Path = Field(default=Path(), exclude=True)
    title: str = "Acceptance"
    chart: Path = Path("chart")
    release: str = "app"
    values: list[Path] = Field(default_factory=list)
    secrets: dict[Path, dict[str, list[str]]] = Field(
        default_factory=dict,
        description="Secrets that must be there before a values file can be installed, by its path: their keys by name",
    )
    ingress_value: str = Field(
        default="", description="the value that names the Ingress host; each release gets its own"
    )
    source: str = Field(default="", description="where the code is published; else the clone's own remote")
    images: dict[str, ImageConfig] = Field(default_factory=dict)
    bases: dict[str, BaseConfig] = Field(default_factory=dict)
    previous: PreviousConfig | None = None
    cluster: ClusterConfig = Field(default_factory=ClusterConfig)
    documents: DocumentsConfig = Field(default_factory=DocumentsConfig)
    quarantine: list[QuarantineConfig] = Field(default_factory=list)
    vulnerabilities: VulnerabilitiesConfig = Field(default_factory=VulnerabilitiesConfig)
    mutation: MutationConfig = Field(default_factory=MutationConfig)
    features: Path = Path("features")
    mutants: Path = Path("mutants")
    reports: Path = Path("reports")
    history: Path | None = Field(default=None, description="what is remembered of runs; history.jsonl of the reports")

    def path(self, relative: Path | str) -> Path:
        """A path of the project, made absolute."""
        return self.root / relative

    def image_values(self, references: Mapping[str, str]) -> dict[str, str]:
        """The chart's values, by dotted path, that name the project's images.

        Args:
            references: The images' references, `NAME:TAG`, by the images' names in this configuration.
        """
        values: dict[str, str] = {}
        for name, image in self.images.items():
            repository, _, tag = references[name].rpartition(":")
            values |= {f"{image.value}.repository": repository, f"{image.value}.tag": tag}
        return values

    @property
    def cache(self) -> Path:
        """Where tools and the state of clusters are kept between runs."""
        return cache_folder()


def cache_folder() -> Path:
    """The user's cache folder of the harness; `KUBE_ACCEPTANCE_CACHE` overrides it."""
    return Path(os.environ.get("KUBE_ACCEPTANCE_CACHE") or platformdirs.user_cache_path("kube-acceptance"))


def load(root: Path) -> Config:
    """Read the configuration of a project.

    Args:
        root: The folder that holds pyproject.toml; without the file or the section the defaults count.

    Raises:
        ConfigurationError: A key is unknown (with the nearest known one) or a value is of the wrong kind.
    """
    file = root / FILE
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file.name} is not TOML: {error}") from error
    section: dict[str, Any] = table.get("tool", {}).get("kube-acceptance", {})
    try:
        return Config.model_validate({**section, "root": root.absolute()})
    except ValidationError as error:
        raise ConfigurationError(_sentence(error)) from error


_INNER: Mapping[str, type[_Section]] = {
    "images": ImageConfig,
    "bases": BaseConfig,
    "quarantine": QuarantineConfig,
    "exceptions": ExceptionConfig,
    "equivalents": EquivalentConfig,
    "previous": PreviousConfig,
}
"""The sections that may be left out, or that a table or an array of tables holds."""


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    *parents, key = [str(part) for part in first["loc"]]
    where = ".".join(["tool.kube-acceptance", *parents])
    if first["type"] != "extra_forbidden":
        return f"{FILE}: {where}.{key}: {first['msg'].removeprefix('Value error, ')}"
    model: type[BaseModel] = Config
    for part in parents:
        field = model.model_fields.get(part)
        inner = _INNER.get(part) or (field.annotation if field else None)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    known = [field.alias or name for name, field in model.model_fields.items() if name != "root"]
    nearest = difflib.get_close_matches(key, known, n=1)
    return f"{FILE}: {where} has no key {key!r}" + (f"; did you mean {nearest[0]!r}?" if nearest else "")
