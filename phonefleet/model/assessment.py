"""What a snapshot means: the verdict with its reasons, and what depends on the provider."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from configs import DeliveryMethod, MessageType
from phonefleet.model.action_report import TranslationReport
from phonefleet.model.enums import Change, ReasonCode, Reversibility, Route, Severity, Verdict
from phonefleet.model.snapshot import Fact


class Evidence(Fact):
    """Where a reason comes from: the endpoint read, the field in its answer and the value there."""

    endpoint: str
    field: str
    value: str


class Reason(Fact):
    """A reason code, a sentence a person can act on, and the evidence that led to it."""

    code: ReasonCode
    message: str
    evidence: tuple[Evidence, ...] = ()


class Dependent(Fact):
    """Something that uses the tenant's phone messaging and would notice a change of it."""

    kind: str
    """`mfa_factor`, `mfa_policy`, `passwordless_connection`, `phone_identifier`, `custom_action`,
    `phone_template`, `client_grant`, `client_in_logs`."""
    id: str
    name: str = ""
    detail: str = ""
    breaks_on: dict[Change, Severity] = Field(default_factory=dict)
    """Which change breaks it, and how badly; a change that is not there does not."""
    last_seen: datetime | None = None
    uses: int | None = None
    """Requests seen in the logs; None where the logs say nothing about it."""


class ReversibilityResult(Fact):
    """Whether a switched tenant can be taken back, with the reasons for it."""

    level: Reversibility
    reasons: tuple[Reason, ...] = ()


class Assessment(Fact):
    """One tenant's verdict. `route` is None unless there is something to migrate."""

    domain: str
    verdict: Verdict
    route: Route | None = None
    reasons: tuple[Reason, ...] = ()
    reversibility: ReversibilityResult | None = None
    dependents: tuple[Dependent, ...] = ()
    factors: tuple[MessageType, ...] = ()
    """MFA message types in use."""
    required_methods: tuple[DeliveryMethod, ...] = ()
    """What the provider must deliver for everything in use now."""
    passwordless: bool = False
    action: TranslationReport | None = None
    """The account of the code that a custom provider is made from, also where it is refused."""
