"""Derive from a tenant's intents which steps are applied. Nothing here reads the tenant or the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from phonefleet.model.enums import LEFTOVERS, SWITCHES, Operation, StepKind
from phonefleet.model.run_record import IntentRecord, StepResult

_IN_EFFECT = (StepResult.DONE, StepResult.ALREADY)


def latest_intents(records: Iterable[IntentRecord]) -> dict[tuple[Operation, str], IntentRecord]:
    """Return the last of one plan's intents for each operation and key.

    Args:
        records: the plan's intents, oldest first.
    """
    return {(record.operation, record.key): record for record in records}


def applied_steps(records: Iterable[IntentRecord]) -> dict[str, IntentRecord]:
    """Return the applied steps by key: done or found done, and not reverted since.

    Args:
        records: one plan's intents, oldest first.
    """
    latest = latest_intents(records)
    reverted = {
        key: record.intent_id
        for (operation, key), record in latest.items()
        if operation is Operation.REVERT and record.result in _IN_EFFECT
    }
    return {
        key: record
        for (operation, key), record in latest.items()
        if operation is Operation.APPLY
        and record.result in _IN_EFFECT
        and record.intent_id > reverted.get(key, 0)
    }


def steps_in_place(records: Iterable[IntentRecord]) -> set[str]:
    """Return the keys of the steps that may be in effect, whatever became of a later write of them.

    A step that was done stays in place if it is written again without success. A write of credentials that is `unknown`
    may have arrived. A test message changes nothing.

    Args:
        records: one plan's intents, oldest first.
    """
    keys: set[str] = set()
    for record in records:
        unknown = record.result == StepResult.UNKNOWN and record.kind is not StepKind.SEND_TEST
        if record.operation is Operation.APPLY and (record.result in _IN_EFFECT or unknown):
            keys.add(record.key)
        elif record.operation is Operation.REVERT and record.result in _IN_EFFECT:
            keys.discard(record.key)
    return keys


def has_writes(records: Iterable[IntentRecord]) -> bool:
    """Whether a write of one plan may be in effect.

    Args:
        records: the plan's intents, oldest first.
    """
    records = list(records)
    latest = latest_intents(records).values()
    unknown = any(r.kind is StepKind.SEND_TEST and r.result == StepResult.UNKNOWN for r in latest)
    return unknown or bool(steps_in_place(records))


def switched_keys(records: Iterable[IntentRecord]) -> set[str]:
    """Return the keys of one plan's switches that may be in effect.

    A switch that Auth0 accepted without a visible effect is one of them: the effect may come late. One that Auth0
    refused at its only sending is not. Of several sendings an earlier one may have been taken.

    Args:
        records: the plan's intents, oldest first.
    """
    keys: set[str] = set()
    for record in records:
        if record.kind not in SWITCHES:
            continue
        if record.operation is Operation.APPLY:
            if record.result != StepResult.FAILED or record.attempts > 1:
                keys.add(record.key)
        elif record.result in _IN_EFFECT:
            keys.discard(record.key)
    return keys


def switched_at(records: Iterable[IntentRecord]) -> datetime | None:
    """Return when a tenant was last switched; None if it never was, or was switched back since.

    Args:
        records: every intent of the tenant, oldest first.
    """
    at: datetime | None = None
    for record in records:
        if record.kind in SWITCHES and record.result in _IN_EFFECT:
            at = record.ended_at if record.operation is Operation.APPLY else None
    return at


def last_revert(records: Iterable[IntentRecord]) -> datetime | None:
    """Return when a step of a tenant was last reverted, or found reverted; None if none was."""
    return max(
        (
            record.ended_at
            for record in records
            if record.operation is Operation.REVERT and record.result in _IN_EFFECT and record.ended_at
        ),
        default=None,
    )


def removed_leftovers(records: Iterable[IntentRecord]) -> list[IntentRecord]:
    """Return the removals of legacy parts that were done, by whichever run, oldest first."""
    return [record for record in records if record.kind in LEFTOVERS and record.result == StepResult.DONE]


def unreported_removals(
    removed: Iterable[IntentRecord], run_id: str, reported: datetime | None
) -> list[IntentRecord]:
    """Return the removals that are news for a run: its own, and those that no run has reported.

    Args:
        removed: the removals of `removed_leftovers`.
        run_id: the run.
        reported: when a run last recorded that the tenant was finalized; None if none did. The ledger's clock must
            not have been set back since.
    """
    return [
        record
        for record in removed
        if record.run_id == run_id
        or reported is None
        or (record.ended_at is not None and record.ended_at > reported)
    ]
