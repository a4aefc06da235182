"""The words of a migration: verdicts, routes, reasons, steps and outcomes.

Auth0's own words (factor, message type, delivery method) are in `configs`, since operators write them.
"""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What a tenant's snapshot means for its migration; exactly one per tenant."""

    ELIGIBLE = "eligible"
    ALREADY_MIGRATED = "already_migrated"
    BLOCKED = "blocked"
    """Qualifies, but the operator must supply or decide something first."""
    NOT_APPLICABLE = "not_applicable"
    """No phone messaging that is both enabled and configured."""
    CONTACT_SUPPORT = "contact_support"
    """On the legacy experience, and the Management API does not show the setting that would switch it."""
    NOT_AVAILABLE = "not_available"
    """The deployment or the plan does not offer what the migration needs."""
    BROKEN = "broken"
    """On the Unified Phone Experience, and messages cannot go out."""
    UNREACHABLE = "unreachable"


class Route(StrEnum):
    """How a tenant's messages will go out after the migration."""

    TWILIO = "twilio"
    CUSTOM_ACTION = "custom_action"
    """From a `send-phone-message` Action."""
    CUSTOM_GATEWAY = "custom_gateway"
    """From the custom SMS gateway of a Passwordless connection."""
    CUSTOM_MERGED = "custom_merged"
    """MFA and Passwordless through different providers, joined in one custom provider."""
    CUSTOM_KEPT = "custom_kept"
    """Through the `custom-phone-provider` Action that the tenant already has, unchanged."""


GENERATED_ROUTES = frozenset({Route.CUSTOM_ACTION, Route.CUSTOM_GATEWAY, Route.CUSTOM_MERGED})
"""The routes through an Action that phonefleet writes."""


class Reversibility(StrEnum):
    """Whether a switched tenant can be taken back to what it was."""

    REVERSIBLE = "reversible"
    LOSSY = "lossy"
    """The tenant works again, but something is not restored as it was."""
    ONE_WAY = "one_way"
    UNKNOWN = "unknown"
    """What depends on the provider could not be read."""


class OutcomeKind(StrEnum):
    """How a run ended for one tenant; exactly one per tenant and run."""

    MIGRATED = "migrated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    INCONCLUSIVE = "inconclusive"
    HELD = "held"
    """Its wave or batch never started, or its plan no longer fits: nothing was written to it."""
    FINALIZED = "finalized"
    PREPARED = "prepared"
    """Everything before the switch is done and tested; the tenant sends as before, and `--switch` does the rest."""
    DRIFTED = "drifted"
    """A compliance run found it other than it was left."""


class RunVerdict(StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    STOPPED = "stopped"
    """At a gate: something waits for a person's decision."""
    FAILED = "failed"
    DRIFT = "drift"
    """A tenant differs from its recorded state."""
    INCOMPLETE = "incomplete"
    """Tenants could not be read."""
    OUTAGE = "outage"
    """Users of a tenant get no messages now."""


class WaveVerdict(StrEnum):
    """How a batch of a wave ended."""

    PASSED = "passed"
    STOPPED = "stopped"


class MigrationPhase(StrEnum):
    """The part of a migration that a run does, where it does not do the whole."""

    PREPARE = "prepare"
    """Everything before the switch: the tenant keeps sending as it did."""
    SWITCH = "switch"
    """The switch of tenants that an earlier run has prepared."""


class ShardPhase(StrEnum):
    """What a shard does for each of its tenants."""

    ASSESS = "assess"
    PREPARE = "prepare"
    CHECK = "check"
    """Look whether the tenant is still as an earlier run prepared it."""
    SWITCH = "switch"
    HEALTH = "health"
    EXPLAIN = "explain"
    """Search a drifted tenant's logs for who changed it."""
    RETEST = "retest"
    """Send test messages to a tenant whose credentials may have been overwritten."""
    ROLL_BACK = "roll_back"
    FINALIZE = "finalize"


class DecisionKind(StrEnum):
    """What a run decided about a batch of a wave."""

    WAITS = "waits"
    """It waits for a maintenance window, for the end of a freeze, or for a cap."""
    OPENED = "opened"
    """It goes on after a wait."""
    POSTPONED = "postponed"
    """Tenants do not start because their opening closes before they would be finished."""
    FINISHED = "finished"
    """Tenants at which the run died during the switch are finished before anything else."""
    PAUSED = "paused"
    """A person paused the run."""
    MISSED = "missed"
    """Tenants may not start any more."""
    GATE_PASSED = "gate_passed"
    """A gate before or after a wave, or between two batches, let the rollout go on."""
    GATE_FAILED = "gate_failed"
    """A gate did not."""
    ROLLED_BACK = "rolled_back"
    """The wave's switched tenants are rolled back, because its gate failed."""
    AWAITS_APPROVAL = "awaits_approval"
    """A person must approve the wave."""
    APPROVED = "approved"
    """A wave starts with this approval."""
    NOTIFIED = "notified"
    """Messages about an event were sent."""
    NOT_NOTIFIED = "not_notified"
    """A message about an event could not be sent. That stops nothing."""


class StepKind(StrEnum):
    """One write to one tenant."""

    CREATE_ACTION = "create_action"
    UPDATE_ACTION = "update_action"
    ADOPT_ACTION = "adopt_action"
    DEPLOY_ACTION = "deploy_action"
    CREATE_PROVIDER = "create_provider"
    UPDATE_PROVIDER = "update_provider"
    CREATE_TEMPLATE = "create_template"
    UPDATE_TEMPLATE = "update_template"
    SEND_TEST = "send_test"
    ENABLE_FACTOR = "enable_factor"
    SET_MESSAGE_TYPES = "set_message_types"
    SWITCH_TENANT = "switch_tenant"
    SWITCH_CONNECTION = "switch_connection"
    UNBIND_ACTION = "unbind_action"
    CLEAR_GATEWAY_SECRET = "clear_gateway_secret"  # noqa: S105
    CLEAR_CONNECTION_TWILIO = "clear_connection_twilio"


CHANGING_VERBS = ("migrate", "rollback", "finalize")
"""The verbs whose runs change tenants."""
PAUSING_VERBS = (*CHANGING_VERBS, "handover")
"""The verbs whose runs start no further tenant while they are paused."""
SWITCHES = frozenset({StepKind.SWITCH_TENANT, StepKind.SWITCH_CONNECTION})
"""The steps of the cut-over itself; everything before them leaves the tenant sending as it did."""
LEFTOVERS = frozenset(
    {StepKind.UNBIND_ACTION, StepKind.CLEAR_GATEWAY_SECRET, StepKind.CLEAR_CONNECTION_TWILIO}
)
"""The kinds of steps of a finalization, by whose names an operator accepts them."""


class Operation(StrEnum):
    """What an intent does with a step of a plan."""

    APPLY = "apply"
    REVERT = "revert"
    """Restore what the step changed."""
    MARK = "mark"
    """Write a value that is already there, after a send without an answer: it dates the tenant's log."""


class Receipt(StrEnum):
    """What Twilio says of a test message that it sent."""

    NOT_ASKED = "not_asked"
    """Twilio does not send it, `target.twilio.receipts` is false, or the log decided before."""
    DELIVERED = "delivered"
    FAILED = "failed"
    NOT_FINAL = "not_final"
    """Twilio has accepted it; whether it arrives is not known yet."""
    UNANSWERED = "unanswered"
    """Twilio made the call, and it was not answered."""
    NOT_FOUND = "not_found"
    """Twilio has no message to the recipient from the time of the test."""
    AMBIGUOUS = "ambiguous"
    """Twilio has several messages to the recipient from the time of the test, and which is ours is not known."""
    REFUSED = "refused"
    """Twilio does not accept the account SID with the auth token."""
    UNAVAILABLE = "unavailable"
    """Twilio gave no usable answer."""


class Severity(StrEnum):
    """How badly a dependent breaks, worst first."""

    LOGINS_BLOCKED = "logins_blocked"
    MESSAGES_LOST = "messages_lost"
    CHANGE_UNDONE = "change_undone"
    """Another owner of the settings undoes the change at its next run."""
    TOOLING_REFUSED = "tooling_refused"
    """Admin tooling is answered 403."""
    TEXT_CHANGES = "text_changes"
    """Messages go out with another text."""


class Change(StrEnum):
    """The changes that can break what depends on a tenant's phone messaging."""

    SWITCH = "switch"
    """The migration's own switch: legacy Guardian endpoints answer 403 from then on."""
    DISABLE = "disable"
    ROLLBACK = "rollback"
    FINALIZE = "finalize"


class ReasonCode(StrEnum):
    """Why a tenant has its verdict or outcome. Stable: reports, approvals and pipelines use these codes.

    `phonefleet.model.reasons` holds the policy of each.
    """

    # what is in use (eligible)
    MFA_TWILIO = "mfa_twilio"
    MFA_ACTION = "mfa_action"
    MFA_AUTH0 = "mfa_auth0"
    PASSWORDLESS_TWILIO = "passwordless_twilio"
    PASSWORDLESS_GATEWAY = "passwordless_gateway"
    HALF_DONE = "half_done"
    CONNECTION_NOT_SWITCHED = "connection_not_switched"
    # already migrated
    FLAG_ON = "flag_on"
    TOGGLE_MISSING_ON_UPE = "toggle_missing_on_upe"
    # blocked: something to supply
    TWILIO_TOKEN_MISSING = "twilio_token_missing"  # noqa: S105
    TWILIO_SID_MISSING = "twilio_sid_missing"
    SENDER_MISSING = "sender_missing"
    VOICE_SENDER_MISSING = "voice_sender_missing"
    TEST_NUMBER_MISSING = "test_number_missing"
    ACTION_SECRET_MISSING = "action_secret_missing"  # noqa: S105
    GATEWAY_SECRET_MISSING = "gateway_secret_missing"  # noqa: S105
    KEY_IN_CODE = "key_in_code"
    KEY_IN_GATEWAY_URL = "key_in_gateway_url"
    MISSING_SCOPE = "missing_scope"
    LOGS_UNREADABLE = "logs_unreadable"
    # blocked: something to decide
    LEGACY_AUTH0_PROVIDER = "legacy_auth0_provider"
    LEGACY_PROVIDER_UNREADABLE = "legacy_provider_unreadable"
    FACTORS_NOT_COVERED = "factors_not_covered"
    FACTOR_GIVEN_UP = "factor_given_up"
    PROVIDERS_DIFFER = "providers_differ"
    SEVERAL_ACTIONS = "several_actions"
    ACTION_NOT_DEPLOYED = "action_not_deployed"
    ACTION_REFUSED = "action_refused"
    ACTION_NOT_VERIFIED = "action_not_verified"
    ACTION_DISPUTED_FIELD = "action_disputed_field"
    ACTION_OPTIONAL_FIELD = "action_optional_field"
    GATEWAY_REFUSED = "gateway_refused"
    SEVERAL_GATEWAYS = "several_gateways"
    TEMPLATE_REFUSED = "template_refused"
    TEMPLATE_TOO_COSTLY = "template_too_costly"
    TEXT_GIVEN_UP = "text_given_up"
    SENDER_GIVEN_UP = "sender_given_up"
    CODE_NOT_SENT = "code_not_sent"
    TEMPLATE_CHANGES = "template_changes"
    CUSTOM_ACTION_TAKEN = "custom_action_taken"
    CUSTOM_ACTION_NOT_DEPLOYED = "custom_action_not_deployed"
    CUSTOM_ACTION_NOT_SENDING = "custom_action_not_sending"
    CUSTOM_ACTION_NOT_VERIFIED = "custom_action_not_verified"
    PROVIDER_TAKEN = "provider_taken"
    PROVIDER_IN_USE = "provider_in_use"
    OTP_VERIFY_REUSED = "otp_verify_reused"
    TABLE_CONTRADICTION = "table_contradiction"
    # described in a plan
    CUSTOM_ACTION_SENDS = "custom_action_sends"
    CUSTOM_ACTION_ACCEPTED = "custom_action_accepted"
    CUSTOM_ACTION_ADOPTED = "custom_action_adopted"
    CUSTOM_ACTION_UNUSED = "custom_action_unused"
    FACTOR_STARTS_SENDING = "factor_starts_sending"
    CONNECTION_STARTS_SENDING = "connection_starts_sending"
    # not applicable
    NO_PHONE_MESSAGING = "no_phone_messaging"
    FACTOR_NOT_CONFIGURED = "factor_not_configured"
    CONNECTION_WITHOUT_CLIENTS = "connection_without_clients"
    CONNECTION_NOT_CONFIGURED = "connection_not_configured"
    GATEWAY_TIME_SHORTER = "gateway_time_shorter"
    # contact support
    TOGGLE_MISSING_ON_LEGACY = "toggle_missing_on_legacy"
    # not available
    NOT_OFFERED = "not_offered"
    # broken
    UPE_WITHOUT_PROVIDER = "upe_without_provider"
    UPE_PROVIDER_DISABLED = "upe_provider_disabled"
    UPE_METHODS_NOT_COVERING = "upe_methods_not_covering"
    UPE_ACTION_NOT_DEPLOYED = "upe_action_not_deployed"
    UPE_ACTION_NOT_SENDING = "upe_action_not_sending"
    NOTHING_SENDS = "nothing_sends"
    # unreachable
    UNREACHABLE = "unreachable"
    CREDENTIAL_MISSING = "credential_missing"
    CREDENTIALS_REJECTED = "credentials_rejected"
    INVALID_CLIENT = "invalid_client"
    PRIVATE_KEY_UNUSABLE = "private_key_unusable"
    CUSTOM_DOMAIN_USED = "custom_domain_used"
    AUDIENCE_UNKNOWN = "audience_unknown"
    CLIENT_GRANT_MISSING = "client_grant_missing"
    GRANT_TYPE_NOT_ALLOWED = "grant_type_not_allowed"
    TOKEN_QUOTA_USED_UP = "token_quota_used_up"  # noqa: S105
    TOKEN_REQUESTS_LIMITED = "token_requests_limited"  # noqa: S105
    INSUFFICIENT_SCOPE = "insufficient_scope"
    # reversibility
    LEGACY_CONFIGURATION_PRESENT = "legacy_configuration_present"
    LEGACY_CONFIGURATION_MISSING = "legacy_configuration_missing"
    LEGACY_ENDPOINTS_CLOSED = "legacy_endpoints_closed"
    LEGACY_CONFIGURATION_UNREADABLE = "legacy_configuration_unreadable"
    PROVIDER_OVERWRITTEN = "provider_overwritten"
    CUSTOM_ACTION_OVERWRITTEN = "custom_action_overwritten"
    DEPENDENTS_UNREAD = "dependents_unread"
    IDENTIFIER_DEPENDS_ON_PROVIDER = "identifier_depends_on_provider"
    CONNECTION_SWITCH_UNDOCUMENTED = "connection_switch_undocumented"
    # outcomes
    NOT_SELECTED = "not_selected"
    WAVE_STOPPED = "wave_stopped"
    PAUSED = "paused"
    OUTSIDE_WINDOW = "outside_window"
    DEADLINE_PASSED = "deadline_passed"
    OWNER_FIRST = "owner_first"
    NOT_REHEARSED = "not_rehearsed"
    WAVE_ROLLED_BACK = "wave_rolled_back"
    APPROVAL_VOID = "approval_void"
    NOT_PREPARED = "not_prepared"
    LEASED_ELSEWHERE = "leased_elsewhere"
    INTERRUPTED = "interrupted"
    WRITE_NOT_SETTLED = "write_not_settled"
    OVERTAKEN = "overtaken"
    PLAN_CHANGED = "plan_changed"
    PLAN_REFUSED = "plan_refused"
    CHANGE_LIMIT = "change_limit"
    TEST_MESSAGE_FAILED = "test_message_failed"
    NO_DELIVERY_EVIDENCE = "no_delivery_evidence"
    TEST_RESULT_UNKNOWN = "test_result_unknown"
    SWITCH_NOT_EFFECTIVE = "switch_not_effective"
    CONNECTION_SWITCH_NOT_EFFECTIVE = "connection_switch_not_effective"
    PROVIDER_VANISHED = "provider_vanished"
    ACTION_BUILD_FAILED = "action_build_failed"
    VERIFICATION_FAILED = "verification_failed"
    CANNOT_SEND = "cannot_send"
    ROLLBACK_NOT_EFFECTIVE = "rollback_not_effective"
    ROLLBACK_BREAKS = "rollback_breaks"
    FINALIZED_BEFORE = "finalized_before"
    SOAKING = "soaking"
    FINALIZE_BREAKS = "finalize_breaks"
    OWNER_ACTIVE = "owner_active"
    FINALIZE_NOT_ACCEPTED = "finalize_not_accepted"
    NOTHING_LEFT = "nothing_left"
    DRIFT_FOUND = "drift_found"
    CREDENTIALS_UNCERTAIN = "credentials_uncertain"
    CREDENTIALS_TESTED = "credentials_tested"
    NEVER_ASSESSED = "never_assessed"
    NOT_MIGRATED = "not_migrated"
    SECRET_IN_FILES = "secret_in_files"  # noqa: S105
    API_REFUSED = "api_refused"
    NOT_RECORDED = "not_recorded"
    STEP_FAILED = "step_failed"
    INTERNAL_ERROR = "internal_error"
