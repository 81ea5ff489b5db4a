from hypothesis import example, given, settings
from hypothesis import strategies as st

from landwaiter.reports.escape import cell, sarif_text, shortened, visible

ANY = st.text(alphabet=st.characters(), max_size=80)


@settings(max_examples=300)
@given(ANY)
@example("\x1b[2J")
@example("a\r\nb")
@example("\u202egnp.exe")
@example("\ud800")
def test_visible_text_has_no_character_that_acts_on_a_terminal(text):
    shown = visible(text)
    assert shown.isprintable()
    assert all(ord(character) >= 32 and not 0x7F <= ord(character) <= 0x9F for character in shown)
    shown.encode()


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_shown_as_it_is(text):
    assert visible(text) == text


def test_escapes_name_the_character():
    assert visible("a\x1b\u202e\U000e0041") == "a\\x1b\\u202e\\U000e0041"


@settings(max_examples=300)
@given(ANY)
@example("=1+1")
@example(" =1+1")
@example("\t=1")
@example("\u00a0=1")
@example("-2")
@example("@x")
@example("＝1")
def test_no_cell_is_a_formula(text):
    shown = cell(text)
    assert not shown.lstrip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    assert shown.isprintable()


def test_ordinary_cells_are_left_alone():
    assert cell("libssl3") == "libssl3"
    assert cell("3.0.11-1") == "3.0.11-1"


@settings(max_examples=200)
@given(ANY)
@example("[a](https://evil.example)")
@example("\\[a](b)")
def test_no_bracket_of_a_sarif_message_is_a_link(text):
    shown = sarif_text(text)
    position = 0
    while position < len(shown):
        if shown[position] == "\\":
            assert shown[position + 1] in "\\[]"
            position += 2
        else:
            assert shown[position] not in "[]"
            position += 1


@given(ANY, st.integers(min_value=1, max_value=40))
def test_shortened_text_has_at_most_that_length(text, length):
    assert len(shortened(text, length)) <= length
    assert shortened("x" * length, length) == "x" * length
