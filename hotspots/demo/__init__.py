"""A made-up place with three years of incidents, for trying the program and for testing it.

The place and the incidents are synthetic. The hot spots and changes planted in them are listed,
so that what the program finds can be held against what is there.
"""

from hotspots.demo.files import DemoFiles, is_written, months, write
from hotspots.demo.generator import NOTICE, SEED, DemoData, generate
from hotspots.demo.geography import VINTAGE

__all__ = [
    "NOTICE",
    "SEED",
    "VINTAGE",
    "DemoData",
    "DemoFiles",
    "generate",
    "is_written",
    "months",
    "write",
]
