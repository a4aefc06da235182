"""How many tenants of an owner or a region may be switched at once and within a day. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from configs import Caps, Selectable

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CappedGroup:
    """The tenants of one owner or of one region.

    Attributes:
        kind: `owner` or `region`.
        name: Which one.
        at_once: How many of them may be in their switch at once; None without a limit.
        per_day: How many of them may be switched within any 24 hours; None without a limit.
    """

    kind: str
    name: str
    at_once: int | None
    per_day: int | None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def groups_of(tenant: Selectable, caps: Caps) -> tuple[CappedGroup, ...]:
    """Return the capped groups that a tenant is in."""
    each = (("owner", tenant.owner, caps.owner), ("region", tenant.region, caps.region))
    return tuple(
        CappedGroup(kind, name, cap.at_once, cap.per_day)
        for kind, name, cap in each
        if name and (cap.at_once or cap.per_day)
    )


@dataclass
class CapCounts:
    """The switches of a fleet's tenants, counted by capped group.

    Attributes:
        groups: The groups of each tenant, by domain.
        switched: When each tenant's last switch began, by domain, aware UTC.
        under_way: How many tenants of each group are in their switch.
    """

    groups: Mapping[str, tuple[CappedGroup, ...]]
    switched: dict[str, datetime] = field(default_factory=dict)
    under_way: Counter[CappedGroup] = field(default_factory=Counter)

    @property
    def any_per_day(self) -> bool:
        """Whether any tenant has a limit per day."""
        return any(group.per_day for groups in self.groups.values() for group in groups)

    def has_place(self, domain: str) -> bool:
        """Return whether the tenant's groups let one more be in its switch."""
        groups = self.groups[domain]
        return all(group.at_once is None or self.under_way[group] < group.at_once for group in groups)

    def begin(self, domain: str) -> None:
        """Count a tenant that takes a place for its switch."""
        self.under_way.update(self.groups[domain])

    def end(self, domain: str) -> None:
        """Count that the place is free again."""
        self.under_way.subtract(self.groups[domain])

    def earliest(self, domain: str, at: datetime, admitted: Iterable[str]) -> datetime:
        """Return when the tenant may be switched: `at` or later.

        Args:
            domain: The tenant.
            at: Now, aware.
            admitted: Others that start now, and count as switched now.
        """
        others = set(admitted) - {domain}
        limits = [at]
        for group in self.groups[domain]:
            if group.per_day is None:
                continue
            times = [at for other in others if group in self.groups[other]]
            times += [
                moment
                for other, moment in self.switched.items()
                if other not in others and other != domain and group in self.groups.get(other, ())
            ]
            recent = sorted(moment for moment in times if moment > at - DAY)
            if len(recent) >= group.per_day:
                limits.append(recent[-group.per_day] + DAY)
        return max(limits)
