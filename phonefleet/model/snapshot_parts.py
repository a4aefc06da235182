"""Parts of a tenant that are each read as a whole or left unread."""

from __future__ import annotations

from enum import StrEnum


class SnapshotPart(StrEnum):
    """What of a tenant may be left unread where nothing asks for it, each by its fields in a `Snapshot`."""

    MESSAGE_TYPES = "message_types"
    GUARDIAN = "guardian"
    """Guardian's Twilio settings and templates: `twilio`, `enrollment_template`, `verification_template`."""
    PROVIDERS = "providers"
    TEMPLATES = "templates"
    CUSTOM_ACTIONS = "custom_actions"
    LEGACY_ACTIONS = "legacy_actions"
    """The Actions of the trigger, and which of them are bound."""
    POLICIES = "policies"
    ACCESS = "access"
    """Client grants."""
    USAGE = "usage"
    WRITES = "writes"

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a `Snapshot` that say nothing where the part is skipped."""
        if self is SnapshotPart.GUARDIAN:
            return "twilio", "enrollment_template", "verification_template"
        return (self.value,)


EVERY_PART = frozenset(SnapshotPart)
COMPARED_PARTS = EVERY_PART - {SnapshotPart.POLICIES, SnapshotPart.ACCESS, SnapshotPart.USAGE}
"""What compliance compares; the others only show who depends on the provider."""
