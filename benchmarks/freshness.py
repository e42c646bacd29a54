"""How fast a day's delivery is public: ingest and publish of a few changes beside a full publish.

    python -m benchmarks.freshness [--records 100000] [--changes 1000] [--names FILE]

The delivery takes rows spread over the penalties and permits of the sample: every second one comes
again with other words, every other one as a new decision on the same subject. Each command runs in
a process of its own, as an operator would run it.
"""

import argparse
import csv
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from portal.snapshots import Manifest, SnapshotStore, read_manifest, shared_files

_WORDS = {"CF_SY": "（数据更正）", "XK_NR": "（数据更正）"}
_NUMBERS = ("CF_WSH", "XK_WSH")


def main() -> None:
    """Make the data, publish it, deliver the changes, publish them; print what each step took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=1_000)
    parser.add_argument("--names", type=Path, help="CSV (name,uscc) of names to use")
    parser.add_argument("--keep", type=Path, help="folder to work in and to leave as it is then")
    options = parser.parse_args()
    print(f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as temporary:
        _run(options.keep or Path(temporary), options)


def _run(folder: Path, options: argparse.Namespace) -> None:
    sample, var = folder / "sample", folder / "var"
    store = SnapshotStore(var / "snapshots")
    if not sample.exists():
        names = ["--names", str(options.names)] if options.names else []
        _step(var, "sample", "--records", str(options.records), "--out", str(sample), *names)
    files = sorted(path for path in sample.iterdir() if path.suffix in _FORMATS)
    if not store.ids():
        print("a whole city")
        _step(var, "ingest", *map(str, files))
        _step(var, "publish", "--full")
    full = read_manifest(store.path(store.current_id()))
    _sizes(var, store, full)
    changes = _changes(files, folder / f"delivery-{len(store.ids())}", options.changes)
    print(f"{options.changes:,} changes")
    total = _step(var, "ingest", *map(str, changes)) + _step(var, "publish")
    delta = read_manifest(store.path(store.current_id()))
    print(f"  together {total:.1f} s; built on {delta.base or 'nothing: a full build'}")
    _sizes(var, store, delta)


_FORMATS = (".csv", ".xlsx", ".json", ".jsonl")


def _step(var: Path, command: str, *arguments: str) -> float:
    """Run one command; print and return its seconds, with its stages and its peak memory."""
    program = (
        "import resource,sys; from portal.cli import main; code = main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(code)"
    )
    started = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        [sys.executable, "-c", program, command, *arguments],
        env=os.environ | {"PORTAL_VAR": str(var)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    stages = []
    for line in process.stderr:
        stages.append((time.perf_counter() - started, line.strip()))
    out = process.communicate()[0]
    seconds = time.perf_counter() - started
    assert process.returncode == 0, stages[-1:]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    peak = int(out.split()[-1]) / 1024
    print(f"  {command:8} {seconds:7.1f} s  ({busy:.1f} s of processor)  peak {peak:.0f} MB")
    for at, line in stages:
        if command == "publish" and "已处理" not in line:
            print(f"    {at:7.1f} s  {line}")
    return seconds


def _changes(files: Sequence[Path], folder: Path, count: int) -> list[Path]:
    """Write a delivery of changed and new rows; return its files."""
    folder.mkdir()
    chosen = [path for path in files if path.name.startswith("双公示_")]
    return [_changed(path, folder / path.name, count // len(chosen)) for path in chosen]


def _changed(source: Path, target: Path, count: int) -> Path:
    step = max(sum(1 for _ in _sound(source)) // count, 1)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer: csv.DictWriter[str] | None = None
        for place, row in enumerate(islice(_sound(source), 0, step * count, step)):
            marked = {name: row[name] + word for name, word in _WORDS.items() if name in row}
            named = target.parent.name.rpartition("-")[2]
            numbered = {name: f"{row[name]}之{named}" for name in _NUMBERS if row.get(name)}
            if writer is None:
                writer = csv.DictWriter(stream, row.keys())
                writer.writeheader()
            writer.writerow(row | (marked if place % 2 else numbered))
    return target


def _sound(source: Path) -> Iterator[dict[str, str]]:
    """Yield the rows that have as many cells as there are headings."""
    with source.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            if None not in row and None not in row.values():
                yield row


def _sizes(var: Path, store: SnapshotStore, manifest: Manifest) -> None:
    folder = store.path(manifest.id)
    index = sum(path.stat().st_size for path in (folder / "index").iterdir())
    shared = shared_files(folder, store.path(manifest.base)) if manifest.base else frozenset()
    own = sum((folder / name).stat().st_size for name in manifest.files if name not in shared)
    print(
        f"  {manifest.registry_records:,} records, {manifest.published:,} public, "
        f"{manifest.entities:,} subjects; records {_mb(folder / 'records.sqlite')}, "
        f"index {index / 1e6:.0f} MB, of all that its own {own / 1e6:.0f} MB; "
        f"ledger {_mb(var / 'ledger.sqlite')}, registry {_mb(var / 'registry.sqlite')}"
    )


def _mb(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.0f} MB"


def _processor() -> str:
    text = (
        Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    )
    named = (line.split(":")[1].strip() for line in text.splitlines() if "model name" in line)
    return next(named, platform.processor())


if __name__ == "__main__":
    main()
