import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from landwaiter.sandbox import python_home


def test_the_runtime_has_boto3_and_the_client_and_not_us(tmp_path: Path) -> None:
    folder = python_home.lambda_runtime(tmp_path / "runtime")
    code = "import awslambdaric, boto3, importlib.util as u; print(u.find_spec('landwaiter'), u.find_spec('pytest'))"
    shown = subprocess.run(
        [*python_home.python_command(), "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(folder)},
        cwd=tmp_path,
    )
    assert shown.stdout.strip() == "None None"


def test_commands_are_whole_whoever_makes_them_first(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "commands"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: python_home.command_folder(folder), range(16)))
    assert set(made) == {folder}
    assert sorted(path.name for path in folder.iterdir()) == ["python", "python3"]
    assert [path.name for path in folder.parent.iterdir()] == ["commands"]
    shown = subprocess.run([folder / "python3", "-c", "print(6 * 7)"], capture_output=True, text=True, check=True)
    assert shown.stdout == "42\n"
