"""Translate legacy messages into phone templates, checked by rendering both.

Legacy variables are those of Auth0's pages "Customize Multi-factor Authentication SMS and Voice Messages" (Guardian)
and "Passwordless Authentication with SMS" (SMS connections; ``@@password@@`` in ``md_with_macros``). New ones are
those of "Supported Liquid Syntax for Phone Templates". What has no counterpart there is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from phonefleet.actions.liquid_process import (
    TemplateParts,
    TemplateUnrenderableError,
    analyze_template,
    render_template,
)
from phonefleet.actions.liquid_support import unsupported
from phonefleet.actions.message_samples import translation_samples
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.actions.translation_model import TranslationReason
from phonefleet.model.message_texts import MessagePlane, NotificationType

MAX_BODY: Final = 20_000
DEFAULT_ENROLLMENT: Final = (
    "{{code}} is your verification code for {{tenant.friendly_name}}. Please enter this code to verify your "
    "enrollment."
)
DEFAULT_VERIFICATION: Final = "{{code}} is your verification code for {{tenant.friendly_name}}"
DEFAULT_CONNECTION: Final = "Your verification code is: @@password@@"
"""Of an SMS connection without a template: assumed from the examples in Auth0's documentation."""
LIQUID, MACROS = "liquid", "md_with_macros"

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
    "phone_number": "user.phone_number",
    "application.name": "application.name",
    "application.clientID": "client.clientID",
    "application.client_metadata": "application.client_metadata",
}
_MESSAGE_TYPE: Final = {"text": "sms", "voice": "voice"}
_MACRO: Final = re.compile(r"@@\s*([\w.]+)\s*@@")


@dataclass(frozen=True, slots=True)
class LegacyMessage:
    """A legacy message of MFA or of an SMS connection. An empty `syntax` is told by the template's markup."""

    plane: MessagePlane
    template: str
    syntax: str = LIQUID

    @property
    def known_syntax(self) -> str:
        """The syntax that Auth0 renders it with; any other word as it is."""
        return self.syntax or (MACROS if _MACRO.search(self.template) else LIQUID)

    @property
    def liquid(self) -> str:
        """The message as Liquid, with its legacy variables."""
        if self.known_syntax != MACROS:
            return self.template
        # Markdown with macros has no Liquid: what looks like Liquid was sent unchanged.
        return _MACRO.sub(r"{{ \1 }}", re.sub(r"(\{\{|\{%)", r'{{ "\1" }}', self.template))

    @property
    def names(self) -> Mapping[str, str]:
        """The new name of each legacy variable."""
        return _GUARDIAN if self.plane is MessagePlane.MFA else _CONNECTION

    def render(self, contexts: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
        """Render the message as the legacy experience does.

        Raises:
            TemplateUnrenderableError: it is not valid, or exceeds a limit.
        """
        match self.known_syntax:
            case "liquid":
                return render_template(self.template, contexts)
            case "md_with_macros":
                return tuple(
                    _MACRO.sub(lambda macro: _look_up(context, macro[1]), self.template)  # noqa: B023
                    for context in contexts
                )
            case other:
                raise TemplateUnrenderableError(
                    f"template syntax {other!r} is neither {LIQUID} nor {MACROS}", costly=False
                )


@dataclass(frozen=True, slots=True)
class TranslatedBody:
    """The text of a phone template for one delivery method, or why it is refused; and what to review."""

    text: str = ""
    reasons: tuple[TranslationReason, ...] = ()
    warnings: tuple[TranslationReason, ...] = ()
    rendered: int = 0


def translate_message(kind: NotificationType, method: str, message: LegacyMessage) -> TranslatedBody:
    """Translate a legacy message to the body of a phone template.

    Args:
        kind: the type of the template.
        method: `text` or `voice`.
        message: the legacy message.
    """
    if message.known_syntax not in (LIQUID, MACROS):
        what = f"template syntax {message.syntax!r} is neither {LIQUID} nor {MACROS}"
        return _refused(RefusalCode.UNKNOWN_SYNTAX, what)
    if len(message.template) > MAX_BODY:
        return _too_long(kind, method, len(message.template))
    try:
        parts = analyze_template(message.liquid)
    except TemplateUnrenderableError as error:
        return _unrenderable(f"{kind} ({method})", error)
    if missing := unsupported(parts):
        return _refused(
            RefusalCode.UNSUPPORTED_LIQUID, f"{kind}: phone templates do not support {', '.join(missing)}"
        )
    names = {".".join(keys) for keys, _ in parts.variables}
    if unknown := sorted(name for name in names if _new_name(name, message.names) is None):
        return _refused(RefusalCode.UNKNOWN_VARIABLES, f"{kind}: no counterpart for {', '.join(unknown)}")
    body = _rename(message.liquid, parts, message.names, method)
    if len(body) > MAX_BODY:
        return _too_long(kind, method, len(body))
    return _check(f"{kind} ({method})", message, body, method)


def _too_long(kind: NotificationType, method: str, length: int) -> TranslatedBody:
    what = f"{kind} ({method}): {length} characters; a template allows {MAX_BODY}"
    return _refused(RefusalCode.TEMPLATE_TOO_LONG, what)


def _refused(code: RefusalCode, message: str) -> TranslatedBody:
    return TranslatedBody(reasons=(TranslationReason(code, message),))


def _unrenderable(what: str, error: TemplateUnrenderableError) -> TranslatedBody:
    if error.costly:
        return _refused(RefusalCode.TEMPLATE_TOO_COSTLY, f"{what}: {error.message}")
    return _refused(RefusalCode.TEMPLATE_BROKEN, f"{what}: cannot be rendered: {error.message}")


def _new_name(name: str, names: Mapping[str, str]) -> str | None:
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        new = names.get(".".join(parts[:end]))
        if new is not None:
            return ".".join((new, *parts[end:]))
    return None


def _rename(template: str, parts: TemplateParts, names: Mapping[str, str], method: str) -> str:
    """``template`` with each variable renamed in place; ``message_type`` becomes a constant."""
    body = template
    for keys, index in sorted(parts.variables, key=lambda use: -use[1]):
        # The author may write `a.b` as `a["b"]` or `a . b`.
        name = ".".join(keys)
        first, *others = (re.escape(key) for key in keys)
        pattern = first + "".join(rf"\s*(?:\.\s*{key}|\[\s*(?:'{key}'|\"{key}\")\s*\])" for key in others)
        match = re.compile(pattern).match(template, index)
        written = match[0] if match else name
        new = _new_name(name, names)
        if new is not None and written != new:
            body = body[:index] + new + body[index + len(written) :]
    if any(keys == ("message_type",) for keys, _ in parts.variables):
        body = f'{{% assign message_type = "{_MESSAGE_TYPE[method]}" %}}{body}'
    return body


def _check(what: str, message: LegacyMessage, body: str, method: str) -> TranslatedBody:
    """Render both sides on every sample; the texts must be the same."""
    samples = translation_samples()
    legacy = [sample.context(message.plane, method) for sample in samples]
    try:
        before = message.render(legacy)
        after = render_template(body, [sample.phone_template(method) for sample in samples])
    except TemplateUnrenderableError as error:
        return _unrenderable(what, error)
    for old, new in zip(before, after, strict=True):
        if old != new:
            return _refused(RefusalCode.TEMPLATE_DIFFERS, f"{what}: {old!r} would become {new!r}")
    warnings: tuple[TranslationReason, ...] = ()
    if any(context["code"] not in new for context, new in zip(legacy, after, strict=True)):
        notice = f"{what}: the code is not in every message; it was not before either"
        warnings = (TranslationReason(RefusalCode.CODE_NOT_SENT, notice),)
    return TranslatedBody(body, (), warnings, len(samples))


def _look_up(context: Mapping[str, Any], name: str) -> str:
    value: Any = context
    for key in name.split("."):
        value = value.get(key, "") if isinstance(value, Mapping) else ""
    return str(value)
