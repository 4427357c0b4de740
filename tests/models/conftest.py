"""transformers can be imported at the top of a test whatever build of torchaudio is beside it."""

from __future__ import annotations

from paralbench.encoders import compatibility

compatibility.make_importable()
