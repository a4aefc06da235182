"""Which Actions run at which trigger, and in which order."""

from __future__ import annotations

from simulator.action_json import binding_json
from simulator.bodies import action_bodies
from simulator.builds import in_progress
from simulator.clock import nanos
from simulator.errors import ApiError
from simulator.operations import Call, Operation, Reply
from simulator.paging import counted
from simulator.state import Action, Binding, Json
from simulator.trigger_catalog import TRIGGERS, catalogue


def _trigger(call: Call) -> str:
    trigger = call.path["trigger"]
    if trigger not in TRIGGERS or trigger in call.tenant.hidden.triggers_missing:
        raise ApiError(
            400, f"Path validation error: 'Invalid value \"{trigger}\"' on property triggerId.", "invalid_uri"
        )
    return trigger


def list_triggers(call: Call) -> Reply:
    """Return all triggers that this tenant has."""
    missing = call.tenant.hidden.triggers_missing
    return Reply(200, {"triggers": [entry for entry in catalogue() if entry["id"] not in missing]})


def get_bindings(call: Call) -> Reply:
    """Return a trigger's bindings in the order they run."""
    bindings = call.tenant.bindings.get(_trigger(call), [])
    page, size = call.number("page", 0, 0, 10_000), call.number("per_page", 50, 1, 100)
    shown = [_shown(call, binding) for binding in bindings[page * size : (page + 1) * size]]
    return Reply(200, counted("bindings", shown, len(bindings), page, size))


def _shown(call: Call, binding: Binding) -> Json:
    return binding_json(binding, call.tenant.actions[binding.action_id])


def patch_bindings(call: Call) -> Reply:
    """Replace a trigger's bindings; an Action must have been deployed and serve the trigger."""
    trigger = _trigger(call)
    bindings = [_bind(call, trigger, item) for item in call.body.get("bindings", [])]
    call.tenant.bindings[trigger] = bindings
    return Reply(200, {"bindings": [_shown(call, binding) for binding in bindings]})


def _bind(call: Call, trigger: str, item: Json) -> Binding:
    kind, value = item["ref"]["type"], item["ref"]["value"]
    now = nanos(call.now)
    before = call.tenant.bindings.get(trigger, [])
    if kind == "binding_id":
        kept = next((binding for binding in before if binding.id == value), None)
        if kept is None:
            raise ApiError(404, f"The binding '{value}' does not exist.", "binding_not_found")
        return Binding(
            kept.id,
            trigger,
            kept.action_id,
            item.get("display_name", kept.display_name),
            kept.created_at,
            now,
        )
    action = _action(call, trigger, kind, value)
    same = next((binding for binding in before if binding.action_id == action.id), None)
    identity = same.id if same else call.ids.uuid()
    made = same.created_at if same else now
    return Binding(identity, trigger, action.id, item.get("display_name", action.name), made, now)


def _action(call: Call, trigger: str, kind: str, value: str) -> Action:
    field = "id" if kind == "action_id" else "name"
    action = next((a for a in call.tenant.actions.values() if getattr(a, field) == value), None)
    if action is None:
        raise ApiError(404, f"The action '{value}' does not exist.", "action_not_found")
    if not action.serves(trigger):
        raise ApiError(
            400, f"The action '{action.name}' does not support trigger '{trigger}'", "invalid_body"
        )
    if action.deployed() is None and in_progress(action) is None:
        raise ApiError(
            400, f"The action '{action.name}' must be deployed before it is bound", "action_not_deployed"
        )
    return action


_BINDINGS = "/actions/triggers/{trigger}/bindings"
OPERATIONS = (
    Operation("GET", "/actions/triggers", ("read:actions",), list_triggers, "Get triggers"),
    Operation("GET", _BINDINGS, ("read:actions",), get_bindings, "Get trigger bindings"),
    Operation(
        "PATCH",
        _BINDINGS,
        ("update:actions",),
        patch_bindings,
        "Update trigger bindings",
        action_bodies.BINDINGS,
    ),
)
