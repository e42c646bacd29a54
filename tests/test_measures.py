from pathlib import Path

import pytest

from portal.catalog import BUILT_IN, digest, load_catalog
from portal.catalog_model import Catalog
from portal.errors import CatalogError

SOUND = """
[[measures]]
name = "列为重点监管对象"
effect = "punishment"
force = "recommended"
lists = ["statistics"]
carried_out_by = "统计机构"
basis = "统计严重失信企业信用管理办法"
"""


def policy(folder: Path, text: str) -> Path:
    (folder / "measures.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_public_list_says_what_follows_from_it(catalog: Catalog) -> None:
    for entry in catalog.public_lists:
        measures = catalog.measures_of(entry.code)
        assert measures, entry.code
        effect = "encouragement" if entry.color == "red" else "punishment"
        assert {measure.effect for measure in measures} == {effect}
        forces = [measure.force for measure in measures]
        assert forces == sorted(forces)  # mandatory before recommended
    assert catalog.measures_of("association-warning") == ()


def test_a_measure_names_its_law(catalog: Catalog) -> None:
    for measure in catalog.measures:
        assert measure.basis
        assert not measure.confirmed  # until the operating authority has checked it


def test_measures_decide_nothing_in_a_snapshot(catalog: Catalog, tmp_path: Path) -> None:
    other = load_catalog(policy(tmp_path, SOUND))
    assert [measure.name for measure in other.measures] == ["列为重点监管对象"]
    assert digest(other) == digest(catalog)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"statistics"', '"no-such-list"', "no-such-list"),
        ('"statistics"', '"association-warning"', "不是公开的名单"),
        ('"statistics"', '"a-taxpayer"', "effect"),
        ('["statistics"]', "[]", "lists"),
        ('["statistics"]', '["statistics", "statistics"]', "lists"),
        ('"统计机构"', '" "', "carried_out_by"),
        ('"recommended"', '"optional"', "force"),
        ("basis", "bases", "bas"),
    ],
)
def test_a_wrong_measure_stops_the_start(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(CatalogError, match=r"measures\.toml.*" + words):
        load_catalog(policy(tmp_path, SOUND.replace(old, new)))


def test_built_in_measures_follow_other_lists(tmp_path: Path) -> None:
    lists = (BUILT_IN / "lists.toml").read_text(encoding="utf-8")
    first, _, rest = lists.partition('[[lists]]\ncode = "statistics"')
    without = first + "[[lists]]" + rest.partition("[[lists]]")[2]
    (tmp_path / "lists.toml").write_text(without, encoding="utf-8")
    catalog = load_catalog(tmp_path)
    assert catalog.measures
    assert catalog.measures_of("statistics") == ()
    assert catalog.measures_of("market-regulation")
