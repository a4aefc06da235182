"""What people read: a run's record becomes frames, is checked, and is written in one format per reader.

`write` does it all, sooner when `prepare` was called while there was nothing else to do. `compare` sets two runs
side by side, `summary_row` and `trend_row` make a run a point of a trend, and `schema.describe` says what every
column means.
"""

from reports.build import RunSummaryRow, compare, summary_row, trend_row
from reports.compare import Comparison
from reports.expectations import ExpectationsResult
from reports.prepare import prepare
from reports.status import Status
from reports.write import Format, Written, write

__all__ = [
    "Comparison",
    "ExpectationsResult",
    "Format",
    "RunSummaryRow",
    "Status",
    "Written",
    "compare",
    "prepare",
    "summary_row",
    "trend_row",
    "write",
]
