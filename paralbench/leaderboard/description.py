"""The words of a result: titles, abouts and cards, from the catalogue and not from the submitter."""

from __future__ import annotations

from paralbench.catalog import Catalog
from paralbench.records.result import Cards, Model, Result


def described(result: Result, catalog: Catalog) -> Result:
    """A result with the catalogue's words; what the catalogue does not have keeps its own.

    A cross-corpus result has the words that were derived from two cards.
    """
    model = _model(result.model, catalog)
    task = catalog.tasks.get(result.task)
    if task is None:
        return result.model_copy(update={"model": model})
    words = {"model": model, "task_title": task.title, "task_about": task.about}
    if result.cards is not None:
        corpus = catalog.corpora[task.corpus].card.model_copy(update={"facts": []})
        models = [
            catalog.models[card.id].card if card.id in catalog.models else card
            for card in result.cards.models
        ]
        words["cards"] = Cards(task=task, corpus=corpus, models=models)
    return result.model_copy(update=words)


def _model(model: Model, catalog: Catalog) -> Model:
    update: dict[str, object] = {"streams": [_model(stream, catalog) for stream in model.streams]}
    if model.id in catalog.models:
        card = catalog.models[model.id].card
        update |= {"title": card.title, "licence": card.licence}
    return model.model_copy(update=update)
