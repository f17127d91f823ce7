"""[server] of settings.toml: what it says is read, what it cannot mean is refused, and nothing listens unprotected."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ergos.base.errors import SettingsError
from ergos.runtime import server_settings as module
from ergos.runtime.server_settings import ListenSettings, OidcSettings, Person, check_bind, server_settings

PATH = Path("/srv/alice/.ergos/settings.toml")


def said(text: str) -> ListenSettings:
    return server_settings(tomllib.loads(text).get("server"), PATH, "alice")


def test_what_stands_in_its_own_description_is_read() -> None:
    assert module.__doc__
    example = "\n".join(line[4:] for line in module.__doc__.splitlines() if line.startswith("    "))
    found = said(example)
    assert found == ListenSettings(
        host="127.0.0.1",
        port=8420,
        url="https://ergos.example.org",
        hosts=frozenset({"ergos.example.org"}),
        origins=frozenset({"https://ergos.example.org"}),
        proxies=frozenset({"10.0.0.5"}),
        tls_cert=PATH.parent / "cert.pem",
        tls_key=PATH.parent / "key.pem",
        oidc=OidcSettings(
            issuer="https://login.example.org",
            client_id="ergos",
            secret="oidc-client",
            scopes=("openid", "email"),
            claim="email",
            people={"ann@example.org": Person(owner="alice", role="operator", name="ann")},
        ),
    )
    assert found.tls


def test_nothing_said_is_loopback_and_nothing_else() -> None:
    for text in ("", "[server]"):
        assert said(text) == ListenSettings()
    assert not said("").tls
    assert said("[server]\nport = 0").port == 0
    assert said("[server]\nhosts = 'Box.LAN'\nbehind_proxy = '::1'").hosts == frozenset({"box.lan"})


def test_under_the_address_that_others_use_it_is_reached() -> None:
    found = said("[server]\nurl = 'https://Ergos.example.org:8443/'\nhosts = ['b.example']")
    assert found.url == "https://ergos.example.org:8443"
    assert found.hosts == frozenset({"ergos.example.org:8443", "b.example"})
    assert found.origins == frozenset({"https://ergos.example.org:8443"})
    assert said("[server]\nurl = 'http://127.0.0.1:8420'").url == "http://127.0.0.1:8420"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_this_machine_alone_may_be_listened_on_as_it_is(host: str) -> None:
    check_bind(host, tls=False, behind_proxy=False)
    assert said(f"[server]\nhost = '{host}'").host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "::ffff:192.168.1.7", "100.64.0.1", "2001:db8::1"])
def test_beyond_it_only_with_tls_or_a_proxy(host: str) -> None:
    with pytest.raises(SettingsError, match="could be read"):
        check_bind(host, tls=False, behind_proxy=False)
    with pytest.raises(SettingsError, match="could be read"):
        said(f"[server]\nhost = '{host}'")
    check_bind(host, tls=True, behind_proxy=False)
    check_bind(host, tls=False, behind_proxy=True)
    assert said(f"[server]\nhost = '{host}'\ntls_cert = 'c'\ntls_key = 'k'").host == host
    assert said(f"[server]\nhost = '{host}'\nbehind_proxy = ['10.0.0.5']").host == host


def test_a_name_that_is_no_address_is_not_taken_for_loopback() -> None:
    for host in ("localhost.example.org", "evil", "127.0.0.1.evil", ""):
        with pytest.raises(SettingsError):
            check_bind(host, tls=False, behind_proxy=False)


OIDC = "[server.oidc]\nissuer = 'https://a.example'\nclient_id = 'x'\n[server.oidc.people.a]\n"


@pytest.mark.parametrize(
    "text",
    [
        "server = 1", "[server]\nhsot = 'x'", "[server]\nport = 65536", "[server]\nport = true", "[server]\nport = '80'",
        "[server]\nhost = 'example.org'", "[server]\nhost = 'unix:'", "[server]\nhost = '127.0.0.1 '", "[server]\nhost = 7",
        "[server]\nhosts = 7", "[server]\nhosts = [7]", "[server]\nhosts = ['*']", "[server]\nhosts = ['https://x.org']",
        "[server]\nhosts = ['x.org/']", "[server]\nhosts = ['']", "[server]\norigins = ['*']", "[server]\norigins = ['null']",
        "[server]\norigins = ['x.org']", "[server]\norigins = ['https://x.org/']", "[server]\norigins = ['https://X.org']",
        "[server]\norigins = ['https://u@x.org']", "[server]\nbehind_proxy = ['proxy.lan']", "[server]\nbehind_proxy = true",
        "[server]\nurl = 'http://x.org'", "[server]\nurl = 'https://x.org/a'", "[server]\nurl = 'x.org'", "[server]\nurl = 7",
        "[server]\nurl = 'https://u@x.org'", "[server]\nurl = 'http://localhost.x.org'", "[server]\nurl = 'https://'",
        "[server]\nbehind_proxy = ['10.0.0.0/8']", "[server]\ntls_cert = 'c'", "[server]\ntls_key = 'k'",
        "[server]\ntls_cert = ''\ntls_key = 'k'", "[server]\ntls_cert = 7\ntls_key = 'k'", "[server]\noidc = 7",
        "[server.oidc]\nissuer = 'https://a.example'\nclient_id = 'x'", OIDC.replace("https", "http"),
        OIDC.replace("https://a.example", "https://u:p@a.example"), OIDC.replace("https://a.example", "https://a.example?x=1"),
        OIDC.replace("https://a.example", "a.example"), OIDC.replace("'x'", "''"), OIDC.replace("client_id", "clientid"),
        OIDC + "role = 'agent'", OIDC + "role = 'root'", OIDC + "owner = 'a/b'", OIDC + "name = ''\nowner = ''",
        OIDC + "more = 1", OIDC.replace("[server.oidc.people.a]", "claim = 'a b'\n[server.oidc.people.a]"),
        OIDC.replace("[server.oidc.people.a]", "secret = 'a secret!'\n[server.oidc.people.a]"),
        OIDC.replace("[server.oidc.people.a]", "scopes = 7\n[server.oidc.people.a]"), OIDC.replace(".people.a]", ".people]\na = 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(SettingsError, match="server"):
        said(text)


def test_an_issuer_on_this_machine_may_speak_plainly() -> None:
    found = said(OIDC.replace("https://a.example", "http://127.0.0.1:9000")).oidc
    assert found is not None
    assert (found.issuer, found.people["a"]) == ("http://127.0.0.1:9000", Person(owner="alice"))
    assert found.scopes == ("openid", "email")


def test_a_secret_is_named_and_never_repeated() -> None:
    with pytest.raises(SettingsError) as error:
        said(OIDC.replace("[server.oidc.people.a]", "secret = 'hunter 2'\n[server.oidc.people.a]"))
    assert "hunter 2" not in str(error.value)
