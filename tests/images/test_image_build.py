from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from docker.errors import APIError
from filelock import BaseFileLock, FileLock
from image_archives import Engine, Image

from kube_acceptance.errors import AcceptanceError, ConfigurationError, ImageError, MachineError, ToolError
from kube_acceptance.images import CONTENT_LABEL, BuiltImage, ImageSource, base_images, build, content_tag
from kube_acceptance.images.dockerfile import Dockerfile
from kube_acceptance.images.failure import explain

TEXT = """\
FROM alpine:3.23 AS build
ARG REVISION
RUN --mount=type=secret,id=ca,target=/ca true
RUN echo one; \\
  exit 3
"""
FAILED = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
#4 [build 1/3] FROM docker.io/library/alpine:3.23
#4 CACHED
#5 [build 3/3] RUN echo one;   exit 3
#5 0.100 npm error code E404
#5 0.100 npm error 404 Not Found: nosuchpackage
#5 0.200 npm error A complete log of this run can be found in: /root/.npm/_logs
#5 0.300 bye
#5 ERROR: {}
------
 > [build 3/3] RUN echo one;   exit 3:
------
ERROR: failed to solve: {}
"""
OLD_EXIT = "executor failed running [/bin/sh -c echo one;   exit 3]: exit code: 3"
NEW_EXIT = 'process "/bin/sh -c echo one;   exit 3" did not complete successfully: exit code: 3'


@pytest.fixture
def source(tmp_path: Path) -> ImageSource:
    (tmp_path / "app").mkdir()
    (tmp_path / "Dockerfile").write_text(TEXT)
    return ImageSource("app", tmp_path / "Dockerfile", tmp_path / "app", {"COLOUR": "red"})


@pytest.fixture
def engine() -> Any:
    return Engine({"alpine:3.23": Image("sha256:alpine")})


def expected_tag(source: ImageSource) -> str:
    return content_tag(source, bases={"alpine:3.23": "sha256:alpine"})


def said_of(output: str, text: str = TEXT) -> AcceptanceError:
    return explain(output.splitlines(), image="app", dockerfile=Dockerfile(Path("docker/Dockerfile"), text))


def test_an_image_that_is_there_is_not_built(
    source: ImageSource, engine: Any, fake_docker: Callable[[str], Path]
) -> None:
    log = fake_docker("echo called > $LOG")
    tag = expected_tag(source)
    engine.known[f"app:{tag}"] = Image("sha256:done", {CONTENT_LABEL: tag})
    image = build(source, client=engine)
    assert (image.name, image.reference, image.image_id, image.built) == ("app", f"app:{tag}", "sha256:done", False)
    assert not log.exists()


def test_a_tag_without_its_label_is_not_believed(
    source: ImageSource, engine: Any, fake_docker: Callable[[str], Path], tmp_path: Path
) -> None:
    log = fake_docker('printf "%s\\n" "$DOCKER_BUILDKIT" "$@" > $LOG')
    tag = expected_tag(source)
    engine.known[f"app:{tag}"] = Image("sha256:someone-elses")
    (tmp_path / "ca.pem").write_text("ca")
    with pytest.raises(ImageError) as caught:
        build(
            source,
            client=engine,
            secrets={"ca": tmp_path / "ca.pem", "npm": tmp_path / "absent"},
            ambient_args={"REVISION": "abc", "CREATED": "now", "COLOUR": "blue"},
            platform="",
        )
    assert caught.value.summary == f"docker build succeeded, but app:{tag} is not in Docker's images"
    assert log.read_text().splitlines() == [
        *("1", "build", "--progress", "plain", "--file", str(source.dockerfile), "--tag", f"app:{tag}"),
        *("--label", f"{CONTENT_LABEL}={tag}", "--build-arg", "REVISION=abc", "--build-arg", "COLOUR=red"),
        *("--secret", f"id=ca,src={tmp_path}/ca.pem", str(source.context)),
    ]


def test_a_build_that_succeeds(
    source: ImageSource, engine: Any, fake_docker: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = expected_tag(source)
    log = fake_docker("echo built > $LOG")
    plain = engine.get

    def get(reference: str) -> Image:
        return (
            Image("sha256:new", {CONTENT_LABEL: tag})
            if log.exists() and reference == f"app:{tag}"
            else plain(reference)
        )

    monkeypatch.setattr(engine, "get", get)
    image = build(source, client=engine)
    assert (image.image_id, image.built) == ("sha256:new", True)


def test_a_build_without_the_cache_makes_again_what_is_there(
    source: ImageSource, engine: Any, fake_docker: Callable[[str], Path]
) -> None:
    log = fake_docker('printf "%s\\n" "$@" > $LOG; echo "#1 [1/1] FROM scratch"; echo "#1 CACHED"')
    tag = expected_tag(source)
    engine.known[f"app:{tag}"] = Image("sha256:done", {CONTENT_LABEL: tag})
    lines: list[str] = []
    image = build(source, client=engine, cached=False, heard=lines.append)
    assert (image.image_id, image.built) == ("sha256:done", True)
    assert lines == ["#1 [1/1] FROM scratch", "#1 CACHED"]
    assert log.read_text().splitlines()[:3] == ["build", "--no-cache", "--progress"]


@pytest.fixture
def other_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[BaseFileLock]:
    """A build of another run, which is over when it is released."""
    monkeypatch.setenv("KUBE_ACCEPTANCE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    with FileLock(tmp_path / "cache" / "build.lock") as lock:
        yield lock


@pytest.fixture
def build_after(
    source: ImageSource, engine: Any, other_build: BaseFileLock, capsys: pytest.CaptureFixture[str]
) -> Callable[..., BuiltImage]:
    """Builds while another build is not over; what happens meanwhile happens when this one waits for its turn."""

    def built(meanwhile: Callable[[], None], **options: Any) -> BuiltImage:
        with ThreadPoolExecutor(1) as pool:
            building = pool.submit(build, source, client=engine, **options)
            try:
                while "is built when another build is over" not in (said := capsys.readouterr().err):
                    assert not building.done(), said
                meanwhile()
            finally:
                other_build.release()
            return building.result(30)

    return built


def test_builds_take_turns(
    source: ImageSource, engine: Any, fake_docker: Callable[[str], Path], build_after: Callable[..., BuiltImage]
) -> None:
    log = fake_docker("echo built >> $LOG")
    engine.known[f"app:{expected_tag(source)}"] = Image("sha256:done", {CONTENT_LABEL: expected_tag(source)})

    def not_yet() -> None:
        assert not log.exists()

    assert build_after(not_yet, may_stay=lambda labels: False).built
    assert log.read_text() == "built\n"


def test_what_another_run_has_built_meanwhile_is_not_built_again(
    source: ImageSource, engine: Any, fake_docker: Callable[[str], Path], build_after: Callable[..., BuiltImage]
) -> None:
    log = fake_docker("echo built >> $LOG")
    theirs = Image("sha256:theirs", {CONTENT_LABEL: expected_tag(source)})
    image = build_after(lambda: engine.known.update({f"app:{expected_tag(source)}": theirs}))
    assert (image.image_id, image.built, log.exists()) == ("sha256:theirs", False, False)


def test_a_context_that_changes_meanwhile(source: ImageSource, engine: Any, fake_docker: Callable[[str], Path]) -> None:
    fake_docker(f"echo more > {source.context}/new")
    tag = expected_tag(source)
    with pytest.raises(ImageError) as caught:
        build(source, client=engine)
    assert str(caught.value) == (
        f"The files of app changed while it was built, so app:{tag} is not what its tag says\n"
        "Run again when nothing writes to the build context."
    )


def test_a_failing_build_is_explained(source: ImageSource, engine: Any, fake_docker: Callable[[str], Path]) -> None:
    fake_docker(f"cat <<'LOG'\n{FAILED.format(OLD_EXIT, OLD_EXIT)}LOG\nexit 1\n")
    with pytest.raises(ImageError) as caught:
        build(source, client=engine)
    assert caught.value.summary == (
        f"app cannot be built: {source.dockerfile} line 4: RUN echo one; exit 3 ended with exit code 3: "
        "npm error 404 Not Found: nosuchpackage"
    )


def test_a_build_that_does_not_end(source: ImageSource, engine: Any, fake_docker: Callable[[str], Path]) -> None:
    fake_docker("echo still at it; exec sleep 60")
    with pytest.raises(ImageError) as caught:
        build(source, client=engine, timeout=0.3)
    assert str(caught.value) == "docker build did not end within 0.3 seconds\n  still at it"


def test_no_docker_command(source: ImageSource, engine: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError) as caught:
        build(source, client=engine)
    assert str(caught.value) == "docker is not installed\nInstall the docker command with its buildx plugin."


def test_a_secret_without_a_file(source: ImageSource, engine: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        build(source, client=engine, secrets={"ca": tmp_path / "absent"})
    assert str(caught.value) == f"The secret file {tmp_path}/absent for building app is missing"


def test_a_base_that_is_nowhere(source: ImageSource, engine: Any) -> None:
    engine.known.clear()
    engine.pull_answer = '{"status": "Pulling"}\n{"error": "no route to host"}\n'
    with pytest.raises(ImageError) as caught:
        base_images(source, client=engine)
    assert engine.pulled == ["alpine:3.23"]
    assert str(caught.value) == (
        f"app cannot be built: {source.dockerfile}: base image alpine:3.23 is neither on this machine nor can it be "
        "pulled: no route to host\nCorrect the reference, or load the image with `docker load`."
    )


def test_a_base_that_is_pulled(source: ImageSource, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    image = engine.known.pop("alpine:3.23")
    monkeypatch.setattr(engine, "pull", lambda reference, platform: engine.known.update({reference: image}) or "")
    assert base_images(source, client=engine) == {"alpine:3.23": "sha256:alpine"}


def test_docker_that_does_not_answer(source: ImageSource, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> None:
        raise requests.ConnectionError("no such socket")

    monkeypatch.setattr(engine, "get", refuse)
    with pytest.raises(MachineError) as caught:
        build(source, client=engine)
    assert str(caught.value) == (
        "Docker does not answer while looking for the base image alpine:3.23\n"
        "Start Docker (and let this user reach its socket), then run again.\n  no such socket"
    )


@pytest.mark.parametrize(
    ("explanation", "kind", "said"),
    [
        ("server is busy", ImageError, "Docker failed while looking for the base image alpine:3.23: server is busy"),
        (
            "write: no space left on device",
            MachineError,
            "No space is left on the disk while looking for the base image alpine:3.23",
        ),
    ],
)
def test_docker_that_refuses(
    source: ImageSource, engine: Any, monkeypatch: pytest.MonkeyPatch, explanation: str, kind: type, said: str
) -> None:
    def refuse(_: str) -> None:
        raise APIError("500", explanation=explanation)

    monkeypatch.setattr(engine, "get", refuse)
    with pytest.raises(kind) as caught:
        build(source, client=engine)
    assert caught.value.summary == said


@pytest.mark.parametrize("exit_line", [OLD_EXIT, NEW_EXIT])
def test_the_failing_commands_own_last_complaint(exit_line: str) -> None:
    error = said_of(FAILED.format(exit_line, exit_line))
    assert error.summary == (
        "app cannot be built: docker/Dockerfile line 4: RUN echo one; exit 3 ended with exit code 3: "
        "npm error 404 Not Found: nosuchpackage"
    )
    assert len(error.details) == 14
    assert error.details[-1] == f"ERROR: failed to solve: {exit_line}"


def test_a_command_that_says_nothing_and_a_step_whose_line_is_not_known() -> None:
    output = (
        '#5 [build 2/3] COPY "a b" /\n#6 [ 4/9] RUN false\n#6 ERROR: executor failed running [false]: exit code: 1\n'
    )
    assert said_of(output).summary == (
        "app cannot be built: docker/Dockerfile step 4/9: RUN false ended with exit code 1: it said nothing"
    )


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (
            '#6 [2/2] COPY missing.txt /\n#6 ERROR: "/missing.txt" not found: not found\n'
            'ERROR: failed to solve: failed to compute cache key: "/missing.txt" not found: not found\n',
            "app cannot be built: docker/Dockerfile line 2: COPY missing.txt / failed: "
            '"/missing.txt" not found: not found',
        ),
        (
            "#3 [internal] load metadata for docker.io/library/nothere:1\n#3 ERROR: no such host\n",
            "app cannot be built: docker/Dockerfile: base image docker.io/library/nothere:1 is neither on this machine "
            "nor can it be pulled: no such host",
        ),
        (
            "ERROR: failed to solve: rpc error: code = Unknown desc = failed to solve with frontend dockerfile.v0: "
            "failed to create LLB definition: dockerfile parse error line 2: unknown instruction: RUNN\n",
            "app cannot be built: docker/Dockerfile line 2: unknown instruction: RUNN",
        ),
        (
            "ERROR: failed to solve: dockerfile parse error on line 7: unknown instruction: RUNN (did you mean RUN?)\n",
            "app cannot be built: docker/Dockerfile line 7: unknown instruction: RUNN (did you mean RUN?)",
        ),
        ("ERROR: no builder is selected\n", "app cannot be built: docker/Dockerfile: no builder is selected"),
        ("killed\n\n", "app cannot be built: docker/Dockerfile: killed"),
        ("", "app cannot be built: docker/Dockerfile: no output"),
        (
            "ERROR: Cannot connect to the Docker daemon at unix:///nope. Is the docker daemon running?\n",
            "Docker does not answer while building app",
        ),
        (
            "#6 [2/2] RUN cp a b\nERROR: failed to receive status: rpc error: code = Unavailable desc = "
            "error reading from server: EOF\n",
            "Docker ended while building app",
        ),
        (
            "#6 [2/2] RUN cp a b\n#6 0.1 cp: b: No space left on device\n#6 ERROR: executor failed: exit code: 1\n",
            "No space is left on the disk while building app (docker/Dockerfile line 3)",
        ),
    ],
)
def test_causes(output: str, said: str) -> None:
    assert said_of(output, "FROM alpine\nCOPY missing.txt /\nRUN cp a b\n").summary == said


def test_answers_that_are_not_json_are_passed_over(source: ImageSource, engine: Any) -> None:
    engine.known.clear()
    engine.pull_answer = "words\n" + json.dumps({"status": "done"})
    with pytest.raises(ImageError) as caught:
        base_images(source, client=engine)
    assert caught.value.summary.endswith("nor can it be pulled: No such image: alpine:3.23")


def test_an_image_that_may_not_stay_is_built_again(
    source: ImageSource, engine: Any, fake_docker: Callable[[str], Path]
) -> None:
    log = fake_docker("echo called > $LOG")
    tag = expected_tag(source)
    labels = {CONTENT_LABEL: tag, "revision": "old"}
    engine.known[f"app:{tag}"] = Image("sha256:done", labels)
    asked: list[Any] = []
    assert build(source, client=engine, may_stay=lambda found: bool(asked.append(found))).built
    assert asked == [labels, labels]  # before its turn and in it
    assert log.read_text() == "called\n"
