"""Run one Action with one message: what its code does, and whether the message arrives."""

from __future__ import annotations

import time
from dataclasses import dataclass

from simulator.events import Message, custom_event, legacy_event
from simulator.isolate import Execution, execute
from simulator.outside import Outside
from simulator.state import Action, Tenant, Version

CUSTOM, LEGACY = "custom-phone-provider", "send-phone-message"
HANDLERS = {CUSTOM: "onExecuteCustomPhoneProvider", LEGACY: "onExecuteSendPhoneMessage"}


@dataclass(frozen=True, slots=True)
class ActionRun:
    """One execution; ``problem`` says why the message did not arrive, or is empty."""

    trigger: str
    action: Action
    version: Version
    message: Message
    execution: Execution
    problem: str


def run_action(tenant: Tenant, action: Action, trigger: str, message: Message) -> ActionRun | str:
    """Run the Action's deployed version with a message; return text if it is not deployed."""
    version = action.deployed()
    if version is None:
        return f"Action {action.name} is not deployed"
    event = (
        custom_event(tenant, version, message)
        if trigger == CUSTOM
        else legacy_event(tenant, action, version, message)
    )
    outside = Outside(tenant, message)
    execution = execute(version.code, HANDLERS[trigger], event, outside, time.time())
    problem = _problem(action, message, execution, outside)
    return ActionRun(trigger, action, version, message, execution, problem)


def _problem(action: Action, message: Message, execution: Execution, outside: Outside) -> str:
    """Return why the message did not arrive, in the order in which an operator would look."""
    what = f"Action {action.name} with {message.kind} as {message.method}"
    if execution.error_class == "action_timeout":
        return f"{what}: {(execution.error or {}).get('message')}"
    if execution.error is not None:
        return f"{what} failed: {execution.error['message']}"
    if execution.dropped is not None:
        return f"{what} dropped it: {execution.dropped}"
    if execution.retried is not None:
        return f"{what} asked to try again: {execution.retried}"
    if outside.delivered:
        return ""
    refusal = f": {outside.refusals[0]}" if outside.refusals else ""
    return f"{what} sent nothing that arrives{refusal}"
