"""What both programs must do alike, too: on legacy events that Auth0 may send instead, and on other notifications."""

from __future__ import annotations

import json
from dataclasses import replace

from phonefleet.actions.parse.event_fields import LEGACY_EVENTS
from phonefleet.actions.parse.event_table import Path
from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import (
    Counterexample,
    TranslationReason,
    Verification,
    VerificationResult,
)
from phonefleet.actions.verify.differing import ProgramPair, differences_of, differs, not_verifiable
from phonefleet.actions.verify.obstacles import obstacles
from phonefleet.actions.verify.programs import in_order
from phonefleet.actions.verify.sample_events import OTHER_TYPES, new_event
from phonefleet.actions.verify.sample_message import Detail
from phonefleet.actions.verify.traces import ProgramRun

_SHIFTED = 8
"""On how many messages programs that read the clock or random numbers are compared again, with others."""

_RETRIED = 4
_REFUSED_LATE = "ok, then network error (refused)"


def verify_disputed(pair: ProgramPair, original: ProgramRun, translation: ProgramRun) -> Verification | None:
    """Both must do the same, too, if the legacy event lacks the fields on which Auth0's sources disagree."""
    fields = LEGACY_EVENTS[pair.setting.conditions.version].disputed()
    if pair.lacking(*fields).run_original().raw == original.raw:
        return None
    decisive: list[Path] = []
    found: Verification | None = None
    for field in (*((each,) for each in fields), fields):
        lacking = pair.lacking(*field)
        run = lacking.run_original()
        reasons = obstacles(run, "original", pair.optional_api)
        if reasons:
            return not_verifiable(reasons)
        differences = [] if run.raw == original.raw else differences_of(lacking, run, translation)
        if differences and not (found and len(field) > 1):
            decisive += field
            found = found or differs(lacking, run, translation, differences)
    if found is None or found.result is not VerificationResult.DIFFERS:
        return found
    names = " and ".join(".".join(("event", *path)) for path in decisive)
    why = (
        f"Auth0's sources disagree on whether the legacy event has {names}: both do the same where it has, and not "
        "where it has not"
    )
    reasons = [TranslationReason(VerificationCode.DISPUTED_FIELD, why), *found.reasons]
    disputed = tuple(".".join(("event", *path)) for path in decisive)
    return replace(found, reasons=tuple(reasons), disputed=disputed)


def other_types(pair: ProgramPair, translation: ProgramRun) -> Verification | None:
    """Notices without a one-time code must send nothing and be dropped."""
    first = len(in_order(pair.messages))
    for offset, name in enumerate(OTHER_TYPES):
        trace = translation.trace(first + offset)
        if trace.effects() or trace.decided != "drop" or trace.end != "returned":
            text = f"a notification of type {name} must be dropped and nothing sent"
            event = new_event(pair.messages[0], dict(pair.setting.conditions.secrets), name)
            event_text = json.dumps(event, ensure_ascii=False, indent=2)
            answers = pair.messages[0].kind.answers
            example = Counterexample("null", event_text, answers, (), trace.lines(), text)
            reason = TranslationReason(VerificationCode.OTHER_TYPES, text)
            return Verification(VerificationResult.DIFFERS, len(pair.messages), (reason,), example)
    return None


def verify_shifted(pair: ProgramPair) -> Verification | None:
    """Programs that read the clock or random numbers must also do the same with another clock and seed."""
    other = pair.on(pair.messages[:_SHIFTED], shifted=True)
    mine, theirs = other.run_original(), other.run_translation()
    reasons = [
        *obstacles(mine, "original", pair.optional_api),
        *obstacles(theirs, "translation", pair.optional_api),
    ]
    if reasons:
        return not_verifiable(reasons)
    differences = differences_of(other, mine, theirs)
    return differs(other, mine, theirs, differences) if differences else None


def verify_reordered(pair: ProgramPair, original: ProgramRun, translation: ProgramRun) -> Verification | None:
    """Both must do the same, too, if the fields of the legacy event come in another order: Auth0 documents none."""
    other = pair.reordered()
    run = other.run_original()
    if run.raw == original.raw:
        return None
    if reasons := obstacles(run, "original", pair.optional_api):
        return not_verifiable(reasons)
    found = differences_of(other, run, translation)
    if not found:
        return None
    differing = differs(other, run, translation, found)
    why = "the original depends on the order in which the fields of its event come, which is not documented"
    of_order = TranslationReason(VerificationCode.FIELD_ORDER, why)
    reasons = [of_order, *differing.reasons]
    return replace(differing, result=VerificationResult.NOT_VERIFIABLE, reasons=tuple(reasons))


def verify_retried(pair: ProgramPair) -> Verification | None:
    """A retry must not follow a call that failed after another one was answered: that one may have sent the message."""
    full = [message for message in pair.messages if message.kind.detail is Detail.FULL] or list(pair.messages)
    refused = tuple(replace(m, kind=replace(m.kind, answers=_REFUSED_LATE)) for m in full[:_RETRIED])
    other = pair.on(refused)
    mine, theirs = other.run_original(), other.run_translation()
    reasons = [
        *obstacles(mine, "original", pair.optional_api),
        *obstacles(theirs, "translation", pair.optional_api),
    ]
    if reasons:
        return not_verifiable(reasons)
    if not differences_of(other, mine, theirs):
        return None
    why = "the translation may request a retry after a call that failed, though an earlier call was answered"
    return not_verifiable([TranslationReason(VerificationCode.RETRY_UNSAFE, why)])
