"""What a tenant should look like after its migration, and what stands in the way.

`desired_state` joins what the tenant uses now with what the operator asked for. It decides the route, and collects
every blocker at once, so that an operator sees the whole list and not its first line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from configs import DeliveryMethod, MessageType, ProviderChoice, SecretRef, Target
from phonefleet.assessment.connections import connection_warnings, open_connections, provider_blockers
from phonefleet.assessment.delivery_methods import VOICE, contradictions_touched, required_methods, uncovered
from phonefleet.assessment.desired_templates import DesiredTemplate, templates_for
from phonefleet.assessment.factors import enabled_factors, factor_blockers, factor_warnings, wanted_factors
from phonefleet.assessment.provider_action import CustomCode, provider_action_for
from phonefleet.assessment.usage import (
    ActionSender,
    Auth0Sender,
    GatewaySender,
    TwilioSender,
    UnreadableSender,
    Usage,
)
from phonefleet.model.action_report import TranslationReport
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.enums import ReasonCode, Route
from phonefleet.model.snapshot import PhoneProvider, Snapshot, TwilioSettings

AUTH_TOKEN = "target.twilio.auth_token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class DesiredTwilio:
    """A Twilio provider's configuration and the reference to its AuthToken."""

    sid: str
    default_from: str
    mssid: str
    auth_token: SecretRef | None


@dataclass(frozen=True, slots=True)
class DesiredState:
    """The end state of a migration; it can be planned when `blockers` is empty."""

    route: Route
    methods: tuple[DeliveryMethod, ...]
    factors: tuple[MessageType, ...]
    twilio: DesiredTwilio | None = None
    custom: CustomCode | None = None
    templates: tuple[DesiredTemplate, ...] = ()
    blockers: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = field(default=())
    account: TranslationReport | None = None


def desired_state(snapshot: Snapshot, found: Usage, target: Target) -> DesiredState:
    """The end state for a tenant that uses something on the legacy side."""
    route = route_of(found, target)
    passwordless = bool(open_connections(snapshot))
    factors = wanted_factors(snapshot, target)
    required = required_methods(factors, passwordless=passwordless)
    methods = target.delivery_methods or required
    twilio = _twilio(snapshot, found, target) if route is Route.TWILIO else None
    custom = provider_action_for(route, found, target) if route is not Route.TWILIO else None
    templates = templates_for(snapshot, found, methods)
    blockers = (
        *_route_blockers(route, found, target),
        *_coverage_blockers(factors, passwordless, methods),
        *factor_blockers(snapshot, found, factors),
        *(_twilio_blockers(twilio, methods) if twilio else ()),
        *(custom.blockers if custom else ()),
        *templates.blockers,
        *number_blockers(target, methods),
        *_taken_blockers(snapshot.provider, route, twilio),
        *provider_blockers(snapshot),
    )
    warnings = (
        *_sender_warnings(twilio, found),
        *(custom.warnings if custom else ()),
        *templates.warnings,
        *_identifier_warnings(snapshot, route),
        *factor_warnings(snapshot, found, factors),
        *connection_warnings(snapshot, found),
        *_table_warnings(snapshot, factors, methods),
    )
    left, accepted = split_decisions(blockers, target)
    return DesiredState(
        route=route,
        methods=methods,
        factors=tuple(factors),
        twilio=twilio,
        custom=custom.code if custom else None,
        templates=templates.templates,
        blockers=left,
        warnings=(*warnings, *accepted),
        account=custom.account if custom else None,
    )


APPROVABLE = frozenset(
    {
        ReasonCode.ACTION_NOT_VERIFIED,
        ReasonCode.FACTOR_GIVEN_UP,
        ReasonCode.OTP_VERIFY_REUSED,
        ReasonCode.PROVIDER_IN_USE,
        ReasonCode.PROVIDER_TAKEN,
        ReasonCode.TEMPLATE_REFUSED,
        ReasonCode.TEST_NUMBER_MISSING,
    }
)
"""Blockers that `target.approve` or the approval of a proposal turns into warnings."""
ACCEPTABLE = APPROVABLE | {ReasonCode.KEY_IN_CODE, ReasonCode.KEY_IN_GATEWAY_URL}
"""Blockers that `target.approve` turns into warnings; the others need something to be supplied. A proposal would hold
the key before anybody has said that it is none, so these two are accepted in the fleet file alone."""


def split_decisions(
    blockers: Iterable[Reason], target: Target
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """The blockers that remain, and those that the target accepts by name: these are told in the plan."""
    found = tuple(blockers)
    accepted = tuple(r for r in found if r.code in ACCEPTABLE and r.code in target.approve)
    return tuple(r for r in found if r not in accepted), accepted


def route_of(found: Usage, target: Target) -> Route:
    """The route that present use leads to, unless the operator chose the provider.

    MFA and Passwordless through different providers or accounts can only be served by a custom provider
    (Auth0 documentation, "Unified Phone Experience").
    """
    if target.provider is ProviderChoice.TWILIO:
        return Route.TWILIO
    senders = tuple(found.senders)
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


def _legacy_twilio(snapshot: Snapshot, found: Usage) -> TwilioSettings:
    """The legacy account that a Twilio provider continues: MFA's before Passwordless's."""
    settings = [s.settings for s in found.senders if isinstance(s, TwilioSender)]
    existing = snapshot.provider
    if not settings and existing and existing.name == "twilio":
        return TwilioSettings(
            sid=existing.sid, default_from=existing.default_from, mssid=existing.mssid, has_token=True
        )
    return settings[0] if settings else TwilioSettings()


def _twilio(snapshot: Snapshot, found: Usage, target: Target) -> DesiredTwilio:
    legacy = _legacy_twilio(snapshot, found)
    wanted = target.twilio
    own_sender = wanted is not None and (wanted.default_from is not None or wanted.mssid is not None)
    return DesiredTwilio(
        sid=(wanted.sid if wanted and wanted.sid else legacy.sid),
        default_from=((wanted.default_from or "") if wanted and own_sender else legacy.default_from),
        mssid=((wanted.mssid or "") if wanted and own_sender else legacy.mssid),
        auth_token=wanted.auth_token if wanted else None,
    )


def _route_blockers(route: Route, found: Usage, target: Target) -> Iterator[Reason]:
    kinds = {type(sender) for sender in found.senders}
    supplied = target.twilio is not None and target.twilio.sid is not None
    if Auth0Sender in kinds and not (route is Route.TWILIO and supplied):
        yield Reason(
            code=ReasonCode.LEGACY_AUTH0_PROVIDER,
            message="MFA messages go out through Auth0's own evaluation SMS, which has no counterpart: supply a "
            "Twilio account (target.twilio with sid, sender and auth_token) or a custom provider",
        )
    if UnreadableSender in kinds and not (route is Route.TWILIO and supplied):
        yield Reason(
            code=ReasonCode.LEGACY_PROVIDER_UNREADABLE,
            message="the legacy endpoints refuse, so what sends MFA messages cannot be read: supply a Twilio "
            "account (target.twilio with sid, sender and auth_token)",
        )


def _coverage_blockers(
    factors: tuple[MessageType, ...], passwordless: bool, methods: tuple[DeliveryMethod, ...]
) -> Iterator[Reason]:
    missing = uncovered(factors, methods)
    needs_text = passwordless and DeliveryMethod.TEXT not in methods
    if missing or needs_text:
        needed = ", ".join(required_methods(factors, passwordless=passwordless))
        yield Reason(
            code=ReasonCode.FACTORS_NOT_COVERED,
            message=f"delivery methods {', '.join(methods)} do not cover what is in use; {needed} are needed: change "
            "target.delivery_methods or target.factors",
            evidence=(
                Evidence(endpoint="target", field="delivery_methods", value=", ".join(methods)),
                Evidence(endpoint="target", field="factors", value=", ".join(factors)),
            ),
        )


def _twilio_blockers(twilio: DesiredTwilio, methods: tuple[DeliveryMethod, ...]) -> Iterator[Reason]:
    if twilio.auth_token is None:
        yield Reason(
            code=ReasonCode.TWILIO_TOKEN_MISSING,
            message="supply target.twilio.auth_token as env:NAME or file:PATH; Auth0's guide has the AuthToken fetched "
            "from Twilio",
        )
    if not twilio.sid:
        yield Reason(code=ReasonCode.TWILIO_SID_MISSING, message="supply target.twilio.sid")
    if not twilio.default_from and not twilio.mssid:
        yield Reason(
            code=ReasonCode.SENDER_MISSING,
            message="supply target.twilio.default_from or mssid: Auth0 answers 400 without a sender",
        )
    elif VOICE in methods and not twilio.default_from:
        yield Reason(
            code=ReasonCode.VOICE_SENDER_MISSING,
            message="supply target.twilio.default_from: voice needs it even with a messaging service",
        )


def number_blockers(target: Target, methods: tuple[DeliveryMethod, ...]) -> Iterator[Reason]:
    """The delivery methods that have no number to be tested with."""
    for method in methods:
        if target.test_numbers.of(method) is None:
            yield Reason(
                code=ReasonCode.TEST_NUMBER_MISSING,
                message=f"supply target.test_numbers.{method}: the provider is not switched to untested",
            )


def _taken_blockers(
    existing: PhoneProvider | None, route: Route, twilio: DesiredTwilio | None
) -> Iterator[Reason]:
    """A provider of another kind or account is somebody's decision; overwriting it is not ours."""
    if existing is None:
        return
    wanted = "twilio" if route is Route.TWILIO else "custom"
    same_account = wanted == "custom" or (twilio is not None and existing.sid == twilio.sid)
    if existing.name != wanted or not same_account:
        have = f"{existing.name} {existing.sid}".strip()
        want = f"{wanted} {twilio.sid if twilio else ''}".strip()
        yield Reason(
            code=ReasonCode.PROVIDER_TAKEN,
            message=f"a tenant-level provider {have} is there already, and {want} is wanted: remove it, or accept by "
            "name (target.approve: [provider_taken]) that it is overwritten",
            evidence=(Evidence(endpoint="GET branding/phone/providers", field="name", value=have),),
        )


def _sender_warnings(twilio: DesiredTwilio | None, found: Usage) -> Iterator[Reason]:
    for use in found.passwordless if twilio else ():
        if not isinstance(use.sender, TwilioSender) or twilio is None:
            continue
        old = use.sender.settings
        if (old.default_from, old.mssid) != (twilio.default_from, twilio.mssid):
            was = old.mssid or old.default_from
            becomes = twilio.mssid or twilio.default_from
            yield Reason(
                code=ReasonCode.PROVIDERS_DIFFER,
                message=f"connection {use.connection.name} sends from {was} and will send from {becomes}: one "
                "tenant-level provider has one sender",
            )


def _identifier_warnings(snapshot: Snapshot, route: Route) -> Iterator[Reason]:
    active = [i for i in snapshot.identifiers if i.enabled_clients]
    if active and route is not Route.TWILIO:
        names = ", ".join(i.name for i in active)
        yield Reason(
            code=ReasonCode.OTP_VERIFY_REUSED,
            message=f"phone identifiers on {names} will send their otp_verify messages through the new Action too",
        )


def _table_warnings(
    snapshot: Snapshot, factors: tuple[MessageType, ...], methods: tuple[DeliveryMethod, ...]
) -> Iterator[Reason]:
    had = (
        tuple(DeliveryMethod(m) for m in snapshot.provider.delivery_methods) if snapshot.provider else methods
    )
    for row in contradictions_touched(enabled_factors(snapshot), factors, had, methods):
        yield Reason(
            code=ReasonCode.TABLE_CONTRADICTION,
            message=f"Auth0's published table contradicts its own rule here ({row}); the rule was followed",
        )
