"""What a program must meet for its message to go out: found by running it, and by trying what its text speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from phonefleet.actions.prover.compare import delivers
from phonefleet.actions.prover.corpus import Wanted, enriched, likely
from phonefleet.actions.prover.message import Message
from phonefleet.actions.prover.outcome import ProgramRun
from phonefleet.actions.prover.programs import Conditions, run_original
from phonefleet.actions.prover.secret_values import Form, reshaped, stand_ins
from phonefleet.actions.prover.variations import FIELDS, numbers_in, varied, words_in

_SOUGHT = ("user_metadata", "app_metadata", "metadata", "configuration")
_ROUNDS = 4
_TRIALS = 160
_TRIED_ON = 3


@dataclass(frozen=True, slots=True)
class Setting:
    """What both programs are run on, what is assumed for it (sentences, rarely any), and whether it ``delivers``.

    ``without`` is the setting before anything was assumed: there too both must do the same.
    """

    messages: tuple[Message, ...]
    conditions: Conditions
    assumes: tuple[str, ...] = ()
    delivers: bool = False
    without: Setting | None = None


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
    for count, other in enumerate(_others(original, setting)):
        if count == _TRIALS:
            break
        few = other.messages[:_TRIED_ON]
        if delivered(few, run_original(original, few, other.conditions)):
            return replace(other, delivers=True, without=setting), run_original(
                original, other.messages, other.conditions
            )
    return setting, run


def _others(code: str, setting: Setting) -> Iterator[Setting]:
    """Other settings, the likeliest first."""
    secrets = setting.conditions.secrets
    for name, _ in secrets:
        rest = tuple(pair for pair in secrets if pair[0] != name)
        yield Setting(setting.messages, replace(setting.conditions, secrets=rest), (f"no secret {name}",))
    for start in numbers_in(code):
        yield Setting(
            varied(setting.messages, "recipient", start), setting.conditions, (f"recipients in {start}",)
        )
    words = words_in(code)
    for name, _ in secrets:
        for word in words:
            tried = tuple((key, word if key == name else value) for key, value in secrets)
            yield Setting(
                setting.messages, replace(setting.conditions, secrets=tried), (f"secret {name} = {word!r}",)
            )
    for field, token in FIELDS.items():
        if token in code:
            for word in words:
                yield Setting(
                    varied(setting.messages, field, word), setting.conditions, (f"event.{field} = {word!r}",)
                )
