"""Which tenants a wave takes and in which order, and how many of an owner or a region are switched."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from configs.matching import Match
from configs.tree import Table, Text
from configs.values import ACROSS_KEYS, NonEmpty, Strict, wrong


class OrderBy(StrEnum):
    """What the tenants of a wave are ordered by."""

    LISTED = "listed"
    """As the fleet file lists them."""
    LABEL = "label"
    """By the value of a label: numbers by size, then texts, then tenants without the label."""
    USE = "use"
    """By the number of factors, Passwordless connections and phone identifiers that send messages."""


class Order(Strict):
    """The order of the tenants in a wave.

    Attributes:
        by: What they are ordered by; `label` where `label` is given.
        label: The label whose values order them; required by `by: label`.
        descending: The other way round. Tenants without the label remain last; `listed` does not change.
    """

    by: OrderBy = OrderBy.LISTED
    label: NonEmpty | None = None
    descending: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        """Accept `order: listed`, `order: use` and `order: {label: NAME}`."""
        if isinstance(data, Table):
            listed: Any = Table(data.origin)
            listed.update({"by": Text(OrderBy.LABEL, data.origin)} if "label" in data else {})
            listed.update(data)
            return listed
        return {"by": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _label_named(self) -> Order:
        if (self.by is OrderBy.LABEL) != (self.label is not None):
            raise wrong("names no label", "Write {label: NAME}, use or listed", kind=ACROSS_KEYS)
        return self


class WaveRules(Strict):
    """The keys that say which tenants a wave takes, and in which order.

    Attributes:
        exclude: Of the tenants that `match` selects, those that a later wave takes.
        order: The order of its tenants.
        owner_first: One tenant of each owner comes first, in batches of their own; the owner's others follow after
            its soak, and only if it was migrated.
        require_rehearsal: Only a tenant whose plan was rehearsed is changed; the others are held.
    """

    exclude: Match | None = None
    order: Order = Order()
    owner_first: bool = False
    require_rehearsal: bool = False


Count = Annotated[int, Field(ge=1, le=100_000)]


class GroupCap(Strict):
    """How many tenants of one owner or one region are switched; no limit without a value.

    Attributes:
        at_once: At the same time.
        per_day: Within any 24 hours, by whichever run of the fleet.
    """

    empty_is_absent: ClassVar[bool] = False  # a forgotten number would be no limit

    at_once: Count | None = None
    per_day: Count | None = None


class Caps(Strict):
    """The caps of each owner and of each region; a tenant without the key is in no group and not capped."""

    empty_is_absent: ClassVar[bool] = False  # a forgotten cap would be no limit

    owner: GroupCap = GroupCap()
    region: GroupCap = GroupCap()
