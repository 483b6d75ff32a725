"""The version before this one: its chart and its images' sources, taken from a revision of the project's repository.

What a user has installed is what an upgrade starts from, so nothing of the working tree takes part in it.
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kube_acceptance.command import CommandError, run
from kube_acceptance.config import FILE, Config, load
from kube_acceptance.console import progress
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.release import Chart

KEY = "previous.revision"
FETCHED_WITHIN = 120.0  # seconds
ASKED_WITHIN = 30.0  # seconds


@dataclass(frozen=True)
class Previous:
    """The version before: the configuration that it had, and its images' references by their names in that."""

    config: Config
    references: Mapping[str, str]

    @classmethod
    def at(cls, folder: Path, references: Mapping[str, str]) -> Previous:
        """The version that was unpacked to a folder.

        Args:
            folder: Where `unpack` put it.
            references: Its images, `NAME:TAG`, once they are built.
        """
        return cls(load(folder), references)

    def chart(self, helm: Path) -> Chart:
        """Its chart with the values files and the images of that time.

        Args:
            helm: The program.
        """
        files = [self.config.path(file) for file in self.config.values]
        chart = Chart(helm, self.config.path(self.config.chart), values=files)
        return chart.using(**self.config.image_values(self.references))


def unpack(config: Config, folder: Path) -> tuple[Config, str]:
    """Unpack the project as it was at the previous version.

    Args:
        config: The project's configuration, which names the revision.
        folder: Where to; what is there is removed.

    Returns:
        The configuration that it had then, and the revision.

    Raises:
        ConfigurationError: No revision is named, the repository has not got it and it cannot be fetched, or what it
            holds is no earlier version of this project.
    """
    if config.previous is None:
        raise ConfigurationError(
            f"{FILE} names no previous version",
            hint='Add [tool.kube-acceptance.previous] with revision = "the commit of the version before".',
        )
    revision = config.previous.revision
    where = config.where(KEY)
    _have(config.root, revision, where)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _extract(config.root, revision, folder, where)
    return _read(config, revision, folder), revision


def _read(config: Config, revision: str, folder: Path) -> Config:
    short, where = revision[:7], config.where(KEY)
    try:
        earlier = load(folder)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {short} cannot be used: its {error}") from error
    if not (earlier.path(earlier.chart) / "Chart.yaml").is_file():
        raise ConfigurationError(f"{where}: {short} has no chart in {earlier.chart}")
    if earlier.release != config.release:
        raise ConfigurationError(
            f"{where}: {short} installs the release {earlier.release}, not {config.release}, so nothing can be upgraded"
        )
    return earlier


def _have(root: Path, revision: str, where: str) -> None:
    """See to it that the repository has a commit; a shallow clone is asked to fetch it, once."""
    try:
        shallow = _git(root, "rev-parse", "--is-shallow-repository").strip() == "true"
    except CommandError as error:
        raise ConfigurationError(f"{where}: {root} is not in a git repository", details=error.details) from error
    if _has(root, revision):
        return
    said: tuple[str, ...] = ()
    if shallow:
        progress(f"fetching the previous version {revision[:7]}")
        try:
            _git(root, "fetch", "--quiet", "--depth", "1", "origin", revision, within=FETCHED_WITHIN)
        except CommandError as error:
            said = error.details
        if _has(root, revision):
            return
    raise ConfigurationError(
        f"{where}: the repository has no commit {revision}",
        hint=f"Fetch it: git fetch --depth 1 origin {revision}",
        details=said,
    )


def _has(root: Path, revision: str) -> bool:
    try:
        _git(root, "cat-file", "-e", f"{revision}^{{commit}}")
    except CommandError:
        return False
    return True


def _extract(root: Path, revision: str, folder: Path, where: str) -> None:
    """Unpack what the project's folder held at a revision; the folder need not be the repository's root."""
    archive = folder / "archive.tar"
    try:
        _git(root, "archive", "--format", "tar", "--output", str(archive), revision)
        with tarfile.open(archive) as packed:
            packed.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)  # older Pythons
            packed.extractall(folder)
    except (CommandError, OSError, tarfile.TarError) as error:
        details = error.details if isinstance(error, CommandError) else [str(error)]
        raise ConfigurationError(f"{where}: {revision[:7]} cannot be unpacked", details=details) from error
    archive.unlink()


def _git(root: Path, *arguments: str, within: float = ASKED_WITHIN) -> str:
    # nobody is there to answer a question for a password
    return run(["git", *arguments], timeout=within, cwd=root, env={"GIT_TERMINAL_PROMPT": "0"}).stdout
