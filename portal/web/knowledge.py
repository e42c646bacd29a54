"""The pages that explain: catalogue, measures, library, guides, and the site's own statements."""

from collections.abc import Mapping

from flask import Blueprint, render_template
from markupsafe import Markup

from portal.dictionary import dictionary_of
from portal.library import Kind, Text
from portal.web.headers import keep_briefly
from portal.web.language import to_translate, translate
from portal.web.reading import catalog, library

knowledge = Blueprint("knowledge", __name__)

knowledge.before_request(keep_briefly)

KINDS: Mapping[Kind, str] = {
    "policy": to_translate("政策法规"),
    "memorandum": to_translate("联合奖惩备忘录"),
    "case": to_translate("典型案例"),
}
"""The columns of the library in their order, by the kind of their texts."""

PRIVACY_BASIS = (
    "中华人民共和国个人信息保护法；网络数据安全管理条例第二十条、第二十一条；"
    "甘信用办发〔2021〕5号（四）（十四）"
)


@knowledge.get("/catalog", endpoint="catalog")
def data_dictionary() -> str:
    """The data dictionary: every class and field, with its rules and legal sources."""
    return render_template("pages/catalog.html", dictionary=dictionary_of(catalog()))


@knowledge.get("/measures")
def measures() -> str:
    """What follows from standing on each list."""
    lists = [entry for entry in catalog().public_lists if catalog().measures_of(entry.code)]
    return render_template("pages/measures.html", lists=lists)


@knowledge.get("/library", endpoint="library")
def all_documents() -> str:
    """Policies, memoranda and cases."""
    columns = [(kind, title, library().of_kind(kind)) for kind, title in KINDS.items()]
    return render_template("pages/library.html", columns=columns)


@knowledge.get("/library/<segment:slug>")
def document(slug: str) -> str:
    """One policy, memorandum or case."""
    text = library().document(slug)
    return render_template(
        "pages/document.html", text=text, body=_body(text), kind=KINDS[text.kind]
    )


@knowledge.get("/guide")
def guides() -> str:
    """All guides."""
    return render_template("pages/guides.html", guides=library().of_kind("guide"))


@knowledge.get("/guide/<segment:slug>")
def guide(slug: str) -> str:
    """One guide."""
    text = library().guide(slug)
    return render_template(
        "pages/guide.html", text=text, body=_body(text), guides=library().of_kind("guide")
    )


@knowledge.get("/privacy")
def privacy() -> str:
    """What the site does with personal information: its visitors' and that in its records."""
    return render_template("pages/privacy.html", basis=PRIVACY_BASIS)


@knowledge.get("/accessibility")
def accessibility() -> str:
    """How far the site can be used by everyone, and what to do where it cannot."""
    return render_template("pages/accessibility.html")


@knowledge.get("/sitemap")
def sitemap() -> str:
    """The way to every page of the site."""
    return render_template(
        "pages/sitemap.html",
        guides=library().of_kind("guide"),
        columns=[(title, library().of_kind(kind)) for kind, title in KINDS.items()],
    )


def _body(text: Text) -> Markup:
    """Return the body of a text as HTML, in the characters of this request."""
    return Markup(translate(text.html))  # noqa: S704  # rendered from Markdown without raw HTML
