"""What may leave a sandbox, and the secrets it may carry: plain values that an owner's settings are read into.

Nothing leaves but by a rule. A rule names a host and what may be asked of it; where it injects a secret, the program
inside never sees that secret. Rules are tried in their order, and the first that fits decides.

Rules: a value here was checked when the settings were read; whether a request fits is decided by the egress driver.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

MIB: Final = 1024 * 1024

EGRESS_BYTES_MAX: Final = 16 * MIB  # bytes of one body each way unless a rule says otherwise; a value's own bound
EGRESS_DEADLINE_S: Final = 60.0  # seconds of one exchange unless a rule says otherwise

Scheme: TypeAlias = Literal["http", "https"]

ANY_HOST: Final = "*"
"""As the host of a rule: every name of the public internet, and no address."""
STANDARD_PORTS: Final[dict[Scheme, int]] = {"http": 80, "https": 443}


REFERENCE: Final = "secret:"
"""What stands before a secret's name wherever a secret is named and not written."""
SECRET_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What names a secret."""


class Injection(msgspec.Struct, frozen=True):
    """A header that is set outside, from a secret."""

    header: str
    """Its name, lower case."""
    secret: str
    """Name of the secret in the vault."""
    format: str = "{}"
    """Its value; `{}` stands for the secret, `{base64}` for the secret in base64 (`Basic {base64}`)."""


class EgressRule(msgspec.Struct, frozen=True, kw_only=True):
    """One host, and what may be asked of it."""

    name: str
    host: str
    """A name, `*.` and a suffix (its subdomains, not itself), ANY_HOST, or an address in canonical form."""
    scheme: Scheme = "https"
    """What is spoken to the host; a program inside speaks plain HTTP to the proxy either way."""
    ports: tuple[int, ...] = ()
    """Empty: the scheme's own."""
    methods: tuple[str, ...] = ("GET", "HEAD")
    """Empty: every method."""
    paths: tuple[str, ...] = ()
    """Prefixes, whole segments; empty: every path."""
    inject: tuple[Injection, ...] = ()
    bytes_max: int = EGRESS_BYTES_MAX
    """Of a request's body, and of its reply's, decoded; of a tunnel in each direction."""
    deadline_s: float = EGRESS_DEADLINE_S
    """From the request to the end of its reply."""
    private: bool = False
    """Whether the addresses it names may be such as no public host has."""
    addresses: tuple[str, ...] = ()
    """With `private`: the addresses that the host, a name, may have; where the host is an address, it alone."""

    @property
    def opaque(self) -> bool:
        """Whether nothing of what is said needs to be seen, so that a tunnel may carry it."""
        return not (self.methods or self.paths or self.inject)

    @property
    def all_ports(self) -> tuple[int, ...]:
        """Where its host may be reached."""
        return self.ports or (STANDARD_PORTS[self.scheme],)


class EgressRules(msgspec.Struct, frozen=True):
    """Everything that may leave. Without a rule: nothing."""

    rules: tuple[EgressRule, ...] = ()

    def only(self, names: Iterable[str]) -> EgressRules:
        """Those of these names; unknown names stand for nothing."""
        kept = frozenset(names)
        return EgressRules(tuple(rule for rule in self.rules if rule.name in kept))


class EgressRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked of the outside and what came of it. Never holds a secret, a header, a query or a body."""

    at_ns: int
    """When it was asked."""
    method: str
    host: str
    """As it was normalised; what was asked for, shortened, where it could not be."""
    port: int = 0
    path: str = ""
    status: int = 0
    """Of the reply; 0: there was none."""
    bytes_out: int = 0
    """Of bodies, or of a tunnel."""
    bytes_in: int = 0
    rule: str = ""
    """Name of the rule that allowed it; '' if none did."""
    refusal: str = ""
    """Why it was refused or failed; '' if it went well."""


OnRecord: TypeAlias = Callable[[EgressRecord], None]


class Secrets(Protocol):
    """Gives out secrets by name, to drivers and nobody else."""

    def get(self, name: str) -> str:
        """A secret. Raises: SecretError."""
        ...


class Vault(Secrets, Protocol):
    """Keeps secrets."""

    def set(self, name: str, value: str) -> None:
        """Keep a secret, in place of what was kept under this name. Raises: SecretError, UsageError."""
        ...

    def forget(self, name: str) -> bool:
        """Remove a secret; whether there was one. Raises: SecretError, UsageError."""
        ...

    def names(self) -> tuple[str, ...]:
        """What is kept, sorted. Raises: SecretError."""
        ...
