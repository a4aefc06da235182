"""Derive the notification templates that keep the texts of a tenant's messages.

After the migration MFA verification and Passwordless share one template, `otp_verify`. Where both have their own
text, MFA's is kept and the operator gets a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from configs import DeliveryMethod
from phonefleet.actions.message_templates import (
    DEFAULT_ENROLLMENT,
    DEFAULT_VERIFICATION,
    TemplatesResult,
    translate_connection_template,
    translate_guardian_templates,
)
from phonefleet.assessment.planning_input import DesiredTemplate
from phonefleet.assessment.usage import Usage
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import GUARDIAN_TEMPLATES, connection_endpoint
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class TemplateSelection:
    """The templates wanted, those that cannot be translated, and warnings."""

    templates: tuple[DesiredTemplate, ...] = ()
    blockers: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class _TranslatedTexts:
    """Legacy texts of one endpoint, translated."""

    endpoint: str
    field: str
    result: TemplatesResult

    def reason(self, code: ReasonCode, message: str) -> Reason:
        """Make a reason with these texts as evidence."""
        evidence = Evidence(endpoint=self.endpoint, field=self.field, value="custom")
        return Reason(code=code, message=message, evidence=(evidence,))

    def warning(self, message: str) -> Reason:
        """Make a warning about these texts."""
        return self.reason(ReasonCode.TEMPLATE_CHANGES, f"{self.endpoint}: {message}")


def desired_templates(
    snapshot: Snapshot, usage: Usage, methods: tuple[DeliveryMethod, ...]
) -> TemplateSelection:
    """Translate the texts that a tenant set itself; Auth0's own defaults are the same on both experiences.

    Args:
        snapshot: the tenant.
        usage: what it uses.
        methods: the provider's delivery methods; each needs a text.
    """
    selected: dict[str, DesiredTemplate] = {}
    blockers: list[Reason] = []
    warnings: list[Reason] = []
    for source in _translate(snapshot, usage, methods):
        blockers += (
            source.reason(
                ReasonCode.TEMPLATE_REFUSED,
                f"{refusal.message}. Change the template, or accept by name (target.approve: [template_refused]) that "
                "Auth0's default text is sent",
            )
            for refusal in source.result.reasons
        )
        warnings += (source.warning(change.message) for change in source.result.warnings)
        for template in source.result.templates:
            wanted = DesiredTemplate(str(template.type), template.text or "", template.voice or "")
            if selected.setdefault(template.type, wanted) != wanted:
                warnings.append(source.warning(f"MFA's text in template {template.type} replaces its text"))
    return TemplateSelection(tuple(selected.values()), tuple(blockers), tuple(warnings))


def _translate(
    snapshot: Snapshot, usage: Usage, methods: tuple[DeliveryMethod, ...]
) -> Iterator[_TranslatedTexts]:
    """Translate MFA's texts first: they win."""
    enrollment, verification = snapshot.enrollment_template, snapshot.verification_template
    own_enrollment = enrollment not in (None, "", DEFAULT_ENROLLMENT)
    own_verification = verification not in (None, "", DEFAULT_VERIFICATION)
    if usage.mfa and (own_enrollment or own_verification):
        result = translate_guardian_templates(enrollment, verification, delivery_methods=methods)
        yield _TranslatedTexts(GUARDIAN_TEMPLATES, "verification_message", result)
    for use in usage.passwordless:
        connection = use.connection
        if connection.template:
            result = translate_connection_template(
                connection.template,
                connection.syntax or "liquid",
                delivery_methods=methods,
            )
            yield _TranslatedTexts(connection_endpoint(connection.id), "options.template", result)
