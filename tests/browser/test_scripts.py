"""What is better with a script: the theme at once, "/", suggestions while typing."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests import world
from tests.conftest import Portal

BOX = 'main input[type="search"]'
NAMES = 2
"""Organisations whose name has 蓝穗."""


@pytest.fixture
def site(published: Portal, serve: Callable[[Flask], str]) -> str:
    published.ingest([world.assignment(2, "澄州市蓝穗小吃有限公司")], "codes.csv")
    published.publish()
    return serve(published.app())


@pytest.fixture
def page(open_page: Callable[..., Page], site: str) -> Page:
    opened = open_page()
    opened.goto(site)
    return opened


def test_a_suggestion_is_chosen_by_keyboard(page: Page) -> None:
    page.locator(BOX).press_sequentially("蓝穗")
    options = page.get_by_role("option")
    expect(options).to_have_count(NAMES)
    box = page.get_by_role("combobox")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    box.press("ArrowUp")
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    box.press("ArrowDown")
    box.press("Enter")
    page.wait_for_url("**/entities/*")
    assert "蓝穗" in page.locator("h1").inner_text()


def test_escape_closes_and_enter_still_searches(page: Page) -> None:
    box = page.locator(BOX)
    box.press_sequentially("蓝穗")
    expect(page.get_by_role("option")).to_have_count(NAMES)
    box.press("Escape")
    expect(page.get_by_role("listbox", include_hidden=True)).to_be_hidden()
    assert box.input_value() == "蓝穗"
    box.press("Enter")
    page.wait_for_url("**/search?q=%E8%93%9D%E7%A9%97")


def test_suggestions_that_fail_are_not_missed(page: Page) -> None:
    page.route("**/suggest?*", lambda route: route.fulfill(status=200, body="no json"))
    page.locator(BOX).press_sequentially("蓝穗")
    with page.expect_response("**/suggest?*"):
        page.locator(BOX).press_sequentially("食")
    expect(page.get_by_role("listbox", include_hidden=True)).to_be_hidden()


def test_slash_leads_to_the_box_but_can_be_typed(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.locator(BOX)).to_be_focused()
    page.keyboard.type("a/b")
    assert page.locator(BOX).input_value() == "a/b"


def test_the_theme_changes_at_once(page: Page) -> None:
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("link", name="深色").click()
    after = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert before != after
    assert "theme" not in page.url
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == after


def test_a_device_in_the_dark_gets_dark_pages(open_page: Callable[..., Page], address: str) -> None:
    dark = open_page(scheme="dark", scripts=False)
    dark.goto(address)
    assert dark.locator("html").get_attribute("data-theme") == "auto"
    ground = dark.screenshot(clip={"x": 5, "y": 120, "width": 1, "height": 1})
    light = open_page(scripts=False)
    light.goto(address)
    assert ground != light.screenshot(clip={"x": 5, "y": 120, "width": 1, "height": 1})
