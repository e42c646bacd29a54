"""The benchmark of slow queries, from the command line to its verdict."""

import pytest

from benchmarks import hostile
from portal import bounds
from tests import world
from tests.conftest import Portal


def test_its_texts_are_as_long_as_they_may_be() -> None:
    longest = [text for text in hostile.corpus().values() if len(text) == bounds.QUERY.most]
    assert len(longest) > 60


@pytest.mark.parametrize(("allowed", "fails"), [(1e9, False), (-1e9, True)])
def test_it_fails_where_something_is_too_slow(
    portal: Portal,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    allowed: float,
    fails: bool,
) -> None:
    portal.ingest([world.penalty(1)])
    portal.publish()
    monkeypatch.setattr(hostile, "ALLOWED", allowed)
    monkeypatch.setattr(hostile, "corpus", lambda: {"brackets": "[" * 200})
    arguments = ["--var", portal.settings.var]
    if fails:
        with pytest.raises(SystemExit, match="ms over an ordinary query"):
            hostile.main(arguments)
    else:
        hostile.main(arguments)
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.endswith(": brackets") for line in lines) == 4
