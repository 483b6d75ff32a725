"""The living documentation as a reader uses it: by mouse, by keyboard, on a phone, on paper, without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from planted import large_run, planted_run
from playwright.sync_api import Browser, Locator, Page, expect

from kube_acceptance.report import Run

FLAKY = "features-cart-feature-two-people-order-the-last-tea"
BASKET = "features-cart-feature-tea-is-put-into-the-basket"

CONTRASTS = """() => {
  const pen = Object.assign(document.createElement("canvas"), {width: 1, height: 1})
    .getContext("2d", {willReadFrequently: true});
  const over = (colours) => {
    pen.fillStyle = "white";
    pen.fillRect(0, 0, 1, 1);
    for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const poor = [];
  for (const each of document.querySelectorAll("body *")) {
    const says = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!says || !each.checkVisibility() || each.closest("svg, .unseen, .skip, option, script, style")) continue;
    const behind = [];
    for (let at = each; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
    const [a, b] = [light(over(behind)), light(over([...behind, getComputedStyle(each).color]))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${each.tagName} .${each.className} "${each.textContent.trim()}"`);
  }
  return poor;
}"""
NAMELESS = """() => [
    ...document.querySelectorAll("a, button, input, select, summary, [role=region], nav, [role=search]"),
  ]
  .filter((each) => !(each.textContent.trim() && !each.matches("nav, [role=search], select, [role=region]"))
    && !each.ariaLabel && !each.labels?.[0]?.textContent.trim()
    && !document.getElementById(each.getAttribute("aria-labelledby"))?.textContent.trim())
  .map((each) => each.outerHTML.slice(0, 200))"""
FOCUS = """() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  return {
    name: at === document.body ? "" : `${at.tagName} ${at.textContent.trim().slice(0, 40)}`,
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


def shown(page: Page) -> list[str]:
    """The names of the scenarios that are shown."""
    headings = page.locator("details.scenario:not([hidden]) > summary").locator("h4, h5")
    return [name.strip() for name in headings.all_inner_texts()]


def search(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Find")


def focused(page: Page) -> str:
    """The name of the scenario that has the focus."""
    heading = page.locator("details.scenario > summary:focus").locator("h4, h5")
    return heading.inner_text() if heading.count() else ""


def test_it_needs_nothing_but_its_folder(
    page: Page, folder: Path, address: Callable[[Run], str], console_errors: list[str]
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address(planted_run()))
    page.get_by_role("button", name="Open all").click()
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", 320)
    paths = {Path(unquote(urlparse(each).path)).relative_to(folder).as_posix() for each in asked}
    assert {urlparse(each).scheme for each in asked} == {"file"}
    assert paths == {"living-documentation.html", "evidence/policy/page.png", "evidence/cart/page.png"}
    assert console_errors == []


def test_every_link_leads_somewhere(document: Page, folder: Path) -> None:
    links = document.locator("a, use").evaluate_all("(all) => all.map((each) => each.getAttribute('href'))")
    names = set(document.locator("[id]").evaluate_all("(all) => all.map((each) => each.id)"))
    assert links
    assert [link for link in links if link.startswith("#") and link[1:] not in names] == []
    files = {link for link in links if not link.startswith("#")}
    assert {"run.json", "junit.xml", "summary.md", "evidence/policy/events.txt"} < files
    assert [name for name in files if not (folder / unquote(name)).is_file()] == []


def test_a_reviewer_sees_first_what_failed_and_why(document: Page) -> None:
    document.set_viewport_size({"width": 1280, "height": 900})
    first = document.locator("article").first
    expect(first).to_be_in_viewport(ratio=1)
    expect(first).to_contain_text("frontend reached database:5432, which must be blocked")
    expect(document.get_by_text("Did set-up hold?")).to_be_in_viewport()


def test_search_finds_in_names_steps_numbers_and_failures(document: Page) -> None:
    everything = shown(document)
    for words, found in {
        "SIGNING out": ["A basket survives signing out"],
        "stranger's": ["A pod that nobody knows reaches nothing"],
        "req-cart-02": ["A voucher lowers the price"],
        "storage disruptive node": ["The node restarts"],
        "databse": ["Only the backend may connect to the database"],
        "nowhere": [],
    }.items():
        search(document).fill(words)
        assert shown(document) == found
        expect(document.get_by_role("status")).to_have_text(f"{len(found)} of 14 scenarios")
    search(document).fill("")
    assert shown(document) == everything


def test_hits_are_counted_and_marked(document: Page) -> None:
    search(document).fill('last "1')
    assert shown(document) == ["Two people order the last tea"]
    marked = "[...CSS.highlights.get('hit')].map((it) => it.startContainer.data.slice(it.startOffset, it.endOffset))"
    expect(document.locator("[data-hits]")).to_have_count(1)
    hits = document.evaluate(marked)
    assert {hit.lower() for hit in hits} == {"last", '"1'}
    expect(document.locator(f"#{FLAKY} > summary h4")).to_have_attribute("data-hits", f"{len(hits)} hits")
    search(document).fill("")
    expect(document.locator("[data-hits]")).to_have_count(0)
    assert document.evaluate("CSS.highlights.has('hit')") is False


@pytest.mark.parametrize("text", ["(", "[a-", "\\", "a.*b", "İ", "$^"])
def test_signs_are_searched_as_they_are(document: Page, console_errors: list[str], text: str) -> None:
    search(document).fill(text)
    for name in shown(document):
        assert text.lower() in (document.locator("details.scenario", has_text=name).first.text_content() or "").lower()
    assert console_errors == []


def test_filters_combine_and_their_state_is_a_link(document: Page, browser: Browser) -> None:
    document.get_by_role("combobox", name="Requirement").select_option("REQ-CART-01")
    document.get_by_role("combobox", name="Tag").select_option("browser")
    assert shown(document) == ["Two people order the last tea", "Tea is put into the basket"]
    document.locator("label.choice", has_text="flaky").get_by_role("checkbox").uncheck()
    document.get_by_label("Only gaps").check()
    search(document).fill("tea basket")
    assert shown(document) == ["Tea is put into the basket"]
    expect(document).to_have_url(re.compile(r"#find=tea\+basket&"))

    again = browser.new_page()
    again.goto(document.url)
    assert shown(again) == ["Tea is put into the basket"]
    expect(search(again)).to_have_value("tea basket")
    expect(again.get_by_role("combobox", name="Requirement")).to_have_value("REQ-CART-01")
    expect(again.get_by_label("Only gaps")).to_be_checked()
    again.keyboard.press("Escape")
    assert len(shown(again)) == 14
    expect(again.get_by_label("Only gaps")).not_to_be_checked()
    assert "=" not in again.url

    again.get_by_role("combobox", name="Tag").select_option("browser")
    assert len(shown(again)) == 2
    again.get_by_role("button", name="Reset").click()
    assert len(shown(again)) == 14
    again.close()


def test_the_matrix_can_show_its_gaps_alone(document: Page) -> None:
    rows = document.locator(".matrix tbody tr:visible .id")
    assert "REQ-POL-02" in rows.all_inner_texts()
    document.get_by_label("Only gaps").check()
    assert rows.all_inner_texts() == [
        "REQ-POL-01",
        "REQ-PER-01",
        "REQ-CART-01",
        "REQ-CART-02",
        "REQ-OPS-01",
        "REQ-OPS-02",
    ]


def test_a_link_to_a_scenario_opens_it(page: Page, address: Callable[[Run], str]) -> None:
    page.goto(f"{address(planted_run())}#{FLAKY}")
    expect(page.locator(f"#{FLAKY}")).to_have_attribute("open", "")
    expect(page.locator(f"#{FLAKY} > summary")).to_be_in_viewport()
    expect(page.locator(f"#{FLAKY}").get_by_text("In quarantine: owner Ada Lovelace")).to_be_visible()


def test_a_link_shows_its_scenario_whatever_was_filtered(document: Page) -> None:
    search(document).fill("voucher")
    document.locator("article").get_by_role("link", name="Two people order the last tea").click()
    expect(document.locator(f"#{FLAKY} > summary")).to_be_in_viewport()
    expect(search(document)).to_have_value("")


def test_scenario_requirement_and_task_lead_to_each_other(document: Page) -> None:
    scenario = document.locator("#features-policy-feature-only-the-backend-may-connect-to-the-database")
    scenario.get_by_role("link", name="REQ-POL-01").click()
    row = document.locator("#requirement-req-pol-01")
    expect(row).to_be_in_viewport()
    expect(row.get_by_text("charts/shop/templates/policy.yaml")).to_be_visible()
    row.get_by_role("link", name="A pod that nobody knows").click()
    expect(document.locator("#features-policy-feature-a-pod-that-nobody-knows-reaches-nothing")).to_be_in_viewport()


def test_keys_go_through_the_scenarios(document: Page) -> None:
    names = shown(document)
    document.keyboard.press("/")
    expect(search(document)).to_be_focused()
    document.keyboard.type("tea")
    document.keyboard.press("Enter")
    found = shown(document)
    assert focused(document).startswith(found[0])
    document.keyboard.press("Escape")
    assert shown(document) == names

    here = names.index(focused(document))
    document.keyboard.press("j")
    document.keyboard.press("ArrowDown")
    assert focused(document) == names[here + 2]
    document.keyboard.press("k")
    document.keyboard.press("ArrowUp")
    assert focused(document) == names[here]

    scenario = document.locator("details.scenario:has(> summary:focus)")
    was_open = scenario.get_attribute("open") is not None
    document.keyboard.press("Enter")
    assert (scenario.get_attribute("open") is not None) is not was_open


def test_f_goes_from_failure_to_failure_and_around(document: Page) -> None:
    visited = []
    for _ in range(8):
        document.keyboard.press("f")
        visited.append(focused(document))
        expect(document.locator("details.scenario:has(> summary:focus)")).to_have_attribute("open", "")
        expect(document.locator("summary:focus")).to_be_in_viewport()
    assert visited == [
        "Only the backend may connect to the database",
        "The database pod is deleted",
        "Every pod is deleted at once",
        "The node restarts",
        "A basket survives signing out",
        "A voucher lowers the price",
        "Two people order the last tea",
        "Only the backend may connect to the database",
    ]


def test_letters_are_only_letters_where_one_types_or_when_told_so(document: Page) -> None:
    search(document).press("f")
    search(document).press("?")
    expect(search(document)).to_have_value("f?")
    expect(document.get_by_role("dialog")).to_be_hidden()
    document.keyboard.press("Escape")

    document.get_by_role("button", name="Keys").click()
    expect(document.get_by_role("dialog", name="Keys")).to_be_visible()
    document.get_by_label("Letters are keys").uncheck()
    document.get_by_role("button", name="Close", exact=True).click()
    document.keyboard.press("f")
    assert focused(document) == ""


def test_question_mark_shows_the_keys_and_escape_closes_them(document: Page) -> None:
    document.keyboard.press("?")
    expect(document.get_by_role("dialog", name="Keys")).to_be_visible()
    document.keyboard.press("Escape")
    expect(document.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_a_missing_definition_can_be_copied(document: Page) -> None:
    snippet = document.locator("article.undefined .snippet")
    snippet.get_by_role("button", name="Copy").click()
    expect(snippet.get_by_role("button", name="Copied")).to_be_visible()
    search(document).focus()
    document.keyboard.press("ControlOrMeta+v")
    assert search(document).input_value().startswith("@when(parsers.parse('\"{name}\" signs out and in again'))")


def test_all_can_be_opened_and_closed(document: Page) -> None:
    document.get_by_role("button", name="Close all").click()
    assert document.locator("details.scenario[open]").count() == 0
    document.get_by_role("button", name="Open all").click()
    assert document.locator("details.scenario[open]").count() == 14


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_light_and_dark(document: Page, scheme: str) -> None:
    document.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    document.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert document.evaluate(CONTRASTS) == []


@pytest.mark.parametrize(("width", "zoom"), [(320, 1), (360, 1), (640, 2), (1280, 1)])
def test_nothing_is_wider_than_the_window(
    browser: Browser, address: Callable[[Run], str], width: int, zoom: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 700}, device_scale_factor=zoom)
    page.goto(address(planted_run()))
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


def test_every_control_has_a_name_and_headings_stand_in_order(document: Page) -> None:
    assert document.evaluate(NAMELESS) == []
    levels = document.locator("h1, h2, h3, h4, h5, h6").evaluate_all("(all) => all.map((each) => +each.tagName[1])")
    assert levels[0] == 1
    assert [(a, b) for a, b in pairwise(levels) if b - a > 1] == []
    for landmark in ("banner", "navigation", "main", "search", "contentinfo"):
        assert document.get_by_role(landmark).count() == 1


def test_the_focus_is_always_seen(document: Page) -> None:
    document.emulate_media(reduced_motion="reduce")
    document.keyboard.press("Tab")
    assert document.evaluate(FOCUS)["name"] == "A Skip to the content"
    stops = [document.evaluate(FOCUS)]
    for _ in range(500):
        document.keyboard.press("Tab")
        stops.append(document.evaluate(FOCUS))
        if not stops[-1]["name"]:
            break
    assert len(stops) > 100
    assert [stop for stop in stops[:-1] if not (stop["outlined"] and stop["inside"])] == []


def test_the_contents_can_be_skipped(document: Page) -> None:
    document.keyboard.press("Tab")
    document.keyboard.press("Enter")
    expect(document.get_by_role("main")).to_be_focused()


def test_motion_is_left_out_for_those_who_ask(document: Page) -> None:
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"
    document.emulate_media(reduced_motion="no-preference")
    assert document.evaluate(behaviour) == "smooth"
    document.emulate_media(reduced_motion="reduce")
    assert document.evaluate(behaviour) == "auto"


def test_without_scripts_everything_is_there_and_nothing_is_dead(
    browser: Browser, address: Callable[[Run], str]
) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(address(planted_run()))
    assert len(shown(page)) == 14
    assert page.locator("button:visible, input:visible, select:visible").count() == 0
    expect(page.get_by_text("whose podSelector says")).to_be_visible()
    page.locator(f"#{BASKET} > summary").click()
    step = page.locator(f"#{BASKET} .said p", has_text="puts it into her basket")
    expect(step).to_be_visible()
    page.close()


def test_paper_shows_every_scenario_and_no_controls(document: Page) -> None:
    document.emulate_media(media="print")
    document.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert document.locator("details.scenario[open]").count() == 14
    assert document.locator("button:visible, input:visible, select:visible, nav:visible").count() == 0
    document.evaluate("dispatchEvent(new Event('afterprint'))")
    assert document.locator("details.scenario[open]").count() == 6


def test_a_large_suite_stays_small_enough_to_open_and_search(
    page: Page, folder: Path, address: Callable[[Run], str]
) -> None:
    page.goto(address(large_run()))
    assert (folder / "living-documentation.html").stat().st_size < 2_000_000
    search(page).fill("client 117")
    assert shown(page) == ["Behaviour 117 of the deployment"]
