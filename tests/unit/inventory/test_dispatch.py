from landwaiter.inventory.analyser import Analyser
from landwaiter.inventory.analysers import ANALYSERS
from landwaiter.inventory.dispatch import Dispatch


def reads(path, content):
    return None


def test_each_way_to_choose():
    by_path = Analyser("path", read=reads, paths=frozenset({"a/b"}))
    by_name = Analyser("name", read=reads, basenames=frozenset({"lock"}))
    by_suffix = Analyser("suffix", read=reads, suffixes=(".deps.json", ".jar"))
    by_folder = Analyser("folder", read=reads, folders=frozenset({"var/x"}))
    by_parent = Analyser("parent", read=reads, parents=frozenset({"meta"}))
    dispatch = Dispatch([by_path, by_name, by_suffix, by_folder, by_parent])
    chosen = {
        "a/b": by_path, "x/a/b": None, "lock": by_name, "x/y/lock": by_name, "x.jar": by_suffix, "X.JAR": by_suffix,
        "x.deps.json": by_suffix, "x.json": None, "deps.json": None, "var/x/f": by_folder, "y/var/x/f": None, "var/x/y/f": None,
        "p/meta/f": by_parent, "meta/f": by_parent, "meta": None, "": None, ".": None,
    }  # fmt: skip
    assert {path: dispatch.choose(path) for path in chosen} == chosen


def test_the_first_in_the_list_that_wants_it_gets_it():
    first = Analyser("first", read=reads, suffixes=(".x",), wants=lambda path: "yes" in path)
    second = Analyser("second", read=reads, basenames=frozenset({"yes.x", "no.x"}))
    dispatch = Dispatch([first, second])
    assert dispatch.choose("yes.x") is first
    assert dispatch.choose("no.x") is second
    assert Dispatch([second, first]).choose("yes.x") is second


def test_executables_are_chosen_apart():
    some = Analyser("some", read=reads, executables=True, wants=lambda path: path.startswith("usr"))
    every = Analyser("every", read=reads, executables=True)
    dispatch = Dispatch([some, every])
    assert dispatch.choose("usr/bin/x") is None
    assert dispatch.executable("usr/bin/x") == (some, every)
    assert dispatch.executable("opt/x") == (every,)


def test_names_of_analysers_are_unique():
    assert len({analyser.name for analyser in ANALYSERS}) == len(ANALYSERS)
