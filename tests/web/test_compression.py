import gzip
from collections.abc import Callable

import pytest

from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

GZIP = {"Accept-Encoding": "gzip, br"}


@pytest.fixture
def client(portal: Portal, browse: Callable[[], CheckingClient]) -> CheckingClient:
    portal.ingest([world.penalty(n) for n in range(1, 30)])
    portal.publish()
    return browse()


def stylesheet(client: CheckingClient) -> str:
    return client.page("/").split('rel="stylesheet" href="')[1].split('"')[0]


def test_pages_data_and_files_are_the_same_compressed(client: CheckingClient) -> None:
    for path in ("/", "/search?q=蓝穗", "/api/v1/search?q=蓝穗", stylesheet(client)):
        plain, packed = client.get(path), client.get(path, headers=GZIP)
        assert packed.headers["Content-Encoding"] == "gzip", path
        assert gzip.decompress(packed.data) == plain.data, path
        assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
        for answer in (plain, packed):
            assert "Accept-Encoding" in answer.headers["Vary"], path


def test_a_compressed_page_can_be_asked_for_again(client: CheckingClient) -> None:
    tag = client.get("/", headers=GZIP).headers["ETag"]
    assert tag.startswith('W/"')
    again = client.get("/", headers={**GZIP, "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_what_belongs_to_one_visitor_is_not_compressed(client: CheckingClient) -> None:
    for path in ("/check-person", "/?lang=en", "/nowhere"):
        assert "Content-Encoding" not in client.get(path, headers=GZIP).headers, path


def test_who_takes_no_gzip_gets_none(client: CheckingClient) -> None:
    for taken in ("identity", "br", "gzip;q=0"):
        answer = client.get("/", headers={"Accept-Encoding": taken})
        assert "Content-Encoding" not in answer.headers, taken


def test_a_page_of_results_fits_in_sixty_kilobytes(client: CheckingClient) -> None:
    """With its style, script and images: at most 60 KB over the wire."""
    page = client.get("/search?q=蓝穗", headers=GZIP)
    text = gzip.decompress(page.data).decode()
    files = {part.split('"')[0] for part in text.split('"/static/')[1:]}
    sizes = [len(client.get(f"/static/{name}", headers=GZIP).data) for name in files]
    assert len(sizes) <= 4
    assert len(page.data) + sum(sizes) <= 60_000
