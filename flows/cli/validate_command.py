"""`validate`: check everything that can be checked without any network."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import typer
from pydantic import SecretStr
from rich.table import Table

from configs import ConfigError, Fleet, Scheme, TenantRef, TokenEndpointAuthMethod, load_fleet
from configs.references import PLACEHOLDER
from flows.cli.common import FleetFile, Json
from flows.cli.output import print_json, tenants_of
from flows.cli.terminal import err, out
from phonefleet.auth0.client_authentication import PrivateKeyJwt
from phonefleet.errors import PhonefleetError
from phonefleet.model.exit_codes import ExitCode
from phonefleet.rollout.gates import max_change
from phonefleet.rollout.waves import batch_sizes, schedule
from phonefleet.secrets.store import SecretPlaceholder, SecretStore


def validate(fleet: FleetFile, as_json: Json = False) -> None:
    """Check the fleet file, its sources and its secrets offline: no tenant and no server is asked.

    A placeholder that `phonefleet init` wrote is no mistake: it is counted, and every other command refuses it.
    """
    secrets = SecretStore()
    loaded: Fleet | None = None
    unfilled: list[str] = []
    try:
        loaded = load_fleet(fleet)
        problems = list(secret_problems(loaded, secrets, unfilled))
    except ConfigError as error:
        problems = [str(problem) for problem in error.problems]
    if loaded:
        references = (ref for tenant in loaded.tenants for ref in tenant.secret_refs().values())
        for exposed in secrets.exposed(references):
            err.print(str(exposed), style="yellow", markup=False)
    if as_json:
        print_json({"problems": problems, "placeholders": unfilled} | (_described(loaded) if loaded else {}))
    else:
        _show(loaded, problems, unfilled)
    raise typer.Exit(ExitCode.ERROR if problems else ExitCode.DONE)


_ASK_OTHERS = frozenset({Scheme.CMD, Scheme.PREFECT})
"""Reading them may ask another machine, which this command does not."""


def secret_problems(fleet: Fleet, secrets: SecretStore, unfilled: list[str]) -> Iterator[str]:
    """Yield why a reference of a tenant leads to no usable value, each reason once, without the value.

    Args:
        fleet: The fleet.
        secrets: Where values are looked up.
        unfilled: References with a placeholder in place of the value are added here, each once.
    """
    said: set[str] = set()
    for tenant in fleet.tenants:
        for key, reference in tenant.secret_refs().items():
            if reference.scheme in _ASK_OTHERS:
                continue
            try:
                value = secrets.resolve(reference)
                if key == "private_key":
                    _check_key(tenant, value)
            except SecretPlaceholder:
                if str(reference) not in unfilled:
                    unfilled.append(str(reference))
            except PhonefleetError as error:
                if str(error) not in said:
                    said.add(str(error))
                    yield f"{tenant.domain}: {key}: {str(error).removeprefix(f'{tenant.domain}: ')}"


def _check_key(tenant: TenantRef, value: SecretStr) -> None:
    """Sign an assertion with a key and discard it."""
    if tenant.token_endpoint_auth_method is TokenEndpointAuthMethod.PRIVATE_KEY_JWT:
        signing = PrivateKeyJwt(lambda: value, tenant.signing_algorithm)
        signing.fields(tenant.domain, tenant.client_id, time.time())


def _described(fleet: Fleet) -> dict[str, Any]:
    members = Counter(
        batch.wave.name for batch in schedule(fleet.tenants, fleet.waves) for _ in batch.domains
    )
    return {
        "fleet": fleet.name,
        "tenants": len(fleet.tenants),
        "max_change": max_change(fleet.rollout.max_change, len(fleet.tenants)),
        "waves": [
            {
                "name": wave.name,
                "tenants": members[wave.name],
                "batches": batch_sizes(members[wave.name], wave.size),
            }
            for wave in fleet.waves
        ],
    }


def _show(fleet: Fleet | None, problems: list[str], unfilled: list[str]) -> None:
    for problem in problems:
        err.print(problem, style="red", highlight=False, markup=False)
    if fleet is None:
        err.print(f"{len(problems)} problem(s); nothing was asked of any tenant", highlight=False)
        return
    described = _described(fleet)
    table = Table("wave", "tenants", "batches")
    for wave in described["waves"]:
        table.add_row(wave["name"], str(wave["tenants"]), ", ".join(map(str, wave["batches"])))
    out.print(table)
    for wave in described["waves"]:
        if wave["tenants"] > described["max_change"]:
            err.print(
                f"wave {wave['name']}: {tenants_of(wave['tenants'])}, and one run changes {described['max_change']} at "
                "most (rollout.max_change): if more have a plan, migrate refuses the wave. Split it, or raise "
                "rollout.max_change",
                style="yellow",
                highlight=False,
            )
    step = (
        f"put {len(unfilled)} value(s) into {fleet.secrets_file or 'the environment'} in place of {PLACEHOLDER}"
        if unfilled
        else f"phonefleet doctor {fleet.source}"
    )
    out.print(
        f"fleet {fleet.name}: {tenants_of(len(fleet.tenants))}, of which one run changes "
        f"{described['max_change']} at most (rollout.max_change); {len(problems)} problem(s) with secrets. "
        f"Next: {step}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
