"""Blockers that every assessment may have, and those that the target accepts by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from configs import DeliveryMethod, Target
from phonefleet.model.api_scopes import OPERATIONS
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import LOGS
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
    """Block a tenant whose logs cannot be read: a test message could be sent, but not judged."""
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
