"""Make the embedded mini sets of ``helpers/mini``: ``python -m course.mini_data SOURCE_DIR``.

``SOURCE_DIR`` holds the real Fashion-MNIST in torchvision's layout, raw or gzipped. The digits of
the mini MNIST come with scikit-learn. The same input gives the same pixels on every run.
"""

import argparse
import gzip
import os
from pathlib import Path

import numpy as np
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from helpers.data import arrays
from helpers.internal.idx import encode_idx

MINI = Path(__file__).parents[1] / "helpers" / "mini"
SEED = 0
MNIST_SIZES = (5_000, 500)
FASHION_SIZES = (4_000, 1_000)

SPAN = 19  # pixels for the 8 blocks; with the soft edge, a digit fills MNIST's box of 20x20
SIDE = 28
GRID = 8  # side of a scikit-learn digit: blocks of 4x4 pixels, 0..16 ink each
WIDEN = 1.15  # the scanner's pixels were narrower than they were high
THRESHOLD, CONTRAST = 0.56, 12  # ink above the threshold becomes stroke, with a soft edge
GREY_STEP = 15  # 18 grey levels, as 8x8 digits carry no more; halves the size of the files

MAX_ROTATION = np.deg2rad(10)
MAX_SCALING = 0.1
MAX_SHIFT = 1.5  # pixels


def write_split(name: str, split: str, images: np.ndarray, labels: np.ndarray) -> None:
    """Write images (N, 28, 28) and labels (N,) of one split ("train", "t10k") as gzipped IDX."""
    for kind, values in (("images-idx3", images), ("labels-idx1", labels)):
        content = gzip.compress(encode_idx(values), compresslevel=9, mtime=0)
        (MINI / f"{name}-{split}-{kind}-ubyte.gz").write_bytes(content)


def draw_digit(blocks: np.ndarray, distortion: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Draw a scikit-learn digit in MNIST's manner: a 20x20 box, centre of mass in the middle.

    Args:
        blocks: (8, 8) ink of each block, 0..16.
        distortion: (2, 2) matrix from output to source directions; identity leaves the digit as is.
        shift: (2,) rows and columns in pixels by which the centred digit is moved.

    Returns:
        (28, 28) uint8 image, black ground.
    """
    ink = np.pad(blocks / blocks.max(), GRID // 2)
    columns = np.flatnonzero(blocks.any(axis=0))
    widening = min(WIDEN, GRID / (columns[-1] - columns[0] + 1))
    matrix = np.diag([1, 1 / widening]) @ distortion * GRID / SPAN
    middle = np.full(2, (SIDE - 1) / 2)

    def sample(centre: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return the strokes as 0..1 with the source point ``centre`` put at ``target``."""
        grey = ndimage.affine_transform(
            ink, matrix, offset=centre - matrix @ target, output_shape=(SIDE, SIDE)
        )
        strokes = 1 / (1 + np.exp(-CONTRAST * (grey - THRESHOLD)))
        return np.where(strokes < 0.06, 0, strokes)

    centre = np.full(2, (ink.shape[0] - 1) / 2)
    mass = np.array(ndimage.center_of_mass(sample(centre, middle)))
    centre = centre + matrix @ (mass - middle)
    return (np.round(sample(centre, middle + shift) * 255 / GREY_STEP) * GREY_STEP).astype(np.uint8)


def random_distortion(rng: np.random.Generator) -> np.ndarray:
    """Return a (2, 2) matrix of a small random rotation and scaling."""
    angle = rng.uniform(-MAX_ROTATION, MAX_ROTATION)
    scale = rng.uniform(1 - MAX_SCALING, 1 + MAX_SCALING)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]]) / scale


def split_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of scikit-learn's digits for training and for testing, stratified."""
    labels = load_digits().target
    train, test = train_test_split(
        np.arange(len(labels)), test_size=MNIST_SIZES[1], stratify=labels, random_state=SEED
    )
    return train, test


def make_mnist() -> None:
    """Write the mini MNIST: the test part is never distorted, nor a source of training images."""
    digits = load_digits()
    train, test = split_digits()
    rng = np.random.default_rng(SEED)
    untouched = np.eye(2), np.zeros(2)

    # Every training digit once as it is, then distorted copies until the part is full.
    sources = np.resize(train, MNIST_SIZES[0])
    images = [draw_digit(digits.images[i], *untouched) for i in train]
    for i in sources[len(train) :]:
        shift = rng.uniform(-MAX_SHIFT, MAX_SHIFT, size=2)
        images.append(draw_digit(digits.images[i], random_distortion(rng), shift))

    order = rng.permutation(len(sources))  # so that the first N images are a fair sample
    write_split("MNIST", "train", np.stack(images)[order], digits.target[sources][order])
    test_images = [draw_digit(digits.images[i], *untouched) for i in test]
    write_split("MNIST", "t10k", np.stack(test_images), digits.target[test])


def sample_balanced(labels: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return ``size`` indices in random order, the same number from each class of ``labels``."""
    classes = np.unique(labels)
    chosen = [
        rng.choice(np.flatnonzero(labels == label), size // len(classes), replace=False)
        for label in classes
    ]
    return rng.permutation(np.concatenate(chosen))


def make_fashion_mnist(source: Path) -> None:
    """Write the mini Fashion-MNIST: a class-balanced sample of the real set in ``source``."""
    os.environ.update(COURSE_DATA="full", COURSE_DATA_DIR=str(source))
    rng = np.random.default_rng(SEED)
    for split, size in zip(("train", "t10k"), FASHION_SIZES, strict=True):
        images, labels = arrays("FashionMNIST", train=split == "train")
        chosen = sample_balanced(labels, size, rng)
        write_split("FashionMNIST", split, images[chosen], labels[chosen])


def main() -> None:
    """Make both mini sets and print the size of each file."""
    parser = argparse.ArgumentParser(prog="python -m course.mini_data", description=__doc__)
    parser.add_argument("source", type=Path, metavar="SOURCE_DIR")
    source = parser.parse_args().source
    MINI.mkdir(exist_ok=True)
    make_mnist()
    make_fashion_mnist(source)
    for path in sorted(MINI.glob("*.gz")):
        print(f"{path.stat().st_size:>9,}  {path.name}")


if __name__ == "__main__":
    main()
