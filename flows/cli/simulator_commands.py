"""`simulate` and `demo`: a simulated fleet to try everything on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from configs import Fleet
from flows import local_server
from flows.cli.common import Json, load_for_flow, run_flow
from flows.cli.terminal import err
from flows.fault_text import fault_value, read_faults
from phonefleet.ledger.location import open_ledger, remove_ledger
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import ReasonCode, Verdict
from phonefleet.model.reason_spec import ReasonEffect
from phonefleet.model.reasons import REASONS
from phonefleet.secrets.url_keys import mask_url
from simulator.errors import SimulatorError
from simulator.faults import FaultDocument, RateOverride
from simulator.serve import running, serve
from simulator.write_config import write_config

Tenants = Annotated[int, typer.Option(min=0, help="Size of the fleet.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same fleet.")]
FaultsOption = Annotated[
    str | None,
    typer.Option(
        "--faults",
        metavar="SHORT|JSON|FILE",
        help="Faults: error_rate=5%,drop_rate=5%,rate_limit=BURST/PER_SECOND, or JSON, or a file of it.",
    ),
]


DEMO_RATE = RateOverride(burst=50, per_second=16)
"""Every tenant of a demo has the rate limit of an enterprise production tenant; slower tiers would take minutes."""


def simulate(
    tenants: Tenants = 20,
    seed: Seed = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8765,
    latency: Annotated[
        str | None, typer.Option(help="`recorded`: answer as slowly as in recorded exchanges.")
    ] = None,
    faults: FaultsOption = None,
    write_config: Annotated[
        Path | None,
        typer.Option(
            "--write-config", metavar="DIR", help="Write fleet.yaml and secrets.env to this directory."
        ),
    ] = None,
    tls: Annotated[
        bool, typer.Option("--tls", help="Serve HTTPS with a temporary certificate authority.")
    ] = False,
) -> None:
    """Serve a simulated fleet of Auth0 tenants on the loopback address until interrupted."""
    if latency not in (None, "recorded"):
        raise typer.BadParameter("the only latency is `recorded`", param_hint="--latency")

    def ready(url: str, written: Path | None) -> None:
        where = f"; its fleet file is {written}" if written else ""
        err.print(f"{tenants} tenants at {url}{where}", highlight=False, markup=False)

    serve(
        tenants,
        seed,
        port,
        latency=latency is not None,
        faults=parse_faults(faults),
        config_directory=write_config,
        tls=tls,
        ready=ready,
    )


_SHORT_FORM = re.compile(r"[a-z_]+=[^=,/]+(/[^=,/]+)?(,[a-z_]+=[^=,/]+(/[^=,/]+)?)*")


def parse_faults(text: str | None) -> FaultDocument | None:
    """Parse faults in the short form (`error_rate=5%,drop_rate=5%,rate_limit=10/8`), as JSON or as a file of it.

    Raises:
        SimulatorError: it is none of them, or has a fault that the simulator doesn't have.
    """
    if text is None:
        return None
    try:
        return FaultDocument.model_validate(
            read_faults(text, _SHORT_FORM, lambda _, value: fault_value(value))
        )
    except OSError as error:
        raise SimulatorError(f"--faults {text}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SimulatorError(f"--faults: {error}") from error


def demo(
    tenants: Tenants = 40,
    seed: Seed = 1,
    faults: FaultsOption = None,
    directory: Annotated[
        Path, typer.Option("--dir", help="Directory for the fleet file, the state and the reports.")
    ] = Path(".state/demo"),
    as_json: Json = False,
) -> None:
    """Simulate a fleet, migrate it, and show the result."""
    document = parse_faults(faults) or FaultDocument()
    document = document.model_copy(update={"rate_limit": document.rate_limit or DEMO_RATE})
    with running(tenants, seed, faults=document) as served:
        fleet_file = write_config(directory, served.url, served.app.state.world.fleet, served.ca_file)
        loaded = load_for_flow(fleet_file)
        # An earlier demo's ledger is of tenants that no longer exist.
        remove_ledger(loaded)
        from flows.migrate import migrate

        err.print(f"{tenants} simulated tenants at {served.url}; fleet file {fleet_file}", highlight=False)
        finished = run_flow(loaded, lambda: migrate(str(fleet_file)), as_json=as_json)
    for line in (*_rehearsal(loaded, finished.run_id, tenants, seed), _where_to_watch()):
        err.print(line, highlight=False, markup=False)
    raise typer.Exit(finished.code)


def _rehearsal(fleet: Fleet, run_id: str, tenants: int, seed: int) -> Iterator[str]:
    """Yield which tenant waits for approval, and how to practice approving: a demo's fleet ends with it."""
    with open_ledger(fleet, create=False) as ledger:
        record = ledger.runs.record(run_id)
    waiting = {t.domain: code for t in record.tenants if t.assessment and (code := _awaited(t.assessment))}
    if not waiting:
        return
    first = next(iter(waiting))
    yield f"{len(waiting)} tenant(s) wait for approval only, for example {first} ({waiting[first]})"
    yield (
        f"to practice approving: phonefleet simulate --tenants {tenants} --seed {seed} --write-config rehearsal; then, "
        f"in a second terminal, in folder rehearsal: phonefleet plan fleet.yaml, and phonefleet approve plan.json "
        f"--tenant {first} --reason TEXT"
    )


def _awaited(assessment: Assessment) -> ReasonCode | None:
    """Return a reason that approval of the tenant's plan accepts, if no other kind of reason blocks the tenant."""
    blockers = [r.code for r in assessment.reasons if REASONS[r.code].effect is ReasonEffect.BLOCKS]
    if assessment.verdict is Verdict.BLOCKED and all(REASONS[code].plan_may_be_approved for code in blockers):
        return blockers[0]
    return None


def _where_to_watch() -> str:
    if local_server.reserved():
        return "to watch it in Prefect's user interface: phonefleet server start, then phonefleet demo again"
    return f"to watch it in Prefect's user interface: {mask_url(os.environ['PREFECT_API_URL']).removesuffix('/api')}"
