"""Which notification templates a migrated tenant needs so that its messages keep their words.

MFA verification and Passwordless share one template after the migration, `otp_verify`. Where both have words of
their own, MFA's are kept and the operator is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from configs import DeliveryMethod
from phonefleet.actions.message_templates import (
    DEFAULT_ENROLLMENT,
    DEFAULT_VERIFICATION,
    TemplatesResult,
    TranslatedTemplate,
    translate_connection_template,
    translate_guardian_templates,
)
from phonefleet.assessment.usage import Usage
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class DesiredTemplate:
    """A template as it should be; empty strings are left out of the request."""

    type: str
    text: str
    voice: str
    sender: str


@dataclass(frozen=True, slots=True)
class DesiredTemplates:
    """The templates wanted, what refuses to be translated, and what a person should know."""

    templates: tuple[DesiredTemplate, ...] = ()
    blockers: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    """Where templates come from, and what the translation made of them."""

    endpoint: str
    field: str
    result: TemplatesResult


def templates_for(snapshot: Snapshot, found: Usage, methods: tuple[DeliveryMethod, ...]) -> DesiredTemplates:
    """Translate the texts that a tenant set itself; Auth0's own defaults read the same on both sides.

    Args:
        snapshot: the tenant.
        found: what it uses.
        methods: the provider's delivery methods: which bodies are wanted.
    """
    chosen: dict[str, DesiredTemplate] = {}
    blockers: list[Reason] = []
    warnings: list[Reason] = []
    for source in (
        *_guardian(snapshot, found, methods),
        *_connections(found, methods),
    ):
        blockers += (_refused(source, r.message) for r in source.result.reasons)
        warnings += (_warned(source, r.message) for r in source.result.warnings)
        for template in source.result.templates:
            wanted = _desired(template)
            kept = chosen.setdefault(template.type, wanted)
            if kept != wanted:
                warnings.append(_warned(source, f"its text gives way to MFA's in template {template.type}"))
    return DesiredTemplates(tuple(chosen.values()), tuple(blockers), tuple(warnings))


def _guardian(snapshot: Snapshot, found: Usage, methods: tuple[DeliveryMethod, ...]) -> Iterator[_Source]:
    enrollment, verification = snapshot.enrollment_template, snapshot.verification_template
    own = enrollment not in (None, "", DEFAULT_ENROLLMENT) or verification not in (
        None,
        "",
        DEFAULT_VERIFICATION,
    )
    if found.mfa and own:
        result = translate_guardian_templates(enrollment, verification, delivery_methods=methods)
        yield _Source("GET guardian/factors/phone/templates", "verification_message", result)


def _connections(found: Usage, methods: tuple[DeliveryMethod, ...]) -> Iterator[_Source]:
    for use in found.passwordless:
        connection = use.connection
        if connection.template:
            result = translate_connection_template(
                connection.template,
                connection.syntax or "liquid",
                delivery_methods=methods,
            )
            yield _Source(f"GET connections/{connection.id}", "options.template", result)


def _desired(template: TranslatedTemplate) -> DesiredTemplate:
    return DesiredTemplate(str(template.type), template.text or "", template.voice or "", sender="")


def _evidence(source: _Source) -> tuple[Evidence, ...]:
    return (Evidence(endpoint=source.endpoint, field=source.field, value="set by the tenant"),)


def _refused(source: _Source, message: str) -> Reason:
    return Reason(
        code=ReasonCode.TEMPLATE_REFUSED,
        message=f"{message}. Change the template, or accept by name (target.approve: [template_refused]) that "
        "Auth0's default text is sent",
        evidence=_evidence(source),
    )


def _warned(source: _Source, message: str) -> Reason:
    return Reason(
        code=ReasonCode.TEMPLATE_CHANGES, message=f"{source.endpoint}: {message}", evidence=_evidence(source)
    )
