"""One engine in a process of its own: build its index, or open it and answer all questions.

    python -m benchmarks.stages build|ask ENGINE FOLDER

The folder holds `plan.json`; the measurements are printed as JSON.
"""

import resource
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from benchmarks.city import TODAY, City
from benchmarks.engines.engine import Answer, Engine, Question
from benchmarks.engines.known import PORTAL, engine
from benchmarks.measuring import (
    Made,
    OutOfTimeError,
    Resident,
    folder_size,
    on_one_core,
    resident,
    time_limit,
)
from benchmarks.questions import QuestionClass

PLAN = "plan.json"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: the data, the questions, rounds after the first, and limits in seconds.

    `query_limit` ends one question, `class_limit` a round of a class.
    """

    city: City
    classes: Sequence[QuestionClass]
    rounds: int
    query_limit: float
    class_limit: float


@dataclass(frozen=True, slots=True)
class Built:
    """What building took on one core, without making the data: seconds, peak MB, bytes on disk."""

    city: City
    seconds: float
    peak: float
    size: int


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer in short: what must be equal in all engines, and at which place stood the one
    meant (0: not on the first page).
    """

    total: int
    exact: bool
    facets: int
    place: int


@dataclass
class ClassTimes:
    """Milliseconds of the questions of a class, in a fresh process (cold) and after that (warm).

    `answers` are those of the first round, None where time ran out; `late` counts these in all
    rounds.
    """

    title: str
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    answers: list[Answered | None] = field(default_factory=list)
    late: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What answering took: ms to open, memory above the bare interpreter, times by class."""

    opened: float
    memory: Resident
    classes: Sequence[ClassTimes]


def in_own_process(stage: str, name: str, folder: Path, kind: type[T]) -> T:
    """Carry out a stage for an engine in a fresh process and return what it measured."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, stage, name, str(folder)],
        check=False,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    if done.returncode:
        sys.exit(f"{name}: {stage} failed")
    return msgspec.json.decode(done.stdout, type=kind)


def build(name: str, folder: Path, city: City) -> Built:
    """Write the index of an engine into a new folder of its name."""
    target = folder / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    kind, made = engine(name), Made()
    started = time.perf_counter()
    kind.build(target, made.each(city.all_subjects()))
    seconds = time.perf_counter() - started - made.seconds
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Built(city, seconds, peak, folder_size(target))


def ask(name: str, folder: Path, plan: Plan) -> Asked:
    """Open the index of an engine and ask everything: once cold, then round after round."""
    kind = engine(name)
    bare = resident()
    started = time.perf_counter()
    opened_engine = kind.open(folder / name, TODAY)
    opened = (time.perf_counter() - started) * 1000
    asked = [each for each in plan.classes if name == PORTAL or not each.own]
    found = [ClassTimes(each.title) for each in asked]
    for each, times in zip(asked, found, strict=True):
        times.cold, times.answers = _round(opened_engine, each.questions, plan)
        times.late = times.answers.count(None)
    for _ in range(plan.rounds):
        for each, times in zip(asked, found, strict=True):
            warm, answers = _round(opened_engine, each.questions, plan)
            times.warm += warm
            times.late += answers.count(None)
    memory = resident().above(bare)
    opened_engine.close()
    return Asked(opened, memory, found)


def _round(
    opened: Engine, questions: Sequence[Question], plan: Plan
) -> tuple[list[float], list[Answered | None]]:
    times: list[float] = []
    answers: list[Answered | None] = []
    begun = time.perf_counter()
    for question in questions:
        started = time.perf_counter()
        if started - begun > plan.class_limit:
            break
        answer: Answer | None = None
        try:
            with time_limit(plan.query_limit):
                started = time.perf_counter()
                answer = opened.answer(question)
                seconds = time.perf_counter() - started
        except OutOfTimeError:
            seconds = time.perf_counter() - started
        times.append(seconds * 1000)
        in_time = seconds <= plan.query_limit
        answers.append(_in_short(question, answer) if answer and in_time else None)
    return times, answers


def _in_short(question: Question, answer: Answer) -> Answered:
    counted = [(name, list(map(tuple, values))) for name, values in sorted(answer.facets.items())]
    facets = zlib.crc32(repr(counted).encode()) if counted and answer.exact else 0
    rows = list(answer.rows)
    place = rows.index(question.meant) + 1 if question.meant in rows else 0
    return Answered(answer.total, answer.exact, facets, place)


def main(arguments: Sequence[str]) -> None:
    """Carry out one stage."""
    stage, name, folder = arguments[0], arguments[1], Path(arguments[2])
    plan = msgspec.json.decode((folder / PLAN).read_bytes(), type=Plan)
    measured: Built | Asked
    if stage == "build":
        on_one_core()
        measured = build(name, folder, plan.city)
    else:
        measured = ask(name, folder, plan)
    sys.stdout.buffer.write(msgspec.json.encode(measured))


if __name__ == "__main__":
    main(sys.argv[1:])
