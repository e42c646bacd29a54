"""Bytes and texts that have broken other sites."""

from urllib.parse import quote_from_bytes

from hypothesis import strategies as st

from tests import world

MARK = "zq<zq>'\"zq"
"""Stands in inputs; as it is, it must stand in no page."""

TEXTS: tuple[str, ...] = (
    # control, half characters, direction, nothing to see
    "\0",
    "a\0b",
    "\ud800",
    "\udfff蓝穗",
    "\r\nSet-Cookie: zq=1",
    "\u202e蓝穗\u202c",
    "\u2066\u200f\u061c",
    "\ufeff\u200b\u00ad",
    "\U0001f600\U000e0041\ue000",
    "\u0130\u0131ßﬃ㍿",
    "e" + "\u0301" * 150,
    "蓝" + "\u20dd\u0489" * 90,
    "\ufdfa" * 200,
    "㍿" * 200,
    # syntax of other languages
    "[" * 10_000,
    "(" * 200,
    ")" * 200,
    "{" * 200,
    "“" * 199,
    '"' * 199,
    "\\" * 200,
    "*" * 200,
    "?" * 200,
    "(a+)+$",
    "^(.*a){20}$",
    "[^",
    "(?P<",
    "\\1",
    "a{1,99999}",
    ".*",
    "AND OR NOT * ~ ^ : / {!func} name:x",
    "' OR 1=1 --",
    "'; DROP TABLE records; --",
    '" UNION SELECT 1,2 --',
    "%' ESCAPE '",
    "{{ 7*7 }}",
    "{% include 'base.html' %}",
    "${7*7}#{7*7}",
    "<%= 7*7 %>",
    "%(name)s %s %d",
    "{0.__class__}",
    "$(id)",
    "`id`",
    "|id",
    "=1+1",
    "<script>alert(1)</script>",
    "</title><svg onload=alert(1)>",
    "javascript:alert(1)",
    "../../../../etc/passwd",
    "..\\..\\wsgi.py",
    "file:///etc/passwd",
    "//evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    MARK,
    # numbers and days
    "-1",
    "0",
    "+1",
    "1e999",
    "9" * 400,
    "9" * 5_000,
    "NaN",
    "Infinity",
    "0x10",
    "1_0",
    "１",
    "١",
    "²",
    "一",
    "2026-02-30",
    "0000-00-00",
    "9999-12-31",
    "10000-01-01",
    "２０２６-01-01",
    "2026-1-1",
    "-2026-01-01",
    # real ones, long ones, empty ones
    world.uscc(1),
    "9" * 18,
    "蓝穗",
    "公司" * 100,
    "有限公司" * 50,
    "a" * 200,
    "澄" * 200,
    " ",
    "\u3000",
    "",
    "+",
    "%",
)

BROKEN = (
    b"%",
    b"%%",
    b"%4",
    b"%zz",
    b"%u4e00",
    b"%ED%A0%80",
    b"%F4%90%80%80",
    b"%C0%AF",
    b"%E8%93",
    b"%ff%fe",
    b"%00",
    b"%0d%0a",
    b"%25" * 300,
    b"\xff\xfe",
    b"\x00",
    b"\x80",
    b"&&&&",
    b"====",
    b";",
    b"#",
    b"?q=1?q=2",
    b"&" * 2_000,
    b"a=" * 500,
    b"q[]=1",
    b"q[0][1]=2",
    b"%71=1",
    b"=1",
    b"a" * 50_000,
    b"q=" + b"%" * 3_000,
)


def encoded(text: str) -> bytes:
    """Return a text as its bytes, half characters and all."""
    return text.encode("utf-8", "surrogatepass")


def texts() -> st.SearchStrategy[bytes]:
    """Any text or bytes, decoded."""
    return st.one_of(
        st.sampled_from(TEXTS).map(encoded),
        st.text(st.characters(), max_size=60).map(encoded),
        st.binary(max_size=60),
    )


def values() -> st.SearchStrategy[bytes]:
    """Any value of a query string, as sent: encoded well, badly or not at all."""
    return st.one_of(
        texts().map(lambda raw: quote_from_bytes(raw, safe="").encode()),
        st.sampled_from(BROKEN),
        st.binary(max_size=40),
    )


def header_values() -> st.SearchStrategy[str]:
    """Any value of a header as WSGI has it: bytes as Latin-1, without line ends."""
    return texts().map(
        lambda raw: raw.replace(b"\r", b"").replace(b"\n", b"").decode("latin-1")[:8_000]
    )


def headers() -> st.SearchStrategy[dict[str, str]]:
    """Any few headers, among them those that servers and caches act on."""
    names = [
        "Cookie",
        "Host",
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "If-None-Match",
        "If-Range",
        "If-Modified-Since",
        "Range",
        "Referer",
        "Origin",
        "Sec-Fetch-Site",
        "User-Agent",
        "Authorization",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Prefix",
        "Forwarded",
        "X-HTTP-Method-Override",
        "X-Original-URL",
        "X-Rewrite-URL",
        "Expect",
        "Upgrade",
        "Date",
    ]
    likely = [
        "gzip",
        "*",
        "lang=en; theme=dark",
        "lang=<zq>",
        'W/"x"',
        "bytes=0-9",
        "bytes=9-0",
        "null",
    ]
    likely += [
        "bytes=" + "0-1," * 500,
        "evil.example",
        "cross-site",
        "https",
        ";" * 3_000,
        "a=b;" * 900,
    ]
    value = st.one_of(st.sampled_from(likely), header_values())
    return st.dictionaries(st.sampled_from(names), value, max_size=3)
