"""Pairs of answers that no comparison settles, one by one, for the owner to say whether the cached one was right."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from analyzers.errors import HoneError
from tui import text
from tui.cells import Columns
from tui.live_screen import Blank, LiveScreen
from tui.looks import NO_ANALYSIS, look_of, shown_by, why_masked
from tui.reading import Reading

if TYPE_CHECKING:
    from agent.close_look import OpenPair

_SAYS = {True: "right", False: "wrong", None: "cannot tell"}


class Shown(NamedTuple):
    """A pair as it may be drawn: the key of its verdict, and its texts as lines."""

    pair: OpenPair
    asked: Content
    answered: Content
    asked_before: Content
    cached: Content


class PairsView(NamedTuple):
    """Pairs, the least certain first, and the owner's verdicts by key; `masked` says what keeps the words hidden."""

    pairs: tuple[Shown, ...]
    verdicts: dict[str, bool]
    masked: str
    analysed: bool


class Pairs(LiveScreen[PairsView]):
    """One level below the cache."""

    NAME = "cache"
    HELP_TEXT = (
        "A cache would have given the answer below for the question above. Your verdict goes over the comparison's from the next "
        "analysis on, as with hone judge, and is kept as a digest without text."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "judge(True)", "right", id="pairs.right", tooltip="The cached answer would have been right"),
        Binding("n", "judge(False)", "wrong", id="pairs.wrong", tooltip="The cached answer would have been wrong"),
        Binding("s,right", "step(1)", "skip", id="pairs.skip", tooltip="The next pair, without a verdict on this one"),
        Binding("left", "step(-1)", "before", id="pairs.before", show=False, tooltip="The pair before"),
        Binding("u", "take_back", "take back", id="pairs.undo", tooltip="Take the last verdict back"),
    ]
    DEFAULT_CSS = """
    Pairs #state { padding: 0 1; height: auto; }
    Pairs #sheet { height: 1fr; margin-top: 1; }
    Pairs #sheet > Static { padding: 0 1; height: auto; margin-bottom: 1; border-left: vkey $foreground 30%; }
    Pairs #sheet > .cached { border-left: outer $accent; }
    """

    class Kept(Message):
        """A verdict was written, or could not be; `same` None: it was taken back."""

        def __init__(self, key: str, same: bool | None, error: HoneError | None) -> None:
            super().__init__()
            self.key = key
            self.same = same
            self.error = error

    def __init__(self) -> None:
        super().__init__()
        self._at = 0
        self._done: list[str] = []
        self._own: dict[str, bool | None] = {}
        self._writing = False
        self._next: list[Callable[[], None]] = []

    def read(self, reading: Reading) -> PairsView:
        """The pairs that the newest analysis left open, and what was said of them since."""
        from agent.store.judgements import judgements

        look = look_of(reading)
        if look is None:
            return PairsView((), {}, "", reading.report() is not None)
        show = shown_by(reading)

        def lines(said: str | None) -> Content:
            if said is None:
                return text.said("(no text)", "quiet")
            return Content("\n".join(show(line) for line in said.splitlines()) or "(empty)")

        pairs = tuple(
            Shown(one, lines(one.asked), lines(one.answered), lines(one.asked_before), lines(one.cached))
            for one in look.pairs
        )
        known = {one.key.hex(): one.same for one in judgements(reading.store.engine)}
        return PairsView(
            pairs, {one.key: known[one.key] for one in look.pairs if one.key in known}, why_masked(reading, look), True
        )

    def body(self) -> ComposeResult:
        """Where one is, and the four texts."""
        yield Static(id="state", markup=False)
        with VerticalScroll(id="sheet"):
            yield Static(id="asked", markup=False)
            yield Static(id="answered", markup=False)
            yield Static(id="asked-before", classes="cached", markup=False)
            yield Static(id="cached", classes="cached", markup=False)

    def blank(self, view: PairsView) -> Blank | None:
        """Nothing to judge."""
        if not view.analysed:
            return NO_ANALYSIS
        if not view.pairs:
            return Blank(
                "Nothing to judge: no two answers that a cache could confuse are left open.",
                "They come with the next analysis, where questions are alike and answers are not. esc goes back.",
            )
        return None

    def show(self, view: PairsView) -> None:
        """The pair at hand."""
        self._at = min(self._at, len(view.pairs) - 1)
        pair = view.pairs[self._at]
        self.query_one("#state", Static).update(self._state(view, pair))
        for name, heading, words in (
            ("asked", "asked", pair.asked),
            ("answered", "answered", pair.answered),
            ("asked-before", "asked before", pair.asked_before),
            ("cached", "what a cache would have answered", pair.cached),
        ):
            self.query_one(f"#{name}", Static).update(Content.assemble(text.said(heading, "quiet"), "\n", words))

    def markdown(self, view: PairsView) -> str | None:
        """No text of prompts leaves this screen."""
        return None

    def export(self, view: PairsView) -> Columns:
        """Verdicts without their texts."""
        return Columns(
            ("Key", "Comparison", "By", "Score", "Yours"),
            [(p.pair.key, p.pair.says, p.pair.by, p.pair.score, self._verdict(view, p.pair.key)) for p in view.pairs],
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Who cannot read the words cannot judge them."""
        if action == "judge" and (self.view is None or self.view.masked or not self.view.pairs):
            return None
        if action == "take_back" and not self._done and not self._writing:
            return None
        return super().check_action(action, parameters)

    def action_judge(self, same: bool) -> None:
        """Keep a verdict on the pair at hand and go on to the next."""
        if (
            self.view is None
            or not self.view.pairs
            or self.view.masked
            or self._waits(partial(self.action_judge, same))
        ):
            return
        self._writing = True
        self._keep(self.view.pairs[self._at].pair, same)

    def action_step(self, by: int) -> None:
        """To another pair; after the last comes the first."""
        if self.view is not None and self.view.pairs:
            self._at = (self._at + by) % len(self.view.pairs)
            self.show(self.view)
            self.query_one("#sheet", VerticalScroll).scroll_home(animate=False)

    def action_take_back(self) -> None:
        """Forget the last verdict given here."""
        if self._waits(self.action_take_back):
            return
        if self._done and self.view is not None:
            self._writing = True
            key = self._done[-1]
            self._at = next((n for n, one in enumerate(self.view.pairs) if one.pair.key == key), self._at)
            self._withdraw(key)

    def _waits(self, action: Callable[[], None]) -> bool:
        """Whether a verdict is being written: what is pressed meanwhile is of what comes after it."""
        if self._writing:
            self._next.append(action)
        return self._writing

    @work(thread=True, exit_on_error=False, group="write")
    def _keep(self, pair: OpenPair, same: bool) -> None:
        from agent.store.judgements import Judgement, keep

        assert self.reading is not None
        verdict = Judgement(bytes.fromhex(pair.key), same, _who(), self.now, None, pair.says, pair.by)
        try:
            keep(self.reading.store.engine, verdict)
        except HoneError as error:
            self.post_message(self.Kept(pair.key, same, error))
        else:
            self.post_message(self.Kept(pair.key, same, None))

    @work(thread=True, exit_on_error=False, group="write")
    def _withdraw(self, key: str) -> None:
        from agent.store.judgements import withdraw

        assert self.reading is not None
        try:
            withdraw(self.reading.store.engine, bytes.fromhex(key))
        except HoneError as error:
            self.post_message(self.Kept(key, None, error))
        else:
            self.post_message(self.Kept(key, None, None))

    def on_pairs_kept(self, message: Kept) -> None:
        """Said only once it is in the database."""
        self._kept(message)
        self._writing = False
        if self._next:
            self._next.pop(0)()

    def _kept(self, message: Kept) -> None:
        if message.error is not None:
            self.notify(f"not kept: {message.error.message}", severity="error")
            return
        self._own[message.key] = message.same
        if message.same is None:
            self._done.remove(message.key)
        else:
            self._done.append(message.key)
            if self.view is not None and self.view.pairs[self._at].pair.key == message.key:
                self._at = min(self._at + 1, len(self.view.pairs) - 1)
        if self.view is not None:
            self.show(self.view)
        self.refresh_bindings()

    def _verdict(self, view: PairsView, key: str) -> bool | None:
        return self._own[key] if key in self._own else view.verdicts.get(key)

    def _state(self, view: PairsView, pair: Shown) -> Content:
        given = self._verdict(view, pair.pair.key)
        judged = sum(self._verdict(view, one.pair.key) is not None for one in view.pairs)
        yours = "" if given is None else f" · you said {'✓ right' if given else '✗ wrong'}"
        lines = [
            Content.assemble(
                text.said(f"Pair {self._at + 1} of {len(view.pairs)}", "strong"),
                f" · {judged} judged · the comparison says {_SAYS[pair.pair.says]} ({pair.pair.by}, {pair.pair.score:.2f})",
                text.said(yours, "good" if given else "bad"),
            )
        ]
        if view.masked:
            lines.append(text.said(f"{view.masked}; nobody can judge what cannot be read", "warn"))
        else:
            lines.append(
                Content.assemble(
                    "Would the cached answer have been right?  ", text.key("y"), " yes  ", text.key("n"), " no"
                )
            )
        return Content("\n").join(lines)


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
