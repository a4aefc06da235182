"""Steps on notification templates under `branding/phone/templates`."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.execution.steps.handler import Fill, Handler, Objection, Seen
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import Step


class _Template(Handler):
    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        wanted = step.subject
        for raw in await api.phone_templates():
            if raw["type"] == wanted and raw.get("id"):
                content = raw.get("content") or {}
                return {
                    "id": raw["id"],
                    "disabled": bool(raw.get("disabled")),
                    "content": _comparable(content),
                }
        return None

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        return _as(step.after, seen)


def _comparable(content: dict[str, Any]) -> dict[str, Any]:
    body = {key: value for key, value in (content.get("body") or {}).items() if value}
    return {"body": body, "from": content.get("from") or ""}


def _as(wanted: Any, seen: Seen) -> bool:
    """Compare what was asked for; Auth0 fills in a body of its own for a delivery method that was left out."""
    if not seen or seen["disabled"] != wanted["disabled"]:
        return False
    content = _comparable(wanted["content"])
    bodies = {method: seen["content"]["body"].get(method) for method in content["body"]}
    return bool(bodies == content["body"] and seen["content"]["from"] == content["from"])


class CreateTemplate(_Template):
    """Create a template; a second one of its type is answered 409."""

    @override
    def objection(self, step: Step, seen: Seen) -> Objection | None:
        if seen is None:
            return None
        return Objection(
            ReasonCode.STEP_FAILED,
            f"a template for {step.key} has appeared since the plan was made: plan again",
        )

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        await api.create_phone_template(fill(step.after))

    @override
    def undone(self, step: Step, seen: Seen) -> bool:
        return seen is None

    @override
    async def undo(self, api: ManagementApi, step: Step, seen: Seen) -> None:
        await api.delete_phone_template(seen["id"])


class UpdateTemplate(_Template):
    """Replace a template's texts; the old ones stand in the plan, so they can come back."""

    @override
    def objection(self, step: Step, seen: Seen) -> Objection | None:
        if seen is not None:
            return None
        return Objection(ReasonCode.STEP_FAILED, f"{step.key} is gone since the plan was made: plan again")

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        await api.update_phone_template(seen["id"], fill(step.after))

    @override
    def undone(self, step: Step, seen: Seen) -> bool:
        return _as(step.before, seen)

    @override
    async def undo(self, api: ManagementApi, step: Step, seen: Seen) -> None:
        before: Any = step.before
        content = {key: value for key, value in before["content"].items() if key != "syntax"}
        await api.update_phone_template(seen["id"], {"disabled": before["disabled"], "content": content})
