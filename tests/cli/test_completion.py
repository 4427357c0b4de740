"""Completion scripts, read by the shells themselves where they are installed."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from paralbench.cli.completion import SHELLS
from paralbench.cli.main import VERBS, main


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_has_all_verbs_and_the_names_of_the_catalogue(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in (*VERBS, "whisper-tiny.en", "iemocap-emotion", "hrf-conformer"):
        assert word in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_a_verb_and_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out

    def completed(*words: str) -> list[str]:
        line = " ".join(f"'{word}'" for word in words)
        ask = (
            f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; "
            '_shtab_paralbench; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        shown = subprocess.run(
            ["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True
        )
        return shown.stdout.split()

    assert completed("paralbench", "lead") == ["leaderboard"]
    assert completed("paralbench", "run", "--model", "whisper-tiny.") == ["whisper-tiny.en"]
