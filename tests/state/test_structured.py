"""Logs that programs read, and the lines that tell of one request."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.state import logs
from kube_acceptance.state.logs import Line
from kube_acceptance.state.structured import Form, Telling, must_be_told, unstructured

FORM = Form("web", "app", ("time", "level"))


def line(component: str = "web", container: str = "app", text: str = "", **fields: Any) -> Line:
    return Line("web-1", text or json.dumps(fields), container, component)


GOOD = line(time="now", level="INFO")


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([GOOD], []),
        ([], ["container app of the web has written no line, so nothing was checked of it"]),
        (
            [GOOD, line("db", "server", time="now")],
            ["container server of the db has written lines, and nothing is said of their fields"],
        ),
        (
            [GOOD, line(text="hello")],
            ["container app of the web has written a line that is no JSON object: pod web-1: hello"],
        ),
        ([line(text="[1]")], ["container app of the web has written a line that is no JSON object: pod web-1: [1]"]),
        (
            [line(level="info", time="")],
            ['container app of the web has written a line without time: pod web-1: {"level": "info", "time": ""}'],
        ),
        (
            [line(time="now", level="loud")],
            [
                "container app of the web has written a line of the level 'loud', which is none: "
                'pod web-1: {"time": "now", "level": "loud"}'
            ],
        ),
    ],
)
def test_lines_that_programs_cannot_read(found: list[Line], says: list[str]) -> None:
    assert list(unstructured(found, [FORM])) == says


def test_what_a_container_wrote_before_it_was_started_anew_counts() -> None:
    said = {False: "now\n", True: "before\x85still\n\n"}
    status = Object(name="app", restart_count=1)
    container = Object(name="app")
    pod = Object(
        metadata=Object(name="web-1", labels={"app.kubernetes.io/component": "web"}),
        spec=Object(init_containers=None, containers=[container]),
        status=Object(init_container_statuses=None, container_statuses=[status]),
    )
    release: Any = Object(pods=lambda component: [pod], logs=lambda *_, lines, previous: said[previous])
    assert [each.text for each in logs.lines(release)] == ["before\x85still", "now"]
    status.restart_count = 0
    assert logs.lines(release) == [Line("web-1", "now", "app", "web")]


TELLING = Telling("id", "method", "path", "status")
TOLD = line(id="7", method="GET", path="/a", status=200)


def answer(**headers: str) -> Any:
    request = Object(method="GET", path_url="/a")
    return Object(headers=headers, request=request, status_code=200, url="http://shop/a")


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([], "0 lines of web tell of the request 7, not 1"),
        ([TOLD, TOLD], "2 lines of web tell of the request 7, not 1"),
        ([line(id="7", message="half way")], "0 lines of web tell of the request 7, not 1"),
        (
            [line(id="7", method="GET", path="/b", status=200)],
            "web says ('GET', '/b', 200) of the request 7, which was ('GET', '/a', 200)",
        ),
    ],
)
def test_a_request_that_a_log_does_not_tell_of(found: list[Line], says: str) -> None:
    with pytest.raises(AcceptanceError, match=f"(?m)^{re.escape(says)}$"):
        must_be_told({"web": found}, {"web": TELLING}, answer(Id="7"), "Id")


def test_a_request_that_is_told_of_once() -> None:
    found = [TOLD, line(id="7", message="half way"), line(text="noise")]
    assert must_be_told({"web": found}, {"web": TELLING}, answer(Id="7"), "Id") == "7"


def test_an_answer_without_an_id() -> None:
    with pytest.raises(AcceptanceError, match=r"^the answer to GET http://shop/a has no header Id, so nothing was "):
        must_be_told({}, {}, answer(), "Id")
