"""`doctor`: can every tenant be reached, do the credentials work, and which scopes are missing for which verb."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass

import typer
from rich.table import Table

from configs import Fleet, TenantRef
from flows.command import FleetFile, Json, err, load, out, print_json
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.errors import PhonefleetError, TenantError
from phonefleet.model.api_scopes import VERBS, missing_scopes
from phonefleet.secrets.store import SecretStore


@dataclass(frozen=True, slots=True)
class Finding:
    """One tenant's state of health: `problem` is empty when a token was given."""

    domain: str
    problem: str
    missing: dict[str, list[str]]
    """Scopes to grant by verb; verbs that lack none are left out."""


def doctor(fleet: FleetFile, as_json: Json = False) -> None:
    """Check every tenant's reachability, credentials and scopes; writes nothing."""
    loaded = load(fleet)
    secrets = SecretStore()
    for problem in secrets.exposed(ref for t in loaded.tenants for ref in t.secret_refs().values()):
        err.print(str(problem), style="yellow", markup=False)
    findings = asyncio.run(_examine(loaded, secrets))
    if as_json:
        print_json({"tenants": [asdict(f) for f in findings]})
    else:
        _show(findings)
    raise typer.Exit(2 if any(f.problem or f.missing for f in findings) else 0)


async def _examine(fleet: Fleet, secrets: SecretStore) -> list[Finding]:
    connection = fleet.connection
    gate = asyncio.Semaphore(fleet.rollout.concurrency)
    door = ClientPool(connection.connect_to, connection.ca_file, connection.timeout.total_seconds())
    async with door:

        async def one(ref: TenantRef) -> Finding:
            async with gate:
                return await _tenant(door, ref, secrets)

        return list(await asyncio.gather(*(one(ref) for ref in fleet.tenants)))


async def _tenant(door: ClientPool, ref: TenantRef, secrets: SecretStore) -> Finding:
    api = door.tenant(ref.domain, ref.client_id, lambda: secrets.resolve(ref.client_secret), str(ref.tier))
    try:
        granted = await api.granted_scopes()
    except TenantError as error:
        return Finding(ref.domain, str(error), {})
    except PhonefleetError as error:
        return Finding(ref.domain, f"{ref.domain}: {error}", {})
    lacking = {
        verb: sorted({scopes[0] for scopes in missing_scopes(verb, granted).values()})
        for verb in VERBS
        if missing_scopes(verb, granted)
    }
    return Finding(ref.domain, "", lacking)


def _show(findings: list[Finding]) -> None:
    well = [f for f in findings if not f.problem and not f.missing]
    out.print(f"{len(well)} of {len(findings)} tenants are reachable with every scope", highlight=False)
    if len(well) == len(findings):
        return
    table = Table("tenant", "problem", "scopes to grant")
    for f in findings:
        if f.problem or f.missing:
            scopes = "\n".join(f"{verb}: {' '.join(names)}" for verb, names in f.missing.items())
            table.add_row(f.domain, f.problem.removeprefix(f"{f.domain}: "), scopes)
    out.print(table)
