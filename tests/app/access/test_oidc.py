"""Sign-in with an organisation: a true token of the right issuer lets in who is named, and nothing else does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from ergos.app.access.oidc import FLOW_S, FLOWS_MAX, KEPT_S, KEYS_AGAIN_S, Came, Oidc, Stranger
from ergos.base.clock import SECOND, ManualClock
from ergos.base.errors import SignInError, WorldError
from ergos.drivers.host import HostEntropy
from ergos.drivers.http.client import HttpClient
from ergos.runtime.server_settings import OidcSettings, Person
from tests.app.access.issuer import CLIENT, SECRET, Issuer, curve, issuing, rsa

BACK = "http://127.0.0.1:8420/enter/oidc/done"
PEOPLE = {
    "ann@example.org": Person(owner="alice", role="operator"),
    "Boss@Example.org": Person(owner="alice", role="owner"),
    "auditors": Person(owner="bob", role="viewer"),
    "u9": Person(owner="bob", role="operator", name="nine"),
}
NOON_NS = 1_795_000_000 * SECOND


class Bench(msgspec.Struct):
    issuer: Issuer
    oidc: Oidc
    clock: ManualClock

    async def sign_in(self, **changed: Any) -> Came | Stranger:
        """Begin, sign in there, come back."""
        url, binding = await self.oidc.begin(BACK, "/agents")
        back = {**self.issuer.allow(url), "issuer": None, "binding": binding, **changed}
        return await self.oidc.finish(**back)


def play(scenario: Callable[[Bench], Awaitable[None]], *, secret: str = "", **changed: Any) -> None:
    async def played() -> None:
        clock = ManualClock(NOON_NS)
        async with asyncio.timeout(30), issuing(clock, secret) as issuer:
            settings = OidcSettings(**{"issuer": issuer.url, "client_id": CLIENT, "people": PEOPLE, **changed})
            client = HttpClient()
            oidc = Oidc(settings, client, clock, HostEntropy(), keeper="alice", secret=secret)
            try:
                await scenario(Bench(issuer, oidc, clock))
            finally:
                await client.close()

    asyncio.run(played())


@pytest.mark.parametrize("secret", ["", SECRET])
def test_who_is_named_comes_in_as_whom_the_settings_say(secret: str) -> None:
    async def scenario(bench: Bench) -> None:
        came = await bench.sign_in()
        assert isinstance(came, Came)
        who = came.principal
        assert (who.name, who.role, who.owner, who.keeper, came.to) == (
            "ann.example.org",
            "operator",
            "alice",
            True,
            "/agents",
        )
        assert came.signed_in_ns == NOON_NS
        bench.issuer.claims["email"] = "BOSS@example.org"
        boss = await bench.sign_in()
        assert isinstance(boss, Came)
        assert (boss.principal.name, boss.principal.role) == ("alice", "owner")
        assert bench.issuer.asked.count("/keys") == bench.issuer.asked.count("/.well-known/openid-configuration") == 1
        bench.clock.advance(KEPT_S * SECOND)
        await bench.sign_in()
        assert bench.issuer.asked.count("/keys") == 2

    play(scenario, secret=secret)


def test_a_secret_is_sent_in_the_way_the_issuer_takes() -> None:
    async def scenario(bench: Bench) -> None:
        bench.issuer.about["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
        assert isinstance(await bench.sign_in(), Came)

    play(scenario, secret=SECRET)


def test_the_browser_is_sent_with_all_that_protects_it() -> None:
    async def scenario(bench: Bench) -> None:
        bench.issuer.about["authorization_endpoint"] += "?tenant=1"
        url, binding = await bench.oidc.begin(BACK, "/")
        asked = parse_qs(urlsplit(url).query)
        assert asked["tenant"] == ["1"]
        assert asked["scope"] == ["openid email"]
        assert asked["max_age"] == ["900"]
        assert "prompt" not in asked
        secrets = {binding, asked["state"][0], asked["nonce"][0], asked["code_challenge"][0]}
        assert len(secrets) == 4
        assert binding not in url
        again = parse_qs(urlsplit((await bench.oidc.begin(BACK, "/", again=True))[0]).query)
        assert (again["prompt"], again["max_age"]) == (["login"], ["0"])

    play(scenario)


def test_groups_and_subjects_are_claims_too() -> None:
    async def scenario(bench: Bench) -> None:
        bench.issuer.claims = {"sub": "u 7/ü", "groups": ["staff", "auditors"]}
        came = await bench.sign_in()
        assert isinstance(came, Came)
        assert (came.principal.name, came.principal.owner, came.principal.role, came.principal.keeper) == (
            "u.7.ü",
            "bob",
            "viewer",
            False,
        )
        bench.issuer.claims = {"sub": "u7", "groups": "staff"}
        assert isinstance(await bench.sign_in(), Stranger)
        bench.issuer.claims = {"sub": "...", "groups": ["auditors"]}
        with pytest.raises(SignInError, match="no name"):
            await bench.sign_in()

    play(scenario, claim="groups")

    async def subject(bench: Bench) -> None:
        bench.issuer.claims = {"sub": "u9"}
        came = await bench.sign_in()
        assert isinstance(came, Came)
        assert came.principal.name == "nine"

    play(subject, claim="sub")


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "eve@example.org", "email_verified": True}, {"email_verified": True}, {"email": ["ann@example.org"], "email_verified": True},
        {"email": "ann@example.org.evil.example", "email_verified": True}, {"email": "ann@example.org ", "email_verified": True},
        {"email": "", "email_verified": True},
    ],
)  # fmt: skip
def test_who_is_not_named_is_a_stranger(claims: dict[str, Any]) -> None:
    async def scenario(bench: Bench) -> None:
        bench.issuer.claims = {"sub": "u1", **claims}
        assert isinstance(await bench.sign_in(), Stranger)

    play(scenario)


def changing(**claims: Any) -> Callable[[Bench], None]:
    return lambda bench: setattr(bench.issuer, "change", lambda made: made.update(claims))


def at(offset_s: int, **names: str) -> Callable[[Bench], None]:
    """Times of the token, so far from now."""
    return lambda bench: setattr(
        bench.issuer, "change", lambda made: made.update(dict.fromkeys(names, NOON_NS // SECOND + offset_s))
    )


def signing(header: dict[str, Any], key: Callable[[], Any] | None = None) -> Callable[[Bench], None]:
    def change(bench: Bench) -> None:
        bench.issuer.header = header
        if key is not None:
            bench.issuer.key = key()

    return change


HOSTILE: dict[str, Callable[[Bench], None]] = {
    "the nonce of another sign-in": changing(nonce="0" * 64),
    "no nonce": changing(nonce=None),
    "another audience": changing(aud="other"),
    "a list of other audiences": changing(aud=["other", "another"]),
    "us among others without saying who": changing(aud=[CLIENT, "other"]),
    "us among others, for another": changing(aud=[CLIENT, "other"], azp="other"),
    "for us, by another": changing(azp="other"),
    "no audience": changing(aud=None),
    "another issuer": changing(iss="https://evil.example"),
    "the issuer with a slash": lambda bench: changing(iss=f"{bench.issuer.url}/")(bench),
    "no issuer": changing(iss=None),
    "no subject": changing(sub=None),
    "an empty subject": changing(sub=""),
    "a subject that is a list": changing(sub=["u1"]),
    "a token that has ended": at(-120, exp=""),
    "a token that never ends": changing(exp=None),
    "an end that is a word": changing(exp="never"),
    "a token from the future": at(600, iat=""),
    "a token for later": at(600, nbf=""),
    "no time of its own": changing(iat=None),
    "an address that was not verified": changing(email_verified=False),
    "an address of which nothing is said": changing(email_verified=None),
    "an address verified in words": changing(email_verified="true"),
    "no signature": signing({"alg": "none"}),
    "no signature under a key's name": signing({"alg": "none", "kid": "one"}),
    "the public key as a shared one": signing({"alg": "HS256", "kid": "one"}),
    "a key that is not the issuer's": signing({"alg": "RS256", "kid": "one"}, lambda: rsa("two")),
    "a key nobody knows": signing({"alg": "RS256", "kid": "two"}, lambda: rsa("two")),
    "a key that comes along": signing({"alg": "RS256", "kid": "two", "jwk": rsa("two").as_dict(private=False)}, lambda: rsa("two")),
    "another access token": changing(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_token_that_is_not_good_lets_nobody_in(name: str) -> None:
    async def scenario(bench: Bench) -> None:
        assert isinstance(await bench.sign_in(), Came)
        HOSTILE[name](bench)
        with pytest.raises(SignInError):
            await bench.sign_in()

    play(scenario)


def test_an_issuer_that_does_not_say_when_makes_nothing_fresh() -> None:
    async def scenario(bench: Bench) -> None:
        for said, expected in (
            (None, 0),
            ("now", None),
            (True, 0),
            (-5, 0),
            (NOON_NS // SECOND + 9_999, NOON_NS),
            (5, 5 * SECOND),
        ):
            bench.issuer.change = lambda made, said=said: made.update(auth_time=said)
            if expected is None:
                with pytest.raises(SignInError):
                    await bench.sign_in()
                continue
            came = await bench.sign_in()
            assert isinstance(came, Came)
            assert came.signed_in_ns == expected

    play(scenario)


def test_a_sign_in_is_finished_once_in_time_and_by_who_began_it() -> None:
    async def scenario(bench: Bench) -> None:
        url, binding = await bench.oidc.begin(BACK, "/")
        back = bench.issuer.allow(url)
        for wrong in ("", "0" * 64):
            other, mine = await bench.oidc.begin(BACK, "/")
            with pytest.raises(SignInError, match="another browser"):
                await bench.oidc.finish(**bench.issuer.allow(other), issuer=None, binding=wrong)
            with pytest.raises(SignInError, match="not begun here"):  # and is spoilt by that
                await bench.oidc.finish(**bench.issuer.allow(other), issuer=None, binding=mine)
        assert isinstance(await bench.oidc.finish(**back, issuer=None, binding=binding), Came)
        with pytest.raises(SignInError, match="not begun here"):
            await bench.oidc.finish(**back, issuer=None, binding=binding)
        with pytest.raises(SignInError, match="not begun here"):
            await bench.sign_in(state="0" * 64)
        with pytest.raises(SignInError, match="let nobody in"):
            await bench.sign_in(code="")
        with pytest.raises(SignInError, match="did not take the code"):
            await bench.sign_in(code=back["code"])
        url, binding = await bench.oidc.begin(BACK, "/")
        bench.clock.advance(FLOW_S * SECOND)
        with pytest.raises(SignInError, match="took too long"):
            await bench.oidc.finish(**bench.issuer.allow(url), issuer=None, binding=binding)

    play(scenario)


def test_an_answer_of_another_issuer_is_not_mixed_up_with_ours() -> None:
    async def scenario(bench: Bench) -> None:
        with pytest.raises(SignInError, match="another issuer"):
            await bench.sign_in(issuer="https://evil.example")
        assert isinstance(await bench.sign_in(issuer=bench.issuer.url), Came)
        assert isinstance(await bench.sign_in(), Came)
        bench.issuer.about["authorization_response_iss_parameter_supported"] = True
        bench.clock.advance(KEPT_S * SECOND)
        with pytest.raises(SignInError, match="another issuer"):
            await bench.sign_in()

    play(scenario)


@pytest.mark.parametrize(
    ("about", "error"),
    [
        ({"issuer": "https://evil.example"}, SignInError),
        ({"jwks_uri": "ftp://127.0.0.1/keys"}, SignInError),
        ({"token_endpoint": 7}, WorldError),
    ],
)
def test_an_issuer_that_is_not_who_it_should_be_is_not_believed(about: dict[str, Any], error: type[Exception]) -> None:
    async def scenario(bench: Bench) -> None:
        bench.issuer.about |= about
        with pytest.raises(error):
            await bench.oidc.begin(BACK, "/")

    play(scenario)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"[" * 10_000, b"x" * 300_000, b"\xff"])
def test_an_issuer_that_talks_nonsense_breaks_nothing(raw: bytes) -> None:
    async def scenario(bench: Bench) -> None:
        url, binding = await bench.oidc.begin(BACK, "/")
        back = bench.issuer.allow(url)
        bench.issuer.raw = raw
        with pytest.raises((WorldError, SignInError)):
            await bench.oidc.finish(**back, issuer=None, binding=binding)
        bench.clock.advance(KEPT_S * SECOND)
        with pytest.raises(WorldError):
            await bench.oidc.begin(BACK, "/")

    play(scenario)


@pytest.mark.parametrize("token", ["", "a.b.c", "a.b.c.d.e", ".".join(["e30"] * 3), "é", "x" * 100_000, "...."])
def test_a_token_that_is_none_lets_nobody_in(token: str) -> None:
    async def scenario(bench: Bench) -> None:
        bench.issuer.signed = lambda claims: token  # type: ignore[method-assign]
        with pytest.raises(SignInError):
            await bench.sign_in()

    play(scenario)


def test_new_keys_are_found_and_unknown_ones_do_not_make_it_ask_on_and_on() -> None:
    async def scenario(bench: Bench) -> None:
        await bench.sign_in()
        bench.issuer.key, bench.issuer.header = rsa("two"), {"alg": "RS256", "kid": "two"}
        bench.issuer.keys = [rsa("one"), rsa("two")]
        bench.clock.advance(KEYS_AGAIN_S * SECOND)
        assert isinstance(await bench.sign_in(), Came)
        bench.issuer.header = {"alg": "RS256", "kid": "three"}
        before = bench.issuer.asked.count("/keys")
        for _ in range(5):
            with pytest.raises(SignInError):
                await bench.sign_in()
        assert bench.issuer.asked.count("/keys") == before
        elliptic = curve()
        bench.issuer.key, bench.issuer.header, bench.issuer.keys = (
            elliptic,
            {"alg": "ES256", "kid": "curve"},
            [elliptic],
        )
        bench.clock.advance(KEYS_AGAIN_S * SECOND)
        assert isinstance(await bench.sign_in(), Came)

    play(scenario)


def test_only_so_many_sign_ins_are_under_way() -> None:
    async def scenario(bench: Bench) -> None:
        first, binding = await bench.oidc.begin(BACK, "/")
        for _ in range(FLOWS_MAX):
            await bench.oidc.begin(BACK, "/")
        with pytest.raises(SignInError):
            await bench.oidc.finish(**bench.issuer.allow(first), issuer=None, binding=binding)

    play(scenario)


def test_an_issuer_that_is_away_is_the_worlds_fault() -> None:
    async def scenario(bench: Bench) -> None:
        with pytest.raises(WorldError):
            await bench.oidc.begin(BACK, "/")

    play(scenario, issuer="http://127.0.0.1:9")
