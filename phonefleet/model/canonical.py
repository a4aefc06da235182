"""Canonical JSON and its checksum."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import orjson

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def canonical(value: Any) -> bytes:
    """Encode a value as JSON with sorted keys and no spaces: equal values give equal bytes.

    A name that a tenant chooses may contain half of a surrogate pair, which JSON can escape and UTF-8 cannot encode:
    such a half becomes U+FFFD.
    """
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError:
        return orjson.dumps(encodable(value), option=_OPTIONS)


def encodable(value: Any) -> Any:
    """Replace lone surrogates in a JSON value: see `canonical`."""
    match value:
        case str():
            return _LONE_SURROGATE.sub("\ufffd", value)
        case Mapping():
            return {encodable(key): encodable(inner) for key, inner in value.items()}
        case list() | tuple():
            return [encodable(inner) for inner in value]
        case _:
            return value


def checksum(value: Any) -> str:
    """Compute the SHA-256 (hex) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical(value)).hexdigest()
