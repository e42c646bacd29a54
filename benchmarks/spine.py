"""How fast a city's files become answers: ingest, publish, search, beside plain baselines.

    python -m benchmarks.spine [--records 100000] [--names FILE]

Everything is measured in one run on one machine and printed as a ratio to a named baseline:
ingest beside `csv` rows put unchecked into one SQLite table; search beside SQLite's own
`LIKE '%…%'` over the same names and texts. Each stage runs in a process of its own, so that its
peak memory is its own.
"""

import argparse
import csv
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measuring import folder_size, machine, milliseconds, percentile
from portal import clock
from portal.catalog import load_catalog
from portal.lookup import Lookup
from portal.search_request import parse_search
from portal.snapshots import Snapshot, SnapshotStore

ROUNDS = 3
PER_CLASS = 80
LIKE_PER_CLASS = 8
NAME_LIKE = "SELECT id FROM entities WHERE names LIKE ? LIMIT 20"
TEXT_LIKE = "SELECT id FROM records WHERE fields LIKE ? LIMIT 20"
NUMBER_LIKE = "SELECT id FROM records WHERE document_number LIKE ? LIMIT 20"


def main() -> None:
    """Make the data, run the stages, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--names", type=Path, help="CSV (name,uscc) of names to use")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        _run(Path(folder), options)


def _run(folder: Path, options: argparse.Namespace) -> None:
    sample = folder / "sample"
    names = ["--names", str(options.names)] if options.names else []
    environment = os.environ | {"PORTAL_VAR": str(folder / "var")}
    arguments = ["sample", "--records", str(options.records), "--out", str(sample), *names]
    _stage(arguments, environment)
    files = sorted(path for path in sample.iterdir() if path.is_file())
    rows = sum(_rows(path) for path in files if path.suffix == ".csv")
    size = sum(path.stat().st_size for path in files)
    print(f"{options.records:,} records in {len(files)} files, {size / 1e6:.0f} MB")

    bare = _bare_csv([path for path in files if path.suffix == ".csv"], folder / "bare.sqlite")
    seconds, peak = _stage(["ingest", *map(str, files)], environment)
    print(
        f"ingest   {options.records / seconds:9,.0f} rows/s  {seconds:6.1f} s  peak {peak:4.0f} MB"
        f"  {options.records / seconds / (rows / bare):.2f} of bare csv→sqlite"
    )
    ingest = seconds
    seconds, peak = _stage(["publish"], environment)
    print(
        f"publish  {options.records / seconds:9,.0f} rows/s  {seconds:6.1f} s  peak {peak:4.0f} MB"
        f"  {seconds / ingest:.2f} of the ingest's time"
    )
    _searches(SnapshotStore(folder / "var" / "snapshots"))


def _stage(arguments: Sequence[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run one command; return its seconds and its peak memory in MB."""
    program = (
        "import resource,sys; from portal.cli import main; code = main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(code)"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return time.perf_counter() - started, int(done.stdout.split()[-1]) / 1024


def _bare_csv(paths: Sequence[Path], target: Path) -> float:
    started = time.perf_counter()
    with sqlite3.connect(target) as connection:
        connection.execute("CREATE TABLE rows (cells TEXT)")
        for path in paths:
            with path.open(encoding=_encoding(path), newline="") as stream:
                cells = ((json.dumps(row, ensure_ascii=False),) for row in csv.DictReader(stream))
                connection.executemany("INSERT INTO rows VALUES (?)", cells)
    connection.close()
    return time.perf_counter() - started


def _searches(store: SnapshotStore) -> None:
    catalog = load_catalog()
    started = time.perf_counter()
    snapshot = Snapshot(store.path(store.current_id()))
    opened = time.perf_counter() - started
    manifest = snapshot.manifest
    size = folder_size(store.path(snapshot.id) / "index")
    print(
        f"snapshot {manifest.published:,} records, {manifest.entities:,} subjects, "
        f"index {size / 1e6:.0f} MB, open {opened * 1000:.0f} ms"
    )
    lookup = Lookup(snapshot, catalog, clock.today())

    def search(query: dict[str, str]) -> None:
        lookup.search(parse_search({name: [value] for name, value in query.items()}, catalog))

    print(f"{'query':22} {'p50 ms':>8} {'p99 ms':>8} {'cold p99':>9} {'LIKE p50':>9} {'ratio':>7}")
    with snapshot.connect() as connection:
        database = connection.connection.driver_connection
        for title, queries, pattern in _queries(connection):
            cold = _times(search, queries, 1)
            warm = _times(search, queries, ROUNDS)
            half = percentile(warm, 50)
            row = f"{title:22} {half:8.2f} {percentile(warm, 99):8.2f} {percentile(cold, 99):9.2f}"
            if pattern:
                like = _times(partial(_like, database, pattern), queries[:LIKE_PER_CLASS], 1)
                row += f" {percentile(like, 50):9.1f} {percentile(like, 50) / half:6.0f}×"
            print(row)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"resident after the queries {peak:.0f} MB")
    snapshot.close()


def _queries(connection: Any) -> list[tuple[str, list[dict[str, str]], str]]:
    dice = random.Random(1)  # noqa: S311
    sql = connection.exec_driver_sql
    companies = sql("SELECT names, uscc FROM entities WHERE kind='organization' AND uscc<>''").all()
    chosen = dice.sample(companies, min(PER_CLASS, len(companies)))
    names = [json.loads(row[0])[0][0] for row in chosen]
    bodies = sql(
        "SELECT json_extract(fields,'$.facts'), document_number FROM records"
        " WHERE subject_kind='organization' AND class_code='penalty'"
    ).all()
    texts = [row for row in dice.sample(bodies, min(PER_CLASS, len(bodies))) if row[0]]
    cuts = [(text, dice.randrange(max(len(text) - 8, 1))) for text, _ in texts]
    phrases = [text[at : at + 8] for text, at in cuts if len(text[at : at + 8].strip()) > 1]
    groups: list[tuple[str, Sequence[str], str]] = [
        ("whole name", names, NAME_LIKE),
        ("distinctive fragment", [name[-10:-5] or name for name in names], NAME_LIKE),
        ("too common fragment", ("公司", "有限公司", "贸易", "建筑", "科技"), NAME_LIKE),
        ("credit code", [row[1] for row in chosen], ""),
        ("document number", [number for _, number in texts], NUMBER_LIKE),
        ("body phrase", phrases, TEXT_LIKE),
        ("nothing there", [f"{name[:2]}穹𪚥{name[2:4]}" for name in names], NAME_LIKE),
    ]
    filters = [{"class": code} for code in ("penalty", "permit", "commitment")]
    asked = [(title, [{"q": text} for text in texts], like) for title, texts, like in groups]
    return [*asked, ("filters and facets", filters, "")]


def _like(database: Any, sql: str, query: dict[str, str]) -> None:
    database.execute(sql, (f"%{query['q']}%",)).fetchall()


def _times(
    call: Callable[[dict[str, str]], None], queries: Sequence[dict[str, str]], rounds: int
) -> list[float]:
    return [milliseconds(partial(call, query)) for _ in range(rounds) for query in queries]


def _encoding(path: Path) -> str:
    try:
        path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _rows(path: Path) -> int:
    return sum(1 for _ in path.open("rb")) - 1


if __name__ == "__main__":
    main()
