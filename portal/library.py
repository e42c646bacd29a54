"""The site's own texts: policies, joint memoranda, cases and guides, written in Markdown.

`portal/library/<slug>.md`, each opening with TOML between two lines of `+++`. A folder of the
operator's own adds texts, or replaces those of the same name. All are read, checked and rendered
once, at start: a wrong text stops the program with its name. Markdown makes no raw HTML, no image
and no address but of this site or https.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token

from portal.errors import LibraryError, NotFoundError
from portal.matches import Spans, cut, merged
from search_index.text import fold, spans

BUILT_IN = Path(__file__).with_name("library")

Kind = Literal["guide", "policy", "memorandum", "case"]

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_TEXT = re.compile(r"\+\+\+\n(.*?)\n\+\+\+\n(.*)", re.DOTALL)
_ADDRESS = re.compile(r"(?:/(?!/)|#|https://)")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    kind: Kind
    summary: str
    dated: date | None = msgspec.field(default=None, name="date")
    source: str = ""
    order: int = 0
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Text:
    """One text. `html` is its rendered body, without a heading of the first level.

    `dated` and `source` are those of the document it tells of (may be empty), `headings` the
    anchors and titles of its sections, `plain` its words without markup. `confirmed` is False where
    it is still to be checked against its source. Texts of a kind stand in the order of `order`,
    then the newest first.
    """

    slug: str
    title: str
    kind: Kind
    summary: str
    dated: date | None
    source: str
    order: int
    confirmed: bool
    html: str
    plain: str
    headings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TextMatch:
    """A text that has all the words; `spans` are (start, end) in `excerpt`."""

    text: Text
    excerpt: str
    spans: Spans


@dataclass(frozen=True)
class Library:
    """All texts, by slug."""

    texts: Mapping[str, Text]

    @cached_property
    def _folded(self) -> tuple[tuple[Text, str, str], ...]:
        ordered = sorted(self.texts.values(), key=_order)
        return tuple(
            (t, fold(t.title), fold("\n".join((t.title, t.summary, t.plain)))) for t in ordered
        )

    def of_kind(self, kind: Kind) -> tuple[Text, ...]:
        """Return the texts of a kind in their order."""
        return tuple(text for text, *_ in self._folded if text.kind == kind)

    def guide(self, slug: str) -> Text:
        """Return a guide. Raises NotFoundError."""
        text = self.texts.get(slug)
        if text is None or text.kind != "guide":
            raise NotFoundError("没有这篇指南")
        return text

    def document(self, slug: str) -> Text:
        """Return a text that is no guide. Raises NotFoundError."""
        text = self.texts.get(slug)
        if text is None or text.kind == "guide":
            raise NotFoundError("文库里没有这篇文字")
        return text

    def search(self, words: Sequence[str]) -> tuple[TextMatch, ...]:
        """Return the texts that contain every folded word, those with them in the title first.

        Words of one character are too common to be looked for by themselves: without a longer one
        nothing is found.
        """
        if not any(len(word) > 1 for word in words):
            return ()
        found = [(t, title) for t, title, whole in self._folded if all(w in whole for w in words)]
        found.sort(key=lambda item: not all(word in item[1] for word in words))
        return tuple(_match(text, words) for text, _ in found)


def load_library(folder: Path | None = None) -> Library:
    """Read all texts; those in `folder` add to the built-in ones or replace them.

    Raises LibraryError naming the file.
    """
    if folder is not None and not folder.is_dir():
        raise LibraryError(f"PORTAL_LIBRARY：没有目录 {folder}")
    paths = {path.stem: path for path in sorted(BUILT_IN.glob("*.md"))}
    if folder is not None:
        paths |= {path.stem: path for path in sorted(folder.glob("*.md"))}
    return Library({slug: _read(path) for slug, path in paths.items()})


def read_text(slug: str, source: str) -> Text:
    """Return the text that a file's content holds. Raises LibraryError saying what is wrong."""
    parts = _TEXT.fullmatch(source.replace("\r\n", "\n").removeprefix("\ufeff"))
    if not _SLUG.fullmatch(slug):
        raise LibraryError("文件名只能用小写字母、数字和连字符")
    if parts is None:
        raise LibraryError("开头缺少两行 +++ 之间的说明")
    try:
        head = msgspec.convert(tomllib.loads(parts[1]), _Head)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise LibraryError(f"说明有误（{error}）") from error
    tokens = _MARKDOWN.parse(parts[2])
    headings = _mark_headings(tokens)
    for token in _all(tokens):
        _check(token)
    values: dict[str, Any] = {name: getattr(head, name) for name in head.__struct_fields__}
    return Text(
        slug=slug,
        html=_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}),
        plain="\n".join(_plain(token) for token in tokens if token.type == "inline"),
        headings=headings,
        **values,
    )


def _read(path: Path) -> Text:
    try:
        return read_text(path.stem, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LibraryError(f"{path}：无法读取（{error.strerror}）") from error
    except UnicodeDecodeError as error:
        raise LibraryError(f"{path}：不是 UTF-8 文本") from error
    except LibraryError as error:
        raise LibraryError(f"{path}：{error}") from error


def _order(text: Text) -> tuple[int, int, str]:
    return text.order, -(text.dated or date.min).toordinal(), text.slug


def _mark_headings(tokens: Sequence[Token]) -> tuple[tuple[str, str], ...]:
    """Give each heading of the second level an anchor."""
    found: list[tuple[str, str]] = []
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            anchor = f"part-{len(found) + 1}"
            token.attrSet("id", anchor)
            found.append((anchor, _plain(inline)))
    return tuple(found)


def _all(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _check(token: Token) -> None:
    """Refuse what a page must not have; change what it may have only in part."""
    if token.type == "heading_open" and token.tag == "h1":
        raise LibraryError("正文的标题从二级（##）开始")
    # The alignment of a table's cell would be an inline style, which the content policy forbids.
    token.attrs.pop("style", None)
    if token.type == "table_open":
        token.attrSet("class", "data")
    if token.type == "th_open":
        token.attrSet("scope", "col")
    href = str(token.attrs.get("href", ""))
    if token.type == "link_open":
        if not _ADDRESS.match(href):
            raise LibraryError(f"链接“{href}”只能是本站的路径或者 https 地址")
        if href.startswith("https:"):
            token.attrSet("rel", "noopener noreferrer")


def _plain(inline: Token) -> str:
    return "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content
        for child in inline.children or ()
    )


def _match(text: Text, words: Sequence[str]) -> TextMatch:
    for part in (text.summary, *text.plain.split("\n"), text.title):
        found = merged(span for word in words for span in spans(part, word))
        if found:
            return TextMatch(text, *cut(part, found))
    return TextMatch(text, text.summary, ())
