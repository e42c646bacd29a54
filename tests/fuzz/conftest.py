"""One small portal for all that is thrown at it: nothing that is asked changes it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask

from portal.catalog import load_catalog
from portal.config import load_settings
from portal.intake.registry import Registry
from tests import world
from tests.conftest import Portal


@dataclass(frozen=True)
class Site:
    """A running application and the ids of something in it."""

    app: Flask
    record: str
    entity: str


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("fuzz")
    settings = load_settings(
        {
            "PORTAL_VAR": str(folder / "var"),
            "PORTAL_RATELIMIT_ENABLED": "0",
            "PORTAL_SITE_ORIGIN": "https://credit.example.cn",
        }
    )
    with Registry(settings.registry_address) as registry:
        portal = Portal(folder, settings, load_catalog(), registry)
        portal.ingest([world.penalty(1), world.penalty(2, CF_SY="当事人无证经营烟花爆竹")])
        portal.ingest([world.listing(1)], "black.csv")
        debtor = world.debtor(1, cardNum=world.id_number(55))
        portal.ingest_path(world.write_jsonl(folder / "d.jsonl", [debtor]))
        portal.publish()
        app = portal.app()
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    found = app.test_client().get("/api/v1/search?q=蓝穗").get_json()["results"]
    ids = {result["type"]: result["id"] for result in found}
    yield Site(app, ids["record"], ids["entity"])
    app.extensions["portal.live"].close()
