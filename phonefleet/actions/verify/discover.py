"""What a program must meet for its message to go out: found by running it, and by trying what its text speaks of."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, takewhile

from phonefleet.actions.verify.compare import delivers
from phonefleet.actions.verify.corpus import Wanted, enriched, likely
from phonefleet.actions.verify.program_run import ProgramRun
from phonefleet.actions.verify.programs import Conditions, run_original
from phonefleet.actions.verify.sample_message import Message
from phonefleet.actions.verify.secret_values import Form, reshaped, stand_ins
from phonefleet.actions.verify.variations import FIELDS, numbers_in, varied, words_in

_SOUGHT = ("user_metadata", "app_metadata", "metadata", "configuration")
_ROUNDS = 4
_TRIALS = 160
_SECOND_TRIALS = 320
_PROMISING = 8
_TRIED_ON = 3
_SEARCH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Setting:
    """What both programs are run on, what is assumed for it (sentences, rarely any), and whether it ``delivers``.

    ``without`` is the setting before anything was assumed: there too both must do the same. ``absent`` are secrets
    that are assumed not to exist.
    """

    messages: tuple[Message, ...]
    conditions: Conditions
    assumes: tuple[str, ...] = ()
    delivers: bool = False
    without: Setting | None = None
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Secrets:
    """The secrets of a program: their names, the forms that it asked for, and values tried."""

    names: frozenset[str]
    code: str
    forms: tuple[tuple[str, Form], ...] = ()

    def conditions(self) -> Conditions:
        return Conditions(tuple(stand_ins(self.names, self.code, dict(self.forms)).items()))


@lru_cache(maxsize=8)
def settle(
    original: str, messages: tuple[Message, ...], names: frozenset[str], *, named: bool
) -> tuple[Setting, ProgramRun]:
    """Run the original until it has all that it looks for: secrets in their form, metadata, configuration.

    ``names`` are its secrets: all of them if they are ``named``, else more are given as they are looked for.
    Where no message goes out then, other values are tried: a secret left out, the words of the program's text
    as secrets and as fields of the event, the beginnings of numbers that it speaks of.
    """
    secrets = _Secrets(names, original)
    setting = Setting(messages, secrets.conditions())
    run = run_original(original, setting.messages, setting.conditions)
    wanted: Wanted = frozenset()
    addresses: Wanted = frozenset()
    for _ in range(_ROUNDS):
        more = (
            secrets if named else replace(secrets, names=secrets.names | set(run.notes_of("missing secrets")))
        )
        asked = reshaped(run.notes_of("asks"), dict(setting.conditions.secrets))
        more = replace(more, forms=tuple(sorted({**dict(more.forms), **asked}.items())))
        sought = wanted | {(place, key) for place in _SOUGHT for key in run.notes_of(f"missing {place}")}
        called = addresses | _called(run.notes_of("asks"), wanted)
        if (more, sought, called) == (secrets, wanted, addresses):
            break
        secrets, wanted, addresses = more, sought, called
        setting = Setting(enriched(messages, wanted, addresses), secrets.conditions())
        run = run_original(original, setting.messages, setting.conditions)
    return _delivering(original, setting, run)


def _called(asked: Sequence[str], wanted: Wanted) -> Wanted:
    """Those of the wanted keys whose texts were used as addresses, which they are not."""
    texts = [text for form, _, text in (one.partition(" ") for one in asked) if form == "address"]
    return frozenset(pair for pair in wanted if any(text.startswith(likely(*pair)) for text in texts))


def delivered(messages: Sequence[Message], run: ProgramRun) -> bool:
    """Whether in any event that is answered ok the recipient and the code or text went out."""
    answered = [i for i, message in enumerate(messages) if message.kind.answers.startswith("ok")]
    return any(i < len(run.raw) and delivers(run.trace(i), messages[i]) for i in answered)


def _delivering(original: str, setting: Setting, run: ProgramRun) -> tuple[Setting, ProgramRun]:
    if len(run.raw) < len(setting.messages):
        return setting, run
    if delivered(setting.messages, run):
        return replace(setting, delivers=True), run
    found = _search(original, setting, run)
    if found is None:
        return setting, run
    return replace(found, delivers=True, without=setting), run_original(
        original, found.messages, found.conditions
    )


def _search(code: str, setting: Setting, run: ProgramRun) -> Setting | None:
    """A setting in which a message goes out: one thing assumed, or a second beside one that changed something.

    A program that hangs under what is tried, or that is slow, is not searched on.
    """
    promising: list[Setting] = []
    until = time.monotonic() + _SEARCH_SECONDS
    for other in _in_time(islice(_others(code, setting), _TRIALS), until):
        tried = run_original(code, other.messages[:_TRIED_ON], other.conditions)
        if tried.stopped is not None:
            return None
        if delivered(other.messages[:_TRIED_ON], tried):
            return other
        if tried.raw[:_TRIED_ON] != run.raw[:_TRIED_ON]:
            promising.append(_completed(code, other, tried))
    seconds = (other for first in promising[:_PROMISING] for other in _others(code, first))
    for other in _in_time(islice(seconds, _SECOND_TRIALS), until):
        tried = run_original(code, other.messages[:_TRIED_ON], other.conditions)
        if tried.stopped is not None or delivered(other.messages[:_TRIED_ON], tried):
            return other if tried.stopped is None else None
    return None


def _in_time(settings: Iterable[Setting], until: float) -> Iterator[Setting]:
    return takewhile(lambda _: time.monotonic() < until, settings)


def _completed(code: str, setting: Setting, run: ProgramRun) -> Setting:
    """The setting with what a run under it looked for in vain."""
    wanted = frozenset((place, key) for place in _SOUGHT for key in run.notes_of(f"missing {place}"))
    absent = set(setting.absent)
    more = stand_ins([name for name in run.notes_of("missing secrets") if name not in absent], code)
    secrets = tuple(sorted({**more, **dict(setting.conditions.secrets)}.items()))
    return replace(
        setting,
        messages=enriched(setting.messages, wanted),
        conditions=replace(setting.conditions, secrets=secrets),
    )


def _others(code: str, setting: Setting) -> Iterator[Setting]:
    """Settings with one thing more assumed, the likeliest first."""
    secrets = setting.conditions.secrets
    for name, _ in secrets:
        rest = tuple(pair for pair in secrets if pair[0] != name)
        assumed = _assuming(setting, f"no secret {name}", secrets=rest)
        yield replace(assumed, absent=(*setting.absent, name))
    for start in numbers_in(code):
        messages = varied(setting.messages, "recipient", start)
        yield _assuming(setting, f"recipients in {start}", messages=messages)
    words = words_in(code)
    for name, _ in secrets:
        for word in words:
            tried = tuple((key, word if key == name else value) for key, value in secrets)
            yield _assuming(setting, f"secret {name} = {word!r}", secrets=tried)
    for field, token in FIELDS.items():
        for word in words if token in code else ():
            messages = varied(setting.messages, field, word)
            yield _assuming(setting, f"event.{field} = {word!r}", messages=messages)


def _assuming(
    setting: Setting,
    what: str,
    *,
    messages: tuple[Message, ...] | None = None,
    secrets: tuple[tuple[str, str], ...] | None = None,
) -> Setting:
    conditions = setting.conditions if secrets is None else replace(setting.conditions, secrets=secrets)
    return replace(
        setting,
        messages=setting.messages if messages is None else messages,
        conditions=conditions,
        assumes=(*setting.assumes, what),
    )
