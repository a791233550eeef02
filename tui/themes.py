"""Colours: dark and light, the terminal's own sixteen, and pairs that people who see red and green alike can tell apart."""

from __future__ import annotations

from dataclasses import replace

from textual.theme import Theme

DARK, LIGHT, SAFE_DARK, SAFE_LIGHT = "hone-dark", "hone-light", "colour-blind-dark", "colour-blind-light"
ANSI_DARK, ANSI_LIGHT = "ansi-dark", "ansi-light"
NAMES = (DARK, LIGHT, SAFE_DARK, SAFE_LIGHT, ANSI_DARK, ANSI_LIGHT)


def _dark(theme: Theme) -> Theme:
    return replace(theme, background="#12151c", surface="#12151c", panel="#1b2029", foreground="#d8dee9")


def _light(theme: Theme) -> Theme:
    return replace(theme, background="#fbfbf8", surface="#fbfbf8", panel="#eeeee8", foreground="#24292f", dark=False)


THEMES = (
    _dark(
        Theme(
            DARK,
            primary="#5fb3b3",
            secondary="#7aa2f7",
            accent="#8fd3c8",
            success="#8ccf7e",
            warning="#e5c76b",
            error="#ee6d7a",
        )
    ),
    _light(
        Theme(
            LIGHT,
            primary="#0b7285",
            secondary="#3b5bdb",
            accent="#0b7285",
            success="#2b8a3e",
            warning="#a15c00",
            error="#c92a2a",
        )
    ),
    # Of Okabe and Ito, whom every common kind of colour blindness lets tell apart: bluish green is good, orange is bad, and neither is the
    # blue that frames and figures have.
    _dark(
        Theme(
            SAFE_DARK,
            primary="#56b4e9",
            secondary="#cc79a7",
            accent="#56b4e9",
            success="#009e73",
            warning="#f0e442",
            error="#e69f00",
        )
    ),
    _light(
        Theme(
            SAFE_LIGHT,
            primary="#0072b2",
            secondary="#8a4a73",
            accent="#0072b2",
            success="#00735a",
            warning="#7a6a00",
            error="#b34700",
        )
    ),
)
