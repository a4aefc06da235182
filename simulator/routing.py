"""Which route a phone message takes on a tenant now, and whether it arrives.

This decides whether users can receive messages. It looks at what Auth0 would use (settings,
providers, connections) and at what only the outside world knows: Twilio's own accounts and the
gateway's shared secret. An Action's code is run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from simulator.action_runs import CUSTOM, LEGACY, ActionRun, run_action
from simulator.events import Message
from simulator.kinds import LegacyAccess
from simulator.liquid import UnrenderableError
from simulator.message_texts import legacy_connection_text, legacy_mfa_text, phone_template_text
from simulator.state import Action, Json, Tenant

_MESSAGE_TYPE = {"text": "sms", "voice": "voice"}
MFA_KINDS = ("otp_enroll", "otp_verify")
"""The types of message that multi-factor authentication sends."""
PASSWORDLESS_KINDS = ("otp_verify",)
"""The types of message that Passwordless sends."""


class Path(StrEnum):
    """The routes of a phone message."""

    AUTH0_LEGACY = "auth0_legacy"
    TWILIO_LEGACY = "twilio_legacy"
    SEND_PHONE_MESSAGE_ACTION = "send_phone_message_action"
    UPE_TWILIO = "upe_twilio"
    UPE_CUSTOM = "upe_custom"
    GATEWAY = "gateway"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The route of a message and its result.

    Attributes:
        reason: why it does not arrive; empty when it does.
        runs: the executions of Actions, where their code runs.
        account: SID of the Twilio account that accepted it, where Auth0 itself calls Twilio.
        messages: what the user's phone gets, or would get if it arrived.
    """

    path: Path
    delivered: bool
    reason: str = ""
    runs: tuple[ActionRun, ...] = ()
    account: str = ""
    messages: tuple[Message, ...] = ()

    def as_json(self) -> Json:
        """For the control plane."""
        return {"path": self.path, "delivered": self.delivered, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Wording:
    """Messages with their texts, and why one of them cannot be rendered (empty if all can)."""

    messages: tuple[Message, ...]
    problem: str


def _wording(kinds: tuple[str, ...], method: str, connection: str, text_of: Callable[[str], str]) -> Wording:
    """Make a message of each type with its text."""
    messages: list[Message] = []
    problem = ""
    for kind in kinds:
        try:
            messages.append(Message(kind, method, text_of(kind), connection=connection))
        except UnrenderableError as error:
            problem = problem or f"the template of {kind} cannot be rendered: {error}"
    return Wording(tuple(messages), problem)


def _sent(
    path: Path,
    *problems: str,
    wording: Wording,
    runs: tuple[ActionRun, ...] = (),
    account: str | None = None,
) -> Delivery:
    """Return a delivery that arrives unless there is a problem; the first one is the reason."""
    reason = next((problem for problem in (*problems, wording.problem) if problem), "")
    return Delivery(path, not reason, reason, runs, account or "", wording.messages)


def mfa(tenant: Tenant, method: str) -> Delivery:
    """Route a second factor by delivery method ``text`` or ``voice``."""
    guardian = tenant.guardian
    if not guardian.factors["sms"]:
        return Delivery(Path.NONE, delivered=False, reason="the phone factor is off")
    if _MESSAGE_TYPE[method] not in guardian.message_types:
        return Delivery(Path.NONE, delivered=False, reason=f"message type {_MESSAGE_TYPE[method]} is off")
    if tenant.flag:
        return through_provider(tenant, method, kinds=MFA_KINDS)
    if tenant.hidden.legacy_access is LegacyAccess.CLOSED:
        return Delivery(Path.NONE, delivered=False, reason="the legacy experience is closed to this tenant")
    return _legacy_mfa(tenant, method)


def _legacy_mfa(tenant: Tenant, method: str) -> Delivery:
    wording = _wording(MFA_KINDS, method, "", lambda kind: legacy_mfa_text(tenant, kind, method))
    match tenant.guardian.selected_provider:
        case "twilio":
            twilio = tenant.guardian.twilio or {}
            problem = _twilio(tenant, twilio.get("sid"), twilio.get("auth_token"))
            sender = _sender(
                tenant, twilio.get("sid"), twilio.get("from"), twilio.get("messaging_service_sid"), method
            )
            return _sent(Path.TWILIO_LEGACY, problem, sender, wording=wording, account=twilio.get("sid"))
        case "phone-message-hook":
            return _bound_action(tenant, wording)
        case _:
            voice = "the evaluation provider makes no calls" if method == "voice" else ""
            used_up = "" if tenant.hidden.evaluation_messages_left else "the evaluation messages are used up"
            return _sent(Path.AUTH0_LEGACY, voice, used_up, wording=wording)


def passwordless(tenant: Tenant, name: str) -> Delivery:
    """Route a one-time code of the SMS connection of this name."""
    connection = next((c for c in tenant.connections.values() if c["name"] == name), None)
    if connection is None or connection["strategy"] != "sms":
        return Delivery(Path.NONE, delivered=False, reason=f"no SMS connection {name}")
    if not connection["enabled_clients"]:
        return Delivery(Path.NONE, delivered=False, reason=f"no client may use connection {name}")
    options = connection["options"]
    switch = options.get("use_phone_provider")
    if tenant.flag if switch is None else switch:
        return through_provider(tenant, "text", connection=name)
    wording = _wording(PASSWORDLESS_KINDS, "text", name, lambda _: legacy_connection_text(options))
    if options.get("provider") == "sms_gateway":
        return _sent(Path.GATEWAY, _gateway(tenant, options), wording=wording)
    sid = options.get("twilio_sid")
    sender = _sender(tenant, sid, options.get("from"), options.get("messaging_service_sid"), "text")
    problem = _twilio(tenant, sid, options.get("twilio_token"))
    return _sent(Path.TWILIO_LEGACY, problem, sender, wording=wording, account=sid)


def phone_identifier(tenant: Tenant, method: str) -> Delivery:
    """Route a code for a phone identifier, always through the tenant-level provider."""
    return through_provider(tenant, method)


def through_provider(
    tenant: Tenant, method: str, *, kinds: tuple[str, ...] = PASSWORDLESS_KINDS, connection: str = ""
) -> Delivery:
    """Route a message through the tenant-level provider, independent of the switches.

    Args:
        tenant: as it is now.
        method: ``text`` or ``voice``.
        kinds: types of message to send; all must arrive.
        connection: the SMS connection's name, for its codes.
    """
    provider = tenant.provider()
    if provider is None:
        return Delivery(Path.NONE, delivered=False, reason="no tenant-level provider")
    configuration = provider["configuration"]
    path = Path.UPE_TWILIO if provider["name"] == "twilio" else Path.UPE_CUSTOM
    disabled = "the provider is disabled" if provider["disabled"] else ""
    uncovered = (
        "" if method in configuration["delivery_methods"] else f"the provider does not deliver {method}"
    )
    wording = _wording(
        kinds, method, connection, lambda kind: phone_template_text(tenant, kind, method, connection)
    )
    if path is Path.UPE_CUSTOM and not (disabled or uncovered):
        return _run(tenant, path, tenant.custom_phone_action(), CUSTOM, wording)
    if path is Path.UPE_CUSTOM:
        return _sent(path, disabled, uncovered, wording=wording)
    sid, token = configuration.get("sid"), provider["credentials"].get("auth_token")
    sender = _sender(tenant, sid, configuration.get("default_from"), configuration.get("mssid"), method)
    problems = disabled, uncovered, _twilio(tenant, sid, token), sender
    return _sent(path, *problems, wording=wording, account=sid)


def _twilio(tenant: Tenant, sid: str | None, token: str | None) -> str:
    if tenant.hidden.outside_fails:
        return tenant.hidden.outside_fails
    if tenant.hidden.outside_accepts:
        return "" if sid and token else "the Twilio account is not complete"
    account = tenant.hidden.twilio_accounts.get(sid or "")
    if account is None:
        return "Twilio knows no such account"
    return "" if account.token == token else "Twilio refuses the AuthToken"


def _sender(tenant: Tenant, sid: str | None, number: str | None, service: str | None, method: str) -> str:
    if tenant.hidden.outside_accepts:
        return "" if number or (service and method == "text") else f"no sender for {method}"
    account = tenant.hidden.twilio_accounts.get(sid or "")
    if account is None:
        return "Twilio knows no such account"
    if method == "text" and service and service in account.services:
        return ""
    return "" if number in account.numbers else "Twilio knows no such sender in this account"


def _gateway(tenant: Tenant, options: Json) -> str:
    if not options.get("gateway_url"):
        return "the gateway has no address"
    if tenant.hidden.outside_fails or tenant.hidden.outside_accepts:
        return tenant.hidden.outside_fails
    authentication = options.get("gateway_authentication")
    if authentication and authentication.get("secret") != tenant.hidden.gateway_secret:
        return "the gateway refuses the token's signature"
    return ""


def _run(tenant: Tenant, path: Path, action: Action | None, trigger: str, wording: Wording) -> Delivery:
    """Run the Action with each message; the first that does not arrive gives the reason."""
    if action is None:
        return _sent(path, f"no Action on {trigger}", wording=wording)
    results = [run_action(tenant, action, trigger, message) for message in wording.messages]
    runs = tuple(result for result in results if isinstance(result, ActionRun))
    problems = [result.problem if isinstance(result, ActionRun) else result for result in results]
    return _sent(path, *problems, wording=wording, runs=runs)


def _bound_action(tenant: Tenant, wording: Wording) -> Delivery:
    path, bound = Path.SEND_PHONE_MESSAGE_ACTION, tenant.bindings.get("send-phone-message", [])
    if not bound:
        return _sent(path, "no Action is bound to send-phone-message", wording=wording)
    action = tenant.actions[bound[0].action_id]
    return _run(tenant, path, action, LEGACY, wording)
