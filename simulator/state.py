"""The state of one simulated tenant: what Auth0 stores, and what the API does not show."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from simulator.kinds import Kind, LegacyAccess
from simulator.logbook import LogBook
from simulator.ratelimit import Limiter, Tier

Json = dict[str, Any]

FACTORS = (
    "sms",
    "push-notification",
    "otp",
    "email",
    "duo",
    "webauthn-roaming",
    "webauthn-platform",
    "recovery-code",
)


_REMEMBER: Json = {
    "display_remember_me_checkbox": True,
    "remember_me_default_value": False,
    "mfa_session_inactivity_timeout": 604_800,
    "mfa_session_overall_timeout": 2_592_000,
}
"""How long a browser is remembered by default: 7 days idle, 30 in all (Auth0 documentation, "Customize MFA")."""


@dataclass(slots=True)
class Guardian:
    """Multi-factor settings; ``twilio`` and ``templates`` are None before the first write."""

    factors: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(FACTORS, False))
    message_types: list[str] = field(default_factory=list)
    selected_provider: str = "auth0"
    twilio: Json | None = field(default=None, repr=False)
    templates: Json | None = None
    policies: list[str] = field(default_factory=list)
    phone_settings: Json = field(default_factory=lambda: {"otp_length": 6, "otp_expiration_time": 300})
    settings: Json = field(default_factory=lambda: dict(_REMEMBER))


@dataclass(slots=True)
class TwilioAccount:
    """An account as Twilio knows it; credentials and senders are compared with it."""

    sid: str
    token: str = field(repr=False)
    numbers: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Hidden:
    """What decides a tenant's behavior and the Management API does not show.

    Attributes:
        outside_accepts: services outside (Twilio, gateways) take every credential and sender for right.
        outside_fails: why they refuse every message now; empty when they do not.
    """

    has_toggle: bool = True
    upe_without_toggle: bool = False
    legacy_access: LegacyAccess = LegacyAccess.OPEN
    legacy_access_ends_on_switch: bool = False
    options_need_scopes: bool = True
    twilio_accounts: dict[str, TwilioAccount] = field(default_factory=dict)
    gateway_secret: str | None = field(default=None, repr=False)
    action_secrets: dict[str, str] = field(default_factory=dict, repr=False)
    evaluation_messages_left: int = 100
    gateway_seconds: float = 0.1
    custom_domains: list[str] = field(default_factory=list)
    not_offered: dict[str, str] = field(default_factory=dict)
    triggers_missing: list[str] = field(default_factory=list)
    public_keys: list[str] = field(default_factory=list)
    private_key: str | None = field(default=None, repr=False)
    twilio_outcomes: dict[str, Json] = field(default_factory=dict)
    twilio_call_outcomes: dict[str, Json] = field(default_factory=dict)
    outside_accepts: bool = False
    outside_fails: str = ""


@dataclass(slots=True)
class Secret:
    """An Action's secret; the API shows its name and time only."""

    value: str = field(repr=False)
    updated_at: str


@dataclass(slots=True)
class Version:
    """One numbered version of an Action; its deployment ends at a time (epoch seconds)."""

    id: str
    number: int
    code: str
    dependencies: list[Json]
    runtime: str
    secrets: dict[str, Secret]
    supported_triggers: list[Json]
    created_at: str
    updated_at: str
    deployed: bool = False
    failed: bool = False
    deploying: bool = False
    deployed_at: float = 0.0
    modules: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class Action:
    """An Action: its draft, the draft's build, and its deployed versions."""

    id: str
    name: str
    code: str
    supported_triggers: list[Json]
    dependencies: list[Json]
    runtime: str
    secrets: dict[str, Secret]
    created_at: str
    updated_at: str
    status: str = "pending"
    built_at: float = 0.0
    build_fails: bool = False
    errors: list[Json] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    changed_since_deploy: bool = True
    modules: list[Json] = field(default_factory=list)

    def serves(self, trigger: str) -> bool:
        """Whether the Action supports this trigger."""
        return any(item["id"] == trigger for item in self.supported_triggers)

    def deployed(self) -> Version | None:
        """Return the version that runs now, if any."""
        return next((v for v in reversed(self.versions) if v.deployed), None)


@dataclass(slots=True)
class Binding:
    """An Action bound to a trigger under a display name."""

    id: str
    trigger_id: str
    action_id: str
    display_name: str
    created_at: str
    updated_at: str


@dataclass(slots=True)
class Seen:
    """One request that reached the tenant, as the control plane's request log shows it."""

    seq: int
    at: str
    method: str
    path: str
    query: str
    status: int | None
    write: bool
    client_id: str | None
    applied: bool
    body: Any


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages that users request while time passes.

    Attributes:
        use: ``mfa`` or ``passwordless``.
        method: ``text`` or ``voice``.
        connection: of ``passwordless``.
        per_day: how many, on average.
    """

    use: str
    method: str = "text"
    connection: str = "sms"
    per_day: float = 0.0


@dataclass(slots=True)
class Token:
    """An access token given out: whose it is, what it may do, until when (epoch seconds)."""

    client_id: str
    scopes: frozenset[str]
    expires_at: float


@dataclass(slots=True, repr=False)
class Tenant:
    """A tenant's state; its mappings hold JSON as Auth0 stores it, by id."""

    domain: str
    kind: Kind
    tier: Tier
    rng: Random
    management_client_id: str
    settings: Json
    logs: LogBook
    limiter: Limiter
    guardian: Guardian = field(default_factory=Guardian)
    hidden: Hidden = field(default_factory=Hidden)
    clients: dict[str, Json] = field(default_factory=dict)
    grants: dict[str, Json] = field(default_factory=dict)
    connections: dict[str, Json] = field(default_factory=dict)
    deleted_connections: dict[str, str] = field(default_factory=dict)
    providers: dict[str, Json] = field(default_factory=dict)
    templates: dict[str, Json] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    modules: dict[str, Json] = field(default_factory=dict)
    documents: dict[str, Json] = field(default_factory=dict)
    collections: dict[str, dict[str, Json]] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    tokens_given: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    assertions_used: set[str] = field(default_factory=set)
    twilio_messages: list[Json] = field(default_factory=list)
    traffic: list[Traffic] = field(default_factory=list)
    requests: list[Seen] = field(default_factory=list)

    def __repr__(self) -> str:
        """Return a short form without the tenant's credentials."""
        return f"Tenant({self.domain}, {self.kind})"

    @property
    def audience(self) -> str:
        """The Management API's identifier on this tenant."""
        return f"https://{self.domain}/api/v2/"

    @property
    def flag(self) -> bool:
        """Whether the tenant-level provider serves MFA, by the setting or, without it, the hidden fact."""
        if not self.hidden.has_toggle:
            return self.hidden.upe_without_toggle
        return bool(self.settings.get("phone_consolidated_experience", False))

    @property
    def legacy_open(self) -> bool:
        """Whether the legacy Guardian phone endpoints answer."""
        return not self.flag and self.hidden.legacy_access is LegacyAccess.OPEN

    def provider(self) -> Json | None:
        """Return the one tenant-level phone provider, if any."""
        return next(iter(self.providers.values()), None)

    def custom_phone_action(self) -> Action | None:
        """Return the one Action on trigger custom-phone-provider, if any."""
        return next((a for a in self.actions.values() if a.serves("custom-phone-provider")), None)
