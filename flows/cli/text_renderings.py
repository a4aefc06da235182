"""Show on a terminal which messages users will read or hear differently."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from phonefleet.model.message_texts import TextChange
from phonefleet.model.plan import TenantPlan

MOST_TENANTS = 3
"""How many tenants `plan` shows; the plan file and the report have all."""


def quoted(text: str) -> str:
    """Return a text on one line: a line break in it must not look like a line of ours."""
    return json.dumps(text, ensure_ascii=False)


def renderings(changes: Iterable[TextChange]) -> Iterator[str]:
    """Yield each change: whose message it is, and both renderings below each other."""
    for change in changes:
        yield f"text {change.reader}, {change.type} by {change.method}:"
        yield f"  old{'' if change.old_rendered else ' template'}: {quoted(change.old)}"
        yield f"  new{'' if change.new_rendered else ' template'}: {quoted(change.new)}"


def plan_renderings(tenants: Iterable[TenantPlan]) -> Iterator[str]:
    """Yield what changes in the texts of a fleet's messages: a count, and the first tenants in full."""
    changed = [(each.domain, texts) for each in tenants if (texts := _texts(each))]
    if not changed:
        return
    messages = sum(len(texts) for _, texts in changed)
    yield f"{messages} message(s) of {len(changed)} tenant(s) will be worded differently:"
    for domain, texts in changed[:MOST_TENANTS]:
        yield f"  {domain}"
        yield from (f"    {line}" for line in renderings(texts))
    if len(changed) > MOST_TENANTS:
        yield f"  {len(changed) - MOST_TENANTS} more tenant(s): see texts in the plan file, or the report"


def _texts(tenant: TenantPlan) -> tuple[TextChange, ...]:
    plan = tenant.plan or tenant.proposal
    return plan.texts if plan else tenant.assessment.texts
