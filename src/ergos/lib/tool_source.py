"""Reads the source of a made tool without running it: what it declares, and everything wrong with it.

    from ergos.lib.tool import tool

    @tool(effect="pure")
    def slug(title: str, words: int = 8) -> str:
        \"\"\"A title as a part of an address.\"\"\"
        return "-".join(title.lower().split()[:words])

A source is one file: imports of the standard library, constants, functions and classes, and exactly one `@tool`. Its
parameters and its result have types that JSON knows. Nothing happens when it is imported.

Rules: the source is parsed and never run, imported or compiled here; all faults are named at once; what is declared
must stand there literally. This is for whoever has to read the source; what holds a tool in is the sandbox.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, Optional, Union, cast

import msgspec

from ergos.base.errors import ToolDefinitionError, ValueShapeError
from ergos.lib.tool import FunctionTool, tool
from ergos.lib.visible import alphabets, is_visible

SOURCE_BYTES_MAX: Final = 64 * 1024  # bytes of a source, and of its tests: what a person can still read
TESTS_MAX: Final = 100  # tests of one tool
SAID_BY_AUTHOR: Final = frozenset({"effect", "name", "deadline_s", "reach", "roles"})
"""What an author declares; price, trust and place are the owner's."""
PREFIX: Final = "made."
"""Every made tool is named so, so that none takes the name of another."""
DEADLINE_S_MAX: Final = 60.0  # seconds of one call; a made tool computes and waits for nobody

_OURS: Final = frozenset({"ergos.lib.tool", "ergos.base.errors"})
_SIMPLE: Final[dict[str, object]] = {
    "str": str, "int": int, "float": float, "bool": bool, "None": None,
    "list": list, "dict": dict, "object": Any, "Any": Any,
}  # fmt: skip
_MAKERS: Final = frozenset({"frozenset", "re.compile", "tuple"})
"""Calls that make a constant of constants."""
_ON_METHODS: Final = frozenset({"staticmethod", "classmethod", "property", "dataclass"})
_FIXED: Final[dict[str, str]] = {
    "tool": "ergos.lib.tool", "dataclass": "dataclasses", "re": "re", "frozenset": "", "tuple": "", "staticmethod": "",
    "classmethod": "", "property": "",
}  # fmt: skip
"""Names that mean what they mean, and the module they may be imported from; '': from none."""
_SPECIAL: Final = frozenset(
    "__init__ __post_init__ __repr__ __str__ __eq__ __lt__ __le__ __gt__ __ge__ __hash__ __bool__ __len__ __iter__ "
    "__next__ __contains__ __getitem__ __call__ __enter__ __exit__ __add__ __sub__ __mul__".split()
)
"""Special methods that are called when they are used, and not when a class is made or a type is read."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Declared(msgspec.Struct, frozen=True):
    """What a source declares."""

    function: str
    """The name of the function, and of the module it stands in."""
    tool: Any
    """A FunctionTool with its definition and the check of its arguments; it runs nothing."""


def read_source(source: str) -> tuple[Declared | None, tuple[str, ...]]:
    """What a source declares, or None and what is wrong with it."""
    tree, faults = _parsed(source, "the source")
    if tree is None:
        return None, faults
    found = list(faults)
    found += _effects(tree)
    tools = [node for node in tree.body if isinstance(node, Function) and _tool_call(node) is not None]
    if len(tools) != 1:
        found.append(f"it declares {len(tools)} tools with `@tool(...)`; one file is one tool")
        return None, tuple(found)
    if not _imports(tree, "ergos.lib.tool", "tool"):
        found.append("`tool` is not imported: `from ergos.lib.tool import tool`")
    try:
        declared = _declared(tools[0])
    except ToolDefinitionError as error:
        return None, (*found, error.what)
    return (None, tuple(found)) if found else (declared, ())


def read_tests(tests: str, function: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the tests of a tool, and what is wrong with them."""
    tree, faults = _parsed(tests, "the tests")
    if tree is None:
        return (), faults
    found = [*faults, *_effects(tree, function)]
    written = [node for node in tree.body if isinstance(node, Function) and node.name.startswith("test_")]
    names = [node.name for node in written]
    if not 0 < len(names) <= TESTS_MAX:
        found.append(f"there are {len(names)} functions `test_...`; between 1 and {TESTS_MAX} are needed")
    found += [f"there are two tests {name!r}" for name in dict.fromkeys(names) if names.count(name) > 1]
    for node in written:
        if node.args.args or node.args.kwonlyargs:
            found.append(f"{node.name} takes arguments, and nobody gives it any")
        if not any(isinstance(part, ast.Assert | ast.Raise) for part in ast.walk(node)):
            found.append(f"{node.name} asserts nothing, so it cannot fail")
    if not _imports(tree, function, function):
        found.append(f"the tool is not tested: `from {function} import {function}`")
    return tuple(names), tuple(found)


def _parsed(text: str, what: str) -> tuple[ast.Module | None, tuple[str, ...]]:
    if len(text.encode("utf-8", "surrogatepass")) > SOURCE_BYTES_MAX:
        return None, (f"{what} has more than {SOURCE_BYTES_MAX:,} bytes",)
    if not is_visible(text):
        return None, (f"{what} holds characters that do not show, so that it does not read as it runs",)
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        return None, (f"{what}, line {error.lineno}: {error.msg}",)
    except (ValueError, RecursionError, MemoryError) as error:
        return None, (f"{what} cannot be parsed: {type(error).__name__}",)
    names = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
    mixed = sorted(name for name in names if len(alphabets(name)) > 1)
    return tree, tuple(f"the name {name!r} mixes alphabets" for name in mixed)


def _effects(tree: ast.Module, tested: str = "") -> Iterator[str]:
    """What would happen, or be missing, when it is imported."""
    for number, node in enumerate(tree.body):
        line = f"line {node.lineno}"
        for name in _rebound(node):
            yield f"{line}: {name!r} gets another meaning here"
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (f"{line}: {why}" for why in _missing(node, tested))
        elif isinstance(node, Function):
            yield from (f"{line}: {why}" for why in _definition(node))
        elif isinstance(node, ast.ClassDef):
            yield from (f"{line}: {why}" for why in _class(node))
        elif not (_is_docstring(node, number) or _is_constant_line(node)):
            yield f"{line}: this would run when the file is imported; only definitions and constants may stand there"


def _missing(node: ast.Import | ast.ImportFrom, tested: str) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom):
        if node.level or any(name.name == "*" for name in node.names):
            yield "imports name a module and what they take of it"
        modules = [node.module or ""]
    else:
        modules = [name.name for name in node.names]
    for module in modules:
        known = module.partition(".")[0] in sys.stdlib_module_names or module in _OURS or module == tested
        if not known:
            yield f"{module!r} is not there inside; a tool has the standard library and `ergos.lib.tool`"


def _rebound(node: ast.stmt) -> Iterator[str]:
    """Names that this line gives another meaning."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = node.module if isinstance(node, ast.ImportFrom) else None
        for one in node.names:
            bound = one.asname or one.name.partition(".")[0]
            if bound in _FIXED and (module or one.name, one.name.rpartition(".")[2]) != (_FIXED[bound], bound):
                yield bound
    elif isinstance(node, Function | ast.ClassDef):
        yield from {node.name} & set(_FIXED)
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        yield from {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and _is_bound(part)} & set(_FIXED)


def _is_bound(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _definition(node: Function) -> Iterator[str]:
    for decorator in node.decorator_list:
        if _tool_call(node) is None and _dotted(decorator) not in _ON_METHODS:
            yield f"the decorator of {node.name} would run when the file is imported"
    arguments = node.args
    for default in (*arguments.defaults, *(one for one in arguments.kw_defaults if one is not None)):
        if not _is_constant(default):
            yield f"a default of {node.name} would be computed when the file is imported"
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    for annotation in (node.returns, *(one.annotation for one in every)):
        if annotation is not None and any(isinstance(part, ast.Call) for part in ast.walk(annotation)):
            yield f"a type of {node.name} would be computed when the file is imported"


def _class(node: ast.ClassDef) -> Iterator[str]:
    if node.keywords or any(not _dotted(base) for base in node.bases):
        yield f"the bases of {node.name} would be computed when the file is imported"
    if any(_dotted(one) not in _ON_METHODS for one in node.decorator_list):
        yield f"the decorator of {node.name} would run when the file is imported"
    for number, part in enumerate(node.body):
        if isinstance(part, Function):
            yield from _definition(part)
            if part.name.startswith("__") and part.name.endswith("__") and part.name not in _SPECIAL:
                yield f"{part.name} of {node.name} could run when the file is imported"
        elif not (_is_docstring(part, number) or _is_constant_line(part) or isinstance(part, ast.Pass)):
            yield f"line {part.lineno}: this would run when the file is imported"


def _is_docstring(node: ast.stmt, number: int) -> bool:
    return number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_constant_line(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) for target in node.targets) and _is_constant(node.value)
    if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
        return False
    plain = not any(isinstance(part, ast.Call) for part in ast.walk(node.annotation))
    return plain and (node.value is None or _is_constant(node.value))


def _is_constant(node: ast.expr) -> bool:
    """Whether an expression is written out: no name is asked, nothing is called but what makes a constant."""
    match node:
        case ast.Constant():
            return True
        case ast.UnaryOp(operand=operand):
            return isinstance(operand, ast.Constant)
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return all(map(_is_constant, items))
        case ast.Dict(keys=keys, values=values):
            return all(key is not None and _is_constant(key) for key in keys) and all(map(_is_constant, values))
        case ast.Call(func=function, args=args, keywords=[]):
            return _dotted(function) in _MAKERS and all(map(_is_constant, args))
        case _:
            return False


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def _imports(tree: ast.Module, module: str, name: str) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and node.module == module and any(one.name == name for one in node.names)
        for node in tree.body
    )


def _tool_call(node: Function) -> ast.Call | None:
    """Its `@tool(...)`, if that is its only decorator."""
    only = node.decorator_list[0] if len(node.decorator_list) == 1 else None
    return only if isinstance(only, ast.Call) and _dotted(only.func) == "tool" else None


def _declared(node: Function) -> Declared:
    """Raises: ToolDefinitionError."""
    call = _tool_call(node)
    assert call is not None
    if node.name in sys.stdlib_module_names or node.name in ("tests", "run", "ergos"):
        raise ToolDefinitionError(f"{node.name} is the name of a module of Python; name the function otherwise")
    said = _said(call)
    own = said.pop("name", node.name)
    deadline = said.pop("deadline_s", 30.0)
    if not isinstance(deadline, int | float) or not 0 < deadline <= DEADLINE_S_MAX:
        raise ToolDefinitionError(f"deadline_s is {deadline!r}; a made tool has at most {DEADLINE_S_MAX:g} seconds")
    if not isinstance(own, str):
        raise ToolDefinitionError(f"the name {own!r} is no text")
    if said.get("effect") == "reconcilable":
        raise ToolDefinitionError("a made tool reaches nothing that could be probed; declare another effect class")
    if not ast.get_docstring(node):
        raise ToolDefinitionError(f"{node.name} has no docstring that says what it does")
    if node.returns is None:
        raise ToolDefinitionError(f"{node.name} does not say the type of its result")
    _type(node.returns)
    try:
        made = tool(said.pop("effect", ""), name=f"{PREFIX}{own}", deadline_s=deadline, **said)(_stub(node))  # type: ignore[arg-type]
    except (TypeError, ValueError, AttributeError, ValueShapeError) as error:
        raise ToolDefinitionError(f"`@tool(...)` of {node.name} is not understood: {error}") from error
    return Declared(node.name, made)


def _said(call: ast.Call) -> dict[str, Any]:
    """What stands in `@tool(...)`. Raises: ToolDefinitionError."""
    pairs = [("effect", one) for one in call.args] + [(one.arg or "**", one.value) for one in call.keywords]
    said: dict[str, Any] = {}
    for key, value in pairs:
        if key not in SAID_BY_AUTHOR or key in said:
            raise ToolDefinitionError(f"`@tool(...)` says {key!r}, which is not the author's to say, or said twice")
        try:
            said[key] = ast.literal_eval(value)
        except (ValueError, TypeError, RecursionError, MemoryError) as error:
            raise ToolDefinitionError(f"{key!r} in `@tool(...)` is not written out") from error
    return said


def _stub(node: Function) -> Callable[..., object]:
    """A function of the same signature that does nothing. Raises: ToolDefinitionError."""

    def stub() -> None:
        """Stand in for a function that runs elsewhere."""

    kinds = inspect.Parameter
    listed = node.args
    if listed.vararg or listed.kwarg or listed.posonlyargs:
        raise ToolDefinitionError(f"{node.name}: each parameter has its own name, and none stands before '/'")
    defaults: list[ast.expr | None] = [None] * (len(listed.args) - len(listed.defaults))
    defaults += listed.defaults
    parameters: list[inspect.Parameter] = []
    hints: dict[str, object] = {}
    for one, default in (
        *zip(listed.args, defaults, strict=True),
        *zip(listed.kwonlyargs, listed.kw_defaults, strict=True),
    ):
        if one.annotation is None:
            raise ToolDefinitionError(f"{node.name}: the parameter {one.arg!r} has no type")
        if one.arg == "errand":
            raise ToolDefinitionError(f"{node.name}: a made tool is told nothing of the call it serves")
        try:
            value = kinds.empty if default is None else ast.literal_eval(default)
        except (ValueError, TypeError, RecursionError, MemoryError) as error:
            raise ToolDefinitionError(f"{node.name}: the default of {one.arg!r} is not written out") from error
        hints[one.arg] = _type(one.annotation)
        parameters.append(kinds(one.arg, kinds.KEYWORD_ONLY, default=value, annotation=hints[one.arg]))
    stub.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    stub.__annotations__ = hints
    stub.__doc__ = ast.get_docstring(node)
    return stub


def _type(node: ast.expr) -> Any:  # noqa: ANN401 - any type
    """The type an annotation names. Raises: ToolDefinitionError for one that JSON does not know."""
    match node:
        case ast.Constant(value=None):
            return None
        case ast.Name(id=name) if name in _SIMPLE:
            return _SIMPLE[name]
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return Union[_type(left), _type(right)]  # noqa: UP007 - made at run time, of None too
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            return list[_type(item)]
        case ast.Subscript(value=ast.Name(id="Optional"), slice=item):
            return Optional[_type(item)]  # noqa: UP045 - as above
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[ast.Name(id="str"), item])):
            return dict[str, _type(item)]
        case ast.Subscript(value=ast.Name(id="Literal"), slice=item):
            items = item.elts if isinstance(item, ast.Tuple) else [item]
            values = [one.value for one in items if isinstance(one, ast.Constant) and isinstance(one.value, str | int)]
            if len(values) == len(items):
                return cast("Any", Literal)[tuple(values)]
        case _:
            pass
    raise ToolDefinitionError(
        f"line {node.lineno}: the type {ast.unparse(node)[:60]!r} is not one of str, int, float, bool, None, "
        "list[...], dict[str, ...], Literal[...], and unions of them"
    )


def definition_of(declared: Declared) -> FunctionTool:
    """The definition of what was declared, with the check of its arguments."""
    assert isinstance(declared.tool, FunctionTool)
    return declared.tool
