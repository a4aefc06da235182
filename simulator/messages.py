"""Test messages: accepted with 202 at once, delivered or not as the tenant's logs tell later."""

from __future__ import annotations

from simulator.errors import BAD_NOTIFICATION, ApiError
from simulator.faults import Effect
from simulator.operations import Call, Reply
from simulator.routing import Delivery, through_provider
from simulator.state import Json

_TYPE = {"text": "gd_send_sms", "voice": "gd_send_voice"}
_WORDS = {
    "gd_send_sms": "SMS sent",
    "gd_send_voice": "Voice call made",
    "gd_send_sms_failure": "Attempt to send SMS failed",
    "gd_send_voice_failure": "Attempt to make voice call failed",
}


def masked(number: str) -> str:
    """A phone number as logs show it: all but its last four characters hidden."""
    return "X" * max(0, len(number) - 4) + number[-4:]


def send_test(call: Call, provider: Json | None, template: str = "otp_verify") -> Reply:
    """Takes a test message to ``body.to`` and writes what became of it to the logs.

    Args:
        call: the request to send it.
        provider: the provider that is to send; None when the tenant has none.
        template: the template type whose text is sent.

    Raises:
        ApiError: 400 when the delivery method isn't among the provider's. A tenant with no provider answers
            202 like any other (recorded exchange).
    """
    method = call.body.get("delivery_method", "text")
    if provider is not None and method not in provider["configuration"]["delivery_methods"]:
        raise ApiError(400, BAD_NOTIFICATION)
    if Effect.TEST_MESSAGE_LOST not in call.effects:
        delivery = through_provider(call.tenant, method)
        if Effect.TEST_MESSAGE_FAILS in call.effects:
            delivery = Delivery(delivery.path, delivered=False, reason="the carrier refused the message")
        write_delivery(call, provider, method, template, delivery)
    return Reply(202, {"code": 202, "message": "Test notification successfully sent for processing"})


def write_delivery(call: Call, provider: Json | None, method: str, template: str, delivery: Delivery) -> None:
    """Logs one message through the tenant-level provider."""
    kind = _TYPE[method] if delivery.delivered else _TYPE[method] + "_failure"
    details: Json = {
        "channel": "phone",
        "to": masked(call.body["to"]),
        "delivery_method": method,
        "message_type": template,
        "provider": provider and {"id": provider["id"], "name": provider["name"]},
        "is_test": True,
    }
    if not delivery.delivered:
        details["error"] = {"message": delivery.reason}
    call.tenant.logs.write(
        kind,
        call.now,
        call.now + call.timing.log_lag,
        description=_WORDS[kind],
        client_id=call.client_id,
        client_name=call.tenant.clients[call.client_id]["name"],
        details=details,
    )
