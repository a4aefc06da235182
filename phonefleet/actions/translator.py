"""Carrying an Action over: read it, translate it both ways, verify each way.

``carry`` never raises for anything that an Action's text can hold, and never hangs: reading is bounded by the
size of the source and verifying by the verifier's own limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from phonefleet.actions.parse.event_fields import new_place
from phonefleet.actions.parse.parser import ParsedAction, parse_action
from phonefleet.actions.parse.sends import makes_one_call
from phonefleet.actions.parse.syntax import FUNCTIONS, parse
from phonefleet.actions.refusal_codes import FlagCode, RefusalCode
from phonefleet.actions.translate.adapter import DROP, OnError, adapter_code
from phonefleet.actions.translate.flags import flags
from phonefleet.actions.translate.rewrite import rewrite_code
from phonefleet.actions.translation_model import (
    ActionSource,
    FieldMapping,
    Flag,
    OriginalKind,
    RefusalReason,
    Strategy,
    Translation,
    TranslationRefusal,
    Verification,
    VerificationResult,
)
from phonefleet.actions.verify.verifier import verify_translation
from phonefleet.model.endpoints import LEGACY_TRIGGER

CURRENT_RUNTIMES: Final = frozenset({"node22", "node24"})
DEFAULT_RUNTIME: Final = "node22"


@dataclass(frozen=True, slots=True)
class StrategyResult:
    """One strategy's outcome: a translation with its verification (if one was asked for), or a refusal."""

    strategy: Strategy
    translation: Translation | None
    refusal: TranslationRefusal | None
    verification: Verification | None

    @property
    def result(self) -> VerificationResult:
        """The verdict in one word; a translation that nobody tried to verify is ``not_verifiable``."""
        if self.refusal is not None:
            return VerificationResult.REFUSED
        return (
            self.verification.result if self.verification is not None else VerificationResult.NOT_VERIFIABLE
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the verdict is what it is, each as ``code: sentence`` for a refusal."""
        if self.refusal is not None:
            return tuple(_sentence(reason) for reason in self.refusal.reasons)
        return (
            self.verification.reasons if self.verification is not None else ("no verification was asked for",)
        )


@dataclass(frozen=True, slots=True)
class TranslationResult:
    """Everything known about carrying one Action over."""

    source: ActionSource
    adapter: StrategyResult
    rewrite: StrategyResult
    flags: tuple[Flag, ...]

    @property
    def best(self) -> StrategyResult | None:
        """The attempt to deploy: a verified adapter first, then a verified rewrite, else nothing."""
        attempts = (self.adapter, self.rewrite)
        return next((attempt for attempt in attempts if attempt.result is VerificationResult.VERIFIED), None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a verification is asked for."""

    events: int
    seed: int
    drops_other_types: bool
    both: bool


def translate(
    source: ActionSource,
    *,
    events: int = 20,
    verify: bool = True,
    other_types: str = DROP,
    on_error: OnError = OnError.DROP,
    seed: int = 0,
    both: bool = True,
) -> TranslationResult:
    """Translate ``source`` both ways and verify each.

    Args:
        source: the Action as the Management API, or a file, shows it.
        events: how many events a verification runs.
        verify: ``False`` leaves the translations unverified.
        other_types: ``drop``, or the source of a function ``(event, api) => …`` for the notification types
            that have no legacy counterpart.
        on_error: what the adapter does with errors; ``RETRY_UNSENT`` is used only where it is safe.
        seed: makes the events of a verification reproducible.
        both: ``False`` leaves the rewrite unverified where the adapter, which is to be deployed, is verified.
    """
    if other_types != DROP and not _is_function(other_types):
        message = "the handler of the other notification types must be one JavaScript function"
        return _refused(source, TranslationRefusal((RefusalReason(RefusalCode.BAD_OTHER_TYPES, message),)))
    asked = _Asked(events, seed, drops_other_types=other_types == DROP, both=both) if verify else None
    try:
        return _carry(source, other_types, on_error, asked)
    except RecursionError:
        message = "values refer to each other more deeply than can be followed"
        return _refused(source, TranslationRefusal((RefusalReason(RefusalCode.TOO_DEEP, message),)))


def _carry(
    source: ActionSource, other_types: str, on_error: OnError, asked: _Asked | None
) -> TranslationResult:
    reading = parse_action(source)
    if isinstance(reading, TranslationRefusal):
        return _refused(source, reading)
    found = (*flags(reading), *_runtime_flags(source))
    errors = on_error if makes_one_call(reading.flow) else OnError.DROP
    adapted = adapter_code(source.name, source.code, other_types=other_types, on_error=errors)
    adapter = _translation(reading, Strategy.ADAPTER, adapted, found)
    rewritten = rewrite_code(reading, other_types=other_types)
    rewrite = (
        rewritten
        if isinstance(rewritten, TranslationRefusal)
        else _translation(reading, Strategy.REWRITE, rewritten, found)
    )
    first = _attempt(source, Strategy.ADAPTER, adapter, asked)
    enough = asked is not None and not asked.both and first.result is VerificationResult.VERIFIED
    second = _attempt(source, Strategy.REWRITE, rewrite, None if enough else asked)
    return TranslationResult(source, first, second, found)


def bound_action(sources: Sequence[ActionSource]) -> ActionSource | TranslationRefusal:
    """The one Action of those bound to the legacy flow: exactly one can become the custom provider."""
    if len(sources) == 1:
        return sources[0]
    names = ", ".join(source.name for source in sources) or "none"
    message = f"{len(sources)} Actions are bound to {LEGACY_TRIGGER} ({names}); a provider has exactly one"
    return TranslationRefusal((RefusalReason(RefusalCode.SEVERAL_ACTIONS, message),))


def _attempt(
    source: ActionSource, strategy: Strategy, made: Translation | TranslationRefusal, asked: _Asked | None
) -> StrategyResult:
    if isinstance(made, TranslationRefusal):
        return StrategyResult(strategy, None, made, None)
    if asked is None:
        return StrategyResult(strategy, made, None, None)
    verification = verify_translation(
        source.code,
        made.code,
        dependencies=source.dependencies,
        secret_names=made.secret_names,
        runtime=made.runtime,
        events=asked.events,
        seed=asked.seed,
        mode=OriginalKind.ACTION,
        drops_other_types=asked.drops_other_types,
        more_secrets=not source.secret_names,
    )
    return StrategyResult(strategy, made, None, verification)


def _translation(
    reading: ParsedAction, strategy: Strategy, code: str, found: tuple[Flag, ...]
) -> Translation:
    source = reading.source
    names = (*source.secret_names, *(secret.name for secret in reading.secrets))
    return Translation(
        strategy=strategy,
        code=code,
        dependencies=source.dependencies,
        secret_names=tuple(dict.fromkeys(names)),
        runtime=_runtime(source),
        flags=found,
        mapping=_mapping(reading),
        decisions=tuple(_decisions(reading)),
    )


def _mapping(reading: ParsedAction) -> tuple[FieldMapping, ...]:
    """Each field that the code uses, in the order of first use."""
    rows: dict[str, FieldMapping] = {}
    for access in reading.accesses:
        rows.setdefault(access.field, FieldMapping(access.field, new_place(access.path), access.line))
    return tuple(rows.values())


def _decisions(reading: ParsedAction) -> list[str]:
    source = reading.source
    decisions = []
    names = sorted({*source.secret_names, *(secret.name for secret in reading.secrets)})
    if names:
        decisions.append(f"Supply a value for each of these secrets, by reference: {', '.join(names)}.")
    if _runtime(source) != source.runtime:
        decisions.append(f"The runtime is raised from {source.runtime} to {_runtime(source)}; test it there.")
    if any(trigger != LEGACY_TRIGGER for trigger in source.triggers):
        decisions.append("The original Action stays in place: it serves other triggers too.")
    if not reading.modules and not source.dependencies:
        decisions.append("The Action has no dependencies.")
    return decisions


def _runtime(source: ActionSource) -> str:
    return source.runtime if source.runtime in CURRENT_RUNTIMES else DEFAULT_RUNTIME


def _runtime_flags(source: ActionSource) -> tuple[Flag, ...]:
    if _runtime(source) == source.runtime:
        return ()
    message = f"{source.runtime} is no longer offered: the new Action runs on {_runtime(source)}"
    return (Flag(FlagCode.RUNTIME_RAISED, 0, message),)


def _is_function(text: str) -> bool:
    program = parse(f"({text})")
    statements = program.root.parts
    if program.error_line is not None or len(statements) != 1 or not statements[0].parts:
        return False
    inner = statements[0].parts[0]
    return (
        inner.kind == "parenthesized_expression"
        and len(inner.parts) == 1
        and inner.parts[0].kind in FUNCTIONS
    )


def _refused(source: ActionSource, refusal: TranslationRefusal) -> TranslationResult:
    return TranslationResult(
        source,
        StrategyResult(Strategy.ADAPTER, None, refusal, None),
        StrategyResult(Strategy.REWRITE, None, refusal, None),
        (),
    )


def _sentence(reason: RefusalReason) -> str:
    where = f" (line {reason.line})" if reason.line else ""
    return f"{reason.code}: {reason.message}{where}"
