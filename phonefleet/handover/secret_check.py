"""The last check before a tenant's code is written: no file contains a secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from phonefleet.model.left_state import LeftState
from phonefleet.secrets.known_values import KNOWN
from phonefleet.secrets.patterns import SecretMatch, find_secret_like

_GUESSED = "value of a secret"
"""The kind that `find_secret_like` sees in `authToken = twilioToken2` too. Keys in an Action's literals were looked for
when it was read."""


@dataclass(frozen=True, slots=True)
class FoundSecret:
    """What looks like a secret in a file: what it is, and the field of the tenant that has it."""

    kind: str
    field: str


def find_secret(state: LeftState, files: Mapping[str, str]) -> FoundSecret | None:
    """Return the first secret in a tenant's files, or None.

    Args:
        state: the tenant that the files were made of.
        files: the files by path.
    """
    code = state.action.code if state.action else None
    for path, text in files.items():
        if kind := _secret_in(text, is_code=text == code):
            fields = (name for name, value in _fields(state) if _secret_in(value, is_code=value == code))
            return FoundSecret(kind, next(fields, f"the file {path}"))
    return None


def _secret_in(text: str, *, is_code: bool) -> str:
    """Return the kind of secret that a text contains; empty for none."""
    if KNOWN.is_in(text):
        return "a secret that phonefleet uses or has read"
    found: Iterator[SecretMatch] = iter(find_secret_like(text))
    return next(
        (f"what looks like a secret ({m.kind})" for m in found if not is_code or m.kind != _GUESSED), ""
    )


def _fields(state: LeftState) -> Iterator[tuple[str, str]]:
    """Yield every text of a tenant that its files repeat, with a name for people."""
    snapshot = state.snapshot
    for template in snapshot.templates:
        for text in (template.text, template.voice, template.sender or ""):
            yield f"phone template {template.type}", text
    if action := state.action:
        yield f"the code of Action {action.name}", action.code
        for name in (action.name, *action.secret_names):
            yield f"the names of Action {action.name} and of its secrets", name
    if provider := snapshot.provider:
        for text in (provider.sid, provider.default_from, provider.mssid):
            yield "the phone provider", text or ""
    for connection, whole in state.switched:
        for path, text in _texts(whole.options, "options"):
            yield f"{path} of connection {connection.name}", text


def _texts(value: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield path, value
        case dict():
            for key, inner in value.items():
                yield from _texts(inner, f"{path}.{key}")
        case list():
            for inner in value:
                yield from _texts(inner, path)
