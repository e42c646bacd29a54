"""How a visitor wants the pages: in which language, light or dark.

Chosen by `?lang=` and `?theme=`, remembered in two cookies that hold nothing else. Without a choice
pages are in simplified Chinese and follow the device's own light or dark.
"""

from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, Response, g, request, url_for

from portal.errors import BadRequestError
from portal.web.headers import keep_nowhere
from portal.web.incoming import is_page, own_arguments

LANGUAGES = {"zh-Hans": "简体", "zh-Hant": "繁體", "en": "English"}
"""BCP 47 tag → how its speakers call it; the first is the language of the messages."""
THEMES = ("auto", "light", "dark")
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Display:
    """A language of LANGUAGES and a theme of THEMES."""

    language: str = "zh-Hans"
    theme: str = "auto"


def install(app: Flask) -> None:
    """Read the choices before each page, remember a new one after it."""
    app.before_request(_read)
    app.after_request(_remember)
    app.jinja_env.globals.update(
        display=display, display_url=display_url, languages=LANGUAGES, themes=THEMES
    )


def display() -> Display:
    """Return how this request's page is shown."""
    if "display" not in g:
        g.display = _remembered()
    return cast("Display", g.display)


def display_url(**choice: str) -> str:
    """Return the address of this page with another `lang` or `theme`.

    That of the front page where the address is no page, or may hold what must not be repeated.
    """
    repeatable = request.method in ("GET", "HEAD") and not g.get("problem") and request.endpoint
    if not repeatable or request.blueprint == "persons":
        endpoint = "persons.check" if request.blueprint == "persons" else "pages.home"
        return url_for(endpoint, **cast("dict[str, Any]", choice))
    values: dict[str, Any] = {**own_arguments(), **(request.view_args or {}), **choice}
    return url_for(cast("str", request.endpoint), **values)


def _remembered() -> Display:
    """Return what the cookies say. The interface has none, and speaks the language of messages."""
    if request.path.startswith("/api/"):
        return Display()
    language = request.cookies.get("lang", "")
    theme = request.cookies.get("theme", "")
    return Display(
        language if language in LANGUAGES else "zh-Hans", theme if theme in THEMES else "auto"
    )


def _read() -> None:
    if not is_page(request.endpoint):
        return
    remembered = display()
    asked = Display(
        _choice("lang", remembered.language, tuple(LANGUAGES)),
        _choice("theme", remembered.theme, THEMES),
    )
    if asked != remembered:
        g.display, g.remember = asked, True
        keep_nowhere()


def _choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    given = request.args.getlist(name)
    if not given or given == [""]:
        return default
    if len(given) > 1 or given[0] not in choices:
        raise BadRequestError(name, "可用的值：%(values)s", values="、".join(choices))
    return given[0]


def _remember(response: Response) -> Response:
    if response.mimetype == "text/html":  # no file or data depends on how pages are shown
        response.vary.add("Cookie")
    if g.get("remember"):
        for name, value in (("lang", display().language), ("theme", display().theme)):
            response.set_cookie(
                name,
                value,
                max_age=_YEAR,
                secure=request.is_secure,
                httponly=name != "theme",  # the switch in site.js writes that one
                samesite="Lax",
                path="/",
            )
    return response
