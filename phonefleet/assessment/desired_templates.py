"""Derive the phone templates that keep the texts of a tenant's messages, and what changes nevertheless.

After the migration MFA, Passwordless and phone identifiers share one template for each type. MFA's own text comes
first for the delivery methods that MFA uses, then those of the connections. Where nobody has a text of its own,
Auth0's default is sent, and no template is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from configs import DeliveryMethod, MessageType, delivery_method_of
from phonefleet.actions.message_templates import LegacyMessage, TranslatedBody, translate_message
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.actions.translation_model import TranslationReason
from phonefleet.assessment.phone_bodies import own_template, present_body
from phonefleet.assessment.planning_input import DesiredTemplate
from phonefleet.assessment.text_changes import NewText, compare_texts
from phonefleet.assessment.text_uses import connection_message, mfa_messages, text_uses
from phonefleet.assessment.usage import Usage
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import GUARDIAN_TEMPLATES, connection_endpoint
from phonefleet.model.enums import ReasonCode
from phonefleet.model.message_texts import NotificationType, TextChange
from phonefleet.model.snapshot import Snapshot

_BodyKey = tuple[NotificationType, DeliveryMethod]


@dataclass(frozen=True, slots=True)
class TemplateSelection:
    """The templates wanted, what blocks them, warnings, and the messages that change."""

    templates: tuple[DesiredTemplate, ...] = ()
    blockers: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()
    changes: tuple[TextChange, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A text that the tenant wrote, and the body that it could become."""

    key: _BodyKey
    message: LegacyMessage
    whose: str
    endpoint: str
    field: str

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return (Evidence(endpoint=self.endpoint, field=self.field, value="custom"),)


def desired_templates(
    snapshot: Snapshot,
    usage: Usage,
    methods: tuple[DeliveryMethod, ...],
    factors: tuple[MessageType, ...],
) -> TemplateSelection:
    """Translate the texts that a tenant wrote, and compare what users get before and after.

    Args:
        snapshot: the tenant.
        usage: what it uses.
        methods: the provider's delivery methods.
        factors: the message types that MFA will have.
    """
    chosen: dict[_BodyKey, NewText] = {}
    blockers: dict[Reason, None] = {}
    warnings: list[Reason] = []
    refused: set[LegacyMessage] = set()
    for candidate in _candidates(snapshot, usage, methods, factors):
        if candidate.key in chosen:
            continue
        body = translate_message(*candidate.key, candidate.message)
        if body.reasons:
            refused.add(candidate.message)
            blockers |= dict.fromkeys(_refusals(candidate, body))
            continue
        chosen[candidate.key] = NewText(body.text, candidate.whose)
        warnings += (_not_sent(candidate, warning) for warning in body.warnings)
    written = {kind for kind, _ in chosen}
    uses = tuple(text_uses(snapshot, usage, factors))

    def new_text(kind: NotificationType, method: DeliveryMethod) -> NewText:
        if (kind, method) in chosen:
            return chosen[kind, method]
        # Writing one body of a template enables the whole template, and leaves its other body as it is.
        body = present_body(snapshot, kind, method, enabled=kind in written)
        own = own_template(snapshot, kind)
        return NewText(body, "the text of the present phone template" if own else "Auth0's default text")

    refused_uses = frozenset(use for use in uses if use.source in refused)
    compared = compare_texts(snapshot, uses, new_text, refused_uses)
    return TemplateSelection(
        tuple(_template(kind, chosen) for kind in NotificationType if kind in written),
        (*blockers, *compared.given_up),
        (*warnings, *compared.told),
        compared.changes,
    )


def _template(kind: NotificationType, chosen: dict[_BodyKey, NewText]) -> DesiredTemplate:
    empty = NewText("", "")
    return DesiredTemplate(
        str(kind),
        chosen.get((kind, DeliveryMethod.TEXT), empty).body,
        chosen.get((kind, DeliveryMethod.VOICE), empty).body,
    )


def _candidates(
    snapshot: Snapshot, usage: Usage, methods: tuple[DeliveryMethod, ...], factors: tuple[MessageType, ...]
) -> Iterator[_Candidate]:
    """Yield the tenant's own texts, the first that a body is to be made from first."""
    used = {delivery_method_of(factor) for factor in factors}
    yield from _of_mfa(snapshot, usage, tuple(method for method in methods if method in used))
    for use in usage.passwordless:
        connection = use.connection
        if connection.template and DeliveryMethod.TEXT in methods:
            yield _Candidate(
                (NotificationType.OTP_VERIFY, DeliveryMethod.TEXT),
                connection_message(connection),
                f"the text of connection {connection.name}",
                connection_endpoint(connection.id),
                "options.template",
            )
    yield from _of_mfa(snapshot, usage, tuple(method for method in methods if method not in used))


def _of_mfa(snapshot: Snapshot, usage: Usage, methods: tuple[DeliveryMethod, ...]) -> Iterator[_Candidate]:
    if usage.mfa is None:
        return
    fields = {
        NotificationType.OTP_ENROLL: "enrollment_message",
        NotificationType.OTP_VERIFY: "verification_message",
    }
    for kind, (message, own) in mfa_messages(snapshot).items():
        if own:
            for method in methods:
                yield _Candidate((kind, method), message, "MFA's text", GUARDIAN_TEMPLATES, fields[kind])


def _refusals(candidate: _Candidate, body: TranslatedBody) -> Iterator[Reason]:
    for refusal in body.reasons:
        costly = refusal.code is RefusalCode.TEMPLATE_TOO_COSTLY
        code = ReasonCode.TEMPLATE_TOO_COSTLY if costly else ReasonCode.TEMPLATE_REFUSED
        yield Reason(
            code=code,
            message=f"{candidate.whose}: {refusal.message}. Change the template, or accept by name "
            f"(target.approve: [{code}]) that another text is sent",
            evidence=candidate.evidence,
        )


def _not_sent(candidate: _Candidate, warning: TranslationReason) -> Reason:
    return Reason(
        code=ReasonCode.CODE_NOT_SENT,
        message=f"{candidate.whose}: {warning.message}",
        evidence=candidate.evidence,
    )
