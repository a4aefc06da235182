"""Give a tenant on the Unified Phone Experience its verdict: migrated, broken, or with connections to switch."""

from __future__ import annotations

from collections.abc import Iterator

from configs import DeliveryMethod, MessageType, Target
from phonefleet.assessment.action_examination import OwnActions
from phonefleet.assessment.blockers import log_blockers, number_blockers, scope_blockers, split_accepted
from phonefleet.assessment.connection_switch import switch_evidence, switch_text, uses_tenant_provider
from phonefleet.assessment.connections import switch_warnings
from phonefleet.assessment.delivery_methods import required_methods
from phonefleet.assessment.dependents import find_dependents
from phonefleet.assessment.desired_twilio import connection_sender_blockers
from phonefleet.assessment.factors import enabled_factors
from phonefleet.assessment.phone_bodies import own_template, present_body
from phonefleet.assessment.planning_input import Judgement
from phonefleet.assessment.provider_action_verdict import judge_action
from phonefleet.assessment.reversibility import judge_connection_switches
from phonefleet.assessment.snapshot_evidence import flag_evidence, legacy_endpoint_evidence
from phonefleet.assessment.text_changes import NewText, TextComparison, compare_texts
from phonefleet.assessment.text_uses import unswitched_uses
from phonefleet.model.assessment import Assessment, Evidence, Reason
from phonefleet.model.endpoints import (
    PHONE_PROVIDERS,
    PROVIDER_ACTIONS,
    PROVIDER_TRIGGER,
)
from phonefleet.model.enums import ReasonCode, Route, Verdict
from phonefleet.model.message_texts import NotificationType
from phonefleet.model.snapshot import PhoneProvider, SmsConnection, Snapshot


def judge_migrated(snapshot: Snapshot, target: Target, own: OwnActions) -> Judgement:
    """Return the verdict of a tenant on the Unified Phone Experience."""
    provider, factors = snapshot.provider, enabled_factors(snapshot)
    connections = snapshot.enabled_connections
    action = judge_action(snapshot, factors, own)
    faults = (*_faults(snapshot, factors), *action.faults)
    unswitched = tuple(_unswitched(connections))
    unswitched_connections = tuple(c for c in connections if not uses_tenant_provider(c)) if provider else ()
    # Passwordless needs `text` alone; every other delivery method of the provider is in use already.
    needed = (*number_blockers(target, (DeliveryMethod.TEXT,)), *log_blockers(snapshot)) if unswitched else ()
    scopes = tuple(scope_blockers(snapshot)) if unswitched else ()
    comparison = _lost_texts(snapshot, unswitched_connections)
    senders = (
        tuple(connection_sender_blockers(unswitched_connections, provider)) if provider and unswitched else ()
    )
    blockers, warnings = split_accepted((*action.unverified, *needed, *comparison.given_up, *senders), target)
    in_use = bool(factors or snapshot.needs_text)
    route: Route | None = None
    reasons: tuple[Reason, ...] = ()
    if faults and not in_use and not snapshot.flag:
        # Without a toggle and without use nothing is broken.
        verdict, reasons = (
            Verdict.NOT_APPLICABLE,
            (
                Reason(
                    code=ReasonCode.NO_PHONE_MESSAGING,
                    message="on the Unified Phone Experience without a provider, and nothing sends phone messages",
                    evidence=(flag_evidence(snapshot),),
                ),
            ),
        )
    elif faults:
        verdict, reasons = Verdict.BROKEN, faults
    elif unswitched:
        verdict = Verdict.BLOCKED if blockers or scopes else Verdict.ELIGIBLE
        reasons = (*scopes, *blockers, *unswitched)
        # Connections to switch use the provider that exists.
        route = Route.TWILIO if provider and provider.name == "twilio" else Route.CUSTOM_KEPT
    elif blockers:
        verdict, reasons = Verdict.BLOCKED, blockers
    else:
        verdict = Verdict.ALREADY_MIGRATED
    to_switch = tuple(c for c in connections if not uses_tenant_provider(c))
    assessment = Assessment(
        domain=snapshot.domain,
        verdict=verdict,
        route=route,
        reasons=(*reasons, _experience_reason(snapshot), *action.notes(warnings)),
        reversibility=judge_connection_switches(to_switch) if route else None,
        dependents=find_dependents(snapshot, legacy_remains=False),
        factors=factors,
        required_methods=required_methods(factors, texts=snapshot.needs_text),
        passwordless=bool(connections),
        custom_action=action.report,
        texts=comparison.changes if route else (),
    )
    told = comparison.told if route else ()
    return Judgement(assessment, None, blockers, (*warnings, *told, *switch_warnings(connections)))


def _lost_texts(snapshot: Snapshot, connections: tuple[SmsConnection, ...]) -> TextComparison:
    """Compare the texts of connections to switch with the phone templates that exist; none is written."""

    def present(kind: NotificationType, method: DeliveryMethod) -> NewText:
        own = own_template(snapshot, kind)
        whose = "the text of the present phone template" if own else "Auth0's default text"
        return NewText(present_body(snapshot, kind, method), whose)

    return compare_texts(snapshot, unswitched_uses(connections), present)


def _experience_reason(snapshot: Snapshot) -> Reason:
    """Say why the tenant counts as being on the Unified Phone Experience."""
    if snapshot.flag:
        code, message = ReasonCode.FLAG_ON, "the tenant's flag is on"
    else:
        code = ReasonCode.TOGGLE_MISSING_ON_UPE
        message = "the tenant has no toggle and its legacy endpoints are closed: it is on the Unified Phone Experience"
    evidence = (flag_evidence(snapshot), legacy_endpoint_evidence(snapshot))
    return Reason(code=code, message=message, evidence=evidence)


def _faults(snapshot: Snapshot, factors: tuple[MessageType, ...]) -> Iterator[Reason]:
    """Yield the first reason why messages cannot be sent; none when they can."""
    provider = snapshot.provider
    listed = Evidence(endpoint=PHONE_PROVIDERS, field="providers", value=str(len(snapshot.providers)))
    if provider is None:
        yield Reason(
            code=ReasonCode.UPE_WITHOUT_PROVIDER,
            message="no tenant-level provider: phone messages cannot be sent. Configure one now",
            evidence=(listed,),
        )
    elif provider.disabled:
        yield Reason(
            code=ReasonCode.UPE_PROVIDER_DISABLED,
            message=f"provider {provider.name} is disabled: phone messages cannot be sent. Enable it now",
            evidence=(listed, Evidence(endpoint=listed.endpoint, field="disabled", value="true")),
        )
    elif provider.name == "custom" and not any(a.deployed for a in snapshot.custom_actions):
        yield Reason(
            code=ReasonCode.UPE_ACTION_NOT_DEPLOYED,
            message=f"provider custom has no deployed {PROVIDER_TRIGGER} Action: phone messages cannot be sent",
            evidence=(Evidence(endpoint=PROVIDER_ACTIONS, field="deployed", value="0"),),
        )
    else:
        yield from _missing_methods(provider, required_methods(factors, texts=snapshot.needs_text))


def _missing_methods(provider: PhoneProvider, in_use: tuple[DeliveryMethod, ...]) -> Iterator[Reason]:
    missing = [method for method in in_use if method not in provider.delivery_methods]
    delivered = ", ".join(provider.delivery_methods)
    if missing:
        yield Reason(
            code=ReasonCode.UPE_METHODS_NOT_COVERING,
            message=f"provider {provider.name} delivers {delivered or 'nothing'}, and {', '.join(missing)} is in use: "
            "those messages cannot be sent",
            evidence=(
                Evidence(endpoint=PHONE_PROVIDERS, field="configuration.delivery_methods", value=delivered),
            ),
        )


def _unswitched(connections: tuple[SmsConnection, ...]) -> Iterator[Reason]:
    """Yield the connections that still use, or may use, their own sender although the tenant is switched."""
    for connection in connections:
        if uses_tenant_provider(connection):
            continue
        match connection.use_phone_provider:
            case _ if connection.options_hidden:
                what = "does not show its options, so it is not known whether it is switched"
            case False:
                what = "still uses its own sender: its switch is off"
            case None:
                what = "has a sender of its own and no switch, so it is not certain which of them sends"
            case _:
                what = (
                    f"has the switch {switch_text(connection)}, which is not documented, so it is not certain what "
                    "sends"
                )
        yield Reason(
            code=ReasonCode.CONNECTION_NOT_SWITCHED,
            message=f"connection {connection.name} {what}",
            evidence=switch_evidence((connection,)),
        )
