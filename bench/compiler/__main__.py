"""How well words are compiled.

python -m bench.compiler [--part dev|sealed] [--language en|zh] [--show N] [--json] [--reveal]
python -m bench.compiler --hostile
python -m bench.compiler --write FILE
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.compiler.count import Judged, judged
from bench.compiler.home import Home
from bench.compiler.hostile import breaches, cases
from bench.compiler.page import page
from bench.compiler.requests import LANGUAGES, PARTS, read
from bench.compiler.shown import as_json, report

SHOWN_CHARS = 100  # of a hostile text


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile the corpus with System 1 and print what was got right."""
    parser = argparse.ArgumentParser(prog="python -m bench.compiler", description=main.__doc__)
    parser.add_argument("--part", choices=PARTS, default="dev")
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="the first N requests that are not exact")
    parser.add_argument("--json", action="store_true", help="figures for programs")
    parser.add_argument("--reveal", action="store_true", help="texts of the sealed part, too")
    parser.add_argument("--hostile", action="store_true", help="what does not hold of bad and hostile requests")
    parser.add_argument("--write", type=Path, metavar="FILE", help="a page with the figures of both parts")
    chosen = parser.parse_args(arguments)
    home = Home()
    if chosen.write is not None:
        groups = {name: found for part in PARTS for name, found in _judged(home, part, LANGUAGES).items()}
        fallen = sum(bool(list(breaches(case, home.compiled(case.request)))) for case in cases())
        count = len(cases())
        chosen.write.write_text(
            page(groups, f"{count - fallen} of {count} do what must hold of them"), encoding="utf-8"
        )
        return 0
    if chosen.hostile:
        return _hostile(home)
    groups = _judged(home, chosen.part, LANGUAGES if chosen.language is None else (chosen.language,))
    if chosen.json:
        sys.stdout.write(as_json(groups) + "\n")
        return 0
    for line in report(groups, reveal=chosen.part != "sealed" or chosen.reveal, show=chosen.show):
        print(line)
    return 0


def _judged(home: Home, part: str, languages: Sequence[str]) -> dict[str, Sequence[Judged]]:
    """Every request of a part, by 'PART LANGUAGE'."""
    groups: dict[str, Sequence[Judged]] = {}
    for language in languages:
        requests = read((part,), (language,))
        home.compiled(requests[0])  # what is imported and read at the first use is not a request's
        groups[f"{part} {language}"] = [judged(request, home.made(request)) for request in requests]
    return groups


def _hostile(home: Home) -> int:
    """Each case that does not hold; 1 if there is one."""
    known = cases()
    fallen = 0
    for case in known:
        found = list(breaches(case, home.compiled(case.request)))
        fallen += bool(found)
        for breach in found:
            print(f"{case.id}: {case.prose[:SHOWN_CHARS]!a}: {breach}")
    print(f"{len(known) - fallen}/{len(known)} cases hold")
    return int(fallen > 0)


raise SystemExit(main())
