"""The twin of a tenant: read again, it is what the snapshot says, and it gets the same plan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from configs import TenantRef
from flows.rehearsal.stand_ins import StandIns
from flows.rehearsal.twin_tenant import describe_twin
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.tenant_client import open_tenant
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.execution.phases import assess
from phonefleet.model.snapshot import Snapshot
from phonefleet.secrets.store import SecretStore
from simulator.kinds import Kind
from simulator.serve import Running, running
from tests.pace import QUICK
from tests.tenant_bench import QUICK_API_RETRIES, TenantBench

UNREAD = {Kind.WRONG_CREDENTIALS, Kind.QUOTA_USED_UP, Kind.MISSING_SCOPES, Kind.EMPTY}
"""Kinds that can't be read, or whose application has scopes that no migration needs."""


@pytest.fixture(scope="module")
def twins() -> Iterator[Running]:
    with running(timing=QUICK) as served:
        yield served


def stored(snapshot: Snapshot) -> Snapshot:
    """The snapshot as the ledger keeps it: without the originals of what is masked."""
    return Snapshot.model_validate_json(snapshot.model_dump_json())


def comparable(snapshot: Snapshot) -> dict[str, Any]:
    """What must be the same: everything but the times and the log's ids, which Auth0 makes."""
    document = snapshot.model_dump(mode="json", exclude={"taken_at": True, "writes": {"__all__": {"log_id"}}})
    return without_fingerprints(document) | {"scopes": sorted(snapshot.scopes)}


def without_fingerprints(value: Any) -> Any:
    """A part of a snapshot without the fingerprints of masked keys, which stand-ins change."""
    match value:
        case dict():
            return {k: without_fingerprints(v) for k, v in value.items() if k != "fingerprint"}
        case list():
            return [without_fingerprints(each) for each in value]
        case _:
            return value


class TwinBench:
    """Makes twins of a bench's tenants in a simulator of their own."""

    def __init__(self, bench: TenantBench, twins: Running, pool: ClientPool) -> None:
        self.bench, self.twins, self.pool = bench, twins, pool
        self.stand_ins = StandIns()

    def make(self, snapshot: Snapshot, ref: TenantRef) -> None:
        twin = describe_twin(snapshot, ref, self.stand_ins)
        self.twins.app.state.world.fleet.describe(twin.domain, twin.description)
        self.store = SecretStore({k.removeprefix("env:"): v for k, v in self.stand_ins.values.items()})

    async def read(self, ref: TenantRef) -> Snapshot:
        api = open_tenant(self.pool, ref, self.store.resolve)
        return stored(await read_tenant(api, ref.client_id, datetime.now(UTC)))


@pytest.fixture
async def twin_bench(bench: TenantBench, twins: Running) -> Any:
    async with ClientPool(twins.url, retry_limits=QUICK_API_RETRIES) as pool:
        yield TwinBench(bench, twins, pool)


@pytest.mark.parametrize("kind", sorted(set(Kind) - UNREAD))
async def test_a_twin_reads_as_its_snapshot(kind: Kind, bench: TenantBench, twin_bench: TwinBench) -> None:
    tenant = await bench.tenant(kind)
    found = await tenant.assess()
    snapshot = stored(await read_tenant(tenant.api, tenant.ref.client_id, datetime.now(UTC)))
    twin_bench.make(snapshot, tenant.ref)
    again = await twin_bench.read(tenant.ref)
    assert comparable(again) == comparable(snapshot)
    twin = await assess(
        open_tenant(twin_bench.pool, tenant.ref, twin_bench.store.resolve), tenant.ref, bench.ledger
    )
    assert twin.judgement.assessment.verdict == found.judgement.assessment.verdict
    assert (twin.plan and twin.plan.checksum) == (found.plan and found.plan.checksum)


@pytest.mark.parametrize("kind", ["not_configured", "factor_on_not_configured", "hook_without_action"])
async def test_a_twin_of_what_was_read_has_its_verdict(
    kind: str, bench: TenantBench, twin_bench: TwinBench
) -> None:
    """Also where the verdict did not need all of the tenant."""
    tenant = await bench.tenant(kind)
    found = await tenant.assess()
    assert found.snapshot.skipped
    twin_bench.make(stored(found.snapshot), tenant.ref)
    api = open_tenant(twin_bench.pool, tenant.ref, twin_bench.store.resolve)
    twin = await assess(api, tenant.ref, bench.ledger)
    assert twin.judgement.assessment.reasons == found.judgement.assessment.reasons
    assert twin.snapshot.skipped == found.snapshot.skipped


PASTED = """
const token = "c0ffee1234567890c0ffee1234567890";
exports.onExecuteSendPhoneMessage = async (event) => {
  const url = "https://sms.example.com/send?api_key=5f3b9c1d2e4a6f8b7c9d0e1f";
  await require("axios").post(url, { to: event.message_options.recipient }, { headers: { authorization: token } });
};
"""


@pytest.mark.parametrize("what", ["code", "url"])
async def test_a_masked_key_gets_a_stand_in(what: str, bench: TenantBench, twin_bench: TwinBench) -> None:
    """The twin's own code or address is masked in the same way, and holds no part of the real key."""
    kind = "action_single" if what == "code" else "passwordless_gateway"
    tenant = await bench.tenant(kind)
    world = bench.world.fleet.get(tenant.domain)
    for action in world.actions.values():
        action.code = action.versions[-1].code = PASTED
    for connection in world.connections.values():
        if "gateway_url" in connection["options"]:
            connection["options"]["gateway_url"] += "?api_key=5f3b9c1d2e4a6f8b7c9d0e1f"
    snapshot = stored((await tenant.assess()).snapshot)
    assert "[redacted]" in snapshot.model_dump_json()
    twin_bench.make(snapshot, tenant.ref)
    twin = twin_bench.twins.app.state.world.fleet.get(tenant.domain)
    text = str([*(a.code for a in twin.actions.values()), *twin.connections.values()])
    assert "[redacted]" not in text
    assert "5f3b9c1d2e4a6f8b7c9d0e1f" not in text
    assert "c0ffee1234567890" not in text
    assert comparable(await twin_bench.read(tenant.ref)) == comparable(snapshot)


async def test_a_custom_domain_leads_to_the_twin(bench: TenantBench, twin_bench: TwinBench) -> None:
    tenant = await bench.tenant("twilio_sms", hidden={"custom_domains": ["login.example.com"]})
    named = {"domain": "login.example.com", "audience": f"https://{tenant.domain}/api/v2/"}
    ref = TenantRef.model_validate({**tenant.ref.model_dump(), **named})
    found = await read_tenant(bench.api(ref), ref.client_id, datetime.now(UTC))
    twin_bench.make(stored(found), ref)
    assert comparable(await twin_bench.read(ref)) == comparable(stored(found))
