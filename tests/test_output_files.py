"""Files at places that a user names: whole or not at all, never over a device, a pipe or a folder."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

import reports
from flows.plan_file import check_place
from phonefleet.errors import PlanRefused
from phonefleet.output_files import NotARegularFile, replace_file
from tests.reports.record_factory import make_record


def write_new(temporary: Path) -> None:
    temporary.write_text("new")


@pytest.fixture(params=["device", "pipe", "socket", "folder", "link to a device"])
def special(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return something that is no regular file."""
    place = tmp_path / "place"
    match request.param:
        case "device":
            try:
                os.mknod(place, 0o666 | stat.S_IFCHR, os.makedev(1, 7))  # /dev/full
            except PermissionError:
                pytest.skip("only root may make a device")
        case "pipe":
            os.mkfifo(place)
        case "socket":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(place))
        case "folder":
            place.mkdir()
        case _:
            place.symlink_to("/dev/full")
    return place


def test_nothing_but_a_file_is_replaced(special: Path) -> None:
    before = special.lstat()
    with pytest.raises(NotARegularFile):
        replace_file(special, write_new)
    with pytest.raises(PlanRefused, match="never replaced"):
        check_place(special)
    after = special.lstat()
    assert (after.st_mode, after.st_ino, after.st_rdev) == (before.st_mode, before.st_ino, before.st_rdev)
    assert list(special.parent.iterdir()) == [special]


def test_no_report_replaces_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "report.md")
    with pytest.raises(OSError, match="a pipe"):
        reports.write(make_record(2), tmp_path, formats=[reports.Format.MARKDOWN])
    assert stat.S_ISFIFO((tmp_path / "report.md").stat().st_mode)


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "below" / "target", tmp_path / "link"
    target.parent.mkdir()
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    replace_file(link, write_new)
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.write_text("old")

    def fail(temporary: Path) -> None:
        temporary.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        replace_file(place, fail)
    assert place.read_text() == "old"
    assert list(tmp_path.iterdir()) == [place]
