"""Briefing packs: a period, category and area on paper, or in one file that needs no network.

``make_briefing`` decides what a tier of recipients is given; ``body`` and ``to_pdf`` write it.
"""

from hotspots.briefing.content import Bars, Briefing, MapData, PlaceSheet, QuestionSection, Row
from hotspots.briefing.making import make_briefing
from hotspots.briefing.pages import body
from hotspots.briefing.pdf import to_pdf

__all__ = [
    "Bars",
    "Briefing",
    "MapData",
    "PlaceSheet",
    "QuestionSection",
    "Row",
    "body",
    "make_briefing",
    "to_pdf",
]
