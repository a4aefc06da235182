"""The faults that a rehearsal injects: short text, JSON, or a file of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from configs import TenantRef
from flows.fault_text import fault_value, read_faults
from phonefleet.errors import PlanRefused
from simulator.faults import FaultDocument, RateOverride, Rule

_SHORT: Final = re.compile(r"[a-z_]+=[^=,]+(,[a-z_]+=[^=,]+)*")
_LISTS: Final = frozenset({"provider_fails", "provider_fails_after_switch"})
FAILS: Final = "the provider refuses every message (rehearsed fault)"


class RehearsalFaults(BaseModel):
    """What goes wrong.

    Attributes:
        provider_fails: regions or globs for domains whose SMS providers and gateways refuse every message.
        provider_fails_after_switch: the same while a tenant is switched: test messages arrive before, and messages
            after a rollback.
        dead_worker: the process is killed right after so many writes, and then continued.
        rate_limit: one rate limit of Auth0 for every tenant, in place of its tier's.
        error_rate: the share of requests that Auth0 answers with 5xx, 0 to 1.
        drop_rate: the share of requests whose connection is cut, 0 to 1.
        seed: which requests these are.
        rules: further faults of the simulator.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider_fails: tuple[str, ...] = ()
    provider_fails_after_switch: tuple[str, ...] = ()
    dead_worker: int | None = Field(default=None, ge=1)
    rate_limit: RateOverride | None = None
    error_rate: float = Field(default=0.0, ge=0, le=1)
    drop_rate: float = Field(default=0.0, ge=0, le=1)
    seed: int = 0
    rules: tuple[Rule, ...] = ()

    def document(self) -> FaultDocument:
        """Return what the simulator injects by itself."""
        return FaultDocument(
            seed=self.seed,
            error_rate=self.error_rate,
            drop_rate=self.drop_rate,
            rate_limit=self.rate_limit,
            rules=self.rules,
        )

    def describe(self) -> str:
        """Return the faults that are asked for, as JSON with the keys that are not the default."""
        return json.dumps(self.model_dump(mode="json", exclude_defaults=True), sort_keys=True)


def selected(patterns: Iterable[str], tenants: Iterable[TenantRef]) -> frozenset[str]:
    """Return the domains of the tenants whose region is, or whose domain matches, one of the patterns.

    Raises:
        PlanRefused: a pattern selects none, so that the fault would not be rehearsed.
    """
    listed = list(tenants)
    found: set[str] = set()
    for pattern in patterns:
        hit = {t.domain for t in listed if t.region == pattern or fnmatchcase(t.domain, pattern.lower())}
        if not hit:
            known = ", ".join(sorted({t.region for t in listed if t.region})) or "none"
            raise PlanRefused(
                f"--faults: {pattern} is neither a region nor a domain of the fleet; its regions: {known}"
            )
        found |= hit
    return frozenset(found)


def parse_rehearsal_faults(text: str | None) -> RehearsalFaults:
    """Parse `provider_fails=eu,dead_worker=5,rate_limit=10/2,error_rate=5%`, JSON, or a file of JSON.

    Several regions are separated by `+`.

    Raises:
        PlanRefused: it is none of them, or has a fault that does not exist.
    """
    if text is None:
        return RehearsalFaults()
    try:
        return RehearsalFaults.model_validate(read_faults(text, _SHORT, _fault))
    except OSError as error:
        raise PlanRefused(f"--faults {text}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise PlanRefused(f"--faults: {wrong}") from error
    except ValueError as error:
        raise PlanRefused(f"--faults: {error}") from error


def _fault(name: str, value: str) -> Any:
    return value.split("+") if name in _LISTS else fault_value(value)
