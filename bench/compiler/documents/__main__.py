"""`python -m bench.compiler.documents [--show]`: how many fields of the documents System 1 reads exactly."""

import argparse
from collections.abc import Sequence

from bench.compiler.documents.corpus import BATCHES, counted


def main(arguments: Sequence[str] | None = None) -> int:
    """Read every document and print what was got right."""
    parser = argparse.ArgumentParser(prog="python -m bench.compiler.documents", description=main.__doc__)
    parser.add_argument("--show", action="store_true", help="every field that was not got right")
    chosen = parser.parse_args(arguments)
    for batch in BATCHES:
        count, found = counted((batch,))
        missing = sum(fault.missing for fault in found)
        print(f"{batch}: {count - len(found)} of {count} exact, {len(found) - missing} wrong, {missing} missing")
        for fault in found if chosen.show else ():
            print(f"  {fault.title}: {fault.field}: {fault.found!r} and not {fault.wanted!r}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
