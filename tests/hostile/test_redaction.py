"""Secrets are masked by their values, in every usual encoding and in part, wherever a text leaves."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import logging
import random
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.cli.terminal import Terminal
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import ApiRefused, NotRecorded, Unreachable
from phonefleet.ledger.secret_guard import refuse_keys
from phonefleet.ledger.tables import FreeText
from phonefleet.secrets import known_values, log_redaction
from phonefleet.secrets.known_values import KNOWN, MAX_SECRETS, KnownValues, TooManySecrets
from phonefleet.secrets.patterns import MASK, find_secret_like
from tests.auth0.http_peer import SECRET, TOKEN, Peer, Reply, Seen

VALUE = "k3y-Q7&p<x>+/9\"z'uV5mN2aB8cD4"
GENERATED = "Zq8vN2xK5mT7wR1yB4cF6hJ9dLpS3gAe"
ENCODINGS: dict[str, Callable[[str], str]] = {
    "itself": str,
    "URL": lambda v: quote(v, safe=""),
    "JSON": lambda v: json.dumps({"a": v}),
    "JSON twice": lambda v: json.dumps(json.dumps(v)),
    "HTML": html.escape,
    "Base64": lambda v: base64.b64encode(v.encode()).decode(),
    "Base64 of a login": lambda v: base64.b64encode(f"AC1:{v}".encode()).decode(),
    "Base64 of a longer text": lambda v: base64.b64encode(f"token={v}&to=1".encode()).decode(),
    "Base64 for URLs": lambda v: base64.urlsafe_b64encode(f"?>{v}".encode()).decode(),
    "hexadecimal": lambda v: v.encode().hex(),
    "after an equals sign": lambda v: f"auth_token={v}. Next step: none",
}


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Other tests must not have their words masked."""
    before = KNOWN.__dict__.copy()
    KNOWN.__init__()  # type: ignore[misc]
    yield
    KNOWN.__dict__.update(before)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("value", [VALUE, GENERATED])
def test_a_value_is_masked_in_every_encoding(encoding: str, value: str) -> None:
    known = KnownValues()
    known.add(value)
    text = f"before {ENCODINGS[encoding](value)} after"
    masked = known.mask(text)
    assert MASK in masked
    for start in range(len(text) - 15):
        piece = text[start : start + 16]
        assert (
            piece not in masked or "before" in piece or "after" in piece or piece in text.replace(value, "")
        )
    assert masked.startswith("before ")
    assert masked.endswith(" after")


@given(st.integers(0, 16), st.integers(16, 32), st.text(max_size=20), st.text(max_size=20))
def test_parts_of_16_characters_are_masked(start: int, length: int, before: str, after: str) -> None:
    known = KnownValues()
    known.add(GENERATED)
    part = GENERATED[start : start + length]
    masked = known.mask(before + part + after)
    if len(part) >= 16:
        assert part not in masked


def access_token(seed: int) -> str:
    """A signed token as Auth0 issues them: all begin alike, and each has some 1,600 characters."""
    made = random.Random(seed)
    claims = json.dumps(
        {
            "iss": "https://acme.eu.auth0.com/",
            "scope": " ".join(f"read:{each}" for each in range(90)),
            "jti": made.random(),
        }
    )
    parts = (b'{"alg":"RS256","typ":"JWT","kid":"one"}', claims.encode(), made.randbytes(256))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.fixture(scope="module")
def many_tokens() -> KnownValues:
    known = KnownValues()
    for seed in range(300):
        known.add(access_token(seed))
    return known


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("seed", [0, 1, 150, 299])
def test_every_tokens_value_is_masked(many_tokens: KnownValues, encoding: str, seed: int) -> None:
    token = access_token(seed)
    masked = many_tokens.mask(f"before {ENCODINGS[encoding](token)} after")
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    signature = ENCODINGS[encoding](token)[-200:-60]
    assert not any(signature[at : at + 40] in masked for at in range(100))


@given(st.integers(0, 342 - 64), st.sampled_from([3, 299]))
def test_64_characters_of_a_token_are_masked(many_tokens: KnownValues, start: int, seed: int) -> None:
    """Of its signature, as what is before is the same in many tokens."""
    part = access_token(seed)[-342:][start : start + 64]
    assert part not in many_tokens.mask(f"before {part} after")


@pytest.mark.parametrize("header", [b'{"a":' * 1000, b"\xff", b"[]", b'{"alg":"RS256"}'])
def test_a_value_in_three_parts_is_masked(header: bytes) -> None:
    """Whether it is a token or only looks like one."""
    value = f"{base64.urlsafe_b64encode(header).rstrip(b'=').decode()}.abc1.{GENERATED}"
    known = KnownValues()
    known.add(value)
    assert known.mask(f"before {value} after") == f"before {MASK} after"


def test_a_token_costs_little_memory(many_tokens: KnownValues) -> None:
    """A process keeps those of all its tenants."""
    kept = len(many_tokens._pieces) + sum(map(len, many_tokens._repeated.values()))
    assert kept < 100 * 300


def similar(kind: str, number: int) -> str:
    """Secrets that begin alike, or are alike but for their end."""
    own = hashlib.sha256(f"{kind} {number}".encode()).hexdigest()
    match kind:
        case "private key":
            return f"-----BEGIN PRIVATE KEY-----\n{own}\n{own[::-1]}\n-----END PRIVATE KEY-----"
        case "URL":
            return f"https://user:{own[:20]}@gateway.example/"
        case "prefix":
            return f"sk_live_{own[:12]}"
        case "words":
            return f"Passwort für Mandant {number} ist <{own[:9]}>"
        case _:
            return "c4RfV7tGbYhNuJmIkOlPqAzWsXeDcRfVtGbYhNuJ" + own[:8]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", ["private key", "URL", "prefix", "words", "end"])
def test_each_of_many_similar_values_is_masked(kind: str, encoding: str) -> None:
    known = KnownValues()
    values = [similar(kind, number) for number in range(60)]
    for value in values:
        known.add(value)
    for number, value in enumerate(values):
        own = hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:8]
        masked = known.mask(f"before {ENCODINGS[encoding](value)} after")
        assert MASK in masked
        assert own not in masked


@given(st.integers(9, 40), st.integers(16, 60), st.integers(9, 40))
def test_values_that_overlap_are_masked_together(before: int, shared: int, after: int) -> None:
    whole = (GENERATED + access_token(1)[-200:])[: before + shared + after]
    known = KnownValues()
    known.add(whole[: before + shared])
    known.add(whole[before:])
    assert known.mask(f"x {whole} y") == f"x {MASK} y"


def test_both_halves_of_a_changed_value_are_masked() -> None:
    known = KnownValues()
    token = access_token(1)
    known.add(token)
    changed = f"{token[:800]}?{token[801:]}"
    assert known.mask(changed) == f"{MASK}?{MASK}"


def test_values_from_many_threads_are_all_known() -> None:
    known = KnownValues()
    values = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(2000)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(known.add, values))
    assert all(known.mask(value) == MASK for value in values)


@given(st.text(max_size=200))
def test_other_texts_are_left_as_they_are(text: str) -> None:
    known = KnownValues()
    known.add(GENERATED)
    assert known.mask(text) == text


@pytest.mark.parametrize("value", ["", "short", "********", "1111111111", " \n "])
def test_what_is_no_secret_is_not_masked(value: str) -> None:
    known = KnownValues()
    known.add(value)
    assert known.mask("a ******** 1111111111 short") == "a ******** 1111111111 short"


@pytest.mark.parametrize(
    "end",
    [".", ". Next step: run again", ", then", ";", " ", "\n", "", "...", ".\n", ". (a)", "!", '"', "'."],
)
def test_a_value_before_a_full_stop_is_found(end: str) -> None:
    assert find_secret_like(f"refused: auth_token={GENERATED}{end}")


@pytest.mark.parametrize("code", ["token: event.request42.body", "secret = process.env1234567.TOKEN"])
def test_members_in_code_are_no_values(code: str) -> None:
    assert not find_secret_like(code)


async def test_a_refusal_that_repeats_our_header_is_masked(api: ManagementApi, peer: Peer) -> None:
    def rule(seen: Seen) -> Reply:
        repeated = seen.headers["authorization"]
        coded = base64.b64encode(repeated.encode()).decode()
        return Reply(400, {"message": f"bad request: Authorization: {repeated}, {coded}, {repeated[:30]}"})

    peer.rule = rule
    with pytest.raises(ApiRefused) as caught:
        await api.settings()
    assert TOKEN not in str(caught.value)
    assert base64.b64encode(TOKEN.encode()).decode()[:12] not in str(caught.value)


async def test_secrets_that_auth0_returns_are_known(api: ManagementApi, peer: Peer) -> None:
    peer.rule = lambda _seen: Reply(json={"sid": "AC1", "auth_token": GENERATED})
    await api.twilio_provider()
    assert KNOWN.mask(f"x {GENERATED} y") == f"x {MASK} y"
    peer.rule = lambda _seen: Reply(409, {"message": f"conflict with {GENERATED}."})
    with pytest.raises(ApiRefused) as caught:
        await api.set_twilio_provider({"sid": "AC1"})
    assert GENERATED not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    ["+15035550168", "15035550168", f"AC{'0a1b2c3d' * 4}", f"MG{'0a1b2c3d' * 4}", "api.eu.twilio.com"],
)
def test_what_names_a_sender_stays_readable(value: str) -> None:
    """An Action keeps its sender beside its key; a plan of another tenant has the same number as `default_from`."""
    KNOWN.add(value)
    assert KNOWN.mask(f"from {value}") == f"from {value}"
    refuse_keys({"default_from": value}, "plan", "acme.eu.auth0.com")


@pytest.mark.parametrize(
    "value", [f"SK{'0a1b2c3d' * 4}", "0a1b2c3d" * 4, "12345678", "a.b.c-Secret.example1"]
)
def test_what_gives_access_does_not(value: str) -> None:
    KNOWN.add(value)
    assert KNOWN.mask(f"with {value}") == f"with {MASK}"


@pytest.mark.parametrize("how", ["message", "argument", "exception", "library"])
def test_logs_are_masked(how: str) -> None:
    KNOWN.add(GENERATED)
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    log = logging.getLogger(f"hostile.{how}")
    log.addHandler(handler)
    before = logging.getLogRecordFactory()
    log_redaction.mask_logs()
    try:
        match how:
            case "message":
                log.error(f"a {GENERATED} b")
            case "argument":
                log.error("a %s b", {"Authorization": f"Bearer {GENERATED}"})
            case "exception":
                try:
                    raise ValueError(GENERATED)  # noqa: TRY301
                except ValueError:
                    log.exception("it failed")
            case "library":
                log.error("%r", httpx.Headers({"x": GENERATED}))
    finally:
        logging.setLogRecordFactory(before)
    assert GENERATED not in written.getvalue()
    assert MASK in written.getvalue()


def test_the_terminal_and_the_ledger_are_masked() -> None:
    KNOWN.add(GENERATED)
    written = io.StringIO()
    Terminal(file=written, width=200).print(f"a {GENERATED} b")
    assert written.getvalue() == f"a {MASK} b\n"
    column: Any = FreeText()
    assert column.process_bind_param(f"a {GENERATED}\x00", None) == f"a {MASK}\ufffd"
    with pytest.raises(NotRecorded):
        refuse_keys({"name": f"a {GENERATED}"}, "snapshot", "acme.eu.auth0.com")


def test_a_long_text_is_searched_quickly() -> None:
    known = known_values.KnownValues()
    for number in range(2_000):
        known.add(f"{GENERATED}{number:04d}x"[::-1])
    text = "No key at all in this text. " * 20_000
    assert known.mask(text) == text
    assert SECRET


# ---- encodings of other programs ---------------------------------------------------------------------------------


def lower_percent(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), text)


def json_safe(value: str, marks: str) -> str:
    text = json.dumps(value)[1:-1]
    for mark in marks:
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


OTHER_ENCODINGS: dict[str, Callable[[str], str]] = {
    "JavaScript's encodeURIComponent": lambda v: quote(v, safe="!'()*"),
    "JavaScript's URLSearchParams": lambda v: quote_plus(v, safe="*").replace("~", "%7E"),
    "lower-case percent": lambda v: lower_percent(quote(v, safe="")),
    "lower-case percent, slash kept": lambda v: lower_percent(quote(v)),
    "percent, slash kept": quote,
    "HTML of lodash": lambda v: html.escape(v).replace("&#x27;", "&#39;"),
    "HTML of EJS and MarkupSafe": lambda v: (
        html.escape(v).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    ),
    "JSON of Go": lambda v: json_safe(v, "&<>"),
    "JSON of Jinja": lambda v: json_safe(v, "&<>'"),
    "JSON of PHP": lambda v: json.dumps(v)[1:-1].replace("/", "\\/"),
}
MIXED = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=24)


@pytest.mark.parametrize("encoding", OTHER_ENCODINGS)
@given(value=MIXED)
def test_other_programs_encodings_are_masked(encoding: str, value: str) -> None:
    value = f"aB3!/&{value}'(x)\"<9"
    known = KnownValues()
    known.add(value)
    assert known.mask(f"before {OTHER_ENCODINGS[encoding](value)} after") == f"before {MASK} after"


# ---- parts of an operator's secrets ------------------------------------------------------------------------------

ODD = "SZEq^5Ir2OSJp6xv072f^9eX&EDGYyot703FYQLs"
LETTERS = "JFQnYzcxBZTlBMmLcPlGTpzkMPreTjQd"


@pytest.mark.parametrize(
    "value", [ODD, LETTERS, "12345678-90ab-4cde-8f01-234567890abc", "pa!ss-wort-im-tresor-von-bern"]
)
@given(start=st.integers(0, 12))
def test_a_part_of_any_word_of_the_operator_is_masked(value: str, start: int) -> None:
    known = KnownValues()
    known.add(value)
    for encode in (str, *OTHER_ENCODINGS.values()):
        part = encode(value)[start : start + 17]
        assert known.mask(f"too long: {part}...") == f"too long: {MASK}..."


def test_each_line_of_a_private_key_is_masked() -> None:
    made = random.Random(1)
    lines = [base64.b64encode(made.randbytes(48)).decode() for _ in range(25)]
    known = KnownValues()
    known.add("\n".join(("-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----")))
    for line in lines:
        assert known.mask(f"not a key: {line[5:30]}.") == f"not a key: {MASK}."


def test_a_credential_behind_its_scheme_is_masked() -> None:
    known = KnownValues()
    known.add(f"Bearer {GENERATED}")
    assert known.mask(f"a {GENERATED[:20]} b") == f"a {MASK} b"


def test_the_public_part_of_an_address_is_shown() -> None:
    known = KnownValues()
    known.add(f"https://gateway.acme.example/v1/messages?api_key={GENERATED}")
    text = "https://gateway.acme.example/v1/messages is called"
    assert known.mask(text) == text
    assert known.mask(f"no {GENERATED[:20]}") == f"no {MASK}"


# ---- values that a tenant chooses --------------------------------------------------------------------------------

EVIL, BRAVO = "evil.eu.auth0.com", "bravo-prod.eu.auth0.com"


@pytest.mark.parametrize(
    "value",
    [
        f"x999{BRAVO}999y",
        "x999-prod.eu.auth0.com999y",
        ".eu.auth0.com",
        f'"{BRAVO}",',
        f"{BRAVO}: eligible",
        "x999create_provider999y0123",
        "2010-04-01/Accounts",
        "api/v2/branding/phone/providers",
        "not_recorded",
        '"reason": null',
        "the tenant is",
    ],
)
def test_no_value_of_a_tenant_hides_another(value: str) -> None:
    KNOWN.reserve([EVIL, BRAVO])
    KNOWN.add_answer(EVIL, {"options": {"twilio_token": value, "auth_token": f"7{value}"}})
    KNOWN.add_of(EVIL, value)
    text = (
        f'{{"domain": "{BRAVO}", "reason": null, "text": "{BRAVO}: eligible: the tenant is not_recorded", '
        '"step": "create_provider", "call": "POST /api/v2/branding/phone/providers", "twilio": "2010-04-01/Accounts"}'
    )
    assert KNOWN.mask(text) == text
    refuse_keys({"name": text}, "snapshot", BRAVO)


def test_a_tenants_value_refuses_only_its_own_records() -> None:
    KNOWN.add_answer(EVIL, {"auth_token": GENERATED})
    refuse_keys({"name": f"a {GENERATED}"}, "snapshot", BRAVO)
    with pytest.raises(NotRecorded):
        refuse_keys({"name": f"a {GENERATED[:20]}"}, "snapshot", EVIL)
    KNOWN.add_of(BRAVO, GENERATED)
    with pytest.raises(NotRecorded):
        refuse_keys({"name": f"a {GENERATED}"}, "snapshot", BRAVO)


@pytest.mark.parametrize("tenant_first", [True, False])
def test_an_operators_secret_stays_one(tenant_first: bool) -> None:
    """Also where a tenant returns it."""
    if tenant_first:
        KNOWN.add_of(EVIL, LETTERS)
    KNOWN.add(LETTERS)
    KNOWN.add_of(EVIL, LETTERS)
    assert KNOWN.mask(f"a {LETTERS[:20]} b") == f"a {MASK} b"
    with pytest.raises(NotRecorded):
        refuse_keys({"name": f"a {LETTERS}"}, "snapshot", BRAVO)


def test_a_tenants_words_are_masked_in_texts_about_it() -> None:
    KNOWN.add_of(EVIL, "correct horse battery")
    text = "it says: correct horse battery"
    assert KNOWN.mask(text, EVIL) == f"it says: {MASK}"
    assert KNOWN.mask(text) == KNOWN.mask(text, BRAVO) == text


def test_secrets_of_tenants_are_masked_in_every_text() -> None:
    for number in range(60):
        KNOWN.add_answer(
            f"t{number}.eu.auth0.com",
            {"auth_token": f"{number:02d}{GENERATED}", "secret": f"x!{number}Ab9cd"},
        )
    assert KNOWN.mask(f"a 59{GENERATED} b x!59Ab9cd") == f"a {MASK} b {MASK}"


# ---- bounds ------------------------------------------------------------------------------------------------------


async def test_an_answer_of_too_many_secrets_is_one_error(api: ManagementApi, peer: Peer) -> None:
    many = [{"token": f".eu.auth{number:06d}"} for number in range(MAX_SECRETS + 1)]
    peer.rule = lambda _seen: Reply(json={"sid": "AC1", "more": many})
    with pytest.raises(Unreachable, match=f"at most {MAX_SECRETS} secrets"):
        await api.twilio_provider()
    assert KNOWN.mask(".eu.auth000001") == ".eu.auth000001"


@pytest.mark.parametrize("size", [1, 400])
def test_what_is_remembered_of_a_tenant_is_bounded(size: int) -> None:
    known = KnownValues()

    def answer(turn: int) -> None:
        values = (f"{turn:03d}a{number:04d}b" * size for number in range(MAX_SECRETS // 2))
        known.add_answer(EVIL, [{"token": value} for value in values])

    with pytest.raises(TooManySecrets):
        list(map(answer, range(100)))
    assert len(known._values) < 6 * MAX_SECRETS
    known.add_answer(BRAVO, {"token": GENERATED})
    assert known.mask(GENERATED) == MASK


def test_a_piece_has_few_places() -> None:
    known = KnownValues()
    for number in range(1_000):
        known.add(f"sk_live_for_the_relay_{number:06d}Zq8vN2xK")
        known.add_of(EVIL, f".eu.auth{number:06d}x")
    assert max(map(len, known._repeated.values())) <= 64
    assert known.mask("sk_live_for_the_relay_000999Zq8vN2xK") == MASK
    assert known.mask("a sk_live_for_the_relay_000 b") == f"a {MASK} b"
    assert known.mask("a 000999Zq8vN2xK b") == "a 000999Zq8vN2xK b", "14 characters"
    assert known.mask("a y_000999Zq8vN2xK b") == f"a {MASK} b"
