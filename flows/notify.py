"""Send messages about a run through Apprise. A message that cannot be sent is recorded and stops nothing."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from configs import Fleet, NotifyEvent, Recipient
from flows.report_files import reports_dir
from phonefleet.errors import SecretError
from phonefleet.model.enums import CHANGING_VERBS, DecisionKind, OutcomeKind
from phonefleet.model.run_options import RunOptions
from phonefleet.model.run_outline import RunOutline
from phonefleet.rollout.run_messages import RunMessage, is_locked_out, message_for
from phonefleet.secrets.address_parts import credentials_in
from phonefleet.secrets.known_values import KNOWN
from phonefleet.secrets.store import SecretStore
from tasks.run_context import RunContext

EVENT_OF_DECISION = {
    DecisionKind.AWAITS_APPROVAL: NotifyEvent.APPROVAL,
    DecisionKind.OPENED: NotifyEvent.WINDOW_OPENED,
    DecisionKind.MISSED: NotifyEvent.WINDOW_MISSED,
    DecisionKind.GATE_FAILED: NotifyEvent.GATE_STOPPED,
}
_log = logging.getLogger(__name__)


async def notify(
    context: RunContext,
    event: NotifyEvent,
    *,
    wave: str = "",
    detail: str = "",
    run: RunOutline | None = None,
    since: datetime | None = None,
) -> None:
    """Send the messages about an event of a run, once for each wave of it, also when the run is continued.

    Args:
        context: the run.
        event: what happened.
        wave: the wave that it is about; empty for the whole run.
        detail: what was recorded about it.
        run: the run so far; None reads it.
        since: when a person last answered to the event, so that it happened again; None if it cannot.
    """
    fleet, ledger, run_id = context.fleet, context.ledger, context.run_id
    interested = [each for each in fleet.notify.recipients if event in each.events]
    if not interested or await ledger.waves.is_notified.in_thread(run_id, event, wave, since):
        return
    outline = run or await ledger.runs.outline.in_thread(run_id)
    link = report_link(fleet, run_id, context.options)
    messages = [
        (each, message_for(each, event, outline, link, wave=wave, detail=detail)) for each in interested
    ]
    wanted = [(recipient, message) for recipient, message in messages if message is not None]
    if not wanted:
        return
    failures = await send_all(fleet, context.secrets, wanted)
    kind = DecisionKind.NOT_NOTIFIED if failures else DecisionKind.NOTIFIED
    text = f"messages about {event}: {len(wanted) - len(failures)} of {len(wanted)} sent"
    text += "".join(f"; {failure}" for failure in failures)
    await ledger.waves.note_messages.in_thread(run_id, event, wave, kind, text)
    if failures:
        context.progress.say(f"warning: {text}")


async def notify_of_end(context: RunContext, run: RunOutline) -> None:
    """Send the messages that a run's result calls for."""
    if any(is_locked_out(tenant) for tenant in run.tenants):
        await notify(context, NotifyEvent.LOCKED_OUT, run=run)
    if any(t.outcome is OutcomeKind.DRIFTED for t in run.tenants):
        await notify(context, NotifyEvent.DRIFT, run=run)
    if run.verb in CHANGING_VERBS:
        await notify(context, NotifyEvent.END, run=run)


def report_link(fleet: Fleet, run_id: str, options: RunOptions) -> str:
    """Return where a run's report is, or will be."""
    if fleet.notify.report_link:
        return fleet.notify.report_link.replace("{run}", run_id).replace("{fleet}", fleet.name)
    return str(reports_dir(fleet, run_id, options.reports) / "report.html")


async def send_all(
    fleet: Fleet, secrets: SecretStore, messages: Iterable[tuple[Recipient, RunMessage]]
) -> list[str]:
    """Send messages at the same time, and return what could not be sent, and why."""
    sent = [_send(fleet.notify.timeout, secrets, recipient, message) for recipient, message in messages]
    return [failure for failure in await asyncio.gather(*sent) if failure]


async def _send(limit: timedelta, secrets: SecretStore, recipient: Recipient, message: RunMessage) -> str:
    """Send one message; return why it could not be sent, without its address."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[str] = loop.create_future()

    def finish(why: str) -> None:
        if not result.done():
            result.set_result(why)

    def work() -> None:
        try:
            why = _send_now(secrets, recipient, message)
        except Exception as error:
            # A defect of a plugin must not stop a run; its text may have the address.
            why = type(error).__name__
        try:
            loop.call_soon_threadsafe(finish, why)
        except RuntimeError:
            _log.debug("recipient %s: its message ended after the run", recipient.name)

    # A thread of its own: a server that does not answer must not keep the process.
    threading.Thread(target=work, name=f"message to {recipient.name}", daemon=True).start()
    try:
        async with asyncio.timeout(limit.total_seconds()):
            why = await result
    except TimeoutError:
        why = f"no answer within {limit.total_seconds():g} s (notify.timeout)"
    return f"{recipient.name}: {KNOWN.mask(why)}" if why else ""


def _send_now(secrets: SecretStore, recipient: Recipient, message: RunMessage) -> str:
    # Imported late: it takes a while, and most fleets send nothing.
    from apprise import Apprise, AppriseAsset, NotifyFormat, PersistentStoreMode

    try:
        address = secrets.resolve(recipient.address).get_secret_value()
    except SecretError as error:
        return str(error)
    # The libraries that send log URLs that they make of its parts.
    for part in credentials_in(address):
        KNOWN.add(part)
    sender = Apprise(
        asset=AppriseAsset(
            app_id="phonefleet",
            app_desc="phonefleet",
            storage_mode=PersistentStoreMode.MEMORY,
            async_mode=False,
        )
    )
    if not sender.add(address.strip()):
        return f"the value of {recipient.address} is no address that Apprise understands"
    sent = sender.notify(
        body=KNOWN.mask(message.body), title=KNOWN.mask(message.title), body_format=NotifyFormat.TEXT
    )
    return "" if sent else "its server did not accept the message, or could not be reached"
