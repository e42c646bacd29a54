import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from portal.catalog import load_catalog
from portal.library import load_library
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

Browse = Callable[[], CheckingClient]
PAGES = (
    "/catalog", "/measures", "/library", "/guide", "/privacy", "/accessibility", "/sitemap",
)  # fmt: skip
TEXTS = [
    f"/{'guide' if text.kind == 'guide' else 'library'}/{slug}"
    for slug, text in load_library().texts.items()
]
LANGUAGES = ("zh-Hans", "zh-Hant", "en")


@pytest.fixture
def client(portal: Portal, browse: Browse) -> CheckingClient:
    portal.ingest([world.penalty(1)])
    portal.ingest([world.listing(1)], "black.csv")
    portal.publish()
    return browse()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", [*PAGES, "/guide/repair", "/library/order-36"])
def test_every_page_is_sound_in_every_language(
    client: CheckingClient, path: str, language: str
) -> None:
    assert f'<html lang="{language}"' in client.page(f"{path}?lang={language}")


def test_no_link_of_these_pages_leads_nowhere(client: CheckingClient) -> None:
    seen: set[str] = set()
    for path in (*PAGES, *TEXTS):
        for address in re.findall(r'href="(/[^"#]*)', client.page(path)):
            if address not in seen and not address.startswith("/static"):
                seen.add(address)
                response = client.get(address.replace("&amp;", "&"))
                assert response.status_code == 200, (path, address)
                response.get_data()
    assert len(seen) > 80


def test_the_library_and_its_texts(client: CheckingClient) -> None:
    page = client.page("/library")
    assert page.index("政策法规") < page.index("联合奖惩备忘录") < page.index("典型案例")
    assert "尚待与公布的文本核对" in client.page("/library/order-36")
    client.page("/library/repair", 404)
    client.page("/guide/order-36", 404)
    client.page("/guide/none", 404)


def test_a_guide_in_other_characters_and_languages(client: CheckingClient) -> None:
    assert "申請信用修復" in client.page("/guide/repair?lang=zh-Hant")
    english = client.page("/guide/repair?lang=en")
    assert '<div class="prose text" lang="zh-Hans">' in english


def test_the_dictionary_tells_fields_and_rules(client: CheckingClient) -> None:
    page = client.page("/catalog")
    for record_class in load_catalog().classes:
        assert f'id="{record_class.code}"' in page
        assert record_class.basis in page
    assert "CF_GSJZQ" in page
    assert "只用于内部比对，不公开" in page
    assert "行业协会失信会员名单" not in page


def test_measures_stand_on_their_page_and_with_a_listed_subject(client: CheckingClient) -> None:
    assert "列为重点监管对象，提高抽查比例和频次" in client.page("/measures")
    found = client.page(f"/search?q={world.uscc(1)}")
    entity = client.page(re.findall(r'href="(/entities/[^"#]+)', found)[0])
    assert "列为重点监管对象，提高抽查比例和频次" in entity
    assert "强制性" in entity


def test_the_search_box_finds_texts_in_their_own_group(client: CheckingClient) -> None:
    page = client.page("/search?q=信用修復")
    assert 'id="group-text"' in page
    assert 'href="/guide/repair"' in page
    assert "<mark>信用修复</mark>" in page
    for narrowed in ("class=penalty", "type=record", "type=entity"):
        assert 'id="group-text"' not in client.page(f"/search?q=信用修復&{narrowed}")
    assert 'id="group-text"' not in client.page("/search?q=蓝穗食品")


def test_these_pages_need_no_data_and_may_be_kept(portal: Portal, browse: Browse) -> None:
    client = browse()
    for path in (*PAGES, "/guide/repair", "/robots.txt"):
        response = client.get(path)
        assert response.status_code == 200, path
        assert response.headers["Cache-Control"] == "public, max-age=60"
        tag = response.headers["ETag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert portal.store.ids() == []


def test_texts_of_the_operator(portal: Portal, browse: Browse, tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "local.md").write_text(
        '+++\ntitle = "<b>本地</b>"\nkind = "case"\nsummary = "概要"\n+++\n甲 <i>乙</i>\n',
        encoding="utf-8",
    )
    portal.settings = replace(portal.settings, library=str(folder))
    client = browse()
    page = client.page("/library/local")
    assert "&lt;b&gt;本地&lt;/b&gt;" in page
    assert "甲 &lt;i&gt;乙&lt;/i&gt;" in page
    client.page("/library")
    client.page("/sitemap")
