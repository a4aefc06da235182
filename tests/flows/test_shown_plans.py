"""An approval in Prefect's form counts for the plans that the suspended run showed, and for no others."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prefect.exceptions import Pause

from configs import ApprovalMode, ApprovalRules
from flows.batch import BatchRun
from flows.wave_approval import WaveApprovalForm, require_approval
from phonefleet.ledger.audit_store import append_entry
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.audit import AuditAction
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.rollout.wave_state import WaveState
from tests.ledger.factories import make_plan, start

A, B, WAVE = "a.auth0.com", "b.auth0.com", "rest"


class Suspensions:
    """What Prefect does with a flow run: a key suspends it once, and is then answered with the form."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def suspend(self, *, wait_for_input: type[WaveApprovalForm], key: str) -> WaveApprovalForm:
        if key in self.keys:
            return wait_for_input(approved_by="Ann Lee")
        self.keys.append(key)
        raise Pause


@pytest.fixture
def prefect(monkeypatch: pytest.MonkeyPatch) -> Suspensions:
    """A deployment's flow run, without its server."""
    made = Suspensions()
    flow_run = SimpleNamespace(id="flow-1", deployment_id="deployment-1", created_by=None)
    context = SimpleNamespace(get=lambda: SimpleNamespace(flow_run=flow_run))
    monkeypatch.setattr("flows.wave_approval.FlowRunContext", context)
    monkeypatch.setattr("flows.wave_approval.asuspend_flow_run", made.suspend)
    return made


async def say_nothing(*_: Any) -> None:
    """Record no decision."""


async def wave_started(ledger: Ledger, run_id: str, **bases: str) -> dict[str, Any]:
    """A process of the run reads its tenants, and reaches the wave; return the outcomes."""
    ledger.tenants.add_plans(run_id, {d: make_plan(d, basis=bases.get(d[0], "facts")) for d in (A, B)})
    progress = SimpleNamespace(done=lambda *_args, **_more: None)
    fleet = SimpleNamespace(rollout=SimpleNamespace(approval=ApprovalRules()))
    context = SimpleNamespace(ledger=ledger, run_id=run_id, fleet=fleet, progress=progress)
    batch = SimpleNamespace(wave=SimpleNamespace(name=WAVE, approval=ApprovalMode.MANUAL), number=1)
    run = BatchRun(
        cast("Any", context),
        cast("Any", batch),
        WaveState(),
        cast("Any", SimpleNamespace(decide=say_nothing)),
    )
    await require_approval(run, [A, B])
    return {t.domain: (t.outcome, t.outcome_reason) for t in ledger.runs.record(run_id).tenants}


async def test_a_form_approves_what_was_shown(tmp_path: Path, prefect: Suspensions) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        run_id = start(ledger, A, B)
        with pytest.raises(Pause):
            await wave_started(ledger, run_id)
        outcomes = await wave_started(ledger, run_id, a="changed since")
        (given,) = ledger.audit.wave_approvals(run_id, WAVE)
    assert given.by == "Ann Lee"
    assert given.plans == {domain: make_plan(domain).checksum for domain in (A, B)}
    assert outcomes == {A: (OutcomeKind.HELD, ReasonCode.APPROVAL_VOID), B: (None, None)}
    assert len(prefect.keys) == 1


async def test_a_form_for_no_plan_of_now_is_asked_again(tmp_path: Path, prefect: Suspensions) -> None:
    """All tenants have changed: the second form shows the plans that they have now."""
    now = {"a": "changed", "b": "changed"}
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        run_id = start(ledger, A, B)
        for bases in ({}, now):
            with pytest.raises(Pause):
                await wave_started(ledger, run_id, **bases)
        assert await wave_started(ledger, run_id, **now) == {A: (None, None), B: (None, None)}
    assert len(set(prefect.keys)) == 2


async def test_a_request_without_plans_is_asked_again(
    tmp_path: Path, prefect: Suspensions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier version did not record which plans it showed."""

    def earlier(*args: Any, detail: dict[str, Any], **more: Any) -> None:
        if AuditAction.APPROVAL_ASKED in args:
            detail = {name: value for name, value in detail.items() if name != "plans"}
        append_entry(*args, detail=detail, **more)

    with Ledger.open(tmp_path / "ledger.db") as ledger:
        run_id = start(ledger, A, B)
        with monkeypatch.context() as patch:
            patch.setattr("phonefleet.ledger.approval_store.append_entry", earlier)
            with pytest.raises(Pause):
                await wave_started(ledger, run_id)
        with pytest.raises(Pause):
            await wave_started(ledger, run_id)
        assert await wave_started(ledger, run_id) == {A: (None, None), B: (None, None)}
        asked = Counter(entry.action for entry in ledger.audit.entries())
        assert [len(each.plans) for each in ledger.audit.wave_approvals(run_id, WAVE)] == [0, 2]
    assert asked[AuditAction.APPROVAL_ASKED] == 2
    assert len(set(prefect.keys)) == 2
