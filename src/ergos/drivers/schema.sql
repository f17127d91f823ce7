-- name: version-1
-- The first schema. `journal` is the truth; the other tables are its fold, kept in the same transactions.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    pid INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    body BLOB NOT NULL,
    seal BLOB NOT NULL
);
-- Only the records of processes are looked up by process; the kernel's own are pid 0.
CREATE INDEX journal_by_turn ON journal (pid, turn) WHERE pid > 0;
CREATE TABLE process (
    pid INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    agent TEXT NOT NULL,
    definition BLOB NOT NULL,
    parent INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    state TEXT NOT NULL,
    turn INTEGER NOT NULL,
    turn_open INTEGER NOT NULL,
    waits TEXT NOT NULL,
    wake_at_ns INTEGER,
    memory BLOB NOT NULL,
    rest BLOB
);
-- The three questions the kernel asks, each a partial index, so that idle processes cost it nothing.
CREATE INDEX process_ready ON process (pid) WHERE state = 'ready';
CREATE INDEX process_due ON process (wake_at_ns) WHERE state = 'waiting' AND wake_at_ns IS NOT NULL;
CREATE INDEX process_children ON process (parent) WHERE parent > 0;
CREATE TABLE mail (
    id INTEGER PRIMARY KEY,
    pid INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    body BLOB NOT NULL,
    label BLOB
);
CREATE INDEX mail_by_process ON mail (pid, id);
CREATE TABLE item (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, open INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX item_open ON item (owner, id) WHERE open = 1;
CREATE TABLE note (
    owner TEXT NOT NULL,
    agent TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    label BLOB NOT NULL,
    PRIMARY KEY (owner, agent, key)
) WITHOUT ROWID;
CREATE TABLE account (name TEXT PRIMARY KEY, microusd INTEGER NOT NULL, tokens INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE meter (
    key TEXT PRIMARY KEY,
    spent_microusd INTEGER NOT NULL,
    spent_tokens INTEGER NOT NULL,
    held_microusd INTEGER NOT NULL,
    held_tokens INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE blob (digest BLOB PRIMARY KEY, size INTEGER NOT NULL, packed INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- name: version-2
-- Triggers, and which of them a message tells.
ALTER TABLE mail ADD COLUMN source TEXT NOT NULL DEFAULT '';
CREATE TABLE watch (
    pid INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    due_ns INTEGER,
    body BLOB NOT NULL,
    PRIMARY KEY (pid, name)
) WITHOUT ROWID;
CREATE INDEX watch_due ON watch (due_ns) WHERE due_ns IS NOT NULL;
-- Those that are due are found by their time; the others by their kind, at boot and when something happens.
CREATE INDEX watch_told ON watch (kind, pid, name) WHERE kind <> 'schedule';
