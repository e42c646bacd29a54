"""Write invented but lifelike source files for every class of the catalogue.

Everything is made from the seed and the day: the same arguments give the same bytes. Only the list
of organisations is held in memory; rows are made and written one by one.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from portal.catalog import BUILT_IN, load_catalog
from portal.catalog_model import Catalog
from portal.errors import SettingError
from portal.sample.days import SHAPES
from portal.sample.dice import Dice
from portal.sample.faults import Fault, FaultPlan, count_faults, possible_faults
from portal.sample.layouts import LEAST_RECORDS, REGISTRATION, Layout, share_out
from portal.sample.words import City
from portal.sample.world import World, make_world
from portal.sample.writers import Cell, Line, write_file

Progress = Callable[[str], None]

POLICY = "policy"
"""The folder, inside the target, to give as PORTAL_POLICY."""

_REPORT_EVERY = 100_000
_SHEET_DATE_SHARE = 0.6
_DAYS = frozenset(("date", "past_date", "end_date"))
_BREAKABLE = frozenset(("csv", "jsonl"))


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A written file: rows without the heading, and how many of them the intake must reject.

    `faults` counts the rejected ones by what is wrong with them.
    """

    name: str
    class_code: str
    rows: int
    rejected: int
    faults: Mapping[Fault, int]


@dataclass(frozen=True, slots=True)
class SampleReport:
    """What was written: files in their order, organisations, those of them from the names file."""

    files: tuple[SampleFile, ...]
    organisations: int
    from_names_file: int

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)

    @property
    def rejected(self) -> int:
        """Rows of all files that the intake must reject."""
        return sum(file.rejected for file in self.files)


def generate(
    records: int,
    out: Path,
    *,
    seed: int = 1,
    names: Path | None = None,
    today: date,
    progress: Progress | None = None,
) -> SampleReport:
    """Write source files with so many records into `out`, and `out`/policy/regions.toml.

    Days are counted from `today`. `names` is a CSV of organisations (name, uscc) used before any
    is invented. Raises SettingError for a number that is too small or a folder that cannot be
    written, SourceError for a names file that cannot be used.
    """
    if records < LEAST_RECORDS:
        raise SettingError(f"--records：至少为 {LEAST_RECORDS}")
    say = progress or (lambda _: None)
    plan = share_out(records)
    catalog = load_catalog()
    world = make_world(seed, today, catalog, _sound_rows(plan, catalog, REGISTRATION), names)
    say(f"{len(world.organisations):,} 家组织")
    try:
        _write_regions(out / POLICY, world.words.city)
        files = [_write(out, layout, rows, world, say) for layout, rows in plan]
    except OSError as error:
        raise SettingError(f"--out：无法写入 {out}（{error.strerror}）") from None
    return SampleReport(tuple(files), len(world.organisations), world.organisations.from_file)


def _faults(layout: Layout, catalog: Catalog) -> tuple[Fault, ...]:
    fields = layout.fields(catalog.classes_by_code[layout.class_code])
    return possible_faults(fields, breakable=layout.format in _BREAKABLE)


def _sound_rows(plan: Sequence[tuple[Layout, int]], catalog: Catalog, layout: Layout) -> int:
    """Return how many rows of a file will be sound."""
    rows = {planned.name: count for planned, count in plan}[layout.name]
    return rows - count_faults(rows, _faults(layout, catalog))


def _write(out: Path, layout: Layout, rows: int, world: World, say: Progress) -> SampleFile:
    name = layout.file_name(world.calendar.today)
    tally: Counter[Fault] = Counter()
    write_file(out / name, layout, _lines(layout, rows, world, tally, say))
    say(f"{name}：{rows:,} 行")
    return SampleFile(name, layout.class_code, rows, tally.total(), dict(tally))


def _lines(
    layout: Layout, rows: int, world: World, tally: Counter[Fault], say: Progress
) -> Iterator[Line]:
    """Make the rows of a file and put their cells under its headings; count the broken ones."""
    record_class = world.catalog.classes_by_code[layout.class_code]
    fields = layout.fields(record_class)
    required = [f.name for f in record_class.fields if f.required and f.name in fields]
    faults = FaultPlan(_faults(layout, world.catalog), required, world)
    maker = layout.maker(world)
    shape = _shaper(layout, fields, world)
    sound = 0
    for number in range(rows):
        row = maker.row(sound)
        fault = faults.fault(number)
        if fault is None:
            sound += 1
        else:
            tally[fault] += 1
            faults.damage(row, fault, number)
        value = row.get
        cells = [value(field) for field in fields]
        shape(cells)
        yield Line(cells, fault is Fault.BROKEN_ROW)
        if number % _REPORT_EVERY == _REPORT_EVERY - 1:
            say(f"{layout.file_name(world.calendar.today)}：{number + 1:,} / {rows:,}")


def _shaper(layout: Layout, fields: Sequence[str], world: World) -> Callable[[list[Cell]], None]:
    """Return what writes the days of a row as text, all of one row in one shape."""
    dice = Dice(world.seed, "shapes", layout.name)
    record_class = world.catalog.classes_by_code[layout.class_code]
    types = {field.name: field.type for field in record_class.fields}
    columns = [i for i, field in enumerate(fields) if types[field] in _DAYS]
    as_dates = _SHEET_DATE_SHARE if layout.format == "xlsx" else 0.0

    def shape(cells: list[Cell]) -> None:
        if as_dates and dice.chance(as_dates):
            return
        write = dice.pick(SHAPES)
        for column in columns:
            cell = cells[column]
            if isinstance(cell, date):
                cells[column] = write(cell)

    return shape


def _write_regions(policy: Path, city: City) -> None:
    """Write the region names of the catalogue together with the invented ones."""
    policy.mkdir(parents=True, exist_ok=True)
    names = {city.province_code: city.province, city.code: city.name}
    names |= {district.code: district.name for district in city.districts}
    known = (BUILT_IN / "regions.toml").read_text(encoding="utf-8").rstrip("\n")
    lines = "\n".join(f'{code} = "{name}"' for code, name in names.items())
    text = f"{known}\n\n# 示例数据的虚构地名\n{lines}\n"
    (policy / "regions.toml").write_text(text, encoding="utf-8", newline="\n")
