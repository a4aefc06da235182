"""Properties of the verdict over every mixture of connections: switches, senders, clients, and options not shown."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from configs import MessageType, Target
from phonefleet.assessment.verdict import classify
from phonefleet.model.api_scopes import required_scopes
from phonefleet.model.enums import ReasonCode, Reversibility, StepKind, Verdict
from phonefleet.model.snapshot import PhoneProvider, SmsConnection, Snapshot, TwilioSettings
from phonefleet.planning.planner import make_plan
from tests.tenant_bench import NUMBER

TWILIO = TwilioSettings(sid="AC" + "1" * 32, default_from=NUMBER, has_token=True)
PROVIDER = PhoneProvider(
    id="pro_1", name="twilio", delivery_methods=("text",), sid=TWILIO.sid, default_from=NUMBER
)
TARGET = Target.model_validate(
    {
        "test_numbers": {"text": NUMBER},
        "twilio": {"auth_token": "env:TOKEN"},
        "approve": ["provider_in_use", "template_refused"],
    }
)


@st.composite
def connections(draw: st.DrawFn) -> tuple[SmsConnection, ...]:
    """Up to three connections; one whose options are not shown has nothing else."""
    made = []
    for number in range(draw(st.integers(0, 3))):
        clients = ("client",) if draw(st.booleans()) else ()
        facts = {"id": f"con_{number}", "name": f"sms-{number}", "enabled_clients": clients}
        if draw(st.integers(0, 5)) == 0:
            made.append(SmsConnection.model_validate({**facts, "options_hidden": True}))
            continue
        switch = draw(st.sampled_from([None, True, False, "unified", "other", 1, {"mode": "new"}]))
        twilio = TWILIO if draw(st.booleans()) else None
        template = {"template": "Code: {{ code }}", "syntax": "liquid"}
        made.append(
            SmsConnection.model_validate(
                {**facts, **template, "use_phone_provider": switch, "twilio": twilio}
            )
        )
    return tuple(made)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """A tenant on either experience, with or without a provider and MFA through the same account."""
    mfa = draw(st.booleans())
    return Snapshot(
        domain="t.eu.auth0.com",
        taken_at=datetime(2026, 9, 1, tzinfo=UTC),
        client_id="ours",
        scopes=frozenset(required_scopes("migrate")),
        flag=draw(st.sampled_from([True, False, None])),
        selected_provider="twilio",
        factor_enabled=mfa,
        message_types=(MessageType.SMS,) if mfa else (),
        twilio=TWILIO,
        providers=(PROVIDER,) if draw(st.booleans()) else (),
        connections=draw(connections()),
    )


@settings(max_examples=300)
@given(snapshot=snapshots())
def test_verdicts_of_any_connections(snapshot: Snapshot) -> None:
    """An eligible tenant has its reversibility judged, and what is not shown never counts as nothing."""
    judgement = classify(snapshot, TARGET)
    assessment = judgement.assessment
    if assessment.verdict is Verdict.ELIGIBLE:
        assert assessment.reversibility is not None
        assert assessment.reversibility.reasons
    in_use = snapshot.enabled_connections
    if any(c.options_hidden for c in in_use):
        assert assessment.verdict in {Verdict.BLOCKED, Verdict.CONTACT_SUPPORT, Verdict.BROKEN}
        assert assessment.passwordless
        if assessment.verdict is Verdict.BLOCKED:
            assert ReasonCode.MISSING_SCOPE in {r.code for r in assessment.reasons}
    if any(c.twilio and c.use_phone_provider is not True for c in in_use):
        assert assessment.verdict not in {Verdict.ALREADY_MIGRATED, Verdict.NOT_APPLICABLE}


@settings(max_examples=300)
@given(snapshot=snapshots())
def test_plans_of_any_connections(snapshot: Snapshot) -> None:
    """Every connection in use gets `true`, a switch that is off too, and no other; none is written unread."""
    judgement = classify(snapshot, TARGET)
    if judgement.assessment.verdict is not Verdict.ELIGIBLE:
        return
    plan = make_plan(snapshot, judgement, {})
    switched = {s.target for s in plan.steps if s.kind is StepKind.SWITCH_CONNECTION}
    assert switched == {
        c.id
        for c in snapshot.connections
        if c.use_phone_provider is False or (c.enabled_clients and c.use_phone_provider is not True)
    }
    assert not switched & {c.id for c in snapshot.connections if c.options_hidden}
    assert judgement.assessment.reversibility is not None
    assert plan.reversibility is judgement.assessment.reversibility.level
    undocumented = [
        c for c in snapshot.enabled_connections if c.use_phone_provider not in (None, True, False)
    ]
    if undocumented:
        assert plan.reversibility is Reversibility.UNKNOWN
