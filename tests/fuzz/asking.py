"""Requests as a server hands them over: raw WSGI, so that no client tidies them up before."""

import gzip
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.datastructures import Headers


@dataclass(frozen=True)
class Asking:
    """A request. `path` and `query` are bytes: the path already decoded, the query as sent.

    `length` is what Content-Length claims: the length of the body, unless another one is given.
    """

    path: bytes
    query: bytes = b""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = ""
    length: str | None = None
    chunked: bool = False

    def environ(self) -> dict[str, Any]:
        """Return it as a WSGI environment."""
        made = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path.decode("latin-1"),
            "QUERY_STRING": self.query.decode("latin-1"),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "192.0.2.1",
            "HTTP_HOST": "localhost",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            made["HTTP_" + name.upper().replace("-", "_")] = value
        if self.chunked:
            made |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
        elif self.length is not None or self.body:
            made["CONTENT_LENGTH"] = self.length if self.length is not None else len(self.body)
            made["CONTENT_LENGTH"] = str(made["CONTENT_LENGTH"])
        if self.content_type:
            made["CONTENT_TYPE"] = self.content_type
        return made


@dataclass(frozen=True)
class Answer:
    """What came back, read to its end."""

    status: int
    headers: Headers
    body: bytes

    @property
    def text(self) -> str:
        """The body; raises UnicodeDecodeError where it is no UTF-8."""
        packed = self.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode("utf-8")

    @property
    def content_type(self) -> str:
        """The content type with its parameters."""
        return self.headers.get("Content-Type", "")

    @property
    def mimetype(self) -> str:
        """The content type without its parameters."""
        return self.content_type.partition(";")[0]


def ask(app: Flask, asking: Asking) -> Answer:
    """Send a request to an application and read the whole answer."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None, /) -> Any:
        started.append((status, headers))
        return written.append

    parts: Iterable[bytes] = app.wsgi_app(asking.environ(), start_response)
    try:
        written.extend(parts)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
    status, headers = started[-1]
    return Answer(int(status.split()[0]), Headers(headers), b"".join(written))
