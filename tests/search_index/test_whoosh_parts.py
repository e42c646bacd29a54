"""Parts of Whoosh that are not its public interface, and that this index stands on.

Each was read in the two distributions named here. Another release that changes one of them fails
here first: read what changed, see that docs/search.md still holds, then note the new digest.
"""

import hashlib
import importlib
import inspect
from importlib.metadata import PackageNotFoundError, version

import pytest

RELEASES = ("Whoosh 2.7.4", "whoosh3 3.54.0")
PARTS = (
    ("whoosh.codec.whoosh3.W3Codec", "8cec594efce759ce", "fc92eb249bd6ff8f"),
    ("whoosh.codec.whoosh3.W3FieldWriter", "76cc2b8c13b2f02f", "141b1a474ba1ebc8"),
    ("whoosh.codec.whoosh3.W3PostingsWriter", "75c61c01b7d9ea4d", "58ef3d50fc1e2c42"),
    ("whoosh.codec.whoosh3.W3TermInfo", "bec46565692d9627", "bdcfe55b14987b10"),
    ("whoosh.codec.whoosh3.W3TermsReader", "fdcd8c9a9c593d63", "a181d75ff62c30c2"),
    ("whoosh.codec.whoosh3.W3Segment", "b0c2ba21b3647ded", "b0c2ba21b3647ded"),
    ("whoosh.filedb.filetables.HashWriter", "b7a2e085a56e5d71", "348c2a78a3be1435"),
    ("whoosh.filedb.filetables.OrderedHashWriter", "39da31cca4f5193f", "88ff6caca7d284e3"),
    ("whoosh.filedb.filetables.HashReader", "a6e8898a2c4a24ec", "574fcd5c9ccb9c01"),
    ("whoosh.filedb.filetables.OrderedHashReader", "d2324174ea9735ac", "4563cd8c4abfcfda"),
    ("whoosh.index.TOC", "47de9c733257e693", "cb011055d3c2f351"),
    ("whoosh.matching.mcore.ListMatcher", "2d0653e6046b40ea", "f05497eaf5b5158b"),
    ("whoosh.filedb.structfile.StructFile", "4a52550b462b97ea", "5b165971e5e694a7"),
    ("whoosh.filedb.filestore.FileStorage", "6e0904777fdcea19", "afc90d18421a509e"),
)


def installed() -> str:
    for name in ("whoosh3", "Whoosh"):
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return ""


def test_the_release_is_one_that_was_read() -> None:
    assert installed() in RELEASES


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part[0])
def test_a_part_that_is_leant_on_is_as_it_was_read(part: tuple[str, ...]) -> None:
    module, name = part[0].rsplit(".", 1)
    source = inspect.getsource(getattr(importlib.import_module(module), name))
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    assert digest == part[1 + RELEASES.index(installed())], f"{part[0]} is not as it was"
