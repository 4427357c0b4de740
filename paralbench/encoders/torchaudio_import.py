"""Makes an installed torchaudio importable beside a torch that its native libraries do not fit.

torchaudio's wheel is built for one build of torch; beside another (a CPU torch, say) ``import
torchaudio`` raises OSError, and with it transformers, which imports torchaudio wherever it finds
it. The libraries serve forced alignment and CTC decoding alone. Without them the Python part, which
is all that encoders need, works: torchaudio itself has that path for installations that lack them.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import NoReturn


def make_importable() -> None:
    """Import torchaudio, without its native libraries where they cannot be loaded.

    Does nothing where torchaudio is not installed or is imported already. To be called before
    transformers or s3prl is imported.
    """
    if "torchaudio" in sys.modules or importlib.util.find_spec("torchaudio") is None:
        return
    try:
        import torchaudio  # noqa: F401
    except (OSError, ImportError, RuntimeError):
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchaudio"]:
            del sys.modules[name]
        sys.modules["torchaudio._extension"] = _without_libraries()
        import torchaudio  # noqa: F401


def _without_libraries() -> ModuleType:
    """What ``torchaudio._extension`` holds where the native libraries are absent."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("torchaudio's forced alignment needs its native library.")

    module = ModuleType("torchaudio._extension")
    module.__dict__.update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        fail_if_no_align=lambda _function: fail,
    )
    return module
