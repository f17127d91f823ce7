"""Whether a request was signed with a secret: Standard Webhooks, and GitHub's way. Pure.

Rules: what is compared is compared in a time that tells nothing; a request is told from its repetitions by what its
sender calls it. The instant of a request is checked where it is signed.

Source: Standard Webhooks specification 1.0 (headers webhook-id, webhook-timestamp, webhook-signature; secrets
`whsec_` and base64); GitHub, Validating webhook deliveries (X-Hub-Signature-256, X-GitHub-Delivery).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final, Literal

TOLERANCE_S: Final = 300  # seconds a signed instant may differ from ours: five minutes, as the specification says
SIGNATURES_MAX: Final = 16  # signatures of one request; a secret that is changed makes two
ID_CHARS_MAX: Final = 200
SECRET_MARK: Final = "whsec_"  # noqa: S105 - what stands before a secret

Style = Literal["standard", "github"]

_ID: Final = re.compile(r"[\x21-\x7e]{1,200}")
_SECONDS: Final = re.compile(r"[0-9]{1,12}")


def signed_as(style: Style, headers: Mapping[str, str], body: bytes, secret: str, now_s: int) -> str:
    """What its sender calls this request, where it is signed with the secret; '' where it is not.

    `headers`: by lower-case name.
    """
    return _github(headers, body, secret) if style == "github" else _standard(headers, body, secret, now_s)


def _standard(headers: Mapping[str, str], body: bytes, secret: str, now_s: int) -> str:
    name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "").split()[:SIGNATURES_MAX]
    fits = _ID.fullmatch(name) is not None and _SECONDS.fullmatch(at) is not None
    # A signature is reckoned whatever is missing, so that a refusal takes as long for every reason.
    said = f"{name[:ID_CHARS_MAX]}.{at[:12]}.".encode("utf-8", "replace") + body
    right = base64.b64encode(hmac.digest(_key(secret), said, hashlib.sha256)).decode()
    found = False
    for one in signatures:
        version, _, signature = one.partition(",")
        same = hmac.compare_digest(signature.encode(), right.encode())
        found = (same and version == "v1") or found
    return name if fits and found and secret and abs(now_s - int(at)) <= TOLERANCE_S else ""


def _github(headers: Mapping[str, str], body: bytes, secret: str) -> str:
    name = headers.get("x-github-delivery", "")
    given = headers.get("x-hub-signature-256", "")
    right = "sha256=" + hmac.digest(secret.encode() or b"\0", body, hashlib.sha256).hex()
    same = hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())
    return name if same and secret and _ID.fullmatch(name) else ""


def _key(secret: str) -> bytes:
    """The bytes of a secret: base64, with or without its mark; other text stands for itself."""
    text = secret.removeprefix(SECRET_MARK)
    try:
        return base64.b64decode(text, validate=True) or b"\0"
    except (binascii.Error, ValueError):
        return secret.encode() or b"\0"
