"""Prefect's settings for phonefleet; they must be in the environment before Prefect is imported.

Every setting is only a default: what the operator has set stays. With `PREFECT_API_URL` runs show on that server;
without it a command starts a temporary one (`flows.local_server`), whose database is below the fleet's state
directory.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from phonefleet.errors import PhonefleetError

_ANSWER_TIMEOUT = 15.0
"""Seconds."""
_DEFAULTS = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    # Prefect prints a traceback for each failed task; the console shows phonefleet's messages, Prefect's UI both.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    # The recorder writes task runs one by one by default: 45 ms of CPU each.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
}


def default_settings(state_dir: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that an environment lacks.

    Args:
        state_dir: the fleet's state directory; Prefect's own files go below it.
        environ: the environment; it is not changed.
    """
    defaults = _DEFAULTS | {"PREFECT_HOME": str(state_dir / "prefect")}
    return {name: value for name, value in defaults.items() if name not in environ}


def check_prefect_api() -> None:
    """Check that the server in `PREFECT_API_URL` answers, before a run is started for it.

    Raises:
        PhonefleetError: it doesn't.
    """
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        return
    # Imported late: most commands start no flow.
    import httpx

    try:
        httpx.get(f"{url.rstrip('/')}/health", timeout=_ANSWER_TIMEOUT)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PhonefleetError(
            f"Prefect's server at {url} (PREFECT_API_URL) does not answer ({error or type(error).__name__}), and "
            "no run was started: start it, or unset PREFECT_API_URL to use a temporary one"
        ) from error
