"""summary.md: what a reviewer must know first, in Markdown that no text of the run can break."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from every_status import NASTY, NOON, a_scenario, a_step, every_status
from markdown_it import MarkdownIt

from kube_acceptance.report import summary
from kube_acceptance.report.model import Failure, Feature, Problem, Requirement, Run, Scenario

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
EVIL = [
    NASTY,
    "1. a\n- b\n# c\n> d",
    "a | b \\| c \\\\| d",
    "```\nx\n```` y `",
    "**b** _i_ ~~s~~ [l](http://evil.example) ![i](x) <http://evil.example>",
    "&lt;b&gt; &#60;b&#62; <b>",
    "-",
    "=== --- ***",
]


def written(run: Run, folder: Path) -> str:
    summary.write(run, folder)
    return (folder / "summary.md").read_text()


def a_run(*scenarios: Scenario, **more: object) -> Run:
    feature = Feature(uri="features/tea.feature", name="Tea", scenarios=list(scenarios))
    fields = {"title": "Tea", "started": NOON, "finished": NOON + timedelta(seconds=372), "command": "pytest", **more}
    return Run.model_validate({**fields, "features": [feature]})


def test_a_green_run_is_said_in_a_few_lines(tmp_path: Path) -> None:
    passed = a_scenario("passed", "passed", a_step(("When", "it boils"), "passed", setup=0.25), requirements=["REQ-1"])
    requirements = [Requirement(id="REQ-1", title="hot", outcome="passed")]
    assert written(a_run(passed, requirements=requirements), tmp_path) == (
        "## ✅ Tea: passed\n"
        "\n"
        "The only scenario passed. It proves 1 of 1 requirement. It took 6 min 12 s.\n"
        "\n"
        "| passed |\n"
        "| --- |\n"
        "| 1 |\n"
        "\n"
        "### Slowest\n"
        "\n"
        "| scenario | took | of it, set-up |\n"
        "| --- | --- | --- |\n"
        "| passed | 2.0 s | 250 ms |\n"
    )


def test_the_worst_comes_first(tmp_path: Path) -> None:
    text = written(every_status(), tmp_path)
    assert text.startswith("## ❌ Tea &#60;")
    assert re.findall(r"^### .*", text, re.M) == [
        "### Problems of the run",
        "### Needs attention",
        "### In quarantine",
        "### Proved nothing",
        "### Slowest",
    ]
    attention = text.partition("### Needs attention")[2].partition("###")[0]
    assert re.findall(r"^- \*\*(\w+)\*\*", attention, re.M) == [
        *("failed", "failed", *["broken"] * 4, "undefined", "undefined", "pending", "flaky")
    ]
    assert (
        "| failed | broken | undefined | pending | flaky | not run | skipped | passed | left out |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| 2 | 4 | 2 | 1 | 2 | 1 | 2 | 4 | 2 |\n"
    ) in text


def shape(text: str) -> list[str]:
    """The elements that the page is made of, in order."""
    return re.findall(r"</?[a-z0-9]+", MARKDOWN.render(text))


@pytest.mark.parametrize("evil", EVIL)
def test_what_a_run_contains_is_only_text(evil: str, tmp_path: Path) -> None:
    def run(text: str) -> Run:
        failed = a_scenario("failed", "failed", failure=Failure(first_line=text), requirements=[text])
        failed.name, failed.id, failed.quarantine = text, f"a.feature::{text}", text
        problems = [Problem(where=text, failure=Failure(first_line=text))]
        return a_run(failed, title=text, problems=problems)

    assert shape(written(run(evil), tmp_path)) == shape(written(run("harmless"), tmp_path))


def test_what_a_run_contains_can_be_read(tmp_path: Path) -> None:
    failed = a_scenario("failed", "failed", failure=Failure(first_line=NASTY))
    failed.name = NASTY
    page = MARKDOWN.render(written(a_run(failed), tmp_path))
    shown = NASTY.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    assert f"<strong>failed</strong> {shown}" in page
    assert f"<code>{shown}</code>" in page


def test_addresses_in_texts_are_no_links(tmp_path: Path) -> None:
    failed = a_scenario("failed", "failed")
    failed.name = "https://evil.example www.evil.example a@evil.example"
    text = written(a_run(failed), tmp_path).partition("###")[2].partition("<br>")[0]
    assert "https&#58;//evil.example www&#46;evil.example a&#64;evil.example" in text


def test_however_much_went_wrong_the_summary_stays_small(tmp_path: Path) -> None:
    long = "x`|<" * 10_000
    scenarios = [
        a_scenario("failed", "failed", failure=Failure(first_line=long, text=long), id=f"a.feature::{number}")
        for number in range(2_000)
    ]
    text = written(a_run(*scenarios), tmp_path)
    assert "- and 1950 more\n" in text
    assert len(text.encode()) < 200_000


def test_it_is_added_to_the_summary_of_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = tmp_path / "job.md"
    job.write_text("# before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
    text = written(every_status(), tmp_path)
    assert job.read_text() == f"# before\n{text}\n"


def test_a_summary_that_is_full_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(summary, "progress", said.append)
    job = tmp_path / "job.md"
    job.write_text("x" * (1024 * 1024 - 10))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
    written(every_status(), tmp_path)
    assert job.stat().st_size == 1024 * 1024 - 10
    assert said == ["the summary of the job is full: summary.md is not added to it"]


def test_a_summary_that_cannot_be_written_to_does_not_fail_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(summary, "progress", said.append)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "gone" / "job.md"))
    written(every_status(), tmp_path)
    assert said == [
        f"summary.md is not added to the summary of the job: {tmp_path}/gone/job.md: No such file or directory"
    ]
