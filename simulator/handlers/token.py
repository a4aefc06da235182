"""POST /oauth/token: the client-credentials grant for the Management API."""

from __future__ import annotations

import base64
import hmac
import random
from typing import Any

import orjson

from simulator.assertions import why_refused
from simulator.clock import Clock
from simulator.ids import Ids
from simulator.operations import Reply
from simulator.quota import QuotaBucket, buckets_of, headers_of, spent
from simulator.state import Json, Tenant, Token

LIFETIME = 86_400


def _refusal(status: int, error: str, description: str, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, {"error": error, "error_description": description}, headers or {})


def grant_token(tenant: Tenant, form: Any, clock: Clock, every_scope: tuple[str, ...] = ()) -> Reply:
    """Answer a token request as Auth0's Authentication API does.

    Args:
        tenant: whose token is asked for.
        form: the request's JSON or form fields.
        clock: from which the token's life counts.
        every_scope: what a grant of all scopes gives.
    """
    if not isinstance(form, dict) or form.get("grant_type") != "client_credentials":
        return _refusal(403, "unsupported_grant_type", "Unsupported grant type")
    client = tenant.clients.get(str(form.get("client_id")))
    if client is None:
        return _refusal(401, "access_denied", "Unauthorized")
    refused = _authenticate(tenant, client, form, clock) or _audience(tenant, form.get("audience"))
    if refused is not None:
        return refused
    wanted = (client["client_id"], tenant.audience)
    grant = next((g for g in tenant.grants.values() if (g.get("client_id"), g["audience"]) == wanted), None)
    if grant is None:
        text = f'Client is not authorized to access "{tenant.audience}". You need to create a "client-grant"'
        return _refusal(403, "access_denied", text)
    scopes = every_scope if grant.get("allow_all_scopes") else grant.get("scope", [])
    return _within_quota(tenant, client, list(scopes), clock)


def _authenticate(tenant: Tenant, client: Json, form: Json, clock: Clock) -> Reply | None:
    """Return None if the secret or the signed assertion authenticates the application."""
    if "client_authentication_methods" in client:
        reason = why_refused(tenant, client["client_id"], form, clock.now())
        return None if reason is None else _refusal(401, "invalid_client", reason)
    secret, given = client.get("client_secret", ""), str(form.get("client_secret"))
    if secret and hmac.compare_digest(secret.encode(), given.encode()):
        return None
    return _refusal(401, "access_denied", "Unauthorized")


def _audience(tenant: Tenant, audience: Any) -> Reply | None:
    if audience == tenant.audience:
        return None
    if audience in [f"https://{domain}/api/v2/" for domain in tenant.hidden.custom_domains]:
        return _refusal(403, "access_denied", f"Service not enabled within domain: {audience}")
    return _refusal(403, "access_denied", f"Service not found: {audience}")


def _within_quota(tenant: Tenant, client: Json, scopes: list[str], clock: Clock) -> Reply:
    """Return a token unless an enforced quota is exhausted; headers show the quotas."""
    buckets = buckets_of(tenant, client, clock.now())
    full = spent(buckets)
    if full is not None:
        return _refusal(429, "too_many_requests", "Client quota exceeded", _exceeded(buckets, full, clock))
    for bucket in buckets:
        tenant.tokens_given[bucket.key] += 1
    headers = headers_of(buckets_of(tenant, client, clock.now()))
    return Reply(200, _issue(tenant, client["client_id"], scopes, clock), headers)


def _exceeded(buckets: list[QuotaBucket], full: QuotaBucket, clock: Clock) -> dict[str, str]:
    return headers_of(buckets) | {
        "x-ratelimit-limit": str(full.quota),
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(clock.now()) + full.seconds),
        "retry-after": str(full.seconds),
    }


def _issue(tenant: Tenant, client_id: str, scopes: list[str], clock: Clock) -> Json:
    text = _signed(tenant, client_id, scopes, clock)
    tenant.tokens[text] = Token(client_id, frozenset(scopes), clock.now() + LIFETIME)
    return {"access_token": text, "scope": " ".join(scopes), "expires_in": LIFETIME, "token_type": "Bearer"}


def _signed(tenant: Tenant, client_id: str, scopes: list[str], clock: Clock) -> str:
    """Return a JWT as Auth0's are: RS256, with all scopes, more than a thousand characters. No key has signed it."""
    ids = Ids(tenant.rng)
    header = {"alg": "RS256", "typ": "JWT", "kid": ids.text(48)}
    seconds = int(clock.now())
    payload = {
        "iss": f"https://{tenant.domain}/",
        "sub": f"{client_id}@clients",
        "aud": tenant.audience,
        "iat": seconds,
        "exp": seconds + LIFETIME,
        "scope": " ".join(scopes),
        "gty": "client-credentials",
        "azp": client_id,
    }
    signature = random.Random(ids.text(43)).randbytes(256)  # noqa: S311
    return ".".join(_part(part) for part in (orjson.dumps(header), orjson.dumps(payload), signature))


def _part(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
