"""Request bodies of Actions, their modules and their bindings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from simulator.bodies.base import Json, OpenBody, StrictBody
from simulator.trigger_catalog import Trigger


class Dependency(StrictBody):
    """An npm package of an Action."""

    name: str
    version: str
    registry_url: str | None = None


class SecretBody(OpenBody):
    """An Action's secret; a PATCH may leave the value out to keep it."""

    name: str
    value: str | None = None


class SupportedTrigger(OpenBody):
    """A trigger that an Action is written for."""

    id: Trigger
    version: str | None = None


class CreateActionBody(StrictBody):
    """POST actions/actions."""

    name: Annotated[str, Field(min_length=1)]
    supported_triggers: Annotated[list[SupportedTrigger], Field(min_length=1)]
    code: str = "module.exports = () => {}"
    dependencies: list[Dependency] = Field(default_factory=list)
    runtime: str = "node22"
    secrets: list[SecretBody] = Field(default_factory=list)
    modules: list[Json] = Field(default_factory=list)
    deploy: bool = False


class UpdateActionBody(StrictBody):
    """PATCH actions/actions/{id}."""

    name: Annotated[str, Field(min_length=1)] | None = None
    supported_triggers: Annotated[list[SupportedTrigger], Field(min_length=1)] | None = None
    code: str | None = None
    dependencies: list[Dependency] | None = None
    runtime: str | None = None
    secrets: list[SecretBody] | None = None
    modules: list[Json] | None = None


class CreateModuleBody(StrictBody):
    """POST actions/modules."""

    name: Annotated[str, Field(min_length=1)]
    code: str
    dependencies: list[Dependency] = Field(default_factory=list)
    secrets: list[SecretBody] = Field(default_factory=list)
    api_version: str = ""
    publish: bool = False


class UpdateModuleBody(StrictBody):
    """PATCH actions/modules/{id}."""

    name: Annotated[str, Field(min_length=1)] | None = None
    code: str | None = None
    dependencies: list[Dependency] | None = None
    secrets: list[SecretBody] | None = None


class TestActionBody(StrictBody):
    """POST actions/actions/{id}/test."""

    __test__ = False

    payload: Json


class DeployVersionBody(StrictBody):
    """POST actions/actions/{actionId}/versions/{id}/deploy."""

    update_draft: bool = False


class BindingRef(StrictBody):
    """What a binding points at."""

    type: Literal["binding_id", "action_id", "action_name"]
    value: str


class BindingBody(StrictBody):
    """One binding of PATCH actions/triggers/{triggerId}/bindings."""

    ref: BindingRef
    display_name: str | None = None
    secrets: list[SecretBody] | None = None


class BindingsBody(StrictBody):
    """PATCH actions/triggers/{triggerId}/bindings."""

    bindings: list[BindingBody] = Field(default_factory=list)


CREATE_ACTION: TypeAdapter[Any] = TypeAdapter(CreateActionBody)
UPDATE_ACTION: TypeAdapter[Any] = TypeAdapter(UpdateActionBody)
CREATE_MODULE: TypeAdapter[Any] = TypeAdapter(CreateModuleBody)
UPDATE_MODULE: TypeAdapter[Any] = TypeAdapter(UpdateModuleBody)
TEST_ACTION: TypeAdapter[Any] = TypeAdapter(TestActionBody)
DEPLOY_VERSION: TypeAdapter[Any] = TypeAdapter(DeployVersionBody)
BINDINGS: TypeAdapter[Any] = TypeAdapter(BindingsBody)
