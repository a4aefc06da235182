from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr

from configs import Tier
from phonefleet.auth0.client_authentication import ClientSecretPost
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import ApiRefused, CredentialsRejected, Unreachable
from tests.auth0.http_peer import DOMAIN, SECRET, TOKEN, Drop, FakeClock, Peer, Reply, no, token_reply


async def test_asks_for_the_management_api_with_client_credentials(api: ManagementApi, peer: Peer) -> None:
    peer.token_rule = lambda _seen: token_reply(scope="read:logs update:actions")
    assert await api.granted_scopes() == {"read:logs", "update:actions"}
    assert peer.tokens[0].body == {
        "grant_type": "client_credentials",
        "client_id": f"client-of-{DOMAIN}",
        "client_secret": SECRET,
        "audience": f"https://{DOMAIN}/api/v2/",
    }
    assert "authorization" not in peer.tokens[0].headers


async def test_the_token_signs_every_call(api: ManagementApi, peer: Peer) -> None:
    await asyncio.gather(api.settings(), api.guardian_templates())
    assert {seen.headers["authorization"] for seen in peer.calls} == {f"Bearer {TOKEN}"}


async def test_callers_at_the_same_time_share_one_request(api: ManagementApi, peer: Peer) -> None:
    peer.token_rule = lambda _seen: Reply(json=token_reply().json, after=0.05)
    await asyncio.gather(*(api.settings() for _ in range(30)))
    assert len(peer.tokens) == 1
    assert len(peer.calls) == 30


async def test_callers_at_the_same_time_share_one_refusal(api: ManagementApi, peer: Peer) -> None:
    """Thirty reads with a wrong secret must not look like an attack."""
    peer.token_rule = lambda _seen: no(401, "Unauthorized")
    ends = await asyncio.gather(*(api.settings() for _ in range(30)), return_exceptions=True)
    assert all(isinstance(end, CredentialsRejected) for end in ends)
    assert len(peer.tokens) == 1


async def test_after_a_refusal_the_next_caller_asks_again(api: ManagementApi, peer: Peer) -> None:
    peer.token_rule = lambda _seen: no(401, "Unauthorized")
    with pytest.raises(CredentialsRejected):
        await api.settings()
    peer.token_rule = lambda _seen: token_reply()
    await api.settings()
    assert len(peer.tokens) == 2


async def test_a_cancelled_request_leaves_the_next_caller_to_ask(api: ManagementApi, peer: Peer) -> None:
    peer.token_rule = lambda _seen: Reply(json=token_reply().json, after=0.2)
    first = asyncio.create_task(api.settings())
    second = asyncio.create_task(api.settings())
    await asyncio.sleep(0.05)
    first.cancel()
    peer.token_rule = lambda _seen: token_reply()
    assert await second == {}
    assert first.cancelled()


async def test_the_token_is_kept_until_shortly_before_its_end(
    open_pool: Any, peer: Peer, clock: FakeClock
) -> None:
    api = (await open_pool(clock=clock)).tenant()
    await api.settings()
    clock.now += 86_400 - 301
    await api.settings()
    assert len(peer.tokens) == 1
    clock.now += 2
    await api.settings()
    assert len(peer.tokens) == 2


async def test_a_short_lived_token_is_used_for_nine_tenths_of_its_life(
    open_pool: Any, peer: Peer, clock: FakeClock
) -> None:
    api = (await open_pool(clock=clock)).tenant()
    peer.token_rule = lambda _seen: token_reply(expires_in=100)
    for seconds, tokens in ((0, 1), (89, 1), (2, 2)):
        clock.now += seconds
        await api.settings()
        assert len(peer.tokens) == tokens


async def test_a_token_that_is_refused_is_replaced_once_for_all_callers(
    api: ManagementApi, peer: Peer
) -> None:
    await api.settings()
    peer.token_rule = lambda _seen: token_reply(access_token="second-token")
    peer.rule = lambda seen: (
        Reply(json={}) if "second-token" in seen.headers["authorization"] else no(401, "Invalid token")
    )
    await asyncio.gather(*(api.settings() for _ in range(10)))
    assert len(peer.tokens) == 2


async def test_a_post_is_repeated_with_a_new_token_because_a_401_did_nothing(
    api: ManagementApi, peer: Peer
) -> None:
    answers = [no(401, "Invalid token"), Reply(202, {"code": 202, "message": "sent"})]
    peer.rule = lambda _seen: answers.pop(0)
    assert (await api.try_phone_provider("pro_1", "+15005550006", "text"))["message"] == "sent"


async def test_a_second_401_is_a_refusal(api: ManagementApi, peer: Peer) -> None:
    peer.rule = lambda _seen: no(401, "Invalid token", "invalid_token")
    with pytest.raises(ApiRefused, match="401 Unauthorized: Invalid token") as caught:
        await api.settings()
    assert (caught.value.status, caught.value.error_code) == (401, "invalid_token")
    assert len(peer.calls) == 2
    assert len(peer.tokens) == 2


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_name_the_tenant_the_client_and_what_to_check(
    api: ManagementApi, peer: Peer, status: int
) -> None:
    peer.token_rule = lambda _seen: Reply(
        status, {"error": "access_denied", "error_description": "Unauthorized"}
    )
    with pytest.raises(CredentialsRejected) as caught:
        await api.settings()
    assert str(caught.value).startswith(
        f"{DOMAIN}: client client-of-{DOMAIN} was refused an access token: {status} Unauthorized. Check"
    )
    assert not peer.calls


async def test_a_refusal_that_repeats_the_secret_is_masked(api: ManagementApi, peer: Peer) -> None:
    peer.token_rule = lambda seen: Reply(
        401, {"error_description": f"bad secret {seen.body['client_secret']}"}
    )
    with pytest.raises(CredentialsRejected) as caught:
        await api.settings()
    assert "bad secret ***" in str(caught.value)
    assert caught.value.__context__ is None


async def test_a_refusal_without_words_is_still_a_refusal(api: ManagementApi, peer: Peer) -> None:
    peer.token_rule = lambda _seen: Reply(403, content=b"<html>Forbidden</html>")
    with pytest.raises(CredentialsRejected, match="403 without a reason"):
        await api.settings()


async def test_an_unknown_tenant_is_refused_with_its_status(api: ManagementApi, peer: Peer) -> None:
    peer.token_rule = lambda _seen: no(404, "tenant not found")
    with pytest.raises(ApiRefused, match="asking for an access token: POST /oauth/token answered 404"):
        await api.settings()


@pytest.mark.parametrize(
    "answer",
    [
        Reply(content=b"<html>Welcome</html>"),
        Reply(json={"access_token": "", "expires_in": 1}),
        Reply(json={"access_token": "abc"}),
        Reply(json=["abc"]),
    ],
)
async def test_an_answer_without_a_token_is_unreachable(
    api: ManagementApi, peer: Peer, answer: Reply
) -> None:
    peer.token_rule = lambda _seen: answer
    with pytest.raises(Unreachable, match="answered 200 without a token"):
        await api.settings()


async def test_asking_for_a_token_is_repeated_after_faults_and_given_up_after_too_many(
    api: ManagementApi, peer: Peer
) -> None:
    peer.token_rule = lambda _seen: Drop()
    with pytest.raises(
        Unreachable, match=r"asking for an access token: POST /oauth/token .*after 6"
    ) as caught:
        await api.create_phone_provider({"name": "twilio", "credentials": {"auth_token": "x"}})
    assert not caught.value.maybe_applied
    assert caught.value.__context__ is None
    assert len(peer.tokens) == 6


async def test_the_secret_is_asked_for_at_every_request_and_kept_nowhere(
    peer: Peer, clock: FakeClock
) -> None:
    secrets = iter(["first-secret", "second-secret"])
    async with ClientPool(peer.address, clock=clock) as pool:
        api = pool.tenant(DOMAIN, "id", ClientSecretPost(lambda: SecretStr(next(secrets))), Tier.FREE)
        await api.settings()
        clock.now += 100_000
        await api.settings()
    assert [seen.body["client_secret"] for seen in peer.tokens] == ["first-secret", "second-secret"]
    assert repr(api) == f"ManagementApi('{DOMAIN}')"
    kept = str(vars(api._caller._tokens))
    assert "first-secret" not in kept
    assert "second-secret" not in kept
