"""What of a program never ran, whether it may decide, and inputs that let it run.

A verdict covers only what ran. A part that never ran and holds a send, a field without a counterpart or an access that
a rewrite edited prevents the verdict; the other parts are named in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from phonefleet.actions.parse.event_fields import LegacyEvent, Shape
from phonefleet.actions.parse.event_table import Path
from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.sends import sends
from phonefleet.actions.parse.syntax import FUNCTIONS, Node, Program, parse
from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import ActionSource, TranslationReason
from phonefleet.actions.verify.answers import PLANS
from phonefleet.actions.verify.conditions import Solver
from phonefleet.actions.verify.coverage import CountedProgram, Part, counted, lines_of
from phonefleet.actions.verify.demands import Demands, described, secrets_with, values_for, with_values
from phonefleet.actions.verify.discover import Setting, variants
from phonefleet.actions.verify.guards import GuardFinder
from phonefleet.actions.verify.own_parts import own_parts
from phonefleet.actions.verify.programs import count_original, count_translation
from phonefleet.actions.verify.sample_message import Detail, Message
from phonefleet.actions.verify.traces import ProgramRun
from phonefleet.model.endpoints import LEGACY_HANDLER, LEGACY_TRIGGER

_CALLS: Final = frozenset({"call_expression", "new_expression"})
_CATCHING: Final = frozenset(
    {"catch_clause", "if_statement", "ternary_expression", "switch_statement", *FUNCTIONS}
)
_DROP: Final = re.compile(r"(?:return )?api\.notification\.drop\(.*\);?", re.DOTALL)
# Words of the two events, which a rewrite may replace by others.
_VOCABULARY: Final = frozenset(
    {
        LEGACY_HANDLER,
        LEGACY_TRIGGER,
        "action",
        "client_metadata",
        "code",
        "enrollment",
        "language",
        "message_options",
        "message_type",
        "recipient",
    }
    | {"second-factor-authentication", "sms", "text", "voice"}
)
_MOST_TRIALS: Final = 60
_MOST_WORDS: Final = 60
_MOST_EXTRA: Final = 24
_SEARCH_CPU_SECONDS: Final = 5.0
_ANSWERS: Final = ("ok", "400", "network error (reset)")


Analyze = Callable[[ActionSource, Program], ParsedAction]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A part that never ran and may decide, and what it holds, for people."""

    part: Part
    holds: tuple[str, ...]


@dataclass(slots=True)
class Explored:
    """What of the original ran under a setting and further ones that were found for it."""

    program: CountedProgram
    parsed: ParsedAction
    rewritten: bool
    ran: set[int] = field(default_factory=set)
    further: list[Setting] = field(default_factory=list)
    cpu_seconds: float = 0.0

    def unreached(self) -> tuple[Part, ...]:
        """The parts that never ran."""
        return self.program.unreached(self.ran)

    def unreached_of_sender(self) -> tuple[Part, ...]:
        """The parts that never ran, without the code of other triggers."""
        others = self.parsed.other_triggers
        return tuple(part for part in self.unreached() if not any(node.holds(part.node) for node in others))

    def doubts(self) -> list[Doubt]:
        """The parts that never ran and may decide."""
        doubts = (Doubt(part, tuple(self._holds(part))) for part in self.unreached_of_sender())
        return [doubt for doubt in doubts if doubt.holds]

    def _holds(self, part: Part) -> Iterator[str]:
        for send in sends(self.parsed.flow):
            if part.holds(send.call):
                yield f"a send (line {send.line})"
        event = self.parsed.flow.event
        for access in self.parsed.accesses:
            if not part.holds(access.node):
                continue
            if event.shape(access.path) is Shape.LOST or access.path in event.disputed():
                yield f"{access.field} (line {access.line})"
            elif (
                self.rewritten
                and event.new_place(access.path).path != access.field
                and not _only_worded(access.node)
            ):
                yield f"{access.field}, which the rewrite changed (line {access.line})"


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
    explored = Explored(
        program,
        analyze(ActionSource("", original, trigger_version=setting.conditions.version), program.program),
        rewritten=original not in translation,
    )
    run = count_original(program.code, original, setting.messages, setting.conditions)
    explored.ran |= {number for ran in run.ran for number in ran}
    explored.cpu_seconds += run.cpu_seconds
    if not _alike(run, plain):
        return None
    for other in _candidates(explored, original, setting):
        doubts = explored.doubts()
        if not doubts or explored.cpu_seconds > _SEARCH_CPU_SECONDS:
            break
        wanted = {part.number for part in program.parts for doubt in doubts if doubt.part.holds(part.node)}
        before = frozenset(explored.ran)
        trial = count_original(program.code, original, other.messages, other.conditions)
        explored.cpu_seconds += trial.cpu_seconds
        found = {number for ran in trial.ran for number in ran}
        if trial.stopped is None and found & wanted - before:
            explored.ran |= found
            explored.further.append(other)
    return explored


def unreached_reason(explored: Explored, events: int) -> list[TranslationReason]:
    """The reasons that doubts give, or the remark about what never ran."""
    doubts = explored.doubts()
    if doubts:
        return [_doubtful(doubt, explored.program, "original", events) for doubt in doubts]
    unreached = explored.unreached()
    if not unreached:
        return []
    lines = lines_of(unreached, explored.program.program)
    message = f"lines {lines} of the original never ran; they hold no send and no field that changed"
    return [TranslationReason(VerificationCode.NEVER_RAN, message, unreached[0].node.line)]


def translation_doubts(
    explored: Explored, translation: str, settings: Sequence[Setting], plain: ProgramRun
) -> list[TranslationReason]:
    """Parts of a translation that never ran and are neither the original's nor this project's own."""
    program = counted(translation)
    if program is None:
        return []
    ran: set[int] = set()
    events = 0
    for number, setting in enumerate(settings):
        run = count_translation(program.code, translation, setting.messages, setting.conditions)
        if number == 0 and not _alike(run, plain):
            message = "what ran of the translation cannot be counted: it may read its own source"
            return [TranslationReason(VerificationCode.UNREACHED, message)]
        ran |= {one for each in run.ran for one in each}
        events += len(setting.messages)
    unreached = program.unreached(ran)
    original = explored.program.program
    begin = program.program.code.find(original.code)
    if begin >= 0:  # an adapter
        end = begin + len(original.code)
        added = [part for part in unreached if not (begin <= part.node.start and part.node.end <= end)]
        lost: list[TranslationReason] = []
    else:
        added, lost = _unlike(explored, program, unreached, events)
        lost += _lost_texts(explored, translation)
    doubts = [
        _doubtful(Doubt(part, ("code that the original does not have",)), program, "translation", events)
        for part in added
        if _words(program, part) not in own_parts()
        and not _only_worded(part.node)
        and not _only_reads(part)
        and not _drops_an_error(program, part)
    ]
    return [*doubts, *lost]


def _lost_texts(explored: Explored, translation: str) -> list[TranslationReason]:
    """Literals of the original that the translation has fewer of, though no run shows a difference."""
    flow = explored.parsed.flow
    kept = Counter(text for text, _ in _literals(parse(translation)))
    lost = []
    for text, node in _literals(flow.program):
        if any(each.holds(node) for each in explored.parsed.other_triggers):
            continue
        kept[text] -= 1
        if kept[text] < 0 and text not in _VOCABULARY:
            message = f"the translation lacks {text[:60]!r} of the original, and no run shows a difference"
            lost.append(TranslationReason(VerificationCode.UNREACHED, message, node.line))
    return lost


def _literals(program: Program) -> Iterator[tuple[str, Node]]:
    for node in program.nodes:
        if node.kind in ("string_fragment", "number", "regex_pattern"):
            yield program.text(node), node


def _unlike(
    explored: Explored, program: CountedProgram, unreached: Sequence[Part], events: int
) -> tuple[list[Part], list[TranslationReason]]:
    """Unreached parts that only the translation has, and reasons for those that only the original has."""
    event = explored.parsed.flow.event
    never = [each.node for each in explored.parsed.accesses if event.shape(each.path) is Shape.UNKNOWN]
    mine = [
        part
        for part in explored.unreached_of_sender()
        if not any(part.holds(node) for node in never)  # no legacy event has the field
    ]
    open_parts = Counter(_words(explored.program, part) for part in explored.unreached())
    added = []
    for part in unreached:
        words = _words(program, part)
        if open_parts[words] > 0:
            open_parts[words] -= 1
        else:
            added.append(part)
    lost = []
    for part in mine:
        words = _words(explored.program, part)
        if open_parts[words] > 0 and not _only_worded(part.node):
            open_parts[words] -= 1
            holds = ("code that the translation does not have",)
            lost.append(_doubtful(Doubt(part, holds), explored.program, "original", events))
    return added, lost


def _words(program: CountedProgram, part: Part) -> str:
    """The text of a part with single spaces; all throws are alike, because any error drops the notification."""
    if part.node.kind == "throw_statement":
        return "throw"
    return " ".join(program.program.text(part.node).split())


def _doubtful(doubt: Doubt, program: CountedProgram, who: str, events: int) -> TranslationReason:
    lines = lines_of([doubt.part], program.program)
    where = f"lines {lines}" if "-" in lines else f"line {lines}"
    verb = "hold" if "-" in lines else "holds"
    message = f"{where} of the {who} never ran on {events} events and {verb} {', '.join(doubt.holds)}"
    return TranslationReason(VerificationCode.UNREACHED, message, doubt.part.node.line)


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


def _alike(copy: ProgramRun, program: ProgramRun) -> bool:
    """Whether a counting copy did what the program did; the words of an engine's own errors quote the source."""
    if len(copy.raw) != len(program.raw):
        return False
    for index, text in enumerate(copy.raw):
        if text == program.raw[index]:
            continue
        one, other = copy.trace(index), program.trace(index)
        if (one.end, one.at, one.decided, one.effects()) != (
            other.end,
            other.at,
            other.decided,
            other.effects(),
        ):
            return False
    return True


def _only_reads(part: Part) -> bool:
    """Whether a part is a branch of an expression that only names a value: with no effect of its own."""
    return not part.statement and all(
        node.kind in ("identifier", "property_identifier", "member_expression", "this") or not node.named
        for node in part.node.walk()
    )


def _drops_an_error(program: CountedProgram, part: Part) -> bool:
    """Whether a part only drops the notification after an error: no run had one, and each must be dropped."""
    inside = next((each for each in part.node.ancestors() if each.kind in _CATCHING), None)
    return (
        inside is not None
        and inside.kind == "catch_clause"
        and _DROP.fullmatch(_words(program, part)) is not None
        and next(_other_calls(program, part), None) is None
    )


def _other_calls(program: CountedProgram, part: Part) -> Iterator[Node]:
    """The calls of a part, except of ``drop`` and ``String``."""
    for node in part.node.walk():
        if node.kind in _CALLS:
            target = node.get("function") or node.get("constructor")
            if target is None or program.program.text(target) not in ("api.notification.drop", "String"):
                yield node


def _only_worded(node: Node) -> bool:
    """Whether a value only gets into the words of an error: any error drops the notification."""
    return any(each.kind == "throw_statement" for each in node.ancestors())


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
    secrets = secrets_with(setting.conditions.secrets, values)
    if changed:
        other = _assuming(setting, described(demands), changed)
        yield replace(other, conditions=replace(setting.conditions, secrets=secrets))


def _answered(message: Message, plan: str) -> Message:
    return replace(message, kind=replace(message.kind, answers=plan))


def _shortened(setting: Setting, full: Sequence[Message]) -> Setting:
    return replace(setting, messages=setting.messages[: max(4, len(full))])


def _assuming(setting: Setting, what: str, messages: Iterable[Message]) -> Setting:
    assumes = (*setting.assumes, what) if what else setting.assumes
    return replace(setting, messages=tuple(messages)[: 2 * len(PLANS)], assumes=assumes, without=None)
