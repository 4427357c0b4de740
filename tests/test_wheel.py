"""The wheel, built and unpacked elsewhere, holds all that a user needs."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_wheel_works_in_an_empty_environment_from_another_folder(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w"]
    built = subprocess.run(
        [*build, str(wheels), str(REPOSITORY)], capture_output=True, text=True, check=False
    )
    if built.returncode and "hatchling" in built.stderr:
        pytest.skip("hatchling cannot be had here")
    assert built.returncode == 0, built.stderr
    (wheel,) = wheels.iterdir()
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = [
        *environment.glob("lib/python*/site-packages"),
        *environment.glob("Lib/site-packages"),
    ]
    zipfile.ZipFile(wheel).extractall(packages)
    # The dependencies are those of this environment, behind the package itself.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (python,) = [*environment.glob("bin/python"), *environment.glob("Scripts/python.exe")]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [python, "-I", *arguments], cwd=elsewhere, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    place = run("-c", "import paralbench; print(paralbench.__file__)").strip()
    assert Path(place).is_relative_to(environment)
    assert "whisper-tiny.en" in run("-m", "paralbench", "list", "models")
    assert "iemocap-emotion" in run("-m", "paralbench", "list", "tasks")
    run("-m", "paralbench", "synth", "iemocap", "corpus")
    scored = run(
        "-m", "paralbench", "run", "--task", "iemocap-emotion", "--data", "iemocap=corpus", "--model", "log-mel",
        "--no-profile", "--cache", "cache", "--results", "results",
    )  # fmt: skip
    assert "iemocap-emotion  log-mel  linear-probe  UAR 0." in scored
    run("-m", "paralbench", "leaderboard", "build", "--results", "results", "--to", "site")
    assert (elsewhere / "site" / "index.html").is_file()
