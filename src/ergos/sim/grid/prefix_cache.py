"""The key-value memory of an inference engine: blocks of tokens, shared between calls that begin alike.

A prompt is a row of full blocks, each named by a hash of itself and all before it, so equal names mean equal
prefixes. A block is in use (by so many calls), or remembered (by none, least recently used first out), or blank.

Rules: never more blocks than there are; a block in use is never forgotten; of one call's blocks the last is
forgotten first; a call's named blocks are always the first of its row. Source: vLLM's automatic prefix caching; as
in SGLang, a call that has computed what another computed meanwhile gives its own copy back.
"""

from __future__ import annotations

from itertools import islice


class PrefixCache:
    """All blocks of one engine. Costs are O(1) for each block named."""

    def __init__(self, blocks: int) -> None:
        assert blocks > 0, blocks
        self.blocks = blocks
        self.blank = blocks
        self._users: dict[int, int] = {}
        self._remembered: dict[int, None] = {}
        """Those that nobody uses, the one given back longest ago first."""

    @property
    def free(self) -> int:
        """Blocks that can be taken now."""
        return self.blank + len(self._remembered)

    @property
    def used(self) -> int:
        """Blocks that calls hold now."""
        return self.blocks - self.blank - len(self._remembered)

    def found(self, names: tuple[int, ...], most: int) -> int:
        """How many of the first `most` blocks are here, up to the first that is not."""
        users, remembered = self._users, self._remembered
        count = 0
        for name in names[:most]:
            if name not in users and name not in remembered:
                break
            count += 1
        return count

    def take(self, names: tuple[int, ...], shared: int, fresh: int, spare: int = 0) -> bool:
        """Use the first `shared` blocks, which must be here, and `fresh` blanks, if `spare` more stay free.

        All or nothing: False changes nothing.
        """
        users, remembered = self._users, self._remembered
        row = names[:shared]
        idle = [name for name in row if name in remembered]
        if self.free - len(idle) < fresh + spare:
            return False
        if len(idle) < shared:
            for name in row:
                if name in users:
                    users[name] += 1
        for name in idle:
            del remembered[name]
        users.update(dict.fromkeys(idle, 1))
        self.grow(fresh)
        return True

    def grow(self, fresh: int) -> None:
        """Take blank blocks; they must be free."""
        missing = fresh - self.blank
        if missing > 0:
            for name in list(islice(self._remembered, missing)):
                del self._remembered[name]
            self.blank += missing
        self.blank -= fresh

    def name(self, names: tuple[int, ...], start: int, stop: int) -> int:
        """A call's own blocks start .. stop - 1 are computed: from now on others can share them.

        Returns how many of them were here already: those copies are blank again.
        """
        users, remembered = self._users, self._remembered
        doubled = 0
        for name in names[start:stop]:
            if name in users:
                users[name] += 1
                doubled += 1
            else:
                if name in remembered:
                    del remembered[name]
                    doubled += 1
                users[name] = 1
        self.blank += doubled
        return doubled

    def release(self, names: tuple[int, ...], named: int, unnamed: int) -> None:
        """A call gives its blocks back: the first `named` of its row, and `unnamed` ones that nobody can share."""
        users, remembered = self._users, self._remembered
        row = names[:named][::-1]
        last = [name for name in row if users[name] == 1]
        if len(last) < named:
            for name in row:
                users[name] -= 1
        for name in last:
            del users[name]
        remembered.update(dict.fromkeys(last))
        self.blank += unnamed

    def forget(self) -> None:
        """Remember nothing any more; blocks in use stay."""
        self.blank += len(self._remembered)
        self._remembered.clear()
