"""What happens to an Action between its writing and its running: build, version, deployment.

Every read of an Action moves its build and its deployment one step, as polling clients see it.
"""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache

import tree_sitter_javascript
from tree_sitter import Language, Parser

from simulator.clock import nanos
from simulator.errors import ApiError
from simulator.ids import Ids
from simulator.state import Action, Json, Version


@lru_cache(maxsize=1)
def _parser() -> Parser:
    return Parser(Language(tree_sitter_javascript.language()))


@lru_cache(maxsize=1024)
def parses(code: str) -> bool:
    """Whether the code is JavaScript at all."""
    return not _parser().parse(code.encode()).root_node.has_error


def start_build(action: Action, polls: int, *, fails: bool) -> None:
    """A draft was written: it is pending, then building for ``polls`` reads, then built or failed."""
    action.status, action.polls_left = "pending", polls
    action.build_fails = fails
    action.errors = []
    action.changed_since_deploy = True


def poll(action: Action, now: float) -> None:
    """One read of the Action passes."""
    _poll_build(action)
    for version in action.versions:
        if version.polls_left:
            version.polls_left -= 1
            if not version.polls_left:
                _settle(action, version, now)


def _poll_build(action: Action) -> None:
    if action.status in ("built", "failed"):
        return
    if action.polls_left > 0:
        action.polls_left -= 1
        action.status = "building"
        return
    action.dependencies = [
        {key: d[key] for key in ("name", "version") if key in d} for d in action.dependencies
    ]
    if action.build_fails or not parses(action.code):
        action.status = "failed"
        action.errors = [{"id": "build_error", "msg": "The code could not be built", "url": ""}]
    else:
        action.status = "built"


def deploy(action: Action, ids: Ids, now: float, polls: int, *, fails: bool) -> Version:
    """Makes the draft's next version and starts its deployment; done at once when ``polls`` is 0.

    Raises:
        ApiError: 400 while the draft is not built.
    """
    if action.status != "built":
        raise ApiError(400, f"The action '{action.name}' must be in the 'built' state to be deployed")
    version = make_version(action, ids, now)
    version.failed, version.polls_left = fails, polls
    if not polls:
        _settle(action, version, now)
    return version


def make_version(action: Action, ids: Ids, now: float) -> Version:
    """Freezes the draft into its next version, not deployed yet."""
    version = Version(
        id=ids.uuid(),
        number=len(action.versions) + 1,
        code=action.code,
        dependencies=deepcopy(action.dependencies),
        runtime=action.runtime,
        secrets=deepcopy(action.secrets),
        supported_triggers=deepcopy(action.supported_triggers),
        created_at=nanos(now),
        updated_at=nanos(now),
    )
    action.versions.append(version)
    action.changed_since_deploy = False
    return version


def _settle(action: Action, version: Version, now: float) -> None:
    version.updated_at = nanos(now)
    if version.failed:
        action.changed_since_deploy = True
        return
    for other in action.versions:
        other.deployed = False
    version.deployed = True


def in_progress(action: Action) -> Version | None:
    """The newest version, if its deployment neither failed nor was replaced by a later draft."""
    newest = action.versions[-1] if action.versions else None
    return None if newest is None or newest.failed else newest


def secret_names(action: Action | Version) -> list[Json]:
    """Secrets as the API shows them: names and times, never values."""
    return [{"name": name, "updated_at": secret.updated_at} for name, secret in action.secrets.items()]
