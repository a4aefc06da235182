"""The verdict on a snapshot with its reasons, and what depends on the provider."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from operator import not_
from typing import Annotated

from pydantic import Field

from configs import DeliveryMethod, MessageType
from phonefleet.model.action_report import TranslationReport
from phonefleet.model.custom_action_report import CustomActionReport
from phonefleet.model.enums import Change, ReasonCode, Reversibility, Route, Severity, Verdict
from phonefleet.model.fact import Fact
from phonefleet.model.message_texts import TextChange
from phonefleet.model.ownership import Owner
from phonefleet.model.snapshot_parts import SnapshotPart


class Evidence(Fact):
    """The source of a reason: the endpoint read, the field in its answer and its value."""

    endpoint: str
    field: str
    value: str


class Reason(Fact):
    """A reason code, a message a person can act on, and the evidence for it."""

    code: ReasonCode
    message: str
    evidence: tuple[Evidence, ...] = ()


class DependentKind(StrEnum):
    """What uses a tenant's phone messaging."""

    MFA_FACTOR = "mfa_factor"
    MFA_POLICY = "mfa_policy"
    PASSWORDLESS_CONNECTION = "passwordless_connection"
    PHONE_IDENTIFIER = "phone_identifier"
    CUSTOM_ACTION = "custom_action"
    PHONE_TEMPLATE = "phone_template"
    CLIENT_GRANT = "client_grant"
    CLIENT_IN_LOGS = "client_in_logs"
    OWNER = "owner"
    """A program that writes the same settings again, such as Terraform; its id is `kind/client_id`."""


class Dependent(Fact):
    """Something that uses the tenant's phone messaging and that a change of it may break."""

    kind: DependentKind
    id: str
    """Unique among the tenant's dependents of its kind."""
    name: str = ""
    client_id: str = ""
    """Of a client: its client_id, which `id` repeats or contains."""
    detail: str = ""
    breaks_on: dict[Change, Severity] = Field(default_factory=dict)
    """The changes that break it, and how badly."""
    last_seen: datetime | None = None
    uses: int | None = None
    """Requests seen in the logs; None where it is not read from the logs."""

    @property
    def qualified_id(self) -> str:
        """Its name where an operator accepts that it breaks: `kind:id`."""
        return f"{self.kind}:{self.id}"


class ReversibilityResult(Fact):
    """Whether a switched tenant can be rolled back, with the reasons."""

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
    """Delivery methods that the provider needs for everything in use now."""
    passwordless: bool = False
    owners: tuple[Owner, ...] = ()
    """Who writes the tenant's phone settings, by its logs."""
    skipped: Annotated[tuple[SnapshotPart, ...], Field(exclude_if=not_)] = ()
    """What was not read because the verdict does not need it: dependents and owners that it would show are not known.
    Not dumped where all of the tenant was read."""
    texts: tuple[TextChange, ...] = ()
    """Messages that users will read or hear differently, with both renderings."""
    action: TranslationReport | None = None
    """The report on the Action that a custom provider would run, also where its translation is refused."""
    custom_action: Annotated[CustomActionReport | None, Field(exclude_if=not_)] = None
    """The report on the Action on `custom-phone-provider` that the tenant has; not dumped where it has none."""
