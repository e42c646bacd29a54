"""Read and check the catalogue: classes and their fields, lists, publicity terms, region names.

It is data: `portal/catalog/*.toml` and `portal/catalog/classes/*.toml`, each file replaceable by
one of the same name in the folder that PORTAL_POLICY names. Everything is checked here, once, at
start: a wrong file stops the program with its name and the key. Adding a class, a field, a list or
a term is an entry in a file, never code.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from portal.catalog_model import (
    KEY_PARTS,
    Catalog,
    CreditList,
    EventPolicy,
    RecordClass,
    Sealed,
    Struct,
    Term,
)
from portal.errors import CatalogError
from portal.headings import fold_heading

BUILT_IN = Path(__file__).with_name("catalog")


class _ListsFile(Struct, frozen=True):
    lists: tuple[CreditList, ...]
    families: dict[str, str]


class _TermsFile(Struct, frozen=True):
    terms: tuple[Term, ...]
    sealed: Sealed
    reasons: dict[str, str]


class _RegionsFile(Struct, frozen=True):
    regions: dict[str, str]


T = TypeVar("T")


def load_catalog(policy: Path | None = None) -> Catalog:
    """Read and check the catalogue; files in `policy` replace built-in ones of the same name.

    Raises CatalogError naming the file and the key.
    """
    if policy is not None and not policy.is_dir():
        raise CatalogError(f"PORTAL_POLICY：没有目录 {policy}")
    paths = {path.name: path for path in sorted((BUILT_IN / "classes").glob("*.toml"))}
    if policy is not None:
        paths |= {path.name: path for path in sorted((policy / "classes").glob("*.toml"))}
    classes = [_read(path, RecordClass) for path in paths.values()]
    for path, record_class in zip(paths.values(), classes, strict=True):
        _check_class(path, record_class)
    lists = _read(_find("lists.toml", policy), _ListsFile)
    terms = _read(_find("terms.toml", policy), _TermsFile)
    catalog = Catalog(
        classes=tuple(sorted(classes, key=lambda c: c.order)),
        lists=lists.lists,
        families=lists.families,
        terms=terms.terms,
        sealed=terms.sealed,
        reasons=terms.reasons,
        regions=_read(_find("regions.toml", policy), _RegionsFile).regions,
        events=_read(_find("events.toml", policy), EventPolicy),
    )
    _check_events(_find("events.toml", policy), catalog)
    _check_lists(_find("lists.toml", policy), catalog)
    _check_terms(_find("terms.toml", policy), catalog)
    return catalog


def _find(name: str, policy: Path | None) -> Path:
    if policy is not None and (policy / name).is_file():
        return policy / name
    return BUILT_IN / name


def _read(path: Path, kind: type[T]) -> T:
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(data, kind)
    except OSError as error:
        raise CatalogError(f"{path}：无法读取（{error.strerror}）") from error
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path}：不是 UTF-8 文本") from error
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{path}：不是有效的 TOML（{error}）") from error
    except msgspec.ValidationError as error:
        raise CatalogError(f"{path}：{error}") from error


def _refuse_repeats(path: Path, key: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise CatalogError(f"{path}：{key} 中“{value}”重复")
        seen.add(value)


def _check_class(path: Path, record_class: RecordClass) -> None:
    names = [field.name for field in record_class.fields]
    _refuse_repeats(path, "fields.name", names)
    headings = (
        heading
        for field in record_class.fields
        for heading in {fold_heading(h) for h in field.headings()}
    )
    _refuse_repeats(path, "fields.codes/legacy/aliases/title", headings)
    for part in ("key", "heading", "documents"):
        for name in getattr(record_class, part):
            if name not in names and not (part == "key" and name in KEY_PARTS):
                raise CatalogError(f"{path}：{part} 中的“{name}”不是本类的字段")
    for name in ("subject_name", "authority", "decided_on"):
        field = record_class.field(name)
        if field is None or not field.required:
            raise CatalogError(f"{path}：fields 缺少必填字段“{name}”")
    for field in record_class.fields:
        if field.type == "status" and not field.values:
            raise CatalogError(f"{path}：fields.{field.name}.values 不能为空")
        if field.type in ("id_number", "card_number") and field.disclosure == "public":
            raise CatalogError(f"{path}：fields.{field.name}.disclosure 证件号码不能是 public")


def _check_lists(path: Path, catalog: Catalog) -> None:
    _refuse_repeats(path, "lists.code", (entry.code for entry in catalog.lists))
    names = [fold_heading(n) for entry in catalog.lists for n in {entry.name, *entry.aliases}]
    _refuse_repeats(path, "lists.name/aliases", names)
    for entry in catalog.lists:
        if entry.family not in catalog.families:
            raise CatalogError(
                f"{path}：lists.{entry.code}.family “{entry.family}”不在 families 中"
            )
        if entry.term_months is not None and entry.term_months < 1:
            raise CatalogError(f"{path}：lists.{entry.code}.term_months 必须大于零")


def _check_events(path: Path, catalog: Catalog) -> None:
    policy = catalog.events
    _check_class(path, policy.record)
    names = [fold_heading(n) for k in policy.kinds for n in {k.code, k.title, *k.names}]
    _refuse_repeats(path, "kinds.code/title/names", names)
    codes = {kind.code for kind in policy.kinds}
    for kind in policy.kinds:
        if kind.effect == "withhold" and kind.reason not in catalog.reasons:
            raise CatalogError(f"{path}：kinds.{kind.code}.reason 不在 reasons 中")
        if kind.effect == "lift" and not (kind.lifts and codes.issuperset(kind.lifts)):
            raise CatalogError(f"{path}：kinds.{kind.code}.lifts 不是已有的事件")
        if kind.effect == "flag" and not kind.flag:
            raise CatalogError(f"{path}：kinds.{kind.code}.flag 不能为空")
    if policy.objection_days < 1 or not 0 < policy.shrink_limit < 1:
        raise CatalogError(f"{path}：objection_days 或 shrink_limit 超出范围")


def _check_terms(path: Path, catalog: Catalog) -> None:
    for number, term in enumerate(catalog.terms, start=1):
        where = f"{path}：terms 第 {number} 条"
        if term.record_class not in catalog.classes_by_code:
            raise CatalogError(f"{where} class “{term.record_class}”没有这一类")
        if sum((term.months is not None, term.open, bool(term.withheld))) != 1:
            raise CatalogError(f"{where} months、open、withheld 必须恰好有一项")
        if term.months is not None and term.months < 1:
            raise CatalogError(f"{where} months 必须大于零")
        if term.withheld and term.withheld not in catalog.reasons:
            raise CatalogError(f"{where} withheld “{term.withheld}”不在 reasons 中")
        fields = catalog.classes_by_code[term.record_class]
        needed = (*(() if term.months is None else (term.start,)), *term.ends)
        for name in needed:
            if fields.field(name) is None and name != "ends_on":
                raise CatalogError(f"{where} “{name}”不是这一类的字段")
