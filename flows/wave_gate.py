"""The gates before and after a wave: gather their numbers, record the decision, and do what a failed one leads to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import reports
from configs import GateMoment, OnGate, TenantRef
from flows.batch import BatchRun, end_kept
from flows.batch_gate import find_unhealthy, record_gate
from flows.outside_checks import CheckResult, ask
from flows.pace import Pace
from flows.shard_work import is_switched
from flows.tenant_pages import tenant_pages
from flows.tenant_runs import record, run_concurrently, run_task
from phonefleet.auth0.transport import create_ssl_context
from phonefleet.errors import SecretError
from phonefleet.model.enums import DecisionKind, OutcomeKind, ReasonCode, Reversibility, ShardPhase
from phonefleet.model.outcome import Outcome
from phonefleet.model.run_record import RunRecord, SnapshotMoment, TenantRecord
from phonefleet.rollout.gates import MeasuredLimit, WaveCounts, WaveLimits, measure_limits
from phonefleet.rollout.wave_gate import (
    Finding,
    GateDecision,
    GateFinding,
    all_must,
    any_must,
    to_roll_back,
)
from phonefleet.rollout.wave_state import WaveState
from phonefleet.secrets.store import SecretStore
from tasks.rollback import take_back_tenant
from tasks.run_context import RunContext

_STILL_HEALTHY = timedelta(minutes=5)
"""After a wave passed its gate, what was found then counts for so long."""


@dataclass
class RunGates:
    """The gates of a run's waves.

    Attributes:
        pace: the rules of time of the run.
        waves: the state of each wave.
        healthy_at: when the gate after a wave was passed, by the run's clock.
    """

    pace: Pace
    waves: Mapping[str, WaveState]
    healthy_at: dict[str, datetime] = field(default_factory=dict)

    async def open(self, run: BatchRun, left: list[str], starting: list[str]) -> None:
        """Ask the gate before a wave, once in a process. A failed one stops the wave unless it says `continue`.

        Args:
            run: the wave's first batch that has something to do.
            left: the wave's tenants that are to be changed.
            starting: those of the batch that may start now.
        """
        if run.wave.opened or run.wave.stopped:
            return
        findings = [
            await _plans(run.context, left),
            await asyncio.to_thread(_secrets, [run.context.tenants[d] for d in left], run.context.secrets),
            await self._leases(left),
            any_must(Finding.WINDOW, len(starting), len(run.batch.domains)),
            *[each async for each in self._wave_before(run)],
            *await _outside(run, GateMoment.BEFORE, {"tenants": str(len(left))}),
        ]
        decision = GateDecision(f"wave {run.batch.wave.name}, gate before it", tuple(findings))
        await self._decide(run, decision)
        run.wave.opened = not run.wave.stopped

    async def close(self, run: BatchRun) -> None:
        """Ask the gate after a wave, and let its switched tenants have their outcomes or roll them back."""
        if run.wave.opened:
            decision = await self._after(run)
            await self._decide(run, decision)
            if decision.passed:
                self.healthy_at[run.batch.wave.name] = self.pace.clock.now()
        if run.wave.unrecorded:
            await self._settle(run)

    async def restore_rollbacks(self) -> set[str]:
        """Find the tenants of waves that an earlier process began to roll back, and left without an outcome.

        They wait for the end of their batch, as they did then.

        Returns:
            Their domains: nothing else may be done with them.
        """
        context, found = self.pace.context, set[str]()
        if not any(state.rolls_back for state in self.waves.values()):
            return found
        outline = await context.ledger.runs.outline.in_thread(context.run_id)
        left = {tenant.domain: tenant.wave for tenant in outline.tenants if tenant.outcome is None}
        for end in await context.ledger.shards.ends.in_thread(context.run_id, ShardPhase.SWITCH):
            state = self.waves.get(left.get(end.domain, ""))
            if state and state.rolls_back and end.outcome and is_switched(end.outcome):
                state.unrecorded[end.domain] = end.outcome
                found.add(end.domain)
        return found

    async def _decide(self, run: BatchRun, decision: GateDecision) -> None:
        await record_gate(run, decision)
        if decision.passed:
            return
        run.wave.failed_gate = f"wave {run.batch.wave.name}: {decision.why}"
        if run.batch.wave.on_gate is not OnGate.CONTINUE:
            run.wave.stopped = run.wave.stopped or run.wave.failed_gate

    async def _leases(self, left: list[str]) -> GateFinding:
        context = self.pace.context
        leases = {lease.domain: lease for lease in await context.ledger.leases.in_force.in_thread()}
        taken = [
            f"{domain} by run {leases[domain].run_id}"
            for domain in left
            if domain in leases and leases[domain].run_id != context.run_id
        ]
        return all_must(Finding.LEASES, taken, len(left))

    async def _wave_before(self, run: BatchRun) -> AsyncIterator[GateFinding]:
        """Yield whether the last wave before with switched tenants is still healthy."""
        names = [wave.name for wave in run.context.fleet.waves]
        before = names[: names.index(run.batch.wave.name)]
        by_wave = {name: self.waves[name].switched_at for name in before if name in self.waves}
        if not any(by_wave.values()):
            by_wave = await self._switched_by_earlier_runs(before)
        name = next((name for name in reversed(before) if by_wave.get(name)), None)
        if name is None:
            return
        switched, rollout = by_wave[name], run.context.fleet.rollout
        recent = self.healthy_at.get(name)
        unhealthy: Iterable[str] = self.waves[name].unhealthy if recent else ()
        if recent is None or self.pace.clock.now() - recent > _STILL_HEALTHY:
            unhealthy = await find_unhealthy(self.pace, switched)
        bad, total = sorted(unhealthy), len(switched)
        needed = min(total, rollout.min_healthy.at_least_of(total))
        note = f"{needed} needed, min_healthy {rollout.min_healthy}" + (
            f"; not {', '.join(bad[:3])}" if bad else ""
        )
        yield GateFinding(Finding.PREVIOUS_WAVE, total - len(bad), total, total - len(bad) >= needed, note)

    async def _switched_by_earlier_runs(self, names: Collection[str]) -> dict[str, dict[str, datetime]]:
        """Return the tenants of these waves whose last change was a migration or what followed it, and its end."""
        context = self.pace.context
        facts = await context.ledger.fleets.facts.in_thread(context.fleet.name)
        found: dict[str, dict[str, datetime]] = {name: {} for name in names}
        for tenant in facts.tenants:
            wave, changed = self.pace.waves.get(tenant.domain), tenant.changed
            if changed and changed.kind in (OutcomeKind.MIGRATED, OutcomeKind.FINALIZED) and wave in found:
                found[wave][tenant.domain] = changed.at
        return found

    async def _after(self, run: BatchRun) -> GateDecision:
        context, wave, state = run.context, run.batch.wave, run.wave
        # The gate after the last batch has just looked at its tenants.
        others = {d: at for d, at in state.switched_at.items() if d not in run.switched}
        unhealthy = {*await find_unhealthy(self.pace, others), *run.unhealthy}
        state.note_health(state.switched_at, unhealthy)
        switched = len(state.switched_at)
        counts = WaveCounts(
            tenants=state.size,
            failed=state.failed,
            inconclusive=state.inconclusive,
            switched=switched,
            healthy=switched - len(unhealthy),
        )
        limits = WaveLimits(
            wave.failure_tolerance,
            wave.inconclusive_limit,
            context.fleet.rollout.min_healthy,
            wave.failure_limit,
        )
        moments = (SnapshotMoment.AFTER,)
        ledger, run_id = context.ledger, context.run_id
        read = await ledger.snapshots.latest.in_thread(state.switched_at, moments, run_id=run_id)
        whole = await ledger.runs.record.in_thread(run_id)
        facts = {
            "tenants": str(state.size),
            "switched": str(switched),
            "healthy": str(counts.healthy),
            "failed": str(state.failed),
            "inconclusive": str(state.inconclusive),
        }
        findings: tuple[GateFinding | MeasuredLimit, ...] = (
            *measure_limits(limits, counts),
            all_must(Finding.READ_BACK, sorted(state.switched_at.keys() - read.keys()), switched),
            await asyncio.to_thread(_data_contract, whole),
            *await _outside(run, GateMoment.AFTER, facts),
        )
        return GateDecision(f"wave {wave.name}, gate after it", findings)

    async def _settle(self, run: BatchRun) -> None:
        """Record the outcomes that waited for the gate; after a failed one, of tenants that are rolled back first."""
        context, wave, state = run.context, run.batch.wave, run.wave
        # A wave that missed its window is stopped, too, and no gate of it failed.
        on_gate = wave.on_gate if state.failed_gate else OnGate.STOP
        if state.rolls_back:
            on_gate = OnGate.ROLLBACK_WAVE
        reversibility: dict[str, Reversibility] = {}
        async for page in tenant_pages(context, state.unrecorded):
            reversibility |= {t.domain: t.plan.reversibility for t in page if t.plan}
        undone, kept = to_roll_back(on_gate, list(state.unrecorded), reversibility)
        if on_gate is OnGate.ROLLBACK_WAVE:
            message = (
                f"wave {wave.name}: {len(undone)} of {len(state.unrecorded)} switched tenants are rolled back "
                f"(on_gate rollback_wave); {len(kept)} are kept, because a rollback would lose something"
            )
            await self.pace.decide(wave.name, run.batch.number, DecisionKind.ROLLED_BACK, message)
        conflicts = {
            c.domain: Outcome(OutcomeKind.HELD, ReasonCode.LEASED_ELSEWHERE, str(c))
            for c in await context.leases.acquire(undone)
        }

        async def undo(domain: str) -> None:
            taken = conflicts.get(domain)
            result = taken if taken is not None else await run_task(context, domain, take_back_tenant)
            if isinstance(result, Outcome):
                why = f"the gate of its wave failed, and then its rollback: {result.message}"
                outcome = Outcome(OutcomeKind.FAILED, result.reason, why)
            else:
                why = f"rolled back because the gate of its wave failed: {state.failed_gate}"
                outcome = Outcome(OutcomeKind.ROLLED_BACK, ReasonCode.WAVE_ROLLED_BACK, why)
            state.add_outcome(outcome)
            await record(context, domain, outcome)
            del state.unrecorded[domain]

        try:
            await run_concurrently(context.fleet.rollout.concurrency, undone, undo)
        finally:
            await context.leases.release(undone)
        await end_kept(context, state)


async def _plans(context: RunContext, left: list[str]) -> GateFinding:
    whole: set[str] = set()
    async for page in tenant_pages(context, left):
        whole |= await asyncio.to_thread(_with_whole_plan, page)
    return all_must(Finding.PLANS, [domain for domain in left if domain not in whole], len(left))


def _with_whole_plan(tenants: list[TenantRecord]) -> set[str]:
    return {t.domain for t in tenants if t.plan is not None and t.plan.checksum == t.plan_checksum}


def _secrets(tenants: list[TenantRef], store: SecretStore) -> GateFinding:
    references = {(str(ref), ref.base): ref for tenant in tenants for ref in tenant.secret_refs().values()}
    missing = []
    for ref in references.values():
        try:
            store.resolve(ref)
        except SecretError:
            missing.append(str(ref))
    return all_must(Finding.SECRETS, missing, len(references))


def _data_contract(record: RunRecord) -> GateFinding:
    result = reports.check_record(record)
    violated = [str(failure) for failure in result.failures]
    return all_must(Finding.DATA_CONTRACT, violated, len(result.checks))


async def _outside(run: BatchRun, moment: GateMoment, facts: Mapping[str, str]) -> list[GateFinding]:
    """Ask the wave's checks, one after the other; the report has what each answered."""
    checks = run.batch.wave.checks_at(moment)
    if not checks:
        return []
    context = run.context
    ca = await asyncio.to_thread(create_ssl_context, context.fleet.connection.ca_file)
    question = {
        "fleet": context.fleet.name,
        "run": context.run_id,
        "wave": run.batch.wave.name,
        "moment": str(moment),
        **facts,
    }
    answers: list[CheckResult] = [
        await ask(check, question, context.fleet.source.absolute().parent, ca) for check in checks
    ]
    passed = sum(answer.passed for answer in answers)
    note = "; ".join(answer.text for answer in answers)
    return [GateFinding(Finding.OUTSIDE, passed, len(answers), passed == len(answers), note)]
