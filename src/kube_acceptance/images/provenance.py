"""Where an image comes from: what its labels are to say, and whether they say the truth.

An image is built again only when its content changes, so it may come from an earlier commit than the newest one; then
it must have the same content there. What is not committed has no revision: it is marked as such.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from kube_acceptance import command
from kube_acceptance.images.finding import Finding, some
from kube_acceptance.images.settings import COMMIT, PREFIX
from kube_acceptance.images.source import ImageSource, context_files

REVISION = f"{PREFIX}revision"
DIRTY = "-dirty"  # after a commit: there were changes besides, as `git describe` marks them
_ASKED_WITHIN = 30.0  # seconds
_CREDENTIALS = re.compile(r"^(\w+(?:\+\w+)?://)[^/@]*@")
_SCP = re.compile(r"^(?:[\w.-]+@)?([\w.-]+):(?!//)(.+)$")


def provenance(root: Path, revision: str = "HEAD", *, source: str = "") -> dict[str, str]:
    """Build arguments that say where an image comes from: sources, commit and its time; none outside of a repository.

    Args:
        root: A folder of the repository.
        revision: What is built.
        source: Where the code is published. Where nobody says it and the clone has no remote, the sources are named by
            the commit itself, as ISO/IEC 18670 (SWHID) does.
    """
    try:
        commit, created = _git(root, "log", "-1", "--format=%H %cI", revision, "--").split()
    except (command.CommandError, ValueError):
        return {}
    return {"SOURCE": source or _remote(root) or f"swh:1:rev:{commit}", "REVISION": commit, "CREATED": created}


def marked(root: Path, source: ImageSource, told: Mapping[str, str]) -> dict[str, str]:
    """What `provenance` told, its revision marked where the source's files are not those of that commit."""
    if "REVISION" not in told:
        return dict(told)
    return {**told, "REVISION": told["REVISION"] + (DIRTY if changed_since(root, source, told["REVISION"]) else "")}


def changed_since(root: Path, source: ImageSource, commit: str) -> list[str]:
    """The files that go into an image and are not as they were at a commit, by their paths in the repository.

    Raises:
        CommandError: The repository has no such commit.
    """
    top = Path(_git(root, "rev-parse", "--show-toplevel").strip())
    ignore = source.dockerfile.with_name(source.dockerfile.name + ".dockerignore")
    files = [source.dockerfile, ignore, *(source.context / name for name in context_files(source))]
    built = {os.path.relpath(file.absolute(), top) for file in files if file.is_symlink() or file.is_file()}
    # a mutant's Dockerfile is no file of the repository
    elsewhere = {path for path in built if path.startswith("..")}
    folders = {os.path.relpath(path.absolute(), top) for path in (source.dockerfile, ignore, source.context)}
    places = sorted(path for path in folders if not path.startswith(".."))
    # both list paths from the top of the repository, without quotes
    said = _git(top, "diff", "--name-status", "--no-renames", "-z", commit, "--", *places).split("\0")
    differing = dict(zip(said[1::2], said[::2], strict=False))
    tracked = set(_git(top, "ls-files", "-z", "--", *places).split("\0"))
    # what is gone cannot be asked whether the build would have seen it
    gone_or_built = {path for path, how in differing.items() if how == "D" or path in built}
    return sorted(gone_or_built | (built - tracked) | elsewhere)


def still_true(root: Path, source: ImageSource, revision: str, now: str) -> bool:
    """Whether an image that is there may stay for what would be built now, by its label `revision`.

    Args:
        root: A folder of the repository.
        source: What it is built from.
        revision: What the label says.
        now: What the label of an image built now would say.
    """
    if not now or revision == now:
        return True
    if revision.endswith(DIRTY):
        return now.endswith(DIRTY)  # of the same content, whatever was committed since
    return revision_finding(root, source, revision).ok


def revision_finding(root: Path, source: ImageSource, revision: str) -> Finding:
    """Whether an image's label `revision` tells the truth: there is such a commit, with the content that was built."""
    commit = revision.removesuffix(DIRTY)
    if not COMMIT.fullmatch(commit):
        return Finding("revision", False, f"its revision is {revision or 'unknown'}, no commit; build it in a clone")
    try:
        changed = changed_since(root, source, commit)
    except command.CommandError:
        return Finding("revision", False, f"its revision {commit} is no commit of this repository; build it again")
    if revision.endswith(DIRTY):
        said = f"it is built from {commit} and from what was not committed then: {some(changed) or 'committed since'}"
        return Finding("revision", True, said)
    if changed:
        said = f"its revision is {commit}, but {some(changed)} is another one there; build it again"
        return Finding("revision", False, said)
    return Finding("revision", True, f"it has the content of {commit}")


def _remote(root: Path) -> str:
    """The address of the clone's origin as a URL without credentials; empty without one, or where it is a folder."""
    try:
        said = _git(root, "remote", "get-url", "origin").strip()
    except command.CommandError:
        return ""
    if "://" not in said and (match := _SCP.match(said)):
        said = f"ssh://{match[1]}/{match[2].lstrip('/')}"
    return _CREDENTIALS.sub(r"\1", said) if re.match(r"(?:https?|ssh|git(?:\+ssh)?)://", said) else ""


def _git(folder: Path, *words: str) -> str:
    return command.run(["git", *words], timeout=_ASKED_WITHIN, cwd=folder).stdout
