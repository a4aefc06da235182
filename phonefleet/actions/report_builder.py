"""Build the report of a translated Action; literal secrets are masked, and reasons become text."""

from __future__ import annotations

from collections.abc import Sequence

from phonefleet.actions.embedded_secrets import Mask, mask_secrets, masked_lines
from phonefleet.actions.translation_model import (
    ActionSource,
    Counterexample,
    Flag,
    StrategyResult,
    Translation,
    TranslationReason,
    Verification,
    VerificationResult,
)
from phonefleet.model.action_report import (
    ReportCounterexample,
    ReportFlag,
    ReportMapping,
    ReportPackage,
    TranslationReport,
)


def report_of_attempt(
    source: ActionSource, attempt: StrategyResult, flags: Sequence[Flag] = ()
) -> TranslationReport:
    """Report an Action with the translation that is used, or that is closest to being used."""
    return _report(
        source.name,
        source.code,
        attempt.translation,
        attempt.verification,
        strategy=str(attempt.strategy),
        result=attempt.result,
        reasons=attempt.reasons,
        flags=flags,
        runtime_before=source.runtime,
    )


def report_of_source(
    name: str,
    original: str,
    translation: Translation,
    verification: Verification,
    *,
    strategy: str,
    runtime_before: str = "",
) -> TranslationReport:
    """Report an Action made for a gateway or for several senders; ``original`` describes them."""
    return _report(
        name,
        original,
        translation,
        verification,
        strategy=strategy,
        result=verification.result,
        reasons=verification.reasons,
        flags=translation.flags,
        runtime_before=runtime_before,
    )


def _report(
    name: str,
    original: str,
    translation: Translation | None,
    verification: Verification | None,
    *,
    strategy: str,
    result: VerificationResult,
    reasons: Sequence[TranslationReason],
    flags: Sequence[Flag],
    runtime_before: str,
) -> TranslationReport:
    mask = Mask.of(original, translation.code if translation else "")
    masked = mask_secrets(mask.hide(original))
    example = verification.counterexample if verification else None
    return TranslationReport(
        name=name,
        original=masked,
        translation=mask_secrets(mask.hide(translation.code)) if translation else "",
        strategy=strategy,
        result=str(result),
        events=verification.events if verification else 0,
        reasons=tuple(mask.hide(str(reason)) for reason in reasons),
        counterexample=_counterexample(example, mask) if example else None,
        mapping=tuple(
            ReportMapping(legacy=row.legacy, new=row.new, note=row.note, line=row.line)
            for row in (translation.mapping if translation else ())
        ),
        secret_names=translation.secret_names if translation else (),
        dependencies=tuple(
            ReportPackage(name=package.name, version=package.version)
            for package in (translation.dependencies if translation else ())
        ),
        runtime=translation.runtime if translation else "",
        runtime_before=runtime_before,
        flags=tuple(ReportFlag(code=f.code, line=f.line, message=mask.hide(f.message)) for f in flags),
        decisions=translation.decisions if translation else (),
        disputed=verification.disputed if verification else (),
        optional=verification.optional if verification else (),
        masked_lines=masked_lines(masked),
    )


def _counterexample(example: Counterexample, mask: Mask) -> ReportCounterexample:
    return ReportCounterexample(
        legacy_event=mask.hide(example.legacy_event),
        new_event=mask.hide(example.new_event),
        answer=example.answer,
        original=tuple(mask.hide(line) for line in example.original),
        translation=tuple(mask.hide(line) for line in example.translation),
        difference=mask.hide(example.difference),
    )
