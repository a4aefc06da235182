"""A fleet of every kind is migrated: every tenant has one outcome, and the simulator's log matches the ledger."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from phonefleet.model.enums import OutcomeKind, Route, StepKind, Verdict
from phonefleet.model.run_record import RunRecord, StepRecord
from simulator.state import Seen
from tests.flows.fleet_bench import Done, FleetBench, phonefleet
from tests.intent_names import intent_name

REQUESTS = {
    StepKind.CREATE_ACTION: r"POST /actions/actions",
    StepKind.UPDATE_ACTION: r"PATCH /actions/actions/[^/]+",
    StepKind.ADOPT_ACTION: r"PATCH /actions/actions/[^/]+",
    StepKind.DEPLOY_ACTION: r"POST /actions/actions/[^/]+/deploy",
    StepKind.CREATE_PROVIDER: r"POST /branding/phone/providers",
    StepKind.UPDATE_PROVIDER: r"PATCH /branding/phone/providers/[^/]+",
    StepKind.CREATE_TEMPLATE: r"POST /branding/phone/templates",
    StepKind.UPDATE_TEMPLATE: r"PATCH /branding/phone/templates/[^/]+",
    StepKind.SEND_TEST: r"POST /branding/phone/providers/[^/]+/try",
    StepKind.ENABLE_FACTOR: r"PUT /guardian/factors/sms",
    StepKind.SET_MESSAGE_TYPES: r"PUT /guardian/factors/phone/message-types",
    StepKind.SWITCH_TENANT: r"PATCH /tenants/settings",
    StepKind.SWITCH_CONNECTION: r"PATCH /connections/[^/]+",
    "mark send_test": r"PATCH /branding/phone/providers/[^/]+",
}
"""The request that each kind of step sends."""
FAULTS = {
    "seed": 5,
    "error_rate": 0.05,
    "drop_rate": 0.05,
    "rate_limit": {"burst": 10, "per_second": 8},
}


def written(fleet: FleetBench, domain: str) -> list[Seen]:
    """The writes that reached a tenant, without those that the rate limit refused."""
    return [
        seen
        for seen in fleet.tenant(domain).requests
        if seen.write and seen.path != "/oauth/token" and seen.status != 429
    ]


def assert_logs_agree(fleet: FleetBench, record: RunRecord) -> None:
    """Each write in the simulator's log is an attempt of an intent in the ledger, in order, and the reverse."""
    by_domain: dict[str, list[StepRecord]] = {t.domain: [] for t in record.tenants}
    for step in record.steps:
        by_domain[step.domain].append(step)
    for domain, steps in by_domain.items():
        seen = written(fleet, domain)
        assert sum(s.attempts for s in steps) == len(seen), (
            domain,
            steps,
            [(s.method, s.path) for s in seen],
        )
        for step in sorted(steps, key=lambda s: s.intent_id):
            sent, seen = seen[: step.attempts], seen[step.attempts :]
            pattern = REQUESTS[intent_name(step)]
            for request in sent:
                asked = f"{request.method} {request.path.removeprefix('/api/v2')}"
                assert re.fullmatch(pattern, asked), f"{domain}: intent {step.kind}, request {asked}"
            applied = sum(request.applied for request in sent)
            if step.result == "done":
                assert applied >= 1, f"{domain}: {step.kind} is done and no write of it was applied"
                assert applied == 1 or not step.kind.startswith(("create", "send")), (
                    f"{domain}: {step.kind} twice"
                )
            elif step.result in ("already", "not_applied"):
                assert applied == 0, f"{domain}: {step.kind} is {step.result} and was applied"


def assert_accounted_for(fleet: FleetBench, done: Done, record: RunRecord) -> None:
    """Every tenant has exactly one outcome, and every eligible one on a complete route is migrated."""
    document = done.document
    domains = [t["domain"] for t in document["tenants"]]
    assert sorted(domains) == sorted(t.domain for t in fleet.tenants())
    assert len(set(domains)) == len(domains)
    assert all(t["outcome"] in set(OutcomeKind) for t in document["tenants"])
    assert sum(document["totals"].values()) == len(domains)
    assert document["totals"] == dict(Counter(t["outcome"] for t in document["tenants"]))
    assert {t.domain: t.outcome for t in record.tenants} == {
        t["domain"]: t["outcome"] for t in document["tenants"]
    }
    eligible = [t for t in document["tenants"] if t["verdict"] == Verdict.ELIGIBLE]
    complete = [t for t in eligible if t["route"] in (Route.TWILIO, Route.CUSTOM_GATEWAY)]
    assert complete
    assert {t["domain"]: t["outcome"] for t in complete if t["outcome"] != "migrated"} == {}
    for tenant in complete:
        assert fleet.tenant(tenant["domain"]).provider() is not None


def migrate(fleet: FleetBench) -> tuple[Done, RunRecord]:
    done = fleet.run("migrate", "--yes", "--json")
    assert done.code in (0, 3, 6), done.err[-3000:] + done.out[-2000:]
    assert "Traceback" not in done.err
    return done, fleet.record()


def migrate_whole_fleet(make: Any, tenants: int) -> None:
    fleet: FleetBench = make(tenants=tenants)
    done, record = migrate(fleet)
    assert_accounted_for(fleet, done, record)
    assert_logs_agree(fleet, record)


def migrate_under_faults(make: Any, tenants: int, scratch: Path) -> None:
    """The same outcome for each tenant as without faults, with the default limits of a wave."""
    whole, _ = migrate(make(tenants=tenants, directory=scratch / "whole"))
    fleet: FleetBench = make(tenants=tenants, faults=FAULTS, directory=scratch / "disturbed")
    done, record = migrate(fleet)
    assert_disturbed(fleet)
    assert_logs_agree(fleet, record)
    assert_accounted_for(fleet, done, record)
    assert ends(done) == ends(whole)


def ends(done: Done) -> dict[str, tuple[str, str]]:
    return {t["domain"]: (t["verdict"], t["outcome"]) for t in done.document["tenants"]}


def assert_disturbed(fleet: FleetBench) -> None:
    broken = [s for t in fleet.tenants() for s in t.requests if s.status is None or s.status >= 500]
    assert broken, "the faults hit nothing, so nothing was shown"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_forty_tenants_match_the_simulator_log(make_fleet: Any) -> None:
    """Every eligible tenant on a complete route is migrated, and no write is missing or recorded twice."""
    migrate_whole_fleet(make_fleet, 40)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_forty_tenants_under_faults(make_fleet: Any, tmp_path: Path) -> None:
    """Errors, cut connections and a tight rate limit do not change the outcomes."""
    migrate_under_faults(make_fleet, 40, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_three_hundred_tenants_match_the_log(make_fleet: Any) -> None:
    """The same holds for 300."""
    migrate_whole_fleet(make_fleet, 300)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_three_hundred_tenants_under_faults(make_fleet: Any, tmp_path: Path) -> None:
    """The same holds for 300 under faults."""
    migrate_under_faults(make_fleet, 300, tmp_path)


def test_demo_prints_one_document_with_reports(tmp_path: Path, prefect_api: str) -> None:
    """`demo --json` prints exactly one JSON document whose totals add up and whose reports exist."""
    faults = json.dumps({"rate_limit": {"burst": 1000, "per_second": 1000}})
    done = phonefleet(
        "demo",
        "--tenants",
        "16",
        "--json",
        "--dir",
        "here",
        "--faults",
        faults,
        api=prefect_api,
        cwd=tmp_path,
        whole=True,
    )
    # The simulated fleet has a tenant whose users get no messages.
    assert done.code == 6, done.err[-3000:]
    assert "Traceback" not in done.err
    assert "1 tenant(s) wait for approval only, for example tenant-0006" in done.err
    assert f"Prefect's user interface: {prefect_api.removesuffix('/api')}" in done.err
    document = done.document
    assert {"run", "tenants", "totals", "reports"} == set(document)
    domains = [t["domain"] for t in document["tenants"]]
    assert len(domains) == len(set(domains)) == sum(document["totals"].values()) == 16
    assert document["reports"]
    missing = [path for path in document["reports"].values() if not (tmp_path / path).is_file()]
    assert missing == []
