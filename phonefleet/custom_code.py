"""The code of a custom provider: what it comes from, whether it is proved, and which secrets it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import orjson

from configs import SecretRef, Target
from phonefleet.actions.account import ActionAccount
from phonefleet.actions.accounting import account_of, account_of_made
from phonefleet.actions.gateway import (
    GATEWAY_SECRET,
    GatewayAuthentication,
    GatewaySettings,
    gateway_action,
)
from phonefleet.actions.merged import TWILIO_SECRET, PasswordlessRoute, merged_action
from phonefleet.actions.merged import TwilioSettings as TwilioAccount
from phonefleet.actions.model import (
    ActionSource,
    Dependency,
    Flag,
    ProofMode,
    ProofResult,
    Refusal,
    Translation,
)
from phonefleet.actions.prover import prove
from phonefleet.actions.verdict import Attempt, carry
from phonefleet.assessment import Evidence, Reason
from phonefleet.plan import Proof
from phonefleet.snapshot import ActionState, SmsConnection, TwilioSettings
from phonefleet.uses import ByAction, ByGateway, ByTwilio, Passwordless, Uses
from phonefleet.vocabulary import ReasonCode, Route

_CACHE = 4096
"""Fleets run the same Action in many tenants; a proof takes about a tenth of a second."""


@dataclass(frozen=True, slots=True)
class CustomCode:
    """The Action to create: its code, dependencies, secrets by reference, and what is known of it."""

    code: str
    dependencies: tuple[Dependency, ...]
    secrets: tuple[tuple[str, SecretRef], ...]
    runtime: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class Found:
    """The code where there is some, what stands in the way of using it, and the account that people read of it.

    A refused Action has an account too, but no code.
    """

    code: CustomCode | None = None
    blockers: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()
    account: ActionAccount | None = None


@dataclass(frozen=True, slots=True)
class _Carried:
    """The attempt to use for an Action, what was flagged in it, and its account."""

    attempt: Attempt
    flags: tuple[Flag, ...]
    account: ActionAccount


def code_for(route: Route, found: Uses, target: Target) -> Found:
    """The custom provider's code for a route other than `twilio`."""
    match route:
        case Route.custom_action:
            return _from_action(found, target)
        case Route.custom_gateway:
            return _from_gateway(found, target)
        case _:
            return _merged(found, target)


def _from_action(found: Uses, target: Target) -> Found:
    actions = [a for s in found.senders if isinstance(s, ByAction) for a in s.actions]
    if len(actions) != 1:
        names = ", ".join(a.name for a in actions)
        return _blocked(
            ReasonCode.several_actions,
            f"{len(actions)} Actions are bound to send-phone-message ({names}) and a custom provider has "
            "one: unbind all "
            "but one",
            Evidence(
                endpoint="GET actions/triggers/send-phone-message/bindings", field="bindings", value=names
            ),
        )
    action = actions[0]
    if not action.deployed:
        return _blocked(
            ReasonCode.action_not_deployed,
            f"Action {action.name} is bound but not deployed, so it sends nothing: deploy it or remove it first",
            Evidence(endpoint=f"GET actions/actions/{action.id}", field="deployed_version", value="absent"),
        )
    return _judged(_carried(_source(action)), target)


def _source(action: ActionState) -> ActionSource:
    return ActionSource(
        name=action.name,
        code=action.code,
        triggers=action.triggers,
        dependencies=tuple(Dependency(d.name, d.version) for d in action.dependencies),
        secret_names=action.secret_names,
        runtime=action.runtime,
    )


@lru_cache(maxsize=_CACHE)
def _carried(source: ActionSource) -> _Carried:
    """The attempt to use: the proved one, else the adapter with the reasons why it is not."""
    result = carry(source)
    attempt = result.best or result.adapter
    return _Carried(attempt, result.flags, account_of(source, attempt, result.flags))


def _judged(carried: _Carried, target: Target) -> Found:
    attempt, flags, account = carried.attempt, carried.flags, carried.account
    name = account.name
    evidence = Evidence(endpoint=f"Action {name}", field="proof", value=str(attempt.result))
    if attempt.translation is None:
        refused = _blocked(
            ReasonCode.action_refused,
            f"Action {name} cannot be carried over: {'; '.join(attempt.reasons)}. Write its "
            "custom-phone-provider Action by "
            "hand",
            evidence,
        )
        return replace(refused, account=account)
    made = attempt.translation
    unproved = _unproved(name, attempt, evidence)
    code, missing = _supplied(made, target.action_secrets, ReasonCode.action_secret_missing, "action_secrets")
    proof = Proof(
        result=str(attempt.result),
        strategy=str(made.strategy),
        events=attempt.proof.events if attempt.proof else 0,
        reasons=attempt.reasons,
        flags=tuple(f"line {f.line}: {f.message}" if f.line else f.message for f in flags),
    )
    return Found(replace(code, proof=proof), (*unproved, *missing), account=account)


def _unproved(name: str, attempt: Attempt, evidence: Evidence) -> Iterator[Reason]:
    if attempt.result is not ProofResult.PROVED:
        yield Reason(
            code=ReasonCode.action_not_proved,
            message=f"the translation of Action {name} is {attempt.result} ({'; '.join(attempt.reasons)}): read both "
            "sources, then accept by name (target.approve: [action_not_proved])",
            evidence=(evidence,),
        )


def _from_gateway(found: Uses, target: Target) -> Found:
    uses = [u for u in found.passwordless if isinstance(u.sender, ByGateway)]
    settings = gateway_settings(uses[0].connection)
    made, proof, account = _gateway(settings)
    refs = {GATEWAY_SECRET: target.gateway_secret} if target.gateway_secret else {}
    code, missing = _supplied(made, refs, ReasonCode.gateway_secret_missing, "gateway_secret")
    evidence = Evidence(
        endpoint=f"GET connections/{uses[0].connection.id}", field="proof", value=proof.result
    )
    unproved = (
        ()
        if proof.result == ProofResult.PROVED
        else (
            Reason(
                code=ReasonCode.action_not_proved,
                message=f"the Action for gateway {settings.gateway_url} is {proof.result} "
                f"({'; '.join(proof.reasons)}): read "
                "it, then accept by name (target.approve: [action_not_proved])",
                evidence=(evidence,),
            ),
        )
    )
    return Found(replace(code, proof=proof), (*unproved, *missing), account=account)


def gateway_settings(connection: SmsConnection) -> GatewaySettings:
    """A connection's gateway in the terms of the translation."""
    gateway = connection.gateway
    if gateway is None:
        raise ValueError(f"connection {connection.name} has no gateway")
    authentication = (
        GatewayAuthentication(gateway.subject or None, gateway.audience, gateway.secret_base64_encoded)
        if gateway.auth_method
        else None
    )
    return GatewaySettings(
        gateway_url=gateway.url,
        sender=connection.sender or None,
        forward_req_info=gateway.forward_req_info,
        authentication=authentication,
        connection=connection.name,
    )


@lru_cache(maxsize=_CACHE)
def _gateway(settings: GatewaySettings) -> tuple[Translation, Proof, ActionAccount]:
    made = gateway_action(settings)
    original = orjson.dumps(settings.to_json(), option=orjson.OPT_INDENT_2).decode()
    found = prove(
        original,
        made.code,
        dependencies=made.dependencies,
        secret_names=made.secret_names,
        runtime=made.runtime,
        mode=ProofMode.GATEWAY,
    )
    proof = Proof(result=str(found.result), strategy="gateway", events=found.events, reasons=found.reasons)
    return made, proof, account_of_made(settings.connection, original, made, found, strategy="gateway")


PASSWORDLESS_TWILIO_SECRET = "PASSWORDLESS_TWILIO_AUTH_TOKEN"  # noqa: S105
"""The secret's name where Passwordless has a Twilio account of its own."""


def _merged(found: Uses, target: Target) -> Found:
    """One Action for two senders. No proof covers it yet, so it migrates only when accepted by name."""
    mfa = _mfa_sender(found)
    if mfa is None:
        kinds = sorted({type(s).__name__.removeprefix("By").lower() for s in found.senders})
        return _blocked(
            ReasonCode.providers_differ,
            f"messages go out through {', '.join(kinds)}, which one Action cannot serve: choose one provider for all "
            "(target.provider: twilio with target.twilio), or remove a connection",
            Evidence(
                endpoint="GET connections?strategy=sms", field="options.provider", value=", ".join(kinds)
            ),
        )
    made = merged_action(mfa, [_route(use, mfa) for use in found.passwordless])
    if isinstance(made, Refusal):
        return _blocked(
            ReasonCode.providers_differ,
            f"MFA and Passwordless cannot share an Action: {'; '.join(r.message for r in made.reasons)}",
        )
    code, missing = _supplied(
        made, _merged_secrets(target), ReasonCode.action_secret_missing, "action_secrets"
    )
    unproved = Reason(
        code=ReasonCode.action_not_proved,
        message="MFA and Passwordless go out through different providers; the Action that joins them is "
        "not proved: read "
        "it in the plan, then accept by name (target.approve: [action_not_proved])",
        evidence=(Evidence(endpoint="merged Action", field="decisions", value="; ".join(made.decisions)),),
    )
    proof = Proof(
        result=str(ProofResult.NOT_PROVABLE),
        strategy="merged",
        reasons=made.decisions,
        flags=tuple(f.message for f in made.flags),
    )
    return Found(replace(code, proof=proof), (unproved, *missing))


def _mfa_sender(found: Uses) -> ActionSource | TwilioAccount | None:
    match found.mfa.sender if found.mfa else None:
        case ByAction(actions) if len(actions) == 1 and actions[0].deployed:
            return _source(actions[0])
        case ByTwilio(settings):
            return _account(settings)
        case _:
            return None


def _account(settings: TwilioSettings, secret_name: str = TWILIO_SECRET) -> TwilioAccount:
    return TwilioAccount(settings.sid, settings.default_from or None, settings.mssid or None, secret_name)


def _route(use: Passwordless, mfa: ActionSource | TwilioAccount) -> PasswordlessRoute:
    match use.sender:
        case ByGateway():
            return PasswordlessRoute(use.connection.name, gateway_settings(use.connection))
        case ByTwilio(settings):
            same = isinstance(mfa, TwilioAccount) and mfa.sid == settings.sid
            name = TWILIO_SECRET if same else PASSWORDLESS_TWILIO_SECRET
            return PasswordlessRoute(use.connection.name, _account(settings, name))


def _merged_secrets(target: Target) -> dict[str, SecretRef]:
    refs = {
        GATEWAY_SECRET: target.gateway_secret,
        TWILIO_SECRET: target.twilio.auth_token if target.twilio else None,
    }
    return {name: ref for name, ref in refs.items() if ref} | dict(target.action_secrets)


def _supplied(
    made: Translation, refs: Mapping[str, SecretRef], code: ReasonCode, key: str
) -> tuple[CustomCode, tuple[Reason, ...]]:
    """The code with its secrets by reference; one reason for all that the operator has not supplied."""
    missing = [name for name in made.secret_names if name not in refs]
    custom = CustomCode(
        code=made.code,
        dependencies=made.dependencies,
        secrets=tuple((name, refs[name]) for name in made.secret_names if name in refs),
        runtime=made.runtime,
        proof=Proof(result=str(ProofResult.NOT_PROVABLE), strategy=str(made.strategy)),
    )
    if not missing:
        return custom, ()
    reason = Reason(
        code=code,
        message=f"supply {len(missing)} secret(s) under target.{key}: {', '.join(missing)}; Auth0 never "
        "gives their values",
    )
    return custom, (reason,)


def _blocked(code: ReasonCode, message: str, *evidence: Evidence) -> Found:
    return Found(blockers=(Reason(code=code, message=message, evidence=evidence),))
