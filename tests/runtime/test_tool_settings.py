from __future__ import annotations

import tomllib
from typing import Any

import pytest

from ergos.base.errors import SettingsError
from ergos.kernel.tool_settings import Folder, Hook, Mail, Notices, ToolSettings
from ergos.runtime import tool_settings as module
from ergos.runtime.tool_settings import tool_settings


def read(text: str) -> ToolSettings:
    found: dict[str, Any] = tomllib.loads(text)
    return tool_settings(found.get("tools"), "/h/settings.toml")


def test_the_example_of_the_module_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/h/ada")
    text = "\n".join(line[4:] for line in (module.__doc__ or "").splitlines() if line.startswith("    "))
    assert read(text) == ToolSettings(
        folders={
            "invoices": Folder(path="/h/ada/invoices"),
            "drafts": Folder(path="/h/ada/drafts", write=True),
            "rates": Folder(path="/srv/rates", trusted=True),
        },
        hooks={"deploy": Hook(url="https://hooks.example.org/deploy", secret="deploy-token")},
        mail=Mail(
            host="smtp.example.org",
            sender="ada@example.org",
            user="ada@example.org",
            secret="mail-password",
            sent_host="imap.example.org",
        ),
        notices=Notices(secrets=("phone",)),
    )


def test_without_the_table_nothing_is_set() -> None:
    assert read("") == ToolSettings()


def test_a_port_follows_from_how_the_line_is_secured() -> None:
    found = read("[tools.mail]\nhost = 'h'\nsender = 'a@b'\nsecurity = 'starttls'").mail
    assert found is not None
    assert found.port == 587


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tools = 3", "tools is 3"),
        ("[tools.mial]", "tools.mail"),
        ("[tools.files]\nroot = {}", "tools.files.roots"),
        ("[tools.files.roots]\nc = '/x'", "at least 2"),
        ("[tools.files.roots]\n'a/b' = '/x'", "is not a name"),
        ("[tools.files.roots]\naa = 3", "expected a path"),
        ("[tools.files.roots]\naa = { path = '/x', wirte = true }", "write"),
        ("[tools.files.roots]\naa = { path = '/x', write = 'yes' }", "true or false"),
        ("[tools.files.roots]\naa = {}", "no `path`"),
        ("[tools.webhooks.x]\nurl = 'ftp://x'", "expected an address"),
        ("[tools.webhooks.x]\nurl = 'https://u:p@x/'", "expected an address"),
        ("[tools.webhooks.x]\nurl = 'https://[::1'", "expected an address"),
        ("[tools.webhooks.x]\nurl = 'https://x'\nheader = 'a b'", "header"),
        ("[tools.webhooks.x]\nurl = 'https://x'\nsecret = 'two words'", "ergos secret set"),
        ("[tools.mail]\nsender = 'a@b'", "no `host`"),
        ("[tools.mail]\nhost = 'h'", "sender"),
        ("[tools.mail]\nhost = 'h'\nsender = 'a@b\\nc'", "sender"),
        ("[tools.mail]\nhost = 'h'\nsender = \"a@b\\r\\nBcc: x\"", "not text"),
        ("[tools.mail]\nhost = 'h'\nsender = 'a@b'\npassword = 'x'", "ergos secret set"),
        ("[tools.mail]\nhost = 'h'\nsender = 'a@b'\nsecurity = 'none'", "needs TLS"),
        ("[tools.mail]\nhost = 'h'\nsender = 'a@b'\nsecurity = 'ssl'", "one of"),
        ("[tools.mail]\nhost = 'h'\nsender = 'a@b'\nport = 0", "port"),
        ("[tools.mail]\nhost = 'h/x'\nsender = 'a@b'", "expected a host"),
        ("[tools.notices]\nsecrets = 'phone'", "list"),
        ("[tools.notices]\nsecrets = ['ntfys://x/y']", "name of a secret"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(text)
    assert said in caught.value.what
    assert caught.value.what.startswith("/h/settings.toml: ")


def test_no_message_repeats_what_might_be_a_secret() -> None:
    for text in ("[tools.mail]\nhost='h'\nsender='a@b'\nsecret='hunter 2!'", "[tools.notices]\nsecrets=['tok en!']"):
        with pytest.raises(SettingsError) as caught:
            read(text)
        assert "hunter" not in str(caught.value)
        assert "tok en" not in str(caught.value)
