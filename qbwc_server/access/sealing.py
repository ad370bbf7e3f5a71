"""Secrets that have to be read again, such as those that shops sign their webhooks with: kept encrypted with the
server's key, so that a copy of the database alone gives none of them away."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


class SealBroken(ValueError):
    """Something that this server's key did not seal, or that was changed since."""


class Sealing:
    """Seals and opens texts with a key of their own, derived from the server's `secret_key` (Fernet: AES and HMAC)."""

    def __init__(self, secret_key: bytes) -> None:
        key = hmac.digest(secret_key, b"connex: sealed secrets", hashlib.sha256)
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def sealed(self, text: str) -> str:
        """The text in a form that only `opened` reads; another one each time."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def opened(self, sealed: str) -> str:
        """What was sealed. Raises SealBroken where that was with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise SealBroken("it was sealed with another secret key than this server's") from None
