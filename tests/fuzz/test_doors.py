"""Bad input at every door is refused by that door's own error: nothing else ever comes out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.doors import DOORS, MAX_BYTES, Door


@st.composite
def deliveries(draw: st.DrawFn, door: Door) -> bytes:
    """Bytes of any kind, or something sound with pieces cut out, doubled, put in and changed."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=300))
    data = bytearray(draw(st.sampled_from(door.sound)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        piece = draw(
            st.sampled_from([b"", bytes(data[start:end]) * 2, *door.words])
            | st.binary(min_size=1, max_size=4)
            | st.text(min_size=1, max_size=3).map(lambda text: text.encode("utf-8", "surrogatepass"))
        )
        data[start:end] = piece
    return bytes(data)[:MAX_BYTES]


@pytest.mark.parametrize("name", DOORS)
def test_what_is_sound_is_taken(name: str) -> None:
    for data in DOORS[name].sound:
        DOORS[name].take(data)


@pytest.mark.parametrize("name", DOORS)
def test_whatever_comes_in_by_a_door_it_is_taken_or_refused(name: str) -> None:
    door = DOORS[name]

    @settings(max_examples=150, deadline=None)
    @given(deliveries(door))
    def knock(data: bytes) -> None:
        door.take(data)

    knock()
