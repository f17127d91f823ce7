"""The task `brief` from documents to a report in which every sentence is cited: by System 1, and by a model.

    select → find → write → review, with repairs until the review finds nothing, then shorter until it fits

Rules: what the newsroom's four agents do with messages between them is done here in one go, with the same parts; a
model writes from System 1's selection and findings, and its brief passes the same checks. Never longer than was asked
for.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.base.documents import Brief, Document
from ergos.base.errors import NoModelError
from ergos.base.limits import BRIEF_SENTENCES_MAX
from ergos.drivers.system1 import cluster, dedupe, findings, rank, segment
from ergos.kernel.models import Message, Reply
from ergos.kernel.packages import Errand
from ergos.lib.model_solver import model_solver
from ergos.lib.task import solver
from ergos.verify import grounding
from ergos.verify.briefing import Assignment, write
from ergos.verify.briefing_models import WRITE_TOKENS, written
from ergos.verify.briefing_prompts import write_prompt
from ergos.verify.briefing_wire import Draft
from ergos.verify.standard import BRIEF, SENTENCES_A_PAGE, Briefing
from ergos.verify.standard_texts import pages_of, prose_of, words_in

ROUNDS_MAX: Final = 5  # versions of a brief; what does not hold by then is left to another solver
SENTENCES_DEFAULT: Final = 24  # sentences where nobody said how long
SHORTER_MAX: Final = 12  # times a brief that is too long is written anew, a fifth shorter each time
ABOUT_MIN: Final = 0.05  # likeness to what it is to be about below which a document is left out


@solver(BRIEF, kind="system1", name="system1.brief")
def brief(inputs: Briefing, errand: Errand) -> Brief:
    """Select, find, write by extraction, hold every sentence against its source. Raises: NoModelError."""
    if inputs.language not in ("en", "zh"):
        raise NoModelError(f"System 1 writes briefs in English and Chinese, not in {inputs.language!r}")
    assignment = assigned(inputs, inputs.made_at_ns or errand.now_ns)
    made = _grounded(assignment)
    for _ in range(SHORTER_MAX):
        if _fits(inputs, made):
            break
        assignment = msgspec.structs.replace(assignment, sentences_max=max(1, assignment.sentences_max * 4 // 5))
        made = _grounded(assignment)
    return made


def assigned(inputs: Briefing, made_at_ns: int) -> Assignment:
    """What a writer writes from: documents without repetitions, stories, findings, and how long it may be."""
    about = _about(inputs.documents, inputs.about)
    documents = dedupe.unique(about)
    stories = cluster.stories(documents, made_at_ns)
    return Assignment(
        documents=documents,
        stories=stories,
        findings=findings.find(documents, stories),
        language="zh" if inputs.language == "zh" else "en",
        made_at_ns=made_at_ns,
        sentences_max=_sentences(inputs),
        read=len(inputs.documents),
    )


def _sentences(inputs: Briefing) -> int:
    asked = [inputs.sentences] if inputs.sentences is not None else []
    if inputs.pages is not None:
        asked.append(inputs.pages * SENTENCES_A_PAGE)
    if inputs.words is not None:
        asked.append(max(1, inputs.words // 20))
    return max(1, min(BRIEF_SENTENCES_MAX, *(asked or [SENTENCES_DEFAULT])))


def _about(documents: tuple[Document, ...], about: str) -> tuple[Document, ...]:
    """The documents that have to do with a subject; all where none is named or none has."""
    words = segment.content_words(about)
    if not words:
        return documents
    bags = [(*words,), *(segment.content_words(f"{one.title}\n{one.text[:5_000]}") for one in documents)]
    wanted, *vectors = rank.tfidf(bags)
    kept = tuple(
        one for one, vector in zip(documents, vectors, strict=True) if rank.cosine(wanted, vector) >= ABOUT_MIN
    )
    return kept or documents


def _grounded(assignment: Assignment) -> Brief:
    """Written, reviewed and repaired until the review finds nothing. Raises: NoModelError."""
    for _ in range(ROUNDS_MAX):
        made = write.function(assignment)
        assert isinstance(made, Brief)
        found = grounding.faults(made)
        if not found:
            return made
        assignment = msgspec.structs.replace(assignment, faults=found, previous=made)
    raise NoModelError("System 1 wrote no brief whose every sentence its sources carry")


def _fits(inputs: Briefing, made: Brief) -> bool:
    plain = msgspec.to_builtins(made)
    if inputs.pages is not None and pages_of(plain) > inputs.pages:
        return False
    return inputs.words is None or words_in(prose_of(plain)) <= inputs.words


# By a model


def _prompt(inputs: Briefing, *, instructions: str, tokens: int) -> tuple[Message, ...]:
    return write_prompt(assigned(inputs, inputs.made_at_ns), instructions=instructions, tokens=tokens)


def _read(inputs: Briefing, answer: Draft, reply: Reply) -> Brief:
    return written(assigned(inputs, inputs.made_at_ns), answer, reply)


brief_by_model = model_solver(
    BRIEF, prompt=_prompt, wire=Draft, read=_read, output_tokens_max=WRITE_TOKENS, temperature=0.0
)
