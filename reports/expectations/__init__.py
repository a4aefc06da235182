"""Check the data of a run before people decide by it: expectations over all frames."""

from reports.expectations.result import Check, ExpectationsResult, Failure
from reports.expectations.run import check

__all__ = ["Check", "ExpectationsResult", "Failure", "check"]
