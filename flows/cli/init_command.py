"""`init`: write a first fleet file and a template of its secrets file."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from configs import ConfigError, Problem, load_fleet
from configs.draft.deploy_cli_folder import tenants_in_deploy_cli
from configs.draft.domain_list import table_of, tenants_in_csv
from configs.draft.drafted_fleet import Choices, DraftedFleet, draft_fleet
from configs.draft.fleet_text import FLEET_FILE, SECRETS_FILE, fleet_text, secrets_text
from configs.draft.found_tenant import FoundTenant, by_domain
from configs.draft.terraform_folder import tenants_in_terraform
from configs.problems import Origin
from flows.cli.init_questions import InitAnswers, ask
from flows.cli.terminal import err, out
from phonefleet.errors import PlanRefused
from phonefleet.output_files import check_replaceable, replace_file
from phonefleet.private_files import make_private_folder

_COMMAND_LINE = Path("command line")
"""The place of what is given by options."""


Directory: TypeAlias = Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; made if missing.")]
CsvFiles: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(help="A CSV file: one domain a line, or columns named by tenant keys; repeatable."),
]
DeployCliFolders: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="DIR", help="A folder of Deploy CLI configurations (config.json, .env); repeatable."
    ),
]
TerraformFolders: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(metavar="DIR", help='A folder of Terraform files with provider "auth0" blocks; repeatable.'),
]
ClientId: TypeAlias = Annotated[
    str, typer.Option(metavar="ID", help="The application of tenants whose source names none.")
]
PrivateKeys: TypeAlias = Annotated[
    bool, typer.Option("--private-keys", help="Applications sign with a private key and have no secret.")
]
TestNumber: TypeAlias = Annotated[
    str, typer.Option(metavar="+NUMBER", help="A phone of yours that gets the test messages.")
]
SharedTwilio: TypeAlias = Annotated[
    bool, typer.Option("--shared-twilio", help="All tenants send through one Twilio account.")
]
ConnectTo: TypeAlias = Annotated[
    str, typer.Option(metavar="URL", help="A server that answers for all tenants, such as a simulator.")
]


def init(
    directory: Directory = Path(),
    csv: CsvFiles = None,
    deploy_cli: DeployCliFolders = None,
    terraform: TerraformFolders = None,
    domain: Annotated[list[str] | None, typer.Option(help="A tenant's domain; repeatable.")] = None,
    name: Annotated[str, typer.Option(help="The fleet's name; by default that of DIR.")] = "",
    client_id: ClientId = "",
    private_keys: PrivateKeys = False,
    test_number: TestNumber = "",
    shared_twilio: SharedTwilio = False,
    connect_to: ConnectTo = "",
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write a first fleet.yaml and a template of its secrets file; without options, ask for what is needed.

    No value of a secret is read into the files: they refer to it by name.
    """
    answers = InitAnswers(
        name or directory.resolve().name,
        tuple(csv or ()),
        tuple(deploy_cli or ()),
        tuple(terraform or ()),
        tuple(domain or ()),
        Choices("", client_id, private_keys, test_number, shared_twilio, connect_to),
    )
    _check_free(directory, force=force)
    if not answers.has_source:
        if not sys.stdin.isatty():
            raise PlanRefused(
                "init: there is no terminal to ask: name a source of tenants by --csv, --deploy-cli, --terraform or "
                "--domain"
            )
        answers = ask(answers)
    fleet = _drafted(answers)
    _write(directory, fleet)
    secrets = directory / SECRETS_FILE
    out.print(
        f"{directory / FLEET_FILE}: {len(fleet.tenants)} tenant(s), {max(1, len(fleet.rings))} wave(s)\n"
        f"{secrets}: {len(fleet.secrets)} value(s) to put in place of the placeholders\n"
        f"then: phonefleet validate {directory / FLEET_FILE}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _check_free(directory: Path, *, force: bool) -> None:
    """Refuse to write over files.

    Raises:
        PlanRefused: one is there.
    """
    there = [path for name in (FLEET_FILE, SECRETS_FILE) if (path := directory / name).exists()]
    if there and not force:
        named = " and ".join(map(str, there))
        raise PlanRefused(f"{named}: already there. Name another folder, or replace it with --force")


def _drafted(answers: InitAnswers) -> DraftedFleet:
    """Read the sources and draft the fleet.

    Raises:
        ConfigError: something is wrong; it has every problem found.
    """
    problems: list[Problem] = []
    sources = [
        *(tenants_in_csv(path, problems) for path in answers.csv),
        *(tenants_in_deploy_cli(path, problems) for path in answers.deploy_cli),
        *(tenants_in_terraform(path, problems) for path in answers.terraform),
        [FoundTenant(table_of(Origin(_COMMAND_LINE, 0), domain=domain)) for domain in answers.domains],
    ]
    choices = replace(answers.choices, name=answers.name)
    return draft_fleet(by_domain(sources), choices, problems)


def _write(directory: Path, fleet: DraftedFleet) -> None:
    """Write both files, after loading them as every command does.

    Raises:
        ConfigError: the fleet file would not load, for example because of the fleet's name.
    """
    texts = {FLEET_FILE: fleet_text(fleet), SECRETS_FILE: secrets_text(fleet)}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        _check_loads(Path(folder))
    make_private_folder(directory)
    for name, text in texts.items():
        check_replaceable(directory / name)
        replace_file(directory / name, partial(Path.write_text, data=text, encoding="utf-8"))
    (directory / SECRETS_FILE).chmod(0o600)
    err.print(f"keep {SECRETS_FILE} out of version control", highlight=False)


def _check_loads(folder: Path) -> None:
    """Raise for a file that would not load, naming the options instead of places in it."""
    try:
        load_fleet(folder / FLEET_FILE)
    except ConfigError as error:
        raise ConfigError(
            problem._replace(file=_COMMAND_LINE, line=0) for problem in error.problems
        ) from None
