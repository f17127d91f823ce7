"""Names and addresses of hosts, in one spelling each, and which addresses may not be reached.

Rules: a host has exactly one spelling here: a lower-case name of letters, digits and hyphens, or an address as
`ipaddress` writes it. What another reader might take for another host is refused, never repaired: a number for an
address, a trailing dot, a zone, characters beyond ASCII (look-alikes), whatever `inet_aton` would guess.
Must not know: rules, and how a name becomes an address.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final, TypeAlias

import msgspec

NAME_CHARS_MAX: Final = 253  # characters of a host's name (RFC 1035)
SHOWN_CHARS: Final = 100  # characters of what was asked for that a refusal repeats

_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_QUAD: Final = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}")
_SIX: Final = re.compile(r"[0-9a-f:.]{2,45}")

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


class Refused(msgspec.Struct, frozen=True):
    """It may not leave, and why."""

    why: str


class Host(msgspec.Struct, frozen=True):
    """A host in its one spelling."""

    name: str
    """Without brackets."""
    address: bool = False
    """Whether it is an address rather than a name."""

    @property
    def shown(self) -> str:
        """As it stands in a URL."""
        return f"[{self.name}]" if ":" in self.name else self.name


def read_host(text: str) -> Host | Refused:
    """A host as it stands in a URL or a Host header, without its port."""
    if not text:
        return Refused("no host was named")
    if not text.isascii():
        return Refused(f"the host {text[:SHOWN_CHARS]!a} has characters beyond ASCII; write it with xn--")
    lower = text.lower()
    if lower.startswith("["):
        return _six(lower)
    labels = lower.split(".")
    if _NUMBER.fullmatch(labels[-1]) is not None:
        if _QUAD.fullmatch(lower) is None:
            return Refused(f"{text[:SHOWN_CHARS]!r} is no address in its usual form of four numbers")
        return Host(lower, address=True)
    if len(lower) > NAME_CHARS_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        return Refused(
            f"{text[:SHOWN_CHARS]!r} is no name of a host: letters, digits, hyphens, dots between, none last"
        )
    if labels[-1].isdigit() or not _decodes(labels):
        return Refused(f"{text[:SHOWN_CHARS]!r} is no name of a host that every reader reads alike")
    return Host(lower)


def _six(lower: str) -> Host | Refused:
    inner = lower[1:-1]
    if not lower.endswith("]") or _SIX.fullmatch(inner) is None:
        return Refused(f"{lower[:SHOWN_CHARS]!r} is no address")
    try:
        return Host(str(ipaddress.IPv6Address(inner)), address=True)
    except ValueError:
        return Refused(f"{lower[:SHOWN_CHARS]!r} is no address")


def _decodes(labels: list[str]) -> bool:
    """Whether each label written with xn-- stands for something, and is how that is written."""
    for label in labels:
        if label.startswith("xn--"):
            try:
                meant = label[4:].encode("ascii").decode("punycode")
            except (UnicodeError, ValueError, OverflowError):
                return False
            if meant.isascii() or meant.encode("punycode").decode("ascii") != label[4:]:
                return False
        elif label[2:4] == "--":
            return False  # reserved (RFC 5891 section 4.2.3.1): readers differ on it
    return True


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# Source: the IANA registries of special-purpose addresses, RFC 6890, and the clouds' own documentation.
_REFUSED: Final[tuple[tuple[str, tuple[Network, ...]], ...]] = (
    (
        "a cloud's own service for the machines in it",
        _networks(
            "169.254.169.254/32", "169.254.170.2/32", "169.254.170.23/32", "169.254.169.123/32", "168.63.129.16/32",
            "100.100.100.200/32", "192.0.0.192/32", "fd00:ec2::/32", "fd20:ce::254/128",
        ),
    ),
    ("this machine", _networks("127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128")),
    ("of a link", _networks("169.254.0.0/16", "fe80::/10")),
    ("of a private network", _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")),
    ("of a carrier's inner network", _networks("100.64.0.0/10")),
    ("of many machines at once", _networks("224.0.0.0/4", "ff00::/8", "255.255.255.255/32")),
    (
        "an address of IPv4 within one of IPv6",
        _networks(
            "::ffff:0:0/96", "::ffff:0:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32",
        ),
    ),
    (
        "set aside for a special purpose",
        _networks(
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "240.0.0.0/4", "2001::/23", "2001:db8::/32", "3fff::/20",
        ),
    ),
)  # fmt: skip
_PUBLIC_SIX: Final = ipaddress.IPv6Network("2000::/3")


def unreachable(address: Address) -> str | None:
    """Why an address may not be reached unless a rule names it; None if it is of the public internet."""
    for what, networks in _REFUSED:
        if any(address.version == network.version and address in network for network in networks):
            return f"{address} is {what}"
    if address.version == 6 and address not in _PUBLIC_SIX:
        return f"{address} is not of the public internet"
    return None


def read_address(text: str) -> Address | None:
    """An address without brackets; None for what is none, or has a zone."""
    if "%" in text:
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
