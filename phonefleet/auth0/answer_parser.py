"""Turn answers of the Management API into the facts of a `Snapshot`. Pure: the shapes of Auth0's answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from phonefleet.actions.redacted_text import redact_code, redact_url
from phonefleet.auth0.connection_options import shown_options
from phonefleet.auth0.json_objects import member
from phonefleet.model.action_content import is_same
from phonefleet.model.endpoints import LEGACY_PATHS, LEGACY_TRIGGER, NEW_PATHS, PROVIDER_TRIGGER, SHARED_PATHS
from phonefleet.model.fact import ActionContent, ActionState, NpmDependency
from phonefleet.model.snapshot import (
    EndpointUse,
    Experience,
    Gateway,
    PhoneProvider,
    PhoneTemplate,
    SmsConnection,
    TwilioSettings,
)

Json = Mapping[str, Any]


def parse_twilio(
    raw: Json | None, *, sid: str, token: str, sender: str, mssid: str = "messaging_service_sid"
) -> TwilioSettings | None:
    """Parse a Twilio configuration with the given key names; None when none of it is set. Drops the token."""
    raw = raw or {}
    if not any(raw.get(key) for key in (sid, token, sender, mssid)):
        return None
    return TwilioSettings(
        sid=raw.get(sid) or "",
        default_from=raw.get(sender) or "",
        mssid=raw.get(mssid) or "",
        has_token=bool(raw.get(token)),
    )


def parse_provider(raw: Json) -> PhoneProvider:
    """Parse a provider of `branding/phone/providers`."""
    configuration = raw.get("configuration") or {}
    return PhoneProvider(
        id=raw["id"],
        name=raw["name"],
        disabled=bool(raw.get("disabled")),
        delivery_methods=tuple(sorted(configuration.get("delivery_methods") or ())),
        sid=configuration.get("sid") or "",
        default_from=configuration.get("default_from") or "",
        mssid=configuration.get("mssid") or "",
        updated_at=raw.get("updated_at"),
    )


def parse_template(raw: Json) -> PhoneTemplate:
    """Parse a template of `branding/phone/templates`; Auth0's own defaults have no id."""
    content = raw.get("content") or {}
    body = content.get("body") or {}
    return PhoneTemplate(
        id=raw.get("id") or "",
        type=raw["type"],
        disabled=bool(raw.get("disabled")),
        text=body.get("text") or "",
        voice=body.get("voice") or "",
        sender=content.get("from") or "",
        syntax=content.get("syntax") or "liquid",
    )


def parse_action(raw: Json, *, bound: bool = False, domain: str = "") -> ActionState:
    """Parse an Action as it runs: code, dependencies and secrets of its deployed version, else of its draft.

    Keys pasted into it are masked, and known as those of the tenant `domain`.
    """
    deployed: Json | None = raw.get("deployed_version") or None
    running: Json = deployed or raw
    triggers = tuple(t["id"] for t in raw.get("supported_triggers") or ())
    versions: list[Json] = running.get("supported_triggers") or raw.get("supported_triggers") or []
    content = _parse_content(running, raw, domain)
    # Answers about bindings show no draft.
    is_edited = deployed and raw.get("code") and PROVIDER_TRIGGER in triggers
    draft = _parse_content(raw, raw, domain) if is_edited else content
    return ActionState(
        id=raw["id"],
        name=raw.get("name") or "",
        triggers=triggers,
        trigger_version=next((t.get("version") or "" for t in versions if t["id"] == LEGACY_TRIGGER), ""),
        **dict(content),
        deployed=deployed is not None and str(running.get("status") or "built").lower() == "built",
        bound=bound,
        version=(deployed or {}).get("number") or 0,
        draft=None if is_same(draft, content) else draft,
        version_id=str((deployed or {}).get("id") or "") if PROVIDER_TRIGGER in triggers else "",
    )


def _parse_content(part: Json, action: Json, domain: str) -> ActionContent:
    """Parse an Action's draft or its deployed version; what a version leaves out is as in the Action."""
    code = redact_code(part.get("code") or action.get("code") or "", domain)
    return ActionContent(
        code=code.text,
        fingerprint=code.fingerprint,
        original=code.original,
        dependencies=tuple(
            NpmDependency(name=d["name"], version=d.get("version") or "latest")
            for d in part.get("dependencies") or ()
        ),
        secret_names=tuple(s["name"] for s in part.get("secrets") or ()),
        runtime=part.get("runtime") or action.get("runtime") or "",
    )


def parse_connection(raw: Json, enabled_clients: Iterable[str], domain: str = "") -> SmsConnection:
    """Parse a Passwordless SMS connection: its sender, its template and its own switch.

    Absent options are not empty ones: the scope to read them is not granted (`phonefleet.model.api_scopes.FIELDS`).
    """
    shown = shown_options(raw)
    options: Json = shown or {}
    by_gateway = options.get("provider") == "sms_gateway"
    return SmsConnection(
        id=raw["id"],
        name=raw.get("name") or "",
        enabled_clients=tuple(enabled_clients),
        twilio=None
        if by_gateway
        else parse_twilio(options, sid="twilio_sid", token="twilio_token", sender="from"),  # noqa: S106
        gateway=parse_gateway(options, domain) if by_gateway else None,
        use_phone_provider=options.get("use_phone_provider"),
        options_hidden=shown is None,
        template=options.get("template") or "",
        syntax=options.get("syntax") or "",
        sender=options.get("from") or "",
    )


def parse_gateway(options: Json, domain: str = "") -> Gateway | None:
    """Parse the custom gateway in a connection's options; None when it has no address."""
    if not options.get("gateway_url"):
        return None
    authentication: Json = options.get("gateway_authentication") or {}
    url = redact_url(options["gateway_url"], domain)
    return Gateway(
        url=url.text,
        fingerprint=url.fingerprint,
        original=url.original,
        forward_req_info=options.get("forward_req_info") in (True, "true"),
        auth_method=authentication.get("method") or "",
        subject=authentication.get("subject") or "",
        audience=authentication.get("audience") or "",
        secret_base64_encoded=bool(authentication.get("secret_base64_encoded")),
        has_secret=bool(authentication.get("secret")),
    )


def identifies_by_phone(options: Json) -> bool:
    """Whether users of a database connection get codes at their phone number.

    Source: Auth0 documentation, "Activate and Configure Attributes for Flexible Identifier Sign-up and Login":
    `options.attributes.phone_number.identifier.active`, a phone method in `options.authentication_methods`, or a
    phone number that is verified on sign-up ("ensure you have configured a phone provider").
    """
    attribute: Json = (options.get("attributes") or {}).get("phone_number") or {}
    signup: Json = attribute.get("signup") or {}
    methods: Json = options.get("authentication_methods") or {}
    return (
        bool((attribute.get("identifier") or {}).get("active"))
        or bool((methods.get("phone_otp") or {}).get("enabled"))
        or (signup.get("status") != "inactive" and bool((signup.get("verification") or {}).get("active")))
    )


def count_endpoint_use(entries: Iterable[Json], known_names: Mapping[str, str]) -> tuple[EndpointUse, ...]:
    """Count the clients seen on phone endpoints, by experience, most used first.

    Args:
        entries: log entries of types `sapi` and `mgmt_api_read`, whose `client_name` may be empty.
        known_names: names of clients by id.
    """
    counts: Counter[tuple[str, Experience]] = Counter()
    last: dict[tuple[str, Experience], datetime] = {}
    names: dict[str, str] = {}
    for entry in entries:
        path = str(member(member(entry, "details"), "request").get("path") or "")
        experience = experience_of(path)
        client = entry.get("client_id") or ""
        if experience is None or not client:
            continue
        key = (client, experience)
        seen = datetime.fromisoformat(str(entry["date"]))
        counts[key] += 1
        last[key] = max(last.get(key, seen), seen)
        names[client] = entry.get("client_name") or names.get(client, "") or known_names.get(client, "")
    return tuple(
        EndpointUse(client_id=c, client_name=names[c], experience=e, count=n, last_seen=last[c, e])
        for (c, e), n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def experience_of(path: str) -> Experience | None:
    """Return the experience an API path belongs to; None for a path that belongs to neither or to both."""
    if any(part in path for part in NEW_PATHS):
        return Experience.NEW
    if any(part in path for part in LEGACY_PATHS) and not any(part in path for part in SHARED_PATHS):
        return Experience.LEGACY
    return None
