"""A Prefect server that ends or hangs while a run goes on decides nothing, and no command waits for it without end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.exceptions import CancelledRun
from prefect.states import Cancelled, Failed

from flows import local_server
from flows.flow_end import FlowEnd, end_awaited, note_end
from flows.prefect_calls import REFUSALS, ServerEnded, asking_prefect
from flows.stopping import stoppable
from tests.flows.fleet_bench import FleetBench, started
from tests.flows.test_stopping import await_, delayed, has_asked, servers_of

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")


@needs_proc
def test_a_temporary_server_that_ends_changes_no_run(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms"},
        local_server=True,
        faults={"rules": [delayed("GET", "*/tenants/settings", 3.0)]},
    )
    with started("assess", str(fleet.file), api=None, cwd=fleet.directory) as process:
        await_(lambda: has_asked(fleet, "GET", "/tenants/settings"), process, "nothing is read", 200)
        for server in servers_of(fleet.directory / ".state"):
            os.kill(server, signal.SIGKILL)
        killed = time.monotonic()
        out, err = process.communicate(timeout=150)
    assert process.returncode == 0, err
    assert "verdict  complete, exit code 0" in out
    assert err.count("the temporary Prefect server has ended") == 1
    assert "EventsWorker" not in err
    assert time.monotonic() - killed < 120


@needs_proc
def test_one_signal_ends_a_run_whose_server_hangs(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms"},
        waves=[{"name": "all"}],
        local_server=True,
        faults={"rules": [delayed("POST", "*/branding/phone/providers")]},
    )
    with started("migrate", str(fleet.file), "--yes", api=None, cwd=fleet.directory) as process:
        await_(lambda: has_asked(fleet, "POST", "/branding/phone/providers"), process, "no write", 200)
        servers = servers_of(fleet.directory / ".state")
        for server in servers:
            os.kill(server, signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=150)
    assert process.returncode == 130, err
    assert "Prefect's server does not answer" in err
    assert "Continue with: phonefleet migrate" in err
    with fleet.ledger() as ledger:
        assert ledger.steps.open_intents() == []
        assert ledger.leases.in_force() == []
    assert servers_of(fleet.directory / ".state") == []


def test_requests_to_a_server_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(seconds: float) -> None:
        async with asking_prefect(0.01):
            await asyncio.sleep(seconds)

    monkeypatch.setattr(local_server, "reserved", lambda: SimpleNamespace(has_ended=False))
    asyncio.run(ask(0))
    with pytest.raises(TimeoutError) as late:
        asyncio.run(ask(5))
    monkeypatch.setattr(local_server, "reserved", lambda: SimpleNamespace(has_ended=True))
    with pytest.raises(ServerEnded) as ended:
        asyncio.run(ask(0))
    assert isinstance(late.value, REFUSALS)
    assert isinstance(ended.value, REFUSALS)


async def returned() -> str:
    return "finished"


async def failed() -> None:
    raise OSError("refused")


@pytest.mark.parametrize(("flow", "raised"), [(returned, None), (failed, OSError)])
def test_the_end_of_a_flow_is_known_before_prefect_has_it(
    flow: Any, raised: type[Exception] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.stopping.current_observer", lambda: None)
    with end_awaited() as end:
        if raised:
            with pytest.raises(raised):
                asyncio.run(stoppable(flow)())
            with pytest.raises(raised):
                end.result()
        else:
            assert asyncio.run(stoppable(flow)()) == end.result() == "finished"
        assert end.at is not None
    note_end("of no one")


def test_the_states_of_a_flow_are_what_calling_it_raises() -> None:
    stopped = FlowEnd(at=0.0, value=Cancelled())
    assert stopped.was_stopped
    with pytest.raises(CancelledRun):
        stopped.result()
    with pytest.raises(KeyError):
        FlowEnd(at=0.0, value=Failed(data=KeyError("verdict"))).result()
