"""The Flask application: wiring only."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined

from portal import clock
from portal.catalog import load_catalog
from portal.config import Settings, load_settings
from portal.library import load_library
from portal.live import LiveSnapshot
from portal.web import (
    access,
    audit,
    compression,
    cross_site,
    display,
    filters,
    headers,
    incoming,
    language,
    limits,
    problems,
    reading,
    segments,
    static_files,
)
from portal.web import statistics as counted
from portal.web.api import api
from portal.web.exports import exports
from portal.web.feeds import feeds
from portal.web.health import health
from portal.web.knowledge import knowledge
from portal.web.known import KnownSnapshots
from portal.web.machines import machines
from portal.web.metrics_page import metrics_page
from portal.web.pages import pages
from portal.web.persons import persons
from portal.web.reference import reference
from portal.web.suggestions import suggestions
from search_index import similar

BLUEPRINTS = (
    pages,
    persons,
    knowledge,
    counted.statistics,
    feeds,
    exports,
    machines,
    api,
    reference,
    suggestions,
    health,
    metrics_page,
)
ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: Settings | None = None, now: Callable[[], datetime] = clock.now) -> Flask:
    """Build the application from the environment, or from given settings and clock.

    It opens nothing yet: the live snapshot is opened, read-only, at the first request.
    Raises SettingError, CatalogError or LibraryError when settings, policy or texts are wrong.
    """
    settings = settings or load_settings(os.environ)
    similar.prepare()
    catalog = load_catalog(settings.policy_path)
    live = LiveSnapshot(KnownSnapshots(settings.snapshots_path, catalog))
    app = Flask(
        "portal", static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates")
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    reading.install(app, settings, catalog, load_library(settings.library_path), live, now=now)
    limits.install(app, settings)  # before whatever may refuse a request: that counts too
    incoming.install(app)
    segments.install(app)
    compression.install(app)
    display.install(app)
    static_files.install(app)
    language.install(app)
    filters.install(app, catalog, settings)
    headers.install(app)
    cross_site.install(app)
    problems.install(app)
    counted.install(app)
    audit.install(app, settings)
    access.install(app, settings, now)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
