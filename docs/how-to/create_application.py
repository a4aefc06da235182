"""Create phonefleet's application in one tenant or in many, with exactly the scopes that a command needs.

python create_application.py TENANTS.csv [--command migrate] (--public-key KEY.pem | --secrets secrets.env)

TENANTS.csv has the columns domain, admin_client_id and admin_secret: an application of that tenant with the scopes
create:clients, read:clients, create:client_grants, read:client_grants and update:client_grants (with --public-key also
create:client_credentials; with --secrets also read:client_keys), and the NAME of the environment variable with its
secret. An application that is there already is kept: it gets the scopes that it lacks and loses those that it has too
much. Prints a CSV file with the columns domain and client_id, which `phonefleet init --csv` reads.

Exit codes: 0 every tenant is done; 1 a tenant could not be done, as standard error says; 2 the command line or
TENANTS.csv is wrong and no tenant was asked.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from configs.references import PLACEHOLDER
from phonefleet.model.api_scopes import COMMANDS, required_scopes
from phonefleet.output_files import replace_file
from phonefleet.secrets.known_values import KnownValues

NAME = "phonefleet"
COLUMNS = ("domain", "admin_client_id", "admin_secret")
PAGE = 100
Shape = TypeVar("Shape")


class NotDoneError(Exception):
    """What a tenant refused, and what to do; its text has no secret."""


@dataclass(frozen=True)
class Wish:
    """What every tenant shall have.

    Attributes:
        scopes: of the Management API, sorted.
        public_key: PEM; None for an application with a secret.
        secrets: the file that keeps the secrets; None for an application with a key.
    """

    scopes: Sequence[str]
    public_key: str | None
    secrets: Path | None


class TokenAnswer(BaseModel):
    """What `POST /oauth/token` answers."""

    access_token: str


class Application(BaseModel):
    """An application of a tenant, with the fields that were asked for."""

    client_id: str
    name: str = ""
    client_secret: str | None = None
    client_authentication_methods: dict[str, Any] | None = None


class Grant(BaseModel):
    """What an application may do with an API."""

    id: str
    scope: list[str] = []


@dataclass
class Tenant:
    """A tenant and the connection to it."""

    domain: str
    http: httpx.Client
    known: KnownValues = field(default_factory=KnownValues)

    @property
    def audience(self) -> str:
        """The identifier of the tenant's Management API."""
        return f"https://{self.domain}/api/v2/"

    def ask(self, shape: type[Shape], method: str, path: str, **request: Any) -> Shape:
        """Return an answer.

        Raises:
            NotDoneError: there is none, it is a refusal, or Auth0 documents another shape.
        """
        try:
            answer = self.http.request(method, path, **request)
        except httpx.HTTPError as error:
            # Only the kind: the text of an error may quote the header with the token.
            raise NotDoneError(f"{method} {path}: no answer ({type(error).__name__}). Run again") from None
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not answer.is_success:
            said = document if isinstance(document, dict) else {}
            text = said.get("message") or said.get("error_description") or "without a reason"
            raise NotDoneError(
                f"{method} {path}: refused with {answer.status_code}: {self.known.mask(str(text))}"
            )
        try:
            return TypeAdapter(shape).validate_python(document)
        except ValidationError:
            # Its text quotes the answer.
            raise NotDoneError(
                f"{method} {path}: {answer.status_code} with an answer that is not Auth0's. Correct the domain if "
                "it is not the tenant's, and run again"
            ) from None

    def authorize(self, client_id: str, secret: str) -> None:
        """Request a token of the Management API for what follows."""
        self.known.add(secret)
        asked = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        asked["audience"] = self.audience
        token = self.ask(TokenAnswer, "POST", "/oauth/token", json=asked).access_token
        self.known.add(token)
        self.http.headers["authorization"] = f"Bearer {token}"


def main() -> int:
    """Work on every tenant; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tenants", type=Path)
    parser.add_argument("--command", default="migrate", choices=sorted(COMMANDS), metavar="COMMAND")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--public-key", type=Path, help="PEM, RSA; the application authenticates with private_key_jwt"
    )
    how.add_argument(
        "--secrets", type=Path, help="the file that keeps NAME=SECRET; a new one is readable for you only"
    )
    parser.add_argument("--connect-to", help="a server that answers for all tenants, such as a simulator")
    asked = parser.parse_args()
    try:
        rows = list(csv.DictReader(asked.tenants.read_text(encoding="utf-8-sig").splitlines()))
        key = asked.public_key.read_text(encoding="ascii") if asked.public_key else None
    except (OSError, ValueError) as error:
        parser.error(f"a file cannot be read: {error}")
    problems = list(problems_of(rows)) if rows else [f"{asked.tenants}: no tenant is listed"]
    if key is not None and ("PRIVATE KEY" in key or "-----BEGIN " not in key):
        # Whatever else is in the file could be a private key too.
        problems.append(
            f"{asked.public_key}: it has a private key or no PEM. Name the file of the public key"
        )
    if problems:
        parser.error("\n  ".join(problems))
    wish = Wish(sorted(required_scopes(asked.command)), key, asked.secrets)
    sys.stdout.write("domain,client_id\n")
    failed = 0
    for row in rows:
        try:
            sys.stdout.write(f"{row['domain']},{work(row, wish, asked.connect_to)}\n")
        except (NotDoneError, OSError) as error:
            sys.stderr.write(f"{row['domain']}: {error}\n")
            failed += 1
    return 1 if failed else 0


def problems_of(rows: Sequence[dict[str, str]]) -> Sequence[str]:
    """Return what is wrong with TENANTS.csv, by line."""
    if missing := [name for name in COLUMNS if name not in rows[0]]:
        return [f"line 1: there is no column {', '.join(missing)}"]
    domains = [row["domain"] for row in rows]
    found = [
        (f"line {number}: the environment variable {row['admin_secret'] or '(no name)'} is not set")
        for number, row in enumerate(rows, 2)
        if not os.environ.get(row["admin_secret"] or "")
    ]
    found += [
        f"line {number}: {row['domain'] or 'no domain'}: write each tenant's domain once, without https://"
        for number, row in enumerate(rows, 2)
        if domains.count(row["domain"]) > 1 or not re.fullmatch(r"[a-z0-9.-]+\.[a-z]+", row["domain"] or "")
    ]
    return found


def work(row: dict[str, str], wish: Wish, server: str | None) -> str:
    """Bring one tenant to what is wished; return the application's client_id."""
    domain = row["domain"]
    with httpx.Client(base_url=server or f"https://{domain}", headers={"host": domain}, timeout=30) as http:
        tenant = Tenant(domain, http)
        tenant.authorize(row["admin_client_id"], os.environ[row["admin_secret"]])
        there = existing(tenant, wish)
        client = there or tenant.ask(Application, "POST", "/api/v2/clients", json=application(wish))
        tenant.known.add(client.client_secret or "")
        # Before the grant: if that is refused, the secret is kept already.
        if wish.secrets is not None:
            keep_secret(tenant, wish.secrets, client, is_new=there is None)
        grant(tenant, client.client_id, wish.scopes)
    return client.client_id


def existing(tenant: Tenant, wish: Wish) -> Application | None:
    """Return the application of our name, if there is one.

    Raises:
        NotDoneError: there are several, or it authenticates in another way.
    """
    asked = {"fields": "client_id,name,client_authentication_methods", "include_fields": "true"}
    asked |= {"app_type": "non_interactive", "per_page": str(PAGE)}
    found: list[Application] = []
    number = 0
    while page := tenant.ask(
        list[Application], "GET", "/api/v2/clients", params={**asked, "page": str(number)}
    ):
        found += [client for client in page if client.name == NAME]
        number += 1
        if len(page) < PAGE:
            break
    if len(found) > 1:
        raise NotDoneError(f"{len(found)} applications are called {NAME}. Keep one")
    if found and bool(found[0].client_authentication_methods) != (wish.public_key is not None):
        way = "a secret" if wish.public_key else "a key"
        raise NotDoneError(f"the application {NAME} is there and has {way}. Delete or rename it")
    return found[0] if found else None


def application(wish: Wish) -> dict[str, Any]:
    """Return the request that creates the application."""
    body: dict[str, Any] = {
        "name": NAME,
        "description": "Migrates phone messaging to the Unified Phone Experience",
        "app_type": "non_interactive",
        "grant_types": ["client_credentials"],
    }
    if wish.public_key is None:
        return body
    credential = {"credential_type": "public_key", "name": NAME, "pem": wish.public_key, "alg": "RS256"}
    return body | {
        "client_authentication_methods": {"private_key_jwt": {"credentials": [credential]}},
        "jwt_configuration": {"alg": "RS256"},
    }


def grant(tenant: Tenant, client_id: str, scopes: Sequence[str]) -> None:
    """Give the application exactly these scopes of the Management API."""
    wanted = {"client_id": client_id, "audience": tenant.audience}
    asked = {**wanted, "subject_type": "client"}
    there = tenant.ask(list[Grant], "GET", "/api/v2/client-grants", params=asked)
    if not there:
        tenant.ask(Grant, "POST", "/api/v2/client-grants", json={**wanted, "scope": list(scopes)})
    elif sorted(there[0].scope) != list(scopes):
        tenant.ask(Grant, "PATCH", f"/api/v2/client-grants/{there[0].id}", json={"scope": list(scopes)})


def keep_secret(tenant: Tenant, path: Path, client: Application, *, is_new: bool) -> None:
    """Write the application's secret into the file, in place of a placeholder or of an older application's.

    Raises:
        NotDoneError: Auth0 does not show the secret.
    """
    # The name that `phonefleet init` gives it.
    name = re.sub(r"[^A-Z0-9]+", "_", f"{tenant.domain.removesuffix('.auth0.com')}_CLIENT_SECRET".upper())
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    values = [line.partition("=")[2] for line in lines if line.startswith(f"{name}=")]
    if values and PLACEHOLDER not in values and values[-1] and not is_new:
        return
    if not client.client_secret:
        shown = {"fields": "client_id,client_secret", "include_fields": "true"}
        client = tenant.ask(Application, "GET", f"/api/v2/clients/{client.client_id}", params=shown)
    if not client.client_secret:
        raise NotDoneError("Auth0 does not show the secret. Grant read:client_keys and run again")
    tenant.known.add(client.client_secret)
    line = f"{name}={client.client_secret}"
    placed = [line if old.startswith(f"{name}=") else old for old in lines]
    text = "\n".join(placed if values else [*lines, line]) + "\n"
    replace_file(path, lambda file: file.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
