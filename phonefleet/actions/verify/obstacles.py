"""Why a run of a program cannot be the ground of a verification."""

from __future__ import annotations

from collections.abc import Sequence

from phonefleet.actions.verify.program_run import ProgramRun
from phonefleet.actions.verify.sample_message import Message

_STOPPED = {
    "timeout": "timeout: the {who} does not end within 2 s on {where}",
    "memory": "memory: the {who} needs more than 160 MB on {where}",
    "crash": "crash: the {who} ends the JavaScript engine itself (it asks for too much memory at once)",
}
_NOT_EXERCISED = ("a function given to", "a subclass of")


def obstacles(run: ProgramRun, who: str) -> list[str]:
    """Every reason, each beginning with its code; empty when the run may be compared."""
    return [*_load_errors(run, who), *_stops(run, who), *_endless(run, who), *_noted(run, who)]


def _load_errors(run: ProgramRun, who: str) -> list[str]:
    if run.notes_of("unresolved") or run.notes_of("unsupported"):
        return []
    return [_load_error(load.error, who) for load in run.loads[:1] if load.error is not None]


def _load_error(error: tuple[str, str, str], who: str) -> str:
    kind, name, message = error
    match kind:
        case "syntax":
            hint = " (ES module syntax: Actions are CommonJS)" if _is_esm(message) else ""
            return f"syntax: the {who} is not valid JavaScript: {message}{hint}"
        case "handler":
            return f"no_handler: the {who} exports no function {message}"
        case "stopped":
            return f"unbounded: the {who} stops while it is loaded: {message}"
        case _:
            return f"load: the {who} throws while it is loaded: {name}: {message}"


def _is_esm(message: str) -> bool:
    return "import" in message or "export" in message


def _stops(run: ProgramRun, who: str) -> list[str]:
    found = [f"unbounded: the {who} goes beyond what a run may do: {why}" for why in run.notes_of("stop")]
    if run.stopped is not None:
        text = _STOPPED.get(run.stopped, f"engine: the {who} cannot be run: {run.stopped}")
        found.append(text.format(who=who, where=run.place or "some event"))
    return found


def _endless(run: ProgramRun, who: str) -> list[str]:
    hangs = any(b'"end":"pending"' in text and b'"loop":"cut"' in text for text in run.raw)
    return [f"unbounded: the {who} waits on timers without end"] if hangs else []


def waits_forever(run: ProgramRun, messages: Sequence[Message]) -> list[str]:
    """A program that never ends though it is answered, perhaps because a package without a model does not call back."""
    answered = [i for i, message in enumerate(messages) if message.kind.answers.startswith("ok")]
    unmodelled = run.notes_of("recorder")
    if (
        not unmodelled
        or len(run.raw) < len(messages)
        or not all(run.trace(i).end == "pending" for i in answered)
    ):
        return []
    return [f"not_exercised: the original never ends, perhaps because {', '.join(unmodelled)} has no model"]


def _noted(run: ProgramRun, who: str) -> list[str]:
    found = [f"unresolved_module: {name} cannot be loaded here" for name in run.notes_of("unresolved")]
    found += [
        f"unsupported: the {who} uses {name}, which has no stand-in" for name in run.notes_of("unsupported")
    ]
    found += [
        f"unknown_api: the {who} reads {name}, which no trigger here offers"
        for name in run.notes_of("unknown api")
    ]
    found += [f"changes_builtin: the {who} replaces {name}" for name in run.changed]
    found += [f"not_exercised: {use}" for use in run.notes_of("uses") if use.startswith(_NOT_EXERCISED)]
    return found


def remarks(run: ProgramRun) -> list[str]:
    """What a reader of a verification should know though it does not spoil it."""
    recorders = run.notes_of("recorder")
    found = [
        f"recorder: {name} has no model; its calls are compared and its results are opaque"
        for name in recorders
    ]
    used = [use for use in run.notes_of("uses") if use in ("the clock", "randomness")]
    if used:
        found.append(f"depends_on: {' and '.join(used)}; equal under two clocks and two seeds")
    return found
