"""For each reason that keeps a tenant from being settled: what kind of help it takes, and the next step."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from phonefleet.model.enums import ReasonCode


class Need(StrEnum):
    """What kind of help a reason takes."""

    SUPPLY = "supply"
    """The operator supplies a secret or a setting."""
    DECIDE = "decide"
    """The tenant's owner decides or approves."""
    REPAIR = "repair"
    """Something at the tenant must be put right."""
    ACCESS = "access"
    """Our own client needs more rights or other credentials."""
    AUTH0_SUPPORT = "auth0_support"
    INVESTIGATE = "investigate"
    """A person looks at the evidence."""
    RESUME = "resume"
    """Nothing is wrong with the tenant: run again."""


_R, _N = ReasonCode, Need

ADVICE: Mapping[ReasonCode, tuple[Need, str]] = {
    _R.TWILIO_TOKEN_MISSING: (
        _N.SUPPLY,
        "Put a reference to the Twilio auth token in target.twilio.auth_token.",
    ),
    _R.TWILIO_SID_MISSING: (_N.SUPPLY, "Put the Twilio account SID in target.twilio.sid."),
    _R.SENDER_MISSING: (_N.SUPPLY, "Name a sender: target.twilio.default_from or target.twilio.mssid."),
    _R.VOICE_SENDER_MISSING: (_N.SUPPLY, "Name target.twilio.default_from: voice needs a number of its own."),
    _R.TEST_NUMBER_MISSING: (_N.SUPPLY, "Name a number per delivery method in target.test_numbers."),
    _R.ACTION_SECRET_MISSING: (_N.SUPPLY, "Put references to the Action's secrets in target.action_secrets."),
    _R.GATEWAY_SECRET_MISSING: (
        _N.SUPPLY,
        "Put a reference to the gateway's shared secret in target.gateway_secret.",
    ),
    _R.KEY_IN_CODE: (
        _N.REPAIR,
        "Move the key out of the Action's code into a secret of the Action, and put a reference to it in "
        "target.action_secrets.",
    ),
    _R.KEY_IN_GATEWAY_URL: (
        _N.REPAIR,
        "Give the gateway an address without credentials and let it check the signed token instead "
        "(target.gateway_secret).",
    ),
    _R.MISSING_SCOPE: (_N.ACCESS, "Grant the named scopes to phonefleet's client on this tenant."),
    _R.LEGACY_AUTH0_PROVIDER: (
        _N.DECIDE,
        "Choose a Twilio account or a custom provider: Auth0's evaluation SMS ends here.",
    ),
    _R.LEGACY_PROVIDER_UNREADABLE: (
        _N.DECIDE,
        "What sends messages now cannot be read: say which provider the tenant is to have.",
    ),
    _R.TEMPLATE_CHANGES: (
        _N.DECIDE,
        "A message will read differently: look at both texts and approve that by name.",
    ),
    _R.FACTORS_NOT_COVERED: (
        _N.DECIDE,
        "Add delivery methods to the provider, or give up the factors they don't cover.",
    ),
    _R.FACTOR_GIVEN_UP: (
        _N.DECIDE,
        "A factor in use would be switched off: keep it in target.factors, or approve that by name.",
    ),
    _R.PROVIDERS_DIFFER: (
        _N.DECIDE,
        "MFA and Passwordless send through different providers: agree on one custom provider for both.",
    ),
    _R.SEVERAL_ACTIONS: (_N.DECIDE, "Several send-phone-message Actions: say which one carries over."),
    _R.ACTION_NOT_DEPLOYED: (
        _N.DECIDE,
        "Deploy the send-phone-message Action, or say that it is not in use.",
    ),
    _R.ACTION_REFUSED: (
        _N.DECIDE,
        "The Action cannot be translated safely: have its owner write the new one.",
    ),
    _R.ACTION_NOT_VERIFIED: (
        _N.DECIDE,
        "The translated Action is not verified: review it and approve it by name.",
    ),
    _R.GATEWAY_REFUSED: (
        _N.DECIDE,
        "The gateway cannot be carried over as it is: change its settings or write the Action.",
    ),
    _R.SEVERAL_GATEWAYS: (_N.DECIDE, "Connections use different gateways: agree on one."),
    _R.TEMPLATE_REFUSED: (_N.DECIDE, "A template cannot be translated: rewrite the message."),
    _R.CUSTOM_ACTION_TAKEN: (
        _N.DECIDE,
        "The one custom phone provider Action is taken by another: say which one stays.",
    ),
    _R.PROVIDER_TAKEN: (_N.DECIDE, "A different provider is already there: say whether it may be changed."),
    _R.PROVIDER_IN_USE: (
        _N.DECIDE,
        "Somebody sends through the provider already: make sure of the credentials supplied, then approve by name that "
        "its own are overwritten.",
    ),
    _R.OTP_VERIFY_REUSED: (_N.DECIDE, "Enrolment and verification texts merge: approve that by name."),
    _R.TABLE_CONTRADICTION: (
        _N.DECIDE,
        "Auth0's tables contradict each other here: confirm the factors wanted.",
    ),
    _R.HALF_DONE: (_N.RESUME, "A provider is there but the switch is not thrown: migrate again."),
    _R.CONNECTION_NOT_SWITCHED: (_N.RESUME, "A connection still sends the old way: migrate again."),
    _R.TOGGLE_MISSING_ON_LEGACY: (
        _N.AUTH0_SUPPORT,
        "Ask Auth0 Support for the toggle: only they can move this tenant.",
    ),
    _R.UPE_WITHOUT_PROVIDER: (_N.REPAIR, "Configure a phone provider now: messages cannot go out."),
    _R.UPE_PROVIDER_DISABLED: (_N.REPAIR, "Enable the phone provider now: messages cannot go out."),
    _R.UPE_METHODS_NOT_COVERING: (
        _N.REPAIR,
        "Add the missing delivery methods to the provider: some messages cannot go out.",
    ),
    _R.UPE_ACTION_NOT_DEPLOYED: (
        _N.REPAIR,
        "Deploy the custom phone provider Action: messages cannot go out.",
    ),
    _R.UNREACHABLE: (_N.ACCESS, "Check the domain and the network, then assess again."),
    _R.CREDENTIALS_REJECTED: (_N.ACCESS, "Check client_id and client_secret of this tenant."),
    _R.INSUFFICIENT_SCOPE: (_N.ACCESS, "Grant the named scopes to phonefleet's client on this tenant."),
    _R.NOT_SELECTED: (_N.RESUME, "Not selected in this run: name its wave or tenant in the next one."),
    _R.WAVE_STOPPED: (_N.RESUME, "Its wave stopped before it: settle the failures, then run again."),
    _R.PAUSED: (_N.RESUME, "The run is paused: take the pause file away, then run again."),
    _R.INTERRUPTED: (
        _N.RESUME,
        "A run died in the middle of this tenant: finish that run first, the message names it.",
    ),
    _R.LEASED_ELSEWHERE: (_N.RESUME, "Another run works on this tenant: wait for it, then run again."),
    _R.PLAN_CHANGED: (
        _N.DECIDE,
        "The tenant changed since the plan was approved: look at the difference and plan again.",
    ),
    _R.TEST_MESSAGE_FAILED: (
        _N.INVESTIGATE,
        "The test message failed: look at the tenant's log entry and the provider's account.",
    ),
    _R.NO_DELIVERY_EVIDENCE: (
        _N.DECIDE,
        "No log entry tells what became of the test message: ask the receiver, then decide to go on or back.",
    ),
    _R.TEST_FATE_UNKNOWN: (
        _N.DECIDE,
        "Not known whether the test message was sent: ask the receiver before sending another.",
    ),
    _R.SWITCH_NOT_EFFECTIVE: (
        _N.INVESTIGATE,
        "The switch did not take effect: read the tenant's setting and ask Auth0 Support if it will not change.",
    ),
    _R.CONNECTION_SWITCH_NOT_EFFECTIVE: (
        _N.INVESTIGATE,
        "A connection's switch did not take effect: read the connection.",
    ),
    _R.PROVIDER_VANISHED: (_N.INVESTIGATE, "The provider was there and is gone: find out who deleted it."),
    _R.ACTION_BUILD_FAILED: (_N.INVESTIGATE, "Auth0 could not build the Action: read its build errors."),
    _R.VERIFICATION_FAILED: (
        _N.INVESTIGATE,
        "The tenant does not read back as planned: compare it with the plan.",
    ),
    _R.ROLLBACK_NOT_EFFECTIVE: (
        _N.AUTH0_SUPPORT,
        "The tenant did not go back: the legacy door is closed, ask Auth0 Support.",
    ),
    _R.ROLLBACK_BREAKS: (
        _N.DECIDE,
        "Going back would break what came to depend on the provider: ask its owner.",
    ),
    _R.PLAN_REFUSED: (_N.DECIDE, "The plan was refused as a whole: the run's message says why; plan again."),
    _R.SOAKING: (_N.RESUME, "It soaks still: finalize it after the time that the message names."),
    _R.FINALIZE_BREAKS: (
        _N.INVESTIGATE,
        "A client still calls legacy endpoints: find out what it does there before anything is removed.",
    ),
    _R.FINALIZE_NOT_ACCEPTED: (
        _N.DECIDE,
        "Finalizing cannot be undone: accept each kind of leftover by name.",
    ),
    _R.DRIFT_FOUND: (
        _N.DECIDE,
        "Somebody changed the tenant: look at the named fields, then mend it or accept it as it is now.",
    ),
    _R.NEVER_ASSESSED: (_N.RESUME, "The ledger knows nothing of it to hold it against: assess it."),
    _R.NOT_RECORDED: (
        _N.INVESTIGATE,
        "phonefleet missed a key when it masked what it read, and kept nothing of it: report where it stands, and "
        "take the key out of there.",
    ),
    _R.API_REFUSED: (_N.INVESTIGATE, "Auth0 refused a request: the message names it."),
    _R.STEP_FAILED: (_N.INVESTIGATE, "A step failed: its detail says where."),
    _R.INTERNAL_ERROR: (_N.INVESTIGATE, "phonefleet failed: its message and log say where; report it."),
}
"""Reasons that are not here explain, and need nothing."""

_UNNAMED = (Need.INVESTIGATE, "No reason was recorded: look at the tenant's steps.")


def advice(code: ReasonCode | str) -> tuple[Need, str]:
    """Need and next step of a reason; reasons that only explain ask for a look at the tenant."""
    return ADVICE.get(ReasonCode(code), _UNNAMED)
