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

# Packages that compute, validate or write a log: nothing they are called for goes out.
_COMPUTING: Final = frozenset(
    {
        "@hapi/joi",
        "ajv",
        "argon2",
        "awesome-phonenumber",
        "bcrypt",
        "bcryptjs",
        "bunyan",
        "country-list",
        "crypto-js",
        "date-fns",
        "date-fns-tz",
        "dayjs",
        "debug",
        "ejs",
        "fast-xml-parser",
        "google-libphonenumber",
        "handlebars",
        "i18n",
        "i18n-iso-countries",
        "i18next",
        "iso-639-1",
        "joi",
        "jose",
        "jsonwebtoken",
        "jwa",
        "jws",
        "libphonenumber-js",
        "liquidjs",
        "lodash",
        "loglevel",
        "luxon",
        "moment",
        "moment-timezone",
        "ms",
        "mustache",
        "nanoid",
        "phone",
        "pino",
        "qs",
        "ramda",
        "semver",
        "ua-parser-js",
        "underscore",
        "uuid",
        "validator",
        "winston",
        "xml2js",
        "xmlbuilder",
        "xmlbuilder2",
        "yup",
        "zod",
    }
)
_REACHING_BUILTINS: Final = frozenset({"dgram", "http", "http2", "https", "net", "tls"})


def only_computes(module: str) -> bool:
    """Whether calls into the module are known to send nothing."""
    name = package(module)
    return (
        name in _COMPUTING
        or name.startswith("lodash.")
        or (is_builtin(module) and name not in _REACHING_BUILTINS)
    )


def package(module: str) -> str:
    """The npm package that a module name belongs to (``node:`` builtins without their prefix)."""
    parts = module.removeprefix("node:").split("/")
    return "/".join(parts[:2]) if parts[0].startswith("@") else parts[0]


def is_builtin(module: str) -> bool:
    """Whether Node itself brings the module."""
    return package(module) in _BUILTINS
