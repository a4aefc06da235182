"""Run the contract over a run's frames with Great Expectations, without its analytics, files or network."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd

from reports import schema
from reports.expectations.facts import with_facts
from reports.expectations.result import MOST_ROWS, Check, ExpectationsResult, result_of
from reports.frames import Frames
from reports.scrub import Withheld
from reports.text import shortened, visible

_MOST_OF_A_KEY = 120


def check(frames: Frames, withheld: Iterable[Withheld] = ()) -> ExpectationsResult:
    """Check every frame; imports Great Expectations, which takes seconds.

    Args:
        frames: the frames as they will be shown.
        withheld: the cells that were withheld because they look like secrets.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    checked = with_facts(frames, tuple(withheld))
    with _quiet():
        batches = _Batches()
        found = [check for name, frame in checked.items() for check in batches.checks(name, frame)]
    return result_of(tuple(found))


@contextmanager
def _quiet() -> Iterator[None]:
    """Great Expectations and its parts warn about their own future; none of it is about the data."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logger.setLevel(level)


class _Batches:
    """An ephemeral context of Great Expectations with one asset per frame."""

    def __init__(self) -> None:
        import great_expectations as gx

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
        self._suite = gx.ExpectationSuite
        self._source = context.data_sources.add_pandas("run")

    def checks(self, name: str, frame: pd.DataFrame) -> list[Check]:
        """One frame's checks, in the order of its rules."""
        from reports.expectations.rules import rules

        asset = self._source.add_dataframe_asset(name)
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
        suite = self._suite(name=name, expectations=rules(name))
        outcome = batch.validate(suite, result_format=_format(name))
        order = {rule.meta["name"]: place for place, rule in enumerate(suite.expectations)}
        found = [_check(name, result) for result in outcome.results]
        return sorted(found, key=lambda check: order[check.name])


def _format(frame: str) -> dict[str, Any]:
    return {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": list(schema.BY_NAME[frame].key),
        "include_unexpected_rows": False,
    }


def _check(frame: str, result: Any) -> Check:
    config = result.expectation_config
    broken = result.exception_info.get("exception_message")
    rows = _rows(frame, config.kwargs, result.result)
    return Check(
        name=config.meta["name"],
        frame=frame,
        meaning=config.description if not broken else f"{config.description} Could not be checked: {broken}",
        expectation=config.type,
        success=bool(result.success),
        failing=0 if result.success else max(1, int(result.result.get("unexpected_count", 0))),
        rows=tuple(rows[:MOST_ROWS]),
    )


def _rows(frame: str, settings: Mapping[str, Any], result: Mapping[str, Any]) -> list[str]:
    """Failing rows as `key=value, looked-at=value`; a frame that fails as a whole is told by what was observed."""
    found = result.get("unexpected_index_list")
    if found is None:
        return [f"observed {result['observed_value']}"] if "observed_value" in result else []
    looked_at = [settings[name] for name in ("column", "column_A", "column_B") if name in settings]
    names = [
        *schema.BY_NAME[frame].key,
        *(name for name in looked_at if name not in schema.BY_NAME[frame].key),
    ]
    return [", ".join(f"{name}={_told(row[name])}" for name in names if name in row) for row in found]


def _told(value: Any) -> str:
    return "missing" if pd.isna(value) else shortened(visible(str(value)), _MOST_OF_A_KEY)
