"""Request bodies of applications, client grants and a connection's clients."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, TypeAdapter

from simulator.bodies.base import Json, OpenBody, Short, StrictBody


class CreateGrantBody(StrictBody):
    """POST client-grants; a default for third parties names no client (recorded exchange)."""

    client_id: str | None = None
    audience: Annotated[str, Field(min_length=1)]
    scope: list[Annotated[str, Field(min_length=1, max_length=280)]] = Field(default_factory=list)
    subject_type: Literal["client", "user"] | None = None
    organization_usage: Literal["deny", "allow", "require"] | None = None
    authorization_details_types: list[Short] | None = None
    allow_any_organization: bool | None = None
    allow_all_scopes: bool | None = None
    default_for: Literal["third_party_clients"] | None = None


class UpdateGrantBody(StrictBody):
    """PATCH client-grants/{id}."""

    nullable: ClassVar[frozenset[str]] = frozenset({"organization_usage", "allow_any_organization"})

    scope: list[Annotated[str, Field(min_length=1, max_length=280)]] | None = None
    organization_usage: Literal["deny", "allow", "require"] | None = None
    authorization_details_types: list[Short] | None = None
    allow_any_organization: bool | None = None
    allow_all_scopes: bool | None = None


class CreateClientBody(OpenBody):
    """POST clients."""

    name: Annotated[str, Field(min_length=1)]
    app_type: str | None = None
    callbacks: list[str] | None = None
    grant_types: list[str] | None = None
    client_metadata: Json | None = None
    token_endpoint_auth_method: Literal["none", "client_secret_post", "client_secret_basic"] | None = None


class UpdateClientBody(OpenBody):
    """PATCH clients/{id}; null takes a property away."""

    nullable: ClassVar[frozenset[str]] = frozenset(
        {"app_type", "callbacks", "client_metadata", "grant_types", "token_endpoint_auth_method"}
    )

    name: Annotated[str, Field(min_length=1)] | None = None
    callbacks: list[str] | None = None
    grant_types: list[str] | None = None
    client_metadata: Json | None = None
    token_endpoint_auth_method: Literal["none", "client_secret_post", "client_secret_basic"] | None = None


class ConnectionClient(StrictBody):
    """One line of PATCH connections/{id}/clients."""

    client_id: str
    status: bool


CREATE_GRANT: TypeAdapter[Any] = TypeAdapter(CreateGrantBody)
CREATE_CLIENT: TypeAdapter[Any] = TypeAdapter(CreateClientBody)
UPDATE_CLIENT: TypeAdapter[Any] = TypeAdapter(UpdateClientBody)
UPDATE_GRANT: TypeAdapter[Any] = TypeAdapter(UpdateGrantBody)
CONNECTION_CLIENTS: TypeAdapter[Any] = TypeAdapter(Annotated[list[ConnectionClient], Field(min_length=1)])
