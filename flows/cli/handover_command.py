"""`handover`: code for migrated tenants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.common import (
    Domains,
    FleetFile,
    Json,
    Owners,
    ReportsDir,
    load_for_flow,
    owned_domains,
    run_flow,
)
from flows.cli.output import tenants_of
from flows.cli.terminal import err
from flows.selection import select_for_handover
from phonefleet.model.left_state import CodeFormat
from phonefleet.model.run_options import RunOptions


def handover(
    fleet: FleetFile,
    code_format: Annotated[CodeFormat, typer.Option("--format", help="The tool that keeps the tenants.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Directory for the code; it must be new or empty.")
    ],
    tenant: Domains = None,
    owner: Owners = None,
    as_json: Json = False,
    reports: ReportsDir = None,
) -> None:
    """Write Terraform or Deploy CLI code for what migrations left, without secrets; writes to no tenant.

    Without --tenant and --owner it is for every tenant in which a migration is in effect. A tenant that drifted is not
    handed over.
    """
    loaded = load_for_flow(fleet)
    from flows.handover import check_new_folder
    from flows.handover import handover as handover_flow

    tenant = owned_domains(loaded, tenant, owner)
    check_new_folder(out)
    options = RunOptions(tenants=tuple(tenant or ()), code_format=code_format, out=str(out))
    finished = run_flow(
        loaded,
        lambda: handover_flow(str(fleet), code_format, str(out), tenant, str(reports) if reports else None),
        as_json=as_json,
        check=lambda ledger: select_for_handover(loaded, ledger, options),
    )
    written = sum(1 for each in out.iterdir() if not each.name.startswith("."))
    err.print(
        f"{tenants_of(written)} handed over in {out}; each has a HANDOVER.md", highlight=False, markup=False
    )
    raise typer.Exit(finished.code)
