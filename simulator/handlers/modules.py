"""Modules that Actions share: create, publish as versions, and use (recorded exchanges)."""

from __future__ import annotations

from copy import deepcopy

from simulator.bodies import action_bodies
from simulator.clock import millis
from simulator.errors import ApiError
from simulator.operations import Call, Operation, Reply
from simulator.state import Json


def _found(call: Call) -> Json:
    module = call.tenant.modules.get(call.path["id"])
    if module is None:
        raise ApiError(404, "That module does not exist.")
    return module


def _shown(call: Call, module: Json) -> Json:
    """Return a module without its versions; ``latest_version`` once there is one."""
    body = {key: deepcopy(value) for key, value in module.items() if key != "versions"}
    newest = module["versions"][-1] if module["versions"] else None
    used = len(_users(call, module))
    body |= {"all_changes_published": newest is not None and newest["code"] == module["code"]}
    body |= {"actions_using_module_total": used}
    return body if newest is None else body | {"latest_version_number": newest["version_number"]}


def _users(call: Call, module: Json) -> list[Json]:
    return [
        {"action_id": action.id, "action_name": action.name}
        for action in call.tenant.actions.values()
        if any(used.get("module_id") == module["id"] for used in action.modules)
    ]


def _page(call: Call, key: str, items: list[Json]) -> Reply:
    """Return a page with every number, also 0, unlike lists of Actions (recorded exchange)."""
    page, size = call.number("page", 0, 0, 10_000), call.number("per_page", 50, 1, 100)
    shown = items[page * size : (page + 1) * size]
    return Reply(200, {key: shown, "total": len(items), "page": page, "per_page": size})


def list_modules(call: Call) -> Reply:
    """Return all modules."""
    return _page(call, "modules", [_shown(call, module) for module in call.tenant.modules.values()])


def create_module(call: Call) -> Reply:
    """Write a new module."""
    now = millis(call.now)
    module: Json = {
        "id": call.ids.uuid(),
        "name": call.body["name"],
        "code": call.body["code"],
        "dependencies": deepcopy(call.body.get("dependencies", [])),
        "secrets": [{"name": s["name"], "updated_at": now} for s in call.body.get("secrets", [])],
        "created_at": now,
        "updated_at": now,
        "versions": [],
    }
    call.tenant.modules[module["id"]] = module
    return Reply(201, _shown(call, module))


def get_module(call: Call) -> Reply:
    """Return one module."""
    return Reply(200, _shown(call, _found(call)))


def update_module(call: Call) -> Reply:
    """Change a module's draft."""
    module, now = _found(call), millis(call.now)
    module |= {key: deepcopy(call.body[key]) for key in ("name", "code", "dependencies") if key in call.body}
    if "secrets" in call.body:
        module["secrets"] = [{"name": s["name"], "updated_at": now} for s in call.body["secrets"]]
    module["updated_at"] = now
    return Reply(200, _shown(call, module))


def delete_module(call: Call) -> Reply:
    """Delete a module that no Action uses."""
    module = _found(call)
    if _users(call, module):
        raise ApiError(409, "Cannot delete a module that is used by actions")
    del call.tenant.modules[module["id"]]
    return Reply(204)


def list_users(call: Call) -> Reply:
    """Return the Actions that use a module."""
    return _page(call, "actions", _users(call, _found(call)))


def list_versions(call: Call) -> Reply:
    """Return a module's versions, newest first."""
    return _page(call, "versions", deepcopy(_found(call)["versions"][::-1]))


def publish(call: Call) -> Reply:
    """Publish the draft as the next version."""
    module = _found(call)
    version: Json = {
        "id": call.ids.uuid(),
        "module_id": module["id"],
        "version_number": len(module["versions"]) + 1,
        "code": module["code"],
        "secrets": deepcopy(module["secrets"]),
        "dependencies": deepcopy(module["dependencies"]),
        "created_at": millis(call.now),
    }
    module["versions"].append(version)
    return Reply(200, deepcopy(version))


def get_version(call: Call) -> Reply:
    """Return one version of a module."""
    for version in _found(call)["versions"]:
        if version["id"] == call.path["version"]:
            return Reply(200, deepcopy(version))
    raise ApiError(404, "That module version does not exist.")


_BASE, _ONE = "/actions/modules", "/actions/modules/{id}"
_READ, _CREATE = ("read:actions",), ("create:actions",)
_UPDATE, _DELETE = ("update:actions",), ("delete:actions",)
OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", _BASE, _READ, list_modules, "Get action modules"),
    Operation("POST", _BASE, _CREATE, create_module, "Create an action module", action_bodies.CREATE_MODULE),
    Operation("GET", _ONE, _READ, get_module, "Get an action module"),
    Operation("PATCH", _ONE, _UPDATE, update_module, "Update an action module", action_bodies.UPDATE_MODULE),
    Operation("DELETE", _ONE, _DELETE, delete_module, "Delete an action module"),
    Operation("GET", _ONE + "/actions", _READ, list_users, "Get actions that use a module"),
    Operation("GET", _ONE + "/versions", _READ, list_versions, "Get an action module's versions"),
    Operation("POST", _ONE + "/versions", _CREATE, publish, "Publish an action module"),
    Operation("GET", _ONE + "/versions/{version}", _READ, get_version, "Get an action module version"),
)
