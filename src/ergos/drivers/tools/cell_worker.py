"""The program that runs Python cells inside the sandbox: one request a line in, one answer a line out.

    {"code", "inputs", "functions", "limits", "seed", "now_s"}        begins a cell
    {"state", "calls", "awaits", "answers", "functions", ...}         goes on with one that waits for calls
    -> {"done", "stdout"} | {"calls", "state", "awaits", "stdout"} | {"raised", "stdout"} | {"refused"}

Before each stands the request's number. A tool `files.read` is `files.read(...)` to the code, and `files_read(...)`. A
cell that contains `await` awaits its calls, and what it gathers is asked for at once; in one that does not, a call
simply returns.

Rules: no request without limits; nothing here knows ErgOS: it is started alone, with the interpreter `pydantic_monty`
beside it, and nothing it says is believed outside without being looked at.
"""

from __future__ import annotations

import ast
import base64
import binascii
import datetime
import json
import keyword
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

SUSPENSIONS_MAX: Final = 2_000  # name look-ups, calls and imports between two answers; more is a loop
PARALLEL_MAX: Final = 64  # calls asked for at once; more is a queue, not parallelism
DEPTH_MAX: Final = 60  # levels of a value that crosses; the kernel takes 100 with what is around it
STATE_BYTES_MAX: Final = 6 * 1024 * 1024  # bytes of a waiting cell; more is a store of data, not a program
VALUE_BYTES_MAX: Final = 4 * 1024 * 1024  # bytes of a cell's value or of one call's arguments, as JSON
STDOUT_CHARS_MAX: Final = 64 * 1024  # characters printed; the rest is dropped
MESSAGE_CHARS_MAX: Final = 2_000  # characters of an exception's message
LIMITS: Final = ("max_feed_duration_secs", "max_turn_duration_secs", "max_memory", "max_recursion_depth")

Answer: TypeAlias = dict[str, Any]
Foreign: TypeAlias = Any
"""Something of the interpreter's library, which is there only when this runs."""


class Unfit(Exception):  # noqa: N818 - it says what a value is
    """A value that cannot cross."""


class Printed:
    """What the cell printed, cut."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._left = STDOUT_CHARS_MAX

    def __call__(self, _stream: str, text: str) -> None:
        """Take a piece."""
        if self._left > 0:
            self._pieces.append(text[: self._left])
            self._left -= len(text)
            if self._left <= 0:
                self._pieces.append("\n... the rest of the output was dropped\n")

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self._pieces)


def plain(value: object, depth: int = 0) -> object:
    """The value as JSON says it. Raises: Unfit."""
    if depth > DEPTH_MAX:
        raise Unfit(f"a value nested deeper than {DEPTH_MAX} levels")
    if value is None or isinstance(value, bool | int | str):
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                raise Unfit("a text that is no UTF-8") from None
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unfit(f"{value}, which is not a finite number")
        return value
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise Unfit("a dict with keys that are not text")
        return {key: plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, set | frozenset):
        return [plain(item, depth + 1) for item in sorted(value, key=repr)]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    raise Unfit(f"a {type(value).__name__}; return numbers, text, lists and dicts")


def bounded(value: object) -> object:
    """As `plain`, and not too long. Raises: Unfit."""
    try:
        found = plain(value)
        size = len(json.dumps(found))
    except (ValueError, RecursionError, MemoryError) as error:  # an integer of thousands of digits, say
        raise Unfit(str(error)[:200]) from error
    if size > VALUE_BYTES_MAX:
        raise Unfit(f"a value of {size:,} bytes; at most {VALUE_BYTES_MAX:,}")
    return found


def spoken(name: str) -> str:
    """A tool's name as one Python name."""
    flat = "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in name)
    return flat if flat.isidentifier() and not keyword.iskeyword(flat) else f"_{flat}"


def modules_of(names: list[str]) -> dict[str, dict[str, Any]]:
    """Trees of dotted names: {'files': {'read': 'files.read'}}; without those that hide a module of Python."""
    trees: dict[str, dict[str, Any]] = {}
    for name in sorted(names, key=len, reverse=True):
        parts = [spoken(part) for part in name.split(".")]
        if len(parts) < 2 or parts[0] in sys.stdlib_module_names or any(part.startswith("_") for part in parts):
            continue
        tree = trees.setdefault(parts[0], {})
        for part in parts[1:-1]:
            below = tree.setdefault(part, {})
            if not isinstance(below, dict):
                break
            tree = below
        else:
            tree.setdefault(parts[-1], name)
    return trees


def awaits(code: str) -> bool:
    """Whether the code awaits its calls."""
    try:
        tree = compile(code, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    assert isinstance(tree, ast.AST)
    return any(isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith) for node in ast.walk(tree))


class Cell:
    """One request, from its first step to its answer."""

    def __init__(self, request: Answer, monty: Foreign) -> None:
        self._monty = monty
        self._request = request
        self._awaits = bool(request.get("awaits", False))
        self._by_flat = {spoken(name): name for name in request["functions"]}
        self._by_path = {".".join(map(spoken, name.split("."))): name for name in request["functions"]}
        self._calls: dict[str, Answer] = {str(call["id"]): call for call in request.get("calls", [])}
        self._printed = Printed()

    def answer(self, session: Foreign) -> Answer:
        """What came of it."""
        m = self._monty
        try:
            return self._driven(self._begun(session))
        except Unfit as error:
            return self._raised(f"TypeError: the cell gave {error}")
        except m.MontyRuntimeError as error:
            return self._raised(error.display(format="traceback"))
        except m.MontySyntaxError as error:
            return self._raised(error.display(format="traceback"))
        except m.MontyCrashedError as error:
            return self._raised(f"SystemError: the interpreter ended: {error}")
        except (m.MontyError, OverflowError, ValueError, TypeError, RuntimeError) as error:
            return self._raised(f"{type(error).__name__}: {error}")

    def _begun(self, session: Foreign) -> Foreign:
        request = self._request
        if "state" in request:
            state = base64.b64decode(request["state"], validate=True)
            return self._resumed(session.load_snapshot(state, print_callback=self._printed))
        modules = sorted(modules_of(request["functions"]))
        if modules:
            session.feed_run("import " + ", ".join(modules))
        self._awaits = awaits(request["code"])
        return session.feed_start(request["code"], inputs=request["inputs"], print_callback=self._printed)

    def _resumed(self, snapshot: Foreign) -> Foreign:
        m, answers = self._monty, self._request["answers"]
        if isinstance(snapshot, m.FutureSnapshot):
            return snapshot.resume({wanted: _result(answers[str(wanted)]) for wanted in snapshot.pending_call_ids})
        if isinstance(snapshot, m.FunctionSnapshot) and not snapshot.is_os_function:
            return snapshot.resume(_result(answers[str(snapshot.call_id)]))
        raise Unfit("a state that waits for no call")

    def _driven(self, snapshot: Foreign) -> Answer:
        m = self._monty
        for _ in range(SUSPENSIONS_MAX):
            if isinstance(snapshot, m.MontyComplete):
                return {"done": bounded(snapshot.output), "stdout": self._printed.text}
            if isinstance(snapshot, m.NameLookupSnapshot):
                name = None if snapshot.object_id is not None else self._by_flat.get(snapshot.variable_name)
                snapshot = snapshot.resume() if name is None else snapshot.resume(value=_function(name))
            elif isinstance(snapshot, m.FutureSnapshot):
                return self._waiting(snapshot, [str(wanted) for wanted in sorted(snapshot.pending_call_ids)])
            elif snapshot.is_os_function:
                snapshot = (
                    snapshot.resume_auto() if snapshot.function_name == "import" else snapshot.resume_not_handled()
                )
            elif self._name(snapshot) not in self._request["functions"]:
                unknown = f"name {str(snapshot.function_name)[:80]!r} is not defined"
                snapshot = snapshot.resume({"exc_type": "NameError", "message": unknown})
            else:
                self._noted(snapshot)
                if not self._awaits:
                    return self._waiting(snapshot, [str(snapshot.call_id)])
                snapshot = snapshot.resume({"future": ...})
        return self._raised(f"RuntimeError: more than {SUSPENSIONS_MAX} look-ups and calls without an answer")

    def _noted(self, snapshot: Foreign) -> None:
        own = str(snapshot.call_id)
        self._calls[own] = {
            "id": own,
            "name": self._name(snapshot),
            "args": bounded(list(snapshot.args)),
            "kwargs": bounded(snapshot.kwargs),
        }

    def _name(self, snapshot: Foreign) -> str:
        """The tool a call is for."""
        name = str(snapshot.function_name)
        return self._by_flat.get(name) or self._by_path.get(name, name)

    def _waiting(self, snapshot: Foreign, wanted: list[str]) -> Answer:
        if len(wanted) > PARALLEL_MAX:
            return self._raised(f"RuntimeError: {len(wanted)} calls at once; at most {PARALLEL_MAX} are made")
        calls = [self._calls[one] for one in wanted]
        state = snapshot.dump()
        if len(state) > STATE_BYTES_MAX:
            raise Unfit(f"{len(state):,} bytes of values while it calls a tool; at most {STATE_BYTES_MAX:,} may wait")
        return {
            "calls": calls,
            "state": base64.b64encode(state).decode(),
            "awaits": self._awaits,
            "stdout": self._printed.text,
        }

    def _raised(self, message: str) -> Answer:
        return {"raised": message[-MESSAGE_CHARS_MAX:], "stdout": self._printed.text}


def _result(answer: Answer) -> Answer:
    if "error" in answer:
        return {"exc_type": answer.get("kind", "RuntimeError"), "message": answer["error"]}
    return {"return_value": answer.get("value")}


def _function(name: str) -> Callable[[], None]:
    """What stands for a tool inside; it is never called here."""

    def called() -> None:
        """Stand for a tool."""

    called.__name__ = name
    return called


def handled(request: Answer, pool: Foreign, monty: Foreign) -> Answer:
    """The answer to one request."""
    limits = request.get("limits")
    if not isinstance(limits, dict) or not all(limits.get(name) for name in LIMITS):
        return {"refused": "a cell without limits is not run"}

    def module(tree: dict[str, Any]) -> Foreign:
        attributes = {key: module(item) if isinstance(item, dict) else _function(item) for key, item in tree.items()}
        return monty.ExternalModule(attributes)

    modules = {name: module(tree) for name, tree in modules_of(request["functions"]).items()}
    moment = datetime.datetime.fromtimestamp(request["now_s"], tz=datetime.UTC)
    policy = {"datetime": moment, "sleep": "zero", "random_start": {"seed": request["seed"]}}
    try:
        with pool.checkout(limits=limits, os_policy=policy, external_modules=modules) as session:
            return Cell(request, monty).answer(session)
    except (KeyError, binascii.Error) as error:
        return {"refused": f"the request makes no sense: {type(error).__name__}: {error}"}
    except monty.MontyError as error:
        return {"raised": f"SystemError: the interpreter ended: {error}"[:MESSAGE_CHARS_MAX], "stdout": ""}


def serve(lines: Iterator[bytes], say: Callable[[bytes], None]) -> None:
    """Answer requests until there are no more."""
    import pydantic_monty as monty

    with monty.Monty(min_processes=1, max_processes=1, max_checkouts_per_worker=1) as pool:
        for line in lines:
            number, _, request = line.partition(b" ")
            try:
                answer = handled(json.loads(request), pool, monty)
            except (ValueError, RecursionError) as error:
                answer = {"refused": f"the request is no JSON: {error}"}
            say(number + b" " + json.dumps(answer).encode() + b"\n")


def _say(piece: bytes) -> None:
    sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.path[:0] = sys.argv[1:]
    serve(iter(sys.stdin.buffer), _say)
