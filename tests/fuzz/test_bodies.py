"""Any body, to what takes one: it is read as what it says, or refused by name."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests import world
from tests.fuzz.asking import Asking, ask
from tests.fuzz.conftest import Site
from tests.fuzz.nasty import headers, values
from tests.fuzz.properties import FUZZ, check


@FUZZ
@given(data=st.data())
def test_any_body_to_what_takes_one(site: Site, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([b"/check-person", b"/api/v1/persons/check"]))
    body = data.draw(_bodies())
    kinds = ["application/json", "application/x-www-form-urlencoded", "text/plain", ""]
    kinds += [
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "\x00",
        "a" * 300,
    ]
    asking = Asking(
        path,
        method="POST",
        headers=data.draw(headers()),
        body=body,
        content_type=data.draw(st.sampled_from(kinds)),
        length=data.draw(st.sampled_from([None, None, None, "0", "-1", "1", "x", "9" * 30, "²"])),
        chunked=data.draw(st.booleans()),
    )
    answer = ask(site.app, asking)
    check(asking, answer)
    assert answer.status in (200, 400, 403, 413), asking
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def _bodies() -> st.SearchStrategy[bytes]:
    number = world.id_number(55)
    objects = st.dictionaries(
        st.one_of(st.sampled_from(["name", "id_number", "x"]), st.text(max_size=5)),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=120)),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=5,
        ),
        max_size=3,
    )
    fixed = [
        b"",
        b"{",
        b"null",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"name":"a","name":"b","id_number":"1"}',
        b'{"name":"\\ud800","id_number":"1"}',
        b'{"name":"\xed\xa0\x80","id_number":"1"}',
        b'\xef\xbb\xbf{"name":"a","id_number":"1"}',
        b'{"name":1e999,"id_number":' + b"9" * 5_000 + b"}",
        b'{"name":"a","id_number":"' + number.encode() + b'"}',
        b"name=a&id_number=" + number.encode(),
        b"name=%ED%A0%80&id_number=%00",
        b"name=a&name=b&id_number=1",
        b"&" * 60_000,
        b"name=" * 10_000,
        b"name=" + b"%" * 60_000,
        b"a" * 70_000,
        '{"name":"ａ","id_number":"１"}'.encode("utf-16"),
        b"--x\r\nContent-Disposition: form-data; name=name\r\n\r\na\r\n--x--\r\n",
        b"\0" * 100,
    ]
    return st.one_of(
        st.sampled_from(fixed),
        objects.map(lambda given: json.dumps(given).encode()),
        values().map(lambda value: b"name=" + value + b"&id_number=" + value),
        st.binary(max_size=80),
    )
