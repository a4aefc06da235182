"""Make realistic run records from a seed, with hostile text on request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from configs import DeliveryMethod, MessageType
from phonefleet.model.assessment import Assessment, Dependent, Evidence, Reason, ReversibilityResult
from phonefleet.model.custom_action_report import ActionOrigin, ActionStage, CustomActionReport, NeedReport
from phonefleet.model.enums import (
    Change,
    DecisionKind,
    Operation,
    OutcomeKind,
    ReasonCode,
    Reversibility,
    Route,
    RunVerdict,
    Severity,
    StepKind,
    Verdict,
    WaveVerdict,
)
from phonefleet.model.fact import ActionContent
from phonefleet.model.message_texts import MessagePlane, NotificationType, TextChange
from phonefleet.model.plan import ActionVerification, Plan
from phonefleet.model.run_record import (
    DriftRecord,
    MessageRecord,
    RunRecord,
    StepRecord,
    TenantRecord,
    WaveDecision,
    WaveRecord,
)
from phonefleet.model.steps import CreateActionStep, CreateProviderStep, Step, numbered
from phonefleet.model.wave_forecast import WaveForecast
from tests.reports.translation_report_factory import make_account
from tests.step_factory import make_step, new_action, provider

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WAVES = ("canary", "early", "main", "late")
OWNERS = ("identity@acme.example", "payments@acme.example", "retail@acme.example", "")
CLIENTS = ("Deploy CLI", "Terraform", "Ops dashboard", "Support tool", "Nightly sync")
ACTIONS = 12
"""Different Actions of the fleet."""

HOSTILE = (
    "<script>window.__hacked = 1</script>",
    '<img src=x onerror="window.__hacked = 1">&amp;',
    "</script><script>window.__hacked = 1</script>",
    "<!--<script>",
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\tTAB=1",
    "\rCR=1",
    "'quoted",
    "two\nlines\r\nthree",
    "\u202eright to left\u202c and \u200f back",
    "NUL\x00inside",
    "lone \ud800 surrogate \\ud800 and \\u0000",
    "| pipe | **bold** [link](http://evil.example) @team #1 `tick`",
    "{{ 7 * 7 }} {% raw %}",
    "\x1b[31mred\x07",
    "ﷺ 😀 é \uff1d1+1",
    "x" * 10_000,
    "=" + "y" * 40_000,
    "]]> & < > \" '",
)


@dataclass
class Pen:
    """Writes text: plain as given, or every few times something hostile instead."""

    random: Random
    hostile: bool
    turn: int = 0

    def __call__(self, plain: str) -> str:
        if not self.hostile:
            return plain
        self.turn += 1
        return HOSTILE[self.turn // 2 % len(HOSTILE)] if self.turn % 2 else plain


@dataclass
class Story:
    """How one tenant fares: what the generator decides before it writes the records."""

    number: int
    verdict: Verdict
    reason: ReasonCode
    route: Route | None = None
    outcome: OutcomeKind | None = None
    outcome_reason: ReasonCode | None = None
    evidence: str = "delivered"
    steps: list[Step] = field(default_factory=list)

    @property
    def domain(self) -> str:
        return f"tenant-{self.number:05d}.{('eu', 'us', 'au')[self.number % 3]}.auth0.com"


_MIX: tuple[tuple[int, Verdict, tuple[ReasonCode, ...]], ...] = (
    (62, Verdict.ELIGIBLE, (ReasonCode.MFA_TWILIO, ReasonCode.MFA_ACTION, ReasonCode.PASSWORDLESS_GATEWAY)),
    (8, Verdict.ALREADY_MIGRATED, (ReasonCode.FLAG_ON,)),
    (
        12,
        Verdict.BLOCKED,
        (ReasonCode.TWILIO_TOKEN_MISSING, ReasonCode.LEGACY_AUTH0_PROVIDER, ReasonCode.SEVERAL_ACTIONS),
    ),
    (10, Verdict.NOT_APPLICABLE, (ReasonCode.NO_PHONE_MESSAGING, ReasonCode.CONNECTION_WITHOUT_CLIENTS)),
    (2, Verdict.CONTACT_SUPPORT, (ReasonCode.TOGGLE_MISSING_ON_LEGACY,)),
    (1, Verdict.NOT_AVAILABLE, (ReasonCode.NOT_OFFERED,)),
    (3, Verdict.BROKEN, (ReasonCode.UPE_WITHOUT_PROVIDER, ReasonCode.UPE_PROVIDER_DISABLED)),
    (2, Verdict.UNREACHABLE, (ReasonCode.CREDENTIALS_REJECTED, ReasonCode.UNREACHABLE)),
)
_ROUTES = {
    ReasonCode.MFA_TWILIO: Route.TWILIO,
    ReasonCode.MFA_ACTION: Route.CUSTOM_ACTION,
    ReasonCode.PASSWORDLESS_GATEWAY: Route.CUSTOM_GATEWAY,
}
_ENDINGS: tuple[tuple[int, OutcomeKind, ReasonCode | None, str], ...] = (
    (86, OutcomeKind.MIGRATED, None, "delivered"),
    (3, OutcomeKind.FAILED, ReasonCode.TEST_MESSAGE_FAILED, "failed"),
    (3, OutcomeKind.INCONCLUSIVE, ReasonCode.NO_DELIVERY_EVIDENCE, "none"),
    (2, OutcomeKind.ROLLED_BACK, ReasonCode.VERIFICATION_FAILED, "delivered"),
    (6, OutcomeKind.HELD, ReasonCode.WAVE_STOPPED, ""),
)


def make_record(
    tenants: int = 60,
    seed: int = 1,
    *,
    verb: str = "migrate",
    hostile: bool = False,
    ended: bool = True,
    run_id: str = "",
) -> RunRecord:
    """Make the record of a run over `tenants` tenants.

    Args:
        tenants: size of the fleet.
        seed: equal seeds give equal records.
        verb: `migrate`, `compliance`, or `assess` and `plan`, which have no outcomes, steps and messages.
        hostile: put markup, formulas, control characters and very long text wherever text comes from tenants.
        ended: False for a run that was cut off.
        run_id: identifier; made from verb and seed when empty.
    """
    random = Random(seed)
    pen = Pen(random, hostile)
    stories = [_story(random, number, verb) for number in range(tenants)]
    records = tuple(_tenant(random, story, verb, pen, tenants) for story in stories)
    acts = verb == "migrate"
    steps = tuple(_steps(stories, records, pen)) if acts else ()
    messages = tuple(_messages(stories, records)) if acts else ()
    failed = sum(story.outcome is OutcomeKind.FAILED for story in stories)
    return RunRecord(
        run_id=run_id or f"{verb}-{seed:04d}",
        verb=verb,
        fleet="acme",
        phonefleet="0.1.0",
        started_at=START,
        ended_at=START + timedelta(hours=2) if ended else None,
        started_by=pen("ops@acme.example"),
        exit_code=(2 if failed else 0) if ended else None,
        verdict=(RunVerdict.FAILED if failed else RunVerdict.COMPLETE) if ended else None,
        tenants=records,
        steps=steps,
        messages=messages,
        waves=tuple(_waves(records, pen)) if acts else (),
        decisions=tuple(_decisions(pen)) if acts else (),
        forecasts=tuple(_forecasts(records)) if acts else (),
        drift=tuple(_drift(records, pen)),
    )


def _drift(records: tuple[TenantRecord, ...], pen: Pen) -> Iterator[DriftRecord]:
    for record in records:
        if record.outcome is not OutcomeKind.DRIFTED:
            continue
        values = {"flag": ("true", "false"), "template otp_verify.text": (pen("Your code"), pen("Buy now"))}
        for field_, (expected, found) in values.items():
            yield DriftRecord(
                domain=record.domain,
                field=field_,
                expected=expected,
                found=f"{found} ",
                expected_at=START - timedelta(days=3),
                first_found_at=START - timedelta(hours=1),
            )


def _pick(random: Random, weighted: tuple[tuple[Any, ...], ...]) -> tuple[Any, ...]:
    return random.choices(weighted, weights=[row[0] for row in weighted])[0]


def _story(random: Random, number: int, verb: str) -> Story:
    _, verdict, reasons = _pick(random, _MIX)
    story = Story(number, verdict, random.choice(reasons))
    story.route = _ROUTES.get(story.reason)
    if verb == "compliance":
        drifted = number % 9 == 0 and verdict is not Verdict.UNREACHABLE
        story.outcome = OutcomeKind.DRIFTED if drifted else OutcomeKind.UNCHANGED
        story.outcome_reason = ReasonCode.DRIFT_FOUND if drifted else None
        if verdict is Verdict.UNREACHABLE:
            story.outcome, story.outcome_reason = OutcomeKind.INCONCLUSIVE, story.reason
    if verb != "migrate":
        return story
    match verdict:
        case Verdict.ELIGIBLE:
            _, story.outcome, story.outcome_reason, story.evidence = _pick(random, _ENDINGS)
        case Verdict.ALREADY_MIGRATED | Verdict.NOT_APPLICABLE:
            story.outcome = OutcomeKind.UNCHANGED
        case Verdict.UNREACHABLE:
            story.outcome, story.outcome_reason = OutcomeKind.FAILED, story.reason
        case _:
            story.outcome, story.outcome_reason = OutcomeKind.SKIPPED, story.reason
    return story


def _tenant(random: Random, story: Story, verb: str, pen: Pen, fleet: int) -> TenantRecord:
    assessment = _assessment(random, story, pen)
    plan = (
        _plan(random, story, assessment, pen)
        if story.verdict is Verdict.ELIGIBLE and verb != "assess"
        else None
    )
    began = START + timedelta(seconds=5 + 7000 * story.number / max(fleet, 1))
    acted = verb == "migrate" and story.outcome is not OutcomeKind.HELD
    wave = min(story.number * len(WAVES) // max(fleet, 1), len(WAVES) - 1)
    return TenantRecord(
        domain=story.domain,
        wave=WAVES[wave],
        batch=story.number % 2 if plan and verb == "migrate" else None,
        environment=random.choice(("production", "production", "staging", "development")),
        region=("eu", "us", "au")[story.number % 3],
        tier=random.choice(("enterprise_production", "enterprise_nonproduction", "free")),
        owner=pen(random.choice(OWNERS)),
        labels={"ring": pen(WAVES[wave]), "shop": pen("yes")} if story.number % 4 == 0 else {},
        assessment=assessment,
        plan=plan,
        plan_checksum=_checksum(plan, pen) if plan else "",
        outcome=story.outcome,
        outcome_reason=story.outcome_reason,
        outcome_message=_outcome_message(story, pen),
        started_at=began if acted else None,
        ended_at=began + timedelta(seconds=random.uniform(1, 90)) if acted else None,
    )


def _checksum(plan: Plan, pen: Pen) -> str:
    """A plan that contains a lone surrogate has no canonical JSON and so no checksum."""
    return plan.checksum if not pen.hostile else f"{plan.domain.encode().hex():0<64}"[:64]


def _outcome_message(story: Story, pen: Pen) -> str:
    if story.outcome in (None, OutcomeKind.MIGRATED, OutcomeKind.UNCHANGED):
        return ""
    return f"{story.domain}: {pen(f'{story.outcome}: {story.outcome_reason}, see its steps')}"


def _assessment(random: Random, story: Story, pen: Pen) -> Assessment:
    evidence = (
        Evidence(
            endpoint="GET /api/v2/tenants/settings",
            field="flags.phone_consolidated_experience",
            value=pen("false"),
        ),
        Evidence(
            endpoint="GET /api/v2/guardian/factors/phone/selected-provider",
            field="provider",
            value=pen("twilio"),
        ),
    )
    known = story.verdict is not Verdict.UNREACHABLE
    voice = story.number % 5 == 0 and story.route is Route.TWILIO
    factors = tuple(map(MessageType, ("sms", "voice") if voice else ("sms",)))
    reversibility = random.choices(list(Reversibility), weights=(70, 15, 10, 5))[0]
    way = ReversibilityResult(
        level=reversibility,
        reasons=(
            Reason(
                code=ReasonCode.LEGACY_CONFIGURATION_PRESENT,
                message=pen("the legacy configuration is still there"),
                evidence=evidence[:1],
            ),
        ),
    )
    return Assessment(
        domain=story.domain,
        verdict=story.verdict,
        route=story.route,
        reasons=(
            Reason(
                code=story.reason, message=pen(f"{story.reason}: {story.domain} says so"), evidence=evidence
            ),
        ),
        reversibility=way if known else None,
        dependents=tuple(_dependents(random, story, pen)) if known else (),
        factors=factors if story.route else (),
        required_methods=tuple(map(DeliveryMethod, ("text", "voice") if voice else ("text",)))
        if story.route
        else (),
        passwordless=story.route is Route.CUSTOM_GATEWAY,
        action=make_account(
            story.number % ACTIONS, pen, known_as="" if pen.hostile else f"sms-{story.number % 7}"
        )
        if story.route in (Route.CUSTOM_ACTION, Route.CUSTOM_GATEWAY)
        else None,
        custom_action=_custom_action(story.number, pen)
        if known and story.verdict in (Verdict.ALREADY_MIGRATED, Verdict.BLOCKED)
        else None,
    )


def _custom_action(number: int, pen: Pen) -> CustomActionReport:
    handling = ("sends", "unknown", "drops")[number % 3]
    detail = "" if handling == "sends" else pen("it says why")
    return CustomActionReport(
        id=f"act_{number}",
        name=pen("Phone messages"),
        stage=ActionStage.NEWER_DRAFT if number % 2 else ActionStage.DEPLOYED,
        origin=ActionOrigin.FOREIGN,
        content=ActionContent(code=pen("exports.x = 1;"), secret_names=("PASSWORD",), runtime="node22"),
        draft=ActionContent(code="exports.x = 2;") if number % 2 else None,
        decision="refuse",
        needs=tuple(
            NeedReport(need=need, handling=handling, events=8, detail=detail)
            for need in ("otp_enroll by text", "otp_verify by text")
        ),
    )


def _dependents(random: Random, story: Story, pen: Pen) -> Iterator[Dependent]:
    if story.verdict is Verdict.NOT_APPLICABLE:
        return
    yield Dependent(
        kind="mfa_factor",
        id="sms",
        name="Phone message",
        detail=pen("MFA by sms"),
        breaks_on={Change.DISABLE: Severity.LOGINS_BLOCKED},
    )
    if story.number % 3 == 0:
        yield Dependent(
            kind="passwordless_connection",
            id=f"con_{story.number}",
            name=pen("sms"),
            detail="Passwordless SMS for 2 client(s)",
            breaks_on={Change.DISABLE: Severity.LOGINS_BLOCKED, Change.ROLLBACK: Severity.LOGINS_BLOCKED},
        )
    if story.number % 4 == 0:
        yield Dependent(
            kind="custom_action",
            id=f"act_{story.number}",
            name=pen("send via gateway"),
            breaks_on={Change.FINALIZE: Severity.MESSAGES_LOST},
        )
    for client in random.sample(CLIENTS, k=random.randint(0, 2)):
        client_id = f"{client.replace(' ', '')}{story.number:06d}"
        yield Dependent(
            kind="client_grant",
            id=client_id,
            client_id=client_id,
            name=pen(client),
            detail="granted read:guardian_factors",
            breaks_on={Change.SWITCH: Severity.TOOLING_REFUSED},
        )
        if random.random() < 0.5:
            yield Dependent(
                kind="client_in_logs",
                id=f"{client_id}/legacy",
                client_id=client_id,
                name=pen(client),
                detail="called legacy phone endpoints",
                breaks_on={Change.SWITCH: Severity.TOOLING_REFUSED},
                last_seen=START - timedelta(hours=random.randint(1, 600)),
                uses=random.randint(1, 900),
            )


def _plan(random: Random, story: Story, assessment: Assessment, pen: Pen) -> Plan:
    methods = [str(method) for method in assessment.required_methods]
    name = "twilio" if story.route is Route.TWILIO else "custom"
    steps: list[Step] = []
    if name == "custom":
        code = new_action(pen("exports.x = 1"))
        steps.append(CreateActionStep(title="create Action phonefleet", after=code))
        steps.append(make_step(StepKind.DEPLOY_ACTION, title="deploy Action phonefleet"))
    steps.append(CreateProviderStep(title=f"create provider {name}", after=provider(name, *methods)))
    steps += [make_step(StepKind.SEND_TEST, m, title=f"send a test message by {m}") for m in methods]
    title = "switch the tenant to the Unified Phone Experience"
    steps.append(make_step(StepKind.SWITCH_TENANT, title=title))
    report = assessment.action
    return Plan(
        domain=story.domain,
        route=story.route or Route.TWILIO,
        basis="b" * 64,
        steps=numbered(steps),
        reversibility=assessment.reversibility.level if assessment.reversibility else Reversibility.UNKNOWN,
        warnings=(Reason(code=ReasonCode.OTP_VERIFY_REUSED, message=pen("two texts merge")),)
        if story.number % 9 == 0
        else (),
        texts=(
            TextChange(
                plane=MessagePlane.MFA,
                type=NotificationType.OTP_VERIFY,
                method=DeliveryMethod.TEXT,
                old=pen("123456 is your code for A & B"),
                new=f"{pen('123456 is your code for A &amp; B')} ",
                friendly_name="A & B",
                locale="en",
            ),
        )
        if story.number % 5 == 0
        else (),
        verification=ActionVerification(
            result=report.result,
            strategy=report.strategy,
            events=report.events,
            reasons=report.reasons,
            flags=tuple(f"line {flag.line}: {flag.message}" for flag in report.flags),
        )
        if report
        else None,
    )


def _steps(stories: list[Story], records: tuple[TenantRecord, ...], pen: Pen) -> Iterator[StepRecord]:
    numbers = count(1)
    for story, record in zip(stories, records, strict=True):
        if not record.plan or not record.started_at:
            continue
        done: list[Step] = []
        for step in record.plan.steps:
            result = _result(story, step)
            if result is None:
                break
            detail = pen(f"{step.title}: {result}") if result == "failed" else ""
            yield _tried(record, step, next(numbers), result=result, detail=detail)
            done.append(step)
        if story.outcome is OutcomeKind.ROLLED_BACK:
            revert = {"operation": Operation.REVERT, "title": f"undo: {done[-1].title}", "attempts": 2}
            yield _tried(record, done[-1], next(numbers), result="done", later=20.0, **revert)


def _tried(record: TenantRecord, step: Step, number: int, *, later: float = 0.0, **values: Any) -> StepRecord:
    at = (record.started_at or START) + timedelta(seconds=later + 0.3 * (step.index + 1))
    facts = {"kind": step.kind, "target": step.target, "title": step.title, "attempts": 1} | values
    return StepRecord(
        domain=record.domain,
        intent_id=number,
        plan_checksum=record.plan_checksum,
        index=step.index,
        key=step.key,
        intended_at=at,
        ended_at=at + timedelta(milliseconds=250),
        **facts,
    )


def _result(story: Story, step: Step) -> str | None:
    stopped = step.kind is StepKind.SWITCH_TENANT and story.outcome in (
        OutcomeKind.FAILED,
        OutcomeKind.INCONCLUSIVE,
    )
    if stopped:
        return None
    if step.kind is StepKind.SEND_TEST and story.outcome is OutcomeKind.FAILED:
        return "failed"
    return "already" if step.kind is StepKind.CREATE_PROVIDER and story.number % 11 == 0 else "done"


def _messages(stories: list[Story], records: tuple[TenantRecord, ...]) -> Iterator[MessageRecord]:
    for story, record in zip(stories, records, strict=True):
        if not record.plan or not record.started_at or not record.assessment:
            continue
        sent = record.started_at + timedelta(seconds=2)
        seen = story.evidence in ("delivered", "failed")
        logged = {
            "log_id": f"log{story.number}",
            "log_type": "gd_send_sms",
            "seen_at": sent + timedelta(seconds=4),
        }
        for method in record.assessment.required_methods:
            yield MessageRecord(
                domain=record.domain,
                delivery_method=method,
                to="+•••••••06",
                sent_at=sent,
                evidence=story.evidence,
                **(logged if seen else {}),
            )


def _decisions(pen: Pen) -> Iterator[WaveDecision]:
    for number, kind in enumerate(DecisionKind):
        at = START + timedelta(minutes=number)
        yield WaveDecision(at=at, wave="early", batch=1, kind=kind, message=pen(f"early, batch 1: {kind}"))


def _forecasts(records: tuple[TenantRecord, ...]) -> Iterator[WaveForecast]:
    for number, name in enumerate(WAVES):
        began = START + timedelta(minutes=30 * number)
        size = sum(record.wave == name for record in records)
        yield WaveForecast(
            wave=name,
            tenants=size,
            batches=2,
            requests=50 * size,
            messages={"+*********06": size},
            one_way=number,
            active=timedelta(minutes=20),
            soak=timedelta(minutes=2),
            starts_at=began,
            earliest_end=began + timedelta(minutes=22),
            latest_end=began + timedelta(minutes=55),
            measured=True,
        )


def _waves(records: tuple[TenantRecord, ...], pen: Pen) -> Iterator[WaveRecord]:
    for number, name in enumerate(WAVES):
        for batch in (0, 1):
            inside = [r for r in records if r.wave == name and r.batch == batch]
            failed = sum(r.outcome is OutcomeKind.FAILED for r in inside)
            began = START + timedelta(minutes=30 * number + 14 * batch)
            yield WaveRecord(
                wave=name,
                batch=batch,
                planned=len(inside),
                failure_tolerance=1,
                started_at=began,
                ended_at=began + timedelta(minutes=12),
                verdict=WaveVerdict.PASSED if failed <= 1 else WaveVerdict.STOPPED,
                reason=pen(f"{failed} failed, 1 tolerated") if failed > 1 else "",
            )
