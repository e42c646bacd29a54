"""The main job in a real browser: type part of a name, find the company, read its record."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests import world

BOX = 'input[type="search"]'


@pytest.fixture(params=[(1280, True), (360, False)], ids=["desktop", "phone without scripts"])
def page(open_page: Callable[..., Page], request: pytest.FixtureRequest) -> Page:
    width, scripts = request.param
    return open_page(width=width, scripts=scripts)


@pytest.mark.parametrize("typed", ["蓝穗食品", world.uscc(1), "澄市监罚[2026]1号"])
def test_found_by_name_code_and_number(page: Page, address: str, typed: str) -> None:
    page.goto(address)
    page.locator(BOX).fill(typed)
    page.locator(BOX).press("Enter")
    results = page.locator("main")
    assert "澄州市蓝穗食品有限公司" in results.inner_text()
    results.locator('a[href^="/records/"], a[href^="/entities/"]').first.click()
    if "/entities/" in page.url:
        page.locator('main a[href^="/records/"]').first.click()
    text = page.locator("main").inner_text()
    assert "澄州市蓝穗食品有限公司" in text
    assert world.BUREAU in text
    assert "公示至" in text or "长期" in text
    page.go_back()
    assert "澄州市蓝穗食品有限公司" in page.locator("main").inner_text()


def test_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text().startswith("跳")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("name") == "q"
    page.keyboard.type("蓝穗")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    tab_to(page, "/entities/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/entities/*")
    assert page.locator("h1").inner_text() == "澄州市蓝穗食品有限公司"
    tab_to(page, "/records/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/records/*")
    page.go_back()
    page.wait_for_url("**/entities/*")
    page.go_back()
    assert page.locator(BOX).input_value() == "蓝穗"


def tab_to(page: Page, start: str) -> None:
    """Press Tab until a link to such an address is reached."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if (page.locator(":focus").get_attribute("href") or "").startswith(start):
            return
    raise AssertionError(f"no way to {start} by keyboard")


@pytest.mark.parametrize(
    "path", ["/", "/search?q=蓝穗", "/check-person", "/lists", "/lists/market-regulation", "/about"]
)
def test_no_page_scrolls_sideways(page: Page, address: str, path: str, tmp_path: Path) -> None:
    page.goto(address + path)
    wide = page.screenshot(full_page=True, path=tmp_path / "page.png")
    width = int.from_bytes(wide[16:20], "big")
    viewport = page.viewport_size
    assert viewport is not None
    assert width == viewport["width"]


def test_a_search_is_light(page: Page, address: str) -> None:
    """At most five requests and 60 KB, though nothing is compressed here."""
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto(f"{address}/search?q=蓝穗")
    page.wait_for_load_state("networkidle")
    assert len(sizes) <= 5
    assert sum(sizes) <= 60_000


def test_language_and_theme_are_remembered(page: Page, address: str) -> None:
    page.goto(f"{address}/search?q=蓝穗")
    page.get_by_role("link", name="English").click()
    assert "Subjects" in page.locator("main").inner_text()
    assert page.locator(BOX).input_value() == "蓝穗"
    page.get_by_role("link", name="Dark").click()
    page.locator("html[data-theme=dark]").wait_for()
    page.goto(f"{address}/lists")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.locator("html").get_attribute("lang") == "en"
