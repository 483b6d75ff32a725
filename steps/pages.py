"""Phrases on the page as a person uses it, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.ingress import Ingress
from kube_acceptance.vocabulary import assertion, given, when

if TYPE_CHECKING:
    from playwright.sync_api import Locator, LocatorAssertions, Page


@given("a person opens the page through the Ingress")
def open_page(page: Page, ingress: Ingress) -> None:
    page.goto(ingress.url)
    expect(page.get_by_role("heading", name="Todos")).to_be_visible()


@when('the person adds the todo "{title}"')
def add(page: Page, title: str) -> None:
    page.get_by_label("New todo").fill(title)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(_item(page, title)).to_be_visible()


@when('the person adds the todo "{title}", due on "{day}"')
def add_due(page: Page, title: str, day: str) -> None:
    page.get_by_label("Due on").fill(day)
    add(page, title)


@when('the person completes the todo "{title}"')
def complete(page: Page, title: str) -> None:
    box = _item(page, title).get_by_role("checkbox")
    box.click()
    expect(box).to_be_checked()
    expect(box).to_be_enabled()


@when('the person deletes the todo "{title}"')
def delete(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"Delete {title}", exact=True).click()
    expect(_item(page, title)).to_have_count(0)


@assertion('the page lists "{title}"')
def lists(page: Page, title: str) -> None:
    expect(_item(page, title)).to_be_visible()


@assertion('the page lists "{title}" after a reload')
def lists_after_reload(page: Page, title: str) -> None:
    page.reload()
    expect(_item(page, title)).to_be_visible()


@assertion('the page does not list "{title}" after a reload')
def does_not_list_after_reload(page: Page, title: str) -> None:
    page.reload()
    expect(page.get_by_role("heading", name="Todos")).to_be_visible()
    # the list is there before it is said what is not in it
    expect(page.get_by_role("status").or_(page.get_by_role("listitem")).first).to_be_attached()
    expect(_item(page, title)).to_have_count(0)


@assertion("the browser reported no error")
def no_errors(console_errors: list[str]) -> None:
    if console_errors:
        raise AcceptanceError(
            f"the browser reported {len(console_errors)} errors: {console_errors[0]}", details=console_errors[1:]
        )


def _item(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=title)


def expect(found: Locator) -> LocatorAssertions:
    """Playwright's own, which takes a tenth of a second to import, and most runs open no page."""
    from playwright.sync_api import expect

    return expect(found)
