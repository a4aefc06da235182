"""What static reading found may prevent an automatic verdict, whatever the runs showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from phonefleet.actions.parse.flow_types import Name
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
