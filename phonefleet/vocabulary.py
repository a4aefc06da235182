"""The words of a migration: verdicts, routes, reasons, steps and outcomes.

Auth0's own words (factor, message type, delivery method) are in `configs`, since operators write them.
"""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What a tenant's snapshot means for its migration; exactly one per tenant."""

    eligible = "eligible"
    already_migrated = "already_migrated"
    blocked = "blocked"
    """Qualifies, but the operator must supply or decide something first."""
    not_applicable = "not_applicable"
    """No phone messaging that is both enabled and configured."""
    contact_support = "contact_support"
    """On the legacy experience without a toggle: only Auth0 Support can move it."""
    broken = "broken"
    """On the Unified Phone Experience, and messages cannot go out."""
    unreachable = "unreachable"


class Route(StrEnum):
    """How a tenant's messages will go out after the migration."""

    twilio = "twilio"
    custom_action = "custom_action"
    """From a `send-phone-message` Action."""
    custom_gateway = "custom_gateway"
    """From the custom SMS gateway of a Passwordless connection."""
    custom_merged = "custom_merged"
    """MFA and Passwordless through different providers, joined in one custom provider."""


class Reversibility(StrEnum):
    """Whether a switched tenant can be taken back to what it was."""

    reversible = "reversible"
    lossy = "lossy"
    """The tenant works again, but something is not restored as it was."""
    one_way = "one_way"
    unknown = "unknown"
    """What depends on the provider could not be read."""


class OutcomeKind(StrEnum):
    """How a run ended for one tenant; exactly one per tenant and run."""

    migrated = "migrated"
    unchanged = "unchanged"
    skipped = "skipped"
    failed = "failed"
    rolled_back = "rolled_back"
    inconclusive = "inconclusive"
    held = "held"
    """Its wave or batch never started."""
    finalized = "finalized"
    drifted = "drifted"
    """A compliance run found it other than it was left."""


class StepKind(StrEnum):
    """One write to one tenant."""

    create_action = "create_action"
    update_action = "update_action"
    deploy_action = "deploy_action"
    create_provider = "create_provider"
    update_provider = "update_provider"
    create_template = "create_template"
    update_template = "update_template"
    send_test = "send_test"
    enable_factor = "enable_factor"
    set_message_types = "set_message_types"
    switch_tenant = "switch_tenant"
    switch_connection = "switch_connection"
    unbind_action = "unbind_action"
    clear_gateway_secret = "clear_gateway_secret"  # noqa: S105
    clear_connection_twilio = "clear_connection_twilio"


UNDO = "undo:"
"""Stands before the kind of a step that is taken back."""
MARK = "mark:"
"""Stands before the kind of a step whose fate is told by a later write in the tenant's log."""


class Severity(StrEnum):
    """How badly a dependent breaks, worst first."""

    logins_blocked = "logins_blocked"
    messages_lost = "messages_lost"
    tooling_refused = "tooling_refused"
    """Admin tooling is answered 403."""
    text_changes = "text_changes"
    """Messages go out with another text."""


class Change(StrEnum):
    """The changes that can break whoever depends on a tenant's phone messaging."""

    switch = "switch"
    """The migration's own switch: legacy Guardian endpoints answer 403 from then on."""
    disable = "disable"
    rollback = "rollback"
    finalize = "finalize"


class ReasonCode(StrEnum):
    """Why a tenant has its verdict or outcome. Stable: reports, approvals and pipelines key on them."""

    # what is in use (eligible)
    mfa_twilio = "mfa_twilio"
    mfa_action = "mfa_action"
    mfa_auth0 = "mfa_auth0"
    passwordless_twilio = "passwordless_twilio"
    passwordless_gateway = "passwordless_gateway"
    half_done = "half_done"
    connection_not_switched = "connection_not_switched"
    # already migrated
    flag_on = "flag_on"
    toggle_missing_on_upe = "toggle_missing_on_upe"
    # blocked: something to supply
    twilio_token_missing = "twilio_token_missing"  # noqa: S105
    twilio_sid_missing = "twilio_sid_missing"
    sender_missing = "sender_missing"
    voice_sender_missing = "voice_sender_missing"
    test_number_missing = "test_number_missing"
    action_secret_missing = "action_secret_missing"  # noqa: S105
    gateway_secret_missing = "gateway_secret_missing"  # noqa: S105
    missing_scope = "missing_scope"
    # blocked: something to decide
    legacy_auth0_provider = "legacy_auth0_provider"
    legacy_provider_unreadable = "legacy_provider_unreadable"
    factors_not_covered = "factors_not_covered"
    providers_differ = "providers_differ"
    several_actions = "several_actions"
    action_not_deployed = "action_not_deployed"
    action_refused = "action_refused"
    action_not_proved = "action_not_proved"
    gateway_refused = "gateway_refused"
    several_gateways = "several_gateways"
    template_refused = "template_refused"
    template_changes = "template_changes"
    custom_action_taken = "custom_action_taken"
    provider_taken = "provider_taken"
    otp_verify_reused = "otp_verify_reused"
    table_contradiction = "table_contradiction"
    # not applicable
    no_phone_messaging = "no_phone_messaging"
    factor_not_configured = "factor_not_configured"
    connection_without_clients = "connection_without_clients"
    connection_not_configured = "connection_not_configured"
    # contact support
    toggle_missing_on_legacy = "toggle_missing_on_legacy"
    # broken
    upe_without_provider = "upe_without_provider"
    upe_provider_disabled = "upe_provider_disabled"
    upe_methods_not_covering = "upe_methods_not_covering"
    upe_action_not_deployed = "upe_action_not_deployed"
    # unreachable
    unreachable = "unreachable"
    credentials_rejected = "credentials_rejected"
    insufficient_scope = "insufficient_scope"
    # reversibility
    legacy_configuration_present = "legacy_configuration_present"
    legacy_configuration_missing = "legacy_configuration_missing"
    legacy_door_closed = "legacy_door_closed"
    legacy_configuration_unreadable = "legacy_configuration_unreadable"
    provider_overwritten = "provider_overwritten"
    dependents_unread = "dependents_unread"
    identifier_depends_on_provider = "identifier_depends_on_provider"
    # outcomes
    not_selected = "not_selected"
    wave_stopped = "wave_stopped"
    paused = "paused"
    leased_elsewhere = "leased_elsewhere"
    plan_changed = "plan_changed"
    plan_refused = "plan_refused"
    test_message_failed = "test_message_failed"
    no_delivery_evidence = "no_delivery_evidence"
    test_fate_unknown = "test_fate_unknown"
    switch_not_effective = "switch_not_effective"
    connection_switch_not_effective = "connection_switch_not_effective"
    provider_vanished = "provider_vanished"
    action_build_failed = "action_build_failed"
    verification_failed = "verification_failed"
    rollback_not_effective = "rollback_not_effective"
    rollback_breaks = "rollback_breaks"
    soaking = "soaking"
    finalize_breaks = "finalize_breaks"
    finalize_not_accepted = "finalize_not_accepted"
    nothing_left = "nothing_left"
    drift_found = "drift_found"
    never_assessed = "never_assessed"
    api_refused = "api_refused"
    step_failed = "step_failed"
    internal_error = "internal_error"


DESCRIBING = frozenset(
    {
        ReasonCode.mfa_twilio,
        ReasonCode.mfa_action,
        ReasonCode.mfa_auth0,
        ReasonCode.passwordless_twilio,
        ReasonCode.passwordless_gateway,
        ReasonCode.half_done,
        ReasonCode.flag_on,
        ReasonCode.toggle_missing_on_upe,
        ReasonCode.factor_not_configured,
        ReasonCode.connection_not_configured,
        ReasonCode.connection_without_clients,
    }
)
"""Codes that say what a tenant has; they never keep it from being migrated by themselves."""
