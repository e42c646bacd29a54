import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import LibraryError, NotFoundError
from portal.library import Library, load_library, read_text
from search_index.text import fold

HEAD = '+++\ntitle = "标题"\nkind = "policy"\nsummary = "概要"\n+++\n'


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library()


def test_the_built_in_texts_cover_the_columns(library: Library) -> None:
    for kind in ("guide", "policy", "memorandum", "case"):
        texts = library.of_kind(kind)
        assert len(texts) >= 3
        for text in texts:
            assert text.summary
            assert text.source or kind == "guide"
    slugs = [text.slug for text in library.of_kind("guide")]
    assert slugs == ["reading-a-record", "repair", "objection", "lists", "publicity"]
    days = [text.dated or date.min for text in library.of_kind("policy")]
    assert days == sorted(days, reverse=True)


def test_a_guide_is_no_document_and_the_other_way_round(library: Library) -> None:
    assert library.guide("repair").kind == "guide"
    assert library.document("order-36").dated == date(2026, 4, 1)
    for read, slug in ((library.guide, "order-36"), (library.document, "repair")):
        with pytest.raises(NotFoundError):
            read(slug)
        with pytest.raises(NotFoundError):
            read("no-such-text")


def test_cases_say_that_they_are_invented(library: Library) -> None:
    for text in library.of_kind("case"):
        assert "虚构" in text.source
        assert "虚构" in text.plain


def test_the_guides_tell_the_rules_that_matter(library: Library) -> None:
    repair, objection = library.guide("repair").plain, library.guide("objection").plain
    assert "不收取任何费用" in repair
    assert "不收取任何费用" in objection
    assert "https://www.creditchina.gov.cn/" in library.guide("repair").html
    assert "十五个工作日" in objection
    assert "二十个工作日" in objection
    publicity = library.guide("publicity").plain
    for day in ("2026-07-15", "2026-02-28", "2025-02-28", "2028-02-28"):
        assert day in publicity


def test_search_finds_texts_with_every_word_titles_first(library: Library) -> None:
    found = library.search((fold("信用修復"),))
    assert found[0].text.slug in ("repair", "order-36")
    assert {"repair", "order-36"} <= {match.text.slug for match in found}
    both = library.search((fold("农民工"), fold("移出")))
    assert [match.text.slug for match in both] == ["case-wages"]
    assert library.search((fold("没有这样的话"),)) == ()
    assert library.search(("的",)) == ()
    assert library.search(()) == ()


LIBRARY = load_library()


@given(st.text(alphabet="公示期限修复名单异议ab 1", max_size=6))
def test_a_match_marks_what_was_asked_for(word: str) -> None:
    folded = fold(word)
    for match in LIBRARY.search((folded,)):
        for start, end in match.spans:
            assert fold(match.excerpt[start:end]) == folded * (
                len(fold(match.excerpt[start:end])) // len(folded)
            )
        assert folded in fold(match.text.title + match.text.summary + match.text.plain)


def test_an_operators_texts_add_and_replace(tmp_path: Path) -> None:
    (tmp_path / "local-rules.md").write_text(HEAD + "本地规定", encoding="utf-8")
    (tmp_path / "order-36.md").write_text(HEAD.replace("标题", "本地版本"), encoding="utf-8")
    library = load_library(tmp_path)
    assert library.document("local-rules").plain == "本地规定"
    assert library.document("order-36").title == "本地版本"
    assert library.guide("repair")


def test_markup_of_a_text_is_never_run() -> None:
    text = read_text("x", HEAD + "<script>alert(1)</script>\n\n![a](/b.png) `<b>`\n")
    assert "<script" not in text.html
    assert "<img" not in text.html
    assert "&lt;script&gt;" in text.html


def test_a_table_has_no_inline_style() -> None:
    text = read_text("x", HEAD + "| a | b |\n|:--|--:|\n| 1 | 2 |\n")
    assert "<td>1</td>" in text.html
    assert "style" not in text.html


@pytest.mark.parametrize(
    ("slug", "source", "words"),
    [
        ("x", "没有说明", "说明"),
        ("x", HEAD.replace("policy", "novel"), "kind"),
        ("x", HEAD.replace("summary", "sumary"), "sum"),
        ("x", HEAD.replace('"概要"', "概要"), "说明有误"),
        ("x", HEAD + "# 一级标题", "二级"),
        ("x", HEAD + "[a](http://example.cn/)", "https"),
        ("x", HEAD + "[a](//example.cn/)", "https"),
        ("x", HEAD + "[a](mailto:a@example.cn)", "https"),
        ("Mixed_Case", HEAD, "文件名"),
    ],
)
def test_a_wrong_text_is_refused(slug: str, source: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=words):
        read_text(slug, source)
    (tmp_path / f"{slug}.md").write_text(source, encoding="utf-8")
    with pytest.raises(LibraryError, match=re.escape(f"{slug}.md")):
        load_library(tmp_path)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="PORTAL_LIBRARY"):
        load_library(tmp_path / "none")
    (tmp_path / "gb.md").write_bytes(HEAD.encode("gb18030"))
    with pytest.raises(LibraryError, match="UTF-8"):
        load_library(tmp_path)
