"""What may be going on when something fails: a command, and the site as it was just before."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.site import Site

NAMES = ("ingest", "delta", "full", "prune")


@dataclass(frozen=True, slots=True)
class Scene:
    """`before` is the site just before the command, to be compared with one where all went well.

    `shown` is what the live snapshot shows in the one and in the other, `finally_shown` what it
    shows after the next run. `steps` is how many steps the command has, `stages` are the numbers of
    the borders between which something happens.
    """

    before: Site
    arguments: tuple[str, ...]
    shown: list[list[dict[str, Any]]]
    steps: int
    stages: list[int]
    finally_shown: list[dict[str, Any]]

    def some_steps(self, seed: int, number: int) -> list[int]:
        """Return some of the steps, the same for the same seed; not the last, which may not come.

        How many files the index has is not quite the same each time.
        """
        return sorted(random.Random(seed).sample(range(1, self.steps * 9 // 10), number))  # noqa: S311

    def sites(self, folder: Path, strikes: list[str]) -> Iterator[tuple[str, Site]]:
        """Yield each strike with a site of its own to carry it out on."""
        for strike in strikes:
            yield strike, self.before.copy(folder / strike.replace(":", "-"))


def make_scene(made: Site, name: str, folder: Path) -> Scene:
    """Bring a site to where the command of that name comes next, and try it out on a copy."""
    before = made.copy(folder / f"before-{name}")
    source = str(before.folder / "next.csv")
    arguments = {
        "ingest": ("ingest", source),
        "delta": ("publish",),
        "full": ("publish", "--full"),
        "prune": ("prune", "--keep", "2"),
    }[name]
    if name != "ingest":
        before.succeed("ingest", source)
    if name == "prune":
        before.succeed("publish")
        fewer = str(before.folder / "fewer.csv")
        before.succeed("ingest", "--full", "--accept-shrink", fewer)
        before.succeed("publish")
    trial = before.copy(folder / f"after-{name}")
    done = trial.run(*arguments, struck="count")
    assert done.code == 0, done
    counted = json.loads(done.err.splitlines()[-1])
    shown = [before.contents(), trial.contents()]
    trial.next_run()
    at = counted["stages"]
    borders = [number for number, step in enumerate(at, start=1) if step + 1 not in at]
    return Scene(before, arguments, shown, counted["steps"], borders, trial.contents())
