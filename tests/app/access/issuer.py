"""A small OpenID provider on a real port: discovery, keys, codes, tokens; and lies, where a test wants some."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from ergos.base.clock import SECOND, ManualClock
from ergos.drivers.http.message import Request
from ergos.drivers.http.reply import Responder
from ergos.drivers.http.server import HttpServer

CLIENT = "ergos"
SECRET = "s3cr&t:with letters"


@cache
def rsa(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


class Issuer:
    """Who says who somebody is."""

    def __init__(self, url: str, clock: ManualClock, secret: str) -> None:
        self.url = url
        self.clock = clock
        self.secret = secret
        self.about: dict[str, Any] = {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/keys",
        }
        self.key: Any = rsa("one")
        self.keys = [rsa("one")]
        self.codes: dict[str, dict[str, str]] = {}
        self.claims: dict[str, Any] = {"sub": "u1", "email": "ann@example.org", "email_verified": True}
        self.change: Callable[[dict[str, Any]], None] = lambda claims: None
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.raw: bytes | None = None
        self.asked: list[str] = []

    def allow(self, url: str) -> dict[str, str]:
        """A person signs in at the address the browser was sent to: what the browser comes back with."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert url.startswith(self.about["authorization_endpoint"])
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
        code = hashlib.sha256(asked["state"].encode()).hexdigest()
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self, request: Request) -> tuple[int, bytes]:
        """What a code is good for, once, for who began."""
        fields = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        asked = self.codes.pop(fields.get("code", ""), None)
        if asked is None or fields["redirect_uri"] != asked["redirect_uri"] or not self._is_client(request, fields):
            return 400, b'{"error": "invalid_grant"}'
        challenge = _base64(hashlib.sha256(fields["code_verifier"].encode()).digest())
        if challenge.decode() != asked["code_challenge"]:
            return 400, b'{"error": "invalid_grant"}'
        now = self.clock.now_ns() // SECOND
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "auth_time": now,
        }
        claims |= self.claims
        self.change(claims)
        return 200, json.dumps({"access_token": "at", "token_type": "Bearer", "id_token": self.signed(claims)}).encode()

    def signed(self, claims: dict[str, Any]) -> str:
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.header["alg"] in {"none", "HS256"}:
            said = b".".join(_base64(json.dumps(part).encode()) for part in (self.header, claims))
            shared = self.key.as_pem(private=False)  # the public key, taken for a shared one
            seal = hmac.new(shared, said, hashlib.sha256).digest() if self.header["alg"] == "HS256" else b""
            return (said + b"." + _base64(seal)).decode()
        return jwt.encode(self.header, claims, self.key, algorithms=[self.header["alg"]])

    def _is_client(self, request: Request, fields: dict[str, str]) -> bool:
        if not self.secret:
            return fields.get("client_id") == CLIENT and "authorization" not in request.headers
        if "client_secret" in fields:
            return (fields["client_id"], fields["client_secret"]) == (CLIENT, self.secret)
        pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        return [unquote(one) for one in pair.split(":")] == [CLIENT, self.secret]

    async def handle(self, request: Request, reply: Responder) -> None:
        self.asked.append(request.path)
        kind = {"content-type": "application/json"}
        if self.raw is not None:
            reply.send(200, kind, self.raw)
        elif request.path == "/.well-known/openid-configuration":
            reply.send(200, kind, json.dumps(self.about).encode())
        elif request.path == "/keys":
            reply.send(200, kind, json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode())
        elif request.path == "/token":
            status, body = self.token(request)
            reply.send(status, kind, body)
        else:
            reply.send(404, kind, b"{}")


@asynccontextmanager
async def issuing(clock: ManualClock, secret: str = "") -> AsyncIterator[Issuer]:
    """A provider on a free port."""
    made: list[Issuer] = []

    async def handle(request: Request, reply: Responder) -> None:
        await made[0].handle(request, reply)

    server = HttpServer(handle)
    port = await server.start("127.0.0.1")
    made.append(Issuer(f"http://127.0.0.1:{port}", clock, secret))
    try:
        yield made[0]
    finally:
        await server.stop()


def curve() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"})


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
