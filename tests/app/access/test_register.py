"""The register: who shows a secret is who it was made for, once, for a while, for one purpose; else nobody."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from ergos.app.access.register import (
    CODE_S,
    CODES_MAX,
    DAYS,
    DAYS_MAX,
    FRESH_S,
    IDLE_S,
    OIDC_S,
    SESSION_S,
    SESSIONS_MAX,
    SKEW_S,
    TOKENS_MAX,
    TOUCH_S,
    USED_S,
    Register,
)
from ergos.app.access.register_file import FILE
from ergos.app.access.roles import Principal, person
from ergos.base.clock import DAY, SECOND, ManualClock
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import BoundError, ErgosError, UsageError, ValueShapeError

NOON_NS = 1_795_000_000 * SECOND
ALICE = person("alice", "owner", "alice", keeper_of="alice")
EVE = person("eve", "viewer", "bob", keeper_of="alice")


class House:
    """A home with a clock, and as many processes on it as are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock(NOON_NS)
        self.entropy = SeededEntropy(7)
        self.register = self.process()

    def process(self) -> Register:
        return Register(self.folder, self.clock, self.entropy, keeper="alice")

    def wait(self, seconds: float) -> None:
        self.clock.advance(int(seconds * SECOND))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


# Tokens


def test_a_token_is_its_persons_until_it_ends_or_is_taken_back(house: House) -> None:
    token = house.register.issue(label="ci", who=EVE)
    assert token.startswith("ergos_api_")
    for register in (house.register, house.process()):
        found = register.principal_of_token(token, "api")
        assert found == Principal(name="eve", role="viewer", owner="bob", credential="token:ci")
    house.wait(DAYS * 86_400 - 1)
    assert house.register.principal_of_token(token, "api")
    house.wait(1)
    assert house.register.principal_of_token(token, "api") is None
    again = house.process().issue(label="ci", who=ALICE)
    assert house.register.principal_of_token(again, "api").keeper
    assert house.process().revoke("ci")
    assert house.register.principal_of_token(again, "api") is None
    assert not house.register.revoke("ci")


def test_a_token_is_good_for_its_one_purpose(house: House) -> None:
    for purpose in ("api", "metrics", "a2a"):
        token = house.register.issue(label=f"for-{purpose}", who=ALICE, purpose=purpose)
        for door in ("api", "metrics", "a2a"):
            assert (house.register.principal_of_token(token, door) is not None) == (door == purpose)
        assert (house.register.sign_in_with(token) is not None) == (purpose == "api")


def test_only_an_owners_token_for_the_api_decides(house: House) -> None:
    token = house.register.issue(label="robot", who=ALICE, decides=True)
    house.wait(86_400)
    assert house.register.principal_of_token(token, "api").fresh
    for who, purpose in ((EVE, "api"), (ALICE, "metrics"), (ALICE, "a2a")):
        with pytest.raises(UsageError):
            house.register.issue(label="other", who=who, purpose=purpose, decides=True)
    assert [one.label for one in house.register.listed()] == ["robot"]


def test_no_other_text_is_a_token(house: House) -> None:
    token = house.register.issue(label="ci", who=ALICE)
    for wrong in (
        "",
        token[:-1],
        f"{token}0",
        token.upper(),
        f" {token}",
        "ergos_api_" + "0" * 64,
        "\ud800",
        "x" * 10**6,
        FILE,
    ):
        assert house.register.principal_of_token(wrong, "api") is None
    kept = (house.folder / FILE).read_text()
    assert token not in kept
    assert token[-64:] not in kept


def test_a_token_in_place_of_another_ends_it_and_what_was_signed_in_with_it(house: House) -> None:
    token = house.register.issue(label="ci", who=ALICE, decides=True)
    secret, who = house.register.sign_in_with(token)
    assert who.fresh
    assert house.register.principal_of_session(secret)[0].fresh
    house.register.issue(label="ci", who=ALICE)
    assert house.register.principal_of_token(token, "api") is None
    assert house.register.principal_of_session(secret) is None


@pytest.mark.parametrize("end", ["revoked", "ended"])
def test_a_session_ends_with_the_token_it_came_by(house: House, end: str) -> None:
    token = house.register.issue(label="ci", who=ALICE, days=1)
    secret, who = house.register.sign_in_with(token)
    assert not who.fresh
    assert not house.register.principal_of_session(secret)[0].fresh  # a token that decides nothing makes nothing fresh
    if end == "revoked":
        house.process().revoke("ci")
    else:
        for _ in range(24):
            house.wait(3_600)
            house.register.principal_of_session(secret)
    assert house.register.principal_of_session(secret) is None


def test_what_is_no_name_no_role_and_no_term_is_refused(house: House) -> None:
    agent = Principal(name="alice", role="agent", owner="alice")
    for who in (agent, msgspec.structs.replace(ALICE, name="kernel"), msgspec.structs.replace(ALICE, name="a/b")):
        for made in (lambda: house.register.issue(label="x", who=who), lambda: house.register.code(who)):  # noqa: B023 - called at once
            with pytest.raises((UsageError, ValueShapeError)):
                made()
    for label in ("", "a/b", "session:0123456789ab", "x" * 500):
        with pytest.raises(ValueShapeError):
            house.register.issue(label=label, who=ALICE)
    for days in (0, -1, DAYS_MAX + 1):
        with pytest.raises(UsageError):
            house.register.issue(label="x", who=ALICE, days=days)
    assert not (house.folder / FILE).exists()


def test_there_are_only_so_many_tokens(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ergos.app.access.register.TOKENS_MAX", 3)
    for number in range(3):
        house.register.issue(label=f"t{number}", who=ALICE)
    with pytest.raises(BoundError):
        house.register.issue(label="more", who=ALICE)
    house.register.issue(label="t0", who=ALICE)
    house.register.revoke("t1")
    house.register.issue(label="more", who=ALICE)
    assert TOKENS_MAX == 256


def test_use_is_written_down_coarsely(house: House) -> None:
    token = house.register.issue(label="ci", who=ALICE)
    assert house.register.listed()[0].used_ns == 0
    stamp = (house.folder / FILE).stat().st_mtime_ns, (house.folder / FILE).stat().st_ino
    house.register.principal_of_token(token, "api")
    assert house.register.overdue
    house.register.settle()
    assert house.process().listed()[0].used_ns == NOON_NS
    house.wait(USED_S - 1)
    house.register.principal_of_token(token, "api")
    assert not house.register.overdue
    house.wait(1)
    house.register.principal_of_token(token, "api")
    assert house.register.overdue
    assert stamp != ((house.folder / FILE).stat().st_mtime_ns, (house.folder / FILE).stat().st_ino)


# One-time codes


def test_a_code_signs_in_once(house: House) -> None:
    code = house.process().code(ALICE)
    secret, who = house.register.redeem(code.lower().replace("-", " "))
    assert (who.name, who.role, who.owner, who.keeper, who.fresh) == ("alice", "owner", "alice", True, True)
    assert house.register.redeem(code) is None
    assert house.process().redeem(code) is None
    found, csrf = house.process().principal_of_session(secret)
    assert found == who
    assert len(csrf) == 64
    assert code.replace("-", "") not in (house.folder / FILE).read_text()
    assert secret not in (house.folder / FILE).read_text()


def test_two_who_show_the_same_code_at_once_are_one(house: House) -> None:
    code = house.register.code(ALICE)
    got: list[object] = []
    racers = [threading.Thread(target=lambda: got.append(house.process().redeem(code))) for _ in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(got) == 8
    assert sum(one is not None for one in got) == 1
    assert len([one for one in house.register.listed() if one.kind == "session"]) == 1


def test_a_code_is_good_for_five_minutes(house: House) -> None:
    code = house.register.code(ALICE)
    house.wait(CODE_S)
    assert house.register.redeem(code) is None
    code = house.register.code(ALICE)
    house.wait(-SKEW_S - CODE_S - 1)  # the clock was set back: it does not live longer
    assert house.register.redeem(code) is None
    house.wait(10_000)
    house.register.code(ALICE)
    assert b'"codes"' in (house.folder / FILE).read_bytes()


def test_wrong_codes_take_nothing_away(house: House) -> None:
    code = house.register.code(ALICE)
    before = (house.folder / FILE).read_bytes()
    for wrong in ("", "0000-0000-0000-0000", code[:-1], f"{code}0", "x" * 100_000, "ergos_api_" + "0" * 64):
        assert house.register.redeem(wrong) is None
    assert (house.folder / FILE).read_bytes() == before
    assert house.register.redeem(code)


def test_there_are_only_so_many_codes_and_the_newest_is_good(house: House) -> None:
    codes = []
    for _ in range(CODES_MAX + 3):
        house.wait(1)
        codes.append(house.register.code(ALICE))
    assert house.register.redeem(codes[0]) is None
    assert house.register.redeem(codes[-1])
    assert house.register.redeem(codes[-2])


# Sessions


def session(house: House, who: Principal = ALICE) -> str:
    found = house.register.redeem(house.register.code(who))
    assert found
    return found[0]


def test_a_sign_in_is_fresh_for_a_quarter_of_an_hour(house: House) -> None:
    secret = session(house)
    house.wait(FRESH_S - 1)
    assert house.register.principal_of_session(secret)[0].fresh
    house.wait(1)
    assert not house.register.principal_of_session(secret)[0].fresh


def test_a_clock_that_is_set_back_ends_what_was_made_later(house: House) -> None:
    secret, token = session(house), house.register.issue(label="ci", who=ALICE)
    house.wait(-SKEW_S)
    assert house.register.principal_of_session(secret)[0].fresh
    assert house.register.principal_of_token(token, "api")
    house.wait(-1)
    assert house.register.principal_of_session(secret) is None
    assert house.register.principal_of_token(token, "api") is None


def test_a_session_ends_after_a_night_without_use(house: House) -> None:
    secret = session(house)
    house.wait(IDLE_S - 1)
    assert house.register.principal_of_session(secret)
    assert house.register.overdue
    house.wait(IDLE_S - 1)
    assert house.process().principal_of_session(secret) is None  # nobody wrote down that it was used
    assert house.register.principal_of_session(secret)
    house.register.settle()
    assert house.process().principal_of_session(secret)
    house.wait(IDLE_S)
    assert house.register.principal_of_session(secret) is None


def test_a_session_ends_after_thirty_days_of_use(house: House) -> None:
    secret = session(house)
    steps = SESSION_S // (IDLE_S // 2)
    for step in range(1, steps + 1):
        house.wait(IDLE_S // 2)
        assert (house.register.principal_of_session(secret) is not None) == (step < steps)
        if house.register.overdue:
            house.register.settle()


def test_who_came_by_an_organisation_is_asked_again_after_a_day_of_work(house: House) -> None:
    secret = house.register.sign_in(EVE, NOON_NS - 10 * SECOND)
    found = house.register.principal_of_session(secret)
    assert found
    assert found[0].fresh
    house.wait(FRESH_S - 10)
    assert not house.register.principal_of_session(secret)[0].fresh
    for _ in range(3):
        house.wait(OIDC_S / 4)
        assert (house.register.principal_of_session(secret) is not None) is (
            house.clock.now_ns() < NOON_NS + OIDC_S * SECOND
        )
        house.register.settle()
    house.wait(OIDC_S / 4)
    assert house.register.principal_of_session(secret) is None
    assert not house.register.principal_of_session(house.register.sign_in(EVE, 0))[0].fresh


def test_signing_out_ends_it_at_once_everywhere(house: House) -> None:
    secret, other = session(house), session(house)
    elsewhere = house.process()
    assert elsewhere.principal_of_session(secret)
    assert house.register.sign_out(secret)
    assert elsewhere.principal_of_session(secret) is None
    assert not house.register.sign_out(secret)
    label = next(one.label for one in elsewhere.listed())
    assert label.startswith("session:")
    for wrong in ("session:", "session:" + "0" * 12, label[:-1]):
        assert not elsewhere.revoke(wrong)
    assert house.register.principal_of_session(other)
    assert elsewhere.revoke(label)
    assert house.register.principal_of_session(other) is None


def test_use_of_a_session_is_written_down_coarsely(house: House) -> None:
    secret = session(house)
    house.wait(TOUCH_S - 1)
    house.register.principal_of_session(secret)
    assert not house.register.overdue
    house.wait(1)
    house.register.principal_of_session(secret)
    assert house.register.overdue
    house.register.settle()
    assert not house.register.overdue
    assert house.process().listed()[0].used_ns == NOON_NS + TOUCH_S * SECOND


def test_there_are_only_so_many_sessions_and_the_least_used_gives_way(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ergos.app.access.register.SESSIONS_MAX", 3)
    first = session(house)
    others = []
    for _ in range(3):
        house.wait(1)
        others.append(session(house))
    assert house.register.principal_of_session(first) is None
    assert all(house.register.principal_of_session(other) for other in others)
    assert SESSIONS_MAX == 512


def test_no_other_text_is_a_session(house: House) -> None:
    secret = session(house)
    token = house.register.issue(label="ci", who=ALICE)
    for wrong in ("", secret[:-1], secret.upper(), f"{secret}0", token, "\ud800", "x" * 10**6):
        assert house.register.principal_of_session(wrong) is None
        assert not house.register.sign_out(wrong)


def test_the_register_says_what_is_good_now(house: House) -> None:
    house.register.issue(label="b", who=EVE, days=1)
    house.register.issue(label="a", who=ALICE, purpose="metrics")
    session(house)
    listed = house.register.listed()
    assert [(one.kind, one.name, one.role, one.owner) for one in listed] == [
        ("metrics", "alice", "owner", "alice"),
        ("api", "eve", "viewer", "bob"),
        ("session", "alice", "owner", "alice"),
    ]
    assert listed[1].ends_ns == NOON_NS + DAY
    house.wait(86_400)
    assert [one.label for one in house.register.listed()] == ["a"]


class Walk(RuleBasedStateMachine):
    """Whatever is made, used, revoked and waited for, in two processes: what is good is exactly what should be."""

    secrets = Bundle("secrets")

    @initialize()
    def begin(self) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.house = House(Path(self.folder.name))
        self.processes = [self.house.register, self.house.process()]
        self.tokens: dict[str, tuple[str, Principal, int]] = {}
        self.sessions: dict[str, tuple[Principal, int]] = {}
        self.dead: set[str] = set()

    @rule(label=st.sampled_from("abc"), who=st.sampled_from([ALICE, EVE]), days=st.integers(1, 3), at=st.integers(0, 1))
    def issue(self, label: str, who: Principal, days: int, at: int) -> None:
        if label in self.tokens:
            self.dead.add(self.tokens[label][0])
        token = self.processes[at].issue(label=label, who=who, days=days)
        self.tokens[label] = token, who, self.house.clock.now_ns() + days * DAY

    @rule(who=st.sampled_from([ALICE, EVE]), at=st.integers(0, 1))
    def enter(self, who: Principal, at: int) -> None:
        code = self.processes[at].code(who)
        found = self.processes[1 - at].redeem(code)
        assert found is not None
        self.sessions[found[0]] = who, self.house.clock.now_ns()
        assert self.processes[at].redeem(code) is None

    @rule(label=st.sampled_from("abc"), at=st.integers(0, 1))
    def revoke(self, label: str, at: int) -> None:
        assert self.processes[at].revoke(label) == (label in self.tokens)
        if label in self.tokens:
            self.dead.add(self.tokens.pop(label)[0])

    @rule(at=st.integers(0, 1), pick=st.randoms(use_true_random=False))
    def leave(self, at: int, pick) -> None:
        if self.sessions:
            secret = pick.choice(sorted(self.sessions))
            self.processes[at].sign_out(secret)
            del self.sessions[secret]
            self.dead.add(secret)

    @rule(hours=st.sampled_from([0.1, 1, 5, 11.5, 30]))
    def wait(self, hours: float) -> None:
        self.house.wait(hours * 3_600)

    @invariant()
    def good_is_what_should_be(self) -> None:
        if not hasattr(self, "house"):
            return
        now_ns = self.house.clock.now_ns()
        for register in self.processes:
            for token, who, ends_ns in self.tokens.values():
                found = register.principal_of_token(token, "api")
                assert (found is not None) == (now_ns < ends_ns)
                assert found is None or (found.name, found.owner, found.role) == (who.name, who.owner, who.role)
            for secret in self.dead:
                assert register.principal_of_token(secret, "api") is None
                assert register.principal_of_session(secret) is None
        for secret, (who, used_ns) in list(self.sessions.items()):
            found = self.processes[0].principal_of_session(secret)
            if now_ns - used_ns >= IDLE_S * SECOND:
                assert found is None
                del self.sessions[secret]
                self.dead.add(secret)
            elif found is not None:
                assert found[0].owner == who.owner
                self.sessions[secret] = who, now_ns
        for register in self.processes:
            if register.overdue:
                register.settle()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


Walk.TestCase.settings = settings(max_examples=15, stateful_step_count=15)
TestWalk = Walk.TestCase


def test_a_damaged_file_lets_nobody_in(house: House) -> None:
    token, secret = house.register.issue(label="ci", who=ALICE), session(house)
    (house.folder / FILE).write_bytes(b"{")
    for asked in (
        lambda: house.register.principal_of_token(token, "api"),
        lambda: house.register.principal_of_session(secret),
        lambda: house.register.redeem("0000-0000-0000-0000"),
        lambda: house.register.code(ALICE),
        house.register.listed,
    ):
        with pytest.raises(ErgosError):
            asked()
