"""What is not as it was left: two snapshots of a tenant, compared in what a migration is about.

What a business changes from day to day (clients, policies, grants, a friendly name) is no drift.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from phonefleet.model.canonical import checksum
from phonefleet.model.snapshot import ActionState, PhoneProvider, PhoneTemplate, SmsConnection, Snapshot
from phonefleet.secrets.url_keys import mask_url

Facts = Mapping[str, Any]
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that has changed, with both values as text; `absent` where there was or is none."""

    field: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.field} was {self.was}, is {self.now}"


def differences(left: Snapshot, now: Snapshot) -> tuple[Difference, ...]:
    """Every difference, objects in the order of their names.

    Args:
        left: the tenant as the last change by phonefleet left it.
        now: the tenant now.
    """
    before, after = dict(_objects(left)), dict(_objects(now))
    return tuple(
        d for name in sorted({*before, *after}) for d in _of(name, before.get(name), after.get(name))
    )


def _of(name: str, was: Facts | None, now: Facts | None) -> Iterator[Difference]:
    if was is None or now is None:
        yield Difference(name, "absent" if was is None else "there", "absent" if now is None else "there")
        return
    for key in was:
        if was[key] != now[key]:
            field = f"{name}.{key}" if key else name
            yield Difference(field, _shown(was[key]), _shown(now[key]))


def _shown(value: Any) -> str:
    match value:
        case None | "" | ():
            return "empty"
        case bool():
            return str(value).lower()
        case tuple():
            return ", ".join(str(each) for each in value)
        case _:
            text = " ".join(str(value).split())
            return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _objects(snapshot: Snapshot) -> Iterator[tuple[str, Facts]]:
    """Each object by its name, with the facts that are compared; a fact without a name is the object itself."""
    yield "flag", {"": "absent" if snapshot.flag is None else snapshot.flag}
    yield "legacy endpoints", {"": "closed" if snapshot.legacy_refusal else "open"}
    yield "factor sms", {"": snapshot.factor_enabled}
    yield "message types", {"": snapshot.message_types}
    if snapshot.provider:
        yield "provider", _provider(snapshot.provider)
    for template in snapshot.templates:
        if template.id:
            yield f"template {template.type}", _template(template)
    for action in snapshot.custom_actions:
        yield f"Action {action.name}", _action(action)
    for action in snapshot.legacy_actions:
        if action.bound:
            yield f"legacy Action {action.name}", {"deployed": action.deployed, "code": _sum(action)}
    for connection in snapshot.connections:
        yield f"connection {connection.name}", _connection(connection)


def _provider(provider: PhoneProvider) -> Facts:
    """Its id too: one that was made anew may have other credentials, which no read shows."""
    return provider.model_dump(mode="python")


def _template(template: PhoneTemplate) -> Facts:
    return template.model_dump(include={"disabled", "text", "voice", "sender", "syntax"})


def _action(action: ActionState) -> Facts:
    """What runs: of a deployed Action its deployed version; an edited draft changes nothing until it is deployed."""
    return {
        "id": action.id,
        "deployed": action.deployed,
        "code": _sum(action),
        "dependencies": tuple(f"{d.name}@{d.version}" for d in action.dependencies),
        "secrets": tuple(sorted(action.secret_names)),
        "runtime": action.runtime,
    }


def _connection(connection: SmsConnection) -> Facts:
    twilio, gateway = connection.twilio, connection.gateway
    return {
        "in use": bool(connection.enabled_clients),
        "use_phone_provider": "absent"
        if connection.use_phone_provider is None
        else connection.use_phone_provider,
        "twilio account": twilio.sid if twilio else "",
        "twilio token": bool(twilio and twilio.has_token),
        "gateway": mask_url(gateway.url) if gateway else "",
        "gateway credentials": f"masked:{gateway.fingerprint[:12]}"
        if gateway and gateway.fingerprint
        else "",
        "gateway secret": bool(gateway and gateway.has_secret),
    }


def _sum(action: ActionState) -> str:
    """Of the code as it runs: where keys are masked, the fingerprint tells of a change of them."""
    return (
        f"masked:{action.fingerprint[:12]}" if action.fingerprint else f"sha256:{checksum(action.code)[:12]}"
    )
