"""The published schemas are the ones the code holds."""

from paralbench.records.schema import schemas


def test_schema_forbids_unknown_keys_and_needs_the_licence() -> None:
    corpus = schemas()["corpus"]
    assert corpus["additionalProperties"] is False
    assert "licence" in corpus["required"]
