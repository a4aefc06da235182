"""Prefect's settings for phonefleet; they must be in the environment before Prefect is imported.

Every setting is only a default: what the operator has set stays. With `PREFECT_API_URL` runs show on that server;
without it Prefect starts a temporary local one, whose database lies below the fleet's state directory.
"""

from __future__ import annotations

import os
from pathlib import Path

from phonefleet.errors import PhonefleetError

_ANSWERS_WITHIN = 15.0
"""Seconds."""
_DEFAULTS = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
    # The first start of the local server migrates its database: about 20 s, Prefect's own limit.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    # Prefect prints a traceback for each failed task; the console shows our own words, Prefect's UI the whole.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    # The recorder writes task runs one by one by default: 45 ms of CPU each.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
}


def prepare(state_dir: Path) -> None:
    """Set what isn't set yet.

    Args:
        state_dir: the fleet's state directory; Prefect's own files go below it.
    """
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    if "PREFECT_HOME" not in os.environ:
        home = state_dir / "prefect"
        home.mkdir(parents=True, exist_ok=True)
        os.environ["PREFECT_HOME"] = str(home)


def see_that_it_answers() -> None:
    """See that the server that was asked for can be reached, before a run is opened for it.

    Raises:
        PhonefleetError: it can't.
    """
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        return
    import httpx

    try:
        httpx.get(f"{url.rstrip('/')}/health", timeout=_ANSWERS_WITHIN)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PhonefleetError(
            f"Prefect's server at {url} (PREFECT_API_URL) does not answer ({error or type(error).__name__}), and "
            "nothing was begun: start it, or unset PREFECT_API_URL to use a temporary one"
        ) from error


def uses_local_server() -> bool:
    """True when Prefect will start a temporary server of its own."""
    return not os.environ.get("PREFECT_API_URL")
