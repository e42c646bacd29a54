"""The containers see what they must and no more."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from portal.config import SETTINGS
from tests.faults.site import ROOT

TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
VAR = "/var/lib/credit-portal"


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_locked_down(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])


def test_the_website_has_snapshots_and_the_key_read_only_and_nothing_else() -> None:
    assert SERVICES["web"]["volumes"] == [
        f"snapshots:{VAR}/snapshots:ro",
        "key:/var/lib/credit-portal-key:ro",
        "own:/var/lib/credit-portal-web",
    ]
    assert f"private:{VAR}" in SERVICES["publish"]["volumes"]
    assert SERVICES["web"]["user"] != SERVICES["publish"]["user"]


def test_the_website_is_reached_from_this_machine_and_publishing_from_nowhere() -> None:
    assert [port.split(":")[0] for port in SERVICES["web"]["ports"]] == ["127.0.0.1"]
    assert SERVICES["publish"]["network_mode"] == "none"
    assert SERVICES["publish"]["profiles"] == ["publish"]


def test_what_is_named_is_there() -> None:
    whole = yaml.safe_load(TEXT)
    for service in SERVICES.values():
        for volume in service["volumes"]:
            name = volume.split(":")[0]
            assert name in whole["volumes"] or name.startswith("${")
        assert (ROOT / service["build"]["dockerfile"]).is_file()
    known = {setting.variable for setting in SETTINGS}
    assert set(re.findall(r"PORTAL_[A-Z_]+", TEXT + DOCKERFILE)) <= known


def test_the_image_is_pinned_and_runs_as_nobody_special() -> None:
    assert re.search(r"^FROM python:3\.\d+\.\d+-slim-\w+$", DOCKERFILE, flags=re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE
    users = re.findall(r"^USER (\S+)", DOCKERFILE, flags=re.MULTILINE)
    assert users == ["10002"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {"var", ".git"} <= set(ignored)


def test_docker_takes_the_file() -> None:
    docker = shutil.which("docker")
    version = docker and subprocess.run(
        [docker, "compose", "version"], check=False, capture_output=True
    )
    if not version or version.returncode:
        pytest.skip("no docker compose here")
    subprocess.run(["docker", "compose", "-f", ROOT / "compose.yaml", "config", "-q"], check=True)
