"""The status page's own tables: what customers were told, and nothing else. No other table is read or joined here.

`public_incident` and `public_component` are the answers to "what is open" and "how is it now", kept up with each post,
so that the page stays quick behind a million past incidents. All of that can be made again from `public_post`, but for who
had the last word on a component where posts carry other times than those they were published at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    SmallInteger,
    String,
    Table,
    Text,
    and_,
    case,
    exists,
    or_,
    select,
    text,
    true,
    tuple_,
)

from bot.incident.model import ComponentState, PublicPost, PublicStatus, worst
from bot.status.model import UPDATES_KEPT, PublicIncident, PublicUpdate, Standing
from bot.status.page import incident_of
from storage.engine import Database
from storage.tables import UtcTime, metadata

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

UNRESOLVED = text("unresolved = 1")

public_post = Table(
    "public_post",
    metadata,
    Column("page", String(64), primary_key=True),
    Column("ref", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("title", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("components", JSON, nullable=False),
)

public_incident = Table(
    "public_incident",
    metadata,
    Column("page", String(64), primary_key=True),
    Column("ref", String(32), primary_key=True),
    Column("began_at", UtcTime, nullable=False, comment="when its first post was"),
    Column("latest", Integer, nullable=False, comment="number of its last post"),
    Column("unresolved", SmallInteger, nullable=False, comment="1 until its last post says resolved"),
    Index("public_incident_began", "page", "began_at", "ref"),
)

public_component = Table(
    "public_component",
    metadata,
    Column("page", String(64), primary_key=True),
    Column("component", String(128), primary_key=True),
    Column("state", String(24), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("number", Integer, nullable=False),
)


FIRST = 1
"""The number of an incident's first post."""

# No component has an empty id, so this row is the page's own; its `at` is when it was first shown or posted to.
THE_PAGE = ""


class SqlPublicPages:
    """`bot.status.model.PublicPages` on SQLite and PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, page: str, ref: str, number: int, at: datetime, post: PublicPost) -> None:
        shown_at = post.when or at
        with self._database.write() as connection:
            row = {
                "page": page,
                "ref": ref,
                "number": number,
                "at": shown_at,
                "title": post.title,
                "status": post.status.value,
                "text": post.text,
                "components": {id: state.value for id, state in post.components.items()},
            }
            insert = _insert(connection, public_post).values(row).on_conflict_do_nothing()
            # A count of rows is not known everywhere; a row that comes back is.
            if connection.execute(insert.returning(public_post.c.number)).first() is None:
                return
            _keep_beginning(connection, page, shown_at)
            _keep_incident(connection, page, ref, number, shown_at, post.status)
            _keep_states(connection, page, number, at, post.components)

    def incidents(
        self,
        page: str,
        *,
        limit: int,
        before: PublicIncident | None = None,
        unresolved_only: bool = False,
    ) -> Sequence[PublicIncident]:
        t = public_incident.c
        wanted = select(t.ref, t.began_at, t.latest).where(t.page == page)
        if before is not None:
            wanted = wanted.where(tuple_(t.began_at, t.ref) < (before.created_at, before.ref))
        if unresolved_only:
            wanted = wanted.where(UNRESOLVED)
        with self._database.read() as connection:
            found = connection.execute(wanted.order_by(t.began_at.desc(), t.ref.desc()).limit(limit)).all()
            return _with_updates(connection, page, found)

    def incident(self, page: str, ref: str) -> PublicIncident | None:
        t = public_incident.c
        wanted = select(t.ref, t.began_at, t.latest).where(t.page == page, t.ref == ref)
        with self._database.read() as connection:
            found = _with_updates(connection, page, connection.execute(wanted).all())
        return found[0] if found else None

    def states(self, page: str) -> Mapping[str, Standing]:
        t, p, i = public_component.c, public_post.c, public_incident.c
        latest = select(t.component, t.state, t.at).where(t.page == page, t.component != THE_PAGE)
        told = (
            select(p.ref, p.number, p.components)
            .join(public_incident, and_(i.page == p.page, i.ref == p.ref))
            .where(i.page == page, UNRESOLVED)
        )
        with self._database.read() as connection:
            # In this order, so that a post between the two has not its words without its component.
            open_posts = connection.execute(told).all()
            standing = {id: Standing(ComponentState(state), at) for id, state, at in connection.execute(latest)}
        # What each open incident last said of each component: a later post overwrites an earlier one.
        said: dict[tuple[str, str], ComponentState] = {}
        for ref, _number, components in sorted(open_posts, key=lambda row: (row.ref, row.number)):
            said |= {(ref, id): ComponentState(state) for id, state in components.items()}
        for (_ref, id), state in said.items():
            held = standing[id]
            standing[id] = replace(held, state=worst((held.state, state)))
        return standing

    def began(self, page: str, at: datetime) -> datetime:
        t = public_component.c
        wanted = select(t.at).where(t.page == page, t.component == THE_PAGE)
        with self._database.read() as connection:
            held = connection.execute(wanted).scalar()
        if held is None:
            with self._database.write() as connection:
                # Of several that show it at the same time, the first one says when; a later one moves nothing.
                row = _insert(connection, public_component).values(_beginning(page, at))
                connection.execute(row.on_conflict_do_nothing(index_elements=["page", "component"]))
                held = connection.execute(wanted).scalar_one()
        first: datetime = held
        return first


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Both know ON CONFLICT, each by its own statement. Imported here: on SQLite nobody waits for PostgreSQL's."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def _beginning(page: str, at: datetime) -> dict[str, Any]:
    return {"page": page, "component": THE_PAGE, "state": ComponentState.OPERATIONAL.value, "at": at, "number": 0}


def _keep_beginning(connection: Connection, page: str, at: datetime) -> None:
    """The earliest stays: a post may be older than the first visit."""
    insert = _insert(connection, public_component).values(_beginning(page, at))
    old, new = public_component.c, insert.excluded
    connection.execute(
        insert.on_conflict_do_update(index_elements=["page", "component"], set_={"at": new.at}, where=new.at < old.at)
    )


def _keep_incident(
    connection: Connection, page: str, ref: str, number: int, at: datetime, status: PublicStatus
) -> None:
    """One statement, whatever order the posts come in: the first one says when it began, the last whether it is over. While
    the first is not there, the earliest stands in for it."""
    unresolved = int(status is not PublicStatus.RESOLVED)
    row = {"page": page, "ref": ref, "began_at": at, "latest": number, "unresolved": unresolved}
    insert = _insert(connection, public_incident).values(row)
    old, new = public_incident.c, insert.excluded
    newer = new.latest > old.latest
    post = public_post.c
    there = exists().where(post.page == page, post.ref == ref, post.number == FIRST)
    begins = true() if number == FIRST else and_(new.began_at < old.began_at, ~there)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["page", "ref"],
            set_={
                "began_at": case((begins, new.began_at), else_=old.began_at),
                "latest": case((newer, new.latest), else_=old.latest),
                "unresolved": case((newer, new.unresolved), else_=old.unresolved),
            },
        )
    )


def _keep_states(
    connection: Connection, page: str, number: int, at: datetime, components: Mapping[str, ComponentState]
) -> None:
    """The latest word on a component by (at, number) stays, whichever incident it came from. `at` is when it was said: a
    post that carries an earlier time has the last word all the same."""
    rows = [
        # In one order everywhere, or two posts at the same time could wait for each other.
        {"page": page, "component": id, "state": components[id].value, "at": at, "number": number}
        for id in sorted(components)
    ]
    if not rows:
        return
    insert = _insert(connection, public_component).values(rows)
    old, new = public_component.c, insert.excluded
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["page", "component"],
            set_={"state": new.state, "at": new.at, "number": new.number},
            where=or_(new.at > old.at, and_(new.at == old.at, new.number >= old.number)),
        )
    )


def _with_updates(connection: Connection, page: str, found: Sequence[Row[Any, Any, Any]]) -> list[PublicIncident]:
    if not found:
        return []
    t, i = public_post.c, public_incident.c
    posts = connection.execute(
        select(t.ref, t.number, t.at, t.title, t.status, t.text, t.components)
        .join(public_incident, and_(i.page == t.page, i.ref == t.ref))
        .where(t.page == page, t.ref.in_([row.ref for row in found]), t.number > i.latest - UPDATES_KEPT)
        .order_by(t.ref, t.number)
    )
    updates: dict[str, list[PublicUpdate]] = {}
    titles: dict[str, str] = {}
    for ref, number, at, title, status, words, components in posts:
        states = {id: ComponentState(state) for id, state in components.items()}
        updates.setdefault(ref, []).append(PublicUpdate(number, at, PublicStatus(status), words, states))
        titles[ref] = title
    return [incident_of(row.ref, titles[row.ref], row.began_at, updates[row.ref]) for row in found]
