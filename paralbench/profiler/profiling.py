"""From an entry that a run has scored to its profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from paralbench.evaluation.preparation import Preparation
from paralbench.records.profile import Profile, TrainingCost
from paralbench.records.result import Result
from paralbench.records.task_card import ClassTarget, NumberTarget, SeriesTarget


@dataclass(frozen=True)
class Profiling:
    """Profiles entries as they are scored.

    Args:
        cache: folder where profiles are stored.
        budget: seconds of measuring an entry.
        say: receives messages for the user.
    """

    cache: Path
    budget: float
    say: Callable[[str], None]

    def __call__(self, prepared: Preparation, result: Result) -> Profile:
        """The entry's profile, with what its head cost to train in this run."""
        from paralbench.profiler.costs import profile
        from paralbench.profiler.subject import Subject

        entry = prepared.entry
        subject = Subject.of(
            entry.encoders,
            entry.head,
            prepared.settings,
            len(prepared.selection.classes) or 1,
            *steps(entry.task.target),
        )
        self.say(
            f"profiling {subject.name} ({self.budget:g} s of measuring; --no-profile leaves it out)"
        )
        costs = profile(subject, self.cache, budget=self.budget, say=self.say)
        training = TrainingCost(
            seconds=result.provenance.seconds["fitting"],
            fits=len(result.training.chosen),
            trained_parameters=result.training.trained_parameters,
        )
        return costs.model_copy(update={"training": training})


def steps(target: ClassTarget | NumberTarget | SeriesTarget) -> tuple[float, float]:
    """Steps a second and seconds around each of a series; zeros of anything else."""
    return (target.rate, target.window) if isinstance(target, SeriesTarget) else (0.0, 0.0)
