"""Translate legacy message templates into phone notification templates, checked by rendering both.

Legacy variables are those of Auth0's page "Customize SMS or Voice Messages" (Guardian) and of the
Passwordless SMS connection (``@@password@@`` in ``md_with_macros``; ``code``, ``password``, ``application``
in Liquid). New ones are those of phone templates: ``code``, ``friendly_name``, ``tenant``, ``locale``,
``user``, ``client``, ``organization``, ``custom_domain`` and ``pause``. A template with a legacy variable
that has no counterpart is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Any, Final

from liquid import Environment
from liquid.exceptions import LiquidError

from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.actions.translation_model import TranslationReason

MAX_BODY: Final = 20_000
DEFAULT_ENROLLMENT: Final = (
    "{{code}} is your verification code for {{tenant.friendly_name}}. Please enter this code to verify your "
    "enrollment."
)
DEFAULT_VERIFICATION: Final = "{{code}} is your verification code for {{tenant.friendly_name}}"


class NotificationType(StrEnum):
    """The phone notification types that have a legacy counterpart."""

    OTP_ENROLL = "otp_enroll"
    OTP_VERIFY = "otp_verify"


@dataclass(frozen=True, slots=True)
class TranslatedTemplate:
    """One phone notification template: a Liquid body for each delivery method."""

    type: NotificationType
    text: str | None
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class TemplatesResult:
    """The templates, or no templates and the reasons."""

    templates: tuple[TranslatedTemplate, ...]
    reasons: tuple[TranslationReason, ...] = ()
    warnings: tuple[TranslationReason, ...] = ()
    rendered: int = 0


@dataclass(frozen=True, slots=True)
class _Body:
    """One translated body, why it is refused, what to review, and on how many samples it was rendered."""

    text: str = ""
    reasons: tuple[TranslationReason, ...] = ()
    warnings: tuple[TranslationReason, ...] = ()
    rendered: int = 0


@dataclass(frozen=True, slots=True)
class _Legacy:
    """A legacy message: its Liquid form, the new names of its variables, and how the legacy flow rendered it."""

    liquid: str
    names: Mapping[str, str]
    render: Callable[[Mapping[str, Any]], str]


# Legacy variable to new variable; the longest legacy name that matches is used.
_GUARDIAN: Final[Mapping[str, str]] = {
    "code": "code",
    "locale": "locale",
    "pause": "pause",
    "tenant.friendly_name": "friendly_name",
    "tenant.friendlyName": "friendly_name",
    "custom_domain.domain": "custom_domain.domain",
    "custom_domain.domain_metadata": "custom_domain.domain_metadata",
    "message_type": "message_type",
}
_CONNECTION: Final[Mapping[str, str]] = {
    "code": "code",
    "password": "code",
    "application.name": "client.name",
    "application.clientID": "client.client_id",
    "application.client_id": "client.client_id",
    "tenant.friendly_name": "friendly_name",
    "friendly_name": "friendly_name",
}
_MACRO_NAMES: Final[Mapping[str, str]] = {
    "password": "code",
    "code": "code",
    "application.name": "client.name",
    "application.clientID": "client.client_id",
}
_MESSAGE_TYPE: Final = {"text": "sms", "voice": "voice"}
_MACRO: Final = re.compile(r"@@\s*([\w.]+)\s*@@")
_LIQUID: Final = Environment()


def translate_guardian_templates(
    enrollment: str | None, verification: str | None, *, delivery_methods: Sequence[str]
) -> TemplatesResult:
    """Translate Guardian's two messages to ``otp_enroll`` and ``otp_verify``.

    Args:
        enrollment: the enrollment message, or ``None`` if it was never set (Auth0's default is used).
        verification: the verification message, likewise.
        delivery_methods: ``text``, ``voice`` or both: the bodies to make.
    """
    messages = {
        NotificationType.OTP_ENROLL: _liquid(enrollment or DEFAULT_ENROLLMENT, _GUARDIAN),
        NotificationType.OTP_VERIFY: _liquid(verification or DEFAULT_VERIFICATION, _GUARDIAN),
    }
    return _translate(messages, delivery_methods)


def translate_connection_template(
    template: str, syntax: str = "liquid", *, delivery_methods: Sequence[str] = ("text",)
) -> TemplatesResult:
    """Translate a Passwordless SMS connection's ``template`` (liquid or md_with_macros) to ``otp_verify``."""
    match syntax:
        case "liquid":
            legacy = _liquid(template, _CONNECTION)
        case "md_with_macros":
            # Markdown with macros has no Liquid: what looks like Liquid was sent unchanged.
            escaped = re.sub(r"(\{\{|\{%)", r'{{ "\1" }}', template)
            legacy = _Legacy(
                _MACRO.sub(r"{{ \1 }}", escaped),
                _MACRO_NAMES,
                lambda context: _MACRO.sub(lambda macro: _look_up(context, macro[1]), template),
            )
        case _:
            message = f"template syntax {syntax!r} is neither liquid nor md_with_macros"
            return TemplatesResult((), (TranslationReason(RefusalCode.UNKNOWN_SYNTAX, message),))
    return _translate({NotificationType.OTP_VERIFY: legacy}, delivery_methods)


def _liquid(template: str, names: Mapping[str, str]) -> _Legacy:
    return _Legacy(template, names, lambda context: _LIQUID.from_string(template).render(**context))


def _look_up(context: Mapping[str, Any], name: str) -> str:
    value: Any = context
    for key in name.split("."):
        value = value.get(key, "")
    return str(value)


def _translate(messages: Mapping[NotificationType, _Legacy], methods: Sequence[str]) -> TemplatesResult:
    bodies = {(kind, method): _body(kind, messages[kind], method) for kind in messages for method in methods}
    reasons = tuple(dict.fromkeys(reason for body in bodies.values() for reason in body.reasons))
    warnings = tuple(warning for body in bodies.values() for warning in body.warnings)
    if reasons:
        return TemplatesResult((), reasons, warnings)
    texts = {key: body.text for key, body in bodies.items()}
    templates = tuple(
        TranslatedTemplate(kind, texts.get((kind, "text")), texts.get((kind, "voice"))) for kind in messages
    )
    return TemplatesResult(templates, (), warnings, sum(body.rendered for body in bodies.values()))


def _body(kind: NotificationType, legacy: _Legacy, method: str) -> _Body:
    try:
        # Each global variable that is used, as dotted name and index into the template.
        variables = [
            (".".join(str(segment) for segment in variable.segments), variable.span.index)
            for uses in _LIQUID.from_string(legacy.liquid).analyze().globals.values()
            for variable in uses
        ]
    except LiquidError as error:
        return _refused(RefusalCode.TEMPLATE_BROKEN, f"{kind}: not valid Liquid: {error.message}")
    unknown = sorted({name for name, _ in variables if _new_name(name, legacy.names) is None})
    if unknown:
        return _refused(RefusalCode.UNKNOWN_VARIABLES, f"{kind}: no counterpart for {', '.join(unknown)}")
    body = _rename(legacy.liquid, variables, legacy.names, method)
    if len(body) > MAX_BODY:
        message = f"{kind} ({method}): {len(body)} characters; a template allows {MAX_BODY}"
        return _refused(RefusalCode.TEMPLATE_TOO_LONG, message)
    return _check(f"{kind} ({method})", legacy, body, method)


def _refused(code: RefusalCode, message: str) -> _Body:
    return _Body(reasons=(TranslationReason(code, message),))


def _new_name(name: str, names: Mapping[str, str]) -> str | None:
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        new = names.get(".".join(parts[:end]))
        if new is not None:
            return ".".join((new, *parts[end:]))
    return None


def _rename(template: str, variables: list[tuple[str, int]], names: Mapping[str, str], method: str) -> str:
    """``template`` with each variable renamed in place; ``message_type`` becomes a constant."""
    body = template
    for name, index in sorted(variables, key=lambda use: -use[1]):
        # The author may write `a.b` as `a["b"]` or `a . b`.
        first, *others = (re.escape(segment) for segment in name.split("."))
        pattern = first + "".join(rf"\s*(?:\.\s*{key}|\[\s*(?:'{key}'|\"{key}\")\s*\])" for key in others)
        match = re.compile(pattern).match(template, index)
        written = match[0] if match else name
        new = _new_name(name, names)
        if new is not None and written != new:
            body = body[:index] + new + body[index + len(written) :]
    if any(name == "message_type" for name, _ in variables):
        body = f'{{% assign message_type = "{_MESSAGE_TYPE[method]}" %}}{body}'
    return body


def _check(what: str, legacy: _Legacy, body: str, method: str) -> _Body:
    """Render both sides on every sample; the texts must be the same."""
    new = _LIQUID.from_string(body)
    names = ("Acme", "O'Hara & Söhne <GmbH>")
    samples = [_sample(method, *each) for each in product(names, ("en", "en-US", "fr-CA", "es", ""))]
    code_missing = False
    for legacy_context, new_context in samples:
        try:
            before, after = legacy.render(legacy_context), new.render(**new_context)
        except LiquidError as error:
            return _refused(RefusalCode.TEMPLATE_BROKEN, f"{what}: {error.message}")
        if before != after:
            return _refused(RefusalCode.TEMPLATE_DIFFERS, f"{what}: {before!r} would become {after!r}")
        code_missing = code_missing or legacy_context["code"] not in after
    message = f"{what}: the code is not in every message; it was not before either"
    warnings = (TranslationReason(RefusalCode.CODE_NOT_SENT, message),) if code_missing else ()
    return _Body(body, (), warnings, len(samples))


def _sample(method: str, friendly_name: str, locale: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """One event as the legacy template saw it, and as the new template sees it."""
    code = "123456" if method == "text" else "1.2.3.4.5.6"
    domain = {"domain": "login.acme.example", "domain_metadata": {"brand": "Acme", "region": "eu"}}
    shared = {"code": code, "locale": locale, "pause": "", "custom_domain": domain}
    legacy = {
        **shared,
        "password": code,
        "message_type": _MESSAGE_TYPE[method],
        "tenant": {"friendly_name": friendly_name, "friendlyName": friendly_name},
        "friendly_name": friendly_name,
        "application": {"name": "Shop & Co", "clientID": "abc", "client_id": "abc"},
    }
    new = {
        **shared,
        "friendly_name": friendly_name,
        "tenant": "acme",
        "client": {"name": "Shop & Co", "client_id": "abc"},
    }
    return legacy, new
