"""The final state of a flow run says what the exit code says, and the log of a run does not repeat itself."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from prefect.client.schemas.objects import State, StateType

from flows import observers
from flows.observers import FlowRunLog
from flows.report_files import FinishedRun
from flows.run_end import RunNotDone
from flows.verdict_states import judged
from phonefleet.model.exit_codes import ExitCode, run_verdict


@pytest.mark.parametrize(
    ("code", "name"),
    [(ExitCode.DRIFT, "Drift"), (ExitCode.ERROR, "Failed"), (ExitCode.GATE, "Stopped")],
)
async def test_a_state_has_the_verdicts_name(code: ExitCode, name: str) -> None:
    error = RunNotDone(FinishedRun("r1", "migrate", run_verdict(code), code, {}))

    @judged
    async def flow() -> Any:
        raise error

    state = await flow()
    assert isinstance(state, State)
    assert (state.type, state.name) == (StateType.FAILED, name)
    assert f"exit code {int(code)}" in str(state.message)
    assert state.data is error


async def test_a_run_that_is_done_is_returned() -> None:
    @judged
    async def flow() -> str:
        return "done"

    assert await flow() == "done"


def test_waits_of_a_tenant_are_logged_now_and_then(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(observers, "get_run_logger", lambda: logging.getLogger("a.run"))
    log = FlowRunLog()
    with caplog.at_level(logging.INFO, "a.run"):
        for seconds in (0.2, 2.0, 2.0, 3.0):
            log.waiting("a1.eu.auth0.com", seconds)
        log.waiting("b1.eu.auth0.com", 1.5)
    assert [record.getMessage() for record in caplog.records] == [
        "a1.eu.auth0.com: waits 2.0 s for its rate limit",
        "b1.eu.auth0.com: waits 1.5 s for its rate limit",
    ]
