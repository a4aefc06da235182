"""JSON of Actions: complete, as a version, and in a binding (recorded exchanges)."""

from __future__ import annotations

from copy import deepcopy

from simulator.builds import secret_names
from simulator.state import Action, Binding, Json, Version


def all_deployed(action: Action) -> bool:
    """Whether the draft is what runs."""
    return action.deployed() is not None and not action.changed_since_deploy and action.versions[-1].deployed


def action_json(action: Action) -> Json:
    """Return an Action with its draft and its versions, if any."""
    body: Json = {
        "id": action.id,
        "name": action.name,
        "supported_triggers": deepcopy(action.supported_triggers),
        "created_at": action.created_at,
        "updated_at": action.updated_at,
        "code": action.code,
        "dependencies": deepcopy(action.dependencies),
        "runtime": action.runtime,
        "status": action.status,
        "secrets": secret_names(action),
    }
    body |= _versions(action)
    if action.modules:
        body["modules"] = deepcopy(action.modules)
    if action.errors:
        body["errors"] = deepcopy(action.errors)
    return body | {"all_changes_deployed": all_deployed(action)}


def _versions(action: Action) -> Json:
    if not action.versions:
        return {}
    body: Json = {"current_version": _current(action.versions[-1])}
    deployed = action.deployed()
    return body if deployed is None else body | {"deployed_version": version_json(deployed)}


def _status(version: Version) -> str:
    if version.failed:
        return "failed"
    return "building" if version.deploying else "built"


def _current(version: Version) -> Json:
    body: Json = {"id": version.id, "code": version.code, "runtime": version.runtime}
    body |= {"status": _status(version).upper(), "number": version.number}
    if version.deployed:
        body["build_time"] = version.updated_at
    return body | {"created_at": version.created_at, "updated_at": version.updated_at}


def version_json(version: Version) -> Json:
    """Return one version."""
    body: Json = {
        "code": version.code,
        "dependencies": deepcopy(version.dependencies),
        "id": version.id,
        "deployed": version.deployed,
        "number": version.number,
    }
    if version.deployed:
        body["built_at"] = version.updated_at
    return body | {
        "secrets": secret_names(version),
        **({"modules": deepcopy(version.modules)} if version.modules else {}),
        "status": _status(version),
        "created_at": version.created_at,
        "updated_at": version.updated_at,
        "runtime": version.runtime,
        "supported_triggers": deepcopy(version.supported_triggers),
    }


def deploy_json(action: Action, version: Version) -> Json:
    """Return the answer to a deployment: a built version, not deployed yet, and its Action."""
    body = {key: value for key, value in version_json(version).items() if key != "built_at"}
    return body | {"status": "built", "deployed": False, "action": base_json(action)}


def base_json(action: Action) -> Json:
    """Return the short form of an Action."""
    return {
        "id": action.id,
        "name": action.name,
        "supported_triggers": deepcopy(action.supported_triggers),
        "created_at": action.created_at,
        "updated_at": action.created_at,
        "all_changes_deployed": False,
    }


def binding_json(binding: Binding, action: Action) -> Json:
    """Return a binding with the Action it points at."""
    return {
        "id": binding.id,
        "trigger_id": binding.trigger_id,
        "action": base_json(action) | _versions(action) | {"all_changes_deployed": all_deployed(action)},
        "created_at": binding.created_at,
        "updated_at": binding.updated_at,
        "display_name": binding.display_name,
    }
