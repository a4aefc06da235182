"""What a secret looks like: the names it is given, the shape of its value, its place in a URL or in a text.

All other modules take their definition from here. Nothing in this module reads a value or does I/O.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from phonefleet.model.enums import StepKind

MASK: Final = "[redacted]"
"""What replaces a secret wherever one is removed."""
MIN_LENGTH: Final = 6
"""Shorter values are not taken for secrets: to mask them everywhere would leave no text readable."""

# ---- names -------------------------------------------------------------------------------------------------------

# Of variables, members, headers and parameters in code.
_CODE_NAME: Final = re.compile(
    r"token$|secret|passw(?:or)?d|passphrase|pwd|^pass$|authorization|credential"
    r"|(?:api|auth|private|access|account|shared|subscription|master|encryption|signing|hmac)[_-]?key",
    re.IGNORECASE,
)
# Of these, the names whose value can be nothing else.
_CERTAIN_NAME: Final = re.compile(
    r"(?:token|secret|(?:api|auth|private|access|signing|hmac|secret)[_-]?key)$", re.IGNORECASE
)
_PASSWORD_NAME: Final = re.compile(r"(?:passw(?:or)?d|passphrase|pwd)$", re.IGNORECASE)
# Of keys in JSON data, in snake case.
_FIELD: Final = re.compile(
    r"(?:.*_)?(?:secrets?|token|password|passwd|api_?key|private_key|secret_(?:access_)?key|signing_key"
    r"|encryption_key|masterkey|authorization|cookie|client_assertion)"
)
# Of keys in a request's body; masking too much of an error's text does no harm.
_REQUEST_KEY: Final = re.compile(
    r"secret|token|password|credential|api_?key|authorization|value", re.IGNORECASE
)
# Of parameters of a URL, beside those of code.
_PARAMETER: Final = re.compile(r"(?:key|pass|pw|auth|sig|signature|apikey|accesskey)", re.IGNORECASE)
# In front of a value in running text: `auth_token: …`, `client_secret=…`.
_LABEL: Final = (
    r"(?:auth_?token|twilio_?token|access_?token|refresh_?token|client_?secret|gateway_?secret|secret_?access_?key"
    r"|api_?key|private_?key|passw(?:or)?d|authorization|secret|token)"
)


def names_secret(name: str) -> bool:
    """Whether the value of a variable, member or header with this name may be a secret."""
    return bool(_CODE_NAME.search(name))


def names_secret_parameter(name: str) -> bool:
    """Whether the value of a URL's parameter with this name may be a secret."""
    return names_secret(name) or bool(_PARAMETER.fullmatch(name))


def names_secret_field(key: str) -> bool:
    """Whether a key of JSON data (`clientSecret`, `client-secret`, `a.client_secret`) is the name of a secret."""
    last = key.rpartition(".")[2]
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).replace("-", "_").lower()
    return bool(_FIELD.fullmatch(name))


def may_name_secret(key: str) -> bool:
    """Whether a key of a request's body sounds like that of a secret; wider than `names_secret_field`."""
    return bool(_REQUEST_KEY.search(key))


# ---- values ------------------------------------------------------------------------------------------------------

# Public though it looks generated: Twilio SIDs that name things (accounts, messaging and Verify services, messages,
# calls, templates), Auth0's identifiers, UUIDs, names of headers and of variables, dates, addresses.
_PUBLIC: Final = re.compile(
    r"(?:AC|MG|VA|SM|MM|CA|HX|PN)[0-9a-f]{32}|(?:con|org|act|rol)_\w+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[xX]-[\w-]+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[\d.:TZ+-]+|v?\d+(?:\.\d+)+[\w.-]*|\w+://.*|[\w.-]+\.[a-z]{2,}(?:/.*)?|[\w.+-]+@[\w.-]+"
)
# Of these, what people keep beside keys in an Action's secrets and what plans, logs and reports must name: phone
# numbers in the form E.164 or without its plus sign, SIDs that name things, host names.
_SENDER_OR_ACCOUNT: Final = re.compile(
    r"\+[1-9]\d{6,14}|[1-9]\d{9,14}|(?:AC|MG|VA|SM|MM|CA|HX|PN)[0-9a-f]{32}|(?:[a-z0-9-]+\.)+[a-z]{2,24}"
)
_ADDRESS: Final = re.compile(
    r"\w+://.*|(?:[A-Za-z0-9-]+\.)+[a-z]{2,24}(?::\d{1,5})?(?:/.*)?|[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[a-z]{2,24}"
)
_GENERATED: Final = re.compile(r"[\w+/.~=-]{16,}")
_RUN: Final = re.compile(r"[\w+/~=-]{16,}")
_SCHEME: Final = re.compile(r"^(?:Basic|Bearer|Token|Key|App|ApiKey|AccessKey)\s+", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_COMMON_WORDS: Final = frozenset(
    [
        "string",
        "required",
        "optional",
        "missing",
        "invalid",
        "expired",
        "undefined",
        "unknown",
        "bearer",
        "hidden",
    ]
)


def without_scheme(value: str) -> str:
    """The value of an Authorization header without the word before the credential."""
    return _SCHEME.sub("", value, count=1)


def is_public(value: str) -> bool:
    """Whether a secret's value is a phone number, the SID of a Twilio account or service, or a host name.

    An Action reads its sender and account from its secrets, beside its key; the same number and SID are public
    members of a provider (`default_from`, `sid`), which must be shown and recorded.
    """
    return bool(_SENDER_OR_ACCOUNT.fullmatch(value))


def is_address(value: str) -> bool:
    """Whether a value is a URL, a host with or without a path, or an e-mail address, of which parts are public."""
    return bool(_ADDRESS.fullmatch(value))


def is_value(value: str) -> bool:
    """Whether it is one word with a digit or a mark: not a sentence, a header's name or another secret's name."""
    value = without_scheme(value)
    if len(value) < MIN_LENGTH or MASK in value or _PUBLIC.fullmatch(value) or re.search(r"\s", value):
        return False
    return bool(re.search(r"[\d!#$%&*@^~=]", value))


def is_plain_value(name: str, value: str) -> bool:
    """Whether plain words are a secret: where the name can mean nothing else; only passwords may have spaces."""
    password = bool(_PASSWORD_NAME.search(name))
    if not (password or _CERTAIN_NAME.search(name)) or len(value) < MIN_LENGTH or MASK in value:
        return False
    if _PUBLIC.fullmatch(value) or names_secret(value) or value.lower() in _COMMON_WORDS:
        return False
    return password or bool(re.fullmatch(r"\S+", value))


def looks_generated(value: str) -> bool:
    """Whether a value is long and mixes many different letters and digits, as generated keys do."""
    if _PUBLIC.fullmatch(value) or not _GENERATED.fullmatch(value):
        return False
    digits = sum(c.isdigit() for c in value)
    letters = sum(c.isalpha() for c in value)
    return digits >= 3 and letters >= 3 and len(set(value)) >= 8


def may_hold_generated(word: str) -> bool:
    """Whether a word of a text from outside may hold a generated value, also one encoded for URLs, HTML or Base64.

    Wider than `looks_generated`: where the text is not ours, a mask too many does no harm.
    """
    if _PUBLIC.fullmatch(word.strip(".:,;!?")) and "://" not in word:
        return False
    runs = _RUN.findall(html.unescape(unquote(word)))
    return any(_is_mixed(run) and len(set(run)) >= 8 and not _PUBLIC.fullmatch(run) for run in runs)


# ---- URLs --------------------------------------------------------------------------------------------------------

URL_PASSWORD: Final = re.compile(
    r"(?P<user>://[^\s/?#:@\"']*):(?!\d+[/?#]|\[redacted\]@|\*+@|\$\{)(?P<password>[^\s/@\"']+)@"
)
"""A URL's user and password; not a port, a mask or a template's placeholder."""

# ---- texts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SecretMatch:
    """Something in a text that looks like a secret: its kind and the index of its first character."""

    kind: str
    start: int

    def __str__(self) -> str:
        """For people: kind and place, never the value."""
        return f"{self.kind} at character {self.start}"


def jwt_signature(text: str) -> str:
    """Return the signature of a signed JWT; empty for every other text."""
    parts = text.split(".")
    return parts[2] if len(parts) == 3 and _is_jwt(text) else ""


def _is_jwt(text: str) -> bool:
    header = text.partition(".")[0]
    try:
        decoded = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(decoded, dict) and "alg" in decoded


def _is_mixed(text: str) -> bool:
    """Whether letters and digits are mixed, as in generated secrets but not in prose or in a variable's name."""
    if _VARIABLE.fullmatch(text):
        return False
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


@dataclass(frozen=True, slots=True)
class _Detector:
    """A kind of secret: its pattern, the group that holds the secret, and a closer look at the match."""

    kind: str
    pattern: re.Pattern[str]
    group: int | str = 0
    confirm: Callable[[str], bool] = bool


_DETECTORS: Final = (
    _Detector("JWT", re.compile(r"\beyJ[\w-]{5,}\.[\w-]{2,}\.[\w-]*", re.ASCII), confirm=_is_jwt),
    _Detector(
        "bearer token",
        re.compile(r"\bbearer\s+([\w.~+/-]{16,}=*)", re.ASCII | re.IGNORECASE),
        1,
        _is_mixed,
    ),
    _Detector("private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    _Detector("AWS access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", re.ASCII)),
    _Detector("Twilio API key", re.compile(r"\bSK[0-9a-f]{32}\b", re.ASCII)),
    _Detector("password in a URL", URL_PASSWORD, "password"),
    _Detector(
        "value of a secret",
        re.compile(
            rf"{_LABEL}[\"']?\s*[:=]\s*[\"']?((?!(?:AC|MG)[0-9a-f]{{32}}\b)[\w+/~-]{{12,}}=*)(?![\w(:]|\.[\w$\[])",
            re.ASCII | re.IGNORECASE,
        ),
        1,
        _is_mixed,
    ),
)


# The names that phonefleet makes of steps and of what an operator accepts (`clear_gateway_secret:con_…`): a kind of
# our own vocabulary with the id of a connection. The vocabulary is known, so nothing is guessed about it.
_OWN_NAME: Final = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(StepKind))}):con_[A-Za-z0-9]{{1,64}}(?![\w~+/=-])", re.ASCII
)


def find_secret_like(text: str) -> list[SecretMatch]:
    """Find what looks like a secret in a text, in the order of the text.

    Finds JWTs, bearer tokens, private keys in PEM, AWS keys, Twilio API keys, passwords in URLs, and values after a
    name such as `auth_token:` or `client_secret=`. Not matched: account and messaging service SIDs (`AC…`, `MG…`),
    checksums, references (`env:NAME`), redacted values, and the names that phonefleet itself makes
    (`clear_gateway_secret:con_…`).
    """
    found = [
        SecretMatch(detector.kind, match.start(detector.group))
        for detector in _DETECTORS
        for match in detector.pattern.finditer(text)
        if detector.confirm(match[detector.group])
    ]
    own = [match.span() for match in _OWN_NAME.finditer(text)] if found else []
    matches = [each for each in found if not any(start <= each.start < end for start, end in own)]
    return sorted(matches, key=lambda match: (match.start, match.kind))
