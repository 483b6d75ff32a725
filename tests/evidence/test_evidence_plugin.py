"""When evidence is gathered, what it is linked from, and that no process tells another one a secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import elsewhere
import fakes
import pytest

CONFTEST = """
import pytest
from fakes import PASSWORD, Release, pod
from pytest_bdd import given, then
from kube_acceptance.errors import WaitError
from kube_acceptance.plugin import session_key

@pytest.fixture(scope="session")
def release(pytestconfig):
    return Release()

@pytest.fixture(scope="session")
def broken_release(pytestconfig):
    pytestconfig.stash[session_key].focus = Release(pod("web-1", ready=False))
    raise WaitError("web is not ready")

@given("the chart is installed by hand")
def installed(release, pytestconfig):
    pytestconfig.stash[session_key].focus = release

@given("a release that never gets ready")
def never(broken_release): pass

@given("a page is open")
def open_page(page): pass

@then("all is well")
def well(): pass

@then("it tells its password")
def tells():
    print("seen:", PASSWORD)
    raise AssertionError(f"the password is {PASSWORD}")
"""

PAGE = """
import pytest
from fakes import PASSWORD
from kube_acceptance.evidence.page import Watched, watched_key

class Page:
    url = "http://web.localhost/"
    def screenshot(self, **_): return b"PNG"
    def content(self): return f"<p>{PASSWORD}</p>"

@pytest.fixture
def page(request):
    request.node.stash[watched_key] = Watched(Page(), ["it is slow"])
    return Page()
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\ntestpaths = ["features"]\naddopts = "--strict-markers"')
    pytester.makepyfile(fakes=Path(fakes.__file__).read_text())
    elsewhere.define(pytester, CONFTEST, fixtures=PAGE)
    pytester.syspathinsert()
    pytester.mkdir("features")
    return pytester


def run(project: pytest.Pytester, *scenarios: str, options: tuple[str, ...] = ()) -> dict[str, Any]:
    text = "Feature: A\n" + "".join(f"  Scenario: {number}\n    {steps}\n" for number, steps in enumerate(scenarios))
    (project.path / "features" / "a.feature").write_text(text)
    project.runpytest(*options)
    found = json.loads((project.path / "reports" / "run.json").read_text())
    return {each["name"]: each for feature in found["features"] for each in feature["scenarios"]}


def links(scenario: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["name"], each["path"]) for each in scenario["attachments"]]


INSTALLED, TELLS = "Given the chart is installed by hand", "Then it tells its password"


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_failure_leaves_evidence_and_nobody_tells_a_secret(
    project: pytest.Pytester, options: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    found = run(project, f"{INSTALLED}\n    {TELLS}", f"{INSTALLED}\n    Then all is well", options=options)
    assert links(found["0"]) == [("evidence", "evidence/a-0")]
    assert links(found["1"]) == []
    assert found["0"]["failure"]["first_line"] == "the password is [redacted]"
    assert (project.path / "reports/evidence/a-0/index.txt").read_text().startswith(
        "features/a.feature::0\n\nFailure\n  the password is [redacted]\n"
    )  # fmt: skip
    said = capfd.readouterr()
    everything = [said.out + said.err, *(file.read_text() for file in project.path.glob("reports/**/*.*"))]
    assert "seen: [redacted]" in said.out
    assert not [text for text in everything if fakes.PASSWORD in text or fakes.ENCODED.rstrip("=") in text]


def test_a_fixture_that_fails_leaves_evidence_once_for_all_who_ask_for_it(project: pytest.Pytester) -> None:
    found = run(project, *["Given a release that never gets ready"] * 2, options=("--order", "written"))
    assert [(each["status"], links(each)) for each in found.values()] == [
        ("broken", [("evidence", "evidence/a-0")]),
        ("broken", [("evidence", "evidence/a-0")]),
    ]


def test_a_fixture_that_fails_outside_of_steps_leaves_evidence(project: pytest.Pytester) -> None:
    elsewhere.define(project, CONFTEST + "\n@pytest.fixture(autouse=True)\ndef guard(broken_release): pass\n")
    found = run(project, "Then all is well")
    assert (found["0"]["status"], links(found["0"])) == ("broken", [("evidence", "evidence/a-0")])


def test_a_failed_page_is_pictured_and_told_of(project: pytest.Pytester) -> None:
    found = run(project, f"{INSTALLED}\n    Given a page is open\n    {TELLS}")
    assert links(found["0"]) == [("screenshot", "evidence/a-0/screenshot.png"), ("evidence", "evidence/a-0")]
    folder = project.path / "reports/evidence/a-0"
    assert (folder / "screenshot.png").read_text() == "PNG"
    assert (folder / "console.txt").read_text() == "it is slow"
    assert (folder / "page.html").read_text() == "<p>[redacted]</p>"
    assert "  page.html" in (folder / "index.txt").read_text()


def test_a_passed_page_has_a_picture(project: pytest.Pytester) -> None:
    found = run(project, "Given a page is open\n    Then all is well")
    assert links(found["0"]) == [("screenshot", "evidence/a-0/screenshot.png")]


def test_no_release_no_evidence(project: pytest.Pytester) -> None:
    found = run(project, f"{INSTALLED}\n    Then all is well", TELLS)
    assert links(found["1"]) == []
    assert not (project.path / "reports/evidence").exists()


def test_what_an_earlier_run_left_goes(project: pytest.Pytester) -> None:
    old = project.path / "reports/evidence/a-0/logs/old.log"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    run(project, f"{INSTALLED}\n    {TELLS}")
    assert not old.exists()
