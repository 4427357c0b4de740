"""A site at work: it answers a study's requests until the head is trained."""

from __future__ import annotations

import time
from pathlib import Path

from paralbench.federation.site_rows import SiteRows
from paralbench.federation.study import Study
from paralbench.records.errors import ParalbenchError

NO_NUMBERS = "it exchanges files"

_PAUSE = 0.05


def answer(study: Study, name: str, site: SiteRows, key: Path, wait: float | None) -> int:
    """Answer what is open, and what follows; how many requests were answered.

    Args:
        study: the study.
        name: of the site.
        site: its rows.
        key: its private key.
        wait: seconds to wait for the next request; None does not wait.

    Raises:
        ParalbenchError: for a request that is not the coordinator's, or one too many.
    """
    answered, last = 0, time.monotonic()
    while True:
        for number in study.pending(name):
            if number > study.plan.rounds:
                raise ParalbenchError(
                    f"round {number}: the plan allows {study.plan.rounds}; more requests than that "
                    "are not answered."
                )
            request, digest = study.read_request(number)
            study.write_answer(number, name, site.answer(request), digest, key)
            answered, last = answered + 1, time.monotonic()
        if study.trained or wait is None or time.monotonic() - last > wait:
            return answered
        time.sleep(_PAUSE)
