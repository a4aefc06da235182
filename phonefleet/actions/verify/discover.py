"""Find what a program needs to send its message: by running it, and by trying values that its text mentions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from phonefleet.actions.parse.event_table import TriggerVersion
from phonefleet.actions.verify.answers import starts_ok
from phonefleet.actions.verify.compare import delivers
from phonefleet.actions.verify.enrichment import Lookups, enriched, value_of
from phonefleet.actions.verify.programs import Conditions, Setting, run_original
from phonefleet.actions.verify.sample_message import Message
from phonefleet.actions.verify.secret_values import Form, reshaped, stand_ins
from phonefleet.actions.verify.traces import ProgramRun
from phonefleet.actions.verify.variations import FIELDS, numbers_in, varied, words_in

_PLACES = ("user_metadata", "app_metadata", "metadata", "domain_metadata", "configuration")
_ROUNDS = 4
_TRIALS = 160
_SECOND_TRIALS = 320
_PROMISING = 8
_TRIED_ON = 3
_SEARCH_CPU_SECONDS = 5.0


@lru_cache(maxsize=8)
def find_setting(
    original: str,
    messages: tuple[Message, ...],
    names: frozenset[str],
    *,
    named: bool,
    version: TriggerVersion = TriggerVersion.V2,
) -> tuple[Setting, ProgramRun]:
    """Run the original until it has all that it looks up: secrets in their form, metadata, configuration.

    ``names`` are its secrets: all of them if they are ``named``, else more are added as they are looked up.
    If no message is sent then, other values are tried: a secret left out, the words of the program's text
    as secrets and as fields of the event, the beginnings of numbers that it mentions.
    """
    setting = Setting(messages, _conditions(original, names, {}, version))
    run = run_original(original, setting.messages, setting.conditions)
    forms: dict[str, Form] = {}
    lookups: Lookups = frozenset()
    addresses: Lookups = frozenset()
    for _ in range(_ROUNDS):
        known = (names, dict(forms), lookups, addresses)
        # Texts that the program used as addresses, which they are not, become addresses.
        called = run.notes_of("asks address")
        addresses |= {pair for pair in lookups if any(text.startswith(value_of(*pair)) for text in called)}
        lookups |= _lookups(run)
        forms |= reshaped(run, dict(setting.conditions.secrets))
        if not named:
            names |= frozenset(run.notes_of("missing secrets"))
        if (names, forms, lookups, addresses) == known:
            break
        setting = Setting(
            enriched(messages, lookups, addresses), _conditions(original, names, forms, version)
        )
        run = run_original(original, setting.messages, setting.conditions)
    if len(run.raw) < len(setting.messages):
        return setting, run
    if delivered(setting.messages, run):
        return replace(setting, delivers=True), run
    working = _search(original, setting, run)
    if working is None:
        return setting, run
    run = run_original(original, working.messages, working.conditions)
    return replace(working, delivers=True, without=setting), run


def _conditions(
    code: str, names: frozenset[str], forms: Mapping[str, Form], version: TriggerVersion
) -> Conditions:
    return Conditions(tuple(stand_ins(names, code, forms).items()), version=version)


def _lookups(run: ProgramRun) -> Lookups:
    return frozenset((place, key) for place in _PLACES for key in run.notes_of(f"missing {place}"))


def delivered(messages: Sequence[Message], run: ProgramRun) -> bool:
    """Whether any run with a successful first answer sent the recipient and the code or text."""
    answered = [i for i, message in enumerate(messages) if starts_ok(message.kind.answers)]
    return any(i < len(run.raw) and delivers(run.trace(i), messages[i]) for i in answered)


def _search(code: str, setting: Setting, run: ProgramRun) -> Setting | None:
    """A setting in which a message is sent: with one assumption, or with a second beside one that had an effect.

    The search ends if the program hangs on a value, and after a few seconds of CPU time.
    """
    promising: list[Setting] = []
    used = run.cpu_seconds
    for other in islice(variants(code, setting), _TRIALS):
        trial = run_original(code, other.messages[:_TRIED_ON], other.conditions)
        used += trial.cpu_seconds
        if used > _SEARCH_CPU_SECONDS:
            return None
        if trial.stopped is not None:
            return None
        if delivered(other.messages[:_TRIED_ON], trial):
            return other
        if trial.raw[:_TRIED_ON] != run.raw[:_TRIED_ON]:
            # Add what the program looked up in vain under this assumption.
            names = [name for name in trial.notes_of("missing secrets") if name not in other.absent]
            secrets = {**stand_ins(names, code), **dict(other.conditions.secrets)}
            conditions = replace(other.conditions, secrets=tuple(sorted(secrets.items())))
            messages = enriched(other.messages, _lookups(trial))
            promising.append(replace(other, messages=messages, conditions=conditions))
    seconds = (other for first in promising[:_PROMISING] for other in variants(code, first))
    for other in islice(seconds, _SECOND_TRIALS):
        trial = run_original(code, other.messages[:_TRIED_ON], other.conditions)
        used += trial.cpu_seconds
        if used > _SEARCH_CPU_SECONDS:
            return None
        if trial.stopped is not None or delivered(other.messages[:_TRIED_ON], trial):
            return other if trial.stopped is None else None
    return None


def variants(code: str, setting: Setting) -> Iterator[Setting]:
    """Settings with one more assumption, the likeliest first."""
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
