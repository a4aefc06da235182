"""Pairs of events as Auth0's references document them, written without the verifier's own events.

Each pair is one message as either trigger receives it. Every field's place is checked against the facts of
`auth0_events.json` (see `auth0_events`), so that a pair cannot have a field that Auth0 does not document.
"""

import copy
import itertools
import json
from pathlib import Path

FACTS = json.loads((Path(__file__).parents[1] / "auth0_events.json").read_text(encoding="utf-8"))
LEGACY, NEW = (FACTS["references"][name] for name in ("send-phone-message", "custom-phone-provider"))
# Fields of the migration page alone; Auth0's sources disagree on the first two.
PAGE_ONLY = {"message_options.language", "client.client_metadata", "user.multifactor"}
NOT_DOCUMENTED = {"configuration"}
DICTIONARIES = (
    "metadata",
    "domain_metadata",
    "configuration",
    "multifactor",
    "identities",
    "client_metadata",
)
RECIPIENTS = ("+18085555555", "+1-808-555-5555", "+447700900123", "+34-600-555-010")
# The optional fields that both events have, with those inside them.
SHARED_OPTIONAL = [
    *sorted(
        path
        for path, about in LEGACY.items()
        if about["optional"] and path in NEW and path != "user.identities"
    ),
    "message_options.language",
]

_GEO = {
    "cityName": "Honolulu",
    "continentCode": "NA",
    "countryCode": "US",
    "countryCode3": "USA",
    "countryName": "United States of America",
    "latitude": 21.3,
    "longitude": -157.8,
    "subdivisionCode": "HI",
    "subdivisionName": "Hawaii",
    "timeZone": "Pacific/Honolulu",
}


def pair(purpose, method, recipient, number):
    """One message with every field, as the legacy and as the new event."""
    code = f"{130_000 + 7919 * number % 800_000:06d}"
    text, voice = (
        f"Your code is {code} ({number})",
        f"Hello. Your code is {', '.join(code)}. Number {number}.",
    )
    language = ("en", "de", "pt-BR")[number % 3]
    shared = {
        "client": {
            "client_id": f"client{number}",
            "name": "Shop",
            "metadata": {"brand": "shop", "tier": "1"},
        },
        "custom_domain": {"domain": "login.shop.example", "domain_metadata": {"brand": "shop"}},
        "request": {
            "geoip": dict(_GEO),
            "hostname": "login.shop.example",
            "ip": "203.0.113.7",
            "language": ("en", "fr", "de-CH")[number % 3],
            "user_agent": "Mozilla/5.0",
            "method": "POST",
        },
        "configuration": {},
        "tenant": {"id": "shop"},
        "transaction": {"correlation_id": f"c-{number}"},
        "user": {
            "app_metadata": {"plan": "gold"},
            "created_at": "2024-02-03T04:05:06.007Z",
            "email": "ann@shop.example",
            "email_verified": True,
            "family_name": "Lee",
            "given_name": "Ann",
            "last_password_reset": "2025-01-02T03:04:05.006Z",
            "multifactor": ["guardian"],
            "name": "Ann Lee",
            "nickname": "ann",
            "phone_number": "+18085550000",
            "phone_verified": True,
            "picture": "https://shop.example/ann.png",
            "updated_at": "2025-02-03T04:05:06.007Z",
            "user_id": f"auth0|{number}",
            "user_metadata": {"lang": "de"},
            "username": "ann",
        },
    }
    legacy, new = copy.deepcopy(shared), copy.deepcopy(shared)
    legacy["client"]["client_metadata"] = dict(shared["client"]["metadata"])
    legacy["message_options"] = {
        "action": {"otp_enroll": "enrollment", "otp_verify": "second-factor-authentication"}[purpose],
        "code": code,
        "language": language,
        "message_type": {"text": "sms", "voice": "voice"}[method],
        "recipient": recipient,
        "text": text if method == "text" else voice,
    }
    legacy["security_context"] = {"ja3": "0" * 32, "ja4": "t13d1516h2_8daaf6152771_02713d6af862"}
    legacy["user"]["identities"] = [
        {"connection": "users", "isSocial": False, "provider": "auth0", "user_id": "1"}
    ]
    new["notification"] = {
        "as_text": text,
        "as_voice": voice,
        "code": code,
        "delivery_method": method,
        "from": "+15005550006",
        "locale": language,
        "message_type": purpose,
        "recipient": recipient,
    }
    new["connection"] = {"id": "con_1", "metadata": {}, "name": "users", "strategy": "auth0"}
    new["organization"] = {"display_name": "Org", "id": "org_1", "metadata": {}, "name": "org"}
    new["tenant"] |= {
        "friendly_name": "The Shop",
        "home_url": "https://shop.example",
        "logo_url": "https://shop.example/l.png",
        "support_email": "help@shop.example",
        "support_url": "https://shop.example/help",
    }
    return legacy, new


def without(given, *paths):
    """The pair without shared optional fields, by their places in the legacy event."""
    legacy, new = copy.deepcopy(given)
    for path in paths:
        _remove(legacy, path)
        _remove(new, {"message_options.language": "notification.locale"}.get(path, path))
    return legacy, new


def pairs():
    """All pairs: each purpose and method in each form of a number; each optional field missing, then two."""
    numbers = itertools.count()
    combinations = itertools.product(("otp_verify", "otp_enroll"), ("text", "voice"), RECIPIENTS)
    made = [pair(purpose, method, recipient, next(numbers)) for purpose, method, recipient in combinations]
    plain = ("otp_verify", "text", RECIPIENTS[0])
    made += [without(pair(*plain, next(numbers)), path) for path in SHARED_OPTIONAL]
    apart = ["client", "custom_domain", "request.hostname", "request.language", "request.user_agent"]
    apart += ["transaction", "user.email", "user.name", "message_options.language"]
    made += [without(pair(*plain, next(numbers)), *two) for two in itertools.combinations(apart, 2)]
    made.append(without(pair("otp_enroll", "voice", RECIPIENTS[1], next(numbers)), *SHARED_OPTIONAL))
    return made


def as_version_1(legacy):
    """The legacy event in the flat form of version 1 of its trigger."""
    flat = {key: value for key, value in legacy.items() if key != "message_options"}
    return flat | legacy["message_options"]


def undocumented(event, reference):
    """Places in an event that its reference does not have."""
    return [
        place
        for place in _places(event)
        if place not in reference and place not in PAGE_ONLY | NOT_DOCUMENTED
    ]


def _places(value, prefix=""):
    for name, inner in value.items():
        place = f"{prefix}.{name}" if prefix else name
        yield place
        if (
            isinstance(inner, dict)
            and name not in DICTIONARIES
            and name not in ("app_metadata", "user_metadata")
        ):
            yield from _places(inner, place)


def _remove(event, path):
    *holders, name = path.split(".")
    for holder in holders:
        event = event.get(holder, {})
    event.pop(name, None)
