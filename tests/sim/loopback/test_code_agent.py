from __future__ import annotations

import ast

from ergos.kernel.models import Message, ModelRequest, Text
from ergos.sim.loopback.code_agent import step, tools_in
from ergos.sim.loopback.schema_values import said

SYSTEM = '''You solve tasks. The code sequence must be opened with '<code>', and closed with '</code>'.
```python
def get_weather(city: string, days: integer) -> string:
    """Look."""

def final_answer(answer: any) -> any:
    """End."""
```'''


def system(text: str) -> ModelRequest:
    return ModelRequest(messages=(Message("system", (Text(text),)), Message("user", (Text("Lisbon"),))))


def test_tools_and_marks_are_read_from_the_system_message() -> None:
    tools = tools_in(system(SYSTEM))
    assert tools is not None
    assert tools.functions == {"get_weather": {"city": "string", "days": "integer"}}
    assert (tools.opening, tools.closing) == ("<code>", "</code>")


def test_who_does_not_write_code_is_left_alone() -> None:
    assert tools_in(system("You help. def f(x: int) -> int:")) is None


def test_a_step_is_python_between_the_marks() -> None:
    tools = tools_in(system(SYSTEM))
    assert tools is not None
    for done, called in ((0, "get_weather"), (1, "final_answer")):
        text = step(tools, said("weather in Lisbon for 3 days", "s"), done, 1, "it's 'fine'")
        code = text.partition("<code>")[2].partition("</code>")[0]
        names = {
            node.func.id
            for node in ast.walk(ast.parse(code.strip()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert called in names


def test_without_marks_a_fence_is_used() -> None:
    tools = tools_in(system("def final_answer(answer: any) -> any:"))
    assert tools is not None
    assert "```py\nfinal_answer('x')\n```" in step(tools, said("a", "s"), 0, 3, "x")
