"""Messages of the tenant-level provider: one template per type, or its default."""

from __future__ import annotations

from copy import deepcopy

from simulator.bodies import phone_bodies
from simulator.clock import millis
from simulator.errors import NOTIFICATION_NOT_FOUND, ApiError, invalid_body
from simulator.messages import send_test
from simulator.operations import Call, Operation, Reply
from simulator.phone_templates import LISTED_DEFAULTS, default_content
from simulator.state import Json

BASE = "/branding/phone/templates"


def _found(call: Call) -> Json:
    template = call.tenant.templates.get(call.path["id"])
    if template is None:
        raise ApiError(404, NOTIFICATION_NOT_FOUND)
    return template


def list_templates(call: Call) -> Reply:
    """List the tenant's templates, then defaults without id for other types (recorded)."""
    own = list(call.tenant.templates.values())
    taken = {template["type"] for template in own}
    defaults = [_default(call, kind) for kind in LISTED_DEFAULTS if kind not in taken]
    disabled = call.flag("disabled")
    chosen = [t for t in (*own, *defaults) if disabled is None or t["disabled"] is disabled]
    return Reply(200, {"templates": deepcopy(chosen)})


def _default(call: Call, kind: str) -> Json:
    now = millis(call.now)
    head: Json = {"tenant": call.tenant.domain, "channel": "phone", "type": kind, "disabled": False}
    return head | {"created_at": now, "updated_at": now, "content": default_content(kind) | {"from": ""}}


def create_template(call: Call) -> Reply:
    """Make the template of one type; a second of the same type is refused."""
    body = call.body
    if any(template["type"] == body["type"] for template in call.tenant.templates.values()):
        raise ApiError(409, "Phone template already configured for tenant", "phone_template_conflict")
    _check_sender(call, body.get("content") or {})
    now = millis(call.now)
    template: Json = {
        "id": call.ids.prefixed("tem", 22),
        "tenant": call.tenant.domain,
        "channel": "phone",
        "type": body["type"],
        "disabled": body.get("disabled", False),
        "created_at": now,
        "updated_at": now,
        "content": _merged(default_content(body["type"]), body.get("content") or {}),
    }
    call.tenant.templates[template["id"]] = template
    return Reply(201, deepcopy(template))


def _check_sender(call: Call, content: Json) -> None:
    """Refuse a template's own sender with a messaging service."""
    provider = call.tenant.provider()
    if content.get("from") and provider and provider["configuration"].get("mssid"):
        raise invalid_body(
            "'from can not be set when the provider uses a messaging service' on property content.from."
        )


def _merged(content: Json, changes: Json) -> Json:
    merged = content | {key: deepcopy(value) for key, value in changes.items() if key != "body"}
    return merged | {"body": content["body"] | (changes.get("body") or {})}


def get_template(call: Call) -> Reply:
    """Return one template."""
    return Reply(200, deepcopy(_found(call)))


def update_template(call: Call) -> Reply:
    """Change a template's text, sender or state."""
    template, content = _found(call), call.body.get("content") or {}
    _check_sender(call, content)
    template["content"] = _merged(template["content"], content)
    template["disabled"] = call.body.get("disabled", template["disabled"])
    template["updated_at"] = millis(call.now)
    return Reply(200, deepcopy(template))


def delete_template(call: Call) -> Reply:
    """Delete a template, so that the default applies again."""
    del call.tenant.templates[_found(call)["id"]]
    return Reply(204)


def reset_template(call: Call) -> Reply:
    """Restore the default text and keep the sender (recorded exchange)."""
    template = _found(call)
    template["content"] = template["content"] | default_content(template["type"])
    template["updated_at"] = millis(call.now)
    return Reply(200, deepcopy(template))


def try_template(call: Call) -> Reply:
    """Send the template's message to a number as a test."""
    template = _found(call)
    return send_test(call, call.tenant.provider(), template["type"])


_READ, _CREATE = ("read:phone_templates",), ("create:phone_templates",)
_UPDATE, _DELETE = ("update:phone_templates",), ("delete:phone_templates",)
_ONE = BASE + "/{id}"
OPERATIONS = (
    Operation("GET", BASE, _READ, list_templates, "Get phone notification templates"),
    Operation(
        "POST", BASE, _CREATE, create_template, "Create a phone template", phone_bodies.CREATE_TEMPLATE
    ),
    Operation("GET", _ONE, _READ, get_template, "Get a phone notification template"),
    Operation(
        "PATCH", _ONE, _UPDATE, update_template, "Update a phone template", phone_bodies.UPDATE_TEMPLATE
    ),
    Operation("DELETE", _ONE, _DELETE, delete_template, "Delete a phone notification template"),
    Operation("PATCH", _ONE + "/reset", _UPDATE, reset_template, "Reset a phone notification template"),
    Operation(
        "POST", _ONE + "/try", _CREATE, try_template, "Send a test phone notification", phone_bodies.TRY
    ),
)
