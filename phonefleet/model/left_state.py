"""What a migration left in a tenant, complete enough to be kept by another tool.

A snapshot holds what decides a migration. A tool that keeps a tenant also writes what a migration leaves alone, because
some of Auth0's objects can only be written whole: a connection's options, Guardian's factors in Terraform.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import JsonValue

from phonefleet.model.fact import ActionState, Fact
from phonefleet.model.snapshot import SmsConnection, Snapshot

Place = tuple[str, ...]
"""The keys that lead to a value in JSON, outermost first."""


class CodeFormat(StrEnum):
    """The tools that a tenant can be handed over to."""

    TERRAFORM = "terraform"
    DEPLOY_CLI = "deploy-cli"


class FactorSetting(Fact):
    """One of Guardian's factors."""

    name: str
    enabled: bool


class WholeOptions(Fact):
    """All options of one connection, without the values of its secrets.

    Attributes:
        connection_id: the connection.
        options: what is shown, with Auth0's own keys; secrets are left out.
        secrets: where in the options a secret is set.
    """

    connection_id: str
    options: dict[str, JsonValue]
    secrets: tuple[Place, ...] = ()


class LeftState(Fact):
    """One migrated tenant at one moment.

    Attributes:
        snapshot: what decided its migration.
        factors: every factor that Guardian has; empty where the tenant is not offered factors.
        options: of each SMS connection with a switch.
        trigger_version: of the Action that sends; empty where none does.
    """

    snapshot: Snapshot
    factors: tuple[FactorSetting, ...] = ()
    options: tuple[WholeOptions, ...] = ()
    trigger_version: str = ""

    @property
    def action(self) -> ActionState | None:
        """The Action that sends the tenant's messages; None where Twilio does."""
        return sending_action(self.snapshot)

    @property
    def switched(self) -> tuple[tuple[SmsConnection, WholeOptions], ...]:
        """Each SMS connection with a switch, and all its options."""
        connections = {connection.id: connection for connection in self.snapshot.connections}
        return tuple((connections[whole.connection_id], whole) for whole in self.options)


def sending_action(snapshot: Snapshot) -> ActionState | None:
    """Return the Action behind a custom provider. Auth0 allows one on its trigger."""
    if snapshot.provider is None or snapshot.provider.name != "custom":
        return None
    return next(iter(snapshot.custom_actions), None)
