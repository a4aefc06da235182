"""Let a wave with `approval: manual` start only once a person has approved the plans that its tenants have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prefect.context import FlowRunContext
from prefect.flow_runs import asuspend_flow_run
from prefect.input import RunInput

from configs import ApprovalMode
from flows.batch import BatchRun, end_tenant
from flows.operator import current_question
from flows.tenant_pages import tenant_pages
from phonefleet.errors import PhonefleetError
from phonefleet.model.canonical import checksum
from phonefleet.model.enums import DecisionKind, OutcomeKind, ReasonCode
from phonefleet.model.outcome import Outcome
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import ApprovalChannel, WaveApproval
from phonefleet.rollout.wave_approval import ApprovalState, NotApproved, approval_state, wave_checksum
from phonefleet.system_user import operating_system_user

_USER = "USER"
"""The type of a creator that is a person (`prefect.server.schemas.core.CreatedBy`)."""


class ApprovalAwaited(PhonefleetError):
    """The run waits for the approval of a wave. It has not ended, and the same command continues it."""

    def __init__(self, run_id: str, wave: str, why: str) -> None:
        super().__init__(
            f"run {run_id} waits for a person: wave {wave} may not start, because {why}. Approve it with: phonefleet "
            f"approve-wave {run_id} '{wave}'; then repeat the command"
        )


class WaveApprovalForm(RunInput):
    """What a person fills in who resumes the flow run in Prefect, which approves the wave."""

    approved_by: str
    note: str = ""


async def require_approval(run: BatchRun, left: list[str]) -> None:
    """Return once the wave of a batch may start; its tenants that the approval does not cover are held.

    On a terminal it asks. A deployment's flow run is suspended. Anywhere else the process ends.

    Args:
        run: a batch of the wave.
        left: the wave's tenants that are to be changed.

    Raises:
        ApprovalAwaited: a person must approve the wave, and the process does not wait for that.
        Pause: the flow run is suspended, and this process ends.
    """
    if run.batch.wave.approval is not ApprovalMode.MANUAL or run.wave.stopped:
        return
    now = await run.context.ledger.now.in_thread()
    if run.wave.approved_until is not None and (run.wave.opened or now < run.wave.approved_until):
        return
    outline = await run.context.ledger.runs.outline.in_thread(run.context.run_id)
    plans = {tenant.domain: tenant.plan_checksum for tenant in outline.tenants}
    asking = _Asking(run, {domain: plans[domain] for domain in left}, outline.started_by)
    while (state := await asking.state()).approval is None:
        await asking.ask(state.why_not or NotApproved.NEVER)
    await asking.start(state, state.approval)


class _Asking:
    """One wave's approval, asked for by the run that is under way."""

    def __init__(self, run: BatchRun, plans: dict[str, str], starter: str) -> None:
        self._run, self._context = run, run.context
        self._wave = run.batch.wave.name
        self._plans = plans
        self._starter = starter
        self._rules = self._context.fleet.rollout.approval
        self._approvals = self._context.ledger.approvals

    async def state(self) -> ApprovalState:
        """Return what the ledger's approvals say now."""
        ledger, run_id = self._context.ledger, self._context.run_id
        asked = await ledger.audit.approval_request.in_thread(run_id, self._wave)
        starters = [self._starter, *([asked.prefect_user] if asked and asked.prefect_user else [])]
        return approval_state(
            await ledger.audit.wave_approvals.in_thread(run_id, self._wave),
            self._plans,
            await ledger.now.in_thread(),
            self._rules,
            starters,
        )

    async def ask(self, why: NotApproved) -> None:
        """Ask a person, and record the answer; end the process where none can be waited for."""
        context = FlowRunContext.get()
        flow_run = context.flow_run if context else None
        question, user = current_question(), operating_system_user()
        if flow_run is not None and flow_run.deployment_id is not None:
            creator = flow_run.created_by
            person = creator.display_value if creator and creator.type == _USER else None
            await self._suspend(str(flow_run.id), person or "", why)
            return
        await self._record_request(why)
        may_approve = not (self._rules.by_other and user == self._starter)
        if question and may_approve and await question(f"Approve wave {self._wave}?"):
            await self._approve(ApprovalChannel.TERMINAL, user)
            return
        raise ApprovalAwaited(self._context.run_id, self._wave, why)

    async def _suspend(self, flow_run: str, person: str, why: NotApproved) -> None:
        """Suspend the flow run, without a time limit; on return it was resumed in Prefect, which is an approval.

        Prefect refuses to suspend a second time with the same key. That tells a flow run that was resumed from one
        whose process died before it was suspended.
        """
        run_id = self._context.run_id
        asked = await self._context.ledger.audit.approval_request.in_thread(run_id, self._wave)
        if asked is None or asked.answered or asked.flow_run != flow_run:
            number = len(await self._context.ledger.audit.wave_approvals.in_thread(run_id, self._wave))
            # Prefect takes letters, digits, dashes and underscores only.
            key = f"approve-{checksum(self._wave)[:16]}-{number}"
            await self._record_request(why, flow_run, key, person)
            shown: Mapping[str, str] = self._plans
        else:
            # The tenants were read again since: the person approved what was shown.
            key, shown = asked.pause_key, asked.plans
        form = await asuspend_flow_run(wait_for_input=WaveApprovalForm, key=key)
        user = operating_system_user()
        await self._approve(ApprovalChannel.PREFECT, user, form.approved_by, form.note, shown)

    async def _record_request(
        self, why: NotApproved, flow_run: str = "", key: str = "", person: str = ""
    ) -> None:
        await self._approvals.ask_for_wave.in_thread(
            self._context.run_id,
            self._wave,
            self._plans,
            by=operating_system_user(),
            flow_run=flow_run,
            pause_key=key,
            prefect_user=person,
        )
        run_id = self._context.run_id
        given = await self._context.ledger.audit.wave_approvals.in_thread(run_id, self._wave)
        contents = await self._describe()
        await self._decide(
            DecisionKind.AWAITS_APPROVAL,
            f"wave {self._wave} waits for its approval, because {why}: {contents} Approve it with: phonefleet "
            f"approve-wave {run_id} '{self._wave}'",
            # An approval that does not count any more is asked for again, and people hear of that.
            since=given[-1].at if given else None,
        )

    async def _describe(self) -> str:
        counts = PlanCounts()
        async for page in tenant_pages(self._context, self._plans):
            counts.add(tenant.plan for tenant in page if tenant.plan)
        return describe_wave(self._wave, counts, self._plans)

    async def _approve(
        self,
        channel: ApprovalChannel,
        user: str,
        prefect_user: str = "",
        note: str = "",
        plans: Mapping[str, str] | None = None,
    ) -> None:
        await self._approvals.approve_wave.in_thread(
            self._context.run_id,
            self._wave,
            self._plans if plans is None else plans,
            os_user=user,
            channel=channel,
            prefect_user=prefect_user,
            note=note,
        )

    async def _decide(self, kind: DecisionKind, message: str, since: datetime | None = None) -> None:
        await self._run.pace.decide(self._wave, self._run.batch.number, kind, message, since)

    async def start(self, state: ApprovalState, approval: WaveApproval) -> None:
        """Record with which approval the wave starts, and hold the tenants that it does not cover."""
        self._run.wave.approved_until = approval.at + self._rules.expires
        covered = len(self._plans) - len(state.void)
        await self._decide(
            DecisionKind.APPROVED,
            f"wave {self._wave} starts with the approval of {approval.by} ({approval.channel}, operating system's user "
            f"{approval.os_user}) of {approval.at:%Y-%m-%d %H:%M} UTC: it covers {covered} of {len(self._plans)} plans",
        )
        self._run.wave.void |= set(state.void)
        for domain in state.void:
            given = approval.plans.get(domain, "")
            had = f"plan {given[:12]} was approved" if given else "no plan of it was approved"
            why = f"{domain}: {had}, and its plan is {self._plans[domain][:12]} now"
            await end_tenant(self._run, domain, Outcome(OutcomeKind.HELD, ReasonCode.APPROVAL_VOID, why))


@dataclass
class PlanCounts:
    """Plans in numbers."""

    routes: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    warnings: int = 0

    def add(self, plans: Iterable[Plan]) -> None:
        """Count more plans."""
        for plan in plans:
            self.routes[str(plan.route)] += 1
            self.levels[str(plan.reversibility)] += 1
            self.warnings += len(plan.warnings)


def describe_wave(wave: str, plans: PlanCounts, checksums: dict[str, str]) -> str:
    """Return what a person approves with a wave, in numbers."""
    counted = ", ".join(
        f"{count} {name}" for counts in (plans.routes, plans.levels) for name, count in sorted(counts.items())
    )
    return (
        f"wave {wave} has {len(checksums)} tenant(s) to change ({counted}; {plans.warnings} warnings), plans "
        f"{wave_checksum(checksums)[:12]}."
    )
