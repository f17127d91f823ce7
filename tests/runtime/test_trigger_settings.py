from __future__ import annotations

import tomllib
from typing import Any

import pytest

from ergos.base.errors import SettingsError
from ergos.kernel.trigger_settings import Account, Broker, TriggerSettings
from ergos.runtime import trigger_settings as module
from ergos.runtime.trigger_settings import trigger_settings


def read(text: str) -> TriggerSettings:
    found: dict[str, Any] = tomllib.loads(text)
    return trigger_settings(found.get("mailboxes"), found.get("brokers"), "/h/settings.toml")


def test_the_example_of_the_module_is_read_whole() -> None:
    text = "\n".join(line[4:] for line in (module.__doc__ or "").splitlines() if line.startswith("    "))
    assert read(text) == TriggerSettings(
        mailboxes={"office": Account(host="imap.example.org", user="ada@example.org", secret="mail-password")},
        brokers={"shop": Broker(host="mqtt.example.org", user="ergos", secret="shop-password")},
    )


def test_without_the_tables_nothing_is_set() -> None:
    assert read("") == TriggerSettings()


def test_a_port_follows_from_how_the_line_is_secured() -> None:
    found = read(
        "[mailboxes.a]\nhost='h'\nuser='u'\nsecret='s'\nsecurity='starttls'\n[brokers.b]\nhost='localhost'\ntls=false"
    )
    assert found.mailboxes["a"].port == 143
    assert found.brokers["b"].port == 1_883


def test_a_file_of_certificates_is_found_from_the_settings() -> None:
    found = read("[brokers.b]\nhost='h'\nca_file='certs/ca.pem'")
    assert found.brokers["b"].ca_file == "/h/certs/ca.pem"


MAIL = "[mailboxes.a]\nhost='h'\nuser='u'\nsecret='s'\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mailboxes = 3", "mailboxes is 3"),
        ("brokers = []", "brokers is"),
        ("[mailboxes]\n'a/b' = {}", "is not a name"),
        ("[mailboxes]\na = 3", "expected a table"),
        ("[mailboxes.a]\nuser='u'\nsecret='s'", "host"),
        ("[mailboxes.a]\nhost='h'\nsecret='s'", "no `user`"),
        ("[mailboxes.a]\nhost='h'\nuser='u'", "no `secret`"),
        ("[mailboxes.a]\nhost='h/x'\nuser='u'\nsecret='s'", "expected a host"),
        (MAIL + "password='x'", "does not belong into a file"),
        (MAIL + "security='ssl'", "tls, starttls, none"),
        (MAIL + "security='none'", "needs TLS"),
        (MAIL + "port=0", "port"),
        (MAIL + "prot=1", "mailboxes.a.port"),
        ("[mailboxes.a]\nhost='h'\nuser='u'\nsecret='not a name!'", "not the name of a secret"),
        ("[mailboxes.a]\nhost='h'\nuser=\"u\\nx\"\nsecret='s'", "is not text"),
        ("[brokers.b]\nhost='h'\ntls='yes'", "true or false"),
        ("[brokers.b]\nhost='h'\ntls=false", "needs TLS"),
        ("[brokers.b]\nhost='h'\nsecret='s'", "no `user`"),
        ("[brokers.b]\nhost='h'\nclient='a b'", "client"),
        ("[brokers.b]\nhost='h'\ntopic='x'", "brokers.b.topic is no setting"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        read(text)
    assert said in str(error.value)


def test_an_error_never_repeats_what_might_be_a_secret() -> None:
    with pytest.raises(SettingsError) as error:
        read("[mailboxes.a]\nhost='h'\nuser='u'\nsecret='hunter2 is my password'")
    assert "hunter2" not in str(error.value)


def test_more_than_a_person_writes_is_refused() -> None:
    with pytest.raises(SettingsError, match="at most"):
        trigger_settings({f"a{number}": {} for number in range(101)}, None, "x")
