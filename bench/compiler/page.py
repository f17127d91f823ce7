"""bench/COMPILER.md: how well words are compiled, on both parts of the corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.compiler.count import Judged
from bench.compiler.shown import report

HEAD = """# How well words are compiled

`make bench-compiler` prints this anew; what a field is, and how it is counted: [the notation](compiler/NOTATION.md).
The grammar alone compiles, without a model. On the *dev* part it was developed. The *sealed* part was written by
somebody who had not read the grammar, and nobody develops on it: its texts are not printed.

A field is exact if it says the same as a careful person would. A wrong one counts as asked about if the compiler asked
back or named the words it did not understand, else as silent. Tools and targets beyond the words: nothing said them.
"""


def page(groups: Mapping[str, Sequence[Judged]], hostile: str) -> str:
    """The page. `groups` by 'PART LANGUAGE'; `hostile`: how many of the hostile requests hold."""
    parts = sorted({name.split()[0] for name in groups})
    found = [HEAD]
    for part in parts:
        some = {name: judged for name, judged in groups.items() if name.startswith(part)}
        count = sum(len(judged) for judged in some.values())
        lines = "\n".join(report(some, reveal=False, show=0))
        found.append(f"## {part.capitalize()}: {count} requests\n\n```text\n{lines}\n```\n")
    found.append(f"## Bad and hostile requests\n\n{hostile} (`python -m bench.compiler --hostile`).\n")
    return "\n".join(found)
