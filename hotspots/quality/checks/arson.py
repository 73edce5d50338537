"""Arson that both the police and the fire service recorded."""

from __future__ import annotations

from collections.abc import Iterator

from hotspots.quality.arson import FIRE, POLICE, link_arson
from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs


def check(data: Inputs) -> Iterator[Finding]:
    """Find arsons linked by time and distance, and those that may be one but cannot be proved.

    Both are notes; ``quality.link_arson`` says how: within 250 m and 24 hours, one to one.
    """
    links = link_arson(data.incidents)
    if len(links.pairs):
        first = int(links.pairs["police"].iloc[0])
        count = len(links.pairs)
        yield Finding(
            code="arson-twice",
            severity="note",
            title=f"{count:,} arson{'' if count == 1 else 's'} are known to the police and to the "
            "fire service, within 250 m and 24 hours.",
            count=count,
            share=None,
            example=data.example(first),
            effect="Police and fire maps both show them; a total of both counts each once.",
            advice="Ask for the total of fires and arson, and do not add the two maps up.",
            categories=(POLICE, FIRE),
        )
    if links.possible:
        yield Finding(
            code="arson-maybe-twice",
            severity="note",
            title=f"{links.possible:,} deliberate fire{'' if links.possible == 1 else 's'} may "
            "also be among the police's criminal damage and arson: it cannot be proved, because "
            "month, map points or hidden digits are all that is known.",
            count=links.possible,
            share=None,
            example=None,
            effect="A total of both may count some of them twice; none is linked.",
            advice="Ask the police for arson with day and place, and do not add the two maps up.",
            categories=(POLICE, FIRE),
        )
