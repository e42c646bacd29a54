"""The files of a sample: names, formats, columns, and which share of the records they hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from portal.catalog_model import RecordClass
from portal.headings import fold_heading
from portal.sample.courts import DebtorRows, JudgmentRows
from portal.sample.listings import ListRows
from portal.sample.penalties import PenaltyRows
from portal.sample.permits import PermitRows
from portal.sample.pledges import CommitmentRows, DishonestyRows
from portal.sample.registrations import RegistrationRows
from portal.sample.world import Row, World

Format = Literal["csv", "xlsx", "json", "jsonl"]

SHARES: dict[str, float] = {
    "penalty": 0.20, "code_assignment": 0.25, "judgment_debtor": 0.06, "red_list": 0.05,
    "black_list": 0.03, "judgment": 0.05, "commitment": 0.05, "government_dishonesty": 0.01,
}  # fmt: skip
"""Share of every class in the records; permits are the rest."""

LEAST_RECORDS = 20
LEGACY_EVERY = 50
"""One permit or penalty in fifty still comes under the headings of 2015."""

SHEET_ROWS = 20_000
"""At most so many rows go into one XLSX file."""


class RowMaker(Protocol):
    """What makes the rows of one class, numbered from 0."""

    def row(self, number: int) -> Row:
        """Return the row of that number."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of file: class, name with the day as {day}, format, encoding, headings as written."""

    class_code: str
    name: str
    format: Format
    encoding: str
    headings: Sequence[str]
    maker: Callable[[World], RowMaker]

    def file_name(self, today: date) -> str:
        """Return the name of the file delivered on that day."""
        return self.name.format(day=today.strftime("%Y%m%d"))

    def fields(self, record_class: RecordClass) -> tuple[str, ...]:
        """Return the catalogue field under each heading. Raises KeyError for an unknown one."""
        known = record_class.heading_map()
        return tuple(known[fold_heading(heading)].name for heading in self.headings)


_PERMIT = """
    XK_XDR_MC XK_XDR_LB XK_XDR_SHXYM XK_XDR_GSZC XK_XDR_ZZJG XK_XDR_SWDJ XK_XDR_SYDW XK_XDR_SHZZ
    XK_FRDB XK_FR_ZJLX XK_FR_ZJHM XK_XDR_ZJLX XK_XDR_ZJHM XK_XKWS XK_WSH XK_XKLB XK_XKZS XK_XKBH
    XK_NR XK_JDRQ XK_YXQZ XK_YXQZI XK_XKJG XK_XKJGDM XK_ZT XK_GKYJ XK_LYDW XK_LYDWDM BZ
"""
_PERMIT_LEGACY = """
    XK_WSH XK_XMMC XK_SPLB XK_NR XK_XDR XK_XDR_SHXYM XK_XDR_ZDM XK_XDR_GSDJ XK_XDR_SWDJ
    XK_XDR_SFZ XK_FR XK_JDRQ XK_JZQ XK_XZJG XK_ZT BZ
"""
_PENALTY = """
    CF_XDR_MC CF_XDR_LB CF_XDR_SHXYM CF_XDR_GSZC CF_XDR_ZZJG CF_FRDB CF_XDR_ZJLX CF_XDR_ZJHM
    CF_WSH CF_WFXW CF_SY CF_YJ CF_CFLB CF_NR CF_NR_FK CF_NR_WFFF CF_NR_ZKDX CF_SXCD CF_JDRQ
    CF_YXQ CF_GSJZQ CF_CFJG CF_CFJGDM CF_ZT CF_GKYJ CF_SJLY CF_SJLYDM BZ
"""
_PENALTY_LEGACY = """
    CF_WSH CF_CFMC CF_CFLB1 CF_CFLB2 CF_SY CF_YJ CF_XDR CF_XDR_SHXYM CF_XDR_ZDM CF_XDR_GSDJ
    CF_XDR_SFZ CF_FR CF_JG CF_JDRQ CF_XZJG CF_ZT BZ
"""
_RED = """
    主体名称 主体类别 统一社会信用代码 组织机构代码 法定代表人 证件类型 证件号码 名单代码
    名单名称 列入事由 列入依据 决定文书号 列入日期 公布日期 有效期至 认定机关
    认定机关统一社会信用代码 激励措施提示 当前状态 自然人信息公开依据
"""
_BLACK = """
    名单名称 失信主体名称 列入日期 决定文书号 认定机关 列入事由 统一社会信用代码 主体类别
    证件号码 列入依据 惩戒措施提示 移出条件和程序 救济措施 公布日期 有效期至 当前状态 移出日期
    移出原因 法定代表人 证件类型 组织机构代码 认定机关统一社会信用代码
"""
_DEBTOR = """
    iname cardNum businessEntity sexy age caseCode regDate publishDate endDate courtName
    areaName gistId gistUnit duty performance performedPart unperformPart disruptTypeName
    partyTypeName status
"""
_JUDGMENT = """
    ZT_MC ZT_LB ZT_SHXYM ZT_ZZJG ZT_FDDB ZT_ZJLX ZT_ZJHM PJ_AY PJ_AH PJ_WSMC PJ_DW PJ_JG PJ_JE
    PJ_CPRQ PJ_SXRQ PJ_GSJZQ PJ_FY PJ_ZT GKYJ
"""
_COMMITMENT = """
    承诺主体名称 主体类别 统一社会信用代码 组织机构代码 法定代表人 证件类型 证件号码 承诺类型
    承诺事由 承诺内容 承诺书编号 承诺作出日期 承诺有效期至 承诺履行状态 承诺受理单位
    受理单位统一社会信用代码 当前状态 自然人信息公开依据
"""
_DISHONESTY = """
    失信政务主体名称 主体类别 统一社会信用代码 失信类型 失信事实 认定依据 认定文书号 认定日期
    公示截止期 整改情况 认定机关 认定机关统一社会信用代码 当前状态
"""
_REGISTRATION = """
    机构名称 机构类别 统一社会信用代码 曾用名称 曾用代码 登记管理类别 登记管理部门 赋码日期
    代码废止日期 当前状态
"""

PERMIT = Layout(
    "permit", "双公示_行政许可_澄州市_{day}.csv", "csv", "utf-8-sig", _PERMIT.split(), PermitRows
)
PERMIT_LEGACY = Layout(
    "permit", "行政许可信息_旧表头_{day}.csv", "csv", "gb18030", _PERMIT_LEGACY.split(),
    lambda world: PermitRows(world, legacy=True),
)  # fmt: skip
PENALTY = Layout(
    "penalty", "双公示_行政处罚_澄州市_{day}.csv", "csv", "utf-8-sig", _PENALTY.split(), PenaltyRows
)
PENALTY_LEGACY = Layout(
    "penalty", "行政处罚信息_旧表头_{day}.csv", "csv", "gb18030", _PENALTY_LEGACY.split(),
    lambda world: PenaltyRows(world, legacy=True),
)  # fmt: skip
RED_SHEET = Layout(
    "red_list", "守信红名单_{day}.xlsx", "xlsx", "", _RED.split(),
    lambda world: ListRows(world, red=True),
)  # fmt: skip
RED_REST = Layout(
    "red_list", "守信红名单_续_{day}.csv", "csv", "utf-8-sig", _RED.split(),
    lambda world: ListRows(world, red=True, part="rest"),
)  # fmt: skip
BLACK = Layout(
    "black_list", "严重失信主体名单_{day}.csv", "csv", "utf-8", _BLACK.split(),
    lambda world: ListRows(world, red=False),
)  # fmt: skip
DEBTOR = Layout(
    "judgment_debtor", "失信被执行人_{day}.jsonl", "jsonl", "utf-8", _DEBTOR.split(), DebtorRows
)
JUDGMENT = Layout(
    "judgment", "生效裁判_{day}.json", "json", "utf-8", _JUDGMENT.split(), JudgmentRows
)
COMMITMENT = Layout(
    "commitment", "信用承诺_{day}.csv", "csv", "gb18030", _COMMITMENT.split(), CommitmentRows
)
DISHONESTY = Layout(
    "government_dishonesty", "政务失信_{day}.csv", "csv", "utf-8-sig", _DISHONESTY.split(),
    DishonestyRows,
)  # fmt: skip
REGISTRATION = Layout(
    "code_assignment", "统一社会信用代码公示_{day}.csv", "csv", "utf-8", _REGISTRATION.split(),
    RegistrationRows,
)  # fmt: skip


def share_out(records: int) -> list[tuple[Layout, int]]:
    """Return every file to write with its number of rows; together they are `records`."""
    rows = {code: max(1, round(records * share)) for code, share in SHARES.items()}
    permits = records - sum(rows.values())
    old_permits, old_penalties = permits // LEGACY_EVERY, rows["penalty"] // LEGACY_EVERY
    sheet = min(rows["red_list"], SHEET_ROWS)
    files = [
        (REGISTRATION, rows["code_assignment"]),
        (PERMIT, permits - old_permits),
        (PERMIT_LEGACY, old_permits),
        (PENALTY, rows["penalty"] - old_penalties),
        (PENALTY_LEGACY, old_penalties),
        (RED_SHEET, sheet),
        (RED_REST, rows["red_list"] - sheet),
        (BLACK, rows["black_list"]),
        (DEBTOR, rows["judgment_debtor"]),
        (JUDGMENT, rows["judgment"]),
        (COMMITMENT, rows["commitment"]),
        (DISHONESTY, rows["government_dishonesty"]),
    ]
    return [(layout, count) for layout, count in files if count]
