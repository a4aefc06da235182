"""One call writes every format."""

import hashlib
from pathlib import Path

import reports
from tests.reports.record_factory import make_record


def _hashes(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_equal_records_give_equal_files(tmp_path: Path) -> None:
    """Two writings of one run are the same, byte by byte, and leave no temporary file behind.

    The PDF is the same page, but the library that makes it names its fonts in no fixed order.
    """
    record, previous = make_record(12), make_record(12, seed=2)
    first = reports.write(record, tmp_path / "a", previous=previous)
    reports.write(record, tmp_path / "b", previous=previous)
    hashes, again = _hashes(tmp_path / "a"), _hashes(tmp_path / "b")
    assert {name for name in hashes if hashes[name] != again.get(name)} <= {"status.pdf"}
    assert set(hashes) == set(again)
    assert {str(path.relative_to(tmp_path / "a")) for path in first.paths.values()} == set(hashes)
    assert first.expectations.success, first.expectations.failures


def test_an_empty_run_is_written_in_every_format(tmp_path: Path) -> None:
    """Every file is written without tenants, waves, risk and charts too."""
    record = make_record(0, verb="assess")
    written = reports.write(record, tmp_path)
    assert written.expectations.success, written.expectations.failures
    assert set(map(str, reports.Format)) - {"csv", "parquet"} <= set(written.paths)
    assert all(path.stat().st_size for path in written.paths.values())
    assert "The fleet has no tenants." in written.paths["markdown"].read_text(encoding="utf-8")
