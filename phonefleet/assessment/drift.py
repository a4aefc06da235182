"""Compare two snapshots of a tenant in what a migration writes.

Daily changes of the business (clients, policies, grants, a friendly name) are no drift.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from phonefleet.model.canonical import checksum
from phonefleet.model.snapshot import ActionState, SmsConnection, Snapshot
from phonefleet.secrets.url_keys import mask_url

Facts = Mapping[str, Any]
_MAX_LENGTH = 60
_NOT_SHOWN = "not shown"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that has changed, with both values as text; `absent` where it does not exist."""

    field: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.field} was {self.was}, is {self.now}"


def differences(recorded: Snapshot, now: Snapshot) -> tuple[Difference, ...]:
    """Return every difference, ordered by the names of the objects.

    Args:
        recorded: the tenant after phonefleet's last change.
        now: the tenant now.
    """
    before, after = dict(_objects(recorded)), dict(_objects(now))
    return tuple(
        d for name in sorted({*before, *after}) for d in _compare(name, before.get(name), after.get(name))
    )


def _compare(name: str, was: Facts | None, now: Facts | None) -> Iterator[Difference]:
    if was is None or now is None:
        yield Difference(name, "absent" if was is None else "present", "absent" if now is None else "present")
        return
    for key in was:
        # A connection whose options are not shown has nothing to compare but that.
        if key in now and was[key] not in (now[key], _NOT_SHOWN):
            field = f"{name}.{key}" if key else name
            yield Difference(field, _to_text(was[key]), _to_text(now[key]))


def _to_text(value: Any) -> str:
    match value:
        case None | "" | ():
            return "empty"
        case bool():
            return str(value).lower()
        case tuple():
            return ", ".join(str(each) for each in value)
        case _:
            text = " ".join(str(value).split())
            return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


def _objects(snapshot: Snapshot) -> Iterator[tuple[str, Facts]]:
    """Yield each object's name and the facts to compare; a fact named `""` is the object itself."""
    yield "flag", {"": "absent" if snapshot.flag is None else snapshot.flag}
    yield "legacy endpoints", {"": "closed" if snapshot.legacy_refusal else "open"}
    yield "factor sms", {"": snapshot.factor_enabled}
    yield "message types", {"": snapshot.message_types}
    if snapshot.provider:
        # With its id: a provider created again may have other credentials, which no read shows.
        yield "provider", snapshot.provider.model_dump(mode="python")
    for template in snapshot.templates:
        if template.id:
            compared = {"disabled", "text", "voice", "sender", "syntax"}
            yield f"template {template.type}", template.model_dump(include=compared)
    for action in snapshot.custom_actions:
        yield f"Action {action.name}", _action_facts(action)
    for action in snapshot.legacy_actions:
        if action.bound:
            facts = _action_facts(action)
            yield f"legacy Action {action.name}", {key: facts[key] for key in ("deployed", "code")}
    for connection in snapshot.connections:
        yield f"connection {connection.name}", _connection_facts(connection)


def _action_facts(action: ActionState) -> Facts:
    """Return what runs: of a deployed Action its deployed version; an edited draft changes nothing yet."""
    # Where keys are masked, only the fingerprint changes with them.
    masked = f"masked:{action.fingerprint[:12]}" if action.fingerprint else ""
    return {
        "id": action.id,
        "deployed": action.deployed,
        "code": masked or f"sha256:{checksum(action.code)[:12]}",
        "dependencies": tuple(f"{d.name}@{d.version}" for d in action.dependencies),
        "secrets": tuple(sorted(action.secret_names)),
        "runtime": action.runtime,
    }


def _connection_facts(connection: SmsConnection) -> Facts:
    twilio, gateway = connection.twilio, connection.gateway
    switch = connection.use_phone_provider
    if connection.options_hidden:
        return {"in use": bool(connection.enabled_clients), "options": _NOT_SHOWN}
    return {
        "in use": bool(connection.enabled_clients),
        "options": "shown",
        "use_phone_provider": "absent" if switch is None else switch,
        "twilio account": twilio.sid if twilio else "",
        "twilio token": bool(twilio and twilio.has_token),
        "gateway": mask_url(gateway.url) if gateway else "",
        "gateway credentials": f"masked:{gateway.fingerprint[:12]}"
        if gateway and gateway.fingerprint
        else "",
        "gateway secret": bool(gateway and gateway.has_secret),
    }
