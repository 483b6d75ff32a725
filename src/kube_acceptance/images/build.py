"""Images built with BuildKit, and only when what goes into them changed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from docker.client import DockerClient
from docker.errors import APIError, ImageNotFound
from docker.models.images import Image
from filelock import FileLock, Timeout

from kube_acceptance.command import end, watched
from kube_acceptance.config import cache_folder
from kube_acceptance.console import progress
from kube_acceptance.errors import ConfigurationError, ImageError, ToolError
from kube_acceptance.images.dockerfile import Dockerfile
from kube_acceptance.images.engine import engine_errors
from kube_acceptance.images.failure import TITLE, explain, unpullable
from kube_acceptance.images.source import ImageSource, content_tag

CONTENT_LABEL = "kube-acceptance/content"
_PROGRESS_SECONDS = 3.0


@dataclass(frozen=True)
class BuiltImage:
    """An image that is on this machine's Docker.

    Attributes:
        name: Its name without a tag.
        reference: Its name and content tag.
        image_id: What Docker calls it (`sha256:…`): the digest of its configuration, or of its manifest where the
            engine keeps images in containerd.
        built: Whether it was built now; otherwise it was there.
        seconds: What that took.
    """

    name: str
    reference: str
    image_id: str
    built: bool
    seconds: float


def base_images(source: ImageSource, *, client: DockerClient, platform: str = "") -> dict[str, str]:
    """The image ID of each image that the Dockerfile starts from; what is not on this machine is pulled.

    Args:
        source: What is to be built.
        client: The Docker engine.
        platform: As in `linux/arm64`; empty means the engine's own.

    Raises:
        ImageError: A base is neither here nor can it be pulled.
        MachineError: Docker does not answer.
    """
    return {
        reference: _base_id(reference, source, client, platform)
        for reference in source.read_dockerfile().bases(source.build_args)
    }


def content_reference(source: ImageSource, *, client: DockerClient) -> str:
    """The name and content tag that an image would be built under; empty where a base is not on this machine.

    Args:
        source: What it is built from.
        client: The Docker engine.

    Raises:
        ImageError: The Dockerfile or the context cannot be read.
        MachineError: Docker does not answer.
    """
    bases = source.read_dockerfile().bases(source.build_args)
    with engine_errors(f"looking for the base images of {source.name}"):
        try:
            found = {base: str(client.images.get(base).id) for base in bases}
        except ImageNotFound:
            return ""
    return f"{source.name}:{content_tag(source, bases=found)}"


def present(reference: str, *, client: DockerClient) -> Image | None:
    """The image of a name and content tag, if its label confirms that the tag is not another image's.

    Raises:
        MachineError: Docker does not answer.
    """
    with engine_errors(f"looking for {reference}"):
        try:
            image = client.images.get(reference)
        except ImageNotFound:
            return None
    return image if image.labels.get(CONTENT_LABEL) == reference.rpartition(":")[2] else None


def build(
    source: ImageSource,
    *,
    client: DockerClient,
    secrets: Mapping[str, Path] | None = None,
    ambient_args: Mapping[str, str] | None = None,
    platform: str = "",
    timeout: float = 1800,
    cached: bool = True,
    heard: Callable[[str], object] = lambda line: None,
    may_stay: Callable[[Mapping[str, str]], bool] = lambda labels: True,
) -> BuiltImage:
    """Build an image under the tag of its content, unless it is there already.

    Args:
        source: What is built.
        client: The Docker engine.
        secrets: Files by secret id; the build gets those that its Dockerfile asks for.
        ambient_args: Build arguments that are not content (revision, commit time, the place of a CA bundle): they
            neither change the tag nor reach a Dockerfile that does not declare them.
        platform: As in `linux/arm64`; empty means the engine's own.
        timeout: Seconds after which the build is ended.
        cached: Whether what earlier builds made counts: otherwise every step runs, and an image that is there is made
            again.
        heard: Told each line that BuildKit says; see `build_steps`.
        may_stay: Whether an image that is there already serves, by its labels; what it is made of is the same.

    Raises:
        ImageError: The build failed; the first line names the Dockerfile, the step and the cause.
        MachineError: Docker does not answer, or the disk is full.
        ConfigurationError: A secret's file is missing.
        ToolError: The docker command is missing.
    """
    started = time.monotonic()
    dockerfile = source.read_dockerfile()
    tag = _current_tag(source, client, platform)
    reference = f"{source.name}:{tag}"

    def there() -> BuiltImage | None:
        image = present(reference, client=client) if cached else None
        if image is None or not may_stay(image.labels):
            return None
        return BuiltImage(source.name, reference, str(image.id), False, time.monotonic() - started)

    if found := there():
        return found
    given = {each: path for each, path in (secrets or {}).items() if each in dockerfile.secrets}
    if lost := [path for path in given.values() if not path.is_file()]:
        raise ConfigurationError(f"The secret file {lost[0]} for building {source.name} is missing")
    arguments = _arguments(source, dockerfile, reference, tag, given, ambient_args or {}, platform)
    if not cached:
        arguments.insert(2, "--no-cache")
    report = _reporter(source.name)

    def said(line: str) -> None:
        report(line)
        heard(line)

    with _turn(reference):
        # built by whoever was before: built again, it would be another image, and theirs would have lost its name
        if found := there():
            return found
        progress(f"building {reference}")
        output, code = _stream(arguments, timeout=timeout, said=said)
    if code:
        raise explain(output, image=source.name, dockerfile=dockerfile)
    if _current_tag(source, client, platform) != tag:
        raise ImageError(
            f"The files of {source.name} changed while it was built, so {reference} is not what its tag says",
            hint="Run again when nothing writes to the build context.",
        )
    image = present(reference, client=client)
    if image is None:
        raise ImageError(
            f"docker build succeeded, but {reference} is not in Docker's images",
            hint="Use a buildx builder of the `docker` driver: `docker buildx use default`.",
            details=output[-5:],
        )
    seconds = time.monotonic() - started
    progress(f"built {reference} in {seconds:.1f} s")
    return BuiltImage(source.name, reference, str(image.id), True, seconds)


def _current_tag(source: ImageSource, client: DockerClient, platform: str) -> str:
    bases = base_images(source, client=client, platform=platform)
    return content_tag(source, bases=bases, extra={"platform": platform} if platform else {})


def _base_id(reference: str, source: ImageSource, client: DockerClient, platform: str) -> str:
    with engine_errors(f"looking for the base image {reference}"):
        try:
            return str(client.images.get(reference).id)
        except ImageNotFound:
            progress(f"pulling {reference}")
    with engine_errors(f"pulling {reference}"):
        answer = ""
        try:
            answer = str(client.api.pull(reference, platform=platform or None))
            return str(client.images.get(reference).id)
        except APIError as error:
            # a pull that fails after it began says so in its answer only
            said = _last_error(answer) or str(error.explanation or error)
    raise ImageError(
        f"{source.name} cannot be built: {source.dockerfile}: {unpullable(reference, said)}",
        hint="Correct the reference, or load the image with `docker load`.",
    )


def _last_error(answer: str) -> str:
    errors = [json.loads(line).get("error") for line in answer.splitlines() if line.startswith("{")]
    return next((str(error) for error in reversed(errors) if error), "")


def _arguments(
    source: ImageSource,
    dockerfile: Dockerfile,
    reference: str,
    tag: str,
    secrets: Mapping[str, Path],
    ambient_args: Mapping[str, str],
    platform: str,
) -> list[str]:
    ambient = {name: value for name, value in ambient_args.items() if name in dockerfile.arguments}
    words = ["docker", "build", "--progress", "plain", "--file", str(source.dockerfile), "--tag", reference]
    words += ["--label", f"{CONTENT_LABEL}={tag}"]
    for name, value in {**ambient, **source.build_args}.items():
        words += ["--build-arg", f"{name}={value}"]
    for each, path in secrets.items():
        words += ["--secret", f"id={each},src={path}"]
    if platform:
        words += ["--platform", platform]
    return [*words, str(source.context)]


def _reporter(name: str) -> Callable[[str], None]:
    """Says which step is being built, every few seconds at most."""
    last = time.monotonic()

    def report(line: str) -> None:
        nonlocal last
        match = TITLE.match(line)
        if match and time.monotonic() - last >= _PROGRESS_SECONDS:
            last = time.monotonic()
            progress(f"building {name}: {match['place']} {match['step']}/{match['steps']} {match['text'][:60]}")

    return report


@contextlib.contextmanager
def _turn(reference: str) -> Iterator[None]:
    """One build at a time, whichever runs ask for them.

    Builds that share steps can bring the BuildKit of Docker 20.10 down when they are side by side, and Docker with it
    (https://github.com/moby/moby/issues/42414). They would also want the same processors.
    """
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "build.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        progress(f"{reference} is built when another build is over")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _stream(words: Sequence[str], *, timeout: float, said: Callable[[str], None]) -> tuple[list[str], int]:
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "DOCKER_BUILDKIT": "1"},
            start_new_session=True,
        )
    except FileNotFoundError:
        raise ToolError("docker is not installed", hint="Install the docker command with its buildx plugin.") from None
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        end(process)

    timer = threading.Timer(timeout, expire)
    timer.start()
    lines: list[str] = []
    try:
        with watched(process):
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line.rstrip())
                said(lines[-1])
            code = process.wait()
    finally:
        timer.cancel()
    if expired.is_set():
        raise ImageError(f"docker build did not end within {timeout:g} seconds", details=lines[-15:])
    return lines, code
