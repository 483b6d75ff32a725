from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kube_acceptance.trace import check_headers, load, project_files

Write = Callable[..., Path]


def headers(root: Path) -> list[str]:
    return [str(finding) for finding in check_headers(load(root), project_files(root), ["docker", "chart"])]


def test_files_that_git_would_ignore_are_not_the_projects(write: Write) -> None:
    root = write(
        files={
            ".git/config": "",
            ".gitignore": "node_modules/\n/build/\n*.log\n",
            "build/x": "",
            "app/build/x": "",
            "app/node_modules/a/b.js": "",
            "app/.gitignore": "/out\n!keep.log\n",
            "app/out": "",
            "app/keep.log": "",
            "lose.log": "",
        }
    )
    assert [file for file in project_files(root) if not file.endswith(".md")] == [
        ".gitignore",
        "app/.gitignore",
        "app/build/x",
        "app/keep.log",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# Task: T-201\nFROM x\n",
        "#!/bin/sh\n# Task: T-201\n",
        "{{- /* Task: T-201 */ -}}\n",
        '{\n  "$comment": "Task: T-201",\n  "type": "object"\n}\n',
    ],
)
def test_a_file_that_names_the_task_that_lists_it(write: Write, text: str) -> None:
    assert headers(write(files={"docker/file": text})) == []


def test_several_tasks_and_generated_files(write: Write) -> None:
    tasks = {"Files: scan/**": "Files: docker/**"}
    root = write(tasks=tasks, files={"docker/a": "# Tasks: T-201, T-202\n", "docker/packages.lock": "x\n"})
    assert headers(root) == []


@pytest.mark.parametrize("text", ["FROM x\n", "\n" * 5 + "# Task: T-201\n", "# Task: later\n"])
def test_a_file_that_names_no_task(write: Write, text: str) -> None:
    assert headers(write(files={"docker/Dockerfile": text})) == [
        'docker/Dockerfile:1: the file names no task; write "Task: T-201" into its first 5 lines'
    ]


def test_a_file_that_no_task_lists_and_that_names_none(write: Write) -> None:
    assert headers(write(files={"chart/Chart.yaml": "name: x\n"})) == [
        'chart/Chart.yaml:1: the file names no task; write "Task: T-…" into its first 5 lines'
    ]


def test_a_file_that_names_an_unknown_task(write: Write) -> None:
    assert headers(write(files={"docker/Dockerfile": "# Task: T-201 T-211\n"})) == [
        "docker/Dockerfile:1: the file names T-211, which tasks.md does not have; did you mean T-201?"
    ]


def test_a_file_and_the_tasks_disagree(write: Write) -> None:
    assert headers(write(files={"docker/Dockerfile": "# Task: T-202\n"})) == [
        "docker/Dockerfile:1: the file names T-202, which does not list it (tasks.md:7); add it there",
        "tasks.md:3: T-201 lists docker/Dockerfile, which does not name T-201 in its first lines",
    ]
