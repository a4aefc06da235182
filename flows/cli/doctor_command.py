"""`doctor`: can every tenant be reached, do the credentials work, and which scopes are missing for which verb."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass

import typer
from rich.table import Table

from configs import Fleet, TenantRef, load_fleet
from flows.cli.common import Domains, FleetFile, Json, Owners, owned_domains
from flows.cli.output import print_json
from flows.cli.terminal import err, out
from flows.selection import check_domains
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.rate_limit_patience import limited_waiting
from phonefleet.auth0.tenant_client import open_tenant
from phonefleet.errors import PhonefleetError, TenantError
from phonefleet.model.api_scopes import VERBS, missing_scopes
from phonefleet.model.exit_codes import ExitCode, worst
from phonefleet.secrets.store import SecretStore
from tasks.prefect_blocks import use_prefect_blocks
from tasks.unexpected_errors import unexpected


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one tenant.

    Attributes:
        domain: the tenant.
        problem: why no token could be had; empty when one was given.
        missing: scopes to grant by verb; verbs that lack none are left out.
        is_defect: whether phonefleet itself failed at it.
    """

    domain: str
    problem: str
    missing: dict[str, list[str]]
    is_defect: bool = False

    @property
    def code(self) -> ExitCode:
        """What it says of the tenant: it cannot be read, or a person must grant scopes."""
        if self.is_defect:
            return ExitCode.ERROR
        if self.problem:
            return ExitCode.UNREAD
        return ExitCode.GATE if self.missing else ExitCode.DONE


def doctor(fleet: FleetFile, tenant: Domains = None, owner: Owners = None, as_json: Json = False) -> None:
    """Check every tenant's reachability, credentials and scopes; writes nothing."""
    loaded = load_fleet(fleet)
    if wanted := owned_domains(loaded, tenant, owner):
        check_domains(loaded, tuple(wanted))
        chosen = tuple(each for each in loaded.tenants if each.domain in wanted)
        loaded = loaded.model_copy(update={"tenants": chosen})
    use_prefect_blocks()
    secrets = SecretStore()
    for problem in secrets.exposed(ref for t in loaded.tenants for ref in t.secret_refs().values()):
        err.print(str(problem), style="yellow", markup=False)
    findings = asyncio.run(examine(loaded, secrets))
    if as_json:
        print_json({"tenants": [asdict(f) for f in findings]})
    else:
        _show(findings)
    raise typer.Exit(worst(finding.code for finding in findings))


async def examine(fleet: Fleet, secrets: SecretStore) -> list[Finding]:
    """Request a token of every tenant, as many at once as the fleet file says, and compare its scopes."""
    connection = fleet.connection
    gate = asyncio.Semaphore(fleet.rollout.concurrency)
    clients = ClientPool(connection.connect_to, connection.ca_file, connection.timeout.total_seconds())
    patience = connection.rate_limit_patience.total_seconds()

    async def one(ref: TenantRef) -> Finding:
        api = open_tenant(clients, ref, secrets.resolve)
        try:
            async with gate:
                with limited_waiting(patience):
                    granted = await api.granted_scopes()
        except TenantError as error:
            return Finding(ref.domain, str(error), {})
        except PhonefleetError as error:
            return Finding(ref.domain, f"{ref.domain}: {error}", {})
        except Exception as error:
            # One odd tenant must not cost the findings of the others.
            return Finding(ref.domain, str(unexpected(ref.domain, error)), {}, is_defect=True)
        lacking = {verb: missing_scopes(verb, granted) for verb in VERBS}
        to_grant = {
            verb: sorted({scopes[0] for scopes in found.values()}) for verb, found in lacking.items() if found
        }
        return Finding(ref.domain, "", to_grant)

    async with clients:
        return list(await asyncio.gather(*(one(ref) for ref in fleet.tenants)))


def _show(findings: list[Finding]) -> None:
    healthy = [f for f in findings if not f.problem and not f.missing]
    out.print(f"{len(healthy)} of {len(findings)} tenants are reachable with every scope", highlight=False)
    if len(healthy) == len(findings):
        return
    table = Table()
    for title in ("tenant", "problem", "scopes to grant"):
        # A client's id must be readable on a narrow terminal too: long words are wrapped, never cut.
        table.add_column(title, overflow="fold")
    for f in findings:
        if f.problem or f.missing:
            scopes = "\n".join(f"{verb}: {' '.join(names)}" for verb, names in f.missing.items())
            table.add_row(f.domain, f.problem.removeprefix(f"{f.domain}: "), scopes)
    out.print(table)
