"""What the ledger says about a tenant's Action on `custom-phone-provider`: what plans wrote, and what they kept."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from phonefleet.actions.redacted_text import redact_code
from phonefleet.assessment.action_examination import OwnActions
from phonefleet.execution.applied_plans import applied_plan, migration_plans
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.action_content import content_checksum
from phonefleet.model.fact import ActionContent
from phonefleet.model.plan import Plan
from phonefleet.model.snapshot import Snapshot
from phonefleet.model.steps import AdoptActionStep, CreateActionStep, SendTestStep, UpdateActionStep


async def own_actions_of(snapshot: Snapshot, ledger: Ledger | None) -> OwnActions:
    """Return what the ledger says; it is not asked where the tenant has no such Action."""
    if ledger is None or not snapshot.custom_actions:
        return OwnActions()
    return await asyncio.to_thread(own_actions, ledger, snapshot.domain)


def own_actions(ledger: Ledger, domain: str) -> OwnActions:
    """Return what the migration plans that were begun on a tenant wrote, and what those that are applied kept.

    A run may have died before it recorded that a write was done, so a plan that was begun counts: only an Action with
    exactly its content is taken for the plan's.
    """
    records = ledger.steps.of_tenant(domain=domain)
    plans = migration_plans(ledger, records)
    tested: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for plan in plans:
        content = plan.kept.content if plan.kept else _written(plan)
        tested[content] |= {s.after.delivery_method for s in plan.steps if isinstance(s, SendTestStep)}
    return OwnActions(
        written=frozenset(content for plan in plans if (content := _written(plan))),
        kept=frozenset(plan.kept.content for plan in plans if plan.kept and applied_plan(plan, records)),
        tested=tested,
    )


def _written(plan: Plan) -> str:
    """Return the checksum of the content that a plan writes; empty if it writes no Action."""
    for step in plan.steps:
        if isinstance(step, CreateActionStep | UpdateActionStep | AdoptActionStep):
            code = redact_code(step.after.code, plan.domain)
            content = ActionContent(
                code=code.text,
                fingerprint=code.fingerprint,
                dependencies=step.after.dependencies,
                secret_names=tuple(secret.name for secret in step.after.secrets),
            )
            return content_checksum(content)
    return ""
