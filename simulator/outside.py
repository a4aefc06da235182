"""The services that an Action calls (Twilio, Amazon SNS, gateways), and what they deliver.

It knows what only they know: the right tokens, an account's senders, the gateway's shared secret, how long a
gateway takes. A message arrives when a service that can deliver it accepts a request with the recipient and
the code or the text.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote_plus, urlsplit

from simulator.events import Message
from simulator.isolate import Answer, Request
from simulator.message_texts import CODE
from simulator.state import Json, Tenant, TwilioAccount

_TWILIO = re.compile(r"/2010-04-01/Accounts/(?P<sid>\w+)/(?P<kind>Messages|Calls)\.json")


@dataclass(slots=True)
class Outside:
    """Answers one Action's requests and remembers which of them delivered the message."""

    tenant: Tenant
    message: Message
    delivered: bool = False
    refusals: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        """Answer a request as the service at its address does."""
        answer = self._answer(request)
        if answer.status >= 300 or answer.error:
            self.refusals.append(answer.error or f"{urlsplit(request.url).hostname} answered {answer.status}")
        elif self._carries(request):
            self.delivered = True
        return answer

    def _answer(self, request: Request) -> Answer:
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        hidden = self.tenant.hidden
        if hidden.outside_fails:
            return Answer(503, hidden.outside_fails)
        if hidden.outside_accepts:
            return _accepted(host, hidden.gateway_seconds)
        if host == "api.twilio.com":
            return _twilio(self.tenant, request, parts.path)
        if host.endswith(".amazonaws.com"):
            return _amazon(self.tenant, request)
        gateway = _gateway_options(self.tenant, request.url)
        if gateway is not None:
            return _gateway(self.tenant, request, gateway)
        return _other(self.tenant, request)

    def _carries(self, request: Request) -> bool:
        """Whether a request has the recipient and the code or the text."""
        text = unquote_plus(f"{request.url} {request.body}")
        digits = re.sub(r"\D", "", text)
        recipient = re.sub(r"\D", "", self.message.recipient)
        return recipient in digits and (
            CODE in re.sub(r"\D", "", request_words(request)) or self.message.text in text
        )


def request_words(request: Request) -> str:
    """Return the URL and the body of a request, decoded."""
    return unquote_plus(f"{request.url} {request.body}")


def _accepted(host: str, seconds: float) -> Answer:
    """Answer as a service that takes the request."""
    if host == "api.twilio.com":
        return Answer(201, json.dumps({"sid": "SM0", "status": "queued", "error_code": None}))
    if host.endswith(".amazonaws.com"):
        return Answer(200, "<PublishResponse/>")
    return Answer(200, json.dumps({"ok": True, "score": 0}), seconds)


def _basic(request: Request) -> tuple[str, str]:
    """Return user and password of a Basic authorization; empty where there is none."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    user, _, password = base64.b64decode(value + "==").decode("utf-8", "replace").partition(":")
    return user, password


def accounts_of(tenant: Tenant) -> dict[str, TwilioAccount]:
    """Return Twilio's accounts: those of the settings, and the one that an Action's secrets name."""
    accounts = dict(tenant.hidden.twilio_accounts)
    secrets = tenant.hidden.action_secrets
    sid = secrets.get("TWILIO_ACCOUNT_SID")
    if sid and sid not in accounts and "TWILIO_AUTH_TOKEN" in secrets:
        number = secrets.get("TWILIO_FROM", "")
        accounts[sid] = TwilioAccount(sid, secrets["TWILIO_AUTH_TOKEN"], [number])
    return accounts


def _refused(status: int, code: int, message: str) -> Answer:
    """Return Twilio's error JSON."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer(status, json.dumps({"code": code, "message": message, "more_info": more, "status": status}))


def _twilio(tenant: Tenant, request: Request, path: str) -> Answer:
    match = _TWILIO.fullmatch(path)
    if match is None:
        return _refused(404, 20404, "The requested resource was not found")
    user, password = _basic(request)
    account = accounts_of(tenant).get(match["sid"])
    if account is None or (user, password) != (account.sid, account.token):
        return _refused(401, 20003, "Authenticate")
    form = {key: values[0] for key, values in parse_qs(request.body).items()}
    service, number = form.get("MessagingServiceSid"), form.get("From", "")
    known = (
        service in account.services if service and match["kind"] == "Messages" else number in account.numbers
    )
    if not known:
        return _refused(400, 21606, f"The From phone number {number or service} is not a valid sender")
    sent = {"sid": "SM0", "status": "queued", "error_code": None, "error_message": None, "to": form.get("To")}
    return Answer(201, json.dumps(sent))


def _amazon(tenant: Tenant, request: Request) -> Answer:
    true = tenant.hidden.action_secrets
    expected = true.get("AWS_SECRET_ACCESS_KEY")
    if expected is not None and request.headers.get("x-simulated-secret") != expected:
        return Answer(403, "SignatureDoesNotMatch")
    return Answer(200, "<PublishResponse/>")


def _gateway_options(tenant: Tenant, url: str) -> Json | None:
    """Return the options of the SMS connection whose gateway this is."""
    for connection in tenant.connections.values():
        address = (connection.get("options") or {}).get("gateway_url")
        if address and urlsplit(address).hostname == urlsplit(url).hostname:
            options: Json = connection["options"]
            return options
    return None


def _gateway(tenant: Tenant, request: Request, options: Json) -> Answer:
    seconds = tenant.hidden.gateway_seconds
    if options.get("gateway_authentication") and not _signed(tenant, request, options):
        return Answer(401, "", seconds)
    return Answer(200, "", seconds)


def _signed(tenant: Tenant, request: Request, options: Json) -> bool:
    """Whether the bearer token is signed with the secret that the gateway knows."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    signed, _, signature = token.rpartition(".")
    secret = tenant.hidden.gateway_secret or ""
    encoded = (options.get("gateway_authentication") or {}).get("secret_base64_encoded")
    key = base64.b64decode(secret + "==") if encoded else secret.encode()
    digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), signature)


def _other(tenant: Tenant, request: Request) -> Answer:
    """Answer as any other service, which needs one of the Action's keys if it has any."""
    seconds = tenant.hidden.gateway_seconds
    secrets = tenant.hidden.action_secrets
    ours = [value for name, value in secrets.items() if name.endswith("_URL")]
    keys = [value for name, value in secrets.items() if "KEY" in name or "TOKEN" in name]
    host = urlsplit(request.url).hostname
    if keys and any(urlsplit(address).hostname == host for address in ours):
        headers = " ".join(request.headers.values())
        if not any(key in headers for key in keys):
            return Answer(401, "", seconds)
    return Answer(200, json.dumps({"ok": True, "score": 0}), seconds)
