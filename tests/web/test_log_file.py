import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from portal.web.log_file import STDOUT, LineFile

FULL = Path("/dev/full")
WRITER = """
import json, sys
from portal.web.log_file import LineFile

file = LineFile(sys.argv[1], 0o640)
for number in range(500):
    file.append(json.dumps({"who": sys.argv[2], "n": number, "pad": "x" * 900}).encode())
"""


def test_a_file_and_its_folder_are_made_for_their_owner(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "audit.jsonl"
    file = LineFile(str(path), 0o600)
    assert not path.exists()
    file.append(b"one")
    file.append(b"two", durable=True)
    assert path.read_bytes() == b"one\ntwo\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o007 == 0
    file.close()
    file.append(b"three")
    assert path.read_bytes() == b"one\ntwo\nthree\n"
    file.close()


def test_rotating_loses_no_line(tmp_path: Path) -> None:
    path = tmp_path / "access.jsonl"
    file = LineFile(str(path), 0o640)
    file.append(b"1")
    path.rename(tmp_path / "access.jsonl.1")
    file.append(b"2")
    path.unlink()
    file.append(b"3")
    assert (tmp_path / "access.jsonl.1").read_bytes() == b"1\n"
    assert path.read_bytes() == b"3\n"
    file.close()


def test_lines_of_processes_and_threads_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "access.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), f"process {n}"])
        for n in range(3)
    ]
    file = LineFile(str(path), 0o640)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: file.append(b'{"who": "thread", "n": %d}' % n), range(500)))
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    file.close()
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    whose = Counter(line["who"] for line in lines)
    assert whose == {"thread": 500, "process 0": 500, "process 1": 500, "process 2": 500}


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "folder.jsonl"
    folder.mkdir()
    file = LineFile(str(folder), 0o600)
    with pytest.raises(OSError):
        file.append(b"line")
    assert file.problem() == os.strerror(21)  # a folder
    (tmp_path / "no-folder").write_bytes(b"")
    assert LineFile(str(tmp_path / "no-folder" / "audit.jsonl"), 0o600).problem()
    assert LineFile(str(tmp_path / "audit.jsonl"), 0o600).problem() == ""


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
def test_a_full_disk_is_an_error() -> None:
    file = LineFile(str(FULL), 0o600)
    with pytest.raises(OSError, match="No space left"):
        file.append(b"line")
    file.close()


def test_after_a_torn_line_the_next_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, write = tmp_path / "access.jsonl", os.write
    file = LineFile(str(path), 0o640)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda handle, line: write(handle, line[:4]))
        with pytest.raises(OSError, match="No space left"):
            file.append(b'{"torn": 1}')
    file.append(b'{"whole": 2}')
    assert path.read_bytes().splitlines()[-1] == b'{"whole": 2}'
    file.close()


def test_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    file = LineFile(STDOUT, 0o640)
    file.append(b'{"status":200}')
    assert file.problem() == ""
    assert capfd.readouterr().out == '{"status":200}\n'


def test_a_reader_that_stopped_reading_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, given = os.pipe()
    os.set_blocking(given, False)
    with suppress(BlockingIOError):
        while True:
            os.write(given, b"." * 4096)
    os.set_blocking(given, True)
    file = LineFile("-", 0o640)
    monkeypatch.setattr(file, "_current", lambda: given)
    assert file.problem()
    with pytest.raises(BlockingIOError):
        file.append(b"line")
    os.read(taken, 1 << 17)
    assert file.problem() == ""
    file.append(b"line")
    assert os.read(taken, 1 << 17).endswith(b"line\n")
    os.close(taken)
    os.close(given)
