"""What a run shows while it goes on."""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from flows.cli.output_options import OutputOptions, chosen, start_logging
from flows.cli.phase_state import PhaseState, duration
from flows.cli.progress import TerminalProgress
from flows.cli.terminal import Terminal
from tests.flows.fleet_bench import FleetBench


@given(st.integers(0, 5), st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), max_size=12))
def test_a_count_never_exceeds_its_total(total: int, done: list[tuple[str, bool]]) -> None:
    """Outcomes of tenants that are not in the phase come at any time, and a tenant may be done twice."""
    shown = io.StringIO()
    with TerminalProgress(Console(file=shown)) as progress:
        progress.begin("switch", total)
        for domain, failed in done:
            progress.done(domain, "migrated", failed=failed)
            assert progress.count <= total
            assert progress.count <= len({d for d, _ in done})
    assert not any(f"{n} of {total} done" in shown.getvalue() for n in range(total + 1, 20))


def shown_of(options: OutputOptions) -> str:
    """Return what a piped command prints of a phase with three tenants."""
    shown = io.StringIO()
    with TerminalProgress(Console(file=shown), options) as progress:
        progress.begin("assess", 3)
        progress.waiting("a", 1.5)
        progress.done("a", "eligible")
        progress.done("b", "unreachable", failed=True)
        progress.done("c", "eligible")
        progress.done("d", "held: of another phase")
        progress.say("passed")
    return shown.getvalue()


def test_more_and_less_is_said_as_asked() -> None:
    """Each line of a piped command has its time; -v adds tenants, -vv waits, --quiet leaves nothing."""
    usual, more, most = (shown_of(OutputOptions(verbose=count)) for count in range(3))
    assert all(re.match(r"\d\d:\d\d:\d\dZ ", line) for line in (usual + more + most).splitlines())
    assert usual.count("3 of 3 done, 1 failed, 0 waiting for rate limit") == 1
    assert "b: unreachable" in usual
    assert "a: eligible" not in usual
    assert "a: eligible" in more
    assert "waits" not in more
    assert "a: waits 1.5 s for its rate limit" in most
    assert shown_of(OutputOptions(quiet=True)) == ""


class Seconds:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_time_left_is_measured() -> None:
    """From the pace so far, and at least what a rate limit asks for; nothing is said while few are done."""
    clock = Seconds()
    phase = PhaseState("assess", 5, clock)
    assert phase.seconds_left is None
    clock.now = 10.0
    phase.done("a", failed=True)
    assert phase.seconds_left is None
    phase.done("b", failed=False)
    assert phase.seconds_left == 15.0
    phase.wait("c", 60.0)
    assert phase.seconds_left == 60.0
    for domain in "cde":
        phase.done(domain, failed=False)
    assert phase.seconds_left == 0.0


def test_what_is_in_flight_is_named() -> None:
    """The longest first, with what it waits for and since when; what has ended is not."""
    clock = Seconds()
    phase = PhaseState("prepare", 9, clock)
    assert phase.in_flight() == ""
    for moment, domain in enumerate("abcde"):
        clock.now = float(moment)
        phase.work(domain)
    phase.wait("b", 100.0)
    clock.now = 70.0
    phase.wait("b", 5.0)
    phase.done("a", failed=True)
    assert phase.in_flight() == (
        "in flight: b waits for its rate limit for 1 min 6 s, c for 1 min 8 s, d for 1 min 7 s and 1 more"
    )
    assert phase.waiting == {"b": 66.0}


@given(st.floats(0, 1e6))
def test_a_duration_is_short(seconds: float) -> None:
    assert len(duration(seconds)) <= len("277 h 59 min")


@pytest.mark.parametrize("width", [80, 140])
def test_the_display_fits_the_terminal(width: int) -> None:
    """At 80 columns too: the waves, the phase, how long it takes, and who is worked on."""
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=width, height=30, color_system=None)
    with TerminalProgress(console) as progress:
        progress.overall(3, 240)
        progress.begin("wave rest, batch 12: prepare", 60)
        for n in range(5):
            progress.working(f"tenant-number-{n:04d}.eu.auth0.com")
        for n in range(3):
            progress.done(f"tenant-{n}.eu.auth0.com", "prepared")
        progress.idle("tenant-number-0000.eu.auth0.com")
        progress.waiting("tenant-number-0001.eu.auth0.com", 30)
        time.sleep(0.3)
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", shown.getvalue()).splitlines()
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for part in (
        "the waves",
        "3/240",
        "wave rest, batch 12: prepare",
        "3/60",
        " left",
        "in flight: tenant-number-0001",
    ):
        assert part in text


@pytest.fixture
def restored() -> Iterator[None]:
    before = {name: logging.getLogger(name).handlers[:] for name in ("phonefleet", "flows", "tasks")}
    yield
    for name, handlers in before.items():
        logging.getLogger(name).handlers[:] = handlers
    chosen.__init__()  # type: ignore[misc]


@pytest.mark.usefixtures("restored")
def test_warnings_of_phonefleet_are_shown(tmp_path: Path) -> None:
    """A lost lease, and the redacted text of an unknown error; the log file has everything, with times."""
    shown = io.StringIO()
    chosen.log_file = tmp_path / "run.log"
    start_logging(Terminal(file=shown, width=200))
    logging.getLogger("phonefleet.execution.lease_keeper").warning("lease lost: %s", "a.eu.auth0.com")
    logging.getLogger("tasks.unexpected_errors").error("the run: unexpected KeyError: \x1b[31mx")
    logging.getLogger("flows").debug("detail")
    assert shown.getvalue().splitlines() == [
        "warning: lease lost: a.eu.auth0.com",
        "error: the run: unexpected KeyError: \\u001b[31mx",
    ]
    logged = chosen.log_file.read_text().splitlines()
    assert [re.sub(r"^\S+Z ", "", line).split()[0] for line in logged] == ["WARNING", "ERROR", "DEBUG"]


def test_a_command_logs_to_a_file_and_is_quiet(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, waves=[{"name": "all"}])
    done = fleet.run("assess", "--quiet", "--log-file", "run.log").expect(0)
    assert "assess: 1" not in done.err
    assert "eligible" in done.out
    assert "a1.eu.auth0.com: eligible" in (fleet.directory / "run.log").read_text()
