"""Which files a project has, and which of them a pattern means."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec


def project_files(root: Path) -> list[str]:
    """All files below a folder that its `.gitignore` files do not exclude, relative to it and sorted.

    It works without Git, so that an unpacked archive of the project is checked like a clone.
    """
    files: list[str] = []
    rules: list[tuple[Path, GitIgnoreSpec]] = []

    def ignored(path: Path, suffix: str = "") -> bool:
        if path.name == ".git":
            return True
        for base, spec in reversed(rules):  # the nearest file that says something decides
            if path.is_relative_to(base):
                verdict = spec.check_file(path.relative_to(base).as_posix() + suffix).include
                if verdict is not None:
                    return verdict
        return False

    for folder, folders, names in os.walk(root):
        here = Path(folder)
        if ".gitignore" in names:
            lines = (here / ".gitignore").read_text(encoding="utf-8").splitlines()
            rules.append((here, GitIgnoreSpec.from_lines(lines)))
        folders[:] = sorted(name for name in folders if not ignored(here / name, "/"))
        files += [(here / name).relative_to(root).as_posix() for name in names if not ignored(here / name)]
    return sorted(files)


def matching(patterns: Iterable[str], files: Sequence[str]) -> set[str]:
    """The files that any of the patterns means; patterns are relative to the root, never to any depth."""
    spec = GitIgnoreSpec.from_lines(f"/{pattern.lstrip('/')}" for pattern in patterns)
    return set(spec.match_files(files))


def below(folders: Iterable[str], files: Sequence[str]) -> list[str]:
    """The files inside any of the folders."""
    starts = tuple(f"{folder.rstrip('/')}/" for folder in folders)
    return [file for file in files if file.startswith(starts)]
