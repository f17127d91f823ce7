"""Where a value came from, who may read it, and whether a model had a part in it.

Rules: labels only get worse on combination (`join`); a value without a label does not exist. This file does
not decide anything: `policy` does.
Source: Denning, A Lattice Model of Secure Information Flow (1976); FIDES, arXiv 2505.23643.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Integrity = Literal["user", "trusted", "untrusted"]
"""The owner's own words; a source the owner trusts; anything else."""

_RANK: Final[dict[Integrity, int]] = {"user": 0, "trusted": 1, "untrusted": 2}


class Label(msgspec.Struct, frozen=True, array_like=True):
    """Integrity, and the readers a value may be shown to (None: anybody)."""

    integrity: Integrity
    readers: tuple[str, ...] | None = None
    modelled: bool = False
    """A model had a part in it, so that what it says may be the model's invention: it grounds nothing."""


USER: Final = Label("user")
TRUSTED: Final = Label("trusted")
UNTRUSTED: Final = Label("untrusted")


def join(first: Label, second: Label) -> Label:
    """The label of a value made from both: the worse integrity, the readers common to both; a model's part stays."""
    if first == second:
        return first
    integrity = max(first.integrity, second.integrity, key=_RANK.__getitem__)
    if first.readers is None or second.readers is None:
        readers = second.readers if first.readers is None else first.readers
    else:
        readers = tuple(reader for reader in first.readers if reader in second.readers)
    return Label(integrity, readers, first.modelled or second.modelled)
