"""What a cell means to Python, once IPython's own lines are out of it."""

import pytest

from course.grade.syntax.source import (
    bound_names,
    changed_names,
    checked_in,
    fault_in,
    free_names,
    parsed,
    python_of,
    statements,
)

CELLS = {
    "a shell command over several lines": ("!pip install \\\n  torch \\\n  numpy\nx = 1", {"x": 1}),
    "a magic without its mark": ("pip install torch", {}),
    "a shell command whose output is kept": ("files = !ls\nx = len(files)", {"files": [], "x": 0}),
    "a magic whose value is kept": ("home = %pwd\nx = 1", {"home": None, "x": 1}),
    "a magic that runs its line": ("%time x = 1", {"x": 1}),
    "a magic that runs its cell": ("%%time\n# why?\nx = 1", {"x": 1}),
    "a magic in a branch": ("if True:\n    %pip install torch\n    x = 1", {"x": 1}),
    "a question": ("x = 1\nx?\n?x", {"x": 1}),
    "a cell that is a file": ("%%writefile x.py\nx = 1", {}),
    "a cell of another language": ("%%bash\nx=1", {}),
    "a prompt that was copied": (">>> x = 1\n>>> y = 2", {"x": 1, "y": 2}),
    "a remainder that begins a line": ("x = (5\n% 3)", {"x": 2}),
    "a text with a mark": ("x = '''\n!ls\n%time\n'''", {"x": "\n!ls\n%time\n"}),
    "Japanese beside a command": ("x = 'あ'\ny = !echo あ\nz = 1", {"x": "あ", "y": [], "z": 1}),
}


@pytest.mark.parametrize(("cell", "values"), CELLS.values(), ids=CELLS)
def test_lines_of_ipython_do_nothing_and_the_others_what_they_say(cell, values):
    names = {}
    exec(python_of(cell), {}, names)
    assert names == values


def test_nothing_of_ipython_is_called():
    assert "get_ipython" not in python_of("!ls\n%matplotlib inline\nx?\nfiles = !ls")


@pytest.mark.parametrize(
    ("cell", "line"), [("x = 1\ndef f(:\n    pass", 2), ("!ls\nx = 1\ny = = 2", 3), ("x\0", None)]
)
def test_what_python_cannot_read_is_named_with_its_line(cell, line):
    fault = fault_in(cell)
    assert isinstance(fault, SyntaxError)
    assert line in (None, fault.lineno)


def test_a_cell_of_thousands_of_magics_is_given_up_at_once():
    assert fault_in("%\n" * 20_000) is not None


def test_a_statement_too_deep_for_python_leaves_the_others_readable():
    deep = "x = " + "-" * 900 + "1"
    (first,) = statements(f"y = 1\n{deep}")
    assert bound_names(first) == ("y",)


BINDINGS = {
    "if a:\n    import x as y\nelse:\n    z = 1": {"y", "z"},
    "try:\n    import u.v\nexcept E as e:\n    u = None": {"u"},
    "with open(f) as g:\n    h = g.read()": {"g", "h"},
    "for i, (j, k) in w:\n    t[i] = 1": {"i", "j", "k"},
    "match v:\n    case [a, *b]:\n        c = 1": {"a", "b", "c"},
    "x = [i for i in y]": {"x"},
    "x: int = 1": {"x"},
    "x += 1": {"x"},
    "def f(a):\n    b = 1": {"f"},
    "train_step = check('3-1', train_step)": set(),
    "save, load = check('3-4')": set(),
}


@pytest.mark.parametrize("statement", BINDINGS)
def test_names_that_a_statement_binds(statement):
    (node,) = parsed(statement).body
    assert set(bound_names(node)) == BINDINGS[statement]


@pytest.mark.parametrize(
    "statement", ["x[0] = 1", "x.a.b = 1", "x.append(1)", "for i in y:\n    x.append(i)"]
)
def test_names_that_a_statement_changes_in_their_place(statement):
    (node,) = parsed(statement).body
    assert changed_names(node) == {"x"}


def test_a_name_is_free_where_no_scope_of_its_own_binds_it():
    code = (
        "def f(a):\n    scale = 2\n    return a * scale\n"
        "def g(y):\n    return y * scale + HALF\n"
        "total = [w * i for i in f(values)]"
    )
    assert free_names(code) == {"scale", "HALF", "w", "values"}


@pytest.mark.parametrize(
    "call", ["check('3-1', f)", "check('3-1')", "c.check('3-1')", "x = y, check('3-1')"]
)
def test_both_forms_of_check_are_found(call):
    (node,) = parsed(call).body
    assert checked_in(node) == ["3-1"]
