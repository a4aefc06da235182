"""Test by a message whether a migrated tenant's credentials, which no read shows, still work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from configs import DeliveryMethod
from phonefleet.delivery.twilio_api import TwilioApi
from phonefleet.errors import StepFailed
from phonefleet.execution.delivery_test import confirm_deliveries, send_test
from phonefleet.execution.executor import StepExecutor
from phonefleet.model.enums import ReasonCode, Reversibility, Route
from phonefleet.model.plan import Plan
from phonefleet.model.snapshot import Snapshot
from phonefleet.model.steps import SendTestStep, numbered
from phonefleet.planning.planner import basis_of
from phonefleet.planning.step_builders import message_steps


def credential_test_plan(snapshot: Snapshot, numbers: Mapping[DeliveryMethod, str]) -> Plan:
    """Plan a test message by each of the provider's delivery methods that has a number; nothing else is written.

    Args:
        snapshot: the migrated tenant.
        numbers: the recipients by delivery method.

    Raises:
        StepFailed: `test_number_missing`, or `provider_vanished`.
    """
    provider = snapshot.provider
    if provider is None:
        raise StepFailed(
            snapshot.domain,
            ReasonCode.PROVIDER_VANISHED,
            "the tenant-level provider is gone, so no test message was sent: find out who removed it",
        )
    methods = [method for method in DeliveryMethod if method in provider.delivery_methods]
    sid = provider.sid if provider.name == "twilio" else ""
    steps = tuple(message_steps(methods, numbers, twilio_sid=sid))
    if not steps:
        raise StepFailed(
            snapshot.domain,
            ReasonCode.TEST_NUMBER_MISSING,
            f"its provider delivers {' and '.join(methods) or 'nothing'}, and target.test_numbers has no number for "
            "that, so no test message was sent: set target.test_numbers",
        )
    return Plan(
        domain=snapshot.domain,
        route=Route.TWILIO if provider.name == "twilio" else Route.CUSTOM_ACTION,
        basis=basis_of(snapshot),
        steps=numbered(steps),
        reversibility=Reversibility.UNKNOWN,
    )


async def send_credential_tests(
    executor: StepExecutor, deadline: timedelta, twilio: TwilioApi | None = None
) -> None:
    """Send a plan's test messages and wait until the tenant's logs or Twilio show that each was delivered.

    Args:
        executor: works on the tenant under a plan of `credential_test_plan`.
        deadline: how long each message is looked for.
        twilio: Twilio's API; None where it is not to be asked.

    Raises:
        StepFailed: `test_message_failed`, `no_delivery_evidence` or `test_result_unknown`.
        TenantError: Auth0 refused or could not be reached.
    """
    await executor.recover()
    tests = [step for step in executor.plan.steps if isinstance(step, SendTestStep)]
    for step in tests:
        await send_test(executor, step, resend=False)
    found = await confirm_deliveries(executor, tests, deadline, twilio)
    missing = [t.target for t, evidence in zip(tests, found, strict=True) if evidence.evidence != "delivered"]
    if missing:
        raise StepFailed(
            executor.api.domain,
            ReasonCode.NO_DELIVERY_EVIDENCE,
            f"no log entry about the test message by {' and '.join(missing)} within {deadline.total_seconds():.0f} s, "
            "which does not show whether it was delivered. Look at the phone; then accept the tenant as it is "
            "(phonefleet compliance FLEET --accept DOMAIN), or test again",
        )
