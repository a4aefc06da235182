"""What Auth0 says about a tenant at one moment, without its secrets.

`Snapshot` is made by `phonefleet.auth0.tenant_reader.read_tenant`; everything after it is pure. Of a secret that
Auth0 returns in a read (a Twilio token, a gateway's key) a snapshot holds only that it is set. A key pasted into an
Action's code or a gateway's URL is masked there; the original text stays in memory for the verification, and no
dump of a snapshot holds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from operator import not_
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from configs import MessageType
from phonefleet.model.fact import ActionState, Fact, Fingerprint, OriginalText
from phonefleet.model.ownership import LoggedWrite
from phonefleet.model.snapshot_parts import EVERY_PART, SnapshotPart


class EndpointRefusal(Fact):
    """A 4xx answer of an endpoint, kept as evidence."""

    endpoint: str
    status: int
    error_code: str = ""
    message: str = ""


class TwilioSettings(Fact):
    """A legacy Twilio configuration, of Guardian or of an SMS connection."""

    sid: str = ""
    default_from: str = ""
    mssid: str = ""
    has_token: bool = False

    @property
    def configured(self) -> bool:
        """True when messages can be sent with it: account, token and a sender are set."""
        return bool(self.sid and self.has_token and (self.default_from or self.mssid))


class Gateway(Fact):
    """A custom SMS gateway of a Passwordless connection."""

    url: str
    """Without user, password and keys."""
    fingerprint: Fingerprint = ""
    original: OriginalText = None
    forward_req_info: bool = False
    auth_method: str = ""
    """`bearer` when requests carry a signed JWT, else empty."""
    subject: str = ""
    audience: str = ""
    secret_base64_encoded: bool = False
    has_secret: bool = False

    @property
    def address(self) -> str:
        """The URL as Auth0 calls it: never store or show it."""
        return self.original.get_secret_value() if self.original else self.url


class SmsConnection(Fact):
    """A connection with strategy `sms`."""

    id: str
    name: str
    enabled_clients: tuple[str, ...] = ()
    twilio: TwilioSettings | None = None
    gateway: Gateway | None = None
    use_phone_provider: JsonValue = None
    """The connection's own switch as Auth0 shows it, also where the value is none that is known; None where it has
    none."""
    options_hidden: Annotated[bool, Field(exclude_if=not_)] = False
    """Auth0 left the options out, because the scope to read them is not granted: every other field is unknown then,
    not empty. Not dumped where they are shown."""
    template: str = ""
    syntax: str = ""
    sender: str = ""

    @property
    def configured(self) -> bool:
        """True when a gateway or a complete Twilio account is set."""
        return self.gateway is not None or (self.twilio is not None and self.twilio.configured)


class PhoneIdentifier(Fact):
    """A database connection on which a phone number identifies users: it always uses the tenant-level provider."""

    id: str
    name: str
    enabled_clients: tuple[str, ...] = ()


class PhoneProvider(Fact):
    """A tenant-level provider under `branding/phone/providers`."""

    id: str
    name: Literal["twilio", "custom"]
    disabled: bool = False
    delivery_methods: tuple[str, ...] = ()
    sid: str = ""
    default_from: str = ""
    mssid: str = ""
    updated_at: Annotated[datetime | None, Field(exclude_if=lambda at: at is None)] = None
    """When Auth0 last wrote it: it moves also where only the credentials are written, which no read shows."""


class PhoneTemplate(Fact):
    """A tenant-level notification template. `id` is empty for Auth0's own default, which cannot be changed."""

    id: str = ""
    type: str
    disabled: bool = False
    text: str = ""
    voice: str = ""
    sender: str = ""
    syntax: str = "liquid"


class ClientAccess(Fact):
    """A client that may call phone endpoints of the Management API."""

    client_id: str
    client_name: str = ""
    scopes: tuple[str, ...]
    """Only the scopes that reach phone endpoints: `*:phone_providers`, `*:phone_templates`, `*:guardian_factors`."""


class Experience(StrEnum):
    """Legacy or Unified Phone Experience."""

    LEGACY = "legacy"
    NEW = "new"


class EndpointUse(Fact):
    """A client that the tenant's logs show on phone endpoints."""

    client_id: str
    client_name: str = ""
    experience: Experience
    count: int
    last_seen: datetime


class NotRead(RuntimeError):
    """Something asks for a part of a snapshot that was left unread: a defect of phonefleet."""


class Snapshot(Fact):
    """One tenant at one moment (UTC)."""

    domain: str
    taken_at: datetime
    client_id: str = ""
    """Phonefleet's own client, which does not count as a dependent."""
    friendly_name: str = ""
    scopes: frozenset[str] = frozenset()
    """Granted to phonefleet's own client."""
    flag: bool | None = None
    """`phone_consolidated_experience`; None when the tenant has no such setting."""
    legacy_refusal: EndpointRefusal | None = None
    """The refusal of a legacy endpoint that Auth0 has closed to the tenant; None when all of them answered."""
    selected_provider: str = ""
    """`auth0`, `twilio`, `phone-message-hook`, or empty where it could not be read."""
    factor_enabled: bool = False
    """Guardian factor `sms`."""
    message_types: tuple[MessageType, ...] = ()
    policies: tuple[str, ...] = ()
    twilio: TwilioSettings | None = None
    enrollment_template: str | None = None
    verification_template: str | None = None
    providers: tuple[PhoneProvider, ...] = ()
    templates: tuple[PhoneTemplate, ...] = ()
    legacy_actions: tuple[ActionState, ...] = ()
    """On trigger `send-phone-message`, bound or not."""
    custom_actions: tuple[ActionState, ...] = ()
    """On trigger `custom-phone-provider`."""
    connections: tuple[SmsConnection, ...] = ()
    identifiers: tuple[PhoneIdentifier, ...] = ()
    access: tuple[ClientAccess, ...] = ()
    usage: tuple[EndpointUse, ...] = ()
    writes: tuple[LoggedWrite, ...] = ()
    """Who wrote phone settings, by the newest entries of the logs: the last write to each object."""
    unread: tuple[EndpointRefusal, ...] = ()
    """Refused reads that only show who depends on the provider."""
    not_offered: tuple[EndpointRefusal, ...] = ()
    """Reads of what the tenant's deployment or plan does not offer: what they would show counts as absent."""
    skipped: Annotated[tuple[SnapshotPart, ...], Field(exclude_if=not_)] = ()
    """Parts that were not read, because nothing asked for them: their fields say nothing. Not dumped where all of it
    was read."""

    def covers(self, parts: Iterable[SnapshotPart]) -> bool:
        """Whether all of these parts were read."""
        return set(self.skipped).isdisjoint(parts)

    def filled_from(self, earlier: Snapshot) -> Snapshot:
        """Return it with what was skipped as an earlier snapshot of the tenant shows it."""
        fields = {name: getattr(earlier, name) for part in self.skipped for name in part.fields}
        still = tuple(part for part in self.skipped if part in earlier.skipped)
        return self.model_copy(update=fields | {"skipped": still})

    def require(self, parts: Iterable[SnapshotPart] = EVERY_PART) -> None:
        """Check that these parts were read, before something takes an empty field for an absent setting.

        Raises:
            NotRead: one of them was not.
        """
        if missing := sorted(set(self.skipped).intersection(parts)):
            raise NotRead(f"{self.domain}: {', '.join(missing)} of it was not read")

    @property
    def provider(self) -> PhoneProvider | None:
        """The tenant-level provider. Auth0 keeps one; of several the enabled one comes first."""
        return next(iter(sorted(self.providers, key=lambda p: p.disabled)), None)

    @property
    def enabled_connections(self) -> tuple[SmsConnection, ...]:
        """The SMS connections with enabled clients, whether or not anything can send for them now.

        On the Unified Phone Experience the tenant-level provider sends for each of them, so it must deliver text
        (Auth0 documentation, "Unified Phone Experience").
        """
        return tuple(c for c in self.connections if c.enabled_clients)

    @property
    def hidden_connections(self) -> tuple[SmsConnection, ...]:
        """The SMS connections in use whose options are not shown: how they send is not known."""
        return tuple(c for c in self.enabled_connections if c.options_hidden)

    @property
    def enabled_identifiers(self) -> tuple[PhoneIdentifier, ...]:
        """The phone identifiers with enabled clients; the tenant-level provider always sends for them."""
        return tuple(i for i in self.identifiers if i.enabled_clients)

    @property
    def needs_text(self) -> bool:
        """Whether Passwordless SMS or a phone identifier sends texts, or will through the tenant-level provider."""
        return bool(self.enabled_connections or self.enabled_identifiers)

    def lacks(self, *endpoints: str) -> tuple[EndpointRefusal, ...]:
        """Return how those of the endpoints answer that the tenant's deployment or plan does not offer."""
        return tuple(refusal for refusal in self.not_offered if refusal.endpoint in endpoints)

    @property
    def on_upe(self) -> bool:
        """True on the Unified Phone Experience: by its flag or, without one, by the legacy endpoint's refusal."""
        return self.flag is True or (self.flag is None and self.legacy_refusal is not None)
