"""Actions: create, build, deploy, test and delete."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from simulator.action_json import action_json, base_json, deploy_json, version_json
from simulator.bodies import action_bodies
from simulator.builds import deploy, make_version, show, start_build, start_deployment
from simulator.clock import nanos
from simulator.errors import ApiError, invalid_body, invalid_query
from simulator.faults import Effect
from simulator.operations import Call, Operation, Reply
from simulator.paging import counted
from simulator.state import Action, Json, Secret, Version
from simulator.trigger_catalog import TRIGGERS

CUSTOM = "custom-phone-provider"


def found(call: Call) -> Action:
    """Return the Action that the path names."""
    action = call.tenant.actions.get(call.path["id"])
    if action is None:
        raise ApiError(404, "That action does not exist.")
    return action


def list_actions(call: Call) -> Reply:
    """List Actions, also those of a custom phone provider, which only the dashboard hides."""
    trigger, known = call.query.get("triggerId"), known_triggers(call)
    if trigger is not None and trigger not in known:
        raise invalid_query(f"'triggerId' must be one of {', '.join(known)}, not {trigger!r}")
    chosen = [action for action in call.tenant.actions.values() if _listed(call, action)]
    page, size = call.number("page", 0, 0, 10_000), call.number("per_page", 50, 1, 100)
    for action in chosen:
        show(action, call.now)
    shown = [action_json(action) for action in chosen[page * size : (page + 1) * size]]
    return Reply(200, counted("actions", shown, len(chosen), page, size))


def known_triggers(call: Call) -> tuple[str, ...]:
    """Return the triggers that this tenant has."""
    return tuple(trigger for trigger in TRIGGERS if trigger not in call.tenant.hidden.triggers_missing)


def _listed(call: Call, action: Action) -> bool:
    trigger, name, deployed = call.query.get("triggerId"), call.query.get("actionName"), call.flag("deployed")
    return (
        (trigger is None or action.serves(trigger))
        and (name is None or name.lower() in action.name.lower())
        and (deployed is None or deployed == (action.deployed() is not None))
        and call.flag("installed") is not True
    )


def create_action(call: Call) -> Reply:
    """Write a new Action; with ``deploy`` its first version is deployed as soon as it is built."""
    body = call.body
    _check_name(call, body["name"], None)
    _check_custom(call, body["supported_triggers"], None)
    now = nanos(call.now)
    action = Action(
        id=call.ids.uuid(),
        name=body["name"],
        code=body.get("code", "module.exports = () => {}"),
        supported_triggers=deepcopy(body["supported_triggers"]),
        dependencies=deepcopy(body.get("dependencies", [])),
        runtime=body.get("runtime", "node22"),
        secrets=_secrets(body.get("secrets", []), {}, now),
        created_at=now,
        updated_at=now,
        modules=_modules(call, body.get("modules", [])),
    )
    call.tenant.actions[action.id] = action
    start_build(action, call.now, call.timing, fails=Effect.BUILD_FAILS in call.effects)
    shown = action_json(action)
    return Reply(201, shown | _deploy_with_build(call, action) if body.get("deploy") else shown)


def _deploy_with_build(call: Call, action: Action) -> Json:
    """Build and deploy together; the answer already has a deployed version (recorded exchange)."""
    version = make_version(action, call.ids, call.now)
    version.failed = Effect.BUILD_FAILS in call.effects
    start_deployment(version, call.now, call.timing.build_seconds + call.timing.deploy_seconds)
    current = action_json(action)["current_version"] | {"status": "PENDING"}
    deployed = version_json(version) | {"deployed": True, "status": "pending"}
    return {"current_version": current, "deployed_version": deployed, "all_changes_deployed": True}


def _check_name(call: Call, name: str, own: Action | None) -> None:
    if any(action.name == name and action is not own for action in call.tenant.actions.values()):
        raise ApiError(409, f"An action with the name '{name}' already exists.", "action_name_conflict")


def _check_custom(call: Call, triggers: list[Json], own: Action | None) -> None:
    unknown = [t["id"] for t in triggers if t["id"] not in known_triggers(call)]
    if unknown:
        raise invalid_body(f"'Invalid value \"{unknown[0]}\"' on property supported_triggers.")
    if all(trigger["id"] != CUSTOM for trigger in triggers):
        return
    if call.tenant.custom_phone_action() not in (None, own):
        raise ApiError(
            403,
            f"Only one action is allowed for trigger {CUSTOM}",
            "actions_cardinality_custom_phone_provider_not_allowed",
        )


def _secrets(sent: list[Json], before: dict[str, Secret], now: str) -> dict[str, Secret]:
    """Return the new secrets; one that is sent without a value keeps its value."""
    secrets: dict[str, Secret] = {}
    for item in sent:
        name, value = item["name"], item.get("value")
        if value is None and name not in before:
            raise ApiError(400, f"Secret '{name}' has no value", "invalid_body")
        secrets[name] = before[name] if value is None else Secret(value, now)
    return secrets


def _modules(call: Call, sent: list[Json]) -> list[Json]:
    """Return the modules an Action uses, each with its name and number (recorded exchange)."""
    return [_module(call, item) for item in sent]


def _module(call: Call, item: Json) -> Json:
    module = call.tenant.modules.get(str(item.get("module_id")))
    versions = module["versions"] if module else []
    version = next((v for v in versions if v["id"] == item.get("module_version_id")), None)
    if module is None or version is None:
        raise ApiError(400, "The module or its version does not exist", "invalid_body")
    return {
        "module_id": module["id"],
        "module_name": module["name"],
        "module_version_id": version["id"],
        "module_version_number": version["version_number"],
    }


def get_action(call: Call) -> Reply:
    """Return one Action; each read advances its build and deployment."""
    action = found(call)
    show(action, call.now)
    return Reply(200, action_json(action))


def update_action(call: Call) -> Reply:
    """Change the draft; what runs stays as it is until the next deployment."""
    action, body = found(call), call.body
    _check_name(call, body.get("name", action.name), action)
    _check_custom(call, body.get("supported_triggers", []), action)
    now = nanos(call.now)
    secrets = _secrets(body["secrets"], action.secrets, now) if "secrets" in body else action.secrets
    for key in ("name", "code", "runtime", "supported_triggers", "dependencies"):
        if key in body:
            setattr(action, key, deepcopy(body[key]))
    if "modules" in body:
        action.modules = _modules(call, body["modules"])
    action.secrets, action.updated_at = secrets, now
    start_build(action, call.now, call.timing, fails=Effect.BUILD_FAILS in call.effects)
    return Reply(200, action_json(action))


def delete_action(call: Call) -> Reply:
    """Delete an Action; one that is in use only with ``force``."""
    action = found(call)
    bound = [
        trigger
        for trigger, bindings in call.tenant.bindings.items()
        if any(b.action_id == action.id for b in bindings)
    ]
    provider = call.tenant.provider()
    if action.serves(CUSTOM) and provider is not None and provider["name"] == "custom":
        bound.append(CUSTOM)
    if bound and not call.flag("force"):
        raise ApiError(409, f"Cannot delete an action that is bound to {', '.join(bound)}", "action_bound")
    for trigger, bindings in call.tenant.bindings.items():
        call.tenant.bindings[trigger] = [b for b in bindings if b.action_id != action.id]
    del call.tenant.actions[action.id]
    return Reply(204)


def deploy_action(call: Call) -> Reply:
    """Deploy the draft, which takes some reads (recorded: 200, the description says 202)."""
    action = found(call)
    fails = Effect.BUILD_FAILS in call.effects
    version = deploy(action, call.ids, call.now, call.timing, fails=fails)
    return Reply(200, deploy_json(action, version))


def deploy_version(call: Call) -> Reply:
    """Deploy an older version again, as a new number; the draft only changes with ``update_draft``.

    A version keeps its secrets (Auth0 documentation, "Manage Versions").
    """
    action = found(call)
    draft = replace(action)
    _take(action, _version_found(call, action))
    action.status = "built"  # as the version was when it was deployed
    reply = deploy_action(call)
    if not (call.body or {}).get("update_draft"):
        _take(action, draft)
        action.status, action.changed_since_deploy = draft.status, _differs(draft, action.versions[-1])
    return reply


def _take(action: Action, source: Action | Version) -> None:
    action.code, action.runtime = source.code, source.runtime
    action.dependencies, action.secrets = deepcopy(source.dependencies), deepcopy(source.secrets)


def _differs(draft: Action, version: Version) -> bool:
    return (draft.code, draft.runtime, draft.dependencies, draft.secrets) != (
        version.code,
        version.runtime,
        version.dependencies,
        version.secrets,
    )


def list_versions(call: Call) -> Reply:
    """Return an Action's versions, newest first."""
    action = found(call)
    show(action, call.now)
    page, size = call.number("page", 0, 0, 10_000), call.number("per_page", 50, 1, 100)
    newest = action.versions[::-1]
    shown = [_version(action, version) for version in newest[page * size : (page + 1) * size]]
    return Reply(200, counted("versions", shown, len(newest), page, size))


def get_version(call: Call) -> Reply:
    """Return one version of an Action."""
    action = found(call)
    show(action, call.now)
    return Reply(200, _version(action, _version_found(call, action)))


def _version(action: Action, version: Version) -> Json:
    return version_json(version) | {"action": base_json(action)}


def _version_found(call: Call, action: Action) -> Version:
    version = next((v for v in action.versions if v.id == call.path["version"]), None)
    if version is None:
        raise ApiError(404, "That action version does not exist.")
    return version


def test_action(call: Call) -> Reply:
    """Accept a payload for a dry run; the simulator runs no code and answers the payload."""
    found(call)
    return Reply(200, {"payload": deepcopy(call.body["payload"])})


BASE = "/actions/actions"
_ONE = BASE + "/{id}"
_READ, _CREATE = ("read:actions",), ("create:actions",)
_UPDATE, _DELETE = ("update:actions",), ("delete:actions",)
OPERATIONS = (
    Operation("GET", BASE, _READ, list_actions, "Get actions"),
    Operation("POST", BASE, _CREATE, create_action, "Create an action", action_bodies.CREATE_ACTION),
    Operation("GET", _ONE, _READ, get_action, "Get an action"),
    Operation("PATCH", _ONE, _UPDATE, update_action, "Update an action", action_bodies.UPDATE_ACTION),
    Operation("DELETE", _ONE, _DELETE, delete_action, "Delete an action"),
    Operation("GET", _ONE + "/versions", _READ, list_versions, "Get an action's versions"),
    Operation("GET", _ONE + "/versions/{version}", _READ, get_version, "Get an action version"),
    Operation("POST", _ONE + "/deploy", _CREATE, deploy_action, "Deploy an action"),
    Operation(
        "POST",
        _ONE + "/versions/{version}/deploy",
        _CREATE,
        deploy_version,
        "Deploy an action version",
        action_bodies.DEPLOY_VERSION,
        without_body=b"{}",
    ),
    Operation("POST", _ONE + "/test", _CREATE, test_action, "Test an action", action_bodies.TEST_ACTION),
)
