from __future__ import annotations

import pytest

from kube_acceptance.images.build_log import BuildStep, build_steps

LOG = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s

#4 [dependencies 1/3] FROM docker.io/library/python:3.13-alpine
#4 CACHED

#5 [dependencies 2/3] COPY requirements.lock /
#5 DONE 0.1s

#6 [dependencies 3/3] RUN --mount=type=secret,id=ca pip install --target . -r /requirements.lock
#6 1.200 Collecting alembic
#7 [stage-1 2/2] COPY --from=dependencies / /
#6 [dependencies 3/3] RUN --mount=type=secret,id=ca pip install --target . -r /requirements.lock
#6 4.900 #9 DONE 77.0s
#6 DONE 5.2s

#8 exporting to image
#8 DONE 0.5s
"""


def test_steps_are_told_with_their_seconds() -> None:
    assert build_steps(LOG.splitlines()) == [
        BuildStep("dependencies 1/3", "FROM docker.io/library/python:3.13-alpine", True, 0),
        BuildStep("dependencies 2/3", "COPY requirements.lock /", False, 0.1),
        BuildStep(
            "dependencies 3/3", "RUN --mount=type=secret,id=ca pip install --target . -r /requirements.lock", False, 5.2
        ),
        BuildStep("stage-1 2/2", "COPY --from=dependencies / /", False, 0),
    ]


def test_a_build_that_said_nothing_has_no_steps() -> None:
    assert build_steps([]) == []


@pytest.mark.parametrize(
    ("text", "program", "runs"),
    [
        ("RUN --mount=type=cache npm ci --no-audit", "npm ci", True),
        ("RUN true && npm ci", "npm ci", True),
        ("RUN npm cit", "npm ci", False),
        ("RUN pnpm ci", "npm ci", False),
        ("COPY npm ci", "npm ci", False),
    ],
)
def test_the_program_of_a_step(text: str, program: str, runs: bool) -> None:
    assert BuildStep("1/1", text, False, 1).runs(program) is runs
