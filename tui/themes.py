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
    # Blue against orange (Okabe and Ito): the pair that every common kind of colour blindness keeps apart.
    _dark(
        Theme(
            SAFE_DARK,
            primary="#56b4e9",
            secondary="#cc79a7",
            accent="#56b4e9",
            success="#56b4e9",
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
            success="#0072b2",
            warning="#7a6a00",
            error="#b34700",
        )
    ),
)
