"""Whether a request may leave: `allowed(rules, asked)`, pure and total, deny by default.

Rules: the first rule that fits decides; a refusal says what the nearest rule would not take. What is decided here is
what is dialled: host, port, scheme, method and path come out as they are sent.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.kernel.egress import ANY_HOST, STANDARD_PORTS, EgressRule, EgressRules
from ergos.kernel.hosts import Host, Refused
from ergos.kernel.targets import Asked

TUNNEL: Final = "CONNECT"
TRACE: Final = "TRACE"
"""Never let out: it asks a server to say back what it was sent, credentials included."""


class Permitted(msgspec.Struct, frozen=True):
    """It may leave under this rule, to this port."""

    rule: EgressRule
    port: int


class _Short(msgspec.Struct, frozen=True):
    """How far a rule goes along with a request before it does not."""

    steps: int
    why: str


def allowed(rules: EgressRules, asked: Asked) -> Permitted | Refused:
    """Whether a request may leave."""
    nearest = _Short(0, f"no rule names {asked.host.name}")
    for rule in rules.rules:
        if names(rule, asked.host):
            found = _fits(rule, asked)
            if isinstance(found, Permitted):
                return found
            nearest = max(found, nearest, key=lambda short: short.steps)
    return Refused(nearest.why)


def names(rule: EgressRule, host: Host) -> bool:
    """Whether a rule speaks of a host. An address is only ever named by itself."""
    if host.address:
        return rule.host == host.name
    if rule.host == ANY_HOST:
        return True
    if rule.host.startswith("*."):
        return host.name.endswith(rule.host[1:]) and len(host.name) >= len(rule.host)
    return rule.host == host.name


def _fits(rule: EgressRule, asked: Asked) -> Permitted | _Short:
    if asked.scheme is not None and asked.scheme != rule.scheme:
        return _Short(1, f"the rule {rule.name} is for {rule.scheme}, not for {asked.scheme}")
    port = asked.port or STANDARD_PORTS[rule.scheme]
    if port not in rule.all_ports:
        return _Short(2, f"the rule {rule.name} does not name port {port}")
    if asked.method == TUNNEL:
        if rule.opaque:
            return Permitted(rule, port)
        hint = f"ask for http://{asked.host.shown}/… through the proxy, which speaks TLS to the host itself"
        return _Short(3, f"the rule {rule.name} looks at what is asked, which a tunnel hides: {hint}")
    if asked.method == TRACE or (rule.methods and asked.method not in rule.methods):
        return _Short(3, f"the rule {rule.name} does not name the method {asked.method}")
    if rule.paths and not any(within(asked.path, prefix) for prefix in rule.paths):
        return _Short(4, f"the rule {rule.name} does not name this path")
    return Permitted(rule, port)


def within(path: str, prefix: str) -> bool:
    """Whether a path is a prefix or stands below it, by whole segments."""
    return path == prefix or path.startswith(prefix if prefix.endswith("/") else prefix + "/")
