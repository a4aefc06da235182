"""The names by which an operator accepts what a change breaks, overwrites or removes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

CHANGED: Final = "changed"
"""The kind of an object that somebody changed or replaced after a migration wrote it; its id is the step's key."""
UNTESTED_CREDENTIALS: Final = "untested_credentials"
"""The name by which an operator accepts that the provider's credentials may have been overwritten."""
ILL_HEALTH: Final = "ill_health"
"""The name by which an operator accepts that messages fail more than before the switch."""


@dataclass(frozen=True, slots=True, order=True)
class ImpactName:
    """One such name: a kind and, for most kinds, an id.

    The kinds are `phonefleet.model.assessment.DependentKind`, the kinds of steps that remove legacy parts, and
    the constants of this module.
    """

    kind: str
    id: str = ""

    def __str__(self) -> str:
        """Render the name as reports show it and operators write it: `kind:id`."""
        return f"{self.kind}:{self.id}" if self.id else self.kind

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what an operator wrote."""
        kind, _, identifier = text.partition(":")
        return cls(kind, identifier)


def parse_names(texts: Iterable[str]) -> frozenset[ImpactName]:
    """Read the names that an operator wrote."""
    return frozenset(map(ImpactName.parse, texts))
