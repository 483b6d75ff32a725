"""Dockerfiles: what hadolint says of them with nothing silenced, and what they start from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from kube_acceptance.config import Config
from kube_acceptance.images import ImageSource, lint
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.vocabulary import assertion, given, must, some


@dataclass(frozen=True)
class Dockerfiles:
    """Dockerfiles by what messages call them, each with what else is built with it."""

    sources: dict[str, ImageSource]

    @property
    def files(self) -> list[tuple[str, Path]]:
        """The names and the files."""
        return [(name, source.dockerfile) for name, source in self.sources.items()]


@given("the Dockerfiles of the project's images and of the harness's probe", target_fixture="dockerfiles")
def of_the_project(session: Session, settings: Config, request: pytest.FixtureRequest) -> Dockerfiles:
    """Every Dockerfile that a run builds images from; of a mutant, without the protection."""
    stack = ExitStack()
    request.addfinalizer(stack.close)
    images = session.sources()
    some(settings.images, what="images that the project builds")
    found = {f"Dockerfile of {name}": stack.enter_context(source) for name, source in images.items()}
    note(", ".join(found))
    return Dockerfiles(found)


@given("the Dockerfile", target_fixture="dockerfiles")
def written_here(tmp_path: Path, docstring: str) -> Dockerfiles:
    """The Dockerfile below the step."""
    file = tmp_path / "Dockerfile"
    file.write_text(docstring, encoding="utf-8")
    return Dockerfiles({"Dockerfile": ImageSource("example", file, tmp_path)})


@assertion("hadolint finds nothing in them, with no rule silenced")
def keeps_hadolints_rules(dockerfiles: Dockerfiles) -> None:
    """No rule of hadolint is broken, whatever comments and configuration files say of it, and no comment says it."""
    must([*lint.complaints(dockerfiles.files), *lint.pragmas(dockerfiles.files)], of="complaints")
    note(f"{len(dockerfiles.files)} Dockerfiles")


@assertion("each of them starts from images with exact tags")
def starts_from_exact_tags(dockerfiles: Dockerfiles) -> None:
    """Every base, through whichever ARG it is named, has a tag with a number, or a digest; none is `latest`."""
    must(_moving(dockerfiles), of="bases")


@assertion('it is refused by the rules "{rules}"', example='it is refused by the rules "DL3007, DL3025"')
def is_refused_by(dockerfiles: Dockerfiles, rules: str) -> None:
    """Just these rules are broken, by hadolint's codes and `no-ignores` and `exact-base` for the harness's own."""
    found = [*lint.complaints(dockerfiles.files), *lint.pragmas(dockerfiles.files), *_moving(dockerfiles)]
    seen, expected = {each.rule for each in found}, set(rules.split(", "))
    must((f"the rule {rule} is not broken by this Dockerfile" for rule in sorted(expected - seen)), of="rules")
    must((f"it is refused by another rule: {each}" for each in found if each.rule not in expected), of="rules")
    for each in found:
        note(str(each))


def _moving(dockerfiles: Dockerfiles) -> Iterator[lint.Complaint]:
    for name, source in dockerfiles.sources.items():
        yield from lint.moving(name, source)
