"""The one table of reasons: the policy of every reason code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from phonefleet.model.enums import ReasonCode
from phonefleet.model.reason_spec import Actor, ApprovalPlace, Need, ReasonEffect, ReasonSpec

_C = ReasonCode
_BY_PLAN, _BY_FILE = ApprovalPlace.FLEET_FILE_OR_PLAN, ApprovalPlace.FLEET_FILE
_NOTHING = "Nothing has to be done."

_Row = Callable[..., ReasonSpec]


def _row(actor: Actor, need: Need, effect: ReasonEffect) -> _Row:
    return partial(ReasonSpec, actor=actor, need=need, effect=effect)


def _no_action(effect: ReasonEffect) -> _Row:
    return partial(ReasonSpec, actor=Actor.NO_ONE, next_step=_NOTHING, effect=effect)


_describes = _no_action(ReasonEffect.DESCRIBES)
_settles = _no_action(ReasonEffect.SETTLES)
_rates = _no_action(ReasonEffect.RATES_ROLLBACK)
_supply = _row(Actor.OPERATOR, Need.SUPPLY, ReasonEffect.BLOCKS)
_decide = _row(Actor.TENANT_OWNER, Need.DECIDE, ReasonEffect.BLOCKS)
_repair = _row(Actor.TENANT_OWNER, Need.REPAIR, ReasonEffect.BLOCKS)
_broken = _row(Actor.TENANT_OWNER, Need.REPAIR, ReasonEffect.BREAKS)
_access = _row(Actor.OPERATOR, Need.ACCESS, ReasonEffect.FAILS)
_fails = _row(Actor.OPERATOR, Need.INVESTIGATE, ReasonEffect.FAILS)
_resume = _row(Actor.OPERATOR, Need.RESUME, ReasonEffect.HOLDS)
_accept = _row(Actor.TENANT_OWNER, Need.DECIDE, ReasonEffect.HOLDS)
_unknown = _row(Actor.OPERATOR, Need.DECIDE, ReasonEffect.INCONCLUSIVE)

REASONS: Mapping[ReasonCode, ReasonSpec] = {
    # what is in use
    _C.MFA_TWILIO: _describes("MFA sends through a Twilio account."),
    _C.MFA_ACTION: _describes("MFA sends through a send-phone-message Action."),
    _C.MFA_AUTH0: _describes("MFA sends through Auth0's own evaluation SMS."),
    _C.PASSWORDLESS_TWILIO: _describes("A Passwordless connection sends through a Twilio account."),
    _C.PASSWORDLESS_GATEWAY: _describes("A Passwordless connection sends through a custom SMS gateway."),
    _C.HALF_DONE: ReasonSpec(
        "Parts of the Unified Phone Experience are configured, but the tenant is not switched.",
        Actor.OPERATOR,
        "A provider is configured but the tenant is not switched: migrate again.",
        ReasonEffect.DESCRIBES,
        Need.RESUME,
    ),
    _C.CONNECTION_NOT_SWITCHED: ReasonSpec(
        "The tenant is switched, but a Passwordless connection still sends the legacy way.",
        Actor.OPERATOR,
        "A connection still sends the legacy way: migrate again.",
        ReasonEffect.CONTINUES,
        Need.RESUME,
    ),
    _C.FACTOR_STARTS_SENDING: _describes(
        "A factor that sends nothing today sends messages after the switch."
    ),
    _C.CONNECTION_STARTS_SENDING: _describes(
        "A connection that sends nothing today sends messages after the switch."
    ),
    _C.CUSTOM_ACTION_SENDS: _describes(
        "The custom-phone-provider Action that sends was examined: it sends every message that users need."
    ),
    _C.CUSTOM_ACTION_ACCEPTED: _describes(
        "The operator accepted by name that no run shows whether the custom-phone-provider Action sends."
    ),
    _C.CUSTOM_ACTION_ADOPTED: _describes(
        "The migration replaces the code of a custom-phone-provider Action that phonefleet did not make."
    ),
    _C.CUSTOM_ACTION_UNUSED: _describes(
        "A custom-phone-provider Action exists, and nothing sends through it after the migration."
    ),
    _C.FACTOR_NOT_CONFIGURED: _describes("The phone factor is enabled, but its provider is not configured."),
    _C.CONNECTION_WITHOUT_CLIENTS: _describes("An SMS connection is enabled for no application."),
    _C.CONNECTION_NOT_CONFIGURED: _describes("An SMS connection has no provider configured."),
    _C.GATEWAY_TIME_SHORTER: ReasonSpec(
        "The custom SMS gateway must answer within 15 seconds; until now Auth0 waited 30.",
        Actor.OPERATOR,
        "Measure how long the gateway takes to answer: messages for which it takes longer fail.",
        ReasonEffect.DESCRIBES,
        Need.INVESTIGATE,
    ),
    # nothing to migrate
    _C.FLAG_ON: _describes("The tenant is on the Unified Phone Experience."),
    _C.TOGGLE_MISSING_ON_UPE: _describes(
        "The tenant has no toggle, because it was created on the Unified Phone Experience."
    ),
    _C.NO_PHONE_MESSAGING: _settles("The tenant has no phone messaging that is both enabled and configured."),
    _C.NOTHING_LEFT: _settles("The tenant has no legacy configuration left to remove."),
    # something to supply
    _C.TWILIO_TOKEN_MISSING: _supply(
        "The Twilio auth token is not in the fleet file.",
        next_step="Fetch the auth token from Twilio, as Auth0's migration guide says, and put a reference to it in "
        "target.twilio.auth_token.",
    ),
    _C.TWILIO_SID_MISSING: _supply(
        "The Twilio account SID is not known.", next_step="Put the Twilio account SID in target.twilio.sid."
    ),
    _C.SENDER_MISSING: _supply(
        "The Twilio provider has neither a sender number nor a messaging service.",
        next_step="Name a sender: target.twilio.default_from or target.twilio.mssid.",
    ),
    _C.VOICE_SENDER_MISSING: _supply(
        "Voice calls need a sender number, and none is known.",
        next_step="Name target.twilio.default_from: voice needs its own number.",
    ),
    _C.TEST_NUMBER_MISSING: _supply(
        "A delivery method has no number for its test message.",
        next_step="Name a number per delivery method in target.test_numbers.",
        approval=_BY_PLAN,
    ),
    _C.ACTION_SECRET_MISSING: _supply(
        "The values of the Action's secrets are not in the fleet file, and Auth0 does not return them.",
        next_step="Put references to the Action's secrets in target.action_secrets.",
    ),
    _C.GATEWAY_SECRET_MISSING: _supply(
        "The gateway's shared secret is not in the fleet file.",
        next_step="Put a reference to the gateway's shared secret in target.gateway_secret.",
    ),
    # something to correct
    _C.KEY_IN_CODE: _repair(
        "The Action's code contains what looks like a key.",
        next_step="Move the key out of the Action's code into a secret of the Action, and put a reference to it in "
        "target.action_secrets.",
        approval=_BY_FILE,
    ),
    _C.KEY_IN_GATEWAY_URL: _repair(
        "The gateway's URL contains what looks like a credential.",
        next_step="Give the gateway a URL without credentials and let it verify the signed token instead "
        "(target.gateway_secret).",
        approval=_BY_FILE,
    ),
    _C.MISSING_SCOPE: ReasonSpec(
        "phonefleet's client lacks a scope, so a part of the tenant was not read.",
        Actor.OPERATOR,
        "Grant the named scopes to phonefleet's client on this tenant.",
        ReasonEffect.BLOCKS,
        Need.ACCESS,
    ),
    _C.LOGS_UNREADABLE: ReasonSpec(
        "The tenant's logs cannot be read, so what becomes of a test message cannot be known.",
        Actor.OPERATOR,
        "Grant read:logs to phonefleet's client on this tenant, and check that the tenant's logs can be read with it.",
        ReasonEffect.BLOCKS,
        Need.ACCESS,
    ),
    # something to decide
    _C.LEGACY_AUTH0_PROVIDER: _decide(
        "Messages go out through Auth0's evaluation SMS, which the Unified Phone Experience does not have.",
        next_step="Choose a Twilio account or a custom provider: there is no counterpart to Auth0's evaluation SMS.",
    ),
    _C.LEGACY_PROVIDER_UNREADABLE: _decide(
        "The provider that sends messages now cannot be read.",
        next_step="Say in target.provider which provider the tenant is to have.",
    ),
    _C.TEMPLATE_CHANGES: ReasonSpec(
        "Users will read or hear a message in another wording.",
        Actor.TENANT_OWNER,
        "Compare both renderings in the plan, and tell support teams.",
        ReasonEffect.DESCRIBES,
        Need.INVESTIGATE,
    ),
    _C.CODE_NOT_SENT: ReasonSpec(
        "A message template of the tenant does not contain the code.",
        Actor.TENANT_OWNER,
        "Check the message's text: its users read no code, before the migration and after it.",
        ReasonEffect.DESCRIBES,
        Need.INVESTIGATE,
    ),
    _C.TEXT_GIVEN_UP: _decide(
        "A text that the tenant wrote is not sent any more, because one phone template serves every use.",
        next_step="Compare both renderings, then change the texts, or approve that the text is given up.",
        approval=_BY_PLAN,
    ),
    _C.SENDER_GIVEN_UP: _decide(
        "A sender in use does not send any more, because the provider has one sender.",
        next_step="Choose the sender in target.twilio, then approve that the other is given up.",
        approval=_BY_PLAN,
    ),
    _C.FACTORS_NOT_COVERED: _decide(
        "The provider's delivery methods do not cover every factor in use.",
        next_step="Add delivery methods to the provider, or drop the factors that they do not cover.",
    ),
    _C.FACTOR_GIVEN_UP: _decide(
        "A factor in use would be switched off.",
        next_step="Keep the factor in target.factors, or approve that it is switched off.",
        approval=_BY_PLAN,
    ),
    _C.PROVIDERS_DIFFER: _decide(
        "MFA and Passwordless send through different providers, and the new side has one.",
        next_step="Choose one custom provider for both.",
    ),
    _C.SEVERAL_ACTIONS: _decide(
        "The tenant has several send-phone-message Actions.", next_step="Say which Action is to be migrated."
    ),
    _C.ACTION_NOT_DEPLOYED: _decide(
        "The send-phone-message Action is not deployed.",
        next_step="Deploy the send-phone-message Action, or say that it is not in use.",
    ),
    _C.ACTION_REFUSED: _decide(
        "The Action cannot be translated safely.", next_step="Have the Action's owner write the new one."
    ),
    _C.ACTION_NOT_VERIFIED: _decide(
        "The translated Action is not verified against the original.",
        next_step="Review the translated Action and approve it by name.",
        approval=_BY_PLAN,
    ),
    _C.ACTION_DISPUTED_FIELD: _decide(
        "The translated Action does the same only if the legacy event has a field on which Auth0's sources disagree.",
        next_step="Look the field up in the Action's logs: approve it by name if it is there, else remove it from the "
        "Action.",
        approval=_BY_PLAN,
    ),
    _C.ACTION_OPTIONAL_FIELD: _decide(
        "The translated Action does the same only where the new event has `request.method`, which it may lack.",
        next_step="Read what the Action does without the field: approve it by name if that is right, else remove the "
        "field from the Action.",
        approval=_BY_PLAN,
    ),
    _C.GATEWAY_REFUSED: _decide(
        "The gateway cannot be migrated as it is configured.",
        next_step="Change the gateway's settings or write the Action.",
    ),
    _C.SEVERAL_GATEWAYS: _decide(
        "Connections use different gateways.", next_step="Choose one gateway for all connections."
    ),
    _C.TEMPLATE_REFUSED: _decide(
        "A message template cannot be translated.", next_step="Rewrite the message.", approval=_BY_PLAN
    ),
    _C.TEMPLATE_TOO_COSTLY: _repair(
        "A message template takes too long or too much memory to render.",
        next_step="Rewrite the message without long loops and without repeated doubling of texts.",
        approval=_BY_PLAN,
    ),
    _C.CUSTOM_ACTION_TAKEN: _decide(
        "The tenant's one custom-phone-provider Action exists, and phonefleet did not make it.",
        next_step="Say in target.action what becomes of it: adopt replaces it, keep sends through it.",
    ),
    _C.CUSTOM_ACTION_NOT_DEPLOYED: _decide(
        "The custom-phone-provider Action that is to be kept is not deployed.",
        next_step="Deploy the Action, or set target.action: adopt.",
    ),
    _C.CUSTOM_ACTION_NOT_SENDING: _decide(
        "The custom-phone-provider Action that is to be kept does not send a message that users need.",
        next_step="Correct the Action and deploy it, or set target.action: adopt.",
    ),
    _C.CUSTOM_ACTION_NOT_VERIFIED: _decide(
        "Running the custom-phone-provider Action does not show that it sends every message that users need.",
        next_step="Read the Action's code and approve it by name.",
        approval=_BY_PLAN,
    ),
    _C.PROVIDER_TAKEN: _decide(
        "The tenant already has a different phone provider.",
        next_step="Say whether the existing provider may be changed.",
        approval=_BY_PLAN,
    ),
    _C.PROVIDER_IN_USE: _decide(
        "The existing phone provider already sends messages.",
        next_step="Check the credentials that you supply, then approve that the provider's own are overwritten.",
        approval=_BY_PLAN,
    ),
    _C.OTP_VERIFY_REUSED: _decide(
        "The new Action also sends messages that another sender sends now.",
        next_step="Check that these users may get their messages through the new Action.",
        approval=_BY_PLAN,
    ),
    _C.TABLE_CONTRADICTION: _decide(
        "Auth0's documented tables contradict each other for this combination of factors.",
        next_step="Confirm the factors that the tenant is to have.",
    ),
    _C.TOGGLE_MISSING_ON_LEGACY: ReasonSpec(
        "The tenant is on the legacy experience, and the Management API does not show the setting that switches it.",
        Actor.TENANT_OWNER,
        "Look for Unified Phone Experience in the dashboard, Tenant Settings, Advanced, where tenants from before "
        "March 2025 have it (enable it only after a phone provider is configured and tested, because it switches the "
        "tenant at once), and ask Auth0 Support only if it is missing there.",
        ReasonEffect.BLOCKS,
        Need.REPAIR,
    ),
    _C.NOT_OFFERED: ReasonSpec(
        "The tenant's deployment or plan does not offer what the migration needs.",
        Actor.AUTH0_SUPPORT,
        "Ask Auth0 which release or plan offers it: until then the tenant stays on the legacy experience.",
        ReasonEffect.BLOCKS,
        Need.AUTH0_SUPPORT,
    ),
    # messages cannot be sent
    _C.UPE_WITHOUT_PROVIDER: _broken(
        "The tenant is on the Unified Phone Experience without a phone provider.",
        next_step="Configure a phone provider now: messages cannot be sent.",
    ),
    _C.UPE_PROVIDER_DISABLED: _broken(
        "The tenant's phone provider is disabled.",
        next_step="Enable the phone provider now: messages cannot be sent.",
    ),
    _C.UPE_METHODS_NOT_COVERING: _broken(
        "The phone provider lacks a delivery method that a factor needs.",
        next_step="Add the missing delivery methods to the provider: some messages cannot be sent.",
    ),
    _C.UPE_ACTION_NOT_DEPLOYED: _broken(
        "The custom phone provider Action is not deployed.",
        next_step="Deploy the custom phone provider Action: messages cannot be sent.",
    ),
    _C.UPE_ACTION_NOT_SENDING: _broken(
        "The custom phone provider Action does not send a message that users need.",
        next_step="Correct the Action and deploy it: users do not get the messages that are named.",
    ),
    _C.NOTHING_SENDS: _broken(
        "A use that worked in the recorded state has nothing to send through now.",
        next_step="Restore what sent the messages, or migrate the tenant again: its users get none.",
    ),
    # not readable
    _C.UNREACHABLE: _access(
        "The tenant gave no usable answer in time.",
        next_step="Check the domain and the network, then assess again.",
    ),
    _C.CREDENTIAL_MISSING: _access(
        "A reference to a credential leads to no value.",
        next_step="Supply the value that the message names, then run again.",
    ),
    _C.CREDENTIALS_REJECTED: _access(
        "Auth0 rejected the client's ID or secret.",
        next_step="Check client_id and client_secret of this tenant.",
    ),
    _C.INVALID_CLIENT: _access(
        "Auth0 does not accept the way in which the client authenticates.",
        next_step="Compare token_endpoint_auth_method and the credential with the application's in the dashboard.",
    ),
    _C.PRIVATE_KEY_UNUSABLE: _access(
        "The private key in the fleet file cannot sign with the chosen algorithm.",
        next_step="Give an RSA key or a P-256 key in PEM form, and the signing_algorithm that belongs to it.",
    ),
    _C.CUSTOM_DOMAIN_USED: _access(
        "A custom domain is used as the tenant's own, and the Management API is not enabled for it.",
        next_step="Give the canonical domain in domain, or the Management API's identifier in audience.",
    ),
    _C.AUDIENCE_UNKNOWN: _access(
        "The tenant has no API with the requested audience.",
        next_step="Give the identifier of this tenant's Management API in audience.",
    ),
    _C.CLIENT_GRANT_MISSING: _access(
        "The client is not authorized for the Management API.",
        next_step="Authorize the application for the Auth0 Management API.",
    ),
    _C.GRANT_TYPE_NOT_ALLOWED: _access(
        "The client may not use the client credentials grant.",
        next_step="Allow the grant type Client Credentials: the application must be machine-to-machine.",
    ),
    _C.TOKEN_QUOTA_USED_UP: _access(
        "The client's quota of access tokens is used up.",
        next_step="Run again when the quota is full, raise it, or give phonefleet an application of its own.",
    ),
    _C.TOKEN_REQUESTS_LIMITED: _access(
        "The tenant's token endpoint refuses requests for its rate limit.",
        next_step="Run again later, and find out which programs request so many tokens.",
    ),
    _C.INSUFFICIENT_SCOPE: _access(
        "phonefleet's client lacks a scope that the operation needs.",
        next_step="Grant the named scopes to phonefleet's client on this tenant.",
    ),
    # reversibility
    _C.LEGACY_CONFIGURATION_PRESENT: _rates(
        "The legacy configuration is complete, so a rollback restores it."
    ),
    _C.LEGACY_CONFIGURATION_MISSING: ReasonSpec(
        "A part of the legacy configuration that a rollback needs is gone.",
        Actor.TENANT_OWNER,
        "Restore the part that is named, then roll back; nothing restores what finalize removed.",
        ReasonEffect.RATES_ROLLBACK,
        Need.REPAIR,
    ),
    _C.LEGACY_ENDPOINTS_CLOSED: ReasonSpec(
        "Auth0 does not allow this tenant to return to the legacy experience.",
        Actor.AUTH0_SUPPORT,
        "Leave the tenant on the Unified Phone Experience, or ask Auth0 Support to open the legacy endpoints.",
        ReasonEffect.RATES_ROLLBACK,
        Need.AUTH0_SUPPORT,
    ),
    _C.LEGACY_CONFIGURATION_UNREADABLE: ReasonSpec(
        "A part of the legacy configuration cannot be read.",
        Actor.OPERATOR,
        "Grant the scope that the message names, or open the legacy endpoints, and assess again.",
        ReasonEffect.RATES_ROLLBACK,
        Need.ACCESS,
    ),
    _C.PROVIDER_OVERWRITTEN: _rates("The migration overwrites credentials that a rollback cannot restore."),
    _C.CUSTOM_ACTION_OVERWRITTEN: _rates(
        "The migration replaces an Action of which a rollback cannot restore everything."
    ),
    _C.DEPENDENTS_UNREAD: _rates("What depends on the provider could not be read."),
    _C.IDENTIFIER_DEPENDS_ON_PROVIDER: _rates(
        "A phone identifier needs the provider that a rollback removes."
    ),
    _C.CONNECTION_SWITCH_UNDOCUMENTED: _rates(
        "A connection's use_phone_provider has a value that is not documented, so whether a rollback can restore it "
        "is not known."
    ),
    # a run does not start, or stops before its first write
    _C.NOT_SELECTED: _resume(
        "The run was not asked to work on this tenant.",
        next_step="Not selected in this run: name its wave or tenant in the next one.",
    ),
    _C.WAVE_STOPPED: _resume(
        "Its wave stopped before it.",
        next_step="Resolve the failures that stopped the wave, then run again.",
    ),
    _C.PAUSED: _resume(
        "The run is paused.", next_step="End the pause that the message names, then run again."
    ),
    _C.OUTSIDE_WINDOW: _resume(
        "The tenant has no maintenance window that is long enough to change it.",
        next_step="Compare its windows and freezes with rollout.time_per_tenant in the fleet file, then run again.",
    ),
    _C.DEADLINE_PASSED: _resume(
        "The tenant could not be finished before the deadline of its wave or of the rollout.",
        next_step="Set a later deadline in the fleet file, then run again.",
    ),
    _C.NOT_PREPARED: _resume(
        "No earlier run has prepared the tenant for its switch, or something was done to it since.",
        next_step="Migrate with --prepare-only first, or without --switch.",
    ),
    _C.OWNER_FIRST: _resume(
        "The first tenant of its owner in the wave was not migrated, or is not healthy.",
        next_step="Resolve what the owner's first tenant has, then run again.",
    ),
    _C.NOT_REHEARSED: _resume(
        "Its wave requires a rehearsal, and no rehearsal has migrated a twin by its plan.",
        next_step="Run `phonefleet rehearse`, then run again; a plan that changes has to be rehearsed again.",
    ),
    _C.WAVE_ROLLED_BACK: _fails(
        "The gate of its wave failed, and its switched tenants were rolled back.",
        next_step="Resolve what the gate found, then run again.",
    ),
    _C.APPROVAL_VOID: _accept(
        "The plan that the tenant has now is not among those that were approved with its wave.",
        next_step="Look at the difference, then run again and approve the wave with the new plan.",
    ),
    _C.INTERRUPTED: _resume(
        "An earlier run ended while it worked on this tenant.",
        next_step="Complete the run that stopped before anything else: `phonefleet runs` has its command.",
    ),
    _C.WRITE_NOT_SETTLED: _resume(
        "A write was sent to this tenant, and no read has shown since what became of it.",
        next_step="Run again when Auth0 answers as documented: the next reading settles the write.",
    ),
    _C.OVERTAKEN: _resume(
        "A later run has changed the tenant since this run was interrupted.",
        next_step="Read the outcome of the run that the message names: this one leaves the tenant alone.",
    ),
    _C.LEASED_ELSEWHERE: _resume(
        "Another run works on this tenant.", next_step="Wait for the other run, then run again."
    ),
    _C.SOAKING: _resume(
        "The time between switch and finalization is not over.",
        next_step="Finalize the tenant after the time that the message names.",
    ),
    _C.PLAN_CHANGED: _accept(
        "The tenant changed since its plan was made or approved.",
        next_step="Look at the difference and plan again.",
    ),
    _C.PLAN_REFUSED: _accept(
        "The plan was refused as a whole.", next_step="Read the run's message, then plan again."
    ),
    _C.CHANGE_LIMIT: _row(Actor.OPERATOR, Need.DECIDE, ReasonEffect.HOLDS)(
        "More tenants would be changed in one run than rollout.max_change allows.",
        next_step="Migrate one wave or named tenants, raise rollout.max_change, or repeat with --force.",
    ),
    _C.ROLLBACK_BREAKS: _accept(
        "A rollback would break or undo what was added or changed since the migration.",
        next_step="Ask the tenant's owner, then accept each item by name.",
    ),
    _C.FINALIZED_BEFORE: _row(Actor.OPERATOR, Need.DECIDE, ReasonEffect.HOLDS)(
        "The tenant was finalized, so it cannot be rolled back.",
        next_step="Keep it as it is, or restore what the message names by hand and roll back again.",
    ),
    _C.FINALIZE_NOT_ACCEPTED: _accept(
        "A finalization cannot be undone and was not accepted.",
        next_step="Finalizing cannot be undone: accept each kind of leftover by name.",
    ),
    _C.FINALIZE_BREAKS: _row(Actor.OPERATOR, Need.INVESTIGATE, ReasonEffect.HOLDS)(
        "A client still calls legacy endpoints.",
        next_step="Find out what the client does there before anything is removed.",
    ),
    _C.OWNER_ACTIVE: _row(Actor.TENANT_OWNER, Need.DECIDE, ReasonEffect.HOLDS)(
        "Another owner of the settings, such as Terraform, still runs and would undo the migration.",
        next_step="Bring its files to the migrated state and let it run once, or accept it by name.",
    ),
    _C.NEVER_ASSESSED: _resume(
        "The ledger has no recorded state to compare the tenant with.", next_step="Assess the tenant."
    ),
    _C.NOT_MIGRATED: _resume(
        "The tenant is not in the state that a migration leaves, so there is nothing to hand over.",
        next_step="Complete the tenant's migration, then hand it over.",
    ),
    _C.SECRET_IN_FILES: _row(Actor.TENANT_OWNER, Need.REPAIR, ReasonEffect.FAILS)(
        "A text of the tenant contains what looks like a secret, so the code for it would too.",
        next_step="Remove the secret from the named text in Auth0, accept the change with compliance, then hand the "
        "tenant over.",
    ),
    # the result is not known
    _C.NO_DELIVERY_EVIDENCE: _unknown(
        "The tenant's logs have no entry for the test message, and Twilio, where it was asked, does not know either.",
        next_step="Ask the receiver whether the message arrived, then decide to continue or to roll back.",
    ),
    _C.TEST_RESULT_UNKNOWN: _unknown(
        "Whether the test message was sent is not known.",
        next_step="Ask the receiver before another test message is sent.",
    ),
    # the tenant could not be changed
    _C.TEST_MESSAGE_FAILED: _fails(
        "The test message was not delivered.",
        next_step="Look at the tenant's log entry or Twilio's record that the message names, and at the provider's "
        "account.",
    ),
    _C.SWITCH_NOT_EFFECTIVE: _fails(
        "Auth0 accepted the switch, but the tenant does not show it.",
        next_step="Look at Unified Phone Experience in the dashboard, Tenant Settings, Advanced, and ask Auth0 Support "
        "only if it cannot be changed there either.",
    ),
    _C.CONNECTION_SWITCH_NOT_EFFECTIVE: _fails(
        "Auth0 accepted a connection's switch, but the connection does not show it.",
        next_step="Read the connection's settings in the dashboard.",
    ),
    _C.PROVIDER_VANISHED: _fails(
        "The phone provider was there and is gone.", next_step="Find out who deleted the provider."
    ),
    _C.ACTION_BUILD_FAILED: _fails(
        "Auth0 could not build the Action.", next_step="Read the Action's build errors."
    ),
    _C.VERIFICATION_FAILED: _fails(
        "The tenant does not read back as planned.", next_step="Compare the tenant with its plan."
    ),
    _C.CANNOT_SEND: _row(Actor.OPERATOR, Need.REPAIR, ReasonEffect.FAILS)(
        "The tenant is switched, and its messages cannot be sent now.",
        next_step="Correct what the message names, or roll the tenant back, now.",
    ),
    _C.ROLLBACK_NOT_EFFECTIVE: ReasonSpec(
        "The rollback had no effect, so the tenant is still on the Unified Phone Experience.",
        Actor.AUTH0_SUPPORT,
        "Look at Unified Phone Experience in the dashboard, Tenant Settings, Advanced, and ask Auth0 Support only if "
        "it cannot be turned off there either.",
        ReasonEffect.FAILS,
        Need.AUTH0_SUPPORT,
    ),
    _C.DRIFT_FOUND: _row(Actor.TENANT_OWNER, Need.DECIDE, ReasonEffect.DRIFTS)(
        "The tenant differs from its last recorded state.",
        next_step="Look at the named fields, then correct the tenant or accept its present state.",
    ),
    _C.CREDENTIALS_UNCERTAIN: _row(Actor.OPERATOR, Need.INVESTIGATE, ReasonEffect.DRIFTS)(
        "The provider's credentials or its Action's secrets may have been overwritten, which no read shows.",
        next_step="Send a test message: phonefleet compliance FLEET --test.",
    ),
    _C.CREDENTIALS_TESTED: _settles(
        "The credentials may have been overwritten since the last change, and a test message was delivered with them."
    ),
    _C.API_REFUSED: _fails("Auth0 refused a request.", next_step="Read Auth0's answer in the message."),
    _C.NOT_RECORDED: _row(Actor.MAINTAINERS, Need.INVESTIGATE, ReasonEffect.FAILS)(
        "phonefleet did not mask a key that it read, so it recorded nothing of the tenant.",
        next_step="Report where the key is to phonefleet's maintainers, and remove the key from there.",
    ),
    _C.STEP_FAILED: _fails("A step of the plan failed.", next_step="Read the step's detail."),
    _C.INTERNAL_ERROR: _row(Actor.MAINTAINERS, Need.INVESTIGATE, ReasonEffect.FAILS)(
        "phonefleet itself failed.",
        next_step="Report the message and the log to phonefleet's maintainers.",
    ),
}
"""Exactly one entry for each reason code."""
