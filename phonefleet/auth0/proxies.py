"""Which proxy the usual variables of the environment name for a host: `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`."""

from __future__ import annotations

from urllib.request import getproxies_environment, proxy_bypass

import httpx

from configs.values import is_loopback
from phonefleet.secrets.known_values import KNOWN


def proxy_for(host: str) -> httpx.Proxy | None:
    """Return the proxy of requests to a host; None for this machine, for `NO_PROXY`, and where none is named.

    Requests to tenants go through a tunnel (CONNECT), so that the proxy sees the host's name and no content.

    Raises:
        httpx.ProxyError: the variable names no http or https proxy.
    """
    if is_loopback(host) or proxy_bypass(host):
        return None
    named = getproxies_environment()
    url = named.get("https") or named.get("all")
    if not url:
        return None
    try:
        proxy = httpx.Proxy(url if "://" in url else f"http://{url}")
    except (ValueError, httpx.InvalidURL):
        proxy = None
    if proxy is None or proxy.url.scheme not in {"http", "https"} or not proxy.url.host:
        raise httpx.ProxyError(
            "HTTPS_PROXY or ALL_PROXY names no http or https proxy. Correct it or unset it"
        )
    if proxy.raw_auth:
        KNOWN.add(proxy.raw_auth[1].decode())
    return proxy
