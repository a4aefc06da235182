"""The steps on the one `custom-phone-provider` Action that phonefleet maintains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from typing_extensions import override

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.execution.retry_policy import RetryPolicy
from phonefleet.execution.steps.handler import Handler, SecretResolver, StepProblem
from phonefleet.model.canonical import checksum
from phonefleet.model.endpoints import PROVIDER_ACTION_NAME, PROVIDER_TRIGGER
from phonefleet.model.enums import ReasonCode
from phonefleet.model.step_payloads import ActionDraft
from phonefleet.model.steps import CreateActionStep, DeployActionStep, UpdateActionStep

ActionStep = TypeVar("ActionStep", CreateActionStep, UpdateActionStep)

_SET_AT_CREATION = {"name", "supported_triggers"}
_AT_WORK = ("pending", "building", "packaged")
"""States of a draft whose build goes on."""


@dataclass(frozen=True, slots=True)
class ObservedAction:
    """The Action as a read shows it: its draft and its deployed version, their code as checksums."""

    id: str
    code_sha256: str
    status: str
    secret_names: tuple[str, ...]
    deployed_sha256: str | None
    deployed_status: str
    all_deployed: bool


async def _find(api: ManagementApi) -> ObservedAction | None:
    for action in await api.actions(PROVIDER_TRIGGER):
        if action.get("name") == PROVIDER_ACTION_NAME:
            version = action.get("deployed_version") or {}
            return ObservedAction(
                id=action["id"],
                code_sha256=checksum(action.get("code") or ""),
                status=str(action.get("status") or "").lower(),
                secret_names=tuple(sorted(s["name"] for s in action.get("secrets") or ())),
                deployed_sha256=checksum(version["code"]) if version.get("code") is not None else None,
                deployed_status=str(version.get("status") or "").lower(),
                all_deployed=action.get("all_changes_deployed") is not False,
            )
    return None


class _ActionHandler(Handler[ActionStep, ObservedAction | None]):
    @override
    async def read(self, api: ManagementApi) -> ObservedAction | None:
        return await _find(api)

    @override
    def is_applied(self, observed: ObservedAction | None) -> bool:
        draft = self.step.after
        return (
            observed is not None
            and observed.code_sha256 == checksum(draft.code)
            and observed.secret_names == tuple(sorted(secret.name for secret in draft.secrets))
        )


class CreateAction(_ActionHandler[CreateActionStep]):
    """Create the Action with its code, dependencies and secrets. If it is there already, they are written again."""

    @property
    @override
    def has_write_only_fields(self) -> bool:
        return bool(self.step.after.secrets)

    @override
    def precondition_failure(self, observed: ObservedAction | None) -> StepProblem | None:
        if observed is None:
            return None
        return StepProblem(
            ReasonCode.CUSTOM_ACTION_TAKEN,
            f"an Action {PROVIDER_ACTION_NAME} with other code or secrets has appeared since the plan was made: "
            "plan again",
        )

    @override
    async def write(
        self, api: ManagementApi, observed: ObservedAction | None, resolve: SecretResolver
    ) -> None:
        body = _request(self.step.after, resolve)
        if observed is None:
            await api.create_action(body)
        else:
            changes = {name: value for name, value in body.items() if name not in _SET_AT_CREATION}
            await api.update_action(observed.id, changes)

    @override
    def is_reverted(self, observed: ObservedAction | None) -> bool:
        return observed is None

    @override
    async def revert(self, api: ManagementApi, observed: ObservedAction | None) -> None:
        if observed is not None:
            await api.delete_action(observed.id)


class UpdateAction(_ActionHandler[UpdateActionStep]):
    """Change the Action that an earlier, unfinished migration left to the planned code and secrets."""

    is_revertible = False

    @property
    @override
    def is_verifiable(self) -> bool:
        return not self.step.after.secrets

    @override
    def precondition_failure(self, observed: ObservedAction | None) -> StepProblem | None:
        if observed is not None:
            return None
        return StepProblem(
            ReasonCode.STEP_FAILED,
            f"Action {PROVIDER_ACTION_NAME} is gone since the plan was made: plan again",
        )

    @override
    async def write(
        self, api: ManagementApi, observed: ObservedAction | None, resolve: SecretResolver
    ) -> None:
        if observed is not None:
            await api.update_action(observed.id, _request(self.step.after, resolve))


class DeployAction(Handler[DeployActionStep, ObservedAction | None]):
    """Deploy the Action; applied once a version with this code is built."""

    is_revertible = False

    @override
    async def read(self, api: ManagementApi) -> ObservedAction | None:
        return await _find(api)

    @override
    def is_applied(self, observed: ObservedAction | None) -> bool:
        # A draft of the same code may have other secrets, dependencies or another runtime.
        return (
            observed is not None
            and observed.deployed_sha256 == self.step.after.code_sha256
            and observed.deployed_status in ("built", "")
            and observed.all_deployed
        )

    @override
    def precondition_failure(self, observed: ObservedAction | None) -> StepProblem | None:
        if observed is not None:
            return None
        return StepProblem(
            ReasonCode.STEP_FAILED,
            f"Action {PROVIDER_ACTION_NAME} is gone, so it cannot be deployed: plan again",
        )

    @override
    async def wait_until_writable(self, api: ManagementApi, policy: RetryPolicy) -> StepProblem | None:
        """Wait until the draft is built: Auth0 refuses an earlier deploy (its documentation, "Deploy an Action")."""
        state = ""
        async for _ in policy.reads(policy.build):
            observed = await _find(api)
            if observed is None:
                return self.precondition_failure(None)
            state = observed.status
            if state not in _AT_WORK:
                break
        if state in ("built", ""):
            return None
        so_far = (
            f"is {state} after {policy.build.total_seconds():g} s"
            if state in _AT_WORK
            else f"ended as {state}"
        )
        return StepProblem(
            ReasonCode.ACTION_BUILD_FAILED,
            f"the build of Action {PROVIDER_ACTION_NAME} {so_far}, so it was not deployed: look at its build log in "
            "the dashboard",
        )

    @override
    async def write(
        self, api: ManagementApi, observed: ObservedAction | None, resolve: SecretResolver
    ) -> None:
        if observed is not None:
            await api.deploy_action(observed.id)

    @override
    def no_effect(self, observed: ObservedAction | None) -> StepProblem:
        state = observed.deployed_status or observed.status if observed else "gone"
        return StepProblem(
            ReasonCode.ACTION_BUILD_FAILED,
            f"Action {PROVIDER_ACTION_NAME} was not built in time (its state is {state}): look at its build log in "
            "the dashboard",
        )


def _request(draft: ActionDraft, resolve: SecretResolver) -> dict[str, Any]:
    secrets = [{"name": secret.name, "value": resolve(secret.value)} for secret in draft.secrets]
    return draft.model_dump(mode="json") | {"secrets": secrets}
