"""The fleet: its tenants, its waves and the settings of a rollout."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from configs.gate_rules import ApprovalRules, WaveGates
from configs.matching import Match, Selectable
from configs.notify_rules import Notify
from configs.references import SecretRef
from configs.target import Target
from configs.tree import Table
from configs.values import (
    ACROSS_KEYS,
    Amount,
    Duration,
    HostName,
    NonEmpty,
    PositiveDuration,
    ServerAddress,
    Strict,
    UsablePath,
    WrittenPath,
    wrong,
)
from configs.wave_rules import Caps, WaveRules
from configs.windows import FleetTimes, FrozenPeriod, WaveTimes

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
WorkPoolName = Annotated[str, StringConstraints(pattern=r"^[^/%&><\s][^/%&><]{0,99}$")]
"""Prefect refuses the same characters."""
WaveName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$")]


class Tier(StrEnum):
    """A tenant's class of rate limit (Auth0's "Rate Limit Configurations")."""

    ENTERPRISE_PRODUCTION = "enterprise_production"
    ENTERPRISE_NONPRODUCTION = "enterprise_nonproduction"
    PROFESSIONAL = "professional"
    FREE = "free"
    PRIVATE_CLOUD_DEVELOPMENT = "private_cloud_development"
    PRIVATE_CLOUD_BASIC = "private_cloud_basic"
    PRIVATE_CLOUD_500 = "private_cloud_500"
    UNKNOWN = "unknown"
    """Begins with the slowest figures and learns from the headers of the tenant's answers."""


class TokenEndpointAuthMethod(StrEnum):
    """How an application authenticates at the token endpoint (Auth0's "Application Authentication Methods")."""

    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105
    PRIVATE_KEY_JWT = "private_key_jwt"


class SigningAlgorithm(StrEnum):
    """The algorithms that sign an assertion of `private_key_jwt`."""

    RS256 = "RS256"
    PS256 = "PS256"
    ES256 = "ES256"


def _management_audience(data: str) -> str:
    if not re.fullmatch(r"https://[^/\s]+/api/v2/", data):
        advice = "Write https://CANONICAL-DOMAIN/api/v2/, with the slash at its end"
        raise wrong("is not the identifier of a Management API", advice)
    return data


class TenantRef(Strict):
    """One tenant, its credentials and its target.

    Attributes:
        domain: The tenant's domain in lower case, unique in the fleet.
        client_id: A machine-to-machine application's id.
        client_secret: Reference to its secret; required with `client_secret_post`.
        token_endpoint_auth_method: How the application authenticates.
        private_key: Reference to the key (PEM) that signs its assertions; required with `private_key_jwt`.
        signing_algorithm: None follows from the key: `RS256` for RSA, `ES256` for P-256.
        audience: The identifier of its Management API; None for `https://DOMAIN/api/v2/`.
        environment: Free text; `production` by default.
        region: Free text.
        tier: The class of rate limit; the slowest by default.
        labels: Free names and values to select by.
        owner: The person or team responsible.
        target: The configuration to migrate to.
    """

    domain: HostName
    client_id: NonEmpty
    token_endpoint_auth_method: TokenEndpointAuthMethod = TokenEndpointAuthMethod.CLIENT_SECRET_POST
    client_secret: Annotated[SecretRef | None, Field(validate_default=True)] = None
    private_key: Annotated[SecretRef | None, Field(validate_default=True)] = None
    signing_algorithm: SigningAlgorithm | None = None
    audience: Annotated[str, AfterValidator(_management_audience)] | None = None
    environment: NonEmpty = "production"
    region: str = ""
    tier: Tier = Tier.FREE
    labels: Mapping[NonEmpty, str] = {}
    owner: str = ""
    target: Target = Target()

    def secret_refs(self) -> Mapping[str, SecretRef]:
        """Return every reference of this tenant by key path, such as `target.twilio.auth_token`."""
        below = {f"target.{key}": ref for key, ref in self.target.secret_refs().items()}
        own = {"client_secret": self.client_secret, "private_key": self.private_key}
        return {**{key: ref for key, ref in own.items() if ref}, **below}

    @property
    def credential(self) -> SecretRef:
        """The reference to the credential that the application authenticates with."""
        by_key = self.token_endpoint_auth_method is TokenEndpointAuthMethod.PRIVATE_KEY_JWT
        found = self.private_key if by_key else self.client_secret
        if found is None:
            raise TypeError(f"{self.domain}: no credential for {self.token_endpoint_auth_method}")
        return found

    @field_validator("client_secret", "private_key", "signing_algorithm")
    @classmethod
    def _fits_the_method(cls, value: Any, info: ValidationInfo[Any]) -> Any:
        method = info.data.get("token_endpoint_auth_method")
        needed = {
            TokenEndpointAuthMethod.CLIENT_SECRET_POST: "client_secret",
            TokenEndpointAuthMethod.PRIVATE_KEY_JWT: "private_key",
        }
        if value is None and method is not None and needed[method] == info.field_name:
            raise PydanticCustomError("missing", "Field required")
        only_with_key = info.field_name != "client_secret" and value is not None
        if only_with_key and method is TokenEndpointAuthMethod.CLIENT_SECRET_POST:
            advice = "Write token_endpoint_auth_method: private_key_jwt, or remove it"
            raise wrong("is not used by client_secret_post", advice, kind=ACROSS_KEYS)
        return value


_ZERO: Final = Amount.parse("0")
_ALL: Final = Amount.parse("100%")


def _above_zero(amount: Amount) -> Amount:
    if not amount.value:
        raise wrong("is zero, so nothing would be done", "Write at least 1 or a percentage above 0")
    return amount


PositiveAmount = Annotated[Amount, AfterValidator(_above_zero)]


class Wave(WaveTimes, WaveRules, WaveGates):
    """A group of tenants that is migrated before the next group.

    Attributes:
        name: Unique in the fleet.
        match: Selects the tenants; without keys, all that no earlier wave selects.
        size: Sizes of the batches; the last one repeats. Empty puts the whole wave into one batch.
        failure_tolerance: How many of the wave's tenants may fail (percentages are rounded down).
        inconclusive_limit: How many of them may end without evidence of delivery (percentages are rounded down).
        failure_limit: How many of its switched tenants may fail to send more often than before, when the wave has
            ended (percentages are rounded down); None leaves that to `min_healthy`.
        soak: The time between a batch and the next; the batch's health is checked before and after it.

    The keys of `WaveTimes` say when its tenants may be changed, those of `WaveRules` in which order, and those of
    `WaveGates` what must hold before and after it.
    """

    empty_is_absent: ClassVar[bool] = False  # a forgotten `match` would select every tenant

    name: WaveName
    match: Match = Match()
    size: tuple[PositiveAmount, ...] = ()
    failure_tolerance: Amount = _ZERO
    inconclusive_limit: Amount = _ZERO
    failure_limit: Amount | None = None
    soak: Duration = timedelta(0)

    def selects(self, tenant: Selectable) -> bool:
        """Return whether it takes a tenant that no earlier wave takes."""
        return self.match.selects(tenant) and not (self.exclude and self.exclude.selects(tenant))

    @model_validator(mode="before")
    @classmethod
    def _one_size(cls, data: Any) -> Any:
        """Accept `size: 5` for `size: [5]`."""
        if isinstance(data, Table) and isinstance(data.get("size"), str):
            listed: Any = Table(data.origin)
            listed.update(data, size=[data["size"]])
            return listed
        return data


class WhenInconclusive(StrEnum):
    """What to do when no delivery evidence of a test message is found in time."""

    HOLD = "hold"
    PROCEED = "proceed"


class OnFailure(StrEnum):
    """What to do with a tenant whose verification fails after its switch."""

    ROLLBACK = "rollback"
    HOLD = "hold"


class Rollout(FleetTimes):
    """The settings of a rollout over the fleet.

    Attributes:
        max_change: At most this much of the fleet is changed in one run, unless forced.
        concurrency: How many tenants are worked on at once.
        strict: At most the wave's failure tolerance plus one are switched at once.
        min_healthy: How many of a batch must be healthy within `healthy_deadline` of its last switch; else the wave
            stops.
        healthy_deadline: The time a batch has to become healthy.
        progress_deadline: A run that is paused for this long stops.
        evidence_deadline: How long to look for delivery evidence of a test message in the tenant's logs.
        when_inconclusive: What to do when none is found.
        max_test_age: How old the test messages of a prepared tenant may be when `--switch` relies on them.
        on_failure: What to do with a tenant whose verification fails.
        finalize_after: How long a tenant keeps its legacy configuration after its switch, at least; a longer soak of
            its wave counts. A week by default: a rollback needs that configuration, and some messages are sent only
            once a week.
        pause_file: While this file exists below the state directory, no new tenant is started.
        caps: How many tenants of an owner or a region are switched at once and within a day.
        approval: What approvals of waves must be.

    The keys of `FleetTimes` say when any tenant may be changed.
    """

    empty_is_absent: ClassVar[bool] = False  # a forgotten `deadline`, `windows` or cap would be no limit

    max_change: PositiveAmount = Amount.parse("30%")
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 10
    strict: bool = True
    min_healthy: Amount = _ALL
    healthy_deadline: PositiveDuration = timedelta(minutes=2)
    progress_deadline: PositiveDuration = timedelta(hours=1)
    evidence_deadline: PositiveDuration = timedelta(seconds=60)
    when_inconclusive: WhenInconclusive = WhenInconclusive.HOLD
    max_test_age: PositiveDuration = timedelta(days=7)
    on_failure: OnFailure = OnFailure.ROLLBACK
    finalize_after: Duration = timedelta(days=7)
    pause_file: WrittenPath = "PAUSE"
    caps: Caps = Caps()
    approval: ApprovalRules = ApprovalRules()


class Execution(Strict):
    """Where the work of a run is done.

    Attributes:
        pool: The Prefect work pool whose workers do it; None for the process of the run itself.
        shard: How many tenants one run on the pool works on.
        at_once: How many of these runs there are at once. They share `rollout.concurrency`.
    """

    pool: WorkPoolName | None = None
    shard: Annotated[int, Field(ge=1, le=1000)] = 50
    at_once: Annotated[int, Field(ge=1, le=100)] = 4


class Connection(Strict):
    """How tenants are reached.

    Attributes:
        connect_to: Send every tenant's requests to this address, with their Host header unchanged; None means
            https://DOMAIN.
        ca_file: A further certificate authority (PEM) to trust.
        timeout: For one request.
        rate_limit_patience: How long one phase of the work on one tenant waits for its rate limits in all.
    """

    empty_is_absent: ClassVar[bool] = False  # a forgotten `connect_to` would ask the tenants themselves

    connect_to: ServerAddress | None = None
    ca_file: UsablePath | None = None
    timeout: PositiveDuration = timedelta(seconds=30)
    rate_limit_patience: PositiveDuration = timedelta(minutes=10)


class Ledger(Strict):
    """Where the ledger is kept. All three None means SQLite below the state directory.

    Attributes:
        url: An SQLAlchemy URL without a password.
        url_from: A reference to a whole SQLAlchemy URL.
        password: A reference to the password to put into `url`.
        audit_key: A reference to the key of the audit's hashes; None for hashes without a key, which anybody who can
            write to the ledger can make.
    """

    empty_is_absent: ClassVar[bool] = False  # a forgotten `url` would be a ledger of this machine alone

    url: str | None = None
    url_from: SecretRef | None = None
    password: SecretRef | None = None
    audit_key: SecretRef | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        """Accept a single text: `sqlite`, a reference to a URL, or a URL."""
        if not isinstance(data, str):
            return data
        if data == "sqlite":
            return {}
        return {"url_from": data} if re.match(r"(env|file):(?!//)", data) else {"url": data}

    @model_validator(mode="after")
    def _one_place(self) -> Ledger:
        if self.url_from is not None and (self.url is not None or self.password is not None):
            raise wrong(
                "has a reference to a whole URL and parts of one",
                "Write either `url_from`, or `url` and `password`",
            )
        return self

    @model_validator(mode="after")
    def _no_password_inside(self) -> Ledger:
        if self.url is None and self.password is None:
            return self
        url = urlsplit(self.url or "")
        if not re.fullmatch(r"[a-z0-9]+(\+[a-z0-9]+)?", url.scheme) or "://" not in (self.url or ""):
            raise wrong(
                "is neither sqlite, a reference nor an SQLAlchemy URL",
                "Write sqlite or dialect+driver://host/name",
            )
        # An empty one (`postgresql://app:@host/db`) is none: the server asks for none, or a password file has it.
        if url.password or re.search(r"password=[^&]", url.query, re.IGNORECASE):
            advice = "Write ledger: {url: …, password: env:NAME}, or the whole URL as env:NAME"
            raise wrong("has a password inside (not shown here)", advice)
        return self


class Fleet(Strict):
    """The whole configuration, after all checks.

    Attributes:
        name: The fleet's name.
        source: The file it was loaded from.
        tenants: In the order of the files.
        waves: In the order they run; every tenant is in exactly one.
        rollout: The settings of a rollout over them.
        connection: How tenants are reached.
        execution: Where the work of a run is done.
        state_dir: Where the ledger and run files are kept; absolute.
        ledger: Where the ledger is kept.
        secrets_file: Where `env:` references look after the process environment.
        freezes: When which tenants are not changed: those of `rollout.freezes` with the events of its calendars.
        notify: Who gets messages about runs.
    """

    name: str
    source: Path
    tenants: tuple[TenantRef, ...]
    waves: tuple[Wave, ...]
    rollout: Rollout
    connection: Connection
    execution: Execution = Execution()
    state_dir: Path
    ledger: Ledger
    secrets_file: Path | None = None
    freezes: tuple[FrozenPeriod, ...] = ()
    notify: Notify = Notify()

    @property
    def pause_file(self) -> Path:
        """While this file exists no new tenant is started."""
        return self.state_dir / self.rollout.pause_file

    @cached_property
    def checksum(self) -> str:
        """Return the SHA-256 of what the files say, in hexadecimal.

        Paths of this machine, comments and the order of keys do not count, nor do the values of secrets.
        """
        places: dict[str, Any] = {
            "source": True,
            "state_dir": True,
            "secrets_file": True,
            "connection": {"ca_file"},
        }
        said = self.model_dump(mode="json", exclude=places)
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def tenant(self, domain: str) -> TenantRef | None:
        """Return the tenant of this domain, or None."""
        return next((tenant for tenant in self.tenants if tenant.domain == domain.lower()), None)
