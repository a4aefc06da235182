"""A tenant at which a run died between two switches is finished at once when the run is continued."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from phonefleet.model.enums import DecisionKind
from tests.flows.fleet_bench import FleetBench, started
from tests.flows.test_stopping import await_, delayed, has_intent
from tests.flows.virtual_time import daily_window, run_virtually

KINDS = {"a1": "mfa_and_passwordless_twilio", "b1": "twilio_sms"}
FAILS = {"name": "release", "url": "http://127.0.0.1:9/", "at": "before"}


def died_between_switches(make_fleet: Any) -> FleetBench:
    """A run that died after the switch of a tenant and before that of its connection."""
    fleet: FleetBench = make_fleet(
        KINDS, waves=[{"name": "all"}], faults={"rules": [delayed("PATCH", "*/connections/*")]}
    )
    arguments = ("migrate", str(fleet.file), "--yes", "--json")
    with started(*arguments, api=fleet.api, cwd=fleet.directory) as process:
        await_(lambda: fleet.tenant("a1").flag and has_intent(fleet), process, "no connection is switched")
        process.kill()
    fleet.faults()
    assert [fleet.tenant(name).flag for name in KINDS] == [True, False]
    return fleet


def test_it_waits_for_no_window(make_fleet: Any) -> None:
    """The other tenant, which is only prepared, does."""
    fleet = died_between_switches(make_fleet)
    opens = datetime.now(UTC) + timedelta(hours=3)
    fleet.change(waves=[{"name": "all", "windows": [daily_window(opens, timedelta(hours=1))]}])
    run = run_virtually(fleet)
    record = fleet.record(run.run_id)
    assert run.code == 0
    (waits,) = (d for d in record.decisions if d.kind is DecisionKind.WAITS)
    ended = {t.domain[:2]: t.ended_at for t in record.tenants}
    assert ended["a1"] < waits.at < ended["b1"]
    assert DecisionKind.FINISHED in [d.kind for d in record.decisions]


@pytest.mark.parametrize(
    ("change", "b1"),
    [({"approval": "manual"}, ""), ({"checks": [FAILS]}, "held")],
    ids=["approval", "gate"],
)
def test_it_waits_for_no_person_and_no_gate(make_fleet: Any, change: dict[str, Any], b1: str) -> None:
    """It is finished, whatever keeps the rest of its wave."""
    fleet = died_between_switches(make_fleet)
    fleet.change(waves=[{"name": "all"} | change])
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    assert done.outcomes() == {"a1": "migrated", "b1": b1}
    assert not fleet.tenant("b1").flag
