"""Who writes a tenant's phone settings, as its logs show it, and what the next run of such an owner would undo.

Source: Auth0's schema of the log event `sapi`, recorded entries, and the sources of the clients: the Terraform
provider sends `Terraform-Provider-Auth0/VERSION (…)` as its user agent, the Deploy CLI `deploy-cli/VERSION (…)`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from phonefleet.model.fact import Fact


class OwnerKind(StrEnum):
    """The program, or person, that wrote a setting."""

    TERRAFORM = "terraform"
    DEPLOY_CLI = "deploy_cli"
    DASHBOARD = "dashboard"
    """A person in Auth0's dashboard."""
    PHONEFLEET = "phonefleet"
    OTHER_CLIENT = "other_client"


OWNER_NAMES = {
    OwnerKind.TERRAFORM: "Terraform",
    OwnerKind.DEPLOY_CLI: "Deploy CLI",
    OwnerKind.DASHBOARD: "the dashboard",
    OwnerKind.PHONEFLEET: "phonefleet",
    OwnerKind.OTHER_CLIENT: "another client",
}
"""How messages name each kind."""
INFRASTRUCTURE_AS_CODE = frozenset({OwnerKind.TERRAFORM, OwnerKind.DEPLOY_CLI})
"""Owners that write the same files again and again."""


class PhoneSetting(StrEnum):
    """A part of a tenant that a write to the Management API changes."""

    FLAG = "flag"
    """The tenant settings, with the flag or with a body that the log does not show."""
    TENANT_SETTINGS = "tenant_settings"
    """The tenant settings without the flag."""
    CONNECTION = "connection"
    CONNECTION_CLIENTS = "connection_clients"
    ACTION = "action"
    BINDINGS = "bindings"
    """The Actions bound to a trigger."""
    GUARDIAN = "guardian"
    """Factors, message types, and the legacy phone settings of MFA."""
    PHONE_PROVIDER = "phone_provider"
    PHONE_TEMPLATE = "phone_template"


class OwnerEffect(StrEnum):
    """What an owner's next run may do to a migrated tenant."""

    REVERTS_FLAG = "reverts_flag"
    REPLACES_OPTIONS = "replaces_options"
    """It replaces an SMS connection's options whole, which drops `use_phone_provider`."""
    DELETES_PROVIDER = "deletes_provider"
    DELETES_ACTION = "deletes_action"
    REPLACES_TEMPLATES = "replaces_templates"
    OVERWRITES_CREDENTIALS = "overwrites_credentials"
    IS_REFUSED = "is_refused"
    """Auth0 answers 403 to it: it fails and undoes nothing."""


EFFECT_TEXTS = {
    OwnerEffect.REVERTS_FLAG: "sets the flag back to false",
    OwnerEffect.REPLACES_OPTIONS: "replaces an SMS connection's options, which drops use_phone_provider",
    OwnerEffect.DELETES_PROVIDER: "deletes the provider if it may delete and its files do not list it",
    OwnerEffect.DELETES_ACTION: "deletes the provider's Action if it may delete and its files do not list it",
    OwnerEffect.REPLACES_TEMPLATES: "replaces the texts of the phone templates with those of its files",
    OwnerEffect.OVERWRITES_CREDENTIALS: "overwrites the provider's credentials",
    OwnerEffect.IS_REFUSED: "fails at the legacy endpoints, which answer 403 after the switch",
}


class Writer(Fact):
    """Who sent a write.

    Attributes:
        client_name: empty where neither the log nor the list of clients has it.
        user: e-mail address or id of the person, of a write in the dashboard.
    """

    kind: OwnerKind
    client_id: str = ""
    client_name: str = ""
    user: str = ""

    def __str__(self) -> str:
        """Name the writer: `Deploy CLI (client Deploy, abc)`."""
        client = ", ".join(part for part in (self.client_name, self.client_id) if part)
        who = f"{OWNER_NAMES[self.kind]}{f' (client {client})' if client else ''}"
        return f"{self.user} in {OWNER_NAMES[self.kind]}" if self.user else who


class LoggedWrite(Fact):
    """A write to the Management API that the tenant's logs show. `at` is UTC.

    Attributes:
        setting: what it changes.
        target: id of the object, the trigger of bindings, or the path of a Guardian setting.
        keys: the top-level keys of its body; empty where the log does not show the body.
        flag: the flag in its body; None where the body has none or is not shown.
        version: of the program, from its user agent.
        count: how many such writes of the same writer were read, of which this is the last.
    """

    writer: Writer
    setting: PhoneSetting
    target: str = ""
    method: str
    path: str
    at: datetime
    keys: tuple[str, ...] = ()
    flag: bool | None = None
    user_agent: str = ""
    version: str = ""
    log_id: str = ""
    count: int = 1

    def __str__(self) -> str:
        """Name who wrote, when, and with which request."""
        return f"{self.writer} at {self.at:%Y-%m-%d %H:%M:%S} UTC: {self.method} {self.path}"


class Owner(Fact):
    """A writer of a tenant's phone settings. `last_seen` is UTC.

    Attributes:
        version: of the program, at its last write.
        settings: what it wrote, by name.
        effects: what its next run may do.
        uses: how many of its writes were read.
    """

    writer: Writer
    version: str = ""
    last_seen: datetime
    settings: tuple[PhoneSetting, ...]
    effects: tuple[OwnerEffect, ...] = ()
    uses: int = 0

    @property
    def id(self) -> str:
        """Its id among a tenant's owners: `kind/client_id`."""
        return f"{self.writer.kind}/{self.writer.client_id}"

    @property
    def undoes(self) -> tuple[OwnerEffect, ...]:
        """The effects that undo or break a migration."""
        return tuple(effect for effect in self.effects if effect is not OwnerEffect.IS_REFUSED)
