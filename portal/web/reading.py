"""What one request reads: one leased snapshot and one day, from its first look to its last byte."""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from flask import Flask, current_app, g

from portal.catalog import digest
from portal.catalog_model import Catalog
from portal.config import Settings
from portal.library import Library
from portal.live import LiveSnapshot
from portal.lookup import Lookup

_LIVE, _CATALOG, _SETTINGS, _CLOCK = "portal.live", "portal.catalog", "portal.settings", "now"
_POLICY, _LIBRARY = "portal.policy", "portal.library"


def install(
    app: Flask,
    settings: Settings,
    catalog: Catalog,
    library: Library,
    live: LiveSnapshot,
    *,
    now: Callable[[], datetime],
) -> None:
    """Give the application what its requests read, and return the lease after each of them."""
    app.extensions[_SETTINGS] = settings
    app.extensions[_CATALOG] = catalog
    app.extensions[_POLICY] = digest(catalog)
    app.extensions[_LIBRARY] = library
    app.extensions[_LIVE] = live
    app.extensions[_CLOCK] = now

    @app.teardown_request
    def give_back(_: BaseException | None) -> None:
        lease = g.pop("lease", None)
        if lease is not None:
            lease.__exit__(None, None, None)


def settings() -> Settings:
    """The settings of the running application."""
    return cast("Settings", current_app.extensions[_SETTINGS])


def catalog() -> Catalog:
    """The catalogue of the running application."""
    return cast("Catalog", current_app.extensions[_CATALOG])


def library() -> Library:
    """The texts of the running application."""
    return cast("Library", current_app.extensions[_LIBRARY])


def policy() -> str:
    """The digest of the running catalogue; snapshots made by it carry the same."""
    return cast("str", current_app.extensions[_POLICY])


def live() -> LiveSnapshot:
    """The live snapshot of the running application."""
    return cast("LiveSnapshot", current_app.extensions[_LIVE])


def moment() -> datetime:
    """The moment of this request in Asia/Shanghai: read once, the same to its end."""
    if "moment" not in g:
        g.moment = current_app.extensions[_CLOCK]()
    return cast("datetime", g.moment)


def lookup() -> Lookup:
    """The one read path, on the snapshot this request has leased.

    Raises SnapshotError when no snapshot can be shown.
    """
    if "lookup" not in g:
        lease = live().lease()
        snapshot = lease.__enter__()
        g.lease = lease
        g.lookup = Lookup(snapshot, catalog(), moment().date())
    return cast("Lookup", g.lookup)
