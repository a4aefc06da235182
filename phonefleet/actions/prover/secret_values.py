"""Stand-ins for an Action's secrets: each marked by its name, each in a form that its use needs."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

_PLAIN = re.compile(r"secrets\s*(?:\?\.|\.)\s*([A-Za-z_$][\w$]*)")
_QUOTED = re.compile(r"secrets\s*(?:\?\.)?\[\s*(['\"`])([^'\"`\]]+)\1\s*\]")
_TAKEN_APART = re.compile(r"\{([^{}]*)\}\s*=\s*[\w$.?]*\bsecrets\b")
_ALIAS = re.compile(r"([A-Za-z_$][\w$]*)\s*=\s*[\w$.?]*\bsecrets\b\s*(?:\|\||\?\?|[;,)\n])")


def names_in(code: str) -> frozenset[str]:
    """The secrets that ``code`` visibly reads; names read in other ways are noticed when it runs."""
    found = set(_PLAIN.findall(code)) | {name for _, name in _QUOTED.findall(code)}
    for group in _TAKEN_APART.findall(code):
        found |= {re.split(r"[:=]", part)[0].strip().strip("'\"") for part in group.split(",")}
    for alias in set(_ALIAS.findall(code)):
        found |= set(re.findall(rf"(?<![\w$.]){re.escape(alias)}\s*(?:\?\.|\.)\s*([A-Za-z_$][\w$]*)", code))
    return frozenset(
        name for name in found if re.fullmatch(r"[A-Za-z_$][\w$-]*", name) and name != "hasOwnProperty"
    )


def stand_in(name: str, code: str = "") -> str:
    """The value that the secret ``name`` has in a proof: never a real one, and different for every name."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    if name.startswith("GATEWAY_SECRET"):
        return base64.b64encode(digest[:24].encode()).decode()  # readable both as it is and as base64
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "secret"
    upper = name.upper()
    if re.search(rf"JSON\.parse\([^)]*\b{re.escape(name)}\b", code):
        return f'{{"name": "{name}", "value": "{slug}-{digest[:8]}"}}'
    if re.search(r"URL|URI|ENDPOINT|WEBHOOK", upper) or re.search(r"(^|_)(BASE|API)_?(HOST_)?PATH$", upper):
        return f"https://{slug}-{digest[:6]}.example/v1"
    if re.search(r"(^|_)(HOST|HOSTNAME|DOMAIN)$", upper):
        return f"{slug}-{digest[:6]}.example"
    return _by_kind(upper, slug, digest)


def _by_kind(upper: str, slug: str, digest: str) -> str:
    number = str(int(digest[:8], 16))
    if "SID" in upper.split("_") or upper.endswith("SID"):
        prefix = (
            "MG"
            if "MESSAG" in upper or "MSSID" in upper
            else "VA"
            if "SERVICE" in upper or "VERIFY" in upper
            else "AC"
        )
        return prefix + digest[:32]
    if "REGION" in upper:
        return f"eu-{slug}-1"
    if re.search(r"TIMEOUT|RETRIES|PORT$|TTL|COUNT|LIMIT|ATTEMPTS", upper):
        return str(3 + int(digest[:2], 16) % 40) + "00"
    if re.search(r"PHONE|FROM|NUMBER|SENDER|CALLER", upper):
        return "+1555" + number[:7].rjust(7, "0")
    if re.search(r"ENABLED|DISABLED|DEBUG|FLAG|DRY_?RUN|TEST_MODE", upper):
        return "false"
    return f"secret-{slug}-{digest[:12]}"


def stand_ins(names: Iterable[str], code: str = "") -> dict[str, str]:
    """Stand-ins for all ``names``, in alphabetical order."""
    return {name: stand_in(name, code) for name in sorted(set(names))}
