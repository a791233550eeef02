"""Decisions about recommendations: written in a thread, told in a line, taken back with u."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import work
from textual.binding import Binding, BindingType

from agent.printable import printable
from analyzers.errors import HoneError
from tui.asking import Asking
from tui.choosing import Choosing
from tui.live_screen import LiveScreen, V, Wanted

if TYPE_CHECKING:
    from agent.report_plan import Recommendation, Status
    from agent.store import Store
    from tui.heartbeat import LivingApp

_DAY_S = 86_400.0
_SNOOZES = (("1", "a day"), ("7", "a week"), ("30", "a month"), ("90", "a quarter"))


class Deciding(LiveScreen[V]):
    """A screen on which recommendations are decided about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "a",
            "accept",
            "accept",
            id="savings.accept",
            tooltip="It will be done; its saving is looked for in the stream from now on",
        ),
        Binding("x", "turn_down", "dismiss", id="savings.dismiss", tooltip="Leave it alone, with the reason"),
        Binding("z", "snooze", "snooze", id="savings.snooze", tooltip="Put it off; it comes back by itself"),
        Binding("u", "undo", "undo", id="savings.undo", tooltip="Take back your last decision"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._writing = False
        self._next: list[Callable[[], object]] = []

    @property
    def chosen(self) -> Recommendation | None:
        """The one that is decided about."""
        raise NotImplementedError

    def action_accept(self) -> None:
        """It will be done."""
        self._decide("accepted")

    def action_turn_down(self) -> None:
        """Ask why."""
        if self.chosen is not None:
            self.app.push_screen(
                Asking("Dismiss it: why?", "so that whoever asks later knows"),
                lambda why: self._decide("dismissed", why=why) if why else None,
            )

    def action_snooze(self) -> None:
        """Ask for how long."""
        if self.chosen is not None:
            self.app.push_screen(
                Choosing("Put it off for", _SNOOZES),
                lambda days: self._decide("snoozed", days=float(days)) if days else None,
            )

    def action_undo(self) -> None:
        """The last decision of this person."""
        from agent.recommend import record

        if self.reading is not None:
            who, now = whose(), self._clock()
            self._in_turn(self.reading.store, lambda store: record.undo(store, who, now), "is again")

    def _decide(self, status: Status, *, why: str = "", days: float | None = None) -> None:
        from agent.recommend import record

        one = self.chosen
        if one is None or self.reading is None:
            self.app.notify("the cursor is on nothing that can be decided about", severity="warning")
            return
        now = self._clock()
        until = None if days is None else now + days * _DAY_S
        self._in_turn(
            self.reading.store,
            lambda store: record.decide(store, one.id, status, whose(), now, why=why, until=until),
            "is now",
        )

    def _clock(self) -> float:
        return cast("LivingApp", self.app).clock()

    def _in_turn(self, store: Store, write: Callable[[Store], Recommendation], told: str) -> None:
        """One after the other: what is taken back is the decision before, also when it is not written yet."""
        if self._writing:
            self._next.append(partial(self._in_turn, store, write, told))
            return
        self._writing = True
        self._write(store, write, told)

    @work(thread=True, exit_on_error=False, group="decide")
    def _write(self, store: Store, write: Callable[[Store], Recommendation], told: str) -> None:
        try:
            done = write(store)
        except HoneError as error:
            self.app.call_from_thread(self._written, f"{error.message} {error.hint}".strip(), "error")
            return
        undo = "; u takes it back" if told == "is now" else ""
        said = f"{printable(done.action, 60)}: {told} {done.status}{undo}"
        self.app.call_from_thread(self._written, said, "information")

    def _written(self, said: str, severity: Any) -> None:
        self._tell(said, severity)
        self._writing = False
        if self._next:
            self._next.pop(0)()
        else:
            self.app.post_message(Wanted())

    def _tell(self, said: str, severity: Any) -> None:
        self.app.notify(said, severity=severity, markup=False)


def whose() -> str:
    """Whose decision it is: the name of the user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
