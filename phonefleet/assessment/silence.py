"""Find the uses of a tenant whose users get no messages now, on whichever experience it is."""

from __future__ import annotations

from collections.abc import Iterator

from configs import DeliveryMethod
from phonefleet.assessment.connection_switch import uses_tenant_provider
from phonefleet.assessment.delivery_methods import undelivered
from phonefleet.assessment.snapshot_evidence import flag_evidence
from phonefleet.assessment.usage import find_usage
from phonefleet.model.assessment import Assessment, Dependent, DependentKind, Evidence, Reason
from phonefleet.model.endpoints import PHONE_PROVIDERS
from phonefleet.model.enums import ReasonCode, Verdict
from phonefleet.model.snapshot import SmsConnection, Snapshot


def silent_uses(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the names (`kind:id`) of what is in use and has nothing to send through.

    What cannot be read is not silent: a sender may be there.
    """
    return tuple(use.qualified_id for use in _silent(snapshot))


def judge_silence(found: Assessment, recorded: Snapshot, now: Snapshot) -> Assessment:
    """Return the assessment, as `broken` if users get nothing now who got messages in the recorded state.

    Args:
        found: what the tenant is by itself. On the legacy experience, a use without a sender is no use.
        recorded: the tenant after the last change by phonefleet.
        now: the tenant now.
    """
    before = silent_uses(recorded)
    fallen = [name for name in silent_uses(now) if name not in before]
    if found.verdict is Verdict.BROKEN or not fallen:
        return found
    provider = now.provider
    shown = Evidence(endpoint=PHONE_PROVIDERS, field="name", value=provider.name if provider else "none")
    reason = Reason(
        code=ReasonCode.NOTHING_SENDS,
        message=f"nothing sends for {', '.join(fallen)}, which worked in the recorded state: its users get no "
        "messages. Restore what sent, or migrate again now",
        evidence=(flag_evidence(now), shown),
    )
    return found.model_copy(update={"verdict": Verdict.BROKEN, "reasons": (reason, *found.reasons)})


def _silent(snapshot: Snapshot) -> Iterator[Dependent]:
    methods = _delivered(snapshot)
    usage = find_usage(snapshot)
    if snapshot.factor_enabled and snapshot.message_types:
        lacking = undelivered(snapshot.message_types, methods) if snapshot.on_upe else not usage.mfa
        if lacking:
            yield Dependent(kind=DependentKind.MFA_FACTOR, id="sms")
    for connection in snapshot.enabled_connections:
        if not connection.options_hidden and not _sends(connection, snapshot, methods):
            yield Dependent(kind=DependentKind.PASSWORDLESS_CONNECTION, id=connection.id)
    for identifier in snapshot.enabled_identifiers:
        if DeliveryMethod.TEXT not in methods:
            yield Dependent(kind=DependentKind.PHONE_IDENTIFIER, id=identifier.id)


def _delivered(snapshot: Snapshot) -> tuple[DeliveryMethod, ...]:
    """Return the delivery methods of an enabled provider that can send."""
    provider = snapshot.provider
    if provider is None or provider.disabled:
        return ()
    runs = provider.name != "custom" or any(action.deployed for action in snapshot.custom_actions)
    return tuple(m for m in DeliveryMethod if m in provider.delivery_methods) if runs else ()


def _sends(connection: SmsConnection, snapshot: Snapshot, methods: tuple[DeliveryMethod, ...]) -> bool:
    switch = connection.use_phone_provider
    if switch is True or (snapshot.on_upe and uses_tenant_provider(connection)):
        return DeliveryMethod.TEXT in methods
    # An undocumented value of the switch, or none on the Unified Phone Experience, leaves open what sends.
    return connection.configured or switch not in (None, False)
