from __future__ import annotations

import pytest

from ergos.kernel.trigger_settings import Account, Broker, TriggerSettings


def test_mail_and_messages_go_over_tls_unless_somebody_says_otherwise() -> None:
    assert Account(host="h", user="u", secret="s").security == "tls"
    assert Broker(host="h").tls is True


def test_settings_are_never_shared_or_changed() -> None:
    settings = TriggerSettings()
    assert settings.mailboxes is not TriggerSettings().mailboxes
    with pytest.raises(AttributeError):
        settings.brokers = {}  # type: ignore[misc]
