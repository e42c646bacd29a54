"""Pages in three languages: every word of the interface, never a word of the sources."""

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from babel.messages.extract import extract_from_dir

from portal.catalog_model import Catalog
from portal.dictionary import DISCLOSURES, MINORS, NAMES, NOT_OF_PERSONS, PERSONS
from portal.library import load_library
from portal.web.language import english, traditional
from tests import world
from tests.checking_client import CheckingClient, check_page
from tests.conftest import Portal

ROOT = Path(__file__).parent.parent.parent
KEYWORDS = {
    "_": None, "gettext": None, "to_translate": None, "BadRequestError": (2,), "TooLongError": (2,),
    "WrongKeyError": (2,), "NotFoundError": (1,), "UnavailableError": (1,),
}  # fmt: skip
ON_THE_COMMAND_LINE = {"cli.py", "snapshots.py"}
CHINESE = re.compile("[\u3400-\u9fff]")
TYPED = re.compile("蓝穗|没有的|“有限公司”|信用修复")
"""What was typed, and what a hint says not to type."""
MARKS = {"红", "黑"}
"""Characters drawn as the shape of a list, the same in every language."""


def messages() -> set[str]:
    """Every message marked in templates and code."""
    found = set()
    for folder in ("templates", "portal"):
        for path, _, message, *_ in extract_from_dir(
            ROOT / folder, [("**.html", "jinja2"), ("**.py", "python")], keywords=KEYWORDS
        ):
            if Path(path).name not in ON_THE_COMMAND_LINE:
                found.add(message if isinstance(message, str) else message[0])
    return {message for message in found if CHINESE.search(message)}


@pytest.fixture
def client(portal: Portal, browse: Callable[[], CheckingClient]) -> CheckingClient:
    portal.ingest([world.penalty(1), world.penalty(2)])
    portal.ingest([world.permit(1, XK_YXQZI="2026-06-30")], "permits.csv")
    portal.ingest([world.listing(1)], "black.csv")
    portal.ingest([world.honour()], "red.csv")
    portal.ingest_path(world.write_jsonl(portal.folder / "d.jsonl", [world.debtor(1)]))
    portal.publish()
    return browse()


def addresses(client: CheckingClient) -> list[str]:
    page = client.page("/lists/market-regulation")
    record = re.findall(r'href="(/records/[^"]+)"', page)[0]
    entity = re.findall(r'href="(/entities/[^"]+)"', client.page(record))[0]
    plain = ["/", "/search", "/search?q=蓝穗", "/search?q=没有的", "/lists", "/about"]
    lists = ["/lists/market-regulation", "/lists/a-taxpayer"]
    explaining = ["/catalog", "/measures", "/library", "/library/order-36", "/guide"]
    explaining += ["/guide/repair", "/privacy", "/accessibility", "/sitemap", "/statistics"]
    return [*plain, *lists, *explaining, "/search?q=信用修复", "/check-person", record, entity]


@pytest.mark.filterwarnings("ignore:.*f-string.*")
def test_every_message_has_its_english() -> None:
    known = english()
    assert sorted(messages() - set(known)) == []
    for message, translation in known.items():
        assert placeholders(message) == placeholders(translation), message
        assert message in MARKS or not CHINESE.search(translation.replace("“有限公司”", ""))


def test_no_english_is_left_behind(catalog: Catalog) -> None:
    assert sorted(set(english()) - messages() - catalogue_words(catalog)) == []


def test_every_word_of_the_catalogue_has_its_english(catalog: Catalog) -> None:
    assert sorted(catalogue_words(catalog) - set(english())) == []


def catalogue_words(catalog: Catalog) -> set[str]:
    of_classes = {text for c in catalog.classes for text in (c.about, c.objection, c.repair)}
    of_lists = {text for e in catalog.public_lists for text in (e.name, e.entry, e.exit)}
    of_measures = {t for m in catalog.measures for t in (m.name, m.about, m.carried_out_by)}
    of_texts = {t for text in load_library().texts.values() for t in (text.title, text.summary)}
    of_dictionary = {
        *DISCLOSURES.values(),
        NOT_OF_PERSONS,
        *PERSONS.values(),
        *NAMES.values(),
        MINORS,
    }
    explained = of_measures | of_texts | of_dictionary
    return (of_classes | of_lists | set(catalog.families.values()) | explained) - {""}


def placeholders(message: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", message))


def test_no_template_shows_chinese_that_is_not_marked() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"""_\((?:"[^"]*"|'[^']*')""", "", text)
        # The citation is in the language of what it cites.
        text = re.sub(r'<span id="citation".*?</span>', "", text)
        assert CHINESE.findall(text) == [], path.name


def test_english_pages_mark_what_stays_chinese(client: CheckingClient) -> None:
    found = addresses(client)
    client.get("/?lang=en")
    for address in found:
        page = client.get(address)
        check_page(page)
        tree = html5lib.parse(page.text, namespaceHTMLElements=False)
        assert tree.get("lang") == "en"
        chinese = {text for text in texts_of(tree[1], "en") if CHINESE.search(text)}
        ours = {text for text in chinese if TYPED.search(text)} | MARKS
        assert chinese - ours == set(), address


def texts_of(element: Element, language: str) -> list[str]:
    """Every text of an element that is marked as no other language."""
    language = element.get("lang", language)
    found = [element.text or ""] if language == "en" else []
    for child in element:
        found += texts_of(child, language)
        found += [child.tail or ""] if language == "en" else []
    return [text.strip() for text in found if text.strip()]


def test_traditional_pages_never_rewrite_what_sources_published(client: CheckingClient) -> None:
    record = addresses(client)[-2]
    page = client.get(record + "?lang=zh-Hant").text
    assert '<html lang="zh-Hant"' in page
    for text in ("公開內容", "統一社會信用代碼", "認定機關", "對本條有異議"):
        assert text in page, text
    for text in ("澄州市蓝穗食品有限公司", "市场监督管理严重违法失信名单管理办法第十条"):
        assert text in page, text
        assert traditional(text) not in page, text


def test_a_language_is_chosen_by_address_and_remembered(client: CheckingClient) -> None:
    chosen = client.get("/search?q=蓝穗&lang=en")
    assert chosen.status_code == 200
    assert chosen.headers["Cache-Control"] == "no-store"
    cookies = [value for name, value in chosen.headers if name == "Set-Cookie"]
    assert {cookie.split(";")[0] for cookie in cookies} == {"lang=en", "theme=auto"}
    assert all("SameSite=Lax" in cookie for cookie in cookies)
    later = client.get("/search?q=蓝穗")
    assert '<html lang="en"' in later.text
    assert "Set-Cookie" not in later.headers
    assert "Cookie" in later.headers["Vary"]
    assert "Cookie" not in client.get("/api/v1/search?q=蓝穗").headers.get("Vary", "")


def test_the_choices_keep_what_was_asked(client: CheckingClient) -> None:
    page = client.page("/search?q=蓝穗&class=penalty")
    assert re.search(r'href="/search\?q=[^"&]+&amp;class=penalty&amp;lang=en"', page)
    dark = client.page("/search?q=蓝穗&class=penalty&theme=dark")
    assert 'data-theme="dark"' in dark
    assert '<meta name="color-scheme" content="dark">' in dark


def test_a_wrong_choice_is_named(client: CheckingClient) -> None:
    assert "lang" in client.page("/?lang=fr", 400)
    assert "theme" in client.page("/search?theme=pink", 400)
    client.cookies(lang="xx", theme="pink")
    assert '<html lang="zh-Hans" data-theme="auto"' in client.page("/")


def test_errors_speak_the_language_and_repeat_no_address(client: CheckingClient) -> None:
    page = client.get("/search?q=a&lang=en")
    assert (page.status_code, "at least two consecutive characters" in page.text) == (400, True)
    lost = client.get("/records/abcdefgh?lang=en")
    assert "no such page" in lost.text
    assert "abcdefgh" not in lost.text


def test_the_check_of_a_person_repeats_nothing_in_its_links(client: CheckingClient) -> None:
    for page in (client.page("/check-person"), client.page("/check-person?name=欧阳若澄", 400)):
        assert "欧阳" not in page
        assert 'href="/check-person?lang=en"' in page
