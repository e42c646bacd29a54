"""Every route of the application, with something that stands there: a new one has to be added."""

from collections.abc import Mapping

from flask import Flask
from werkzeug.routing import Rule

from tests import world
from tests.fuzz.conftest import Site

STANDING: Mapping[str, Mapping[str, str]] = {
    "static": {"filename": "css/site.css"},
    "pages.home": {},
    "pages.search": {},
    "pages.entity": {},
    "pages.record": {},
    "pages.code": {"uscc": world.uscc(1)},
    "pages.lists": {},
    "pages.list": {"code": "market-regulation"},
    "pages.about": {},
    "persons.check": {},
    "persons.check_api": {},
    "knowledge.catalog": {},
    "knowledge.measures": {},
    "knowledge.library": {},
    "knowledge.document": {"slug": "none"},
    "knowledge.guides": {},
    "knowledge.guide": {"slug": "repair"},
    "knowledge.privacy": {},
    "knowledge.accessibility": {},
    "knowledge.sitemap": {},
    "statistics.overview": {},
    "statistics.table": {"name": "months"},
    "feeds.of_class": {"code": "penalty"},
    "feeds.of_list": {"code": "market-regulation"},
    "exports.of_class": {"code": "penalty", "form": "csv"},
    "exports.of_search": {"form": "csv"},
    "machines.robots": {},
    "machines.sitemap": {},
    "machines.sitemap_part": {"number": "1"},
    "machines.opensearch": {},
    "machines.manifest": {},
    "machines.favicon": {},
    "api.search": {},
    "api.entity": {},
    "api.record": {},
    "api.organization": {"uscc": world.uscc(1)},
    "api.status": {},
    "reference.catalog": {},
    "reference.openapi": {},
    "suggestions.suggest": {},
    "health.alive": {},
    "health.ready": {},
    "metrics.show": {},
}
"""Endpoint → what its rule is filled with; ids of subject and record are those of the site."""

NOTHING_THERE = frozenset({"knowledge.document", "metrics.show"})
"""Endpoints of which the little site has nothing, or nothing for who asks from outside."""


def rules(app: Flask) -> list[Rule]:
    """Return every rule."""
    return list(app.url_map.iter_rules())


def path_of(rule: Rule, values: Mapping[str, bytes]) -> bytes:
    """Return the path of a rule with these values in it, decoded."""
    built = b""
    for is_dynamic, part in rule._trace:
        if not is_dynamic:
            built += part.lstrip("|").encode()
        else:
            built += values[part]
    return built


def standing(site: Site, rule: Rule) -> bytes:
    """Return the path of something that stands at a rule."""
    ids = {"public_id": site.record if rule.endpoint.endswith("record") else site.entity}
    values = {**ids, **STANDING[rule.endpoint]}
    return path_of(rule, {name: value.encode() for name, value in values.items()})
