"""Auth0's Deploy CLI, the real one, with simulated tenants.

It finds the simulator through TLS, by the tenant's own host name; ``to_simulator.cjs`` leads its connections there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

VERSION = "8.44.0"
HOOK = Path(__file__).parent / "simulator" / "to_simulator.cjs"


def install(folder: Path) -> Path:
    """Return the program, installed outside the repository; skip where npm is absent or the install fails."""
    given = os.environ.get("PHONEFLEET_A0DEPLOY")
    if given:
        return Path(given)
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip(
            "npm and node are needed for the Deploy CLI; PHONEFLEET_A0DEPLOY can name an installed one"
        )
    command = [
        *(npm, "install", "--no-audit", "--no-fund"),
        *("--prefix", str(folder), f"auth0-deploy-cli@{VERSION}"),
    ]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install auth0-deploy-cli@{VERSION} within 240 s")
    if done.returncode:
        pytest.skip(f"npm could not install auth0-deploy-cli@{VERSION}: {done.stderr.strip()[-200:]}")
    return folder / "node_modules" / ".bin" / "a0deploy"


class DeployCli:
    """The Deploy CLI for one tenant."""

    def __init__(
        self,
        program: Path,
        domain: str,
        client: tuple[str, str],
        url: str,
        ca_file: Path | None,
        folder: Path,
    ) -> None:
        self.program, self.folder = program, folder
        self.environment = {
            "AUTH0_DOMAIN": domain,
            "AUTH0_CLIENT_ID": client[0],
            "AUTH0_CLIENT_SECRET": client[1],
            "NODE_EXTRA_CA_CERTS": str(ca_file),
            "NODE_OPTIONS": f"--require {HOOK}",
            "SIMULATOR_ADDRESS": url.removeprefix("https://"),
        }

    def run(self, *arguments: str, **settings: str) -> str:
        """Run it to its end, which must be good."""
        done = subprocess.run(
            [str(self.program), *arguments],
            env=os.environ | self.environment | settings,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    def export(self, **settings: str) -> Path:
        """Export the tenant as YAML."""
        folder = self.folder / "export"
        self.run("export", "--format", "yaml", "--output_folder", str(folder), **settings)
        return folder / "tenant.yaml"

    def load(self, file: Path, **settings: str) -> str:
        """Import a file into the tenant."""
        return self.run("import", "--input_file", str(file), **settings)


PHONES = (
    *("tenant", "databases", "connections", "actions", "triggers", "clients", "clientGrants"),
    *("guardianFactors", "guardianPhoneFactorMessageTypes", "guardianPhoneFactorSelectedProvider"),
    *("phoneProviders", "phoneTemplates"),
)


def only(*names: str) -> dict[str, str]:
    """Limit the Deploy CLI to some resources; it waits about a second for each."""
    return {"AUTH0_INCLUDED_ONLY": json.dumps(list(names))}
