"""Secrets are recognized by their names and shapes, and removed."""

import base64
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.model import steps
from phonefleet.model.enums import LEFTOVERS, ReasonCode, StepKind
from phonefleet.model.impact_name import ImpactName
from phonefleet.secrets.patterns import MASK, find_secret_like
from phonefleet.secrets.redaction import redact

HEX32 = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "key",
    [
        "auth_token",
        "authToken",
        "AUTH_TOKEN",
        "twilio_token",
        "client_secret",
        "clientSecret",
        "client-secret",
        "secret",
        "gateway_secret",
        "access_token",
        "refresh_token",
        "Authorization",
        "password",
        "private_key",
        "api_key",
        "apiKey",
        "API_KEY",
        "x-api-key",
        "cookie",
        "Set-Cookie",
        "target.twilio.auth_token",
        "token",
    ],
)
def test_a_value_at_a_secrets_key_is_redacted(key):
    assert redact({key: "hunter2"}) == {key: MASK}
    assert redact({key: 12345}) == {key: MASK}
    assert redact([{"deep": {key: ["hunter2", {"x": "hunter2"}]}}]) == [{"deep": {key: [MASK, {"x": MASK}]}}]


@pytest.mark.parametrize(
    "key",
    [
        "sid",
        "secret_names",
        "has_secret_base64",
        "secret_base64_encoded",
        "token_endpoint_auth_method",
        "token_lifetime",
        "twilio_token_missing",
        "client_id",
        "checksum",
        "value",
        "code",
        "keyword",
        "tokens_left",
        "passwordless",
    ],
)
def test_other_values_are_kept(key):
    assert redact({key: "kept"}) == {key: "kept"}


@pytest.mark.parametrize(
    "kept",
    [
        None,
        True,
        False,
        "",
        "env:NAME",
        "file:/run/secrets/x",
        {"$secret": "env:NAME"},
        [],
        {},
        {"a": [{"$secret": "env:X"}]},
    ],
)
def test_values_without_a_secret_are_kept(kept):
    assert redact({"client_secret": kept}) == {"client_secret": kept}


def test_an_actions_secrets_keep_their_names_and_dates():
    secrets = [
        {"name": "API_KEY", "value": "hunter2", "updated_at": "2026-11-24"},
        {"name": "B", "value": {"$secret": "env:B"}},
    ]
    assert redact({"secrets": secrets}) == {
        "secrets": [
            {"name": "API_KEY", "value": MASK, "updated_at": "2026-11-24"},
            {"name": "B", "value": {"$secret": "env:B"}},
        ]
    }
    assert redact({"action_secrets": {"name": "hunter2"}}) == {"action_secrets": {"name": MASK}}


def test_a_list_of_headers_is_redacted_by_their_names():
    headers = [{"name": "Authorization", "value": "Bearer hunter2"}, {"name": "Accept", "value": "text/html"}]
    assert redact(headers) == [
        {"name": "Authorization", "value": MASK},
        {"name": "Accept", "value": "text/html"},
    ]


def test_passwords_in_urls_are_redacted_everywhere():
    assert redact({"url": "postgresql+psycopg://me:hunter2@db:5432/x"}) == {
        "url": f"postgresql+psycopg://me:{MASK}@db:5432/x"
    }
    assert redact("https://acme.eu.auth0.com:8443/a@b") == "https://acme.eu.auth0.com:8443/a@b"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["a", "name", "value", "secret", "secrets", "auth_token", "$secret"]), inner
        )
    ),
    max_leaves=20,
)
CANARY = "c4n4ry-9f8e7d6c5b4a"


@given(JSON)
def test_redaction_is_idempotent_and_keeps_the_shape(value):
    once = redact(value)
    assert redact(once) == once
    assert shape(once) == shape(value)


def shape(value: object) -> object:
    match value:
        case dict():
            return {key: shape(inner) for key, inner in value.items()}
        case list():
            return [shape(inner) for inner in value]
        case _:
            return None


@given(
    JSON,
    st.lists(st.sampled_from(["a", "value", "x", 0]), max_size=4),
    st.sampled_from(["auth_token", "secret"]),
)
def test_deep_secrets_are_redacted(around, path, key):
    value: object = CANARY
    for step in path:
        value = [value, around] if step == 0 else {step: value, "around": around}
    assert CANARY not in json.dumps(redact({"outer": [{key: value}, around]}))


@given(JSON)
def test_the_given_data_is_not_changed(value):
    before = json.dumps(value)
    redact(value)
    assert json.dumps(value) == before


# detection


def jwt() -> str:
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": "x"}]
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        + ".c2ln"
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"x {jwt()} y", "JWT"),
        ("Authorization: Bearer a1b2c3d4e5f6g7h8i9", "bearer token"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "private key"),
        ("-----BEGIN EC PRIVATE KEY-----", "private key"),
        ("AKIAIOSFODNN7EXAMPLE", "AWS access key"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "value of a secret"),
        (f"SK{HEX32}", "Twilio API key"),
        (f"auth_token: {HEX32}", "value of a secret"),
        (f'{{"auth_token": "{HEX32}"}}', "value of a secret"),
        (f"TWILIO_AUTH_TOKEN={HEX32}", "value of a secret"),
        ("'twilio_token': '234127asdfsada23'", "value of a secret"),
        ("client_secret=Xk3_a-9ZqLmN0pQrStUvWxYz", "value of a secret"),
        ("postgresql://me:hunter2@db/x", "password in a URL"),
    ],
)
def test_secret_like_text_is_found_and_not_repeated(text, kind):
    found = find_secret_like(text)
    assert kind in [match.kind for match in found], found
    secret = text.split()[-1].split("=")[-1].strip("'\"{}")
    assert secret not in " ".join(map(str, found))


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"AC{HEX32}",
        f"sid: AC{HEX32}, mssid: MG{HEX32}",
        f"auth_token: AC{HEX32}",
        HEX32,
        HEX32 * 2,
        f"plan_checksum,{HEX32 * 2}",
        f"checksum: sha256:{HEX32 * 2}",
        "client_secret: env:ACME_EU_1_CLIENT_SECRET",
        "client_secret: ACME_EU_1_CLIENT_SECRET",
        '{"auth_token": {"$secret": "env:ACME_EU_1_TOKEN"}}',
        "client_secret: file:/run/secrets/acme-eu-1/client",
        f"auth_token: {MASK}",
        '"auth_token": "***"',
        f"postgresql://me:{MASK}@db/x",
        "postgresql://me:***@db/x",
        "https://acme.eu.auth0.com:8443/a@b",
        "twilio_token_missing: supply target.twilio.auth_token as a reference",
        "secret: supplied by the operator",
        "const token = event.secrets.TWILIO2_TOKEN_VALUE;",
        "authorization: ask identity@acme.example",
        "a bearer token of 24 hours",
        "bearer authenticationrequired",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        "eyJub3QiOiJhIGp3dCJ9.eyJ4IjoxfQ.abc",
        "eyJfiles.list.sorted",
        "acme-eu-1.eu.auth0.com",
        "4a5b6c7d-1234-5678-9abc-def012345678",
        "+15005550006",
    ],
)
def test_what_is_no_secret_is_not_found(text):
    assert find_secret_like(text) == []


def test_a_match_has_the_place_of_the_value():
    text = f"see auth_token: {HEX32} and postgresql://me:hunter2@db/x"
    assert [(m.kind, text[m.start :].split()[0]) for m in find_secret_like(text)] == [
        ("value of a secret", HEX32),
        ("password in a URL", "hunter2@db/x"),
    ]


@given(
    st.text(max_size=30),
    st.text(max_size=30),
    st.sampled_from(["auth_token: ", '"client_secret":"', "password="]),
)
def test_generated_secrets_are_found_in_any_text(before, after, key):
    text = f"{before}\n{key}{HEX32}\n{after}"
    assert find_secret_like(text)
    assert HEX32 not in "".join(map(str, find_secret_like(text)))


@given(JSON)
def test_redacted_data_has_no_secret_values(value):
    text = json.dumps(redact({"auth_token": HEX32, "nested": [{"client_secret": HEX32}], "rest": value}))
    assert HEX32 not in text
    assert "value of a secret" not in [match.kind for match in find_secret_like(text)]


def test_a_large_text_is_searched_in_no_time():
    import time

    text = "secret: " * 50_000 + "a1" * 200_000 + "eyJ" * 50_000 + "bearer " * 50_000
    started = time.process_time()
    find_secret_like(text)
    assert time.process_time() - started < 5


@pytest.mark.skipif(
    "PHONEFLEET_REFERENCE_DIR" not in os.environ and not Path("../shared/auth0").exists(), reason="absent"
)
def test_recorded_answers_are_redacted():
    folder = Path(os.environ.get("PHONEFLEET_REFERENCE_DIR", "../shared"))
    recorded = (folder / "auth0" / "recorded-exchanges.jsonl").read_text().splitlines()
    text = json.dumps([redact(json.loads(line)) for line in recorded])
    for secret in ("234127asdfsada23", "mySecretValue", '"my-secret"', '"test_token"'):
        assert secret in "".join(recorded)
        assert secret not in text


# names that phonefleet makes

STEP_NAMES = sorted(
    {each.object_name for each in vars(steps).values() if hasattr(each, "object_name")} | set(StepKind)
)
CONNECTION_IDS = st.from_regex(r"con_[A-Za-z0-9]{16}", fullmatch=True)


@given(
    st.sampled_from(STEP_NAMES), CONNECTION_IDS, st.sampled_from(["{}", "step {} failed", "{}, {}.", '"{}"'])
)
def test_no_name_of_a_step_is_taken_for_a_secret(name: str, identifier: str, sentence: str) -> None:
    key = str(ImpactName(name, identifier))
    assert find_secret_like(sentence.replace("{}", key)) == []


@given(st.sampled_from(sorted(LEFTOVERS)), st.from_regex(r"[A-Za-z]{6}[0-9]{6}[A-Za-z]{6}", fullmatch=True))
def test_a_value_behind_a_known_name_is_found(kind: str, value: str) -> None:
    """Only the id of a connection makes it a name of ours; the rest of a longer value is looked at too."""
    if kind.endswith("secret"):
        assert find_secret_like(f"{kind}:{value}")
    assert find_secret_like(f"{kind}:con_0123456789abcdef client_secret={value}")


@given(st.sampled_from(ReasonCode), st.from_regex(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}", fullmatch=True))
def test_reason_and_run_are_not_taken_for_secrets(code: ReasonCode, run: str) -> None:
    assert find_secret_like(f"{code}: {code}; run {run}; {code}={run}"[: -len(run) - 1]) == []
