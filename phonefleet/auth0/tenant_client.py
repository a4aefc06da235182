"""Open the Management API of a tenant of the fleet file."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import SecretStr

from configs import SecretRef, TenantRef, TokenEndpointAuthMethod
from phonefleet.auth0.client_authentication import ClientAuthentication, ClientSecretPost, PrivateKeyJwt
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.management_api import ManagementApi


def open_tenant(pool: ClientPool, ref: TenantRef, resolve: Callable[[SecretRef], SecretStr]) -> ManagementApi:
    """Return the Management API of one tenant; `resolve` is called whenever a token is requested."""
    return pool.tenant(ref.domain, ref.client_id, _authentication(ref, resolve), ref.tier, ref.audience or "")


def _authentication(ref: TenantRef, resolve: Callable[[SecretRef], SecretStr]) -> ClientAuthentication:
    credential = ref.credential
    match ref.token_endpoint_auth_method:
        case TokenEndpointAuthMethod.CLIENT_SECRET_POST:
            return ClientSecretPost(lambda: resolve(credential))
        case TokenEndpointAuthMethod.PRIVATE_KEY_JWT:
            algorithm = ref.signing_algorithm
            return PrivateKeyJwt(lambda: resolve(credential), str(algorithm) if algorithm else None)
