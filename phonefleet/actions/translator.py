"""Translate an Action: parse it, translate it both ways, verify each translation.

``translate`` never raises for anything that an Action's text can hold, and never hangs: parsing is bounded by the
size of the source, and verification by the verifier's own limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.parser import MAX_SOURCE, parse_action
from phonefleet.actions.parse.sends import makes_one_call, repeats_a_send
from phonefleet.actions.parse.syntax import FUNCTIONS, parse
from phonefleet.actions.reason_codes import FlagCode, RefusalCode
from phonefleet.actions.translate.adapter import DROP, OnError, adapter_code
from phonefleet.actions.translate.flags import flags
from phonefleet.actions.translate.rewrite import rewrite_code
from phonefleet.actions.translation_model import (
    ActionSource,
    FieldMapping,
    Flag,
    Strategy,
    StrategyResult,
    Translation,
    TranslationReason,
    TranslationRefusal,
    TranslationResult,
    VerificationResult,
)
from phonefleet.actions.verify.mention_check import withhold
from phonefleet.actions.verify.verifier import verify_once
from phonefleet.model.endpoints import LEGACY_TRIGGER

CURRENT_RUNTIMES: Final = frozenset({"node22", "node24"})
DEFAULT_RUNTIME: Final = "node22"


@dataclass(frozen=True, slots=True)
class _Options:
    """How to verify."""

    events: int
    seed: int
    other_types: str


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
    """Translate ``source`` both ways and verify each translation.

    Args:
        source: the Action as the Management API, or a file, shows it.
        events: how many events a verification runs.
        verify: ``False`` skips the verification.
        other_types: ``drop``, or the source of a function ``(event, api) => …`` for the notification types
            that have no legacy counterpart.
        on_error: what the adapter does with errors; ``RETRY_UNSENT`` is used only where it is safe.
        seed: selects the events of a verification.
        both: ``False`` skips the verification of the rewrite if the adapter, which is deployed, is verified.
    """
    if other_types != DROP and not _is_function(other_types):
        message = "the handler of the other notification types must be one JavaScript function"
        return _refused(source, TranslationReason(RefusalCode.BAD_OTHER_TYPES, message))
    try:
        parsed = parse_action(source)
        if isinstance(parsed, TranslationRefusal):
            return _refused(source, *parsed.reasons)
        # Two calls of which only one runs are safe, too, but only runs can show that.
        safe = not repeats_a_send(parsed.flow) if verify else makes_one_call(parsed.flow)
        errors = on_error if safe else OnError.DROP
        version = parsed.flow.event.version
        adapted = adapter_code(
            source.name, source.code, version=version, other_types=other_types, on_error=errors
        )
        rewritten = rewrite_code(parsed, other_types=other_types)
        review = flags(parsed)
        if _runtime(source) != source.runtime:
            message = f"{source.runtime} is no longer offered: the new Action runs on {_runtime(source)}"
            review = (*review, Flag(FlagCode.RUNTIME_RAISED, 0, message))
        options = _Options(events, seed, other_types) if verify else None
        adapter = _strategy_result(parsed, Strategy.ADAPTER, adapted, review, options)
        if verify and errors is OnError.RETRY_UNSENT and adapter.result is not VerificationResult.VERIFIED:
            # Only runs show that a retry is not safe: then every error drops the notification.
            adapted = adapter_code(
                source.name, source.code, version=version, other_types=other_types, on_error=OnError.DROP
            )
            adapter = _strategy_result(parsed, Strategy.ADAPTER, adapted, review, options)
        skip = not both and adapter.result is VerificationResult.VERIFIED
        rewrite = _strategy_result(parsed, Strategy.REWRITE, rewritten, review, None if skip else options)
    except RecursionError:
        message = "values refer to each other more deeply than can be followed"
        return _refused(source, TranslationReason(RefusalCode.TOO_DEEP, message))
    return TranslationResult(source, adapter, rewrite, review)


def _strategy_result(
    parsed: ParsedAction,
    strategy: Strategy,
    code: str | TranslationRefusal,
    review: tuple[Flag, ...],
    options: _Options | None,
) -> StrategyResult:
    if isinstance(code, TranslationRefusal):
        return StrategyResult(strategy, refusal=code)
    size = len(code.encode("utf-8"))
    if size > MAX_SOURCE:
        message = f"the translation has {size} bytes; Auth0 accepts {MAX_SOURCE}: shorten the original"
        return StrategyResult(
            strategy, refusal=TranslationRefusal((TranslationReason(RefusalCode.TOO_LARGE, message),))
        )
    source = parsed.source
    secret_names = tuple(dict.fromkeys((*source.secret_names, *(secret.name for secret in parsed.secrets))))
    translation = Translation(
        strategy=strategy,
        code=code,
        dependencies=source.dependencies,
        secret_names=secret_names,
        runtime=_runtime(source),
        flags=review,
        mapping=_mapping(parsed),
        decisions=tuple(_decisions(parsed, secret_names)),
    )
    if options is None:
        return StrategyResult(strategy, translation)
    verify_equal = verify_once.beside(source.dependencies, source.runtime, source.triggers)
    verification = verify_equal(
        source.code,
        code,
        secret_names=secret_names,
        events=options.events,
        seed=options.seed,
        other_code="" if options.other_types == DROP else options.other_types,
        drops_other_types=options.other_types == DROP,
        more_secrets=not source.secret_names,
        version=parsed.flow.event.version,
    )
    return StrategyResult(
        strategy, translation, verification=withhold(verification, parsed, _runtime(source))
    )


def _mapping(parsed: ParsedAction) -> tuple[FieldMapping, ...]:
    """Each field that the code uses, in the order of first use."""
    rows: dict[str, FieldMapping] = {}
    for access in parsed.accesses:
        place = parsed.flow.event.new_place(access.path)
        rows.setdefault(access.field, FieldMapping(access.field, place.path, place.note, access.line))
    return tuple(rows.values())


def _decisions(parsed: ParsedAction, secret_names: tuple[str, ...]) -> list[str]:
    source = parsed.source
    decisions = []
    if secret_names:
        names = ", ".join(sorted(secret_names))
        decisions.append(f"Supply a value for each of these secrets, by reference: {names}.")
    if _runtime(source) != source.runtime:
        decisions.append(
            f"The runtime changes from {source.runtime} to {_runtime(source)}; test the Action there."
        )
    if any(trigger != LEGACY_TRIGGER for trigger in source.triggers):
        decisions.append("The original Action is kept: it serves other triggers too.")
    if not parsed.modules and not source.dependencies:
        decisions.append("The Action has no dependencies.")
    return decisions


def _runtime(source: ActionSource) -> str:
    return source.runtime if source.runtime in CURRENT_RUNTIMES else DEFAULT_RUNTIME


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


def _refused(source: ActionSource, *reasons: TranslationReason) -> TranslationResult:
    refusal = TranslationRefusal(reasons)
    adapter, rewrite = (StrategyResult(strategy, refusal=refusal) for strategy in Strategy)
    return TranslationResult(source, adapter, rewrite)
