"""Every class of error there is, and the exit code of each branch.

Rules: a module that defines errors is imported here, so that what is listed is all there is.
"""

from __future__ import annotations

from typing import Final

from ergos.base import world_errors
from ergos.base.errors import (
    DefinitionError,
    ErgosError,
    ProgramError,
    RefusedError,
    StoreError,
    UsageError,
    WorldError,
)

DEFINED_IN: Final = (ErgosError.__module__, world_errors.__name__)
"""Modules that define errors."""

EXIT_CODES: Final[dict[type[ErgosError], int]] = {
    UsageError: 2,
    DefinitionError: 2,
    RefusedError: 4,
    ProgramError: 1,
    WorldError: 5,
    StoreError: 6,
}
"""Exit code of the command line by branch; 3 means that something waits for the owner."""


def every_error(root: type[ErgosError] = ErgosError) -> tuple[type[ErgosError], ...]:
    """Every class of the tree, parents before children, in order of definition."""
    found = [root]
    for child in root.__subclasses__():
        found.extend(every_error(child))
    return tuple(found)


def exit_code(error: ErgosError) -> int:
    """The exit code of the branch this error belongs to."""
    return next((code for branch, code in EXIT_CODES.items() if isinstance(error, branch)), 1)
