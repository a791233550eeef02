"""The report as one page of HTML, for people who do not open a terminal.

The page needs nothing but itself: no script, no address, style and plots inside; its security policy forbids the rest. Everything
from logs is escaped, and rid of control characters before.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from agent.printable import printable
from agent.report import Report
from agent.report_html.page import page

_SENTENCE = 600
"""Characters of a sentence that are shown."""


def html(report: Report) -> str:
    """The whole document."""
    style = resources.files(__name__).joinpath("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    drawn = _environment().get_template("page.html")
    return drawn.render(page=page(report), style=style, style_hash=digest) + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__name__, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["said"] = lambda text: printable(text, _SENTENCE)
    return environment
