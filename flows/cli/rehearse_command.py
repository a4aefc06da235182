"""`rehearse`: migrate a simulated twin of the fleet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.markup import escape
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
from reports.rehearsal_digest import RehearsalDigest, rehearsal_digest

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
        paths = {kind: str(path) for kind, path in rehearsed.reports.items()}
        print_json(rehearsal.model_dump(mode="json") | {"reports": paths})
    else:
        _print_digest(rehearsal_digest(rehearsal), rehearsal.id)
        for kind, path in rehearsed.reports.items():
            out.print(f"{kind:>10}  {path}", highlight=False, markup=False, soft_wrap=True)
    if other := unmarked(rehearsal):
        err.print(
            f"{tenants_of(len(other))} not marked as rehearsed, because the twin's plan is another: {other[0]}"
            f"{' and others' if len(other) > 1 else ''}. Plan again, then rehearse that plan",
            highlight=False,
            markup=False,
        )


def _print_digest(digest: RehearsalDigest, identity: str) -> None:
    out.print(f"rehearsal {identity}: {digest.headline}", highlight=False, markup=False)
    for table in digest.tables:
        if table.brief:
            shown = Table(*table.head, title=table.title, title_justify="left")
            for row in table.rows:
                shown.add_row(*map(escape, row))
            out.print(shown)
    for sentence in (*digest.sentences, f"duration {digest.duration}"):
        out.print(sentence, highlight=False, markup=False, soft_wrap=True)
