"""Blockers that every assessment may have, and those that the target accepts by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from configs import DeliveryMethod, Target
from phonefleet.assessment.snapshot_evidence import hidden_options_evidence
from phonefleet.model.api_scopes import OPERATIONS, OPTIONAL_READS, READ_OPTIONS, missing_scopes
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import LOGS, TOKEN
from phonefleet.model.enums import ReasonCode
from phonefleet.model.reasons import REASONS
from phonefleet.model.snapshot import Snapshot


def number_blockers(target: Target, methods: Iterable[DeliveryMethod]) -> Iterator[Reason]:
    """Block delivery methods that have no number for a test message."""
    for method in methods:
        if target.test_numbers.of(method) is None:
            yield Reason(
                code=ReasonCode.TEST_NUMBER_MISSING,
                message=f"supply target.test_numbers.{method}: a tenant is not switched to an untested provider",
            )


def log_blockers(snapshot: Snapshot) -> Iterator[Reason]:
    """Block a tenant whose logs cannot be read: a test message could be sent, but not judged.

    A missing scope is named by `scope_blockers`.
    """
    if "logs" in missing_scopes("migrate", snapshot.scopes):
        return
    for refusal in snapshot.unread:
        if refusal.endpoint == LOGS:
            answer = f"{refusal.status} {refusal.error_code}".strip()
            yield Reason(
                code=ReasonCode.LOGS_UNREADABLE,
                message=f"the tenant's logs cannot be read (answer {answer}), so nothing shows whether a test message "
                f"is delivered: grant {OPERATIONS['logs'][0]} to client {snapshot.client_id}, and check that {LOGS} "
                "answers it",
                evidence=(Evidence(endpoint=LOGS, field="status", value=answer),),
            )


def scope_blockers(snapshot: Snapshot) -> Iterator[Reason]:
    """Block a tenant on which a migration needs a scope that is not granted, or that hides how a connection sends."""
    lacking = missing_scopes("migrate", snapshot.scopes)
    scopes = {any_of[0] for needed, any_of in lacking.items() if needed not in OPTIONAL_READS}
    hidden = snapshot.hidden_connections
    # Options that are not shown count, whatever the token claims.
    to_grant = sorted(scopes | ({READ_OPTIONS} if hidden else set()))
    if not to_grant:
        return
    names = ", ".join(c.name for c in hidden)
    consequence = f"; how connection {names} sends is not shown without" if hidden else ""
    yield Reason(
        code=ReasonCode.MISSING_SCOPE,
        message=f"grant the {len(to_grant)} missing scope(s) to client {snapshot.client_id}: {' '.join(to_grant)}"
        f"{consequence}",
        evidence=(
            Evidence(endpoint=TOKEN, field="scope", value=" ".join(sorted(snapshot.scopes))),
            *hidden_options_evidence(hidden),
        ),
    )


def split_accepted(
    blockers: Iterable[Reason], target: Target
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Return the blockers that remain, and those that the target accepts by name, which become warnings."""
    remaining: list[Reason] = []
    accepted: list[Reason] = []
    for reason in blockers:
        is_accepted = REASONS[reason.code].may_be_approved and reason.code in target.approve
        (accepted if is_accepted else remaining).append(reason)
    return tuple(remaining), tuple(accepted)
