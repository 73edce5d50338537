"""Which counts of a table to withhold so that no small one can be worked out: cell suppression."""

from hotspots.disclosure.cells import Atoms, Cell, Protection, Status
from hotspots.disclosure.protecting import protect

__all__ = ["Atoms", "Cell", "Protection", "Status", "protect"]
