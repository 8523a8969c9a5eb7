"""Settings of the documentation: ``python -m sphinx -W docs build/docs``, with the extra ``docs`` installed."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))
sys.path.insert(0, str(Path(__file__).parents[1]))  # the package beside these pages is what they tell of

from amsd_astro import __version__

project = "amsd_astro"
author = "amsd_astro developers"
copyright = author  # noqa: A001
release = __version__
version = release.partition("+")[0]

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",  # Markdown, and notebooks as they were run
    "sphinx_copybutton",
    "command_options",
    "layout_table",
    "mathml",
    "public_names",
    "repository_links",
]
root_doc = "index"
exclude_patterns = ["build", "**.ipynb_checkpoints", "notebooks/**/*.md", "notebooks/*.md"]
templates_path: list[str] = []
pygments_style = "default"
highlight_language = "python"
smartquotes = False  # two hyphens begin an option

# A link to another project is only looked up where it is asked for: a build needs no network.
if os.environ.get("AMSD_DOCS_INTERSPHINX"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "astropy": ("https://docs.astropy.org/en/stable", None),
        "photutils": ("https://photutils.readthedocs.io/en/stable", None),
        "matplotlib": ("https://matplotlib.org/stable", None),
    }

# Pages
myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_merge_streams = True
# A checkout without notebooks is no fault of the page that lists them.
logging.getLogger("sphinx.sphinx.directives.other").addFilter(lambda record: "toctree glob" not in str(record.msg))

# The programming interface
default_role = "py:obj"
autosummary_generate = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"members": True}
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

# Looks
html_theme = "pydata_sphinx_theme"
html_title = "amsd_astro"
html_static_path = ["_static"]
html_css_files = ["amsd.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_sidebars = {"*": []}  # pages of their own have no section to go around in
html_theme_options = {
    "logo": {"text": "amsd_astro"},
    "navbar_align": "left",
    "header_links_before_dropdown": 5,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_center": [],
    "footer_end": [],
    "back_to_top_button": False,
}
copybutton_prompt_text = "$ "
