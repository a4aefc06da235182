"""A tenant that is read no further than its verdict needs loses nothing that is needed later."""

from __future__ import annotations

import time

import pytest

from phonefleet.model.enums import Verdict
from phonefleet.model.snapshot_parts import SnapshotPart
from tests.tenant_bench import TenantBench


async def test_a_bound_action_counts_although_it_is_not_listed(bench: TenantBench) -> None:
    """Its draft has got another trigger; what is deployed and bound sends on."""
    tenant = await bench.tenant("action_single")
    (binding,) = bench.world.fleet.get(tenant.domain).bindings["send-phone-message"]
    action = bench.world.fleet.get(tenant.domain).actions[binding.action_id]
    action.supported_triggers = [{"id": "post-login", "version": "v3"}]
    assert await tenant.api.actions("send-phone-message") == []
    assert (await tenant.deliver("mfa"))["delivered"]
    found = await tenant.assess()
    assert found.judgement.assessment.verdict is Verdict.ELIGIBLE
    assert [each.id for each in found.snapshot.legacy_actions if each.bound] == [binding.action_id]


async def test_the_owners_of_an_unused_tenant_are_recorded(bench: TenantBench) -> None:
    """When it comes into use, its logs may have forgotten them."""
    tenant = await bench.tenant("twilio_sms")
    world = bench.world.fleet.get(tenant.domain)
    world.guardian.factors["sms"] = False
    world.logs.entries.clear()
    client = next(each for each in world.clients if each != world.management_client_id)
    body = {"phone_consolidated_experience": False}
    request = {"body": body, "channel": "api", "method": "patch", "path": "/api/v2/tenants/settings"}
    details = {
        "request": request | {"userAgent": "deploy-cli/8.20.0 (node.js/20)"},
        "response": {"statusCode": 200},
    }
    at = time.time() - 3600
    world.logs.write("sapi", at, at, client_id=client, details=details)
    found = await tenant.assess()
    assert found.judgement.assessment.verdict is Verdict.NOT_APPLICABLE
    assert client in {write.writer.client_id for write in found.snapshot.writes}
    assert SnapshotPart.WRITES not in found.snapshot.skipped


@pytest.mark.parametrize("shown", [True, False])
async def test_unknown_identifiers_do_not_count_as_none(bench: TenantBench, shown: bool) -> None:
    """Without read:connections_options it is not known whether a phone number identifies users."""
    tenant = await bench.tenant("phone_identifier", seed=f"identifier-{shown}".lower())
    world = bench.world.fleet.get(tenant.domain)
    for grant in world.grants.values():
        if not shown and grant.get("client_id") == world.management_client_id:
            grant["scope"] = [scope for scope in grant["scope"] if scope != "read:connections_options"]
    assert (await tenant.assess()).snapshot.skipped == ()
