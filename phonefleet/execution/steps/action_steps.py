"""The steps on the one `custom-phone-provider` Action of a tenant. It is found by its trigger, whatever its name."""

from __future__ import annotations

from typing import Any, TypeVar

from typing_extensions import override

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import ApiRefused, StepFailed
from phonefleet.execution.retry_policy import RetryPolicy
from phonefleet.execution.steps.handler import Handler, SecretResolver, StepProblem
from phonefleet.execution.steps.observed_action import ObservedAction, find_action
from phonefleet.model.canonical import checksum
from phonefleet.model.endpoints import PROVIDER_ACTION_NAME, PROVIDER_TRIGGER, SECOND_ACTION_REFUSED
from phonefleet.model.enums import ReasonCode
from phonefleet.model.step_payloads import ActionDraft
from phonefleet.model.steps import AdoptActionStep, CreateActionStep, DeployActionStep, UpdateActionStep

ActionStep = TypeVar("ActionStep", CreateActionStep, UpdateActionStep, AdoptActionStep)

_DECIDE_AGAIN = (
    "find out whose it is, say in target.action what becomes of it (adopt, keep or refuse), then plan again"
)
_SET_AT_CREATION = {"name", "supported_triggers"}
_AT_WORK = ("pending", "building", "packaged")
"""States of a draft whose build goes on."""


class _ActionHandler(Handler[ActionStep, ObservedAction | None]):
    @override
    async def read(self, api: ManagementApi) -> ObservedAction | None:
        return await find_action(api)

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
            f"Action {observed.name} ({observed.id}) on {PROVIDER_TRIGGER} has appeared since the plan was made, and a "
            f"tenant can have one: {_DECIDE_AGAIN}",
        )

    @override
    async def write(
        self, api: ManagementApi, observed: ObservedAction | None, resolve: SecretResolver
    ) -> None:
        body = _request(self.step.after, resolve)
        if observed is None:
            await _create(api, body)
        else:
            changes = {name: value for name, value in body.items() if name not in _SET_AT_CREATION}
            await api.update_action(observed.id, changes)

    @override
    def is_reverted(self, observed: ObservedAction | None) -> bool:
        # An Action with another name is somebody else's, made after ours was deleted.
        return observed is None or observed.name != self.step.after.name

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


class AdoptAction(_ActionHandler[AdoptActionStep]):
    """Replace the draft of an Action that phonefleet did not make; undone by writing its old draft."""

    @property
    @override
    def is_verifiable(self) -> bool:
        return not self.step.after.secrets

    @override
    def precondition_failure(self, observed: ObservedAction | None) -> StepProblem | None:
        before = self.step.before
        is_there = observed is not None and observed.id == before.id
        if observed is not None and is_there:
            is_known = observed.shown_sha256 == checksum(before.draft.code)
            if is_known or observed.code_sha256 == checksum(self.step.after.code):
                return None
        what = f"{'was edited' if is_there else 'is gone'} since the plan was made"
        return StepProblem(
            ReasonCode.CUSTOM_ACTION_TAKEN,
            f"Action {before.name} ({before.id}) {what}: {_DECIDE_AGAIN}",
        )

    @override
    async def write(
        self, api: ManagementApi, observed: ObservedAction | None, resolve: SecretResolver
    ) -> None:
        if observed is not None:
            await api.update_action(observed.id, _request(self.step.after, resolve))

    @override
    def is_reverted(self, observed: ObservedAction | None) -> bool:
        before = self.step.before
        return observed is not None and observed.shown_sha256 == checksum(before.draft.code)

    @override
    async def revert(self, api: ManagementApi, observed: ObservedAction | None) -> None:
        """Write the old draft. The old deployed version, with its secrets, is deployed again before this."""
        before = self.step.before
        if observed is None:
            return
        if before.draft.fingerprint:
            raise StepFailed(
                api.domain,
                ReasonCode.STEP_FAILED,
                f"Auth0 did not make the old version of Action {before.name} its draft, and the ledger has no key that "
                "its code held: write the code of the deployed version into the draft in the dashboard",
            )
        body = before.draft.model_dump(mode="json", include={"code", "dependencies", "runtime"})
        # Those of a deployed version came back with it; phonefleet's own must not stay.
        await api.update_action(observed.id, body if before.deployed else body | {"secrets": []})


class DeployAction(Handler[DeployActionStep, ObservedAction | None]):
    """Deploy the Action; applied once a version with this code is built. Undone for an Action that was adopted."""

    @property
    @override
    def is_revertible(self) -> bool:
        return self.step.before is not None

    @override
    async def read(self, api: ManagementApi) -> ObservedAction | None:
        return await find_action(api)

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
            observed = await find_action(api)
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
    def is_reverted(self, observed: ObservedAction | None) -> bool:
        before = self.step.before
        return (
            before is not None
            and observed is not None
            and observed.deployed_shown_sha256 == before.code_sha256
            and observed.deployed_status in ("built", "")
        )

    @override
    async def revert(self, api: ManagementApi, observed: ObservedAction | None) -> None:
        """Deploy the version that was deployed before, with its secrets."""
        before = self.step.before
        if before is not None and observed is not None:
            await api.deploy_action_version(observed.id, before.version_id)

    @override
    def no_effect(self, observed: ObservedAction | None) -> StepProblem:
        state = observed.deployed_status or observed.status if observed else "gone"
        return StepProblem(
            ReasonCode.ACTION_BUILD_FAILED,
            f"Action {PROVIDER_ACTION_NAME} was not built in time (its state is {state}): look at its build log in "
            "the dashboard",
        )


async def _create(api: ManagementApi, body: dict[str, Any]) -> None:
    """Create the Action.

    Raises:
        StepFailed: `custom_action_taken`, if another one was created since it was looked for.
    """
    try:
        await api.create_action(body)
    except ApiRefused as refused:
        if refused.error_code != SECOND_ACTION_REFUSED:
            raise
        other = await find_action(api)
        name = f"Action {other.name} ({other.id})" if other else "another Action"
        raise StepFailed(
            api.domain,
            ReasonCode.CUSTOM_ACTION_TAKEN,
            f"{name} on {PROVIDER_TRIGGER} was created at the same time, and a tenant can have one (Auth0 answers "
            f"{refused.status} {refused.error_code}): {_DECIDE_AGAIN}",
        ) from refused


def _request(draft: ActionDraft, resolve: SecretResolver) -> dict[str, Any]:
    secrets = [{"name": secret.name, "value": resolve(secret.value)} for secret in draft.secrets]
    return draft.model_dump(mode="json") | {"secrets": secrets}
