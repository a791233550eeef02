"""Plots as SVG for a page: pure functions from figures to markup.

Widths are percentages and heights pixels, so that a plot fits a phone and a wide screen with letters of one size. Colours come from the
page's style, by class; every plot says its figures as text too. Labels may come from logs: they are made safe here.
"""
