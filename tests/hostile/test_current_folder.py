"""No process that phonefleet starts imports a module of the folder in which it is started."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from flows.fleet_deployments import run_command
from flows.local_server import LocalServer

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("configs", "flows", "phonefleet", "reports", "tasks")


def interpreters() -> Iterator[tuple[str, list[ast.expr]]]:
    """Every list of arguments that begins with this Python, and where it is."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.List) and node.elts and ast.unparse(node.elts[0]) == "sys.executable":
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node.elts[1:]


def test_no_python_has_the_current_folder_on_its_path() -> None:
    found = dict(interpreters())
    assert len(found) >= 6
    unsafe = [place for place, rest in found.items() if ast.unparse(rest[0]) not in ("'-P'", "'-I'")]
    assert unsafe == []
    assert " -P -m " in run_command("python3")


def test_the_server_imports_nothing_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("prefect", "httpx", "uvicorn", "flows", "phonefleet"):
        (tmp_path / f"{module}.py").write_text("open('ran', 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "home"))
    server = LocalServer()
    try:
        server.start(tmp_path / "server.log")
        assert httpx.get(f"{server.api_url}/health", trust_env=False).is_success
    finally:
        server.stop()
    assert not (tmp_path / "ran").exists()
