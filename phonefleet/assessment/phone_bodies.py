"""The bodies of a tenant's phone templates: its own, or Auth0's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from configs import DeliveryMethod
from phonefleet.model.message_texts import NotificationType
from phonefleet.model.snapshot import PhoneTemplate, Snapshot

_NAME: Final = "{{ friendly_name | escape }}"
_WRITTEN: Final = f"{{{{ code | escape }}}} is your verification code for {_NAME}"
_SPOKEN: Final = (
    f"Hello. Your verification code for {_NAME} is {{{{ pause }}}} {{{{ code | escape }}}}. I repeat, your "
    "verification code is {{ pause }} {{ code | escape }}"
)
AUTH0_DEFAULTS: Final[Mapping[tuple[NotificationType, DeliveryMethod], str]] = {
    (NotificationType.OTP_ENROLL, DeliveryMethod.TEXT): (
        f"{_WRITTEN}. Please enter this code to verify your enrollment."
    ),
    (NotificationType.OTP_ENROLL, DeliveryMethod.VOICE): _SPOKEN,
    (NotificationType.OTP_VERIFY, DeliveryMethod.TEXT): _WRITTEN,
    (NotificationType.OTP_VERIFY, DeliveryMethod.VOICE): _SPOKEN,
}
"""As `GET branding/phone/templates` lists them (recorded exchanges); a tenant that lists others has those."""


def own_template(snapshot: Snapshot, kind: NotificationType) -> PhoneTemplate | None:
    """Return the template that the tenant has of a type; None where Auth0's default is all there is."""
    return next((t for t in snapshot.templates if t.type == kind and t.id), None)


def present_body(
    snapshot: Snapshot, kind: NotificationType, method: DeliveryMethod, *, enabled: bool = False
) -> str:
    """Return the body that the tenant-level provider sends now.

    Args:
        snapshot: the tenant.
        kind: the type of the template.
        method: which of its bodies.
        enabled: count a template of the tenant's own as enabled. A disabled one is assumed to give way to the default.
    """
    own = own_template(snapshot, kind)
    if own and (enabled or not own.disabled) and (body := _body(own, method)):
        return body
    listed = next((t for t in snapshot.templates if t.type == kind and not t.id), None)
    return (_body(listed, method) if listed else "") or AUTH0_DEFAULTS[kind, method]


def _body(template: PhoneTemplate, method: DeliveryMethod) -> str:
    return template.voice if method is DeliveryMethod.VOICE else template.text
