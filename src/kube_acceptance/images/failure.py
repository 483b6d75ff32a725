"""Why an image build failed, told from what BuildKit printed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kube_acceptance.errors import AcceptanceError, ImageError, MachineError
from kube_acceptance.images.dockerfile import Dockerfile
from kube_acceptance.images.engine import FREE_SPACE, NOT_RUNNING, START_DOCKER, full_disk

GONE = "code = Unavailable desc = error reading from server"
"""What the docker command says when the engine's end of their connection is closed amid a build."""

TITLE = re.compile(r"^#(?P<id>\d+) \[(?P<place>[^\]]*?)\s*(?P<step>\d+)/(?P<steps>\d+)\] (?P<text>.+)$")
_OUTPUT = re.compile(r"^#(?P<id>\d+) \d+\.\d+ (?P<text>.*)$")
_FAILED = re.compile(r"^#(?P<id>\d+) ERROR: (?P<text>.*)$")
_LAST_WORD = re.compile(r"^ERROR: (?:failed to solve: )?(?P<text>.*)$")
_EXIT = re.compile(r"exit code: (\d+)")
_PULL = re.compile(r"^#(?P<id>\d+) (?:\[internal\] load metadata for|FROM) (?P<reference>\S+)$")
_SYNTAX = re.compile(r"dockerfile parse error (?:on )?line (\d+): (.+)$", re.IGNORECASE)
_WRAPPERS = re.compile(
    r"^(?:rpc error: code = \w+ desc = |failed to solve with frontend \S+: |failed to create LLB definition: "
    r"|failed to compute cache key: |failed to solve: |executor failed running \[.*\]: )+"
)
_COMPLAINT = re.compile(
    r"error|fatal|fail|cannot|can't|could not|unable|not found|no such|denied|refused|missing|invalid|unknown"
    r"|no space left|timed? ?out|killed",
    re.IGNORECASE,
)
_NOT_THE_CAUSE = re.compile(r"complete log of this run|^\[notice\]|exit code: \d+$|^(npm|yarn) (err!|error)\s*$", re.I)

DETAILS = 15
_STEP_LENGTH = 80


def explain(output: Sequence[str], *, image: str, dockerfile: Dockerfile) -> AcceptanceError:
    """The error that says what made a build fail, its likely cause first.

    Args:
        output: All lines that `docker build --progress plain` printed.
        image: The name of the image.
        dockerfile: What was built.
    """
    details = [line for line in output if line.strip()][-DETAILS:]
    everything = "\n".join(output)
    if "Cannot connect to the Docker daemon" in everything:
        return MachineError(f"{NOT_RUNNING} while building {image}", hint=START_DOCKER, details=details)
    if GONE in everything:
        return MachineError(f"Docker ended while building {image}", hint=START_DOCKER, details=details)
    where, cause = _cause(output, dockerfile)
    if full_disk(everything):
        return MachineError(
            f"No space is left on the disk while building {image} ({where})", hint=FREE_SPACE, details=details
        )
    return ImageError(f"{image} cannot be built: {where}{cause}", details=details)


def _cause(output: Sequence[str], dockerfile: Dockerfile) -> tuple[str, str]:
    """Where it failed and why: the second part begins with its own separator."""
    titles = {match["id"]: match for line in output if (match := TITLE.match(line))}
    pulls = {match["id"]: match["reference"] for line in output if (match := _PULL.match(line))}
    failed = next((match for line in output if (match := _FAILED.match(line))), None)
    if failed and failed["id"] in pulls:
        return str(dockerfile.path), f": {unpullable(pulls[failed['id']], _bare(failed['text']))}"
    if failed and (title := titles.get(failed["id"])):
        line = dockerfile.line_of(title["text"])
        step = f"step {title['place']} {title['step']}/{title['steps']}".replace("  ", " ")
        where = f"{dockerfile.path} line {line}" if line else f"{dockerfile.path} {step}"
        said = [match["text"] for each in output if (match := _OUTPUT.match(each)) and match["id"] == failed["id"]]
        code = _EXIT.search(failed["text"])
        how = f" ended with exit code {code[1]}" if code else " failed"
        return where, f": {_short(title['text'])}{how}: {_complaint(said) if code else _bare(failed['text'])}"
    last = [match["text"] for line in output if (match := _LAST_WORD.match(line))]
    said_last = _bare(last[-1]) if last else next((line for line in reversed(output) if line.strip()), "no output")
    if syntax := _SYNTAX.search(said_last):
        return f"{dockerfile.path} line {syntax[1]}", f": {syntax[2]}"
    return str(dockerfile.path), f": {said_last}"


def unpullable(reference: str, said: str) -> str:
    """The sentence for a base image that is nowhere to be had; `said` is what the registry or the network answered."""
    return f"base image {reference} is neither on this machine nor can it be pulled: {said}"


def _complaint(said: Sequence[str]) -> str:
    """The line that most likely names the cause: the last that sounds like an error, else the last one."""
    lines = [line.strip() for line in said if line.strip() and not _NOT_THE_CAUSE.search(line.strip())]
    return next(
        (line for line in reversed(lines) if _COMPLAINT.search(line)), lines[-1] if lines else "it said nothing"
    )


def _bare(text: str) -> str:
    return _WRAPPERS.sub("", text)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _STEP_LENGTH else line[: _STEP_LENGTH - 1] + "…"
