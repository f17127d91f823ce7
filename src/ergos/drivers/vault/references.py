"""Names of secrets, references to them, and texts that are shown without them.

Settings and files say `secret:NAME`, never the secret. Rules: what is no reference is an error, so that a secret
written where its name belongs is noticed; no message repeats what might be a secret.
"""

from __future__ import annotations

from collections.abc import Iterable

from ergos.base.errors import UsageError
from ergos.drivers.egress.masking import Masker
from ergos.kernel.egress import REFERENCE, SECRET_NAME


def secret_name(text: str) -> str:
    """The name itself, if it is one. Raises: UsageError, which does not repeat it: it might be the secret."""
    if SECRET_NAME.fullmatch(text) is None:
        raise UsageError(
            "this is not the name of a secret",
            remedy="use letters, digits, '.', '-' and '_', at most 64 characters, as in `github`",
        )
    return text


def referred(text: str) -> str:
    """The name in `secret:NAME`. Raises: UsageError."""
    if not text.startswith(REFERENCE):
        raise UsageError(
            "a secret is named here, never written",
            remedy="`ergos secret set NAME` stores it; write secret:NAME",
        )
    return secret_name(text.removeprefix(REFERENCE))


def redacted(text: str, secrets: Iterable[str]) -> str:
    """A text without these secrets, in whatever usual spelling. Cost: linear in the text, by secret."""
    return Masker(secrets).text(text)
