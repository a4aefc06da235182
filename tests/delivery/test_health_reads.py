"""A health check that fails leaves no read behind."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from phonefleet.delivery.health import failing_messages, health_problem


class SlowApi:
    """The settings cannot be read, nor the first search of the logs; the other reads take longer."""

    def __init__(self) -> None:
        self.begun = self.ended = 0

    async def settings(self) -> dict[str, Any]:
        raise ConnectionError("gone")

    async def logs(self, *_: object, **__: object) -> list[dict[str, Any]]:
        self.begun += 1
        if self.begun == 1:
            raise ConnectionError("gone")
        await asyncio.sleep(0.02)
        self.ended += 1
        return []

    def __getattr__(self, name: str) -> Any:
        async def read(*_: object, **__: object) -> list[dict[str, Any]]:
            self.begun += 1
            await asyncio.sleep(0.02)
            self.ended += 1
            return []

        return read


@pytest.mark.parametrize("whole", [True, False])
async def test_no_read_goes_on_after_an_error(whole: bool) -> None:
    api: Any = SlowApi()
    now = datetime.now(UTC)
    with pytest.raises(ConnectionError):
        await (health_problem(api, "client", now) if whole else failing_messages(api, now))
    assert len(asyncio.all_tasks()) == 1
