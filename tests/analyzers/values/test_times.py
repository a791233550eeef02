"""Clocks are told from other numbers by how they move, in whatever way they are written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.values.spans import widened
from analyzers.values.times import Clock, clock, resolution_words

START = 1_790_003_217.0


def samples(
    write: Callable[[datetime], str], step: float, count: int = 30, zone: float = 0.0
) -> list[tuple[str, float]]:
    chance = Random(3)
    times = [START + i * step * chance.uniform(0.7, 1.3) for i in range(count)]
    return [(write(datetime.fromtimestamp(at, UTC) + timedelta(hours=zone)), at) for at in times]


@pytest.mark.parametrize(
    ("write", "step", "resolution"),
    [
        ("%Y-%m-%dT%H:%M:%S+09:00", 40, "second"),
        ("%d/%b/%Y:%H:%M:%S +0000", 40, "second"),
        ("%A %d %B %Y à %Hh%M", 90, "minute"),
        ("%y%m%d", 90_000, None),
        ("%Y%m%d%H%M%S", 40, "second"),
        ("%Y/%m/%d", 40_000, "day"),
        ("%H:%M", 200, "minute"),
        ("%I.%M %p, %B %d", 200, "minute"),
        ("%d.%m., %H Uhr", 2_000, "hour"),
        ("%A", 40_000, "day"),
    ],
)
def test_every_way_of_writing_a_time_is_read(write: str, step: float, resolution: str | None) -> None:
    found = clock(samples(lambda when: when.strftime(write), step, zone=9))
    assert (found.resolution if found else None) == resolution


def test_names_of_other_languages() -> None:
    days = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
    months = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ]
    found = clock(samples(lambda t: f"{days[t.weekday()]} {t.day} {months[t.month - 1]} {t.year}, {t:%H:%M:%S}", 77))
    assert found == Clock("second", frozen=False)


def test_a_rounded_clock_has_the_resolution_it_moves_in() -> None:
    found = clock(samples(lambda t: t.replace(minute=t.minute // 5 * 5).strftime("%Y-%m-%d %H:%M:00"), 100))
    assert found is not None
    assert found.resolution == "minute"


def test_a_clock_that_moves_every_ten_minutes_is_read_from_the_time_of_day_alone() -> None:
    found = clock(samples(lambda t: f"{t.hour}:{t.minute // 10}0 Uhr", 130, count=40))
    assert found == Clock("minute", frozen=False)


def test_a_start_that_is_kept_is_frozen() -> None:
    times = [START + i * 50 for i in range(40)]
    found = clock([(datetime.fromtimestamp(at - (at - START) % 1_000, UTC).isoformat(), at) for at in times])
    assert found == Clock("second", frozen=True)
    assert resolution_words([found]) == "kept for the conversation"


@given(st.lists(st.integers(0, 10**9), min_size=12, max_size=40, unique=True))
def test_random_numbers_are_no_clock(numbers: list[int]) -> None:
    assert clock([(f"no {number}", START + i * 61) for i, number in enumerate(numbers)]) is None


@pytest.mark.parametrize("text", ["valid from 2026-01-01", "born 12.03.1987", "2024-02-29"])
def test_dates_that_do_not_move_with_the_requests_are_no_clock(text: str) -> None:
    assert clock([(f"{text[:-1]}{i % 10}", START + i * 40_000) for i in range(30)]) is None


@pytest.mark.parametrize(
    ("text", "inside", "whole"),
    [
        ("It is Mon Nov 16 09:00:00 2026 now", "00:00", "Mon Nov 16 09:00:00 2026"),
        ("Heute: Dienstag, 24. März 2026, 14:03:11 Uhr.", "11", "Dienstag, 24. März 2026, 14:03:11 Uhr"),
        ("The rule: 2026-11-24T14:03:11.123Z and", "03", "2026-11-24T14:03:11.123Z"),
        ("the date 2026-11-24 holds", "24", "2026-11-24"),
        ("cch=9f8a7; q", "f8", "9f8a7"),
        ("id req_9f8a-7c, z", "9f8a", "req_9f8a-7c"),
    ],
)
def test_a_span_is_widened_to_the_whole_value(text: str, inside: str, whole: str) -> None:
    at = text.index(inside)
    start, end = widened(text, at, at + len(inside))
    assert text[start:end] == whole
