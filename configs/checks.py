"""Check what needs all tenants and waves together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from configs.fleet import TenantRef, Wave
from configs.matching import first_match
from configs.notify_rules import Notify
from configs.problems import Origin, Problem
from configs.tree import Node, Table, Text

_NAMED_AT_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class Traits:
    """What waves and overrides select a tenant by, even if the tenant is not valid."""

    domain: str
    environment: str
    region: str
    tier: str
    owner: str
    labels: Mapping[str, str]
    origin: Origin


def traits_of(table: Table) -> Traits:
    """Return the traits of a tenant's merged keys, with the model's defaults for absent ones."""

    def text(key: str) -> str:
        node = table.get(key)
        return str(node).strip() if isinstance(node, Text) else str(TenantRef.model_fields[key].get_default())

    labels = table.get("labels")
    named = labels.items() if isinstance(labels, Table) else ()
    return Traits(
        domain=text("domain").lower() if isinstance(table.get("domain"), Text) else "",
        environment=text("environment"),
        region=text("region"),
        tier=text("tier"),
        owner=text("owner"),
        labels={key: str(value) for key, value in named if isinstance(value, Text)},
        origin=table.origin,
    )


def check_domains(tenants: Sequence[Traits], problems: list[Problem]) -> None:
    """Report each domain that is listed more than once, over all sources."""
    first: dict[str, Origin] = {}
    for tenant in tenants:
        if tenant.domain in first:
            fact = f"{tenant.domain} is already listed at {first[tenant.domain].place}"
            problems.append(Problem.at(tenant.origin, fact, "Keep one of the two", key="domain"))
        elif tenant.domain:
            first[tenant.domain] = tenant.origin


def check_wave_names(waves: Sequence[tuple[Wave, Node]], problems: list[Problem]) -> None:
    """Report each name that several waves have."""
    first: dict[str, Origin] = {}
    for wave, node in waves:
        if wave.name in first:
            fact = f"wave {wave.name} is already defined at {first[wave.name].place}"
            problems.append(Problem.at(node.origin, fact, "Give each wave its own name", key="name"))
        first.setdefault(wave.name, node.origin)


def check_recipients(
    tenants: Sequence[TenantRef], notify: Notify | None, section: Origin, problems: list[Problem]
) -> None:
    """Report recipients of messages whose owner has no tenant, and names that several have."""
    owners = {tenant.owner for tenant in tenants}
    names = set[str]()
    for recipient in notify.recipients if notify else ():
        if recipient.owner is not None and recipient.owner not in owners and tenants:
            fact = f"recipient {recipient.name}: {recipient.owner} owns no tenant"
            problems.append(Problem.at(section, fact, "Correct `owner` or remove the recipient"))
        if recipient.name in names:
            fact = f"several recipients are named {recipient.name}"
            problems.append(Problem.at(section, fact, "Give each its own name"))
        names.add(recipient.name)


def check_membership(
    tenants: Sequence[Traits], waves: Sequence[tuple[Wave, Node]], section: Origin, problems: list[Problem]
) -> None:
    """Report tenants that are in no wave and waves that have no tenant."""
    models = [wave for wave, _ in waves]
    member_of = [first_match(tenant, models) for tenant in tenants]
    left_out = [tenant for tenant, name in zip(tenants, member_of, strict=True) if name is None]
    if left_out:
        named = ", ".join(f"{one.domain or '?'} ({one.origin.place})" for one in left_out[:_NAMED_AT_MOST])
        more = f" and {len(left_out) - _NAMED_AT_MOST} more" if len(left_out) > _NAMED_AT_MOST else ""
        are = "is" if len(left_out) == 1 else "are"
        fact = f"{_tenants(len(left_out))} {are} in no wave: {named}{more}"
        advice = "Add a last wave without `match` for the remaining tenants"
        problems.append(Problem.at(section, fact, advice))
    for wave, node in waves:
        if wave.name in member_of:
            continue
        fact, taken = f"wave {wave.name} selects nothing", sum(wave.selects(one) for one in tenants)
        if taken:
            fact += f": earlier waves select all that it matches ({_tenants(taken)})"
            advice = "Move it up, narrow the earlier waves or remove it"
        else:
            fact += f": its `match` fits none of {_tenants(len(tenants))}"
            advice = "Correct its `match` or remove the wave"
        problems.append(Problem.at(node.origin, fact, advice))


def _tenants(count: int) -> str:
    return "1 tenant" if count == 1 else f"{count} tenants"
