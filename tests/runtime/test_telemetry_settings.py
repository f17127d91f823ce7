"""Telemetry is off unless asked for, and no secret stands in its settings."""

from __future__ import annotations

import pytest

from ergos.base.errors import SettingsError
from ergos.runtime.telemetry_settings import TelemetrySettings, telemetry_settings


def test_nothing_is_told_unasked():
    assert telemetry_settings(None, "s") is None


def test_what_is_written_is_read():
    table = {
        "endpoint": "https://collector.example:4318/base", "service": "mine", "sample": 0.5, "content": True,
        "headers": {"Authorization": "secret:collector"},
    }  # fmt: skip
    assert telemetry_settings(table, "s") == TelemetrySettings(
        endpoint="https://collector.example:4318/base", service="mine", sample=0.5, content=True,
        headers=(("authorization", "collector"),),
    )  # fmt: skip
    assert telemetry_settings({"endpoint": "http://h:1"}, "s") == TelemetrySettings(endpoint="http://h:1")


@pytest.mark.parametrize(
    "wrong",
    [
        {}, 5, {"endpoint": "ftp://x"}, {"endpoint": "http://user:password@x"}, {"endpoint": 5}, {"endpoint": "http://x?y"},
        {"endpoint": "http://x", "sample": 2}, {"endpoint": "http://x", "sample": True}, {"endpoint": "http://x", "service": ""},
        {"endpoint": "http://x", "content": 1}, {"endpoint": "http://x", "endpoints": 1},
        {"endpoint": "http://x", "headers": {"a": "Bearer abc"}}, {"endpoint": "http://x", "headers": {"a b": "secret:x"}},
        {"endpoint": "http://x", "headers": {"a": "secret:"}}, {"endpoint": "http://x", "headers": 5},
        {"endpoint": "http://x", "headers": {f"h{number}": "secret:x" for number in range(99)}},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_words(wrong: object):
    with pytest.raises(SettingsError, match="telemetry") as refused:
        telemetry_settings(wrong, "settings.toml")
    assert "Bearer abc" not in str(refused.value)
