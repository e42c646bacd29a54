"""The command `keys`: who has the key of an institution."""

import argparse

from portal import clock
from portal.config import Settings
from portal.institutions import (
    HEADER,
    add_institution,
    read_institutions,
    remove_institution,
)


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its three actions."""
    command = commands.add_parser("keys", help="机构密钥：各有自己的查询上限")
    actions = command.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser("add", help="为一个机构生成密钥，只显示这一次")
    action.add_argument("name", metavar="NAME")
    action.set_defaults(run=_add)
    actions.add_parser("list", help="持有密钥的机构").set_defaults(run=_list)
    action = actions.add_parser("remove", help="收回一个机构的密钥，随即生效")
    action.add_argument("name", metavar="NAME")
    action.set_defaults(run=_remove)


def _add(options: argparse.Namespace, settings: Settings) -> int:
    key = add_institution(settings.keys_path, options.name, clock.today())
    print(f"{HEADER}: {key}")
    print("密钥只显示这一次，只存其摘要；请求时放在上面的请求头中")
    return 0


def _list(_: argparse.Namespace, settings: Settings) -> int:
    for one in read_institutions(settings.keys_path):
        print(f"{one.since}  {one.name}")
    return 0


def _remove(options: argparse.Namespace, settings: Settings) -> int:
    remove_institution(settings.keys_path, options.name)
    print("已收回，随即生效")
    return 0
