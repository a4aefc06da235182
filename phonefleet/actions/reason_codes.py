"""The stable codes of refusals, verification reasons and flags, as reports, plans and approvals use them."""

from __future__ import annotations

from enum import StrEnum


class RefusalCode(StrEnum):
    """Why a translation is refused."""

    NOT_TEXT = "not_text"
    SYNTAX_ERROR = "syntax_error"
    ESM_SYNTAX = "esm_syntax"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    UNKNOWN_TRIGGER_VERSION = "unknown_trigger_version"
    NO_HANDLER = "no_handler"
    NEW_HANDLER_PRESENT = "new_handler_present"
    READS_NEW_EVENT = "reads_new_event"
    READS_REMOVED_FIELD = "reads_removed_field"
    DYNAMIC_CODE = "dynamic_code"
    DYNAMIC_REQUIRE = "dynamic_require"
    UNRESOLVED_MODULE = "unresolved_module"
    UNKNOWN_API = "unknown_api"
    BAD_OTHER_TYPES = "bad_other_types"
    # Only the rewrite is refused for these; the adapter handles them.
    DYNAMIC_EVENT_ACCESS = "dynamic_event_access"
    EVENT_FORWARDED_WHOLE = "event_forwarded_whole"
    EVENT_WRITTEN = "event_written"
    HANDLER_NOT_UNDERSTOOD = "handler_not_understood"
    ACCESS_NOT_UNDERSTOOD = "access_not_understood"
    # Gateways and merged Actions.
    GATEWAY_INCOMPLETE = "gateway_incomplete"
    MFA_PASSWORDLESS_INDISTINGUISHABLE = "mfa_passwordless_indistinguishable"
    NOTHING_TO_MERGE = "nothing_to_merge"
    # Templates.
    UNKNOWN_VARIABLES = "unknown_variables"
    UNKNOWN_SYNTAX = "unknown_syntax"
    TEMPLATE_BROKEN = "template_broken"
    TEMPLATE_DIFFERS = "template_differs"
    TEMPLATE_TOO_LONG = "template_too_long"
    TEMPLATE_TOO_COSTLY = "template_too_costly"
    UNSUPPORTED_LIQUID = "unsupported_liquid"
    CODE_NOT_SENT = "code_not_sent"


class VerificationCode(StrEnum):
    """Why a verification has its result, or what else to know about it."""

    NOT_REQUESTED = "not_requested"
    # The programs differ.
    DIFFERS = "differs"
    REMOVED_FIELDS = "removed_fields"
    DISPUTED_FIELD = "disputed_field"
    OPTIONAL_FIELD = "optional_field"
    OTHER_TYPES = "other_types"
    # Nothing reaches the user.
    VACUOUS = "vacuous"
    ALWAYS_THROWS = "always_throws"
    # A run cannot be compared.
    TOO_LARGE = "too_large"
    SETTINGS = "settings"
    SYNTAX = "syntax"
    NO_HANDLER = "no_handler"
    LOAD = "load"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASH = "crash"
    ENGINE = "engine"
    UNBOUNDED = "unbounded"
    NOT_DETERMINISTIC = "not_deterministic"
    REMOVED_FIELD_MENTIONED = "removed_field_mentioned"
    UNRESOLVED_MODULE = "unresolved_module"
    DYNAMIC_CODE = "dynamic_code"
    UNSUPPORTED = "unsupported"
    UNKNOWN_API = "unknown_api"
    RUNTIME_REMOVED = "runtime_removed"
    CHANGES_BUILTIN = "changes_builtin"
    NOT_EXERCISED = "not_exercised"
    OPAQUE = "opaque"
    OWN_PLACE = "own_place"
    UNREACHED = "unreached"
    FIELD_ORDER = "field_order"
    RUNTIME_CHANGED = "runtime_changed"
    RETRY_UNSAFE = "retry_unsafe"
    # Remarks: the result holds.
    RECORDER = "recorder"
    ACTIONS_MODULE = "actions_module"
    DEPENDS_ON = "depends_on"
    ASSUMES = "assumes"
    NEVER_RAN = "never_ran"


class FlagCode(StrEnum):
    """What a person should review."""

    NEVER_SET_FIELD = "never_set_field"
    DISPUTED_FIELD = "disputed_field"
    REMOVED_FIELD_MENTIONED = "removed_field_mentioned"
    EVENT_ENUMERATED = "event_enumerated"
    EVENT_FORWARDED_WHOLE = "event_forwarded_whole"
    DYNAMIC_EVENT_ACCESS = "dynamic_event_access"
    FAILURE_SWALLOWED = "failure_swallowed"
    STATUS_IGNORED = "status_ignored"
    SEND_NOT_AWAITED = "send_not_awaited"
    THROW_AS_VETO = "throw_as_veto"
    SMS_ONLY_UNDER_VOICE = "sms_only_under_voice"
    UNPINNED_DEPENDENCY = "unpinned_dependency"
    MISSING_DEPENDENCY = "missing_dependency"
    UNLISTED_SECRET = "unlisted_secret"  # noqa: S105
    OTP_VERIFY_REUSED = "otp_verify_reused"
    DEPENDS_ON_CLOCK = "depends_on_clock"
    DEPENDS_ON_RANDOMNESS = "depends_on_randomness"
    READS_ENVIRONMENT = "reads_environment"
    TOUCHES_GLOBALS = "touches_globals"
    GUARDED_UNKNOWN_API = "guarded_unknown_api"
    HANDLER_USES_THIS = "handler_uses_this"
    SEVERAL_TRIGGERS = "several_triggers"
    RUNTIME_RAISED = "runtime_raised"
    MFA_PASSWORDLESS_AMBIGUOUS = "mfa_passwordless_ambiguous"
    OPTIONAL_NOW = "optional_now"
    LOCALE_FORMAT = "locale_format"
