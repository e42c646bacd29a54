"""The documents agree with the code."""

import re
from pathlib import Path

from portal.cli import _parser
from portal.config import SETTINGS
from portal.search_request import PARAMETERS
from search_index.answers import Match

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted(ROOT.glob("docs/*.md"))


def test_the_readme_has_every_setting_with_default_and_help() -> None:
    for setting in SETTINGS:
        default = f"`{setting.default}`" if setting.default else ""
        assert f"| `{setting.variable}` | {default} | {setting.help} |" in README
    named = set(re.findall(r"PORTAL_[A-Z_]+", README))
    assert named <= {setting.variable for setting in SETTINGS}


def test_the_readme_has_every_command() -> None:
    usage = _parser().format_help()
    commands = re.findall(r"^    ([\w-]+)(?: |$)", usage, flags=re.MULTILINE)
    assert len(commands) > 8
    assert [command for command in commands if f"`{command}" not in README] == []


def test_the_make_targets_named_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([a-z0-9-]+)", README):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *PAGES):
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page.name, target)


def test_the_api_page_has_every_parameter_and_match() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for word in (*PARAMETERS, *Match.__args__):  # type: ignore[attr-defined]
        assert f"`{word}`" in page, word


def test_the_structure_page_names_rooms_that_exist() -> None:
    page = (ROOT / "docs" / "structure.md").read_text(encoding="utf-8")
    for path in re.findall(r"`((?:portal|search_index|tests)/[\w/.]*)`", page):
        assert (ROOT / path).exists(), path


def test_ci_calls_the_test_command_of_the_readme() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "    make test" in README
