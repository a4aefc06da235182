"""Draw messages of given kinds with Hypothesis."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from phonefleet.actions.parse.event_table import OPTIONAL_FIELDS
from phonefleet.actions.verify.sample_message import KEPT, KINDS, MESSAGES, Detail, Kind, Message

DASHED = "dashes in the recipient"
"""Not a field: whether the recipient is written with dashes is combined with the fields as if it were one."""
_COVERED = 13
"""The partial and full messages from the third to the twentieth: 20 messages must cover all pairs."""
_TRIES = 1000
BASE_CLOCK_MS = 1_773_568_800_000  # 2026-03-15T10:00:00Z, a Sunday

_LOCALES = ("en", "en-US", "fr-CA", "de", "pt-BR", "ja", "zh-TW", "es-419")
_COUNTRIES = ("1-415-555", "44-7700-90", "49-151-12", "81-90-123", "55-11-987", "91-98-765", "61-412-34")
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
def messages(draw: st.DrawFn, kind: Kind, position: int, absent: frozenset[str]) -> Message:
    """Draw messages of one kind that lack the ``absent`` fields; ``position`` spreads their clocks.

    Auth0 writes the recipient as ``+1-808-555-5555`` in the legacy reference's example and as E.164 in the new one, so
    both forms occur.
    """
    dashed = DASHED in absent
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
    number = f"+{_COUNTRIES[position % len(_COUNTRIES)]}-{draw(_digits(4, 5))}"
    words = {"code": code, "spoken": " ".join(f"{d}." for d in code), "tenant": tenant}
    return Message(
        kind=kind,
        recipient=number if dashed else number.replace("-", ""),
        code=code,
        text=draw(st.sampled_from(_TEXTS)).format(**words),
        voice=draw(st.sampled_from(_VOICES)).format(**words),
        locale=draw(st.sampled_from(_LOCALES)),
        language=draw(st.sampled_from(_LOCALES)),
        tenant=tenant,
        client=draw(_clients(kind.detail)),
        request=draw(_requests(tenant)),
        user=draw(_users(kind.detail, user_id)),
        configuration={},
        identities=None if "user.identities" in absent else (identity,),
        keeps_http_method=kind.detail is not Detail.BARE,
        start_ms=start + draw(st.integers(0, 15_000)),
        seed=draw(st.integers(1, 2**31)),
        absent=absent - {DASHED},
    )


@st.composite
def _clients(draw: st.DrawFn, detail: Detail) -> dict[str, Any] | None:
    if detail is Detail.BARE:
        return None
    metadata = draw(_METADATA) if detail is Detail.FULL else {}
    client_id = draw(st.text(string.ascii_letters + string.digits, min_size=32, max_size=32))
    return {"client_id": client_id, "name": draw(_WORDS).title() + " App", "metadata": metadata}


@st.composite
def _requests(draw: st.DrawFn, tenant: str) -> dict[str, Any]:
    return {
        "ip": f"203.0.113.{draw(st.integers(1, 254))}",
        "user_agent": f"Mozilla/5.0 (X11; Linux x86_64) Test/{draw(st.integers(1, 99))}",
        "hostname": f"{tenant}.eu.auth0.com",
        "geoip": dict(_GEO),
    }


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
    user |= {"given_name": name.title(), "family_name": "O'Neil", "picture": f"https://img.example/{name}"}
    user |= {"phone_number": "+1555" + draw(_digits(7, 7)), "phone_verified": True, "username": name}
    return user | {"multifactor": ["guardian"], "last_password_reset": "2026-01-01T00:00:00.000Z"}


def absences(kinds: Sequence[Kind], number: int) -> list[frozenset[str]]:
    """Which optional fields each message lacks, so that any two of them occur in all four combinations.

    The first two messages have all fields, bare ones have none. In the others each field is present in another choice
    of half of the messages: of two different choices of the same size, each has a message that the other has not.
    """
    rows = [i for i, kind in enumerate(kinds) if i > 1 and kind.detail is not Detail.BARE]
    size = len(rows) // 2
    rng = random.Random(number)  # noqa: S311  the choice is no secret
    taken: set[tuple[int, ...]] = set()
    absent: list[set[str]] = [
        set(OPTIONAL_FIELDS) if kind.detail is Detail.BARE and i > 1 else set()
        for i, kind in enumerate(kinds)
    ]
    absent[min(1, len(kinds) - 1)] |= {DASHED}
    for name in (*OPTIONAL_FIELDS, DASHED):
        choice = tuple(sorted(rng.sample(rows[:_COVERED], min(size, _COVERED // 2))))
        for _ in range(_TRIES):
            if choice not in taken:
                break
            choice = tuple(sorted(rng.sample(rows[:_COVERED], min(size, _COVERED // 2))))
        taken.add(choice)
        for row in (*choice, *(row for row in rows[_COVERED:] if rng.random() < 1 / 2)):
            absent[row].add(name)
    return [frozenset(names) for names in absent]


def draw_messages(kinds: Sequence[Kind], number: int) -> tuple[Message, ...]:
    """Draw a message of each kind; the same number gives the same messages."""
    lacking = absences(kinds, number)
    strategies = [
        messages(kind, i, absent) for i, (kind, absent) in enumerate(zip(kinds, lacking, strict=True))
    ]
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
