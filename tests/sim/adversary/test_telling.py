"""A story is played as the door would, and says what went otherwise."""

from __future__ import annotations

from ergos.kernel.permission.policy import Allowed, Ask, Denied
from ergos.sim.adversary.planted import BINDERS, DECISIONS
from ergos.sim.adversary.telling import READ, UNREAD, Replay, Story, allow, call, fixed, shown, used_up, wrongs


def story(*steps: object, **more: object) -> Story:
    return Story(**{"family": "f", "name": "n", "grants": (allow("mail.send", times=2),), "steps": steps, **more})


def test_what_came_otherwise_is_told() -> None:
    args = {"to": "", "subject": "", "body": ""}
    denied = list(wrongs(story(call("mail.send", "allowed", args)), lambda _: Denied("grants", "no")))
    assert len(denied) == 1
    assert "expected allowed" in denied[0]
    assert not list(wrongs(story(call("mail.send", "never silent", args)), lambda _: Ask("g", "why")))
    assert not list(wrongs(story(call("mail.send", "never silent", args)), lambda _: Denied("g", "why")))
    assert list(wrongs(story(call("mail.send", "never silent", args)), lambda _: Allowed("g")))
    assert list(wrongs(story(call("mail.send", "denied", args)), lambda _: Ask("g", "why")))


def test_calls_that_are_made_count() -> None:
    step = call("files.read", "allowed", {"path": "/a"}, label=UNREAD)
    grant = allow("files.read", {"path": fixed("/a")}, times=2)
    last = call("files.read", "denied", {"path": "/a"}, label=UNREAD)
    assert not list(wrongs(story(step, step, last, grants=(grant,))))
    assert not list(wrongs(story(last, grants=(grant,), used=used_up(grant, 2))))


def test_a_revoked_grant_is_known_to_the_judge_only_as_revoked() -> None:
    taken = story(call("mail.read", "denied", {}, label=READ), grants=(), revoked=(allow("mail.read"),))
    assert not list(wrongs(taken))
    assert list(wrongs(taken, DECISIONS["a revoked grant goes on"]))


def test_an_approval_that_is_good_for_more_is_told() -> None:
    replay = story(replays=(Replay(approved=shown(), tried=shown(pid=8)),))
    assert not list(wrongs(replay))
    assert list(wrongs(replay, binder=BINDERS["an approval is of any process"]))
    assert list(wrongs(story(replays=(Replay(approved=shown(), tried=shown()),))))
    assert not list(wrongs(story(replays=(Replay(approved=shown(), tried=shown(), used=True),))))
