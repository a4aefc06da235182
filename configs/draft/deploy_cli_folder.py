"""Tenants from the folders of Auth0's Deploy CLI: its configuration files, and the exported resources beside them.

Source: auth0-deploy-cli 8, `docs/configuring-the-deploy-cli.md`, `docs/authenticating-with-tenant.md` and
`docs/keyword-replacement.md`. A configuration file is JSON or `.env`; every key may also come from the environment of a
pipeline, which is not read here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dotenv.parser import parse_stream

from configs.bounded_files import FileRefused, read_bounded
from configs.draft.found_tenant import FoundTenant, text_at
from configs.draft.phone_export import PhoneUse, phone_use
from configs.problems import Origin, Problem
from configs.tree import Table, Text
from configs.yaml_source import parse_yaml

MAX_CONFIG_BYTES: Final = 1024 * 1024
_SKIPPED: Final = frozenset({"node_modules", ".git", ".terraform", ".venv"})
_ALGORITHMS: Final = frozenset({"RS256", "PS256"})
"""Those of `AUTH0_CLIENT_SIGNING_ALGORITHM` that phonefleet signs with; the Deploy CLI also knows RS384."""
_KEYWORD: Final = re.compile(rb"@@\w+@@|##\w+##")


def tenants_in_deploy_cli(folder: Path, problems: list[Problem]) -> list[FoundTenant]:
    """Return the tenants that configuration files in a folder, or below it, name.

    Args:
        folder: The folder. `node_modules` and hidden folders of tools are not searched.
        problems: What is wrong is added here, without quoting values.
    """
    found = [
        _found(settings, problems)
        for path in _config_files(folder)
        if (settings := _settings(path, problems)) is not None and "AUTH0_DOMAIN" in settings
    ]
    if not found and not problems:
        fact = "has no Deploy CLI configuration with AUTH0_DOMAIN"
        advice = "Name the folder of config.json or .env, or list the domains in a CSV file"
        problems.append(Problem(folder, 0, "", fact, advice))
    return found


def _config_files(folder: Path) -> Iterator[Path]:
    """Yield files that may be a configuration: JSON with that key in it, and `.env` files."""
    for path in sorted(folder.rglob("*")):
        named = path.suffix == ".json" or path.name == ".env" or path.name.startswith(".env.")
        if named and not _SKIPPED.intersection(path.relative_to(folder).parts) and path.is_file():
            yield path


def _settings(path: Path, problems: list[Problem]) -> Table | None:
    try:
        content = read_bounded(path, MAX_CONFIG_BYTES)
    except FileRefused as refused:
        if path.name.startswith((".env", "config")):
            problems.append(Problem(path, 0, "", refused.fact, refused.advice))
        return None
    if b"AUTH0_DOMAIN" not in content:
        return None
    if path.suffix == ".json":
        node = parse_yaml(path, content, problems)
        return node if isinstance(node, Table) else None
    return _env_settings(path, content, problems)


def _env_settings(path: Path, content: bytes, problems: list[Problem]) -> Table | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        problems.append(Problem(path, 0, "", "is not UTF-8 text", "Save the file as UTF-8"))
        return None
    table = Table(Origin(path, 1))
    for binding in parse_stream(io.StringIO(text)):
        raw = binding.original.string
        line = binding.original.line + raw[: len(raw) - len(raw.lstrip())].count("\n")
        if binding.error:
            advice = "Quote values with spaces or #"
            problems.append(Problem(path, line, "", "this line is not NAME=value", advice))
        elif binding.key and binding.value:
            table[binding.key] = Text(binding.value, Origin(path, line, None, binding.key))
    return table


def _found(settings: Table, problems: list[Problem]) -> FoundTenant:
    path = settings.origin.file
    table = Table(Origin(path, settings["AUTH0_DOMAIN"].origin.line))
    for name, key in (
        ("AUTH0_DOMAIN", "domain"),
        ("AUTH0_CLIENT_ID", "client_id"),
        ("AUTH0_AUDIENCE", "audience"),
    ):
        if text := text_at(settings.get(name), key=key):
            table[key] = text
    remarks: list[str] = []
    credential = settings.get("AUTH0_CLIENT_SECRET")
    if signing := text_at(settings.get("AUTH0_CLIENT_SIGNING_KEY_PATH")):
        credential = signing
        table["token_endpoint_auth_method"] = Text("private_key_jwt", signing.origin)
        algorithm = text_at(settings.get("AUTH0_CLIENT_SIGNING_ALGORITHM"), key="signing_algorithm")
        if algorithm is not None and str(algorithm) in _ALGORITHMS:
            table["signing_algorithm"] = algorithm
        elif algorithm is not None:
            remarks.append(f"{algorithm.origin.place}: phonefleet signs with RS256, PS256 or ES256")
    if str(settings.get("AUTH0_ALLOW_DELETE", "")).lower() in {"true", "1"}:
        place = settings["AUTH0_ALLOW_DELETE"].origin.place
        remarks.append(f"{place}: AUTH0_ALLOW_DELETE lets the next import delete the provider of a migration")
    use = _exported_use(path.parent, problems)
    return FoundTenant(
        table,
        credential_at=credential.origin.place if isinstance(credential, Text) else "",
        sends_by_twilio=use.twilio,
        signs_for_gateway=use.gateway,
        action_secrets=use.action_secrets,
        remarks=tuple(remarks),
    )


def _exported_use(folder: Path, problems: list[Problem]) -> PhoneUse:
    """Return what `tenant.yaml` beside a configuration says about phone messages; nothing without one."""
    path = folder / "tenant.yaml"
    if not path.is_file():
        return PhoneUse()
    try:
        content = read_bounded(path, 16 * MAX_CONFIG_BYTES)
    except FileRefused as refused:
        problems.append(Problem(path, 0, "", refused.fact, refused.advice))
        return PhoneUse()
    # The Deploy CLI replaces keywords before it parses; unquoted ones are no YAML.
    node = parse_yaml(path, _KEYWORD.sub(b"keyword", content), problems)
    return phone_use(node) if isinstance(node, Table) else PhoneUse()
