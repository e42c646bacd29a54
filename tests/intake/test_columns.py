import pytest

from portal.catalog_model import Catalog
from portal.errors import SourceError
from portal.intake.columns import Generation, recognise
from tests import world


@pytest.mark.parametrize(
    ("row", "class_code"),
    [
        (world.permit(), "permit"),
        (world.penalty(), "penalty"),
        (world.debtor(), "judgment_debtor"),
        (world.listing(), "black_list"),
        (world.honour(), "red_list"),
        (world.assignment(), "code_assignment"),
    ],
)
def test_the_class_is_recognised_from_the_headings(
    catalog: Catalog, row: dict[str, str], class_code: str
) -> None:
    assert recognise(list(row), catalog).record_class.code == class_code
    assert recognise(list(reversed(row)), catalog).record_class.code == class_code


def test_every_class_is_recognised_by_its_own_headings(catalog: Catalog) -> None:
    for record_class in catalog.classes:
        for spelling in ("title", "name"):
            headings = [getattr(field, spelling) for field in record_class.fields]
            assert recognise(headings, catalog).record_class is record_class


def test_headings_of_2015_are_of_the_legacy_generation(catalog: Catalog) -> None:
    headings = ["CF_CFMC", "CF_WSH", "CF_CFLB1", "CF_XDR_MC", "CF_JDRQ", "CF_XZJG", "CF_ZT"]
    layout = recognise(headings, catalog)
    assert (layout.record_class.code, layout.legacy) == ("penalty", True)
    assert not recognise(list(world.penalty()), catalog).legacy


@pytest.mark.parametrize(
    ("headings", "generation"),
    [
        (list(world.permit()), Generation.PRESENT),
        ([*world.permit(), "XK_XMMC"], Generation.MIXED),
        (["XK_XMMC", "XK_WSH", "XK_XDR", "XK_JDRQ", "XK_XZJG", "XK_ZT"], Generation.LEGACY),
        (["行政相对人名称", "行政许可决定文书号", "许可决定日期", "许可机关"], Generation.UNTOLD),
        (list(world.listing()), Generation.UNTOLD),
    ],
)
def test_generations(catalog: Catalog, headings: list[str], generation: Generation) -> None:
    assert recognise(headings, catalog).generation is generation


def test_headings_differ_in_width_case_and_marks(catalog: Catalog) -> None:
    headings = ["cf_xdr_mc", "ＣＦ_ＷＳＨ", " CF_JDRQ *", "“CF_CFJG”", "处罚金额"]
    layout = recognise(headings, catalog, "penalty")
    assert layout.unknown == ("处罚金额",)


def test_what_fits_no_class_is_refused(catalog: Catalog) -> None:
    with pytest.raises(SourceError, match="不符合目录"):
        recognise(["甲", "乙"], catalog)
    with pytest.raises(SourceError, match="缺少“行政处罚”的必填列：处罚决定日期"):
        recognise(["CF_XDR_MC", "CF_WSH", "CF_CFJG"], catalog, "penalty")
    with pytest.raises(SourceError, match="--class"):
        recognise(list(world.penalty()), catalog, "fines")
