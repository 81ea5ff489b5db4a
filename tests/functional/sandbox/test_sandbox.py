import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from landwaiter.errors import InputError, UnreachableError
from landwaiter.sandbox.leash import descendants
from landwaiter.sandbox.sandbox import Sandbox


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_the_account_and_region_are_the_stated_ones(box: Sandbox) -> None:
    assert box.account == "123456789012"
    assert box.region == "us-east-1"
    assert box.client("sts").get_caller_identity()["Account"] == box.account
    assert box.registry == f"123456789012.dkr.ecr.us-east-1.localhost:{box.port}"


def test_it_listens_on_this_machine_only(box: Sandbox) -> None:
    children = descendants(box._process.pid)
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
    inodes = {line.split()[9]: line.split()[1] for line in listening if line.split()[3] == "0A"}
    ours = set()
    for pid in children:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            target = descriptor.readlink().as_posix()
            if target.startswith("socket:[") and target[8:-1] in inodes:
                ours.add(inodes[target[8:-1]].split(":")[0])
    assert ours == {"0100007F"}
    assert not Path("/proc/net/tcp6").exists() or not _listens_on_6(children)


def _listens_on_6(pids: list[int]) -> bool:
    lines = Path("/proc/net/tcp6").read_text().splitlines()[1:]
    inodes = {line.split()[9] for line in lines if line.split()[3] == "0A"}
    names = {f"socket:[{inode}]" for inode in inodes}
    return any(one.readlink().as_posix() in names for pid in pids for one in Path(f"/proc/{pid}/fd").iterdir())


def test_two_sandboxes_share_nothing(box: Sandbox, tmp_path: Path) -> None:
    with Sandbox.start(tmp_path / "other") as other:
        assert other.endpoint != box.endpoint
        box.client("ecr").create_repository(repositoryName="only-here")
        box.client("s3").create_bucket(Bucket="only-here")
        assert other.client("ecr").describe_repositories()["repositories"] == []
        assert other.client("s3").list_buckets()["Buckets"] == []
        assert box.client("s3").list_buckets()["Buckets"] != []


def test_everything_is_written_below_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    with Sandbox.start(tmp_path / "here") as other:
        other.client("s3").create_bucket(Bucket="some-bucket")
        other.client("cloudformation").list_stacks()
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "here" / "logs" / "stand-in.log").is_file()


def test_stopping_ends_every_child_at_once(tmp_path: Path, make_long_build: Callable[[Sandbox], None]) -> None:
    other = Sandbox.start(tmp_path)
    make_long_build(other)
    children = descendants(other._process.pid)
    assert len(children) >= 3
    started = time.monotonic()
    other.stop()
    assert time.monotonic() - started < 8
    assert not [pid for pid in children if alive(pid)]
    other.stop()


def test_a_killed_owner_leaves_no_orphans(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from landwaiter.sandbox.sandbox import Sandbox\n"
        "box = Sandbox.start(Path(sys.argv[1]))\n"
        "print(box.port, box._process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    port, leash = map(int, owner.stdout.readline().split())
    children = [leash, *descendants(leash)]
    owner.kill()
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 15
    while any(map(alive, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in children if alive(pid)]
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), 1):
        pass


def test_a_stand_in_that_is_killed_takes_its_children_along(
    tmp_path: Path, make_long_build: Callable[[Sandbox], None]
) -> None:
    with Sandbox.start(tmp_path) as other:
        make_long_build(other)
        children = descendants(other._process.pid)
        os.kill(children[0], signal.SIGKILL)
        other._process.wait(10)
        assert not [pid for pid in children if alive(pid)]
        assert not other.running


@pytest.fixture
def make_long_build() -> Callable[[Sandbox], None]:
    def make(box: Sandbox) -> None:
        build = box.client("codebuild")
        spec = "version: 0.2\nphases:\n  build:\n    commands:\n      - setsid sleep 600 & touch $HOME/on; wait\n"
        build.create_project(
            name="long",
            source={"type": "NO_SOURCE", "buildspec": spec},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={"type": "LINUX_CONTAINER", "image": "any", "computeType": "BUILD_GENERAL1_SMALL"},
            serviceRole="arn:aws:iam::123456789012:role/any",
        )
        build.start_build(projectName="long")
        deadline = time.monotonic() + 10
        while not list(box.folder.glob("builds/*/tmp/on")) and time.monotonic() < deadline:
            time.sleep(0.05)

    return make


def test_a_taken_port_is_named(box: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"Port {box.port} is taken"):
        Sandbox.start(tmp_path, port=box.port)


def test_a_stand_in_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises((UnreachableError, OSError), match="did not start"):
        Sandbox.start(tmp_path)


def test_no_variable_of_this_machine_reaches_the_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nowhere")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Sandbox.start(tmp_path) as other:
        stand_in = descendants(other._process.pid)[0]
        variables = Path(f"/proc/{stand_in}/environ").read_bytes()
        assert other.client("sts").get_caller_identity()["Account"] == "123456789012"
        assert b"AWS_PROFILE" not in variables


def test_serving_ends_with_ctrl_c_and_leaves_nothing(tmp_path: Path) -> None:
    code = "from landwaiter.sandbox.serve import run; run(0)"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    served = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
    assert served.stdout is not None
    line = served.stdout.readline()
    endpoint = line.split()[3]
    assert line.startswith("AWS stand-in ready: http://127.0.0.1:")
    assert urllib.request.urlopen(endpoint + "/_ministack/health").status == 200
    children = descendants(served.pid)
    served.send_signal(signal.SIGINT)
    assert served.wait(15) == 0
    served.stdout.close()
    assert not [pid for pid in children if alive(pid)]
    assert list(tmp_path.iterdir()) == []
