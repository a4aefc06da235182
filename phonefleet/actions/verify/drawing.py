"""Draw messages of given kinds with Hypothesis."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from phonefleet.actions.verify.sample_message import KEPT, KINDS, MESSAGES, Detail, Kind, Message

BASE_CLOCK_MS = 1_773_568_800_000  # 2026-03-15T10:00:00Z, a Sunday

_LOCALES = ("en", "en-US", "fr-CA", "de", "pt-BR", "ja", "zh-TW", "es-419")
_COUNTRIES = ("1415555", "44770090", "4915112", "8190123", "5511987", "9198765", "6141234")
_TEXTS = (
    "{code} is your verification code for Acme & Söhne",
    "Your code is: {code}. Don't share it!",
    "Code <{code}> “{tenant}”\nvalid 5 min",
    "Votre code : {code} \u2013 ne le partagez pas",
    "認証コードは{code}です",
)
_VOICES = (
    "Hello. Your code for Acme is {spoken} I repeat, {spoken}",
    "Bonjour ! Votre code est {spoken} Merci.",
    "こんにちは。コードは {spoken} です",
    "Smith & Sons <mobile>: {spoken}",
)
_WORDS = st.text(string.ascii_lowercase, min_size=3, max_size=9)
_METADATA = st.dictionaries(
    _WORDS, st.one_of(_WORDS, st.integers(0, 999), st.booleans(), st.lists(_WORDS, max_size=2)), max_size=3
)
_GEO = {
    "cityName": "Montréal",
    "continentCode": "NA",
    "countryCode": "CA",
    "countryCode3": "CAN",
    "countryName": "Canada",
    "latitude": 45.5,
    "longitude": -73.6,
    "subdivisionCode": "QC",
    "subdivisionName": "Quebec",
    "timeZone": "America/Toronto",
}


def _digits(low: int, high: int) -> st.SearchStrategy[str]:
    return st.text(string.digits, min_size=low, max_size=high)


@st.composite
def messages(draw: st.DrawFn, kind: Kind, position: int) -> Message:
    """Draw messages of one kind; ``position`` spreads their clocks."""
    code = draw(_digits(6, 6))
    tenant = draw(_WORDS)
    user_id = "auth0|" + draw(st.text("0123456789abcdef", min_size=24, max_size=24))
    # Pairs of messages follow each other within two minutes (for what is cached), pairs within 29 hours.
    pair, second = divmod(position, 2)
    start = BASE_CLOCK_MS + pair * 29 * 3_600_000 + pair * 1_234_567 % 3_600_000 + second * 90_000
    identity = {
        "connection": "Username-Password-Authentication",
        "isSocial": False,
        "provider": "auth0",
        "userId": user_id.removeprefix("auth0|"),
        "user_id": user_id.removeprefix("auth0|"),
    }
    words = {"code": code, "spoken": " ".join(f"{d}." for d in code), "tenant": tenant}
    return Message(
        kind=kind,
        recipient="+" + draw(st.sampled_from(_COUNTRIES)) + draw(_digits(4, 5)),
        code=code,
        text=draw(st.sampled_from(_TEXTS)).format(**words),
        voice=draw(st.sampled_from(_VOICES)).format(**words),
        locale=draw(st.sampled_from(_LOCALES)),
        language=None if kind.detail is Detail.BARE or position % 4 == 3 else draw(st.sampled_from(_LOCALES)),
        tenant=tenant,
        client=draw(_clients(kind.detail)),
        request=draw(_requests(kind.detail, tenant)),
        user=draw(_users(kind.detail, user_id)),
        configuration={},
        identities=(identity,) if kind.detail is Detail.FULL else None,
        keeps_http_method=kind.detail is not Detail.BARE,
        start_ms=start + draw(st.integers(0, 15_000)),
        seed=draw(st.integers(1, 2**31)),
    )


@st.composite
def _clients(draw: st.DrawFn, detail: Detail) -> dict[str, Any] | None:
    if detail is Detail.BARE:
        return None
    metadata = draw(_METADATA) if detail is Detail.FULL else {}
    client_id = draw(st.text(string.ascii_letters + string.digits, min_size=32, max_size=32))
    return {"client_id": client_id, "name": draw(_WORDS).title() + " App", "metadata": metadata}


@st.composite
def _requests(draw: st.DrawFn, detail: Detail, tenant: str) -> dict[str, Any]:
    request: dict[str, Any] = {"ip": f"203.0.113.{draw(st.integers(1, 254))}"}
    if detail is not Detail.BARE:
        request["user_agent"] = f"Mozilla/5.0 (X11; Linux x86_64) Test/{draw(st.integers(1, 99))}"
        request["hostname"] = f"{tenant}.eu.auth0.com"
    request["geoip"] = dict(_GEO) if detail is Detail.FULL else {}
    return request


@st.composite
def _users(draw: st.DrawFn, detail: Detail, user_id: str) -> dict[str, Any]:
    user: dict[str, Any] = {
        "user_id": user_id,
        "created_at": "2025-01-02T03:04:05.006Z",
        "updated_at": "2026-02-03T04:05:06.007Z",
        "email_verified": draw(st.booleans()),
    }
    if detail is Detail.BARE:
        return user
    name = draw(_WORDS)
    user |= {"name": f"{name.title()} O'Neil", "email": f"{name}@example.com", "nickname": name}
    user |= {"user_metadata": draw(_METADATA), "app_metadata": draw(_METADATA)}
    if detail is Detail.FULL:
        user |= {
            "given_name": name.title(),
            "family_name": "O'Neil",
            "picture": f"https://img.example/{name}",
        }
        user |= {"phone_number": "+1555" + draw(_digits(7, 7)), "phone_verified": True, "username": name}
        user |= {"multifactor": ["guardian"], "last_password_reset": "2026-01-01T00:00:00.000Z"}
    return user


def draw_messages(kinds: Sequence[Kind], number: int) -> tuple[Message, ...]:
    """Draw a message of each kind; the same number gives the same messages."""
    strategies = [messages(kind, position) for position, kind in enumerate(kinds)]
    drawn: list[tuple[Message, ...]] = []

    @seed(number)
    @settings(
        database=None,
        deadline=None,
        max_examples=3,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.tuples(*strategies))
    def collect(batch: tuple[Message, ...]) -> None:
        drawn.append(batch)

    collect()
    return drawn[-1]


if __name__ == "__main__":
    KEPT.write_bytes(MESSAGES.dump_json(draw_messages(KINDS, 0), indent=1) + b"\n")
