"""A checkout with one small lesson, for the tests of the build."""

import base64
from pathlib import Path

from course.repository import Repository

POINTS = {"3-1": 2, "4-1": 1}
"""4-1 belongs to a lesson that is not written yet."""

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

LESSON = '''# %% [markdown]
# # 03 学習する
# 図のように進めます。![階段の図](../assets/steps.png)

# %% deterministic=true
def check(exercise_id):
    print(f"{exercise_id}: {double(2)}")
    return double


print("始めます")
1 + 1

# %%
import sys

print("毎回ちがうかもしれません")
print("警告", file=sys.stderr)

# %% deterministic=true tags=["hide-input"]
from IPython.display import display

display({"text/plain": "点", "image/png": "AAAA"}, raw=True)

# %% exercise="3-1"
def double(number):
    """2 倍を返します。"""
    ### BEGIN SOLUTION
    secret_sum = number + number
    return secret_sum
    ### END SOLUTION

# %% [markdown]
# ### 考察 3-2 なぜ 2 倍になりますか

# %% [markdown] essay="3-2" points=5
# 同じ数を足すと、ちょうど 2 倍になるからです。

# %% [markdown] rubric="3-2"
# - 足し算と掛け算の関係に触れていれば 3 点。
'''


def sample_course(root: Path, lesson: str = LESSON) -> Repository:
    """Write the checkout below ``root``."""
    for folder in ("solutions", "notebooks", "assets"):
        (root / folder).mkdir()
    (root / "pyproject.toml").write_text(
        '[project]\nname = "sample"\nversion = "1.2.0"\n\n'
        '[tool.course]\nrepository = "owner/sample"\n'
    )
    (root / "assets" / "steps.png").write_bytes(PICTURE)
    (root / "solutions" / "03_sample.py").write_text(lesson, encoding="utf-8")
    return Repository.read(root)
