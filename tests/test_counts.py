"""Every row read and every record kept is accounted for, over the whole sample."""

from collections import Counter
from pathlib import Path

from portal.sample.generate import generate
from tests import world
from tests.conftest import Portal


def test_the_sample_adds_up_from_file_to_page(portal: Portal, tmp_path: Path) -> None:
    sample = generate(1_500, tmp_path / "sample", seed=3, today=world.TODAY)
    accepted = Counter[str]()
    for file in sample.files:
        report = portal.ingest_path(tmp_path / "sample" / file.name)
        counts = report.counts
        assert report.class_code == file.class_code
        assert report.rows_read == file.rows
        assert report.rejected == file.rejected, file.name
        stored = counts.new + counts.updated + counts.unchanged
        assert report.rows_read == stored + report.rejected
        accepted[report.class_code] += counts.new
    manifest = portal.publish()
    assert manifest.registry_records == accepted.total()
    assert manifest.registry_records == manifest.published + sum(manifest.withheld.values())
    for reason in ("expired", "natural_person", "minor_person", "sealed", "reference_only",
                   "revoked", "repaired", "removed"):  # fmt: skip
        assert manifest.withheld[reason] > 0, reason
    app = portal.app()
    status = app.test_client().get("/api/v1/status").get_json()
    assert status["records"] == manifest.by_class
    assert status["entities"] == manifest.entities
    app.extensions["portal.live"].close()
