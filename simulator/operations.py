"""The shape of one simulated operation, of a call to it and of its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import QueryParams

from simulator.clock import Clock
from simulator.errors import invalid_body, invalid_query
from simulator.faults import Effect
from simulator.ids import Ids
from simulator.pace import Timing as Timing
from simulator.ratelimit import Group
from simulator.state import Tenant


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, JSON or no body, and headers in addition to those of the rate limit."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Call:
    """One request as a handler sees it: authorized, parsed and of the right shape."""

    tenant: Tenant
    path: dict[str, str]
    query: QueryParams
    body: Any
    client_id: str
    scopes: frozenset[str]
    clock: Clock
    method: str = field(default="GET", kw_only=True)
    timing: Timing
    effects: frozenset[Effect] = frozenset()
    now: float = field(init=False)
    ids: Ids = field(init=False)

    def __post_init__(self) -> None:
        """Fix the moment of the call, so that all of its timestamps agree."""
        self.now = self.clock.now()
        self.ids = Ids(self.tenant.rng)

    def flag(self, name: str) -> bool | None:
        """Return a boolean of the query string; None when it is not there."""
        text = self.query.get(name)
        if text is None:
            return None
        if text not in ("true", "false"):
            raise invalid_query(f"'{name}' must be true or false, not {text!r}")
        return text == "true"

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """Return an integer of the query string within its bounds."""
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isdecimal() or not low <= int(text) <= high:
            raise invalid_query(f"'{name}' must be a whole number from {low} to {high}, not {text!r}")
        return int(text)


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the Management API.

    Attributes:
        scopes: any one of them lets a token in.
        body: what a request body must look like; None where the operation takes none.
        description: what the tenant log says of it.
        without_body: what a request without a body means.
        reads_secret: whether the answer holds a credential, which Auth0 logs as ``mgmt_api_read``.
    """

    method: str
    path: str
    scopes: tuple[str, ...]
    handler: Handler
    description: str
    body: TypeAdapter[Any] | None = None
    group: Group = Group.OTHER
    reads_secret: Callable[[Any], bool] | None = None
    without_body: bytes = b""

    @property
    def limited_as(self) -> Group:
        """The group whose bucket a request draws on: the published groups are of reads."""
        return self.group if self.method == "GET" else Group.OTHER

    @property
    def write(self) -> bool:
        """Whether the operation may change the tenant."""
        return self.method != "GET"


def check_body(adapter: TypeAdapter[Any], body: Any) -> None:
    """Refuse a body of the wrong shape with the 400 that names the first property at fault."""
    try:
        adapter.validate_python(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"] if not str(part).startswith("function-"))
        raise invalid_body(f"'{first['msg']}' on property {place or '(body)'}.") from None
