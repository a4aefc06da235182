"""Groups of a plan as lines of text: what is common to their tenants, and in what these differ."""

from __future__ import annotations

from collections.abc import Iterator

from flows.plan_groups import PlanGroup

_NAMED = 5
_SHOWN = 70


def group_lines(group: PlanGroup) -> Iterator[str]:
    """Yield an empty line and what a group is: its tenants, its route, its steps with their fields."""
    same = f"the same {len(group.steps)} steps" if len(group.domains) > 1 else f"{len(group.steps)} steps"
    differing = f", differing in {', '.join(group.differing)}" if group.differing else ""
    yield ""
    yield f"{tenants_line(group.domains)}: {same}{differing}"
    waits = f"; waits for approval of {', '.join(group.awaiting)}" if group.awaiting else ""
    yield f"  route {group.route}, {group.reversibility}{waits}"
    yield from (f"  warning {warning}" for warning in group.warnings)
    for number, step in enumerate(group.steps, 1):
        yield f"  {number:2}. {step.name}"
        for field in step.fields:
            yield f"        {field.path}: {change_line(field.before, field.after, field.values)}"


def change_line(before: str | None, after: str | None, values: int = 1) -> str:
    """Return a change of a field on one line; of several values only their number."""
    if values > 1:
        return f"differs ({values} values)"
    return f"{_short(before)} -> {_short(after)}" if before is not None else _short(after)


def tenants_line(domains: tuple[str, ...]) -> str:
    """Return how many tenants there are, with the first of them."""
    more = f" and {len(domains) - _NAMED} more" if len(domains) > _NAMED else ""
    return f"{len(domains)} tenant{'' if len(domains) == 1 else 's'} ({', '.join(domains[:_NAMED])}{more})"


def _short(text: str | None) -> str:
    line = " ".join((text if text is not None else "absent").split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}… ({len(line)} characters)"
