"""How long the portal thinks about queries made to be slow, beside ordinary ones.

    python -m benchmarks.hostile [--var var] [--policy DIR] [--index FOLDER] [--worst 15]

Every text of the corpus is asked of every address that searches, on the live snapshot in --var,
in this process, without a network; --index also asks an index in a folder (as `benchmarks.search
--folder` keeps it) what the pages ask, if they ask it. Everything is asked once in each of three
rounds, which begin with empty caches; the best of the three counts. `over` is that less the time of
an ordinary query (the median over those): more than 50 ms is too much, and the exit code is then 1.
These are times of the processor; `clock` is by the clock, the same on a machine that does nothing
else. Of a download only the search is asked: its length is bounded by rows, not by what was typed.
"""

import argparse
import gc
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from benchmarks.city import TODAY
from benchmarks.measuring import machine, milliseconds
from portal import bounds
from portal.app import create_app
from portal.catalog import load_catalog
from portal.config import load_settings
from portal.errors import BadRequestError
from portal.search_request import parse_search
from search_index.query import Filters, understand
from search_index.search import SearchIndex

ALLOWED = 50.0
"""Milliseconds that a query may take beyond an ordinary one."""
_LONGEST = bounds.QUERY.most
_ROUNDS = 3

ORDINARY = (
    "食品有限公司",
    "建筑",
    "科技 罚款",
    "chengzhou",
    "市场监督管理局",
    "贸易公司",
    "〔2026〕1号",
    "警告",
)
"""What people ask."""

_COMMON = ("公司", "有限公司", "有限责任公司", "市场", "罚款", "行政处罚", "贸易", "科技")
_MARKS = "[](){}<>*?+^$|\\.~:/-_&#@!;,'\"“”‘’%=`"


def corpus() -> Mapping[str, str]:
    """Return what is meant to be slow, by a name: all as long as a query may be."""
    found = {f"{word} repeated": (word * _LONGEST)[:_LONGEST] for word in _COMMON}
    found |= {f"{word} as words": _filled(word + " ") for word in _COMMON}
    found |= {f"{mark} repeated": mark * _LONGEST for mark in _MARKS}
    found |= {f"公司 between {mark}": _filled(f"公司{mark}") for mark in '"“*?%.·'}
    many = "".join(chr(0x4E00 + 37 * place) for place in range(_LONGEST))
    common = "有限公司责任市场监督管理局贸易科技建筑工程食品服务商信息技术"
    found |= {
        "many common words": _filled(" ".join(_COMMON) + " "),
        "all pairs of common characters": _filled(
            " ".join(a + b for a, b in pairwise(common)) + " "
        ),
        "all different pairs": " ".join(a + b for a, b in zip(common, common[3:], strict=False)),
        "two hundred characters": many,
        "two hundred rare characters": "".join(chr(0x20000 + place) for place in range(_LONGEST)),
        "quoted pairs": _filled("“公司”"),
        "a long name with mistakes": _filled("澄州市蓝穂食品有现公司"),
        "a name that is nearly common": "有限公司责任公司市场监督管理有限公",
        "common with one that is nowhere": "公司" * 20 + "穹",
        "common words with one that is nowhere": _filled("公司 有限 ")[:-3] + " 穹穹",
        "pinyin": _filled("youxiangongsi"),
        "pinyin of one syllable": _filled("yi"),
        "pinyin that reads in many ways": _filled("xianganere"),
        "pinyin as words": _filled("you xian gong si "),
        "first letters": _filled("yxgs"),
        "one letter": "a" * _LONGEST,
        "letters without end": _filled("zcsrbgh"),
        "letters and characters": _filled("公si有xian"),
        "many initials as words": _filled("yx gs zr "),
        "look-alike characters": _filled("未末土士日曰己已巳戊戌"),
        "same sounds": _filled("是事市式师实时石"),
        "Cyrillic look-alikes": _filled("асеорхуАВЕК"),
        "digits": "0123456789" * 20,
        "one digit": "1" * _LONGEST,
        "document numbers": _filled("〔2026〕1号"),
        "codes": _filled("91380102MA00000000"),
        "decimal points": _filled("1.5"),
        "combining marks": "e" + "\u0301" * (_LONGEST - 1),
        "ligatures that unfold": "\ufdfa" * _LONGEST,
        "squares that unfold": "㍿" * _LONGEST,
        "emoji": "\U0001f600" * _LONGEST,
        "right to left": _filled("\u202e蓝穗\u202c"),
        "half characters": "\ud800\udfff" * (_LONGEST // 2),
        "NUL": "\0公" * (_LONGEST // 2),
        "SQL": _filled("' OR 1=1; DROP TABLE records; -- "),
        "templates": _filled("{{ 7*7 }}{% for %}"),
        "regular expressions": _filled("(a+)+$(.*a){20}"),
        "query syntax": _filled("name:公* AND NOT (公司~2 OR ?) "),
        "ten thousand brackets": "[" * 10_000,
    }
    return found


Ask = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one query took, in ms of the processor and by the clock; `over` the ordinary ones."""

    where: str
    name: str
    worked: float
    clock: float
    over: float = 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure, print; exit with 1 where something took too long."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--var", default="var", help="folder with a live snapshot")
    parser.add_argument("--policy", default="", help="its policy, where it has one of its own")
    parser.add_argument("--index", type=Path, help="folder with an index")
    parser.add_argument("--worst", type=int, default=15, help="so many are printed")
    options = parser.parse_args(arguments)
    print(machine())
    found = _measured(lambda: _site(options.var, options.policy))
    if options.index:
        found += _measured(lambda: _index(options.index, TODAY))
    worst = sorted(found, key=lambda taken: -taken.over)
    print(f"{len(found)} queries; the worst, in ms:\n{'over':>8}{'worked':>8}{'clock':>8}")
    for taken in worst[: options.worst]:
        figures = f"{taken.over:8.1f}{taken.worked:8.1f}{taken.clock:8.1f}"
        print(f"{figures}  {taken.where}: {taken.name}")
    if worst[0].over > ALLOWED:
        sys.exit(f"more than {ALLOWED:.0f} ms over an ordinary query")


@contextmanager
def _site(var: str, policy: str) -> Iterator[Mapping[str, Ask]]:
    """Open the site anew; yield what asks each of its addresses that search."""
    environ = {"PORTAL_VAR": var, "PORTAL_POLICY": policy, "PORTAL_RATELIMIT_ENABLED": "0"}
    app = create_app(load_settings(environ))
    client = app.test_client()

    def ask(where: str, method: str, text: str) -> None:
        encoded = quote(text, safe="", errors="surrogatepass")
        with client.open(f"{where}?q={encoded}", method=method, buffered=True) as response:
            assert response.status_code < 500, (where, text)

    yield {
        **{
            where: partial(ask, where, "GET") for where in ("/search", "/api/v1/search", "/suggest")
        },
        "/search.csv": partial(ask, "/search.csv", "HEAD"),
    }
    app.extensions["portal.live"].close()


@contextmanager
def _index(folder: Path, today: date) -> Iterator[Mapping[str, Ask]]:
    """Open an index anew; yield what asks it as the pages do."""
    index, catalog = SearchIndex.open(folder), load_catalog()

    def search(text: str) -> None:
        with suppress(BadRequestError):
            asked = parse_search({"q": [text]}, catalog)
            index.search(
                asked.terms, Filters(), today, want="all", sort="relevance", offset=0, limit=20
            )

    yield {
        "index, search": search,
        "index, suggest": lambda text: index.suggest(understand(text[:_LONGEST]), today, 8),
    }
    index.close()


def _measured(
    opened: Callable[[], AbstractContextManager[Mapping[str, Ask]]],
) -> list[Taken]:
    """Ask everything in every round; what a process prepares once is no query's fault."""
    times: dict[tuple[str, str], list[Taken]] = defaultdict(list)
    for _ in range(_ROUNDS):
        gc.collect()
        with opened() as asks:
            for where, ask in asks.items():
                for text in ORDINARY:
                    ask(text)
                for name, text in (*zip(ORDINARY, ORDINARY, strict=True), *corpus().items()):
                    times[where, name].append(_taken(where, name, text, ask))
    best = [min(taken, key=lambda one: one.worked) for taken in times.values()]
    normal = {
        where: statistics.median(
            t.worked for t in best if (t.where, t.name in ORDINARY) == (where, True)
        )
        for where in dict.fromkeys(where for where, _ in times)
    }
    for where, worked in normal.items():
        print(f"{where}: an ordinary query takes {worked:.1f} ms", flush=True)
    return [replace(t, over=t.worked - normal[t.where]) for t in best if t.name not in ORDINARY]


def _taken(where: str, name: str, text: str, ask: Ask) -> Taken:
    started = time.process_time()
    clock = milliseconds(lambda: ask(text))
    return Taken(where, name, (time.process_time() - started) * 1000, clock)


def _filled(text: str) -> str:
    return (text * _LONGEST)[:_LONGEST]


if __name__ == "__main__":
    main()
