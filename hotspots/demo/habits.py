"""How each category behaves: how many, where, when, and for how long nobody saw it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hotspots.demo.geography import Floats

YEARS = 3
FIRST_DAY = np.datetime64("2023-10-01", "D")
LAST_DAY = np.datetime64("2026-09-30", "D")

_NIGHT_OUT = (6, 5, 4, 2, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 7)
_EVENING = (2, 1, 1, 1, 0, 0, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9, 9, 9, 8, 6, 4)
_SHOPS = (0, 0, 0, 0, 0, 0, 0, 1, 3, 5, 8, 9, 10, 10, 10, 9, 9, 8, 6, 4, 3, 2, 1, 0)
_DAY = (2, 1, 1, 1, 1, 1, 2, 3, 5, 5, 6, 6, 7, 6, 6, 6, 7, 7, 6, 6, 5, 4, 4, 3)
_AWAY = (4, 3, 3, 2, 1, 1, 2, 4, 5, 5, 4, 4, 4, 4, 4, 4, 5, 7, 8, 8, 8, 7, 7, 6)
_WEEKEND = (0.9, 0.88, 0.9, 0.95, 1.1, 1.22, 1.05)
_WORKDAYS = (1.02, 1.02, 1.0, 1.02, 1.08, 1.04, 0.82)
_NIGHTS_OUT = (0.82, 0.82, 0.85, 0.92, 1.12, 1.32, 1.15)


@dataclass(frozen=True, slots=True)
class Habit:
    """One category.

    Parameters
    ----------
    text : str
        The category as the export writes it.
    per_year : float
        Expected incidents a year in each borough, planted standing hot spots included.
    place : tuple of float
        Weight of a metre of street at the heart of a centre, between houses, in open country.
    hours, weekdays : tuple of float
        Weights of the hours 0 to 23 and of Monday to Sunday.
    peak_month, swing : float
        Season: the month of most (1 to 12) and how far above the mean it is.
    trend : float
        Change from one year to the next, as a share.
    unseen : float
        Share that is found only later, so that only "from" and "to" are known.
    """

    text: str
    per_year: float
    place: tuple[float, float, float]
    hours: tuple[float, ...]
    weekdays: tuple[float, ...]
    peak_month: float
    swing: float
    trend: float = 0.0
    unseen: float = 0.0


HABITS = {
    "asb": Habit(
        "Anti-social behaviour", 5_000, (4, 1, 0.03), _EVENING, _WEEKEND, 7.2, 0.24, -0.03
    ),
    "criminal_damage": Habit(
        "Criminal damage", 860, (2, 1, 0.04), _EVENING, _WEEKEND, 7, 0.08, -0.02, 0.65
    ),
    "deliberate_fire": Habit(
        "Deliberate fire", 180, (0.6, 1, 0.18), _EVENING, _WEEKEND, 6.5, 0.3, 0.02
    ),
    "violence": Habit(
        "Violence and sexual offences", 3_480, (5, 1, 0.03), _NIGHT_OUT, _NIGHTS_OUT, 7, 0.08, 0.01
    ),
    "robbery": Habit("Robbery", 110, (6, 1, 0.01), _NIGHT_OUT, _NIGHTS_OUT, 11, 0.1),
    "weapons": Habit("Possession of weapons", 90, (5, 1, 0.02), _DAY, _WEEKEND, 6, 0.05, 0.04),
    "public_order": Habit("Public order", 810, (7, 1, 0.02), _EVENING, _WEEKEND, 7, 0.12, -0.02),
    "burglary": Habit("Burglary", 500, (1.2, 1, 0.1), _AWAY, _WORKDAYS, 12, 0.16, -0.06, 0.8),
    "vehicle_crime": Habit(
        "Vehicle crime", 860, (1.5, 1, 0.08), _AWAY, _WORKDAYS, 11, 0.08, -0.04, 0.75
    ),
    "shoplifting": Habit("Shoplifting", 900, (30, 0.35, 0.0), _SHOPS, _WORKDAYS, 12, 0.1, 0.07),
    "bicycle_theft": Habit("Bicycle theft", 110, (6, 1, 0.01), _DAY, _WORKDAYS, 7.5, 0.35, 0, 0.5),
    "theft_from_person": Habit(
        "Theft from the person", 150, (12, 0.6, 0.0), _DAY, _WEEKEND, 12, 0.12
    ),
    "other_theft": Habit("Other theft", 680, (4, 1, 0.08), _DAY, _WORKDAYS, 8, 0.06, -0.02, 0.3),
    "drugs": Habit("Drugs", 270, (5, 1, 0.03), _EVENING, _WEEKEND, 5, 0.06, -0.03),
    "other_crime": Habit("Other crime", 180, (2, 1, 0.06), _DAY, _WORKDAYS, 3, 0.04),
}


def days() -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """Return every day of the three years, as datetime64[D]."""
    return np.arange(FIRST_DAY, LAST_DAY + 1)


def day_weights(habit: Habit) -> Floats:
    """Return the share of the three years' incidents that each day is expected to have.

    The same for every street: that is what makes a year without planted changes a year in which
    no place becomes worse than usual.
    """
    calendar = days()
    month = (calendar - calendar.astype("datetime64[Y]")).astype(float) / 30.4375 + 0.5
    season = 1 + habit.swing * np.cos(2 * np.pi * (month - habit.peak_month) / 12)
    # 1970-01-01 was a Thursday, day 3 of a week that begins on Monday
    weekday = (calendar.astype(np.int64) + 3) % 7
    year = (calendar - FIRST_DAY).astype(float) / 365.25
    weight = season * np.array(habit.weekdays)[weekday] * (1 + habit.trend) ** year
    return np.asarray(weight / weight.sum())
