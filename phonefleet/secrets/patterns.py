"""Finding what looks like a secret in text that people are about to read."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_KEY: Final = (
    r"(?:auth_?token|twilio_?token|access_?token|refresh_?token|client_?secret|gateway_?secret|secret_?access_?key"
    r"|api_?key|private_?key|passw(?:or)?d|authorization|secret|token)"
)
_ASSIGNED: Final = r"[\"']?\s*[:=]\s*[\"']?"


@dataclass(frozen=True, slots=True)
class _Detector:
    """A kind of secret, the pattern of its text (group 1 or the whole) and a closer look at it."""

    kind: str
    pattern: re.Pattern[str]
    confirm: Callable[[str], bool] = bool


def find_secret_like(text: str) -> list[str]:
    """What in the text looks like a secret, as kind and place (`JWT at character 17`), never the value.

    Looks for JWTs, bearer tokens, private keys in PEM, AWS keys, Twilio API keys, passwords inside URLs, and
    values that stand after a name such as `auth_token:` or `client_secret=`. Account and messaging service
    SIDs (`AC…`, `MG…`), checksums, references (`env:NAME`) and redacted values are none of these.
    """
    return [f"{kind} at character {start}" for start, kind in sorted(_found(text))]


def _found(text: str) -> Iterator[tuple[int, str]]:
    for detector in _DETECTORS:
        for match in detector.pattern.finditer(text):
            group = match.re.groups and 1
            if detector.confirm(match[group]):
                yield match.start(group), detector.kind


def _is_jwt(text: str) -> bool:
    header = text.partition(".")[0]
    try:
        decoded = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(decoded, dict) and "alg" in decoded


def _is_mixed(text: str) -> bool:
    """Generated secrets have digits among their letters; prose has not. Names of variables are no secrets."""
    if re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", text):
        return False
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


_DETECTORS: Final = (
    _Detector("JWT", re.compile(r"\beyJ[\w-]{5,}\.[\w-]{2,}\.[\w-]*", re.ASCII), _is_jwt),
    _Detector(
        "bearer token", re.compile(r"\bbearer\s+([\w.~+/-]{16,}=*)", re.ASCII | re.IGNORECASE), _is_mixed
    ),
    _Detector("private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    _Detector("AWS access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", re.ASCII)),
    _Detector("Twilio API key", re.compile(r"\bSK[0-9a-f]{32}\b", re.ASCII)),
    _Detector("password in a URL", re.compile(r"://[^\s/:@\"']*:((?!\[redacted\]|\*+@|\$\{)[^\s/@\"']+)@")),
    _Detector(
        "value of a secret",
        re.compile(
            rf"{_KEY}{_ASSIGNED}((?!(?:AC|MG)[0-9a-f]{{32}}\b)[\w+/~-]{{12,}}=*)(?![\w.(:])", re.A | re.I
        ),
        _is_mixed,
    ),
)
