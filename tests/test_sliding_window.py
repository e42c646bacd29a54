"""The window's arithmetic, held against a plain model that keeps every count with its moment."""

from math import floor

from hypothesis import given
from hypothesis import strategies as st

from portal.sliding_window import Window

WIDTH = 60
counts = st.integers(0, 50)
windows = st.builds(Window, counts, counts, st.floats(0.001, WIDTH))


def later(window: Window, seconds: float, width: int) -> Window:
    """The window when so many seconds more have passed and nothing was counted."""
    if seconds < window.left:
        return Window(window.previous, window.current, window.left - seconds)
    if seconds < window.left + width:
        return Window(window.current, 0, window.left + width - seconds)
    return Window(0, 0, width)


@given(windows, st.integers(1, 50), st.integers(1, 60))
def test_after_the_wait_it_fits_and_a_second_earlier_it_does_not(
    window: Window, limit: int, cost: int
) -> None:
    wait = window.seconds_to_wait(cost, limit, WIDTH)
    fits = min(cost, limit)

    def room_after(seconds: float) -> int:
        return limit - later(window, seconds, WIDTH).counted(WIDTH)

    assert room_after(wait) >= fits
    assert wait == 0 or room_after(wait - 1.001) < fits
    assert 0 <= wait <= 2 * WIDTH + 1


@given(windows)
def test_what_is_counted_only_fades(window: Window) -> None:
    seen = [later(window, seconds, WIDTH).counted(WIDTH) for seconds in range(2 * WIDTH + 1)]
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 0


@given(windows)
def test_nothing_counts_once_it_is_empty(window: Window) -> None:
    empty = window.seconds_until_empty(WIDTH)
    assert later(window, empty, WIDTH).counted(WIDTH) == 0
    if window.current:
        assert later(window, empty - WIDTH, WIDTH).counted(WIDTH) == window.current


@given(windows, st.floats(0, 3 * WIDTH), st.floats(0, 3 * WIDTH))
def test_waiting_twice_is_waiting_once(window: Window, first: float, second: float) -> None:
    once = later(window, first + second, WIDTH)
    twice = later(later(window, first, WIDTH), second, WIDTH)
    assert abs(once.counted(WIDTH) - twice.counted(WIDTH)) <= 1  # a float may fall either way


def test_by_hand() -> None:
    window = Window(previous=30, current=5, left=20.0)
    assert window.counted(WIDTH) == floor(30 / 3) + 5
    assert window.seconds_to_wait(5, 20, WIDTH) == 0
    # 11 of 30 weigh 11 until less than 22 seconds of the 60 are left.
    assert window.seconds_to_wait(10, 20, WIDTH) == 9
    assert window.seconds_until_empty(WIDTH) == 80
