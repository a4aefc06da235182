"""The fleet: tenants numbered from a seed, made when they are first met, and tenants put there by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from simulator.behavior import SIMPLE, Behavior, behavior_of
from simulator.clock import Clock
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
    """The domain of the fleet's tenant number ``index``, from 0: ``tenant-0001.….auth0.com`` is the first."""
    region = draw(seed, "region", index).choices(REGIONS, weights=_SHARES)[0]
    return f"tenant-{index + 1:04d}.{region}.auth0.com"


@dataclass(frozen=True)
class OperatorInputs:
    """What the operator of a tenant knows and has to supply.

    Attributes:
        client_secret: wrong on tenants of kind ``wrong_credentials``.
        twilio_auth_token: of the account that serves multi-factor or Passwordless messages.
        gateway_secret: with which the tokens for a Passwordless gateway are signed.
        action_secrets: values by name for the Action that will send messages.
        private_key: PEM; of an application that proves itself with signed assertions.
    """

    client_id: str
    client_secret: str = field(repr=False)
    twilio_auth_token: str | None = field(default=None, repr=False)
    gateway_secret: str | None = field(default=None, repr=False)
    action_secrets: dict[str, str] = field(default_factory=dict, repr=False)
    private_key: str | None = field(default=None, repr=False)

    def as_json(self) -> Json:
        """For the control plane's answer; what a tenant has no use for is left out."""
        body: Json = {"client_id": self.client_id, "client_secret": self.client_secret}
        secrets = {
            key: getattr(self, key)
            for key in ("twilio_auth_token", "gateway_secret", "action_secrets", "private_key")
        }
        return body | {key: value for key, value in secrets.items() if value}


def make_tenant(seed: int, domain: str, kind: Kind, started_at: float, behavior: Behavior = SIMPLE) -> Tenant:
    """Makes one tenant; the same arguments make the same one."""
    maker = make_bare(seed, domain, kind, started_at)
    maker.tenant.behavior = behavior
    if kind is not Kind.EMPTY:
        furnish(maker)
        (SHAPES | RARE_SHAPES)[kind](maker)
        give_past(maker, seed)
    return maker.tenant


def operator_inputs(tenant: Tenant) -> OperatorInputs:
    """What an operator would supply for this tenant."""
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
    behavior: Behavior = SIMPLE
    _made: dict[str, Tenant] = field(default_factory=dict, repr=False)
    _by_hand: dict[str, Tenant] = field(default_factory=dict, repr=False)

    def find(self, domain: str) -> Tenant | None:
        """The tenant of this domain, made now if it is the first time it is met."""
        custom = (t for t in self._by_hand.values() if domain in t.hidden.custom_domains)
        known = self._by_hand.get(domain) or self._made.get(domain) or next(custom, None)
        return known if known is not None else self._make(domain)

    def get(self, domain: str) -> Tenant:
        """As ``find``.

        Raises:
            UnknownTenantError: the fleet has no such tenant.
        """
        tenant = self.find(domain.lower())
        if tenant is None:
            raise UnknownTenantError(
                f"{domain}: not a tenant of this fleet of {self.size}; PUT it to make it one"
            )
        return tenant

    def by_account(self, sid: str) -> Tenant | None:
        """The tenant, of those that were met, whose Twilio account this is."""
        met = (*self._by_hand.values(), *self._made.values())
        return next((tenant for tenant in met if sid in tenant.hidden.twilio_accounts), None)

    def _make(self, domain: str) -> Tenant | None:
        match = _NUMBERED.fullmatch(domain)
        index = int(match[1]) - 1 if match else -1
        if not 0 <= index < self.size or domain_of(self.seed, index) != domain:
            return None
        kind = kind_of(self.seed, index)
        self._made[domain] = make_tenant(self.seed, domain, kind, self.clock.started_at, self.behavior)
        return self._made[domain]

    def put(self, domain: str, kind: Kind, overrides: Json) -> Tenant:
        """Makes or replaces a tenant by hand; its tier is enterprise production unless the overrides say other."""
        domain = domain.lower()
        behavior = behavior_of(overrides.get("behavior", {}), self.behavior)
        tenant = make_tenant(self.seed, domain, kind, self.clock.started_at, behavior)
        apply_overrides(tenant, {"tier": Tier.ENTERPRISE_PRODUCTION} | overrides)
        self._by_hand[domain] = tenant
        return tenant

    def behave(self, behavior: Behavior) -> None:
        """Changes how every tenant behaves from now on; what is past stays as it was."""
        self.behavior = behavior
        for tenant in (*self._made.values(), *self._by_hand.values()):
            tenant.behavior = behavior

    def kinds(self) -> Iterator[tuple[str, Kind]]:
        """Every domain and its kind, without making any tenant."""
        for index in range(self.size):
            domain = domain_of(self.seed, index)
            if domain not in self._by_hand:
                yield domain, kind_of(self.seed, index)
        yield from ((domain, tenant.kind) for domain, tenant in self._by_hand.items())
