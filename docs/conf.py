"""Sphinx: Markdown pages by hand, the reference from the docstrings."""

import e2evote

project = "e2evote"
copyright = "the e2evote contributors"
release = version = e2evote.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
templates_path = ["_templates"]
exclude_patterns = ["_templates"]
html_theme = "alabaster"
html_theme_options = {"description": "End-to-end verifiable elections", "page_width": "72em", "sidebar_width": "16em"}
html_show_sourcelink = False
highlight_language = "none"

myst_heading_anchors = 3
autosummary_generate = True
autosummary_ignore_module_all = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
autodoc_default_options = {"exclude-members": "model_config,model_fields,model_computed_fields"}
napoleon_numpy_docstring = False
