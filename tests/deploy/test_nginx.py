"""nginx takes the configuration, and with it the site answers as it should."""

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage, HTTPSConnection
from pathlib import Path
from urllib.parse import quote

import pytest

from portal.web.headers import ALWAYS, TLS_ONLY
from tests.conftest import Portal
from tests.faults.server import serve
from tests.faults.site import ROOT, Site

BY_TLS = {**ALWAYS, "Strict-Transport-Security": TLS_ONLY}
CONFIG = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(
    not (shutil.which("nginx") and shutil.which("openssl")), reason="no nginx here"
)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: HTTPMessage


def exchange(connection: HTTPConnection, path: str, headers: dict[str, str]) -> Response:
    with closing(connection):
        connection.request("GET", path, headers={"Host": "credit.example.cn"} | headers)
        answer = connection.getresponse()
        answer.read()
        return Response(answer.status, answer.headers)


@dataclass(frozen=True, slots=True)
class Front:
    """An nginx with the site's configuration, on other ports and with a certificate of its own."""

    folder: Path
    http: int
    https: int

    def write(self, application: int) -> Path:
        """Write the configuration, in which places and ports alone are changed."""
        certificate, key = self.folder / "cert.pem", self.folder / "key.pem"
        made = f"req -x509 -newkey rsa:2048 -nodes -days 2 -keyout {key} -out {certificate}"
        subprocess.run(
            ["openssl", *made.split(), "-subj", "/CN=credit.example.cn"],
            check=True,
            capture_output=True,
        )
        text = CONFIG
        for old, new in {
            "127.0.0.1:8000": f"127.0.0.1:{application}",
            "listen 80;": f"listen 127.0.0.1:{self.http};",
            "listen [::]:80;": "",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{self.https} ssl http2;",
            "listen [::]:443 ssl http2;": "",
            "/etc/credit-portal/tls/fullchain.pem": str(certificate),
            "/etc/credit-portal/tls/privkey.pem": str(key),
            "/var/log/nginx/": f"{self.folder}/",
            "/opt/credit-portal/static/": f"{ROOT}/static/",
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        path = self.folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = "".join(
            f"{kind}_temp_path {self.folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        path.write_text(
            f"{user} pid {self.folder}/pid; error_log {self.folder}/error.log; daemon off;\n"
            f"events {{}}\nhttp {{ include /etc/nginx/mime.types; {temporary}\n{text}\n}}\n",
            encoding="utf-8",
        )
        return path

    def ask(self, path: str, **headers: str) -> Response:
        context = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        context.check_hostname = False
        connection = HTTPSConnection("127.0.0.1", self.https, context=context, timeout=30)
        return exchange(connection, path, headers)


@pytest.fixture
def front(portal: Portal) -> Iterator[Front]:
    portal.publish()
    front = Front(portal.folder, free_port(), free_port())
    environ = {"PORTAL_TRUSTED_PROXIES": "1", "PORTAL_RATELIMIT_ENABLED": "1"}
    limits = {"PORTAL_RATELIMIT_PERSONS": "100/hour", "PORTAL_RATELIMIT_SEARCH": "5/minute"}
    with serve(Site(portal.folder), workers=1, **environ, **limits) as server:
        config = front.write(server.port)
        nginx = subprocess.Popen(["nginx", "-e", str(portal.folder / "log"), "-c", str(config)])
        try:
            wait_for(front.https)
            yield front
        finally:
            nginx.terminate()
            nginx.wait(timeout=30)


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    config = Front(tmp_path, free_port(), free_port()).write(8000)
    done = subprocess.run(
        ["nginx", "-t", "-e", str(tmp_path / "log"), "-c", str(config)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, "[warn]" in done.stderr) == (0, False), done.stderr


def test_the_site_behind_nginx(front: Front) -> None:
    page = front.ask("/")
    assert page.status == 200
    for name, value in BY_TLS.items():
        assert page.headers.get_all(name) == [value]
    for hidden in ("/metrics", "/readyz"):
        assert front.ask(hidden).status == 404
    assert front.ask("/healthz").status == 200
    answer = exchange(HTTPConnection("127.0.0.1", front.http, timeout=30), "/lists?x=1", {})
    assert (answer.status, answer.headers["Location"]) == (
        301,
        "https://credit.example.cn/lists?x=1",
    )


def test_static_files_come_from_nginx_as_the_application_would_send_them(front: Front) -> None:
    for query, caching in (("", "max-age=60"), ("?v=0123456789ab", "max-age=31536000, immutable")):
        answer = front.ask(f"/static/css/site.css{query}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/css")
        assert answer.headers["Cache-Control"] == f"public, {caching}"
        for name, value in BY_TLS.items():
            assert answer.headers.get_all(name) == [value]
    assert front.ask("/static/../wsgi.py").status in (400, 404)
    assert front.ask("/static../wsgi.py").status == 404


def test_a_visitor_cannot_claim_another_address(front: Front) -> None:
    """Whatever is forwarded, all these searches count for the one address they come from."""
    states = [
        front.ask(f"/search?q={quote('蓝穗')}", **{"X-Forwarded-For": f"192.0.2.{n}"}).status
        for n in range(7)
    ]
    assert states == [200] * 5 + [429] * 2


def test_what_visitors_look_for_is_not_written_down(front: Front) -> None:
    secret = "very-secret-words"
    for path in (f"/search?q={secret}", f"/{secret}", f"/static/{secret}"):
        front.ask(path)
    for file in front.folder.glob("*"):
        if file.is_file():
            assert secret not in file.read_text(encoding="utf-8", errors="replace"), file
