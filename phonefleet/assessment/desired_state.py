"""Derive the state that a tenant should have after its migration, and what blocks the migration.

Combines what the tenant uses now with what the operator asked for. Collects all blockers, so that an operator sees
the complete list at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from configs import DeliveryMethod, MessageType, Target
from phonefleet.assessment.action_decision import decide_on_action, keeps_action
from phonefleet.assessment.action_examination import OwnActions, needs_of
from phonefleet.assessment.action_parts import ProviderActionResult
from phonefleet.assessment.blockers import number_blockers, split_accepted
from phonefleet.assessment.connections import (
    connection_warnings,
    provider_blockers,
    switch_warnings,
)
from phonefleet.assessment.delivery_methods import required_methods, undelivered, wanted_methods
from phonefleet.assessment.desired_templates import desired_templates
from phonefleet.assessment.desired_twilio import desired_twilio, sender_blockers, twilio_blockers
from phonefleet.assessment.factors import enabled_factors, factor_blockers, factor_warnings, wanted_factors
from phonefleet.assessment.merged_action import merged_action_for
from phonefleet.assessment.planning_input import DesiredState, DesiredTwilio
from phonefleet.assessment.provider_action import action_from_action, action_from_gateway
from phonefleet.assessment.published_rows import contradictory_rows
from phonefleet.assessment.route import choose_route, route_blockers
from phonefleet.assessment.usage import Usage
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import PHONE_PROVIDERS
from phonefleet.model.enums import GENERATED_ROUTES, ReasonCode, Route
from phonefleet.model.snapshot import Snapshot

_NO_OWN_ACTIONS = OwnActions()


def derive_desired_state(
    snapshot: Snapshot, usage: Usage, target: Target, own: OwnActions = _NO_OWN_ACTIONS
) -> DesiredState:
    """Return the end state for a tenant that uses phone messages on the legacy experience."""
    existing = snapshot.custom_actions
    route = Route.CUSTOM_KEPT if keeps_action(existing, target, own) else choose_route(usage, target)
    factors = wanted_factors(snapshot, target)
    methods = target.delivery_methods or wanted_methods(snapshot, factors)
    twilio = desired_twilio(snapshot, usage, target) if route is Route.TWILIO else None
    action = _provider_action(route, usage, target)
    code = action.code if action else None
    decision = decide_on_action(existing, route, code, needs_of(snapshot, factors), target, own)
    templates = desired_templates(snapshot, usage, methods, tuple(factors))
    blockers = (
        *route_blockers(route, usage, target),
        *_coverage_blockers(snapshot, factors, methods),
        *factor_blockers(snapshot, usage, factors),
        *(twilio_blockers(twilio, methods) if twilio else ()),
        *(sender_blockers(twilio, usage, target) if twilio else ()),
        *decision.blockers,
        *(action.blockers if action else ()),
        *templates.blockers,
        *number_blockers(target, methods),
        *_taken_blockers(snapshot, route, twilio),
        *provider_blockers(snapshot, route),
    )
    warnings = (
        *decision.notes,
        *(action.warnings if action else ()),
        *templates.warnings,
        *_identifier_warnings(snapshot, route),
        *factor_warnings(snapshot, usage, factors),
        *connection_warnings(snapshot, usage),
        *switch_warnings(snapshot.enabled_connections),
        *_table_warnings(snapshot, factors, methods),
    )
    remaining, accepted = split_accepted(blockers, target)
    return DesiredState(
        route=route,
        methods=methods,
        factors=tuple(factors),
        twilio=twilio,
        custom=code,
        templates=templates.templates,
        blockers=remaining,
        warnings=(*warnings, *accepted),
        report=action.report if action else None,
        adopted=decision.adopted,
        kept=decision.kept,
        custom_action=decision.report,
        texts=templates.changes,
    )


def _provider_action(route: Route, usage: Usage, target: Target) -> ProviderActionResult | None:
    """Make the Action that a custom provider would run; None where none is made."""
    match route:
        case Route.TWILIO | Route.CUSTOM_KEPT:
            return None
        case Route.CUSTOM_ACTION:
            return action_from_action(usage, target)
        case Route.CUSTOM_GATEWAY:
            return action_from_gateway(usage, target)
        case Route.CUSTOM_MERGED:
            return merged_action_for(usage, target)


def _coverage_blockers(
    snapshot: Snapshot, factors: tuple[MessageType, ...], methods: tuple[DeliveryMethod, ...]
) -> Iterator[Reason]:
    texts = snapshot.needs_text
    if undelivered(factors, methods) or (texts and DeliveryMethod.TEXT not in methods):
        needed = ", ".join(required_methods(factors, texts=texts))
        yield Reason(
            code=ReasonCode.FACTORS_NOT_COVERED,
            message=f"delivery methods {', '.join(methods)} do not cover what is in use; {needed} are needed: change "
            "target.delivery_methods or target.factors",
            evidence=(
                Evidence(endpoint="target", field="delivery_methods", value=", ".join(methods)),
                Evidence(endpoint="target", field="factors", value=", ".join(factors)),
            ),
        )


def _taken_blockers(snapshot: Snapshot, route: Route, twilio: DesiredTwilio | None) -> Iterator[Reason]:
    """Block overwriting a provider of another kind or account, unless a person decides it."""
    existing = snapshot.provider
    if existing is None:
        return
    wanted = "twilio" if route is Route.TWILIO else "custom"
    same_account = wanted == "custom" or (twilio is not None and existing.sid == twilio.sid)
    if existing.name != wanted or not same_account:
        have = f"{existing.name} {existing.sid}".strip()
        want = f"{wanted} {twilio.sid if twilio else ''}".strip()
        yield Reason(
            code=ReasonCode.PROVIDER_TAKEN,
            message=f"a tenant-level provider {have} exists already, and {want} is wanted: remove it, or accept by "
            "name (target.approve: [provider_taken]) that it is overwritten",
            evidence=(Evidence(endpoint=PHONE_PROVIDERS, field="name", value=have),),
        )


def _identifier_warnings(snapshot: Snapshot, route: Route) -> Iterator[Reason]:
    """Warn of the new Action where phone identifiers send through it; the present provider sends all types."""
    identifiers = snapshot.enabled_identifiers
    if identifiers and route in GENERATED_ROUTES:
        names = ", ".join(i.name for i in identifiers)
        yield Reason(
            code=ReasonCode.OTP_VERIFY_REUSED,
            message=f"phone identifiers on {names} will send their otp_verify messages through the new Action too. It "
            "drops all other types, also change_password: users who reset their password by phone get no message",
        )


def _table_warnings(
    snapshot: Snapshot, factors: tuple[MessageType, ...], methods: tuple[DeliveryMethod, ...]
) -> Iterator[Reason]:
    provider = snapshot.provider
    had = tuple(map(DeliveryMethod, provider.delivery_methods)) if provider else methods
    for row in contradictory_rows(enabled_factors(snapshot), factors, had, methods):
        yield Reason(
            code=ReasonCode.TABLE_CONTRADICTION,
            message=f"Auth0's published table contradicts its own rule here ({row}); the rule was followed",
        )
