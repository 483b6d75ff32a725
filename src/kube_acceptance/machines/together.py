"""One report of the reports of all shards, written and remembered as that of a single run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kube_acceptance.config import Config
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.report import mutants
from kube_acceptance.report.formats import NAMES, formats
from kube_acceptance.report.html import sentence
from kube_acceptance.report.merge import bring, merged, read
from kube_acceptance.report.model import Run
from kube_acceptance.report.recorder import write
from kube_acceptance.running.history import FILE, History


@dataclass(frozen=True)
class Together:
    """The merged run, and what could not be written of it."""

    run: Run
    complaints: Sequence[str]

    @property
    def well(self) -> bool:
        """Whether a single run would have ended with exit status 0."""
        return self.run.verdict in ("passed", "incomplete") and not self.complaints

    def lines(self) -> Iterator[str]:
        """What is to be said of it: its verdict, and what no scenario tells."""
        yield f"{self.run.verdict}: {sentence(self.run)}"
        yield from (f"{each.where}: {each.failure.first_line}" for each in self.run.problems)
        yield from self.complaints


def together(settings: Config, folders: Sequence[Path], output: Path) -> Together:
    """Merge the reports of all shards.

    Args:
        settings: The project's settings; its history remembers the run.
        folders: The shards' reports, and what is left of attempts that were lost.
        output: Where the report goes; another folder than those.

    Raises:
        ConfigurationError: They are not the reports of one run's shards, or the report cannot be written.
    """
    if output.resolve() in {folder.resolve() for folder in folders}:
        raise ConfigurationError(f"{output} holds the report of a shard; name another folder in --reports")
    parts, lost = read(folders)
    # every text has gone through the redactor of its shard
    history = History(settings.path(settings.history or settings.reports / FILE))
    try:
        run = bring(parts, merged(parts, lost), output)
        writers = [*formats(settings.root, str), history.write]
        return Together(run, write(run, output, writers=writers, beside=NAMES, mutants=mutants.read))
    except OSError as error:
        raise ConfigurationError(
            f"the report cannot be written to {output}: {error.strerror}", hint="Make room or choose another folder."
        ) from error
