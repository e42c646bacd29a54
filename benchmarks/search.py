"""The project's search engine beside Whoosh as it comes, SQLite FTS5 and tantivy.

    python -m benchmarks.search [--records 100000] [--names FILE] [--engines portal,fts5]
    python -m benchmarks.search --names FILE --queries FILE --pairs FILE

All get the same records and the same questions on the same machine, each in processes of its own:
one that builds on one core, one that opens the index and answers. An answer is the first 20 rows
with the number of all (T) or also with the counts of four facets (F), of what is public on the day.
`--folder DIR` keeps the indexes, `--skip-build` asks those that are there. With `--queries` (CSV
query, full_name, uscc, class) or `--pairs` (CSV 公司1, 公司2, 是否是同一家公司) nothing is timed:
it is counted how often the right one is found among all names of the names file.

Times are in ms. `found` is the median total; `late` counts the answers that took too long, `differ`
those of the first round whose total or facets are not this engine's, `≈` those that call themselves
not exact. `@1` and `@10` are the share where the subject meant stands there. `×p50` and `×p99` are
ratios of the warm times to this engine's: above 1 is slower. Where it finds few names, this engine
also looks for similar ones; the others only do what is asked.

Cold is the first time in a fresh process, whose files the system may still hold in memory. The
figures tell most on a machine that does nothing else.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks import recall, table
from benchmarks.city import City
from benchmarks.engines.known import ENGINES, PORTAL
from benchmarks.measuring import machine
from benchmarks.questions import PER_CLASS, question_classes
from benchmarks.stages import PLAN, Asked, Built, Plan, in_own_process


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure, print."""
    options = _options(arguments)
    print(machine())
    if options.queries or options.pairs:
        recall.report(options.names, options.queries, options.pairs)
    elif options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        _measure(options.folder, options)
    else:
        with tempfile.TemporaryDirectory() as folder:
            _measure(Path(folder), options)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--names", type=Path, help="CSV or CSV.GZ (name,uscc) of names to use")
    parser.add_argument("--engines", default=",".join(ENGINES), help="which, parted by commas")
    parser.add_argument("--rounds", type=int, default=3, help="rounds after the first")
    parser.add_argument("--per-class", type=int, default=PER_CLASS, help="questions of a class")
    parser.add_argument("--query-limit", type=float, default=2, help="seconds for a question")
    parser.add_argument("--class-limit", type=float, default=60, help="seconds for all of a class")
    parser.add_argument("--folder", type=Path, help="keep the indexes here")
    parser.add_argument("--skip-build", action="store_true", help="ask the indexes in --folder")
    parser.add_argument("--queries", type=Path, help="CSV of short names and the right ones")
    parser.add_argument("--pairs", type=Path, help="CSV of pairs of names, the same firm or not")
    options = parser.parse_args(arguments)
    options.engines = options.engines.split(",")
    if unknown := set(options.engines) - set(ENGINES):
        parser.error(f"--engines: {', '.join(sorted(unknown))} is none of {', '.join(ENGINES)}")
    if options.records < 1 or options.rounds < 1 or options.per_class < 1:
        parser.error("--records, --rounds and --per-class are at least 1")
    if options.skip_build and not options.folder:
        parser.error("--skip-build needs --folder")
    if (options.queries or options.pairs) and not options.names:
        parser.error("--queries and --pairs need --names")
    for path in filter(None, (options.names, options.queries, options.pairs)):
        if not path.is_file():
            parser.error(f"{path} is no file")
    return options


def _measure(folder: Path, options: argparse.Namespace) -> None:
    city = City(options.records, names=str(options.names.resolve()) if options.names else "")
    print(f"{city.records:,} records of {city.subjects:,} subjects", flush=True)
    built = {name: _built(name, folder, city, options) for name in options.engines}
    classes = question_classes(city, options.per_class)
    plan = Plan(city, classes, options.rounds, options.query_limit, options.class_limit)
    (folder / PLAN).write_bytes(msgspec.json.encode(plan))
    asked: dict[str, Asked] = {}
    for name in options.engines:
        print(f"asking {name} …", file=sys.stderr, flush=True)
        asked[name] = in_own_process("ask", name, folder, Asked)
    for line in (*table.resources(built, asked, PORTAL), "", *table.times(asked, PORTAL)):
        print(line)


def _built(name: str, folder: Path, city: City, options: argparse.Namespace) -> Built:
    """Build an index, or read what was measured when it was built."""
    kept = folder / f"{name}.json"
    if options.skip_build:
        if not kept.exists():
            sys.exit(f"--skip-build: no index of {name} in {folder}")
        built = msgspec.json.decode(kept.read_bytes(), type=Built)
        if built.city != city:
            sys.exit(f"--skip-build: the index of {name} in {folder} has other data")
        return built
    print(f"building {name} …", file=sys.stderr, flush=True)
    (folder / PLAN).write_bytes(msgspec.json.encode(Plan(city, [], 1, 1, 1)))
    kept.unlink(missing_ok=True)
    built = in_own_process("build", name, folder, Built)
    kept.write_bytes(msgspec.json.encode(built))
    return built


if __name__ == "__main__":
    main()
