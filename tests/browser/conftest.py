import os
import shutil
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Request, sync_playwright
from werkzeug.serving import make_server

from tests import world
from tests.conftest import Portal

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM and not os.environ.get("CI"):
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def published(portal: Portal) -> Portal:
    portal.ingest([world.penalty(1), world.penalty(2)])
    portal.ingest([world.permit(1)], "permits.csv")
    portal.ingest([world.listing(1)], "black.csv")
    portal.publish()
    return portal


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """Serve an application on loopback, and return its address."""
    stops: list[Callable[[], None]] = []

    def start(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        stops.extend((server.shutdown, thread.join, server.server_close))
        stops.append(app.extensions["portal.live"].close)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for stop in stops:
        stop()


@pytest.fixture
def address(published: Portal, serve: Callable[[Flask], str]) -> str:
    return serve(published.app())


@pytest.fixture
def open_page(
    browser: Browser,
    serve: Callable[[Flask], str],  # noqa: ARG001  pages are closed before their server stops
) -> Iterator[Callable[..., Page]]:
    """Open a page that may not fault: nothing on the console, no request that fails."""
    opened: list[Page] = []
    faults: list[str] = []

    def start(*, width: int = 1280, scripts: bool = True, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            java_script_enabled=scripts,
            color_scheme=scheme,  # type: ignore[arg-type]
            locale="zh-CN",
        )
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("requestfailed", lambda failed: faults.extend(_fault_of(failed)))
        opened.append(page)
        return page

    yield start
    for page in opened:
        page.context.close()
    assert faults == []


def _fault_of(failed: Request) -> list[str]:
    """A request that the next page or the next letter cut short is no fault."""
    return [] if failed.failure == "net::ERR_ABORTED" else [failed.url]
