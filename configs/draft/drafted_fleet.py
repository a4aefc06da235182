"""Complete found tenants to the tenants of a fleet file: references to secrets, regions, waves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from configs.checks import check_domains, traits_of
from configs.draft.found_tenant import FoundTenant
from configs.fleet import TenantRef
from configs.problems import ConfigError, Origin, Problem
from configs.tree import Node, Table, Text
from configs.validate import validated

_AUTH0_DOMAIN: Final = re.compile(r"[^.]+(?:\.(?P<region>[a-z]{2}))?\.auth0\.com")
"""TENANT.REGION.auth0.com, or TENANT.auth0.com for tenants in the US from before regions were named (Auth0's
"Create Tenants")."""
_NOT_PRODUCTION: Final = re.compile(
    r"(?:^|[^a-z])(dev|development|test|testing|qa|stage|staging|sandbox)(?:[^a-z]|$)"
)
_RINGS_FROM: Final = 3
"""Smaller fleets have one wave: each ring needs a tenant."""
EARLY_SHARE: Final = 0.2
RINGS: Final = ("canary", "early", "rest")
_FIRST_KEYS: Final = (
    "domain",
    "client_id",
    "token_endpoint_auth_method",
    "client_secret",
    "private_key",
    "signing_algorithm",
)
SHARED_TOKEN: Final = "TWILIO_AUTH_TOKEN"  # noqa: S105 - a name, no value


@dataclass(frozen=True, slots=True)
class Choices:
    """What an operator chose for the whole fleet.

    Attributes:
        name: The fleet's name.
        client_id: For tenants whose source names none.
        by_key: Whether applications sign with a private key instead of sending a secret, where the source does not say.
        test_number: A phone in E.164 form that gets the test messages; empty for none.
        shared_twilio: Whether all tenants send through one Twilio account.
        connect_to: A server that answers for every tenant, such as a simulator; empty for the tenants themselves.
    """

    name: str
    client_id: str = ""
    by_key: bool = False
    test_number: str = ""
    shared_twilio: bool = False
    connect_to: str = ""


@dataclass(frozen=True, slots=True)
class NeededSecret:
    """A name in the secrets file.

    Attributes:
        name: The name.
        meaning: What its value is.
        now_at: Where the value is kept now; empty if no source says.
    """

    name: str
    meaning: str
    now_at: str = ""


@dataclass(frozen=True, slots=True)
class DraftedTenant:
    """A tenant as it will be written."""

    table: Table
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DraftedFleet:
    """A fleet as it will be written."""

    choices: Choices
    tenants: tuple[DraftedTenant, ...]
    secrets: tuple[NeededSecret, ...]
    rings: tuple[str, ...]


def draft_fleet(found: Sequence[FoundTenant], choices: Choices, problems: list[Problem]) -> DraftedFleet:
    """Complete the tenants and check each.

    Raises:
        ConfigError: There are problems, those of reading the sources included; it has all of them.
    """
    rings = _rings(found)
    names = _Names()
    secrets: list[NeededSecret] = []
    if choices.shared_twilio:
        secrets.append(NeededSecret(names.take(SHARED_TOKEN), "the AuthToken of the Twilio account"))
    tenants: list[DraftedTenant] = []
    for tenant, ring in zip(found, rings, strict=True):
        table = _completed(tenant, choices, ring)
        secrets += _referenced(tenant, table, choices, names)
        if "client_id" not in table:
            fact, advice = "has no client_id", "Add it there, or give --client-id"
            problems.append(
                Problem.at(tenant.table.origin, f"{tenant.domain} {fact}", advice, key="client_id")
            )
        else:
            validated(TenantRef, table, {}, problems)
        tenants.append(DraftedTenant(_ordered(table), (f"from {tenant.table.origin.place}", *tenant.remarks)))
    check_domains([traits_of(tenant.table) for tenant in tenants], problems)
    if problems:
        raise ConfigError(problems)
    present = tuple(ring for ring in RINGS if ring in rings)
    return DraftedFleet(choices, tuple(tenants), tuple(secrets), present)


class _Names:
    """Names for the secrets file, each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        plain = re.sub(r"[^A-Z0-9]+", "_", wanted.upper()).strip("_")
        plain = f"T_{plain}" if plain[:1].isdigit() else plain
        name, number = plain, 2
        while name in self._taken:
            name, number = f"{plain}_{number}", number + 1
        self._taken.add(name)
        return name


def is_not_production(domain: str) -> bool:
    """Return whether the tenant's name says that it is for development or tests."""
    return _NOT_PRODUCTION.search(domain.partition(".")[0]) is not None


def _rings(found: Sequence[FoundTenant]) -> list[str]:
    """Return a ring for each tenant: one canary, then a fifth of the others, those without production first."""
    if len(found) < _RINGS_FROM:
        return [""] * len(found)
    order = sorted(range(len(found)), key=lambda index: not is_not_production(found[index].domain))
    early = max(1, int((len(found) - 1) * EARLY_SHARE))
    rings = ["rest"] * len(found)
    rings[order[0]] = "canary"
    for index in order[1 : 1 + early]:
        rings[index] = "early"
    return rings


def _completed(tenant: FoundTenant, choices: Choices, ring: str) -> Table:
    """Return the tenant's keys with what its domain and the operator's choices say."""
    origin = tenant.table.origin
    table = Table(origin)
    table.update(tenant.table)
    if choices.client_id:
        _put(table, choices.client_id, "client_id")
    if choices.by_key and not {"token_endpoint_auth_method", "client_secret"} & set(table):
        _put(table, "private_key_jwt", "token_endpoint_auth_method")
    known = _AUTH0_DOMAIN.fullmatch(tenant.domain)
    if known and "region" not in table:
        _put(table, known["region"] or "us", "region")
    if "environment" not in table and is_not_production(tenant.domain):
        _put(table, "development", "environment")
    if ring:
        labels = table.get("labels")
        if not isinstance(labels, Table) or "ring" not in labels:
            _put(table, ring, "labels", "ring")
    return table


def _referenced(tenant: FoundTenant, table: Table, choices: Choices, names: _Names) -> Iterator[NeededSecret]:
    """Put references into the table, and yield the names that they need."""
    stem = tenant.domain.removesuffix(".auth0.com")
    by_key = table.get("token_endpoint_auth_method") == "private_key_jwt"
    key, meaning = ("private_key", "private key") if by_key else ("client_secret", "client secret")
    if key not in table:
        name = names.take(f"{stem}_{key}")
        _put(table, f"env:{name}", key)
        yield NeededSecret(name, f"{meaning} of the application in {tenant.domain}", tenant.credential_at)
    if tenant.sends_by_twilio and not choices.shared_twilio:
        name = names.take(f"{stem}_twilio_auth_token")
        _put(table, f"env:{name}", "target", "twilio", "auth_token")
        yield NeededSecret(name, f"AuthToken of the Twilio account of {tenant.domain}, from Twilio's console")
    if tenant.signs_for_gateway:
        name = names.take(f"{stem}_gateway_secret")
        _put(table, f"env:{name}", "target", "gateway_secret")
        yield NeededSecret(name, f"secret that signs requests to the SMS gateway of {tenant.domain}")
    for secret in tenant.action_secrets:
        name = names.take(f"{stem}_action_{secret}")
        _put(table, f"env:{name}", "target", "action_secrets", secret)
        yield NeededSecret(name, f"secret {secret} of the send-phone-message Action of {tenant.domain}")


def _ordered(table: Table) -> Table:
    """Return the tenant with its credentials directly after its domain."""
    ordered = Table(table.origin)
    first = [key for key in _FIRST_KEYS if key in table]
    ordered.update((key, table[key]) for key in (*first, *table))
    return ordered


def _put(table: Table, value: str, *path: str) -> None:
    """Put a text at a path of keys, where none is."""
    origin: Origin = table.origin
    for key in path[:-1]:
        origin = Origin(origin.file, origin.line, origin, key)
        below: Node | None = table.get(key)
        if not isinstance(below, Table):
            below = table[key] = Table(origin)
        table = below
    table.setdefault(path[-1], Text(value, Origin(origin.file, origin.line, origin, path[-1])))
