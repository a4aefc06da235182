"""Decide the route of a migration: which kind of tenant-level provider replaces the present senders."""

from __future__ import annotations

from collections.abc import Iterator

from configs import ProviderChoice, Target
from phonefleet.assessment.usage import (
    ActionSender,
    Auth0Sender,
    GatewaySender,
    TwilioSender,
    UnreadableSender,
    Usage,
)
from phonefleet.model.assessment import Reason
from phonefleet.model.enums import ReasonCode, Route

_TWILIO_ACCOUNT = "a Twilio account (target.twilio with sid, sender and auth_token)"


def choose_route(usage: Usage, target: Target) -> Route:
    """Return the route for the present use, unless the operator chose the provider.

    Only a custom provider can serve MFA and Passwordless through different providers or accounts (Auth0
    documentation, "Unified Phone Experience").
    """
    if target.provider is ProviderChoice.TWILIO:
        return Route.TWILIO
    senders = tuple(usage.senders)
    kinds = {type(sender) for sender in senders}
    if kinds == {ActionSender}:
        return Route.CUSTOM_ACTION
    if kinds == {GatewaySender} and len({s.gateway for s in senders if isinstance(s, GatewaySender)}) == 1:
        return Route.CUSTOM_GATEWAY
    accounts = {s.settings.sid for s in senders if isinstance(s, TwilioSender)}
    if (
        kinds <= {TwilioSender, Auth0Sender, UnreadableSender}
        and len(accounts) <= 1
        and target.provider is ProviderChoice.AUTO
    ):
        return Route.TWILIO
    return Route.CUSTOM_MERGED


def route_blockers(route: Route, usage: Usage, target: Target) -> Iterator[Reason]:
    """Block a sender that has no counterpart on the Unified Phone Experience, or that cannot be read.

    A custom provider that the tenant has already is a counterpart for every sender.
    """
    if route is Route.CUSTOM_KEPT:
        return
    kinds = {type(sender) for sender in usage.senders}
    if route is Route.TWILIO and target.twilio is not None and target.twilio.sid is not None:
        return
    if Auth0Sender in kinds:
        yield Reason(
            code=ReasonCode.LEGACY_AUTH0_PROVIDER,
            message="MFA messages are sent through Auth0's own evaluation SMS, which has no counterpart: supply "
            f"{_TWILIO_ACCOUNT} or a custom provider",
        )
    if UnreadableSender in kinds:
        yield Reason(
            code=ReasonCode.LEGACY_PROVIDER_UNREADABLE,
            message=f"the legacy endpoints refuse, so the sender of MFA messages cannot be read: supply "
            f"{_TWILIO_ACCOUNT}",
        )
