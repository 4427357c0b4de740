"""Requests of several threads sent as one, so that all layers share every round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import TypeVar

from paralbench.federation.messages import Ask, Message

NO_NUMBERS = "it joins requests"

Outcome = TypeVar("Outcome")


class Together:
    """A request goes out when every thread that is still at work waits for an answer.

    Args:
        ask: sends a request. The names in the threads' requests differ.
        threads: how many are at work.
    """

    def __init__(self, ask: Ask, threads: int) -> None:
        self._ask, self._working = ask, threads
        self._condition = Condition()
        self._waiting: list[Message] = []
        self._round = 0
        self._answers: Sequence[Message] = ()
        self._failure: BaseException | None = None

    def ask(self, request: Message) -> Sequence[Message]:
        """The answers to the joined request, more names than were asked for here."""
        with self._condition:
            self._waiting.append(request)
            current = self._round
            self._send_when_complete()
            self._condition.wait_for(lambda: self._round > current)
            if self._failure is not None:
                raise self._failure
            return self._answers

    def leave(self) -> None:
        """End a thread's part; the others no longer wait for it."""
        with self._condition:
            self._working -= 1
            self._send_when_complete()

    def _send_when_complete(self) -> None:
        if not self._waiting or len(self._waiting) < self._working:
            return
        joined = {name: value for request in self._waiting for name, value in request.items()}
        self._waiting = []
        try:
            # Threads arrive in any order; a request has one.
            self._answers = self._ask(dict(sorted(joined.items())))
        except BaseException as failure:  # noqa: BLE001 - every waiting thread raises it
            self._failure = failure
        self._round += 1
        self._condition.notify_all()


def each(work: Callable[[int, Ask], Outcome], count: int, ask: Ask) -> list[Outcome]:
    """``work(number, ask)`` for every number, side by side, their requests joined."""
    together = Together(ask, count)

    def run(number: int) -> Outcome:
        try:
            return work(number, together.ask)
        finally:
            together.leave()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
