"""The page: well-formed, complete in itself, honest at a glance, and safe whatever a run contains."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import unquote
from xml.etree.ElementTree import Element

import html5lib
import pytest

from kube_acceptance.report import Requirement, Run, Task, render
from kube_acceptance.report.html import duration, reach, sentence, trust
from kube_acceptance.report.model import (
    STATUSES,
    Attachment,
    Failure,
    Feature,
    Past,
    Problem,
    Rule,
    Scenario,
    ScenarioStatus,
    Step,
    StepStatus,
    Wait,
)

NOON = datetime(2026, 1, 24, 12, 0, tzinfo=UTC)
NASTY = """<script>alert("x")</script> & 'https://evil.example/x.js' </style> {{ 7 * 7 }}"""


def a_scenario(name: str, status: ScenarioStatus, **more: object) -> Scenario:
    fields = {"id": f"a.feature::{name}", "uri": "a.feature", "line": 1, "name": name, "status": status, **more}
    return Scenario.model_validate(fields)


def a_run(*scenarios: Scenario, **more: object) -> Run:
    feature = Feature(uri="a.feature", name="Tea", scenarios=list(scenarios))
    fields = {
        "title": "Tea",
        "started": NOON,
        "finished": NOON + timedelta(seconds=372),
        "command": "pytest features",
        "features": [feature] if scenarios else [],
        **more,
    }
    return Run.model_validate(fields)


def everything(text: str = "text") -> Run:
    """A run in which each part of the page has something to show, and says `text` wherever it can."""
    failure = Failure(first_line=text, details=text, text=text)

    def a_step(status: StepStatus, **more: object) -> Step:
        said = {"keyword": "Given", "text": text, "line": 3, "facts": [text], "where": text, "docstring": text}
        return Step.model_validate({**said, "status": status, **more})

    steps = [
        a_step("passed", duration=2, setup=1, datatable=[[text, text], [text, text]], background=True),
        a_step("failed", duration=1, waits=[Wait(what=text, seconds=119, budget=120)]),
        a_step("not run"),
    ]
    failed = a_scenario(
        text,
        "failed",
        description=text,
        tags=[text],
        requirements=[text],
        example={text: "1"},
        steps=steps,
        failure=failure,
        duration=3,
        facts=[text],
        attachments=[
            Attachment(name=text, path=f"evidence/{text}", bytes=1234),
            Attachment(name=text, path=f"evidence/{text}.png", bytes=1234),
        ],
        worker=text,
    )
    flaky = a_scenario("flaky", "flaky", quarantine=text, earlier=[failed.model_copy(update={"id": "earlier"})])
    undefined = a_scenario("undefined", "undefined", steps=[a_step("undefined", suggestion=text)])
    pending = a_scenario("pending", "pending", reason=text, steps=[a_step("pending")])
    broken = a_scenario("broken", "broken", rule=text, failure=failure)
    skipped = a_scenario(
        "skipped", "skipped", reason=text, steps=[Step(keyword="*", text="x", line=1, status="skipped")]
    )
    proved = [a_scenario("idle", "not run"), a_scenario("done", "passed")]
    scenarios = [failed, undefined, broken, pending, flaky, skipped, *proved]
    results = [Past(run=NOON - timedelta(days=day), status=status, seconds=day) for day, status in enumerate(STATUSES)]
    requirement = Requirement(
        id=text,
        title=text,
        chapter=text,
        behaviour=text,
        due=text,
        clauses=[text],
        tasks=[Task(id=text, title=text, files=[text])],
        scenarios=[failed.id],
        outcome="failed",
    )
    return a_run(
        title=text,
        command=text,
        environment={text: text},
        features=[
            Feature(
                uri=text,
                name=text,
                description=text,
                tags=[text],
                background=[Step(keyword="Given", text=text, line=2)],
                rules=[Rule(name=text, description=text)],
                scenarios=scenarios,
            )
        ],
        requirements=[
            requirement,
            Requirement(id="REQ-2", title="idle"),
            Requirement(id="REQ-3", title="later", status="not yet covered", outcome="not yet covered"),
        ],
        problems=[Problem(where=text, failure=failure)],
        past={failed.id: results, text: results},
    )


PAGES = {
    "everything": everything(),
    "nasty": everything(NASTY),
    "green": a_run(a_scenario("one", "passed", steps=[Step(keyword="Given", text="x", line=1, status="passed")])),
    "nothing": a_run(),
}


def parsed(page: str) -> Element:
    """The page as a tree; anything that is not well-formed raises."""
    tree: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    return tree


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


@pytest.fixture(params=list(PAGES))
def tree(request: pytest.FixtureRequest) -> Element:
    return parsed(render(PAGES[request.param]))


def test_nothing_is_loaded_from_elsewhere(tree: Element) -> None:
    for element in tree.iter():
        for name, value in element.attrib.items():
            if name == "src":
                assert element.tag == "img"
                assert value.startswith("evidence/")
            elif name in ("srcset", "action", "data", "poster", "style", "background"):
                pytest.fail(f"<{element.tag} {name}={value!r}>")
            if name in ("href", "{http://www.w3.org/1999/xlink}href"):
                assert re.match(r"#|run\.json$|evidence/", value), value
            assert not name.startswith("on")
    for css in tree.iter("style"):
        assert not re.search(r"url\(|@import", css.text or "")
    assert not list(tree.iter("link"))


def test_only_our_own_style_and_script_may_run(tree: Element) -> None:
    (policy,) = [meta.get("content") or "" for meta in tree.iter("meta") if meta.get("http-equiv")]
    (style,) = tree.iter("style")
    (script,) = tree.iter("script")

    def digest(element: Element) -> str:
        return base64.b64encode(hashlib.sha256((element.text or "").encode()).digest()).decode()

    assert policy.split("; ") == [
        "default-src 'none'",
        "img-src 'self' file:",
        f"style-src 'sha256-{digest(style)}'",
        f"script-src 'sha256-{digest(script)}'",
    ]


def test_every_reference_has_its_target_and_every_name_is_unique(tree: Element) -> None:
    names = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(names) == len(set(names))
    for element in tree.iter():
        href = element.get("href") or element.get("{http://www.w3.org/1999/xlink}href") or ""
        if href.startswith("#"):
            assert unquote(href[1:]) in names
        if label := element.get("aria-labelledby"):
            assert label in names


def test_the_page_has_landmarks_and_headings_in_order(tree: Element) -> None:
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(list(tree.iter(landmark))) == 1
    levels = [int(element.tag[1]) for element in tree.iter() if re.fullmatch(r"h[1-6]", str(element.tag))]
    assert all(deeper - level <= 1 for level, deeper in pairwise(levels))
    assert (tree.get("lang"), text_of(next(tree.iter("title"))).split(":")[0]) == (
        "en",
        next(text_of(element) for element in tree.iter("strong")),
    )


def test_every_icon_has_words_beside_it(tree: Element) -> None:
    for icon in tree.iter("{http://www.w3.org/2000/svg}svg"):
        assert icon.get("aria-hidden") == "true"
    for step in tree.iter("li"):
        if (step.get("class") or "").startswith("step ") and step.get("class") not in ("step", "step "):
            assert [text_of(part) for part in step.iter("span") if part.get("class") == "unseen"]


def test_what_a_run_contains_is_only_text() -> None:
    page = render(everything(NASTY))
    assert page.count("<script>") == 1
    assert page.count("</style>") == 1
    assert text_of(next(parsed(page).iter("h1"))) == NASTY


def test_quoted_values_are_set_apart_and_stay_as_they_are() -> None:
    step = Step(keyword="Given", text='the "<b>" and "it\'s" stay', line=1, status="passed")
    page = parsed(render(a_run(a_scenario("one", "passed", steps=[step]))))
    assert [text_of(part) for part in page.iter("span") if part.get("class") == "value"] == ['"<b>"', '"it\'s"']
    assert 'the "<b>" and "it\'s" stay' in text_of(page)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (a_run(), "No scenario ran."),
        (a_run(left_out=3), "No scenario ran; 3 were left out."),
        (a_run(a_scenario("1", "passed"), left_out=1), "1 of 1 scenario passed; 1 was left out."),
        (a_run(a_scenario("1", "passed")), "The only scenario passed."),
        (a_run(a_scenario("1", "passed"), a_scenario("2", "passed")), "All 2 scenarios passed."),
        (a_run(a_scenario("1", "skipped")), "0 of 1 scenario passed; 1 was skipped."),
        (
            a_run(*(a_scenario(str(number), "failed") for number in range(3)), a_scenario("4", "broken")),
            "0 of 4 scenarios passed; 3 failed, 1 is broken.",
        ),
        (
            a_run(a_scenario("1", "undefined"), a_scenario("2", "pending"), *(a_scenario(n, "flaky") for n in "34")),
            "0 of 4 scenarios passed; 1 is undefined, 1 is pending, 2 are flaky.",
        ),
        (
            a_run(
                a_scenario("1", "passed"),
                a_scenario("2", "not run"),
                problems=[Problem(where="x", failure=Failure(first_line="y"))],
            ),
            "1 of 2 scenarios passed; 1 did not run. 1 problem kept the run from being whole.",
        ),
    ],
)
def test_sentence(run: Run, said: str) -> None:
    assert sentence(run) == said
    assert said in text_of(parsed(render(run)))


def test_reach_says_what_is_not_covered() -> None:
    requirements = [
        Requirement(id="1", title="", outcome="passed"),
        Requirement(id="2", title="", outcome="not in this run"),
        Requirement(id="3", title="", status="not yet covered", outcome="not yet covered"),
    ]
    assert reach(requirements) == "It proves 1 of 3 requirements; for 1 there is no scenario yet."
    requirements.append(Requirement(id="4", title="", outcome="passed in part"))
    assert reach(requirements) == "It proves 1 of 4 requirements, and 1 in part; for 1 there is no scenario yet."
    assert reach(requirements[:1]) == "It proves 1 of 1 requirement."


def test_failures_come_first_and_the_same_trouble_once() -> None:
    failure = Failure(first_line='Set-up failed in "cluster": no Docker')
    run = a_run(
        a_scenario("good", "passed"),
        a_scenario("one", "broken", failure=failure),
        a_scenario("two", "broken", failure=failure),
        a_scenario("three", "failed", failure=Failure(first_line="no tea")),
    )
    main = next(parsed(render(run)).iter("main"))
    assert [text_of(heading) for heading in main.iter("h2")] == [
        "Needs attention",
        "Features",
        "Time",
        "Over time",
    ]
    troubles = [text_of(article) for article in main.iter("article")]
    assert troubles == ["failed no tea three", 'broken Set-up failed in "cluster": no Docker one two']


def test_a_green_run_has_nothing_that_needs_attention() -> None:
    page = parsed(render(PAGES["green"]))
    assert [text_of(heading) for heading in page.iter("h2")] == ["Features", "Time", "Over time", "Keys"]
    assert not list(page.iter("article"))


def test_the_contents_show_the_worst_of_each_feature() -> None:
    run = a_run(a_scenario("good", "passed"), a_scenario("bad", "failed"), a_scenario("idle", "skipped"))
    nav = next(parsed(render(run)).iter("nav"))
    assert "failed: Tea" in text_of(nav)


def test_only_what_went_wrong_is_open() -> None:
    page = parsed(render(PAGES["everything"]))
    scenarios = [each for each in page.iter("details") if (each.get("class") or "").startswith("scenario")]
    assert [(each.get("data-status"), each.get("open") is not None) for each in scenarios] == [
        ("failed", True),
        ("undefined", True),
        ("broken", True),
        ("pending", True),
        ("flaky", False),
        ("skipped", False),
        ("not run", False),
        ("passed", False),
    ]


def test_what_needs_attention_stands_from_worst_to_best() -> None:
    main = next(parsed(render(PAGES["everything"])).iter("main"))
    (attention,) = [each for each in main.iter("section") if each.get("aria-labelledby") == "attention"]
    assert [text_of(heading) for heading in attention.iter("h3")] == [
        "Failed",
        "Problems around the scenarios",
        "No verdict: set-up or clean-up broke",
        "Steps without a definition",
        "Steps that are not written yet",
        "Passed only when repeated",
        "Not proved by this run",
    ]


def test_many_scenarios_with_the_same_trouble_are_folded() -> None:
    failure = Failure(first_line="no Docker")
    run = a_run(*(a_scenario(str(number), "broken", failure=failure) for number in range(7)))
    (article,) = parsed(render(run)).iter("article")
    assert text_of(article) == "broken no Docker 0 1 2 3 4 and 2 more 5 6"


def test_a_missing_step_definition_is_offered_once() -> None:
    step = Step(keyword="When", text="it boils", line=1, status="undefined", suggestion="def boil(): ...\n")
    run = a_run(a_scenario("one", "undefined", steps=[step]), a_scenario("two", "undefined", steps=[step]))
    (article,) = parsed(render(run)).iter("article")
    assert text_of(article) == "undefined it boils one When it boils two When it boils Copy def boil(): ..."


def test_a_flake_tells_of_its_earlier_attempt_and_of_its_quarantine() -> None:
    failed = Step(keyword="Then", text="tea", line=1, status="failed", duration=2)
    earlier = a_scenario("one", "failed", steps=[failed], failure=Failure(first_line="cold"), duration=2, started=NOON)
    step = failed.model_copy(update={"status": "passed", "duration": 1})
    flaky = a_scenario("one", "flaky", steps=[step], earlier=[earlier], quarantine="owner Ada, until 1 May 2026")
    page = parsed(render(a_run(flaky)))
    (article,) = page.iter("article")
    assert text_of(article) == "flaky cold one In quarantine: owner Ada, until 1 May 2026"
    (attempt,) = [each for each in page.iter("details") if each.get("class") == "attempt"]
    assert text_of(attempt) == "Attempt 1 failed at 24 January 2026, 12:00 UTC 2.0 s failed Then tea cold 2.0 s"


@pytest.mark.parametrize(
    ("run", "answers"),
    [
        (a_run(), [("nothing proved", "There was nothing to run.")]),
        (
            a_run(a_scenario("1", "passed"), requirements=[Requirement(id="1", title="", outcome="passed")]),
            [
                ("passed", "Every scenario ran."),
                ("passed", "Set-up and clean-up held; nothing went wrong around the scenarios."),
                ("passed", "Nothing passed only because it was repeated."),
                ("passed", "It proves 1 of 1 requirement."),
            ],
        ),
        (
            a_run(
                a_scenario("1", "skipped"),
                a_scenario("2", "broken"),
                a_scenario("3", "flaky", quarantine="owner Ada"),
                a_scenario("4", "flaky"),
                left_out=2,
                problems=[Problem(where="x", failure=Failure(first_line="y"))],
                requirements=[Requirement(id="1", title="", outcome="broken")],
            ),
            [
                ("incomplete", "Of 6 scenarios, 1 was skipped, 2 were left out."),
                ("broken", "1 problem around the scenarios, and 1 scenario without a verdict."),
                ("flaky", "2 scenarios passed only when repeated, 1 of them in quarantine."),
                ("passed in part", "It proves 0 of 1 requirement."),
            ],
        ),
    ],
)
def test_trust(run: Run, answers: list[tuple[str, str]]) -> None:
    assert [(each.status, each.answer) for each in trust(run)] == answers


def test_problems_stand_by_the_kind_of_place() -> None:
    problems = [
        Problem(where="report: environment", failure=Failure(first_line="a")),
        Problem(where="tests/test_tea.py::test_tea", failure=Failure(first_line="b")),
        Problem(where="features/tea.feature:3", failure=Failure(first_line="c")),
        Problem(where="pytest", failure=Failure(first_line="d")),
        Problem(where="features/tea.feature:4", failure=Failure(first_line="e")),
    ]
    assert [text_of(each) for each in parsed(render(a_run(problems=problems))).iter("article")] == [
        "2 problems In feature files features/tea.feature:3 c features/tea.feature:4 e",
        "1 problem In tests and step definitions tests/test_tea.py::test_tea b",
        "1 problem In the report itself report: environment a",
        "1 problem Around the run pytest d",
    ]


def test_what_other_forms_there_are_is_said_at_the_end() -> None:
    (footer,) = parsed(render(a_run(), ["junit.xml"])).iter("footer")
    assert [link.get("href") for link in footer.iter("a")] == ["run.json", "junit.xml"]


def test_a_picture_is_shown_and_leads_to_its_file() -> None:
    picture = Attachment(name="page", path="evidence/a b.PNG", bytes=999)
    page = parsed(render(a_run(a_scenario("one", "passed", attachments=[picture]))))
    (image,) = page.iter("img")
    (link,) = [each for each in page.iter("a") if image in list(each)]
    assert (image.get("src"), link.get("href")) == ("evidence/a%20b.PNG", "evidence/a%20b.PNG")


def test_the_matrix_tells_covered_from_not_yet_covered() -> None:
    run = a_run(
        a_scenario("one", "passed"),
        requirements=[
            Requirement(
                id="REQ-1",
                title="Tea",
                tasks=[Task(id="T-1", title="x"), Task(id="T-2", title="y")],
                scenarios=["a.feature::one"],
                outcome="passed",
            ),
            Requirement(id="REQ-2", title="Coffee", left_out=2),
            Requirement(id="REQ-4", title="Milk", left_out=1, scenarios=["a.feature::one"], outcome="passed in part"),
            Requirement(id="REQ-3", title="Cocoa", status="not yet covered", due="issue B", outcome="not yet covered"),
        ],
    )
    (table,) = [each for each in parsed(render(run)).iter("table") if each.get("class") == "matrix"]
    rows = [[text_of(cell) for cell in row.findall("td")] for row in table.findall("tbody/tr")]
    assert rows == [
        ["T-1 T-2", "passed: one", "passed"],
        ["none", "2 not in this run", "not in this run"],
        ["none", "passed: one 1 more not in this run", "passed in part"],
        ["none", "issue B", "not yet covered"],
    ]


def test_an_outlines_row_shows_what_the_name_does_not_say() -> None:
    page = parsed(render(a_run(a_scenario("frontend to 8000", "passed", example={"from": "frontend", "port": "80"}))))
    assert [text_of(each) for each in page.iter("span") if each.get("class") == "example"] == ["port 80"]


def test_scenarios_of_the_same_id_slug_have_anchors_of_their_own() -> None:
    run = a_run(a_scenario("x[a b]", "passed"), a_scenario("x[a-b]", "passed"), a_scenario("x[a.b]", "passed"))
    anchors = [each.get("id") for each in parsed(render(run)).iter("details") if each.get("data-status")]
    assert anchors == ["a-feature-x-a-b", "a-feature-x-a-b--2", "a-feature-x-a-b--3"]


def test_links_to_evidence_survive_odd_names() -> None:
    odd = Attachment(name="odd", path="evidence/a b#1?.txt", bytes=999)
    page = parsed(render(a_run(a_scenario("one", "passed", attachments=[odd]))))
    (link,) = [each.get("href") or "" for each in page.iter("a") if text_of(each) == "odd"]
    assert link == "evidence/a%20b%231%3F.txt"


def test_waits_are_listed_by_the_part_of_their_limit_that_they_took() -> None:
    waits = [
        Wait(what="tight", seconds=110, budget=120),
        Wait(what="fine", seconds=50, budget=120),
        Wait(what="generous", seconds=1, budget=120),
        Wait(what="generous", seconds=0.5, budget=120),
        Wait(what="short anyway", seconds=0.1, budget=10),
    ]
    step = Step(keyword="Given", text="x", line=1, status="passed", waits=waits, duration=200)
    page = parsed(render(a_run(a_scenario("one", "passed", steps=[step], duration=200))))
    (table,) = [each for each in page.iter("table") if each.get("class") == "plain waits"]
    assert [[text_of(cell) for cell in row.findall("td")] for row in table.findall("tbody/tr")] == [
        ["tight", "1", "1 min 50 s", "2 min", "92 % close to its limit", "one"],
        ["fine", "1", "50.0 s", "2 min", "42 %", "one"],
        ["short anyway", "1", "100 ms", "10.0 s", "1 %", "one"],
        ["generous", "2", "1.0 s", "2 min", "1 % limit is generous", "one"],
    ]
    spending = next(text_of(each) for each in page.iter("p") if "spending" in (each.get("class") or ""))
    assert spending == "2 min 42 s waiting for conditions38.4 s working"


def test_a_first_run_says_that_nothing_is_recorded_yet() -> None:
    assert "No earlier run is recorded yet." in text_of(parsed(render(PAGES["green"])))


def test_the_record_of_a_scenario_is_told_in_words_and_marks() -> None:
    statuses: list[ScenarioStatus] = ["passed", "flaky", "passed", "passed"]
    results = [
        Past(run=NOON - timedelta(days=4 - day), status=status, seconds=2) for day, status in enumerate(statuses)
    ]
    one = a_scenario("one", "passed", duration=5)
    page = parsed(render(a_run(one, past={one.id: results})))
    (record,) = [each for each in page.iter("p") if each.get("class") == "record"]
    assert text_of(record) == (
        "Recorded: flaky 1 of 5 runs, last on 21 January 2026. "
        "Usually takes 2.0 s; this run took 5.0 s, 2.5 times that."
    )
    strip = next(each for each in page.iter("{http://www.w3.org/2000/svg}svg") if each.get("class") == "strip")
    assert [text_of(mark) for mark in strip] == [
        "passed, 20 January 2026, 2.0 s",
        "flaky, 21 January 2026, 2.0 s",
        "passed, 22 January 2026, 2.0 s",
        "passed, 23 January 2026, 2.0 s",
        "passed, 24 January 2026, 5.0 s, this run",
    ]
    told = [text_of(each) for each in page.iter("span") if each.get("class") == "at"]
    assert told == ["flaky 1 of 5 runs, last on 21 January 2026", "5.0 s in this run, usually 2.0 s"]


def test_descriptions_keep_their_own_line_breaks_only() -> None:
    description = (
        "In order to drink\nAs a person\nI want tea\n\n"
        "A line that was broken because it reached the end of what the author's editor\nshows is joined.\n"
        "- a point\n* another"
    )
    scenarios = [a_scenario("one", "passed")]
    run = a_run(features=[Feature(uri="a.feature", name="Tea", description=description, scenarios=scenarios)])
    (prose,) = [each for each in parsed(render(run)).iter("div") if each.get("class") == "prose lead"]
    assert [["".join(paragraph.itertext()), len(paragraph.findall("br"))] for paragraph in prose.findall("p")] == [
        ["In order to drinkAs a personI want tea", 2],
        [
            "A line that was broken because it reached the end of what the author's editor shows is joined."
            "• a point• another",
            2,
        ],
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, ""),
        (0.0004, ""),
        (0.0012, "1 ms"),
        (0.34, "340 ms"),
        (0.9996, "1.0 s"),
        (3.21, "3.2 s"),
        (59.96, "1 min"),
        (372, "6 min 12 s"),
        (3600, "1 h 0 min"),
        (5025, "1 h 23 min"),
    ],
)
def test_duration(seconds: float, said: str) -> None:
    assert duration(seconds) == said
