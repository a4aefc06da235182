"""Send test messages and messages that users request, and log their results.

Multi-factor authentication writes ``gd_send_*``, Passwordless ``cs`` (code sent) and ``fn`` (failed notification);
an Action that fails writes ``actions_execution_failed``. Fields follow Auth0's schema of tenant logs. Which of them a
test message writes is not documented: here it writes as multi-factor authentication does.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator import routing
from simulator.action_runs import ActionRun
from simulator.errors import BAD_NOTIFICATION, ApiError
from simulator.faults import Effect
from simulator.ids import draw
from simulator.operations import Call, Reply
from simulator.routing import Delivery, through_provider
from simulator.state import Json, Tenant
from simulator.twilio import note_message

_TYPE = {"text": "gd_send_sms", "voice": "gd_send_voice"}
_DESCRIPTIONS = {
    "gd_send_sms": "SMS sent",
    "gd_send_voice": "Voice call made",
    "gd_send_sms_failure": "Attempt to send SMS failed",
    "gd_send_voice_failure": "Attempt to make voice call failed",
}
REASON_PLACES = ("provider_error", "failure_details", "error", "description")
"""Where a failure has its reason: three fields of ``details``, or the description alone."""


def masked(number: str) -> str:
    """Return a phone number as logs show it: all but its last four characters hidden."""
    return "X" * max(0, len(number) - 4) + number[-4:]


def send_test(call: Call, provider: Json | None, template: str = "otp_verify") -> Reply:
    """Send a test message to ``body.to`` and log the result.

    Args:
        call: the request to send it.
        provider: the provider that is to send; None when the tenant has none.
        template: the template type whose text is sent.

    Raises:
        ApiError: 400 when the delivery method is not among the provider's. A tenant with no provider answers
            202 like any other (recorded exchange).
    """
    method = call.body.get("delivery_method", "text")
    if provider is not None and method not in provider["configuration"]["delivery_methods"]:
        raise ApiError(400, BAD_NOTIFICATION)
    if Effect.TEST_MESSAGE_LOST not in call.effects:
        delivery = through_provider(call.tenant, method, kinds=(template,))
        if Effect.TEST_MESSAGE_FAILS in call.effects:
            delivery = Delivery(delivery.path, delivered=False, reason="the carrier refused the message")
        write_delivery(call, provider, method, template, delivery)
    return Reply(202, {"code": 202, "message": "Test notification successfully sent for processing"})


def write_delivery(call: Call, provider: Json | None, method: str, template: str, delivery: Delivery) -> None:
    """Log one test message through the tenant-level provider."""
    details: Json = {
        "channel": "phone",
        "to": masked(call.body["to"]),
        "delivery_method": method,
        "message_type": template,
        "provider": provider and {"id": provider["id"], "name": provider["name"]},
        "is_test": True,
    }
    client = {"client_id": call.client_id, "client_name": call.tenant.clients[call.client_id]["name"]}
    logger = MessageLogger(call.tenant, call.now, call.now + call.timing.log_lag, client)
    logger.failed_runs(delivery)
    logger.accepted_by_twilio(delivery, method, call.body["to"])
    logger.second_factor(method, details, delivery)


@dataclass(frozen=True, slots=True)
class MessageLogger:
    """Logs the results of messages.

    Attributes:
        now: epoch seconds.
        visible_at: from when readers see it.
        client: id and name of the application for which it was sent.
    """

    tenant: Tenant
    now: float
    visible_at: float
    client: Json

    def write(self, kind: str, description: str, details: Json, **more: Json | str | None) -> None:
        """Add one log."""
        fields = self.client | {"description": description, "details": details} | more
        self.tenant.logs.write(kind, self.now, self.visible_at, **fields)

    def second_factor(
        self, method: str, details: Json, delivery: Delivery, user_id: str | None = None
    ) -> None:
        """``gd_send_sms``, ``gd_send_voice`` or their failures; a test message has no user."""
        if delivery.delivered:
            self.write(_TYPE[method], _DESCRIPTIONS[_TYPE[method]], details, user_id=user_id)
            return
        kind = _TYPE[method] + "_failure"
        place, nameless = reason_place(self.tenant), draw(self.tenant.domain, "to").random() < 0.5
        details = {key: value for key, value in details.items() if key != "to" or not nameless}
        description = (
            f"{_DESCRIPTIONS[kind]}: {delivery.reason}" if place == "description" else _DESCRIPTIONS[kind]
        )
        self.write(kind, description, details | reason_fields(place, delivery.reason), user_id=user_id)

    def passwordless(self, connection: Json, to: str, delivery: Delivery) -> None:
        """``cs`` for a code that was sent, ``fn`` for one that could not be."""
        where = {"connection": connection["name"], "connection_id": connection["id"]}
        if delivery.delivered:
            self.write(
                "cs",
                "Code Sent",
                code_sent(self.tenant, connection, to),
                strategy="sms",
                strategy_type="passwordless",
                **where,
            )
            return
        details = failed_notification(to, delivery.reason)
        self.write("fn", delivery.reason, details, strategy="sms", strategy_type="passwordless", **where)

    def accepted_by_twilio(self, delivery: Delivery, method: str, to: str) -> None:
        """Record the message or call in the Twilio account that accepted it."""
        if delivery.delivered and delivery.account:
            # Of the types that the route was tried with, the last is the one that a user requests.
            note_message(self.tenant, delivery.account, to, method, delivery.messages[-1].text, self.now)

    def failed_runs(self, delivery: Delivery) -> None:
        """``actions_execution_failed`` for each Action that threw or ran out of time."""
        for run in delivery.runs:
            if run.execution.error_class:
                self.write("actions_execution_failed", "Action execution failed", execution_details(run))


def reason_place(tenant: Tenant) -> str:
    """Return the field of failure reasons, always the same for one tenant."""
    return draw(tenant.domain, "reason").choice(REASON_PLACES)


def reason_fields(place: str, reason: str) -> Json:
    """Return the part of ``details`` with the reason; empty if the description has it."""
    if place == "description":
        return {}
    if place == "error":
        return {"error": {"message": reason}}
    return {place: {"errorCode": "provider_error", "message": reason}}


def code_sent(tenant: Tenant, connection: Json, to: str) -> Json:
    """Return ``details`` of a ``cs``: the number is in ``details.body``."""
    body: Json = {
        "authParams": {
            "audience": "",
            "redirect_uri": "",
            "response_type": "code",
            "scope": "openid",
            "state": "",
        },
        "client_id": "",
        "connection": connection["name"],
        "ip": "203.0.113.7",
        "phone_number": to,
        "request_language": "en",
        "send": "code",
        "tenant": tenant.domain.split(".")[0],
        "user-agent": "Other 0.0.0",
        "username": to,
    }
    return {"body": body}


def failed_notification(to: str, reason: str) -> Json:
    """Return ``details`` of an ``fn``: the provider's message is in ``details.error``."""
    return {"email_type": "verify_code", "error": reason, "notification_type": "phone", "to": to}


def execution_details(run: ActionRun) -> Json:
    """``details`` of an ``actions_execution_failed``."""
    error = run.execution.error or {}
    return {
        "action_id": run.action.id,
        "action_name": run.action.name,
        "action_error": {
            "code": "",
            **{key: str(error.get(key, "")) for key in ("name", "message", "stack")},
        },
        "binding_id": "",
        "error_class": run.execution.error_class,
        "execution_id": "",
        "trigger_id": run.trigger,
        "version_id": run.version.id,
    }


def send_as_user(
    tenant: Tenant, use: str, method: str, connection: str, to: str, now: float, lag: float
) -> Delivery:
    """Send and log a message that a user requested: a second factor, or a Passwordless code."""
    logger = MessageLogger(tenant, now, now + lag, {"client_id": None, "client_name": "Customer Portal"})
    if use == "passwordless":
        delivery = routing.passwordless(tenant, connection)
        known = next((c for c in tenant.connections.values() if c["name"] == connection), None)
        logger.failed_runs(delivery)
        logger.accepted_by_twilio(delivery, "text", to)
        if known is not None:
            logger.passwordless(known, to, delivery)
        return delivery
    delivery = routing.mfa(tenant, method)
    logger.failed_runs(delivery)
    logger.accepted_by_twilio(delivery, method, to)
    logger.second_factor(method, {"to": masked(to), "is_test": False}, delivery, user_id="auth0|portal-user")
    return delivery
