"""What Sphinx reads; `__main__.py` writes the pages that it builds."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "course")]

from autograder.authoring.release import version as course_version  # noqa: E402

project = "Neural Style Transfer"
author = "the maintainers of the course module"
version = release = course_version()
language = "en"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_copybutton", "tools.website.formulas"]
exclude_patterns = ["files"]
default_role = "code"
nitpicky = False
suppress_warnings = ["mystnb.unknown_mime_type"]
highlight_language = "none"
smartquotes = False  # "ladder" in a docstring is a Python string

html_math_renderer = "drawn"
html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = [str(Path(__file__).parent / "static"), os.environ["NST_SITE_STATIC"]]
html_css_files = ["slider.css", "site.css"]
html_extra_path = [os.environ["NST_SITE_EXTRA"]]
html_copy_source = html_show_sourcelink = False
html_show_copyright = False
html_sidebars = {page: [] for page in ("api", "accessibility", "changelog")}
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "show_nav_level": 2,
    "navigation_with_keys": False,
    "use_edit_page_button": False,
    "footer_start": ["course-version"],
    "footer_end": [],
    "back_to_top_button": False,
}
templates_path = [str(Path(__file__).parent / "templates")]

nb_execution_mode = "off"  # the outputs are there
nb_ipywidgets_js = {}  # myst-nb's default fetches scripts
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 4
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
python_display_short_literal_types = True
