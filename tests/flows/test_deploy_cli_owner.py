"""Auth0's own Deploy CLI as the other owner of a migrated tenant, driven against the simulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.deploy_cli import VERSION, DeployCli, only
from tests.flows.fleet_bench import FleetBench, tenant_field

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
"""npm installs the Deploy CLI first, and each of its runs starts Node."""
OWNED = only("tenant", "phoneProviders")


def test_compliance_names_a_deploy_cli_import(a0deploy: Path, tmp_path: Path, make_fleet: Any) -> None:
    """An export of the migrated tenant overwrites its token; one of before the migration reverts it."""
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms"}, waves=[{"name": "all"}], tls=True, overrides={"scopes": "all"}
    )
    tenant = fleet.tenant("a1")
    client = tenant.clients[tenant.management_client_id]

    def tool(name: str) -> DeployCli:
        keys = client["client_id"], client["client_secret"]
        folder = tmp_path / name
        return DeployCli(a0deploy, tenant.domain, keys, fleet.served.url, fleet.served.ca_file, folder)

    before = tool("before").export(**OWNED)
    fleet.run("migrate", "--yes").expect(0)
    after = tool("after").export(**OWNED)
    fleet.run("compliance").expect(0)

    assert "##TWILIO_AUTH_TOKEN##" in after.read_text()
    tool("after").load(after, **OWNED)
    found = fleet.run("compliance", "--json").expect(1)
    assert tenant_field(found, "outcome_reason")["a1"] == "credentials_uncertain"
    (drift,) = fleet.record().drift
    assert drift.changed_by is not None
    assert (drift.changed_by.writer.kind, drift.changed_by.version) == ("deploy_cli", VERSION)
    assert drift.changed_by.path.startswith("/api/v2/branding/phone/providers/")
    failed = fleet.run("compliance", "--test", "--json").expect(6)
    assert tenant_field(failed, "outcome_reason")["a1"] == "test_message_failed"

    tool("before").load(before, **OWNED)
    fleet.run("compliance", "--json").expect(1)
    flag = next(one for one in fleet.record().drift if one.field == "flag")
    assert flag.changed_by is not None
    assert (flag.changed_by.writer.kind, flag.changed_by.flag) == ("deploy_cli", False)
    assert flag.changed_by.path == "/api/v2/tenants/settings"
