"""Keys in code and in URLs are recognized, and nothing of them is left after masking."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.actions.embedded_secrets import MASK, Mask, mask_secrets
from phonefleet.ledger.secret_guard import refuse_keys
from phonefleet.secrets.url_keys import mask_url, url_keys

from .cases import load

GENERATED = "sk_live_9f8e7d6c5b4a39281706"


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("const password = 'correct horse';", "correct horse"),
        ("const basic = 'Basic ' + btoa('user:hunter2pw1');", "hunter2pw1"),
        ("const auth = Buffer.from('user:hunter2pw1').toString('base64');", "hunter2pw1"),
        ("const login = { user: 'x', pass: 'hunter22' };", "hunter22"),
        ("let clientSecret = `abcdefgh`;", "abcdefgh"),
        ("const { token = 'plainword' } = options;", "plainword"),
        ("class Sender { #apiKey = 'plainword'; }", "plainword"),
        ("headers['X-Api-Key'] = 'abc123';", "abc123"),
        ("headers.set('Authorization', 'Basic dXNlcjpwYXNz=');", "dXNlcjpwYXNz="),
        ("const pairs = [['api_key', 'hunter2!']];", "hunter2!"),
        ("const token = event.secrets.TOKEN || 'fallback1';", "fallback1"),
        ("const auth_token = 'abc' + 'def456!' + rest;", "def456!"),
        (r"const password = 'it\'s 12345';", "12345"),
        (f"call('{GENERATED}');", GENERATED),
        ("fetch('https://user:pw12@h.example/send');", "user:pw12"),
        ("fetch(`https://h.example/send?api_key=abcdef&to=${to}`);", "abcdef"),
        ("fetch(base + '/send?token=abc');", "token=abc"),
        ("fetch('https://hooks.example/services/T01/XyZ123abcDEF456gh');", "XyZ123abcDEF456gh"),
        (
            "const key = `-----BEGIN PRIVATE KEY-----\nMIIEvQ12345\n-----END PRIVATE KEY-----`;\nsend();",
            "MIIEvQ12345",
        ),
    ],
)
def test_a_key_is_masked_and_lines_keep_their_numbers(code: str, key: str) -> None:
    hidden = mask_secrets(code)
    assert key in code
    assert key not in hidden
    assert MASK in hidden
    assert hidden.count("\n") == code.count("\n")


@pytest.mark.parametrize(
    "code",
    [
        "const schema = { password: 'required', token: 'string', secret: 'missing' };",
        "const names = { secret: 'client_secret', token: 'access_token', password: 'PASSWORD' };",
        "const name = { password: event.secrets.SMS_PASSWORD, apiKey: 'SMS_API_KEY' };",
        "const errors = { secret: 'the secret is not set', tokenType: 'bearer', password: 'wrong password' };",
        "const token = mode === 'production1' ? event.secrets.A : event.secrets.B;",
        "const token = jwt.sign(claims, event.secrets.KEY, { audience: 'sms-gateway-1' });",
        "const signed = ['host', 'x-ms-date', 'x-ms-content-sha256'];",
        "fetch('https://login.example/oauth/token?grant_type=client_credentials&v=2024-01-01');",
        "fetch(`https://${user}:${password}@h.example/send?token=${token}&key={key}`);",
        "fetch('https://api.example/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json');",
    ],
)
def test_names_and_explanations_are_left_alone(code: str) -> None:
    assert mask_secrets(code) == code


def test_no_action_of_the_corpus_holds_a_key() -> None:
    """They get theirs from their secrets."""
    assert [name for name, each in load().items() if mask_secrets(each.source.code) != each.source.code] == []


@pytest.mark.parametrize(
    ("url", "hidden", "what"),
    [
        ("https://user:pw@h.example/x", "https://[redacted]@h.example/x", ["user and password"]),
        ("https://user:p@ss@h.example/x", "https://[redacted]@h.example/x", ["user and password"]),
        ("https://token@h.example", "https://[redacted]@h.example", ["user and password"]),
        (
            "https://h.example/s?to=1&api_key=a",
            "https://h.example/s?to=1&api_key=[redacted]",
            ["parameter api_key"],
        ),
        (
            "https://h.example/s?api%5Fkey=a#b",
            "https://h.example/s?api%5Fkey=[redacted]#b",
            ["parameter api%5Fkey"],
        ),
        (
            "https://h.example/s;token=ab;v=1",
            "https://h.example/s;token=[redacted];v=1",
            ["parameter token"],
        ),
        (f"https://h.example/{GENERATED}/s", "https://h.example/[redacted]/s", ["part of the path"]),
        (f"https://h.example/s?x={GENERATED}", "https://h.example/s?x=[redacted]", ["parameter x"]),
        ("https://h.example:8443/v1/send?format=json&from=+15005550006", None, []),
        ("https://f3a9c1b7d0e2f4a6b8.execute-api.us-east-1.example.com/prod/send", None, []),
        ("https://h.example/s?key={key}&token=***", None, []),
        ("https://h.example/s/:tenant?key=${key}&token=%s&sig=<sig>&pass=:", None, []),
        ("https://:hunter2@h.example/s", "https://[redacted]@h.example/s", ["user and password"]),
        ("https://%75ser:hunter2@h.example/s", "https://[redacted]@h.example/s", ["user and password"]),
        ("https://{user}:{pw}@h.example/s", "https://[redacted]@h.example/s", ["user and password"]),
        ("https://user:p/w1@h.example/s", "https://[redacted]@h.example/s", ["user and password"]),
        ("https://h.example:8443/s/me@x.example", None, []),
        *(
            (
                f"https://h.example/s?{name}={value}",
                f"https://h.example/s?{name}={MASK}",
                [f"parameter {name}"],
            )
            for name, value in (
                ("api_key", "%2Bhunter2Secret"),
                ("token", "$2b$10$N9qo8uLO"),
                ("pass", ":x"),
                ("token", "<x"),
                ("token", "{x}hunter2"),
                ("api-token[]", "hunter22"),
                ("auth[token]", "hunter22"),
            )
        ),
    ],
)
def test_a_url_is_masked_by_its_parts(url: str, hidden: str | None, what: list[str]) -> None:
    assert mask_url(url) == (hidden or url)
    assert [key.what for key in url_keys(url)] == what


@pytest.mark.parametrize(
    ("url", "hidden"),
    [
        (
            "https://h.example/?next=https://i.example/?token=abcdefgh&q=1",
            "?next=https://i.example/?token=[redacted]&q=1",
        ),
        ("https://h.example/?a=b?api_key=K7f93kdLq2xzz81", "?a=b?api_key=[redacted]"),
        ("https://h.example/?token=ab?cd&q=1", "?token=[redacted]&q=1"),
    ],
)
def test_a_url_in_a_parameter_is_masked_as_well(url: str, hidden: str) -> None:
    assert mask_url(url) == f"https://h.example/{hidden}"


def test_a_key_that_begins_in_another_is_masked() -> None:
    """The parameter ends at the &, the password after it."""
    assert (
        mask_url("https://h.example/?token=https://u:pa&ssw0rd@i") == "https://h.example/?token=[redacted]@i"
    )


def test_a_key_is_masked_in_its_encoded_forms() -> None:
    """A trace shows it percent-encoded, without its escapes, or in the Base64 of an Authorization header."""
    mask = Mask.of(r"const password = 'Sup3r\'S3cret/Pw'; const user = 'me';")
    key = "Sup3r'S3cret/Pw"
    for form in (key, quote(key, safe="")):
        assert "S3cret" not in mask.hide(f"sends {form} away")
    for before in ("", "u", "me", "me:", "user:"):
        encoded = base64.b64encode(f"{before}{key}".encode()).decode()
        assert MASK in mask.hide(f"authorization: Basic {encoded}")
        assert len(mask.hide(encoded).replace(MASK, "")) <= len(encoded) - 12


NAMES = st.sampled_from(["password", "apiKey", "clientSecret", "auth_token", "x"])
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="'\\\n\r\u2028\u2029"), max_size=24)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_masking_twice_is_masking_once(pairs: list[tuple[str, str]]) -> None:
    """The ledger tells by this whether a code was masked."""
    once = mask_secrets("\n".join(f"{name} = '{value}';" for name, value in pairs))
    assert mask_secrets(once) == once


@given(st.text(st.sampled_from("ab1:/?&=@#;[].%{"), max_size=40))
def test_masking_a_url_twice_is_masking_it_once(rest: str) -> None:
    once = mask_url(f"https://{rest}")
    assert mask_url(once) == once


@given(st.text(st.sampled_from("ab1:/?&=@#;[].%{$<>*`"), max_size=40), st.sampled_from(["", "[redacted]"]))
def test_masked_text_is_accepted_by_the_ledger(rest: str, before: str) -> None:
    """What one of them took for a key and the other not would end the tenant's run."""
    refuse_keys({"url": mask_url(f"https://{before}{rest}")}, "here", "a.eu.auth0.com")


@given(st.text("abcdefgh0123456789", min_size=16, max_size=40).filter(lambda v: len(set(v)) >= 8))
def test_generated_values_of_secret_names_are_masked(value: str) -> None:
    assert (
        value not in mask_secrets(f"const apiKey = '{value}'; send('{value}');\n// was {value}")
        or value.isdigit()
    )
