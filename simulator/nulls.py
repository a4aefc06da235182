"""Bodies that refuse null wherever Auth0's description refuses it.

A field that may be left out is not a field that may be null: pydantic's ``T | None = None`` says both at once,
so each model names the fields that may really be null.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, model_validator


class NullAware(BaseModel):
    """A body whose fields are null only where ``nullable`` says so."""

    nullable: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _refuse_nulls(cls, value: Any) -> Any:
        """Raises for the first known field that is null and may not be."""
        if not isinstance(value, dict):
            return value
        known = {field.alias or name for name, field in cls.model_fields.items()}
        for key in (known - cls.nullable) & {key for key, item in value.items() if item is None}:
            raise ValueError(f"Expected type other than null on property {key}")
        return value
