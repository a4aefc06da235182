"""Each rare kind of tenant from the command line: it is migrated or left alone for its reason, and never locked out."""

from __future__ import annotations

import json
from typing import Any

import httpx

from phonefleet.model.enums import OutcomeKind, Verdict
from phonefleet.model.enums import ReasonCode as Code
from simulator.kinds import RARE, Kind
from simulator.routing import mfa, passwordless
from simulator.state import Tenant
from tests.flows.fleet_bench import FleetBench, Json, started, tenant_field

V = Verdict
MIGRATED, SKIPPED = OutcomeKind.MIGRATED, OutcomeKind.SKIPPED
Ending = tuple[Verdict, OutcomeKind, Code | None]
ENDINGS: dict[Kind, Ending] = {
    Kind.OPTIONS_HIDDEN: (V.BLOCKED, SKIPPED, Code.MISSING_SCOPE),
    Kind.PASSWORDLESS_TWILIO: (V.ELIGIBLE, MIGRATED, None),
    Kind.CONNECTION_ON: (V.BLOCKED, SKIPPED, Code.PROVIDER_IN_USE),
    Kind.CONNECTION_OFF: (V.ELIGIBLE, MIGRATED, None),
    Kind.CONNECTION_UNIFIED: (V.BLOCKED, SKIPPED, Code.PROVIDER_IN_USE),
    Kind.CONNECTION_UNKNOWN: (V.BLOCKED, SKIPPED, Code.PROVIDER_IN_USE),
    Kind.TWO_CONNECTIONS: (V.BLOCKED, SKIPPED, Code.SENDER_GIVEN_UP),
    Kind.PASSWORDLESS_FAILING: (V.ELIGIBLE, MIGRATED, None),
    Kind.PRIVATE_CLOUD: (V.NOT_AVAILABLE, SKIPPED, Code.NOT_OFFERED),
    Kind.NOT_OFFERED: (V.NOT_APPLICABLE, SKIPPED, Code.NO_PHONE_MESSAGING),
    Kind.QUOTA_USED_UP: (V.UNREACHABLE, SKIPPED, Code.TOKEN_QUOTA_USED_UP),
    Kind.ASSERTION_ONLY: (V.ELIGIBLE, MIGRATED, None),
    Kind.TOGGLE_MISSING_OPEN: (V.CONTACT_SUPPORT, SKIPPED, Code.TOGGLE_MISSING_ON_LEGACY),
    Kind.HOOK_WITHOUT_ACTION: (V.NOT_APPLICABLE, SKIPPED, Code.FACTOR_NOT_CONFIGURED),
}
"""How each rare kind ends; of `use_phone_provider`, a Twilio connection has the value *absent*."""
ELSEWHERE = ("foreign_action_", "owned_by_")
"""The beginning of kinds that have tests of their own: other owners' Actions and tools."""
SWITCHES = {
    "absent": "passwordless_twilio",
    "true": "connection_on",
    "false": "connection_off",
    "unified": "connection_unified",
    "unknown": "connection_unknown",
}


def name_of(kind: str) -> str:
    return kind.replace("_", "-")


def delivering(tenant: Tenant) -> set[str]:
    """What reaches users now: delivery methods of the phone factor, and names of SMS connections."""
    connections = [c["name"] for c in tenant.connections.values() if c["strategy"] == "sms"]
    return {
        *(m for m in ("text", "voice") if mfa(tenant, m).delivered),
        *(n for n in connections if passwordless(tenant, n).delivered),
    }


def sms_connections(tenant: Tenant) -> list[Json]:
    return [c for c in tenant.connections.values() if c["strategy"] == "sms"]


def test_every_rare_kind_is_here() -> None:
    rest = {kind for kind in RARE if not kind.startswith(ELSEWHERE)}
    assert set(ENDINGS) - {Kind.PASSWORDLESS_TWILIO} == rest


def test_each_rare_kind_ends_for_its_reason(make_fleet: Any) -> None:
    """What is skipped has no write, what is migrated has its test message, and all that arrived still arrives."""
    fleet: FleetBench = make_fleet({name_of(kind): kind for kind in ENDINGS})
    before = {kind: delivering(fleet.tenant(name_of(kind))) for kind in ENDINGS}
    done = fleet.run("migrate", "--yes", "--json").expect(3)
    fields = [tenant_field(done, key) for key in ("verdict", "outcome", "outcome_reason")]
    found = {kind: tuple(field[name_of(kind)] for field in fields) for kind in ENDINGS}
    assert found == ENDINGS
    written = {domain.split(".")[0] for domain, _ in fleet.writes()}
    assert written == {name_of(kind) for kind, (_, outcome, _) in ENDINGS.items() if outcome is MIGRATED}
    for kind, arrived in before.items():
        assert delivering(fleet.tenant(name_of(kind))) >= arrived, kind
    migrated = fleet.tenant(name_of(Kind.PASSWORDLESS_TWILIO))
    assert {c["options"].get("use_phone_provider") for c in sms_connections(migrated)} == {True}
    assert len([s for _, s in fleet.writes() if s.path.endswith("/try")]) >= 4
    later = tenant_field(fleet.run("compliance", "--json").expect(4), "outcome")
    allowed = fleet.run("compliance", "--json", "--allow-unreachable", "1").expect(0)
    assert tenant_field(allowed, "outcome") == later
    assert {kind: later[name_of(kind)] for kind in ENDINGS} == {
        kind: "inconclusive" if kind is Kind.QUOTA_USED_UP else "unchanged" for kind in ENDINGS
    }


def test_every_value_of_the_switch_becomes_true(make_fleet: Any) -> None:
    """By approval where the provider may send already; each connection goes on sending."""
    fleet: FleetBench = make_fleet(
        SWITCHES,
        defaults={
            "target": {"approve": [str(Code.PROVIDER_IN_USE)], "test_numbers": {"text": "+15005550006"}}
        },
    )
    done = fleet.run("migrate", "--yes", "--json").expect(0)
    assert done.outcomes() == dict.fromkeys(SWITCHES, "migrated")
    for name in SWITCHES:
        (connection,) = sms_connections(fleet.tenant(name))
        assert connection["options"]["use_phone_provider"] is True
        assert passwordless(fleet.tenant(name), connection["name"]).path == "upe_twilio"
        assert delivering(fleet.tenant(name)) == {connection["name"]}


def test_failing_codes_stop_the_next_wave(make_fleet: Any) -> None:
    """Codes that fail after the switch (`fn`) make a Passwordless tenant unhealthy."""
    fleet: FleetBench = make_fleet(
        {"a1": "passwordless_gateway", "b1": "twilio_sms"},
        waves=[{"name": "first", "match": {"domain": ["a*"]}, "soak": "5s"}, {"name": "second"}],
        rollout={"healthy_deadline": "1s"},
    )
    where = f"{fleet.served.url}/_simulator/tenants/a1.eu.auth0.com/send"
    with started(
        "migrate", str(fleet.file), "--yes", "--json", api=fleet.api, cwd=fleet.directory
    ) as process:
        assert process.stderr is not None
        while "soaks for 5 s" not in (line := process.stderr.readline()):
            assert line, "it ended without a soak"
        fleet.change_tenant("a1", {"hidden": {"gateway_seconds": 25.0}})
        for _ in range(6):
            answer = httpx.post(where, json={"use": "passwordless", "to": "+15005550019"})
            assert answer.json()["delivered"] is False
        out, err = process.communicate(timeout=120)
    endings = {t["domain"].split(".")[0]: t["outcome"] for t in json.loads(out)["tenants"]}
    assert (process.returncode, endings) == (3, {"a1": "migrated", "b1": "held"}), err
    assert "6 of 6 messages failed" in err
