"""A keyring that keeps its passwords in a file, found by keyring's own configuration as any other is."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    """Passwords in the JSON file that `TESTS_KEYRING_FILE` names."""

    priority = 1

    @property
    def _file(self) -> Path:
        return Path(os.environ["TESTS_KEYRING_FILE"])

    def _kept(self) -> dict[str, str]:
        kept: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return kept

    def get_password(self, service: str, username: str) -> str | None:
        return self._kept().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._file.write_text(json.dumps(self._kept() | {f"{service} {username}": password}))

    def delete_password(self, service: str, username: str) -> None:
        self._file.write_text(
            json.dumps({k: v for k, v in self._kept().items() if k != f"{service} {username}"})
        )
