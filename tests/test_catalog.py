from datetime import date
from pathlib import Path

import pytest

from portal.catalog import BUILT_IN, load_catalog
from portal.catalog_model import MEANINGS, Catalog
from portal.errors import CatalogError
from portal.headings import fold_heading
from portal.intake.columns import recognise
from tests import world

CLASSES = [
    "permit", "penalty", "red_list", "black_list", "judgment_debtor", "judgment", "commitment",
    "government_dishonesty", "code_assignment",
]  # fmt: skip


def test_the_nine_classes_stand_in_order(catalog: Catalog) -> None:
    assert [c.code for c in catalog.classes] == CLASSES


@pytest.mark.parametrize(
    ("class_code", "codes"),
    [
        (
            "permit",
            "XK_XDR_MC XK_XDR_LB XK_XDR_SHXYM XK_XDR_GSZC XK_XDR_ZZJG XK_XDR_SWDJ XK_XDR_SYDW "
            "XK_XDR_SHZZ XK_FRDB XK_FDDB XK_FR_ZJLX XK_FR_ZJHM XK_FR_SFZH XK_XDR_ZJLX XK_XDR_ZJHM "
            "XK_XKWS XK_WSH XK_XKLB XK_XKZS XK_XKBH XK_NR XK_JDRQ XK_YXQZ XK_YXQZI XK_XKJG "
            "XK_XKJGDM XK_ZT XK_LYDW XK_LYDWDM BZ XK_XMMC XK_SPLB XK_XDR XK_JZQ XK_XZJG",
        ),
        (
            "penalty",
            "CF_XDR_MC CF_XDR_LB CF_XDR_SHXYM CF_XDR_GSZC CF_XDR_ZZJG CF_XDR_SWDJ CF_XDR_SYDW "
            "CF_XDR_SHZZ CF_FRDB CF_FDDB CF_FR_ZJLX CF_FR_ZJHM CF_FR_SFZH CF_XDR_ZJLX CF_XDR_ZJHM "
            "CF_WSH CF_WFXW CF_SY CF_YJ CF_CFLB CF_NR CF_NR_FK CF_NR_WFFF CF_NR_ZKDX CF_JDRQ "
            "CF_YXQ CF_GSJZQ CF_CFJG CF_CFJGDM CF_SJLY CF_SJLYDM BZ CF_CFMC CF_CFLB1 CF_CFLB2 "
            "CF_XDR_ZDM CF_XDR_GSDJ CF_XDR_SFZ CF_FR CF_JG CF_XZJG CF_ZT",
        ),
        (
            "judgment_debtor",
            "iname cardNum businessEntity sexy age caseCode regDate publishDate courtName areaName "
            "gistId gistUnit duty performance performedPart unperformPart disruptTypeName "
            "partyTypeName",
        ),
    ],
)
def test_every_standard_code_is_known(catalog: Catalog, class_code: str, codes: str) -> None:
    known = catalog.classes_by_code[class_code].heading_map()
    assert [code for code in codes.split() if fold_heading(code) not in known] == []


def test_the_four_families_have_a_list_each(catalog: Catalog) -> None:
    black = {entry.family for entry in catalog.lists if entry.color == "black"}
    assert black == set(catalog.families)
    assert all(entry.basis for entry in catalog.lists)
    assert any(entry.reference_only for entry in catalog.lists)


def test_no_personal_number_can_be_public(catalog: Catalog) -> None:
    for record_class in catalog.classes:
        for field in record_class.fields:
            if field.type in ("id_number", "card_number"):
                assert field.disclosure in ("masked", "match_only", "never")
                assert not field.searchable
        for name in ("representative_id", "representative_id_type", "age"):
            hidden = record_class.field(name)
            assert hidden is None or hidden.disclosure == "never"


def test_fields_with_a_meaning_exist(catalog: Catalog) -> None:
    names = {field.name for c in catalog.classes for field in c.fields}
    assert set(MEANINGS) <= names


def copy_policy(folder: Path, name: str, old: str, new: str) -> Path:
    text = (BUILT_IN / name).read_text(encoding="utf-8")
    assert old in text
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


_ENDED = "in_force_from = 2026-04-01\nin_force_to = 2027-01-01"


@pytest.mark.parametrize(
    ("name", "old", "new", "named"),
    [
        ("classes/penalty.toml", 'type = "money"', 'type = "cash"', "cash"),
        ("classes/penalty.toml", "searchable = true", "searchabel = true", "searchabel"),
        ("classes/penalty.toml", 'codes = ["CF_NR"]', 'codes = ["CF_SY"]', "CF_SY"),
        ("classes/penalty.toml", '"authority", "document_number"', '"bureau"', "bureau"),
        ("classes/penalty.toml", 'name = "decided_on"', 'name = "day"', "decided_on"),
        ("classes/penalty.toml", 'disclosure = "match_only"', 'disclosure = "public"', "id_number"),
        ("classes/penalty.toml", "order = 2", "order = ", "TOML"),
        ("classes/penalty.toml", '"document_number", "subject"]', '"document_number"]', "subject"),
        ("lists.toml", 'term_start = "published_on"', 'term_start = "nowhere"', "term_start"),
        ("lists.toml", 'family = "market_order"', 'family = "sea"', "family"),
        ("lists.toml", "term_months = 36", "term_months = 0", "term_months"),
        ("lists.toml", 'code = "statistics"', 'code = "work-safety"', "work-safety"),
        ("lists.toml", 'until_month_day = "04-30"', 'until_month_day = "02-29"', "until_month_day"),
        ("lists.toml", 'until_month_day = "04-30"', 'until_month_day = "4-30"', "until_month_day"),
        (
            "lists.toml",
            "term_months = 12",
            'term_months = 12\nuntil_month_day = "01-01"',
            "至多有一项",
        ),
        (
            "lists.toml",
            "term_months = 36",
            "term_months = 36\nextendable = true",
            "extension_months",
        ),
        ("lists.toml", "term_months = 36", "term_months = 36\nextension_months = 3", "extendable"),
        ("lists.toml", 'fields = ["list_name", ', 'fields = ["severity", ', "severity"),
        ("lists.toml", "months = 12", "months = 0", "months"),
        ("terms.toml", 'class = "penalty"', 'class = "fines"', "fines"),
        ("terms.toml", 'transition = "shorter"', 'transition = "kind"', "transition"),
        ("terms.toml", "in_force_to = 2026-03-31", "", "order-58"),
        ("terms.toml", "in_force_to = 2023-04-30", "in_force_to = 2023-05-01", "notice-527"),
        ("terms.toml", "in_force_to = 2023-04-30", "in_force_to = 2018-01-01", "notice-527"),
        ("terms.toml", "in_force_from = 2026-04-01", _ENDED, "in_force_to"),
        ("terms.toml", 'regime = "order-36"', 'regime = "order-37"', "order-37"),
        ("terms.toml", 'severity = ["serious"]', 'severity = ["general"]', "serious"),
        ("terms.toml", 'severity = ["serious"]', 'severity = ["grave"]', "grave"),
        ("terms.toml", 'only_types = ["warning", ', 'only_types = ["scolding", ', "scolding"),
        ("terms.toml", 'words = ["简易", "当场"]', "words = []", "words"),
        ("terms.toml", 'words = ["简易", "当场"]', 'words = ["简易", ""]', "words"),
        ("terms.toml", 'ignoring = ["非简易", ', 'ignoring = ["", ', "ignoring"),
        ("terms.toml", 'fields = ["procedure"]', 'fields = ["procdure"]', "procdure"),
        (
            "terms.toml",
            "months = 36",
            "months = 36\nmonths_by_type = { fine = 35 }",
            "months_by_type",
        ),
        ("terms.toml", "months = 36", "months = 36\nmonths_by_type = { fee = 40 }", "fee"),
        (
            "terms.toml",
            "open = true",
            "open = true\nmonths_by_type = { fine = 3 }",
            "months_by_type",
        ),
        (
            "terms.toml",
            "open = true",
            "open = true\nextendable = true\nextension_months = 3",
            "上限",
        ),
        ("terms.toml", "extension_months = 36", "extension_months = 0", "extension_months"),
        ("terms.toml", "extendable = true\n", "", "extendable"),
        ("terms.toml", 'regimes = ["order-58"]', 'regimes = ["order-59"]', "order-59"),
        ("terms.toml", 'type_fields = ["penalty_types"', 'type_fields = ["kinds"', "kinds"),
        ("terms.toml", 'words = ["警告"]', 'words = ["罚款"]', "罚款"),
        ("terms.toml", 'code = "criticism"', 'code = "warning"', "warning"),
        ("terms.toml", 'evidence = ["fine"]', 'evidence = ["fines"]', "fines"),
        ("terms.toml", 'clear_words = ["消防法"', 'clear_words = ["《治安管理处罚法》"', "封存词"),
        ("terms.toml", 'fields = ["legal_basis"]\n#', 'fields = ["law"]\n#', "law"),
        ("terms.toml", 'classes = ["permit", "penalty"]', 'classes = ["permits"]', "permits"),
        ("terms.toml", "days = 7", "days = 0", "days"),
        ("terms.toml", 'stayed = "stayed"', 'stayed = "paused"', "paused"),
        ("calendar.toml", "years = []", "years = [27]", "27"),
        ("calendar.toml", "\n[days]", "\n[days]\n2027-13-01 = false", "days"),
        ("calendar.toml", "\n[days]", '\n[days]\n2027-01-01 = "休"', "days"),
        ("terms.toml", "months = 36", "open = true\nmonths = 36", "months"),
        ("terms.toml", 'withheld = "minor_dishonesty"', 'withheld = "x"', "withheld"),
        ("terms.toml", "months = 36", 'months = 36\nstart = "born_on"', "born_on"),
        ("regions.toml", '11 = "北京市"', "11 = 1", "regions"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(
    tmp_path: Path, name: str, old: str, new: str, named: str
) -> None:
    policy = copy_policy(tmp_path, name, old, new)
    with pytest.raises(CatalogError) as refusal:
        load_catalog(policy)
    assert Path(name).name in str(refusal.value)
    assert named in str(refusal.value)


def test_no_rule_may_presume_serious_dishonesty(tmp_path: Path) -> None:
    old = 'severity = "general"\nname = "来源没有给出类别'
    policy = copy_policy(tmp_path, "terms.toml", old, old.replace("general", "serious"))
    with pytest.raises(CatalogError, match=r"severity_rules.*不能推定为严重"):
        load_catalog(policy)


def test_severity_always_has_a_fallback(tmp_path: Path) -> None:
    old = 'severity = "general"\nname'
    policy = copy_policy(
        tmp_path, "terms.toml", old, 'severity = "general"\namount_up_to = 5\nname'
    )
    with pytest.raises(CatalogError, match=r"severity_rules.*penalty"):
        load_catalog(policy)


def test_every_number_has_a_day_and_a_source(catalog: Catalog) -> None:
    for term in catalog.terms:
        assert term.basis
        if term.months is not None and term.confirmed:
            assert term.regime or term.source_date, term.name
    for entry in catalog.lists:
        if entry.term_months is not None or entry.until_month_day:
            assert entry.source_date, entry.code


def test_the_two_terms_of_debtors_divide_them_by_the_same_words(catalog: Catalog) -> None:
    limited, unlimited = (t for t in catalog.terms if t.record_class == "judgment_debtor")
    assert limited.unless == unlimited.when


def test_the_operators_calendar_is_read(tmp_path: Path) -> None:
    (tmp_path / "calendar.toml").write_text("years = [2027]\n[days]\n2027-01-01 = false\n")
    table = load_catalog(tmp_path).calendar.table
    assert not table[date(2027, 1, 1)]
    assert table[date(2027, 1, 4)]
    assert not table[date(2027, 1, 3)]
    assert len(table) == 365


def test_a_misspelt_file_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "termz.toml").write_text("", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"termz\.toml"):
        load_catalog(tmp_path)


def test_a_missing_policy_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="PORTAL_POLICY"):
        load_catalog(tmp_path / "nowhere")


def test_a_list_and_a_field_are_added_without_code(tmp_path: Path) -> None:
    entry = '\n[[lists]]\ncode = "port-safety"\nname = "港口安全失信名单"\ncolor = "black"\n'
    entry += 'family = "market_order"\nauthority = "港口管理部门"\nbasis = "港口法"\n'
    policy = copy_policy(tmp_path, "lists.toml", "\n[families]", entry + "\n[families]")
    field = '\n[[fields]]\nname = "inspector"\ntitle = "检查单位"\ntitle_en = "Inspector"\n'
    field += 'codes = ["CF_JCDW"]\ntype = "text"\ndisclosure = "public"\n\n[[fields]]'
    copy_policy(tmp_path, "classes/penalty.toml", "\n[[fields]]", field)
    catalog = load_catalog(policy)
    assert catalog.lists_by_code["port-safety"].name == "港口安全失信名单"
    layout = recognise([*world.penalty(), "CF_JCDW"], catalog)
    assert "CF_JCDW" not in layout.unknown


def test_region_names_by_longest_prefix(catalog: Catalog) -> None:
    assert catalog.region_name("431003") == "湖南省"
    assert catalog.region_name("380102") == catalog.region_name("") == ""
