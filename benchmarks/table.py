"""The tables of the search benchmark; every row ends with its ratio to this project's engine."""

import statistics
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.measuring import percentile
from benchmarks.stages import Answered, Asked, Built, ClassTimes

_PERCENTILES = (50, 95, 99)
_COLUMNS = ("p50", "p95", "p99", "max")


def resources(built: Mapping[str, Built], asked: Mapping[str, Asked], base: str) -> Iterator[str]:
    """Yield what building and being open costs; ratios are of records/s."""
    yield (
        f"{'engine':9}{'records/s':>11}{'build MB':>10}{'index MB':>10}{'open ms':>9}"
        f"{'own MB':>8}{'mapped MB':>11}{'rate':>8}"
    )
    rates = {name: each.city.records / max(each.seconds, 1e-9) for name, each in built.items()}
    for name, each in built.items():
        memory = asked[name].memory
        ratio = f"{rates[name] / rates[base]:.2f}×" if base in rates else ""
        yield (
            f"{name:9}{rates[name]:11,.0f}{each.peak:10,.0f}{each.size / 1e6:10,.0f}"
            f"{asked[name].opened:9.1f}{memory.own:8,.0f}{memory.mapped:11,.0f}{ratio:>8}"
        )


def times(asked: Mapping[str, Asked], base: str) -> Iterator[str]:
    """Yield a row for every class and engine, as the help of the command explains it."""
    yield (
        f"{'':9}{'asked':>6}{'found':>10}  "
        + "".join(f"{'cold ' + column:>10}" for column in _COLUMNS)
        + "".join(f"{'warm ' + column:>10}" for column in _COLUMNS)
        + f"{'late':>6}{'differ':>8}{'≈':>4}{'@1':>6}{'@10':>6}{'×p50':>10}{'×p99':>10}"
    )
    by_class = {
        name: {each.title: each for each in engine.classes} for name, engine in asked.items()
    }
    titles = dict.fromkeys(title for classes in by_class.values() for title in classes)
    for title in titles:
        yield title
        for name, classes in by_class.items():
            if title in classes:
                yield f"  {name:7}" + _row(classes[title], by_class.get(base, {}).get(title))


def _row(found: ClassTimes, base: ClassTimes | None) -> str:
    if not found.cold:
        return f"{0:6}"
    in_time = [answer for answer in found.answers if answer]
    total = f"{statistics.median(a.total for a in in_time):,.0f}" if in_time else "-"
    row = f"{len(found.cold):6}{total:>10}  " + _times(found.cold) + _times(found.warm)
    row += f"{found.late:6}{_differing(found, base):>8}{sum(not a.exact for a in in_time):4}"
    row += _share_until(in_time, 1) + _share_until(in_time, 10)
    if base is not None and base.warm and found.warm:
        row += f"{_ratio(found, base, 50):10.2f}{_ratio(found, base, 99):10.2f}"
    return row


def _times(measured: Sequence[float]) -> str:
    if not measured:
        return f"{'-':>10}" * len(_COLUMNS)
    values = [*(percentile(measured, each) for each in _PERCENTILES), max(measured)]
    return "".join(f"{value:10.3f}" for value in values)


def _differing(found: ClassTimes, base: ClassTimes | None) -> str:
    if base is None or base is found or _is_open(found):
        return ""
    pairs = zip(found.answers, base.answers, strict=False)
    both = [(_said(a), _said(b)) for a, b in pairs if a and b and a.exact and b.exact]
    return str(sum(own != other for own, other in both)) if both else "-"


def _said(answer: Answered) -> tuple[int, int]:
    return answer.total, answer.facets


def _is_open(found: ClassTimes) -> bool:
    """Tell whether every engine may decide for itself what answers the question."""
    return found.title.startswith("misspelt")


def _share_until(answers: Sequence[Answered], place: int) -> str:
    if not any(answer.place for answer in answers):
        return f"{'':6}"
    return f"{sum(0 < answer.place <= place for answer in answers) / len(answers):6.2f}"


def _ratio(found: ClassTimes, base: ClassTimes, percent: int) -> float:
    return percentile(found.warm, percent) / percentile(base.warm, percent)
