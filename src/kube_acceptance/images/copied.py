"""A copy of what an image is built from, in a folder of its own, to be changed and built there."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.images.source import ImageSource, context_files

TIME = 981_173_106  # 2001-02-03: neither now nor what a Dockerfile sets
OWNER = 12345
FOLDER_MODE, FILE_MODE, PROGRAM_MODE = 0o700, 0o600, 0o700


def copied(source: ImageSource, folder: Path, *, name: str) -> ImageSource:
    """Copy the Dockerfile, its ignore file and the files that the build sees to a folder.

    The copies have a time, modes and, where this process may say so, an owner that no checkout gives them: none of that
    is content.

    Args:
        source: What is copied.
        folder: Where to; it must be empty.
        name: What the image that is built from the copy is called.
    """
    context = folder / "context"
    context.mkdir()
    for path in context_files(source):
        _copy(source.context / path, context / path)
    ignore = source.dockerfile.with_name(f"{source.dockerfile.name}.dockerignore")
    if not ignore.is_file():
        ignore = source.context / ".dockerignore"
    dockerfile = folder / source.dockerfile.name
    shutil.copyfile(source.dockerfile, dockerfile)
    if ignore.is_file():
        shutil.copyfile(ignore, folder / f"{dockerfile.name}.dockerignore")
    for parent, folders, files in os.walk(context, topdown=False):
        for each in (*folders, *files):
            _disguise(Path(parent) / each)
    _disguise(context)
    return replace(source, name=name, dockerfile=dockerfile, context=context)


def append(source: ImageSource, file: str, text: str) -> None:
    """Put lines at the end of a file of a copy.

    Raises:
        ConfigurationError: There is no such file.
    """
    path = _path(source, file)
    before = path.read_text(encoding="utf-8")
    separator = "" if before.endswith("\n") or not before else "\n"
    path.write_text(f"{before}{separator}{text.rstrip()}\n", encoding="utf-8")


def substitute(source: ImageSource, file: str, words: str, by: str) -> None:
    """Replace words in a file of a copy, wherever they stand.

    Raises:
        ConfigurationError: There is no such file, or the words are not in it, so nothing would change.
    """
    path = _path(source, file)
    before = path.read_text(encoding="utf-8")
    if words not in before or words == by:
        raise ConfigurationError(f'"{words}" is not in {file} of {source.name}, so nothing changes', hint="Correct it.")
    path.write_text(before.replace(words, by), encoding="utf-8")


def merge(source: ImageSource, file: str, change: Mapping[str, Any]) -> None:
    """Merge an object into a JSON file of a copy (RFC 7396).

    Raises:
        ConfigurationError: There is no such file, it is not JSON, or it says all of that already.
    """
    path = _path(source, file)
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"{file} of {source.name} is not JSON: {error}") from error
    after = _merged(before, change)
    if after == before:
        raise ConfigurationError(f"{file} of {source.name} says all of that already, so nothing changes")
    path.write_text(json.dumps(after, indent=2) + "\n", encoding="utf-8")


def _merged(target: Any, change: Any) -> Any:
    if not isinstance(change, Mapping):
        return change
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged


def _path(source: ImageSource, file: str) -> Path:
    if file not in context_files(source) or not (source.context / file).is_file():
        raise ConfigurationError(f"The build of {source.name} sees no file {file}, so a change of it says nothing")
    return source.context / file


def _copy(origin: Path, copy: Path) -> None:
    if origin.is_dir() and not origin.is_symlink():
        copy.mkdir(parents=True, exist_ok=True)
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(origin, copy, follow_symlinks=False)


def _disguise(path: Path) -> None:
    status = path.lstat()
    if not stat.S_ISLNK(status.st_mode):
        runnable = PROGRAM_MODE if status.st_mode & stat.S_IXUSR else FILE_MODE
        path.chmod(FOLDER_MODE if path.is_dir() else runnable)
    if os.geteuid() == 0:
        os.chown(path, OWNER, OWNER, follow_symlinks=False)
    os.utime(path, (TIME, TIME), follow_symlinks=False)
