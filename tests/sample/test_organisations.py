import csv
import gzip
import io
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from portal import identifiers
from portal.catalog import load_catalog
from portal.errors import SourceError
from portal.sample.names_file import read_names
from portal.sample.organisations import Organisations
from portal.sample.world import make_world

TODAY = date(2026, 5, 18)


@pytest.fixture(scope="module")
def many() -> Organisations:
    return make_world(1, TODAY, load_catalog(), 12_000).organisations


def test_codes_are_valid_distinct_and_of_the_invented_city(many: Organisations) -> None:
    codes = [found.uscc for found in many]
    assert len(set(codes)) == len(codes)
    assert all(identifiers.is_uscc(code) for code in codes)
    assert all(identifiers.is_org_code(identifiers.org_code_of(code)) for code in codes)
    assert {code[2:6] for code in codes} == {"3801"}
    assert {code[:2] for code in codes} >= {"91", "92", "93", "12", "51", "52", "31", "N2"}


def test_registration_numbers_are_valid(many: Organisations) -> None:
    numbers = [many.registration(number) for number in range(500)]
    assert all(identifiers.is_registration_number(number) for number in numbers)
    assert {number[:4] for number in numbers} == {"3801"}


def test_representatives_have_valid_ids_of_no_real_region(many: Organisations) -> None:
    numbers = [many.representative_id(number) for number in range(500)]
    assert all(identifiers.is_id_number(n) and n.startswith("3801") for n in numbers)
    assert len(set(numbers)) == len(numbers)


def test_names_are_distinct_but_for_namesakes_and_owners(many: Organisations) -> None:
    names = Counter(found.name for found in many)
    assert len(names) > 0.97 * len(many)
    assert any(count > 1 for count in names.values())


def test_names_are_of_every_form(many: Organisations) -> None:
    names = [found.name for found in many]
    forms = "有限公司 有限责任公司 股份有限公司 集团有限公司 合作社 事务所 分公司 中学 医院 协会"
    for word in (*forms.split(), "（澄州）", "龍", "LUMO", "9号"):
        assert any(word in name for name in names), word
    assert not [name for name in names if "{" in name]


def test_a_branch_may_carry_the_name_of_its_parent(many: Organisations) -> None:
    names = {found.name for found in many}
    branches = [found.name for found in many if found.name.endswith("分公司")]
    parents = [name for name in branches if name[: name.rindex("有限公司") + 4] in names]
    assert 0 < len(parents) < len(branches)


def test_households_are_shops_or_named_like_their_owner(many: Organisations) -> None:
    households = [found for found in many if found.is_household]
    owners = [found for found in households if found.name == many.representative(found.number)]
    assert 0.05 < len(households) / len(many) < 0.12
    assert 0 < len(owners) < len(households) / 4


def test_some_are_renamed(many: Organisations) -> None:
    renamed = [found for found in many if found.former_name]
    assert 0.02 < len(renamed) / len(many) < 0.06
    assert all(found.former_name != found.name for found in renamed)


def test_another_seed_gives_other_organisations() -> None:
    one, two = (make_world(seed, TODAY, load_catalog(), 200).organisations for seed in (1, 2))
    assert not {found.uscc for found in one} & {found.uscc for found in two}


def write_names(path: Path, rows: list[list[str]]) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.fixture(scope="module")
def rows(many: Organisations) -> list[list[str]]:
    found = [
        [str(o.number), o.uscc, f"甲乙{o.number}有限公司"] for o in map(many.__getitem__, range(9))
    ]
    return [["id", "USCC", "name"], *found]


@pytest.mark.parametrize("name", ["names.csv", "names.csv.gz"])
def test_names_are_read_in_the_order_of_the_file(
    tmp_path: Path, rows: list[list[str]], name: str
) -> None:
    path = write_names(tmp_path / name, rows)
    assert read_names(path, 4) == [(row[2], row[1]) for row in rows[1:5]]
    assert len(read_names(path, 100)) == 9


def test_unusable_rows_are_left_out(tmp_path: Path, rows: list[list[str]]) -> None:
    bad = [
        ["1", "91110108551385082P", "校验不通过"],
        ["2", rows[1][1], ""],
        ["3", rows[1][1]],
        rows[1],
    ]
    path = write_names(tmp_path / "names.csv", [rows[0], rows[1], *bad, rows[2]])
    assert read_names(path, 100) == [(row[2], row[1]) for row in rows[1:3]]


def test_no_more_is_read_than_needed(tmp_path: Path, rows: list[list[str]]) -> None:
    path = write_names(tmp_path / "names.csv", rows[:3])
    with path.open("ab") as stream:
        stream.write(b"x" * 100_000 + b"\xff\xfe")
    assert len(read_names(path, 2)) == 2
    with pytest.raises(SourceError, match="不是 UTF-8 文本"):
        read_names(path, 3)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "没有 name、uscc 两列"),
        ("a.csv", b"name,code\nx,y\n", "没有 name、uscc 两列"),
        ("a.csv", b"name,uscc\n", "没有名称和统一社会信用代码都有效的行"),
        ("a.csv", "name,uscc\n名".encode("gb18030"), "不是 UTF-8 文本"),
        ("a.csv.gz", b"name,uscc\n", "无法读取"),
        ("a.csv.gz", gzip.compress(b"name,uscc\n", mtime=0)[:-4], "无法读取"),
        ("a.csv", b'name,uscc\n"' + b"x" * 200_000, "不是有效的 CSV"),
    ],
)
def test_a_wrong_names_file_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError, match=message):
        read_names(path, 5)


def test_a_missing_names_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="文件不存在"):
        read_names(tmp_path / "none.csv", 5)


def test_what_the_file_lacks_is_invented(tmp_path: Path, rows: list[list[str]]) -> None:
    path = write_names(tmp_path / "names.csv", rows)
    made = make_world(1, TODAY, load_catalog(), 30, path).organisations
    assert len(made) == 30
    assert made.from_file == 9
    assert [o.name for o in made][:9] == [row[2] for row in rows[1:]]
    assert all(identifiers.is_uscc(o.uscc) for o in made)
