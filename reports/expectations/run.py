"""Check frames with Great Expectations, without its analytics, files or network."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd

from phonefleet.garbage_collection import loading
from reports import schema
from reports.expectations.derived_columns import with_derived_columns
from reports.expectations.result import MOST_ROWS, Check, ExpectationsResult, result_of
from reports.expectations.rule import Rule, When
from reports.expectations.rules import rules
from reports.frames import Frames
from reports.secret_filter import WithheldCell
from reports.text import shortened, visible

_MOST_OF_A_KEY = 400


def check(
    frames: Frames, withheld: Iterable[WithheldCell] = (), *, only: Collection[str] | None = None
) -> ExpectationsResult:
    """Check every frame. The first call imports Great Expectations, which takes seconds.

    Args:
        frames: the frames that the reports show.
        withheld: the cells that were withheld because they look like secrets.
        only: names of the rules to check; all of them by default.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    checked = with_derived_columns(frames, tuple(withheld))
    suites = {name: [rule for rule in rules(name) if only is None or rule.name in only] for name in checked}
    with quiet():
        batches = Batches()
        found = [
            one
            for name, suite in suites.items()
            if suite
            for one in batches.checks(name, checked[name], suite)
        ]
    return result_of(tuple(found))


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Great Expectations, which warns about its future versions, not about the data."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logger.setLevel(level)


class Batches:
    """An ephemeral context of Great Expectations; one asset, as each writes all settings again."""

    def __init__(self) -> None:
        with loading():
            import great_expectations as gx
            from great_expectations.expectations import core

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
        self._suite = gx.ExpectationSuite
        self._kinds = core
        asset = context.data_sources.add_pandas("run").add_dataframe_asset("frame")
        self._whole = asset.add_batch_definition_whole_dataframe("all")

    def checks(self, name: str, frame: pd.DataFrame, suite: Sequence[Rule]) -> list[Check]:
        """Return the checks of one frame, in the order of its rules."""
        concerned = [rule for rule in suite if rule.concerns(frame)]
        found = self.results(frame, concerned, {"result_format": "BOOLEAN_ONLY"})
        failed = [rule for rule in concerned if not found[rule.name].success]
        rows_format = {
            "result_format": "COMPLETE",
            "unexpected_index_column_names": list(schema.BY_NAME[name].key),
            "include_unexpected_rows": False,
        }
        # Asked of failed rules only: to name the rows doubles the time.
        found |= self.results(frame, failed, rows_format)
        return [_check(name, rule, found.get(rule.name)) for rule in suite]

    def results(self, frame: pd.DataFrame, suite: Sequence[Rule], how: dict[str, Any]) -> dict[str, Any]:
        """Return what Great Expectations says of a frame, by the rule's name."""
        if not suite:
            return {}
        expectations = [
            getattr(self._kinds, rule.kind)(
                **rule.settings,
                **({"row_condition": _condition(rule.when)} if rule.when else {}),
                description=rule.meaning,
                meta={"name": rule.name},
            )
            for rule in suite
        ]
        batch = self._whole.get_batch({"dataframe": frame})
        rules_suite = self._suite(name="rules", expectations=expectations)
        results: list[Any] = batch.validate(rules_suite, result_format=how).results
        return {result.expectation_config.meta["name"]: result for result in results}


def _condition(when: When) -> Any:
    from great_expectations.expectations.row_conditions import Column

    column = Column(when.column)
    match when.test:
        case "known":
            return column.is_not_null()
        case "filled":
            return column != ""
        case "in":
            return column.is_in(list(when.values)) if len(when.values) != 1 else column == when.values[0]


def _check(frame: str, rule: Rule, result: Any) -> Check:
    """Return a rule's check; without a result, the rule concerns no row, so none fails."""
    if result is None:
        return Check(rule.name, frame, rule.meaning, rule.expectation, success=True)
    info = result.exception_info or {}
    parts = [info, *(part for part in info.values() if isinstance(part, dict))]
    errors = [str(part["exception_message"]) for part in parts if part.get("exception_message")]
    broken = errors[0].partition("\n")[0] if errors else ""
    rows = _rows(frame, rule, result.result)
    return Check(
        name=rule.name,
        frame=frame,
        meaning=f"{rule.meaning} Could not be checked: {broken}" if broken else rule.meaning,
        expectation=rule.expectation,
        success=bool(result.success),
        failing=0 if result.success else max(1, int(result.result.get("unexpected_count", 0))),
        rows=tuple(rows[:MOST_ROWS]),
    )


def _rows(frame: str, rule: Rule, result: Mapping[str, Any]) -> list[str]:
    """Return failing rows as `key=value, column=value`, or the observation of a whole frame."""
    found = result.get("unexpected_index_list")
    if found is None:
        return [f"observed {result['observed_value']}"] if "observed_value" in result else []
    checked = [rule.settings[name] for name in ("column", "column_A", "column_B") if name in rule.settings]
    names = dict.fromkeys([*schema.BY_NAME[frame].key, *checked])

    def shown(value: Any) -> str:
        return "missing" if pd.isna(value) else shortened(visible(str(value)), _MOST_OF_A_KEY)

    return [", ".join(f"{name}={shown(row[name])}" for name in names if name in row) for row in found]
