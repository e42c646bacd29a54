"""Read and check the catalogue: classes and their fields, lists, terms, measures, region names.

It is data: `portal/catalog/*.toml` and `portal/catalog/classes/*.toml`, each file replaceable by
one of the same name in the folder that PORTAL_POLICY names. Everything is checked here, once, at
start: a wrong file stops the program with its name and the key. Adding a class, a field, a list or
a term is an entry in a file, never code.
"""

import hashlib
import tomllib
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from portal.catalog_model import (
    KEY_PARTS,
    MILDEST_FIRST,
    PERSONAL_FIELDS,
    BasisWords,
    CalendarTable,
    Catalog,
    CreditList,
    EventPolicy,
    Minimum,
    Penalties,
    RecordClass,
    Regime,
    Sealed,
    SeverityRule,
    Struct,
    Term,
    TimelinessRule,
    Transition,
    Wording,
)
from portal.errors import CatalogError
from portal.headings import fold_heading
from portal.measures import Measure, check_measures, restricted

BUILT_IN = Path(__file__).with_name("catalog")
FIRST_YEAR, LAST_YEAR = 1949, 2100


class _ListsFile(Struct, frozen=True):
    lists: tuple[CreditList, ...]
    families: dict[str, str]


class _TermsFile(Struct, frozen=True):
    transition: Transition
    regimes: tuple[Regime, ...]
    terms: tuple[Term, ...]
    minimums: tuple[Minimum, ...]
    penalties: Penalties
    severity_rules: tuple[SeverityRule, ...]
    sealed: Sealed
    timeliness: TimelinessRule
    states: dict[str, str]
    basis_words: BasisWords
    reasons: dict[str, str]


class _RegionsFile(Struct, frozen=True):
    regions: dict[str, str]


class _MeasuresFile(Struct, frozen=True):
    measures: tuple[Measure, ...]


T = TypeVar("T")
_LISTS, _MEASURES = "lists.toml", "measures.toml"


def load_catalog(policy: Path | None = None) -> Catalog:
    """Read and check the catalogue; files in `policy` replace built-in ones of the same name.

    Raises CatalogError naming the file and the key.
    """
    if policy is not None and not policy.is_dir():
        raise CatalogError(f"PORTAL_POLICY：没有目录 {policy}")
    paths = {path.name: path for path in sorted((BUILT_IN / "classes").glob("*.toml"))}
    if policy is not None:
        _refuse_strange_files(policy)
        paths |= {path.name: path for path in sorted((policy / "classes").glob("*.toml"))}
    classes = [_read(path, RecordClass) for path in paths.values()]
    for path, record_class in zip(paths.values(), classes, strict=True):
        _check_class(path, record_class)
    lists = _read(_find(_LISTS, policy), _ListsFile)
    terms = _read(_find("terms.toml", policy), _TermsFile)
    _refuse_repeats(BUILT_IN / "classes", "code", (c.code for c in classes))
    catalog = Catalog(
        classes=tuple(sorted(classes, key=lambda c: c.order)),
        lists=lists.lists,
        families=lists.families,
        transition=terms.transition,
        regimes=terms.regimes,
        terms=terms.terms,
        minimums=terms.minimums,
        penalties=terms.penalties,
        severity_rules=terms.severity_rules,
        sealed=terms.sealed,
        timeliness=terms.timeliness,
        states=terms.states,
        basis_words=terms.basis_words,
        reasons=terms.reasons,
        calendar=_read(_find("calendar.toml", policy), CalendarTable),
        regions=_read(_find("regions.toml", policy), _RegionsFile).regions,
        events=_read(_find("events.toml", policy), EventPolicy),
        measures=_measures(policy, lists.lists),
    )
    _check_events(_find("events.toml", policy), catalog)
    _check_lists(_find(_LISTS, policy), catalog)
    _check_policy(_find("terms.toml", policy), catalog)
    _check_calendar(_find("calendar.toml", policy), catalog.calendar)
    return catalog


def digest(catalog: Catalog) -> str:
    """Return the SHA-256 of a catalogue in hex; a snapshot's manifest names the one it was made by.

    It differs when any class, list, term or name differs; measures decide nothing in a snapshot.
    """
    deciding = msgspec.structs.replace(catalog, measures=())
    return hashlib.sha256(msgspec.json.encode(deciding)).hexdigest()


def _find(name: str, policy: Path | None) -> Path:
    if policy is not None and (policy / name).is_file():
        return policy / name
    return BUILT_IN / name


def _read(path: Path, kind: type[T]) -> T:
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(data, kind, str_keys=True)
    except OSError as error:
        raise CatalogError(f"{path}：无法读取（{error.strerror}）") from error
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path}：不是 UTF-8 文本") from error
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{path}：不是有效的 TOML（{error}）") from error
    except msgspec.ValidationError as error:
        raise CatalogError(f"{path}：{error}") from error


def _measures(policy: Path | None, lists: tuple[CreditList, ...]) -> tuple[Measure, ...]:
    path = _find(_MEASURES, policy)
    measures = _read(path, _MeasuresFile).measures
    public = {entry.code: entry.color for entry in lists if not entry.reference_only}
    if path.parent == BUILT_IN and _find(_LISTS, policy).parent != BUILT_IN:
        measures = restricted(measures, public)
    check_measures(path, measures, public)
    return measures


def _refuse_repeats(path: Path, key: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise CatalogError(f"{path}：{key} 中“{value}”重复")
        seen.add(value)


def _refuse_strange_files(policy: Path) -> None:
    """A misspelt file would leave the built-in policy in force without a word."""
    for path in sorted(policy.glob("*.toml")):
        if not (BUILT_IN / path.name).is_file():
            raise CatalogError(f"{path}：不是目录文件，可替换的有 lists、terms、regions、events 等")


def _check_class(path: Path, record_class: RecordClass) -> None:
    names = [field.name for field in record_class.fields]
    _refuse_repeats(path, "fields.name", names)
    if "subject" not in record_class.key:
        raise CatalogError(f"{path}：key 必须含有 subject，否则不同主体的记录会相互覆盖")
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
    ended = record_class.validity_field
    if ended and ended not in names:
        raise CatalogError(f"{path}：validity_field 中的“{ended}”不是本类的字段")
    for name in ("subject_name", "authority", "decided_on"):
        field = record_class.field(name)
        if field is None or not field.required:
            raise CatalogError(f"{path}：fields 缺少必填字段“{name}”")
    for field in record_class.fields:
        if field.type == "status" and not field.values:
            raise CatalogError(f"{path}：fields.{field.name}.values 不能为空")
        personal = field.type in ("id_number", "card_number") or field.name in PERSONAL_FIELDS
        if personal and field.disclosure in ("public", "representative"):
            raise CatalogError(f"{path}：fields.{field.name}.disclosure 证件号码不能是 public")
        if field.name in PERSONAL_FIELDS and field.type not in ("id_number", "card_number"):
            raise CatalogError(f"{path}：fields.{field.name}.type 必须是 id_number 或 card_number")


def _check_lists(path: Path, catalog: Catalog) -> None:
    _refuse_repeats(path, "lists.code", (entry.code for entry in catalog.lists))
    names = [fold_heading(n) for entry in catalog.lists for n in {entry.name, *entry.aliases}]
    _refuse_repeats(path, "lists.name/aliases", names)
    for entry in catalog.lists:
        if entry.family not in catalog.families:
            raise CatalogError(
                f"{path}：lists.{entry.code}.family “{entry.family}”不在 families 中"
            )
        where = f"{path}：lists.{entry.code}"
        kept_by = [c for c in catalog.classes if c.list_color == entry.color]
        if any(c.field(entry.term_start) is None for c in kept_by):
            raise CatalogError(f"{where}.term_start “{entry.term_start}”不是名单的字段")
        if entry.term_months is not None and entry.term_months < 1:
            raise CatalogError(f"{where}.term_months 必须大于零")
        if entry.term_months is not None and entry.until_month_day:
            raise CatalogError(f"{where} term_months、until_month_day 至多有一项")
        _check_month_day(where, entry.until_month_day)
        has_end = entry.term_months is not None or bool(entry.until_month_day)
        _check_extension(where, entry.extendable, entry.extension_months, has_end=has_end)
        fields = tuple(c for c in catalog.classes if c.list_color == entry.color)
        for variant in entry.variants:
            _check_wording(f"{where}.variants", variant.when, fields)
            if variant.months < 1:
                raise CatalogError(f"{where}.variants.months 必须大于零")


def _check_month_day(where: str, text: str) -> None:
    try:
        fits = not text or f"{date.fromisoformat(f'2025-{text}'):%m-%d}" == text
    except ValueError:
        fits = False
    if not fits:
        raise CatalogError(f"{where}.until_month_day 不是每年都有的月日，写作 04-30")


def _check_extension(where: str, extendable: bool, months: int | None, *, has_end: bool) -> None:
    if extendable != (months is not None) or (months is not None and months < 1):
        raise CatalogError(f"{where} extendable 须与大于零的 extension_months 同时给出")
    if extendable and not has_end:
        raise CatalogError(f"{where} extendable 只能用于有上限的期限")


def _check_wording(where: str, wording: Wording, classes: Iterable[RecordClass]) -> None:
    _check_words(where, wording.words)
    _check_fields(where, wording.fields, classes)
    if not all(wording.ignoring):
        raise CatalogError(f"{where} ignoring 不能有空词")


def _check_words(where: str, words: tuple[str, ...]) -> None:
    # An empty word would be found in every record.
    if not words or not all(word.strip() for word in words):
        raise CatalogError(f"{where} words 不能为空，也不能有空词")


def _check_fields(where: str, names: Iterable[str], classes: Iterable[RecordClass]) -> None:
    for record_class in classes:
        for name in names:
            if record_class.field(name) is None:
                raise CatalogError(f"{where} “{name}”不是“{record_class.title}”的字段")


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


def _check_policy(path: Path, catalog: Catalog) -> None:
    _check_regimes(path, catalog.regimes)
    _check_penalties(path, catalog)
    for number, term in enumerate(catalog.terms, start=1):
        _check_term(f"{path}：terms 第 {number} 条", term, catalog)
    _check_coverage(path, catalog)
    for number, minimum in enumerate(catalog.minimums, start=1):
        where = f"{path}：minimums 第 {number} 条"
        _check_wording(where, minimum.where, (_class_of(where, minimum.record_class, catalog),))
        _check_known(where, "regimes", minimum.regimes, (r.code for r in catalog.regimes))
        if minimum.months < 1:
            raise CatalogError(f"{where} months 必须大于零")
    _check_severity(path, catalog)
    _check_sealed(f"{path}：sealed", catalog)
    for code in catalog.timeliness.classes:
        _class_of(f"{path}：timeliness", code, catalog)
    if catalog.timeliness.days < 1:
        raise CatalogError(f"{path}：timeliness.days 必须大于零")
    _check_known(f"{path}：states", "值", catalog.states.values(), catalog.reasons)


def _class_of(where: str, code: str, catalog: Catalog) -> RecordClass:
    found = catalog.classes_by_code.get(code)
    if found is None:
        raise CatalogError(f"{where} class “{code}”没有这一类")
    return found


def _check_known(where: str, key: str, names: Iterable[str], known: Iterable[str]) -> None:
    every = frozenset(known)
    for name in names:
        if name not in every:
            raise CatalogError(f"{where} {key} “{name}”没有定义")


def _check_regimes(path: Path, regimes: tuple[Regime, ...]) -> None:
    _refuse_repeats(path, "regimes.code", (regime.code for regime in regimes))
    ordered = sorted(regimes, key=lambda regime: regime.in_force_from)
    if not ordered or ordered[-1].in_force_to is not None:
        raise CatalogError(f"{path}：regimes 最后施行的一项是现行规则，不能有 in_force_to")
    for before, after in pairwise(ordered):
        end = before.in_force_to
        if end is None or not before.in_force_from <= end < after.in_force_from:
            raise CatalogError(f"{path}：regimes “{before.code}”的 in_force_to 与前后不相接")


def _check_penalties(path: Path, catalog: Catalog) -> None:
    policy, where = catalog.penalties, f"{path}：penalties"
    classes = (_class_of(where, policy.record_class, catalog),)
    _refuse_repeats(path, "penalties.types.code", (kind.code for kind in policy.types))
    _refuse_repeats(path, "penalties.types.words", (word for word, _ in policy.words))
    _check_fields(where, (*policy.type_fields, *policy.amount_fields), classes)
    for kind in policy.types:
        _check_words(f"{where}.{kind.code}", kind.words)
        _check_fields(f"{where}.{kind.code}.evidence", kind.evidence, classes)


def _check_term(where: str, term: Term, catalog: Catalog) -> None:
    record_class = _class_of(where, term.record_class, catalog)
    has_end = term.months is not None or bool(term.until_month_day)
    given = (term.months is not None, bool(term.until_month_day), term.open, bool(term.withheld))
    if sum(given) != 1:
        raise CatalogError(f"{where} months、until_month_day、open、withheld 必须恰好有一项")
    if term.months is not None and term.months < 1:
        raise CatalogError(f"{where} months 必须大于零")
    if term.withheld and term.withheld not in catalog.reasons:
        raise CatalogError(f"{where} withheld “{term.withheld}”不在 reasons 中")
    needed = [name for name in term.ends if name != "ends_on"]
    _check_fields(where, needed + ([term.start] if has_end else []), (record_class,))
    for wording in filter(None, (term.when, term.unless)):
        _check_wording(where, wording, (record_class,))
    _check_known(where, "regime", filter(None, (term.regime,)), (r.code for r in catalog.regimes))
    types = [kind.code for kind in catalog.penalties.types]
    _check_known(where, "only_types", term.only_types, types)
    _check_known(where, "months_by_type", term.months_by_type, types)
    if any(months < (term.months or months + 1) for months in term.months_by_type.values()):
        raise CatalogError(f"{where} months_by_type 不能短于 months")
    _check_month_day(where, term.until_month_day)
    _check_extension(where, term.extendable, term.extension_months, has_end=has_end)


def _check_coverage(path: Path, catalog: Catalog) -> None:
    """Every regime must judge every severity that is shown, or decisions would fall through."""
    for regime in catalog.regimes:
        terms = [term for term in catalog.terms if term.regime == regime.code]
        for severity in MILDEST_FIRST[1:]:
            if not any(term.severity is None or severity in term.severity for term in terms):
                raise CatalogError(f"{path}：terms 缺少“{regime.code}”下 {severity} 的期限")


def _check_severity(path: Path, catalog: Catalog) -> None:
    types = [kind.code for kind in catalog.penalties.types]
    for number, rule in enumerate(catalog.severity_rules, start=1):
        where = f"{path}：severity_rules 第 {number} 条"
        _class_of(where, rule.record_class, catalog)
        _check_known(where, "only_types", rule.only_types, types)
        if rule.severity == "serious":
            raise CatalogError(f"{where} severity 不能推定为严重（serious）")
        if rule.amount_up_to is not None and rule.amount_up_to < 0:
            raise CatalogError(f"{where} amount_up_to 不能为负数")
    for code in {term.record_class for term in catalog.terms if term.severity is not None}:
        rules = [rule for rule in catalog.severity_rules if rule.record_class == code]
        if not any(not rule.only_types and rule.amount_up_to is None for rule in rules):
            raise CatalogError(f"{path}：severity_rules 缺少“{code}”不附条件的一条")


def _check_sealed(where: str, catalog: Catalog) -> None:
    policy = catalog.sealed
    for words in (policy.words, policy.authority_words, policy.clear_words):
        _check_words(where, words)
    classes = [_class_of(where, code, catalog) for code in policy.classes]
    names = (*policy.fields, *policy.mention_fields, *policy.authority_fields)
    _check_fields(where, names, classes)
    for clear in policy.clear_words:
        if any(word in clear for word in policy.words):
            raise CatalogError(f"{where} clear_words “{clear}”含有封存词")


def _check_calendar(path: Path, calendar: CalendarTable) -> None:
    for year in calendar.years:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise CatalogError(f"{path}：years {year} 超出范围")
