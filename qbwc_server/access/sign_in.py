"""Signing in, of a Web Connector to its connection and of a person to the pages.

A Web Connector does it at every poll, so an idle poll costs one query by a unique index and one digest.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from qbwc_server.access.attempts import Attempts
from qbwc_server.access.passwords import Passwords
from qbwc_server.store.database import Database
from qbwc_server.store.tables import Connection, Person

MAX_NAME_CHARACTERS = 120  # the longest name that the database holds


class SignIn:
    """Decides who comes in. An unknown name and a wrong password take the same way and the same time."""

    def __init__(self, database: Database, passwords: Passwords, attempts: Attempts) -> None:
        self._database = database
        self._passwords = passwords
        self._attempts = attempts

    def connection(self, user_name: str, password: str, remote_address: str) -> int | None:
        """The id of the connection whose Web Connector this is; None for an unknown user or a wrong password."""
        return self._admit(Connection, Connection.user_name, user_name, password, remote_address)

    def person(self, name: str, password: str, remote_address: str) -> Person | None:
        """The person, apart from any database session; None for an unknown name or a wrong password."""
        person_id = self._admit(Person, Person.name, name, password, remote_address)
        if person_id is None:
            return None
        with self._database.reading() as session:
            person = session.get(Person, person_id)
            session.expunge_all()
        return person

    def _admit(self, table: Any, name_column: Any, name: str, password: str, remote_address: str) -> int | None:
        subject = f"{table.__tablename__}: {name}"
        row_id, stored_hash = self._stored(table, name_column, name)
        if stored_hash is not None and self._passwords.remembers(subject, password, stored_hash):
            return row_id
        right = self._attempts.check(
            subject, remote_address, lambda: self._passwords.verify(subject, password, stored_hash)
        )
        if not right or stored_hash is None:
            return None
        if self._passwords.needs_rehash(stored_hash):
            self._replace_hash(table, row_id, stored_hash, self._passwords.hash(password))
        return row_id

    def _stored(self, table: Any, name_column: Any, name: str) -> tuple[int | None, str | None]:
        if not (name.isprintable() and len(name) <= MAX_NAME_CHARACTERS):
            return None, None  # not every database takes such a text even in a question
        with self._database.reading() as session:
            row = session.execute(select(table.id, table.password_hash).where(name_column == name)).one_or_none()
        return (None, None) if row is None else (row[0], row[1])

    def _replace_hash(self, table: Any, row_id: int | None, old: str, new: str) -> None:
        """Only where the password was not changed meanwhile."""
        with self._database.transaction() as session:
            session.execute(
                update(table).where(table.id == row_id, table.password_hash == old).values(password_hash=new)
            )
