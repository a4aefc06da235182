"""Making the account of an Action that is carried over: its literal secrets are masked on the way."""

from __future__ import annotations

from collections.abc import Sequence

from phonefleet.actions.account import (
    AccountDependency,
    AccountExample,
    AccountFlag,
    AccountMapping,
    ActionAccount,
)
from phonefleet.actions.literals import Mask, hidden_lines, masked
from phonefleet.actions.model import ActionSource, Counterexample, Flag, Proof, ProofResult, Translation
from phonefleet.actions.verdict import Attempt


def account_of(source: ActionSource, attempt: Attempt, flags: Sequence[Flag] = ()) -> ActionAccount:
    """The account of an Action and the attempt that is used, or that is nearest to being used."""
    return _account(
        source.name,
        source.code,
        attempt.translation,
        attempt.proof,
        strategy=str(attempt.strategy),
        result=attempt.result,
        reasons=attempt.reasons,
        flags=flags,
        runtime_before=source.runtime,
    )


def account_of_made(
    name: str, original: str, made: Translation, proof: Proof, *, strategy: str, runtime_before: str = ""
) -> ActionAccount:
    """The account of an Action made for a gateway or for several senders; ``original`` says what they were."""
    return _account(
        name,
        original,
        made,
        proof,
        strategy=strategy,
        result=proof.result,
        reasons=proof.reasons,
        flags=made.flags,
        runtime_before=runtime_before,
    )


def _account(
    name: str,
    original: str,
    made: Translation | None,
    proof: Proof | None,
    *,
    strategy: str,
    result: ProofResult,
    reasons: Sequence[str],
    flags: Sequence[Flag],
    runtime_before: str,
) -> ActionAccount:
    mask = Mask.of(original, made.code if made else "")
    shown = masked(mask.hide(original))
    return ActionAccount(
        name=name,
        original=shown,
        translation=masked(mask.hide(made.code)) if made else "",
        strategy=strategy,
        result=str(result),
        events=proof.events if proof else 0,
        reasons=tuple(mask.hide(reason) for reason in reasons),
        counterexample=_example(proof.counterexample, mask) if proof and proof.counterexample else None,
        mapping=_mapping(made) if made else (),
        secret_names=made.secret_names if made else (),
        dependencies=tuple(AccountDependency(name=d.name, version=d.version) for d in made.dependencies)
        if made
        else (),
        runtime=made.runtime if made else "",
        runtime_before=runtime_before,
        flags=tuple(AccountFlag(code=f.code, line=f.line, message=mask.hide(f.message)) for f in flags),
        decisions=made.decisions if made else (),
        masked_lines=hidden_lines(shown),
    )


def _mapping(made: Translation) -> tuple[AccountMapping, ...]:
    return tuple(_row(row.legacy, row.new, row.line) for row in made.mapping)


def _row(legacy: str, new: str, line: int) -> AccountMapping:
    """The note stands in brackets, or after a comma, behind the new place."""
    place, bracket, note = new.partition(" (")
    if bracket:
        return AccountMapping(legacy=legacy, new=place, note=note.removesuffix(")"), line=line)
    place, comma, note = new.partition(", ")
    if comma:
        return AccountMapping(legacy=legacy, new=place, note=note, line=line)
    return AccountMapping(legacy=legacy, new=new, note="the same" if _same(legacy, new) else "", line=line)


def _same(legacy: str, new: str) -> bool:
    return new == legacy or new == f"event.{legacy}" or legacy == f"event.{new}"


def _example(example: Counterexample, mask: Mask) -> AccountExample:
    return AccountExample(
        legacy_event=mask.hide(example.legacy_event),
        new_event=mask.hide(example.new_event),
        answer=example.answer,
        original=tuple(mask.hide(line) for line in example.original),
        translation=tuple(mask.hide(line) for line in example.translation),
        difference=mask.hide(example.difference),
    )
