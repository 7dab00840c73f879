"""Limits: how much of anything is read that somebody sends or writes; what is longer is refused before it is worked on.

The door, the schemas of the API, the files' readers and the page docs/limits.md all take them from here; how much one
request may bring stands in ``api.http.limits``.
"""

from __future__ import annotations

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE

# Records, whoever sends them

LONGEST_ID = 400
"""Characters of an id, wherever one stands: an index of the store takes no more than some kilobytes."""
LONGEST_TEXT = 4_000
"""Characters of a name or any other text."""
LONGEST_EMAIL = 320
"""Characters of an email address or a username."""
LONGEST_PHONE = 100
"""Characters of a phone number."""
MOST_VALUES = 10_000
"""Values of one set, such as the learners of a session."""
MOST_MARKS = 30
"""Accents and other marks on one letter. No writing has so many, and putting them in order takes their square."""
LONGEST_SHOWN = 40
"""Characters that are kept of a value that could not be read: enough to find it by, too few for a letter somebody
pasted."""
MOST_FAULTS = 20
"""What is told of one record, each on its own; the rest is counted."""

LONGEST = {
    "id": LONGEST_ID,
    "key": LONGEST_ID,
    "text": LONGEST_TEXT,
    "email": LONGEST_EMAIL,
    "phone": LONGEST_PHONE,
}
# By a field's type, of those that are text.

# Files, and the answers of systems

LONGEST_LINE = MEBIBYTE
"""Bytes of one line that is a record; characters of one line of a table."""
LONGEST_CELL = 64 * KIBIBYTE
"""Characters of one cell of XML; of a CSV file twice as many."""
MOST_LINES = 30
"""Lines that one row of a table spans; more means that a quotation mark is not closed."""
LARGEST_LIST = 64 * MEBIBYTE
"""Bytes of a file that is one JSON value."""
LARGEST_WORKBOOK = 128 * MEBIBYTE
"""Bytes of a workbook."""
MOST_WORKBOOKS = 30
"""Workbooks in one folder or ZIP: each may take a minute."""
MOST_SHEETS = 100
"""Sheets of a workbook."""
MOST_COLUMNS = 2_000
"""Columns of a sheet of a workbook."""
MOST_CELLS = 20_000_000
"""Cells between the first and the last that is filled on a sheet of a workbook."""

# Rule files

LARGEST_RULE_FILE = MEBIBYTE
"""Bytes of a rule file."""
DEEPEST_RULE_FILE = 24
"""Levels that a rule file is indented, or has blocks within blocks."""
LONGEST_NAME = 120
"""Characters of what a customer, its systems and places are called."""
LONGEST_TITLE = 60
"""Characters of a rule's title."""
LONGEST_MESSAGE = 1_000
"""Characters of a customer's own message, as it is written."""
MOST_IN_BRACES = 60
"""Names, filters, brackets and signs between one {{ and its }} of a message."""
DEEPEST_MESSAGE = 8
"""Blocks within blocks of a packaged message; a customer's own has none."""
LONGEST_SAID = 2_000
"""Characters of a message as it is shown; the rest is cut off."""

# What people write

LONGEST_SEARCH = 200
"""Characters of what is searched for, and of whatever stands in an address."""
LONGEST_REASON = 500
"""Characters of the reason for which an issue is put aside."""
LONGEST_REFUSAL = 2_000
"""Characters of the text with which a system refused something."""
LONGEST_REFUSAL_CODE = 200
"""Characters of the code with which a system refused something."""
