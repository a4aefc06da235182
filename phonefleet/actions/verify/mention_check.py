"""What static reading found may prevent an automatic verdict, whatever the runs showed."""

from __future__ import annotations

from dataclasses import replace

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.own_place import own_place, removed_names
from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.runtime_changes import runtime_changes
from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import TranslationReason, Verification, VerificationResult
from phonefleet.actions.verify.traces import ProgramRun
from phonefleet.actions.verify.unlike_uses import looked_into, read_stacks


def withhold(verification: Verification, parsed: ParsedAction, runtime: str) -> Verification:
    """Take back ``verified`` where reading the original shows what runs do not.

    That is a mention of a field without a counterpart, if it is not known what for, and what the original's runtime and
    the translation's ``runtime`` do not have alike.
    """
    if verification.result is not VerificationResult.VERIFIED:
        return verification
    old = parsed.source.runtime
    reasons = [
        TranslationReason(
            VerificationCode.REMOVED_FIELD_MENTIONED,
            f"{mention.name} may be read from the legacy event, and the new event has no such field",
            mention.line,
        )
        for mention in parsed.mentions
    ]
    reasons += [
        TranslationReason(
            VerificationCode.RUNTIME_CHANGED,
            f"the original asks for {change.name}, which {old} and {runtime} do not have alike",
            change.line,
        )
        for change in runtime_changes(parsed.flow, old, runtime)
    ]
    if not reasons:
        return verification
    return replace(
        verification,
        result=VerificationResult.NOT_VERIFIABLE,
        reasons=(*reasons, *verification.reasons),
    )


def unseen_by_runs(run: ProgramRun, flow: Flow) -> list[TranslationReason]:
    """What comparing runs of the original cannot show: lost fields it looks into, its own place, what Node 22 lacks."""
    places = [
        TranslationReason(
            VerificationCode.OWN_PLACE,
            f"the original reads {each.name}, which depends on where its code is; a translation is elsewhere",
            each.line,
        )
        for each in own_place(flow)
    ]
    removed = [
        TranslationReason(
            VerificationCode.RUNTIME_REMOVED,
            f"the original names {each.name}, which Node 22 does not have",
            each.line,
        )
        for each in removed_names(flow)
    ]
    return [*looked_into(run, flow), *read_stacks(run, flow), *places, *removed]
