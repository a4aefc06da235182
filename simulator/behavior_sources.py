"""The source of each simulated behavior: a recorded exchange, Auth0's documentation, or an assumption.

``docs/reference/simulator.md`` shows this table (see ``simulator.behavior_page``). A test lists the assumed behaviors.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Marking(StrEnum):
    """How well a behavior of Auth0 is known."""

    RECORDED = "recorded"
    DOCUMENTED = "documented"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim about how Auth0 behaves, which the simulator implements.

    Attributes:
        what: what the simulator does.
        source: where it was recorded or documented; for an assumption, what is missing.
    """

    name: str
    what: str
    marking: Marking
    source: str


_R, _D, _A = Marking.RECORDED, Marking.DOCUMENTED, Marking.ASSUMED
_GO, _TF, _CLI = (
    f"recordings of {client}" for client in ("go-auth0", "the Terraform provider", "the Deploy CLI")
)
BEHAVIORS: tuple[Claim, ...] = (
    Claim(
        "options_scopes",
        "without `read:connections_options` a connection has no `options`, and there is no error; "
        "a PATCH with them answers 403 without `update:connections_options`",
        _D,
        "Migrate to Management API Connection Options Scopes",
    ),
    Claim(
        "options_on_create",
        "POST connections accepts and returns `options` with `create:connections` alone",
        _A,
        "the migration page names only the two GETs and the PATCH",
    ),
    Claim(
        "options_null",
        "null for `options` or `enabled_clients` changes nothing",
        _A,
        "the description allows null and does not say what it does",
    ),
    Claim(
        "switch_values",
        "`use_phone_provider` accepts booleans and `unified`; any other value can be read but not written",
        _A,
        "a Terraform issue shows both; refusals are not documented",
    ),
    Claim(
        "switch_truthy",
        "any value of the switch except false and null sends through the provider; without a value the tenant's "
        "flag decides",
        _A,
        "not verified",
    ),
    Claim(
        "connection_delete", "DELETE of a connection answers 202, and 204 when it is already deleted", _R, _GO
    ),
    Claim(
        "custom_action_listed",
        "GET actions/actions lists Actions on `custom-phone-provider`",
        _D,
        "only the library in the dashboard hides them",
    ),
    Claim(
        "custom_action_one",
        "a second Action on `custom-phone-provider` answers 403 "
        "`actions_cardinality_custom_phone_provider_not_allowed`",
        _D,
        "API changes of January to March 2026",
    ),
    Claim(
        "action_version_deployed",
        "POST of a version's deployment makes a new version equal to it, with its secrets; the draft only changes "
        "with `update_draft`",
        _D,
        "Management API description, Manage Versions",
    ),
    Claim(
        "build_reads_no_code",
        "a build does not read the code: text that is not JavaScript is built and deployed",
        _R,
        _TF,
    ),
    Claim("build_by_time", "builds and deployments end after some time", _R, _GO),
    Claim(
        "build_seconds",
        "a build takes 1.5 s, a deployment 0.5 s",
        _A,
        "recordings have no times between requests",
    ),
    Claim(
        "deploy_unbuilt",
        "a deployment before the build is done answers 400, \"must be in the 'built' state\"",
        _D,
        "the Deploy CLI waits for this message",
    ),
    Claim(
        "deploy_status",
        "a deployment answers 200",
        _R,
        "recordings of go-auth0 and of the Terraform provider; the description says 202",
    ),
    Claim(
        "action_delete_in_use",
        "DELETE of an Action in use without `force` answers 409",
        _A,
        "the description has the status but no message",
    ),
    Claim(
        "counts_of_nothing", "lists of Actions and bindings omit `total` and `page` when they are 0", _R, _CLI
    ),
    Claim("message_types_factor_off", "PUT message-types answers 200 while the factor is off", _R, _GO),
    Claim(
        "message_types_uncovered",
        "PUT message-types answers 409 for a type that the provider does not deliver",
        _D,
        "Management API description",
    ),
    Claim("twilio_unset", "GET of a legacy Twilio configuration answers `{}` before the first PUT", _R, _CLI),
    Claim(
        "text_legacy",
        "legacy messages have the documented variables, and `message_type` tells text from voice",
        _D,
        "Customize Multi-factor Authentication SMS and Voice Messages; Passwordless Authentication with SMS",
    ),
    Claim(
        "text_phone_templates",
        "phone templates are rendered by LiquidJS with the listed tags, filters and variables alone",
        _D,
        "Supported Liquid Syntax for Phone Templates",
    ),
    Claim(
        "text_engine",
        "legacy messages are rendered by LiquidJS too, with every tag and filter",
        _A,
        "the legacy pages link to Shopify's Liquid and name no engine",
    ),
    Claim(
        "text_defaults",
        "a legacy message that was never set has the default text, and so has an SMS connection without a template",
        _A,
        "the default of a connection is taken from the documentation's examples",
    ),
    Claim(
        "text_spoken",
        "spoken codes have dots between their digits on both experiences, and `pause` is silent",
        _A,
        "the dots are documented for the legacy experience alone",
    ),
    Claim(
        "text_unrenderable",
        "a message whose template cannot be rendered is not sent; a disabled template gives way to the default",
        _A,
        "not documented",
    ),
    Claim("templates_unset", "GET of legacy templates answers 204 before the first PUT", _R, _GO),
    Claim(
        "legacy_closed",
        "legacy Guardian endpoints answer 403 `legacy_mfa_phone_…_not_allowed` on the Unified Phone Experience",
        _D,
        "Migrate to the Unified Phone Experience",
    ),
    Claim(
        "guardian_settings",
        "factors/phone/settings and guardian/settings have defaults and answer 200",
        _A,
        "statuses are recorded, the default values are ours",
    ),
    Claim(
        "provider_no_sender",
        "a Twilio provider without a sender answers 400 `Bad Operation on Notification Resource`",
        _R,
        _TF,
    ),
    Claim(
        "provider_custom_fields", "a PATCH of a provider to `custom` keeps Twilio fields in the body", _R, _TF
    ),
    Claim(
        "provider_custom_action",
        "`custom` without a deployed Action answers 400 `…deployed_action_not_found`",
        _D,
        "`errorCode` in the documentation; one recording of July 2025 shows 200",
    ),
    Claim("provider_second", "a second provider answers 409", _A, "not documented"),
    Claim(
        "provider_credentials",
        "a provider has `credentials: null` in lists and no such key in single answers",
        _R,
        _GO,
    ),
    Claim(
        "try_method",
        "a test message by a delivery method that the provider does not have answers 400",
        _A,
        "not documented",
    ),
    Claim(
        "try_template",
        "a test message of a template is sent and logged as one of the provider is, with the template's type",
        _A,
        "not documented",
    ),
    Claim(
        "try_logs",
        "a test message is logged as `gd_send_sms` or `gd_send_voice`, with `_failure` when it failed",
        _A,
        "not documented",
    ),
    Claim(
        "log_recipient",
        "`details.to` of a `gd_send_*` has the number with all but four characters masked",
        _A,
        "Auth0's schema of tenant logs names no such field",
    ),
    Claim(
        "log_reasons",
        "the reason of a failure is in one of four fields, always the same one for a tenant",
        _D,
        "schema of tenant logs; we assume that it depends on the tenant",
    ),
    Claim(
        "log_passwordless", "Passwordless messages are logged as `cs` and `fn`", _D, "schema of tenant logs"
    ),
    Claim(
        "log_execution",
        "an Action that throws or exceeds its time is logged as `actions_execution_failed`",
        _D,
        "schema of tenant logs",
    ),
    Claim(
        "log_user_agent",
        "a `sapi` entry has the user agent as it was sent in `details.request.userAgent`; its own `user_agent` is "
        "`Other 0.0.0 / Other 0.0.0` for a program, and its `client_name` is empty",
        _R,
        _GO,
    ),
    Claim(
        "log_auth0_client",
        "a `sapi` entry has what the request's `Auth0-Client` header says in `auth0_client`",
        _D,
        "schema of tenant logs",
    ),
    Claim("provider_updated_at", "each PATCH of a provider moves its `updated_at`", _R, _GO),
    Claim("log_lag", "logs can be read after 0.2 s", _A, "real lags are longer and vary"),
    Claim("action_limit", "an execution of a trigger ends after 20 s", _D, "Actions Limitations"),
    Claim(
        "action_arrival",
        "a message arrives when Twilio, Amazon SNS or a gateway accepts a request with the recipient and the code",
        _A,
        "it replaces the services that Auth0 does not control",
    ),
    Claim(
        "settings_merged",
        "PATCH tenants/settings merges `flags` and `universal_login`, replaces other settings, and removes those "
        "that are null",
        _R,
        _TF,
    ),
    Claim("settings_country_codes", "PATCH tenants/settings accepts `country_codes`", _R, _TF),
    Claim(
        "settings_no_toggle",
        "PATCH of the flag answers 400 `invalid_body` on a tenant without the toggle",
        _A,
        "not documented",
    ),
    Claim(
        "nulls_refused",
        "null answers 400 where the type in the description does not allow it",
        _D,
        "Management API description",
    ),
    Claim("grant_all_scopes", "a grant of all scopes has no `scope`", _R, _TF),
    Claim("grant_delete_twice", "DELETE of a grant answers 204, also the second time", _R, _GO),
    Claim(
        "rate_reset",
        "`x-ratelimit-reset` is the time at which the next request is added to the bucket",
        _D,
        "Rate Limit Policy",
    ),
    Claim("rate_retry_after", "a 429 has `retry-after`", _D, "Rate Limit Policy"),
    Claim(
        "twilio_messages",
        "Twilio lists the messages that Auth0 sent through it, with statuses and error codes",
        _D,
        "Twilio's Message resource",
    ),
    Claim(
        "twilio_calls",
        "Twilio lists the calls that Auth0 made through it, with statuses",
        _D,
        "Twilio's Call resource",
    ),
    Claim(
        "twilio_days",
        "Twilio filters messages by the day of `date_sent` and calls by that of `start_time`, in GMT",
        _D,
        "Twilio's Message resource and Call resource",
    ),
    Claim(
        "twilio_refused",
        "Twilio lists no message that it refused when Auth0 asked for it",
        _A,
        "not documented",
    ),
    Claim(
        "token_quota",
        "an exhausted quota answers 429 with `auth0-client-quota-limit` and `retry-after`",
        _D,
        "Fine-Grained Machine-to-Machine Token Quotas",
    ),
    Claim(
        "token_assertion",
        "assertions are checked: issuer, subject, audience, lifetime, single use",
        _D,
        "Authenticate with Private Key JWT",
    ),
    Claim(
        "token_assertion_error",
        "a refused assertion answers 401 `invalid_client`",
        _A,
        "RFC 6749; Auth0's message is not documented",
    ),
    Claim(
        "client_keys",
        "a new application with public keys needs `create:client_credentials` and `jwt_configuration.alg` RS256",
        _D,
        "POST /clients, Management API description",
    ),
    Claim(
        "token_custom_domain",
        "the audience of a custom domain answers 403 `Service not enabled within domain`",
        _D,
        "Auth0 community",
    ),
    Claim(
        "token_secret_error",
        "a wrong secret answers 401 `access_denied`",
        _D,
        "Authentication API description",
    ),
    Claim(
        "not_offered",
        "endpoints that a deployment or plan does not have answer 404, or 403 with a specific code",
        _D,
        "public bug reports",
    ),
    Claim(
        "not_offered_message",
        "a 403 for a missing feature has a generic message",
        _A,
        "Auth0's message differs by feature",
    ),
    Claim(
        "private_cloud",
        "private cloud without tenant-level providers: 404 under branding/phone, no trigger, no toggle",
        _A,
        "operators' reports",
    ),
    Claim(
        "global_client",
        "the global client is listed only with `is_global=true`",
        _A,
        "real lists have it; the counts of a fleet should not",
    ),
    Claim(
        "outside_phones",
        "endpoints outside phone messaging keep what is written and answer defaults before that",
        _R,
        "recordings of the Deploy CLI and of the Terraform provider",
    ),
)
"""Every behavior that could be taken for Auth0's own."""
