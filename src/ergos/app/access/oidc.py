"""Sign-in with an organisation's accounts: OpenID Connect, the authorization code flow with PKCE.

    url, binding = await oidc.begin("https://ergos.example.org/enter/oidc/done", "/agents/7")
    … the browser comes back to that address with code, state and the cookie that holds `binding` …
    came = await oidc.finish(state=…, code=…, issuer=…, binding=…)      who it is, when they signed in, where they go

Rules: the settings name the issuer; what it says of itself must name the same. A sign-in that was begun is finished
once, within ten minutes, by the browser that began it. The ID token's signature, issuer, audience, times and nonce are
all checked; `none` and shared keys are no signatures. Who is not in the settings does not come in; an address of mail
counts only when the issuer has verified it. How fresh a sign-in is the issuer says (`auth_time`), never the time of
coming back.
Sources: OpenID Connect Core 1.0 sections 3.1.2-3.1.3, RFC 7636 (PKCE), RFC 9207 (issuer in the answer).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from ergos.app.access.credentials import same
from ergos.app.access.roles import Principal, person
from ergos.base.clock import SECOND, Clock
from ergos.base.entropy import Entropy
from ergos.base.errors import DeadlineError, PortMissingError, SignInError, UsageError, ValueShapeError, WorldError
from ergos.base.ids import name as checked_name
from ergos.drivers.http.client import HttpClient
from ergos.runtime.server_settings import OidcSettings, Person

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

FLOW_S: Final = 600  # seconds a sign-in may take at the issuer: a password and a second factor
FLOWS_MAX: Final = 4_096  # sign-ins begun and not finished, each about 500 bytes; the oldest gives way
ASK_S: Final = 10.0  # seconds the issuer may take for one answer
KEPT_S: Final = 3_600  # seconds for which what the issuer says of itself and its keys are taken as known
KEYS_AGAIN_S: Final = 60  # seconds between two looks for a key that is not known
LEEWAY_S: Final = 60  # seconds by which the issuer's clock may differ
MAX_AGE_S: Final = 900  # seconds after which the issuer asks for the password again; as FRESH_S of the register
SAID_BYTES_MAX: Final = 256 * 1024  # bytes of one answer of the issuer; keys and tokens have a tenth
TOKEN_CHARS_MAX: Final = 64 * 1024  # characters of an ID token
ALGORITHMS: Final = (
    "RS256",
    "PS256",
    "ES256",
    "RS384",
    "RS512",
    "PS384",
    "PS512",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
"""Signatures of a key the issuer alone has."""

T = TypeVar("T")

_NOT_NAMES: Final = re.compile(r"[^\w.-]+")


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who signed in."""

    principal: Principal
    signed_in_ns: int
    """When they proved who they are; 0: the issuer does not say."""
    to: str
    """Where they were going."""


class Stranger(msgspec.Struct, frozen=True):
    """Somebody whom the organisation knows and the settings do not name."""


class _Flow(msgspec.Struct, frozen=True, kw_only=True):
    binding: str
    nonce: str
    verifier: str
    redirect: str
    to: str
    ends_ns: int


class _About(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(msgspec.Struct, frozen=True, kw_only=True):
    id_token: str
    access_token: str = ""


class Oidc:
    """Sign-in at one issuer."""

    def __init__(
        self,
        settings: OidcSettings,
        client: HttpClient,
        clock: Clock,
        entropy: Entropy,
        *,
        keeper: str,
        secret: str = "",
    ) -> None:
        """`keeper`: owner of the home; `secret`: of this client, '' for a public one."""
        self._settings: Final = settings
        self._client: Final = client
        self._clock: Final = clock
        self._entropy: Final = entropy
        self._keeper: Final = keeper
        self._secret: Final = secret
        self._flows: Final[OrderedDict[str, _Flow]] = OrderedDict()
        self._about: tuple[_About, int] | None = None
        self._keys: tuple[KeySet, int] | None = None

    async def begin(self, redirect: str, to: str, *, again: bool = False) -> tuple[str, str]:
        """Where to send the browser, and what its cookie must hold when it comes back.

        `redirect`: this server's own address for that; `again`: even who is signed in there shows their password.
        Raises: WorldError, SignInError.
        """
        about = await self._said()
        state, binding, nonce, verifier = (self._drawn() for _ in range(4))
        ends_ns = self._clock.now_ns() + FLOW_S * SECOND
        self._flows[state] = _Flow(
            binding=binding, nonce=nonce, verifier=verifier, redirect=redirect, to=to, ends_ns=ends_ns
        )
        while len(self._flows) > FLOWS_MAX:
            self._flows.popitem(last=False)
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect,
            "scope": " ".join(self._settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
            "max_age": "0" if again else str(MAX_AGE_S),
            **({"prompt": "login"} if again else {}),
        }
        mark = "&" if "?" in about.authorization_endpoint else "?"
        return f"{about.authorization_endpoint}{mark}{urlencode(asked)}", binding

    async def finish(self, *, state: str, code: str, issuer: str | None, binding: str) -> Came | Stranger:
        """Who came back. `issuer`: as the answer names it. Raises: SignInError, WorldError, PortMissingError."""
        flow = self._flows.pop(state, None)
        if flow is None or self._clock.now_ns() >= flow.ends_ns:
            raise SignInError("this sign-in was not begun here, took too long, or was finished before")
        if not same(binding, flow.binding):
            raise SignInError("this sign-in was begun in another browser")
        about = await self._said()
        if issuer != about.issuer and (issuer is not None or about.authorization_response_iss_parameter_supported):
            raise SignInError("the answer comes from another issuer than was asked")
        if not code:
            raise SignInError("the issuer let nobody in")
        tokens = await self._exchanged(about, code, flow)
        claims = await self._verified(about, tokens, flow.nonce)
        signed_in = claims.get("auth_time")
        known = isinstance(signed_in, int | float) and not isinstance(signed_in, bool) and signed_in > 0
        signed_in_ns = min(int(cast("float", signed_in)) * SECOND, self._clock.now_ns()) if known else 0
        principal = self._principal(claims)
        return Stranger() if principal is None else Came(principal=principal, signed_in_ns=signed_in_ns, to=flow.to)

    # At the issuer

    async def _said(self) -> _About:
        """What the issuer says of itself. Raises: WorldError, SignInError."""
        now_ns = self._clock.now_ns()
        if self._about is not None and now_ns - self._about[1] < KEPT_S * SECOND:
            return self._about[0]
        issuer = self._settings.issuer
        about = await self._got(f"{issuer.rstrip('/')}/.well-known/openid-configuration", _About)
        if about.issuer != issuer:
            raise SignInError(f"{issuer} calls itself {about.issuer[:200]!r}", remedy="correct [server.oidc] issuer")
        for address in (about.authorization_endpoint, about.token_endpoint, about.jwks_uri):
            if urlsplit(address).scheme not in {"https", urlsplit(issuer).scheme}:
                raise SignInError(f"{issuer} names an address without TLS: {address[:200]!r}")
        self._about, self._keys = (about, now_ns), None
        return about

    async def _exchanged(self, about: _About, code: str, flow: _Flow) -> _Tokens:
        """The tokens a code is good for. Raises: WorldError, SignInError."""
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.redirect,
            "code_verifier": flow.verifier,
        }
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        client_id = self._settings.client_id
        if not self._secret:
            fields["client_id"] = client_id
        elif "client_secret_basic" in about.token_endpoint_auth_methods_supported:
            pair = f"{quote(client_id, safe='')}:{quote(self._secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            fields |= {"client_id": client_id, "client_secret": self._secret}
        reply = await self._asked("POST", about.token_endpoint, headers, urlencode(fields).encode())
        if reply[0] != 200:
            raise SignInError("the issuer did not take the code it gave")
        return _decoded(reply[1], _Tokens, about.token_endpoint)

    async def _verified(self, about: _About, tokens: _Tokens, nonce: str) -> dict[str, Any]:
        """What an ID token says, if it is for us and true. Raises: SignInError, WorldError, PortMissingError."""
        try:
            from authlib.oidc.core import CodeIDToken
            from joserfc import jwt
            from joserfc.errors import InvalidKeyIdError, JoseError
        except ImportError as error:
            raise PortMissingError("sign-in with an organisation needs the extra `oidc`") from error
        if len(tokens.id_token) > TOKEN_CHARS_MAX or not tokens.id_token.isascii():
            raise SignInError("the issuer's ID token is none")
        try:
            try:
                read = jwt.decode(tokens.id_token, await self._key_set(about), algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                read = jwt.decode(tokens.id_token, await self._key_set(about, again=True), algorithms=ALGORITHMS)
            claims = CodeIDToken(
                read.claims,
                read.header,
                options={"iss": {"essential": True, "value": about.issuer}},
                params={"nonce": nonce, "client_id": self._settings.client_id, "access_token": tokens.access_token},
            )
            claims.validate(now=self._clock.now_ns() // SECOND, leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SignInError(f"the issuer's ID token is not good: {type(error).__name__}") from error
        _check_audience(claims, self._settings.client_id)
        return dict(claims)

    async def _key_set(self, about: _About, *, again: bool = False) -> KeySet:
        """The issuer's keys. Raises: WorldError, SignInError."""
        from joserfc.jwk import KeySet

        now_ns = self._clock.now_ns()
        kept = self._keys
        if kept is not None and now_ns - kept[1] < (KEYS_AGAIN_S if again else KEPT_S) * SECOND:
            return kept[0]
        said = await self._got(about.jwks_uri, dict[str, Any])
        made = KeySet.import_key_set(cast("Any", said))
        self._keys = made, now_ns
        return made

    async def _got(self, url: str, kind: type[T]) -> T:
        status, body = await self._asked("GET", url, {"accept": "application/json"}, b"")
        if status != 200:
            raise WorldError(f"{url} answered {status}")
        return _decoded(body, kind, url)

    async def _asked(self, method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        try:
            reply = await self._client.request(method, url, headers, body, deadline_s=ASK_S)
        except (UsageError, DeadlineError) as error:
            raise WorldError(f"{url[:200]} cannot be asked: {error.what}") from error
        if len(reply.body) > SAID_BYTES_MAX:
            raise WorldError(f"{url} said more than {SAID_BYTES_MAX:,} bytes")
        return reply.status, reply.body

    # Here

    def _principal(self, claims: dict[str, Any]) -> Principal | None:
        """Who somebody is here; None: nobody. Raises: SignInError."""
        values = _values(claims, self._settings.claim)
        for value, found in self._settings.people.items():
            if (value.lower() if self._settings.claim == "email" else value) in values:
                return person(
                    self._name(found, value, claims), found.role, found.owner, keeper_of=self._keeper, credential="oidc"
                )
        return None

    def _name(self, found: Person, value: str, claims: dict[str, Any]) -> str:
        """What stands in the journal; who decides as the owner has the owner's name."""
        if found.name or found.role == "owner":
            return found.name or found.owner
        told = str(claims["sub"]) if self._settings.claim == "groups" else value
        name = _NOT_NAMES.sub(".", told).strip("._-")[:60]
        try:
            return checked_name(name, what="a person")
        except ValueShapeError as error:
            raise SignInError(
                "this account has no name that can be written down", remedy="give it one in [server.oidc.people]"
            ) from error

    def _drawn(self) -> str:
        return f"{self._entropy.below(1 << 256, stream='oidc'):064x}"


def _challenge(verifier: str) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _check_audience(claims: dict[str, Any], client_id: str) -> None:
    """For this client, and for no other that could have passed it on. Raises: SignInError."""
    audience = claims.get("aud")
    meant = cast("list[object]", audience) if isinstance(audience, list) else [audience]
    if client_id not in meant or (len(meant) > 1 and claims.get("azp") != client_id):
        raise SignInError("the issuer's ID token is for somebody else")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise SignInError("the issuer's ID token is about nobody")


def _values(claims: dict[str, Any], claim: str) -> frozenset[str]:
    """What a claim says. Raises: SignInError for an address of mail that may be anybody's."""
    found = claims.get(claim)
    if claim == "email":
        if claims.get("email_verified") is not True:
            raise SignInError("the issuer has not verified this address")
        return frozenset({found.lower()}) if isinstance(found, str) else frozenset()
    listed = cast("list[object]", found) if isinstance(found, list) else [found]
    return frozenset(one for one in listed if isinstance(one, str) and one)


def _decoded(body: bytes, kind: type[T], url: str) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WorldError(f"{url} said something that is not understood") from error
