"""The dashboard: reads the database, writes nothing but the status of a recommendation and the owner's verdict on a pair.

A screen is one class in one file, and one line in `tui.screens.SCREENS` (number, name, title, "module:Class"), which is all that the
keys, the bar of names, the palette and the help know of it; its module is imported when it is first shown. The class derives from
`tui.live_screen.LiveScreen[View]`, and `View` is a frozen value of its own (a NamedTuple):

    class Kinds(LiveScreen[KindsView]):
        def read(self, reading: Reading) -> KindsView: ...      # in a thread: asks the database, touches no widget
        def body(self) -> ComposeResult: ...                    # the widgets, once
        def show(self, view: KindsView) -> None: ...            # puts the values into the widgets
        def blank(self, view: KindsView) -> Blank | None: ...   # what to say instead, and the next step
        def markdown(self, view: KindsView) -> str: ...         # y
        def export(self, view: KindsView) -> Columns: ...       # e

`read` is called when the revision of the database or the range has changed, for the visible screen alone. `reading.report()` is the
newest report of the analyst (parsed once for all screens; None before the first), `reading.hours()` the hours of the chosen range.
Screens one level down (enter) are LiveScreens as well: `self.app.push_screen(TemplateScreen(id))`; esc pops them.

Names and texts from logs reach a widget as values, never as markup: `tui.cells.Cell` in a `tui.live_table.LiveTable`, and
`tui.text.name(...)` or `Content.assemble(...)` elsewhere. Texts of prompts go through `reading.text(...)` or `self.masked`, masked
unless the reader pressed `m` and the configuration allows it. Colour is never the only sign of anything; styles are the tones of
`tui.cells` or theme variables (`$error`). Everything heavy is imported inside `read`: the dashboard starts at once.
"""
