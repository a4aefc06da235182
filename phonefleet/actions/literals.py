"""Literal secrets in an Action's code, found and masked before people read the code.

Authors paste keys into their Actions. The code itself must keep them (it would do something else without), but
whatever is shown or recorded must not have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from phonefleet.actions.syntax import parse
from phonefleet.secrets import find_secret_like

MASK: Final = "[redacted]"

# What an Action's code holds in plain sight though it looks generated: SIDs of Twilio's that name things (accounts,
# messaging and Verify services, messages, calls, templates), identifiers of Auth0's, UUIDs, dates, addresses.
_PUBLIC: Final = re.compile(
    r"(?:AC|MG|VA|SM|MM|CA|HX|PN)[0-9a-f]{32}|(?:con|org|act|rol)_\w+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[\d.:TZ+-]+|v?\d+(?:\.\d+)+[\w.-]*|\w+://.*|[\w.-]+\.[a-z]{2,}(?:/.*)?|[\w.+-]+@[\w.-]+"
)
_GENERATED: Final = re.compile(r"[\w+/.~=-]{16,}")
_NAMED: Final = re.compile(
    r"token$|secret|passw(?:or)?d|pwd|(?:api|auth|private|access|signing|hmac)[_-]?key|authorization|credential",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"(?:Basic|Bearer|Token|Key|App|ApiKey|AccessKey)\s+", re.IGNORECASE)
_PLACE: Final = re.compile(r"at character (\d+)$")
_REST: Final = re.compile(r"-----BEGIN.*?(?:-----END[^-]*-----|\Z)|[^\s\"'`;,)}]+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mask:
    """Hides the literal secrets of some sources wherever they turn up; ``lines`` counts what was found where."""

    values: tuple[str, ...] = ()

    @classmethod
    def of(cls, *sources: str) -> Mask:
        """A mask for everything that looks like a secret among the literals of these JavaScript sources."""
        found = {value for source in sources for value in literal_secrets(source)}
        return cls(tuple(sorted(found, key=len, reverse=True)))

    def hide(self, text: str) -> str:
        """``text`` without the values, and without anything else that looks like a secret."""
        for value in self.values:
            text = text.replace(value, MASK)
        return _cut(text)


def literal_secrets(source: str) -> Iterator[str]:
    """The values of literals that look like secrets: by the name they are given to, or by how they look."""
    program = parse(source)
    for node in program.nodes:
        if node.kind not in ("string_fragment", "regex_pattern"):
            continue
        value = program.text(node)
        holder = node.parent
        name = _name_of(program.text(holder.parent)) if holder is not None and holder.parent else ""
        if _looks_generated(value) or (name and len(value) >= 6 and _is_value(value)):
            yield value


def hidden_lines(text: str) -> tuple[int, ...]:
    """The lines, from 1, on which a mask stands."""
    return tuple(number for number, line in enumerate(text.splitlines(), 1) if MASK in line)


def _name_of(text: str) -> str:
    """The telling name that a literal is assigned to, if the text around it begins with one."""
    found = re.match(r"[\"']?([\w$.-]+)[\"']?\s*[:=](?!=)", text)
    return found[1] if found and _NAMED.search(found[1].rpartition(".")[2]) else ""


def _is_value(value: str) -> bool:
    """A single word with a digit or a mark in it: no sentence, no name of a header or of another secret."""
    value = _SCHEME.sub("", value)
    if _PUBLIC.fullmatch(value) or re.search(r"\s", value):
        return False
    return bool(re.search(r"[\d!#$%&*@^~=]", value))


def _looks_generated(value: str) -> bool:
    """Letters and digits mixed, long, and of many kinds: what a machine made up."""
    if _PUBLIC.fullmatch(value) or not _GENERATED.fullmatch(value):
        return False
    digits = sum(c.isdigit() for c in value)
    letters = sum(c.isalpha() for c in value)
    return digits >= 3 and letters >= 3 and len(set(value)) >= 8


def _cut(text: str) -> str:
    """Cut out what the general search for secrets still finds, from behind so that places stay right."""
    for place in sorted(_places(find_secret_like(text)), reverse=True):
        found = _REST.match(text, place)
        if found is not None and MASK not in found[0]:
            text = text[:place] + MASK + text[found.end() :]
    return text


def _places(found: Iterable[str]) -> Iterator[int]:
    for one in found:
        match = _PLACE.search(one)
        assert match is not None
        yield int(match[1])
