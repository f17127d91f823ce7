"""AGENT.md of an imported agent says what the draft says, and no more."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.importing.agent_md import BODY_BYTES_MAX, agent_md, body_of, quoted, whole
from ergos.app.importing.shape import Incoming
from ergos.base.money import Amount
from ergos.kernel.ledger import Caps
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.triggers import Schedule
from ergos.lib import agent_file
from ergos.lib.work import Work


@given(
    st.text(max_size=80),
    st.text(max_size=80),
    st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=3),
)
def test_any_draft_reads_back(goal: str, instructions: str, prompts: dict[str, str]) -> None:
    grant = Grant(
        agent="a", verb="act", name="files.read", args={"path": Matcher("under", ("x", "n:/"))}, ask=True, words="w: x"
    )
    draft = Incoming(
        name="a", goal=goal, instructions=instructions, prompts=prompts, grants=(grant,), window_tokens=9_000,
        caps=Caps(process=Amount(2_500_000, 100)),
        work=Work(timezone="Europe/Berlin", triggers=(Schedule(name="t", cron="0 7 * * *", words="w"),)),
    )  # fmt: skip
    read = agent_file.read(agent_md(draft), "AGENT.md")
    assert (read.grants, read.caps, read.work, read.window_tokens) == ((grant,), draft.caps, draft.work, 9_000)
    settings = msgspec.json.decode(read.settings)
    assert (settings or {}).get("prompts", {}) == whole(prompts)


def test_instructions_that_do_not_fit_are_cut_at_a_character() -> None:
    text, all_of_it = body_of("中" * BODY_BYTES_MAX)
    assert not all_of_it
    assert len(text.encode()) <= BODY_BYTES_MAX
    assert set(text) == {"中"}


@given(st.text(max_size=60))
def test_a_quoted_text_is_one_scalar_of_yaml(text: str) -> None:
    import yaml

    assert yaml.safe_load(quoted(text)) == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
