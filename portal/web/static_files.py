"""Addresses of static files; each names the content of its file, so it may be kept for long."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from flask import Flask, current_app, url_for

_DIGESTS = "portal.static"


def install(app: Flask) -> None:
    """Read every static file once, and give templates their addresses."""
    app.extensions[_DIGESTS] = _digests(app)
    app.jinja_env.globals.update(static_url=static_url)


def static_url(path: str) -> str:
    """Return the address of a static file; it changes with the file's content."""
    return url_for("static", filename=path, v=static_digest(path))


def static_digest(path: str) -> str:
    """Return what names the content of a static file, empty for no file of ours."""
    if current_app.debug:
        current_app.extensions[_DIGESTS] = _digests(current_app)
    return cast("Mapping[str, str]", current_app.extensions[_DIGESTS]).get(path, "")


def _digests(app: Flask) -> dict[str, str]:
    folder = Path(app.static_folder or "")
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in folder.rglob("*")
        if path.is_file()
    }
