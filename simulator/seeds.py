"""Make tenants from a seed: what every tenant has, independent of its kind.

Random values depend only on the seed and the tenant's domain, so a seed always makes the same tenant;
times count back from the start of the simulator's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from simulator.actions import Recipe
from simulator.builds import make_version
from simulator.clock import nanos
from simulator.ids import Ids, draw
from simulator.kinds import Kind
from simulator.logbook import LogBook
from simulator.ratelimit import Limiter, Tier
from simulator.scopes import GUARDIAN, LABORATORY, MIGRATION, PHONE_PROVIDERS, PHONE_TEMPLATES
from simulator.state import Action, Binding, Json, Secret, Tenant, TwilioAccount

DAY = 86_400.0
_TIERS = {
    Tier.ENTERPRISE_PRODUCTION: 75,
    Tier.ENTERPRISE_NONPRODUCTION: 12,
    Tier.PROFESSIONAL: 9,
    Tier.FREE: 4,
}
"""Rate-limit classes with their shares in percent."""
_COMPANIES = (
    "Aster",
    "Birchwood",
    "Cobalt",
    "Dunmore",
    "Everline",
    "Fenwick",
    "Gable",
    "Harbor",
    "Ivory",
    "Juniper",
)
_TRADES = (
    "Bank",
    "Insurance",
    "Retail",
    "Health",
    "Travel",
    "Energy",
    "Media",
    "Logistics",
    "Foods",
    "Games",
)


@dataclass(slots=True)
class TenantBuilder:
    """Builds one tenant; ``ids`` draws everything random in it."""

    tenant: Tenant
    ids: Ids
    started_at: float

    @property
    def rng(self) -> Random:
        """The tenant's random source."""
        return self.ids.rng

    def ago(self, days: float) -> float:
        """Return epoch seconds of a moment in the past."""
        return self.started_at - days * DAY

    def client(self, name: str, app_type: str, scopes: tuple[str, ...] = ()) -> str:
        """Add an application and, with scopes, its grant; return its client id."""
        identity = self.ids.client_id()
        machine = app_type == "non_interactive"
        self.tenant.clients[identity] = {
            "client_id": identity,
            "client_secret": self.ids.client_secret(),
            "tenant": self.tenant.domain.split(".")[0],
            "name": name,
            "app_type": app_type,
            "global": False,
            "is_first_party": True,
            "oidc_conformant": True,
            "grant_types": ["client_credentials"] if machine else ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "none" if app_type == "spa" else "client_secret_post",
            "client_metadata": {},
        }
        if scopes:
            self.grant(identity, scopes)
        return identity

    def grant(self, client_id: str, scopes: tuple[str, ...]) -> None:
        """Grant scopes of the Management API."""
        identity = self.ids.prefixed("cgr", 16)
        head = {"id": identity, "client_id": client_id, "audience": self.tenant.audience}
        self.tenant.grants[identity] = head | {"scope": list(scopes), "subject_type": "client"}

    def connection(self, name: str, strategy: str, options: Json, clients: list[str]) -> Json:
        """Add a connection."""
        identity = self.ids.prefixed("con", 16)
        head: Json = {"id": identity, "options": options, "strategy": strategy, "name": name}
        head |= {"is_domain_connection": False, "enabled_clients": clients, "realms": [name]}
        self.tenant.connections[identity] = head
        return head

    def account(self) -> TwilioAccount:
        """Add an existing Twilio account with its numbers, services and right token."""
        account = TwilioAccount(
            sid=self.ids.twilio("AC"),
            token=self.ids.twilio_token(),
            numbers=[self.ids.number()],
            services=[self.ids.twilio("MG")],
        )
        self.tenant.hidden.twilio_accounts[account.sid] = account
        return account

    def action(self, recipe: Recipe, days_ago: float = 200) -> Action:
        """Add a deployed Action with right secrets, bound to its triggers unless for a provider."""
        now = nanos(self.ago(days_ago))
        secrets = {name: Secret(self._secret_value(name), now) for name in recipe.secrets}
        action = Action(
            id=self.ids.uuid(),
            name=recipe.name,
            code=recipe.code,
            supported_triggers=[{"id": trigger, "version": version} for trigger, version in recipe.triggers],
            dependencies=[{"name": name, "version": version} for name, version in recipe.dependencies],
            runtime="node22",
            secrets=secrets,
            created_at=now,
            updated_at=now,
            status="built",
        )
        make_version(action, self.ids, self.ago(days_ago)).deployed = True
        self.tenant.actions[action.id] = action
        self.tenant.hidden.action_secrets |= {name: secret.value for name, secret in secrets.items()}
        for trigger, _ in recipe.triggers:
            if trigger != "custom-phone-provider":
                self.bind(trigger, action, now)
        return action

    def bind(self, trigger: str, action: Action, now: str) -> None:
        """Bind an Action to a trigger, after those that are bound already."""
        binding = Binding(self.ids.uuid(), trigger, action.id, action.name, now, now)
        self.tenant.bindings.setdefault(trigger, []).append(binding)

    def _secret_value(self, name: str) -> str:
        """Return a value that fits the name of the secret."""
        if name.endswith(("_URL", "_ENDPOINT")):
            return f"https://sms.{self.tenant.domain.split('.')[0]}.example.com"
        if name == "TWILIO_ACCOUNT_SID":
            return self.ids.twilio("AC")
        if name.endswith("_FROM"):
            return self.ids.number()
        return "eu-west-1" if name == "AWS_REGION" else self.ids.text(40)

    def provider(self, name: str, configuration: Json, credentials: Json, *, disabled: bool = False) -> Json:
        """Add the tenant-level provider."""
        identity = self.ids.prefixed("pro", 22)
        made = nanos(self.ago(30))[:23] + "Z"
        head: Json = {"id": identity, "tenant": self.tenant.domain, "name": name, "channel": "phone"}
        head |= {"disabled": disabled, "configuration": configuration, "credentials": credentials}
        self.tenant.providers[identity] = head | {"created_at": made, "updated_at": made}
        return self.tenant.providers[identity]


def make_bare(seed: int, domain: str, kind: Kind, started_at: float) -> TenantBuilder:
    """Make a tenant with its settings, its management application and its database connection."""
    rng = draw(seed, domain)
    ids = Ids(rng)
    tier = rng.choices(list(_TIERS), weights=list(_TIERS.values()))[0]
    tenant = Tenant(domain, kind, tier, rng, "", _settings(rng), LogBook(), Limiter(tier))
    builder = TenantBuilder(tenant, ids, started_at)
    scopes = LABORATORY if kind is Kind.EMPTY else MIGRATION
    tenant.management_client_id = builder.client("Phone migration", "non_interactive", scopes)
    options: Json = {"disable_signup": False, "brute_force_protection": True, "passwordPolicy": "good"}
    builder.connection("Username-Password-Authentication", "auth0", options, [tenant.management_client_id])
    return builder


def furnish(builder: TenantBuilder) -> None:
    """Add what a tenant in use has: applications, grants, policies."""
    rng, tenant = builder.rng, builder.tenant
    web = builder.client("Customer Portal", "regular_web")
    mobile = builder.client("Mobile App", rng.choice(("native", "spa")))
    database = next(iter(tenant.connections.values()))
    database["enabled_clients"] += [web, mobile]
    infrastructure = (
        "read:clients",
        "update:clients",
        "read:connections",
        "update:connections",
        "read:actions",
    )
    extra = rng.choice(((), PHONE_PROVIDERS, PHONE_PROVIDERS + PHONE_TEMPLATES))
    builder.client("Terraform", "non_interactive", infrastructure + GUARDIAN + extra)
    builder.client("Log Exporter", "non_interactive", ("read:logs", "read:logs_users"))
    if rng.random() < 0.3:
        builder.client("Deploy CLI", "non_interactive", (*infrastructure, *GUARDIAN, "read:tenant_settings"))
    tenant.guardian.factors |= {"otp": rng.random() < 0.6, "recovery-code": rng.random() < 0.5}


def named(tenant: Tenant, name: str) -> str | None:
    """Return the client id of the application of this name."""
    return next((identity for identity, client in tenant.clients.items() if client["name"] == name), None)


def _settings(rng: Random) -> Json:
    company = f"{rng.choice(_COMPANIES)} {rng.choice(_TRADES)}"
    home = f"{company.lower().replace(' ', '-')}.example.com"
    return {
        "allowed_logout_urls": [f"https://{home}/logout"],
        "acr_values_supported": [],
        "default_redirection_uri": f"https://{home}/login",
        "enabled_locales": rng.choice((["en"], ["en", "es"], ["fr", "en"], ["de", "en"])),
        "flags": {
            "allow_changing_enable_sso": False,
            "disable_impersonation": True,
            "enable_sso": True,
            "universal_login": True,
            "revoke_refresh_token_grant": False,
            "mfa_show_factor_list_on_enrollment": False,
            "disable_clickjack_protection_headers": False,
        },
        "friendly_name": company,
        "guardian_mfa_page": {"enabled": False},
        "idle_session_lifetime": 72,
        "sandbox_version": "22",
        "session_lifetime": 168,
        "support_email": f"support@{home}",
        "support_url": f"https://{home}/support",
        "sessions": {"oidc_logout_prompt_enabled": False},
        "oidc_logout": {"rp_logout_end_session_endpoint_discovery": True},
        "customize_mfa_in_postlogin_action": False,
        "pushed_authorization_requests_supported": False,
        "mtls": {"enable_endpoint_aliases": False},
        "universal_login": {"passwordless": {"allow_magiclink_verify_without_session": True}},
        "session_cookie": {"mode": "non-persistent"},
        "phone_consolidated_experience": False,
        "sandbox_versions_available": ["22", "18"],
    }
