"""Carrying an Action over: read it, translate it both ways, prove each way.

``carry`` never raises for anything that an Action's text can hold, and never hangs: reading is bounded by the
size of the source and proving by the prover's own limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from phonefleet.actions.adapter import DROP, OnError, adapter_code
from phonefleet.actions.fields import new_place
from phonefleet.actions.flags import flags
from phonefleet.actions.model import (
    LEGACY_TRIGGER,
    ActionSource,
    Flag,
    Mapping,
    Proof,
    ProofMode,
    ProofResult,
    Reason,
    Refusal,
    Strategy,
    Translation,
)
from phonefleet.actions.prover import prove
from phonefleet.actions.reasons import FlagCode, ReasonCode
from phonefleet.actions.rewrite import rewrite_code
from phonefleet.actions.sends import makes_one_call
from phonefleet.actions.source import Reading, read
from phonefleet.actions.syntax import FUNCTIONS, parse

CURRENT_RUNTIMES: Final = frozenset({"node22", "node24"})
DEFAULT_RUNTIME: Final = "node22"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One strategy's outcome: a translation with its proof (if one was asked for), or a refusal."""

    strategy: Strategy
    translation: Translation | None
    refusal: Refusal | None
    proof: Proof | None

    @property
    def result(self) -> ProofResult:
        """The verdict in one word; a translation that nobody tried to prove is ``not_provable``."""
        if self.refusal is not None:
            return ProofResult.REFUSED
        return self.proof.result if self.proof is not None else ProofResult.NOT_PROVABLE

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the verdict is what it is, each as ``code: sentence`` for a refusal."""
        if self.refusal is not None:
            return tuple(_sentence(reason) for reason in self.refusal.reasons)
        return self.proof.reasons if self.proof is not None else ("no proof was asked for",)


@dataclass(frozen=True, slots=True)
class Carried:
    """Everything known about carrying one Action over."""

    source: ActionSource
    adapter: Attempt
    rewrite: Attempt
    flags: tuple[Flag, ...]

    @property
    def best(self) -> Attempt | None:
        """The attempt to deploy: a proved adapter first, then a proved rewrite, else nothing."""
        attempts = (self.adapter, self.rewrite)
        return next((attempt for attempt in attempts if attempt.result is ProofResult.PROVED), None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a proof is asked for."""

    events: int
    seed: int
    drops_other_types: bool
    both: bool


def carry(
    source: ActionSource,
    *,
    events: int = 20,
    prove: bool = True,
    other_types: str = DROP,
    on_error: OnError = OnError.DROP,
    seed: int = 0,
    both: bool = True,
) -> Carried:
    """Translate ``source`` both ways and prove each.

    Args:
        source: the Action as the Management API, or a file, shows it.
        events: how many events a proof runs.
        prove: ``False`` leaves the translations unproved.
        other_types: ``drop``, or the source of a function ``(event, api) => …`` for the notification types
            that have no legacy counterpart.
        on_error: what the adapter does with errors; ``RETRY_UNSENT`` is used only where it is safe.
        seed: makes the events of a proof reproducible.
        both: ``False`` leaves the rewrite unproved where the adapter, which is to be deployed, is proved.
    """
    if other_types != DROP and not _is_function(other_types):
        message = "the handler of the other notification types must be one JavaScript function"
        return _refused(source, Refusal((Reason(ReasonCode.BAD_OTHER_TYPES, message),)))
    asked = _Asked(events, seed, drops_other_types=other_types == DROP, both=both) if prove else None
    try:
        return _carry(source, other_types, on_error, asked)
    except RecursionError:
        message = "values refer to each other more deeply than can be followed"
        return _refused(source, Refusal((Reason(ReasonCode.TOO_DEEP, message),)))


def _carry(source: ActionSource, other_types: str, on_error: OnError, asked: _Asked | None) -> Carried:
    reading = read(source)
    if isinstance(reading, Refusal):
        return _refused(source, reading)
    found = (*flags(reading), *_runtime_flags(source))
    errors = on_error if makes_one_call(reading.flow) else OnError.DROP
    adapted = adapter_code(source.name, source.code, other_types=other_types, on_error=errors)
    adapter = _translation(reading, Strategy.ADAPTER, adapted, found)
    rewritten = rewrite_code(reading, other_types=other_types)
    rewrite = (
        rewritten
        if isinstance(rewritten, Refusal)
        else _translation(reading, Strategy.REWRITE, rewritten, found)
    )
    first = _attempt(source, Strategy.ADAPTER, adapter, asked)
    enough = asked is not None and not asked.both and first.result is ProofResult.PROVED
    second = _attempt(source, Strategy.REWRITE, rewrite, None if enough else asked)
    return Carried(source, first, second, found)


def bound_action(sources: Sequence[ActionSource]) -> ActionSource | Refusal:
    """The one Action of those bound to the legacy flow: exactly one can become the custom provider."""
    if len(sources) == 1:
        return sources[0]
    names = ", ".join(source.name for source in sources) or "none"
    message = f"{len(sources)} Actions are bound to {LEGACY_TRIGGER} ({names}); a provider has exactly one"
    return Refusal((Reason(ReasonCode.SEVERAL_ACTIONS, message),))


def _attempt(
    source: ActionSource, strategy: Strategy, made: Translation | Refusal, asked: _Asked | None
) -> Attempt:
    if isinstance(made, Refusal):
        return Attempt(strategy, None, made, None)
    if asked is None:
        return Attempt(strategy, made, None, None)
    proof = prove(
        source.code,
        made.code,
        dependencies=source.dependencies,
        secret_names=made.secret_names,
        runtime=made.runtime,
        events=asked.events,
        seed=asked.seed,
        mode=ProofMode.ACTION,
        drops_other_types=asked.drops_other_types,
        more_secrets=not source.secret_names,
    )
    return Attempt(strategy, made, None, proof)


def _translation(reading: Reading, strategy: Strategy, code: str, found: tuple[Flag, ...]) -> Translation:
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


def _mapping(reading: Reading) -> tuple[Mapping, ...]:
    """Each field that the code uses, in the order of first use."""
    rows: dict[str, Mapping] = {}
    for access in reading.accesses:
        rows.setdefault(access.field, Mapping(access.field, new_place(access.path), access.line))
    return tuple(rows.values())


def _decisions(reading: Reading) -> list[str]:
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


def _refused(source: ActionSource, refusal: Refusal) -> Carried:
    return Carried(
        source,
        Attempt(Strategy.ADAPTER, None, refusal, None),
        Attempt(Strategy.REWRITE, None, refusal, None),
        (),
    )


def _sentence(reason: Reason) -> str:
    where = f" (line {reason.line})" if reason.line else ""
    return f"{reason.code}: {reason.message}{where}"
