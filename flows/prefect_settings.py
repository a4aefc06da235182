"""Prefect's settings for phonefleet; they must be in the environment before Prefect is imported.

Every setting is only a default: what the operator has set stays. With `PREFECT_API_URL` runs show on that server;
without it a command starts a temporary one (`flows.local_server`), whose database is below the fleet's state
directory.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from phonefleet.errors import PhonefleetError
from phonefleet.secrets.prefect_credentials import know_prefect_credentials
from phonefleet.secrets.url_keys import mask_url

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS = 15.0
ANSWER_SECONDS = 90.0
"""Longer than the minute for which a server on SQLite may wait for its database, and answer nothing meanwhile."""
_NOT_FOUND = 404
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
    # The page of events would repeat what runs and task runs show, for 40 % of the server's CPU. Automations get events
    # all the same.
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
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
    """Check that Prefect's API answers at `PREFECT_API_URL`, before Prefect is imported with it.

    Raises:
        PhonefleetError: nothing answers there, or something else than the API does, such as Prefect's UI.
    """
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        return
    know_prefect_credentials()
    # Imported late: most commands start no flow.
    import httpx

    # A password of a few characters is not masked by its value.
    shown = mask_url(url)
    base = url.strip().rstrip("/")
    patience = httpx.Timeout(ANSWER_SECONDS, connect=_CONNECT_SECONDS)
    try:
        if not _is_api(httpx.get(f"{base}/health", timeout=patience)):
            below = httpx.get(f"{base}/api/health", timeout=patience)
            advice = (
                f"write {mask_url(base)}/api" if _is_api(below) else "correct the address; it ends with /api"
            )
            raise PhonefleetError(
                f"PREFECT_API_URL is {shown}, and what answers there is not Prefect's API, so no run was started: "
                f"{advice}"
            )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PhonefleetError(
            f"Prefect's server at {shown} (PREFECT_API_URL) does not answer "
            f"({mask_url(str(error)) or type(error).__name__}), and no run was started: start it, or unset "
            "PREFECT_API_URL to use a temporary one"
        ) from error


def _is_api(answer: httpx.Response) -> bool:
    """Return whether an answer may be the API's: its health is JSON, and only the API asks for authentication.

    The server answers every other path with its UI, an HTML page with status 200.
    """
    if answer.status_code in (401, 403):
        return True
    is_json = answer.headers.get("content-type", "").partition(";")[0] == "application/json"
    return is_json and answer.status_code != _NOT_FOUND
