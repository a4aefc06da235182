"""The contract over all frames: what must hold of a run's data before anybody decides from it."""

from reports.expectations.result import Check, ExpectationsResult, Failure
from reports.expectations.run import check

__all__ = ["Check", "ExpectationsResult", "Failure", "check"]
