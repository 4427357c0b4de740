"""torchaudio beside any build of torch, and s3prl on a current torchaudio.

torchaudio's wheel has native libraries for one build of torch. With another, such as a CPU build,
its import fails with OSError, and with it that of transformers, which imports torchaudio wherever it
is installed. Only forced alignment and CTC decoding need these libraries. s3prl 0.4.18 calls parts of
torchaudio that were removed in 2.9. Where the imports work, nothing is changed.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from paralbench.records.errors import ParalbenchError
from paralbench.system.third_party_code import first_line

NO_NUMBERS = "it lets packages be imported, and computes nothing"

_LOADER = "torchaudio._extension.utils"
_EFFECTS = "torchaudio.sox_effects"


def make_importable() -> None:
    """Import torchaudio where it is installed; to be called before transformers is imported.

    Raises:
        ParalbenchError: where torchaudio is installed but cannot be imported.
    """
    if "torchaudio" not in sys.modules and importlib.util.find_spec("torchaudio") is not None:
        torchaudio()


def torchaudio() -> ModuleType:
    """torchaudio, without its native libraries where they cannot be loaded.

    Raises:
        ParalbenchError: where it is not installed or cannot be imported.
    """
    try:
        return _installed("torchaudio", extra="torchaudio")
    except (OSError, RuntimeError, ImportError) as error:
        return _without_native_libraries(error)


def s3prl() -> ModuleType:
    """s3prl's ``nn`` with its upstreams.

    Where torchaudio lacks them, it permanently gets three functions for audio backends without
    effect, and a module ``torchaudio.sox_effects`` whose functions raise: s3prl needs them later too.

    Raises:
        ParalbenchError: where s3prl or torchaudio is not installed or cannot be imported.
    """
    _complete(torchaudio())
    logger = logging.getLogger("s3prl")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it warns of upstreams whose own toolkits are not installed
    try:
        return _installed("s3prl.nn", extra="s3prl")
    finally:
        logger.setLevel(level)


def _installed(name: str, extra: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        package = (error.name or name).partition(".")[0]
        raise ParalbenchError(
            f"the package '{package}' is not installed; pip install 'paralbench[{extra}]' "
            f"brings it."
        ) from error


def _without_native_libraries(reason: Exception) -> ModuleType:
    """Import torchaudio as a wheel without native libraries, which it supports.

    The module that searches for them remains loaded after the failed import; during the second
    import it searches in a folder that does not exist.
    """
    loader: Any = sys.modules.get(_LOADER)
    if loader is None or not hasattr(loader, "_LIB_DIR"):
        raise ParalbenchError(f"torchaudio cannot be imported: {first_line(reason)}") from reason
    folder = loader._LIB_DIR
    loader._LIB_DIR = folder / "hidden"
    try:
        return import_module("torchaudio")
    except (OSError, RuntimeError, ImportError) as error:
        raise ParalbenchError(f"torchaudio cannot be imported: {first_line(error)}") from error
    finally:
        loader._LIB_DIR = folder


def _complete(module: ModuleType) -> None:
    """Add stand-ins for what s3prl expects and torchaudio no longer has."""
    stand_ins = {
        "set_audio_backend": lambda backend: None,
        "get_audio_backend": lambda: None,
        "list_audio_backends": list,
    }
    for name, stand_in in stand_ins.items():
        if not hasattr(module, name):
            setattr(module, name, stand_in)
    if hasattr(module, "sox_effects"):
        return
    effects = ModuleType(_EFFECTS, "Stand-in by ParaLBench: torchaudio has no SoX effects.")
    for name in ("apply_effects_tensor", "apply_effects_file"):
        setattr(effects, name, _no_effects)
    setattr(module, "sox_effects", effects)  # noqa: B010 - a plain assignment fails mypy's check
    sys.modules[_EFFECTS] = effects


def _no_effects(*_: object, **__: object) -> NoReturn:
    raise ParalbenchError("torchaudio has no SoX effects any more; this part of s3prl needs them.")
