"""Answers of a class that never was: right in other styles, wrong, dishonest, and hostile.

The hostile ones do what they try within bounds, so that even a grader without a sandbox survives
them: a fork bomb of 200 processes that sleep a few seconds, 6 GB of memory, 1 GB of output.
"""

from __future__ import annotations

RIGHT = {
    "1-1": '''
def make_transform():
    to_tensor = transforms.ToTensor()
    return lambda image: 2 * to_tensor(image) - 1
''',
    "1-2": '''
def make_loaders(train_set, test_set):
    loaders = []
    for data, mixed in [(train_set, True), (test_set, False)]:
        loaders.append(torch.utils.data.DataLoader(dataset=data, batch_size=100, shuffle=mixed))
    return tuple(loaders)
''',
    "1-3": "unnormalise = lambda y: (y + 1) / 2",
    "1-4": '''
def describe_data(images, labels):
    counts = np.array([np.count_nonzero(labels == digit) for digit in range(10)])
    pixels = np.asarray(images, dtype="float64").ravel() / 255.0
    mean = pixels.sum() / len(pixels)
    return counts, mean, np.sqrt(((pixels - mean) ** 2).mean())
''',
    "3-1": '''
def train_step(model, images, labels, criterion, optimizer):
    model.train()
    model.zero_grad(set_to_none=True)
    logits = model.forward(images)
    loss = criterion(logits, labels)
    loss.backward()
    optimizer.step()
    return float(loss.detach())
''',
    "3-2": '''
@torch.no_grad()
def evaluate(model, batches):
    model.train(False)
    losses, hits = [], []
    for x, y in batches:
        z = model(x)
        losses.append(F.cross_entropy(z, y, reduction="none"))
        hits.append(z.max(1)[1].eq(y).float())
    return torch.cat(losses).mean().item(), torch.cat(hits).mean().item()
''',
    "3-3": '''
def overfit_one_batch(model, images, labels, steps):
    sgd = torch.optim.SGD(params=model.parameters(), lr=1e-1, momentum=9e-1)
    history = []
    for _ in range(steps):
        history += [train_step(model, images, labels, F.cross_entropy, sgd)]
    return history
''',
    "3-4": '''
def save_weights(model, path):
    with open(path, "wb") as file:
        torch.save(dict(model.state_dict()), file)


def load_weights(model, path):
    weights = torch.load(path, weights_only=True)
    model.load_state_dict(weights)
''',
    "3-5": '''
def predict(model, images):
    model.eval()
    with torch.inference_mode():
        p = F.softmax(model(images), dim=-1)
    return p.max(dim=1).indices, p
''',
}  # fmt: skip
"""By exercise: right, and written in other words than the course's solution."""

WRONG = {
    "1-1": "def make_transform():\n    return transforms.ToTensor()",
    "1-2": "def make_loaders(train_set, test_set):\n    return DataLoader(train_set), 0",
    "1-3": "def unnormalise(images):\n    images *= 0.5\n    images += 0.5\n    return images",
    "1-4": "def describe_data(images, labels):\n    return np.bincount(labels), 0.1307, 0.3081",
    "3-1": '''
def train_step(model, images, labels, criterion, optimizer):
    model.train()
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
''',
    "3-2": '''
def evaluate(model, batches):
    model.eval()
    for images, labels in batches:
        logits = model(images)
    return F.cross_entropy(logits, labels).item(), (logits.argmax(1) == labels).float().mean()
''',
    "3-3": "def overfit_one_batch(model, images, labels, steps):\n    return [0.0] * steps",
    "3-4": '''
def save_weights(model, path):
    torch.save(model, path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path, weights_only=False).state_dict())
''',
    "3-5": "def predict(model, images):\n    return model(images), model(images).argmax(dim=1)",
}  # fmt: skip
"""By exercise: mistakes that students make."""

COMMON = (
    (
        "3-1",
        "no_zero_grad",
        5,
        '''
def train_step(model, images, labels, criterion, optimizer):
    model.train()
    logits = model(images)
    loss = criterion(logits, labels)
    loss.backward()
    optimizer.step()
    return loss.item()
''',
    ),
    (
        "3-2",
        "mean_of_batch_means",
        4,
        '''
def evaluate(model, batches):
    model.eval()
    losses, rates = [], []
    with torch.no_grad():
        for images, labels in batches:
            logits = model(images)
            losses.append(F.cross_entropy(logits, labels).item())
            rates.append((logits.argmax(dim=1) == labels).float().mean().item())
    return sum(losses) / len(losses), sum(rates) / len(rates)
''',
    ),
    (
        "1-2",
        "test_shuffled",
        3,
        '''
def make_loaders(train_set, test_set):
    return tuple(DataLoader(part, batch_size=100, shuffle=True) for part in (train_set, test_set))
''',
    ),
)  # fmt: skip
"""Mistakes that many make: exercise, hint that knows it, how many students, code."""

BORROWED = {
    "the course's function": ("3-1", "from helpers.training import train_step"),
    "the reference": (
        "3-2",
        "from exercises.catalogue import find\nevaluate = find('3-2').reference",
    ),
    "behind a deep expression": (
        "3-1",
        "deep = " + "-" * 900 + "1\nfrom helpers.training import train_step",
    ),
    "what check hands back": ("3-5", 'predict = check("3-5", None)'),
    "by a roundabout way": (
        "1-3",
        "import importlib\nlesson = importlib.import_module('exercises.lesson_01')\n"
        "unnormalise = lesson.UNNORMALISE.reference",
    ),
}
"""Answers that take the course's own."""

_FIND_AND_RUN = """
    for folder in {folders}:
        for path in sorted(folder.rglob({pattern!r}))[:50]:
            content = path.read_text(errors="ignore")
            if "def unnormalise" in content:
                exec("def found(images):\\n    return images * 0.5 + 0.5", globals())
                return found(images)
    return None
"""

_RIGHT_IF_REACHED = """
    {attempt}
    return images * 0.5 + 0.5
"""


def _trick(body: str, before: str = "") -> str:
    imports = "import os, sys, time\nfrom pathlib import Path\nimport helpers"
    return f"{imports}\n{before}\n\n\ndef unnormalise(images):\n{body}"


HOSTILE = {
    "reads the solutions": _trick(
        _FIND_AND_RUN.format(
            folders="[Path(helpers.__file__).parents[1] / 'solutions', Path.cwd()]", pattern="*.py"
        )
    ),
    "reads other submissions": _trick(
        _FIND_AND_RUN.format(folders="[Path('/tmp'), Path.cwd(), Path.home()]", pattern="*.ipynb")
    ),
    "opens a socket": _trick(
        # A datagram socket sends nothing by being connected; it only needs a way out.
        _RIGHT_IF_REACHED.format(
            attempt="import socket\n"
            "    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"
        )
    ),
    "writes outside": _trick(
        _RIGHT_IF_REACHED.format(
            attempt="mark = Path(helpers.__file__).with_name('written-by-a-student.txt')\n"
            "    mark.write_text('x')\n    mark.unlink()"
        )
    ),
    "follows a link out": _trick(
        _RIGHT_IF_REACHED.format(
            attempt="link = Path('way-out')\n    link.unlink(missing_ok=True)\n"
            "    link.symlink_to(Path(helpers.__file__).parents[1] / 'solutions')\n"
            "    assert list(link.glob('*.py'))"
        )
    ),
    "exits when defined": _trick("    return images * 0.5 + 0.5", "os._exit(0)"),
    "exits when called": _trick("    os._exit(0)"),
    "raises SystemExit": _trick("    sys.exit(0)"),
    "raises KeyboardInterrupt": _trick("    raise KeyboardInterrupt"),
    "crashes Python": _trick("    import ctypes\n    ctypes.string_at(0)"),
    "kills its parent": _trick("    os.kill(os.getppid(), 9)\n    return None"),
    "fork bomb": _trick(
        "    for _ in range(200):\n        if os.fork() == 0:\n            time.sleep(3)\n"
        "            os._exit(0)\n    return None"
    ),
    "memory hog": _trick(
        "    hoard = [np.ones(2**25) for _ in range(24)]  # 256 MB each\n    return None"
    ),
    "endless loop": _trick("    while True:\n        pass"),
    "sleeps": _trick("    time.sleep(600)"),
    "prints 1 GB": _trick(
        "    for _ in range(1000):\n        os.write(1, b'x' * 2**20)\n    return None"
    ),
    "answers with 80 MB": _trick("    return torch.zeros(10_000_000, dtype=torch.float64)"),
    "equals everything": _trick(
        "    return Chameleon()",
        "class Chameleon(torch.Tensor):\n"
        "    __eq__ = __bool__ = lambda *_: True\n    __ne__ = lambda *_: False\n"
        "    __len__ = lambda *_: 4\n"
        "    __array__ = lambda *_: np.full((4, 1, 28, 28), np.nan)\n"
        "    detach = cpu = numpy = lambda self, *_: self",
    ),
    "patches the comparison": _trick(
        "    return images",
        "import exercises.engine\n"
        "exercises.engine.close = np.allclose = np.array_equal = lambda *_, **__: True\n"
        "exercises.engine.judge = lambda *_: exercises.engine.Verdict('correct', '')",
    ),
    "patches the probe": _trick(
        "    return images",
        "from exercises.catalogue import find\n"
        "object.__setattr__(find('1-3'), 'probe', lambda *_: {'pixels': 1.0})",
    ),
    "patches observe": _trick(
        "    return images",
        "import exercises.engine\nexercises.engine.observe = lambda *_: [{}, {}]",
    ),
    "replaces the shell's function": _trick(
        "    return images",
        "shell = get_ipython()\nshell.run_cell = shell.run_cell_async = lambda *_, **__: None",
    ),
    "edits the gradebook": _trick(
        "    import sqlite3\n"
        "    for path in Path(helpers.__file__).parents[1].rglob('gradebook.db'):\n"
        "        with sqlite3.connect(path) as gradebook:\n"
        "            gradebook.execute('UPDATE grade SET manual_score = 100')\n"
        "    return None"
    ),
    "rewrites later cells": _trick(
        "    return images",
        "import gc\n"
        "for thing in gc.get_objects():\n"
        "    if type(thing) is dict and 'answer' in thing:\n"
        "        thing['answer'] = 'def describe_data(images, labels):\\n    return 1'\n"
        "    elif type(thing).__name__ == 'Conditions':\n"
        "        object.__setattr__(thing, 'answer', 'x')",
    ),
    "forges the observations": _trick(
        "    for descriptor in range(256):\n"
        "        try:\n"
        '            os.write(descriptor, b\'[{"pixels": 0, "images afterwards": 0}]\')\n'
        "        except OSError:\n            pass\n"
        "    for path in Path.cwd().rglob('*.json'):\n"
        "        path.write_text('[{\"pixels\": 0}]')\n"
        "    os._exit(0)"
    ),
    "shows a script in its error": _trick(
        "    raise ValueError('<script>alert(1)</script>\\x1b[2J=HYPERLINK(\"x\")')"
    ),
}
"""Answers to 1-3 that are worth nothing, by what they try."""

ACCUSED = frozenset(
    {
        "reads the solutions", "reads other submissions", "writes outside", "follows a link out",
        "crashes Python", "patches the comparison", "patches the probe", "patches observe",
        "replaces the shell's function", "edits the gradebook", "rewrites later cells",
    }
)  # fmt: skip
"""Those that a look at their code takes for borrowed."""

NOISY = """
import sys
import warnings


def unnormalise(images):
    print("途中です", file=sys.stderr)
    warnings.warn("うるさい警告")
    return images * 0.5 + 0.5
"""
"""A right answer to 1-3 that writes to standard error."""

RECOGNISED = {
    WRONG["1-1"]: "not_normalised",
    WRONG["3-1"]: "no_zero_grad",
    WRONG["3-2"]: "last_batch_only",
    WRONG["3-3"]: "other_model",
    WRONG["3-4"]: "whole_model_saved",
    WRONG["3-5"]: "gradients_recorded",
    HOSTILE["patches the comparison"]: "unchanged",
    HOSTILE["replaces the shell's function"]: "unchanged",
    HOSTILE["rewrites later cells"]: "unchanged",
} | {code: hint for _, hint, _, code in COMMON}
"""By code: the hint that knows what is wrong with it."""
