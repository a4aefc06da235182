"""Keys pasted into an Action's code or a gateway's URL are found, named and never kept."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pytest

import reports
from flows.plan_file import write_plan
from phonefleet.assessment.drift import differences
from phonefleet.assessment.verdict import classify
from phonefleet.errors import NotRecorded
from phonefleet.execution.applied_plans import snapshot_before
from phonefleet.model.enums import OutcomeKind, ReasonCode, Route, Verdict
from phonefleet.model.run_record import RunRecord, SnapshotMoment, TenantRecord
from phonefleet.planning.approval import propose
from phonefleet.planning.planner import Assessed, basis_of
from tests.tenant_bench import Tenant, TenantBench

KEY = "sk_live_9f8e7d6c5b4a39281706"
WORDS = "correct horse battery"
USER = "gateway-user:Sup3rS3cretPw"
PARAMETER = "K3yK3yK3yK3y99"
KEYS = (KEY, WORDS, USER, "Sup3rS3cretPw", PARAMETER)
CODE = f"\nconst API_KEY = '{KEY}';\nconst login = {{ user: 'x', password: '{WORDS}' }};\n"
URL = f"https://{USER}@sms.example.com/send?api_key={PARAMETER}&format=json"
MASKED_URL = "https://[redacted]@sms.example.com/send?api_key=[redacted]&format=json"


@dataclass
class Pasted:
    """What changes a tenant's pasted keys behind Auth0's back."""

    bench: TenantBench

    def into_code(self, tenant: Tenant, text: str = CODE, instead_of: str = "") -> None:
        for action in self.bench.world.fleet.get(tenant.domain).actions.values():
            for each in (action, *action.versions):
                each.code = each.code.replace(instead_of, text) if instead_of else each.code + text

    async def into_url(self, tenant: Tenant, url: str = URL) -> None:
        for connection in (await tenant.dump())["connections"]:
            if (connection.get("options") or {}).get("gateway_url"):
                await tenant.change(connections={connection["name"]: {"options": {"gateway_url": url}}})


@pytest.fixture
def pasted(bench: TenantBench) -> Pasted:
    return Pasted(bench)


async def with_keys(bench: TenantBench, pasted: Pasted) -> list[Tenant]:
    """One tenant for each way a key can be in the way: in an Action, in a gateway, in a gateway beside Twilio."""
    tenants = [await bench.tenant("action_single"), await bench.tenant("passwordless_gateway")]
    while "gateway_secret" not in (joined := await bench.tenant("merged")).created:
        pass
    tenants.append(joined)
    for tenant in tenants:
        pasted.into_code(tenant)
        await pasted.into_url(tenant)
    return tenants


def bytes_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file's bytes, those inside of workbooks too."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield path.name, path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from ((f"{path.name}!{name}", archive.read(name)) for name in archive.namelist())


def assert_no_key(folder: Path, *texts: str) -> None:
    """No file under the folder and none of the texts holds a byte of any key."""
    found = [*bytes_of(folder), *(("text", text.encode()) for text in texts)]
    assert found
    for name, content in found:
        assert not [key for key in KEYS if key.encode() in content], name


def keep(bench: TenantBench, found: list[Assessed], tenants: list[Tenant], plan: Path) -> RunRecord:
    """What `plan` keeps of these tenants, in the ledger and in the plan file."""
    ledger = bench.ledger
    records = [TenantRecord(domain=t.domain) for t in tenants]
    run = ledger.runs.start("plan", "bench", records, options={}, started_by="bench", version="0")
    proposals = {}
    for tenant, one in zip(tenants, found, strict=True):
        ledger.tenants.add_reading(run, tenant.domain, one.snapshot, one.judgement.assessment, one.plan)
        if proposal := propose(one, tenant.ref):
            proposals[tenant.domain] = proposal
    ledger.runs.end(run, "complete", 0)
    record = ledger.runs.record(run)
    write_plan(record, plan, proposals, ledger.mark())
    return record


async def test_a_pasted_key_is_never_kept_and_blocks(
    bench: TenantBench, pasted: Pasted, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Ledger, plan file, every report, logs and reprs are searched."""
    caplog.set_level(logging.DEBUG)
    tenants = await with_keys(bench, pasted)
    found = [await tenant.assess() for tenant in tenants]
    assert [one.judgement.assessment.verdict for one in found] == [Verdict.BLOCKED] * 3
    assert [one.plan for one in found] == [None] * 3
    assert [propose(one, tenant.ref) for one, tenant in zip(found, tenants, strict=True)] == [None] * 3
    reports.write(keep(bench, found, tenants, tmp_path / "plan.json"), tmp_path / "reports")
    assert {"ledger.sqlite", "plan.json", "report.html"} <= {name for name, _ in bytes_of(tmp_path)}
    assert_no_key(tmp_path, repr(found[0].snapshot), str(found), caplog.text)


async def test_the_reason_names_the_place_but_not_the_key(bench: TenantBench, pasted: Pasted) -> None:
    action, gateway, joined = await with_keys(bench, pasted)
    reasons = {
        tenant.domain: {r.code: r for r in (await tenant.assess()).judgement.assessment.reasons}
        for tenant in (action, gateway, joined)
    }
    (legacy,) = [a for a in (await action.assess()).snapshot.legacy_actions if a.bound]
    lines = legacy.code.splitlines()
    in_code = reasons[action.domain][ReasonCode.KEY_IN_CODE].message
    assert f"Action {legacy.name} holds" in in_code
    assert f"(line {len(lines) - 1}, {len(lines)})" in in_code
    assert "event.secrets.NAME" in in_code
    assert "target.action_secrets" in in_code
    in_url = reasons[gateway.domain][ReasonCode.KEY_IN_GATEWAY_URL]
    assert "connection sms" in in_url.message
    assert "(user and password, parameter api_key)" in in_url.message
    assert in_url.evidence[0].value == MASKED_URL
    assert ReasonCode.KEY_IN_GATEWAY_URL in reasons[joined.domain]


async def test_a_merged_action_is_blocked_by_both_keys(bench: TenantBench, pasted: Pasted) -> None:
    action, gateway, _ = await with_keys(bench, pasted)
    connections = (await gateway.assess()).snapshot.connections
    both = (await action.assess()).snapshot.model_copy(update={"connections": connections})
    assessment = classify(both, action.ref.target).assessment
    assert assessment.route is Route.CUSTOM_MERGED
    assert {ReasonCode.KEY_IN_CODE, ReasonCode.KEY_IN_GATEWAY_URL} <= {r.code for r in assessment.reasons}
    assert not [key for key in KEYS if key in assessment.model_dump_json()]


async def test_unused_code_with_a_key_does_not_block(
    bench: TenantBench, pasted: Pasted, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An Action with a key that sends nothing is not migrated: nothing copies the key, and the rollback is complete."""
    caplog.set_level(logging.DEBUG)
    tenant, other = await bench.tenant("twilio_sms"), await bench.tenant("action_single")
    pasted.into_code(other)
    fleet = bench.world.fleet
    fleet.get(tenant.domain).actions.update(deepcopy(fleet.get(other.domain).actions))
    migrated = await tenant.migrate()
    run = migrated.executor.run_id
    bench.ledger.snapshots.add(run, tenant.domain, SnapshotMoment.BEFORE, migrated.before.snapshot)
    kept = snapshot_before(bench.ledger, migrated.executor.plan)
    assert kept is not None
    assert any("[redacted]" in action.code for action in kept.legacy_actions)
    migrated.before = Assessed(kept, migrated.before.judgement, migrated.before.plan)
    back = await migrated.roll_back()
    assert back.losses == ()
    bench.ledger.tenants.set_outcome(run, tenant.domain, OutcomeKind.ROLLED_BACK)
    reports.write(bench.ledger.runs.record(run), tmp_path / "reports")
    assert_no_key(tmp_path, caplog.text, str(back))


@pytest.mark.parametrize("kind", ["action_single", "passwordless_gateway"])
async def test_an_accepted_key_is_migrated(
    bench: TenantBench, pasted: Pasted, kind: str, tmp_path: Path
) -> None:
    """Verification runs the code as it is, messages go out, only the plan holds the text, and the rollback is whole."""
    tenant = await bench.tenant(kind, target={"approve": ["key_in_code", "key_in_gateway_url"]})
    if kind == "action_single":
        pasted.into_code(tenant)
    else:
        await pasted.into_url(tenant)
    ways = await tenant.delivering()
    before = await tenant.assess()
    assert before.plan is not None, before.judgement.assessment.reasons
    assert before.plan.verification is not None
    assert before.plan.verification.result == "verified"
    code = {ReasonCode.KEY_IN_CODE, ReasonCode.KEY_IN_GATEWAY_URL}
    assert code & {w.code for w in before.plan.warnings}
    assert any(key in before.plan.model_dump_json() for key in KEYS)
    migrated = await tenant.migrate()
    assert await tenant.delivering() == dict.fromkeys(ways, "upe_custom")
    after = (await tenant.assess()).snapshot
    bench.ledger.snapshots.add(migrated.executor.run_id, tenant.domain, SnapshotMoment.AFTER, after)
    (left,) = bench.ledger.snapshots.latest([tenant.domain]).values()
    assert not any(key in left.snapshot.model_dump_json() for key in KEYS)
    assert differences(left.snapshot, (await tenant.assess()).snapshot) == ()
    assert (await migrated.roll_back()).losses == ()
    assert await tenant.delivering() == ways


async def test_a_change_of_nothing_but_the_key_is_noticed(
    bench: TenantBench, pasted: Pasted, tmp_path: Path
) -> None:
    """The plan's basis changes and drift names the field; neither contains the key."""
    action, gateway, _ = await with_keys(bench, pasted)
    first = [await tenant.assess() for tenant in (action, gateway)]
    keep(bench, first, [action, gateway], tmp_path / "plan.json")
    again = [(await tenant.assess()).snapshot for tenant in (action, gateway)]
    pasted.into_code(action, KEY[::-1], instead_of=KEY)
    await pasted.into_url(gateway, URL.replace(PARAMETER, PARAMETER[::-1]))
    fields = {action.domain: "legacy Action", gateway.domain: "connection sms.gateway credentials"}
    for tenant, same in zip((action, gateway), again, strict=True):
        (kept,) = bench.ledger.snapshots.of_tenant(tenant.domain)
        now = (await tenant.assess()).snapshot
        assert basis_of(kept.snapshot) == basis_of(same) != basis_of(now)
        (difference,) = differences(kept.snapshot, now)
        assert difference.field.startswith(fields[tenant.domain])
        assert not [key for key in KEYS if key in str(difference)]


async def test_a_key_moved_into_a_secret_unblocks(bench: TenantBench, pasted: Pasted) -> None:
    tenant = await bench.tenant("action_single")
    pasted.into_code(tenant, f"\nconst API_KEY = '{KEY}';\n")
    assert (await tenant.assess()).plan is None
    pasted.into_code(
        tenant, "\nconst API_KEY = (event) => event.secrets.NAME;\n", f"\nconst API_KEY = '{KEY}';\n"
    )
    assert (await tenant.assess()).plan is not None


async def test_the_ledger_refuses_what_is_not_masked(bench: TenantBench, pasted: Pasted) -> None:
    """Unmasked keys are refused before a byte is written."""
    tenant = await bench.tenant("action_single", target={"approve": ["key_in_code"]})
    pasted.into_code(tenant)
    found = await tenant.assess()
    assert found.plan is not None
    run = (await tenant.executor(found.plan)).run_id
    ledger, domain = bench.ledger, tenant.domain
    bare = found.plan.model_copy(update={"warnings": ()})
    with pytest.raises(NotRecorded, match="field 'code' holds a key"):
        ledger.tenants.add_plan(run, domain, bare)
    (action,) = [a for a in found.snapshot.legacy_actions if a.bound]
    raw = found.snapshot.model_copy(
        update={"legacy_actions": (action.model_copy(update={"code": action.source}),)}
    )
    with pytest.raises(NotRecorded, match="snapshot before: field 'code' holds a key"):
        ledger.snapshots.add(run, domain, SnapshotMoment.BEFORE, raw)
    reason = found.judgement.assessment.reasons[0].model_copy(update={"message": f"through gateway {URL}"})
    assessment = found.judgement.assessment.model_copy(update={"reasons": (reason,)})
    with pytest.raises(NotRecorded, match="field 'message' holds a key") as refused:
        ledger.tenants.add_assessment(run, domain, assessment)
    assert not [key for key in KEYS if key in str(refused.value)]
