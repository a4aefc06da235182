"""Stand-ins for an Action's secrets: each recognizable by its name, each in the form that the code needs.

The form is guessed from the words of the name, and corrected by how the code uses the value (``reshaped``). The code
is a tenant's: each expression that searches it takes time in proportion to its length.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from phonefleet.actions.verify.traces import ProgramRun

_PLAIN = re.compile(r"secrets\s*(?:\?\.|\.)\s*([A-Za-z_$][\w$]*)")
_QUOTED = re.compile(r"secrets\s*(?:\?\.)?\[\s*(['\"`])([^'\"`\]]+)\1\s*\]")
_TAKEN_APART = re.compile(r"\{([^{}]*)\}\s*=\s*[\w$.?]*\bsecrets\b")
_ALIAS = re.compile(r"(?<![\w$])([A-Za-z_$][\w$]*)\s*=\s*[\w$.?]*\bsecrets\b\s*(?:\|\||\?\?|[;,)\n])")
_MEMBER = re.compile(r"(?<![\w$.])([A-Za-z_$][\w$]*)(?=\s*\??\.\s*([A-Za-z_$][\w$]*))")
_PARSED = r"JSON\.parse\([^)\n]{0,200}?"
"""The beginning of a call, up to a name in it. Its length is limited: a search begins at each call."""


class Form(StrEnum):
    """The form that the value of a secret must have for the code to continue."""

    ADDRESS = "address"
    HOST = "host"
    ACCOUNT = "account"
    SERVICE = "service"
    SENDERS = "senders"
    JSON = "json"
    REGION = "region"
    NUMBER = "number"
    PHONE = "phone"
    ON = "on"
    OFF = "off"
    KEY = "key"
    GATEWAY_KEY = "gateway key"


Forms = Mapping[str, Form]
_BY_WORD: Final[tuple[tuple[Form, frozenset[str]], ...]] = (
    (Form.ADDRESS, frozenset({"URL", "URI", "ENDPOINT", "WEBHOOK"})),
    (Form.REGION, frozenset({"REGION"})),
    (Form.OFF, frozenset({"DISABLED", "DISABLE", "DEBUG", "FLAG", "DRYRUN"})),
    (Form.ON, frozenset({"ENABLED", "ENABLE"})),
    (Form.NUMBER, frozenset({"TIMEOUT", "RETRIES", "PORT", "TTL", "COUNT", "LIMIT", "ATTEMPTS", "MS"})),
    (Form.PHONE, frozenset({"PHONE", "FROM", "NUMBER", "NUMBERS", "SENDER", "CALLER"})),
)
_RUN_ON: Final = re.compile(r"(?<!C)URL$|ENDPOINT$|WEBHOOK$")
_NOTED_FORMS: Final = (Form.ACCOUNT, Form.ADDRESS)


def names_in(code: str) -> frozenset[str]:
    """The secrets that ``code`` visibly reads; names read in other ways are noted when it runs."""
    names = set(_PLAIN.findall(code)) | {name for _, name in _QUOTED.findall(code)}
    for group in _TAKEN_APART.findall(code):
        names |= {re.split(r"[:=]", part)[0].strip().strip("'\"") for part in group.split(",")}
    aliases = set(_ALIAS.findall(code))
    names |= {name for alias, name in _MEMBER.findall(code) if alias in aliases}
    return frozenset(
        name for name in names if re.fullmatch(r"[A-Za-z_$][\w$-]*", name) and name != "hasOwnProperty"
    )


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, in capitals: ``smsApiUrl``, ``SMS_API_URL`` and ``sms-api-url`` have the same."""
    parts = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    parts = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", parts)
    return tuple(word.upper() for word in re.split(r"[^A-Za-z0-9]+", parts) if word)


def form_of(name: str, code: str = "") -> Form:
    """The likely form of the secret ``name``, from its words and from how ``code`` reads it."""
    if name.startswith("GATEWAY_SECRET"):
        return Form.GATEWAY_KEY
    if re.search(rf"JSON\.parse\([^)]{{0,200}}?\b{re.escape(name)}\b", code):
        return Form.JSON
    words = words_of(name)
    if words[-1:] == ("PATH",) and set(words) & {"BASE", "API"}:
        return Form.ADDRESS
    if words[-1:] and words[-1] in ("HOST", "HOSTNAME", "DOMAIN"):
        return Form.HOST
    if any(word == "SID" or word.endswith("SID") for word in words):
        text = " ".join(words)
        if "MESSAG" in text or "MSSID" in text:
            return Form.SENDERS
        return Form.SERVICE if "SERVICE" in text or "VERIFY" in text else Form.ACCOUNT
    if words[-1:] and _RUN_ON.search(words[-1]):
        return Form.ADDRESS
    if {"DRY", "RUN"} <= set(words) or {"TEST", "MODE"} <= set(words):
        return Form.OFF
    return next((form for form, known in _BY_WORD if known & set(words)), Form.KEY)


def stand_in(name: str, code: str = "", form: Form | None = None) -> str:
    """The value that the secret ``name`` has in a verification: never a real one, and different for every name."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "secret"
    number = str(int(digest[:8], 16))
    match form or form_of(name, code):
        case Form.GATEWAY_KEY:
            return base64.b64encode(digest[:24].encode()).decode()  # readable both as it is and as base64
        case Form.JSON:
            return _as_json(name, code, f"{slug}-{digest[:8]}")
        case Form.ADDRESS:
            return f"https://{slug}-{digest[:6]}.example/v1"
        case Form.HOST:
            return f"{slug}-{digest[:6]}.example"
        case Form.ACCOUNT:
            return "AC" + digest[:32]
        case Form.SERVICE:
            return "VA" + digest[:32]
        case Form.SENDERS:
            return "MG" + digest[:32]
        case Form.REGION:
            return f"eu-{slug}-1"
        case Form.NUMBER:
            return str(3 + int(digest[:2], 16) % 40) + "00"
        case Form.PHONE:
            return "+1555" + number[:7].rjust(7, "0")
        case Form.ON:
            return "true"
        case Form.OFF:
            return "false"
        case Form.KEY:
            return f"secret-{slug}-{digest[:12]}"


def _as_json(name: str, code: str, value: str) -> str:
    """An object with the keys that the code seems to read from it, each in the form of its own name."""
    fields = {"name": name, "value": value}
    parsed = rf"\s*=\s*{_PARSED}\b{re.escape(name)}\b"
    aliases = set(re.findall(rf"(?<![\w$])([\w$]+){parsed}", code))
    for alias, key in _MEMBER.findall(code):
        if alias in aliases:
            fields[key] = stand_in(key)
    for group in re.findall(rf"\{{([^{{}}]*)\}}{parsed}", code):
        for part in group.split(","):
            key = re.split(r"[:=]", part)[0].strip()
            if re.fullmatch(r"[A-Za-z_$][\w$]*", key):
                fields[key] = stand_in(key)
    return json.dumps(fields)


def stand_ins(names: Iterable[str], code: str = "", forms: Forms | None = None) -> dict[str, str]:
    """Stand-ins for all ``names``, in alphabetical order; ``forms`` overrides what their names suggest."""
    given = forms or {}
    return {name: stand_in(name, code, given.get(name)) for name in sorted(set(names))}


def reshaped(run: ProgramRun, secrets: Mapping[str, str]) -> dict[str, Form]:
    """The forms in which a run used secrets: a used text begins with the secret's value."""
    return {
        name: form
        for form in _NOTED_FORMS
        for text in run.notes_of(f"asks {form}")
        for name, value in secrets.items()
        if text.startswith(value)
    }
