"""The second factor: codes of an authenticator application (TOTP, RFC 6238), and recovery codes for when it is lost.

The database keeps a random salt, and the application's secret is derived from it with the server's key: so a copy of
the database alone makes no codes, nor does it show recovery codes, of which keyed digests are kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from enum import Enum

import pyotp
import segno
from sqlalchemy import delete, select
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.access.passwords import READABLE_CHARACTERS
from qbwc_server.store.tables import Person, RecoveryCode

ISSUER = "Connex"
STEP_SECONDS = 30
STEPS_AROUND = 1  # a clock may be that many steps off, either way
SECRET_BYTES = 20
RECOVERY_CODES = 10
RECOVERY_GROUPS, RECOVERY_GROUP_CHARACTERS = 3, 5  # 74 bits
MAX_CODE_CHARACTERS = 40  # as typed
MAX_FAILURES = 8
FAILURE_WINDOW = timedelta(minutes=15)


class FactorAnswer(Enum):
    """What became of a code that was given."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_MANY = "too many"  # not even looked at: too much has failed lately


class SecondFactor:
    """Makes and verifies codes. `secret_key` is the server's."""

    def __init__(self, secret_key: bytes) -> None:
        self._secret_key = hmac.digest(secret_key, b"connex: second factor", hashlib.sha256)
        self._recovery_key = hmac.digest(secret_key, b"connex: recovery codes", hashlib.sha256)

    def secret(self, salt: str) -> str:
        """The secret that the authenticator application holds, as people type it."""
        digest = hmac.digest(self._secret_key, salt.encode(), hashlib.sha256)
        return base64.b32encode(digest[:SECRET_BYTES]).decode("ascii")

    def address(self, salt: str, name: str) -> str:
        """The otpauth:// address that the application reads from the QR code."""
        return pyotp.TOTP(self.secret(salt), name=name, issuer=ISSUER, interval=STEP_SECONDS).provisioning_uri()

    def qr_code(self, salt: str, name: str) -> str:
        """That address as an inline SVG, dark on white whatever the page's colours are."""
        code = segno.make(self.address(salt, name), error="m", micro=False)
        return str(
            code.svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=True, title="QR code", svgclass="qr")
        )

    def step_of(self, salt: str, code: str, now: datetime) -> int | None:
        """The time step that a code belongs to; None for a wrong one."""
        typed = code.replace(" ", "")
        if not (typed.isascii() and typed.isdigit()):
            return None
        totp = pyotp.TOTP(self.secret(salt), interval=STEP_SECONDS)
        current = int(now.timestamp()) // STEP_SECONDS
        steps = range(current - STEPS_AROUND, current + STEPS_AROUND + 1)
        return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step), typed)), None)

    def recovery_digest(self, code: str) -> str:
        """What the database keeps of a recovery code."""
        plain = "".join(character for character in code.lower() if character in READABLE_CHARACTERS)
        return hmac.new(self._recovery_key, plain.encode(), hashlib.sha256).hexdigest()

    def check(self, session: DatabaseSession, person: Person, code: str, now: datetime) -> FactorAnswer:
        """Takes a code of a person: one of the application once, or a recovery code, which is used up.

        Failures are counted in the database, so that they hold for all processes.
        """
        session.refresh(person, with_for_update=True)
        if person.factor_failed_at is not None and person.factor_failed_at <= now - FAILURE_WINDOW:
            person.factor_failures, person.factor_failed_at = 0, None
        if person.factor_failures >= MAX_FAILURES:
            return FactorAnswer.TOO_MANY
        if len(code) <= MAX_CODE_CHARACTERS and self._takes(session, person, code, now):
            person.factor_failures, person.factor_failed_at = 0, None
            return FactorAnswer.RIGHT
        person.factor_failures += 1
        person.factor_failed_at = person.factor_failed_at or now
        return FactorAnswer.WRONG

    def _takes(self, session: DatabaseSession, person: Person, code: str, now: datetime) -> bool:
        step = self.step_of(person.factor_salt, code, now)
        if step is not None:
            if person.factor_last_step is not None and step <= person.factor_last_step:
                return False  # it was used, perhaps read over a shoulder
            person.factor_last_step = step
            return True
        found = session.scalar(
            select(RecoveryCode.id).where(
                RecoveryCode.person_id == person.id, RecoveryCode.digest == self.recovery_digest(code)
            )
        )
        if found is None:
            return False
        session.execute(delete(RecoveryCode).where(RecoveryCode.id == found))
        return True


def new_salt() -> str:
    """A salt for a new second factor."""
    return secrets.token_urlsafe(32)


def new_recovery_codes() -> tuple[str, ...]:
    """Fresh recovery codes, to be shown once."""
    return tuple(
        "-".join(
            "".join(secrets.choice(READABLE_CHARACTERS) for _ in range(RECOVERY_GROUP_CHARACTERS))
            for _ in range(RECOVERY_GROUPS)
        )
        for _ in range(RECOVERY_CODES)
    )
