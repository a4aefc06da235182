"""The secrets of a tenant's code: where each belongs, and the name under which its value is supplied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from phonefleet.model.left_state import LeftState, Place

PROVIDER_TOKEN: Place = ("provider", "auth_token")


def action_secret(name: str) -> Place:
    """Return the place of one of the Action's secrets."""
    return ("action", name)


def connection_secret(connection_id: str, place: Place) -> Place:
    """Return the place of a secret in a connection's options."""
    return ("connection", connection_id, *place)


@dataclass(frozen=True, slots=True)
class SecretSlot:
    """A value that whoever runs the code supplies.

    Attributes:
        place: what it belongs to.
        keyword: its name in upper case, unique in the tenant.
        purpose: what it is, for people.
        reference: where the fleet file says that the value is; empty where phonefleet has none.
    """

    place: Place
    keyword: str
    purpose: str
    reference: str = ""


Slots = Mapping[Place, SecretSlot]


def secret_slots(state: LeftState, references: Mapping[Place, str]) -> Slots:
    """Name every secret of a tenant's code.

    Args:
        state: the tenant.
        references: where the operator has the values, by place.
    """
    texts = tuple(_texts(state))
    taken: set[str] = set()
    slots: dict[Place, SecretSlot] = {}
    for place, name, purpose in _secrets(state):
        keyword = _keyword(name, taken, texts)
        taken.add(keyword)
        slots[place] = SecretSlot(place, keyword, purpose, references.get(place, ""))
    return slots


def _secrets(state: LeftState) -> Iterator[tuple[Place, str, str]]:
    """Yield each secret's place, a name for it, and its purpose."""
    provider = state.snapshot.provider
    if provider and provider.name == "twilio":
        # The name that the Deploy CLI itself gives it in an export.
        yield PROVIDER_TOKEN, "TWILIO_AUTH_TOKEN", "AuthToken of the tenant-level provider's Twilio account"
    if action := state.action:
        for name in action.secret_names:
            yield action_secret(name), f"PHONE_ACTION_{name}", f"secret {name} of Action {action.name}"
    for connection, whole in state.switched:
        for place in whole.secrets:
            path = ".".join(place)
            name = f"CONNECTION_{connection.name}_{'_'.join(place)}"
            purpose = f"options.{path} of connection {connection.name}"
            yield connection_secret(connection.id, place), name, purpose


def _keyword(name: str, taken: Iterable[str], texts: Iterable[str]) -> str:
    """Return a keyword that is not taken and that no text of the tenant contains by chance.

    The Deploy CLI replaces `##KEYWORD##` and `@@KEYWORD@@` wherever they are, also in an Action's code.
    """
    stem = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
    candidates = (stem if number == 1 else f"{stem}_{number}" for number in range(1, 10_000))
    return next(
        word
        for word in candidates
        if word not in taken and not any(f"##{word}##" in text or f"@@{word}@@" in text for text in texts)
    )


def _texts(state: LeftState) -> Iterator[str]:
    for template in state.snapshot.templates:
        yield from (template.text, template.voice)
    if state.action:
        yield state.action.code
    for whole in state.options:
        yield str(whole.options)
