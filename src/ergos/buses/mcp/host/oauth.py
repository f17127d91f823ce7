"""Signing in at a server (OAuth 2.1 with PKCE, on the SDK), with its tokens in the vault.

A token is asked for one resource, this server's URL (RFC 8707), kept under this server's name, and sent to this
server's origin only. No token of ours or of another server is ever passed on.

Rules: nothing is written to a file or a log here; a person signs in through the `Consent` port.
Source: MCP 2026-07-28, "Authorization"; RFC 9728, 8414, 7591, 9207.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from ergos.base.clock import SECOND, Clock
from ergos.base.world_errors import BusError, SecretError
from ergos.buses.mcp.host.meter import Log, Meter
from ergos.buses.mcp.host.web import posted
from ergos.kernel.egress import Vault
from ergos.kernel.mounts import Consent, OAuthSettings, ServerSettings

if TYPE_CHECKING:
    import httpx2
    from mcp.client.auth import OAuthClientProvider
    from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthToken

CLIENT_NAME: Final = "ErgOS"
EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
KINDS: Final = "urn:ietf:params:oauth:token-type"
EXPIRED: Final = 1.0  # an instant long ago, so that a stored token is renewed and not tried


class _Stored(msgspec.Struct, frozen=True):
    token: str
    """As the SDK writes it."""
    expires_ns: int
    """0: it was not said."""


class Tokens:
    """The SDK's storage, in the vault: `mcp.SERVER.token` and `mcp.SERVER.client`."""

    def __init__(self, settings: ServerSettings, oauth: OAuthSettings, vault: Vault, clock: Clock) -> None:
        self._token: Final = f"mcp.{settings.name}.token"
        self._client: Final = f"mcp.{settings.name}.client"
        self._url: Final = settings.url
        self._oauth: Final = oauth
        self._vault: Final = vault
        self._clock: Final = clock
        self.provider: OAuthClientProvider | None = None

    async def get_tokens(self) -> OAuthToken | None:
        """What was kept. An expired one is given out as expired, so that it is renewed without a person."""
        from mcp.shared.auth import OAuthToken

        try:
            stored = msgspec.json.decode(self._vault.get(self._token), type=_Stored)
            token = OAuthToken.model_validate_json(stored.token)
        except (SecretError, msgspec.MsgspecError, ValueError):
            return None
        if self.provider is not None and stored.expires_ns and stored.expires_ns <= self._clock.now_ns():
            self.provider.context.token_expiry_time = EXPIRED
        return token

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """Keep them."""
        seconds = tokens.expires_in
        expires_ns = 0 if seconds is None else self._clock.now_ns() + seconds * SECOND
        stored = _Stored(tokens.model_dump_json(exclude_none=True), expires_ns)
        self._vault.set(self._token, msgspec.json.encode(stored).decode())

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        """The client of the settings, or the one that was registered."""
        from mcp.shared.auth import OAuthClientInformationFull

        oauth = self._oauth
        if oauth.client_id:
            secret = self._vault.get(oauth.client_secret) if oauth.client_secret else None
            return OAuthClientInformationFull.model_validate(
                {
                    "client_id": oauth.client_id,
                    "client_secret": secret,
                    "redirect_uris": [oauth.redirect_url],
                    "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
                    "issuer": oauth.issuer or None,
                }
            )
        try:
            return OAuthClientInformationFull.model_validate_json(self._vault.get(self._client))
        except (SecretError, ValueError):
            return None

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Keep what was registered."""
        self._vault.set(self._client, client_info.model_dump_json(exclude_none=True))


def signing_in(settings: ServerSettings, vault: Vault | None, clock: Clock, consent: Consent | None) -> httpx2.Auth:
    """What signs requests to a server. Raises: SecretError, BusError."""
    oauth = settings.oauth
    assert oauth is not None
    if vault is None:
        raise BusError(f"{settings.name} wants its users to sign in, and there is no vault to keep what it gives out")
    tokens = Tokens(settings, oauth, vault, clock)
    if oauth.grant == "enterprise":
        return _by_an_enterprise(settings, oauth, vault, tokens)
    provider = (
        _by_itself(settings, oauth, vault, tokens)
        if oauth.grant == "client"
        else _by_a_person(settings, oauth, tokens, consent)
    )
    tokens.provider = provider
    return provider


def _by_a_person(
    settings: ServerSettings, oauth: OAuthSettings, tokens: Tokens, consent: Consent | None
) -> OAuthClientProvider:
    from mcp.client.auth import OAuthClientProvider
    from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

    went: list[str] = []

    async def go(url: str) -> None:
        went.append(url)

    async def came_back() -> AuthorizationCodeResult:
        if consent is None:
            raise BusError(
                f"{settings.name} wants its owner to sign in",
                remedy=f"sign in with `ergos tools login {settings.name}`",
            )
        query = parse_qs(urlsplit(await consent.visit(settings.name, went.pop())).query)
        first = {name: values[0] for name, values in query.items()}
        if "error" in first:
            raise BusError(f"{settings.name} did not let its owner in: {first['error'][:200]}")
        return AuthorizationCodeResult(code=first.get("code", ""), state=first.get("state"), iss=first.get("iss"))

    metadata = OAuthClientMetadata.model_validate(
        {
            "client_name": CLIENT_NAME,
            "redirect_uris": [oauth.redirect_url],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": oauth.scope or None,
        }
    )
    return OAuthClientProvider(
        settings.url,
        metadata,
        tokens,
        redirect_handler=go,
        callback_handler=came_back,
        client_metadata_url=oauth.client_url or None,
    )


def _by_itself(settings: ServerSettings, oauth: OAuthSettings, vault: Vault, tokens: Tokens) -> OAuthClientProvider:
    from mcp.client.auth.extensions.client_credentials import (
        ClientCredentialsOAuthProvider,
        PrivateKeyJWTOAuthProvider,
        SignedJWTParameters,
    )

    more: dict[str, Any] = {"scope": oauth.scope or None, "issuer": oauth.issuer or None}
    if oauth.client_key:
        signed = SignedJWTParameters(
            issuer=oauth.client_id,
            subject=oauth.client_id,
            signing_algorithm="ES256",
            signing_key=vault.get(oauth.client_key),
        )
        return PrivateKeyJWTOAuthProvider(
            settings.url,
            tokens,
            client_id=oauth.client_id,
            assertion_provider=signed.create_assertion_provider(),
            **more,
        )
    return ClientCredentialsOAuthProvider(
        settings.url, tokens, client_id=oauth.client_id, client_secret=vault.get(oauth.client_secret), **more
    )


def _by_an_enterprise(settings: ServerSettings, oauth: OAuthSettings, vault: Vault, tokens: Tokens) -> httpx2.Auth:
    """Let in on the word of an identity provider (SEP-990), which vouches for this server and no other."""
    from mcp.client.auth.extensions.identity_assertion import IdentityAssertionOAuthProvider

    async def vouched(audience: str, resource: str) -> str:
        form = {
            "grant_type": EXCHANGE,
            "requested_token_type": f"{KINDS}:id-jag",
            "audience": audience,
            "resource": resource,
            "subject_token": vault.get(oauth.idp_token),
            "subject_token_type": f"{KINDS}:id_token",
            "client_id": oauth.idp_client_id,
        }
        reply = await posted(oauth.idp_url, form, Meter(settings.name, Log()))
        assertion = reply.get("access_token")
        if not isinstance(assertion, str):
            raise BusError(f"the identity provider of {settings.name} did not vouch for its owner")
        return assertion

    return IdentityAssertionOAuthProvider(
        settings.url,
        tokens,
        client_id=oauth.client_id,
        client_secret=vault.get(oauth.client_secret),
        issuer=oauth.issuer,
        assertion_provider=vouched,
        scope=oauth.scope or None,
        token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - a way to send one
    )
