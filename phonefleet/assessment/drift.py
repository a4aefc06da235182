"""Compare two snapshots of a tenant in what a migration writes, and find in the logs who changed it.

Daily changes of the business (clients, policies, grants, a friendly name) are no drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from phonefleet.model.canonical import checksum
from phonefleet.model.endpoints import LEGACY_TRIGGER
from phonefleet.model.fact import ActionState
from phonefleet.model.ownership import LoggedWrite, OwnerKind, PhoneSetting
from phonefleet.model.snapshot import SmsConnection, Snapshot, TwilioSettings
from phonefleet.model.snapshot_parts import COMPARED_PARTS
from phonefleet.secrets.url_keys import mask_url

Facts = Mapping[str, Any]
_MAX_LENGTH = 60
_NOT_SHOWN = "not shown"


@dataclass(frozen=True, slots=True)
class Subject:
    """What of a tenant was changed: by writes to which settings, of which object.

    Attributes:
        settings: those that a write may have changed it by; without any the logs do not show who did.
        target: id of the object; empty for any, or where it has none.
        flag: the flag that the write must have set; None for any.
    """

    settings: tuple[PhoneSetting, ...] = ()
    target: str = ""
    flag: bool | None = None

    def fits(self, write: LoggedWrite) -> bool:
        """Whether a write may have changed it."""
        of_object = not self.target or write.target in ("", LEGACY_TRIGGER, self.target)
        of_value = self.flag is None or write.flag in (None, self.flag)
        return write.setting in self.settings and of_object and of_value


_PLURAL = ("legacy endpoints", "message types")
"""Fields whose names are a plural."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that has changed, with both values as text; `absent` where it does not exist.

    Attributes:
        subject: what was changed.
        write: the write that the logs show to have changed it; None where they do not.
    """

    field: str
    was: str
    now: str
    subject: Subject = Subject()
    write: LoggedWrite | None = None

    def __str__(self) -> str:
        by = f", changed by {self.write}" if self.write else ""
        was, is_now = ("were", "are") if self.field in _PLURAL else ("was", "is")
        return f"{self.field} {was} {self.was}, {is_now} {self.now}{by}"


def attributed(difference: Difference, writes: Iterable[LoggedWrite], since: datetime) -> Difference:
    """Add the last write after `since` that may have made the difference, of another program than phonefleet if any."""
    fitting = [w for w in writes if w.at > since and difference.subject.fits(w)]
    last = max(fitting, key=lambda w: (w.writer.kind is not OwnerKind.PHONEFLEET, w.at), default=None)
    return replace(difference, write=last) if last else difference


def differences(recorded: Snapshot, now: Snapshot) -> tuple[Difference, ...]:
    """Return every difference, ordered by the names of the objects.

    Args:
        recorded: the tenant after phonefleet's last change.
        now: the tenant now.

    Raises:
        NotRead: a part that is compared was left unread in one of them.
    """
    recorded.require(COMPARED_PARTS)
    now.require(COMPARED_PARTS)
    subjects = dict(_subjects(recorded)) | dict(_subjects(now))
    before, after = dict(_objects(recorded)), dict(_objects(now))
    return tuple(
        replace(difference, subject=subjects[name])
        for name in sorted({*before, *after})
        for difference in _compare(name, before.get(name), after.get(name))
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


def _subjects(snapshot: Snapshot) -> Iterator[tuple[str, Subject]]:
    """Yield what each object's facts are changed by."""
    yield "flag", Subject((PhoneSetting.FLAG,), flag=snapshot.flag)
    yield "legacy endpoints", Subject((PhoneSetting.FLAG,), flag=snapshot.flag)
    yield "factor sms", Subject((PhoneSetting.GUARDIAN,))
    yield "message types", Subject((PhoneSetting.GUARDIAN,))
    yield "legacy MFA", Subject((PhoneSetting.GUARDIAN,))
    yield "provider", Subject((PhoneSetting.PHONE_PROVIDER,))
    for template in snapshot.templates:
        yield f"template {template.type}", Subject((PhoneSetting.PHONE_TEMPLATE,), template.id)
    for action in snapshot.custom_actions:
        yield f"Action {action.name}", Subject((PhoneSetting.ACTION,), action.id)
    for action in snapshot.legacy_actions:
        yield f"legacy Action {action.name}", Subject((PhoneSetting.ACTION, PhoneSetting.BINDINGS), action.id)
    for connection in snapshot.connections:
        settings = (PhoneSetting.CONNECTION, PhoneSetting.CONNECTION_CLIENTS)
        yield f"connection {connection.name}", Subject(settings, connection.id)


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
    yield "legacy MFA", _legacy_mfa_facts(snapshot)
    if snapshot.provider:
        # With its id: a provider created again may have other credentials, which no read shows.
        yield "provider", snapshot.provider.model_dump(mode="python", exclude={"updated_at"})
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


def _legacy_mfa_facts(snapshot: Snapshot) -> Facts:
    """Return what MFA sends, and through what, on the legacy experience; nothing where Guardian's settings do not."""
    if snapshot.on_upe or snapshot.legacy_refusal:
        return {}
    provider, twilio = snapshot.selected_provider, snapshot.twilio
    facts: dict[str, Any] = {
        "enrollment text": snapshot.enrollment_template,
        "verification text": snapshot.verification_template,
    }
    if provider:
        facts["provider"] = provider
    if provider == "twilio" and twilio:
        facts |= _twilio_facts(twilio)
    return facts


def _twilio_facts(twilio: TwilioSettings | None) -> Facts:
    return {
        "twilio account": twilio.sid if twilio else "",
        "twilio token": bool(twilio and twilio.has_token),
        "twilio sender": twilio.default_from if twilio else "",
        "twilio messaging service": twilio.mssid if twilio else "",
    }


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
    gateway = connection.gateway
    switch = connection.use_phone_provider
    if connection.options_hidden:
        return {"in use": bool(connection.enabled_clients), "options": _NOT_SHOWN}
    return {
        "in use": bool(connection.enabled_clients),
        "options": "shown",
        "use_phone_provider": "absent" if switch is None else switch,
        **_twilio_facts(connection.twilio),
        "gateway": mask_url(gateway.url) if gateway else "",
        "gateway credentials": f"masked:{gateway.fingerprint[:12]}"
        if gateway and gateway.fingerprint
        else "",
        "gateway secret": bool(gateway and gateway.has_secret),
    }
