"""Run a single Action on legacy or new messages, without a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from phonefleet.actions.verify.corpus import corpus
from phonefleet.actions.verify.programs import Conditions, run_original, run_translation
from phonefleet.actions.verify.sample_message import Message
from phonefleet.actions.verify.secret_values import names_in, stand_ins
from phonefleet.actions.verify.traces import ProgramRun, Trace


def run(
    code: str,
    events: int | Sequence[Message] = 20,
    *,
    legacy: bool = True,
    secret_names: Sequence[str] = (),
    seed: int = 0,
) -> list[Trace]:
    """What ``code`` does on each message, in order, in one container.

    Args:
        code: an Action; ``legacy`` says which trigger's handler is called.
        events: how many messages of the corpus, or the messages themselves.
        legacy: run ``onExecuteSendPhoneMessage`` on legacy events, else ``onExecuteCustomPhoneProvider`` on new ones.
        secret_names: names of the Action's secrets; those that the code visibly reads if empty.
        seed: draws another set of messages.

    Returns:
        One trace for each message; fewer when the program could not be run to the end.
    """
    messages = corpus(events, seed) if isinstance(events, int) else tuple(events)
    return list(
        run_program(code, messages, legacy=legacy, secret_names=secret_names).traces()[: len(messages)]
    )


def run_program(
    code: str, messages: Sequence[Message], *, legacy: bool = True, secret_names: Sequence[str] = ()
) -> ProgramRun:
    """As ``run``, with everything else that is known of the program: its loading and what it used."""
    conditions = Conditions(tuple(stand_ins(secret_names or names_in(code), code).items()))
    return (run_original if legacy else run_translation)(code, tuple(messages), conditions)
