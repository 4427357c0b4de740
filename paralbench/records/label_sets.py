"""label-sets.toml: which classes of which tasks mean the same, so that one may be trained and
another tested."""

from __future__ import annotations

from pydantic import Field, model_validator

from paralbench.records.card import Card, Identifier, Sentence


class LabelSet(Card):
    """Classes that several tasks share; ``tasks`` maps each task's own classes onto them.

    A class of a task that is not mapped is left out, both from training and from the test.
    """

    about: Sentence
    classes: list[str] = Field(min_length=2)
    tasks: dict[Identifier, dict[str, str]] = Field(min_length=2)

    @model_validator(mode="after")
    def _every_class_everywhere(self) -> LabelSet:
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("a class is listed twice")
        for task, mapping in self.tasks.items():
            if set(mapping.values()) != set(self.classes):
                differing = sorted(set(mapping.values()) ^ set(self.classes))
                raise ValueError(
                    f"the mapping of '{task}' and the classes differ in {', '.join(differing)}"
                )
        return self


class LabelSets(Card):
    """All label sets of one catalogue, by name."""

    sets: dict[Identifier, LabelSet]
