"""What Helm has rendered, kept for other processes that render the same: the forks of a round of mutants."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from kube_acceptance.fingerprint import contents, fingerprint


class Renderings:
    """Texts that Helm printed, by the digest of all that they depend on; several processes may use one folder.

    Args:
        folder: The folder, which is there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, helm: Path, chart: Path, values: Sequence[str], words: Sequence[str], make: Callable[[], str]) -> str:
        """What Helm prints.

        Args:
            helm: The program.
            chart: The chart's folder.
            values: The texts of its values files, in their order.
            words: What else it is told.
            make: Runs it, where nothing is kept; what it raises is not kept.
        """
        program = helm.stat()
        parts = [str(program.st_size), str(program.st_mtime_ns), *values, *words, *contents(chart, chart)]
        file = self._folder / fingerprint(parts)
        if file.is_file():
            return file.read_text(encoding="utf-8")
        text = make()
        part = file.with_name(f"{file.name}.{os.getpid()}.part")
        part.write_text(text, encoding="utf-8")
        part.rename(file)  # whole or not at all
        return text
