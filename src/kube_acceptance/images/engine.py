"""Docker's own failures, told as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from docker.errors import APIError, DockerException

from kube_acceptance.errors import AcceptanceError, ImageError, MachineError

NOT_RUNNING = "Docker does not answer"
START_DOCKER = "Start Docker (and let this user reach its socket), then run again."
FREE_SPACE = "Free some (`docker system df` shows what takes it), then run again."


@contextmanager
def engine_errors(doing: str) -> Iterator[None]:
    """Turn what the docker SDK raises into one sentence; `doing` completes "while …".

    Raises:
        MachineError: Docker does not answer, or the disk is full.
        ImageError: Docker refused.
    """
    try:
        yield
    except APIError as error:
        said = str(error.explanation or error)
        raise no_space(doing) if full_disk(said) else ImageError(f"Docker failed while {doing}: {said}") from error
    except (requests.RequestException, DockerException) as error:
        raise MachineError(f"{NOT_RUNNING} while {doing}", hint=START_DOCKER, details=[str(error)]) from error


def full_disk(said: str) -> bool:
    """Whether a message is about a disk without space."""
    return "no space left on device" in said.lower()


def no_space(doing: str) -> AcceptanceError:
    """The error for a full disk; `doing` completes "while …"."""
    return MachineError(f"No space is left on the disk while {doing}", hint=FREE_SPACE)
