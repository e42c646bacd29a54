"""An invented little world: valid codes of nobody, rows of every class, files made of them."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from portal import identifiers
from portal.clock import SHANGHAI

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=SHANGHAI)
UTC_NOW = NOW.astimezone(UTC)

Row = dict[str, str]


def uscc(number: int, prefix: str = "91", region: str = "380102") -> str:
    """A valid credit code of an unassigned region."""
    eight = f"{number:08d}"
    first17 = prefix + region + eight + identifiers.org_code_check_character(eight)
    return first17 + identifiers.uscc_check_character(first17)


def id_number(serial: int, birth: str = "19850412") -> str:
    """A valid citizen's number of an unassigned region."""
    first17 = f"380102{birth}{serial:03d}"
    return first17 + identifiers.id_check_character(first17)


BUREAU = "澄州市市场监督管理局"
BUREAU_CODE = uscc(90000001, prefix="11", region="380100")
POLICE = "澄州市公安局东湖分局"
COURT = "澄州市东湖区人民法院"


def penalty(number: int = 1, /, **changes: str) -> Row:
    """A penalty of an organisation, public for a year."""
    return {
        "CF_XDR_MC": "澄州市蓝穗食品有限公司",
        "CF_XDR_LB": "法人及非法人组织",
        "CF_XDR_SHXYM": uscc(1),
        "CF_FRDB": "佟晓岚",
        "CF_WSH": f"澄市监罚〔2026〕{number}号",
        "CF_WFXW": "经营标签不符合规定的食品",
        "CF_SY": "经查，当事人销售的预包装食品标签未标明生产日期，货值金额三千元。",
        "CF_YJ": "《中华人民共和国食品安全法》第一百二十五条",
        "CF_CFLB": "警告;罚款",
        "CF_NR": "警告，罚款2000元",
        "CF_NR_FK": "0.2",
        "CF_JDRQ": "2026-06-01",
        "CF_CFJG": BUREAU,
        "CF_CFJGDM": BUREAU_CODE,
        "CF_SJLY": BUREAU,
        "CF_ZDRZJ": "",
    } | changes


def permit(number: int = 1, /, **changes: str) -> Row:
    """A permit of an organisation."""
    return {
        "XK_XDR_MC": "澄州市蓝穗食品有限公司",
        "XK_XDR_LB": "法人及非法人组织",
        "XK_XDR_SHXYM": uscc(1),
        "XK_XKWS": "食品经营许可决定书",
        "XK_WSH": f"澄市监许〔2026〕{number}号",
        "XK_XKLB": "普通",
        "XK_NR": "准予从事预包装食品销售",
        "XK_JDRQ": "2026-03-01",
        "XK_YXQZI": "2031-02-28",
        "XK_XKJG": BUREAU,
        "XK_XKJGDM": BUREAU_CODE,
        "XK_ZT": "1",
    } | changes


def debtor(number: int = 1, /, **changes: str) -> Row:
    """A natural person among the judgment debtors, as the court's site writes it."""
    return {
        "iname": "欧阳若澄",
        "cardNum": "3801021985****0018",
        "businessEntity": "",
        "sexy": "女",
        "age": "41",
        "caseCode": f"(2026)云3801执{number}号",
        "regDate": "2026年01月05日",
        "publishDate": "2026年02月10日",
        "courtName": COURT,
        "areaName": "云岭",
        "gistId": "(2025)云3801民初77号",
        "gistUnit": COURT,
        "duty": "被告偿还借款本金50000元",
        "performance": "全部未履行",
        "disruptTypeName": "违反财产报告制度",
        "partyTypeName": "580",
    } | changes


def listing(number: int = 1, /, **changes: str) -> Row:
    """An entry of a black list, under Chinese headings."""
    return {
        "名单名称": "市场监督管理严重违法失信名单",
        "失信主体名称": "澄州市蓝穗食品有限公司",
        "主体类别": "法人及非法人组织",
        "统一社会信用代码": uscc(1),
        "列入事由": "被列入经营异常名录届满三年仍未履行相关义务",
        "列入依据": "市场监督管理严重违法失信名单管理办法第十条",
        "列入决定文书号": f"澄市监列〔2026〕{number}号",
        "列入日期": "2026-05-20",
        "认定机关": BUREAU,
        "认定机关统一社会信用代码": BUREAU_CODE,
        "惩戒措施提示": "依法列为重点监管对象",
        "移出条件": "列入满三年或者依法提前移出",
        "救济措施": "可以申请行政复议或者提起行政诉讼",
    } | changes


def honour(**changes: str) -> Row:
    """An entry of a red list."""
    return {
        "名单名称": "纳税信用A级纳税人",
        "主体名称": "澄州市青禾机械股份有限公司",
        "统一社会信用代码": uscc(2),
        "主体类别": "法人及非法人组织",
        "列入日期": "2026-04-10",
        "荣誉有效期至": "2027-04-09",
        "认定单位": "澄州市税务局",
        "激励措施": "绿色通道",
    } | changes


def assignment(number: int = 1, name: str = "澄州市蓝穗食品有限公司", /, **changes: str) -> Row:
    """A credit code as its registrar publishes it."""
    return {
        "机构名称": name,
        "统一社会信用代码": uscc(number),
        "曾用名称": "",
        "曾用代码": "",
        "机构类型": "有限责任公司",
        "登记机关": BUREAU,
        "赋码日期": "2019-07-03",
        "状态": "正常",
    } | changes


def write_csv(path: Path, rows: Sequence[Mapping[str, str]], encoding: str = "utf-8") -> Path:
    """Write rows as CSV under all their headings."""
    with path.open("w", encoding=encoding, newline="") as stream:
        headings = dict.fromkeys(heading for row in rows for heading in row)
        writer = csv.DictWriter(stream, list(headings))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_jsonl(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """Write rows as JSON Lines."""
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def event(kind: str, number: int = 1, /, **changes: str) -> Row:
    """Something that happened to the penalty of that number."""
    return {
        "事件类型": kind,
        "事件日期": "2026-09-01",
        "原决定机关": BUREAU,
        "原决定机关统一社会信用代码": BUREAU_CODE,
        "原文书号": f"澄市监罚[2026]{number}号",
        "主体名称": "澄州市蓝穗食品有限公司",
        "统一社会信用代码": uscc(1),
        "事由": "",
    } | changes
