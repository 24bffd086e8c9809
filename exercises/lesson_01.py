"""Exercises of notebook 01: transform, loaders, un-normalise, statistics of a data set."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import transforms

from exercises.exercise import Case, Exercise, Observation, close
from exercises.hints import Recogniser, any_of, differs, equals, hint, like, says
from exercises.probing import array, number, several, tensor
from exercises.translations import AnswerError
from helpers.internal.sentences import Sentence


# --- 1-1 ----------------------------------------------------------------------------------------
def make_transform() -> transforms.Compose:
    """Return a transform from a grey image to a tensor (1, H, W) in [-1, 1]."""
    return transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])


def _image_cases(rng: np.random.Generator) -> list[Case]:
    # Black and white both occur, then neither does, so that an image's own range betrays itself.
    full = rng.integers(0, 256, (28, 28))
    full[0, :2] = 0, 255
    other_size = rng.integers(0, 256, (20, 32))
    pictures = (full, rng.integers(40, 160, (28, 28)), other_size)
    return [{"image": picture.astype(np.uint8)} for picture in pictures]


def _probe_transform(answer: type(make_transform), case: Case) -> Observation:
    image, transform = Image.fromarray(case["image"]), answer()
    pixels, *again = (tensor(transform(image)) for _ in range(8))
    return {
        "one image, one result": all(map(pixels.equal, again)),
        "pixels": array(pixels),
        "type of the pixels": _type_name(pixels),
    }


def _type_name(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _unit_pixels(case: Case) -> np.ndarray:
    return case["image"][None] / 255


def _other_mean_or_std(got: Observation, want: Observation, case: Case) -> bool:
    """Say whether the pixels are normalised, with numbers far from 0.5."""
    unit = _unit_pixels(case).ravel()
    slope, offset = np.polyfit(unit, got["pixels"].ravel(), 1)
    mean, std = -offset / slope, 1 / slope
    fits = close(got["pixels"].ravel(), slope * unit + offset, atol=1e-4)
    return fits and std > 0 and max(abs(mean - 0.5), abs(std - 0.5)) > 0.05


def _by_its_own_numbers(got: Observation, want: Observation, case: Case) -> bool:
    """Say whether every image is stretched by numbers of its own."""
    unit = _unit_pixels(case)
    low, high = unit.min(), unit.max()
    ways = (
        2 * (unit - low) / (high - low) - 1,
        2 * unit / high - 1,
        (unit - unit.mean()) / unit.std(),
    )
    return any(
        close(got["pixels"], way, atol=1e-2) and not close(way, want["pixels"], atol=1e-2)
        for way in ways
    )


def _other_type(got: Observation, want: Observation, case: Case) -> bool:
    same = close(got["pixels"], want["pixels"], atol=1e-2)
    return same and got["type of the pixels"] != want["type of the pixels"]


TRANSFORM = Exercise(
    id="1-1",
    points=2,
    names=("make_transform",),
    reference=make_transform,
    cases=_image_cases,
    probe=_probe_transform,
    items={
        "one image, one result": Sentence(
            ja="同じ画像の結果がいつも同じか", en="one result for one image"
        ),
        "pixels": Sentence(ja="画素", en="pixels"),
        "type of the pixels": Sentence(ja="画素の型", en="type of the pixels"),
    },
    hints=(
        hint(
            "wrong_order",
            # The two generations of torchvision's transforms, in their own words.
            says(r"img should be Tensor|does not support PIL images"),
            ja="正規化できるのはテンソルだけです。Normalize の前に、ToTensor でテンソルにしましょう。",
            en="Only tensors can be normalized. Make a tensor with ToTensor before Normalize.",
        ),
        hint(
            "whole_numbers",
            says(r"should be a float tensor"),
            ja="整数のままでは正規化できません。先に [0, 1] の小数に直しましょう。",
            en="Whole numbers cannot be normalized. Bring them to decimals in [0, 1] first.",
        ),
        hint(
            "already_a_tensor",
            says(r"pic should be PIL Image or ndarray"),
            ja="ToTensor が受け取るのは画像です。もうテンソルになったものに、また使っていませんか。",
            en="ToTensor takes an image. Is it used once more on what is a tensor already?",
        ),
        hint(
            "not_called",
            says(r"To\w+\.__init__\(\) takes"),
            ja="ToTensor の後に () が要ります。() の中には何も書きません。",
            en="ToTensor needs () after it, with nothing inside.",
        ),
        hint(
            "normalize_arguments",
            says(r"Normalize\.__init__\(\) missing"),
            ja="Normalize には、平均と標準偏差の 2 つを、() の中に書いて渡します。",
            en="Normalize takes two things, written inside its (): "
            "the mean and the standard deviation.",
        ),
        hint(
            "not_composed",
            # nn.Sequential refuses what is no layer.
            says(
                r"'(list|tuple)' object is not callable|Compose\.__init__\(\) takes|"
                r"is not a Module subclass"
            ),
            ja="変換を並べたリストを 1 つ、transforms.Compose(...) に渡してつなぎましょう。",
            en="Chain the transforms: give transforms.Compose(...) one list of them.",
        ),
        hint(
            "three_channels",
            says(r"broadcast shape \[3"),
            ja="白黒の画像は 1 チャンネルです。平均と標準偏差も、1 つずつ渡しましょう。",
            en="A gray image has one channel, so give one mean and one standard deviation.",
        ),
        hint(
            "random",
            equals("one image, one result", False),
            ja="同じ画像から、毎回違う結果が出ます。ここでは、ランダムな変換を入れません。",
            en="One image gives another result every time. Leave out what is random here.",
        ),
        hint(
            "not_normalised",
            like("pixels", lambda want, case: _unit_pixels(case)),
            ja="画素が [0, 1] のままです。正規化もしましょう。",
            en="The pixels are still in [0, 1]. Normalize them, too.",
        ),
        hint(
            "normalised_twice",
            like("pixels", lambda want, case: 2 * want["pixels"] - 1),
            ja="正規化を 2 回しています。",
            en="The pixels are normalized twice.",
        ),
        hint(
            "not_scaled",
            lambda got, want, case: any(
                close(got["pixels"], pixels)
                for pixels in (case["image"][None], 2.0 * case["image"][None] - 1)
            ),
            ja="0〜255 の値が、[0, 1] に直されていません。ToTensor が直してくれます。",
            en="Values from 0 to 255 are not brought to [0, 1]. ToTensor does that.",
        ),
        hint(
            "divided_twice",
            any_of(
                like("pixels", lambda want, case: 2 * _unit_pixels(case) / 255 - 1),
                like("pixels", lambda want, case: want["pixels"] / 255),
                like("pixels", lambda want, case: _unit_pixels(case) / 255),
            ),
            ja="255 で割るのが 1 回多いようです。ToTensor は、もう [0, 1] に直しています。",
            en="There is one division by 255 too many. ToTensor brings pixels to [0, 1] already.",
        ),
        hint(
            "own_numbers",
            _by_its_own_numbers,
            ja="画像ごとの最小値や最大値、平均を使っています。"
            "どの画像も、同じ 2 つの数で正規化しましょう。",
            en="Every image is normalized by its own minimum, maximum or mean. Use the same "
            "two numbers for all.",
        ),
        hint(
            "other_mean_or_std",
            _other_mean_or_std,
            ja="正規化の平均か標準偏差が、問題文の値と違います。",
            en="The mean or the standard deviation is not the one in the task.",
        ),
        hint(
            "other_type",
            _other_type,
            ja="値は合っていますが、型が違います。"
            "モデルが受け取るのは、32 ビットの小数 (torch.float32) です。",
            en="The values are right, their type is not: models take 32-bit floats, torch.float32.",
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
    # No image of one case has the number of another's, nor is any number that of a class.
    sizes = (int(rng.integers(310, 390)), int(rng.integers(210, 290))), (130, 70)
    return [
        {"first": 1000 * place, "train_size": train_size, "test_size": test_size}
        for place, (train_size, test_size) in enumerate(sizes, start=1)
    ]


def _probe_loaders(answer: type(make_loaders), case: Case) -> Observation:
    loaders = answer(*map(_Numbered, _ids(case)))
    if isinstance(loaders, dict):
        return {"type of the train loader": "dict"}
    train_loader, test_loader = loaders
    types = {
        f"type of the {part} loader": _loader_type(loader)
        for part, loader in (("train", train_loader), ("test", test_loader))
    }
    if set(types.values()) != {DataLoader.__name__}:
        return types
    try:
        train, test = list(train_loader), list(test_loader)
    except IndexError:
        return types | {"place that does not exist": True}
    order, next_order = _order(train), _order(train_loader)
    return types | {
        "train batch sizes": str([len(labels) for _, labels in train]),
        "test batch sizes": str([len(labels) for _, labels in test]),
        "train images": np.sort(order),
        "train is shuffled": not np.array_equal(order, next_order),
        "train batches are mixed": len(train) == 1 or not any(map(_in_a_row, train)),
        "test order": _order(test),
        "images are transformed": all((images >= 0).all() for images, _ in train + test),
        "images fit the labels": all(images[:, 0].equal(labels) for images, labels in train + test),
    }


def _ids(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return a number for each image of both sets."""
    train = case["first"] + np.arange(case["train_size"])
    return train, case["first"] + 500 + np.arange(case["test_size"])


class _Numbered(TensorDataset):
    """A data set in which images and labels say which sample they are.

    Like MNIST it has ``data``, not transformed yet, and ``targets``.
    """

    def __init__(self, ids: np.ndarray) -> None:
        super().__init__(torch.from_numpy(ids)[:, None], torch.from_numpy(ids))
        self.data, self.targets = -torch.from_numpy(ids)[:, None], torch.from_numpy(ids)


def _in_a_row(batch: tuple[Tensor, Tensor]) -> bool:
    """Say whether a batch of ten or more holds neighbours alone."""
    labels = array(batch[1])
    return len(labels) >= 10 and np.ptp(labels) == len(labels) - 1


def _loader_type(loader: Any) -> str:
    name = type(loader).__name__
    if isinstance(loader, DataLoader):
        read = loader.dataset
        name = DataLoader.__name__
        return name if isinstance(read, Dataset) else f"{name}({type(read).__name__})"
    return name


def _order(batches: Any) -> np.ndarray:
    return np.concatenate([array(labels) for _, labels in batches])


def _swapped(got: Observation, want: Observation, case: Case) -> bool:
    train_ids, test_ids = _ids(case)
    return close(got["train images"], test_ids) and close(np.sort(got["test order"]), train_ids)


def _one_set_twice(got: Observation, want: Observation, case: Case) -> bool:
    return close(got["train images"], np.sort(got["test order"]))


def _last_batch_dropped(got: Observation, want: Observation, case: Case) -> bool:
    # Written as text, the sizes but for the last one.
    return any(
        got[sizes] == want[sizes].rpartition(",")[0] + "]"
        for sizes in ("train batch sizes", "test batch sizes")
    )


def _other_data(got: Observation, want: Observation, case: Case) -> bool:
    given = set(np.concatenate(_ids(case)))
    return not (set(got["train images"]) <= given and set(got["test order"]) <= given)


def _images_missing(got: Observation, want: Observation, case: Case) -> bool:
    train_ids, test_ids = _ids(case)
    return set(got["train images"]) < set(train_ids) or set(got["test order"]) < set(test_ids)


def _other_batch_size(got: Observation, want: Observation, case: Case) -> bool:
    train_ids, test_ids = _ids(case)
    whole = close(got["train images"], train_ids) and close(np.sort(got["test order"]), test_ids)
    return whole and any(
        got[sizes] != want[sizes] for sizes in ("train batch sizes", "test batch sizes")
    )


LOADERS = Exercise(
    id="1-2",
    points=2,
    names=("make_loaders",),
    reference=make_loaders,
    cases=_loader_cases,
    probe=_probe_loaders,
    items={
        "type of the train loader": Sentence(
            ja="訓練用に返したものの型", en="type of what is returned for training"
        ),
        "type of the test loader": Sentence(
            ja="テスト用に返したものの型", en="type of what is returned for the test"
        ),
        "train batch sizes": Sentence(ja="訓練用の各バッチの枚数", en="sizes of training batches"),
        "test batch sizes": Sentence(ja="テスト用の各バッチの枚数", en="sizes of test batches"),
        "train images": Sentence(ja="訓練用の画像", en="training images"),
        "train is shuffled": Sentence(
            ja="訓練用の順序が毎回変わるか", en="another training order every time"
        ),
        "train batches are mixed": Sentence(
            ja="訓練用のバッチの中身が毎回変わるか", en="other training batches every time"
        ),
        "test order": Sentence(ja="テスト用の順序", en="order of the test images"),
        "images are transformed": Sentence(
            ja="画像が変換を通っているか", en="images are transformed"
        ),
        "images fit the labels": Sentence(
            ja="画像とラベルの組が元のままか", en="images keep their labels"
        ),
    },
    hints=(
        hint(
            "iterator_returned",
            lambda got, want, case: any("DataLoaderIter" in str(kind) for kind in got.values()),
            ja="DataLoader ではなく、そこから iter(…) で作ったものが返っています。それは 1 回しか回せません。"
            "DataLoader をそのまま返しましょう。",
            en="You return what iter(…) makes of a DataLoader, which lasts for one pass only. "
            "Return the DataLoader itself.",
        ),
        hint(
            "dictionary",
            equals("type of the train loader", "dict"),
            ja="辞書が返っています。2 つのデータローダを、コンマで区切って返しましょう。",
            en="A dictionary is returned. Return the two loaders, separated by a comma.",
        ),
        hint(
            "not_the_set_itself",
            lambda got, want, case: any(
                got[f"type of the {part} loader"].startswith("DataLoader(")
                for part in ("train", "test")
            ),
            ja="DataLoader には、画像だけの train_set.data や文字ではなく、"
            "train_set と test_set そのものを渡しましょう。",
            en="Give DataLoader train_set and test_set themselves, "
            "not the images alone, as train_set.data, nor text.",
        ),
        hint(
            "fixed_number",
            equals("place that does not exist", True),
            ja="データにない番号の画像を読んでいます。枚数を決め打ちにせず、データの全部を使いましょう。",
            en="An image is read that the data do not have. Do not fix the number of images; "
            "use all there are.",
        ),
        hint(
            "other_data",
            _other_data,
            ja="引数で受け取ったデータを読んでいません。関数の外の変数や、"
            "前に呼ばれたときのローダを使っていませんか。",
            en="The loaders do not read the data in the arguments. Do you use variables outside "
            "of the function, or loaders of an earlier call?",
        ),
        hint(
            "untransformed",
            equals("images are transformed", False),
            ja="変換を通らない画像を読んでいます。train_set.data は変換の前の画像です。"
            "train_set と test_set そのものを使いましょう。",
            en="These images are not transformed: train_set.data holds them as they were before. "
            "Use train_set and test_set themselves.",
        ),
        hint(
            "swapped",
            _swapped,
            ja="訓練用とテスト用が入れ替わっています。訓練用を先に返しましょう。",
            en="Training and test are swapped. Return the training loader first.",
        ),
        hint(
            "one_set_twice",
            _one_set_twice,
            ja="2 つのデータローダが、同じデータを読んでいます。"
            "train_set と test_set を 1 つずつ使いましょう。",
            en="Both loaders read the same data. Use train_set for one and test_set for the other.",
        ),
        hint(
            "last_batch_dropped",
            _last_batch_dropped,
            ja="最後の端数のバッチが消えています。drop_last は使いません。",
            en="The smaller last batch is gone. Leave out drop_last.",
        ),
        hint(
            "images_missing",
            _images_missing,
            ja="1 周のあいだに、出てこない画像があります。どの画像も 1 回ずつ使いましょう。",
            en="Some images never come up. Every image should come up once.",
        ),
        hint(
            "whole_batches_shuffled",
            lambda got, want, case: got["train is shuffled"] and not got["train batches are mixed"],
            ja="バッチの順序だけが変わり、同じバッチにはいつも同じ画像が入ります。画像を 1 枚ずつ混ぜましょう。",
            en="Only the order of batches changes; each holds the same images every time. "
            "Shuffle the single images.",
        ),
        hint(
            "batch_size",
            _other_batch_size,
            ja="バッチの大きさが、問題文の枚数と違います。",
            en="Batches do not have the size that the task asks for.",
        ),
        hint(
            "train_not_shuffled",
            any_of(
                differs("train is shuffled"),
                differs("train is shuffled", "train batches are mixed"),
            ),
            ja="訓練用の順序がいつも同じです。shuffle を確かめましょう。",
            en="The training order is the same every time. Look at shuffle.",
        ),
        hint(
            "test_shuffled",
            differs("test order"),
            ja="テスト用の順序が変わっています。順序が元のままなら、結果を後で照らし合わせられます。",
            en="The test images change places. Keep their order, so that results can be traced.",
        ),
        hint(
            "shuffles_swapped",
            any_of(
                differs("train is shuffled", "test order"),
                differs("train is shuffled", "train batches are mixed", "test order"),
            ),
            ja="混ぜるほうが逆です。訓練用を混ぜ、テスト用は混ぜません。",
            en="It is the other way round: shuffle for training, never for the test.",
        ),
    ),
)


# --- 1-3 ----------------------------------------------------------------------------------------
def unnormalise(images: Tensor) -> Tensor:
    """Bring pixels from [-1, 1] back to [0, 1]."""
    return images * 0.5 + 0.5


def _normalised_cases(rng: np.random.Generator) -> list[Case]:
    # Neither black nor white occurs, so that the range of a batch says nothing about [-1, 1]; in
    # the last batch, of one image, both do.
    shapes = [(4, 1, 28, 28), (2, 3, 8, 8), (1, 1, 28, 28)]
    batches = [rng.uniform(-0.9, 0.8, shape).astype(np.float32) for shape in shapes]
    batches[-1][..., 0, :3] = -1, 0, 1
    return [{"images": images} for images in batches]


def _probe_unnormalise(answer: type(unnormalise), case: Case) -> Observation:
    images = torch.from_numpy(case["images"])
    pixels = tensor(answer(images))
    case["images"] = array(images)  # An answer may give the tensor other memory.
    return {"pixels": array(pixels), "type of the pixels": _type_name(pixels)}


def _stretched(images: np.ndarray, axes: tuple[int, ...] | None) -> np.ndarray:
    low, high = images.min(axes, keepdims=True), images.max(axes, keepdims=True)
    return (images - low) / (high - low)


def _gives(*ways: Callable[[np.ndarray], np.ndarray], atol: float = 1e-5) -> Recogniser:
    """Recognise pixels that one of these functions makes of the images."""
    recognisers = [
        like("pixels", lambda want, case, way=way: way(case["images"]), atol=atol) for way in ways
    ]
    return lambda *observed: any(recognises(*observed) for recognises in recognisers)


UNNORMALISE = Exercise(
    id="1-3",
    points=2,
    names=("unnormalise",),
    reference=unnormalise,
    cases=_normalised_cases,
    probe=_probe_unnormalise,
    items={
        "pixels": Sentence(ja="画素", en="pixels"),
        "type of the pixels": Sentence(ja="画素の型", en="type of the pixels"),
    },
    hints=(
        hint(
            "unchanged",
            _gives(lambda images: images),
            ja="画素が [-1, 1] のままです。正規化と逆の計算をしましょう。",
            en="The pixels are still in [-1, 1]. Do the reverse of normalizing.",
        ),
        hint(
            "normalised_again",
            _gives(lambda images: (images - 0.5) / 0.5),
            ja="もう一度正規化しています。逆の計算をしましょう。",
            en="This normalizes once more. Do the reverse.",
        ),
        hint(
            "not_inverted",
            _gives(
                lambda images: images * 0.5 - 0.5,
                lambda images: images / 0.5 + 0.5,
                lambda images: (images + 0.5) / 0.5,
                lambda images: (images - 0.5) * 0.5,
            ),
            ja="片方の計算が、逆になっていません。「引く」の逆は「足す」、「割る」の逆は「掛ける」です。",
            en="One of the two steps is not reversed. The reverse of subtracting is adding, "
            "that of dividing is multiplying.",
        ),
        hint(
            "added_before_multiplying",
            _gives(lambda images: (images + 0.5) * 0.5),
            ja="計算の順序が違います。正規化は「引いてから割る」でした。"
            "戻すときは、最後にしたことから戻します。",
            en="The order is wrong. Normalizing subtracts, then divides; undo the last first.",
        ),
        hint(
            "one_step_only",
            _gives(lambda images: images * 0.5, lambda images: images + 0.5),
            ja="正規化には 2 つの計算がありました。戻したのは片方だけです。",
            en="Normalizing has two steps, and only one of them is undone.",
        ),
        hint(
            "true_mean_and_std",
            _gives(lambda images: images * 0.3081 + 0.1307),
            ja="正規化に使った平均と標準偏差で戻しましょう。データの本当の平均ではありません。",
            en="Undo it with the mean and standard deviation that were used, not the true ones.",
        ),
        hint(
            "stretched",
            _gives(
                lambda images: _stretched(images, None),
                lambda images: _stretched(images, (1, 2, 3)),
            ),
            ja="最小値と最大値で引きのばすと、バッチや画像ごとに明るさが変わります。"
            "正規化に使った数で戻しましょう。",
            en="Stretching to the minimum and maximum makes brightness depend on the batch or "
            "image. Use the numbers that normalizing used.",
        ),
        hint(
            "scaled_to_255",
            _gives(lambda images: (images * 0.5 + 0.5) * 255, atol=1),
            ja="画素が [0, 255] になっています。ここでは [0, 1] に戻します。",
            en="The pixels are in [0, 255]. Bring them to [0, 1].",
        ),
        hint(
            "type_changed",
            _other_type,
            ja="値は合っていますが、型が変わっています。受け取った画素の型 (torch.float32) のまま返しましょう。",
            en="The values are right, but their type has changed. "
            "Keep that of the pixels you were given, torch.float32.",
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
    # First every class occurs, then 3 and 9 do not: they count 0, they do not vanish.
    everything = rng.permutation(np.concatenate([np.arange(10), rng.integers(0, 10, 110)]))
    cases = [
        _images_of_all_kinds(rng, labels)
        for labels in (
            everything,
            rng.choice([0, 1, 2, 4, 5, 6, 7, 8], 60),
            np.array([7]),
            rng.integers(0, 10, 1200),
        )
    ]
    # The last images are darker: the first 1000 do not speak for all.
    cases[-1]["images"][1000:] //= 8
    # White occurs in the first case alone: what is largest is not always 255.
    cases[0]["images"][:, 0, 0] = 255
    return cases


def _images_of_all_kinds(rng: np.random.Generator, labels: np.ndarray) -> Case:
    """Return images that differ in contrast, darker on the left, so that averages differ, too."""
    contrast = rng.uniform(0.1, 1, (len(labels), 1, 1)) * np.linspace(0.2, 1, 28)
    noise = rng.integers(0, 250, (len(labels), 28, 28))
    return {"images": (noise * contrast).astype(np.uint8), "labels": labels}


def _probe_describe(answer: type(describe_data), case: Case) -> Observation:
    counts, mean, std = several(answer(case["images"], case["labels"]))
    if isinstance(counts, dict) or callable(counts):
        raise AnswerError("not a number", type=type(counts).__name__)
    first = np.array(counts)
    return {
        "counts": first,
        "mean": _one_number(mean),
        "std": _one_number(std),
        "type of the counts": type(counts).__name__,
        "counts again": np.asarray(answer(case["images"], case["labels"])[0]),
    }


def _one_number(value: Any) -> float | np.ndarray:
    """Return a number, or an array as it is, so that its shape can be told."""
    return np.asarray(value) if np.ndim(value) else number(value)


def _in_another_order(got: Observation, want: Observation, case: Case) -> bool:
    names = ("counts", "mean", "std")
    wanted = [want[name] for name in names]
    as_returned, *others = (
        all(close(mine, theirs, rtol=1e-3) for mine, theirs in zip(order, wanted, strict=True))
        for order in itertools.permutations(got[name] for name in names)
    )
    return any(others) and not as_returned


def _normalised(want: Observation, case: Case) -> float:
    return (want["mean"] - 0.5) / 0.5


def _absent_class(got: Observation, want: Observation, case: Case) -> bool:
    without = (want["counts"][want["counts"] > 0], np.bincount(case["labels"]))
    return any(len(counts) < 10 and close(got["counts"], counts) for counts in without)


def _one_class_short(got: Observation, want: Observation, case: Case) -> bool:
    last_occurs = want["counts"][-1] > 0
    return last_occurs and close(got["counts"], want["counts"][:-1])


def _counts_by_size(got: Observation, want: Observation, case: Case) -> bool:
    same = close(np.sort(got["counts"]), np.sort(want["counts"]))
    return same and not close(got["counts"], want["counts"])


def _other_total(got: Observation, want: Observation, case: Case) -> bool:
    return got["counts"].shape == (10,) and got["counts"].sum() != len(case["labels"])


def _not_scaled(got: Observation, want: Observation, case: Case) -> bool:
    return any(close(got[item], 255 * want[item], rtol=1e-3) for item in ("mean", "std"))


def _several_numbers(got: Observation, want: Observation, case: Case) -> bool:
    in_order = close(got["counts"], want["counts"])
    return in_order and any(np.ndim(got[item]) > 0 for item in ("mean", "std"))


def _std_of_each_image(want: Observation, case: Case) -> float:
    return (case["images"] / 255).std(axis=(1, 2)).mean()


DESCRIBE = Exercise(
    id="1-4",
    points=2,
    names=("describe_data",),
    reference=describe_data,
    cases=_data_cases,
    probe=_probe_describe,
    items={
        "counts": Sentence(ja="クラスごとの枚数", en="images per class"),
        "mean": Sentence(ja="平均", en="mean"),
        "std": Sentence(ja="標準偏差", en="standard deviation"),
        "type of the counts": Sentence(ja="枚数の型", en="type of the counts"),
        "counts again": Sentence(
            ja="もう一度呼んだときのクラスごとの枚数", en="images per class in a second call"
        ),
    },
    hints=(
        hint(
            "not_called",
            lambda got, want, case: re.search("function|method|Function", got["type"]),
            ja="値のかわりに、関数そのものが返っています。mean や std などの後に () を付けて呼びましょう。",
            en="A function is returned in place of its value. Call mean, std or others with ().",
        ),
        hint(
            "counts_kept",
            lambda got, want, case: not close(got["counts again"], got["counts"]),
            ja="もう一度呼ぶと、枚数が変わります。前に数えた枚数が残っていませんか。"
            "数える配列は、関数の中で毎回新しく作りましょう。",
            en="A second call gives other counts. Does the first leave its counts behind? "
            "Make the array that counts anew within the function.",
        ),
        hint(
            "another_order",
            _in_another_order,
            ja="順序が違います。枚数、平均、標準偏差の順に返しましょう。",
            en="The order is wrong. Return the counts, the mean, the standard deviation.",
        ),
        hint(
            "shares_instead_of_counts",
            like("counts", lambda want, case: want["counts"] / len(case["labels"])),
            ja="割合ではなく、枚数を返しましょう。",
            en="Return how many images there are, not their shares.",
        ),
        hint(
            "absent_class",
            _absent_class,
            ja="1 枚もないクラスが消えています。10 クラス分の 0 を含めて数えましょう。",
            en="Classes without an image are gone. Count all ten; some of them count 0.",
        ),
        hint(
            "one_class_short",
            _one_class_short,
            ja="最後のクラスを数えていません。クラスは 0 から 9 までの 10 種類です。",
            en="The last class is not counted. There are ten, from 0 to 9.",
        ),
        hint(
            "other_bins",
            like("counts", lambda want, case: np.histogram(case["labels"])[0]),
            ja="np.histogram は、labels の最小値から最大値までを等分します。"
            "1 枚もないクラスがあると、区切りがクラスの番号とずれます。",
            en="np.histogram divides what lies between the smallest and the largest label. "
            "Where a class has no image, these bins are not the classes.",
        ),
        hint(
            "counts_in_another_order",
            _counts_by_size,
            ja="枚数の並びが、クラス 0、1、…、9 の順ではありません。",
            en="The counts do not stand in the order of the classes 0, 1, …, 9.",
        ),
        hint(
            "other_total",
            _other_total,
            ja="枚数を全部足しても、labels の個数になりません。"
            "引数の labels を、0 から 9 まで数えましたか。",
            en="The counts do not add up to the number of labels. "
            "Do you count the argument labels, from 0 to 9?",
        ),
        hint(
            "not_scaled",
            _not_scaled,
            ja="平均か標準偏差が、0〜255 の値のままです。画素を [0, 1] にしてから計算しましょう。",
            en="The mean or the standard deviation is that of values from 0 to 255. "
            "Bring the pixels to [0, 1] first.",
        ),
        hint(
            "first_images_alone",
            any_of(
                *(
                    like(item, lambda want, case, of=of: of(case["images"][:1000]) / 255, rtol=1e-3)
                    for item, of in (("mean", np.mean), ("std", np.std))
                )
            ),
            ja="最初の 1,000 枚だけの値になっています。images の全部を使いましょう。",
            en="This is of the first 1,000 images alone. Use all of images.",
        ),
        hint(
            "whole_division",
            like("mean", lambda want, case: (case["images"] // 255).mean(), rtol=1e-3),
            ja="画素の小数点以下が消えています。// や astype(int) は、小数点以下を切り捨てます。",
            en="The decimals of the pixels are gone. // and astype(int) drop them.",
        ),
        hint(
            "divided_in_place",
            says(r"Cannot cast ufunc '(true_)?divide'"),
            ja="整数の配列は、/= では割れません。割った結果を、新しい名前で受け取りましょう。",
            en="An array of whole numbers cannot take /=. Give the quotient a new name.",
        ),
        hint(
            "normalised",
            like("mean", _normalised, rtol=1e-3),
            ja="[-1, 1] に正規化した値の平均になっています。画素は [0, 1] とします。",
            en="This is the mean of pixels in [-1, 1]. Take them in [0, 1].",
        ),
        hint(
            "mean_per_image",
            like("mean", lambda want, case: case["images"][0].size * want["mean"], rtol=1e-3),
            ja="合計を、画像の枚数で割っています。画素の総数で割りましょう。",
            en="The sum is divided by the number of images. Divide by that of all pixels.",
        ),
        hint(
            "several_numbers",
            _several_numbers,
            ja="平均と標準偏差は、画像や画素ごとではなく、全部の画素についての 1 つの数です。",
            en="Mean and standard deviation are one number each, of all pixels together.",
        ),
        hint(
            "std_of_each_image",
            like("std", _std_of_each_image, rtol=1e-3),
            ja="画像ごとの標準偏差を平均しても、全体の標準偏差にはなりません。"
            "全部の画素からいちどに計算しましょう。",
            en="The average of each image's standard deviation is not that of all pixels. "
            "Compute it from all of them at once.",
        ),
        hint(
            "variance",
            like("std", lambda want, case: want["std"] ** 2, rtol=1e-3),
            ja="それは分散です。標準偏差はその平方根です。",
            en="That is the variance. The standard deviation is its square root.",
        ),
        hint(
            "list_of_counts",
            differs("type of the counts"),
            ja="枚数は、リストやテンソルではなく、NumPy の配列で返しましょう。",
            en="Return the counts as a NumPy array, not as a list or tensor.",
        ),
    ),
    rtol=1e-3,
)
