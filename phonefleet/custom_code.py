"""The code of a custom provider: what it comes from, whether it is proved, and which secrets it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import orjson

from configs import Target
from phonefleet.actions.account import ActionAccount
from phonefleet.actions.accounting import account_of, account_of_made
from phonefleet.actions.gateway import GATEWAY_SECRET, GatewaySettings, gateway_action
from phonefleet.actions.model import ActionSource, ProofMode, ProofResult, Translation
from phonefleet.actions.prover import prove
from phonefleet.actions.verdict import Attempt, carry
from phonefleet.assessment import Evidence, Reason
from phonefleet.code_parts import (
    CACHE,
    CustomCode,
    Found,
    blocked,
    gateway_settings,
    source_of,
    supplied,
    told_proof,
)
from phonefleet.joint_code import joint_code
from phonefleet.key_blockers import key_blockers
from phonefleet.snapshot import ActionState
from phonefleet.uses import ByAction, ByGateway, Uses
from phonefleet.vocabulary import ReasonCode, Route

__all__ = ["CustomCode", "Found", "code_for", "gateway_settings"]


@dataclass(frozen=True, slots=True)
class _Carried:
    """The attempt to use for an Action, and its account."""

    attempt: Attempt
    account: ActionAccount


def code_for(route: Route, found: Uses, target: Target) -> Found:
    """The custom provider's code for a route other than `twilio`."""
    match route:
        case Route.CUSTOM_ACTION:
            return _from_action(found, target)
        case Route.CUSTOM_GATEWAY:
            return _from_gateway(found, target)
        case _:
            return joint_code(found, target)


def _from_action(found: Uses, target: Target) -> Found:
    actions = [a for s in found.senders if isinstance(s, ByAction) for a in s.actions]
    if len(actions) != 1:
        names = ", ".join(a.name for a in actions)
        return blocked(
            ReasonCode.SEVERAL_ACTIONS,
            f"{len(actions)} Actions are bound to send-phone-message ({names}) and a custom provider has "
            "one: unbind all "
            "but one",
            Evidence(
                endpoint="GET actions/triggers/send-phone-message/bindings", field="bindings", value=names
            ),
        )
    action = actions[0]
    if not action.deployed:
        return blocked(
            ReasonCode.ACTION_NOT_DEPLOYED,
            f"Action {action.name} is bound but not deployed, so it sends nothing: deploy it or remove it first",
            Evidence(endpoint=f"GET actions/actions/{action.id}", field="deployed_version", value="absent"),
        )
    return _judged(_carried(source_of(action)), action, target)


@lru_cache(maxsize=CACHE)
def _carried(source: ActionSource) -> _Carried:
    """The attempt to use: the proved one, else the adapter with the reasons why it is not."""
    result = carry(source, both=False)
    attempt = result.best or result.adapter
    return _Carried(attempt, account_of(source, attempt, result.flags))


def _judged(carried: _Carried, action: ActionState, target: Target) -> Found:
    attempt, account = carried.attempt, carried.account
    name = account.name
    evidence = Evidence(endpoint=f"Action {name}", field="proof", value=str(attempt.result))
    if attempt.translation is None:
        refused = blocked(
            ReasonCode.ACTION_REFUSED,
            f"Action {name} cannot be carried over: {'; '.join(account.reasons)}. Write its "
            "custom-phone-provider Action by hand",
            evidence,
        )
        return replace(refused, account=account)
    made = attempt.translation
    keys = key_blockers(made, account, actions=(action,))
    unproved = _unproved(attempt, account, evidence)
    code, missing = supplied(made, target.action_secrets, ReasonCode.ACTION_SECRET_MISSING, "action_secrets")
    return Found(replace(code, proof=told_proof(account)), (*keys, *unproved, *missing), account=account)


def _unproved(attempt: Attempt, account: ActionAccount, evidence: Evidence) -> Iterator[Reason]:
    if attempt.result is not ProofResult.PROVED:
        yield Reason(
            code=ReasonCode.ACTION_NOT_PROVED,
            message=f"the translation of Action {account.name} is {attempt.result} ({'; '.join(account.reasons)}): "
            "read both sources, then accept by name (target.approve: [action_not_proved])",
            evidence=(evidence,),
        )


def _from_gateway(found: Uses, target: Target) -> Found:
    uses = [u for u in found.passwordless if isinstance(u.sender, ByGateway)]
    made, account = _gateway(gateway_settings(uses[0].connection))
    refs = {GATEWAY_SECRET: target.gateway_secret} if target.gateway_secret else {}
    code, missing = supplied(made, refs, ReasonCode.GATEWAY_SECRET_MISSING, "gateway_secret")
    proof = told_proof(account)
    keys = key_blockers(made, account, connections=(u.connection for u in uses))
    evidence = Evidence(
        endpoint=f"GET connections/{uses[0].connection.id}", field="proof", value=proof.result
    )
    unproved = (
        ()
        if proof.result == ProofResult.PROVED
        else (
            Reason(
                code=ReasonCode.ACTION_NOT_PROVED,
                message=f"the Action for the gateway of connection {uses[0].connection.name} is {proof.result} "
                f"({'; '.join(proof.reasons)}): read "
                "it, then accept by name (target.approve: [action_not_proved])",
                evidence=(evidence,),
            ),
        )
    )
    return Found(replace(code, proof=proof), (*keys, *unproved, *missing), account=account)


@lru_cache(maxsize=CACHE)
def _gateway(settings: GatewaySettings) -> tuple[Translation, ActionAccount]:
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
    return made, account_of_made(settings.connection, original, made, found, strategy="gateway")
