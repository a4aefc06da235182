"""Check the assertion that authenticates an application (``private_key_jwt``).

Source: Auth0 documentation, "Authenticate with Private Key JWT": RS256, RS384 and PS256 are offered there; ES256 is
accepted too. The assertion names the application as issuer and subject, the tenant as audience, a ``jti`` that is
used once, and is valid for at most five minutes.
"""

from __future__ import annotations

from typing import Any

import jwt

from simulator.state import Json, Tenant

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ["RS256", "RS384", "PS256", "ES256"]
LONGEST = 300.0


def why_refused(tenant: Tenant, client_id: str, form: Json, now: float) -> str | None:
    """Return why the assertion does not authenticate the application; None when it does."""
    if form.get("client_assertion_type") != TYPE or not form.get("client_assertion"):
        return "Client authentication is required: client_assertion is missing"
    claims = _claims(tenant, str(form["client_assertion"]))
    if isinstance(claims, str):
        return claims
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        return "Client assertion's iss and sub must be the client_id"
    if not 0 < float(claims["exp"]) - now <= LONGEST + 1:
        return "Client assertion is expired or lasts longer than 5 minutes"
    if claims["jti"] in tenant.assertions_used:
        return "Client assertion's jti was used before"
    tenant.assertions_used.add(claims["jti"])
    return None


def _claims(tenant: Tenant, assertion: str) -> Json | str:
    """Return the claims if one of the application's keys signed the assertion, else the reason."""
    audiences = [f"https://{tenant.domain}/", f"https://{tenant.domain}/oauth/token"]
    reason = "Client assertion is not signed by a known key"
    for key in tenant.hidden.public_keys:
        try:
            claims: dict[str, Any] = jwt.decode(
                assertion,
                key,
                algorithms=ALGORITHMS,
                audience=audiences,
                options={"require": ["exp", "iss", "sub", "jti", "aud"]},
            )
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            reason = f"Client assertion is not valid: {error}"
        else:
            return claims
    return reason
