"""Parts of a translation that never ran and are neither the original's nor this project's own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from phonefleet.actions.parse.event_fields import Shape
from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.syntax import FUNCTIONS, MEMBERS, Node, Program, parse
from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import TranslationReason
from phonefleet.actions.verify.coverage import CountedProgram, Part, counted
from phonefleet.actions.verify.doubts import Doubt, alike, doubtful, only_worded
from phonefleet.actions.verify.own_parts import own_parts
from phonefleet.actions.verify.programs import Conditions, Setting, count_translation
from phonefleet.actions.verify.sample_message import Message
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


@dataclass(frozen=True, slots=True)
class OriginalRan:
    """What of an original never ran; ``of_sender`` is that without the code of other triggers."""

    program: CountedProgram
    parsed: ParsedAction
    unreached: tuple[Part, ...]
    of_sender: tuple[Part, ...]


def translation_doubts(
    original: OriginalRan,
    translation: str,
    settings: Sequence[Setting],
    plain: ProgramRun,
    other_code: str = "",
) -> list[TranslationReason]:
    """Parts of a translation that never ran and are neither the original's nor this project's own.

    ``other_code`` is an operator's handler in it for other notifications, with which no original can be compared.
    """
    program = counted(translation)
    if program is None:
        return []
    ran: set[int] = set()
    events = 0
    for number, setting in enumerate(settings):
        run = count_translation(program.code, translation, setting.messages, setting.conditions)
        if number == 0 and not alike(run, plain):
            message = "what ran of the translation cannot be counted: it may read its own source"
            return [TranslationReason(VerificationCode.UNREACHED, message)]
        ran |= {one for each in run.ran for one in each}
        events += len(setting.messages)
    unreached = _outside(program, program.unreached(ran), other_code)
    code = original.program.program.code
    if code in program.program.code:  # an adapter
        added = _outside(program, unreached, code.decode("utf-8", "surrogatepass"))
        lost: list[TranslationReason] = []
    else:
        added, lost = _unlike(original, program, unreached, events)
        lost += _lost_texts(original, translation)
    return [*_added_doubts(program, added, events), *lost]


def merged_doubts(
    translation: str, original: str, batches: Sequence[tuple[Message, ...]], conditions: Conditions
) -> list[TranslationReason]:
    """As `translation_doubts`, for an Action that replaces several senders, on the messages of each of them.

    Args:
        translation: the merged Action.
        original: the code in it that was an Action; empty if none was.
        batches: the messages of each sender.
        conditions: the secrets of all of them.
    """
    program = counted(translation)
    if program is None:
        return []
    runs = [count_translation(program.code, translation, messages, conditions) for messages in batches]
    ran = {one for run in runs for each in run.ran for one in each}
    added = _outside(program, program.unreached(ran), original)
    return _added_doubts(program, added, sum(len(messages) for messages in batches))


def _outside(program: CountedProgram, parts: Sequence[Part], code: str) -> list[Part]:
    """The parts that do not lie in ``code`` inside the program."""
    raw = code.encode("utf-8", "surrogatepass")
    begin = program.program.code.find(raw) if raw else -1
    end = begin + len(raw)
    return [part for part in parts if begin < 0 or not (begin <= part.node.start and part.node.end <= end)]


def _added_doubts(program: CountedProgram, added: Sequence[Part], events: int) -> list[TranslationReason]:
    return [
        doubtful(Doubt(part, ("code that the original does not have",)), program, "translation", events)
        for part in added
        if " ".join(program.program.text(part.node).split()) not in own_parts()
        and not only_worded(part.node)
        and not _only_reads(part)
        and not _drops_an_error(program, part)
    ]


def _lost_texts(original: OriginalRan, translation: str) -> list[TranslationReason]:
    """Literals of the original that the translation has fewer of, though no run shows a difference."""
    flow = original.parsed.flow
    kept = Counter(text for text, _ in _literals(parse(translation)))
    never = _never_set(original)
    lost = []
    for text, node in _literals(flow.program):
        if any(each.holds(node) for each in original.parsed.other_triggers) or _is_dead(node, never):
            continue
        kept[text] -= 1
        if kept[text] < 0 and text not in _VOCABULARY:
            message = f"the translation lacks {text[:60]!r} of the original, and no run shows a difference"
            lost.append(TranslationReason(VerificationCode.UNREACHED, message, node.line))
    return lost


def _never_set(original: OriginalRan) -> list[Node]:
    """The accesses of fields that no legacy event has."""
    event = original.parsed.flow.event
    return [each.node for each in original.parsed.accesses if event.shape(each.path) is Shape.UNKNOWN]


def _is_dead(node: Node, never: Sequence[Node]) -> bool:
    """Whether a node is only evaluated if a field that no legacy event has is truthy."""
    child = node
    for ancestor in node.ancestors():
        first = None
        if ancestor.kind == "binary_expression" and child.name == "right" and ancestor.has("&&"):
            first = ancestor.the("left")
        elif ancestor.kind == "ternary_expression" and child.name == "consequence":
            first = ancestor.the("condition")
        while first is not None and first.kind == "binary_expression" and first.has("&&"):
            first = first.the("left")
        if first is not None and first.kind in MEMBERS and any(first.holds(each) for each in never):
            return True
        child = ancestor
    return False


def _literals(program: Program) -> Iterator[tuple[str, Node]]:
    for node in program.nodes:
        if node.kind in ("string_fragment", "number", "regex_pattern"):
            yield program.text(node), node


def _unlike(
    original: OriginalRan, program: CountedProgram, unreached: Sequence[Part], events: int
) -> tuple[list[Part], list[TranslationReason]]:
    """Unreached parts that only the translation has, and reasons for those that only the original has."""
    never = _never_set(original)
    mine = [
        part
        for part in original.of_sender
        if not any(part.holds(node) for node in never)  # no legacy event has the field
    ]
    open_parts = Counter(_words(original.program, part) for part in original.unreached)
    added = []
    for part in unreached:
        words = _words(program, part)
        if open_parts[words] > 0:
            open_parts[words] -= 1
        else:
            added.append(part)
    lost = []
    for part in mine:
        words = _words(original.program, part)
        if open_parts[words] > 0 and not only_worded(part.node):
            open_parts[words] -= 1
            holds = ("code that the translation does not have",)
            lost.append(doubtful(Doubt(part, holds), original.program, "original", events))
    return added, lost


def _words(program: CountedProgram, part: Part) -> str:
    """The text of a part with single spaces; all throws are alike, because any error drops the notification."""
    if part.node.kind == "throw_statement":
        return "throw"
    return " ".join(program.program.text(part.node).split())


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
