"""What a tenant has outside phone messaging, so that clients that read and write everything succeed."""

from __future__ import annotations

from copy import deepcopy

from simulator.handlers.setting_table import SETTINGS
from simulator.handlers.stored_collections import COLLECTIONS, collection_operations
from simulator.handlers.stored_settings import ANYTHING, setting_operations
from simulator.operations import Call, Operation, Reply
from simulator.paging import listing


def list_rules_configs(call: Call) -> Reply:
    """List the keys of the rules configurations; their values are write-only."""
    return Reply(200, [{"key": key} for key in call.tenant.collections.get("/rules-configs", {})])


def put_rules_config(call: Call) -> Reply:
    """Set a rules configuration."""
    key = call.path["key"]
    call.tenant.collections.setdefault("/rules-configs", {})[key] = {"key": key}
    return Reply(200, {"key": key, "value": call.body.get("value")})


def list_renderings(call: Call) -> Reply:
    """List the render settings of screens; there are none."""
    return Reply(200, listing(call, [], "configs"))


def list_directories(_call: Call) -> Reply:
    """List directory provisionings; there are none."""
    return Reply(200, {"directory_provisionings": []})


def create_email_template(call: Call) -> Reply:
    """Create an email template."""
    path = f"/email-templates/{call.body.get('template')}"
    call.tenant.documents[path] = deepcopy(call.body)
    return Reply(200, deepcopy(call.body))


_SINGLE: tuple[Operation, ...] = (
    Operation("GET", "/rules-configs", ("read:rules_configs",), list_rules_configs, "Get rules configs"),
    Operation(
        "PUT",
        "/rules-configs/{key}",
        ("update:rules_configs",),
        put_rules_config,
        "Set rules config",
        ANYTHING,
    ),
    Operation("GET", "/prompts/rendering", ("read:prompts",), list_renderings, "Get render settings"),
    Operation(
        "POST",
        "/email-templates",
        ("create:email_templates",),
        create_email_template,
        "Create an email template",
        ANYTHING,
    ),
    Operation(
        "GET",
        "/connections-directory-provisionings",
        ("read:directory_provisionings",),
        list_directories,
        "Get directory provisionings",
    ),
)
OPERATIONS: tuple[Operation, ...] = (
    *_SINGLE,
    *(operation for setting in SETTINGS for operation in setting_operations(setting)),
    *(operation for collection in COLLECTIONS for operation in collection_operations(collection)),
)
