from ergos.base.ids import Pid
from ergos.sim.grid.programs import Program, Turn


def test_equal_beginnings_are_equal_block_names():
    one = Turn(((1, 128), (7, 300)), 84, 100, 300)
    other = Turn(((1, 128), (8, 300)), 84, 100, 300)
    assert len(one.blocks(64)) == 2 + 6
    assert one.blocks(64)[:2] == other.blocks(64)[:2]
    assert not set(one.blocks(64)[2:]) & set(other.blocks(64)[2:])


def test_an_outline_names_whole_blocks_of_the_prompt_with_the_tokens_up_to_there():
    turn = Turn(((1, 1_024), (7, 1_300)), 84, 100, 300)
    longer = Turn(((1, 1_024), (7, 1_600)), 84, 100, 300)
    assert [tokens for _, tokens in turn.outline()] == [512, 1_024, 1_536, 2_048]
    assert longer.outline()[:4] == turn.outline()
    assert not {name for name, _ in turn.outline()} & set(turn.blocks(64))


def test_work_and_pauses_of_a_program_are_of_its_turns():
    turn = Turn(((7, 100),), 10, 100, 40, 5)
    program = Program(Pid(1), "ann", "single", 0, (((turn, turn), (turn,)), ((turn,),)))
    assert turn.work == 40 + 0.1 * 60 + 6 * 10
    assert program.work == 4 * turn.work
    assert program.calls == 4
    assert program.pause_ns == 15
