"""What each simulated behaviour rests on: a recorded exchange, Auth0's documentation, or an assumption.

``docs/simulator.md`` shows this table, and a test lists the assumed ones, so that nobody takes them for facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How well a behaviour is known."""

    RECORDED = "recorded"
    DOCUMENTED = "documented"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Known:
    """One behaviour: a short name, what the simulator does, and on what grounds."""

    name: str
    what: str
    standing: Standing
    source: str


_R, _D, _A = Standing.RECORDED, Standing.DOCUMENTED, Standing.ASSUMED
_GO, _TF = "go-auth0's recordings", "the Terraform provider's recordings"
_CLI = "the Deploy CLI's recordings"
BEHAVIORS: tuple[Known, ...] = (
    Known(
        "options_scopes",
        "without `read:connections_options` a connection has no `options`, with no error; "
        "a PATCH that carries them answers 403 without `update:connections_options`",
        _D,
        "Migrate to Management API Connection Options Scopes",
    ),
    Known(
        "options_on_create",
        "POST connections takes and shows `options` with `create:connections` alone",
        _A,
        "the migration page names the two GETs and the PATCH only",
    ),
    Known(
        "options_null",
        "null for `options` or `enabled_clients` changes nothing",
        _A,
        "the description allows null and doesn't say what it does",
    ),
    Known(
        "switch_values",
        "`use_phone_provider` takes booleans and `unified`; another value can be read and not written",
        _A,
        "a terraform issue shows both; nothing says what else is refused",
    ),
    Known(
        "switch_truthy",
        "any value of the switch but false and null sends through the provider; no value follows the tenant",
        _A,
        "nobody has verified it",
    ),
    Known("connection_delete", "202 while a connection goes, 204 once it is gone", _R, _GO),
    Known(
        "custom_action_listed",
        "GET actions/actions lists Actions on `custom-phone-provider`",
        _D,
        "only the dashboard's library hides them",
    ),
    Known(
        "custom_action_one",
        "a second Action on `custom-phone-provider` answers 403 "
        "`actions_cardinality_custom_phone_provider_not_allowed`",
        _D,
        "API changes of January to March 2026",
    ),
    Known(
        "build_reads_no_code",
        "a build doesn't read the code: what is no JavaScript is built and deployed",
        _R,
        _TF,
    ),
    Known("build_by_time", "builds and deployments end by time", _R, _GO),
    Known(
        "build_seconds",
        "a build takes 1.5 s, a deployment 0.5 s; by default a read ends them as well",
        _A,
        "recordings hold no times between requests",
    ),
    Known(
        "deploy_unbuilt",
        "deploying before the build is done answers 400, \"must be in the 'built' state\"",
        _D,
        "the Deploy CLI waits for this message",
    ),
    Known(
        "deploy_status",
        "a deployment answers 200",
        _R,
        "go-auth0's and the Terraform provider's recordings; the description says 202",
    ),
    Known(
        "action_delete_in_use",
        "deleting an Action in use without `force` answers 409",
        _A,
        "the description has the status and no message",
    ),
    Known(
        "counts_of_nothing",
        "lists of Actions and bindings leave out `total` and `page` where they are 0",
        _R,
        _CLI,
    ),
    Known("message_types_factor_off", "PUT message-types answers 200 with the factor off", _R, _GO),
    Known(
        "message_types_uncovered",
        "409 for a type that the provider doesn't deliver",
        _D,
        "Management API description",
    ),
    Known("twilio_unset", "a legacy Twilio configuration that was never set is `{}`", _R, _CLI),
    Known("templates_unset", "legacy templates that were never set answer 204", _R, _GO),
    Known(
        "legacy_closed",
        "legacy Guardian endpoints answer 403 `legacy_mfa_phone_…_not_allowed` on the new side",
        _D,
        "Migrate to the Unified Phone Experience",
    ),
    Known(
        "guardian_settings",
        "factors/phone/settings and guardian/settings have defaults and answer 200",
        _A,
        "statuses are recorded, the defaults are chosen",
    ),
    Known(
        "provider_no_sender",
        "a Twilio provider without a sender answers 400 `Bad Operation on Notification Resource`",
        _R,
        _TF,
    ),
    Known(
        "provider_custom_fields", "a provider patched to `custom` keeps Twilio fields that are sent", _R, _TF
    ),
    Known(
        "provider_custom_action",
        "`custom` without a deployed Action answers 400 `…deployed_action_not_found`",
        _D,
        "errorCode in the documentation; one recording of July 2025 shows 200",
    ),
    Known("provider_second", "a second provider answers 409", _A, "no source"),
    Known("provider_credentials", "`credentials: null` in lists, no such key in single answers", _R, _GO),
    Known("try_method", "a test message by a method that the provider lacks answers 400", _A, "no source"),
    Known(
        "try_logs",
        "a test message writes `gd_send_sms` or `gd_send_voice`, or the same with `_failure`",
        _A,
        "not documented",
    ),
    Known(
        "log_recipient",
        "`details.to` of a `gd_send_*` holds the number, all but four characters hidden",
        _A,
        "Auth0's schema of tenant logs names no such field",
    ),
    Known(
        "log_reasons",
        "a failure's reason stands in one of four places, the same for one tenant",
        _D,
        "schema of tenant logs; that it depends on the tenant is assumed",
    ),
    Known("log_passwordless", "Passwordless writes `cs` and `fn`", _D, "schema of tenant logs"),
    Known(
        "log_execution",
        "an Action that throws or runs out of time writes `actions_execution_failed`",
        _D,
        "schema of tenant logs",
    ),
    Known("log_lag", "logs can be read after 0.2 s", _A, "real lags are longer and differ"),
    Known("action_limit", "one execution of a trigger ends after 20 s", _D, "Actions Limitations"),
    Known(
        "action_arrival",
        "a message arrives when Twilio, Amazon or a gateway takes a request with the recipient and the code",
        _A,
        "a stand-in for the outside world",
    ),
    Known(
        "settings_merged",
        "PATCH tenants/settings merges `flags` and `universal_login`, replaces the rest, and takes away what is null",
        _R,
        _TF,
    ),
    Known("settings_country_codes", "`country_codes` can be set", _R, _TF),
    Known(
        "settings_no_toggle",
        "the switch on a tenant without the toggle answers 400 `invalid_body`",
        _A,
        "no source",
    ),
    Known(
        "nulls_refused",
        "null answers 400 where the description's type has no null",
        _D,
        "Management API description",
    ),
    Known("grant_all_scopes", "a grant of all scopes has no `scope`", _R, _TF),
    Known("grant_delete_twice", "deleting a grant twice answers 204 both times", _R, _GO),
    Known(
        "rate_reset",
        "`x-ratelimit-reset` is when the next request is added to the bucket",
        _D,
        "Rate Limit Policy",
    ),
    Known("rate_retry_after", "a 429 carries `retry-after`", _D, "Rate Limit Policy"),
    Known(
        "twilio_messages",
        "Twilio lists what became of messages that Auth0 handed to it, with statuses and error codes",
        _D,
        "Twilio's Message resource",
    ),
    Known(
        "token_quota",
        "a used-up quota answers 429 with `auth0-client-quota-limit` and `retry-after`",
        _D,
        "Fine-Grained Machine-to-Machine Token Quotas",
    ),
    Known(
        "token_assertion",
        "assertions are checked: issuer, subject, audience, time, one use",
        _D,
        "Authenticate with Private Key JWT",
    ),
    Known(
        "token_assertion_error",
        "a refused assertion answers 401 `invalid_client`",
        _A,
        "RFC 6749; Auth0's words are not documented",
    ),
    Known(
        "token_custom_domain",
        "a custom domain's audience answers 403 `Service not enabled within domain`",
        _D,
        "Auth0 community",
    ),
    Known(
        "token_secret_error",
        "a wrong secret answers 401 `access_denied`",
        _D,
        "Authentication API description",
    ),
    Known(
        "not_offered",
        "what a deployment or plan lacks answers 404 or 403 with a code of its own",
        _D,
        "public bug reports",
    ),
    Known("not_offered_words", "the message of such a 403", _A, "it differs by feature"),
    Known(
        "private_cloud",
        "private cloud without tenant-level providers: 404 under branding/phone, no such trigger, no toggle",
        _A,
        "operators' reports",
    ),
    Known(
        "global_client",
        "the global client is listed only where `is_global=true` is asked for",
        _A,
        "real lists hold it; a fleet's counts should not",
    ),
    Known(
        "outside_phones",
        "what has nothing to do with phones keeps what it is given and answers defaults",
        _R,
        "the Deploy CLI's and the Terraform provider's recordings",
    ),
)
"""Every behaviour that somebody could take for Auth0's own."""


def assumed() -> tuple[Known, ...]:
    """The behaviours that nobody has seen or documented."""
    return tuple(known for known in BEHAVIORS if known.standing is Standing.ASSUMED)


def markdown() -> str:
    """The table as the documentation shows it."""
    rows = [f"| `{known.name}` | {known.what} | *{known.standing}* | {known.source} |" for known in BEHAVIORS]
    return "\n".join(
        ("| behaviour | what the simulator does | standing | source |", "| --- | --- | --- | --- |", *rows)
    )
