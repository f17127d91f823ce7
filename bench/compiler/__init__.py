"""How well an owner's words are compiled: requests with their programs, and the count of what was got right.

`NOTATION.md` says how an expected program is written down.
"""
