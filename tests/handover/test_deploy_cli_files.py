"""The Deploy CLI's files: any text comes back as it was, and every secret is a placeholder."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.auth0.left_state_reader import without_secrets
from phonefleet.handover.code_files import code_files
from phonefleet.handover.secret_slots import secret_slots
from phonefleet.handover.yaml_text import Placeholder, to_yaml
from phonefleet.model.left_state import CodeFormat, LeftState
from tests.handover.left_states import ANY_STATE, AWKWARD, GATEWAY_OPTIONS, every_part, left_state, twilio

JSON = st.recursive(
    AWKWARD | st.booleans() | st.integers() | st.none() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(AWKWARD, inner, max_size=3),
    max_leaves=10,
)


def files_of(state: LeftState) -> dict[str, str]:
    return code_files(state, {}, CodeFormat.DEPLOY_CLI)


def document(state: LeftState) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(files_of(state)["tenant.yaml"])
    return found


@given(value=JSON)
def test_any_json_is_read_back(value: Any) -> None:
    assert yaml.safe_load(to_yaml(value)) == value


@given(value=st.dictionaries(st.from_regex(r"[A-Za-z_]\w{0,8}", fullmatch=True), AWKWARD))
def test_every_text_is_quoted(value: dict[str, str]) -> None:
    """So no parser takes it for a number: js-yaml reads 1e3 as one, and PyYAML does not."""
    for line in to_yaml(value).splitlines():
        assert line == "{}" or line.endswith('"')


def test_a_placeholder_is_in_single_quotes() -> None:
    assert to_yaml({"a": Placeholder("##A##")}) == "a: '##A##'\n"


def test_the_whole_tenant_is_written() -> None:
    found = document(every_part())
    assert list(found) == [
        *("tenant", "actions", "connections", "phoneProviders", "phoneTemplates"),
        *("guardianFactors", "guardianPhoneFactorMessageTypes"),
    ]
    assert found["tenant"] == {"phone_consolidated_experience": True}
    assert found["phoneProviders"][0]["credentials"] == {}
    assert [t["type"] for t in found["phoneTemplates"]] == ["otp_enroll", "otp_verify"]
    options = found["connections"][0]["options"]
    assert options["gateway_authentication"]["secret"] == "##CONNECTION_SMS_GATEWAY_AUTHENTICATION_SECRET##"
    options["gateway_authentication"]["secret"] = GATEWAY_OPTIONS["gateway_authentication"]["secret"]  # type: ignore[index]
    assert options == GATEWAY_OPTIONS


def test_no_value_of_a_secret_is_written() -> None:
    text = "".join(files_of(every_part()).values())
    assert "s3cret-of-the-gateway" not in text
    assert "abc123def456" not in text


def test_the_token_has_the_name_of_an_export() -> None:
    found = document(left_state(provider=twilio(), factor=False))
    assert found["phoneProviders"][0]["credentials"] == {"auth_token": "##TWILIO_AUTH_TOKEN##"}
    assert "guardianFactors" not in found


@pytest.mark.parametrize("text", ["##TWILIO_AUTH_TOKEN##", "@@TWILIO_AUTH_TOKEN@@"])
def test_no_keyword_is_in_a_text_by_chance(text: str) -> None:
    """The Deploy CLI would put the secret there, too."""
    options = {"template": text, "use_phone_provider": True}
    (slot,) = secret_slots(left_state(provider=twilio(), connections={"sms": options}), {}).values()
    assert slot.keyword == "TWILIO_AUTH_TOKEN_2"


@given(state=ANY_STATE)
def test_any_tenant_is_read_back(state: LeftState) -> None:
    files, found = files_of(state), document(state)
    if action := state.action:
        (listed,) = found["actions"]
        assert listed["name"] == action.name
        assert [s["name"] for s in listed["secrets"]] == list(action.secret_names)
        assert files[listed["code"].removeprefix("./")] == action.code
    names = [c["name"] for c in found.get("connections", [])]
    assert names == [c.name for c in state.snapshot.connections]
    for listed, whole in zip(found.get("connections", []), state.options, strict=True):
        for key, value in whole.options.items():
            assert listed["options"][key] == value
    keywords = [slot.keyword for slot in secret_slots(state, {}).values()]
    assert len(set(keywords)) == len(keywords)
    assert all(re.fullmatch(r"[A-Z0-9_]+", keyword) for keyword in keywords)


PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQpkcs8body\n-----END PRIVATE KEY-----"
HIDDEN: dict[str, Any] = {
    "gateway_pwd": "hunter2!winter",
    "passphrase": "correct horse battery",
    "gateway_key": "hunter2!winter",
    "private-key": "k3y",
    "pem": PEM,
    "auth_header": "Basic dXNlcjpw",
    "authHeader": "Authorization: Bearer abc def",
    "accessKey": "AKIA" + "A" * 16,
    "account": f"key SK{'0a' * 16}",
    "shared_keys": ["hunter2!winter"],
    "twilio_token": "0123456789abcdef",
    "gateway_url": "https://user:pass@gateway.example.com/send?key=abcdef123",
    "gateway_authentication": {"secret": "x1", "audience": "a"},
    "client_secret": "short",
    "unknown": "AKIA0123456789abcdef",
    "headers": [{"name": "Authorization", "value": "Basic abc"}],
}


@pytest.mark.parametrize("key", HIDDEN)
def test_a_secret_option_is_only_a_place(key: str) -> None:
    whole = without_secrets(
        "con_1", {key: HIDDEN[key], "template": "0123456789abcdef0123", "from": "+12125550100"}
    )
    place = (key, "secret") if key == "gateway_authentication" else (key,)
    assert whole.secrets == (place,)
    assert whole.options.pop("template")
    assert whole.options == (
        {key: {"audience": "a"}, "from": "+12125550100"} if len(place) > 1 else {"from": "+12125550100"}
    )


def test_texts_below_the_name_of_a_secret_are_secrets() -> None:
    options = {
        "credentials": {"user": "anna", "more": {"word": "hunter2"}},
        "keys": [{"api_keys": {"a": "b"}}],
    }
    whole = without_secrets("con_1", options)
    assert whole.secrets == (("credentials", "user"), ("credentials", "more", "word"), ("keys",))
    assert whole.options == {"credentials": {"more": {}}}


@pytest.mark.parametrize("text", [PEM, "Get it at https://u:p4ssw0rd@h.example/ now", f"SK{'0a' * 16}"])
@pytest.mark.parametrize("key", ["template", "from", "subject"])
def test_a_public_option_may_hold_a_secret(key: str, text: str) -> None:
    assert without_secrets("con_1", {key: text}).secrets == ((key,),)


@pytest.mark.parametrize(
    "text",
    [
        "Your code is {{ code }}. {% if locale == 'de' %}Basic plan{% endif %}",
        "https://app.example/?token={{ code }}&password=@@password@@",
        "Your password: @@password@@",
    ],
)
def test_a_template_is_no_secret(text: str) -> None:
    assert without_secrets("con_1", {"template": text}).options == {"template": text}
