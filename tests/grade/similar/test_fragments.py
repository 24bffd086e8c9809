import time

import pytest

from course.grade.similar.fragments import CODE, ESSAYS, LENGTH, LONGEST, fragments, tokens

STEP = """
def train_step(model, images):
    loss = criterion(model(images), lr=0.1)
    loss.backward()
    return loss.item()
"""


def forms(code, kind=CODE, given=()):
    return [token.form for token in tokens(kind, code, given)]


def test_names_of_ones_own_are_all_the_same_and_those_of_libraries_are_kept():
    renamed = STEP.replace("loss", "l").replace("images", "x").replace("criterion", "ce")
    assert forms(STEP) == forms(renamed)
    assert forms("y = torch.exp(x)", given={"torch"}) == forms("z = torch.exp(t)", given={"torch"})
    assert forms("y = torch.exp(x)", given={"torch"}) != forms("y = np.exp(x)", given={"np"})
    assert forms("y = x.exp()") != forms("y = x.log()")
    assert forms("f(lr=x)") != forms("f(momentum=x)")
    assert forms("a, b = 1, 2") == forms("c, d = 1, 2")


def test_comments_docstrings_and_layout_make_no_difference():
    changed = STEP.replace(
        "    loss =", '    """Return the loss.\n\n    As a number."""\n\n    # 損失\n    loss  ='
    ).replace("(images), lr", "(\n        images  # 画像\n    ), lr")
    assert forms(changed) == forms(STEP)


def test_strings_and_numbers_are_compared_by_value_whatever_their_quotes():
    assert forms("f('sum', 0.1)") == forms('f("sum", 0.1)')
    assert forms("f('sum')") != forms("f('mean')")
    assert forms("f(0.1)") != forms("f(0.2)")


def test_tokens_stand_where_they_say():
    code = 'x = "a#b"  # c\ny += x[1:]'
    assert [code[one.begin : one.end] for one in tokens(CODE, code)] == [
        "x", "=", '"a#b"', "y", "+=", "x", "[", "1", ":", "]",
    ]  # fmt: skip


def test_an_essay_is_its_letters_in_their_plain_form():
    assert forms("ＲｅＬＵ は、 負!", ESSAYS) == ["r", "e", "l", "u", "は", "負"]


def test_fragments_overlap():
    assert fragments(tokens(ESSAYS, "abcdef"))[1].split("\0") == list("bcdef"[:LENGTH])
    assert fragments(tokens(ESSAYS, "abcdef"[: LENGTH - 1])) == []


@pytest.mark.parametrize(
    "code",
    ["(", '"""', '"""\\"', "'''\\", "\\", '"', "0x", "#", "def f(:\n\t\x00€"],
)
def test_what_is_no_python_is_cut_in_a_moment_and_only_its_beginning(code):
    begun = time.process_time()
    found = tokens(CODE, code * 10**6)
    assert time.process_time() - begun < 2
    assert all(token.end <= LONGEST for token in found)
