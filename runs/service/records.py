"""Records: decided without a run, explained, compared under edited rules; and what goes up or stands alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from engine.analysis.availability import REMEMBERED, provided_by
from engine.matching.classifier import Classifier
from engine.model.rulebook import Rulebook
from engine.records.decode import Invalid
from engine.records.kinds import KINDS, Record
from runs.execution.classifiers import moment_of, sync_of
from runs.execution.locking import turn
from runs.model.answers import Classification, Explained, UnsourcedPage
from runs.model.errors import BrokenRulebook, UnknownKind
from runs.model.outcomes import Outcome, OutcomesNoted, Unreadable
from runs.model.received import OnPage
from runs.queries import explain as explaining
from runs.queries import impact as comparing
from runs.queries import outcomes as noting
from runs.queries import unsourced as unsourcing
from runs.queries import uploads as uploading
from runs.queries.classify import classified
from runs.queries.explain import Kept, explained
from runs.queries.impact import Impact, Side
from runs.queries.outcomes import Deciding
from runs.queries.reader_messages import ReaderMessages
from runs.queries.uploads import Confirmed, UploadPage
from runs.service.ground import Ground, cursors
from store.queries import questions as queries
from store.queries.questions import PAGE


def classify(
    on: Ground,
    customer_id: str,
    items: Sequence[Record | Invalid],
    language: str | None = None,
    as_of: datetime | None = None,
) -> Classification:
    """Decide a batch and store nothing. Relations see the batch first, then the last known records.

    ``language`` is the customer's when None. Raises UnknownCustomer, BrokenRulebook, UnknownLanguage.
    """
    rulebook = on.rulebook(customer_id)
    wording = ReaderMessages(on.messages, rulebook, language)
    with on.database.reading() as session:
        return classified(session, on.classifiers, wording, rulebook, items, as_of, on.clock())


def dormant(on: Ground, customer_id: str) -> Mapping[str, tuple[str, ...]]:
    """Rules that are not evaluated for the customer, with the reasons. Raises UnknownCustomer, BrokenRulebook."""
    rulebook = on.rulebook(customer_id)
    with on.database.reading() as session:
        seen = queries.last_run(session, customer_id, "downward") is not None
    return on.classifiers.of(rulebook, seen_before=seen).dormant


def explain(on: Ground, customer_id: str, kind: str, source_id: str, language: str | None = None) -> Explained:
    """Where a record is and why, decided now. `never_received` is an answer too.

    Raises UnknownCustomer, BrokenRulebook, UnknownLanguage, and UnknownKind for a kind that is none.
    """
    rulebook = on.rulebook(customer_id)
    if kind not in KINDS:
        raise UnknownKind(tuple(KINDS))
    wording = ReaderMessages(on.messages, rulebook, language)
    with on.database.reading() as session:
        seen = queries.last_run(session, customer_id, "downward") is not None
        classifier = on.classifiers.of(rulebook, seen_before=seen)
        return explained(session, classifier, wording, kind, source_id, on.clock())


def kept(on: Ground, customer_id: str, kind: str, source_id: str) -> Kept:
    """A record as it is stored, and its open issues. Raises UnknownCustomer."""
    on.must_know(customer_id)
    with on.database.reading() as session:
        return explaining.kept(session, customer_id, kind, source_id)


def impact(
    on: Ground,
    customer_id: str,
    edited: Rulebook | None = None,
    language: str | None = None,
    on_page: OnPage | None = None,
) -> Impact:
    """What an edit of the rules changes for the records that are stored, as at the last run. Nothing is written.

    ``edited`` is compared with the rules in force; without it, these are compared with what the last run decided.
    Raises UnknownCustomer, BrokenRulebook, UnknownLanguage, NothingStored.
    """
    in_force = _side(on, on.rulebook(customer_id), language)
    after = None if edited is None else _side(on, edited, language)
    with on.database.reading() as session:
        if after is None:
            return comparing.impact(session, None, in_force, on_page)
        return comparing.impact(session, in_force, after, on_page)


def _side(on: Ground, rulebook: Rulebook, language: str | None) -> Side:
    # Not from the shelf: it holds one rulebook of a customer.
    classifier = Classifier(rulebook, provided_by(rulebook, REMEMBERED))
    return Side(classifier, ReaderMessages(on.messages, rulebook, language), on.messages)


def unsourced(on: Ground, customer_id: str, cursor: str | None = None, limit: int = PAGE) -> UnsourcedPage:
    """Accounts and sheets of the platform without a record in the source; never deleted, only told.

    Raises UnknownCustomer, UnreadableCursor.
    """
    on.must_know(customer_id)
    with on.database.reading() as session, cursors():
        return unsourcing.unsourced(session, customer_id, cursor, limit)


def to_upload(
    on: Ground, customer_id: str, cursor: str | None = None, limit: int = PAGE, language: str | None = None
) -> UploadPage:
    """The attendance that should be entered in the source; in the customer's language unless another is asked for.

    Raises UnknownCustomer, BrokenRulebook, UnreadableCursor, UnknownLanguage.
    """
    rulebook = on.rulebook(customer_id)
    spoken = ReaderMessages(on.messages, rulebook, language).language
    with on.database.reading() as session, cursors():
        return uploading.to_upload(session, rulebook, cursor, limit, spoken)


def confirm_uploaded(on: Ground, customer_id: str, sheets: Mapping[str, datetime | None], by: str = "") -> Confirmed:
    """Note that sheets, by the platform's id, were entered in the source; at a moment of None: now. ``by`` says so.

    Raises UnknownCustomer.
    """
    on.must_know(customer_id)
    with on.database.writing() as session:
        turn(session, customer_id)
        return uploading.confirm(session, customer_id, sheets, on.clock(), _deciding(on, session, customer_id), by)


def note_outcomes(on: Ground, customer_id: str, told: Sequence[Outcome | Unreadable], by: str = "") -> OutcomesNoted:
    """Note what the platform did with records, or the source with attendance, as ``by`` says.

    Raises UnknownCustomer.
    """
    on.must_know(customer_id)
    with on.database.writing() as session:
        turn(session, customer_id)
        return noting.take_note(session, customer_id, told, on.clock(), _deciding(on, session, customer_id), by)


def _deciding(on: Ground, session: Session, customer_id: str) -> Deciding | None:
    """The rules in force; None where they cannot be used: what is told is noted all the same."""
    try:
        rulebook = on.rulebook(customer_id)
    except BrokenRulebook:
        return None
    last = queries.last_run(session, customer_id, "downward")
    classifier = on.classifiers.of(rulebook, seen_before=last is not None)
    return Deciding(classifier, moment_of(rulebook, on.clock(), sync_of(last)))
