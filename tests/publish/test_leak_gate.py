import base64
import hashlib
import re
import sqlite3
import string
import tracemalloc
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import identifiers
from portal.publish.bank_cards import is_card
from portal.publish.leak_gate import MOST_FAULTS, _Gate, scan
from portal.publish.leaks import find_leaks
from portal.publish.name_leak import name_leak
from portal.publish.raw_values import RawValues
from portal.records import NO_END, PublishedRecord, StoredRecord, Subject, SubjectKind
from portal.snapshots import DATABASE, MANIFEST
from tests import world
from tests.conftest import Portal
from tests.publish.test_publicity import person

SUBJECT = world.id_number(201, "19850412")
ENDING_IN_X = next(
    n for n in (world.id_number(s, "19790930") for s in range(202, 240)) if n[17] == "X"
)
PASSPORT = "E38010027"
PHONE = "19900004321"
CARD = next(c for c in (f"621799000001234567{n}" for n in range(10)) if is_card(c, (19,)))
MAIL = "tong.xiaolan@example.com"
CHAT = "tongxl19870102"
WIDE = str.maketrans(string.digits, "０１２３４５６７８９")
NUMERALS = str.maketrans(string.digits, "〇一二三四五六七八九")
FORMAL = str.maketrans(string.digits, "零壹贰叁肆伍陆柒捌玖")

ID_SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "lower": str.lower,
    "wide": lambda n: n.translate(WIDE),
    "numerals": lambda n: n.translate(NUMERALS),
    "formal": lambda n: n.translate(FORMAL),
    "mixed": lambda n: n[:6] + n[6:14].translate(WIDE) + n[14:],
    "spaces": lambda n: f"{n[:6]} {n[6:14]} {n[14:]}",
    "dashes": lambda n: f"{n[:6]}-{n[6:14]}-{n[14:]}",
    "dots": lambda n: f"{n[:6]}.{n[6:10]}.{n[10:14]}.{n[14:]}",
    "one by one": " ".join,
    "lines": lambda n: f"{n[:6]}\n{n[6:14]}\n{n[14:]}",
    "invisible": lambda n: n[:9] + "\u200b" + n[9:],
    "certificate": lambda n: f"JY{n}01",
    "inside digits": lambda n: f"77{n}88",
    "old generation": lambda n: n[:6] + n[8:17],
}


def stored(
    values: Mapping[str, str],
    *,
    kind: SubjectKind = SubjectKind.ORGANIZATION,
    name: str = "佟晓岚",
    id_number: str = "",
) -> StoredRecord:
    subject = Subject(kind, name, id_number=id_number)
    return StoredRecord(b"k" * 16, "penalty", subject, values, world.TODAY, 1)


def raw_of(*records: StoredRecord) -> RawValues:
    raw = RawValues()
    for record in records:
        raw.add(record)
    return raw


def raw_number(number: str) -> RawValues:
    return raw_of(stored({}, kind=SubjectKind.PERSON, id_number=number))


def raw_text(text: str) -> RawValues:
    return raw_of(stored({"facts": text}))


@pytest.fixture
def snapshot(portal: Portal) -> Path:
    basis = {"CF_GKYJ": "《食品安全法》第一百一十三条"}
    told = f"举报人（电话{PHONE}，{MAIL}）称，身份证号{ENDING_IN_X}"
    portal.ingest(
        [
            world.penalty(1) | {"CF_FR_ZJHM": ENDING_IN_X, "CF_FR_ZJLX": "居民身份证"},
            world.penalty(2, CF_SY=told),
            person(world.penalty(3), CF_XDR_MC="滕小满", CF_XDR_ZJHM=SUBJECT) | basis,
        ]
    )
    company = world.debtor(1, iname="澄州市蓝穗食品有限公司", cardNum=world.uscc(1)[8:17])
    debtor = world.debtor(2, iname="云初霁", cardNum=world.id_number(301, "19881108"))
    portal.ingest_path(world.write_jsonl(portal.folder / "d.jsonl", [company, debtor]))
    portal.ingest([world.assignment(1)], "codes.csv")
    return portal.store.path(portal.publish().id)


@pytest.fixture
def raw(portal: Portal, snapshot: Path) -> RawValues:
    assert snapshot.is_dir()
    with portal.registry.reading() as reader:
        return raw_of(*reader.newest_first())


def change(folder: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        connection.execute("PRAGMA secure_delete = OFF")
        for statement, arguments in statements:
            connection.execute(statement, arguments)


def plant_in_fields(folder: Path, text: str) -> str:
    """Put a text into the facts of the first record and return its public id."""
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        query = "SELECT id, public_id, fields FROM records ORDER BY id LIMIT 1"
        row, public_id, fields = connection.execute(query).fetchone()
        planted = msgspec.json.decode(fields) | {"facts": text}
        encoded = msgspec.json.encode(planted).decode()
        connection.execute("UPDATE records SET fields = ? WHERE id = ?", (encoded, row))
    assert isinstance(public_id, str)
    return public_id


def test_a_sound_snapshot_passes(snapshot: Path, raw: RawValues) -> None:
    assert len(raw) >= 6
    assert scan(snapshot, raw) == []
    assert scan(snapshot) == []


@pytest.mark.parametrize("spelling", ID_SPELLINGS)
@pytest.mark.parametrize("number", [SUBJECT, ENDING_IN_X], ids=["digits", "X"])
def test_a_field_with_an_id_is_refused_in_any_spelling(
    snapshot: Path, raw: RawValues, spelling: str, number: str
) -> None:
    text = f"经查，{ID_SPELLINGS[spelling](number)}，属实"
    public_id = plant_in_fields(snapshot, text)
    faults = scan(snapshot, raw)
    assert [fault.partition(" 中有")[0] for fault in faults] == [
        f"记录 {public_id} 的 fields.facts"
    ]
    assert not re.search(r"\d{7}", faults[0].replace(public_id, ""))


@pytest.mark.parametrize(
    "text",
    [
        PHONE,
        PHONE.translate(WIDE),
        PHONE.translate(NUMERALS),
        "199 0000 4321",
        "199-0000-4321",
        "19 900 004 321",
        f"0086{PHONE}",
        f"+86-{PHONE}",
        f"Tel{PHONE}",
        f"{PHONE}元",
        MAIL,
        MAIL.upper(),
        MAIL.replace("@", " ＠ "),
    ],
)
def test_a_number_from_a_raw_text_is_refused(snapshot: Path, raw: RawValues, text: str) -> None:
    public_id = plant_in_fields(snapshot, f"联系方式{text}。")
    faults = scan(snapshot, raw)
    assert len(faults) == 1
    assert faults[0].startswith(f"记录 {public_id} 的 fields.facts 中有")
    assert PHONE not in faults[0]
    assert "tong" not in faults[0]


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE records SET title = '关于' || ? WHERE id = 1", r"记录 [a-z2-7]{24} 的 title"),
        ("UPDATE records SET document_number = ? WHERE id = 1", r"记录 \S{24} 的 document_number"),
        ("UPDATE records SET content_hash = ? WHERE id = 1", r"记录 \S{24} 的 content_hash"),
        ("UPDATE records SET public_id = ? WHERE id = 1", "记录 第1行 的 public_id"),
        ("UPDATE entities SET names = '[[\"' || ? || '\",true]]' WHERE id = 1", "主体 .* 的 names"),
        ("UPDATE entities SET codes = '[\"' || ? || '\"]' WHERE id = 1", "主体 .* 的 codes"),
        ("UPDATE entities SET region = CAST(? AS BLOB) WHERE id = 1", "主体 .* 的 region"),
    ],
)
def test_any_column_of_the_database_is_looked_at(
    snapshot: Path, raw: RawValues, statement: str, place: str
) -> None:
    change(snapshot, (statement, (SUBJECT,)))
    faults = scan(snapshot, raw)
    assert len(faults) == 1
    assert re.fullmatch(f"{place} 中有疑似证件号码", faults[0])
    assert SUBJECT not in faults[0]


def test_tables_and_columns_nobody_expects_are_looked_at(snapshot: Path, raw: RawValues) -> None:
    change(
        snapshot,
        (f'CREATE TABLE "n{SUBJECT}" (number INTEGER, "c{SUBJECT}" TEXT)', ()),
        ("CREATE TABLE notes (number INTEGER)", ()),
        ("INSERT INTO notes VALUES (?)", (int(PHONE),)),
    )
    faults = scan(snapshot, raw)
    assert faults == [
        f"文件 {DATABASE} 的表结构中有个人号码",
        "其他表 第1行 的 number 中有疑似手机号码",
    ]


def test_json_escapes_hide_nothing(snapshot: Path, raw: RawValues) -> None:
    escaped = "".join(f"\\u00{ord(c):02x}" for c in SUBJECT)
    fields = f'{{"facts":"{escaped}"}}'
    change(snapshot, ("UPDATE records SET fields = ? WHERE id = 1", (fields,)))
    faults = scan(snapshot, raw)
    assert len(faults) == 1
    assert "fields.facts 中有疑似证件号码" in faults[0]


def test_the_name_of_a_field_can_be_a_value(snapshot: Path, raw: RawValues) -> None:
    change(snapshot, ("UPDATE records SET fields = json_object(?, '') WHERE id = 1", (SUBJECT,)))
    faults = scan(snapshot, raw)
    assert len(faults) == 1
    assert faults[0].endswith(" 的 fields 中有疑似证件号码")


def test_what_was_deleted_from_the_database_still_lies_in_its_file(
    snapshot: Path, raw: RawValues
) -> None:
    change(
        snapshot,
        ("CREATE TABLE notes (note TEXT)", ()),
        ("INSERT INTO notes VALUES (?)", (f"身份证{SUBJECT}",)),
    )
    change(snapshot, ("DELETE FROM notes", ()))
    assert scan(snapshot) == []
    assert scan(snapshot, raw) == [f"文件 {DATABASE} 中有登记库里的个人号码"]


@pytest.mark.parametrize("pattern", ["index/*.text.col", "index/*.trm", "index/*.toc", MANIFEST])
@pytest.mark.parametrize(
    "value", [SUBJECT, SUBJECT.translate(NUMERALS), PHONE, ENDING_IN_X.lower()]
)
def test_every_other_file_is_looked_at(
    snapshot: Path, raw: RawValues, pattern: str, value: str
) -> None:
    for path in snapshot.glob(pattern):
        whole = path.read_bytes()
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + f"\x00当事人{value}\x00".encode() + whole[middle:])
        name = path.relative_to(snapshot).as_posix()
        faults = scan(snapshot, raw)
        assert len(faults) == 1
        assert faults[0].startswith(f"文件 {name} 中有")
        path.write_bytes(whole)
    assert scan(snapshot, raw) == []


@pytest.mark.parametrize("column", ["name_characters", "plain_characters"])
def test_names_of_two_bytes_a_character_are_looked_at(
    snapshot: Path, raw: RawValues, column: str
) -> None:
    (path,) = snapshot.glob(f"index/*.{column}.col")
    path.write_bytes(path.read_bytes() + f"当事人{SUBJECT}".encode("utf-16-le"))
    name = path.relative_to(snapshot).as_posix()
    assert scan(snapshot, raw) == [f"文件 {name} 中有登记库里的个人号码"]


def test_a_file_too_many_is_looked_at_wherever_the_value_lies(
    snapshot: Path, raw: RawValues
) -> None:
    path = snapshot / "index" / "extra"
    for before in (0, (1 << 20) - 9, (1 << 20) - 1, 1 << 20):
        path.write_bytes(b"." * before + SUBJECT.encode())
        assert scan(snapshot, raw) == ["文件 index/extra 中有登记库里的个人号码"]


def test_the_name_of_a_file_is_not_repeated(snapshot: Path, raw: RawValues) -> None:
    (snapshot / f"{SUBJECT}.txt").write_text("", encoding="ascii")
    assert scan(snapshot, raw) == ["文件名 *** 中有个人号码"]


def test_a_database_that_cannot_be_read_is_refused(snapshot: Path, raw: RawValues) -> None:
    path = snapshot / DATABASE
    path.write_bytes(path.read_bytes()[:5000])
    assert f"文件 {DATABASE} 无法逐条检查" in scan(snapshot, raw)


def test_findings_come_to_an_end(snapshot: Path, raw: RawValues) -> None:
    change(snapshot, ("CREATE TABLE notes (note TEXT)", ()))
    change(snapshot, *[("INSERT INTO notes VALUES (?)", (SUBJECT,)) for _ in range(50)])
    assert len(scan(snapshot, raw)) == MOST_FAULTS


def test_patterns_alone_need_no_registry(snapshot: Path) -> None:
    stranger = world.id_number(999, "19660606")
    public_id = plant_in_fields(snapshot, f"与{stranger}有关")
    assert scan(snapshot) == [f"记录 {public_id} 的 fields.facts 中有疑似证件号码"]
    masked = f"{stranger[:14]}***{stranger[17]}"
    plant_in_fields(snapshot, f"与{masked}有关")
    assert scan(snapshot) == [f"记录 {public_id} 的 fields.facts 中有疑似证件号码"]


def test_both_generations_of_an_id_are_kept() -> None:
    for number in (SUBJECT, SUBJECT[:6] + SUBJECT[8:17]):
        raw = raw_number(number)
        assert len(raw) == 2
        assert raw.stand_in(f"号{SUBJECT}")
        assert raw.stand_in(f"号{SUBJECT[:6]}{SUBJECT[8:17]}")
    assert len(raw_number(world.id_number(1, "20010203"))) == 1


@pytest.mark.parametrize(
    ("number", "found", "not_found"),
    [
        (PASSPORT, ["护照E38010027。", "ｅ３８０１００２７", "E 3801 0027", "no. e-38010027"],
         ["KE38010027", "E380100271", "E38010028", "38010027"]),
        ("C01X00T48", ["护照c01x00t48号"], ["AC01X00T48", "C01X00T481", "C01X00T4"]),
        ("38010027", ["证件 38010027 号", "证件3801-0027号"], ["E38010027", "138010027"]),
        ("H3801002712", ["通行证H3801002712", "h38010027 12"], ["H38010027123"]),
        ("380100271234", ["号380100271234"], ["1380100271234", "JY380100271234"]),
    ],
)  # fmt: skip
def test_other_documents_are_whole_tokens(
    number: str, found: list[str], not_found: list[str]
) -> None:
    raw = raw_number(number)
    assert [text for text in found if not raw.stand_in(text)] == []
    assert [text for text in not_found if raw.stand_in(text)] == []


def test_the_same_digits_may_be_innocent_in_one_place_only() -> None:
    raw = raw_of(stored({"facts": f"电话{PHONE}"}, kind=SubjectKind.PERSON, id_number=PASSPORT))
    for innocent, guilty in ((f"K{PASSPORT}", f"E-{PASSPORT[1:]}"), (f"JY{PHONE}", f"号{PHONE}")):
        assert not raw.stand_in(innocent)
        assert raw.stand_in(guilty)
        assert raw.stand_in(f"{innocent}，{guilty}")


def test_a_row_is_looked_at_though_its_digits_were_innocent_in_another(snapshot: Path) -> None:
    raw = raw_number(PASSPORT)
    change(
        snapshot,
        ("UPDATE records SET title = ? WHERE id = 1", (f"K{PASSPORT}",)),
        ("UPDATE records SET title = ? WHERE id = 2", (f"E-{PASSPORT[1:]}",)),
    )
    assert len(scan(snapshot, raw)) == 1


def test_bank_cards_of_raw_texts_are_kept() -> None:
    raw = raw_text(f"转至{CARD}")
    for written in (
        CARD,
        " ".join(CARD[i : i + 4] for i in range(0, 19, 4)),
        f"A{CARD}",
        f"1{CARD}",
    ):
        assert raw.stand_in(f"卡{written}。")


def test_chat_accounts_are_kept_where_digits_tell_them_from_words() -> None:
    raw = raw_text(f"加微信号：{CHAT}，或QQ987651234，QQ群chengzhou")
    assert raw.stand_in(f"账号{CHAT.upper()}。")
    assert raw.stand_in("号码987651234")
    assert not raw.stand_in("chengzhou")
    assert len(raw_text("许可证编号WX3801060003423")) == 0


@pytest.mark.parametrize(
    "number",
    [
        world.uscc(1),
        world.uscc(1)[8:17],
        "110108000000016",
        "3801021985****0018",
        "380102XXXXXXXX0018",
        "1234567",
        "00000000",
        "111111111111111111",
        "1234567890",
        "20260412",
    ],
)
@pytest.mark.parametrize("kind", list(SubjectKind))
def test_what_is_not_personal_is_not_kept(number: str, kind: SubjectKind) -> None:
    record = stored({"id_number": number, "representative_id": number}, kind=kind)
    assert len(raw_of(record, stored({}, kind=kind, id_number=number))) == 0


def test_codes_of_organisations_are_kept_as_nobodys() -> None:
    values = {"id_number": "3801020600123", "representative_id": PASSPORT}
    raw = raw_of(stored(values))
    assert not raw.stand_in("3801020600123")
    assert raw.stand_in(PASSPORT)


@pytest.mark.parametrize(
    "text",
    [
        f"统一社会信用代码{world.uscc(1)}",
        "罚款13900001234.50元，许可证编号380102199805120012",
        "3801**********1238",
        "电话12345，0735-2345678",
        "编号380101850302123",
    ],
)
def test_what_proves_nothing_in_a_raw_text_is_not_kept(text: str) -> None:
    assert len(raw_text(text)) == 0


def test_a_marked_number_with_a_slip_in_it_is_kept() -> None:
    wrong = SUBJECT[:17] + ("0" if SUBJECT[17] != "0" else "1")
    assert raw_text(f"身份证号：{wrong}").stand_in(f"与{wrong}")
    assert raw_text("居民身份证号码380102850412123").stand_in("与380102850412123。")


def test_which_fields_hold_numbers_is_told() -> None:
    values = {"guardian_id": PASSPORT}
    assert len(raw_of(stored(values))) == 0
    raw = RawValues(("id_number", "guardian_id"))
    raw.add(stored(values))
    assert raw.stand_in(PASSPORT)


def test_values_cost_little_memory_and_are_not_in_it() -> None:
    births = [f"20{n:02d}0412" for n in range(10)]
    numbers = [world.id_number(n, birth) for n in range(1000) for birth in births]
    records = [stored({}, kind=SubjectKind.PERSON, id_number=number) for number in numbers]
    raw = RawValues()
    tracemalloc.start()
    for record in records:
        raw.add(record)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(raw) == len(numbers)
    assert used < 16 * len(numbers) + 20_000
    assert [number for number in numbers[:100] if number in repr(vars(raw))] == []


HAN = st.text(
    st.sampled_from("当事人某处理由经查并予以公开市场监督管局，。；：（）《》\n"), max_size=30
)
DIGIT_SPELLINGS = [str.maketrans("", ""), WIDE, NUMERALS, FORMAL]


@st.composite
def id_numbers(draw: st.DrawFn) -> str:
    born = draw(st.dates(date(1930, 1, 1), date(2015, 12, 31)))
    region = draw(st.integers(380000, 389999))
    first17 = f"{region}{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first17 + identifiers.id_check_character(first17)


@st.composite
def spelled(draw: st.DrawFn, number: str) -> str:
    """A number cut into groups, each in a script of its own, with one separator or another."""
    cuts = sorted(draw(st.sets(st.integers(1, len(number) - 1), max_size=5)))
    groups = [number[a:b] for a, b in zip([0, *cuts], [*cuts, len(number)], strict=True)]
    written = groups[0].translate(draw(st.sampled_from(DIGIT_SPELLINGS)))
    for group in groups[1:]:
        written += draw(st.sampled_from(["", " ", "-", ".", "·", "—", "  ", "\u200b", "\u3000"]))
        written += group.translate(draw(st.sampled_from(DIGIT_SPELLINGS)))
    return draw(st.sampled_from([written, written.lower()]))


@given(st.data(), id_numbers(), HAN, HAN)
def test_any_id_in_any_spelling_is_found_in_any_text(
    data: st.DataObject, number: str, before: str, after: str
) -> None:
    raw = raw_number(number)
    assert not raw.stand_in(before + after)
    assert raw.stand_in(before + data.draw(spelled(number)) + after)


@given(st.data(), HAN, HAN)
def test_any_phone_in_any_spelling_is_found_in_any_text(
    data: st.DataObject, before: str, after: str
) -> None:
    raw = raw_text(f"电话{PHONE}")
    assert raw.stand_in(before + data.draw(spelled(PHONE)) + after)


CROWD = raw_of(
    *(
        stored({"facts": f"电话199{n:04d}{n:04d}"}, kind=SubjectKind.PERSON, id_number=number)
        for n in range(400)
        for number in (world.id_number(n, f"19{40 + n % 60}0412"), f"E3801{n:04d}")
    )
)


PROTECTED = st.one_of(
    st.integers(0, 99_999_999).map(world.uscc),
    st.integers(0, 99_999_999).map(lambda n: world.uscc(n)[8:17]),
    st.integers(0, 10**8 - 1).map(
        lambda n: f"380102{n:08d}" + identifiers.registration_check_digit(f"380102{n:08d}")
    ),
    st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(str),
    st.dates(date(1990, 1, 1), date(2030, 1, 1)).map("{:%Y年%m月%d日}".format),
    st.binary(min_size=8, max_size=8).map(lambda b: hashlib.sha256(b).hexdigest()),
    st.binary(min_size=15, max_size=15).map(lambda b: base64.b32encode(b).decode().lower()),
    st.integers(0, 10**9).map("罚款{:,}.50元".format),
    st.integers(1, 9999).map("澄市监罚〔2026〕{}号".format),
    st.integers(1, 9999).map("(2026)云3801执{}号".format),
    st.integers(0, 9999).map("JY1380102{:07d}".format),
    st.integers(0, 9999).map("3801**********{:04d}".format),
)


@settings(max_examples=300)
@given(st.lists(st.tuples(PROTECTED, st.sampled_from("，。；、 \n和（")), max_size=12))
def test_protected_tokens_raise_no_alarm(parts: list[tuple[str, str]]) -> None:
    assert not CROWD.stand_in("".join(token + after for token, after in parts))


@given(st.binary(max_size=2000))
def test_random_bytes_raise_no_alarm(data: bytes) -> None:
    assert not CROWD.stand_in(data.decode("utf-8", "replace"))


PIECES = st.sampled_from(
    [
        *(SUBJECT, ENDING_IN_X, ENDING_IN_X.lower(), PHONE, CARD, "380102850412123"),
        *("身份证号", "电话", "代码", "元", world.uscc(1), "2026-04-12", "3801021985"),
        *("*", "**", "XX", "×", "86", "0", "0412", "1", "77", " ", "-", ".", "\n", "，"),
    ]
)
WRITTEN = st.tuples(PIECES, st.sampled_from(DIGIT_SPELLINGS)).map(lambda p: p[0].translate(p[1]))


@settings(max_examples=400)
@given(st.lists(WRITTEN | st.text(max_size=3), max_size=7).map("".join))
def test_the_quick_look_overlooks_nothing(text: str) -> None:
    gate = _Gate(None)
    assert bool(gate.finds(text)) == bool(find_leaks(text))
    assert bool(gate.finds(text)) == bool(find_leaks(text))


def shown(fields: Mapping[str, str], **changes: str) -> PublishedRecord:
    values: dict[str, str] = {
        "subject_name": "佟**",
        "title": "行政处罚",
        "authority": world.BUREAU,
    }
    values |= changes
    return PublishedRecord(
        public_id="a" * 24,
        class_code="penalty",
        list_code="",
        entity_id="b" * 24,
        subject_kind=SubjectKind.PERSON,
        region="",
        document_number="",
        authority_code="",
        decided_on=None,
        public_from=world.TODAY,
        public_until=NO_END,
        rule="",
        basis="",
        status="valid",
        fields=fields,
        delivered_on=world.TODAY,
        content_hash="",
        flags={},
        **values,
    )


def names(name: str, published: PublishedRecord) -> str | None:
    return name_leak(stored({}, kind=SubjectKind.PERSON, name=name), published)


@pytest.mark.parametrize(
    "text", ["佟晓岚未取得许可", "与佟 晓 岚核实", "佟曉嵐", "附：佟\u200b晓岚", "李某、佟晓岚"]
)
def test_a_masked_person_is_not_named_elsewhere(text: str) -> None:
    assert names("佟晓岚", shown({"authority": "局", "facts": text})) == "fields.facts"
    assert names("佟晓岚（个体工商户）", shown({"facts": text})) == "fields.facts"
    assert names("佟晓岚", shown({}, title=text)) == "title"
    assert names("佟晓岚", shown({}, subject_name=f"佟**{text}")) == "subject_name"


def test_other_names_are_no_leak() -> None:
    assert names("佟晓岚", shown({"facts": "佟晓与佟**、晓岚公司有关"})) is None
    assert names("佟晓岚", shown({"facts": "佟晓岚"}, subject_name="佟晓岚")) is None
    assert names("佟某某", shown({"facts": "佟某某承认"})) is None
    assert names("白云", shown({"authority": "澄州市白云区市场监督管理局"})) is None
    assert names("白云", shown({"facts": "白云承认"})) == "fields.facts"
