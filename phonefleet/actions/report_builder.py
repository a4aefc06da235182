"""Making the account of an Action that is carried over: its literal secrets are masked on the way."""

from __future__ import annotations

from collections.abc import Sequence

from phonefleet.actions.embedded_secrets import Mask, hidden_lines, mask_secrets
from phonefleet.actions.translation_model import (
    ActionSource,
    Counterexample,
    Flag,
    Translation,
    Verification,
    VerificationResult,
)
from phonefleet.actions.translator import StrategyResult
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
    """The account of an Action and the attempt that is used, or that is nearest to being used."""
    return _account(
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
    made: Translation,
    verification: Verification,
    *,
    strategy: str,
    runtime_before: str = "",
) -> TranslationReport:
    """The account of an Action made for a gateway or for several senders; ``original`` says what they were."""
    return _account(
        name,
        original,
        made,
        verification,
        strategy=strategy,
        result=verification.result,
        reasons=verification.reasons,
        flags=made.flags,
        runtime_before=runtime_before,
    )


def _account(
    name: str,
    original: str,
    made: Translation | None,
    verification: Verification | None,
    *,
    strategy: str,
    result: VerificationResult,
    reasons: Sequence[str],
    flags: Sequence[Flag],
    runtime_before: str,
) -> TranslationReport:
    mask = Mask.of(original, made.code if made else "")
    shown = mask_secrets(mask.hide(original))
    return TranslationReport(
        name=name,
        original=shown,
        translation=mask_secrets(mask.hide(made.code)) if made else "",
        strategy=strategy,
        result=str(result),
        events=verification.events if verification else 0,
        reasons=tuple(mask.hide(reason) for reason in reasons),
        counterexample=_example(verification.counterexample, mask)
        if verification and verification.counterexample
        else None,
        mapping=_mapping(made) if made else (),
        secret_names=made.secret_names if made else (),
        dependencies=tuple(ReportPackage(name=d.name, version=d.version) for d in made.dependencies)
        if made
        else (),
        runtime=made.runtime if made else "",
        runtime_before=runtime_before,
        flags=tuple(ReportFlag(code=f.code, line=f.line, message=mask.hide(f.message)) for f in flags),
        decisions=made.decisions if made else (),
        masked_lines=hidden_lines(shown),
    )


def _mapping(made: Translation) -> tuple[ReportMapping, ...]:
    return tuple(_row(row.legacy, row.new, row.line) for row in made.mapping)


def _row(legacy: str, new: str, line: int) -> ReportMapping:
    """The note stands in brackets, or after a comma, behind the new place."""
    place, bracket, note = new.partition(" (")
    if bracket:
        return ReportMapping(legacy=legacy, new=place, note=note.removesuffix(")"), line=line)
    place, comma, note = new.partition(", ")
    if comma:
        return ReportMapping(legacy=legacy, new=place, note=note, line=line)
    return ReportMapping(legacy=legacy, new=new, note="the same" if _same(legacy, new) else "", line=line)


def _same(legacy: str, new: str) -> bool:
    return new == legacy or new == f"event.{legacy}" or legacy == f"event.{new}"


def _example(example: Counterexample, mask: Mask) -> ReportCounterexample:
    return ReportCounterexample(
        legacy_event=mask.hide(example.legacy_event),
        new_event=mask.hide(example.new_event),
        answer=example.answer,
        original=tuple(mask.hide(line) for line in example.original),
        translation=tuple(mask.hide(line) for line in example.translation),
        difference=mask.hide(example.difference),
    )
