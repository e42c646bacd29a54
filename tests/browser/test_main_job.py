"""The main job in a real browser: type part of a name, find the company, read its record."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright
from werkzeug.serving import make_server

from tests import world
from tests.conftest import Portal

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = pytest.mark.skipif(
    not CHROMIUM and not os.environ.get("CI"), reason="no chromium on this machine"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def address(portal: Portal) -> Iterator[str]:
    portal.ingest([world.penalty(1), world.penalty(2)])
    portal.ingest([world.permit(1)], "permits.csv")
    portal.ingest([world.listing(1)], "black.csv")
    portal.publish()
    app = portal.app()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["portal.live"].close()


@pytest.fixture(params=[(1280, True), (360, False)], ids=["desktop", "phone without scripts"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, scripts = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=scripts, locale="zh-CN"
    )
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("requestfailed", lambda failed: faults.extend(_fault_of(failed)))
    yield opened
    context.close()
    assert faults == []


def _fault_of(failed: Request) -> list[str]:
    """A request that the next page cut short (an icon) is no fault."""
    return [] if failed.failure == "net::ERR_ABORTED" else [failed.url]


@pytest.mark.parametrize("typed", ["蓝穗食品", world.uscc(1), "澄市监罚[2026]1号"])
def test_found_by_name_code_and_number(page: Page, address: str, typed: str) -> None:
    page.goto(address)
    page.get_by_role("searchbox").fill(typed)
    page.get_by_role("searchbox").press("Enter")
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
    page.get_by_role("searchbox").focus()
    page.keyboard.type("蓝穗")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    page.locator('main a[href^="/entities/"]').first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/entities/*")
    assert page.locator("h1").inner_text() == "澄州市蓝穗食品有限公司"


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
