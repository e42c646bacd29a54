"""The commands: thin. Each parses its arguments, calls one function, prints what it returned.

Exit codes: 0 done, 1 rows were rejected under --strict, 2 bad usage or unreadable input, 3 refused
by a safety gate. Errors are one line on stderr.
"""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from io import TextIOWrapper
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from portal import clock, keys_command
from portal.catalog import load_catalog
from portal.catalog_model import Catalog
from portal.config import SETTINGS, Settings, load_settings
from portal.errors import GateError, NotFoundError, PortalError, SnapshotError
from portal.intake.ingest import DeliveryReport, Whole, ingest_file
from portal.intake.registry import Registry
from portal.intake.source_file import masked
from portal.person_key import load_person_key
from portal.progress import Progress
from portal.publish.explain import describe, explain
from portal.publish.identity import PublicIds, load_secret
from portal.publish.pipeline import publish
from portal.publish.policy_page import render
from portal.publish.pruning import prune
from portal.publish.secrets import Secrets
from portal.publish.verification import verify
from portal.sample.generate import generate
from portal.snapshots import SnapshotStore, read_manifest

DONE, REJECTED, BAD_USAGE, REFUSED = 0, 1, 2, 3
KEEP_SNAPSHOTS = 3


_TROUBLES = {
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已满",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "文件系统只读",
    errno.EEXIST: "已有同名文件，不是目录",
    errno.ENOTDIR: "已有同名文件，不是目录",
    errno.ENOENT: "文件不存在",
    errno.EISDIR: "是一个目录，不是文件",
}


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that knows no Chinese is no error
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()  # what cannot be written must be known here, not at exit
    except PortalError as error:
        _say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _say("已中断，没有留下未完成的改动")
    except BrokenPipeError:
        _say("输出在写完之前被关闭")
    except OSError as error:
        _say(_trouble(error))
    except SQLAlchemyError as error:
        _say(f"数据库无法读写：{_database_trouble(error)}")
    return BAD_USAGE


def _run(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    code: int = options.run(options, load_settings(os.environ))
    return code


def _say(text: str) -> None:
    """Write an error; where nobody listens any more, nothing remains to be done."""
    with suppress(OSError):
        print(text, file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:  # or it would be tried again at exit, with a traceback
        with suppress(OSError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, sys.stdout.fileno())
            os.close(null)


def _trouble(error: OSError) -> str:
    reason = _TROUBLES.get(error.errno or 0) or error.strerror or type(error).__name__
    named = isinstance(error.filename, str | bytes)
    return f"{masked(os.fsdecode(error.filename))}：{reason}" if named else f"无法读写：{reason}"


def _database_trouble(error: SQLAlchemyError) -> str:
    cause = getattr(error, "orig", None)
    # Not its text: that of some databases holds values.
    return "磁盘已满" if "disk is full" in str(cause) else type(cause or error).__name__


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m portal", description="信用信息查询")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("ingest", help="源文件 → 登记库")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    command.add_argument(
        "--class", dest="class_code", default="", help="类别代码；不给则由表头判断"
    )
    command.add_argument("--full", action="store_true", help="文件是完整名单：其中没有的即撤下")
    command.add_argument("--accept-shrink", action="store_true", help="完整名单大幅减少也接收")
    command.add_argument("--strict", action="store_true", help="有退回的行时以 1 退出")
    command.set_defaults(run=_ingest)

    command = commands.add_parser("publish", help="登记库 → 快照 → 核验 → 启用")
    command.add_argument("--today", type=_day, help="按这一天判断公示期（默认为北京时间今天）")
    command.add_argument("--accept-shrink", action="store_true", help="公示记录大幅减少也发布")
    command.add_argument("--full", action="store_true", help="不作增量，重新判断每一条记录")
    command.set_defaults(run=_publish)

    command = commands.add_parser("explain", help="一条记录为何公示或者不公示")
    command.add_argument("record", metavar="KEY|ID", help="公开编号、业务键或者文书号")
    command.set_defaults(run=_explain)

    command = commands.add_parser("verify", help="核验快照：文件、数目、个人信息")
    command.add_argument("id", nargs="?", default="", help="快照编号（默认为正在使用的）")
    command.set_defaults(run=_verify)

    command = commands.add_parser("snapshots", help="快照一览")
    command.add_argument("action", choices=["list"])
    command.set_defaults(run=_list_snapshots)

    command = commands.add_parser("activate", help="启用一个快照")
    command.add_argument("id")
    command.set_defaults(run=_activate)

    command = commands.add_parser("prune", help="删除旧快照")
    command.add_argument("--keep", type=int, default=KEEP_SNAPSHOTS, help="保留最新的几个")
    command.set_defaults(run=_prune)

    commands.add_parser("status", help="正在使用的快照和登记库").set_defaults(run=_status)
    commands.add_parser("policy-page", help="由目录生成的公示规则说明（Markdown）").set_defaults(
        run=_policy_page
    )
    commands.add_parser("settings", help="全部设置").set_defaults(run=_settings)

    keys_command.add_to(commands)

    command = commands.add_parser("sample", help="生成虚构的样例源文件")
    command.add_argument("--records", type=int, required=True, metavar="N")
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--names", type=Path, help="CSV（name,uscc），用其中的名称代替虚构的")
    command.set_defaults(run=_sample)
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}”不是日期，写作 2026-01-31") from None


def _ingest(options: argparse.Namespace, settings: Settings) -> int:
    catalog = load_catalog(settings.policy_path)
    whole = Whole(catalog.events.shrink_limit, options.accept_shrink) if options.full else None
    rejected = 0
    with Registry(settings.registry_address) as registry:
        for path in options.files:
            with Progress(masked(path.name), "行") as progress:
                report = ingest_file(
                    path,
                    catalog,
                    registry,
                    settings.rejections_path,
                    now=clock.now(),
                    class_code=options.class_code,
                    whole=whole,
                    progress=progress.count,
                )
            _print_report(report)
            rejected += report.rejected
    return REJECTED if rejected and options.strict else DONE


def _print_report(report: DeliveryReport) -> None:
    counts = report.counts
    print(
        f"{report.file_name}（{report.class_title}）：读取 {report.rows_read}，"
        f"新增 {counts.new}，更新 {counts.updated}，未变 {counts.unchanged}，退回 {report.rejected}"
    )
    if report.rejections:
        print(f"  退回的行：{report.rejections}")
    if report.absent:
        print(f"  不在完整名单中、撤下的记录：{report.absent}")
    if report.matched:
        print(f"  此前待匹配、现已生效的事件：{report.matched}")
    if report.unknown:
        print(f"  目录中没有、未采用的列：{'、'.join(report.unknown)}")


def _publish(options: argparse.Namespace, settings: Settings) -> int:
    catalog = load_catalog(settings.policy_path)
    moment = clock.now()
    with (
        Registry(settings.registry_address) as registry,
        Progress("发布", "条") as progress,
    ):
        manifest = publish(
            registry,
            catalog,
            SnapshotStore(settings.snapshots_path),
            Secrets(load_secret(settings.secret_path), load_person_key(settings.person_key_path)),
            settings.ledger_path,
            now=moment,
            today=options.today or moment.date(),
            accept_shrink=options.accept_shrink,
            full=options.full,
            progress=progress.stage,
        )
    how = f"以 {manifest.base} 为底的增量" if manifest.base else "完整构建"
    print(f"已启用快照 {manifest.id}（{manifest.day}），{how}")
    _print_counts(manifest.by_class, manifest.withheld, catalog)
    print(
        f"登记 {manifest.registry_records} = 公示 {manifest.published}"
        f" + 不公示 {sum(manifest.withheld.values())}；主体 {manifest.entities}"
    )
    return DONE


def _print_counts(by_class: dict[str, int], withheld: dict[str, int], catalog: Catalog) -> None:
    for code, count in by_class.items():
        record_class = catalog.classes_by_code.get(code)
        print(f"  {record_class.title if record_class else code}：{count}")
    for reason, count in withheld.items():
        print(f"  不公示 {count}：{catalog.reasons.get(reason, reason)}")


def _verify(options: argparse.Namespace, settings: Settings) -> int:
    store = SnapshotStore(settings.snapshots_path)
    snapshot_id = options.id or store.current_id()
    faults = verify(store.path(snapshot_id))
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"快照 {snapshot_id} 完好")
    return REFUSED if faults else DONE


def _list_snapshots(_: argparse.Namespace, settings: Settings) -> int:
    store = SnapshotStore(settings.snapshots_path)
    for snapshot_id in store.ids():
        live = "＊" if snapshot_id == store.current_id() else " "
        try:
            manifest = read_manifest(store.path(snapshot_id))
        except SnapshotError as error:
            print(f"{live} {snapshot_id}  {error}")
            continue
        print(f"{live} {snapshot_id}  {manifest.day}  公示 {manifest.published}")
    return DONE


def _activate(options: argparse.Namespace, settings: Settings) -> int:
    store = SnapshotStore(settings.snapshots_path)
    with store.exclusive():
        faults = verify(store.path(options.id))
        if faults:
            raise GateError(f"快照 {options.id} 未通过核验，未启用：" + "；".join(faults[:5]))
        store.activate(options.id)
    print(f"已启用快照 {options.id}")
    return DONE


def _prune(options: argparse.Namespace, settings: Settings) -> int:
    report = prune(
        SnapshotStore(settings.snapshots_path),
        load_catalog(settings.policy_path),
        clock.today(),
        max(options.keep, 0),
    )
    for snapshot_id in report.deleted:
        print(f"已删除 {snapshot_id}")
    for snapshot_id, gone in report.rewritten.items():
        print(
            f"{snapshot_id}：去掉不应再公示的 {gone} 条"
            if gone
            else f"{snapshot_id}：清除已撤下内容的残留"
        )
    return DONE


def _explain(options: argparse.Namespace, settings: Settings) -> int:
    catalog = load_catalog(settings.policy_path)
    ids = PublicIds(load_secret(settings.secret_path))
    found = 0
    with Registry(settings.registry_address) as registry, registry.reading() as reader:
        for explanation in explain(reader, catalog, ids, options.record, clock.today()):
            found += 1
            for line in describe(explanation, catalog):
                print(line)
    if not found:
        raise NotFoundError("登记库中没有这样的记录")
    return DONE


def _status(_: argparse.Namespace, settings: Settings) -> int:
    catalog = load_catalog(settings.policy_path)
    store = SnapshotStore(settings.snapshots_path)
    current = store.current_id()
    if current:
        manifest = read_manifest(store.path(current))
        age = (clock.today() - manifest.day).days
        print(f"快照 {current}（{manifest.day}，{age} 天前）：主体 {manifest.entities}")
        _print_counts(manifest.by_class, manifest.withheld, catalog)
    else:
        print("尚未发布任何快照")
    with Registry(settings.registry_address) as registry, registry.reading() as reader:
        print(
            f"登记库：{reader.count()} 条记录，{reader.delivery_count()} 次接收，"
            f"{reader.waiting_events()} 个事件待匹配"
        )
        for code, count in reader.counts_by_class().items():
            record_class = catalog.classes_by_code.get(code)
            print(f"  {record_class.title if record_class else code}：{count}")
    return DONE


def _settings(_: argparse.Namespace, settings: Settings) -> int:
    for setting in SETTINGS:
        value = getattr(settings, setting.attribute)
        shown = "（已设置，不显示）" if setting.secret and str(value) != setting.default else value
        print(f"{setting.variable}={shown}  [默认 {setting.default or '空'}] {setting.help}")
    return DONE


def _policy_page(_: argparse.Namespace, settings: Settings) -> int:
    print(render(load_catalog(settings.policy_path)), end="")
    return DONE


def _sample(options: argparse.Namespace, _: Settings) -> int:
    with Progress("样例", "条") as progress:
        report = generate(
            options.records,
            options.out,
            seed=options.seed,
            names=options.names,
            today=clock.today(),
            progress=progress.stage,
        )
    for file in report.files:
        print(f"{file.name}：{file.rows} 行，其中有意写错 {file.rejected} 行")
    return DONE
