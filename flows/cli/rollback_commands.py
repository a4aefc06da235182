"""`rollback` and `finalize`, for migrated tenants."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Annotated, TypeAlias

import typer

from flows.cli.common import (
    Domains,
    FleetFile,
    Json,
    Owners,
    Pool,
    ReportsDir,
    Yes,
    confirm,
    load_for_flow,
    owned_domains,
    run_flow,
)
from flows.cli.terminal import err
from flows.selection import select_for_finalization, select_for_rollback
from phonefleet.ledger.location import open_ledger
from phonefleet.model.enums import ReasonCode
from phonefleet.model.run_options import RunOptions
from phonefleet.model.run_record import RunRecord

MigratedWave: TypeAlias = Annotated[str | None, typer.Option(help="Every migrated tenant of this wave.")]


def rollback(
    fleet: FleetFile,
    tenant: Domains = None,
    owner: Owners = None,
    wave: MigratedWave = None,
    accept_breakage: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A dependent (kind:id) that may break; repeatable."),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
    reports: ReportsDir = None,
    pool: Pool = None,
) -> None:
    """Roll migrated tenants back to what they were, where that breaks nothing."""
    loaded = load_for_flow(fleet)
    from flows.rollback import rollback as rollback_flow

    tenant = owned_domains(loaded, tenant, owner)
    asked = _options(tenant, wave, accept_breakage)
    confirm(f"Roll back {_selected(asked)}?", yes=yes)
    finished = run_flow(
        loaded,
        lambda: rollback_flow(
            str(fleet), tenant, wave, accept_breakage, str(reports) if reports else None, pool
        ),
        as_json=as_json,
        pool=pool or loaded.execution.pool,
        check=lambda ledger: select_for_rollback(loaded, ledger, asked),
    )
    raise typer.Exit(finished.code)


def finalize(
    fleet: FleetFile,
    tenant: Domains = None,
    owner: Owners = None,
    wave: MigratedWave = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="What may be removed for good, for example unbind_action; repeatable."
        ),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
    reports: ReportsDir = None,
    pool: Pool = None,
) -> None:
    """Remove legacy leftovers of migrated tenants for good, each kind accepted by name; without any, only list them.

    A tenant keeps them for rollout.finalize_after (7 days) after its switch, or its wave's soak if that is longer.
    """
    loaded = load_for_flow(fleet)
    from flows.finalize import finalize as finalize_flow

    tenant = owned_domains(loaded, tenant, owner)
    asked = _options(tenant, wave, accept)
    # Without a name nothing is removed: the run lists what would be, and the names that accept it.
    confirm(
        f"Remove {', '.join(asked.accepted)} of {_selected(asked)} for good? This cannot be undone.",
        yes=yes or not asked.accepted,
    )
    finished = run_flow(
        loaded,
        lambda: finalize_flow(str(fleet), tenant, wave, accept, str(reports) if reports else None, pool),
        as_json=as_json,
        pool=pool or loaded.execution.pool,
        check=lambda ledger: select_for_finalization(loaded, ledger, asked),
    )
    with open_ledger(loaded, create=False) as ledger:
        record = ledger.runs.record(finished.run_id)
    for line in removals(record, ["phonefleet", "finalize", str(fleet)], asked):
        err.print(line, highlight=False, markup=False)
    raise typer.Exit(finished.code)


def removals(record: RunRecord, command: list[str], asked: RunOptions) -> Iterator[str]:
    """Yield what a finalization would remove of tenants that were not accepted, and the command that removes it."""
    waiting = [t for t in record.tenants if t.outcome_reason is ReasonCode.FINALIZE_NOT_ACCEPTED and t.plan]
    if not waiting:
        return
    kinds = sorted({step.kind for tenant in waiting if tenant.plan for step in tenant.plan.steps})
    yield f"would be removed for good from {len(waiting)} tenant(s), with no rollback after it:"
    for tenant in waiting:
        yield f"  {tenant.domain}"
        yield from (f"    {step.kind}: {step.title}" for step in (tenant.plan.steps if tenant.plan else ()))
    selected = ["--wave", asked.wave] if asked.wave else [w for d in asked.tenants for w in ("--tenant", d)]
    accepted = sorted({*asked.accepted, *kinds})
    words = [*command, *selected, *(word for name in accepted for word in ("--accept", name))]
    yield f"to remove it: {shlex.join(words)}"


def _options(tenant: list[str] | None, wave: str | None, accepted: list[str] | None) -> RunOptions:
    if bool(tenant) == bool(wave):
        err.print("select tenants: --tenant DOMAIN or --owner NAME (repeatable), or --wave NAME")
        raise typer.Exit(2)
    return RunOptions(tenants=tuple(tenant or ()), wave=wave, accepted=tuple(accepted or ()))


def _selected(options: RunOptions) -> str:
    return ", ".join(options.tenants or [f"wave {options.wave}"])
