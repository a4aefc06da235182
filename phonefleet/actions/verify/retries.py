"""Whether a translation may ask Auth0 to run a notification again: only if one message at most can go out."""

from __future__ import annotations

from collections.abc import Callable

from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.sends import repeats_a_send
from phonefleet.actions.parse.syntax import Program, parse
from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import ActionSource, TranslationReason
from phonefleet.actions.verify.compare import messages_sent
from phonefleet.actions.verify.programs import in_order
from phonefleet.actions.verify.sample_message import Message
from phonefleet.actions.verify.traces import ProgramRun


def retry_fault(
    original: ActionSource,
    translation: str,
    messages: tuple[Message, ...],
    runs: tuple[ProgramRun, ...],
    analyze: Callable[[ActionSource, Program], ParsedAction],
) -> TranslationReason | None:
    """Why the translation may not call ``api.notification.retry``; ``None`` if it never does, or may.

    Auth0 runs a retried notification up to 5 times. An error after which nothing was sent says so of one call only:
    a run that sends twice may have sent the first message. Counted is what the runs of both programs sent; a send in
    a loop, a callback or a helper that is called more than once could send more.
    """
    if not requests_retry(original.code, translation):
        return None
    for run in runs:
        for index, (message, _) in enumerate(in_order(messages)[: len(run.raw)]):
            count = messages_sent(run.trace(index), message)
            if count > 1:
                text = f"the translation may request a retry, and one run sends {count} messages"
                return TranslationReason(VerificationCode.RETRY_UNSAFE, text)
    if repeats_a_send(analyze(original, parse(original.code)).flow):
        text = "the translation may request a retry, and a send of the original may run more than once"
        return TranslationReason(VerificationCode.RETRY_UNSAFE, text)
    return None


def requests_retry(original: str, translation: str) -> bool:
    """Whether a translation may call ``api.notification.retry``, which no legacy Action can."""
    return _mentions_of_retry(translation) > _mentions_of_retry(original)


def _mentions_of_retry(code: str) -> int:
    """How often the code names something ``retry``; clients' options may have the same name."""
    if "retry" not in code:
        return 0
    program = parse(code)
    return sum(
        node.kind in ("property_identifier", "string_fragment", "shorthand_property_identifier_pattern")
        and program.text(node) == "retry"
        for node in program.nodes
    )
