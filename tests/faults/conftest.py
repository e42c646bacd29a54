"""A site of two snapshots, made once with the commands and copied for each test that harms it."""

from pathlib import Path

import pytest

from tests.faults.site import Site


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site.make(tmp_path_factory.mktemp("faults") / "made")


@pytest.fixture
def site(made: Site, tmp_path: Path) -> Site:
    """A copy that a test may harm."""
    return made.copy(tmp_path / "site")
