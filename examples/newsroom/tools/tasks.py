"""The newsroom's tasks and their System 1 solvers."""

from ergos.verify.briefing import FIND, REVIEW, SELECT, WRITE, find, review, select, write

__all__ = ["FIND", "REVIEW", "SELECT", "WRITE", "find", "review", "select", "write"]
