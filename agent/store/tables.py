"""The tables. Rows for reading and for migrations; the ingest path writes them in bulk without building objects.

| table         | one row is                                                                      |
|---------------|---------------------------------------------------------------------------------|
| source_offset | the next offset to read of one partition: lock, fence and progress mark at once  |
| summary       | one analyzer's state for one hour of one partition                               |
| seen          | the identity of one call, so that it counts once whatever repeats it             |
| call          | one call with its structure and where its text lies                              |
| segment       | texts of many parts, compressed together                                         |
| fragment      | one message that was logged apart from its call                                  |
| reject        | one record (or element of one) that could not be read, and why                   |
| incident      | something that happened to the stream itself                                     |
| judgement     | what the owner said about one pair of answers: no text, only a digest of it     |
| vector        | the vector of one text by one model                                              |
| analysis      | one report as the analyst made it, for the dashboard and the digests             |
| recommendation | something worth doing, its status and what was promised                         |
| recommendation_change | who decided what about it, and how its estimate moved                    |
| digest        | one period whose digest is due or was sent                                       |
| delivery      | one digest or event on its way through one channel                               |
| lease         | who does what only one agent may do, and until when                              |
| price_quote   | what a model cost when it was last looked at                                    |
| waiting, deployment | records that are still to be read; the database's own name (`agent.store.`...)  |
| proof         | what is remembered of a recommendation until its worth is proven, and then      |
| revision      | one number that grows with every commit, for readers to notice change            |
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

REVISION_ROW = 1


def _key(kind: type[Text] | type[Integer] | type[BigInteger] | type[LargeBinary]) -> Column[object]:
    return Column(kind, primary_key=True, nullable=False, autoincrement=False)


def _number() -> Column[object]:
    return Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


class SourceOffset(SQLModel, table=True):
    """How far one partition has been read; moves only together with what the records meant."""

    __tablename__ = "source_offset"
    topic: str = Field(sa_column=_key(Text))
    part: int = Field(sa_column=_key(Integer))
    next: int = Field(sa_column=Column(BigInteger, nullable=False))
    topic_id: str | None = Field(default=None, sa_column=Column(Text))
    owner: str = Field(sa_column=Column(Text, nullable=False))
    updated_at: float = Field(sa_column=Column(Float, nullable=False))


class Summary(SQLModel, table=True):
    """State of one analyzer (JSON) for one hour (unix time // 3600) of one partition."""

    __tablename__ = "summary"
    analyzer: str = Field(sa_column=_key(Text))
    version: int = Field(sa_column=_key(Integer))
    hour: int = Field(sa_column=_key(Integer))
    topic: str = Field(sa_column=_key(Text))
    part: int = Field(sa_column=_key(Integer))
    state: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Seen(SQLModel, table=True):
    """Identity of a counted call (`collectors.identity.keys`) and the day (unix time // 86400) it was counted."""

    __tablename__ = "seen"
    __table_args__ = ({"sqlite_with_rowid": False},)
    key: bytes = Field(sa_column=_key(LargeBinary))
    observer: int = Field(sa_column=Column(BigInteger, nullable=False))
    observation: int = Field(sa_column=Column(BigInteger, nullable=False))
    day: int = Field(sa_column=Column(Integer, nullable=False))


class StoredCall(SQLModel, table=True):
    """One call. `body` is read by `agent.store.rows`; `day` is the day it happened, which retention deletes by."""

    __tablename__ = "call"
    __table_args__ = (Index("call_at", "at"),)
    id: int | None = Field(
        default=None,
        sa_column=_number(),
    )
    day: int = Field(sa_column=Column(Integer, nullable=False))
    at: float = Field(sa_column=Column(Float, nullable=False))
    topic: str = Field(sa_column=Column(Text, nullable=False))
    part: int = Field(sa_column=Column(Integer, nullable=False))
    record: int = Field(sa_column=Column(BigInteger, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Segment(SQLModel, table=True):
    """Texts of the calls of one day, zstd-compressed; calls point into it."""

    __tablename__ = "segment"
    __table_args__ = (Index("segment_day", "day"),)
    id: int | None = Field(
        default=None,
        sa_column=_number(),
    )
    day: int = Field(sa_column=Column(Integer, nullable=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StoredFragment(SQLModel, table=True):
    """A message in a record of its own. `id` and `key` are digests, `body` is read by `agent.store.fragments`."""

    __tablename__ = "fragment"
    __table_args__ = (
        Index("fragment_key", "key"),
        Index("fragment_day", "day"),
        {"sqlite_with_rowid": False},
    )
    id: bytes = Field(sa_column=_key(LargeBinary))
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    day: int = Field(sa_column=Column(Integer, nullable=False))
    time: int = Field(sa_column=Column(BigInteger, nullable=False))
    position: int = Field(sa_column=Column(Integer, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StoredReject(SQLModel, table=True):
    """A record, or the nth element of one, that is no call and should have been; `excerpt` is its masked beginning."""

    __tablename__ = "reject"
    __table_args__ = (Index("reject_at", "at"),)
    topic: str = Field(sa_column=_key(Text))
    part: int = Field(sa_column=_key(Integer))
    record: int = Field(sa_column=_key(BigInteger))
    element: int = Field(sa_column=_key(Integer))
    until: int = Field(sa_column=Column(BigInteger, nullable=False))
    at: float = Field(sa_column=Column(Float, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    detail: str = Field(sa_column=Column(Text, nullable=False))
    excerpt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StoredIncident(SQLModel, table=True):
    """Data lost before it could be read, a topic created anew: said once, kept."""

    __tablename__ = "incident"
    id: int | None = Field(
        default=None,
        sa_column=_number(),
    )
    at: float = Field(sa_column=Column(Float, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    topic: str | None = Field(default=None, sa_column=Column(Text))
    part: int | None = Field(default=None, sa_column=Column(Integer))
    start: int | None = Field(default=None, sa_column=Column(BigInteger))
    end: int | None = Field(default=None, sa_column=Column(BigInteger))
    message: str = Field(sa_column=Column(Text, nullable=False))


class StoredEvent(SQLModel, table=True):
    """Something that changed: raised once for its kind and subject, until it is resolved. `data` is JSON."""

    __tablename__ = "event"
    __table_args__ = (
        Index(
            "event_open",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
    )
    id: int | None = Field(
        default=None,
        sa_column=_number(),
    )
    kind: str = Field(sa_column=Column(Text, nullable=False))
    subject: str = Field(sa_column=Column(Text, nullable=False))
    at: float = Field(sa_column=Column(Float, nullable=False))
    raised_at: float = Field(sa_column=Column(Float, nullable=False))
    resolved_at: float | None = Field(default=None, sa_column=Column(Float))
    message: str = Field(sa_column=Column(Text, nullable=False))
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StoredJudgement(SQLModel, table=True):
    """The owner's verdict on one pair (`agent.judging.key`), and what the comparison had said. Never forgotten."""

    __tablename__ = "judgement"
    key: bytes = Field(sa_column=_key(LargeBinary))
    same: bool = Field(sa_column=Column(Boolean, nullable=False))
    who: str = Field(sa_column=Column(Text, nullable=False))
    at: float = Field(sa_column=Column(Float, nullable=False))
    app: str | None = Field(default=None, sa_column=Column(Text))
    compared: bool | None = Field(default=None, sa_column=Column(Boolean))
    compared_by: str = Field(sa_column=Column(Text, nullable=False))


class StoredVector(SQLModel, table=True):
    """The vector (float16) of the text with this digest (`analyzers.core.digest`), and the day it was last of use."""

    __tablename__ = "vector"
    __table_args__ = (Index("vector_day", "day"), {"sqlite_with_rowid": False})
    model: str = Field(sa_column=_key(Text))
    text: bytes = Field(sa_column=_key(LargeBinary))
    day: int = Field(sa_column=Column(Integer, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StoredAnalysis(SQLModel, table=True):
    """One report (JSON, zstd) over calls from `start` to `end`, and the revision of the database that it saw."""

    __tablename__ = "analysis"
    __table_args__ = (Index("analysis_at", "at"),)
    id: int | None = Field(default=None, sa_column=_number())
    at: float = Field(sa_column=Column(Float, nullable=False))
    start: float | None = Field(default=None, sa_column=Column(Float))
    end: float | None = Field(default=None, sa_column=Column(Float))
    revision: int = Field(sa_column=Column(BigInteger, nullable=False))
    seconds: float = Field(sa_column=Column(Float, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StoredRecommendation(SQLModel, table=True):
    """`body` is JSON (`agent.report_plan.Recommendation`) as of the newest analysis that found it; `facts` is JSON: what its
    forecast rests on, which the realised saving is held against.
    """

    __tablename__ = "recommendation"
    id: str = Field(sa_column=_key(Text))
    status: str = Field(sa_column=Column(Text, nullable=False))
    why: str = Field(sa_column=Column(Text, nullable=False))
    who: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: float = Field(sa_column=Column(Float, nullable=False))
    until: float | None = Field(default=None, sa_column=Column(Float))
    first_at: float = Field(sa_column=Column(Float, nullable=False))
    seen_at: float = Field(sa_column=Column(Float, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    facts: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class RecommendationChange(SQLModel, table=True):
    """A change of status (`status`, `who`, `why`; `undone` when it was taken back) or of the estimate (`data`, JSON)."""

    __tablename__ = "recommendation_change"
    __table_args__ = (Index("recommendation_change_of", "recommendation", "id"),)
    id: int | None = Field(default=None, sa_column=_number())
    recommendation: str = Field(sa_column=Column(Text, nullable=False))
    at: float = Field(sa_column=Column(Float, nullable=False))
    status: str | None = Field(default=None, sa_column=Column(Text))
    was: str | None = Field(default=None, sa_column=Column(Text))
    who: str = Field(sa_column=Column(Text, nullable=False))
    why: str = Field(sa_column=Column(Text, nullable=False))
    undone: bool = Field(sa_column=Column(Boolean, nullable=False))
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StoredDigest(SQLModel, table=True):
    """A period (`day` or `week`, beginning at `start`) whose digest was made at `made_at`; `body` is its JSON, or empty."""

    __tablename__ = "digest"
    period: str = Field(sa_column=_key(Text))
    start: float = Field(sa_column=Column(Float, primary_key=True, nullable=False))
    made_at: float = Field(sa_column=Column(Float, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StoredDelivery(SQLModel, table=True):
    """What `about` names (`digest:week:...`, `event:...`) on its way to a channel: see `agent.store.deliveries`."""

    __tablename__ = "delivery"
    __table_args__ = (Index("delivery_due", "state", "next_at"),)
    about: str = Field(sa_column=_key(Text))
    channel: str = Field(sa_column=_key(Text))
    state: str = Field(sa_column=Column(Text, nullable=False))
    tries: int = Field(sa_column=Column(Integer, nullable=False))
    next_at: float = Field(sa_column=Column(Float, nullable=False))
    sent_at: float | None = Field(default=None, sa_column=Column(Float))
    owner: str | None = Field(default=None, sa_column=Column(Text))
    error: str | None = Field(default=None, sa_column=Column(Text))
    message: str | None = Field(default=None, sa_column=Column(Text))
    queued_at: float = Field(sa_column=Column(Float, nullable=False, server_default="0"))


class Lease(SQLModel, table=True):
    """`owner` alone does `name` until `until`, unless it says earlier that it is done."""

    __tablename__ = "lease"
    name: str = Field(sa_column=_key(Text))
    owner: str = Field(sa_column=Column(Text, nullable=False))
    until: float = Field(sa_column=Column(Float, nullable=False))


class Revision(SQLModel, table=True):
    """A single row."""

    __tablename__ = "revision"
    id: int = Field(sa_column=_key(Integer))
    number: int = Field(sa_column=Column(BigInteger, nullable=False))
    at: float = Field(sa_column=Column(Float, nullable=False))
