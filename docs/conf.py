"""How the pages are built: `make docs`. Nothing in them asks for anything outside."""

from __future__ import annotations

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

import hotspots

project = "Hotspots"
author = "The Hotspots authors"
version = release = hotspots.__version__
language = "en-GB"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["build", "_build", "**.ipynb_checkpoints"]
# a page that begins with a second-level heading continues another one
suppress_warnings = ["myst.header"]
myst_heading_anchors = 3
myst_enable_extensions: list[str] = []

# -- the Python reference --
autodoc_typehints = "none"  # the docstrings give types, with shapes and units
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

# -- notebooks --
# the tutorial is run at every build, so that it cannot fall behind; that on real data is run by a
# test where the data are, and its outputs are nowhere kept
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_excludepatterns = ["tutorial-kent.ipynb"]
nb_merge_streams = True
# pictures of maps are inside the pages; no widget is used, and none is asked of another host
nb_ipywidgets_js: dict[str, dict[str, str]] = {}

# -- the look: a theme that is part of Sphinx and brings all of its own --
html_theme = "alabaster"
html_title = f"Hotspots {release}"
html_theme_options = {
    "description": "Hot spots of crime, anti-social behaviour and deliberate fires",
    "fixed_sidebar": False,
    "page_width": "72rem",
    "sidebar_width": "15rem",
    "font_family": '"Segoe UI", -apple-system, "Noto Sans", "Liberation Sans", Arial, sans-serif',
    "show_powered_by": False,
}
html_sidebars = {"**": ["about.html", "searchfield.html", "navigation.html"]}
html_copy_source = False
html_show_sourcelink = False


def setup(app: Sphinx) -> None:
    """Show tables in CSV as plain text: Pygments knows no such language."""
    app.add_lexer("csv", TextLexer)
