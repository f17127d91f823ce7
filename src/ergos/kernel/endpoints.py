"""What an owner says of model endpoints, and what a URL of one must be.

Rules: plain frozen records; None means "not said", so that what is known of a model elsewhere may fill it in; a key is
never part of them, only the name of the environment variable that holds it. Pure: nothing is looked up.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from ergos.base.errors import ValueShapeError
from ergos.kernel.models import AUTO, Limits, MediaKind, ModelPrice

EndpointKind = Literal[
    "openai.chat",
    "openai.responses",
    "openai.embeddings",
    "anthropic.messages",
    "google",
    "recorded",
    "scripted",
    "gguf",
]
"""A wire format, or a driver that answers from a file: recorded exchanges, a script, a model's weights."""
FILE_KINDS: Final = frozenset({"recorded", "scripted", "gguf"})
ENDPOINT_NAME_CHARS_MAX: Final = 200  # characters of an endpoint's or model's name; vendors' longest are below 120
URL_CHARS_MAX: Final = 2_000  # characters of a URL; longer ones are no address of a server

_NAME: Final = re.compile(r"[^\W_][\w.\-/:@+]*")
_PRIVATE_SUFFIXES: Final = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


class EndpointSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One endpoint as its owner describes it."""

    name: str
    kind: EndpointKind = "openai.chat"
    base_url: str = ""
    """'' where `kind` has a usual place or needs none."""
    model: str = ""
    """As the place calls it; '' for a file, which is its own name."""
    file: str = ""
    """For the kinds that answer from a file: an absolute path."""
    record: str = ""
    """A file at whose end every exchange is written down, to be played back by a `recorded` endpoint."""
    api_key_env: str = ""
    """Name of the environment variable that holds the key; '' for none, or the place's usual one."""
    price: ModelPrice | None = None
    context_tokens: int | None = None
    output_tokens_max: int | None = None
    local: bool | None = None
    limits: Limits | None = None
    takes: tuple[MediaKind, ...] | None = None
    replica_of: str = ""


class ModelSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything an owner says of models."""

    endpoints: tuple[EndpointSettings, ...] = ()
    """In the order of the file."""
    auto: tuple[str, ...] = ()
    """Names of endpoints or models, the preferred one first; those not named come after."""
    discover: bool = True
    """Whether keys in the environment and servers on this machine are looked for."""
    prices: dict[str, ModelPrice] = {}
    """The owner's own prices by 'provider/model' or by an endpoint's name."""
    quantum_tokens: float | None = None
    """As in the scheduler's `Rules`; None: its default."""
    weights: dict[str, float] = {}
    """Shares by owner."""


def endpoint_name(text: str) -> str:
    """The name itself if it can be one of an endpoint. Raises: ValueShapeError."""
    if len(text) > ENDPOINT_NAME_CHARS_MAX or not _NAME.fullmatch(text) or text == AUTO:
        raise ValueShapeError(
            f"{text[:60]!r} is not a name for an endpoint: use letters, digits and . - _ / : @ +, "
            f"at most {ENDPOINT_NAME_CHARS_MAX} characters, and not '{AUTO}'"
        )
    return text


def endpoint_url(text: str) -> str:
    """The address of a server, without a slash at its end.

    https, or http on this machine or in this house; no user, password, query or fragment, because an address is
    shown and kept, and what is secret must not be.

    Raises: ValueShapeError, which repeats nothing that may be secret.
    """
    if len(text) > URL_CHARS_MAX or not text.isascii() or any(code <= " " or code == "\x7f" for code in text):
        raise ValueShapeError("it is not a URL: it is too long, or has blanks or letters that a URL has not")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueShapeError(f"it is not a URL: {error}") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise ValueShapeError("it is not the URL of a server, such as https://api.example.com/v1")
    if "@" in parts.netloc:
        raise ValueShapeError(
            "it has a user or a password in it; a URL is shown to people, so name the variable that holds the key"
        )
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValueShapeError("it has a query or a fragment; the calls' own paths are put behind it")
    if parts.scheme == "http" and not is_near(host):
        raise ValueShapeError(
            f"it says http to {host[:80]}, so that keys and prompts could be read on the way; use https"
        )
    return _spelled(parts)


def _spelled(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def is_near(host: str) -> bool:
    """Whether a host is this machine or in a private network, as far as its name tells."""
    address = _address(host)
    if address is not None:
        return address.is_loopback or (address.is_private and not address.is_link_local)
    name = host.lower().rstrip(".")
    last = name.rsplit(".", 1)[-1]
    if not name or last[:1].isdigit():  # a number that is no address: 2130706433, 0x7f000001, 127.1
        return False
    return "." not in name or name.endswith(_PRIVATE_SUFFIXES)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    address = _address(host)
    if address is not None:
        return address.is_loopback
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
