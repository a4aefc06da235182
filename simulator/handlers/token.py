"""POST /oauth/token: the client-credentials grant for the Management API."""

from __future__ import annotations

import hmac
from typing import Any

from simulator.clock import Clock
from simulator.ids import Ids
from simulator.operations import Reply
from simulator.state import Json, Tenant, Token

LIFETIME = 86_400


def _refusal(status: int, error: str, description: str) -> Reply:
    return Reply(status, {"error": error, "error_description": description})


def grant_token(tenant: Tenant, form: Any, clock: Clock, every_scope: tuple[str, ...] = ()) -> Reply:
    """Answers a token request as Auth0's Authentication API does.

    Args:
        tenant: whose token is asked for.
        form: the request's JSON or form fields.
        clock: from which the token's life counts.
        every_scope: what a grant of all scopes gives.
    """
    if not isinstance(form, dict) or form.get("grant_type") != "client_credentials":
        return _refusal(403, "unsupported_grant_type", "Unsupported grant type")
    client = tenant.clients.get(str(form.get("client_id")))
    if client is None or not _same(client["client_secret"], form.get("client_secret")):
        return _refusal(401, "access_denied", "Unauthorized")
    if form.get("audience") != tenant.audience:
        return _refusal(403, "access_denied", f"Service not found: {form.get('audience')}")
    grant = _grant(tenant, client["client_id"])
    if grant is None:
        text = f'Client is not authorized to access "{tenant.audience}". You need to create a "client-grant"'
        return _refusal(403, "access_denied", text)
    scopes = every_scope if grant.get("allow_all_scopes") else grant.get("scope", [])
    return Reply(200, _issue(tenant, client["client_id"], list(scopes), clock))


def _same(secret: str, given: Any) -> bool:
    return hmac.compare_digest(secret.encode(), str(given).encode())


def _grant(tenant: Tenant, client_id: str) -> Json | None:
    wanted = (client_id, tenant.audience)
    return next((g for g in tenant.grants.values() if (g.get("client_id"), g["audience"]) == wanted), None)


def _issue(tenant: Tenant, client_id: str, scopes: list[str], clock: Clock) -> Json:
    ids = Ids(tenant.rng)
    text = f"sim.{ids.text(48)}.{ids.text(43)}"
    tenant.tokens[text] = Token(client_id, frozenset(scopes), clock.now() + LIFETIME)
    return {"access_token": text, "scope": " ".join(scopes), "expires_in": LIFETIME, "token_type": "Bearer"}
