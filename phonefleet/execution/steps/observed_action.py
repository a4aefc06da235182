"""Find a tenant's Action on `custom-phone-provider`, whatever its name, as the steps on it need it."""

from __future__ import annotations

from dataclasses import dataclass

from phonefleet.actions.redacted_text import redact_code
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.model.canonical import checksum
from phonefleet.model.endpoints import PROVIDER_ACTION_NAME, PROVIDER_TRIGGER


@dataclass(frozen=True, slots=True)
class ObservedAction:
    """The Action as a read shows it: its draft and its deployed version, their code as checksums.

    The checksums of what is shown are of the code with a mask for each key, as a snapshot has it.
    """

    id: str
    name: str
    code_sha256: str
    shown_sha256: str
    status: str
    secret_names: tuple[str, ...]
    deployed_sha256: str | None
    deployed_shown_sha256: str | None
    deployed_status: str
    all_deployed: bool


async def find_action(api: ManagementApi) -> ObservedAction | None:
    """Read the Action; of several, which Auth0 allowed until 2026, the one that phonefleet made."""
    actions = await api.actions(PROVIDER_TRIGGER)
    action = min(actions, key=lambda a: a.get("name") != PROVIDER_ACTION_NAME, default=None)
    if action is None:
        return None
    version = action.get("deployed_version") or {}
    code, deployed = action.get("code") or "", version.get("code")
    return ObservedAction(
        id=action["id"],
        name=action.get("name") or "",
        code_sha256=checksum(code),
        shown_sha256=checksum(redact_code(code, api.domain).text),
        status=str(action.get("status") or "").lower(),
        secret_names=tuple(sorted(s["name"] for s in action.get("secrets") or ())),
        deployed_sha256=None if deployed is None else checksum(deployed),
        deployed_shown_sha256=None if deployed is None else checksum(redact_code(deployed, api.domain).text),
        deployed_status=str(version.get("status") or "").lower(),
        all_deployed=action.get("all_changes_deployed") is not False,
    )
