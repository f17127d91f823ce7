"""Parses Cedar rules in a process of its own, because some texts kill the process that parses them.

Run as a file: the text comes on standard input, one JSON object leaves on standard output. It parses, evaluates and
drops the rules on a small stack, so that what survives here survives in the kernel's process, whose stacks are larger.

Rules: nothing of ErgOS is imported, so that the file runs alone and isolated (`python -I`); nothing is written but the
answer.
"""

from __future__ import annotations

import json
import sys
import threading

STACK_BYTES: int = 1024 * 1024  # bytes of stack; a thread of the kernel's has eight times as many
CPU_S: int = 10  # seconds of processor time; real rules take milliseconds
MEMORY_BYTES: int = 1024 * 1024 * 1024  # bytes of address space


def parsed(text: str) -> dict[str, object]:
    """What the parser says: the rules' effects and names in their order, or an error."""
    import cedarpy  # type: ignore[import-untyped,unused-ignore]

    try:
        rules = json.loads(cedarpy.policies_to_json_str(text))
        handle = cedarpy.PolicySet.from_str(text)
        request = {
            "principal": {"type": "Agent", "id": "a"},
            "action": {"type": "Action", "id": "act"},
            "resource": {"type": "Tool", "id": "t"},
            "context": {},
        }
        cedarpy.is_authorized(request, handle, "[]")
    except ValueError as error:
        return {"error": str(error)}
    static, templates = rules.get("staticPolicies", {}), rules.get("templates", {})
    found: list[dict[str, object]] = []
    for number in range(len(static) + len(templates)):
        name = f"policy{number}"
        rule = static.get(name) or templates.get(name) or {}
        notes = rule.get("annotations") or {}
        found.append(
            {
                "effect": rule.get("effect", ""),
                "template": name in templates,
                "name": notes.get("id") or "",
                "reason": notes.get("reason") or "",
            }
        )
    return {"rules": found}


def _bounded() -> None:
    """Bounds of this process, where the system has them."""
    try:
        import resource
    except ImportError:  # not on Windows; the parent's deadline holds there
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main() -> int:
    """Read, parse, answer. A list of texts is parsed one by one."""
    _bounded()
    texts: list[str] = json.loads(sys.stdin.buffer.read())
    answers: list[dict[str, object]] = []
    threading.stack_size(STACK_BYTES)
    worker = threading.Thread(target=lambda: answers.extend(map(parsed, texts)))
    worker.start()
    worker.join()
    sys.stdout.write(json.dumps(answers))
    return 0 if len(answers) == len(texts) else 1


if __name__ == "__main__":
    sys.exit(main())
