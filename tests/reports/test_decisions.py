"""Decisions of a rollout are in the reports as the ledger has them."""

from datetime import UTC, datetime

import pandas as pd

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


def test_a_forecast_is_beside_what_it_became() -> None:
    """Active time is without the soak; a wave with a batch that has not ended has no end yet."""
    record = make_record(60, 3)
    frame = build(record).forecasts.set_index("wave")
    assert list(frame.index) == [wave.wave for wave in record.forecasts]
    assert (frame["active_planned_s"] == 20 * 60).all()
    assert (frame["active_actual_s"] == (2 * 12 - 2) * 60).all()
    assert (frame["ended_at"] - frame["started_at"] == pd.Timedelta(minutes=26)).all()
    open_ = record.waves[-1].model_copy(update={"ended_at": None, "verdict": None})
    left = build(record.model_copy(update={"waves": (*record.waves[:-1], open_)})).forecasts
    assert left.set_index("wave").loc[open_.wave, ["active_actual_s", "ended_at"]].isna().all()
    assert left["ended_at"].notna().sum() == len(left) - 1
