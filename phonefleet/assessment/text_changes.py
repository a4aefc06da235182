"""Compare what users read and hear now with what they will, by rendering both on sample messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from configs import DeliveryMethod
from phonefleet.actions.liquid_process import TemplateUnrenderableError, render_template
from phonefleet.actions.message_samples import MessageSample, tenant_samples
from phonefleet.assessment.text_uses import TextUse
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.enums import ReasonCode
from phonefleet.model.message_texts import NotificationType, TextChange
from phonefleet.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class NewText:
    """The body that a phone template will have, and whose text it is, in words."""

    body: str
    whose: str


TextOf = Callable[[NotificationType, DeliveryMethod], NewText]


@dataclass(frozen=True, slots=True)
class TextComparison:
    """What users will read or hear differently.

    Attributes:
        changes: each message that changes, with both renderings.
        given_up: texts that the tenant wrote and that are not sent any more: a person decides.
        told: the other changes.
    """

    changes: tuple[TextChange, ...] = ()
    given_up: tuple[Reason, ...] = ()
    told: tuple[Reason, ...] = ()


def compare_texts(
    snapshot: Snapshot,
    uses: Iterable[TextUse],
    new_text: TextOf,
    refused: frozenset[TextUse] = frozenset(),
) -> TextComparison:
    """Compare each message that users get now with the new one.

    Args:
        snapshot: the tenant, whose own name is in the samples.
        uses: the messages that users get now.
        new_text: the body that will be sent for a type and a delivery method.
        refused: uses whose own text is refused already, which is a decision of its own.
    """
    changes: list[TextChange] = []
    given_up: list[Reason] = []
    told: list[Reason] = []
    for use in uses:
        new = new_text(use.kind, use.method)
        change = _change(snapshot, use, new.body)
        if change is None:
            continue
        changes.append(change)
        if use.own and use not in refused:
            given_up.append(_reason(ReasonCode.TEXT_GIVEN_UP, use, change, new.whose))
        else:
            told.append(_reason(ReasonCode.TEMPLATE_CHANGES, use, change, new.whose))
    return TextComparison(tuple(dict.fromkeys(changes)), tuple(given_up), tuple(told))


def _change(snapshot: Snapshot, use: TextUse, body: str) -> TextChange | None:
    """Return the first sample on which a message changes; None if it never does."""
    if use.source == body:
        return None
    samples = tenant_samples(snapshot.friendly_name, snapshot.domain.partition(".")[0])
    old, old_rendered = _texts(use, samples)
    new, new_rendered = _render(body, [s.phone_template(use.method, use.connection) for s in samples])
    for sample, before, after in zip(samples, old, new, strict=True):
        if before != after or not (old_rendered and new_rendered):
            return TextChange(
                plane=use.plane,
                connection=use.connection,
                type=use.kind,
                method=use.method,
                old=before,
                new=after,
                old_rendered=old_rendered,
                new_rendered=new_rendered,
                friendly_name=sample.friendly_name,
                locale=sample.locale,
            )
    return None


def _texts(use: TextUse, samples: tuple[MessageSample, ...]) -> tuple[tuple[str, ...], bool]:
    if isinstance(use.source, str):
        return _render(use.source, [s.phone_template(use.method, use.connection) for s in samples])
    contexts = [s.context(use.plane, use.method, use.connection) for s in samples]
    try:
        return use.source.render(contexts), True
    except TemplateUnrenderableError:
        return _source(use.source.template, len(samples))


def _render(body: str, contexts: list[dict[str, object]]) -> tuple[tuple[str, ...], bool]:
    try:
        return render_template(body, contexts), True
    except TemplateUnrenderableError:
        return _source(body, len(contexts))


def _source(template: str, times: int) -> tuple[tuple[str, ...], bool]:
    return (template,) * times, False


def _reason(code: ReasonCode, use: TextUse, change: TextChange, whose: str) -> Reason:
    verb = "hear" if use.method is DeliveryMethod.VOICE else "read"
    what = f"{change.reader}, {use.kind} by {use.method}"
    if code is ReasonCode.TEXT_GIVEN_UP:
        message = (
            f"{what}: the tenant's own text is given up for {whose}, because one phone template serves every use; "
            "compare both renderings, then change the texts, or accept by name (target.approve: [text_given_up])"
        )
    else:
        message = f"{what}: users will {verb} {whose} in a new wording; both renderings are in the plan"
    value = "custom" if use.own else "default"
    return Reason(
        code=code,
        message=message,
        evidence=(Evidence(endpoint=use.endpoint, field=use.field, value=value),),
    )
