"""The frames about Actions: who has one, and each different one once, however many tenants have it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from phonefleet.model.action_report import ReportCounterexample, TranslationReport
from phonefleet.model.run_record import TenantRecord
from reports import schema
from reports.columns import FrameSchema
from reports.frames import as_json, cast, columns_of

_CONTENT = tuple(name for name in TranslationReport.model_fields if name != "name")
_DIGITS = 16


@dataclass
class _Shared:
    """One translation and the tenants that have it."""

    identifier: str
    account: TranslationReport
    tenants: list[TenantRecord] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)

    def add(self, tenant: TenantRecord, name: str) -> None:
        self.tenants.append(tenant)
        self.names[name] = None


def action_frames(tenants: Sequence[TenantRecord]) -> dict[str, pd.DataFrame]:
    """The frames `actions`, `translations`, `mappings` and `flags`."""
    found = [(tenant, tenant.assessment.action if tenant.assessment else None) for tenant in tenants]
    shared: dict[tuple[Any, ...], _Shared] = {}
    rows = []
    for tenant, account in found:
        one = _shared(shared, account) if account else None
        if one and account:
            one.add(tenant, account.name)
        if account or (tenant.plan and tenant.plan.verification):
            rows.append(_action(tenant, account, one.identifier if one else ""))
    return {
        "actions": cast(schema.ACTIONS, columns_of(schema.ACTIONS.names, rows)),
        "translations": _frame(schema.TRANSLATIONS, [_translation(one) for one in shared.values()]),
        "mappings": _frame(schema.MAPPINGS, [row for one in shared.values() for row in _mappings(one)]),
        "flags": _frame(schema.FLAGS, [row for one in shared.values() for row in _flags(one)]),
    }


def _frame(frame: FrameSchema, rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    return cast(frame, columns_of(frame.names, rows))


def _shared(shared: dict[tuple[Any, ...], _Shared], account: TranslationReport) -> _Shared:
    """What is carried over counts as the same whatever tenants call it."""
    content = tuple(getattr(account, name) for name in _CONTENT)
    if content not in shared:
        told = as_json(account.model_dump(exclude={"name"}))
        digest = hashlib.sha256(told.encode()).hexdigest()
        shared[content] = _Shared(digest[:_DIGITS], account)
    return shared[content]


def _action(tenant: TenantRecord, account: TranslationReport | None, identifier: str) -> tuple[Any, ...]:
    verification = tenant.plan.verification if tenant.plan else None
    flags = (
        verification.flags
        if verification
        else [_flag(f.line, f.message) for f in account.flags]
        if account
        else []
    )
    told = verification or account
    assert told is not None, "an action has a verification or an account"
    route = tenant.plan.route if tenant.plan else tenant.assessment.route if tenant.assessment else None
    return (
        *(tenant.domain, account.name if account else "", identifier, route),
        *(told.result, told.strategy, told.events, "\n".join(told.reasons), "\n".join(flags)),
        *(tenant.owner, tenant.plan_checksum),
    )


def _flag(line: int, message: str) -> str:
    return f"line {line}: {message}" if line else message


def _translation(one: _Shared) -> tuple[Any, ...]:
    account = one.account
    return (
        *(one.identifier, "\n".join(one.names), len(one.tenants)),
        "\n".join(dict.fromkeys(tenant.owner for tenant in one.tenants if tenant.owner)),
        *(account.result, account.strategy, account.events, "\n".join(account.reasons)),
        *("\n".join(account.decisions), len(account.flags), "\n".join(account.secret_names)),
        "\n".join(f"{package.name}@{package.version}" for package in account.dependencies),
        *(account.runtime_before, account.runtime, " ".join(map(str, account.masked_lines))),
        *(account.original, account.translation),
        *_example(account.counterexample),
    )


def _example(example: ReportCounterexample | None) -> tuple[str, ...]:
    if example is None:
        return ("",) * 6
    return (
        *(example.difference, example.answer, example.legacy_event, example.new_event),
        *("\n".join(example.original), "\n".join(example.translation)),
    )


def _mappings(one: _Shared) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(one.account.mapping):
        yield one.identifier, number, row.line or None, row.legacy, row.new, row.note


def _flags(one: _Shared) -> Iterator[tuple[Any, ...]]:
    for number, flag in enumerate(one.account.flags):
        yield one.identifier, number, flag.line or None, flag.code, flag.message
