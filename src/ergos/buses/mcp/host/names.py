"""What a tool of a server is called here: `server.tool`.

Rules: the name depends on the server's own name of the tool and on nothing else, neither on the order of a list nor on
other tools; two tools have two names; a name holds letters, digits, '.', '-' and '_' of ASCII, so that none looks like
another in another script. A name that had to be changed, and one that looks as if it had been, carries twelve digits of
the digest of the original.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

from ergos.base.limits import NAME_CHARS_MAX

SERVER_CHARS_MAX: Final = 32  # characters of a server's name, so that there is room for the tool's
DIGITS: Final = 12  # hexadecimal digits that tell changed names apart; 2 ** 48 names

SERVER_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_OTHER: Final = re.compile(r"[^A-Za-z0-9_-]+")
_MARKED: Final = re.compile(rf".*-[0-9a-f]{{{DIGITS}}}")


def full_name(server: str, tool: str) -> str:
    """The name of a server's tool: at most NAME_CHARS_MAX characters."""
    room = NAME_CHARS_MAX - len(server) - 1
    if _PLAIN.fullmatch(tool) and len(tool) <= room and ".." not in tool and not _MARKED.fullmatch(tool):
        return f"{server}.{tool}"
    kept = _OTHER.sub("_", unicodedata.normalize("NFKC", tool[:NAME_CHARS_MAX])).strip("_-") or "tool"
    mark = hashlib.sha256(tool.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
    return f"{server}.{kept[: room - DIGITS - 1]}-{mark}"


def alike(name: str) -> str:
    """What is equal for names that people confuse: case, '-', '_' and '.', and letters that look like digits."""
    folded = unicodedata.normalize("NFKC", name).casefold().translate(str.maketrans("01l|", "oiii"))
    return "".join(letter for letter in folded if letter.isalnum())
