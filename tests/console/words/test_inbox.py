"""Every text of this module is named by its page."""

from __future__ import annotations

from ergos.console.words.inbox import WORDS


def test_keys_name_their_page_and_what_they_say() -> None:
    assert all(len(key.split(".")) >= 2 and key.islower() for key in WORDS)
