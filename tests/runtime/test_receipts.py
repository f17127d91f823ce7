"""A receipt is exactly what was written, or it is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ergos.base.errors import VerificationError
from ergos.base.ids import Digest
from ergos.kernel.own_events import Checkpoint
from ergos.runtime.receipts import encode_receipt, parse_receipt, receipt

SIGNED = Checkpoint(7, Digest("ab" * 32), "cd" * 32, "ef" * 64)


def test_a_receipt_names_its_checkpoint_and_store() -> None:
    kept = parse_receipt(encode_receipt(receipt(SIGNED, store="0" * 32, at_ns=5)))
    assert kept.checkpoint == SIGNED
    assert (kept.store, kept.at_ns, kept.ergos_checkpoint) == ("0" * 32, 5, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"ergos_checkpoint": 1', '"ergos_checkpoint": 2'),
        lambda text: text.replace('  "ergos_checkpoint": 1,\n', ""),
        lambda text: text.replace('"seq": ', '"seq": -'),
        lambda text: text.replace('"hash": "', '"hash": "AB'),
        lambda text: text.replace('"at_ns"', '"extra": 1, "at_ns"'),
        lambda text: text[:-10],
        lambda text: text + "\n{}",
        lambda text: "[" * 100_000,
        lambda text: "",
        lambda text: text + " " * 5_000,
    ],
)
def test_what_is_not_a_receipt_is_refused(change: Callable[[str], str]) -> None:
    text = encode_receipt(receipt(SIGNED, store="0" * 32, at_ns=5)).decode()
    with pytest.raises(VerificationError):
        parse_receipt(change(text).encode())
