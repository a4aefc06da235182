"""Decisions of a rollout are in the reports as the ledger has them."""

from datetime import UTC, datetime

from phonefleet.model.enums import DecisionKind
from phonefleet.model.run_record import WaveDecision
from reports.build import build
from tests.reports.record_factory import make_record


def test_every_decision_is_a_row() -> None:
    at = datetime(2026, 12, 1, 22, tzinfo=UTC)
    decisions = tuple(
        WaveDecision(at=at, wave="early", batch=2, kind=kind, message=f"early, batch 2: {kind}")
        for kind in DecisionKind
    )
    frame = build(make_record(5, seed=1).model_copy(update={"decisions": decisions})).decisions
    assert list(frame["decision_no"]) == list(range(len(decisions)))
    assert list(frame["kind"]) == list(DecisionKind)
    assert list(frame["message"]) == [one.message for one in decisions]
    assert set(frame["at"].dt.to_pydatetime()) == {at}
