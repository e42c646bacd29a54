"""The engines by their names on the command line; only the one that is asked for is imported."""

from importlib import import_module
from typing import cast

from benchmarks.engines.engine import Engine

PORTAL = "portal"
"""This project's own engine."""

_CLASSES = {
    PORTAL: ("portal_index", "PortalIndex"),
    "whoosh": ("whoosh_plain", "WhooshPlain"),
    "fts5": ("fts5", "Fts5"),
    "tantivy": ("tantivy_bigrams", "TantivyBigrams"),
}
ENGINES = tuple(_CLASSES)
"""All names, in the order of the tables."""


def engine(name: str) -> type[Engine]:
    """Return the engine of a name; raises KeyError for another."""
    module, class_name = _CLASSES[name]
    return cast(type[Engine], getattr(import_module(f"benchmarks.engines.{module}"), class_name))
