"""The cache against one that keeps every block as a thing of its own and looks at all of them each time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.sim.grid.prefix_cache import PrefixCache

# rows 0 .. 3 share their first two blocks
ROWS = tuple(tuple(depth if depth < 2 else 100 * (tree + 1) + depth for depth in range(8)) for tree in range(4))


class Plainly:
    """Every remembered block with the time it was last given back."""

    def __init__(self, blocks):
        self.blocks, self.users, self.given_back, self.unnamed, self.time = blocks, {}, {}, 0, 0

    @property
    def free(self):
        return self.blocks - len([n for n in self.users.values() if n]) - self.unnamed

    def found(self, names, most):
        count = 0
        while count < min(most, len(names)) and (names[count] in self.users or names[count] in self.given_back):
            count += 1
        return count

    def blank(self):
        return self.blocks - len(self.users) - len(self.given_back) - self.unnamed

    def grow(self, fresh):
        self.unnamed += fresh
        while self.blank() < 0:
            del self.given_back[min(self.given_back, key=self.given_back.get)]

    def use(self, name):
        self.given_back.pop(name, None)
        self.users[name] = self.users.get(name, 0) + 1

    def name(self, names, start, stop):
        for name in names[start:stop]:
            self.unnamed -= 1
            self.use(name)

    def release(self, names, named, unnamed):
        self.unnamed -= unnamed
        for name in reversed(names[:named]):
            self.users[name] -= 1
            if not self.users[name]:
                del self.users[name]
                self.time += 1
                self.given_back[name] = self.time


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_it_remembers_and_forgets_as_the_plain_one_does(data):
    real, plain = PrefixCache(12), Plainly(12)
    holders = []
    for _ in range(data.draw(st.integers(1, 30))):
        if holders and data.draw(st.booleans()):
            names, named, unnamed = holders.pop(data.draw(st.integers(0, len(holders) - 1)))
            full = data.draw(st.integers(named, min(len(names), named + unnamed)))
            real.name(names, named, full)
            plain.name(names, named, full)
            real.release(names, full, unnamed - (full - named))
            plain.release(names, full, unnamed - (full - named))
        else:
            names = data.draw(st.sampled_from(ROWS))
            most = data.draw(st.integers(0, len(names)))
            shared, fresh = real.found(names, most), data.draw(st.integers(0, 6))
            assert shared == plain.found(names, most)
            before = (real.blank, real.free)
            if real.take(names, shared, fresh):
                for name in names[:shared]:
                    plain.use(name)
                plain.grow(fresh)
                holders.append((names, shared, fresh))
            else:
                assert (real.blank, real.free) == before
                kept = len([name for name in names[:shared] if name in plain.given_back])
                assert plain.free - kept < fresh
        assert real.free == plain.free
        assert real.blank == plain.blank()
        assert real.used + real.free == real.blocks
        assert 0 <= real.blank <= real.blocks
        assert all(real.found(row, 8) == plain.found(row, 8) for row in ROWS)


def test_the_least_recently_used_goes_first_and_of_one_row_the_last():
    cache = PrefixCache(6)
    for row in (ROWS[0][2:5], ROWS[1][2:5]):
        assert cache.take(row, 0, 3)
        cache.name(row, 0, 3)
        cache.release(row, 3, 0)
    assert cache.take((), 0, 2)
    assert cache.found(ROWS[0][2:5], 3) == 1
    assert cache.found(ROWS[1][2:5], 3) == 3


def test_a_second_copy_is_given_back():
    cache = PrefixCache(4)
    row = ROWS[0][:2]
    assert cache.take(row, 0, 2)
    assert cache.take(row, 0, 2)
    assert cache.name(row, 0, 2) == 0
    assert cache.name(row, 0, 2) == 2
    assert cache.free == 2
    cache.release(row, 2, 0)
    assert cache.free == 2
    cache.release(row, 2, 0)
    assert cache.free == 4


def test_what_is_forgotten_is_not_found_and_what_is_in_use_stays():
    cache = PrefixCache(4)
    for row in (ROWS[0][:2], ROWS[1][2:4]):
        assert cache.take(row, 0, 2)
        cache.name(row, 0, 2)
    cache.release(ROWS[0][:2], 2, 0)
    cache.forget()
    assert cache.found(ROWS[0], 2) == 0
    assert cache.found(ROWS[1][2:4], 2) == 2
    assert cache.free == 2
