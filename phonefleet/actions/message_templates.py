"""Legacy message templates as phone notification templates, checked by rendering both.

Legacy variables are those of Auth0's page "Customize SMS or Voice Messages" (Guardian) and of the
Passwordless SMS connection (``@@password@@`` in ``md_with_macros``; ``code``, ``password``, ``application``
in Liquid). New ones are those of phone templates: ``code``, ``friendly_name``, ``tenant``, ``locale``,
``user``, ``client``, ``organization``, ``custom_domain`` and ``pause``. A legacy variable with no counterpart
refuses the template.
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

from phonefleet.actions.refusal_codes import RefusalCode
from phonefleet.actions.translation_model import RefusalReason

MAX_BODY: Final = 20_000
MAX_FROM: Final = 16
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
    """One phone notification template: Liquid bodies per delivery method and the sender it overrides."""

    type: NotificationType
    text: str | None
    voice: str | None = None
    sender: str | None = None

    def to_api(self) -> dict[str, Any]:
        """The body of ``POST branding/phone/templates``."""
        body = {"text": self.text, "voice": self.voice}
        content: dict[str, Any] = {
            "syntax": "liquid",
            "body": {method: text for method, text in body.items() if text is not None},
        }
        if self.sender is not None:
            content["from"] = self.sender
        return {"type": self.type.value, "disabled": False, "content": content}


@dataclass(frozen=True, slots=True)
class TemplatesResult:
    """Either templates or, when anything stands in the way, no templates and the reasons."""

    templates: tuple[TranslatedTemplate, ...]
    reasons: tuple[RefusalReason, ...] = ()
    warnings: tuple[RefusalReason, ...] = ()
    rendered: int = 0


@dataclass(frozen=True, slots=True)
class _Body:
    """One translated body: why it cannot be offered, what to look at, on how many samples it was rendered."""

    text: str = ""
    reasons: tuple[RefusalReason, ...] = ()
    warnings: tuple[RefusalReason, ...] = ()
    rendered: int = 0


@dataclass(frozen=True, slots=True)
class _Legacy:
    """A legacy message: its Liquid form, its variables' new names, and how the legacy world rendered it."""

    liquid: str
    names: Mapping[str, str]
    render: Callable[[Mapping[str, Any]], str]


# Legacy variable to new variable. The longest legacy name that fits wins.
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
    enrollment: str | None,
    verification: str | None,
    *,
    delivery_methods: Sequence[str],
    sender: str | None = None,
    messaging_service: bool = False,
) -> TemplatesResult:
    """Guardian's two messages as ``otp_enroll`` and ``otp_verify``.

    Args:
        enrollment: the enrollment message, or ``None`` where it was never set (Auth0's default is used).
        verification: the verification message, likewise.
        delivery_methods: ``text``, ``voice`` or both: which bodies are wanted.
        sender: a sender for these templates; ``None`` leaves the provider's own.
        messaging_service: whether the provider sends through a messaging service, which allows no sender.
    """
    wanted = {
        NotificationType.OTP_ENROLL: _liquid(enrollment or DEFAULT_ENROLLMENT, _GUARDIAN),
        NotificationType.OTP_VERIFY: _liquid(verification or DEFAULT_VERIFICATION, _GUARDIAN),
    }
    return _translate(wanted, delivery_methods, sender, messaging_service)


def translate_connection_template(
    template: str,
    syntax: str = "liquid",
    *,
    delivery_methods: Sequence[str] = ("text",),
    sender: str | None = None,
    messaging_service: bool = False,
) -> TemplatesResult:
    """A Passwordless SMS connection's ``template`` (liquid or md_with_macros) as ``otp_verify``."""
    match syntax:
        case "liquid":
            legacy = _liquid(template, _CONNECTION)
        case "md_with_macros":
            legacy = _macros(template)
        case _:
            message = f"template syntax {syntax!r} is neither liquid nor md_with_macros"
            return TemplatesResult((), (RefusalReason(RefusalCode.UNKNOWN_SYNTAX, message),))
    wanted = {NotificationType.OTP_VERIFY: legacy}
    return _translate(wanted, delivery_methods, sender, messaging_service)


def _liquid(template: str, names: Mapping[str, str]) -> _Legacy:
    return _Legacy(template, names, lambda context: _LIQUID.from_string(template).render(**context))


def _macros(template: str) -> _Legacy:
    """Markdown with macros knows no Liquid: what looks like Liquid was sent as it stands."""
    escaped = re.sub(r"(\{\{|\{%)", r'{{ "\1" }}', template)
    return _Legacy(
        _MACRO.sub(r"{{ \1 }}", escaped),
        _MACRO_NAMES,
        lambda context: _MACRO.sub(lambda macro: str(_look_up(context, macro[1])), template),
    )


def _look_up(context: Mapping[str, Any], name: str) -> Any:
    value: Any = context
    for key in name.split("."):
        value = value.get(key, "")
    return value


def _translate(
    wanted: Mapping[NotificationType, _Legacy],
    methods: Sequence[str],
    sender: str | None,
    messaging_service: bool,
) -> TemplatesResult:
    bodies = {(kind, method): _body(kind, wanted[kind], method) for kind in wanted for method in methods}
    reasons = [*_sender_reasons(sender, messaging_service)]
    reasons += [reason for body in bodies.values() for reason in body.reasons]
    warnings = tuple(warning for body in bodies.values() for warning in body.warnings)
    if reasons:
        return TemplatesResult((), tuple(dict.fromkeys(reasons)), warnings)
    texts = {key: body.text for key, body in bodies.items()}
    templates = tuple(
        TranslatedTemplate(kind, texts.get((kind, "text")), texts.get((kind, "voice")), sender)
        for kind in wanted
    )
    return TemplatesResult(templates, (), warnings, sum(body.rendered for body in bodies.values()))


def _sender_reasons(sender: str | None, messaging_service: bool) -> list[RefusalReason]:
    if sender is None:
        return []
    if messaging_service:
        message = f"a template cannot name the sender {sender} while a messaging service picks the number"
        return [RefusalReason(RefusalCode.FROM_WITH_MESSAGING_SERVICE, message)]
    if len(sender) > MAX_FROM:
        message = f"the sender {sender} has {len(sender)} characters; a template allows {MAX_FROM}"
        return [RefusalReason(RefusalCode.FROM_TOO_LONG, message)]
    return []


def _body(kind: NotificationType, legacy: _Legacy, method: str) -> _Body:
    try:
        variables = _variables(legacy.liquid)
    except LiquidError as error:
        return _refused(RefusalCode.TEMPLATE_BROKEN, f"{kind}: not valid Liquid: {error.message}")
    unknown = sorted({name for name, _ in variables if _new_name(name, legacy.names) is None})
    if unknown:
        return _refused(RefusalCode.UNKNOWN_VARIABLES, f"{kind}: no counterpart for {', '.join(unknown)}")
    body = _rename(legacy.liquid, variables, legacy.names, method)
    if len(body) > MAX_BODY:
        message = f"{kind} ({method}): {len(body)} characters; a template allows {MAX_BODY}"
        return _refused(RefusalCode.TEMPLATE_TOO_LONG, message)
    return _checked(f"{kind} ({method})", legacy, body, method)


def _refused(code: RefusalCode, message: str) -> _Body:
    return _Body(reasons=(RefusalReason(code, message),))


def _variables(template: str) -> list[tuple[str, int]]:
    """Each global variable used, as dotted name and index into the template; raises ``LiquidError``."""
    found = _LIQUID.from_string(template).analyze().globals
    return [
        (".".join(str(segment) for segment in variable.segments), variable.span.index)
        for uses in found.values()
        for variable in uses
    ]


def _new_name(name: str, names: Mapping[str, str]) -> str | None:
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        new = names.get(".".join(parts[:end]))
        if new is not None:
            return ".".join((new, *parts[end:]))
    return None


def _rename(template: str, variables: list[tuple[str, int]], names: Mapping[str, str], method: str) -> str:
    """``template`` with each variable renamed where it stands; the kind of message becomes a constant."""
    body = template
    for name, index in sorted(variables, key=lambda use: -use[1]):
        new = _new_name(name, names)
        written = _written(template, name, index)
        if new is not None and written != new:
            body = body[:index] + new + body[index + len(written) :]
    if any(name == "message_type" for name, _ in variables):
        body = f'{{% assign message_type = "{_MESSAGE_TYPE[method]}" %}}{body}'
    return body


def _written(template: str, name: str, index: int) -> str:
    """The variable as the author wrote it at ``index`` (``a.b`` may be ``a["b"]`` or ``a . b``)."""
    pattern = ""
    for position, segment in enumerate(name.split(".")):
        key = re.escape(segment)
        pattern += key if position == 0 else rf"\s*(?:\.\s*{key}|\[\s*(?:'{key}'|\"{key}\")\s*\])"
    match = re.compile(pattern).match(template, index)
    return match[0] if match else name


def _checked(what: str, legacy: _Legacy, body: str, method: str) -> _Body:
    """``body`` after rendering both sides on every sample: the words must be the same."""
    new = _LIQUID.from_string(body)
    samples = _samples(method)
    silent = False
    for legacy_context, new_context in samples:
        try:
            before, after = legacy.render(legacy_context), new.render(**new_context)
        except LiquidError as error:
            return _refused(RefusalCode.TEMPLATE_BROKEN, f"{what}: {error.message}")
        if before != after:
            return _refused(RefusalCode.TEMPLATE_DIFFERS, f"{what}: {before!r} would become {after!r}")
        silent = silent or legacy_context["code"] not in after
    message = f"{what}: the code is not in every message, as it was not before"
    warnings = (RefusalReason(RefusalCode.CODE_NOT_SENT, message),) if silent else ()
    return _Body(body, (), warnings, len(samples))


def _samples(method: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs of one event as the legacy template saw it and as the new template sees it."""
    code = "123456" if method == "text" else "1.2.3.4.5.6"
    names = ("Acme", "O'Hara & Söhne <GmbH>")
    locales = ("en", "en-US", "fr-CA", "es", "")
    return [_sample(method, code, name, locale) for name, locale in product(names, locales)]


def _sample(method: str, code: str, friendly_name: str, locale: str) -> tuple[dict[str, Any], dict[str, Any]]:
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
