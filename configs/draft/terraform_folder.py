"""Tenants from Terraform folders: the `provider "auth0"` blocks, and the variables that they refer to.

Source: terraform-provider-auth0 1, `docs/index.md`: domain, client id and credential are arguments of the provider or
come from the environment of a pipeline, which is not read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from configs.draft.found_tenant import FoundTenant
from configs.draft.hcl_file import Block, Expression, blocks_in, parse_file
from configs.problems import Origin, Problem
from configs.tree import Table, Text

_KEYS: Final = ("domain", "client_id", "audience")
_BY_KEY: Final = "client_assertion_private_key"
_ALGORITHM: Final = "client_assertion_signing_alg"
Values = Mapping[str, Expression]
"""Values of a module's variables by name."""


@dataclass(frozen=True, slots=True)
class _Module:
    """The files of one folder.

    Attributes:
        providers: Its `provider "auth0"` blocks.
        value_sets: The values of its variables, once for each file of values: a folder that is applied with
            `-var-file=NAME.tfvars` is as many tenants as it has such files.
    """

    providers: list[Block]
    value_sets: list[Values]


def tenants_in_terraform(folder: Path, problems: list[Problem]) -> list[FoundTenant]:
    """Return the tenants that providers in a folder, or below it, name.

    Args:
        folder: The folder; `.terraform` is not searched.
        problems: What is wrong is added here: also a provider whose domain is not in the files.
    """
    found: list[FoundTenant] = []
    for each in sorted({path.parent for path in folder.rglob("*.tf") if ".terraform" not in path.parts}):
        module = _module(each, folder, problems)
        for provider in module.providers:
            found += _tenants_of(provider, module.value_sets, problems)
    if not found and not problems:
        fact = 'has no provider "auth0" block in its .tf files'
        problems.append(
            Problem(folder, 0, "", fact, "Name the folder of such a file, or list the domains in a CSV file")
        )
    return found


def _module(folder: Path, root: Path, problems: list[Problem]) -> _Module:
    blocks = [block for path in sorted(folder.glob("*.tf")) for block in blocks_in(path, problems)]
    defaults = {
        block.labels[0]: block.attributes["default"]
        for block in blocks
        if block.kind == "variable" and block.labels and "default" in block.attributes
    }
    providers = [block for block in blocks if block.kind == "provider" and block.labels == ("auth0",)]
    if not providers:
        return _Module([], [])
    always, chosen = dict(defaults), []
    for path in _value_files(folder, root):
        values = parse_file(path, problems)
        if values and (path.name.endswith(".auto.tfvars") or path.name == "terraform.tfvars"):
            always |= values.attributes
        elif values:
            chosen.append(values.attributes)
    return _Module(providers, [always | each for each in chosen] or [always])


def _value_files(folder: Path, root: Path) -> Iterator[Path]:
    """Yield the module's files of values: in its folder and below, where no other module is."""
    for path in sorted(folder.rglob("*.tfvars")):
        inside = path.relative_to(root).parts
        if ".terraform" not in inside and (path.parent == folder or not any(path.parent.glob("*.tf"))):
            yield path


def _tenants_of(provider: Block, value_sets: list[Values], problems: list[Problem]) -> Iterator[FoundTenant]:
    domain = provider.attributes.get("domain")
    if domain is None:
        fact = "names no domain: it comes from AUTH0_DOMAIN in the environment of a pipeline"
        advice = "Write domain into this block, or list the tenant in a CSV file"
        problems.append(Problem.at(provider.origin, fact, advice, key='provider "auth0"'))
        return
    seen: set[str] = set()
    for values in value_sets if domain.variable else value_sets[:1]:
        written = _written(domain, values)
        if written is not None and str(written) not in seen:
            seen.add(str(written))
            yield _found(provider, written, values)
    if not seen:
        named = f"var.{domain.variable}, which no file here gives a value" if domain.variable else "computed"
        advice = (
            "Write it as text, give the variable a value in a .tfvars file, or list the tenant in a CSV file"
        )
        problems.append(Problem.at(domain.origin, f"is {named}", advice, key="domain"))


def _written(expression: Expression, values: Values) -> Text | None:
    """Return the text of an expression, read through one variable; None if it is not in the files."""
    if expression.variable is not None:
        expression = values.get(expression.variable, Expression(expression.origin))
    return None if expression.literal is None else Text(expression.literal, expression.origin)


def _found(provider: Block, domain: Text, values: Values) -> FoundTenant:
    table = Table(Origin(domain.origin.file, domain.origin.line))
    remarks: list[str] = []
    for key in _KEYS:
        expression = provider.attributes.get(key)
        if expression is not None and (text := _written(expression, values)) is not None:
            table[key] = Text(text, Origin(text.origin.file, text.origin.line, None, key))
    credential = provider.attributes.get("client_secret")
    if key_attribute := provider.attributes.get(_BY_KEY):
        credential = key_attribute
        table["token_endpoint_auth_method"] = Text("private_key_jwt", key_attribute.origin)
        algorithm = provider.attributes.get(_ALGORITHM)
        text = _written(algorithm, values) if algorithm else None
        if text is not None and text in {"RS256", "PS256"}:
            table["signing_algorithm"] = text
        elif text is not None:
            remarks.append(f"{text.origin.place}: phonefleet signs with RS256, PS256 or ES256")
    return FoundTenant(
        table, credential_at=credential.origin.place if credential else "", remarks=tuple(remarks)
    )
