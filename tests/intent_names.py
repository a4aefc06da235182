"""Names of intents in tests: `switch_tenant`, `revert switch_tenant`, `mark send_test`."""

from __future__ import annotations

from phonefleet.model.enums import Operation
from phonefleet.model.run_record import StepRecord


def intent_name(intent: StepRecord) -> str:
    """The kind of the step, after the operation unless the step is applied."""
    return str(intent.kind) if intent.operation is Operation.APPLY else f"{intent.operation} {intent.kind}"
