"""The life of an Action's draft: build, version, deployment. A build and a deployment end after some seconds."""

from __future__ import annotations

from copy import deepcopy

from simulator.clock import nanos
from simulator.errors import ApiError
from simulator.ids import Ids
from simulator.pace import Timing
from simulator.state import Action, Json, Tenant, Version


def start_build(action: Action, now: float, timing: Timing, *, fails: bool) -> None:
    """Start the build of a written draft: pending, then building, then built or failed."""
    action.status = "pending"
    action.built_at = now + timing.build_seconds
    action.build_fails = fails
    action.errors = []
    action.changed_since_deploy = True


def advance(action: Action, now: float) -> None:
    """End the build and the deployments whose time is up; ``now``: epoch seconds."""
    if action.status in ("pending", "building") and now >= action.built_at:
        _end_build(action)
    for version in action.versions:
        if version.deploying and now >= version.deployed_at:
            _settle(action, version, now)


def advance_all(tenant: Tenant, now: float) -> None:
    """End what is over by now, whether it was looked at or not; ``now``: epoch seconds."""
    for action in tenant.actions.values():
        advance(action, now)


def show(action: Action, now: float) -> None:
    """Advance the Action before it is read: after its creation, a build that goes on reads ``building``."""
    advance(action, now)
    if action.status == "pending":
        action.status = "building"


def _end_build(action: Action) -> None:
    """End a build, which installs packages and does not read the code (recorded exchange)."""
    action.dependencies = [
        {key: d[key] for key in ("name", "version") if key in d} for d in action.dependencies
    ]
    if action.build_fails:
        action.status = "failed"
        action.errors = [{"id": "build_error", "msg": "The code could not be built", "url": ""}]
    else:
        action.status = "built"


def deploy(action: Action, ids: Ids, now: float, timing: Timing, *, fails: bool) -> Version:
    """Make the draft's next version and start its deployment.

    Raises:
        ApiError: 400 while the draft is not built.
    """
    if action.status != "built":
        raise ApiError(400, f"The action '{action.name}' must be in the 'built' state to be deployed")
    version = make_version(action, ids, now)
    version.failed = fails
    start_deployment(version, now, timing.deploy_seconds)
    return version


def start_deployment(version: Version, now: float, seconds: float) -> None:
    """Start the deployment of a version, which ends after so many seconds."""
    version.deploying, version.deployed_at = True, now + seconds


def make_version(action: Action, ids: Ids, now: float) -> Version:
    """Make the next version from the draft, not deployed yet."""
    version = Version(
        id=ids.uuid(),
        number=len(action.versions) + 1,
        code=action.code,
        dependencies=deepcopy(action.dependencies),
        runtime=action.runtime,
        secrets=deepcopy(action.secrets),
        supported_triggers=deepcopy(action.supported_triggers),
        modules=deepcopy(action.modules),
        created_at=nanos(now),
        updated_at=nanos(now),
    )
    action.versions.append(version)
    action.changed_since_deploy = False
    return version


def _settle(action: Action, version: Version, now: float) -> None:
    version.deploying, version.updated_at = False, nanos(now)
    if version.failed:
        action.changed_since_deploy = True
        return
    for other in action.versions:
        other.deployed = False
    version.deployed = True


def in_progress(action: Action) -> Version | None:
    """Return the newest version, if its deployment neither failed nor was replaced by a later draft."""
    newest = action.versions[-1] if action.versions else None
    return None if newest is None or newest.failed else newest


def secret_names(action: Action | Version) -> list[Json]:
    """Return secrets as the API shows them: names and times, never values."""
    return [{"name": name, "updated_at": secret.updated_at} for name, secret in action.secrets.items()]
