"""Why a tenant gives no token: each cause has its own reason, and each is given up within a minute."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import SecretStr

from configs import Tier
from phonefleet.auth0.client_authentication import ClientSecretPost, PrivateKeyJwt
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import CredentialsRejected, TenantError, TokenLimited
from phonefleet.model.enums import ReasonCode
from simulator.serve import Running, running
from tests.auth0.http_peer import DOMAIN, FakeClock, Peer, Reply, first, token_reply


@pytest.fixture(scope="module")
def served() -> Iterator[Running]:
    with running() as served:
        yield served


class Simulated:
    """Tenants of the simulator, and a pool with the product's own retry limits."""

    def __init__(self, control: httpx.AsyncClient, pool: ClientPool) -> None:
        self.control = control
        self.pool = pool

    async def make(self, domain: str, kind: str, **overrides: Any) -> dict[str, Any]:
        body = {"kind": kind, "overrides": {"tier": "unlimited", **overrides}}
        answer = await self.control.put(f"/_simulator/tenants/{domain}", json=body)
        made: dict[str, Any] = answer.raise_for_status().json()
        return made

    async def requests(self, domain: str) -> int:
        answer = await self.control.get(f"/_simulator/tenants/{domain}/requests")
        return len(answer.json()["requests"])


@pytest.fixture
async def fleet(served: Running) -> AsyncIterator[Simulated]:
    async with (
        httpx.AsyncClient(base_url=served.url, trust_env=False) as control,
        ClientPool(served.url) as pool,
    ):
        yield Simulated(control, pool)
        await control.delete("/_simulator/faults")


def by_secret(pool: ClientPool, domain: str, made: dict[str, Any], audience: str = "") -> ManagementApi:
    secret = ClientSecretPost(lambda: SecretStr(made["client_secret"]))
    return pool.tenant(domain, made["client_id"], secret, Tier.FREE, audience)


async def refused(api: ManagementApi) -> TenantError:
    """Ask for a token in vain; fails if that takes as long as a minute."""
    began = time.monotonic()
    with pytest.raises(TenantError) as caught:
        await api.granted_scopes()
    assert time.monotonic() - began < 60
    return caught.value


async def test_a_used_up_quota_is_given_up_at_once(fleet: Simulated) -> None:
    domain = "quota.eu.auth0.com"
    made = await fleet.make(domain, "quota_used_up")
    error = await refused(by_secret(fleet.pool, domain, made))
    assert isinstance(error, TokenLimited)
    assert error.reason == ReasonCode.TOKEN_QUOTA_USED_UP
    assert "per_day quota of 0 tokens is used up" in str(error)
    assert "full again in" in str(error)
    assert await fleet.requests(domain) == 1


async def test_a_custom_domain_as_the_tenants_is_named(fleet: Simulated) -> None:
    domain, custom = "own-domain.eu.auth0.com", "login.own-domain.example"
    made = await fleet.make(domain, "twilio_sms", hidden={"custom_domains": [custom]})
    error = await refused(by_secret(fleet.pool, custom, made))
    assert isinstance(error, CredentialsRejected)
    assert error.reason == ReasonCode.CUSTOM_DOMAIN_USED
    assert "canonical domain" in str(error)
    assert await fleet.requests(domain) == 1
    async with ClientPool(str(fleet.control.base_url)) as pool:
        api = by_secret(pool, custom, made, f"https://{domain}/api/v2/")
        assert (await api.settings())["phone_consolidated_experience"] is False


async def test_an_application_without_a_secret_is_an_invalid_client(fleet: Simulated) -> None:
    domain = "no-secret.eu.auth0.com"
    made = await fleet.make(domain, "assertion_only")
    error = await refused(by_secret(fleet.pool, domain, made | {"client_secret": "guessed"}))
    assert error.reason == ReasonCode.INVALID_CLIENT
    assert "token_endpoint_auth_method" in str(error)
    assert await fleet.requests(domain) == 1


async def test_other_refusals_are_told_apart_too(fleet: Simulated) -> None:
    domain = "others.eu.auth0.com"
    made = await fleet.make(domain, "twilio_sms")
    wrong_secret = await refused(by_secret(fleet.pool, domain, made | {"client_secret": "wrong"}))
    assert wrong_secret.reason == ReasonCode.CREDENTIALS_REJECTED
    async with ClientPool(str(fleet.control.base_url)) as pool:
        unknown = by_secret(pool, domain, made, "https://elsewhere.eu.auth0.com/api/v2/")
        assert (await refused(unknown)).reason == ReasonCode.AUDIENCE_UNKNOWN


@pytest.mark.parametrize(
    ("error", "description", "reason"),
    [
        ("access_denied", 'Client is not authorized to access "x"', ReasonCode.CLIENT_GRANT_MISSING),
        ("unauthorized_client", "Grant type not allowed", ReasonCode.GRANT_TYPE_NOT_ALLOWED),
        ("access_denied", "Unauthorized", ReasonCode.CREDENTIALS_REJECTED),
    ],
)
async def test_each_refusal_has_a_reason(
    open_pool: Any, peer: Peer, error: str, description: str, reason: ReasonCode
) -> None:
    peer.token_rule = lambda _seen: Reply(403, {"error": error, "error_description": description})
    assert (await refused((await open_pool()).tenant())).reason == reason
    assert len(peer.tokens) == 1


async def test_a_limited_token_endpoint_is_given_up_in_a_minute(
    open_pool: Any, peer: Peer, clock: FakeClock
) -> None:
    body = {"error": "too_many_requests", "error_description": "Too Many Requests"}
    began = clock.now
    peer.token_rule = lambda _seen: Reply(429, body, headers={"retry-after": "5"})
    with pytest.raises(TokenLimited) as caught:
        await (await open_pool(clock=clock)).tenant().granted_scopes()
    assert caught.value.reason == ReasonCode.TOKEN_REQUESTS_LIMITED
    assert len(peer.tokens) <= 4
    assert 15 <= clock.now - began < 60


async def test_a_long_retry_after_is_not_waited_for(open_pool: Any, peer: Peer, clock: FakeClock) -> None:
    peer.token_rule = lambda _seen: Reply(429, {"error": "x"}, headers={"retry-after": "600"})
    with pytest.raises(TokenLimited, match="600 s"):
        await (await open_pool(clock=clock)).tenant().granted_scopes()
    assert len(peer.tokens) == 1


async def test_a_short_retry_after_is_waited_for(open_pool: Any, peer: Peer, clock: FakeClock) -> None:
    began = clock.now
    peer.token_rule = first(Reply(429, {"error": "x"}, headers={"retry-after": "7"}), then=token_reply())
    await (await open_pool(clock=clock)).tenant().granted_scopes()
    assert clock.now - began >= 7


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> tuple[str, str]:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


RSA_KEY = pem(rsa.generate_private_key(public_exponent=65_537, key_size=2048))
EC_KEY = pem(ec.generate_private_key(ec.SECP256R1()))


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(RSA_KEY, None), (RSA_KEY, "RS256"), (RSA_KEY, "PS256"), (EC_KEY, None), (EC_KEY, "ES256")],
)
async def test_a_signed_assertion_gives_a_token(
    fleet: Simulated, key: tuple[str, str], algorithm: str | None
) -> None:
    domain = "signed.eu.auth0.com"
    made = await fleet.make(domain, "assertion_only", hidden={"public_keys": [key[1]]})
    signed = PrivateKeyJwt(lambda: SecretStr(key[0]), algorithm)
    api = fleet.pool.tenant(domain, made["client_id"], signed, Tier.FREE)
    assert "read:tenant_settings" in await api.granted_scopes()


async def test_an_assertion_of_another_key_is_an_invalid_client(fleet: Simulated) -> None:
    domain = "other-key.eu.auth0.com"
    made = await fleet.make(domain, "assertion_only", hidden={"public_keys": [EC_KEY[1]]})
    signed = PrivateKeyJwt(lambda: SecretStr(RSA_KEY[0]))
    error = await refused(fleet.pool.tenant(domain, made["client_id"], signed, Tier.FREE))
    assert error.reason == ReasonCode.INVALID_CLIENT


async def test_every_repetition_carries_a_new_assertion(fleet: Simulated) -> None:
    """Auth0 takes an assertion once: one whose answer was lost cannot be sent again."""
    domain = "lost-token.eu.auth0.com"
    made = await fleet.make(domain, "assertion_only")
    rule = {"domain": domain, "method": "POST", "path": "/oauth/token", "times": 2, "effect": "drop_after"}
    await fleet.control.put("/_simulator/faults", json={"rules": [rule]})
    signed = PrivateKeyJwt(lambda: SecretStr(made["private_key"]))
    api = fleet.pool.tenant(domain, made["client_id"], signed, Tier.FREE)
    assert await api.granted_scopes()
    assert await fleet.requests(domain) == 3


@pytest.mark.parametrize(
    ("key", "algorithm"), [("not a key", None), (EC_KEY[0], "RS256"), (RSA_KEY[0], "ES256")]
)
async def test_a_key_that_cannot_sign_is_named_without_it(
    peer: Peer, key: str, algorithm: str | None
) -> None:
    async with ClientPool(peer.address) as pool:
        api = pool.tenant(DOMAIN, "id", PrivateKeyJwt(lambda: SecretStr(key), algorithm), Tier.FREE)
        error = await refused(api)
    assert error.reason == ReasonCode.PRIVATE_KEY_UNUSABLE
    assert key not in str(error)
    assert error.__context__ is None
    assert not peer.tokens


async def test_a_repeated_assertion_is_masked(open_pool: Any, peer: Peer) -> None:
    peer.token_rule = lambda seen: Reply(
        401, {"error": "invalid_client", "error_description": f"bad {seen.body['client_assertion']}"}
    )
    signed = PrivateKeyJwt(lambda: SecretStr(EC_KEY[0]))
    pool = (await open_pool()).pool
    error = await refused(pool.tenant(DOMAIN, "id", signed, Tier.FREE))
    assert "bad ***" in str(error)
