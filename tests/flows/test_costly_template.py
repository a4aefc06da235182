"""One tenant's template never stops the run."""

from __future__ import annotations

from typing import Any

from simulator.overrides import apply_overrides
from tests.flows.fleet_bench import FleetBench, tenant_field

ENDLESS = "{% for i in (1..20000) %}{% assign x = i %}{% endfor %}" * 300 + "{{ code }}"


def test_a_costly_template_blocks_its_tenant_alone(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "a2": "twilio_sms"})
    templates = {"enrollment_message": ENDLESS, "verification_message": ENDLESS}
    apply_overrides(fleet.tenant("a1"), {"guardian": {"templates": templates}})
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert tenant_field(done, "outcome_reason")["a1"] == "template_too_costly"
    assert done.outcomes()["a2"] == "migrated"
