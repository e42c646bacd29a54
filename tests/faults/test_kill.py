"""kill -9 in any command: what was live is served, nothing is half done, the next run works."""

import signal
from pathlib import Path

import pytest

from tests.faults.scenes import NAMES, Scene, make_scene
from tests.faults.site import Site
from tests.faults.storm import check

RANDOM_STEPS = 2


@pytest.fixture(scope="module", params=NAMES)
def scene(
    request: pytest.FixtureRequest, made: Site, tmp_path_factory: pytest.TempPathFactory
) -> Scene:
    return make_scene(made, request.param, tmp_path_factory.mktemp("scene"))


def kill(scene: Scene, site: Site, strike: str) -> None:
    done = site.run(*scene.arguments, struck=strike)
    assert done.code == -signal.SIGKILL, done
    check(scene, site)


def test_at_the_border_of_each_stage(scene: Scene, tmp_path: Path) -> None:
    assert len(scene.stages) >= 3
    for strike, site in scene.sites(tmp_path, [f"stage:{number}" for number in scene.stages]):
        kill(scene, site, strike)


def test_at_random(scene: Scene, tmp_path: Path) -> None:
    steps = scene.some_steps(20261128, RANDOM_STEPS)
    for strike, site in scene.sites(tmp_path, [f"kill:{step}" for step in steps]):
        kill(scene, site, strike)
