"""The input of planning: the verdict, and the state a tenant should have after its migration.

Types only. `phonefleet.assessment.verdict` makes a `Judgement`, `phonefleet.assessment.desired_state` a
`DesiredState`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from configs import DeliveryMethod, MessageType, SecretRef
from phonefleet.actions.translation_model import NpmPackage
from phonefleet.model.action_report import TranslationReport
from phonefleet.model.assessment import Assessment, Reason
from phonefleet.model.custom_action_report import CustomActionReport
from phonefleet.model.enums import Route
from phonefleet.model.fact import ActionState
from phonefleet.model.message_texts import TextChange
from phonefleet.model.plan import ActionVerification


@dataclass(frozen=True, slots=True)
class DesiredTwilio:
    """The configuration of a Twilio provider and the reference to its AuthToken."""

    sid: str
    default_from: str
    mssid: str
    auth_token: SecretRef | None


@dataclass(frozen=True, slots=True)
class CustomCode:
    """The Action to create: code, dependencies, secrets by reference, and its verification."""

    code: str = field(repr=False)
    dependencies: tuple[NpmPackage, ...]
    secrets: tuple[tuple[str, SecretRef], ...]
    runtime: str
    verification: ActionVerification


@dataclass(frozen=True, slots=True)
class DesiredTemplate:
    """A notification template to create or update; an empty text is left out of the request."""

    type: str
    text: str
    voice: str


@dataclass(frozen=True, slots=True)
class DesiredState:
    """The end state of a migration; it can be planned when `blockers` is empty."""

    route: Route
    methods: tuple[DeliveryMethod, ...]
    factors: tuple[MessageType, ...]
    twilio: DesiredTwilio | None = None
    custom: CustomCode | None = None
    templates: tuple[DesiredTemplate, ...] = ()
    blockers: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()
    report: TranslationReport | None = None
    adopted: ActionState | None = None
    """The tenant's own Action, where `custom` replaces it."""
    kept: ActionState | None = None
    """The tenant's own Action, where it stays and sends."""
    custom_action: CustomActionReport | None = None
    texts: tuple[TextChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """An assessment and what a plan is made from.

    Attributes:
        assessment: the verdict and what led to it.
        desired: the end state, for a tenant on the legacy experience that uses phone messages.
        blockers: what the operator must supply or decide first, in the target or in the tenant.
        warnings: what the plan must mention.
    """

    assessment: Assessment
    desired: DesiredState | None = None
    blockers: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()
