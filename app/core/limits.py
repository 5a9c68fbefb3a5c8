"""Rate limits: in memory, or in Redis when it is configured, so that all processes count together.

Flask-Limiter's own hooks look for limits on every request; only a few routes have any, and a page
shouldn't pay for them (a seventh of an empty request): here its hooks run for those alone.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import Any

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_qualified_name, get_remote_address
from werkzeug.wrappers import Response

limiter = Limiter(key_func=get_remote_address, in_memory_fallback_enabled=True)


def by_network() -> str:
    """The limit's key for everybody who can change from one address to the next: a network of 256 IPv4
    addresses (/24), or what one line is given of IPv6 (/56)."""
    try:
        address = ip_address(get_remote_address() or "")
    except ValueError:  # a socket file, or what a proxy didn't tidy
        return "network-unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    kept = 24 if address.version == 4 else 56
    return f"network-{int(address) >> (address.max_prefixlen - kept):x}-{address.version}"


def init_limits(app: Flask) -> None:
    """Count and refuse on routes that `limiter` decorates."""
    limiter.init_app(app)
    if not limiter.enabled:
        return  # then it has added no hooks either
    check: Any = app.before_request_funcs[None].pop()
    settle: Any = app.after_request_funcs[None].pop()
    known: dict[str | None, bool] = {None: False}

    def limited() -> bool:
        endpoint = request.endpoint
        if endpoint not in known:
            name = get_qualified_name(app.view_functions[endpoint])  # type: ignore[index]
            known[endpoint] = bool(limiter.limit_manager.decorated_limits(name))
        return known[endpoint]

    @app.before_request
    def count() -> Any:
        return check() if limited() else None

    @app.after_request
    def deduct(response: Response) -> Response:
        return settle(response) if limited() else response
