"""The switches: the tenant's flag, and the flag of each Passwordless SMS connection."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from phonefleet.auth0.concurrent_reads import read_together
from phonefleet.auth0.connection_options import require_options
from phonefleet.auth0.legacy_endpoints import probe_legacy_endpoints
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.phone_provider import find_provider
from phonefleet.execution.steps.connection_lookup import find_options, flag_of
from phonefleet.execution.steps.handler import Handler, SecretResolver, StepProblem, provider_missing
from phonefleet.model.endpoints import UPE_FLAG
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import PhoneProvider
from phonefleet.model.step_payloads import ConnectionFlag
from phonefleet.model.steps import SwitchConnectionStep, SwitchTenantStep


@dataclass(frozen=True, slots=True)
class ObservedTenant:
    """Which experience the tenant is on.

    Attributes:
        flag: the tenant's flag; None where it has none.
        provider: its tenant-level provider.
        legacy_answers: whether the legacy endpoints answer; None where the tenant is not offered them. Then the flag
            is the only evidence, and only Passwordless can be in use.
    """

    flag: bool | None
    provider: PhoneProvider | None
    legacy_answers: bool | None


class SwitchTenant(Handler[SwitchTenantStep, ObservedTenant]):
    """Turn the tenant's flag on: MFA, and every connection without a flag of its own, follow at once."""

    @override
    async def read(self, api: ManagementApi) -> ObservedTenant:
        settings, provider, legacy = await read_together(
            api.settings(), find_provider(api), probe_legacy_endpoints(api)
        )
        return ObservedTenant(settings.get(UPE_FLAG), provider, legacy.answer)

    @override
    def is_applied(self, observed: ObservedTenant) -> bool:
        return observed.flag is True and observed.legacy_answers is not True

    @override
    def precondition_failure(self, observed: ObservedTenant) -> StepProblem | None:
        if observed.provider is None or observed.provider.disabled:
            return provider_missing("the switch")
        if observed.flag is None:
            return StepProblem(
                ReasonCode.TOGGLE_MISSING_ON_LEGACY,
                f"{UPE_FLAG} is gone from the tenant settings. Look for Unified Phone Experience in the dashboard, "
                "Tenant Settings, Advanced; ask Auth0 Support only if it is missing there, too",
            )
        return None

    @override
    async def write(self, api: ManagementApi, observed: ObservedTenant, resolve: SecretResolver) -> None:
        await api.set_phone_consolidated_experience(self.step.after.phone_consolidated_experience)

    @override
    def no_effect(self, observed: ObservedTenant) -> StepProblem:
        endpoints = "answering" if observed.legacy_answers else "closed"
        return StepProblem(
            ReasonCode.SWITCH_NOT_EFFECTIVE,
            f"Auth0 accepted the switch, but a read shows {UPE_FLAG} {observed.flag} and the legacy endpoints "
            f"{endpoints}. Look at Unified Phone Experience in the dashboard, Tenant Settings, Advanced, before trying "
            "again; ask Auth0 Support only if it cannot be changed there either",
        )

    @override
    def is_reverted(self, observed: ObservedTenant) -> bool:
        """The flag alone is no evidence: the legacy endpoints must answer again, where the tenant has them."""
        return observed.flag is False and observed.legacy_answers is not False

    @override
    async def revert(self, api: ManagementApi, observed: ObservedTenant) -> None:
        await api.set_phone_consolidated_experience(self.step.before.phone_consolidated_experience)


class SwitchConnection(Handler[SwitchConnectionStep, ConnectionFlag | None]):
    """Turn a connection's own flag on. A PATCH replaces all `options`, so all of them are read and sent again.

    Where Auth0 does not show them (`OptionsNotShown`), nothing is written.
    """

    @override
    async def read(self, api: ManagementApi) -> ConnectionFlag | None:
        options = await find_options(api, self.step.target, "its switch")
        return None if options is None else flag_of(options)

    @override
    def is_applied(self, observed: ConnectionFlag | None) -> bool:
        return observed is not None and observed.is_same(self.step.after)

    @override
    def precondition_failure(self, observed: ConnectionFlag | None) -> StepProblem | None:
        if observed is not None:
            return None
        return StepProblem(
            ReasonCode.STEP_FAILED,
            f"{self.step.title}: the connection is gone since the plan was made: plan again",
        )

    @override
    async def write(
        self, api: ManagementApi, observed: ConnectionFlag | None, resolve: SecretResolver
    ) -> None:
        await self._set(api, self.step.after)

    @override
    def no_effect(self, observed: ConnectionFlag | None) -> StepProblem:
        shows = (
            f"use_phone_provider {observed.use_phone_provider!r}"
            if observed
            else "that the connection is gone"
        )
        return StepProblem(
            ReasonCode.CONNECTION_SWITCH_NOT_EFFECTIVE,
            f"{self.step.title}: Auth0 accepted the switch, but a read shows {shows}",
        )

    @override
    def is_reverted(self, observed: ConnectionFlag | None) -> bool:
        """A connection that was deleted has no switch any more."""
        return observed is None or observed.is_same(self.step.before)

    @override
    async def revert(self, api: ManagementApi, observed: ConnectionFlag | None) -> None:
        await self._set(api, self.step.before)

    async def _set(self, api: ManagementApi, flag: ConnectionFlag) -> None:
        options = require_options(api.domain, await api.connection(self.step.target), "its switch")
        options["use_phone_provider"] = flag.use_phone_provider
        if flag.use_phone_provider is None:
            del options["use_phone_provider"]
        await api.update_connection_options(self.step.target, options)
