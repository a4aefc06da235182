"""From a judgement to a plan: the steps in the order that keeps a tenant working at every moment.

Additive first (Action, provider, templates), then the test messages, then the switch. Factors that are given up go
before the switch; new ones come after it, since the legacy side may have nothing to send them through. Nothing
legacy is removed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from configs import DeliveryMethod, SecretRef, TenantRef
from phonefleet.assessment.connection_switch import needs_own_switch
from phonefleet.assessment.dependents import find_broken
from phonefleet.assessment.factors import enabled_factors
from phonefleet.assessment.judgement import (
    CustomCode,
    DesiredState,
    DesiredTemplate,
    DesiredTwilio,
    Judgement,
)
from phonefleet.model.canonical import checksum
from phonefleet.model.endpoints import PROVIDER_ACTION_NAME, PROVIDER_TRIGGER, UPE_FLAG
from phonefleet.model.enums import Change, Reversibility, Route, StepKind
from phonefleet.model.plan import Plan, Step
from phonefleet.model.snapshot import PhoneTemplate, Snapshot

_NOT_BASIS = {"taken_at", "usage", "unread", "access", "policies", "scopes", "client_id"}
"""What may change between planning and applying without changing what would be written."""


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step without its place in the plan."""

    kind: StepKind
    key: str
    title: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Assessed:
    """What reading a tenant gave: the facts, their meaning, and a plan where it is eligible."""

    snapshot: Snapshot
    judgement: Judgement
    plan: Plan | None


def numbers_of(ref: TenantRef) -> dict[str, str]:
    """The recipients of test messages by delivery method."""
    numbers = {str(m): ref.target.test_numbers.of(m) for m in DeliveryMethod}
    return {method: number for method, number in numbers.items() if number}


def secret_reference(ref: SecretRef | None) -> dict[str, str]:
    """How a secret stands in a plan: by reference."""
    return {"$secret": str(ref)}


def make_plan(snapshot: Snapshot, judgement: Judgement, numbers: dict[str, str]) -> Plan:
    """The plan for an eligible tenant.

    Args:
        snapshot: what was read.
        judgement: what it means; its verdict must be `eligible`.
        numbers: recipients of the test messages by delivery method.
    """
    assessment, desired = judgement.assessment, judgement.desired
    factors = tuple(_factors(snapshot, desired)) if desired else ()
    adds = desired is not None and not set(desired.factors) <= set(enabled_factors(snapshot))
    drafts = (
        *(_prepare(snapshot, desired, numbers) if desired else _tests((DeliveryMethod.TEXT,), numbers)),
        *(() if adds else factors),
        *_switch(snapshot),
        *(factors if adds else ()),
    )
    way = assessment.reversibility
    return Plan(
        domain=snapshot.domain,
        route=assessment.route or Route.TWILIO,
        basis=basis_of(snapshot),
        steps=tuple(
            Step(index=i, kind=d.kind, key=d.key, title=d.title, before=d.before, after=d.after)
            for i, d in enumerate(drafts)
        ),
        reversibility=way.level if way else Reversibility.UNKNOWN,
        breaks=tuple(d.qualified_id for d in find_broken(assessment.dependents, Change.ROLLBACK)),
        warnings=judgement.warnings,
        verification=desired.custom.verification if desired and desired.custom else None,
    )


def basis_of(snapshot: Snapshot) -> str:
    """The checksum of the facts that a plan is made from."""
    return checksum(snapshot.model_dump(mode="json", exclude=_NOT_BASIS))


def _prepare(snapshot: Snapshot, desired: DesiredState, numbers: dict[str, str]) -> Iterator[StepDraft]:
    if desired.custom:
        yield from _action(snapshot, desired.custom)
    yield from _provider(snapshot, desired)
    for template in desired.templates:
        yield from _template(snapshot.templates, template)
    yield from _tests(desired.methods, numbers)


def _tests(methods: Iterable[DeliveryMethod], numbers: dict[str, str]) -> Iterator[StepDraft]:
    for method in methods:
        if method in numbers:
            yield StepDraft(
                StepKind.SEND_TEST,
                f"test:{method}",
                f"send a test message by {method}",
                None,
                {"delivery_method": str(method), "to": numbers[method]},
            )


def _action(snapshot: Snapshot, custom: CustomCode) -> Iterator[StepDraft]:
    existing = next((a for a in snapshot.custom_actions if a.name == PROVIDER_ACTION_NAME), None)
    body = {
        "name": PROVIDER_ACTION_NAME,
        "supported_triggers": [{"id": PROVIDER_TRIGGER, "version": "v1"}],
        "code": custom.code,
        "dependencies": [{"name": d.name, "version": d.version} for d in custom.dependencies],
        "secrets": [{"name": name, "value": secret_reference(ref)} for name, ref in custom.secrets],
        "runtime": custom.runtime,
    }
    if existing is None:
        yield StepDraft(StepKind.CREATE_ACTION, "action", f"create Action {PROVIDER_ACTION_NAME}", None, body)
    else:
        del body["name"], body["supported_triggers"]
        before = {"code_sha256": checksum(existing.code), "deployed": existing.deployed}
        yield StepDraft(
            StepKind.UPDATE_ACTION, "action", f"update Action {PROVIDER_ACTION_NAME}", before, body
        )
    yield StepDraft(
        StepKind.DEPLOY_ACTION,
        "action:deploy",
        f"deploy Action {PROVIDER_ACTION_NAME} and wait until it is built",
        None,
        {"code_sha256": checksum(custom.code)},
    )


def _provider(snapshot: Snapshot, desired: DesiredState) -> Iterator[StepDraft]:
    methods = [str(m) for m in desired.methods]
    if desired.twilio:
        name, configuration = "twilio", _twilio_configuration(desired.twilio, methods)
        credentials: dict[str, Any] = {"auth_token": secret_reference(desired.twilio.auth_token)}
    else:
        name, configuration, credentials = "custom", {"delivery_methods": methods}, {}
    body = {"name": name, "disabled": False, "configuration": configuration, "credentials": credentials}
    existing = snapshot.provider
    if existing is None:
        yield StepDraft(StepKind.CREATE_PROVIDER, "provider", f"create provider {name}", None, body)
        return
    before = {
        "name": existing.name,
        "disabled": existing.disabled,
        "configuration": _kept(
            delivery_methods=list(existing.delivery_methods),
            sid=existing.sid,
            default_from=existing.default_from,
            mssid=existing.mssid,
        ),
    }
    yield StepDraft(
        StepKind.UPDATE_PROVIDER, "provider", f"bring provider {existing.name} to {name}", before, body
    )


def _twilio_configuration(twilio: DesiredTwilio, methods: list[str]) -> dict[str, Any]:
    return _kept(
        sid=twilio.sid, default_from=twilio.default_from, mssid=twilio.mssid, delivery_methods=methods
    )


def _kept(**values: Any) -> dict[str, Any]:
    """Only what is set: Auth0 refuses empty strings."""
    return {key: value for key, value in values.items() if value}


def _template(existing: Iterable[PhoneTemplate], wanted: DesiredTemplate) -> Iterator[StepDraft]:
    content = {"syntax": "liquid", "body": _kept(text=wanted.text, voice=wanted.voice)}
    own = next((t for t in existing if t.type == wanted.type and t.id), None)
    key = f"template:{wanted.type}"
    if own is None:
        body = {"type": wanted.type, "disabled": False, "content": content}
        yield StepDraft(StepKind.CREATE_TEMPLATE, key, f"create template {wanted.type}", None, body)
        return
    before = {
        "disabled": own.disabled,
        "content": {
            "syntax": own.syntax,
            "body": _kept(text=own.text, voice=own.voice),
            **_kept(**{"from": own.sender}),
        },
    }
    if before["content"] != content or own.disabled:
        after = {"disabled": False, "content": {k: v for k, v in content.items() if k != "syntax"}}
        yield StepDraft(StepKind.UPDATE_TEMPLATE, key, f"update template {wanted.type}", before, after)


def _factors(snapshot: Snapshot, desired: DesiredState) -> Iterator[StepDraft]:
    wanted = tuple(sorted(desired.factors))
    if wanted == enabled_factors(snapshot):
        return
    if not snapshot.factor_enabled:
        yield StepDraft(
            StepKind.ENABLE_FACTOR, "factor:sms", "enable factor sms", {"enabled": False}, {"enabled": True}
        )
    if wanted != snapshot.message_types:
        yield StepDraft(
            StepKind.SET_MESSAGE_TYPES,
            "message_types",
            f"set message types to {', '.join(wanted)}",
            {"message_types": [str(k) for k in snapshot.message_types]},
            {"message_types": [str(k) for k in wanted]},
        )


def _switch(snapshot: Snapshot) -> Iterator[StepDraft]:
    if snapshot.flag is False:
        yield StepDraft(
            StepKind.SWITCH_TENANT,
            "switch",
            "switch the tenant to the Unified Phone Experience",
            {UPE_FLAG: False},
            {UPE_FLAG: True},
        )
    for connection in snapshot.connections:
        if needs_own_switch(connection):
            yield StepDraft(
                StepKind.SWITCH_CONNECTION,
                f"connection:{connection.id}",
                f"switch connection {connection.name} to the tenant-level provider",
                {"use_phone_provider": connection.use_phone_provider},
                {"use_phone_provider": True},
            )
