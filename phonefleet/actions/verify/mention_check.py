"""What static reading found may prevent an automatic verdict, whatever the runs showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.flow_types import Name
from phonefleet.actions.parse.own_place import own_place, removed_names
from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import TranslationReason, Verification, VerificationResult


def withhold(verification: Verification, mentions: Sequence[Name]) -> Verification:
    """Take back ``verified`` where the original mentions a field without a counterpart and it is not known what for."""
    if verification.result is not VerificationResult.VERIFIED or not mentions:
        return verification
    reasons = [
        TranslationReason(
            VerificationCode.REMOVED_FIELD_MENTIONED,
            f"{mention.name} may be read from the legacy event, and the new event has no such field",
            mention.line,
        )
        for mention in mentions
    ]
    return replace(
        verification,
        result=VerificationResult.NOT_VERIFIABLE,
        reasons=(*reasons, *verification.reasons),
    )


def unseen_by_runs(flow: Flow) -> list[TranslationReason]:
    """What of the original runs cannot show: its own place, and functions that Node 22 does not have."""
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
    return [*places, *removed]
