"""Write the code for what a migration left in one tenant."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prefect import task

from configs import TenantRef
from phonefleet.assessment.drift import Difference, differences
from phonefleet.auth0.left_state_reader import read_left_state
from phonefleet.errors import StepFailed
from phonefleet.execution.applied_plans import applied_plans
from phonefleet.execution.tenant_verification import judge, with_silence
from phonefleet.handover.code_files import code_files
from phonefleet.handover.secret_check import find_secret
from phonefleet.handover.secret_slots import PROVIDER_TOKEN, action_secret, connection_secret
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.left_state import CodeFormat, LeftState, Place
from phonefleet.model.outcome import Outcome
from phonefleet.model.run_record import ChangedField, SnapshotRecord
from phonefleet.model.steps import (
    CreateActionStep,
    CreateProviderStep,
    UpdateActionStep,
    UpdateProviderStep,
)
from tasks.options import tenant_task
from tasks.run_context import RunContext, run_context
from tasks.unexpected_errors import known_errors

_GATEWAY_SECRET: Place = ("gateway_authentication", "secret")
_TWILIO_TOKEN: Place = ("twilio_token",)


@dataclass(frozen=True, slots=True)
class TenantHandedOver:
    """Where a tenant's code was written, and its files below there."""

    folder: str
    files: tuple[str, ...]


@task(**tenant_task("handover"))
async def hand_over_tenant(fleet: str, run_id: str, domain: str) -> TenantHandedOver | Outcome:
    """Write a tenant's code, if it is what phonefleet left.

    Returns:
        What was written, or the outcome of a tenant that differs from what phonefleet left.

    Raises:
        TenantError: the tenant could not be read, is not migrated, or a text of it holds a key.
    """
    with known_errors(domain):
        async with run_context(fleet, run_id) as context:
            return await _hand_over(context, context.tenants[domain])


async def _hand_over(context: RunContext, ref: TenantRef) -> TenantHandedOver | Outcome:
    ledger, domain = context.ledger, ref.domain
    state = await read_left_state(context.api(ref), ref.client_id, datetime.now(UTC))
    judgement, _ = await judge(state.snapshot, ref.target, ledger)
    assessment = await with_silence(judgement.assessment, state.snapshot, ledger)
    await ledger.tenants.add_reading.in_thread(context.run_id, domain, state.snapshot, assessment)
    left = (await ledger.snapshots.latest.in_thread([domain])).get(domain)
    if left and (changed := differences(left.snapshot, state.snapshot)):
        await ledger.drift.add.in_thread(context.run_id, _fields(left, changed))
        message = f"{domain}: {'; '.join(map(str, changed))}. Repair or accept it (phonefleet compliance), then repeat"
        return Outcome(OutcomeKind.DRIFTED, ReasonCode.DRIFT_FOUND, message)
    _check_migrated(domain, assessment.verdict, left)
    _check_code(state)
    references = {
        **await asyncio.to_thread(_written_references, ledger, domain),
        **_connection_references(ref, state),
    }
    code_format = context.options.code_format or CodeFormat.TERRAFORM
    files = code_files(state, references, code_format)
    _check_files(state, files)
    folder = Path(context.options.out or ".") / domain
    await asyncio.to_thread(_write, folder, files)
    return TenantHandedOver(str(folder), tuple(files))


def _fields(left: SnapshotRecord, changed: tuple[Difference, ...]) -> list[ChangedField]:
    return [
        ChangedField(
            domain=left.domain, field=each.field, expected=each.was, found=each.now, expected_at=left.at
        )
        for each in changed
    ]


def _check_migrated(domain: str, verdict: Verdict, left: SnapshotRecord | None) -> None:
    if left is None:
        why = "the ledger has no state of it after a migration"
    elif verdict is not Verdict.ALREADY_MIGRATED:
        why = f"its verdict is {verdict}, not {Verdict.ALREADY_MIGRATED}"
    else:
        return
    raise StepFailed(domain, ReasonCode.NOT_MIGRATED, f"not handed over: {why}. Complete its migration first")


def _check_code(state: LeftState) -> None:
    """Refuse an Action whose code holds a key: its code with the key is a leak, and without it another Action."""
    action = state.action
    if action and action.fingerprint:
        raise StepFailed(
            state.snapshot.domain,
            ReasonCode.KEY_IN_CODE,
            f"not handed over: the code of Action {action.name} contains what looks like a key, and no file may "
            "contain it. Move the key into a secret of the Action, and migrate again",
        )


def _check_files(state: LeftState, files: Mapping[str, str]) -> None:
    """Refuse to write files with a secret. Secrets have placeholders, so it is where none was expected."""
    if secret := find_secret(state, files):
        raise StepFailed(
            state.snapshot.domain,
            ReasonCode.SECRET_IN_FILES,
            f"not handed over: {secret.field} contains {secret.kind}, and no file may contain it. Remove it there in "
            "Auth0, accept the change (phonefleet compliance), then repeat",
        )


def _written_references(ledger: Ledger, domain: str) -> Mapping[Place, str]:
    """Return where the operator has the secrets that a migration wrote; of two plans the later one counts."""
    found: dict[Place, str] = {}
    for plan in reversed(applied_plans(ledger, domain)):
        for step in plan.steps:
            match step:
                case CreateActionStep() | UpdateActionStep():
                    found |= {action_secret(s.name): s.value.reference for s in step.after.secrets}
                case CreateProviderStep() | UpdateProviderStep() if (
                    token := step.after.credentials.auth_token
                ):
                    found[PROVIDER_TOKEN] = token.reference
    return found


def _connection_references(ref: TenantRef, state: LeftState) -> Mapping[Place, str]:
    """Return where the operator has the legacy secrets of connections: the migration wrote them to other places."""
    twilio, gateway_secret, found = ref.target.twilio, ref.target.gateway_secret, dict[Place, str]()
    provider = state.snapshot.provider
    for connection, whole in state.switched:
        if gateway_secret and _GATEWAY_SECRET in whole.secrets:
            found[connection_secret(connection.id, _GATEWAY_SECRET)] = str(gateway_secret)
        same_account = connection.twilio and provider and connection.twilio.sid == provider.sid
        if twilio and same_account and _TWILIO_TOKEN in whole.secrets:
            found[connection_secret(connection.id, _TWILIO_TOKEN)] = str(twilio.auth_token)
    return found


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Write a tenant's files, all of them or none."""
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    for path, text in files.items():
        target = unfinished / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8", "replace"))
    unfinished.replace(folder)
