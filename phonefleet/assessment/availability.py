"""Judge a tenant whose deployment or plan does not offer what its migration needs."""

from __future__ import annotations

from phonefleet.assessment.delivery_methods import required_methods
from phonefleet.assessment.dependents import find_dependents
from phonefleet.assessment.planning_input import DesiredState
from phonefleet.assessment.usage import Usage, usage_reasons
from phonefleet.model.assessment import Assessment, Evidence, Reason
from phonefleet.model.endpoints import (
    MESSAGE_TYPES,
    PHONE_PROVIDERS,
    PHONE_TEMPLATES,
    PROVIDER_ACTIONS,
    SELECTED_PROVIDER,
)
from phonefleet.model.enums import ReasonCode, Route, Verdict
from phonefleet.model.snapshot import EndpointRefusal, Snapshot


def missing_for_use(snapshot: Snapshot, usage: Usage) -> tuple[EndpointRefusal, ...]:
    """Return the answers that keep a tenant in use from migrating, whatever its target; empty where nothing does.

    A phone factor that is on without its settings being offered counts as use that cannot be read.
    """
    unread = snapshot.lacks(SELECTED_PROVIDER, MESSAGE_TYPES) if snapshot.factor_enabled else ()
    return (*(snapshot.lacks(PHONE_PROVIDERS) if usage or unread else ()), *unread)


def missing_for_target(snapshot: Snapshot, desired: DesiredState) -> tuple[EndpointRefusal, ...]:
    """Return the answers for parts of the desired state that the tenant is not offered."""
    templates = snapshot.lacks(PHONE_TEMPLATES) if desired.templates else ()
    return (*templates, *(() if desired.route is Route.TWILIO else snapshot.lacks(PROVIDER_ACTIONS)))


def not_available(snapshot: Snapshot, usage: Usage, missing: tuple[EndpointRefusal, ...]) -> Assessment:
    """Return the verdict for a tenant in use that is not offered what these reads would show."""
    answers = ", ".join(f"{refusal.endpoint} ({_answer(refusal)})" for refusal in missing)
    reason = Reason(
        code=ReasonCode.NOT_OFFERED,
        message=f"the tenant's deployment or plan does not offer what the migration needs: {answers}. Ask Auth0 which "
        "release or plan offers it",
        evidence=tuple(Evidence(endpoint=r.endpoint, field="status", value=_answer(r)) for r in missing),
    )
    return Assessment(
        domain=snapshot.domain,
        verdict=Verdict.NOT_AVAILABLE,
        reasons=(reason, *usage_reasons(usage, snapshot)),
        dependents=find_dependents(snapshot, legacy_remains=True),
        factors=usage.factors,
        required_methods=required_methods(
            usage.factors, texts=bool(usage.passwordless or snapshot.enabled_identifiers)
        ),
        passwordless=bool(usage.passwordless),
    )


def _answer(refusal: EndpointRefusal) -> str:
    return f"{refusal.status} {refusal.error_code}".strip()
