"""Who may import whom. Data walks one way; the web side has no road to private data."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

LAYERS = [
    {"portal.errors", "portal.records", "portal.headings", "portal.identifiers", "portal.clock",
     "portal.calendar", "portal.progress", "portal.working_days", "portal.tombstones",
     "portal.person_key", "portal.key_file", "portal.addresses", "portal.names",
     "portal.surnames", "portal.measures", "portal.sliding_window", "portal.counters",
     "portal.institutions", "portal.setting_values", "portal.bounds", "portal.arguments"},
    {"portal.catalog_model", "portal.catalog", "portal.config"},
    {"portal.intake", "search_index", "portal.tables", "portal.sample"},
    {"portal.snapshots", "portal.snapshot_writer", "portal.soundness", "portal.live"},
    {"portal.publish", "portal.search_request", "portal.matches", "portal.lookup",
     "portal.library", "portal.dictionary", "portal.bulk", "portal.statistics"},
    {"portal.web"},
    {"portal.app", "portal.cli", "portal.keys_command"},
    {"portal.__main__", "wsgi"},
]  # fmt: skip
PUBLIC_SIDE = (
    "portal.web", "portal.lookup", "portal.app", "portal.live", "portal.snapshots",
    "portal.snapshot_writer", "portal.soundness",
    "portal.search_request", "portal.matches", "portal.tables", "portal.person_key",
    "portal.key_file",
    "portal.library", "portal.dictionary", "portal.bulk", "portal.statistics", "search_index",
    "wsgi",
)  # fmt: skip
PRIVATE_SIDE = ("portal.intake", "portal.publish", "portal.sample", "portal.cli")


@cache
def modules() -> dict[str, Path]:
    paths = [*(ROOT / "portal").rglob("*.py"), *(ROOT / "search_index").rglob("*.py")]
    found = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in paths}
    found["wsgi"] = ROOT / "wsgi.py"
    return {name: path for name, path in found.items() if not name.endswith("__init__")}


@cache
def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {path}"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith(("portal", "search_index"))}


def layer(name: str) -> int:
    for number, members in enumerate(LAYERS):
        if any(name == member or name.startswith(member + ".") for member in members):
            return number
    raise AssertionError(f"{name} stands in no layer")


def is_below(name: str, parts: tuple[str, ...]) -> bool:
    return any(name == part or name.startswith(part + ".") for part in parts)


@pytest.mark.parametrize("name", sorted(modules()))
def test_imports_never_point_upward(name: str) -> None:
    for imported in imports(modules()[name]):
        target = imported if imported in modules() else imported.rpartition(".")[0]
        if target in ("portal", "search_index"):
            target = imported
        assert layer(target) <= layer(name), f"{name} imports {target}"


@pytest.mark.parametrize("name", sorted(n for n in modules() if is_below(n, PUBLIC_SIDE)))
def test_the_public_side_has_no_road_to_private_data(name: str) -> None:
    for imported in imports(modules()[name]):
        assert not is_below(imported, PRIVATE_SIDE), f"{name} imports {imported}"


@pytest.mark.parametrize("name", sorted(n for n in modules() if is_below(n, PUBLIC_SIDE)))
def test_the_public_side_knows_of_no_ledger(name: str) -> None:
    assert "ledger" not in modules()[name].read_text(encoding="utf-8")


def test_one_door_to_the_public() -> None:
    """Only desensitizing builds a PublishedRecord; the snapshot only reads it back."""
    builders = {
        name
        for name, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "PublishedRecord"
    }
    assert builders == {"portal.publish.desensitize", "portal.tables"}


def test_rules_do_not_read_the_clock() -> None:
    readers = {
        name
        for name, path in modules().items()
        if any(i.startswith("portal.clock.") or i == "portal.clock" for i in imports(path))
        or "datetime.now" in path.read_text(encoding="utf-8")
        or "date.today" in path.read_text(encoding="utf-8")
    }
    zone_only = {"portal.intake.values", "portal.web.feeds"}
    assert readers - zone_only == {
        "portal.clock", "portal.cli", "portal.keys_command", "portal.app", "portal.web.headers",
    }  # fmt: skip


def test_packages_have_empty_init_files() -> None:
    for path in [
        *(ROOT / "portal").rglob("__init__.py"),
        *(ROOT / "search_index").rglob("__init__.py"),
    ]:
        assert path.read_bytes() == b"", path
