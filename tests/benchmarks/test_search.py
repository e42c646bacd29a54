"""The command line of the search benchmark, from building to the table."""

from pathlib import Path

import pytest

from benchmarks import search
from benchmarks.measuring import OutOfTimeError, percentile, time_limit

SMALL = ["--records", "300", "--per-class", "3", "--rounds", "1"]


def test_measures_and_reuses_what_was_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*SMALL, "--engines", "portal,fts5", "--folder", str(tmp_path)]
    search.main(arguments)
    lines = capsys.readouterr().out.splitlines()
    whole_name = lines.index("whole name T")
    for row, name in zip(lines[whole_name + 1 :], ("portal", "fts5"), strict=False):
        cells = row.split()
        assert cells[:2] == [name, "3"]
        assert float(cells[-1]) > 0
    assert "pinyin T" in lines
    index = next((tmp_path / "portal").iterdir())
    written = index.stat().st_mtime_ns
    search.main([*arguments, "--skip-build", "--engines", "portal"])
    assert index.stat().st_mtime_ns == written
    with pytest.raises(SystemExit, match="other data"):
        search.main([*arguments, "--skip-build", "--records", "301"])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--engines", "portal,google"], "google"),
        (["--records", "0"], "--records"),
        (["--skip-build"], "--folder"),
        (["--pairs", "pairs.csv"], "--names"),
        (["--names", "absent.csv"], "absent.csv"),
    ],
)
def test_says_what_is_wrong(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        search.main(arguments)
    assert named in capsys.readouterr().err


def test_counts_who_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names, queries, pairs = (tmp_path / f"{name}.csv" for name in ("names", "queries", "pairs"))
    rows = ["澄州神渡新材料股份有限公司,A", "澄州云麓餐饮有限公司,B", "澄州栖谷餐饮有限公司,C"]
    write(names, "name,uscc", *rows)
    write(
        queries,
        "query,full_name,uscc,class",
        "云麓餐饮,澄州云麓餐饮有限公司,B,contained",
        "神渡股份,澄州神渡新材料股份有限公司,A,subsequence",
        "鹤汀,澄州鹤汀有限公司,D,contained",
    )
    write(
        pairs,
        "公司1,公司2,是否是同一家公司",
        "青屏银渡银行临渡支行,青屏银渡银行股份有限公司临渡支行,是",
        "澄州云麓餐饮公司,澄州云麓餐饮有限公司,是",
        "澄州禾鹭茶业有限公司,远汀物流集团,是",
        "青屏银渡银行柳浦支行,青屏银渡银行股份有限公司临渡支行,否",
    )
    search.main(["--names", str(names), "--queries", str(queries), "--pairs", str(pairs)])
    out = capsys.readouterr().out
    found = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert found["contained"] == ["2", "0.500", "0.500"]
    assert found["subsequence"] == ["1", "1.000", "1.000"]
    assert found["all"] == ["3", "0.667", "0.667"]
    assert "(1 of no company in the file)" in out
    assert "same company: 2 of 3 among" in out
    assert "other company: 0 of 1 reported" in out


def write(path: Path, *lines: str) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_time_limit_ends_what_takes_longer_and_nothing_else() -> None:
    with pytest.raises(OutOfTimeError), time_limit(0.01):
        while True:
            pass
    with time_limit(60):
        assert percentile([3.0], 99) == 3.0
