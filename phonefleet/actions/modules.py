"""Names of modules: which are Node's own, and which npm package the others belong to."""

from __future__ import annotations

from typing import Final

_BUILTINS: Final = frozenset(
    {
        "assert",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "constants",
        "crypto",
        "dgram",
        "dns",
        "domain",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "module",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "stream",
        "string_decoder",
        "timers",
        "tls",
        "tty",
        "url",
        "util",
        "v8",
        "vm",
        "worker_threads",
        "zlib",
    }
)


def package(module: str) -> str:
    """The npm package that a module name belongs to (``node:`` builtins without their prefix)."""
    parts = module.removeprefix("node:").split("/")
    return "/".join(parts[:2]) if parts[0].startswith("@") else parts[0]


def is_builtin(module: str) -> bool:
    """Whether Node itself brings the module."""
    return package(module) in _BUILTINS
