"""From an entry that a run has scored to its profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from paralbench.evaluation.preparation import Preparation
from paralbench.records.profile import Profile, TrainingCost
from paralbench.records.result import Result
from paralbench.records.task_card import SeriesTarget, Target

CLASSES = 4
"""Outputs of the head that is measured wherever the target is a class, so that one profile serves all
tasks of a model and a head; the references have as many."""


@dataclass(frozen=True)
class Profiling:
    """Profiles entries as they are scored; tasks with the same kind of target share a profile.

    Args:
        cache: folder where profiles are stored.
        budget: seconds for an entry, in all.
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
            CLASSES if prepared.selection.classes else 1,
            *steps(entry.task.target),
            rows=prepared.layout.rows,
        )
        self.say(f"profiling {subject.name} (up to {self.budget:g} s; --no-profile leaves it out)")
        costs = profile(subject, self.cache, budget=self.budget, say=self.say)
        training = TrainingCost(
            seconds=result.provenance.seconds["fitting"],
            fits=len(result.training.chosen),
            trained_parameters=result.training.trained_parameters,
        )
        return costs.model_copy(update={"training": training})


def steps(target: Target) -> tuple[float, float]:
    """Steps a second and seconds around each of a series; zeros of anything else."""
    return (target.rate, target.window) if isinstance(target, SeriesTarget) else (0.0, 0.0)
