"""The newsroom's tasks, done by System 1 and, where there is one, by a model."""

from ergos.verify.briefing import FIND, REVIEW, SELECT, WRITE, find, review, select, write
from ergos.verify.briefing_models import find_by_model, review_by_model, select_by_model, write_by_model

__all__ = [
    "FIND", "REVIEW", "SELECT", "WRITE", "find", "find_by_model", "review", "review_by_model", "select",
    "select_by_model", "write", "write_by_model",
]  # fmt: skip
