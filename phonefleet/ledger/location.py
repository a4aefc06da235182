"""Where a fleet's ledger is: a file below the fleet's state directory, or a database URL."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import make_url

from configs import Fleet
from phonefleet.ledger.ledger import Ledger
from phonefleet.secrets.store import SecretStore

LEDGER_FILE = "ledger.sqlite"
KNOWN_FILE = "ledger.known"
"""What the fleet knows of its ledger, below the state directory."""


def ledger_place(fleet: Fleet, secrets: SecretStore) -> Path | SecretStr:
    """Return the path of the fleet's ledger, or its URL with the password in it.

    Raises:
        SecretError: the reference to the URL or to its password leads to no value.
    """
    kept = fleet.ledger
    if kept.url_from:
        return secrets.resolve(kept.url_from)
    if kept.url is None:
        return fleet.state_dir / LEDGER_FILE
    url = make_url(kept.url)
    if kept.password:
        url = url.set(password=secrets.resolve(kept.password).get_secret_value())
    return SecretStr(url.render_as_string(hide_password=False))


def open_ledger(fleet: Fleet, *, create: bool = True, adopt: bool = False) -> Ledger:
    """Open a fleet's ledger.

    Args:
        fleet: the fleet.
        create: make a ledger where the fleet had none.
        adopt: do not compare the ledger with what the state folder knows of it.

    Raises:
        LedgerError: it cannot be opened; the message says why and what to do.
    """
    secrets = SecretStore()
    key = secrets.resolve(fleet.ledger.audit_key) if fleet.ledger.audit_key else None
    known = fleet.state_dir / KNOWN_FILE
    return Ledger.open(
        ledger_place(fleet, secrets), create=create, audit_key=key, known=None if adopt else known
    )


def remove_ledger(fleet: Fleet) -> None:
    """Remove the ledger file below a fleet's state directory, and what the fleet knows of it: it never had one then."""
    for path in (*fleet.state_dir.glob(f"{LEDGER_FILE}*"), fleet.state_dir / KNOWN_FILE):
        path.unlink(missing_ok=True)
