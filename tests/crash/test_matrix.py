"""Killed with SIGKILL at any point of any step, a migration is continued: nothing is lost or done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from phonefleet.execution.journal import Journal
from phonefleet.execution.lease_keeper import LeaseKeeper
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import Operation, Reversibility, Route
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import TenantRecord
from phonefleet.model.step_payloads import NewAction
from phonefleet.model.steps import CreateActionStep
from simulator.state import Tenant, Version
from tests.crash.crash_bench import (
    CrashBench,
    check_nothing_lost_and_nothing_twice,
    simulated,
)
from tests.crash.crash_table import KINDS, POINTS
from tests.write_log import REQUESTS, WRITES, kind_of

FAST = {"after_intent": 0, "answer_lost": 1, "before_outcome": 2}
"""The suite that is always run takes one of these points for each kind of step, in turn, and all of a message's."""
LATER = {"update_action", "adopt_action", "create_template", "enable_factor"}
"""Kinds whose like is in that suite already: all of their cells are slow verifications."""
IN_DOUBT = {"after_intent", "answer_lost", "before_outcome"}
"""Where only the tenant's log shows whether a test message was sent."""
BOTH = {"test_numbers": {"text": "+15005550006", "voice": "+15005550006"}}


@dataclass(frozen=True)
class Scene:
    """A kind of tenant whose plan has the step, what its operator asks for, and what is there already."""

    tenant: str
    target: dict[str, Any] = field(default_factory=dict)
    there: tuple[str, dict[str, Any]] | None = None
    written_before: bool = False
    """Whether the ledger has a plan that wrote the Action that is there."""
    deployed: bool = False
    """Whether the Action that is there is deployed."""


OLD_ACTION = {
    "name": "phonefleet-phone-provider",
    "supported_triggers": [{"id": "custom-phone-provider", "version": "v1"}],
    "code": "exports.onExecuteCustomPhoneProvider = async () => {};",
}
THEIR_ACTION = {**OLD_ACTION, "name": "Theirs"}
ADOPT = {"action": "adopt"}
OLD_TEMPLATE = {
    "type": "otp_verify",
    "disabled": False,
    "content": {"syntax": "liquid", "body": {"text": "an older text {{ code }}"}},
}
SCENES = {
    "create_action": Scene("passwordless_gateway"),
    "update_action": Scene(
        "passwordless_gateway", there=("actions/actions", OLD_ACTION), written_before=True
    ),
    "adopt_action": Scene("passwordless_gateway", ADOPT, there=("actions/actions", THEIR_ACTION)),
    "deploy_action": Scene("action_single"),
    "create_provider": Scene("twilio_sms"),
    "update_provider": Scene("half_migrated"),
    "create_template": Scene("passwordless_twilio"),
    "update_template": Scene("passwordless_twilio", there=("branding/phone/templates", OLD_TEMPLATE)),
    "send_test": Scene("twilio_sms"),
    "enable_factor": Scene("passwordless_twilio", {"factors": ["sms"]}),
    "set_message_types": Scene(
        "twilio_both",
        {
            "factors": ["sms"],
            "delivery_methods": ["text", "voice"],
            "approve": ["factor_given_up"],
            **BOTH,
        },
    ),
    "switch_tenant": Scene("twilio_sms"),
    "switch_connection": Scene("passwordless_gateway"),
}


def cells() -> Iterator[Any]:
    for n, kind in enumerate(KINDS):
        for point in POINTS:
            fast = (FAST.get(point) == n % 3 and kind not in LATER) or (
                kind == "send_test" and point in IN_DOUBT
            )
            yield pytest.param(kind, point, marks=[] if fast else [pytest.mark.slow], id=f"{kind}-{point}")


def set_scene(bench: CrashBench, name: str, scene: Scene) -> str:
    """Put the one tenant of a cell there; the same every time."""
    domain = bench.put(name.replace("_", "-"), scene.tenant)
    bench.write(target=scene.target)
    if scene.there:
        _post(bench, domain, *scene.there)
        bench.tenant(domain).requests.clear()
    if scene.deployed:
        _deploy(bench.tenant(domain))
    if scene.written_before:
        asyncio.run(_record_earlier_plan(bench, domain))
    return domain


def _deploy(tenant: Tenant) -> None:
    action = tenant.custom_phone_action()
    assert action is not None
    made = {"created_at": action.created_at, "updated_at": action.updated_at, "deployed": True}
    shared = {name: getattr(action, name) for name in ("code", "dependencies", "runtime", "secrets")}
    action.versions.append(
        Version(id="version-1", number=1, supported_triggers=action.supported_triggers, **shared, **made)
    )
    action.status, action.changed_since_deploy = "built", False


async def _record_earlier_plan(bench: CrashBench, domain: str) -> None:
    """Record a run of an earlier version, which wrote the old Action and was rolled out no further."""
    after = NewAction(code=OLD_ACTION["code"])
    step = CreateActionStep(title="create Action", after=after)
    plan = Plan(
        domain=domain,
        route=Route.CUSTOM_GATEWAY,
        basis="earlier",
        steps=(step,),
        reversibility=Reversibility.REVERSIBLE,
    )
    with Ledger.open(Path(bench.place)) as ledger:
        tenants = [TenantRecord(domain=domain)]
        run = ledger.runs.start("migrate", "earlier", tenants, options={}, started_by="ann", version="0")
        ledger.tenants.add_plan(run, domain, plan)
        leases = LeaseKeeper(ledger, Holder("earlier"), run)
        assert await leases.acquire([domain]) == []
        journal = Journal(ledger, lambda: leases.lease(domain), run, plan)
        await journal.note(step, Operation.APPLY, "it is there")
        for held in ledger.leases.in_force():
            ledger.leases.unlock(held.domain, "ann")


def _post(bench: CrashBench, domain: str, path: str, body: dict[str, Any]) -> None:
    tenant = bench.tenant(domain)
    client = tenant.clients[tenant.management_client_id]
    form = {
        "grant_type": "client_credentials",
        "audience": tenant.audience,
        "client_id": tenant.management_client_id,
        "client_secret": client["client_secret"],
    }
    with httpx.Client(base_url=bench.served.url, headers={"Host": domain}, trust_env=False) as http:
        token = http.post("/oauth/token", json=form).raise_for_status().json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        http.post(f"/api/v2/{path}", json=body, headers=headers).raise_for_status()


@cache
def undisturbed(kind: str) -> Any:
    """How a kind's tenant ends if no process is killed: the planned state."""
    with TemporaryDirectory() as scratch, simulated(Path(scratch)) as bench:
        domain = set_scene(bench, kind, SCENES[kind])
        whole = bench.work()
        assert whole.endings() == {domain: ("migrated", "")}, (whole.out, whole.err)
        assert WRITES.get(kind, kind) in {kind_of(seen) for seen in bench.writes(domain)}
        check_nothing_lost_and_nothing_twice(bench, domain)
        return bench.state(domain)


@pytest.mark.parametrize(("kind", "point"), list(cells()))
def test_a_killed_migration_is_continued(kind: str, point: str, tmp_path: Path, record_property: Any) -> None:
    """After SIGKILL at any point of any step the tenant ends as planned."""
    with simulated(tmp_path) as bench:
        domain = set_scene(bench, kind, SCENES[kind])
        if point == "answer_lost":
            method, path = REQUESTS[WRITES.get(kind, kind)]
            bench.faults({"method": method, "path": path, "times": 1, "effect": "drop_after"})
        first = bench.work(point=point, kind=kind)
        assert first.code == -9, (first.out, first.err)
        bench.faults()
        written = [kind_of(seen) for seen in bench.writes(domain)].count(WRITES.get(kind, kind))
        assert written == (point not in ("before_intent", "after_intent"))

        second = bench.work(first.run)
        assert second.code == 0, second.err
        ((outcome, reason),) = second.endings().values()
        record_property("crash_cell", (kind, point, f"{outcome} {reason}".strip()))
        assert (outcome, reason) == ("migrated", "")
        check_nothing_lost_and_nothing_twice(bench, domain)
        assert bench.state(domain) == undisturbed(kind)
