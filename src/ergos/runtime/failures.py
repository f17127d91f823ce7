"""Exceptions as values: what the journal keeps of an error, short and without anything of this machine.

Rules: an ErgosError keeps its code; anything else is a crash of a program, with the file and line it came from.
"""

from __future__ import annotations

from ergos.base.errors import CrashedError, ErgosError
from ergos.base.limits import ERROR_CHARS_MAX
from ergos.kernel.calls import Failure


def failure_of(error: BaseException) -> Failure:
    """Any exception as a value."""
    if isinstance(error, ErgosError):
        return Failure(error.code, error.what[:ERROR_CHARS_MAX], error.what_to_do)
    place = ""
    traceback = error.__traceback__
    while traceback is not None:
        place = f" ({traceback.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{traceback.tb_lineno})"
        traceback = traceback.tb_next
    what = f"{type(error).__name__}: {error}{place}"[:ERROR_CHARS_MAX]
    return Failure(CrashedError.code, what, CrashedError.remedy)
