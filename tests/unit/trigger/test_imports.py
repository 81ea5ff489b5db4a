"""The function must start in a moment and fit into a small zip."""

import subprocess
import sys


def test_importing_the_function_loads_neither_boto3_nor_any_dependency() -> None:
    code = "import sys, landwaiter.trigger.handler; print('\\n'.join(sorted(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    foreign = {"boto3", "botocore", "msgspec", "httpx2", "pydantic", "click"}.intersection(loaded)
    assert not foreign
    ours = {name.split(".")[1] for name in loaded if name.startswith("landwaiter.")}
    assert ours == {"events", "trigger"}
