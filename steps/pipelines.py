"""Phrases on what a pipeline keeps between runs whose machines know nothing of each other."""

from __future__ import annotations

from pathlib import Path

from kube_acceptance import command
from kube_acceptance.config import load
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.report import note
from kube_acceptance.session import Session, project_sources
from kube_acceptance.suite import Ended, Suite
from kube_acceptance.vocabulary import assertion, given, some, when

WITHIN = 60.0  # seconds


@given("Docker has none of its images")
def none_is_there(suite: Suite, session: Session) -> None:
    _remove(suite, session)


@when("its images go by way of a folder to a machine whose Docker has none of them")
def to_another_machine(suite: Suite, session: Session, tmp_path: Path) -> None:
    kept = tmp_path / "kept images"
    note(_images(suite, "--save", kept))
    note(f"removed {', '.join(some(_remove(suite, session), what='images in Docker'))}")
    note(_images(suite, "--load", kept))


@assertion('its image "{name}" was built', timed=False)
def was_built(ended: Ended, name: str) -> None:
    if not _built(ended, name):
        raise AcceptanceError(f"{name} was not built", details=ended.said.splitlines())


@assertion('its image "{name}" was there', timed=False)
def was_there(ended: Ended, name: str) -> None:
    if _built(ended, name):
        raise AcceptanceError(f"{name} was built again", details=ended.said.splitlines())


def _built(ended: Ended, name: str) -> bool:
    return f"building {name}:" in ended.said


def _remove(suite: Suite, session: Session) -> list[str]:
    """Take the project's images from Docker, whatever their content; which those were."""
    engine, names = session.engine, [source.name for source in project_sources(load(suite.root)).values()]
    found = [reference for name in names for image in engine.images.list(name=name) for reference in image.tags]
    for reference in found:
        engine.images.remove(reference)
    return found


def _images(suite: Suite, *words: str | Path) -> str:
    done = command.run(suite.program("images", *words), timeout=WITHIN, cwd=suite.root, check=False)
    if done.returncode:
        raise AcceptanceError("kube-acceptance images failed", details=(done.stdout + done.stderr).splitlines())
    return "; ".join(done.stdout.splitlines())
