"""The options of a connection, which Auth0 leaves out of an answer for a client that may not read them.

Source: Auth0 documentation, "Migrate to Management API Connection Options Scopes".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phonefleet.errors import OptionsNotShown
from phonefleet.model.api_scopes import READ_OPTIONS


def shown_options(connection: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return a connection's options; None where they are not shown, which does not mean that there are none."""
    options = connection.get("options")
    return options if isinstance(options, Mapping) else None


def require_options(domain: str, connection: Mapping[str, Any], purpose: str) -> dict[str, Any]:
    """Return a connection's options, to decide or to write by.

    Args:
        domain: the tenant.
        connection: as Auth0 answered.
        purpose: what needs the options, for the message.

    Raises:
        OptionsNotShown: they were left out; nothing may be written then.
    """
    options = shown_options(connection)
    if options is None:
        name = connection.get("name") or connection.get("id")
        raise OptionsNotShown(
            domain,
            f"Auth0 does not show the options of connection {name}, which {purpose} needs: grant the application "
            f"{READ_OPTIONS} on the Auth0 Management API. Nothing was written to the connection",
            scopes=(READ_OPTIONS,),
        )
    return dict(options)
