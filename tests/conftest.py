from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import hypothesis
import pytest
from flask import Flask

from portal.app import create_app
from portal.catalog import load_catalog
from portal.catalog_model import Catalog
from portal.config import Settings, load_settings
from portal.intake.ingest import DeliveryReport, ingest_file
from portal.intake.registry import Registry
from portal.person_key import load_person_key
from portal.publish.identity import load_secret
from portal.publish.pipeline import publish
from portal.publish.secrets import Secrets
from portal.snapshots import Manifest, SnapshotStore
from tests import world
from tests.checking_client import CheckingClient

# How fast a test runs says how busy the machine is: no test has a deadline.
hypothesis.settings.register_profile("portal", deadline=None)
hypothesis.settings.load_profile("portal")


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@dataclass
class Portal:
    """A portal in a temporary folder, driven as the command line drives it, on a set day."""

    folder: Path
    settings: Settings
    catalog: Catalog
    registry: Registry
    today: date = world.TODAY

    @property
    def store(self) -> SnapshotStore:
        return SnapshotStore(self.settings.snapshots_path)

    def ingest(
        self, rows: Sequence[Mapping[str, str]], name: str = "delivery.csv", class_code: str = ""
    ) -> DeliveryReport:
        path = world.write_csv(self.folder / name, rows)
        return self.ingest_path(path, class_code)

    def ingest_path(self, path: Path, class_code: str = "") -> DeliveryReport:
        return ingest_file(
            path,
            self.catalog,
            self.registry,
            self.settings.rejections_path,
            now=self.now(),
            class_code=class_code,
        )

    def publish(self, *, full: bool = False) -> Manifest:
        return publish(
            self.registry,
            self.catalog,
            self.store,
            Secrets(
                load_secret(self.settings.secret_path),
                load_person_key(self.settings.person_key_path),
            ),
            self.settings.ledger_path,
            now=self.now(),
            today=self.today,
            full=full,
        )

    def now(self) -> datetime:
        return datetime.combine(self.today, world.NOW.timetz())

    def app(self, **changes: object) -> Flask:
        settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        return create_app(settings, now=self.now)


@pytest.fixture
def portal(tmp_path: Path, catalog: Catalog) -> Iterator[Portal]:
    environ = {"PORTAL_VAR": str(tmp_path / "var"), "PORTAL_RATELIMIT_ENABLED": "0"}
    settings = load_settings(environ | {"PORTAL_ACCESS_LOG": ""})
    with Registry(settings.registry_address) as registry:
        yield Portal(tmp_path, settings, catalog, registry)


@pytest.fixture
def browse(portal: Portal) -> Iterator[Callable[[], CheckingClient]]:
    """A client of the portal that checks every page it fetches."""
    apps: list[Flask] = []

    def open_client() -> CheckingClient:
        app = portal.app()
        app.testing = True
        apps.append(app)
        return CheckingClient(app)

    yield open_client
    for app in apps:
        app.extensions["portal.live"].close()
