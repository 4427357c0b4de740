"""The conformance kit: does an encoder do what its card says and the engine relies on?

In a submitter's own tests, as scikit-learn's ``check_estimator``:

    from paralbench.conformance import check_encoder

    def test_my_encoder() -> None:
        check_encoder("models/my-encoder")

or one test a check, with ``@pytest.mark.parametrize("name", checks())`` and ``check_encoder(folder, name)``.
"""

from __future__ import annotations

from paralbench.conformance.kit import Subject, check_encoder, checks, examine

__all__ = ["Subject", "check_encoder", "checks", "examine"]
