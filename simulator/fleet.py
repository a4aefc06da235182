"""The fleet: seeded tenants, made on their first request, and tenants added by the control plane."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from simulator.clock import Clock
from simulator.described import Description, make_described
from simulator.errors import UnknownTenantError
from simulator.ids import draw
from simulator.kinds import Kind, kind_of
from simulator.overrides import apply_overrides
from simulator.ratelimit import Tier
from simulator.seed_kinds import SHAPES
from simulator.seed_logs import give_past
from simulator.seed_rare import RARE_SHAPES
from simulator.seeds import furnish, make_bare
from simulator.state import Json, Tenant

REGIONS = ("eu", "us", "au", "jp")
_SHARES = (50, 35, 10, 5)
_NUMBERED = re.compile(r"tenant-(\d{4,})\.(?:eu|us|au|jp)\.auth0\.com")


@lru_cache(maxsize=65_536)
def domain_of(seed: int, index: int) -> str:
    """Return the domain of tenant ``index``, from 0: ``tenant-0001.….auth0.com`` is the first."""
    region = draw(seed, "region", index).choices(REGIONS, weights=_SHARES)[0]
    return f"tenant-{index + 1:04d}.{region}.auth0.com"


@dataclass(frozen=True)
class OperatorInputs:
    """What the operator of a tenant knows and has to supply.

    Attributes:
        client_secret: wrong on tenants of kind ``wrong_credentials``.
        twilio_auth_token: of the account that serves multi-factor or Passwordless messages.
        gateway_secret: signs the tokens for a Passwordless gateway.
        action_secrets: values by name for the Action that will send messages.
        private_key: PEM; of an application that uses signed assertions.
    """

    client_id: str
    client_secret: str = field(repr=False)
    twilio_auth_token: str | None = field(default=None, repr=False)
    gateway_secret: str | None = field(default=None, repr=False)
    action_secrets: dict[str, str] = field(default_factory=dict, repr=False)
    private_key: str | None = field(default=None, repr=False)

    def as_json(self) -> Json:
        """Return the answer of the control plane, without empty values."""
        body: Json = {"client_id": self.client_id, "client_secret": self.client_secret}
        secrets = {
            key: getattr(self, key)
            for key in ("twilio_auth_token", "gateway_secret", "action_secrets", "private_key")
        }
        return body | {key: value for key, value in secrets.items() if value}


def make_tenant(seed: int, domain: str, kind: Kind, started_at: float) -> Tenant:
    """Make one tenant; the same arguments make the same one."""
    builder = make_bare(seed, domain, kind, started_at)
    if kind is not Kind.EMPTY:
        furnish(builder)
        (SHAPES | RARE_SHAPES)[kind](builder)
        give_past(builder, seed)
    return builder.tenant


def operator_inputs(tenant: Tenant) -> OperatorInputs:
    """Return what the operator of this tenant knows."""
    accounts = list(tenant.hidden.twilio_accounts.values())
    secrets = dict(tenant.hidden.action_secrets)
    if tenant.kind is Kind.MERGED:
        secrets |= {"TWILIO_AUTH_TOKEN": accounts[0].token}
        if len(accounts) > 1:
            secrets["PASSWORDLESS_TWILIO_AUTH_TOKEN"] = accounts[1].token
    secret = tenant.clients[tenant.management_client_id].get("client_secret", "")
    return OperatorInputs(
        client_id=tenant.management_client_id,
        client_secret=secret[::-1] if tenant.kind is Kind.WRONG_CREDENTIALS else secret,
        twilio_auth_token=accounts[0].token if accounts else None,
        gateway_secret=tenant.hidden.gateway_secret,
        action_secrets=secrets,
        private_key=tenant.hidden.private_key,
    )


@dataclass(slots=True)
class Fleet:
    """All tenants the simulator answers for."""

    size: int
    seed: int
    clock: Clock
    _made: dict[str, Tenant] = field(default_factory=dict, repr=False)
    _added: dict[str, Tenant] = field(default_factory=dict, repr=False)

    def find(self, domain: str) -> Tenant | None:
        """Return the tenant of this domain; make it on its first request."""
        custom = (t for t in self._added.values() if domain in t.hidden.custom_domains)
        known = self._added.get(domain) or self._made.get(domain) or next(custom, None)
        return known if known is not None else self._make(domain)

    def get(self, domain: str) -> Tenant:
        """Return the tenant of this domain, as ``find`` does.

        Raises:
            UnknownTenantError: the fleet has no such tenant.
        """
        tenant = self.find(domain.lower())
        if tenant is None:
            raise UnknownTenantError(
                f"{domain}: not a tenant of this fleet of {self.size}; PUT it to make it one"
            )
        return tenant

    def with_account(self, sid: str) -> list[Tenant]:
        """Return the tenants with this Twilio account, of those that exist so far."""
        return [tenant for tenant in self.made() if sid in tenant.hidden.twilio_accounts]

    def _make(self, domain: str) -> Tenant | None:
        match = _NUMBERED.fullmatch(domain)
        index = int(match[1]) - 1 if match else -1
        if not 0 <= index < self.size or domain_of(self.seed, index) != domain:
            return None
        kind = kind_of(self.seed, index)
        self._made[domain] = make_tenant(self.seed, domain, kind, self.clock.started_at)
        return self._made[domain]

    def put(self, domain: str, kind: Kind, overrides: Json) -> Tenant:
        """Make or replace a tenant; its tier is enterprise production unless overridden."""
        domain = domain.lower()
        tenant = make_tenant(self.seed, domain, kind, self.clock.started_at)
        apply_overrides(tenant, {"tier": Tier.ENTERPRISE_PRODUCTION} | overrides)
        self._added[domain] = tenant
        return tenant

    def made(self) -> list[Tenant]:
        """Return the tenants that exist so far."""
        return [*self._added.values(), *self._made.values()]

    def describe(self, domain: str, description: Description) -> Tenant:
        """Make or replace a tenant by a description."""
        tenant = make_described(self.seed, domain.lower(), description, self.clock.now())
        self._added[tenant.domain] = tenant
        return tenant

    def kinds(self) -> Iterator[tuple[str, Kind]]:
        """Return every domain and its kind, without making any tenant."""
        for index in range(self.size):
            domain = domain_of(self.seed, index)
            if domain not in self._added:
                yield domain, kind_of(self.seed, index)
        yield from ((domain, tenant.kind) for domain, tenant in self._added.items())
