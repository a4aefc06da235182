"""What messages about a run say, and to whom."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import NotifyEvent, Recipient, SecretRef
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.run_outline import RunOutline
from phonefleet.model.run_record import TenantOutline
from phonefleet.rollout.run_messages import message_for, trial_message

OWNERS = ("shop", "bank", "")
TENANTS = st.lists(
    st.builds(
        lambda number, owner, wave, outcome: TenantOutline(
            domain=f"t{number}.{owner or 'none'}.example",
            owner=owner,
            wave=wave,
            outcome=outcome,
            outcome_reason=ReasonCode.WAVE_STOPPED if outcome is OutcomeKind.HELD else None,
        ),
        st.integers(0, 999),
        st.sampled_from(OWNERS),
        st.sampled_from(("first", "second")),
        st.sampled_from([None, *OutcomeKind]),
    ),
    max_size=40,
    unique_by=lambda tenant: tenant.domain,
)


def recipient(owner: str | None = None) -> Recipient:
    return Recipient(name="x", address=SecretRef.parse("env:X"), owner=owner)


def run_of(tenants: list[TenantOutline]) -> RunOutline:
    return RunOutline(
        run_id="20260501-120000-abcd",
        verb="migrate",
        fleet="acme",
        started_at=datetime(2026, 5, 1, tzinfo=UTC),
        exit_code=3,
        tenants=tuple(tenants),
    )


@given(TENANTS, st.sampled_from(NotifyEvent), st.sampled_from(["", "first", "second"]))
def test_an_owner_reads_of_its_tenants_only(tenants, event, wave):
    message = message_for(
        recipient("shop"), event, run_of(tenants), "link", wave=wave, detail="all 40 tenants"
    )
    theirs = [t for t in tenants if t.owner == "shop"]
    if message is None:
        assert not theirs or wave or event in (NotifyEvent.LOCKED_OUT, NotifyEvent.DRIFT)
        return
    assert theirs
    assert not any(t.domain in message.body for t in tenants if t.owner != "shop")
    assert "all 40 tenants" not in message.body
    assert f"Tenants of shop: {len(theirs)} (" in message.body


@given(TENANTS, st.sampled_from(NotifyEvent), st.sampled_from(["", "first"]))
def test_every_message_has_its_parts(tenants, event, wave):
    message = message_for(recipient(), event, run_of(tenants), "file:///r", wave=wave, detail="the numbers")
    assert message is not None
    assert "the numbers" in message.body
    assert f"Tenants: {len(tenants)} (" in message.body
    assert "\nNext step: " in message.body
    assert message.body.endswith("\nReport: file:///r")
    assert "20260501-120000-abcd" in message.title
    assert message.body.count("\n- ") <= 21


def test_only_events_that_were_asked_for_are_sent():
    some = recipient().model_copy(update={"events": (NotifyEvent.END,)})
    assert message_for(some, NotifyEvent.START, run_of([]), "link") is None
    assert message_for(some, NotifyEvent.END, run_of([]), "link") is not None


@pytest.mark.parametrize("text", ["a\nBcc: x@y", "a\r\n\r\nb", "\x1b[2J"])
def test_no_text_adds_a_line(text):
    """A name cannot end the line that it is in: a subject with two lines would be another header."""
    tenant = TenantOutline(domain="a.example", owner=text, wave=text)
    run = run_of([tenant]).model_copy(update={"fleet": text})
    message = message_for(recipient(text), NotifyEvent.GATE_STOPPED, run, "link", wave=text, detail=text)
    assert message is not None
    for line in (message.title, *message.body.split("\n")):
        assert line.isprintable()
    assert trial_message(recipient(), text).title.isprintable()
