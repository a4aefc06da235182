"""Put what was foreseen of each wave beside how it went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pandas as pd

from phonefleet.model.run_record import RunRecord, WaveRecord
from phonefleet.model.wave_forecast import WaveForecast, basis_text
from reports import schema
from reports.frames import cast, columns_of


def forecast_frame(record: RunRecord) -> pd.DataFrame:
    """Return a row per wave that was foreseen, in the waves' order."""
    rows = [tuple(_row(each, record)) for each in record.forecasts]
    return cast(schema.FORECASTS, columns_of(schema.FORECASTS.names, rows))


def _row(foreseen: WaveForecast, record: RunRecord) -> Iterator[Any]:
    batches = [batch for batch in record.waves if batch.wave == foreseen.wave]
    starts = [batch.started_at for batch in batches if batch.started_at]
    ends = _ends(batches, foreseen.batches)
    yield from (foreseen.wave, foreseen.tenants, foreseen.batches, foreseen.requests)
    yield from (sum(foreseen.messages.values()), foreseen.one_way, foreseen.no_opening)
    yield from (foreseen.active.total_seconds(), _active(batches, foreseen) if ends else None)
    yield foreseen.soak.total_seconds()
    yield from (foreseen.starts_at, foreseen.earliest_end, foreseen.latest_end)
    yield from (min(starts, default=None), max(ends, default=None), foreseen.measured)
    revised = [each.active.total_seconds() for each in record.revised_forecasts if each.wave == foreseen.wave]
    yield from (basis_text(foreseen.basis), next(iter(revised), None))


def _ends(batches: list[WaveRecord], planned: int) -> list[datetime]:
    """Return when the batches ended; nothing unless all have."""
    ends = [batch.ended_at for batch in batches if batch.ended_at]
    return ends if len(ends) == planned else []


def _active(batches: list[WaveRecord], foreseen: WaveForecast) -> float:
    """Return the seconds from start to end of all batches, without their soak."""
    spans = (b.ended_at - b.started_at for b in batches if b.started_at and b.ended_at)
    return max(0.0, sum(span.total_seconds() for span in spans) - foreseen.soak.total_seconds())
