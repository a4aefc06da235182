"""Make a tenant from a description: Auth0's own JSON of each object, and what only the outside world knows.

Seeded kinds draw everything at random. A description says everything, so that a tenant can be made that answers as
another one did: the same ids, settings, connections, providers, templates, Actions and grants.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from simulator.clock import nanos
from simulator.errors import BadControlRequestError
from simulator.ids import Ids, draw
from simulator.kinds import Kind
from simulator.logbook import LogBook
from simulator.overrides import apply_overrides
from simulator.ratelimit import Limiter, Tier
from simulator.state import Action, Binding, Json, Secret, Tenant, Traffic, Version

_KEYS = {"connections": "id", "providers": "id", "templates": "id", "clients": "client_id", "grants": "id"}
"""The collections of a tenant that hold Auth0's JSON, and the key of their ids."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DescribedContent(_Strict):
    """What a draft or a version of an Action consists of; ``secrets`` maps names to values."""

    code: str = ""
    dependencies: tuple[dict[str, Any], ...] = ()
    runtime: str = "node22"
    secrets: dict[str, str] = Field(default_factory=dict, repr=False)


class DescribedAction(_Strict):
    """An Action.

    Attributes:
        number: of the deployed version; 0 for an Action that is not deployed.
        version_id: of the deployed version; drawn when empty.
        deployed: what runs; None when the draft does, or nothing.
        bound: the triggers it is bound to.
    """

    id: str
    name: str
    supported_triggers: tuple[dict[str, Any], ...]
    draft: DescribedContent
    number: int = Field(default=0, ge=0)
    version_id: str = ""
    deployed: DescribedContent | None = None
    bound: tuple[str, ...] = ()


class DescribedLog(_Strict):
    """A log entry of the past; ``fields`` is the rest of Auth0's JSON."""

    type: str
    at: AwareDatetime
    fields: dict[str, Any] = Field(default_factory=dict)


class Description(_Strict):
    """Everything about one tenant.

    Attributes:
        settings: as ``GET tenants/settings`` shows them.
        guardian: factors, message types, legacy provider and templates, as the control plane's overrides name them.
        hidden: what decides the tenant's behavior and the Management API does not show, likewise.
        clients, grants, connections, providers, templates: Auth0's JSON with ids, credentials included.
        logs: the past.
        traffic: what users request while time passes.
    """

    management_client_id: str
    tier: Tier = Tier.FREE
    settings: dict[str, Any] = Field(default_factory=dict)
    guardian: dict[str, Any] = Field(default_factory=dict)
    hidden: dict[str, Any] = Field(default_factory=dict, repr=False)
    clients: tuple[dict[str, Any], ...] = Field(default=(), repr=False)
    grants: tuple[dict[str, Any], ...] = ()
    connections: tuple[dict[str, Any], ...] = Field(default=(), repr=False)
    providers: tuple[dict[str, Any], ...] = Field(default=(), repr=False)
    templates: tuple[dict[str, Any], ...] = ()
    actions: tuple[DescribedAction, ...] = ()
    logs: tuple[DescribedLog, ...] = ()
    traffic: tuple[Traffic, ...] = ()


def make_described(seed: int, domain: str, description: Description, now: float) -> Tenant:
    """Make the tenant of a description.

    Args:
        seed: draws the ids that the description leaves out.
        domain: its domain.
        description: what it is.
        now: epoch seconds; the time of what the description gives no time.

    Raises:
        BadControlRequestError: an object has no id, or a name is unknown.
    """
    rng = draw(seed, domain, "described")
    tenant = Tenant(
        domain,
        Kind.EMPTY,
        description.tier,
        rng,
        description.management_client_id,
        deepcopy(description.settings),
        LogBook(),
        Limiter(description.tier),
        traffic=list(description.traffic),
    )
    for name, key in _KEYS.items():
        setattr(tenant, name, _by_id(name, key, getattr(description, name)))
    if description.management_client_id not in tenant.clients:
        raise BadControlRequestError(f"clients: {description.management_client_id} is not among them")
    apply_overrides(tenant, deepcopy({"guardian": description.guardian, "hidden": description.hidden}))
    for described in description.actions:
        _add_action(tenant, described, now)
    for log in sorted(description.logs, key=lambda log: log.at):
        at = log.at.timestamp()
        tenant.logs.write(log.type, at, at, **deepcopy(log.fields))
    return tenant


def _by_id(name: str, key: str, objects: tuple[Json, ...]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for each in objects:
        if not each.get(key):
            raise BadControlRequestError(f"{name}: an object has no {key}")
        found[str(each[key])] = deepcopy(each)
    return found


def _add_action(tenant: Tenant, described: DescribedAction, now: float) -> None:
    """Add an Action with as many versions as its number says; the last one runs."""
    ids, at = Ids(tenant.rng), nanos(now)
    triggers = [dict(trigger) for trigger in described.supported_triggers]
    action = Action(
        id=described.id,
        name=described.name,
        code=described.draft.code,
        supported_triggers=triggers,
        dependencies=[dict(d) for d in described.draft.dependencies],
        runtime=described.draft.runtime,
        secrets={name: Secret(value, at) for name, value in described.draft.secrets.items()},
        created_at=at,
        updated_at=at,
        status="built",
    )
    runs = described.deployed or described.draft
    for number in range(1, described.number + 1):
        newest = number == described.number
        action.versions.append(
            Version(
                id=(described.version_id if newest else "") or ids.uuid(),
                number=number,
                code=runs.code,
                dependencies=[dict(d) for d in runs.dependencies],
                runtime=runs.runtime,
                secrets={name: Secret(value, at) for name, value in runs.secrets.items()},
                supported_triggers=deepcopy(triggers),
                created_at=at,
                updated_at=at,
                deployed=newest,
            )
        )
    action.changed_since_deploy = described.deployed is not None or not described.number
    tenant.actions[action.id] = action
    for trigger in described.bound:
        binding = Binding(ids.uuid(), trigger, action.id, action.name, at, at)
        tenant.bindings.setdefault(trigger, []).append(binding)
