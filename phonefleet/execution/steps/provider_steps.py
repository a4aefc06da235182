"""The steps on the tenant-level provider, under `branding/phone/providers`."""

from __future__ import annotations

from typing import Any, TypeVar

from typing_extensions import override

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.phone_provider import find_provider
from phonefleet.execution.steps.handler import Handler, SecretResolver, StepProblem
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import PhoneProvider
from phonefleet.model.step_payloads import ProviderState, ProviderTarget
from phonefleet.model.steps import CreateProviderStep, UpdateProviderStep

ProviderStep = TypeVar("ProviderStep", CreateProviderStep, UpdateProviderStep)


class _ProviderHandler(Handler[ProviderStep, PhoneProvider | None]):
    @override
    async def read(self, api: ManagementApi) -> PhoneProvider | None:
        return await find_provider(api)

    @override
    def is_applied(self, observed: PhoneProvider | None) -> bool:
        return _matches(self.step.after, observed)


class CreateProvider(_ProviderHandler[CreateProviderStep]):
    """Create the provider; a tenant has one. If it is there already, its credentials are written again."""

    @property
    @override
    def has_write_only_fields(self) -> bool:
        return self.step.after.credentials.auth_token is not None

    @override
    def precondition_failure(self, observed: PhoneProvider | None) -> StepProblem | None:
        if observed is None:
            return None
        return StepProblem(
            ReasonCode.PROVIDER_TAKEN,
            f"a provider {observed.name} has appeared since the plan was made: plan again",
        )

    @override
    async def write(
        self, api: ManagementApi, observed: PhoneProvider | None, resolve: SecretResolver
    ) -> None:
        body = _request(self.step.after, resolve)
        if observed is None:
            await api.create_phone_provider(body)
        else:
            await api.update_phone_provider(observed.id, body)

    @override
    def is_reverted(self, observed: PhoneProvider | None) -> bool:
        return observed is None

    @override
    async def revert(self, api: ManagementApi, observed: PhoneProvider | None) -> None:
        if observed is not None:
            await api.delete_phone_provider(observed.id)


class UpdateProvider(_ProviderHandler[UpdateProviderStep]):
    """Change the configuration and the credentials of an existing provider."""

    @property
    @override
    def is_verifiable(self) -> bool:
        return self.step.after.credentials.auth_token is None

    @override
    def precondition_failure(self, observed: PhoneProvider | None) -> StepProblem | None:
        if observed is not None:
            return None
        return StepProblem(
            ReasonCode.PROVIDER_VANISHED,
            "the tenant-level provider is gone since the plan was made: plan again",
        )

    @override
    async def write(
        self, api: ManagementApi, observed: PhoneProvider | None, resolve: SecretResolver
    ) -> None:
        if observed is not None:
            await api.update_phone_provider(observed.id, _request(self.step.after, resolve))

    @override
    def is_reverted(self, observed: PhoneProvider | None) -> bool:
        return _matches(self.step.before, observed)

    @override
    async def revert(self, api: ManagementApi, observed: PhoneProvider | None) -> None:
        """Write the old configuration. The old credentials cannot be read, so the new ones stay: this is lossy."""
        if observed is not None:
            await api.update_phone_provider(observed.id, self.step.before.model_dump(mode="json"))


def _matches(expected: ProviderState, observed: PhoneProvider | None) -> bool:
    if observed is None:
        return False
    configuration = expected.configuration
    return observed == PhoneProvider(
        id=observed.id,
        name=expected.name,
        disabled=expected.disabled,
        delivery_methods=tuple(sorted(configuration.delivery_methods)),
        sid=configuration.sid,
        default_from=configuration.default_from,
        mssid=configuration.mssid,
        updated_at=observed.updated_at,
    )


def _request(target: ProviderTarget, resolve: SecretResolver) -> dict[str, Any]:
    token = target.credentials.auth_token
    credentials = {"auth_token": resolve(token)} if token else {}
    return target.model_dump(mode="json") | {"credentials": credentials}
