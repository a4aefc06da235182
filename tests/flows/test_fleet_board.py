"""The state of a fleet over a rollout, and reading a part of a fleet."""

from __future__ import annotations

from typing import Any

from tests.flows.fleet_bench import FleetBench

KINDS = {"a1": "twilio_sms", "a2": "twilio_sms", "b1": "action_single", "n1": "not_configured"}
WAVES = [{"name": "first", "match": {"domain": ["a*"]}}, {"name": "second"}]


def totals(fleet: FleetBench) -> dict[str, int]:
    board = fleet.run("board", "--json").expect(0).document
    counts: dict[str, int] = board["totals"]
    assert sum(counts[state] for state in counts if state not in ("tenants", "to_migrate")) == 4
    return {
        state: count for state, count in counts.items() if count and state not in ("tenants", "to_migrate")
    }


def test_the_board_follows_a_rollout(make_fleet: Any) -> None:
    """A canary that succeeds moves tenants to done and makes nothing worse; no one waits who waits for a wave."""
    fleet: FleetBench = make_fleet(KINDS, waves=WAVES, rollout={"max_change": "100%"})
    some = fleet.run("assess", "--tenant", "a1.eu.auth0.com", "--json").expect(0)
    assert some.document["totals"] == {"eligible": 1, "not selected": 3}
    assert fleet.tenant("b1").requests == []
    assert totals(fleet) == {"ready": 1, "not_read": 3}
    fleet.run("plan", "--out", "plan.json").expect(0)
    assert totals(fleet) == {"ready": 2, "waiting_for_wave": 1, "nothing_to_do": 1}

    moved = fleet.run("migrate", "--wave", "first", "--yes", "--json").expect(0)
    assert totals(fleet) == {"done": 2, "ready": 1, "nothing_to_do": 1}
    page = fleet.directory / moved.document["reports"]["html"]
    text = page.read_text(encoding="utf-8")
    assert text.index("Are we safe?") < text.index("2 of 3 tenants done") < text.index('id="summary"')
    board = fleet.run("board", "--json").document
    # Only one tenant was read by the first run: what became known of the others is neither better nor worse.
    assert {each["tenant"]: each["direction"] for each in board["changes"]} == {
        "a1.eu.auth0.com": "better",
        **dict.fromkeys(("a2.eu.auth0.com", "b1.eu.auth0.com", "n1.eu.auth0.com"), "neither"),
    }
    assert board["forecast"]["left"] == 1
    assert board["forecast"]["seconds_per_tenant"] > 0
    latest = fleet.directory / "phonefleet-reports" / "latest"
    assert (latest / "report.html").resolve() == page.resolve()
    shown = fleet.run("board").expect(0)
    assert shown.out.startswith("Are we safe? Yes. No tenant is known to fail.")
    assert (fleet.directory / "phonefleet-reports" / "board.html").is_file()

    watched = fleet.ask("status", "--watch").expect(0)
    assert "ended" in watched.out
    wanted = fleet.run("compliance", "--tenant", "a1.eu.auth0.com", "--json").expect(0)
    assert wanted.outcomes()["b1"] == "held"
