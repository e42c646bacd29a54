"""The tables of a ledger."""

VERSION = 1
"""A ledger of another version is not read."""

TABLES = (
    "CREATE TABLE basis (version TEXT, snapshot TEXT, day TEXT, policy TEXT, code TEXT, keys TEXT)",
    """
    CREATE TABLE records (
      id INTEGER PRIMARY KEY,
      state INTEGER NOT NULL,
      subject INTEGER NOT NULL,
      class_code TEXT NOT NULL,
      reason TEXT NOT NULL,
      changes_on TEXT,
      authority INTEGER,
      in_time INTEGER
    )
    """,
    "CREATE TABLE authorities (id INTEGER PRIMARY KEY, name TEXT, code TEXT, UNIQUE (name, code))",
    # Digests of codes and of events, with the records that carry or met them.
    "CREATE TABLE codes (code INTEGER, record INTEGER, PRIMARY KEY (code, record)) WITHOUT ROWID",
    "CREATE TABLE met (event INTEGER, record INTEGER, PRIMARY KEY (event, record)) WITHOUT ROWID",
    "CREATE TABLE links (link INTEGER PRIMARY KEY, code INTEGER NOT NULL)",
    "CREATE TABLE events (event INTEGER PRIMARY KEY, content INTEGER NOT NULL)",
    "CREATE TABLE personal_values (digest INTEGER PRIMARY KEY)",
    "CREATE TABLE personal_endings (digest INTEGER PRIMARY KEY)",
    "CREATE TABLE traces (digest INTEGER PRIMARY KEY)",
)
INDEXES = (
    "CREATE INDEX records_of_subject ON records (subject)",
    "CREATE INDEX records_due ON records (changes_on) WHERE changes_on IS NOT NULL",
    "CREATE INDEX outcomes ON records (class_code, reason, authority, in_time)",
)
"""Made once the tables are filled."""
