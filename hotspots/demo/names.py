"""Made-up street names, dealt so that a name seldom comes twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_FIRST = (
    "Abbot", "Acorn", "Alder", "Almond", "Anchor", "Anvil", "Apple", "Arrow", "Ash", "Aspen",
    "Badger", "Bakers", "Barley", "Barn", "Basket", "Beacon", "Beech", "Bell", "Birch", "Bishop",
    "Bittern", "Blackthorn", "Bluebell", "Bramble", "Brewers", "Briar", "Brook", "Buckle",
    "Bullrush", "Burrow", "Candle", "Carters", "Castle", "Cedar", "Chalk", "Chandlers", "Chapel",
    "Cherry", "Chestnut", "Church", "Clover", "Cobble", "Coopers", "Copper", "Coral", "Cowslip",
    "Crane", "Cuckoo", "Curlew", "Damson", "Deacon", "Dove", "Drake", "Drovers", "Dyers", "Elder",
    "Elm", "Falcon", "Farriers", "Fennel", "Fern", "Ferry", "Field", "Finch", "Flax", "Flint",
    "Foundry", "Foxglove", "Garnet", "Garrison", "Gatehouse", "Glebe", "Goldcrest", "Gorse",
    "Granary", "Grebe", "Greyhound", "Grove", "Harbour", "Harrier", "Harrow", "Haven", "Hawthorn",
    "Hazel", "Heather", "Heron", "Hive", "Holly", "Honeysuckle", "Hop", "Hornbeam", "Hurdle",
    "Ivy", "Jasmine", "Juniper", "Kestrel", "Kiln", "Kingfisher", "Ladder", "Lantern", "Lapwing",
    "Larch", "Lark", "Laurel", "Lavender", "Linden", "Linnet", "Lock", "Loom", "Magpie", "Mallard",
    "Malt", "Maple", "Market", "Martin", "Mason", "Meadow", "Medlar", "Mercers", "Merlin", "Mill",
    "Minster", "Mulberry", "Needle", "Nettle", "Nightingale", "Oak", "Oast", "Orchard", "Osier",
    "Osprey", "Otter", "Paddock", "Partridge", "Pear", "Pebble", "Pheasant", "Pilgrim", "Pine",
    "Plover", "Plum", "Poplar", "Poppy", "Potters", "Primrose", "Priory", "Quarry", "Quill",
    "Quince", "Rampart", "Raven", "Reed", "Ridge", "Robin", "Rook", "Ropemaker", "Rosemary",
    "Rowan", "Rush", "Saddlers", "Saffron", "Sail", "Sandpiper", "Sedge", "Shepherds", "Shingle",
    "Shuttle", "Skylark", "Smithy", "Sorrel", "Sparrow", "Spinney", "Spring", "Starling", "Station",
    "Swallow", "Swan", "Sycamore", "Tallow", "Tanners", "Teal", "Teasel", "Thatch", "Thistle",
    "Thyme", "Tiller", "Tinkers", "Tollgate", "Turnpike", "Vicarage", "Violet", "Walnut", "Warren",
    "Waterside", "Weavers", "Weir", "Wharf", "Wheatsheaf", "Wheelers", "Willow", "Windmill",
    "Woodpecker", "Wren", "Yarrow", "Yew",
)  # fmt: skip
_LAST = {
    "estate": ("Close", "Road", "Street", "Avenue", "Drive", "Gardens", "Way", "Crescent", "Walk",
               "Place", "Grove", "Terrace"),
    "through": ("Road", "Street", "Avenue", "Hill", "Way", "Row"),
    "lane": ("Lane", "Lane", "Road", "Hill", "Drove"),
}  # fmt: skip


def deal(rng: np.random.Generator) -> dict[str, Iterator[str]]:
    """Return an endless supply of names for each kind of street.

    Parameters
    ----------
    rng : numpy.random.Generator
        Shuffles the names.

    Returns
    -------
    dict of str to iterator of str
        ``estate`` for streets between houses, ``through`` for the roads round them, ``lane`` for
        the country. A name comes again only when all of its kind are used up.
    """
    return {kind: _endless(last, rng) for kind, last in _LAST.items()}


def _endless(last: tuple[str, ...], rng: np.random.Generator) -> Iterator[str]:
    names = [f"{a} {b}" for a in _FIRST for b in dict.fromkeys(last) if a != b]
    while True:
        yield from (names[i] for i in rng.permutation(len(names)))
