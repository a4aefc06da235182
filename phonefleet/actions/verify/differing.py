"""An Action and its translation, where they differ, and the smallest event that shows it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from phonefleet.actions.parse.event_table import LOST_FIELDS, Path
from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import (
    Counterexample,
    TranslationReason,
    Verification,
    VerificationResult,
)
from phonefleet.actions.verify.compare import difference, dropped_alike
from phonefleet.actions.verify.programs import (
    Setting,
    event_under,
    in_order,
    run_again,
    run_original,
    run_translation,
)
from phonefleet.actions.verify.sample_events import new_event
from phonefleet.actions.verify.sample_message import Message
from phonefleet.actions.verify.shrink import by_size, simpler
from phonefleet.actions.verify.traces import ProgramRun, Trace


@dataclass(frozen=True, slots=True)
class ProgramPair:
    """The two programs and what both are run on.

    ``optional_api`` are names that the original uses of the api only if they exist; the legacy trigger's had none.
    """

    original: str
    translation: str
    setting: Setting
    optional_api: frozenset[str] = frozenset()

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages of the setting."""
        return self.setting.messages

    def lacking(self, *fields: Path) -> ProgramPair:
        """The pair with a legacy event without these fields."""
        conditions = replace(self.setting.conditions, lacks=fields)
        return replace(self, setting=replace(self.setting, conditions=conditions))

    def reordered(self) -> ProgramPair:
        """The pair with a legacy event whose fields come in another order."""
        conditions = replace(self.setting.conditions, reordered=True)
        return replace(self, setting=replace(self.setting, conditions=conditions))

    def legacy_event(self, message: Message) -> str:
        """The message's legacy event as JSON text."""
        event = event_under(self.setting.conditions, message)
        return json.dumps(event, ensure_ascii=False, indent=2)

    def on(self, messages: tuple[Message, ...], *, shifted: bool | None = None) -> ProgramPair:
        """The pair on other messages; ``shifted`` if given."""
        conditions = self.setting.conditions
        if shifted is not None:
            conditions = replace(conditions, shifted=shifted)
        return replace(self, setting=replace(self.setting, messages=messages, conditions=conditions))

    def run_original(self) -> ProgramRun:
        """What the original does on the legacy events."""
        return run_original(self.original, self.setting.messages, self.setting.conditions)

    def run_translation(self) -> ProgramRun:
        """What the translation does on the new events, and on the types without a one-time code."""
        return run_translation(self.translation, self.setting.messages, self.setting.conditions)


@dataclass(frozen=True, slots=True)
class RunDifference:
    """A run on which both programs differ: its index, and the first difference for people."""

    index: int
    text: str


def not_verifiable(reasons: Sequence[TranslationReason]) -> Verification:
    """The result of runs that cannot be compared."""
    return Verification(VerificationResult.NOT_VERIFIABLE, 0, tuple(reasons))


def differences_of(pair: ProgramPair, original: ProgramRun, translation: ProgramRun) -> list[RunDifference]:
    """The runs that differ, in their order."""
    differences = []
    for index, (message, _) in enumerate(in_order(pair.messages)):
        if original.raw[index] == translation.raw[index] and not translation.threw(index):
            continue
        if dropped_alike(original.raw[index], translation.raw[index]):
            continue
        text = difference(original.trace(index), translation.trace(index), message.kind.answers)
        if text is not None:
            differences.append(RunDifference(index, text))
    mine, theirs = _loads(original), _loads(translation)
    if not differences and mine != theirs:
        only = [("original", mine - theirs), ("translation", theirs - mine)]
        texts = (f"only the {who} loads {', '.join(sorted(names))}" for who, names in only if names)
        differences.append(RunDifference(0, "; ".join(texts)))
    return differences


def _loads(run: ProgramRun) -> frozenset[str]:
    with_loads = [run.trace(i) for i, text in enumerate(run.raw) if b'"op":"load"' in text]
    traces = [*with_loads, *(load.trace for load in run.loads if load.trace is not None)]
    return frozenset(name for trace in traces for name in trace.loads())


def differs(
    pair: ProgramPair, original: ProgramRun, translation: ProgramRun, found: list[RunDifference]
) -> Verification:
    """The result for programs that differ, with the smallest event that shows one of the differences found."""
    again = run_again(pair.original, pair.messages, pair.setting.conditions)
    if again.raw != original.raw:
        why = "the original does not do the same twice on the same event"
        return not_verifiable([TranslationReason(VerificationCode.NOT_DETERMINISTIC, why)])
    order = in_order(pair.messages)
    first = min(found, key=lambda each: by_size(order[each.index][0]))
    message, text = order[first.index][0], first.text
    mine, theirs = original.trace(first.index), translation.trace(first.index)
    # The simplest message that still differs, found by leaving out one thing after another.
    simplified = message
    for simplify in simpler():
        candidate = simplify(simplified)
        alone = _differs_alone(pair.on((candidate,)), candidate)
        if alone is not None:
            simplified = message = candidate
            mine, theirs, text = alone
    message_reason = f"on {len(found)} of {len(order)} runs: {text}"
    reasons = [TranslationReason(VerificationCode.DIFFERS, message_reason)]
    if _equal_without_removed_fields(pair):
        why = (
            "equal on all events once user.identities and security_context, which have no counterpart, and the "
            "optional request.method agree"
        )
        reasons.append(TranslationReason(VerificationCode.REMOVED_FIELDS, why))
    secrets = dict(pair.setting.conditions.secrets)
    example = Counterexample(
        legacy_event=pair.legacy_event(message),
        new_event=json.dumps(new_event(message, secrets), ensure_ascii=False, indent=2),
        answer=message.kind.answers,
        original=mine.lines(),
        translation=theirs.lines(),
        difference=text,
    )
    return Verification(VerificationResult.DIFFERS, len(pair.messages), tuple(reasons), example)


def _differs_alone(pair: ProgramPair, message: Message) -> tuple[Trace, Trace, str] | None:
    mine, theirs = pair.run_original(), pair.run_translation()
    if not mine.raw or not theirs.raw:
        return None
    text = difference(mine.trace(0), theirs.trace(0), message.kind.answers)
    return None if text is None else (mine.trace(0), theirs.trace(0), text)


def _equal_without_removed_fields(pair: ProgramPair) -> bool:
    """Whether only the fields that the new event no longer has make the difference."""
    kept = pair.on(
        tuple(
            replace(m, identities=None, keeps_http_method=True, absent=m.absent | LOST_FIELDS)
            for m in pair.messages
        )
    )
    mine, theirs = kept.run_original(), kept.run_translation()
    if len(mine.raw) != len(in_order(kept.messages)) or len(theirs.raw) < len(mine.raw):
        return False
    return not differences_of(kept, mine, theirs)
