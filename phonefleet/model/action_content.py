"""Compare what Actions consist of."""

from __future__ import annotations

from phonefleet.model.canonical import checksum
from phonefleet.model.fact import ActionContent


def content_checksum(content: ActionContent) -> str:
    """Return the SHA-256 of code, dependencies and names of secrets; the order of both lists does not count."""
    return checksum(
        {
            "code": content.code,
            "fingerprint": content.fingerprint,
            "dependencies": sorted(f"{d.name}@{d.version}" for d in content.dependencies),
            "secrets": sorted(content.secret_names),
        }
    )


def is_same(one: ActionContent, other: ActionContent) -> bool:
    """Whether both run the same: content and runtime."""
    return one.runtime == other.runtime and content_checksum(one) == content_checksum(other)
