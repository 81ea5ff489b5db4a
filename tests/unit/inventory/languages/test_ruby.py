import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.languages.ruby import GEMSPEC, read_gemspec
from landwaiter.inventory.models import Evidence, PackageFact

RACK = """# -*- encoding: utf-8 -*-
# stub: rack 2.2.4 ruby lib

Gem::Specification.new do |s|
  s.name = "rack".freeze
  s.version = "2.2.4"

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.metadata = { "homepage_uri" => "x" } if s.respond_to? :metadata=
  s.authors = ["Leah Neukirchen".freeze]
  s.licenses = ["MIT".freeze, "Ruby".freeze]
  s.summary = "A modular Ruby webserver interface.".freeze
  s.installed_by_version = "3.1.6" if s.respond_to? :installed_by_version
end
"""
PATH = "usr/local/bundle/specifications/x.gemspec"


def package(text: str) -> PackageFact:
    (found,) = read_gemspec(PATH, text.encode()).packages
    return found


def test_a_specification_as_rubygems_writes_it() -> None:
    expected = PackageFact("gem", "rack", "2.2.4", licenses=("MIT", "Ruby"))
    assert read_gemspec(PATH, RACK.encode()) == Evidence(PATH, "gemspec", (expected,))


def test_a_gem_with_native_code_has_a_platform() -> None:
    text = RACK.replace("rack 2.2.4 ruby lib", "rack 2.2.4 x86_64-linux lib")
    assert package(text).arch == "x86_64-linux"
    assert (
        package(RACK.replace('s.version = "2.2.4"', 's.version = "2.2.4"\n  s.platform = "java".freeze')).arch == "java"
    )


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("'rack'", "'2.2.4'"),
        ("%q{rack}", 'Gem::Version.new("2.2.4")'),
        ('"r\\x61ck"', '"2.2\\u002e4"'),
        ('"ra\\u{63}k".freeze', "%q{2.2.4}.freeze"),
    ],
)
def test_literals_of_ruby(name: str, version: str) -> None:
    found = package(
        f"spec = Gem::Specification.new do |spec|\n  spec.name = {name}\n  spec.version = {version}\n  spec.license = 'MIT'\nend\n"
    )
    assert (found.name, found.version, found.licenses) == ("rack", "2.2.4", ("MIT",))


def test_what_is_no_literal_is_told_by_the_stub_line() -> None:
    found = package(
        "# stub: bigdecimal 3.1.1 ruby lib\nGem::Specification.new do |s|\n  s.name = NAME\n  s.version = File.read('VERSION')\nend\n"
    )
    assert (found.name, found.version) == ("bigdecimal", "3.1.1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        's.name = "#{x}"\ns.version = "1.0"',
        "s.version = '1.0'",
        "# stub: ../x 1.0 ruby lib",
        "s.name='a b'\ns.version='1'",
    ],
)
def test_without_name_and_version_it_is_not_understood(text: str) -> None:
    with pytest.raises(InputError):
        read_gemspec(PATH, text.encode())


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("usr/lib/ruby/gems/3.1.0/specifications/rake-13.0.6.gemspec", True),
        ("usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.1.gemspec", True),
        ("usr/lib/ruby/gems/3.1.0/gems/rake-13.0.6/rake.gemspec", False),
        ("app/mygem.gemspec", False),
    ],
)
def test_only_specifications_of_installed_gems_are_wanted(path: str, wanted: bool) -> None:
    assert GEMSPEC.wants(path) is wanted


@pytest.mark.parametrize("text", ["\n" * 300_000, " \t" * 300_000, "s.licenses = [" * 60_000, 's.name = "' * 60_000])
def test_hostile_text_takes_no_longer_than_its_length(text: str) -> None:
    started = time.monotonic()
    with pytest.raises(InputError):
        read_gemspec(PATH, text.encode())
    assert time.monotonic() - started < 5


@settings(max_examples=100)
@given(st.text(alphabet="s.name=version\"'%q{}\\ux#\n 0123\ud7ff", max_size=120))
def test_any_text(text: str) -> None:
    try:
        found = read_gemspec(PATH, text.encode())
    except InputError:
        return
    assert found.packages[0].name
