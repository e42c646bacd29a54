"""Many kills at random, in every command: `python -m tests.faults.storm --kills 200 --seed 1`.

Half of them at a random step, half after a random time. After each one the site must be whole and
show what it showed, and the next run must end with what an undisturbed one shows.
"""

import argparse
import random
import signal
import tempfile
import time
from pathlib import Path

from tests.faults.scenes import NAMES, Scene, make_scene
from tests.faults.site import Site


def strike_at_a_step(scene: Scene, site: Site, chance: random.Random) -> bool:
    """Kill the command at some step; tell whether it got so far."""
    done = site.run(*scene.arguments, struck=f"kill:{chance.randint(1, scene.steps)}")
    assert done.code in (0, -signal.SIGKILL), done
    return done.code != 0


def strike_at_a_time(scene: Scene, site: Site, chance: random.Random) -> bool:
    """Kill the command, in an interpreter of its own, after a time; tell whether it still ran."""
    process = site.start(*scene.arguments)
    time.sleep(chance.uniform(0.4, 3.0))
    process.kill()
    process.communicate()
    assert process.returncode in (0, -signal.SIGKILL)
    return process.returncode != 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311
    with tempfile.TemporaryDirectory() as folder:
        made = Site.make(Path(folder) / "made")
        scenes = [make_scene(made, name, Path(folder)) for name in NAMES]
        struck = 0
        for turn in range(options.kills):
            scene = scenes[turn % len(scenes)]
            with tempfile.TemporaryDirectory() as place:
                site = scene.before.copy(Path(place) / "site")
                strike = strike_at_a_step if turn // len(scenes) % 2 else strike_at_a_time
                struck += strike(scene, site, chance)
                check(scene, site)
        print(f"{struck} of {options.kills} runs were killed under way; all of them recovered")


def check(scene: Scene, site: Site) -> None:
    """Assert that nothing is half done, and that the next run makes up for all."""
    assert site.contents() in scene.shown
    site.check_whole()
    site.next_run()
    site.check_whole()
    assert site.contents() == scene.finally_shown
    assert site.leftovers() == []


if __name__ == "__main__":
    main()
