"""What of a program never ran, whether it may decide, and inputs that let it run.

A verdict covers only what ran. A part that never ran and holds a send, a field without a counterpart or an access that
a rewrite edited prevents the verdict; the other parts are named in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from phonefleet.actions.parse.dependence import Dependence
from phonefleet.actions.parse.event_fields import LegacyEvent, Shape
from phonefleet.actions.parse.event_table import Path
from phonefleet.actions.parse.flow_types import WHOLE_USES
from phonefleet.actions.parse.guarding import conditions_of
from phonefleet.actions.parse.logging_calls import only_logged
from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.sends import Send, sends
from phonefleet.actions.parse.syntax import Program
from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import ActionSource, TranslationReason
from phonefleet.actions.verify.answers import PLANS
from phonefleet.actions.verify.conditions import Solver
from phonefleet.actions.verify.coverage import CountedProgram, Part, counted, lines_of
from phonefleet.actions.verify.demands import Demands, described, secrets_with, values_for, with_values
from phonefleet.actions.verify.discover import variants
from phonefleet.actions.verify.doubts import Doubt, alike, doubtful, only_worded
from phonefleet.actions.verify.guards import GuardFinder
from phonefleet.actions.verify.programs import Setting, count_original
from phonefleet.actions.verify.sample_message import Detail, Message
from phonefleet.actions.verify.traces import ProgramRun
from phonefleet.actions.verify.unlike_uses import taken_fields
from phonefleet.actions.verify.variations import UNLIKE_WORDS, varied, words_in

_MOST_TRIALS: Final = 60
_MOST_WORDS: Final = 60
_SEARCH_CPU_SECONDS: Final = 5.0
_ANSWERS: Final = ("ok", "400", "network error (reset)")


Analyze = Callable[[ActionSource, Program], ParsedAction]


@dataclass(slots=True)
class Explored:
    """What of the original ran under a setting and further ones that were found for it.

    Attributes:
        crash: the run on a further input that ended the engine: what the original does there is not known.
    """

    program: CountedProgram
    parsed: ParsedAction
    rewritten: bool
    dependence: Dependence
    ran: set[int] = field(default_factory=set)
    further: list[Setting] = field(default_factory=list)
    cpu_seconds: float = 0.0
    crash: ProgramRun | None = None
    _held: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _sends: tuple[Send, ...] = field(init=False)
    _unlike: frozenset[Path] = field(init=False)

    def __post_init__(self) -> None:
        """Find once what each of possibly thousands of parts is compared with."""
        self._sends = sends(self.parsed.flow)
        self._unlike = frozenset(self.parsed.flow.event.unlike())

    def count(self, run: ProgramRun) -> None:
        """Add what ran in a run of the counting copy."""
        self.ran |= {number for ran in run.ran for number in ran}
        self.cpu_seconds += run.cpu_seconds

    def unreached(self) -> tuple[Part, ...]:
        """The parts that never ran."""
        return self.program.unreached(self.ran)

    def unreached_of_sender(self) -> tuple[Part, ...]:
        """The parts that never ran, without the code of other triggers."""
        others = self.parsed.other_triggers
        return tuple(part for part in self.unreached() if not any(node.holds(part.node) for node in others))

    def doubts(self) -> list[Doubt]:
        """The parts that never ran and may decide."""
        doubts = (Doubt(part, self._holds(part)) for part in self.unreached_of_sender())
        return [doubt for doubt in doubts if doubt.holds]

    def _holds(self, part: Part) -> tuple[str, ...]:
        if part.number not in self._held:
            self._held[part.number] = tuple(dict.fromkeys((*self._inside(part), *self._around(part))))
        return self._held[part.number]

    def _inside(self, part: Part) -> Iterator[str]:
        """What in a part may decide."""
        for send in self._sends:
            if part.holds(send.call):
                yield f"a send (line {send.line})"
        event = self.parsed.flow.event
        for access in self.parsed.accesses:
            if not part.holds(access.node):
                continue
            ways = [access.path[:end] for end in range(1, len(access.path) + 1)]
            if any(way in self._unlike for way in ways):
                logged = only_logged(self.parsed.program, self.parsed.flow.scopes, access.node)
                if event.shape(access.path) is Shape.LOST or not logged:
                    yield f"{access.field} (line {access.line})"
            elif (
                self.rewritten
                and event.new_place(access.path).path != access.field
                and not only_worded(access.node)
            ):
                yield f"{access.field}, which the rewrite changed (line {access.line})"

    def _around(self, part: Part) -> Iterator[str]:
        """The conditions of a part that depend on fields which the translation may not get alike."""
        for condition in conditions_of(part.node, self.parsed.program):
            access = self.dependence.of(condition)
            if access is not None:
                what = "what it finds in " if access.use in WHOLE_USES else ""
                yield f"a condition on {what}{access.field} (line {access.line})"


def explore(
    original: str, translation: str, setting: Setting, plain: ProgramRun, analyze: Analyze
) -> Explored | None:
    """Run the counting copy of the original, and search for inputs that let its doubtful parts run.

    Args:
        original: the legacy Action.
        translation: the new one; an adapter holds the original unchanged.
        setting: what both were run on.
        plain: what the original did there.
        analyze: follows the event through a parsed source.

    Returns:
        What ran, or ``None`` if the copy does not do the same as the original (which may read its own source).
    """
    program = counted(original)
    if program is None:
        return None
    source = ActionSource("", original, trigger_version=setting.conditions.version)
    parsed = analyze(source, program.program)
    dependence = Dependence(parsed.flow, parsed.accesses, taken_fields(plain))
    explored = Explored(program, parsed, original not in translation, dependence)
    run = count_original(program.code, original, setting.messages, setting.conditions)
    explored.count(run)
    if not alike(run, plain):
        return None
    for worded in _worded(explored, original, setting):
        explored.count(count_original(program.code, original, worded.messages, worded.conditions))
        explored.further.append(worded)
    for other in _candidates(explored, original, setting):
        doubts = explored.doubts()
        if not doubts or explored.cpu_seconds > _SEARCH_CPU_SECONDS:
            break
        wanted = {part.number for part in program.parts for doubt in doubts if doubt.part.holds(part.node)}
        before = frozenset(explored.ran)
        trial = count_original(program.code, original, other.messages, other.conditions)
        explored.cpu_seconds += trial.cpu_seconds
        if trial.stopped == "crash":
            explored.crash = trial
            break
        found = {number for ran in trial.ran for number in ran}
        if trial.stopped is None and found & wanted - before:
            explored.ran |= found
            explored.further.append(other)
    return explored


def _worded(explored: Explored, original: str, setting: Setting) -> list[Setting]:
    """Messages that have the code's own words in the fields that may be unlike: a table may be looked up by them."""
    event = explored.parsed.flow.event
    fields = {
        field
        for access in explored.dependence.direct
        for end in range(1, len(access.path) + 1)
        if (field := UNLIKE_WORDS.get(".".join(event.table_path(access.path[:end]))))
    }
    base = next((m for m in setting.messages if m.kind.detail is Detail.FULL), setting.messages[0])
    messages = [varied((base,), field, word)[0] for field in sorted(fields) for word in words_in(original)]
    messages += _without_method(messages, setting)
    return [replace(setting, messages=tuple(messages), without=None)] if messages else []


def unreached_reason(explored: Explored, events: int) -> list[TranslationReason]:
    """The reasons that doubts give, or the remark about what never ran."""
    doubts = explored.doubts()
    if doubts:
        return [doubtful(doubt, explored.program, "original", events) for doubt in doubts]
    unreached = explored.unreached()
    if not unreached:
        return []
    lines = lines_of(unreached, explored.program.program)
    message = f"lines {lines} of the original never ran; no send is there, and no field that changed decides on them"
    return [TranslationReason(VerificationCode.NEVER_RAN, message, unreached[0].node.line)]


def _candidates(explored: Explored, original: str, setting: Setting) -> Iterator[Setting]:
    """Further settings: all answers of the network, then solved conditions, then words of the code."""
    full = [message for message in setting.messages if message.kind.detail is Detail.FULL] or list(
        setting.messages
    )
    yield _assuming(setting, "", [_answered(message, plan) for plan in PLANS for message in full[:2]])
    tried: set[Demands] = set()
    finder = GuardFinder(Solver(explored.parsed.flow))
    for doubt in explored.doubts():
        inputs = islice(_inputs(finder, explored, doubt), _MOST_TRIALS)
        for demands in (each for each in inputs if each and each not in tried):
            tried.add(demands)
            yield from _solved(setting, demands, full, explored.parsed.flow.event)
    yield from (_shortened(each, full) for each in islice(variants(original, setting), _MOST_WORDS))


def _inputs(finder: GuardFinder, explored: Explored, doubt: Doubt) -> Iterator[Demands]:
    """The inputs of a part and of the nodes inside it, which may have conditions of their own."""
    yield from finder.inputs(doubt.part.node)
    for part in explored.program.parts:
        if part is not doubt.part and doubt.part.holds(part.node):
            yield from finder.inputs(part.node)


def _solved(
    setting: Setting, demands: Demands, full: Sequence[Message], event: LegacyEvent
) -> Iterator[Setting]:
    message = full[0]
    current: dict[Path, Any] = {
        (*event.message, "recipient"): message.recipient,
        (*event.message, "text"): message.text,
        (*event.message, "code"): message.code,
        ("request", "language"): message.language,
        ("tenant", "id"): message.tenant,
    }
    values = values_for(demands, current)
    if values is None:
        return
    chosen = [_answered(each, plan) for each in full[:4] for plan in _ANSWERS]
    changed = [made for each in chosen if (made := with_values(each, values, event)) is not None]
    if ("request", "method") in values:
        changed += _without_method(changed, setting)
    secrets = secrets_with(setting.conditions.secrets, values)
    if changed:
        other = _assuming(setting, described(demands), changed)
        yield replace(other, conditions=replace(setting.conditions, secrets=secrets))


def _without_method(messages: Sequence[Message], setting: Setting) -> list[Message]:
    """The messages without the new event's request method, unless the setting is that it always has one."""
    if all(message.keeps_http_method for message in setting.messages):
        return []
    return [replace(message, keeps_http_method=False) for message in messages]


def _answered(message: Message, plan: str) -> Message:
    return replace(message, kind=replace(message.kind, answers=plan))


def _shortened(setting: Setting, full: Sequence[Message]) -> Setting:
    return replace(setting, messages=setting.messages[: max(4, len(full))])


def _assuming(setting: Setting, what: str, messages: Iterable[Message]) -> Setting:
    assumes = (*setting.assumes, what) if what else setting.assumes
    return replace(setting, messages=tuple(messages)[: 2 * len(PLANS)], assumes=assumes, without=None)
