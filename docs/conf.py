"""Sphinx: Markdown pages by hand, the reference from the docstrings."""

import re

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

# Docstrings are written for people: |U|, Z_p^* and a trailing K_ are mathematics there, not markup.
_MARKUP = re.compile(r"(?P<code>``.*?``)|(?P<bullet>^[*|] )|[*|]|\b\w*_(?!\w)")


def _literal(found):
    return found[0] if found["code"] or found["bullet"] else f"{found[0][:-1]}\\{found[0][-1]}"


def take_mathematics_literally(app, what, name, obj, options, lines):
    """Escape what reStructuredText would read as markup, outside ``code``."""
    for number, line in enumerate(lines):
        text = line.lstrip()
        lines[number] = " " * (len(line) - len(text)) + _MARKUP.sub(_literal, text)


def setup(app):
    """Run before napoleon, whose own output is markup."""
    app.connect("autodoc-process-docstring", take_mathematics_literally, priority=100)
