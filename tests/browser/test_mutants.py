"""The section on mutants as a reader uses it: the links lead somewhere, all can be read, nothing is too wide."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from planted import NOON, planted_run
from playwright.sync_api import Browser, Page, expect
from test_living_documentation import CONTRASTS, NAMELESS

from kube_acceptance.mutation.history import Entry
from kube_acceptance.mutation.score import Result, Score
from kube_acceptance.report import Run, render
from kube_acceptance.report.mutants import Mutants

POLICY = "features/policy.feature::Only the backend may connect to the database"
STRANGER = "features/policy.feature::A pod that nobody knows reaches nothing"


def a_result(operator: str, name: str, verdict: str, takes_away: str, unnoticed: str, **more: object) -> Result:
    given = {
        "id": f"{operator}.{name.lower().replace(' ', '-')}",
        "operator": operator,
        "concern": "network policy" if "policy" in operator else "resources",
        "object": name,
        "takes_away": takes_away,
        "unnoticed": unnoticed,
        "verdict": verdict,
        "when": NOON,
        **more,
    }
    return Result.model_validate(given)


def planted_mutants() -> Mutants:
    """A round in which everything became of a mutant that can, after four rounds that were better each time."""
    policy, claims = "NetworkPolicy shop-database", "StatefulSet shop-database"
    backend = "Deployment shop-backend"
    results = [
        a_result(
            "policy-removed", policy, "killed", policy, "anybody may connect to the database", scenario=POLICY,
            seen="frontend reached database:5432, which must be blocked", requirements=["REQ-POL-01"],
        ),
        a_result(
            "policy-for-anybody", policy, "killed", f"the peers of {policy}", "strangers may connect to the database",
            scenario=STRANGER, seen="a stranger reached database:5432", requirements=["REQ-POL-01", "REQ-POL-02"],
        ),
        a_result(
            "policy-ports-widened", policy, "survived", f"the ports of rule 1 of ingress of {policy}",
            "the backend may connect to any port of the database", requirements=["REQ-POL-01"],
        ),
        a_result(
            "memory-limit-removed", backend, "survived", f"the memory limit of container backend of {backend}",
            f"container backend of {backend} may take all memory of its node",
            equivalent="the namespace's LimitRange sets the same", until=NOON.date() - timedelta(days=3),
        ),
        a_result(
            "claim-to-empty-dir", claims, "killed elsewhere", f"the claim data of {claims}", "orders are lost",
            scenario="features/persistence.feature::The node restarts", requirements=["REQ-PER-01"],
            seen="the claim data-shop-database-0 was not found",
        ),
        a_result("probe-removed", backend, "timed out", f"the readiness probe of {backend}", "it is not ready"),
        a_result("limit-above", claims, "invalid", f"the cpu limit of {claims}", "it takes all", seen="Invalid value"),
        a_result(
            "cpu-limit-removed", claims, "survived", f"the cpu limit of {claims}", f"{claims} may take all cores",
            equivalent="the node has one core", until=NOON.date() + timedelta(days=90),
        ),
        *(
            a_result(f"generated-{at}", f"ConfigMap settings-{at}", "survived", f"line {at} of settings",
                     f"line {at} of settings is gone", requirements=["REQ-CART-01"])
            for at in range(40)
        ),
    ]  # fmt: skip
    rounds = tuple(
        Entry(
            began=NOON - timedelta(days=7 * (4 - week)),
            commit=f"{week}f2a91c",
            killed=1 + week,
            counted=47,
            survived=46 - week,
            equivalent=1,
            invalid=1,
            judged=49 - 9 * (week == 1),
            planned=49,
            derived=49,
        )
        for week in range(4)
    )
    score = Score(
        began=NOON + timedelta(minutes=10),
        seconds=4211.0,
        commit="4f2a91c",
        derived=180,
        planned=len(results) + 2,
        chosen="50 of 180 by chance, seed 7 (again: --seed 7)",
        results=results,
    )
    return Mutants(score, rounds)


@pytest.fixture
def document(page: Page, folder: Path) -> Page:
    """The planted run's page with the planted round, open in the browser."""
    (folder / "mutation.json").write_text("{}")
    page.goto(written(folder, planted_run()))
    return page


def written(folder: Path, run: Run) -> str:
    """Write the page; its address."""
    document = folder / "living-documentation.html"
    document.write_text(render(run, [], planted_mutants()), encoding="utf-8")
    return document.as_uri()


def test_every_link_leads_somewhere(document: Page, folder: Path) -> None:
    part = document.locator("section[aria-labelledby=mutants]")
    links = part.locator("a, use").evaluate_all("(all) => all.map((each) => each.getAttribute('href'))")
    names = document.locator("[id]").evaluate_all("(all) => all.map((each) => each.id)")
    assert len(names) == len(set(names))
    assert [link for link in links if link.startswith("#") and link[1:] not in names] == []
    files = {link for link in links if not link.startswith("#")}
    assert [name for name in files if not (folder / name).is_file()] == []
    assert files == {"mutation.json"}


def test_a_reviewer_sees_in_the_banner_whether_it_would_notice(document: Page) -> None:
    document.set_viewport_size({"width": 1280, "height": 900})
    expect(document.get_by_text("Would it notice?")).to_be_in_viewport()
    expect(document.get_by_text("2 of 46 mutants were killed, 4 %").first).to_be_in_viewport()


def test_a_survivor_that_is_folded_is_shown_to_whoever_follows_a_link(document: Page) -> None:
    document.get_by_role("region", name="By object").get_by_role("link", name="without line 9 of settings").click()
    expect(document.get_by_text("Nothing notices that line 9 of settings is gone.")).to_be_in_viewport()


def test_requirement_mutant_and_scenario_lead_to_each_other(document: Page) -> None:
    document.get_by_role("region", name="By requirement").get_by_role("link", name="REQ-POL-01").click()
    expect(document.locator("#requirement-req-pol-01")).to_be_in_viewport()
    noticed = document.locator("section[aria-labelledby=mutants-noticed] details").first
    noticed.locator("summary").click()
    noticed.get_by_role("link", name="See the scenario").click()
    expect(document.locator("details.scenario:target > summary")).to_be_in_viewport()


def test_a_search_of_scenarios_leaves_it_alone(document: Page) -> None:
    document.get_by_role("searchbox", name="Find").fill("voucher")
    expect(document.get_by_text("Nothing notices that the backend may connect to any port")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_light_and_dark(document: Page, scheme: str) -> None:
    document.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    document.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert document.evaluate(CONTRASTS) == []


@pytest.mark.parametrize(("width", "zoom"), [(320, 1), (640, 2), (1280, 1)])
def test_nothing_is_wider_than_the_window(browser: Browser, folder: Path, width: int, zoom: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 700}, device_scale_factor=zoom)
    page.goto(written(folder, planted_run()))
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


def test_every_control_has_a_name_and_headings_stand_in_order(document: Page) -> None:
    assert document.evaluate(NAMELESS) == []
    levels = document.locator("h1, h2, h3, h4, h5, h6").evaluate_all("(all) => all.map((each) => +each.tagName[1])")
    assert [(a, b) for a, b in pairwise(levels) if b - a > 1] == []


def test_paper_shows_every_survivor(document: Page, console_errors: list[str]) -> None:
    document.emulate_media(media="print")
    document.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(document.get_by_text("Nothing notices that line 39 of settings is gone.")).to_be_visible()
    document.evaluate("dispatchEvent(new Event('afterprint'))")
    assert console_errors == []
