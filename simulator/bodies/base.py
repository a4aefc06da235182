"""Base models: bodies with and without further keys, and nulls only where Auth0 allows them.

An optional field is not a nullable field, but pydantic's ``T | None = None`` allows both. Each model therefore names
the fields that may be null.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

Json = dict[str, Any]
Short = Annotated[str, Field(min_length=1, max_length=255)]


class NullAware(BaseModel):
    """A body that accepts null only for the fields in ``nullable``."""

    nullable: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _refuse_nulls(cls, value: Any) -> Any:
        """Raise ValueError for the first known field that is null and not nullable."""
        if not isinstance(value, dict):
            return value
        known = {field.alias or name for name, field in cls.model_fields.items()}
        for key in (known - cls.nullable) & {key for key, item in value.items() if item is None}:
            raise ValueError(f"Expected type other than null on property {key}")
        return value


class StrictBody(NullAware):
    """A body that accepts only its own fields."""

    model_config = ConfigDict(strict=True, extra="forbid")


class OpenBody(NullAware):
    """A body that also accepts fields that the model does not name."""

    model_config = ConfigDict(strict=True, extra="allow")
