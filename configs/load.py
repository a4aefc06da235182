"""Load the operator's files into a checked fleet, or report all their problems."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import platformdirs

from configs.allowed_references import AllowedReferences, RowSecrets
from configs.bounded_files import FileRefused, path_problem, read_bounded
from configs.budget import MAX_PROBLEMS, MAX_SECONDS, MAX_TENANTS, Budget
from configs.checks import (
    Traits,
    check_domains,
    check_membership,
    check_recipients,
    check_wave_names,
    traits_of,
)
from configs.fleet import Connection, Execution, Fleet, Ledger, Rollout, TenantRef, Wave
from configs.fleet_file import FleetFile, Override, as_table, section_items, tenant_tables
from configs.notify_rules import Notify
from configs.problems import ConfigError, Problem
from configs.references import SecretNames, names_in
from configs.tree import Node, Nothing, Table, Text, merged
from configs.validate import validated
from configs.values import Strict
from configs.windows import FrozenPeriod, local_span
from configs.yaml_source import read_yaml

Section = TypeVar("Section", bound=Strict)
Context = Mapping[str, Any]

_MAX_CA_BYTES: Final = 4 * 1024 * 1024
"""All certificate authorities of a system take less than 1 MiB."""
_EVERYONE: Final = (Wave(name="all"),)
CALENDAR_DAYS: Final = 1100
"""How far ahead a calendar's events are read."""


def load_fleet(path: Path, *, environ: Mapping[str, str] | None = None) -> Fleet:
    """Load the fleet that the file describes, with defaults and overrides applied.

    Check that secrets exist, without keeping their values or contacting a tenant.

    Args:
        path: A fleet file (docs/reference/configuration.md describes the format).
        environ: Where `env:` references look first; the process environment unless given.

    Raises:
        ConfigError: Something is wrong; it has all problems found.
    """
    problems: list[Problem] = []
    with _collector_paused():
        budget = Budget()
        root = read_yaml(path, problems, budget)
        table = as_table(root, problems) if root is not None else None
        if table is None:
            raise ConfigError(problems)
        fleet = _fleet(table, os.environ if environ is None else environ, problems, budget)
    if problems or fleet is None:
        raise ConfigError(problems)
    return fleet


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause garbage collection, a third of the time for 10,000 tenants: trees have no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _fleet(table: Table, environ: Mapping[str, str], problems: list[Problem], budget: Budget) -> Fleet | None:
    file = validated(FleetFile, table, {}, problems)
    names = _secret_names(table, environ, problems)
    context = {"secret_names": names}
    rollout = _section(table, "rollout", Rollout, context, problems)
    connection = _connection(_section(table, "connection", Connection, context, problems), table, problems)
    ledger = _section(table, "ledger", Ledger, context, problems)
    execution = _section(table, "execution", Execution, context, problems)
    notify = _section(table, "notify", Notify, context, problems)
    freezes = list(_freezes(rollout, table, problems))
    tenants, traits = _tenants(table, context, problems, budget)
    waves = _waves(table, traits, context, problems)
    check_recipients(tenants, notify, table.get("notify", table).origin, problems)
    if problems or not (file and rollout and connection and ledger and execution and notify):
        return None
    if file.state_dir:
        state_dir = (table.origin.file.parent / Path(file.state_dir).expanduser()).absolute()
    else:
        state_dir = platformdirs.user_state_path("phonefleet") / file.fleet
    return Fleet(
        name=file.fleet,
        source=table.origin.file,
        tenants=tuple(tenants),
        waves=tuple(waves),
        rollout=rollout,
        connection=connection,
        execution=execution,
        state_dir=state_dir,
        ledger=ledger,
        secrets_file=names.secrets_file,
        freezes=tuple(freezes),
        notify=notify,
    )


def _section(
    table: Table, key: str, model: type[Section], context: Context, problems: list[Problem]
) -> Section | None:
    node = table.get(key)
    return validated(model, Table(table.origin) if node is None else node, context, problems)


def _secret_names(table: Table, environ: Mapping[str, str], problems: list[Problem]) -> SecretNames:
    section = _section(table, "row_secrets", RowSecrets, {}, problems) or RowSecrets()
    allowed = AllowedReferences.of(section, table.origin.file)
    match table.get("secrets_file"):
        case Text() as name if path_problem(name) is None:
            path = table.origin.file.parent / Path(name).expanduser()
            return SecretNames(environ, names_in(path, problems), path, allowed)
        case Text():
            return SecretNames(environ, None, None, allowed)
        case _:
            return SecretNames(environ, frozenset(), None, allowed)


def _connection(connection: Connection | None, table: Table, problems: list[Problem]) -> Connection | None:
    if connection is None or connection.ca_file is None:
        return connection
    path = table.origin.file.parent / connection.ca_file.expanduser()
    section = table["connection"]
    try:
        read_bounded(path, _MAX_CA_BYTES)
    except FileRefused as refused:
        problems.append(Problem.at(section.origin, f"{path} {refused.fact}", refused.advice, key="ca_file"))
    return connection.model_copy(update={"ca_file": path})


def _freezes(rollout: Rollout | None, table: Table, problems: list[Problem]) -> Iterator[FrozenPeriod]:
    """Yield the times of the freezes, with the events of their calendars."""
    today = datetime.now(UTC)
    for number, freeze in enumerate(rollout.freezes if rollout else ()):
        if freeze.begins is not None and freeze.ends is not None:
            start, end = local_span(freeze.begins, freeze.ends, freeze.timezone)
            yield FrozenPeriod(match=freeze.match, start=start, end=end, reason=freeze.reason)
        if freeze.calendar is None:
            continue
        # Imported late: few fleets have a calendar.
        from configs.calendar_source import CalendarProblem, read_freezes

        path = table.origin.file.parent / Path(freeze.calendar).expanduser()
        try:
            yield from read_freezes(path, freeze, today, today + timedelta(days=CALENDAR_DAYS))
        except CalendarProblem as problem:
            key = f"freezes[{number}].calendar"
            fact, advice = f"{path} {problem}", "Correct the file or its path"
            problems.append(Problem.at(table["rollout"].origin, fact, advice, key=key))


def _tenants(
    table: Table, context: Context, problems: list[Problem], budget: Budget
) -> tuple[list[TenantRef], list[Traits] | None]:
    """Return the valid tenants, and the traits of all, None if some could not be read."""
    defaults, overrides = _layers(table, context, problems)
    before = len(problems)
    written = list(islice(tenant_tables(table, problems, budget), MAX_TENANTS + 1))
    if len(written) > MAX_TENANTS:
        fact = f"the fleet has more than {MAX_TENANTS} tenants"
        raise ConfigError([*problems, Problem.at(table.origin, fact, "Split the fleet")])
    complete = len(problems) == before
    if complete and not written:
        advice = "List tenants in `tenants` or name files in `tenants_from`"
        problems.append(Problem.at(table.origin, "the fleet has no tenants", advice))
    layered: list[Table] = []
    tenants: list[TenantRef] = []
    for own in written:
        layered.append(_layered(own, defaults, overrides))
        if tenant := validated(TenantRef, layered[-1], context, problems):
            tenants.append(tenant)
        _check_limits(table, problems, budget)
    _check_limits(table, problems, budget)
    traits = [traits_of(tenant) for tenant in layered]
    check_domains(traits, problems)
    return tenants, traits if complete and written else None


def _check_limits(table: Table, problems: list[Problem], budget: Budget) -> None:
    """Raise ConfigError with the problems so far when the time is over or there are too many of them."""
    if len(problems) > MAX_PROBLEMS:
        fact = f"there are more than {MAX_PROBLEMS} problems; the check ended here"
    elif budget.is_late:
        fact = f"reading and checking everything takes longer than {MAX_SECONDS:g} s"
    else:
        return
    raise ConfigError(
        [*problems, Problem.at(table.origin, fact, "Correct the first ones, or split the fleet")]
    )


def _layers(table: Table, context: Context, problems: list[Problem]) -> tuple[Table, list[Override]]:
    """Return defaults and overrides, and report their problems that don't depend on a tenant."""
    node = table.get("defaults", Nothing(table.origin))
    defaults = (
        Table(node.origin) if isinstance(node, Nothing) else as_table(node, problems) or Table(node.origin)
    )
    nodes = section_items(table, "overrides", problems)
    overrides = [override for node in nodes if (override := validated(Override, node, context, problems))]
    for layer in (defaults, *(override.set for override in overrides)):
        validated(TenantRef, layer, context, problems, whole=False)
        if "domain" in layer:
            fact, advice = "cannot apply to several tenants", "Write it at the tenant"
            problems.append(Problem.at(layer["domain"].origin, fact, advice))
    return defaults, overrides


def _layered(own: Table, defaults: Table, overrides: Sequence[Override]) -> Table:
    """Apply the defaults, then the overrides that select the tenant, then its own keys."""
    below, tenant = defaults, merged(defaults, own)
    for override in overrides:
        if override.match.selects(traits_of(tenant)):
            below = merged(below, override.set)
            tenant = merged(below, own)
    return tenant


def _waves(
    table: Table, traits: Sequence[Traits] | None, context: Context, problems: list[Problem]
) -> tuple[Wave, ...]:
    nodes: list[Node] = section_items(table, "waves", problems)
    if not nodes:
        return _EVERYONE
    waves = [(wave, node) for node in nodes if (wave := validated(Wave, node, context, problems))]
    check_wave_names(waves, problems)
    if traits is not None and len(waves) == len(nodes):
        check_membership(traits, waves, table["waves"].origin, problems)
    return tuple(wave for wave, _ in waves)
