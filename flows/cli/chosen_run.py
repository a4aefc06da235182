"""The run that a command is about: the one that is named, or the one that is going on."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from configs import Fleet
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.run_record import RunSummary

RunGoingOn: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN",
        help="A run's id, the beginning of one, or `latest`. Without it the run that is going on, one that changes "
        "tenants first; if none is, the newest.",
        show_default=False,
    ),
]


def chosen_run(fleet: Fleet, ledger: Ledger, named: str | None) -> RunSummary:
    """Return the named run, or the one that a command without a name is about.

    Raises:
        LedgerError: there is no such run, or several.
    """
    if named is None and (going_on := ledger.runs.going_on(fleet.name)):
        return going_on[0]
    return ledger.runs.summary(named or "latest")
