"""Define the schema of every frame: the one source of casts, documentation and checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reports.columns import Column, FrameSchema
from reports.schema.action_schemas import ACTIONS, CUSTOM_ACTIONS, FLAGS, MAPPINGS, TRANSLATIONS
from reports.schema.analysis_schemas import BLOCKED, CLIENTS, DEVIATIONS, DRIFT, RISK
from reports.schema.event_schemas import DEPENDENTS, FINDINGS, MESSAGES, STEPS, TEXT_CHANGES
from reports.schema.run_schemas import DECISIONS, FORECASTS, RUN, TENANTS, TREND, WAVES
from reports.schema.vocabularies import NEEDS

MOST_WORDS_SHOWN = 16

SCHEMAS: tuple[FrameSchema, ...] = (
    RUN,
    TENANTS,
    WAVES,
    FORECASTS,
    DECISIONS,
    STEPS,
    FINDINGS,
    TEXT_CHANGES,
    DEPENDENTS,
    MESSAGES,
    ACTIONS,
    CUSTOM_ACTIONS,
    TRANSLATIONS,
    MAPPINGS,
    FLAGS,
    DRIFT,
    DEVIATIONS,
    RISK,
    CLIENTS,
    BLOCKED,
    TREND,
)
BY_NAME: Mapping[str, FrameSchema] = {schema.name: schema for schema in SCHEMAS}


def rows() -> Iterator[tuple[str, Column]]:
    """Return every column with the name of its frame."""
    return ((schema.name, column) for schema in SCHEMAS for column in schema.columns)


def describe() -> str:
    """Document all frames and columns as plain text."""
    parts = []
    for schema in SCHEMAS:
        lines = [f"{schema.name}: one row per {schema.row}. Key: {', '.join(schema.key)}."]
        width = max(len(column.name) for column in schema.columns)
        for column in schema.columns:
            unit = f" [{column.unit}]" if column.unit else ""
            few = 0 < len(column.words) <= MOST_WORDS_SHOWN
            words = f" One of: {', '.join(column.words)}." if few else ""
            lines.append(f"  {column.name:<{width}}  {column.dtype:<19}  {column.meaning}{unit}{words}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


__all__ = [
    "ACTIONS",
    "BLOCKED",
    "BY_NAME",
    "CLIENTS",
    "CUSTOM_ACTIONS",
    "DECISIONS",
    "DEPENDENTS",
    "DEVIATIONS",
    "DRIFT",
    "FINDINGS",
    "FLAGS",
    "FORECASTS",
    "MAPPINGS",
    "MESSAGES",
    "NEEDS",
    "RISK",
    "RUN",
    "SCHEMAS",
    "STEPS",
    "TENANTS",
    "TEXT_CHANGES",
    "TRANSLATIONS",
    "TREND",
    "WAVES",
    "describe",
    "rows",
]
