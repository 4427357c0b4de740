from pathlib import Path

import pytest

from paralbench.corpora.roles import Roles
from paralbench.records.errors import CardError, ParalbenchError


def test_usual_names_are_found_and_told_ones_go_first(tmp_path: Path) -> None:
    columns = {"label", "speaker_id", "mood"}
    assert Roles.beside(tmp_path).column("target", columns, tmp_path) == "label"
    assert Roles.beside(tmp_path).column("speaker", columns, tmp_path) == "speaker_id"
    assert Roles.beside(tmp_path).column("session", columns, tmp_path) is None
    (tmp_path / "paralbench.toml").write_text('target = "mood"\n')
    assert Roles.beside(tmp_path).column("target", columns, tmp_path) == "mood"


def test_the_only_candidate_is_learnt_and_of_several_one_must_be_told(tmp_path: Path) -> None:
    roles = Roles()
    assert roles.target_column({"mood", "speaker"}, ["mood"], tmp_path) == "mood"
    with pytest.raises(ParalbenchError, match="Found: mood, stress"):
        roles.target_column({"mood", "stress"}, ["mood", "stress"], tmp_path)


def test_a_misspelt_part_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "paralbench.toml").write_text('targt = "mood"\n')
    with pytest.raises(CardError, match="unknown key 'targt'"):
        Roles.beside(tmp_path)
