"""The simulator's log of writes against the ledger's intents, write for write; tests and demonstrations share it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from phonefleet.model.run_record import IntentRecord
from simulator.state import Seen
from tests.intent_names import intent_name

REQUESTS = {
    "create_action": ("POST", "*/actions/actions"),
    "update_action": ("PATCH", "*/actions/actions/*"),
    "deploy_action": ("POST", "*/actions/actions/*/deploy"),
    "create_provider": ("POST", "*/branding/phone/providers"),
    "update_provider": ("PATCH", "*/branding/phone/providers/*"),
    "create_template": ("POST", "*/branding/phone/templates"),
    "update_template": ("PATCH", "*/branding/phone/templates/*"),
    "send_test": ("POST", "*/branding/phone/*/try"),
    "enable_factor": ("PUT", "*/guardian/factors/sms"),
    "set_message_types": ("PUT", "*/guardian/factors/phone/message-types"),
    "switch_tenant": ("PATCH", "*/tenants/settings"),
    "switch_connection": ("PATCH", "*/connections/*"),
    "revert create_action": ("DELETE", "*/actions/actions/*"),
    "revert deploy_action": ("POST", "*/actions/actions/*/versions/*/deploy"),
    "revert create_provider": ("DELETE", "*/branding/phone/providers/*"),
    "revert create_template": ("DELETE", "*/branding/phone/templates/*"),
    "unbind_action": ("PATCH", "*/actions/triggers/send-phone-message/bindings"),
}
"""The one write of each kind of step."""
WRITES = {
    "mark send_test": "update_provider",
    "adopt_action": "update_action",
    "revert adopt_action": "update_action",
    "revert update_provider": "update_provider",
    "revert update_template": "update_template",
    "revert enable_factor": "enable_factor",
    "revert set_message_types": "set_message_types",
    "revert switch_tenant": "switch_tenant",
    "revert switch_connection": "switch_connection",
    "clear_gateway_secret": "switch_connection",
    "clear_connection_twilio": "switch_connection",
}
"""The kind of write of intents that are not named after it."""
BY_CLOCK = timedelta(milliseconds=1)
"""The simulator's log cuts times to milliseconds."""


def kind_of(seen: Seen) -> str:
    """The kind of step that this write is of; the longest pattern is the closest."""
    fitting = [
        (len(pattern), kind)
        for kind, (method, pattern) in REQUESTS.items()
        if seen.method == method and fnmatchcase(seen.path, pattern)
    ]
    return max(fitting)[1] if fitting else ""


def disagreements(writes: Sequence[Seen], intents: Sequence[IntentRecord]) -> list[str]:
    """What the applied writes of one tenant and its intents, both oldest first, say differently.

    Every write has its intent: of its kind, durable before it, and without a result until after it. A tenant's intents
    lie one after the other, so no write can fit two of them. Every intent that is done has its write, and what must
    never be made or sent twice was written once.
    """
    found: list[str] = []
    made: dict[int, int] = {intent.intent_id: 0 for intent in intents}
    for seen in writes:
        fits = [intent.intent_id for intent in intents if _fits(seen, intent)]
        if len(fits) == 1:
            made[fits[0]] += 1
        else:
            found.append(f"{len(fits)} intents for {seen.method} {seen.path} at {seen.at}")
    found += [
        f"{intent_name(intent)} {intent.target}, intent {intent.intent_id}: {problem}"
        for intent in intents
        if (problem := _problem(intent, made[intent.intent_id]))
    ]
    once = Counter(name for seen in writes if (name := _once(seen)))
    return found + [f"{name} was written {count} times" for name, count in once.items() if count > 1]


def _fits(seen: Seen, intent: IntentRecord) -> bool:
    name, at = intent_name(intent), datetime.fromisoformat(seen.at)
    return (
        WRITES.get(name, name) == kind_of(seen)
        and intent.intended_at <= at + BY_CLOCK
        and (intent.ended_at is None or at <= intent.ended_at)
    )


def _problem(intent: IntentRecord, writes: int) -> str:
    if writes > 1:
        return f"{writes} writes"
    match intent.result:
        case "done" if writes == 0:
            return "done, and never written"
        case "not_applied" | "already" | "failed" if writes:
            return f"{intent.result}, and written"
        case _:
            return ""


def _once(seen: Seen) -> str:
    """The name of what must never be made or sent twice."""
    kind = kind_of(seen)
    body = seen.body or {}
    match kind:
        case "create_action" | "create_provider":
            return kind
        case "create_template":
            return f"{kind} {body['type']}"
        case "send_test":
            return f"{kind} {body['delivery_method']}"
        case _:
            return ""
