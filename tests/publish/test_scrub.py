import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import identifiers
from portal.identifiers import id_check_character
from portal.publish.digit_runs import plain_digits
from portal.publish.masks import mask_name
from portal.publish.personal_contacts import (
    ACCOUNT_REMOVED,
    ADDRESS_REMOVED,
    BIRTH_REMOVED,
    CHAT_REMOVED,
    MAIL_REMOVED,
    PHONE_REMOVED,
)
from portal.publish.scrub import scrub, scrub_number
from portal.sample.organisations import Organisations
from portal.sample.people import People
from portal.sample.words import load_words
from tests import world

FIRST17 = "38010119850302123"
ID = FIRST17 + id_check_character(FIRST17)
SHAPE = "3801**********1238"
PHONE = "19900001234"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"身份证号{ID}。", f"身份证号{SHAPE}。"),
        (f"{ID[:6]} {ID[6:14]} {ID[14:]}", SHAPE),
        (f"（{ID[:6]}-{ID[6:14]}-{ID[14:]}）", f"（{SHAPE}）"),
        ("身份证号：三八〇一〇一一九八五〇三〇二一二三八", f"身份证号：{SHAPE}"),
        ("身份证号380101198503021230，", "身份证号3801**********1230，"),
        ("公民身份号码380101850302123，", "公民身份号码3801********123，"),
        ("证件号码3801011985****1238", f"证件号码{SHAPE}"),
        ("持3801011985××××1238", f"持{SHAPE}"),
        ("护照号码E12345678。", "护照号码**********。"),
        (f"电话{PHONE}或+86 199-0000-1234", f"电话{PHONE_REMOVED}或{PHONE_REMOVED}"),
        ("手机一九九〇〇〇〇一二三四", f"手机{PHONE_REMOVED}"),
        ("手机199****1234", f"手机{PHONE_REMOVED}"),
        ("邮箱a.b@example.com，", f"邮箱{MAIL_REMOVED}，"),
        ("微信号：abc_12345，QQ 123456789", f"微信号：{CHAT_REMOVED}，QQ {CHAT_REMOVED}"),
        ("账号6222 0212 3456 7890", f"账号{ACCOUNT_REMOVED}"),
        ("驾驶湘L12345和湘LD12345", "驾驶湘L***45和湘L***45"),
        ("家庭住址：湖南省桂阳县正和镇阳光村3组。", f"家庭住址：湖南省桂阳县{ADDRESS_REMOVED}。"),
        ("现住郴州市北湖区人民路1号，", f"现住郴州市北湖区{ADDRESS_REMOVED}，"),
        ("1985年3月2日出生", f"{BIRTH_REMOVED}出生"),
        ("申请执行人张三丰借款", "申请执行人张**借款"),
        ("申请执行人李和平与", "申请执行人李**与"),
        ("向李某某偿还借款", "向李**偿还借款"),
        ("投诉人欧阳修女士反映", "投诉人欧阳**女士反映"),
        ("员工买买提·艾力投诉", "员工买**投诉"),
        ("员工John Smith受伤", "员工J**受伤"),
        ("拖欠张三、李四和王五等3人工资", "拖欠张**、李**和王**等3人工资"),
        ("原告张杨雨涵，", "原告张**，"),
        ("被害人赵××的", "被害人赵**的"),
    ],
)
def test_hides(text: str, expected: str) -> None:
    assert scrub(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "罚款200000元，没收1,234,567.89元、0.2万元，13900001234元",
        "(2026)湘1003执1234号，郴市监罚〔2026〕12号",
        "第一百三十六条、第36号令、国务院令第549号",
        "91110108551385082Q、914403001922038216、D2143569-X",
        "账号914403001922038216",
        "2026-04-15 2026-07-15，二〇二六年四月十五日，1985年3月2日成立",
        "0735-1234567、12345、12315、400-800-1234",
        "GB 7718-2011，合格率98.5%，共12袋",
        "许可证编号431002201905120012、JY14310020012345、注册号110108000000016",
        "偿还郴州农村商业银行股份有限公司借款",
        "申请执行人郴州市某某建材有限公司",
        "支付房租、水电费、货款及利息，支付金额20000元",
        "消费者权益保护法，第三人民医院，市民政局，业主委员会",
        "当事人住所：郴州市北湖区人民路1号",
        "消费者许女士反映",
        "微信支付20000元，账户余额20000000元",
        "京ICP备12345678号，粤B2-20210001",
        "",
    ],
)
def test_keeps(text: str) -> None:
    assert scrub(text) == text


def test_names_of_the_subject_are_left_to_the_caller() -> None:
    text = "被执行人张三丰向李四明偿还借款，张某某"
    assert scrub(text, subject_names=["张三丰"]) == "被执行人张三丰向李**偿还借款，张**"


def test_a_dwelling_is_private_only_where_a_person_is_spoken_of() -> None:
    person = scrub("王某，男，汉族，住所地湖南省桂阳县正和镇1号。")
    assert "正和镇" not in person
    assert "桂阳县" in person


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"湘建安B{ID}", f"湘建安B{SHAPE}"),
        (f"登记{PHONE}号", f"登记{PHONE_REMOVED}号"),
        # A slip in the check character, the first generation, a source's own mask: still a person.
        ("431002199005120012", "4310**********0012"),
        ("380101850302123", "3801********123"),
        ("澄罚380101850302123号", "澄罚3801********123号"),
        ("澄证3801021985****0018", "澄证3801**********0018"),
        ("裘望舒380102********0018", "裘望舒3801**********0018"),
    ],
)
def test_number_fields_lose_personal_numbers(text: str, expected: str) -> None:
    assert scrub_number(text) == expected


@pytest.mark.parametrize(
    "number",
    [
        "JY14310020012345",
        "〔2026〕12号",
        "(2026)云3801执12345号",
        "澄市监罚〔2026〕380102号",
        "431002201905120012",
        "4310020012345678",
        "110108000000016",
        "91110108551385082Q",
        "国食药监械(准)字2014第3400123号",
        "",
    ],
)
def test_document_and_licence_numbers_stay(number: str) -> None:
    assert scrub_number(number) == number


def _digits(text: str) -> str:
    return re.sub(r"\D", "", plain_digits(text))


def _shown(value: str, text: str) -> bool:
    digits = _digits(value)
    return value in text or (len(digits) >= 8 and digits in _digits(text))


SETS = {
    "sentences": (550, {"numbers": 0.99, "names": 0.95, "keep": 1.0}),
    # Written without an eye on the rules; at first 48 % of its names were found, now these.
    "unseen": (210, {"numbers": 1.0, "names": 0.95, "keep": 0.99}),
}


@pytest.mark.parametrize("sentences", SETS)
def test_labelled_sentences(sentences: str) -> None:
    size, least = SETS[sentences]
    path = Path(__file__).with_name(f"{sentences}.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= size
    found = {"numbers": [0, 0], "names": [0, 0], "keep": [0, 0]}
    for row in rows:
        text = scrub(row["text"])
        for number in row["numbers"]:
            found["numbers"][_shown(number, text)] += 1
        for name in row["names"]:
            found["names"][name in text or mask_name(name) + name[-1] in text] += 1
        for token in row["keep"]:
            found["keep"][token not in text] += 1
    recall = {kind: good / (good + missed) for kind, (good, missed) in found.items()}
    assert {kind: share for kind, share in recall.items() if share < least[kind]} == {}


CONTEXTS = (
    "{}",
    "当事人{}未依法缴纳税款。",
    "被告向{}支付货款。",
    "与{}签订合同。",
    "造成{}损失。",
    "委托{}检验。",
    "由{}承建。",
)


def test_names_of_organisations_stay() -> None:
    words = load_words()
    organisations = Organisations(words, People(words, world.TODAY, 3), 3)
    organisations.invent(20_000)
    for number, organisation in enumerate(organisations):
        if not organisation.is_household:
            text = CONTEXTS[number % len(CONTEXTS)].format(organisation.name)
            assert scrub(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("经营者麦秋白销售的散装白酒", "经营者麦**销售的散装白酒"),
        ("由麦秋白介绍购进", "由麦**介绍购进"),
        ("法定代表人麦秋白到场", "法定代表人麦**到场"),
        ("负责人麦秋白。", "负责人麦**。"),
        ("经营者：麦秋白", "经营者：麦**"),
        ("对債務人簡秀英所負債務", "对債務人簡**所負債務"),
        ("举报人阿依古丽反映", "举报人阿**反映"),
    ],
)
def test_hides_third_persons(text: str, expected: str) -> None:
    assert scrub(text) == expected


PIECES = [
    *(
        ID,
        PHONE,
        "3801011985****1238",
        "身份证号",
        "证件号码：",
        "电话",
        "微信号",
        "账号",
        "住址：",
        "，住",
    ),
    *(
        "湖南省桂阳县正和镇1号",
        "申请执行人",
        "偿还",
        "向",
        "给",
        "原告",
        "张三丰",
        "李某某",
        "欧阳修",
        "王**",
        "某",
    ),
    *(
        "女士",
        "公司",
        "、",
        "和",
        "，",
        "。",
        "·",
        " ",
        "-",
        "*",
        "×",
        "X",
        "1",
        "一",
        "湘L12345",
        "出生",
    ),
    *("1985年3月2日", "a@example.com", "QQ", "元", "[", "]", "（", "借款", "投诉", "男，", "地址"),
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=14).map("".join)


@settings(max_examples=300)
@given(TEXTS)
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    once = scrub(text)
    assert scrub(once) == once
    number = scrub_number(text)
    assert scrub_number(number) == number


@given(st.text())
def test_any_text_is_accepted(text: str) -> None:
    assert isinstance(scrub(text, subject_names=[text[:3], ""]), str)


@pytest.mark.parametrize(
    "unit", ["1 ", "1*", "1一", "a@", "原告张三、", "和张三", "住址湖南省", "身份证::", ID]
)
def test_long_hostile_text_is_read_in_linear_time(unit: str) -> None:
    text = (unit * (100_000 // len(unit) + 1))[:100_000]
    started = time.process_time()
    scrub(text)
    assert time.process_time() - started < 5


def test_an_old_id_is_hidden_though_it_passes_the_check_of_a_registration_number() -> None:
    number = "380102850412007"
    assert identifiers.is_registration_number(number)
    assert identifiers.is_old_id_number(number)
    for text in (f"货值金额三千元。{number}", f"警告；罚款{number}", f"当事人{number}经营食品"):
        assert number not in scrub(text)
    assert number not in scrub_number(f"澄市监罚〔2026〕21号{number}")
    kept = f"工商注册号{number}"
    assert scrub(kept) == kept
