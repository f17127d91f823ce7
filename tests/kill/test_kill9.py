"""Real processes, real SIGKILL: what the durable engine promises, counted by the outside world."""

from __future__ import annotations

import os
import random

import pytest

from bench.kill import campaign
from bench.outside import KINDS, LEDGER, tally

KILLS = 50
WINDOW_S = (0.02, 0.3)
SEED = int(os.environ.get("ERGOS_KILL_SEED") or random.SystemRandom().randrange(2**32))


@pytest.mark.slow
def test_fifty_kills_under_load_double_nothing_lose_nothing_and_the_books_balance(tmp_path):
    print(f"again with ERGOS_KILL_SEED={SEED}")
    score = campaign("ergos", tmp_path, kills=KILLS, seed=SEED, window_s=WINDOW_S)
    print(score)
    assert score.doubled == 0, score
    assert score.lost == 0, score
    assert score.unfinished == 0, score
    assert score.unsound == "", score
    assert score.asked > 0, "no kill hit between an effect and its record: the harness proves nothing"
    assert score.tally.effects > KILLS * len(KINDS), score


def test_the_count_sees_what_was_doubled_and_what_was_lost(tmp_path):
    (tmp_path / LEDGER).write_text("charge 1 -\ncharge 1 -\nput 1 a\nput 1 a\nput 2 a\nput 2 b\npublish 1 -\n")
    found = tally(tmp_path, ["1", "2"])
    assert found.effects == 6
    assert found.doubled == {"charge": 1, "put": 1, "publish": 0}
    assert found.lost == {"charge": 1, "put": 0, "publish": 1}


def test_the_harness_notices_a_worker_that_ends_by_itself(tmp_path):
    with pytest.raises(RuntimeError, match="did not get ready"):
        campaign("nothing", tmp_path, kills=3, seed=3, window_s=WINDOW_S)
