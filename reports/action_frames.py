"""Build the frames about Actions, with each different translation once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from phonefleet.model.action_report import TranslationReport
from phonefleet.model.run_record import TenantRecord
from reports import schema
from reports.columns import FrameSchema
from reports.frames import as_json, cast, columns_of

_CONTENT = tuple(name for name in TranslationReport.model_fields if name != "name")
_DIGITS = 16


@dataclass
class _SharedTranslation:
    """One translation and the tenants that have it."""

    identifier: str
    report: TranslationReport
    tenants: list[TenantRecord] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)

    def row(self) -> tuple[Any, ...]:
        """Return the translation's row in its frame."""
        report, example = self.report, self.report.counterexample
        differing = ("",) * 6
        if example:
            differing = (
                *(example.difference, example.answer, example.legacy_event, example.new_event),
                *("\n".join(example.original), "\n".join(example.translation)),
            )
        return (
            *(self.identifier, "\n".join(self.names), len(self.tenants)),
            "\n".join(dict.fromkeys(tenant.owner for tenant in self.tenants if tenant.owner)),
            *(report.result, report.strategy, report.events, "\n".join(report.reasons)),
            *("\n".join(report.decisions), len(report.flags), "\n".join(report.secret_names)),
            "\n".join(f"{package.name}@{package.version}" for package in report.dependencies),
            *(report.runtime_before, report.runtime, " ".join(map(str, report.masked_lines))),
            *(report.original, report.translation, *differing),
        )


def action_frames(tenants: Sequence[TenantRecord]) -> dict[str, pd.DataFrame]:
    """Return the frames `actions`, `custom_actions`, `translations`, `mappings` and `flags`."""
    shared: dict[tuple[Any, ...], _SharedTranslation] = {}
    rows = []
    for tenant in tenants:
        report = tenant.assessment.action if tenant.assessment else None
        identifier = ""
        if report:
            translation = _shared_translation(shared, report)
            translation.tenants.append(tenant)
            translation.names[report.name] = None
            identifier = translation.identifier
        if report or (tenant.plan and tenant.plan.verification):
            rows.append(_action_row(tenant, report, identifier))
    different = list(shared.values())
    mappings = [
        (one.identifier, number, row.line or None, row.legacy, row.new, row.note)
        for one in different
        for number, row in enumerate(one.report.mapping)
    ]
    flags = [
        (one.identifier, number, flag.line or None, flag.code, flag.message)
        for one in different
        for number, flag in enumerate(one.report.flags)
    ]
    return {
        "actions": _frame(schema.ACTIONS, rows),
        "custom_actions": _frame(schema.CUSTOM_ACTIONS, [*_custom_action_rows(tenants)]),
        "translations": _frame(schema.TRANSLATIONS, [one.row() for one in different]),
        "mappings": _frame(schema.MAPPINGS, mappings),
        "flags": _frame(schema.FLAGS, flags),
    }


def _custom_action_rows(tenants: Sequence[TenantRecord]) -> Iterator[tuple[Any, ...]]:
    for tenant in tenants:
        found = tenant.assessment.custom_action if tenant.assessment else None
        if found is None:
            continue
        needs = (
            f"{need.need}: {need.handling}{f', {need.detail}' if need.detail else ''}" for need in found.needs
        )
        content = found.content
        yield (
            *(tenant.domain, found.name, found.id, found.stage, found.origin, found.decision, found.result),
            "\n".join(needs),
            "\n".join(f"{package.name}@{package.version}" for package in content.dependencies),
            *("\n".join(content.secret_names), content.runtime, content.code),
            *(found.draft.code if found.draft else "", tenant.owner),
        )


def _frame(frame: FrameSchema, rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    return cast(frame, columns_of(frame.names, rows))


def _shared_translation(
    shared: dict[tuple[Any, ...], _SharedTranslation], report: TranslationReport
) -> _SharedTranslation:
    """Return the entry of equal translations; the names that tenants gave them do not count."""
    content = tuple(getattr(report, name) for name in _CONTENT)
    if content not in shared:
        digest = hashlib.sha256(as_json(report.model_dump(exclude={"name"})).encode()).hexdigest()
        shared[content] = _SharedTranslation(digest[:_DIGITS], report)
    return shared[content]


def _action_row(tenant: TenantRecord, report: TranslationReport | None, identifier: str) -> tuple[Any, ...]:
    verification = tenant.plan.verification if tenant.plan else None
    result = verification or report
    assert result is not None, "an action has a verification or a translation report"
    flags: Sequence[str] = ()
    if verification:
        flags = verification.flags
    elif report:
        flags = [f"line {f.line}: {f.message}" if f.line else f.message for f in report.flags]
    route = tenant.plan.route if tenant.plan else tenant.assessment.route if tenant.assessment else None
    return (
        *(tenant.domain, report.name if report else "", identifier, route),
        *(result.result, result.strategy, result.events, "\n".join(result.reasons), "\n".join(flags)),
        *(tenant.owner, tenant.plan_checksum),
    )
