"""Every bound of the system, in one place: name, unit last, and the reason.

Rules: a loop, queue, retry, string or file read anywhere in ErgOS names its bound here. Raising one is an
ordinary change with a reason in its commit message; reaching one is a clear error, never silence.
`docs/reference/limits.md` is generated from this file.
"""

from __future__ import annotations

from typing import Final

MIB: Final = 1024 * 1024

# Kernel: processes and calls
CALLS_PER_TURN_MAX: Final = 100_000  # calls; replay of one turn stays under a second or two
CALLS_PARALLEL_MAX: Final = 256  # calls asked for at once by one process; more is a queue, not parallelism
KEY_CHARS_MAX: Final = 200  # characters of a call's key
NAME_CHARS_MAX: Final = 100  # characters of an agent, tool, task or owner name
VALUE_BYTES_MAX: Final = 16 * MIB  # bytes of one argument, result, message or state; larger things are files
VALUE_DEPTH_MAX: Final = 100  # levels of nesting of one value; deeper ones are attacks or mistakes
INLINE_BYTES_MAX: Final = 512  # bytes of a value kept inside a record; longer ones become blobs, stored once
CHAIN_ITEMS_MIN: Final = 4  # items from which a list is stored as a chain that shares its past
ERROR_CHARS_MAX: Final = 2_000  # characters of an error kept in the journal
ACTIVE_PROCESSES_MAX: Final = 10_000  # coroutines held in memory; the others are rows until there is room
CHILDREN_MAX: Final = 10_000  # children one process may spawn in one turn, against fork bombs
SPAWN_DEPTH_MAX: Final = 32  # generations of children, against recursion

# Kernel: mail, people, time
MAILBOX_MESSAGES_MAX: Final = 10_000  # unread messages per process; the sender is told when it is full
INBOX_ITEMS_MAX: Final = 10_000  # open questions to people; more is noise nobody reads
APPROVAL_TTL_S: Final = 7 * 24 * 3600  # seconds an approval request stays open
SLEEP_S_MAX: Final = 366 * 24 * 3600  # seconds; a longer sleep is a schedule

# Kernel: supervision
RESTARTS_MAX: Final = 3  # restarts within the period before a process has failed for good
RESTART_PERIOD_S: Final = 60  # seconds
RESTART_BACKOFF_S: Final = 0.1  # seconds before the first restart; doubles each time
LOOP_CALLS_MAX: Final = 50  # identical calls with identical answers in a row; 220 were seen in the wild
WATCHDOG_S: Final = 300  # seconds a program may compute without a call

# Kernel: pager and scheduler
WINDOW_TOKENS_DEFAULT: Final = 32_000  # tokens resident in a context unless the agent says otherwise
CONCURRENCY_DEFAULT: Final = 64  # calls at once per driver queue
CONCURRENCY_SOLVER: Final = 4  # solver calls at once; System 1 is CPU-bound
QUEUE_CALLS_MAX: Final = 100_000  # calls waiting for a driver; beyond it a call is refused
ATTEMPTS_MAX: Final = 8  # solvers tried for one task before it is handed back unaccepted

# Runtime
COMMIT_CHANGES_MAX: Final = 4_096  # changes written by one group commit
CALL_DEADLINE_S: Final = 300  # seconds a tool may take unless it declares its own
MODEL_SENDINGS_MAX: Final = 5  # sendings of one call that may fail before its program is told
MODEL_DEADLINE_S: Final = 600  # seconds a model call may take, waiting for its turn included
GUEST_IDLE_S: Final = 30  # seconds after which a foreign program that asks nothing is a row, not memory
GUEST_TURN_CALLS: Final = 1_000  # calls after which a long-lived foreign program begins a new turn when it is quiet
STOP_GRACE_S: Final = 10  # seconds running calls get to finish on SIGTERM
WAKE_BATCH: Final = 256  # processes woken per pass of the reactor, so that answers are not delayed
CONTROL_BYTES_MAX: Final = 4 * MIB  # bytes of one request to or answer from a running kernel
CHECKPOINT_RECORDS: Final = 10_000  # records between two signed checkpoints of a busy kernel
CHECKPOINT_S: Final = 60  # seconds after which new records are signed even when it is quiet

# Stores
SQLITE_CACHE_KIB: Final = 16 * 1024  # KiB of page cache; the kernel's memory stays bounded
WAL_PAGES_CHECKPOINT: Final = 4_000  # pages; about 16 MiB of write-ahead log before it is folded in
DISK_RESERVE_BYTES: Final = 16 * MIB  # bytes that stay free so that a stop can be recorded

# Sources (drivers/sources)
SOURCE_BYTES_MAX: Final = 10 * MIB  # bytes of one document as received; longer ones are refused
SOURCE_DECODED_BYTES_MAX: Final = 20 * MIB  # bytes after decompression; more is a decompression bomb
SOURCE_EXPANSION_MAX: Final = 200  # times a compressed body may grow; more is a decompression bomb
SOURCE_DEADLINE_S: Final = 20  # seconds for one source; the others go on
SOURCE_REDIRECTS_MAX: Final = 5  # redirects followed
SOURCES_PARALLEL_MAX: Final = 8  # sources fetched at once
FEED_ITEMS_MAX: Final = 2_000  # items taken from one feed
DOCUMENT_CHARS_MAX: Final = 400_000  # characters kept of one document's text
TITLE_CHARS_MAX: Final = 500  # characters kept of a title
PDF_PAGES_MAX: Final = 500  # pages read of one PDF
FOLDER_FILES_MAX: Final = 5_000  # files read from one folder
XML_ENTITIES_MAX: Final = 64  # entity declarations accepted in a document type; more is an entity bomb

# System 1 (drivers/system1)
SYSTEM1_DOCUMENTS_MAX: Final = 20_000  # documents in one batch
SENTENCES_RANKED_MAX: Final = 2_000  # sentences in one ranking graph; the graph is quadratic
SENTENCE_CHARS_MAX: Final = 600  # characters of one cited sentence; longer ones are cut out of briefs
BRIEF_SENTENCES_MAX: Final = 60  # sentences of a brief

# Authors' files
AGENT_FILE_BYTES_MAX: Final = 256 * 1024  # bytes of an AGENT.md
AGENT_FILES_MAX: Final = 2_000  # files of code below an agent's folder; more is not an agent's folder
TOOL_FILES_MAX: Final = 200  # Python files in an agent's folder
