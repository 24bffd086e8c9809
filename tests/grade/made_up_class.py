"""A class that never was, with known copies: for measuring what the search for look-alikes finds.

Every student draws each turn of phrase of an answer for himself, the usual one most often, as in
a real class most of a short answer is what everybody writes. Copies are made of such answers, and
then hidden in the ways that students know.
"""

import random
import re
import tomllib
from pathlib import Path

_CHOICE = re.compile(r"\[\[((?:(?!\[\[|\]\]).)*)\]\]", re.DOTALL)
_NAME = re.compile(r"\$(\w+)")

NAMES = {
    "loss": ["loss", "l", "losses", "loss_value", "cost", "err", "error", "batch_loss"],
    "out": ["logits", "outputs", "output", "out", "y_pred", "pred", "preds", "scores", "z"],
    "total": ["total_loss", "total", "loss_sum", "sum_loss", "running_loss", "epoch_loss", "s"],
    "hits": ["correct", "hits", "right", "n_correct", "num_correct", "ok", "total_correct", "c"],
    "count": ["count", "n", "total_n", "num", "size", "num_samples", "m", "data_size"],
    "x": ["images", "x", "data", "inputs", "batch", "xs", "imgs", "img"],
    "y": ["labels", "y", "target", "targets", "ys", "t", "label"],
    "history": ["losses", "history", "log", "loss_list", "result", "record", "values", "ls"],
    "opt": ["optimizer", "opt", "sgd", "optim_", "o", "adam"],
    "crit": ["criterion", "loss_fn", "crit", "ce", "loss_function", "f"],
    "i": ["_", "i", "step", "k", "epoch", "t_"],
    "p": ["probabilities", "probs", "p", "prob", "y_prob", "softmax_out", "proba"],
    "best": [
        "classes",
        "best",
        "predicted",
        "idx",
        "c_hat",
        "predictions",
        "pred_class",
        "labels_",
    ],
    "weights": ["weights", "state", "state_dict", "w", "params", "loaded", "sd", "checkpoint"],
    "acc": ["accuracy", "acc", "rate", "a_", "ratio", "score"],
}

TEMPLATES = tomllib.loads(
    Path(__file__).with_name("made_up_answers.toml").read_text(encoding="utf-8")
)
ESSAY = TEMPLATES.pop("essay")


def _drawn(rng, template, weight=0.5):
    """Draw every turn of phrase; the first has the given chance, the others share the rest."""
    while choice := _CHOICE.search(template):
        ways = choice[1].split("||")
        first = rng.random() < weight
        way = ways[0] if first or len(ways) == 1 else rng.choice(ways[1:])
        template = template[: choice.start()] + way + template[choice.end() :]
    return template


def named(rng, code):
    """Give the names of an answer as one student would."""
    chosen = {}
    for key, names in NAMES.items():
        free = [name for name in names if name not in chosen.values()]
        chosen[key] = free[0] if rng.random() < 0.4 else rng.choice(free)
    return _NAME.sub(lambda name: chosen[name[1]], code)


def drawn_answers(rng, usual):
    """One student's own answers, their names still to be given.

    Args:
        usual: How often the student's turn of phrase is the usual one, 0 to 1.
    """
    return {exercise: _drawn(rng, template, usual) for exercise, template in TEMPLATES.items()}


def essay(rng):
    return _drawn(rng, ESSAY, weight=0.3)


def finished(rng, answers):
    return {exercise: named(rng, code) for exercise, code in answers.items()}


# --- how a copy is hidden -------------------------------------------------------------------------
def commented(rng, code):
    """Put comments and empty lines between the lines, and other words into the docstrings."""
    code = re.sub(r'""".*?"""', '"""Return what the exercise asks for."""', code)
    remarks = ("ここで計算する", "確認した", "step by step", "TODO", "大事")
    rows = []
    for row in code.split("\n"):
        indent = row[: len(row) - len(row.lstrip())]
        if rng.random() < 0.4 and row.strip():
            rows.append(f"{indent}# {rng.choice(remarks)}")
        rows.append(row + ("  # " + rng.choice(remarks) if rng.random() < 0.2 and row else ""))
        if rng.random() < 0.2:
            rows.append("")
    return "\n".join(rows)


def reordered(rng, code):
    """Swap lines that stand at one depth and do not end a block, and whole functions."""
    rows = code.strip().split("\n")
    for at in range(len(rows) - 1):
        one, two = rows[at], rows[at + 1]
        depth = len(one) - len(one.lstrip())
        plain = all(
            row.strip() and not row.rstrip().endswith(":") and "return" not in row
            for row in (one, two)
        )
        if plain and depth and depth == len(two) - len(two.lstrip()) and rng.random() < 0.3:
            rows[at : at + 2] = two, one
    functions = "\n".join(rows).split("\n\n\n")
    rng.shuffle(functions)
    return "\n\n\n".join(functions)


def reformatted(rng, code):
    """Change quotes, blanks, brackets and the way sums are written."""
    code = code.replace('"sum"', "'sum'").replace(", ", ",").replace(" = ", "=")
    return re.sub(r"return (.+)", r"return (\1)", code)


def edited(rng, code):
    """Exchange one phrase in each answer for another that does the same."""
    swaps = [
        ("torch.no_grad()", "torch.inference_mode()"), (".item()", ".detach().item()"),
        ("dim=1", "dim=-1"), ("0.0", "0."), ("len(", "int(len("),
        ("model.eval()", "model.train(False)"),
    ]  # fmt: skip
    rng.shuffle(swaps)
    for old, new in swaps:
        if old in code:
            return code.replace(old, new, 1).replace("int(len(", "len(")
    return code


WAYS = {
    "verbatim": lambda rng, answers: finished(rng, answers),
    "renamed": lambda rng, answers: finished(rng, answers),
    "commented": lambda rng, answers: {
        key: commented(rng, code) for key, code in finished(rng, answers).items()
    },
    "reordered": lambda rng, answers: {
        key: reordered(rng, code) for key, code in finished(rng, answers).items()
    },
    "reformatted": lambda rng, answers: {
        key: reformatted(rng, code) for key, code in finished(rng, answers).items()
    },
    "edited": lambda rng, answers: {
        key: edited(rng, code) for key, code in finished(rng, answers).items()
    },
    "all of it": lambda rng, answers: {
        key: commented(rng, reformatted(rng, reordered(rng, edited(rng, code))))
        for key, code in finished(rng, answers).items()
    },
    "half": lambda rng, answers: finished(
        rng, drawn_answers(rng, 0.6) | {key: answers[key] for key in rng.sample(sorted(answers), 3)}
    ),
}
"""How a copier works with the answers of another, names not yet given."""


def made_up_class(honest, copies_of_each_way, seed):
    """Return answers by student, and the way of each copy by its pair of students."""
    rng = random.Random(seed)
    usual = [rng.uniform(0.3, 0.8) for _ in range(honest)]
    drawn = [drawn_answers(rng, one) for one in usual]
    students = {f"h{at:03d}": finished(rng, answers) for at, answers in enumerate(drawn)}
    count = copies_of_each_way * len(WAYS)
    # Copies of what everybody writes are like everybody's: nothing can be found there.
    own = sorted(range(honest), key=lambda at: usual[at])[: max(count, honest // 2)]
    originals = rng.sample(own, count)
    copies = {}
    for way, change in WAYS.items():
        for _ in range(copies_of_each_way):
            original = originals.pop()
            name = f"{way} of h{original:03d}"
            students[name] = change(rng, drawn[original])
            copies[frozenset((name, f"h{original:03d}"))] = way
    return students, copies


def made_up_essays(honest, seed):
    """Return essays by student: honest ones, one copied word for word, and one touched up."""
    rng = random.Random(seed)
    essays = {f"h{at:03d}": essay(rng) for at in range(honest)}
    touched_up = essays["h001"].replace("、", "").replace("ました", "た").replace("ので", "から")
    return essays | {"verbatim of h000": essays["h000"], "touched up of h001": touched_up}
