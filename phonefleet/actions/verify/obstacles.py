"""Why a run of a program cannot be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import TranslationReason
from phonefleet.actions.verify.answers import starts_ok
from phonefleet.actions.verify.sample_message import Message
from phonefleet.actions.verify.traces import ProgramRun

_STOPPED = {
    "timeout": (VerificationCode.TIMEOUT, "the {who} does not end within 2 s on {where}"),
    "memory": (VerificationCode.MEMORY, "the {who} needs more than 160 MB on {where}"),
    "crash": (
        VerificationCode.CRASH,
        "the {who} ends the JavaScript engine itself (it requests too much memory at once)",
    ),
}
_NOTES = {
    "unresolved": (VerificationCode.UNRESOLVED_MODULE, "{value} cannot be loaded here"),
    "unsupported": (VerificationCode.UNSUPPORTED, "the {who} uses {value}, which has no stand-in"),
    "unknown api": (VerificationCode.UNKNOWN_API, "the {who} reads {value}, which no trigger here offers"),
    "dynamic code": (VerificationCode.DYNAMIC_CODE, "the {who} makes code at run time with {value}"),
    "removed": (
        VerificationCode.RUNTIME_REMOVED,
        "the {who} uses {value}, which Node 22 does not have, so that it fails where an older runtime may not",
    ),
    "waits": (
        VerificationCode.UNSUPPORTED,
        "the {who} waits for {value} in a loop, and here the clock does not move while code runs",
    ),
    "not exercised": (VerificationCode.NOT_EXERCISED, "{value}"),
}
_USES = {"clock": "the clock", "randomness": "randomness"}


def obstacles(
    run: ProgramRun, who: str, optional_api: frozenset[str] = frozenset()
) -> list[TranslationReason]:
    """The reasons why a run cannot be compared; empty if it can. It may ask for ``optional_api`` in vain."""
    return [*_load_error(run, who), *_stops(run, who), *_notes(run, who, optional_api)]


def _load_error(run: ProgramRun, who: str) -> Iterator[TranslationReason]:
    explained = run.notes_of("unresolved") or run.notes_of("unsupported")
    if explained or not run.loads or run.loads[0].error is None:
        return
    kind, name, message = run.loads[0].error
    match kind:
        case "syntax":
            esm = "import" in message or "export" in message
            hint = " (ES module syntax: Actions are CommonJS)" if esm else ""
            text = f"the {who} is not valid JavaScript: {message}{hint}"
            yield TranslationReason(VerificationCode.SYNTAX, text)
        case "handler":
            yield TranslationReason(VerificationCode.NO_HANDLER, f"the {who} exports no function {message}")
        case "stopped":
            text = f"the {who} stops while it is loaded: {message}"
            yield TranslationReason(VerificationCode.UNBOUNDED, text)
        case _:
            text = f"the {who} throws while it is loaded: {name}: {message}"
            yield TranslationReason(VerificationCode.LOAD, text)


def _stops(run: ProgramRun, who: str) -> Iterator[TranslationReason]:
    for why in () if run.notes_of("waits") else run.notes_of("stop"):
        text = f"the {who} exceeds the limits of a run: {why}"
        yield TranslationReason(VerificationCode.UNBOUNDED, text)
    if run.stopped is not None:
        unknown = (VerificationCode.ENGINE, f"the {who} cannot be run: {run.stopped}")
        code, text = _STOPPED.get(run.stopped, unknown)
        if run.stopped in _STOPPED:
            text = text.format(who=who, where=run.place or "some event")
        yield TranslationReason(code, text)
    if any(b'"end":"pending"' in text and b'"loop":"cut"' in text for text in run.raw):
        yield TranslationReason(VerificationCode.UNBOUNDED, f"the {who} waits on timers without end")


def _notes(run: ProgramRun, who: str, optional_api: frozenset[str]) -> Iterator[TranslationReason]:
    for kind, (code, text) in _NOTES.items():
        for value in run.notes_of(kind):
            if code is VerificationCode.UNKNOWN_API and value in optional_api:
                continue
            yield TranslationReason(code, text.replace("{who}", who).replace("{value}", value))
    for name in run.changed:
        yield TranslationReason(VerificationCode.CHANGES_BUILTIN, f"the {who} replaces {name}")


def waits_forever(run: ProgramRun, messages: Sequence[Message]) -> list[TranslationReason]:
    """A program that never ends though it gets answers, perhaps because a package without a model never calls back."""
    answered = [i for i, message in enumerate(messages) if starts_ok(message.kind.answers)]
    unmodelled = run.notes_of("recorder")
    if (
        not unmodelled
        or len(run.raw) < len(messages)
        or not all(run.trace(i).end == "pending" for i in answered)
    ):
        return []
    text = f"the original never ends, perhaps because {', '.join(unmodelled)} has no model"
    return [TranslationReason(VerificationCode.NOT_EXERCISED, text)]


def silence(run: ProgramRun, messages: Sequence[Message]) -> list[TranslationReason]:
    """Why an original that sends nothing does not: the error of every run, and results that have no model."""
    traces = run.traces()[: len(messages)]
    errors = {trace.error for trace in traces if trace.end == "threw"}
    thrown = bool(traces) and all(trace.end == "threw" for trace in traces)
    reasons = []
    if thrown and (error := traces[0].error) is not None:
        others = f" (and {len(errors) - 1} other errors)" if len(errors) > 1 else ""
        text = f"the original throws in every run: {': '.join(error)}{others}"
        reasons.append(TranslationReason(VerificationCode.ALWAYS_THROWS, text))
    opaque = [f"the value of {what}" for what in run.notes_of("opaque")]
    opaque += sorted({f"{error[0]}: {error[1][:120]}" for error in errors if error and "«" in error[1]})
    if opaque:
        text = f"the original depends on what a package without a model answers: {opaque[0]}"
        reasons.insert(0, TranslationReason(VerificationCode.OPAQUE, text))
    return reasons


def remarks(run: ProgramRun) -> list[TranslationReason]:
    """What a reader of a verification should know though the result holds."""
    reasons = [
        TranslationReason(
            VerificationCode.RECORDER, f"{name} has no model; its calls are compared, its results are opaque"
        )
        for name in run.notes_of("recorder")
    ]
    reasons += [
        TranslationReason(
            VerificationCode.ACTIONS_MODULE,
            f"{name} is kept outside of the Action: its code was not seen, only its calls were compared. It is assumed "
            "that an Action of custom-phone-provider may use it",
        )
        for name in run.notes_of("actions module")
    ]
    used = [_USES[use] for use in run.notes_of("uses") if use in _USES]
    if used:
        text = f"{' and '.join(used)}; equal with two clocks and two seeds"
        reasons.append(TranslationReason(VerificationCode.DEPENDS_ON, text))
    return reasons
