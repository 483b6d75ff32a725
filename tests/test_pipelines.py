"""The action for GitHub and the job for GitLab: by the published schemas, and what their scripts do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
JOB = yaml.safe_load((ROOT / "docs/gitlab-ci.yml").read_text())["acceptance"]
STEPS: dict[str, Any] = {step["id"]: step for step in ACTION["runs"]["steps"] if "id" in step}
[WORKFLOW] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/pipelines.md").read_text(), flags=re.S)
INNER = re.search(r"bash -euc '\n(.*)'$", JOB["script"][0].strip(), flags=re.S)


# ---- by their schemas


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("vendor.github-actions", (ROOT / "action.yml").read_text()),
        ("vendor.github-workflows", WORKFLOW),
        ("vendor.github-workflows", (ROOT / ".github/workflows/nightly.yml").read_text()),
        ("vendor.gitlab-ci", (ROOT / "docs/gitlab-ci.yml").read_text()),
    ],
)
def test_it_is_valid(schema: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "file.yml").write_text(text)
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(tmp_path / "file.yml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "ok -- validation done\n"), done.stdout + done.stderr


def test_the_action_names_nothing_that_there_is_not() -> None:
    text = (ROOT / "action.yml").read_text()
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    outputs = {
        (name, output)
        for name, step in STEPS.items()
        for output in re.findall(r'(\w+)=\S.*"?$', step.get("run", ""), flags=re.M)
    } | {("images", "cache-matched-key")}
    assert set(re.findall(r"steps\.(\w+)\.outputs\.([\w-]+)", text)) <= outputs


def test_the_document_names_every_input_and_output() -> None:
    document = (ROOT / "docs/pipelines.md").read_text()
    assert [name for name in (*ACTION["inputs"], *ACTION["outputs"]) if f"`{name}`" not in document] == []


def test_the_workflow_gives_inputs_that_there_are() -> None:
    *_, step = yaml.safe_load(WORKFLOW)["jobs"]["acceptance"]["steps"]
    assert step["with"].keys() <= ACTION["inputs"].keys()


def test_the_versions_are_those_of_the_project() -> None:
    [version] = re.findall(r"^UV_VERSION := (.+)$", (ROOT / "Makefile").read_text(), flags=re.M)
    assert f"uv=={version}" in STEPS["install"]["run"]


def scripts() -> Iterator[tuple[str, str, str]]:
    yield from ((name, "bash", step["run"]) for name, step in STEPS.items() if "run" in step)
    yield from ((f"gitlab {number}", "sh", line) for number, line in enumerate(JOB["before_script"] + JOB["script"]))
    assert INNER
    yield "gitlab inside", "bash", INNER[1]


@pytest.mark.parametrize(("shell", "text"), [pytest.param(*rest, id=name) for name, *rest in scripts()])
def test_shellcheck_finds_nothing(shell: str, text: str) -> None:
    program = Path(sys.executable).with_name("shellcheck")
    # the script for the inner shell is in single quotes on purpose
    words = [program, f"--shell={shell}", "--exclude=SC2016", "-"]
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    assert done.stdout == ""


# ---- what their scripts do


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder `bin` of programs that write down what they were called with, and `output`, the step's."""
    for name in ("pytest", "kube-acceptance", "uv", "pip", "python", "git", "docker"):
        does(tmp_path, name, "")
    (tmp_path / "output").touch()
    return tmp_path


def does(place: Path, name: str, script: str) -> None:
    (place / "bin").mkdir(exist_ok=True)
    program = place / "bin" / name
    program.write_text(f'#!/bin/bash\necho "{name} $*" >>{place}/said\n{script}\n')
    program.chmod(0o755)


def run(place: Path, text: str, **variables: str) -> tuple[int, str]:
    """Run a script as GitHub does; its exit status and what it printed."""
    usual = {"PATH": f"{place}/bin:/usr/bin:/bin", "GITHUB_OUTPUT": f"{place}/output", "ENVIRONMENT": str(place)}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text],
        env={**usual, **variables},
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def outputs(place: Path) -> Mapping[str, str]:
    return dict(line.split("=", 1) for line in (place / "output").read_text().splitlines())


SUITE = {"FEATURES": "features/", "IMAGES": "kept images", "OPTIONS": "-n 2 -m 'not slow'"}


@pytest.mark.parametrize("status", [0, 1, 5])
def test_the_action_ends_as_pytest_does(place: Path, status: int) -> None:
    does(place, "pytest", f'echo "$PYTEST_ADDOPTS"; exit {status}')
    does(
        place, "kube-acceptance", r'[ $1 != settings ] || printf "release\tshop\tdefault\nreports\tout/a b\tdefault\n"'
    )
    ended, said = run(place, STEPS["run"]["run"], **SUITE, PYTEST_ADDOPTS="--color=yes")
    assert (ended, said) == (status, "--color=yes -n 2 -m 'not slow'\n")
    assert outputs(place) == {"reports": f"{place}/out/a b", "status": str(status)}
    assert (place / "said").read_text().splitlines() == [
        "kube-acceptance settings",
        "kube-acceptance images --load kept images",
        "pytest features/",
    ]


def test_it_runs_the_suite_whatever_becomes_of_kept_images(place: Path) -> None:
    does(place, "kube-acceptance", "echo 'error: no' >&2; exit 1")
    ended, said = run(place, STEPS["run"]["run"], **SUITE)
    assert ended == 0
    assert said.splitlines() == [
        "error: no",
        "::warning::kept images could not be used (see above); they are built",
    ]
    assert outputs(place) == {"status": "0"}


def test_it_says_what_is_kept(place: Path) -> None:
    does(place, "kube-acceptance", 'mkdir -p "$3" && touch "$3/0123.tar"')
    assert run(place, STEPS["keep"]["run"], **SUITE)[0] == 0
    assert outputs(place) == {"content": "0123"}


def test_nothing_to_keep_does_not_fail_the_job(place: Path) -> None:
    does(place, "kube-acceptance", "exit 1")
    assert run(place, STEPS["keep"]["run"], **SUITE)[0] == 0
    assert outputs(place) == {}


def test_it_installs_its_own_commit(place: Path) -> None:
    variables = {"GITHUB_ACTION_PATH": "/the action", "INSTALL": "-r more.txt"}
    assert run(place, STEPS["install"]["run"], **variables)[0] == 0
    assert (place / "said").read_text().splitlines()[2:] == [
        f"uv pip install --quiet --python {place}/bin/python --constraint /the action/requirements.lock /the action",
        f"uv pip install --quiet --python {place}/bin/python -r more.txt",
    ]


def test_packages_and_tools_are_kept_by_their_pins(place: Path) -> None:
    variables = {"GITHUB_ACTION_PATH": str(ROOT), "TEMPORARY": "/tmp/of the runner"}
    assert run(place, STEPS["places"]["run"], **variables)[0] == 0
    found = outputs(place)
    assert found.keys() == {"environment", "images", "pins"}
    assert found["images"] == "/tmp/of the runner/kube-acceptance-images"
    assert re.fullmatch("[0-9a-f]{16}", found["pins"])


@pytest.mark.parametrize("status", [0, 1, 4])
def test_the_job_ends_as_pytest_does(place: Path, status: int) -> None:
    does(place, "pytest", f"exit {status}")
    does(place, "kube-acceptance", "exit 1")
    assert INNER
    ended, _ = run(place, INNER[1], HARNESS="shop.whl")
    assert ended == status
    assert [line for line in (place / "said").read_text().splitlines() if not line.startswith(("git", "pip"))] == [
        "uv pip install --quiet --system --link-mode copy shop.whl",
        "kube-acceptance images --load .kept/images",
        "pytest features/",
        "kube-acceptance images --save .kept/images",
    ]


def test_the_job_hands_on_what_the_container_ended_with(place: Path) -> None:
    does(place, "docker", 'echo "${@: -3}" >>inner; exit 3')
    variables = {"CI_PROJECT_DIR": "/builds/shop", "OPTIONS": "-m 'not slow'"}
    assert run(place, JOB["script"][0], **variables)[0] == 3
    assert INNER
    assert (place / "inner").read_text() == f"bash -euc \n{INNER[1]}\n"
    assert "--env PYTEST_ADDOPTS=-m 'not slow' " in (place / "said").read_text()


# ---- what they rely on


def test_what_is_said_to_pytest_by_its_variable_counts(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\ntestpaths = ["features"]\n')
    (pytester.mkdir("features") / "a.feature").write_text(
        "Feature: A\n  @static\n  Scenario: One\n    Then it works\n"
        "  @static @slow\n  Scenario: Two\n    Then it works\n"
    )
    pytester.makeconftest('from pytest_bdd import then\n\n@then("it works")\ndef works():\n    pass\n')
    env = {**os.environ, "PYTEST_ADDOPTS": "--title='A shop' -m 'not slow'", "KUBE_ACCEPTANCE_REPORTS": "out"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "features/"], cwd=pytester.path, env=env, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode()
    told = json.loads((pytester.path / "out/run.json").read_text())
    assert (told["title"], told["left_out"]) == ("A shop", 1)
