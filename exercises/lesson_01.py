"""Exercises of notebook 01: transform, loaders, un-normalise, statistics of a data set."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import transforms

from exercises.exercise import Case, Exercise, Hint, Observation, close
from exercises.probing import array, number, tensor
from exercises.translations import AnswerError
from helpers.internal.sentences import Sentence


# --- 1-1 ----------------------------------------------------------------------------------------
def make_transform() -> transforms.Compose:
    """Return a transform from a grey image to a tensor (1, H, W) in [-1, 1]."""
    return transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])


def _image_cases(rng: np.random.Generator) -> list[Case]:
    return [{"image": rng.integers(0, 256, (28, 28), dtype=np.uint8)} for _ in range(2)]


def _probe_transform(answer: type(make_transform), case: Case) -> Observation:
    pixels = tensor(answer()(Image.fromarray(case["image"])))
    return {"pixels": array(pixels), "type of the pixels": str(pixels.dtype)}


def _normalised_an_image(error: str) -> bool:
    # The two generations of torchvision's transforms, in their own words.
    return "img should be Tensor" in error or "does not support PIL images" in error


def _is_not_called(error: str) -> bool:
    # A class takes the image for a setting; Normalize misses the second one.
    return "ToTensor.__init__()" in error or "Normalize.__init__() missing" in error


def _is_not_composed(error: str) -> bool:
    return "object is not callable" in error or "Compose.__init__() takes" in error


def _unit_pixels(case: Case) -> np.ndarray:
    return case["image"][None] / 255


TRANSFORM = Exercise(
    id="1-1",
    points=2,
    names=("make_transform",),
    reference=make_transform,
    cases=_image_cases,
    probe=_probe_transform,
    items={
        "pixels": Sentence(ja="画素", en="TRANSLATE"),
        "type of the pixels": Sentence(ja="画素の型", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "wrong_order",
            lambda got, want, case: _normalised_an_image(got["error"]),
            Sentence(
                ja="正規化はテンソルに対して行います。ToTensor を先に、Normalize を後に並べましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_called",
            lambda got, want, case: _is_not_called(got["error"]),
            Sentence(
                ja="ToTensor() や Normalize((0.5,), (0.5,)) のように、() の中まで書きましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_composed",
            lambda got, want, case: _is_not_composed(got["error"]),
            Sentence(
                ja="変換をリストに入れ、transforms.Compose([...]) で 1 つにつなぎましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "three_channels",
            lambda got, want, case: "broadcast shape [3" in got["error"],
            Sentence(
                ja="白黒の画像は 1 チャンネルです。平均と標準偏差も、(0.5,) のように 1 つずつ渡しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_normalised",
            lambda got, want, case: close(got["pixels"], _unit_pixels(case)),
            Sentence(
                ja="画素が [0, 1] のままです。平均 0.5、標準偏差 0.5 の Normalize も要ります。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "true_mean_and_std",
            lambda got, want, case: close(
                got["pixels"], (_unit_pixels(case) - 0.1307) / 0.3081, atol=1e-3
            ),
            Sentence(
                ja="ここでは本当の平均ではなく、平均 0.5、標準偏差 0.5 を使います。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_scaled",
            lambda got, want, case: np.max(np.abs(got["pixels"])) > 10,
            Sentence(
                ja="画素が 0〜255 のままです。ToTensor が [0, 1] に直してくれます。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "other_type",
            lambda got, want, case: got["type of the pixels"] != want["type of the pixels"],
            Sentence(
                ja="値の型が違います。モデルが受け取るのは、32 ビットの小数 (torch.float32) です。",
                en="TRANSLATE",
            ),
        ),
    ),
)


# --- 1-2 ----------------------------------------------------------------------------------------
def make_loaders(train_set: Dataset, test_set: Dataset) -> tuple[DataLoader, DataLoader]:
    """Return a shuffled loader of the training set and an ordered one of the test set."""
    train_loader = DataLoader(train_set, batch_size=100, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=100, shuffle=False)
    return train_loader, test_loader


def _loader_cases(rng: np.random.Generator) -> list[Case]:
    return [{"train_size": int(rng.integers(310, 390)), "test_size": int(rng.integers(210, 290))}]


def _probe_loaders(answer: type(make_loaders), case: Case) -> Observation:
    # Every image is its own number, so that the order can be read off the labels.
    train_set = TensorDataset(torch.zeros(case["train_size"], 1), torch.arange(case["train_size"]))
    test_set = TensorDataset(torch.zeros(case["test_size"], 1), torch.arange(case["test_size"]))
    train_loader, test_loader = answer(train_set, test_set)
    train, test = _labels_by_batch(train_loader), _labels_by_batch(test_loader)
    train_order, test_order = np.concatenate(train), np.concatenate(test)
    next_order = np.concatenate(_labels_by_batch(train_loader))
    return {
        "train batch sizes": [len(labels) for labels in train],
        "test batch sizes": [len(labels) for labels in test],
        "train is shuffled": not np.array_equal(train_order, next_order),
        "train images": np.sort(train_order),
        "test order": test_order,
    }


def _labels_by_batch(loader: DataLoader) -> list[np.ndarray]:
    return [array(labels) for _, labels in loader]


def _last_batch_dropped(got: Observation, want: Observation, case: Case) -> bool:
    return (
        got["train batch sizes"] == want["train batch sizes"][:-1]
        or got["test batch sizes"] == want["test batch sizes"][:-1]
    )


def _other_batch_size(got: Observation, want: Observation, case: Case) -> bool:
    return got["train batch sizes"][0] != 100 or got["test batch sizes"][0] != 100


LOADERS = Exercise(
    id="1-2",
    points=2,
    names=("make_loaders",),
    reference=make_loaders,
    cases=_loader_cases,
    probe=_probe_loaders,
    items={
        "train batch sizes": Sentence(ja="訓練用の各バッチの枚数", en="TRANSLATE"),
        "test batch sizes": Sentence(ja="テスト用の各バッチの枚数", en="TRANSLATE"),
        "train is shuffled": Sentence(ja="訓練用の順序", en="TRANSLATE"),
        "train images": Sentence(ja="訓練用の画像", en="TRANSLATE"),
        "test order": Sentence(ja="テスト用の順序", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "swapped",
            lambda got, want, case: got["train images"][-1] == case["test_size"] - 1,
            Sentence(
                ja="訓練用とテスト用が入れ替わっています。訓練用を先に返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "last_batch_dropped",
            _last_batch_dropped,
            Sentence(
                ja="最後の端数のバッチが消えています。drop_last は使いません。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "batch_size",
            _other_batch_size,
            Sentence(
                ja="バッチの大きさは 100 枚にします。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "train_not_shuffled",
            lambda got, want, case: not got["train is shuffled"],
            Sentence(
                ja="訓練用の順序がいつも同じです。shuffle を確かめましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "test_shuffled",
            lambda got, want, case: (np.diff(got["test order"]) != 1).any(),
            Sentence(
                ja="テスト用は混ぜません。順序が決まっていると、結果を後で照らし合わせられます。",
                en="TRANSLATE",
            ),
        ),
    ),
)


# --- 1-3 ----------------------------------------------------------------------------------------
def unnormalise(images: Tensor) -> Tensor:
    """Bring pixels from [-1, 1] back to [0, 1]."""
    return images * 0.5 + 0.5


def _normalised_cases(rng: np.random.Generator) -> list[Case]:
    shapes = [(4, 1, 28, 28), (2, 3, 8, 8)]
    # Neither black nor white occurs, so that the range of a batch says nothing about [-1, 1].
    return [{"images": rng.uniform(-0.9, 0.8, shape).astype(np.float32)} for shape in shapes]


def _probe_unnormalise(answer: type(unnormalise), case: Case) -> Observation:
    images = torch.from_numpy(case["images"])
    return {"pixels": array(tensor(answer(images))), "images afterwards": array(images)}


def _stretched(images: np.ndarray) -> np.ndarray:
    return (images - images.min()) / (images.max() - images.min())


UNNORMALISE = Exercise(
    id="1-3",
    points=2,
    names=("unnormalise",),
    reference=unnormalise,
    cases=_normalised_cases,
    probe=_probe_unnormalise,
    items={
        "pixels": Sentence(ja="画素", en="TRANSLATE"),
        "images afterwards": Sentence(ja="受け取った画像", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "in_place",
            lambda got, want, case: not close(got["images afterwards"], case["images"]),
            Sentence(
                ja="受け取った画像そのものを書きかえています。新しいテンソルを作って返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "unchanged",
            lambda got, want, case: close(got["pixels"], case["images"]),
            Sentence(
                ja="画素が [-1, 1] のままです。正規化と逆の計算をしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "normalised_again",
            lambda got, want, case: close(got["pixels"], (case["images"] - 0.5) / 0.5),
            Sentence(
                ja="もう一度正規化しています。逆の計算をしましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "added_before_multiplying",
            lambda got, want, case: close(got["pixels"], (case["images"] + 0.5) * 0.5),
            Sentence(
                ja="計算の順序が違います。正規化は「引いてから割る」でした。戻すときは、最後にしたことから戻します。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "stretched_to_the_batch",
            lambda got, want, case: close(got["pixels"], _stretched(case["images"])),
            Sentence(
                ja="最小値と最大値で引きのばすと、バッチごとに明るさが変わります。正規化に使った 0.5 で戻しましょう。",
                en="TRANSLATE",
            ),
        ),
    ),
)


# --- 1-4 ----------------------------------------------------------------------------------------
def describe_data(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Return images per class (10,), and mean and standard deviation of the pixels in [0, 1]."""
    counts = np.bincount(labels, minlength=10)
    pixels = images / 255
    return counts, pixels.mean(), pixels.std()


def _data_cases(rng: np.random.Generator) -> list[Case]:
    # The second set lacks the classes 8 and 9: they count 0, they do not vanish.
    return [
        {
            "images": rng.integers(0, 256, (size, 28, 28), dtype=np.uint8) // 3,
            "labels": rng.integers(0, classes, size),
        }
        for size, classes in ((120, 10), (60, 8))
    ]


def _probe_describe(answer: type(describe_data), case: Case) -> Observation:
    counts, mean, std = answer(case["images"], case["labels"])
    if isinstance(counts, dict):
        raise AnswerError("not a number", type=type(counts).__name__)
    return {
        "counts": np.asarray(counts),
        "mean": number(mean),
        "std": number(std),
        "type of the counts": "list" if isinstance(counts, list | tuple) else "array",
    }


def _is_mean_per_image(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["mean"], case["images"][0].size * want["mean"], rtol=1e-3)


DESCRIBE = Exercise(
    id="1-4",
    points=2,
    names=("describe_data",),
    reference=describe_data,
    cases=_data_cases,
    probe=_probe_describe,
    items={
        "counts": Sentence(ja="クラスごとの枚数", en="TRANSLATE"),
        "mean": Sentence(ja="平均", en="TRANSLATE"),
        "std": Sentence(ja="標準偏差", en="TRANSLATE"),
        "type of the counts": Sentence(ja="枚数の型", en="TRANSLATE"),
    },
    hints=(
        Hint(
            "mean_per_image",
            _is_mean_per_image,
            Sentence(
                ja="枚数ではなく、画素の総数で割りましょう。pixels.mean() が使えます。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "not_scaled",
            lambda got, want, case: got["mean"] > 1,
            Sentence(
                ja="平均が 1 を超えています。画素を 255 で割って [0, 1] にしてから計算しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "absent_class",
            lambda got, want, case: len(got["counts"]) < 10,
            Sentence(
                ja="1 枚もないクラスが消えています。10 クラス分の 0 を含めて数えましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "variance",
            lambda got, want, case: close(got["std"], want["std"] ** 2),
            Sentence(
                ja="それは分散です。標準偏差はその平方根です。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "swapped",
            lambda got, want, case: close(got["mean"], want["std"]),
            Sentence(
                ja="順序が違います。枚数、平均、標準偏差の順に返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "shares_instead_of_counts",
            lambda got, want, case: close(got["counts"].sum(), 1),
            Sentence(
                ja="割合ではなく、枚数を返しましょう。",
                en="TRANSLATE",
            ),
        ),
        Hint(
            "list_of_counts",
            lambda got, want, case: got["type of the counts"] == "list",
            Sentence(
                ja="枚数はリストではなく、NumPy の配列で返しましょう。",
                en="TRANSLATE",
            ),
        ),
    ),
    rtol=1e-3,
)

EXERCISES = (TRANSFORM, LOADERS, UNNORMALISE, DESCRIBE)
