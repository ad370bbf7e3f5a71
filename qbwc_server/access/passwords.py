"""Passwords: kept as Argon2id hashes, and checked cheaply where the same one comes with every poll.

A Web Connector signs in each minute for years. A password that was verified is remembered by its keyed digest, in this
process only and for a bounded time, so that an idle poll costs one digest. The digest covers the stored hash: where
that changes, what was remembered no longer fits.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

REMEMBERED_SECONDS = 3600.0
"""How long a verified password is known by its digest; then it pays the price of Argon2 once more."""

MAX_REMEMBERED = 10_000
"""How many verified passwords are remembered; the one not used for longest is forgotten first."""

MAX_PASSWORD_CHARACTERS = 1000

READABLE_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Lower case and digits without i, l, o, 0 and 1, which are taken for each other."""

GROUPS, GROUP_CHARACTERS = 4, 6


class PasswordError(ValueError):
    """A password that can't be taken; says why and what is allowed."""


class UnusableHashError(ValueError):
    """A stored hash that is none; says whose it is and what to do."""


class Passwords:
    """Makes and verifies hashes, and remembers what it verified.

    `secret_key` is the server's secret, `clock` gives seconds that only rise, `hasher` holds the price of a hash.
    """

    def __init__(
        self,
        secret_key: bytes,
        clock: Callable[[], float] = time.monotonic,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._digest_key = hmac.digest(secret_key, b"connex: remembered passwords", hashlib.sha256)
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._hash_of_nobody = self._hasher.hash(secrets.token_bytes(32))
        self._remembered: OrderedDict[bytes, float] = OrderedDict()  # digest: when it is forgotten
        self._lock = threading.Lock()

    def hash(self, password: str) -> str:
        """The Argon2id hash to store. Raises PasswordError for an empty password and one that is too long."""
        if not password:
            raise PasswordError("the password is empty; give at least one character")
        if len(password) > MAX_PASSWORD_CHARACTERS:
            raise PasswordError(
                f"the password has {len(password)} characters; at most {MAX_PASSWORD_CHARACTERS} are allowed"
            )
        return self._hasher.hash(_bytes_of(password))

    def verify(self, subject: str, password: str, hash: str | None) -> bool:
        """Whether `password` belongs to `hash`, the one stored for `subject`; None where there is no such subject.

        A wrong password and an unknown subject take the same way and cost the same. Raises UnusableHashError.
        """
        if hash is not None and self.remembers(subject, password, hash):
            return True
        right = self._matches(subject, password, hash or self._hash_of_nobody) and hash is not None
        if right and hash is not None:
            self._remember(self._digest(subject, hash, password))
        return right

    def remembers(self, subject: str, password: str, hash: str) -> bool:
        """Whether this very password was verified against this very hash not long ago; costs one digest."""
        digest = self._digest(subject, hash, password)
        with self._lock:
            forgotten_at = self._remembered.get(digest)
            if forgotten_at is None:
                return False
            if forgotten_at <= self._clock():
                del self._remembered[digest]
                return False
            self._remembered.move_to_end(digest)
            return True

    def needs_rehash(self, hash: str) -> bool:
        """Whether the hash was made at another price than new ones are."""
        return self._hasher.check_needs_rehash(hash)

    def _matches(self, subject: str, password: str, hash: str) -> bool:
        # One that is too long is wrong, and pays like any other: its digest stands in for it.
        candidate = _bytes_of(password)
        if len(password) > MAX_PASSWORD_CHARACTERS:
            candidate = hashlib.sha256(candidate).digest()
        try:
            return self._hasher.verify(hash, candidate) and len(password) <= MAX_PASSWORD_CHARACTERS
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as error:
            raise UnusableHashError(
                f"the password stored for {subject} can't be read ({error}); set a new password"
            ) from error

    def _remember(self, digest: bytes) -> None:
        with self._lock:
            self._remembered[digest] = self._clock() + REMEMBERED_SECONDS
            self._remembered.move_to_end(digest)
            while len(self._remembered) > MAX_REMEMBERED:
                self._remembered.popitem(last=False)

    def _digest(self, subject: str, hash: str, password: str) -> bytes:
        parts = [part.encode("utf-8", "surrogatepass") for part in (subject, hash)] + [_bytes_of(password)]
        message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.digest(self._digest_key, message, hashlib.sha256)


def make_password() -> str:
    """A random password of 118 bits, to be read out and typed: four groups of six lower-case letters and digits."""
    return "-".join(
        "".join(secrets.choice(READABLE_CHARACTERS) for _ in range(GROUP_CHARACTERS)) for _ in range(GROUPS)
    )


def _bytes_of(password: str) -> bytes:
    """The same bytes for the same characters, however a keyboard composes them."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
