"""ParaLBench: which frozen acoustic model, with which light head, recognises *how* something is said.

>>> import paralbench as pb
>>> model = pb.get_model("log-mel")
>>> model.card.rate, model.card.layers, model.card.width
(16000, 1, 80)

docs/api.md describes the public names; they are imported when they are first used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paralbench.api.comparison import Comparison, compare
    from paralbench.api.estimators import (
        KNN,
        LDA,
        SVM,
        KNNRegressor,
        LinearProbe,
        LinearProbeRegressor,
        SVMRegressor,
    )
    from paralbench.api.evaluation import evaluate
    from paralbench.api.extraction import extract
    from paralbench.api.models import Model, get_model
    from paralbench.api.results import Result, Results, load_results
    from paralbench.api.tasks import Task, get_task
    from paralbench.records.errors import ParalbenchError
    from paralbench.screener.screener import Screener

NO_NUMBERS = "the name, version and public names of the package"

__version__ = "0.1.0"

__all__ = [
    "KNN", "LDA", "SVM", "Comparison", "KNNRegressor", "LinearProbe", "LinearProbeRegressor", "Model",
    "ParalbenchError", "Result", "Results", "SVMRegressor", "Screener", "Task", "__version__",
    "compare", "evaluate", "extract", "get_model", "get_task", "load_results",
]  # fmt: skip

_MODULES = {
    "api.comparison": ("Comparison", "compare"),
    "api.estimators": (
        "KNN", "LDA", "SVM", "KNNRegressor", "LinearProbe", "LinearProbeRegressor", "SVMRegressor",
    ),
    "api.evaluation": ("evaluate",),
    "api.extraction": ("extract",),
    "api.models": ("Model", "get_model"),
    "api.results": ("Result", "Results", "load_results"),
    "api.tasks": ("Task", "get_task"),
    "records.errors": ("ParalbenchError",),
    "screener.screener": ("Screener",),
}  # fmt: skip
_PLACES = {name: module for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:  # type checkers read the imports above, and report other names

    def __getattr__(name: str) -> object:
        """A public name, imported on first use."""
        if name not in _PLACES:
            raise AttributeError(f"module 'paralbench' has no attribute '{name}'")
        from importlib import import_module

        value = getattr(import_module(f"paralbench.{_PLACES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
