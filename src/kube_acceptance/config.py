"""What a project tells the harness: `[tool.kube-acceptance]` of its pyproject.toml."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

import platformdirs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from kube_acceptance.errors import ConfigurationError

FILE = "pyproject.toml"
Keep = Literal["never", "failed", "always"]


def _one_is_a_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"))


class ImageConfig(_Section):
    """An image that the project builds."""

    dockerfile: Path = Field(description="its Dockerfile")
    context: Path = Field(description="the folder that it is built from")
    value: str = Field(
        description="the dotted path of the chart's value that names it; a run sets `repository` and `tag` below it, "
        "and with `cluster.registry` also `digest`"
    )
    build_args: dict[str, str] = Field(default_factory=dict, description="arguments of its build")


class BaseConfig(_Section):
    """What a base image's reference may stand for; see `images.bases`."""

    layers: list[Annotated[tuple[str, ...], BeforeValidator(_one_is_a_list)]] = Field(
        default_factory=list,
        description="the diff IDs of images that it may be, each a list; one ID alone stands for a list of it",
    )
    digests: list[str] = Field(default_factory=list, description="the digests by which a registry knows them")
    end_of_life: date | None = Field(default=None, description="the day from which it gets no security fixes")

    @field_validator("layers", "digests")
    @classmethod
    def _are_digests(cls, found: list[Any]) -> list[Any]:
        for each in chain.from_iterable([one] if isinstance(one, str) else one for one in found):
            if not re.fullmatch("sha256:[0-9a-f]{64}", each):
                raise ValueError(f"{each!r} is no digest; `docker image inspect` prints them: sha256: and 64 digits")
        return found


class ClusterConfig(_Section):
    """The cluster that a run starts."""

    image: str = Field(default="", description="the image of its nodes; Kind's own choice when empty")
    minikube_image: str = Field(
        default="",
        description="the image of Minikube's node, one over Kind's, where Docker has it; else Minikube's own",
    )
    config: Path | None = Field(default=None, description="Kind's configuration of it; one node when there is none")
    addons: list[Path] = Field(default_factory=list, description="manifests that are applied before any release")
    images: list[str] = Field(default_factory=list, description="further images that the cluster must hold")
    registry: str = Field(
        default="",
        description="where images that are built go, and what they are named after, with --cluster CONTEXT; Docker's "
        "own account for it is used",
    )
    runner: str = Field(
        default="", description="the Alpine image with Python that pods of `kube-acceptance run` start from"
    )
    ingress: str = Field(
        default="", description="where the Ingress controller answers with --cluster CONTEXT, HOST or HOST:PORT"
    )


class DocumentsConfig(_Section):
    """The specification documents. Without `spec` there is nothing to compare scenarios with.

    `constitution` and `tasks` may be absent, unless they are named.
    """

    constitution: Path = Field(default=Path("constitution.md"), description="the clauses, which requirements are from")
    spec: Path = Field(default=Path("spec.md"), description="the requirements, which scenarios prove")
    tasks: Path = Field(default=Path("tasks.md"), description="the tasks, which belong to requirements and list files")
    deployment: list[Path] = Field(default_factory=list, description="folders whose files must name a task")
    owned: list[Path] = Field(default_factory=list, description="folders whose files a task must list")


class QuarantineConfig(_Section):
    """A flaky scenario that does not fail the run; `running.quarantine` says what else must be true of it."""

    scenario: str = Field(description="its node id, as pytest prints it")
    owner: str = Field(default="", description="who mends it")
    until: date | None = Field(default=None, description="the last day of that")
    reason: str = Field(default="", description="why it is flaky")


class ExceptionConfig(_Section):
    """A vulnerability that does not fail the gate for a while.

    `vulnerability.exceptions` says what else must be true of an entry.
    """

    id: str = Field(
        description="the vulnerability's, or one of its other names; `not-assessed` excuses that none of it is known"
    )
    package: str = Field(description="the package that has it")
    reason: str = Field(default="", description="why it does no harm meanwhile")
    until: date | None = Field(default=None, description="the last day of that")


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

    severity: Literal["negligible", "low", "medium", "high", "critical"] = Field(
        default="high", description="from which on a vulnerability fails"
    )
    required: bool = Field(default=False, description="whether what was not assessed fails instead of being skipped")
    scanners: list[ScannerName] = Field(default=list(SCANNERS), description="which are asked")
    database: Path | None = Field(
        default=None, description="the folder of Grype's database; Grype's own choice if none"
    )
    update: bool = Field(
        default=True, description="whether the database is brought up to date before a run's first use"
    )
    database_days: int = Field(default=5, ge=1, description="how many days old the database may be")
    controls: list[str] = Field(
        default=list(CONTROLS), description="packages known to be vulnerable, as KIND/NAME@VERSION"
    )
    exceptions: list[ExceptionConfig] = Field(
        default_factory=list, description="vulnerabilities that do not fail for a while"
    )


class EquivalentConfig(_Section):
    """Why nobody has to notice a mutant, until a day from which it counts as a survivor again."""

    because: str = Field(min_length=1, description="why nobody has to notice it")
    until: date = Field(description="the day from which it counts again")


class MutationConfig(_Section):
    """What `kube-acceptance mutate` is told."""

    threshold: int = Field(default=0, ge=0, le=100, description="the percentage of mutants that must be killed")
    about: dict[str, list[str]] = Field(
        default_factory=dict,
        description="the tags of the scenarios that are about a concern of `kube_acceptance.mutation.derived`, by the "
        "concern's name, beside those that are by their phrases; `*` stands for any letters",
    )
    equivalents: dict[str, EquivalentConfig] = Field(
        default_factory=dict, description="mutants that nobody has to notice, by their ids or patterns of them"
    )


class PreviousConfig(_Section):
    """The version that an upgrade starts from: a commit of the project's repository."""

    revision: str = Field(description="the commit, its 40 digits")

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
    title: str = Field(default="Acceptance", description="the title of the living documentation")
    chart: Path = Field(default=Path("chart"), description="the folder of the chart")
    release: str = Field(default="app", description="the name of its releases")
    values: list[Path] = Field(default_factory=list, description="the values files that it is installed with")
    secrets: dict[Path, dict[str, list[str]]] = Field(
        default_factory=dict,
        description="Secrets that must be there before a values file can be installed, by its path: their keys by name",
    )
    ingress_value: str = Field(
        default="", description="the value that names the Ingress host; each release gets its own"
    )
    source: str = Field(default="", description="where the code is published; else the clone's own remote")
    images: dict[str, ImageConfig] = Field(default_factory=dict, description="images that the project builds, by name")
    bases: dict[str, BaseConfig] = Field(
        default_factory=dict, description="what base images may be, by their references in Dockerfiles"
    )
    previous: PreviousConfig | None = None
    pod_security: Literal["restricted", "baseline", "privileged"] = Field(
        default="restricted", description="the Pod Security Standard that the namespaces of a run enforce"
    )
    cluster: ClusterConfig = Field(default_factory=ClusterConfig)
    documents: DocumentsConfig = Field(default_factory=DocumentsConfig)
    quarantine: list[QuarantineConfig] = Field(
        default_factory=list, description="flaky scenarios that do not fail the run for a while"
    )
    vulnerabilities: VulnerabilitiesConfig = Field(default_factory=VulnerabilitiesConfig)
    mutation: MutationConfig = Field(default_factory=MutationConfig)
    features: Path = Field(default=Path("features"), description="the folder of the feature files")
    mutants: Path = Field(default=Path("mutants"), description="the folder of the mutants")
    reports: Path = Field(
        default=Path("reports"), description="the folder of the living documentation and the evidence"
    )
    history: Path | None = Field(default=None, description="what is remembered of runs; history.jsonl of the reports")

    _said: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def said(self) -> Mapping[str, str]:
        """Who said what the file does not say: the names of variables and options, by the keys."""
        return self._said

    def where(self, key: str) -> str:
        """Where a key's value was said, to begin a sentence about it with.

        Args:
            key: The key, dotted, such as `cluster.image`.
        """
        return self._said.get(key) or f"{FILE}: tool.kube-acceptance.{key}"

    def given(self) -> dict[str, Any]:
        """What was said, as the file says it; defaults are left out."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    def path(self, relative: Path | str) -> Path:
        """A path of the project, made absolute."""
        return self.root / relative

    def image_values(self, references: Mapping[str, str]) -> dict[str, str]:
        """The chart's values, by dotted path, that name the project's images.

        Args:
            references: The images' references, `NAME:TAG` or `NAME:TAG@DIGEST`, by the images' names in this
                configuration.
        """
        values: dict[str, str] = {}
        for name, image in self.images.items():
            reference, _, digest = references[name].partition("@")
            repository, _, tag = reference.rpartition(":")
            values |= {f"{image.value}.repository": repository, f"{image.value}.tag": tag}
            values |= {f"{image.value}.digest": digest} if digest else {}
        return values

    @property
    def cache(self) -> Path:
        """Where tools and the state of clusters are kept between runs."""
        return cache_folder()


def cache_folder() -> Path:
    """The user's cache folder of the harness; `KUBE_ACCEPTANCE_CACHE` overrides it."""
    return Path(os.environ.get("KUBE_ACCEPTANCE_CACHE") or platformdirs.user_cache_path("kube-acceptance"))


def load(root: Path) -> Config:
    """Read the configuration of a project from its file alone; `settings.load` heeds what else says something.

    Args:
        root: The folder that holds pyproject.toml; without the file or the section the defaults count.

    Raises:
        ConfigurationError: A key is unknown (with the nearest known one) or a value is of the wrong kind.
    """
    file = root / FILE
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except ValueError as error:
        raise ConfigurationError(f"{file.name} is not TOML: {error}") from error
    section = table.get("tool", {}).get("kube-acceptance", {})
    if not isinstance(section, dict):
        raise ConfigurationError(f"{FILE}: tool.kube-acceptance is no table")
    return validated(section, root)


def validated(values: Mapping[str, Any], root: Path, said: Mapping[str, str] | None = None) -> Config:
    """The configuration that values make.

    Args:
        values: The values, as the file says them.
        root: The project's folder.
        said: Who said those that the file does not, by their keys; what is wrong with others is the file's.

    Raises:
        ConfigurationError: A key is unknown (with the nearest known one) or a value is of the wrong kind.
    """
    try:
        config = Config.model_validate({**values, "root": root.absolute()})
    except ValidationError as error:
        raise ConfigurationError(_sentence(error.errors()[0], said or {})) from error
    config._said.update(said or {})
    return config


def section_of(field: FieldInfo) -> tuple[type[BaseModel] | None, bool]:
    """The section that a field is or may be, and whether it holds several of them, in a list or by name."""
    annotation = field.annotation
    options = get_args(annotation) if get_origin(annotation) is UnionType else (annotation,)
    several = get_origin(annotation) in (dict, list)
    for each in get_args(annotation) if several else options:
        if isinstance(each, type) and get_origin(each) is None and issubclass(each, BaseModel):
            return each, several
    return None, several


def _sentence(error: ErrorDetails, said: Mapping[str, str]) -> str:
    """What is wrong, and who said so."""
    loc = [str(part) for part in error["loc"]]
    unknown = error["type"] == "extra_forbidden"
    message = error["msg"].removeprefix("Value error, ")
    end = next((end for end in range(len(loc), 0, -1) if ".".join(loc[:end]) in said), 0)
    by = said.get(".".join(loc[:end]))
    *parents, key = loc
    if by is None:
        where = ".".join([f"{FILE}: tool.kube-acceptance", *parents])
    elif unknown or not all(part.isdecimal() for part in loc[end:]):
        where = ".".join([f"{by}: {parents[0]}", *parents[1:]])
    else:  # the whole of what was said, or a place in a list
        return f"{by}={given}: {message}" if isinstance(given := error["input"], str) else f"{by}: {message}"
    if not unknown:
        return f"{where}.{key}: {message}"
    nearest = difflib.get_close_matches(key, _keys_of(parents), n=1)
    return f"{where} has no key {key!r}" + (f"; did you mean {nearest[0]!r}?" if nearest else "")


def _keys_of(path: Sequence[str]) -> list[str]:
    """The keys of the section that a path leads to; names of tables and places in lists are none."""
    model: type[BaseModel] = Config
    is_name = False
    for part in path:
        field = None if is_name else fields_of(model).get(part)
        inner, is_name = section_of(field) if field else (None, False)
        model = inner or model
    return list(fields_of(model))


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a section that are keys, by their names in the file."""
    return {field.alias or name: field for name, field in model.model_fields.items() if not field.exclude}
