"""Turn the record of a run into frames, check them, and write them in every format.

`write` does all of it; `check_record` only checks. `compare` compares two runs,
`summary_row` and `trend_row` make a run a row of a trend, and `schema.describe` documents every column.
"""

from reports.build import RunSummaryRow, compare, summary_row, trend_row
from reports.compare import Comparison
from reports.expectations import ExpectationsResult
from reports.status import Status
from reports.write import Format, Written, check_record, write

__all__ = [
    "Comparison",
    "ExpectationsResult",
    "Format",
    "RunSummaryRow",
    "Status",
    "Written",
    "check_record",
    "compare",
    "summary_row",
    "trend_row",
    "write",
]
