"""The orders of the schemes against the field's own tools, where this machine has them."""

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from landwaiter.versions import InvalidVersionError, compare

ROOT = Path(__file__).resolve().parents[3]
PAIRS = 3000


def home_of(tool: str) -> Path:
    """The folder a tool is installed in, whatever links lead there."""
    return Path(shutil.which(tool) or "absent").resolve().parents[1]


SEMVER = home_of("npm") / "node_modules" / "semver"
MAVEN = home_of("mvn") / "lib"

RUBY = 'STDIN.each_line { |l| a, b = l.chomp.split("\\t"); puts(begin; Gem::Version.new(a) <=> Gem::Version.new(b); rescue ArgumentError; "E"; end) }'
NODE = f"""const semver = require("{SEMVER}");
for (const line of require("fs").readFileSync(0, "utf8").trimEnd().split("\\n")) {{
  const [a, b] = line.split("\\t");
  try {{ console.log(semver.compare(a, b, true)) }} catch {{ console.log("E") }}
}}"""
PHP = """require "Composer/Semver/autoload.php"; $parser = new Composer\\Semver\\VersionParser();
while (($line = fgets(STDIN)) !== false) {
  [$a, $b] = explode("\\t", rtrim($line, "\\n"));
  try { echo version_compare($parser->normalize($a), $parser->normalize($b)), "\\n"; } catch (UnexpectedValueException $e) { echo "E\\n"; }
}"""
JAVA = """import java.io.*; import org.apache.maven.artifact.versioning.ComparableVersion;
public class Order { public static void main(String[] none) throws Exception {
  BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
  for (String line; (line = in.readLine()) != null;) { String[] p = line.split("\\t");
    System.out.println(Integer.signum(new ComparableVersion(p[0]).compareTo(new ComparableVersion(p[1])))); } } }"""
R = """for (line in readLines(file("stdin"))) { p <- strsplit(line, "\\t")[[1]]; cat(compareVersion(p[1], p[2]), "\\n", sep = "") }"""


def numbers(chance: random.Random, most: int = 4) -> str:
    return ".".join(chance.choice(("0", "0", "1", "2", "9", "10", "20240101")) for _ in range(chance.randint(1, most)))


def gem(chance: random.Random) -> str:
    return numbers(chance) + chance.choice(("", ".a", ".b2", ".rc.1", "-1", ".pre", ".0", ".a.0.1"))


def npm(chance: random.Random) -> str:
    tail = chance.choice(("", "-alpha", "-alpha.1", "-1", "-rc.10", "-rc.2", "+x", "-0.3.7", "beta", "-a-b.c"))
    return chance.choice(("", "v", "=")) + ".".join(chance.choice("0129") for _ in range(3)) + tail


def composer(chance: random.Random) -> str:
    tail = chance.choice(("", "-dev", "a1", "-beta2", "-RC", "rc3", "pl1", ".x-dev", "-b.2.1", "-stable", "+x", "@dev"))
    return chance.choice(("", "", "v")) + numbers(chance, 3) + tail


def maven(chance: random.Random) -> str:
    tails = (
        "",
        "-alpha1",
        "-SNAPSHOT",
        ".Final",
        "-RC2",
        "-M1",
        ".GA",
        "-jre",
        "-1",
        "-sp2",
        "b3",
        ".rc.1",
        "-beta0",
        ".x.0",
    )
    return numbers(chance) + chance.choice(tails) + chance.choice(("", "", "-redhat-1", ".fuse-7", "-b12", ".1"))


def cran(chance: random.Random) -> str:
    return numbers(chance) + chance.choice(("", "-1", "-10", ".0"))


def made(one: Callable[[random.Random], str]) -> list[tuple[str, str]]:
    chance = random.Random(7)
    return [(one(chance), one(chance)) for _ in range(PAIRS)]


def ours(scheme: str, a: str, b: str) -> str:
    try:
        return str(compare(scheme, a, b))
    except InvalidVersionError:
        return "E"


def asked(command: list[str], pairs: list[tuple[str, str]], folder: Path) -> list[str]:
    """What the tool says of each pair; a test is skipped where the tool or its library is not there."""
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed here")
    (folder / "Order.java").write_text(JAVA)
    lines = "".join(f"{a}\t{b}\n" for a, b in pairs)
    done = subprocess.run(command, cwd=folder, input=lines, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{command[0]} is here without its library of versions: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout.split()


@pytest.mark.parametrize(
    ("scheme", "one", "command"),
    [
        ("gem", gem, ["ruby", "-e", RUBY]),
        ("npm", npm, ["node", "-e", NODE]),
        ("composer", composer, ["php", "-r", PHP]),
        ("cran", cran, ["Rscript", "--vanilla", "-e", R]),
        ("maven", maven, ["java", "-cp", f"{MAVEN}/*", "Order.java"]),
    ],
)
def test_as_the_ecosystems_own_tool_says(
    tmp_path: Path, scheme: str, one: Callable[[random.Random], str], command: list[str]
) -> None:
    pairs = made(one)
    answers = asked(command, pairs, tmp_path)
    assert len(answers) == len(pairs)
    decided = [(pair, answer) for pair, answer in zip(pairs, answers, strict=True) if answer != "E"]
    assert len(decided) > PAIRS / 2
    assert not [(pair, answer) for pair, answer in decided if ours(scheme, *pair) != answer]


@pytest.mark.parametrize(("scheme", "tool"), [("deb", "dpkg"), ("rpm", "rpm")])
def test_the_proof_against_dpkg_and_rpm_on_fewer_pairs(scheme: str, tool: str) -> None:
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed here")
    proof = [sys.executable, str(ROOT / "benchmarks" / "version_proof.py"), scheme, "--pairs", "1500", "--seed", "7"]
    done = subprocess.run(proof, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1500 pairs" in done.stdout
    assert "'agrees'" in done.stdout
    assert "differs" not in done.stdout
