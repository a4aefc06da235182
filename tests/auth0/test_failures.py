"""Every failure is one of ours, says what to do, and repeats no secret."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.auth0.answer_redaction import MASK, glimpse, secret_values, without
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.phone_provider import find_provider
from phonefleet.errors import ApiRefused, InsufficientScope, TenantError, Unreachable
from tests.auth0.http_peer import DOMAIN, Drop, Peer, Reply, no

CREATED = {
    "id": "pro_1",
    "name": "twilio",
    "configuration": {"sid": "AC1", "delivery_methods": ["text"]},
}
BODY = {"name": "twilio", "credentials": {"auth_token": "s3cret-auth-token"}}


async def test_a_missing_scope_names_the_scope_to_grant(api: ManagementApi, peer: Peer) -> None:
    message = "Insufficient scope, expected any of: read:guardian_factors"
    peer.rule = lambda _seen: no(403, message, "insufficient_scope")
    with pytest.raises(InsufficientScope) as caught:
        await api.factors()
    assert caught.value.scopes == ("read:guardian_factors",)
    assert str(caught.value) == (
        f"{DOMAIN}: factors: GET /api/v2/guardian/factors answered 403 Forbidden: {message} "
        "(insufficient_scope). Grant the application read:guardian_factors on the Auth0 Management API"
    )


async def test_where_several_scopes_will_do_all_are_named(api: ManagementApi, peer: Peer) -> None:
    peer.rule = lambda _seen: no(403, "Insufficient scope, expected any of: read:clients")
    with pytest.raises(InsufficientScope, match="read:client_keys or read:client_summary or read:clients"):
        await api.clients()


async def test_a_closed_legacy_endpoint_is_a_refusal_and_not_a_missing_scope(
    api: ManagementApi, peer: Peer
) -> None:
    message = "Insufficient privileges to use this deprecated feature. To handle Phone Provider…"
    peer.rule = lambda _seen: no(403, message, "legacy_mfa_phone_provider_not_allowed")
    for call in (api.selected_provider, api.twilio_provider, api.guardian_templates):
        with pytest.raises(ApiRefused) as caught:
            await call()
        assert caught.value.status == 403
        assert caught.value.error_code == "legacy_mfa_phone_provider_not_allowed"


@pytest.mark.parametrize("status", [400, 404, 409, 422])
async def test_a_refusal_carries_status_code_and_auth0s_words(
    api: ManagementApi, peer: Peer, status: int
) -> None:
    peer.rule = lambda _seen: no(status, "Message Type is not supported", "some_code")
    with pytest.raises(
        ApiRefused, match=rf"{DOMAIN}: set_message_types: PUT .* answered {status} .*Assess|Compare"
    ) as caught:
        await api.set_message_types(["voice"])
    assert (caught.value.status, caught.value.error_code) == (status, "some_code")
    assert "Message Type is not supported (some_code)" in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"<html><body>Sign in to the hotel wifi</body></html>",
        b'{"friendly_name": "Acme", "twilio_token": "s3cret-auth-to',
        b"\xff\xfe\x00broken",
        b"null and more",
    ],
)
@pytest.mark.parametrize("status", [200, 403, 500])
async def test_an_answer_that_is_not_json_is_unreachable_with_a_glimpse_of_it(
    api: ManagementApi, peer: Peer, content: bytes, status: int
) -> None:
    peer.rule = lambda _seen: Reply(status, content=content)
    for call in (api.settings, api.guardian_templates):
        with pytest.raises(Unreachable, match=f"answered {status} with ") as caught:
            await call()
        assert "s3cret" not in str(caught.value)


async def test_a_glimpse_shows_enough_to_recognise_a_proxy(api: ManagementApi, peer: Peer) -> None:
    peer.rule = lambda _seen: Reply(content=b"<html><body>Sign in to the hotel wifi</body></html>")
    with pytest.raises(Unreachable, match=r"Sign in to the hotel wifi.*no proxy answers instead"):
        await api.settings()


async def test_a_success_of_the_wrong_shape_names_the_place_and_not_the_value(
    api: ManagementApi, peer: Peer
) -> None:
    peer.rule = lambda _seen: Reply(
        201, CREATED | {"configuration": {"sid": ["s3cret"]}, "disabled": "s3cret"}
    )
    with pytest.raises(
        Unreachable, match=r"not in the documented shape, .*disabled.*newer auth0-python"
    ) as caught:
        await api.create_phone_provider(BODY)
    assert caught.value.maybe_applied
    assert "s3cret" not in _whole(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "s3cret"),
        # Python reads it as a moment, pydantic does not.
        ("updated_at", "2026-01-01T00:00:00:000Z"),
        # Pydantic reads it as a moment, Python does not.
        ("updated_at", "1767225600"),
    ],
)
async def test_a_provider_that_no_step_can_read_is_typed(
    api: ManagementApi, peer: Peer, field: str, value: str
) -> None:
    """Steps, the switch and health checks read it; an untyped error would leave the intent of a write open."""
    peer.rule = lambda _seen: Reply(json={"providers": [CREATED | {field: value}]})
    with pytest.raises(Unreachable, match=rf"documented shape, providers\.0\.{field}: ") as caught:
        await find_provider(api)
    assert value not in _whole(caught.value)


@pytest.mark.parametrize("shape", [[], "text", 7, None])
async def test_a_success_that_is_no_object_or_no_list_is_unreachable(
    api: ManagementApi, peer: Peer, shape: Any
) -> None:
    peer.rule = lambda _seen: Reply(json=shape)
    for call in (api.settings, api.selected_provider, api.connections, api.logs, api.guardian_templates):
        with pytest.raises(Unreachable):
            await call()
    if shape != []:
        for call in (api.factors, api.mfa_policies):
            with pytest.raises(Unreachable):
                await call()


async def test_a_refusal_that_repeats_what_was_sent_is_masked(api: ManagementApi, peer: Peer) -> None:
    peer.rule = lambda seen: no(
        400, f"Payload validation error: {seen.body['credentials']['auth_token']} is bad"
    )
    with pytest.raises(ApiRefused, match=r"Payload validation error: \*\*\* is bad") as caught:
        await api.create_phone_provider(BODY)
    assert "s3cret" not in _whole(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        no(400, "s3cret-auth-token"),
        no(500, "s3cret-auth-token"),
        Reply(201, content=b"s3cret-auth-token"),
        Reply(201, ["s3cret-auth-token"]),
        Drop(b"s3cret-auth-token"),
    ],
)
async def test_no_failure_drags_the_sdks_exception_along(
    api: ManagementApi, peer: Peer, answer: Reply | Drop
) -> None:
    """The SDK's exceptions print whole answers: a traceback of ours may not show them."""
    peer.rule = lambda _seen: answer
    with pytest.raises(TenantError) as caught:
        await api.create_phone_provider(BODY)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert "s3cret" not in _whole(caught.value)


def _whole(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).replace('"s3cret', "")


def test_values_under_secret_sounding_keys_are_found_at_any_depth() -> None:
    body = {
        "name": "twilio",
        "credentials": {"auth_token": "one"},
        "options": {"gateway_authentication": {"secret": "two", "subject": "sub"}, "twilio_token": "three"},
        "secrets": [{"name": "API_KEY", "value": "four"}],
    }
    assert {"one", "two", "three", "four"} <= set(secret_values(body))
    assert {"twilio", "sub"}.isdisjoint(secret_values(body))


def test_the_longest_secret_is_masked_first() -> None:
    assert without("", "abcdef abc", ["abc", "abcdef"]) == f"{MASK} {MASK}"


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEF0123456789_-", min_size=16), st.text(max_size=200))
def test_a_glimpse_is_short_and_has_one_line_and_no_long_word(secret: str, before: str) -> None:
    seen = glimpse(f"{before} {secret}")
    assert len(seen) <= 80
    assert "\n" not in seen
    assert secret not in seen


@given(st.text(alphabet=st.characters(exclude_characters='"\\', exclude_categories=["Cs"]), min_size=8))
def test_a_glimpse_of_json_shows_no_value(value: str) -> None:
    assert glimpse(f'{{"auth_token": "{value}", "a": 1}}').startswith(f'{{"auth_token": {MASK}')
