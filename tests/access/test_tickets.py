"""Tickets can't be guessed, and what the database keeps of them opens nothing."""

from __future__ import annotations

import re

from qbwc_server.access.tickets import new_ticket, ticket_digest


def test_a_ticket_has_256_bits_in_characters_that_need_no_escaping() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", new_ticket())


def test_no_two_tickets_are_alike() -> None:
    assert len({new_ticket() for _ in range(1000)}) == 1000


def test_the_digest_is_sha_256_in_hex() -> None:
    assert ticket_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_any_text_that_a_caller_sends_has_a_digest() -> None:
    assert {len(ticket_digest(text)) for text in ("", "é", "\ud800", "x" * 100_000)} == {64}
