"""Create phonefleet's application in one tenant or in many, with exactly the scopes that a command needs.

python create_application.py TENANTS.csv [--command migrate] [--public-key KEY.pem | --secrets secrets.env]

TENANTS.csv has the columns domain, admin_client_id and admin_secret: an application of that tenant with the scopes
create:clients, read:clients, create:client_grants, read:client_grants and update:client_grants (with --public-key also
create:credentials; with --secrets also read:client_keys), and the NAME of the environment variable with its secret.
What is there already is kept: an application of the same name gets the scopes that it lacks and loses those that it has
too much. Prints one line `domain,client_id` for each tenant.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from pathlib import Path
from typing import Any

import httpx

from phonefleet.model.api_scopes import required_scopes

NAME = "phonefleet"


def main() -> int:
    """Work on every tenant; return 1 if one of them could not be done."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tenants", type=Path)
    parser.add_argument("--command", default="migrate", help="a command of docs/reference/permissions.md")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--public-key", type=Path, help="PEM; the application authenticates with private_key_jwt"
    )
    how.add_argument(
        "--secrets", type=Path, help="file to append NAME=SECRET to; it becomes readable for you only"
    )
    parser.add_argument("--server", help="a server that answers for all tenants, such as a simulator")
    asked = parser.parse_args()
    scopes = sorted(required_scopes(asked.command))
    key = asked.public_key.read_text() if asked.public_key else None
    failed = 0
    for row in csv.DictReader(asked.tenants.open(encoding="utf-8", newline="")):
        domain = row["domain"]
        try:
            with httpx.Client(base_url=asked.server or f"https://{domain}", headers={"host": domain}) as http:
                authorize(http, domain, row["admin_client_id"], os.environ[row["admin_secret"]])
                client = ensure_application(http, domain, scopes, key)
        except (httpx.HTTPError, KeyError) as error:
            # The text of an HTTP error has the address only; an answer may repeat what was sent.
            sys.stderr.write(f"{domain}: {type(error).__name__}: {error}\n")
            failed += 1
            continue
        if asked.secrets and "client_secret" in client:
            keep_secret(asked.secrets, domain, client["client_secret"])
        sys.stdout.write(f"{domain},{client['client_id']}\n")
    return 1 if failed else 0


def authorize(http: httpx.Client, domain: str, client_id: str, secret: str) -> None:
    """Request a token of the Management API for what follows."""
    asked = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    answer = http.post("/oauth/token", json={**asked, "audience": audience(domain)}).raise_for_status()
    http.headers["authorization"] = f"Bearer {answer.json()['access_token']}"


def audience(domain: str) -> str:
    """Return the identifier of a tenant's Management API."""
    return f"https://{domain}/api/v2/"


def ensure_application(http: httpx.Client, domain: str, scopes: list[str], key: str | None) -> dict[str, Any]:
    """Return the application, created if it is not there, with exactly these scopes of the Management API."""
    kept = {
        "fields": "client_id,name",
        "include_fields": "true",
        "app_type": "non_interactive",
        "per_page": "100",
    }
    there = http.get("/api/v2/clients", params=kept).raise_for_status().json()
    found: dict[str, Any] | None = next((client for client in there if client.get("name") == NAME), None)
    client = found or http.post("/api/v2/clients", json=application(key)).raise_for_status().json()
    grant = {"client_id": client["client_id"], "audience": audience(domain)}
    granted = http.get("/api/v2/client-grants", params=grant).raise_for_status().json()
    if not granted:
        http.post("/api/v2/client-grants", json={**grant, "scope": scopes}).raise_for_status()
    elif sorted(granted[0]["scope"]) != scopes:
        http.patch(f"/api/v2/client-grants/{granted[0]['id']}", json={"scope": scopes}).raise_for_status()
    return client


def application(key: str | None) -> dict[str, Any]:
    """Return the request that creates the application."""
    body: dict[str, Any] = {
        "name": NAME,
        "description": "Migrates phone messaging to the Unified Phone Experience",
        "app_type": "non_interactive",
        "grant_types": ["client_credentials"],
    }
    if key is not None:
        credential = {"credential_type": "public_key", "name": NAME, "pem": key, "alg": "RS256"}
        body["client_authentication_methods"] = {"private_key_jwt": {"credentials": [credential]}}
    return body


def keep_secret(path: Path, domain: str, secret: str) -> None:
    """Append a secret to a file that only its owner can read."""
    name = domain.partition(".")[0].upper().replace("-", "_")
    with open(path, "a", encoding="utf-8", opener=lambda file, flags: os.open(file, flags, 0o600)) as file:
        file.write(f"{name}_CLIENT_SECRET={secret}\n")


if __name__ == "__main__":
    sys.exit(main())
