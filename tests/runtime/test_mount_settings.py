"""What an owner says of tool servers becomes frozen values, or an error that says where, what and what was expected."""

from __future__ import annotations

import contextlib
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import SettingsError
from ergos.kernel.mounts import OAuthSettings, ServerSettings, ToolSettings
from ergos.runtime.mount_settings import KEYS, mount_settings

WHOLE = """
[mcp.servers.github]
command = "/opt/github/server"
args = ["stdio", "--all"]
env = { GITHUB_TOKEN = "secret:github", MODE = "x" }
folder = "/srv/code"
reads = ["/opt/github", "./docs", "/opt/github/"]
writes = ["/srv/code"]
hosts = ["api.github.com", "*.example.com"]
trusted = true
sandbox = true
sampling = true
memory_mib = 2048
idle_s = 30
deadline_s = 12.5
[mcp.servers.github.tools.create_issue]
effect = "irreversible"
reach = "others"
roles = { repo = "target", body = "text" }
trusted = false
deadline_s = 5
[mcp.servers.github.tools."delete repo"]
off = true
[mcp.servers.notes]
url = "https://notes.example.com/mcp"
headers = { X-Team = "red", X-Key = "secret:notes" }
oauth = { client_id = "me", client_secret = "secret:notes-client", scope = "read", issuer = "https://auth.example.com" }
[mcp.servers.local]
url = "http://127.0.0.1:3000/mcp"
oauth = true
"""


def parsed(text: str, path: str = "/etc/ergos/settings.toml") -> dict[str, ServerSettings]:
    return mount_settings(tomllib.loads(text).get("mcp"), path, frozenset({"files"}))


def test_everything_that_can_be_said_is_read() -> None:
    found = parsed(WHOLE)
    assert found["github"] == ServerSettings(
        name="github",
        command="/opt/github/server",
        args=("stdio", "--all"),
        env={"GITHUB_TOKEN": "secret:github", "MODE": "x"},
        folder="/srv/code",
        reads=("/opt/github", "/etc/ergos/docs"),
        writes=("/srv/code",),
        hosts=("api.github.com", "*.example.com"),
        trusted=True,
        sampling=True,
        memory_mib=2048,
        idle_s=30.0,
        deadline_s=12.5,
        tools={
            "create_issue": ToolSettings(
                effect="irreversible",
                reach="others",
                roles={"repo": "target", "body": "text"},
                trusted=False,
                deadline_s=5.0,
            ),
            "delete repo": ToolSettings(off=True),
        },
    )
    assert found["notes"].headers == {"X-Team": "red", "X-Key": "secret:notes"}
    assert found["notes"].oauth == OAuthSettings(
        client_id="me", client_secret="notes-client", scope="read", issuer="https://auth.example.com"
    )
    assert found["local"].oauth == OAuthSettings()


def test_nothing_said_is_no_servers() -> None:
    assert mount_settings(None, "x") == {}
    assert mount_settings({}, "x") == {}


def test_what_is_not_said_is_the_careful_thing() -> None:
    found = parsed('[mcp.servers.a]\ncommand = "a"\n')["a"]
    assert (found.sandbox, found.trusted, found.sampling, found.hosts, found.reads, found.env) == (
        True,
        False,
        False,
        (),
        (),
        {},
    )


ONE = '[mcp.servers.a]\ncommand = "a"\n'
WEB = '[mcp.servers.a]\nurl = "https://a.example/mcp"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[mcp]\nserver = {}\n", "mcp.server is no setting; expected mcp.servers"),
        ("mcp = 3\n", "expected a table such as [mcp.servers.NAME]"),
        ("[mcp]\nservers = 3\n", "expected one table for each server"),
        ("[mcp.servers]\na = 3\n", "expected a table such as command ="),
        ('[mcp.servers."A b"]\ncommand = "a"\n', "not a name for a server"),
        ('[mcp.servers."a.b"]\ncommand = "a"\n', "not a name for a server"),
        ('[mcp.servers."\u0430"]\ncommand = "a"\n', "not a name for a server"),
        (f'[mcp.servers.{"a" * 33}]\ncommand = "a"\n', "at most 32 characters"),
        ('[mcp.servers.files]\ncommand = "a"\n', "built-in tools have this name"),
        ('[mcp.servers.mail-1]\ncommand = "a"\n[mcp.servers.mail_l]\ncommand = "a"\n', "looks like 'mail-1'"),
        ("[mcp.servers.a]\nargs = []\n", "needs either `command` or `url`"),
        (ONE + 'url = "https://x.example"\n', "exactly one of them"),
        (ONE + "headers = {}\n", "belongs to a server with a `url`; this one has a command"),
        (WEB + "reads = []\n", "belongs to a server with a `command`; this one has a url"),
        (WEB + "sandbox = false\n", "belongs to a server with a `command`"),
        (ONE + "comand = 1\n", "mcp.servers.a.comand is no setting; expected mcp.servers.a.command"),
        ('[mcp.servers.a]\ncommand = "npx -y thing"\n', "its arguments stand in `args`"),
        ('[mcp.servers.a]\ncommand = ""\n', "expected one program"),
        ("[mcp.servers.a]\ncommand = 3\n", "is not text"),
        ('[mcp.servers.a]\ncommand = "a\\u0000b"\n', "is not text"),
        (ONE + 'args = "x"\n', "is no list"),
        (ONE + "args = [1]\n", "args[0] is not text"),
        (ONE + 'env = { "A B" = "x" }\n', "is not the name of a variable"),
        (ONE + 'env = { API_TOKEN = "ghp_abcdef" }\n', "a secret does not belong into a file"),
        (ONE + 'env = { A = "secret:" }\n', "write 'secret:NAME'"),
        (ONE + 'env = { A = "secret:../x" }\n', "write 'secret:NAME'"),
        (ONE + f'env = {{ A = "secret:{"x" * 65}" }}\n', "write 'secret:NAME'"),  # no vault keeps such a name
        (ONE + "env = { A = 1 }\n", "env.A is not text"),
        (ONE + 'reads = ["relative"]\n', "expected an absolute path"),
        (ONE + 'reads = ["/a/../b"]\n', "without '..'"),
        (ONE + 'writes = ["/"]\n', "not the whole disk"),
        (ONE + 'folder = "x"\n', "expected an absolute path"),
        (ONE + 'hosts = ["http://a.example"]\n', "expected a host such as"),
        (ONE + 'hosts = ["a..b"]\n', "expected a host such as"),
        (ONE + 'hosts = ["attacker\\u0000.good.example"]\n', "is not text"),
        (ONE + 'sandbox = "no"\n', "expected true or false"),
        (ONE + "idle_s = 0\n", "more than 0"),
        (ONE + "idle_s = nan\n", "expected a number of seconds"),
        (ONE + "deadline_s = 1e9\n", "at most 86,400 seconds"),
        (ONE + "deadline_s = true\n", "expected a number of seconds"),
        (ONE + "memory_mib = 1\n", "expected a whole number from 16"),
        (ONE + "[mcp.servers.a.tools.t]\neffect = 'safe'\n", "expected one of pure, idempotent, irreversible"),
        (ONE + "[mcp.servers.a.tools.t]\neffect = 'reconcilable'\n", "expected one of pure, idempotent, irreversible"),
        (ONE + "[mcp.servers.a.tools.t]\nreach = 'far'\n", "expected one of read, own, others, money, code"),
        (ONE + "[mcp.servers.a.tools.t]\nroles = { to = 'who' }\n", "roles.to is 'who'; expected one of recipient"),
        (ONE + "[mcp.servers.a.tools.t]\nefect = 'pure'\n", "expected mcp.servers.a.tools.t.effect"),
        ('[mcp.servers.a]\nurl = "ftp://a.example"\n', "expected a URL such as"),
        ('[mcp.servers.a]\nurl = "https://"\n', "expected a URL such as"),
        ('[mcp.servers.a]\nurl = "https://me:pw@a.example"\n', "without a name, a password"),
        ('[mcp.servers.a]\nurl = "http://a.example"\n', "expected https"),
        ('[mcp.servers.a]\nurl = "https://a.example:99999"\n', "is no URL"),
        ('[mcp.servers.a]\nurl = "https://a.example /x"\n', "plain characters"),
        (WEB + 'headers = { Authorization = "Bearer abc" }\n', "a secret does not belong into a file"),
        (WEB + 'headers = { Host = "b.example" }\n', "is set by the protocol"),
        (WEB + 'headers = { Authorization = "secret:a" }\noauth = true\n', "is set by the protocol"),
        (WEB + 'headers = { "X Y" = "b" }\n', "is not the name of a header"),
        (WEB + 'headers = { X = "a\\nb" }\n', "characters that no header has"),
        (WEB + "oauth = 3\n", "expected true, or a table"),
        (WEB + "oauth = { client = 'x' }\n", "oauth.client is no setting"),
        (WEB + "oauth = { client_secret = 'hunter2' }\n", "a secret does not belong into a file"),
        (WEB + "oauth = { grant = 'client', client_id = 'me' }\n", "needs client_id, and client_secret or client_key"),
        (WEB + "oauth = { grant = 'client', client_id = 'me', client_secret = 'secret:x' }\n", "has no `issuer`"),
        (
            WEB
            + "oauth = { grant = 'enterprise', client_id = 'me', client_secret = 'secret:x', issuer = 'https://a.example' }\n",
            "has no `idp_url`",
        ),
        (WEB + "oauth = { idp_token = 'eyJ' }\n", "a secret does not belong into a file"),
        (WEB + "oauth = { issuer = 'http://evil.example' }\n", "expected https"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_what_was_expected(text: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parsed(text)
    assert words in caught.value.what
    assert caught.value.what.startswith("/etc/ergos/settings.toml: mcp")


@pytest.mark.parametrize("secret", ["hunter2", "ghp_abcdef"])
def test_no_message_repeats_what_might_be_a_secret(secret: str) -> None:
    for text in (
        ONE + f'env = {{ MY_TOKEN = "{secret}" }}\n',
        WEB + f'headers = {{ X-Api-Key = "{secret}" }}\n',
        WEB + f'oauth = {{ client_secret = "{secret}" }}\n',
        f'[mcp.servers.a]\nurl = "https://me:{secret}@a.example"\n',
    ):
        with pytest.raises(SettingsError) as caught:
            parsed(text)
        assert secret not in str(caught.value)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(values)
def test_whatever_stands_there_is_read_or_refused(found: object) -> None:
    with contextlib.suppress(SettingsError):
        mount_settings(found, "settings.toml")
    with contextlib.suppress(SettingsError):
        mount_settings({"servers": {"a": found}}, "settings.toml")
    with contextlib.suppress(SettingsError):
        mount_settings({"servers": {"a": {"command": "x", "env": found, "tools": {"t": found}}}}, "settings.toml")
