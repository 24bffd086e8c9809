"""Notebooks that students hand in, for the tests of how they are read."""

import copy
import io
import json
import zipfile
from pathlib import Path

from course.grade.ingest.handout import read_handouts
from course.grade.ingest.ingest import ingest
from course.grade.shared.stages import Submission
from course.repository import Repository

REPOSITORY = Repository.find(Path(__file__).parent)
HANDOUTS = read_handouts(REPOSITORY)
BLANK = json.loads((REPOSITORY.notebooks / "03_training.ipynb").read_text(encoding="utf-8"))
STEP = "# 問 3-1\ndef train_step(model, images, labels, criterion, optimizer):\n    return 1.0"


def text(source, **metadata):
    return {"cell_type": "markdown", "metadata": metadata, "source": source}


def code(source, **metadata):
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": []}


def find(notebook, grade_id):
    return next(
        cell
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


def notebook(header="学生証番号: S12345\n", **sources):
    """Return notebook 03, handed in by S12345, with other sources by grade id (`_` for `-`)."""
    changed = copy.deepcopy(BLANK)
    for grade_id, source in sources.items():
        find(changed, grade_id.replace("_", "-"))["source"] = source
    if header:
        changed["cells"].insert(0, text(header))
    return changed


def insert_after(changed, grade_id, *added):
    place = changed["cells"].index(find(changed, grade_id)) + 1
    changed["cells"][place:place] = added


def content(changed):
    return json.dumps(changed).encode()


def hand_in(folder, *notebooks, **files):
    """Return the submissions of notebooks, or bytes, that lie in a folder."""
    files = {f"{place}.ipynb": one for place, one in enumerate(notebooks)} | files
    for file, one in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one if isinstance(one, bytes) else content(one))
    return list(ingest(folder, HANDOUTS))


def read(folder, one, file="03_training.ipynb"):
    """Return the submission of one notebook."""
    (submission,) = hand_in(folder, **{file: one})
    return submission


def flags(submission: Submission):
    return {(flag.reason, flag.where) for flag in submission.flags}


def zipped(files):
    """Return a zip of names and bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, one in files.items():
            made.writestr(name, one)
    return packed.getvalue()
