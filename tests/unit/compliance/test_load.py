import pytest
import yaml

from landwaiter.compliance.checks import CHECKS
from landwaiter.compliance.load import BENCHMARKS_FOLDER, load_benchmark, load_benchmarks, shipped_benchmarks
from landwaiter.errors import InputError

CONTROL = {"id": "1", "title": "t", "severity": "high", "why": "w", "remediation": "r", "check": "privileged"}
BENCHMARK = {"id": "own", "title": "t", "version": "1", "source": "s", "controls": [CONTROL]}


def write(folder, document, name="own.yaml"):
    file = folder / name
    file.write_text(yaml.safe_dump(document))
    return file


def test_every_check_is_used_and_every_control_has_its_check():
    used = {control.check for benchmark in shipped_benchmarks() for control in benchmark.controls if control.check}
    assert used == set(CHECKS)


def test_every_check_is_named_as_it_is_registered_and_described():
    for name, check in CHECKS.items():
        assert check.name == name == check.run.__name__
        assert check.describes.endswith(".")


def test_the_benchmarks_are_complete():
    controls = {benchmark.id: [control.id for control in benchmark.controls] for benchmark in shipped_benchmarks()}
    assert controls["cis-docker"] == [f"4.{number}" for number in range(1, 13)]
    assert controls["cis-aws-compute"] == [f"3.{number}" for number in range(1, 15)]
    expected = [2, 3, 4, 5, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]
    assert controls["aws-fsbp-ecs"] == [f"ECS.{number}" for number in expected]
    assert [name for name in controls["nist-800-190"] if name < "3.2"] == ["3.1.1", "3.1.2", "3.1.3", "3.1.4", "3.1.5"]
    assert len(controls["nist-800-190"]) == 23
    assert set(controls) == {"cis-docker", "cis-aws-compute", "aws-fsbp-ecs", "nist-800-190", "landwaiter"}


def test_every_control_says_why_and_what_to_do():
    for benchmark in shipped_benchmarks():
        for control in benchmark.controls:
            assert len(control.why) > 20, control.id
            assert len(control.remediation) > 20, control.id


def test_a_benchmark_of_ones_own(tmp_path):
    assert load_benchmark(write(tmp_path, BENCHMARK)).controls[0].check == "privileged"
    assert len(load_benchmarks(tmp_path)) == 1


def changed(**fields):
    return BENCHMARK | {"controls": [CONTROL | fields]}


@pytest.mark.parametrize(
    ("document", "named"),
    [
        (changed(check="unheard_of"), "unheard_of"),
        (changed(check=""), "check or combines"),
        (changed(combines=["own 1"]), "check or combines"),
        (changed(severity="awful"), "awful"),
        (changed(parameters={"x": 1}), "parameters"),
        (changed(check="platform_version"), "linux"),
        (changed(check="stated", parameters={"status": "pass", "reason": "so it is"}), "status"),
        (changed(colour="red"), "colour"),
        (changed(id=4.1), "id"),
        ({"id": "own"}, "title"),
        (BENCHMARK | {"controls": [CONTROL, CONTROL]}, "2 controls"),
        (BENCHMARK | {"controls": 5}, "controls"),
        ([1], "own.yaml"),
        (None, "own.yaml"),
    ],
)
def test_mistakes_are_named_with_file_and_key(tmp_path, document, named):
    with pytest.raises(InputError) as error:
        load_benchmark(write(tmp_path, document))
    assert "own.yaml" in str(error.value)
    assert named in str(error.value)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"also": ["nowhere 1"]}, "nowhere 1"),
        ({"check": "", "combines": ["own 9"]}, "own 9"),
        ({"check": "", "combines": ["own 1"]}, "combines others"),
    ],
)
def test_references_must_lead_somewhere(tmp_path, fields, named):
    write(tmp_path, changed(**fields))
    with pytest.raises(InputError, match=named):
        load_benchmarks(tmp_path)


def test_two_benchmarks_of_one_id_are_refused(tmp_path):
    write(tmp_path, BENCHMARK)
    write(tmp_path, BENCHMARK, "again.yaml")
    with pytest.raises(InputError, match="own"):
        load_benchmarks(tmp_path)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"a: [", b"- " * 5000, b"[" * 100_000, b"a: 2026-99-99", b"\t", b"x" * (1 << 21)]
)
def test_what_is_no_yaml_is_refused(tmp_path, content):
    (tmp_path / "own.yaml").write_bytes(content)
    with pytest.raises(InputError, match="own.yaml"):
        load_benchmark(tmp_path / "own.yaml")


def test_missing_files_and_empty_folders_are_named(tmp_path):
    with pytest.raises(InputError, match="no benchmark"):
        load_benchmarks(tmp_path)
    with pytest.raises(InputError, match=r"none\.yaml"):
        load_benchmark(tmp_path / "none.yaml")


def test_shipped_benchmarks_are_read_once():
    assert shipped_benchmarks() is shipped_benchmarks()
    assert len(list(BENCHMARKS_FOLDER.glob("*.yaml"))) == len(shipped_benchmarks())
