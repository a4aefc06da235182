"""Serving, TLS, and the written configuration."""

import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml

from simulator.app import create_app
from simulator.errors import ConnectionDroppedError, SimulatorError
from simulator.faults import FaultDocument
from simulator.operations import Timing
from simulator.serve import running, serve
from simulator.write_config import write_config


def test_a_block_serves_and_then_the_port_is_free():
    with running(tenants=3, seed=1) as simulator:
        port = int(simulator.url.rpartition(":")[2])
        assert httpx.get(f"{simulator.url}/_simulator/tenants").status_code == 200
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))
        assert probe.getsockname()[1] == port


def test_a_taken_port_is_named():
    with running() as simulator:
        port = int(simulator.url.rpartition(":")[2])
        with pytest.raises(SimulatorError, match=f"port {port} of 127.0.0.1"), running(port=port):
            pass


def test_any_client_can_reach_any_tenant_over_tls(tmp_path):
    with running(tenants=20, seed=1, tls=True, directory=tmp_path) as simulator:
        assert simulator.url.startswith("https://127.0.0.1:")
        assert simulator.ca_file == tmp_path / "ca.pem"
        assert b"PRIVATE" not in simulator.ca_file.read_bytes()
        context = ssl.create_default_context(cafile=str(simulator.ca_file))
        with httpx.Client(verify=context, base_url=simulator.url) as client:
            domains = [item["domain"] for item in client.get("/_simulator/tenants").json()["tenants"]]
            for domain in {domain.split(".", 1)[1]: domain for domain in domains}.values():
                names = {"host": domain}
                answer = client.post(
                    "/oauth/token", json={}, headers=names, extensions={"sni_hostname": domain}
                )
                assert answer.status_code == 403


def test_a_connection_over_tls_can_be_cut_too(tmp_path):
    faults = FaultDocument.model_validate({"rules": [{"effect": "drop_before"}]})
    with running(tenants=1, seed=1, tls=True, directory=tmp_path, faults=faults) as simulator:
        context = ssl.create_default_context(cafile=str(simulator.ca_file))
        domain = next(simulator.app.state.world.fleet.kinds())[0]
        with (
            httpx.Client(verify=context, base_url=simulator.url) as client,
            pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)),
        ):
            client.post("/oauth/token", json={}, headers={"host": domain})


async def test_a_dropped_connection_raises_in_process():
    faults = FaultDocument.model_validate({"rules": [{"effect": "drop_after"}]})
    app = create_app(1, 1, faults=faults)
    domain = next(app.state.world.fleet.kinds())[0]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{domain}") as client:
        with pytest.raises(ConnectionDroppedError, match="POST /oauth/token"):
            await client.post("/oauth/token", json={})


SERVE = """
import pathlib, sys
from simulator.serve import serve
report = lambda url, path: print(url, path, flush=True)
serve(3, 5, config_directory=pathlib.Path(sys.argv[1]), tls=True, latency=True, ready=report)
"""


def test_serve_writes_the_configuration_and_stops(tmp_path):
    command = [sys.executable, "-c", SERVE, str(tmp_path / "demo")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        url, path = process.stdout.readline().split()
        written = yaml.safe_load(Path(path).read_text())
        assert written["connection"] == {"connect_to": url, "ca_file": "ca.pem"}
        context = ssl.create_default_context(cafile=str(tmp_path / "demo" / "ca.pem"))
        with httpx.Client(verify=context, base_url=url) as client:
            assert client.get("/_simulator/faults").json()["latency"] == "recorded"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
    assert (process.returncode, output, errors) == (0, "", "")


def test_tls_needs_a_directory():
    with pytest.raises(SimulatorError, match="write-config"):
        serve(1, 1, tls=True)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fleet")
    fleet = create_app(300, 4).state.world.fleet
    previous = os.umask(0)
    try:
        path = write_config(directory, "http://127.0.0.1:1", fleet)
    finally:
        os.umask(previous)
    return path, yaml.safe_load(path.read_text()), fleet


def _secrets(path):
    lines = (path.parent / "secrets.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_every_wave_selects_tenants(written):
    _, document, fleet = written
    domains = [tenant["domain"] for tenant in document["tenants"]]
    assert domains == [domain for domain, _ in fleet.kinds()]
    rings = {tenant["labels"]["ring"] for tenant in document["tenants"]}
    assert [wave["name"] for wave in document["waves"]] == ["canary", "early", "rest"]
    assert {wave["match"]["labels"]["ring"] for wave in document["waves"]} == rings


def test_secrets_are_references_to_a_private_file(written):
    path, document, _ = written
    secrets = _secrets(path)
    assert stat.S_IMODE((path.parent / "secrets.env").stat().st_mode) == 0o600
    text = path.read_text()
    assert all(value not in text for name, value in secrets.items() if "URL" not in name and len(value) > 20)
    used = {tenant["client_secret"].removeprefix("env:") for tenant in document["tenants"]}
    assert used <= set(secrets)
    assert len(secrets) == text.count("env:")


def test_written_secrets_are_right_but_for_one_kind(written):
    path, document, fleet = written
    secrets, wrong = _secrets(path), 0
    for entry in document["tenants"]:
        tenant = fleet.get(entry["domain"])
        true = tenant.clients[entry["client_id"]]["client_secret"]
        wrong += secrets[entry["client_secret"].removeprefix("env:")] != true
        token = entry.get("target", {}).get("twilio", {}).get("auth_token", "").removeprefix("env:")
        accounts = [account.token for account in tenant.hidden.twilio_accounts.values()]
        assert (secrets[token] == accounts[0]) if accounts else not token
    assert wrong == sum(kind == "wrong_credentials" for _, kind in fleet.kinds()) > 0


def test_logs_lag_as_configured():
    with running(timing=Timing(log_lag=60.0)) as simulator, httpx.Client(base_url=simulator.url) as client:
        domain = "lag.eu.auth0.com"
        inputs = client.put(f"/_simulator/tenants/{domain}", json={"kind": "empty"}).json()
        form = {"grant_type": "client_credentials", "audience": f"https://{domain}/api/v2/"}
        form |= {key: inputs[key] for key in ("client_id", "client_secret")}
        host = {"host": domain}
        token = client.post("/oauth/token", json=form, headers=host).json()["access_token"]
        names = host | {"authorization": f"Bearer {token}"}
        client.patch("/api/v2/tenants/settings", json={"friendly_name": "x"}, headers=names)
        assert client.get("/api/v2/logs", headers=names).json() == []
