"""Which tenants a wave or an override selects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, ClassVar, Protocol, TypeVar

from pydantic import AfterValidator

from configs.values import NonEmpty, OneOrMore, Strict


class Selectable(Protocol):
    """The attributes that a tenant can be selected by."""

    @property
    def domain(self) -> str: ...  # noqa: D102
    @property
    def environment(self) -> str: ...  # noqa: D102
    @property
    def region(self) -> str: ...  # noqa: D102
    @property
    def tier(self) -> str: ...  # noqa: D102
    @property
    def owner(self) -> str: ...  # noqa: D102
    @property
    def labels(self) -> Mapping[str, str]: ...  # noqa: D102


Tenant = TypeVar("Tenant", bound=Selectable)


class Match(Strict):
    """Select the tenants that match every given key; a list matches any of its values.

    Attributes:
        domain: Globs (`*`, `?`, `[…]`) for the tenant's domain.
        environment: Exact values.
        region: Exact values.
        tier: Exact values.
        owner: Exact values.
        labels: Exact values by label.
    """

    empty_is_absent: ClassVar[bool] = False  # a forgotten value would select every tenant

    domain: Annotated[OneOrMore, AfterValidator(lambda globs: tuple(glob.lower() for glob in globs))] = ()
    environment: OneOrMore = ()
    region: OneOrMore = ()
    tier: OneOrMore = ()
    owner: OneOrMore = ()
    labels: Mapping[NonEmpty, OneOrMore] = {}

    def selects(self, tenant: Selectable) -> bool:
        """Return whether the tenant matches every key."""
        exact = (
            (self.environment, tenant.environment),
            (self.region, tenant.region),
            (self.tier, tenant.tier),
            (self.owner, tenant.owner),
            *((wanted, tenant.labels.get(label)) for label, wanted in self.labels.items()),
        )
        if any(wanted and value not in wanted for wanted, value in exact):
            return False
        return not self.domain or any(fnmatchcase(tenant.domain, glob) for glob in self.domain)


def select(tenants: Iterable[Tenant], match: Match) -> tuple[Tenant, ...]:
    """Return the tenants that `match` selects, in their order."""
    return tuple(tenant for tenant in tenants if match.selects(tenant))


class Selecting(Protocol):
    """Something with a name that selects tenants, such as a wave."""

    @property
    def name(self) -> str: ...  # noqa: D102
    def selects(self, tenant: Selectable) -> bool: ...  # noqa: D102


def first_match(tenant: Selectable, waves: Sequence[Selecting]) -> str | None:
    """Return the name of the first wave that selects the tenant, or None."""
    return next((wave.name for wave in waves if wave.selects(tenant)), None)
