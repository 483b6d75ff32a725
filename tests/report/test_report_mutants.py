"""The last round of mutants, in page and summary: what the suite notices, and what it does not."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from every_status import NASTY, NOON
from markdown_it import MarkdownIt
from report_project import CONFTEST, Project
from rounds import result

from kube_acceptance.mutation.history import FILE, Entry, History
from kube_acceptance.mutation.score import Result, Score
from kube_acceptance.report import Requirement, Run, anew, render, summary
from kube_acceptance.report.anew import write_anew
from kube_acceptance.report.html import trust
from kube_acceptance.report.model import Feature, Scenario
from kube_acceptance.report.mutants import Mutants, read

BEGAN = datetime(2026, 1, 23, 9, 0, tzinfo=UTC)
WHO = Scenario(
    id="a.feature::Nothing",
    uri="a.feature",
    line=3,
    name="A stranger reaches nothing",
    status="passed",
    requirements=["REQ-1"],
)


a_result = partial(result, when=BEGAN)


def a_round(*results: Result, earlier: tuple[Entry, ...] = (), **changes: Any) -> Mutants:
    count = len(results)
    given = {"began": BEGAN, "derived": count, "planned": count, "results": list(results), "seconds": 372, **changes}
    return Mutants(Score.model_validate(given), earlier)


def every_fate(text: str = "text", **changes: Any) -> Mutants:
    """A round in which everything became of a mutant that can, and says `text` wherever it can."""
    excused = {"equivalent": text, "until": BEGAN.date()}
    said = {"seen": text, "requirements": ["REQ-1", text]}
    words = {"operator": text, "object": text, "takes_away": text, "unnoticed": text, "concern": text}
    before = Entry(
        **{"began": BEGAN - timedelta(days=1), "commit": text, "chosen": text, "killed": 1, "counted": 4},
        **{"survived": 3, "equivalent": 0, "invalid": 0, "judged": 4, "planned": 5, "derived": 9},
    )
    return a_round(
        a_result("a", "killed", scenario=WHO.id, **said, **words),
        a_result("b", "killed", scenario=f"{text}::gone", **said),
        a_result("c", **said, **words),
        a_result("d", "killed elsewhere", scenario=WHO.id, **said),
        a_result("e", "timed out", **said),
        a_result("f", "invalid", **said),
        a_result("g", **excused, **said),
        a_result("h", **{**excused, "until": date(2026, 1, 1)}),
        earlier=(before,),
        **{"commit": text, "chosen": text, "derived": 20, "planned": 9, **changes},
    )


def a_run(**changes: Any) -> Run:
    given = {
        "title": "Tea",
        "started": NOON,
        "finished": NOON,
        "command": "pytest features",
        "features": [Feature(uri="a.feature", name="Tea", scenarios=[WHO])],
        "requirements": [Requirement(id="REQ-1", title="Only friends", scenarios=[WHO.id], outcome="passed")],
        **changes,
    }
    return Run.model_validate(given)


def parsed(page: str) -> Element:
    """The page as a tree; anything that is not well-formed raises."""
    tree: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    return tree


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def section(tree: Element, name: str = "mutants") -> Element:
    (found,) = [each for each in tree.iter("section") if each.get("aria-labelledby") == name]
    return found


@pytest.fixture(params=["text", NASTY], ids=["harmless", "nasty"])
def tree(request: pytest.FixtureRequest) -> Element:
    return parsed(render(a_run(), mutants=every_fate(request.param)))


def test_every_reference_has_its_target_and_every_name_is_unique(tree: Element) -> None:
    names = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(names) == len(set(names))
    links = [element.get("href") or "" for element in section(tree).iter("a")]
    assert {link for link in links if not link.startswith("#")} == {"mutation.json"}
    assert [link for link in links if link.startswith("#") and link[1:] not in names] == []
    for element in tree.iter():
        if label := element.get("aria-labelledby"):
            assert label in names


def test_headings_stand_in_order_and_pictures_are_never_alone(tree: Element) -> None:
    part = section(tree)
    assert [text_of(each) for each in part.iter() if re.fullmatch("h[1-6]", str(each.tag))] == [
        "Mutants",
        "What nobody notices",
        "Red for another reason",
        "Not in time",
        "Never deployed",
        "Equivalent",
        "By requirement",
        "By object",
        "Who noticed what",
        "Rounds before",
    ]
    assert {each.get("aria-hidden") for each in part.iter("{http://www.w3.org/2000/svg}svg")} == {"true"}


def test_what_a_round_contains_is_only_text() -> None:
    page = render(a_run(), mutants=every_fate(NASTY))
    assert page.count("<script>") == 1
    assert "<img" not in page


def test_the_score_and_what_was_left_out_stand_first() -> None:
    said = text_of(section(parsed(render(a_run(environment={"Commit": "5555555"}), mutants=every_fate("1234567")))))
    assert (
        "2 killed 2 survived 1 killed elsewhere 1 timed out 1 invalid 1 equivalent "
        "2 of 6 mutants were killed (33 %); 2 survived, 1 was killed elsewhere and 1 timed out. "
        "1 equivalent and 1 invalid do not count. "
        "Only 9 of 20 mutants took part: 1234567. The round was interrupted: 1 has no verdict. "
        "The round began on 23 January 2026, 09:00 UTC and took 6 min 12 s, of commit 1234567. "
        "The run on this page is of another commit. All of it: mutation.json"
    ) in said


@pytest.mark.parametrize(("run", "round_"), [("", "1"), ("1", ""), ("1", "1")])
def test_a_commit_that_is_not_known_to_be_another_is_not_called_so(run: str, round_: str) -> None:
    page = render(a_run(environment={"Commit": run} if run else {}), mutants=a_round(a_result("a"), commit=round_))
    assert "another commit" not in page


def test_each_survivor_is_a_sentence_and_an_excuse_has_its_end() -> None:
    found = a_round(
        a_result("b", requirements=["REQ-1"], unnoticed="the shop may connect to any address"),
        a_result("a", concern="probe", unnoticed="the till gets requests before it is ready"),
        a_result("c", equivalent="nothing listens", until=date(2026, 1, 1)),
        a_result("d", equivalent="nobody calls it", until=date(2026, 3, 1)),
    )
    tree = parsed(render(a_run(), mutants=found))
    assert [text_of(each) for each in section(tree, "mutants-survived").iter("li")] == [
        "Nothing notices that the shop may connect to any address. REQ-1 kube-acceptance mutate policy-removed.b",
        "Nothing notices that anybody may connect to c. It counted as equivalent until 2026-01-01, which has passed: "
        "nothing listens kube-acceptance mutate policy-removed.c",
        "Nothing notices that the till gets requests before it is ready. kube-acceptance mutate policy-removed.a",
    ]
    assert [text_of(each) for each in section(tree, "mutants-equivalent").iter("li")] == [
        "Nothing notices that anybody may connect to d. Equivalent until 2026-03-01: nobody calls it "
        "kube-acceptance mutate policy-removed.d"
    ]


def rows(part: Element) -> list[list[str]]:
    return [[text_of(cell) for cell in row] for body in part.iter("tbody") for row in body.iter("tr")]


def test_requirements_and_objects_have_a_share_each() -> None:
    found = a_round(
        a_result("a", "killed", requirements=["REQ-1"], object="Deployment a"),
        a_result("b", requirements=["REQ-1", "REQ-2"], object="Deployment a"),
        a_result("c", "timed out", object="Service c"),
        a_result("d", "invalid", requirements=["REQ-3"], object="Service d"),
    )
    tree = parsed(render(a_run(), mutants=found))
    assert rows(section(tree, "mutants-requirements")) == [
        ["REQ-1 Only friends", "1 of 2", "50 %", "survived: without NetworkPolicy b"],
        ["REQ-2", "0 of 1", "0 %", "survived: without NetworkPolicy b"],
    ]
    assert rows(section(tree, "mutants-objects")) == [
        ["Deployment a", "1 of 2", "50 %", "survived: without NetworkPolicy b"],
        ["Service c", "0 of 1", "0 %", "timed out: without NetworkPolicy c"],
    ]
    links = [each.get("href") for each in section(tree, "mutants-requirements").iter("a")]
    assert links == ["#requirement-req-1", "#mutant-policy-removed-b", "#mutant-policy-removed-b"]


def test_who_noticed_leads_to_the_scenario() -> None:
    found = a_round(
        a_result("a", "killed", scenario="b.feature::Gone", seen="a is open"),
        a_result("b", "killed", scenario=WHO.id, seen="b is open"),
        a_result("c", "killed", scenario=WHO.id, seen="c is open"),
    )
    part = section(parsed(render(a_run(), mutants=found)), "mutants-noticed")
    assert [text_of(each) for each in part.iter("details")] == [
        "A stranger reaches nothing 2 See the scenario "
        "Without NetworkPolicy b: b is open kube-acceptance mutate policy-removed.b "
        "Without NetworkPolicy c: c is open kube-acceptance mutate policy-removed.c",
        "b.feature::Gone 1 Without NetworkPolicy a: a is open kube-acceptance mutate policy-removed.a",
    ]
    assert [each.get("href") for each in part.iter("a")] == ["#a-feature-nothing"]


def test_many_survivors_are_folded() -> None:
    part = section(parsed(render(a_run(), mutants=a_round(*(a_result(f"{at:02}") for at in range(30))))))
    (more,) = section(part, "mutants-survived").iter("details")
    assert text_of(more).startswith("The other 5 Nothing notices that anybody may connect to 25.")


def test_rounds_before_show_where_it_goes() -> None:
    tree = parsed(render(a_run(), mutants=every_fate("1234567")))
    assert rows(section(tree, "mutants-rounds")) == [
        ["23 January 2026, 09:00 UTC the round above", "2 of 6", "33 %", "2", "1234567", "1234567, interrupted"],
        ["22 January 2026, 09:00 UTC", "1 of 4", "25 %", "3", "1234567", "1234567, interrupted"],
    ]
    assert "mutants-rounds" not in render(a_run(), mutants=a_round(a_result("a")))


@pytest.mark.parametrize(
    ("mutants", "answer"),
    [
        (None, []),
        (a_round(a_result("a", "killed")), [("passed", "1 of 1 mutants were killed, 100 %.")]),
        (a_round(a_result("a")), [("passed in part", "0 of 1 mutants were killed, 0 %.")]),
        (
            a_round(a_result("a", "killed"), derived=2, chosen="policy-*"),
            [("incomplete", "1 of 1 mutants were killed, 100 %; only 1 of 2 took part.")],
        ),
        (
            a_round(a_result("a", "killed"), chosen="only static scenarios"),
            [("incomplete", "1 of 1 mutants were killed, 100 %; the round was limited: only static scenarios.")],
        ),
        (
            a_round(a_result("a", "invalid")),
            [("nothing proved", "No mutant was judged that counts.")],
        ),
        (
            a_round(a_result("a"), a_result("b", "killed"), planned=3),
            [("incomplete", "1 of 2 mutants were killed, 50 %; the round was interrupted.")],
        ),
    ],
)
def test_the_banner_says_whether_it_would_notice(mutants: Mutants | None, answer: list[tuple[str, str]]) -> None:
    found = [(each.status, each.answer) for each in trust(a_run(), mutants) if each.question == "Would it notice?"]
    assert found == answer


def test_without_a_round_there_is_no_such_section(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    assert "mutants" not in re.sub(r"<style>.*?</style>", "", render(a_run()), flags=re.DOTALL)
    summary.write(a_run(), tmp_path)
    assert "Mutants" not in (tmp_path / "summary.md").read_text()


def test_the_summary_says_what_nobody_notices(tmp_path: Path) -> None:
    found = a_round(
        a_result("a", "killed"),
        a_result("b"),
        a_result("c", equivalent="nobody calls it", until=date(2026, 1, 1)),
        a_result("d", "killed elsewhere", seen="no route"),
    )
    found.score.write(tmp_path)
    summary.write(a_run(), tmp_path)
    assert (tmp_path / "summary.md").read_text().partition("### Mutants\n")[2] == (
        "\n"
        "1 of 4 mutants were killed (25 &#37;); 2 survived and 1 was killed elsewhere.\n"
        "\n"
        "- **survived** Nothing notices that anybody may connect to b.\n"
        "  <br>` kube-acceptance mutate policy-removed.b `\n"
        "- **survived** Nothing notices that anybody may connect to c.\n"
        "  <br>` kube-acceptance mutate policy-removed.c `\n"
        "  <br>It counted as equivalent until 2026-01-01, which has passed: nobody calls it\n"
        "- **killed elsewhere** Without NetworkPolicy d, something went red for another reason: no route\n"
        "  <br>` kube-acceptance mutate policy-removed.d `\n"
    )


def test_nothing_in_a_round_breaks_the_summary(tmp_path: Path) -> None:
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

    def shape(text: str) -> list[str]:
        every_fate(text).score.write(tmp_path)
        summary.write(a_run(), tmp_path)
        return re.findall(r"</?[a-z0-9]+", markdown.render((tmp_path / "summary.md").read_text()))

    assert shape(NASTY) == shape("harmless")


def test_pages_of_a_run_that_is_over_learn_of_the_mutants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = tmp_path / "job.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
    folder = tmp_path / "reports"
    found = a_round(a_result("a"))
    found.score.write(folder)
    History(folder / FILE).add(found.score)
    (folder / "run.json").write_text(a_run().model_dump_json())
    (folder / "junit.xml").write_text("")
    assert write_anew(folder)
    page = (folder / "living-documentation.html").read_text()
    assert page == render(a_run(), ["junit.xml", "summary.md"], found)
    assert "### Mutants\n" in (folder / "summary.md").read_text()
    assert job.read_text() == (
        "### Mutants\n\n0 of 1 mutant was killed (0 &#37;); 1 survived.\n\n"
        "- **survived** Nothing notices that anybody may connect to a.\n"
        "  <br>` kube-acceptance mutate policy-removed.a `\n\n"
    )


def test_without_a_run_only_the_job_learns_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(anew, "progress", said.append)
    job = tmp_path / "job.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
    folder = tmp_path / "reports"
    a_round(a_result("a")).score.write(folder)
    assert not write_anew(folder)
    (folder / "run.json").write_text("{}")
    assert not write_anew(folder)
    assert job.read_text().count("### Mutants") == 2
    assert [file.name for file in folder.glob("*.html")] == []
    assert said == [f"{folder}/run.json: it is damaged or of another version, so its pages stay as they are"]


def test_a_run_shows_the_round_that_its_folder_tells_of(project: Project, pytester: pytest.Pytester) -> None:
    told = CONFTEST.replace('title="Tea",', 'title="Tea", mutants=read,')
    pytester.makeconftest(f"from kube_acceptance.report.mutants import read\n{told}")
    project.feature("Feature: Tea\n  Scenario: Hot\n    Given water\n")
    a_round(a_result("a")).score.write(project.reports)
    project.pytest()
    assert "Nothing notices that anybody may connect to a." in project.html


@pytest.mark.parametrize("first", ["mutation.score", "mutation", "report.mutants", "report", "report.summary"])
def test_whatever_is_imported_first(first: str) -> None:
    subprocess.run([sys.executable, "-c", f"import kube_acceptance.{first}"], check=True)
