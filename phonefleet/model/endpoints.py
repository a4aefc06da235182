"""Names that Auth0 gives to what phonefleet reads and writes, each in one place.

Source: Auth0's Management API description and its Actions reference. Pure facts: nothing here calls anything.
"""

from __future__ import annotations

from typing import Final

UPE_FLAG: Final = "phone_consolidated_experience"
"""The tenant setting that turns the Unified Phone Experience on; absent on a tenant without the toggle."""

SETTINGS: Final = "GET tenants/settings"
SELECTED_PROVIDER: Final = "GET guardian/factors/phone/selected-provider"
GUARDIAN_TWILIO: Final = "GET guardian/factors/phone/providers/twilio"
GUARDIAN_TEMPLATES: Final = "GET guardian/factors/phone/templates"
PHONE_PROVIDERS: Final = "GET branding/phone/providers"

LEGACY_TRIGGER: Final = "send-phone-message"
LEGACY_HANDLER: Final = "onExecuteSendPhoneMessage"
PROVIDER_TRIGGER: Final = "custom-phone-provider"
PROVIDER_HANDLER: Final = "onExecuteCustomPhoneProvider"

PROVIDER_ACTION_NAME: Final = "phonefleet-phone-provider"
"""The one Action on `custom-phone-provider` that phonefleet creates; found again by this name."""
