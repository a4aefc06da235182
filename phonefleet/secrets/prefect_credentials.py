"""The credentials in Prefect's own settings, which phonefleet does not read as references."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from phonefleet.secrets.known_values import KNOWN


def know_prefect_credentials(environ: Mapping[str, str] | None = None) -> None:
    """Have the credentials for Prefect's server masked wherever this process shows or logs a text.

    These are the password in `PREFECT_API_URL`, `PREFECT_API_KEY`, and `PREFECT_API_AUTH_STRING` (`USER:PASSWORD`).

    Args:
        environ: the environment; this process's by default.
    """
    found = os.environ if environ is None else environ
    login = found.get("PREFECT_API_AUTH_STRING", "")
    for value in (found.get("PREFECT_API_KEY", ""), login, login.partition(":")[2]):
        KNOWN.add(value)
    url = found.get("PREFECT_API_URL", "")
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return
    user, password = parts.username or "", parts.password or ""
    # A server that takes a token alone has it as the user.
    for value in (password,) if password else (user,):
        KNOWN.add(value)
        KNOWN.add(unquote(value))
    if password:
        # As the header has it, in Base64.
        KNOWN.add(f"{unquote(user)}:{unquote(password)}")
