import pytest
from analysis_class import answer, handed_in, hinted, write

from course.grade.analysis.example import Examples, names_in, names_somebody, shown_code
from course.grade.analysis.results import Mistake, read_results
from course.grade.shared.stages import Stages

MISTAKE = Mistake("hint", "swapped")


def test_comments_docstrings_and_texts_are_not_shown():
    code = (
        '# 山田\ndef f(x):\n    """山田が書きました"""\n    print("作: 山田")  # 太郎\n    return x'
    )
    assert shown_code(code) == "def f(x):\n    print('…')\n    return x"


def test_names_of_modes_and_layers_are_shown():
    assert shown_code("f(x, reduction='none', layer='conv1')") == (
        "f(x, reduction='none', layer='conv1')"
    )


@pytest.mark.parametrize(
    "text", ["'/home/yamada/x'", "'a@b.jp'", "f'{x}さん'", "b'hello world'", "'<script>'"]
)
def test_texts_that_can_tell_who_wrote_them_are_not_shown(text):
    shown = shown_code(f"x = 1\ny = {text}")
    assert "…" in shown
    assert not {"yamada", "a@b", "さん", "hello", "script"} & set(shown)


def test_what_is_no_python_or_endless_is_not_shown():
    assert shown_code("def f(:") is None
    assert shown_code("x = 1\n" * 10_000) is None
    assert shown_code("x = " + "-" * 5_000 + "1") is None


def test_a_long_example_is_cut():
    assert len(shown_code("value = 1\n" * 1_000)) == 1_500


def names(tmp_path, **student):
    (tmp_path / "names").mkdir(exist_ok=True)
    return names_in(read_results(write(tmp_path / "names", [handed_in("S240001", {}, **student)])))


@pytest.mark.parametrize(
    "code",
    [
        "def yamada_loss(x): ...",
        "class YamadaNet: ...",
        "x = S240001",
        "seed = 240001",
        "花子 = 1",
        "ＹＡＭＡＤＡ = 1",
        "myyamada = 1",
        "x = 'hy1234'",
    ],
)
def test_names_numbers_and_mail_are_found_however_they_are_written(tmp_path, code):
    known = names(tmp_path, name="山田 花子 (Hanako Yamada)", mail="hy1234@example.jp")
    assert names_somebody(code, known)


def test_a_name_in_a_file_s_name_is_found(tmp_path):
    assert names_somebody("suzukihanako = 1", names(tmp_path, file="suzukihanako_LATE_3.ipynb"))


@pytest.mark.parametrize("code", ["x = max(images)", "return torch.zeros(10, 28)", "data = x"])
def test_ordinary_code_names_nobody(tmp_path, code):
    known = names(tmp_path, name="Max 林", file="01_data_S240001.ipynb")
    assert not names_somebody(code, known)


def example(tmp_path, codes):
    numbers = [f"s{place:03d}" for place in range(len(codes))]
    submissions = [handed_in(one, {"1-1": answer(hinted("swapped"))}) for one in numbers]
    answers = [(one, "01_data", "1-1", code) for one, code in zip(numbers, codes, strict=True)]
    folder = write(tmp_path / "grades", submissions, answers)
    results = read_results(folder)
    return Examples(Stages(folder / "stages"), results).of("1-1", MISTAKE, results.handed_in)


def test_the_shortest_answer_that_names_nobody_is_the_example(tmp_path):
    codes = ["total = a + b + c", "s000 = 1", "total = a + b", "x = ("]
    assert example(tmp_path, codes) == "total = a + b"


def test_there_is_no_example_where_every_answer_names_somebody_or_is_gone(tmp_path):
    assert example(tmp_path, ["s000 = 1", "x = s001"]) is None
    folder = write(tmp_path / "bare", [handed_in("s1", {"1-1": answer(hinted("swapped"))})])
    results = read_results(folder)
    examples = Examples(Stages(folder / "stages"), results)
    assert examples.of("1-1", MISTAKE, results.handed_in) is None
