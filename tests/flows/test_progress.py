"""What a run shows while it goes on."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from flows.cli.output_options import OutputOptions, chosen, start_logging
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
