"""`unlock`: end the lease of a tenant or of a run whose process is known to be dead."""

from __future__ import annotations

from typing import Annotated

import typer

from configs import load_fleet
from flows.cli.common import DEFAULT_FLEET_FILE, FleetOption, Json, Yes, confirm
from flows.cli.output import print_json
from flows.cli.terminal import err
from phonefleet.errors import LeaseHeld
from phonefleet.ledger.lease_reader import run_lease
from phonefleet.ledger.location import open_ledger
from phonefleet.model.run_record import Lease
from phonefleet.system_user import operating_system_user


def unlock(
    tenant: Annotated[str, typer.Argument(metavar="TENANT|RUN", help="A tenant's domain, or a run's id.")],
    fleet: FleetOption = DEFAULT_FLEET_FILE,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """End the lease of a tenant or of a run, when the process that holds it is known to be dead.

    A lease ends by itself a few minutes after its process has died, and at once where phonefleet can see that on the
    same machine. Unlock a tenant only if you cannot wait for that: a process that is still alive loses its right to
    write in the middle of its work.
    """
    domain = tenant.lower() if "." in tenant else run_lease(tenant)
    loaded = load_fleet(fleet)
    with open_ledger(loaded, create=False) as ledger:
        leases = (*ledger.leases.in_force(), *ledger.leases.of_runs_in_force())
        held = next((lease for lease in leases if lease.domain == domain), None)
        if held is None:
            known = (
                ""
                if loaded.tenant(domain) or "." not in tenant
                else f"; fleet {loaded.name} has no such tenant"
            )
            raise LeaseHeld(f"{tenant}: no process holds a lease of it, so there is nothing to unlock{known}")
        err.print(describe_lease(held), highlight=False, markup=False)
        confirm(f"End the lease of {domain}?", yes=yes)
        # Only the lease that was shown: another process may have acquired it since.
        if ledger.leases.unlock(domain, operating_system_user(), held.fence) is None:
            raise LeaseHeld(
                f"{domain}: the lease changed while you were asked: nothing was unlocked, look again"
            )
    if as_json:
        print_json({"unlocked": held.model_dump(mode="json")})
    else:
        err.print(f"{domain}: the lease of run {held.run_id} has ended", highlight=False, markup=False)


def describe_lease(lease: Lease) -> str:
    """Return who holds a lease: the host and process, the run, since when, and until when."""
    return (
        f"{lease.domain} is leased to {lease.holder} for run {lease.run_id}, since "
        f"{lease.acquired_at:%Y-%m-%d %H:%M:%S} UTC, until {lease.expires_at:%Y-%m-%d %H:%M:%S} UTC unless renewed"
    )
