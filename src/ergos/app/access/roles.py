"""Who somebody is to a kernel: a principal has a name, a role, and the owner whose things it sees.

    viewer     reads
    operator   also starts, pauses, resumes, stops and kills processes, and writes to them
    owner      also decides: answers the inbox, confirms and revokes grants
    agent      a process with its own token; stands apart and sees itself only

Rules: a principal sees the things of one owner. The keeper is the owner of the home, or who acts for them: only they
touch what belongs to nobody alone (STOP, servers of tools, models, checkpoints). Decisions that let something happen
want a fresh sign-in. Nothing is decided here; `authority` does.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from ergos.base.ids import Pid

Role: TypeAlias = Literal["viewer", "operator", "owner", "agent"]

_RANK: Final[dict[Role, int]] = {"agent": 0, "viewer": 1, "operator": 2, "owner": 3}


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who came in."""

    name: str
    """The person; stands in the journal beside what they decide. A delegate has a name of their own."""
    role: Role
    owner: str
    """Whose processes, money and inbox these are."""
    keeper: bool = False
    """May act on the home as a whole, as far as the role goes."""
    fresh: bool = False
    """Signed in a moment ago, or with a credential that was made for deciding."""
    pid: Pid = Pid(0)
    """Of an agent: its process; else 0."""
    credential: str = ""
    """Name of the token or kind of session they came in with; for logs and audits."""

    def at_least(self, role: Role) -> bool:
        """Whether this role includes what that one may do; an agent's includes nothing."""
        return self.role != "agent" and _RANK[self.role] >= _RANK[role]


def person(
    name: str, role: Role, owner: str, *, keeper_of: str, fresh: bool = False, credential: str = ""
) -> Principal:
    """A person who came in; `keeper_of`: the owner of the home."""
    return Principal(name=name, role=role, owner=owner, keeper=owner == keeper_of, fresh=fresh, credential=credential)
