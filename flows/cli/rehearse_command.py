"""`rehearse`: migrate a simulated twin of the fleet."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.table import Table

from configs import Fleet, load_fleet
from configs.values import is_loopback
from flows import local_server
from flows.cli.common import FleetFile, Json, load_for_flow, run_flow
from flows.cli.output import print_json, tenants_of
from flows.cli.terminal import err, out
from flows.rehearsal.rehearsal_faults import parse_rehearsal_faults
from flows.rehearsal.rehearse import RehearsalRequest, Rehearsed, unmarked
from flows.rehearsal.rehearse import rehearse as rehearse_fleet
from flows.rehearsal.twin_world import Conditions
from phonefleet.ledger.location import open_ledger
from phonefleet.model.rehearsal import Rehearsal

_PER_DAY = 100.0


def rehearse(
    fleet: FleetFile,
    plan: Annotated[
        Path | None, typer.Option(help="Rehearse exactly this plan; without it, whatever is eligible.")
    ] = None,
    faults: Annotated[
        str | None,
        typer.Option(
            "--faults",
            metavar="SHORT|JSON|FILE",
            help="What goes wrong: provider_fails=REGION, provider_fails_after_switch=REGION, dead_worker=WRITES, "
            "rate_limit=BURST/PER_SECOND, error_rate=5%, drop_rate=5%; or JSON, or a file of it.",
        ),
    ] = None,
    roll_back: Annotated[
        bool, typer.Option("--roll-back", help="Then roll back what was migrated, and compare.")
    ] = False,
    read: Annotated[
        bool,
        typer.Option("--read", help="Read every tenant first; without it, the ledger's last state is used."),
    ] = False,
    messages_per_day: Annotated[
        float, typer.Option(min=0, help="Messages that users of each way of sending request, on average.")
    ] = _PER_DAY,
    no_rate_limits: Annotated[
        bool,
        typer.Option("--no-rate-limits", help="Without rate limits and latency: sooner done, no duration."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Let rollout.max_change be exceeded.")] = False,
    as_json: Json = False,
) -> None:
    """Migrate a simulated twin of the fleet, and say what would become of each tenant; writes to none."""
    conditions = Conditions(
        faults=parse_rehearsal_faults(faults),
        rate_limits=not no_rate_limits,
        latency=not no_rate_limits,
        messages_per_day=messages_per_day,
    )
    loaded = _read_first(fleet) if read else load_fleet(fleet)
    request = RehearsalRequest(plan, conditions, roll_back=roll_back, force=force)
    with open_ledger(loaded, create=False) as ledger:
        rehearsed = rehearse_fleet(
            loaded,
            ledger,
            request,
            serve_prefect=_serve_prefect,
            say=lambda text: err.print(text, highlight=False, markup=False),
        )
    _show(rehearsed, as_json=as_json)
    raise typer.Exit(rehearsed.rehearsal.exit_code)


def _read_first(path: Path) -> Fleet:
    """Assess the fleet, which writes to no tenant; its table goes to standard error."""
    loaded = load_for_flow(path)
    from flows.assess import assess

    run_flow(loaded, lambda: assess(str(path)), as_json=False, on=err)
    return loaded


def _serve_prefect(fleet_file: Path) -> str:
    """Return the address of a Prefect server on this machine: one that runs here, or a temporary one."""
    url = os.environ.get("PREFECT_API_URL", "")
    if url and not is_loopback(urlsplit(url).hostname or ""):
        # The runs of twins are not shown among those of tenants.
        del os.environ["PREFECT_API_URL"]
    before = local_server.reserved()
    load_for_flow(fleet_file)
    server = local_server.reserved()
    if server is not None and before is None:
        err.print("starting a temporary Prefect server, which takes 10 to 30 s", highlight=False)
        server.start(fleet_file.parent / "server.log")
    return os.environ["PREFECT_API_URL"]


def _show(rehearsed: Rehearsed, *, as_json: bool) -> None:
    rehearsal = rehearsed.rehearsal
    if as_json:
        print_json(rehearsal.model_dump(mode="json") | {"folder": str(rehearsed.folder)})
    else:
        out.print(_table(rehearsal))
        for lines in (_stops(rehearsal), _locked_out(rehearsal)):
            for line in lines:
                out.print(line, highlight=False, markup=False, soft_wrap=True)
    if other := unmarked(rehearsal):
        err.print(
            f"{tenants_of(len(other))} not marked as rehearsed, because the twin's plan is another: {other[0]}"
            f"{' and others' if len(other) > 1 else ''}. Plan again, then rehearse that plan",
            highlight=False,
            markup=False,
        )


def _table(rehearsal: Rehearsal) -> Table:
    counts: dict[str, Counter[str]] = {}
    for tenant in rehearsal.tenants:
        counts.setdefault(str(tenant.outcome), Counter())[str(tenant.reason or "")] += 1
    result = Table(
        title=f"rehearsal {rehearsal.id}: {tenants_of(len(rehearsal.tenants))}", title_justify="left"
    )
    for name in ("outcome", "tenants", "of which"):
        result.add_column(name)
    for outcome, reasons in sorted(counts.items(), key=lambda item: -item[1].total()):
        listed = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common() if reason)
        result.add_row(outcome, str(reasons.total()), listed)
    return result


def _stops(rehearsal: Rehearsal) -> list[str]:
    return [
        f"wave {batch.wave}, batch {batch.batch} would stop: {batch.reason}"
        for batch in rehearsal.batches
        if batch.reason
    ]


def _locked_out(rehearsal: Rehearsal) -> list[str]:
    domains = {each.domain for each in rehearsal.locked_out}
    lasting = {each.domain for each in rehearsal.locked_out if each.until is None}
    return (
        [f"users of {tenants_of(len(domains))} would get no messages for a time, {len(lasting)} to the end"]
        if domains
        else ["no user would lose messages"]
    )
