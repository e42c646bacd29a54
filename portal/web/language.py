"""The words of the pages in each language.

Messages are written in simplified Chinese and marked with `_("…")` in templates, with
`gettext("…")` or `to_translate("…")` in code. English comes from the PO files beside this package,
traditional Chinese from OpenCC. What sources published is never converted: a name or a number
written otherwise would be another one. It is marked as simplified Chinese instead.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import opencc
from babel.messages.pofile import read_po
from flask import Flask
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from portal.web.display import display

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


def install(app: Flask) -> None:
    """Give the templates their words; reads the English ones at once."""
    english()
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        translate, _translate_number, newstyle=True
    )
    app.jinja_env.filters.update(words=words, translated=translated, published=published)
    app.jinja_env.globals.update(as_published=as_published)


def translate(message: str) -> str:
    """Return a message in the language of this request; the message itself where it has none."""
    match display().language:
        case "en":
            return english().get(message, message)
        case "zh-Hant":
            return traditional(message)
    return message


def gettext(message: str, **values: Any) -> str:
    """Return a message in the language of this request, with its %(name)s filled in."""
    return translate(message) % values if values else translate(message)


def to_translate(message: str) -> str:
    """Mark a message that is translated later, where it is shown."""
    return message


@pass_context
def words(_: Context, text: str) -> str:
    """Return a text of the catalogue in the language of this request, as HTML.

    Without a translation it stays Chinese, and is marked as such. (The context is asked for so that
    no template is compiled with the words of one language in it.)
    """
    if display().language == "en" and text not in english():
        return _marked(text)
    return translate(text)


@pass_context
def translated(_: Context, text: str) -> str:
    """Return a text of the catalogue in the language of this request, where no HTML may stand."""
    return translate(text)


@pass_context
def published(_: Context, text: str) -> str:
    """Return what a source published as HTML: as it is, marked as Chinese on other pages."""
    return text if display().language == "zh-Hans" or not text else _marked(text)


def as_published() -> str:
    """Return the attribute of an element whose whole text is what a source published."""
    return "" if display().language == "zh-Hans" else Markup(' lang="zh-Hans"')


@cache
def english() -> Mapping[str, str]:
    """Return message → English, from every PO file."""
    found: dict[str, str] = {}
    for path in sorted((TRANSLATIONS / "en").glob("*.po")):
        with path.open("rb") as stream:
            catalog = read_po(stream, locale="en")
        found |= {str(m.id): str(m.string) for m in catalog if m.id and m.string and not m.fuzzy}
    return found


@lru_cache(maxsize=4096)
def traditional(message: str) -> str:
    """Return a message in traditional characters."""
    return str(_converter().convert(message))


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


def _marked(text: str) -> Markup:
    return Markup('<span lang="zh-Hans">{}</span>').format(text)


def _translate_number(singular: str, plural: str, number: int) -> str:
    return translate(singular if number == 1 else plural)
