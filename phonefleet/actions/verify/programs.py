"""Run one program on messages: as the original on legacy events, as the translation on new ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from types import MappingProxyType
from typing import Any

import orjson

from phonefleet.actions.parse.event_fields import LEGACY_EVENTS
from phonefleet.actions.parse.event_table import Path, TriggerVersion
from phonefleet.actions.parse.syntax import parse
from phonefleet.actions.verify.answers import plan_as_job
from phonefleet.actions.verify.pool import POOL, JobBatch, PoolProgram
from phonefleet.actions.verify.sample_events import OTHER_TYPES, legacy_event, new_event
from phonefleet.actions.verify.sample_message import Message
from phonefleet.actions.verify.traces import ProgramRun
from phonefleet.model.endpoints import LEGACY_HANDLER, PROVIDER_HANDLER

COLD = (1, 2, 4, 6, 9, 12)
"""Events that are run once more with the program loaded again, as in a new container of Auth0's."""
_SHIFT_MS = 11 * 3_600_000 + 7 * 60_000 + 13_001
_SHIFT_SEED = 0x2545F491
_names = count(1)
_IMPORT = re.compile(r"\bimport\s*\(")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a program gets beside the messages: the secrets; if ``shifted``, another clock and random seed.

    ``version`` is the legacy event's, ``lacks`` are fields that this event does not have, and ``reordered`` says that
    its fields come in another order.
    """

    secrets: tuple[tuple[str, str], ...]
    shifted: bool = False
    version: TriggerVersion = TriggerVersion.V2
    lacks: tuple[Path, ...] = ()
    reordered: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What both programs are run on, the assumptions behind it (for people), and whether a message is sent.

    ``without`` is the setting before anything was assumed: both must do the same there, too. ``absent`` are secrets
    that are assumed not to exist.
    """

    messages: tuple[Message, ...]
    conditions: Conditions
    assumes: tuple[str, ...] = ()
    delivers: bool = False
    without: Setting | None = None
    absent: tuple[str, ...] = ()


Run = tuple[Message, dict[str, Any], bool]
"""A message, its event and whether a new container is started for it."""


def in_order(messages: Sequence[Message]) -> list[tuple[Message, bool]]:
    """All messages in one container, in order, then some again, each in a new container."""
    return [(m, False) for m in messages] + [(messages[i], True) for i in COLD if i < len(messages)]


@lru_cache(maxsize=8)
def run_original(code: str, messages: tuple[Message, ...], conditions: Conditions) -> ProgramRun:
    """Run a ``send-phone-message`` Action; the last runs are cached."""
    return run_again(code, messages, conditions)


def run_again(code: str, messages: tuple[Message, ...], conditions: Conditions) -> ProgramRun:
    """As ``run_original``, but never from the cache."""
    batch = _legacy_batch(messages, replace(conditions, secrets=()))
    return POOL.run(PoolProgram(_runnable(code), LEGACY_HANDLER, "legacy"), dict(conditions.secrets), batch)


def run_translation(code: str, messages: tuple[Message, ...], conditions: Conditions) -> ProgramRun:
    """Run a ``custom-phone-provider`` Action; the last runs are of the types without a one-time code."""
    batch = _new_batch(messages, conditions.shifted)
    return POOL.run(PoolProgram(_runnable(code), PROVIDER_HANDLER, "new"), dict(conditions.secrets), batch)


@lru_cache(maxsize=16)
def count_original(copy: str, code: str, messages: tuple[Message, ...], conditions: Conditions) -> ProgramRun:
    """Run the counting ``copy`` of a ``send-phone-message`` Action (see `coverage`)."""
    batch = _legacy_batch(messages, replace(conditions, secrets=()))
    program = PoolProgram(_runnable(copy), LEGACY_HANDLER, "legacy", counts=_runnable(code))
    return POOL.run(program, dict(conditions.secrets), batch)


def count_translation(
    copy: str, code: str, messages: tuple[Message, ...], conditions: Conditions
) -> ProgramRun:
    """Run the counting ``copy`` of a ``custom-phone-provider`` Action."""
    batch = _new_batch(messages, conditions.shifted)
    program = PoolProgram(_runnable(copy), PROVIDER_HANDLER, "new", counts=_runnable(code))
    return POOL.run(program, dict(conditions.secrets), batch)


def run_on(code: str, runs: Iterable[Run], conditions: Conditions) -> ProgramRun:
    """Run a ``custom-phone-provider`` Action on given events."""
    program = PoolProgram(_runnable(code), PROVIDER_HANDLER, "new")
    return POOL.run(program, dict(conditions.secrets), replace(_batch(runs, conditions.shifted), name=""))


@lru_cache(maxsize=16)
def _runnable(code: str) -> str:
    """The code with each ``import(…)`` replaced by a function of the runtime, because an isolate has no modules."""
    if not _IMPORT.search(code):
        return code
    program = parse(code)
    raw = program.code
    for node in reversed(program.nodes):
        if node.kind == "import" and node.name == "function":
            raw = raw[: node.start] + b"__phonefleetImport" + raw[node.end :]
    return raw.decode("utf-8", "surrogatepass")


@lru_cache(maxsize=32)
def _legacy_batch(messages: tuple[Message, ...], given: Conditions) -> JobBatch:
    """The messages as legacy events; the secrets come with the program."""
    watched = _watched(given.version)
    runs = [(m, event_under(given, m), fresh) for m, fresh in in_order(messages)]
    return _batch(runs, given.shifted, {"watched": watched})


def event_under(given: Conditions, message: Message) -> dict[str, Any]:
    """The message's legacy event under conditions."""
    event = legacy_event(message, dict(given.secrets), given.version, lacks=given.lacks)
    return dict(LEGACY_EVENTS[given.version].reordered(event)) if given.reordered else event


@lru_cache(maxsize=2)
def _watched(version: TriggerVersion) -> list[dict[str, Any]]:
    """The fields whose reading the runtime notes; those inside another such field are covered by it."""
    event = LEGACY_EVENTS[version]
    unlike = sorted(event.unlike())
    outer = [path for path in unlike if not any(path[: len(each)] == each != path for each in unlike)]
    return [{"path": path, "lost": event.fields[path].lost} for path in outer]


@lru_cache(maxsize=32)
def _new_batch(messages: tuple[Message, ...], shifted: bool) -> JobBatch:
    runs = [(m, new_event(m, {}), fresh) for m, fresh in in_order(messages)]
    runs += [(messages[0], new_event(messages[0], {}, other), False) for other in OTHER_TYPES]
    return _batch(runs, shifted)


def _batch(runs: Iterable[Run], shifted: bool, more: Mapping[str, Any] = MappingProxyType({})) -> JobBatch:
    """A batch of scenarios; one of a single message (for a counterexample) is not worth a name."""
    scenarios = [
        {
            "event": orjson.dumps(event).decode(),  # the secrets come with the program
            "start": message.start_ms + _SHIFT_MS * shifted,
            "seed": message.seed ^ (_SHIFT_SEED * shifted),
            "answers": plan_as_job(message.kind.answers),
            "fresh": fresh,
            **more,
        }
        for message, event, fresh in runs
    ]
    worth_keeping = sum(not scenario["fresh"] for scenario in scenarios) > 1 + len(OTHER_TYPES)
    return JobBatch(f"batch {next(_names)}" if worth_keeping else "", orjson.dumps(scenarios))
