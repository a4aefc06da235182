"""How long the legacy configuration is kept after the switch, through the command line."""

from __future__ import annotations

from typing import Any

from tests.flows.fleet_bench import FleetBench

ACCEPT = ("--accept", "unbind_action", "--yes", "--json")


def test_the_legacy_side_is_kept_for_finalize_after(make_fleet: Any) -> None:
    """A wave without a soak keeps it for a week by default: nothing is removed before."""
    fleet: FleetBench = make_fleet(
        {"a1": "action_single"}, waves=[{"name": "all"}], rollout={"finalize_after": None}
    )
    fleet.run("migrate", "--yes").expect(0)
    writes = len(fleet.writes())
    early = fleet.run("finalize", "--wave", "all", *ACCEPT).expect(3).document["tenants"][0]
    assert (early["outcome"], early["outcome_reason"]) == ("held", "soaking")
    assert "soaking for 7 days" in early["outcome_message"]
    assert len(fleet.writes()) == writes
    fleet.change(rollout={"finalize_after": "0s"})
    assert fleet.run("finalize", "--wave", "all", *ACCEPT).expect(0).outcomes() == {"a1": "finalized"}
