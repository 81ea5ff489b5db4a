"""Sphinx configuration: MyST Markdown, Furo."""

project = "Landwaiter"
project_copyright = "The Landwaiter authors, Apache-2.0"
extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Landwaiter"
