"""The register: tokens of programs, one-time codes, and browsers that are signed in, of one home.

    code -> (redeem) -> session          token -> principal          session -> principal and its CSRF token

Rules: every secret is shown once and kept as a digest; a token is good for its one purpose; a code is good once and for
five minutes; a session ends after half a day without use and after thirty days in any case, and with the token it was
signed in with. What is revoked is not good any more on the next request, in every process. Numbers are bounded: of
codes and sessions the oldest give way. Times come from the clock that is handed in; one that was set back makes things
end sooner, never later.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from ergos.app.access.credentials import (
    SHOWN_CHARS_MAX,
    Purpose,
    csrf_of,
    digest,
    new_code,
    new_session,
    new_token,
    same,
    typed_code,
)
from ergos.app.access.register_file import CodeRow, Kept, RegisterFile, SessionRow, TokenRow, Way, Who
from ergos.app.access.roles import Principal, person
from ergos.base.clock import DAY, SECOND, Clock
from ergos.base.entropy import Entropy
from ergos.base.errors import BoundError, UsageError
from ergos.base.ids import name as checked_name

CODE_S: Final = 300  # seconds a one-time code is good: long enough to type it on another machine
IDLE_S: Final = 12 * 3_600  # seconds without use after which a session ends: a night
OIDC_S: Final = (
    12 * 3_600
)  # seconds after which who came by an organisation is asked for again: it may have let them go
SESSION_S: Final = 30 * 86_400  # seconds after which a session ends however much it is used
FRESH_S: Final = 900  # seconds for which a sign-in is fresh enough to decide
SKEW_S: Final = 300  # seconds by which clocks may differ before a time in the future is taken for a lie
TOUCH_S: Final = 900  # seconds between two notes of a session's use: far less than IDLE_S
USED_S: Final = 3_600  # seconds between two notes of a token's use
TOKENS_MAX: Final = 256  # tokens of one home
SESSIONS_MAX: Final = 512  # browsers signed in at once
CODES_MAX: Final = 32  # codes that wait at once
DAYS: Final = 90  # days a token is good where nothing else is said
DAYS_MAX: Final = 3_650  # days a token may be good
NOT_PERSONS: Final = frozenset({"mcp", "kernel", "agent"})
"""Names by which faces and the kernel itself are recorded."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A token or a session, as it is listed."""

    label: str
    """What `revoke` takes."""
    kind: str
    """'api', 'metrics', 'a2a', or 'session'."""
    name: str
    role: str
    owner: str
    decides: bool
    made_ns: int
    ends_ns: int
    used_ns: int
    """To the hour; 0: never."""


class Register:
    """Who may come in to one home. `keeper`: its owner."""

    def __init__(self, folder: Path, clock: Clock, entropy: Entropy, *, keeper: str) -> None:
        self._file: Final = RegisterFile(folder)
        self._clock: Final = clock
        self._entropy: Final = entropy
        self._keeper: Final = keeper
        self._sessions_seen: Final[dict[str, int]] = {}
        self._tokens_used: Final[dict[str, int]] = {}

    @property
    def clock(self) -> Clock:
        """By which everything ends."""
        return self._clock

    # Tokens

    def issue(
        self,
        *,
        label: str,
        who: Principal,
        purpose: Purpose = "api",
        decides: bool = False,
        days: int = DAYS,
    ) -> str:
        """A token for this person or program, in place of the one of this label.

        Raises: ValueShapeError, UsageError, BoundError, SettingsError.
        """
        checked_name(label, what="a token")
        if not 1 <= days <= DAYS_MAX:
            raise UsageError(f"a token is good for 1 to {DAYS_MAX:,} days, not {days:,}")
        if decides and (purpose != "api" or who.role != "owner"):
            raise UsageError("only a token of the role owner for the API can decide")
        whom, now_ns = _who(who), self._clock.now_ns()
        token = new_token(purpose, self._entropy)
        row = TokenRow(
            digest=digest(token),
            purpose=purpose,
            who=whom,
            decides=decides,
            made_ns=now_ns,
            ends_ns=now_ns + days * DAY,
        )

        def put(kept: Kept) -> Kept:
            if label not in kept.tokens and len(kept.tokens) >= TOKENS_MAX:
                raise BoundError(
                    f"there are {TOKENS_MAX} tokens already", remedy="`ergos access revoke` takes one back"
                )
            kept = _without(kept, label)
            return msgspec.structs.replace(kept, tokens={**kept.tokens, label: row})

        self._file.change(put)
        return token

    def principal_of_token(self, token: str, purpose: Purpose) -> Principal | None:
        """Whom a token stands for, at the door of this purpose. Raises: SettingsError."""
        return self._token(token, purpose)[1]

    def _token(self, token: str, purpose: Purpose) -> tuple[str, Principal | None]:
        if len(token) > SHOWN_CHARS_MAX:
            return "", None
        shown, now_ns = digest(token), self._clock.now_ns()
        found = ""
        for label, row in self._file.kept().tokens.items():
            if same(shown, row.digest):
                found = label
        row = self._file.kept().tokens.get(found)
        if row is None or row.purpose != purpose or not _runs(row.made_ns, row.ends_ns, now_ns):
            return "", None
        if now_ns - max(row.used_ns, self._tokens_used.get(found, 0)) >= USED_S * SECOND:
            self._tokens_used[found] = now_ns
        return found, self._principal(row.who, fresh=row.decides, credential=f"token:{found}")

    # One-time codes

    def code(self, principal: Principal) -> str:
        """A code with which this person signs in once, within CODE_S. Raises: SettingsError, UsageError."""
        whom, now_ns = _who(principal), self._clock.now_ns()
        code = new_code(self._entropy)
        row = CodeRow(who=whom, ends_ns=now_ns + CODE_S * SECOND)

        def put(kept: Kept) -> Kept:
            waiting = {key: one for key, one in kept.codes.items() if _code_waits(one, now_ns)}
            newest = sorted(waiting.items(), key=lambda one: one[1].ends_ns)[-(CODES_MAX - 1) :]
            return msgspec.structs.replace(kept, codes={**dict(newest), digest(typed_code(code)): row})

        self._file.change(put)
        return code

    def redeem(self, code: str) -> tuple[str, Principal] | None:
        """A session for whoever shows a code, once; None for a code that is not good. Raises: SettingsError."""
        shown = digest(typed_code(code))
        if not typed_code(code) or shown not in self._file.kept().codes:
            return None
        now_ns = self._clock.now_ns()
        secret = new_session(self._entropy)
        taken: list[CodeRow] = []

        def take(kept: Kept) -> Kept:
            row = kept.codes.get(shown)
            kept = msgspec.structs.replace(kept, codes={key: one for key, one in kept.codes.items() if key != shown})
            if row is None or not _code_waits(row, now_ns):
                return kept
            taken.append(row)
            return _with_session(kept, secret, _session(row.who, "code", now_ns, now_ns), now_ns)

        self._file.change(take)
        if not taken:
            return None
        return secret, self._principal(taken[0].who, fresh=True, credential=_named(secret))

    # Sessions

    def sign_in(self, principal: Principal, signed_in_ns: int, way: Way = "oidc") -> str:
        """A session for somebody whom others know; fresh as of when they proved who they are, 0 for never.

        Raises: SettingsError, UsageError.
        """
        now_ns, secret = self._clock.now_ns(), new_session(self._entropy)
        row = _session(_who(principal), way, now_ns, signed_in_ns)
        self._file.change(lambda kept: _with_session(kept, secret, row, now_ns))
        return secret

    def sign_in_with(self, token: str) -> tuple[str, Principal] | None:
        """A session for whoever shows a token for the API; fresh only if the token decides. Raises: SettingsError."""
        label, principal = self._token(token, "api")
        if principal is None:
            return None
        now_ns, secret = self._clock.now_ns(), new_session(self._entropy)
        row = _session(_who(principal), "token", now_ns, now_ns if principal.fresh else 0, label)
        after = self._file.change(
            lambda kept: _with_session(kept, secret, row, now_ns) if label in kept.tokens else kept
        )
        if digest(secret) not in after.sessions:
            return None  # revoked in this moment
        return secret, msgspec.structs.replace(principal, credential=_named(secret))

    def principal_of_session(self, secret: str) -> tuple[Principal, str] | None:
        """Whom a browser's session stands for, and its CSRF token. Raises: SettingsError."""
        if len(secret) > SHOWN_CHARS_MAX:
            return None
        key, kept, now_ns = digest(secret), self._file.kept(), self._clock.now_ns()
        row = kept.sessions.get(key)
        if row is None or not _session_runs(kept, row, max(row.seen_ns, self._sessions_seen.get(key, 0)), now_ns):
            return None
        if now_ns - max(row.seen_ns, self._sessions_seen.get(key, 0)) >= TOUCH_S * SECOND:
            self._sessions_seen[key] = now_ns
        fresh = row.signed_in_ns > 0 and _runs(row.signed_in_ns, row.signed_in_ns + FRESH_S * SECOND, now_ns)
        return self._principal(row.who, fresh=fresh, credential=_named(secret)), csrf_of(secret)

    def sign_out(self, secret: str) -> bool:
        """End a session; False: there was none. Raises: SettingsError."""
        key = digest(secret)
        if key not in self._file.kept().sessions:
            return False
        self._sessions_seen.pop(key, None)
        self._file.change(lambda kept: _without_session(kept, key))
        return True

    # All of it

    def listed(self) -> tuple[Listed, ...]:
        """What is good now, tokens first. Raises: SettingsError."""
        kept, now_ns = self._file.kept(), self._clock.now_ns()
        found = [
            _listed(
                label,
                row.purpose,
                row.who,
                decides=row.decides,
                made_ns=row.made_ns,
                ends_ns=row.ends_ns,
                used_ns=max(row.used_ns, self._tokens_used.get(label, 0)),
            )
            for label, row in sorted(kept.tokens.items())
            if _runs(row.made_ns, row.ends_ns, now_ns)
        ]
        for key, row in sorted(kept.sessions.items(), key=lambda one: one[1].made_ns):
            seen_ns = max(row.seen_ns, self._sessions_seen.get(key, 0))
            if _session_runs(kept, row, seen_ns, now_ns):
                found.append(
                    _listed(
                        f"session:{key[:12]}",
                        "session",
                        row.who,
                        decides=row.signed_in_ns > 0,
                        made_ns=row.made_ns,
                        ends_ns=min(_session_ends(row), seen_ns + IDLE_S * SECOND),
                        used_ns=seen_ns,
                    )
                )
        return tuple(found)

    def revoke(self, label: str) -> bool:
        """Take a token back with all that was signed in with it, or end a session; False: there is none such.

        Raises: SettingsError.
        """

        def takes(kept: Kept) -> Kept:
            key = label.removeprefix("session:")
            if key == label:
                return _without(kept, label)
            for session in kept.sessions:
                if len(key) >= 12 and session.startswith(key):
                    kept = _without_session(kept, session)
            return kept

        if takes(self._file.kept()) == self._file.kept():
            return False
        self._file.change(takes)
        return True

    @property
    def overdue(self) -> bool:
        """Whether `settle` has something to write."""
        return bool(self._sessions_seen or self._tokens_used)

    def settle(self) -> None:
        """Write down what was used since it was last written down, and forget what ended. Raises: SettingsError."""
        sessions, tokens, now_ns = dict(self._sessions_seen), dict(self._tokens_used), self._clock.now_ns()
        self._sessions_seen.clear()
        self._tokens_used.clear()

        def note(kept: Kept) -> Kept:
            seen = {
                key: msgspec.structs.replace(row, seen_ns=max(row.seen_ns, sessions.get(key, 0)))
                for key, row in kept.sessions.items()
            }
            used = {
                label: msgspec.structs.replace(row, used_ns=max(row.used_ns, tokens.get(label, 0)))
                for label, row in kept.tokens.items()
            }
            return _swept(msgspec.structs.replace(kept, sessions=seen, tokens=used), now_ns)

        self._file.change(note)

    def _principal(self, who: Who, *, fresh: bool, credential: str) -> Principal:
        return person(who.name, who.role, who.owner, keeper_of=self._keeper, fresh=fresh, credential=credential)


def _who(principal: Principal) -> Who:
    """Whom to keep. Raises: ValueShapeError, UsageError."""
    checked_name(principal.name, what="a person")
    checked_name(principal.owner, what="an owner")
    if principal.role == "agent" or principal.name in NOT_PERSONS:
        raise UsageError(f"{principal.name} with the role {principal.role} is no person and no program of one")
    return Who(name=principal.name, role=principal.role, owner=principal.owner)


def _named(secret: str) -> str:
    return f"session:{digest(secret)[:12]}"


def _runs(made_ns: int, ends_ns: int, now_ns: int) -> bool:
    """Whether it is between the two; what was made in the future was not made by this clock."""
    return made_ns - SKEW_S * SECOND <= now_ns < ends_ns


def _code_waits(row: CodeRow, now_ns: int) -> bool:
    return _runs(row.ends_ns - CODE_S * SECOND, row.ends_ns, now_ns)


def _session(who: Who, way: Way, now_ns: int, signed_in_ns: int, token: str = "") -> SessionRow:
    return SessionRow(who=who, way=way, made_ns=now_ns, signed_in_ns=signed_in_ns, seen_ns=now_ns, token=token)


def _session_runs(kept: Kept, row: SessionRow, seen_ns: int, now_ns: int) -> bool:
    if row.token:
        token = kept.tokens.get(row.token)
        if token is None or not _runs(token.made_ns, token.ends_ns, now_ns):
            return False
    return _runs(row.made_ns, _session_ends(row), now_ns) and _runs(seen_ns, seen_ns + IDLE_S * SECOND, now_ns)


def _session_ends(row: SessionRow) -> int:
    """When it ends however much it is used."""
    return row.made_ns + (OIDC_S if row.way == "oidc" else SESSION_S) * SECOND


def _with_session(kept: Kept, secret: str, row: SessionRow, now_ns: int) -> Kept:
    """With one more; the one that was not used for the longest gives way."""
    kept = _swept(kept, now_ns)
    newest = sorted(kept.sessions.items(), key=lambda one: one[1].seen_ns)[-(SESSIONS_MAX - 1) :]
    return msgspec.structs.replace(kept, sessions={**dict(newest), digest(secret): row})


def _without_session(kept: Kept, key: str) -> Kept:
    return msgspec.structs.replace(kept, sessions={one: row for one, row in kept.sessions.items() if one != key})


def _without(kept: Kept, label: str) -> Kept:
    """Without a token, and without what was signed in with it."""
    return msgspec.structs.replace(
        kept,
        tokens={one: row for one, row in kept.tokens.items() if one != label},
        sessions={key: row for key, row in kept.sessions.items() if row.token != label},
    )


def _swept(kept: Kept, now_ns: int) -> Kept:
    """Without sessions and codes that ended; tokens stay until somebody takes them back."""
    return msgspec.structs.replace(
        kept,
        sessions={key: row for key, row in kept.sessions.items() if _session_runs(kept, row, row.seen_ns, now_ns)},
        codes={key: row for key, row in kept.codes.items() if _code_waits(row, now_ns)},
    )


def _listed(label: str, kind: str, who: Who, *, decides: bool, made_ns: int, ends_ns: int, used_ns: int) -> Listed:
    return Listed(
        label=label,
        kind=kind,
        name=who.name,
        role=who.role,
        owner=who.owner,
        decides=decides,
        made_ns=made_ns,
        ends_ns=ends_ns,
        used_ns=used_ns,
    )
