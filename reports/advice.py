"""For each reason that keeps a tenant from being settled: what kind of help it takes, and the next step."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from phonefleet.vocabulary import ReasonCode


class Need(StrEnum):
    """What kind of help a reason takes."""

    supply = "supply"
    """The operator supplies a secret or a setting."""
    decide = "decide"
    """The tenant's owner decides or approves."""
    repair = "repair"
    """Something at the tenant must be put right."""
    access = "access"
    """Our own client needs more rights or other credentials."""
    auth0_support = "auth0_support"
    investigate = "investigate"
    """A person looks at the evidence."""
    resume = "resume"
    """Nothing is wrong with the tenant: run again."""


_R, _N = ReasonCode, Need

ADVICE: Mapping[ReasonCode, tuple[Need, str]] = {
    _R.twilio_token_missing: (
        _N.supply,
        "Put a reference to the Twilio auth token in target.twilio.auth_token.",
    ),
    _R.twilio_sid_missing: (_N.supply, "Put the Twilio account SID in target.twilio.sid."),
    _R.sender_missing: (_N.supply, "Name a sender: target.twilio.default_from or target.twilio.mssid."),
    _R.voice_sender_missing: (_N.supply, "Name target.twilio.default_from: voice needs a number of its own."),
    _R.test_number_missing: (_N.supply, "Name a number per delivery method in target.test_numbers."),
    _R.action_secret_missing: (_N.supply, "Put references to the Action's secrets in target.action_secrets."),
    _R.gateway_secret_missing: (
        _N.supply,
        "Put a reference to the gateway's shared secret in target.gateway_secret.",
    ),
    _R.missing_scope: (_N.access, "Grant the named scopes to phonefleet's client on this tenant."),
    _R.legacy_auth0_provider: (
        _N.decide,
        "Choose a Twilio account or a custom provider: Auth0's evaluation SMS ends here.",
    ),
    _R.legacy_provider_unreadable: (
        _N.decide,
        "What sends messages now cannot be read: say which provider the tenant is to have.",
    ),
    _R.template_changes: (
        _N.decide,
        "A message will read differently: look at both texts and approve that by name.",
    ),
    _R.factors_not_covered: (
        _N.decide,
        "Add delivery methods to the provider, or give up the factors they don't cover.",
    ),
    _R.providers_differ: (
        _N.decide,
        "MFA and Passwordless send through different providers: agree on one custom provider for both.",
    ),
    _R.several_actions: (_N.decide, "Several send-phone-message Actions: say which one carries over."),
    _R.action_not_deployed: (
        _N.decide,
        "Deploy the send-phone-message Action, or say that it is not in use.",
    ),
    _R.action_refused: (
        _N.decide,
        "The Action cannot be translated safely: have its owner write the new one.",
    ),
    _R.action_not_proved: (
        _N.decide,
        "The translated Action is not proved: review it and approve it by name.",
    ),
    _R.gateway_refused: (
        _N.decide,
        "The gateway cannot be carried over as it is: change its settings or write the Action.",
    ),
    _R.several_gateways: (_N.decide, "Connections use different gateways: agree on one."),
    _R.template_refused: (_N.decide, "A template cannot be translated: rewrite the message."),
    _R.custom_action_taken: (
        _N.decide,
        "The one custom phone provider Action is taken by another: say which one stays.",
    ),
    _R.provider_taken: (_N.decide, "A different provider is already there: say whether it may be changed."),
    _R.otp_verify_reused: (_N.decide, "Enrolment and verification texts merge: approve that by name."),
    _R.table_contradiction: (
        _N.decide,
        "Auth0's tables contradict each other here: confirm the factors wanted.",
    ),
    _R.half_done: (_N.resume, "A provider is there but the switch is not thrown: migrate again."),
    _R.connection_not_switched: (_N.resume, "A connection still sends the old way: migrate again."),
    _R.toggle_missing_on_legacy: (
        _N.auth0_support,
        "Ask Auth0 Support for the toggle: only they can move this tenant.",
    ),
    _R.upe_without_provider: (_N.repair, "Configure a phone provider now: messages cannot go out."),
    _R.upe_provider_disabled: (_N.repair, "Enable the phone provider now: messages cannot go out."),
    _R.upe_methods_not_covering: (
        _N.repair,
        "Add the missing delivery methods to the provider: some messages cannot go out.",
    ),
    _R.upe_action_not_deployed: (
        _N.repair,
        "Deploy the custom phone provider Action: messages cannot go out.",
    ),
    _R.unreachable: (_N.access, "Check the domain and the network, then assess again."),
    _R.credentials_rejected: (_N.access, "Check client_id and client_secret of this tenant."),
    _R.insufficient_scope: (_N.access, "Grant the named scopes to phonefleet's client on this tenant."),
    _R.not_selected: (_N.resume, "Not selected in this run: name its wave or tenant in the next one."),
    _R.wave_stopped: (_N.resume, "Its wave stopped before it: settle the failures, then run again."),
    _R.paused: (_N.resume, "The run is paused: take the pause file away, then run again."),
    _R.leased_elsewhere: (_N.resume, "Another run works on this tenant: wait for it, then run again."),
    _R.plan_changed: (
        _N.decide,
        "The tenant changed since the plan was approved: look at the difference and plan again.",
    ),
    _R.test_message_failed: (
        _N.investigate,
        "The test message failed: look at the tenant's log entry and the provider's account.",
    ),
    _R.no_delivery_evidence: (
        _N.decide,
        "No log entry tells what became of the test message: ask the receiver, then decide to go on or back.",
    ),
    _R.test_fate_unknown: (
        _N.decide,
        "Not known whether the test message was sent: ask the receiver before sending another.",
    ),
    _R.switch_not_effective: (
        _N.investigate,
        "The switch did not take effect: read the tenant's setting and ask Auth0 Support if it will not change.",
    ),
    _R.connection_switch_not_effective: (
        _N.investigate,
        "A connection's switch did not take effect: read the connection.",
    ),
    _R.provider_vanished: (_N.investigate, "The provider was there and is gone: find out who deleted it."),
    _R.action_build_failed: (_N.investigate, "Auth0 could not build the Action: read its build errors."),
    _R.verification_failed: (
        _N.investigate,
        "The tenant does not read back as planned: compare it with the plan.",
    ),
    _R.rollback_not_effective: (
        _N.auth0_support,
        "The tenant did not go back: the legacy door is closed, ask Auth0 Support.",
    ),
    _R.rollback_breaks: (
        _N.decide,
        "Going back would break what came to depend on the provider: ask its owner.",
    ),
    _R.plan_refused: (_N.decide, "The plan was refused as a whole: the run's message says why; plan again."),
    _R.soaking: (_N.resume, "It soaks still: finalize it after the time that the message names."),
    _R.finalize_breaks: (
        _N.investigate,
        "A client still calls legacy endpoints: find out what it does there before anything is removed.",
    ),
    _R.finalize_not_accepted: (
        _N.decide,
        "Finalizing cannot be undone: accept each kind of leftover by name.",
    ),
    _R.drift_found: (
        _N.decide,
        "Somebody changed the tenant: look at the named fields, then mend it or accept it as it is now.",
    ),
    _R.never_assessed: (_N.resume, "The ledger knows nothing of it to hold it against: assess it."),
    _R.api_refused: (_N.investigate, "Auth0 refused a request: the message names it."),
    _R.step_failed: (_N.investigate, "A step failed: its detail says where."),
    _R.internal_error: (_N.investigate, "phonefleet failed: its message and log say where; report it."),
}
"""Reasons that are not here explain, and need nothing."""

_UNNAMED = (Need.investigate, "No reason was recorded: look at the tenant's steps.")


def advice(code: ReasonCode | str) -> tuple[Need, str]:
    """Need and next step of a reason; reasons that only explain ask for a look at the tenant."""
    return ADVICE.get(ReasonCode(code), _UNNAMED)
