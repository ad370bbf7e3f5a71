"""A clock that stands until a test moves it, and a hasher that is cheap."""

from __future__ import annotations

from argon2 import PasswordHasher

SECRET = b"a secret of the server, for tests only"


class SteppingClock:
    """Seconds that rise only by `step`."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def step(self, seconds: float) -> None:
        self.seconds += seconds


class CountingHasher(PasswordHasher):
    """Argon2id at a low price, counting the verifications, which are what the real one makes dear."""

    def __init__(self, time_cost: int = 1) -> None:
        super().__init__(time_cost=time_cost, memory_cost=8, parallelism=1)
        self.verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
        self.verified += 1
        return bool(super().verify(hash, password))
