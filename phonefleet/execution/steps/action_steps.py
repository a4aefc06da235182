"""Steps on the one `custom-phone-provider` Action."""

from __future__ import annotations

import asyncio
from typing import Any

from typing_extensions import override

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import StepFailed
from phonefleet.execution.steps.handler import Fill, Handler, Objection, Seen
from phonefleet.model.canonical import checksum
from phonefleet.model.endpoints import PROVIDER_ACTION_NAME, PROVIDER_TRIGGER
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import Step

_AT_CREATION = frozenset({"name", "supported_triggers"})
"""What an Action is given once."""
_BUILD_READS = 60
_BUILD_PAUSE = 2.0
"""Seconds between two late reads of a draft that is being built; the first ones follow more closely."""


async def _find(api: ManagementApi) -> Seen:
    """Our Action in brief: its code as a checksum, its draft and its deployed version apart."""
    for action in await api.actions(PROVIDER_TRIGGER):
        if action.get("name") == PROVIDER_ACTION_NAME:
            version = action.get("deployed_version") or {}
            return {
                "id": action["id"],
                "code_sha256": checksum(action.get("code") or ""),
                "status": str(action.get("status") or "").lower(),
                "secrets": sorted(s["name"] for s in action.get("secrets") or ()),
                "deployed_sha256": checksum(version["code"]) if version.get("code") is not None else None,
                "deployed_status": str(version.get("status") or "").lower(),
                "all_deployed": action.get("all_changes_deployed") is not False,
            }
    return None


class _ActionCode(Handler):
    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        return await _find(api)

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        after: dict[str, Any] = step.after  # type: ignore[assignment]
        names = sorted(s["name"] for s in after["secrets"])
        return bool(seen) and seen["code_sha256"] == checksum(after["code"]) and seen["secrets"] == names


class CreateAction(_ActionCode):
    """Create the Action with its code, dependencies and secrets. Where it stands already, they are written anew."""

    @override
    def hides(self, step: Step) -> bool:
        return bool(step.after["secrets"])  # type: ignore[index, call-overload]

    @override
    def objection(self, step: Step, seen: Seen) -> Objection | None:
        if seen is None:
            return None
        return Objection(
            ReasonCode.CUSTOM_ACTION_TAKEN,
            f"an Action {PROVIDER_ACTION_NAME} with other code or secrets has appeared since the plan was made: "
            "plan again",
        )

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        if seen is None:
            await api.create_action(fill(step.after))
            return
        body: dict[str, Any] = fill(step.after)
        await api.update_action(seen["id"], {k: v for k, v in body.items() if k not in _AT_CREATION})

    @override
    def undone(self, step: Step, seen: Seen) -> bool:
        return seen is None

    @override
    async def undo(self, api: ManagementApi, step: Step, seen: Seen) -> None:
        await api.delete_action(seen["id"])


class UpdateAction(_ActionCode):
    """Bring our Action from an earlier, unfinished migration to the planned code and secrets."""

    undoable = False

    @override
    def provable(self, step: Step) -> bool:
        return not step.after["secrets"]  # type: ignore[index, call-overload]

    @override
    def objection(self, step: Step, seen: Seen) -> Objection | None:
        if seen is not None:
            return None
        return Objection(
            ReasonCode.STEP_FAILED,
            f"Action {PROVIDER_ACTION_NAME} is gone since the plan was made: plan again",
        )

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        await api.update_action(seen["id"], fill(step.after))


async def _built(api: ManagementApi) -> None:
    """Wait until the draft is built: deploying it before is answered 400 (Auth0 documentation, "Deploy an Action").

    Raises:
        StepFailed: `action_build_failed`.
    """
    state = ""
    for reads in range(_BUILD_READS):
        state = ((await _find(api)) or {"status": "gone"})["status"]
        if state in ("built", ""):
            return
        if state not in ("pending", "building", "packaged"):
            break
        await asyncio.sleep(min(0.02 * 2**reads, _BUILD_PAUSE))
    raise StepFailed(
        api.domain,
        ReasonCode.ACTION_BUILD_FAILED,
        f"the code of Action {PROVIDER_ACTION_NAME} was not built (its state is {state}), so it was not deployed: look "
        "at its build log in the dashboard",
    )


class DeployAction(Handler):
    """Deploy the Action; it holds once a version with this code is built."""

    undoable = False

    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        return await _find(api)

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        wanted = step.after["code_sha256"]  # type: ignore[index, call-overload]
        built = bool(seen) and seen["deployed_sha256"] == wanted and seen["deployed_status"] in ("built", "")
        # A draft of the same code may have other secrets, dependencies or another runtime.
        return built and bool(seen["all_deployed"])

    @override
    def objection(self, step: Step, seen: Seen) -> Objection | None:
        if seen is not None:
            return None
        return Objection(
            ReasonCode.STEP_FAILED,
            f"Action {PROVIDER_ACTION_NAME} is gone, so it cannot be deployed: plan again",
        )

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        await _built(api)
        await api.deploy_action(seen["id"])

    @override
    def failure(self, step: Step, seen: Seen) -> Objection:
        state = seen["deployed_status"] or seen["status"] if seen else "gone"
        return Objection(
            ReasonCode.ACTION_BUILD_FAILED,
            f"Action {PROVIDER_ACTION_NAME} was not built in time (its state is {state}): look at its build log in "
            "the dashboard",
        )
