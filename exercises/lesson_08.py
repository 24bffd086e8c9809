"""Exercises of notebook 08: Fashion-MNIST from the files to the explanations, and a challenge."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from exercises.exercise import Case, Exercise, Hint, Observation, close
from exercises.hints import (
    LAZY_LAYER,
    NOT_THE_ARGUMENTS,
    any_of,
    equals,
    hint,
    is_other,
    like,
    says,
)
from exercises.probing import (
    are_log_probabilities,
    are_probabilities,
    array,
    fill_by_shape,
    number,
    observe_network,
    parameter_count,
    rows_of_wrong_product,
    several,
    tensor,
)
from exercises.traces import hook_count, watch
from helpers import explain, models, training
from helpers.data import Batches, arrays
from helpers.internal.sentences import Sentence
from helpers.training import Batch

_INIT_NOT_CALLED = hint(
    "init_not_called",
    says(r"before Module\.__init__\(\) call"),
    ja="層を作る前に super().__init__() を呼びましょう。前後の _ は 2 つずつです。",
    en="Call super().__init__() before you make any layer. There are two _ on either side.",
)
_SOFTMAX_INSIDE = Sentence(
    ja="出力が確率か、その対数になっています。モデルはロジットを返します。softmax は、予測のときに使います。",
    en="The outputs are probabilities or their logarithms. A model returns logits; softmax is for "
    "predictions.",
)


_NOT_REGISTERED = hint(
    "not_registered",
    equals("layers registered", False),
    ja="ふつうのリストや辞書に入れた層は、モデルの層として登録されず、学習されません。"
    "nn.Sequential か nn.ModuleList にまとめましょう。",
    en="Layers in a plain list or dictionary do not become layers of the model, and are never "
    "trained. Put them into nn.Sequential or nn.ModuleList.",
)
_LAYERS_REGISTERED = Sentence(
    ja="全部の層がモデルに登録されているかどうか", en="whether all layers belong to the model"
)


def _layers_registered(model: nn.Module) -> bool:
    """Say whether no layer is kept in a plain list, tuple or dictionary alone."""
    registered = set(model.modules())
    return not any(
        isinstance(layer, nn.Module) and layer not in registered
        for module in registered
        for name, value in vars(module).items()
        # PyTorch's own registers begin with an underscore.
        if not name.startswith("_")
        for layer in _flat(value)
    )


def _flat(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _flat(part)
    else:
        yield value


# --- 8-1 ----------------------------------------------------------------------------------------
def make_loaders(root: str | Path, batch_size: int) -> tuple[DataLoader, DataLoader]:
    """Return a shuffled loader of the training part and an ordered one of the test part."""
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    train_set, test_set = (
        datasets.FashionMNIST(root, train=train, transform=transform) for train in (True, False)
    )
    return DataLoader(train_set, batch_size, shuffle=True), DataLoader(test_set, batch_size)


def _file_cases(rng: np.random.Generator) -> list[Case]:
    batch_size = int(rng.integers(7, 17))
    case = {"batch_size": batch_size}
    for part, low in (("train", 50), ("test", 25)):
        # The last batch is ragged; that of the test part is a single image.
        whole = (low // batch_size + 1) * batch_size
        count = whole + (1 if part == "test" else int(rng.integers(1, batch_size)))
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        # Every image is its own number, so that it is known in any order.
        images[:, 0, 0] = np.arange(count)
        labels = rng.integers(0, 10, count, dtype=np.uint8)
        case |= {f"{part} images": images, f"{part} labels": labels}
    return [case]


def _probe_loaders(answer: type(make_loaders), case: Case) -> Observation:
    with tempfile.TemporaryDirectory() as root:
        _write_files(Path(root), case)
        # A path, as the later cell gives.
        train_loader, test_loader = several(answer(Path(root), case["batch_size"]))
        # Of other data there may be very many.
        most = len(case["train labels"]) + len(case["test labels"])
        train, again, test = (
            _all_of(loader, most) for loader in (train_loader, train_loader, test_loader)
        )
    order = np.argsort(_first_pixels(train["images"]))
    return {
        "train batch sizes": train["sizes"],
        "test batch sizes": test["sizes"],
        "images of a second epoch": sum(again["sizes"]),
        "train images": train["images"][order],
        "train labels": train["labels"][order],
        "test images": test["images"],
        "test labels": test["labels"],
        "labels are whole numbers": all(
            part["labels"].dtype.kind in "iu" for part in (train, test)
        ),
        "train is shuffled": not np.array_equal(train["labels"], again["labels"]),
    }


def _write_files(root: Path, case: Case) -> None:
    """Write the images and labels as torchvision's FashionMNIST expects them."""
    folder = root / "FashionMNIST" / "raw"
    folder.mkdir(parents=True)
    for part, prefix in (("train", "train"), ("test", "t10k")):
        for kind in ("images", "labels"):
            values = case[f"{part} {kind}"]
            header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
            path = folder / f"{prefix}-{kind}-idx{values.ndim}-ubyte"
            path.write_bytes(header + values.tobytes())


def _all_of(loader: Iterable[Batch], most: int) -> dict[str, list[int] | np.ndarray]:
    """Return what a loader gives, up to the batch with which there are more images than most."""
    parts, count = [], 0
    for images, labels in loader:
        parts.append((array(images), array(labels)))
        count += len(parts[-1][1])
        if count > most:
            break
    images, labels = zip(*parts, strict=True) if parts else ([np.empty(0)], [np.empty(0)])
    return {
        "sizes": [len(part) for part in labels],
        "images": np.concatenate(images),
        "labels": np.concatenate(labels),
    }


def _first_pixels(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1)[:, 0]


def _last_batch_dropped(got: Observation, want: Observation, case: Case) -> bool:
    return any(
        got[sizes] == want[sizes][:-1] for sizes in ("train batch sizes", "test batch sizes")
    )


def _other_folder(got: Observation, want: Observation, case: Case) -> bool:
    most = len(case["train labels"]) + len(case["test labels"])
    return any(sum(got[sizes]) > most for sizes in ("train batch sizes", "test batch sizes"))


def _same_part_twice(got: Observation, want: Observation, case: Case) -> bool:
    return sum(got["train batch sizes"]) == sum(got["test batch sizes"]) > 0


def _other_batch_size(got: Observation, want: Observation, case: Case) -> bool:
    return any(
        got[sizes][0] != case["batch_size"] for sizes in ("train batch sizes", "test batch sizes")
    )


def _not_normalised(got: Observation, want: Observation, case: Case) -> bool:
    return any(got[images].min() >= 0 for images in ("train images", "test images"))


def _other_statistics(got: Observation, want: Observation, case: Case) -> bool:
    found, wanted = got["train images"], want["train images"]
    if found.shape != wanted.shape or close(found, wanted):
        return False
    # Whatever the mean and the deviation are, the pixels stay on a straight line.
    return np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.9999


def _test_shuffled(got: Observation, want: Observation, case: Case) -> bool:
    order = np.argsort(_first_pixels(got["test images"]))
    in_order = got["test images"][order]
    return (np.diff(order) < 0).any() and close(in_order, want["test images"])


LOADERS = Exercise(
    id="8-1",
    points=2,
    names=("make_loaders",),
    reference=make_loaders,
    cases=_file_cases,
    probe=_probe_loaders,
    items={
        "train batch sizes": Sentence(
            ja="訓練用の各バッチの枚数", en="sizes of the training batches"
        ),
        "test batch sizes": Sentence(ja="テスト用の各バッチの枚数", en="sizes of the test batches"),
        "images of a second epoch": Sentence(
            ja="もう一度回したときの訓練用の枚数", en="training images of a second epoch"
        ),
        "train images": Sentence(ja="訓練用の画像", en="training images"),
        "train labels": Sentence(ja="訓練用のラベル", en="training labels"),
        "test images": Sentence(ja="テスト用の画像", en="test images"),
        "test labels": Sentence(ja="テスト用のラベル", en="test labels"),
        "labels are whole numbers": Sentence(
            ja="ラベルが整数かどうか", en="whether labels are whole numbers"
        ),
        "train is shuffled": Sentence(ja="訓練用の順序", en="order of the training images"),
    },
    hints=(
        hint(
            "other_dataset",
            says("Dataset not found"),
            ja="データが見つかりません。開くのは datasets.FashionMNIST、場所は root です。",
            en="The data are not found. Open datasets.FashionMNIST, in the folder root.",
        ),
        hint(
            "no_transform",
            says("found <class 'PIL"),
            ja="画像がまだテンソルではありません。データセットに transform を渡しましょう。",
            en="The images are no tensors yet. Give the data set a transform.",
        ),
        hint(
            "no_loader",
            says("unsized object"),
            ja="データセットのままです。DataLoader に渡して、バッチごとに取り出せるようにしましょう。",
            en="These are still data sets. Give them to DataLoader, which makes batches.",
        ),
        hint(
            "step_not_called",
            says(r"(?:ToTensor|Normalize)(?:\.__init__)?\(\) (?:takes|missing)"),
            ja="transforms.ToTensor() のように、変換は () を付けて作ってから並べます。"
            "Normalize には、平均と標準偏差の 2 つを渡します。",
            en="Make each transform with (), as in transforms.ToTensor(). Normalize takes two "
            "things: the mean and the standard deviation.",
        ),
        hint(
            "not_a_list",
            says(r"Compose(?:\.__init__)?\(\) takes"),
            ja="transforms.Compose には、変換を 1 つのリストに入れて渡します。",
            en="transforms.Compose takes the transforms in a single list.",
        ),
        hint(
            "normalised_too_early",
            says("should be Tensor Image"),
            ja="変換の順序が逆です。正規化できるのは、テンソルに直した後です。",
            en="The transforms are in the wrong order: only a tensor can be normalized.",
        ),
        hint(
            "other_folder",
            _other_folder,
            ja="引数 root のデータではありません。別のフォルダやノートブックの変数ではなく、受け取った root から開きましょう。",
            en="These are not the data in root. Open the folder that you are given, no other one "
            "and no variable of the notebook.",
        ),
        hint(
            "iterators",
            lambda got, want, case: (
                got["images of a second epoch"] == 0 and got["train batch sizes"]
            ),
            ja="2 回目に回すと、画像が 1 枚も出てきません。iter() を付けず、DataLoader そのものを返しましょう。",
            en="A second epoch has no images. Return the DataLoader itself, without iter().",
        ),
        hint(
            "same_part_twice",
            _same_part_twice,
            ja="2 つのデータローダの枚数が同じです。訓練用は train=True、テスト用は train=False です。",
            en="Both loaders have the same number of images. The training part is train=True, "
            "the test part train=False.",
        ),
        hint(
            "swapped",
            lambda got, want, case: (
                sum(got["train batch sizes"]) == len(case["test labels"])
                and sum(got["test batch sizes"]) == len(case["train labels"])
            ),
            ja="訓練用とテスト用が入れ替わっています。訓練用を先に返しましょう。",
            en="The two parts are swapped. Return the training part first.",
        ),
        hint(
            "last_batch_dropped",
            _last_batch_dropped,
            ja="最後の端数のバッチが消えています。drop_last は使いません。",
            en="The smaller last batch is gone. Do not use drop_last.",
        ),
        hint(
            "batch_size",
            _other_batch_size,
            ja="バッチの枚数が batch_size になっていません。",
            en="The batches are not of batch_size images.",
        ),
        hint(
            "not_normalised",
            _not_normalised,
            ja="画素が [-1, 1] になっていません。訓練用にもテスト用にも、平均 0.5、標準偏差 0.5 の Normalize が要ります。",
            en="The pixels are not in [-1, 1]. Both parts need Normalize, with mean 0.5 and "
            "standard deviation 0.5.",
        ),
        hint(
            "other_statistics",
            _other_statistics,
            ja="画素の範囲が [-1, 1] ではありません。Normalize に渡す平均と標準偏差を確かめましょう。",
            en="The pixels do not range over [-1, 1]. Check the mean and the deviation that "
            "Normalize gets.",
        ),
        hint(
            "test_shuffled",
            _test_shuffled,
            ja="テスト用は混ぜません。順序が決まっていると、結果を後で照らし合わせられます。",
            en="Do not shuffle the test part: in a known order, results can be looked up later.",
        ),
        hint(
            "train_not_shuffled",
            equals("train is shuffled", False),
            ja="訓練用の順序がいつも同じです。shuffle を確かめましょう。",
            en="The training images come in the same order every time. Check shuffle.",
        ),
    ),
)


# --- 8-2 ----------------------------------------------------------------------------------------
def _network_cases(rng: np.random.Generator) -> list[Case]:
    return [
        {
            "in_channels": in_channels,
            "num_classes": num_classes,
            "given": given,
            "images": rng.normal(size=(count, in_channels, size, size)).astype(np.float32),
        }
        # Whether to pad is a question of the size alone; and a batch may be a single image.
        for in_channels, num_classes, size, count, given in (
            *((3, 2, 32, 4, "in order"), (1, 10, 28, 4, "by name")),
            *((1, 10, 32, 1, "by name"), (3, 7, 28, 3, "in order")),
            (3, 2, 32, 2, "not at all"),
        )
    ]


def _probe_lenet(answer: type, case: Case) -> Observation:
    """Describe the network, and whether ``features`` gives what a later cell takes from there."""
    sizes = {"in_channels": case["in_channels"], "num_classes": case["num_classes"]}
    # Later cells make it in order and by name.
    makers = {
        "in order": lambda: answer(*sizes.values()),
        "by name": lambda: answer(**sizes),
        "not at all": lambda: answer(),
    }
    model = makers[case["given"]]()
    registered = {"layers registered": _layers_registered(model)}
    outputs = _outputs_within(getattr(model, "features", None))
    return (
        registered
        | observe_network(model, torch.from_numpy(case["images"]))
        | {
            "features in use": any(_is_sigmoid(output, 16, 5) for output in outputs),
            "pooling comes first": not any(
                _is_sigmoid(output, 6, 28) or _is_sigmoid(output, 16, 10) for output in outputs
            ),
        }
    )


def _outputs_within(features: object) -> list[object]:
    """Return a list that every module of ``features`` adds its output to when it is called.

    A student may call the layers of an ``nn.Sequential`` one by one.
    """
    outputs = []
    if isinstance(features, nn.Module):
        for layer in features.modules():
            layer.register_forward_hook(lambda *called: outputs.append(called[2]))
    return outputs


def _is_sigmoid(output: object, channels: int, size: int) -> bool:
    if not isinstance(output, Tensor) or output.shape[1:] != (channels, size, size):
        return False
    return bool(((output >= 0) & (output <= 1)).all())


def _is_softmax(logits: np.ndarray) -> bool:
    return are_probabilities(logits) or are_log_probabilities(logits)


def _fixed_sizes(got: Observation, want: Observation, case: Case) -> bool:
    error = got.get("error", "")
    if "__init__() " in error:
        # Without a line of the student's own, it was the call of the class that failed.
        return "line" not in got
    if found := re.search(r"to have (\d+) channels, but got (\d+) channels", error):
        channels = {int(group) for group in found.groups()}
        return channels == {1, 3}
    return "logits" in got and np.shape(got["logits"]) in {
        (len(case["images"]), classes) for classes in {2, 7, 10} - {case["num_classes"]}
    }


def _not_padded(got: Observation, want: Observation, case: Case) -> bool:
    # Without a frame, 28 pixels shrink to 4×4 and not to 5×5.
    flat = 256 * len(case["images"])
    pattern = rf"x256 and 400x|invalid for input of size {flat}$"
    return case["images"].shape[-1] == 28 and bool(re.search(pattern, got["error"]))


def _padded_on_two_sides(got: Observation, want: Observation, case: Case) -> bool:
    # 28×32 shrink to 4×5, and so do 32×28.
    flat = 320 * len(case["images"])
    pattern = rf"x320 and 400x|invalid for input of size {flat}$"
    return case["images"].shape[-1] == 28 and bool(re.search(pattern, got["error"]))


def _not_flattened(got: Observation, want: Observation, case: Case) -> bool:
    # The maps reach the linear layer as a stack of rows of 5 values.
    return bool(re.search(rf"\({len(case['images']) * 16 * 5}x5 and", got["error"]))


def _other_width(got: Observation, want: Observation, case: Case) -> bool:
    # Of two layers that do not fit each other, with 120 or 64 values between, PyTorch says enough.
    flat = rows_of_wrong_product(got["error"]) == len(case["images"])
    return flat and not re.search(r"x(120|64) and", got["error"])


class _OtherLeNet(models.LeNet):
    """LeNet with some of its parts other than the table's, and the same parameters."""

    def __init__(
        self,
        case: Case,
        activations: tuple[Callable, Callable] = (torch.sigmoid, torch.sigmoid),
        pooling: Callable = F.max_pool2d,
        between: tuple[Callable, Callable] = (nn.Identity(), nn.Identity()),
        pad: Callable[[Tensor], Tensor] = lambda x: F.pad(x, (2, 2, 2, 2)),
    ) -> None:
        super().__init__(case["in_channels"], case["num_classes"])
        self.activations, self.pooling, self.pad = activations, pooling, pad
        self.gaps = (*between, nn.Identity())

    def forward(self, x: Tensor) -> Tensor:
        x = self.pad(x) if x.shape[-1] == 28 else x
        for convolution, activate in zip(self.features[::3], self.activations, strict=True):
            x = activate(self.pooling(convolution(x), 2))
        x = x.flatten(1)
        for linear, gap in zip(self.classifier, self.gaps, strict=True):
            x = gap(linear(x))
        return x


_FUNCTIONS = (nn.Identity(), torch.relu, torch.sigmoid, torch.tanh)
_BETWEEN = [pair for pair in product(_FUNCTIONS, repeat=2) if pair != (_FUNCTIONS[0],) * 2]
_MISSING = [
    (nn.Identity(), nn.Identity()),
    (nn.Identity(), torch.sigmoid),
    (torch.sigmoid, nn.Identity()),
]
_INSTEAD = [(function, function) for function in (torch.relu, torch.tanh, F.softplus)]
_PADDING = [
    *(lambda x, sides=sides: F.pad(x, sides) for sides in ((4, 0, 4, 0), (0, 4, 0, 4))),
    *(lambda x, value=value: F.pad(x, (2, 2, 2, 2), value=value) for value in (-1.0, 1.0)),
    *(lambda x, mode=mode: F.pad(x, (2, 2, 2, 2), mode) for mode in ("reflect", "replicate")),
    lambda x: F.interpolate(x, (32, 32)),
    lambda x: F.interpolate(x, (32, 32), mode="bilinear"),
]


@torch.no_grad()
def _logits_of(network: nn.Module, images: Tensor) -> np.ndarray:
    fill_by_shape(network)
    return array(network(images))


def _computes_like(part: str, *values: object) -> Callable[..., bool]:
    """Recognise the logits of a LeNet that has one of ``values`` as this part."""

    def recognises(got: Observation, want: Observation, case: Case) -> bool:
        images = torch.from_numpy(case["images"])
        networks = [_OtherLeNet(case, **{part: value}) for value in values]
        mistaken = [_logits_of(network, images) for network in networks]
        return any(
            close(got["logits"], logits) and not close(logits, want["logits"])
            for logits in mistaken
        )

    return recognises


LENET = Exercise(
    id="8-2",
    points=4,
    names=("LeNet",),
    reference=models.LeNet,
    cases=_network_cases,
    probe=_probe_lenet,
    items={
        "layers registered": _LAYERS_REGISTERED,
        "evaluation mode repeats": Sentence(
            ja="評価モードの出力が毎回同じかどうか",
            en="whether evaluation mode gives the same every time",
        ),
        "parameters": Sentence(ja="パラメータの数", en="number of parameters"),
        "logits": Sentence(ja="ロジット", en="logits"),
        "logits while training": Sentence(ja="学習モードのロジット", en="logits in training mode"),
        "training mode differs": Sentence(
            ja="学習モードの出力が評価モードと違うかどうか",
            en="whether training mode differs from evaluation mode",
        ),
        "features in use": Sentence(
            ja="features の中に形 (N, 16, 5, 5) のシグモイドの出力があるか",
            en="whether the sigmoids of shape (N, 16, 5, 5) are within features",
        ),
        "pooling comes first": Sentence(
            ja="プーリングがシグモイドより先かどうか", en="whether pooling comes before the sigmoid"
        ),
    },
    hints=(
        _INIT_NOT_CALLED,
        LAZY_LAYER,
        _NOT_REGISTERED,
        # What is right when it is given sizes is wrong without them for one reason.
        hint(
            "other_defaults",
            lambda got, want, case: case["given"] == "not at all",
            ja="LeNet() と書いたときのチャンネル数とクラス数が、3 と 2 になりません。"
            "def __init__ の行は、元のままにしましょう。",
            en="LeNet() should have 3 channels and 2 classes. Leave the line of def __init__ as "
            "it was.",
        ),
        hint(
            "fixed_sizes",
            _fixed_sizes,
            ja="チャンネル数やクラス数が決め打ちです。__init__ の引数 in_channels と num_classes を使いましょう。",
            en="The number of channels or classes is fixed. Use in_channels and num_classes, the "
            "arguments of __init__.",
        ),
        hint(
            "not_padded",
            _not_padded,
            ja="28×28 の画像では、最後の特徴マップが 4×4 になります。最初に、周りへ 0 を 2 画素ずつ足して 32×32 にしましょう。",
            en="From 28×28 images the last maps are 4×4. First put a frame of two zeros around "
            "them, to make them 32×32.",
        ),
        hint(
            "padded_on_two_sides",
            _padded_on_two_sides,
            ja="縦か横の片方にしか 0 が足されていないので、32×32 になりません。"
            "F.pad には、左、右、上、下の 4 つの数を渡しましょう。",
            en="Zeros are added to the height or the width alone, which is not 32×32. F.pad takes "
            "four numbers: left, right, top, bottom.",
        ),
        hint(
            "not_flattened",
            _not_flattened,
            ja="全結合層に渡す形が合いません。特徴マップ (N, 16, 5, 5) を (N, 400) に平らにしましょう。",
            en="The shape given to the linear layers does not fit. Flatten the maps "
            "(N, 16, 5, 5) to (N, 400).",
        ),
        hint(
            "other_width",
            _other_width,
            ja="全結合層に入る値の個数が合いません。16 × 5 × 5 = 400 個になるように、"
            "カーネルの大きさ、パディング、0 を足す条件を確かめましょう。",
            en="The number of values given to the linear layers does not fit. To get "
            "16 × 5 × 5 = 400, check the kernel sizes, the padding, and when you add the frame.",
        ),
        Hint(
            "softmax_inside",
            lambda got, want, case: _is_softmax(got["logits"]),
            _SOFTMAX_INSIDE,
        ),
        hint(
            "parameters",
            lambda got, want, case: got["parameters"] != want["parameters"],
            ja="パラメータの数が表と違います。カーネルの大きさ、フィルタとユニットの数、バイアスと、"
            "表にない層がないかを確かめましょう。",
            en="The number of parameters is not the table's. Check kernel sizes, the numbers of "
            "filters and units, the biases, and that no layer is added.",
        ),
        hint(
            "activation_between",
            _computes_like("between", *_BETWEEN),
            ja="表では、全結合層の間に活性化関数はありません。",
            en="In the table nothing stands between the linear layers.",
        ),
        hint(
            "sigmoid_missing",
            _computes_like("activations", *_MISSING),
            ja="シグモイドが足りません。2 つのプーリングの後に 1 つずつ入れましょう。",
            en="A sigmoid is missing. There is one after each of the two poolings.",
        ),
        hint(
            "other_activation",
            _computes_like("activations", *_INSTEAD),
            ja="表の活性化関数はシグモイドです。",
            en="The table's activation function is the sigmoid.",
        ),
        hint(
            "average_pooling",
            _computes_like("pooling", F.avg_pool2d),
            ja="表のプーリングは最大プーリングです。",
            en="The table's pooling is max-pooling.",
        ),
        hint(
            "padded_otherwise",
            _computes_like("pad", *_PADDING),
            ja="28×28 の画像の広げ方が違います。4 つの辺に、値 0 を 2 画素ずつ足しましょう。",
            en="The 28×28 images are enlarged in another way. Add two pixels of value 0 on each of "
            "the four sides.",
        ),
        hint(
            "no_features",
            lambda got, want, case: (
                close(got["logits"], want["logits"]) and not got["features in use"]
            ),
            ja="畳み込みからシグモイドまでを、features という nn.Sequential にまとめましょう。7 節で使います。",
            en="Put all from the first convolution to the second sigmoid into an nn.Sequential "
            "called features. Section 7 needs it.",
        ),
        hint(
            "sigmoid_too_early",
            lambda got, want, case: (
                close(got["logits"], want["logits"]) and not got["pooling comes first"]
            ),
            ja="シグモイドがプーリングより前にあります。答えは同じでも、7 節では 2 番目のシグモイドの出力を見ます。"
            "表の順に、プーリングの後に置きましょう。",
            en="The sigmoid stands before the pooling. The answers are the same, but section 7 "
            "looks at what the second sigmoid gives. Put it after the pooling, as in the table.",
        ),
    ),
)


# --- 8-3 ----------------------------------------------------------------------------------------
_BATCH_SIZE = 20
# 2 or 3 epochs with a ragged batch: enough to see how it is trained.
_FEW_IMAGES = 50
# Enough to leave the plateau that sigmoids begin with, where the loss is 2.30: with Adam at 0.01,
# 12 trainings of 14 ended below 2.25 (at 0.001 all, at 0.02 one of 14), so it may be tried anew.
_MANY_IMAGES, _EPOCHS, _TRIES = 600, 5, 3
_BELOW_THE_PLATEAU = 2.25
# A one-cycle schedule ends near 0. On its way, and where it is never moved on, it is above this.
_LOWEST_RATE = 0.02


def train_model(model: nn.Module, batches: Iterable[Batch], epochs: int) -> list[float]:
    """Train a model in place; return the mean training loss of every epoch."""
    recipe = dataclasses.replace(training.FAST, channels_last=False, mixed_precision=False)
    return training.fit(model, batches, recipe=recipe, epochs=epochs, progress=False).train_loss


def _training_cases(rng: np.random.Generator) -> list[Case]:
    few = {"epochs": int(rng.integers(2, 4)), "tries": 1} | _draw_images(rng, _FEW_IMAGES)
    many = {"epochs": _EPOCHS, "tries": _TRIES} | _draw_images(rng, _MANY_IMAGES)
    return [few, many]


def _draw_images(rng: np.random.Generator, count: int) -> Case:
    """Return images of the training part, and a seed: so few that any edition serves as well."""
    images, labels = arrays("FashionMNIST")
    chosen = rng.choice(len(labels), count, replace=False)
    return {"images": images[chosen], "labels": labels[chosen], "seed": int(rng.integers(1000))}


class _ObservedLeNet(models.LeNet):
    """A LeNet that notes how it is trained.

    Attributes:
        modes: ``"train"``, ``"eval"`` or both.
        losses: Cross entropy of every batch that was differentiated.
        sizes: Images in each of them.
        other_loss: What the first gradient shows in place of cross entropy: ``"two softmaxes"``,
            ``"another"``, or nothing.
        gradients_pile_up: Whether gradients were added to older ones.
        calls: How often it was called.
        steps: Number of steps of all optimisers.
        steps_with_gradients: Those of them that found gradients.
        last_rate: Share of its highest learning rate that a one-cycle schedule ended with.
    """

    def __init__(self) -> None:
        super().__init__(in_channels=1, num_classes=10)
        self.modes: set[str] = set()
        self.losses: list[float] = []
        self.sizes: list[int] = []
        self.calls = self.steps = self.steps_with_gradients = 0
        self.last_rate = 0.0
        self.other_loss = ""
        self.gradients_pile_up = False
        self.classifier[-1].bias.register_post_accumulate_grad_hook(self._compare)
        self.classifier[-1].bias.register_hook(self._keep)

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        logits = super().forward(x)
        if logits.requires_grad:
            logits.register_hook(lambda gradient: self._note_loss(logits, gradient))
            self.modes.add("train" if self.training else "eval")
        return logits

    def _note_loss(self, logits: Tensor, gradient: Tensor) -> None:
        # Cross entropy has a negative gradient for the true class alone, and none at all where the
        # network is sure of that class.
        labels = torch.where(gradient.amin(dim=1) < 0, gradient.argmin(dim=1), logits.argmax(dim=1))
        self.losses.append(F.cross_entropy(logits.detach().float(), labels).item())
        self.sizes.append(len(labels))
        if len(self.losses) == 1:
            self.other_loss = _other_loss(logits.detach().float(), labels, gradient)

    def _keep(self, gradient: Tensor) -> None:
        self.fresh = gradient.clone()

    def _compare(self, bias: Tensor) -> None:
        self.gradients_pile_up |= not torch.allclose(bias.grad, self.fresh, equal_nan=True)

    @contextlib.contextmanager
    def steps_noted(self) -> Iterator[None]:
        """Note the steps of every optimiser within the block."""

        def note(optimizer: Optimizer, *_: object) -> None:
            self.steps += 1
            weights = [weight for group in optimizer.param_groups for weight in group["params"]]
            found = any(weight.grad is not None and weight.grad.any() for weight in weights)
            self.steps_with_gradients += found
            # OneCycleLR alone leaves its highest and lowest rates here.
            rates = [
                group["lr"] / group["max_lr"]
                for group in optimizer.param_groups
                if {"max_lr", "min_lr"} <= group.keys()
            ]
            self.last_rate = max(rates, default=0.0)

        handle = register_optimizer_step_pre_hook(note)
        try:
            yield
        finally:
            handle.remove()


def _other_loss(logits: Tensor, labels: Tensor, gradient: Tensor) -> str:
    with torch.enable_grad():
        given = logits.clone().requires_grad_()
        losses = {
            "": F.cross_entropy(given, labels),
            "two softmaxes": F.cross_entropy(given.softmax(dim=1), labels),
        }
        gradients = {name: torch.autograd.grad(loss, given)[0] for name, loss in losses.items()}
    # In half precision three digits are left.
    alike = [
        name
        for name, wanted in gradients.items()
        if torch.allclose(gradient.float(), wanted, rtol=0.02, atol=1e-6)
    ]
    return alike[0] if alike else "another"


def _batches_from(case: Case, chosen: slice) -> Batches:
    images = torch.from_numpy(case["images"])[:, None]
    labels = torch.from_numpy(case["labels"])
    return Batches(images[chosen], labels[chosen], batch_size=_BATCH_SIZE, shuffle=True)


def _probe_train_model(answer: type(train_model), case: Case) -> Observation:
    """Train a new LeNet from evaluation mode; with many images, see whether it learns at all."""
    for attempt in range(case["tries"]):
        torch.manual_seed(case["seed"] + attempt)
        model = _ObservedLeNet().eval()
        start = array(model.classifier[-1].weight).copy()
        with model.steps_noted():
            answered = answer(model, _batches_from(case, slice(None)), case["epochs"])
        steps = max(len(model.losses) // case["epochs"], 1)
        last_loss = float(np.mean(model.losses[-steps:] or np.inf))
        moved = not close(array(model.classifier[-1].weight), start, rtol=0, atol=0)
        if last_loss < _BELOW_THE_PLATEAU or not moved or model.other_loss:
            break
    returned = _as_list(answered)
    losses = [number(loss) for loss in returned]
    like_what = _what_losses_are(losses, model, case["epochs"])
    observation = {
        "batches trained on": len(model.losses),
        "weights moved": moved,
        "number of losses": len(losses),
        "mode while training": "".join(sorted(model.modes)),
        "softmax before the loss": model.other_loss == "two softmaxes",
        "gradients pile up": model.gradients_pile_up,
        "losses hold graphs": any(getattr(loss, "requires_grad", False) for loss in returned),
        "losses are means": like_what == "means",
    }
    learns = case["tries"] == 1 or last_loss < _BELOW_THE_PLATEAU
    if case["tries"] > 1:
        # With so few steps as in the other case, a schedule never comes near its end.
        observation["schedule ends"] = model.last_rate < _LOWEST_RATE
        observation["last loss"] = f"< {_BELOW_THE_PLATEAU}" if learns else f"{last_loss:.2f}"
    other_images = max(model.sizes, default=0) > _BATCH_SIZE
    odd = model.gradients_pile_up or other_images
    if moved and like_what == "means" and learns and not odd:
        return observation
    # These tell a reason, and are no part of what is asked for.
    return observation | {
        "losses are": like_what,
        "loss": model.other_loss,
        "calls": model.calls,
        "other images": other_images,
        "steps": model.steps,
        "steps with gradients": model.steps_with_gradients,
        "highest loss": float(np.max(model.losses, initial=0)),
    }


def _as_list(returned: object) -> list:
    try:
        return list(returned)
    except TypeError:
        return [returned]


def _what_losses_are(losses: list[float], model: _ObservedLeNet, epochs: int) -> str:
    """Say what the returned losses are of the losses of all batches: means, as asked, or what."""
    steps = len(model.losses) // epochs
    if len(losses) > epochs and _what_losses_are(losses[-epochs:], model, epochs) == "means":
        return "means after others"
    if steps == 0 or len(losses) != epochs:
        return "something else"
    seen = np.array(model.losses[: steps * epochs]).reshape(epochs, steps)
    sizes = np.array(model.sizes[: steps * epochs]).reshape(epochs, steps)
    candidates = {
        # With and without regard to the last batch's being smaller.
        "means": (seen.mean(axis=1), (seen * sizes).sum(axis=1) / sizes.sum(axis=1)),
        "not means": (
            *(seen.sum(axis=1), seen[:, -1], seen[:, 0], seen.min(axis=1)),
            *(seen.sum(axis=1) / sizes.sum(axis=1), (seen * sizes).sum(axis=1)),
            *(
                seen.sum(axis=1).cumsum(),
                seen.sum(axis=1).cumsum() / steps,
                seen.sum(axis=1) / epochs,
            ),
        ),
    }
    for name, values in candidates.items():
        if any(close(losses, value, rtol=1e-3) for value in values):
            return name
    return "something else"


def _unmoved(why: Callable[[Observation], bool]) -> Callable[..., bool]:
    return lambda got, want, case: not got["weights moved"] and why(got)


def _on_plateau(why: Callable[[Observation], bool]) -> Callable[..., bool]:
    return lambda got, want, case: got["last loss"] != want["last loss"] and why(got)


TRAIN_MODEL = Exercise(
    id="8-3",
    points=4,
    names=("train_model",),
    reference=train_model,
    cases=_training_cases,
    probe=_probe_train_model,
    items={
        "batches trained on": Sentence(
            ja="学習に使ったバッチの数", en="number of batches trained on"
        ),
        "weights moved": Sentence(ja="重みが動いたかどうか", en="whether the weights moved"),
        "number of losses": Sentence(ja="返した損失の個数", en="number of losses returned"),
        "mode while training": Sentence(ja="学習するときのモード", en="mode while training"),
        "softmax before the loss": Sentence(
            ja="損失の前に softmax があるかどうか", en="whether softmax comes before the loss"
        ),
        "gradients pile up": Sentence(
            ja="勾配が足されていくかどうか", en="whether gradients pile up"
        ),
        "losses hold graphs": Sentence(
            ja="返した損失に計算の記録が付いているかどうか",
            en="whether the losses hold their computation",
        ),
        "losses are means": Sentence(
            ja="返した損失が、エポックごとのバッチの平均かどうか",
            en="whether the losses are means over the batches of each epoch",
        ),
        "schedule ends": Sentence(
            ja="OneCycleLR の学習率が最後まで下がったかどうか",
            en="whether the learning rate of OneCycleLR comes down to its end",
        ),
        "last loss": Sentence(
            ja="600 枚で 5 エポック学習したときの、最後のエポックの損失の平均",
            en="mean loss of the last of 5 epochs on 600 images",
        ),
    },
    hints=(
        hint(
            "too_many_scheduler_steps",
            says("Tried to step"),
            ja="scheduler.step() の回数が total_steps を超えました。total_steps が全部のバッチの数か、"
            "エポックの数が epochs かを確かめましょう。",
            en="scheduler.step() is called more often than total_steps says. Is that the number of "
            "all batches, and do you train for epochs epochs?",
        ),
        hint(
            "labels_first",
            says(r"log_softmax_lastdim_kernel_impl|Expected floating point type for target"),
            ja="損失関数の 1 つ目の引数が、ロジットではなく整数です。ロジット、ラベルの順に渡しましょう。",
            en="The first argument of the loss function is whole numbers instead of logits. It "
            "takes the logits first, then the labels.",
        ),
        NOT_THE_ARGUMENTS,
        hint(
            "other_model",
            equals("calls", 0),
            ja="受け取った model が、使われていません。ノートブックの変数や新しいモデルではなく、引数の model を使いましょう。",
            en="The model that you are given is not used. Use the argument model, not a "
            "variable of the notebook or a new model.",
        ),
        hint(
            "other_images",
            equals("other images", True),
            ja="受け取った画像とは違う画像が、モデルに入っています。ノートブックの変数ではなく、"
            "引数の batches から取り出した画像をそのまま入れましょう。",
            en="The model is shown other images than you are given. Give it those of the argument "
            "batches as they are, no variable of the notebook.",
        ),
        hint(
            "no_backward",
            _unmoved(lambda got: got["batches trained on"] == 0),
            ja="モデルまで逆伝播していません。損失の backward() と、モデルを勾配の記録ありで呼ぶことを確かめましょう。",
            en="Nothing is propagated back to the model. Check backward() of the loss, and that "
            "gradients are recorded when the model is called.",
        ),
        hint(
            "no_step",
            _unmoved(lambda got: got["steps"] == 0),
            ja="重みが動いていません。optimizer.step() が呼ばれていません。",
            en="The weights do not move: optimizer.step() is never called.",
        ),
        hint(
            "no_gradient_at_step",
            _unmoved(lambda got: got["steps with gradients"] == 0),
            ja="optimizer.step() を呼んだとき、勾配がありません。zero_grad()、backward()、step() の順序を確かめましょう。",
            en="There are no gradients when optimizer.step() is called. Check the order of "
            "zero_grad(), backward() and step().",
        ),
        hint(
            "weights_do_not_move",
            _unmoved(lambda got: True),
            ja="optimizer.step() を呼んでも、重みが変わりません。学習率と、オプティマイザに渡したものを確かめましょう。",
            en="optimizer.step() does not change the weights. Check the learning rate, and what "
            "you gave the optimizer.",
        ),
        hint(
            "steps_missing",
            lambda got, want, case: 0 < got["steps"] < got["batches trained on"],
            ja="optimizer.step() の回数が、バッチの数より少ないです。エポックごとではなく、バッチごとに呼びましょう。",
            en="optimizer.step() is called less often than there are batches. Call it for every "
            "batch, not once an epoch.",
        ),
        hint(
            "batches_trained_on",
            is_other("batches trained on"),
            ja="学習に使ったバッチの数が違います。1 エポックで batches を 1 回、全部で epochs 回まわしましょう。",
            en="The number of batches trained on is wrong. Go through batches once an epoch, "
            "epochs times in all.",
        ),
        hint(
            "results_kept",
            equals("losses are", "means after others"),
            ja="2 回目に呼ぶと、前の結果が残っています。リストや合計は、引数の初期値や関数の外ではなく、関数の中で作りましょう。",
            en="The second call still has the results of the first. Make lists and sums "
            "inside the function, not as default arguments or outside it.",
        ),
        hint(
            "number_of_losses",
            is_other("number of losses"),
            ja="返す損失は、1 エポックに 1 個です。エポックの中のバッチで平均しましょう。",
            en="Return one loss an epoch: the mean over its batches.",
        ),
        hint(
            "no_train_mode",
            lambda got, want, case: "eval" in got["mode while training"],
            ja="評価モードのまま学習しています。model.train() が要ります。",
            en="You train in evaluation mode. Call model.train().",
        ),
        hint(
            "softmax_before_loss",
            equals("softmax before the loss", True),
            ja="softmax が 2 重になっています。損失関数には、ロジットをそのまま渡しましょう。",
            en="There are two softmaxes. Give the loss function the logits as they are.",
        ),
        hint(
            "no_zero_grad",
            equals("gradients pile up", True),
            ja="前のバッチの勾配に、新しい勾配が足されています。バッチごとに optimizer.zero_grad() を呼びましょう。",
            en="New gradients are added to those of earlier batches. Call "
            "optimizer.zero_grad() for every batch.",
        ),
        hint(
            "losses_hold_graphs",
            equals("losses hold graphs", True),
            ja="返した損失に、計算の記録が付いたままです。loss.item() で数にしてから足しましょう。",
            en="The losses still hold how they were computed. Turn each into a number with "
            "loss.item().",
        ),
        hint(
            "not_the_mean",
            equals("losses are", "not means"),
            ja="返した損失が、エポックの中のバッチの平均ではありません。エポックごとに和を 0 に戻し、バッチの数で割りましょう。",
            en="The losses are not means over the batches of an epoch. Set the sum to 0 at each "
            "epoch's start, and divide by the number of batches.",
        ),
        hint(
            "schedule_does_not_end",
            equals("schedule ends", False),
            ja="OneCycleLR の学習率が、最後のバッチまでに下がりきりません。total_steps は、引数から計算した全部のバッチの数ですか。"
            "scheduler.step() は、バッチごとに呼んでいますか。",
            en="The learning rate of OneCycleLR is not down by the last batch. Is total_steps the "
            "number of all batches, computed from the arguments? Is scheduler.step() called for "
            "every batch?",
        ),
        hint(
            "diverged",
            any_of(
                lambda got, want, case: not np.isfinite(got["highest loss"]),
                _on_plateau(lambda got: got["highest loss"] > 5),
            ),
            ja="損失が大きくなりすぎました。学習率が大きすぎます。10 分の 1 にして試しましょう。",
            en="The loss became too large: the learning rate is too high. Try a tenth of it.",
        ),
        hint(
            "other_loss",
            lambda got, want, case: got["loss"] == "another" and not got["losses are means"],
            ja="損失関数が、そのままの nn.CrossEntropyLoss() ではないようです。引数と、損失の計算を確かめましょう。",
            en="The loss seems not to be plain nn.CrossEntropyLoss(). Check its arguments and how "
            "you compute the loss.",
        ),
        hint(
            "plateau",
            _on_plateau(lambda got: got["highest loss"] < 5),
            ja="損失が 2.3 の近くから下がりません。学習率が小さすぎても、大きすぎても起こります。"
            "10 倍や 10 分の 1 にするか、オプティマイザを変えて比べましょう。",
            en="The loss stays near 2.3. That happens with too low a learning rate, and with too "
            "high a one. Try ten times and a tenth of it, or another optimizer.",
        ),
    ),
)


# --- 8-4 ----------------------------------------------------------------------------------------
def predict_all(model: nn.Module, batches: Iterable[Batch]) -> tuple[Tensor, Tensor, Tensor]:
    """Return true labels (N,), predicted labels (N,) and probabilities (N, classes)."""
    parts = [(labels, *training.predict(model, images)) for images, labels in batches]
    labels, predictions, probabilities = map(torch.cat, zip(*parts, strict=True))
    return labels, predictions, probabilities


def confusion_matrix(labels: Tensor, predictions: Tensor, num_classes: int) -> Tensor:
    """Return how many images (row: true class, column: predicted class) there are of each kind."""
    pairs = labels * num_classes + predictions
    return torch.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)


class _NormalisingNetwork(nn.Module):
    """A network of three classes whose answers depend on its mode. It takes (N, 1, 4, 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(16, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, 3)
        )
        fill_by_shape(self)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


_PREDICTED = 21
_PREDICTED_BATCH = 10


def _prediction_cases(rng: np.random.Generator) -> list[Case]:
    """Return images of which the last is a batch alone, and pairs of labels.

    Of five classes one is never true, and two are never predicted. One pair is so frequent that
    bytes could not count it.
    """
    true, predicted = rng.integers(0, 4, 40), rng.integers(0, 3, 40)
    return [
        {
            "images": rng.integers(0, 256, (_PREDICTED, 1, 4, 4), dtype=np.uint8),
            "labels": rng.integers(0, 3, _PREDICTED),
            "true": np.append(true, np.full(260, true[0])),
            "predicted": np.append(predicted, np.full(260, predicted[0])),
        }
    ]


def _batches_of(case: Case) -> Batches:
    images, labels = torch.from_numpy(case["images"]), torch.from_numpy(case["labels"])
    # Each pass has an order of its own, so that nobody can take images from one and labels from
    # another.
    return Batches(images, labels, batch_size=_PREDICTED_BATCH, shuffle=True)


def _probe_predictions(answer: tuple, case: Case) -> Observation:
    of_all, count_pairs = answer
    model = watch(_NormalisingNetwork().train())
    labels, predictions, probabilities = map(tensor, several(of_all(model, _batches_of(case))))
    true, predicted = torch.from_numpy(case["true"]), torch.from_numpy(case["predicted"])
    counts = tensor(count_pairs(true, predicted, 5))
    return {
        "true labels": array(labels),
        "labels": array(predictions),
        "type of the labels": _type_of(labels, predictions),
        "probabilities": array(probabilities),
        "gradients recorded": probabilities.requires_grad,
        "confusion matrix": array(counts),
        "counts are whole numbers": not counts.is_floating_point(),
    }


def _type_of(*labels: Tensor) -> str:
    """Return the first type that is no index, as later cells need one; else that of indices."""
    # Whole numbers of 8 or 16 bits are none: ``gather`` refuses them.
    others = [part.dtype for part in labels if part.dtype not in (torch.int64, torch.int32)]
    return str(next(iter(others), torch.int64))


def _predicted_in_training_mode(got: Observation, want: Observation, case: Case) -> bool:
    # A single image cannot be normalised over its batch.
    if "Expected more than 1 value per channel" in got.get("error", ""):
        return True
    model = _NormalisingNetwork().train()
    with torch.no_grad():
        several = [model(images) for images, _ in _batches_of(case) if len(images) > 1]
    expected = array(torch.cat(several).softmax(dim=1))
    return close(got["probabilities"][: len(expected)], expected)


def _two_passes(got: Observation, want: Observation, case: Case) -> bool:
    # All are there, but labels and predictions are not in one order.
    return any(not close(got[item], want[item]) for item in ("true labels", "labels")) and all(
        close(np.sort(got[item]), np.sort(want[item])) for item in ("true labels", "labels")
    )


def _one_batch_only(got: Observation, want: Observation, case: Case) -> bool:
    sizes = {_PREDICTED_BATCH, _PREDICTED % _PREDICTED_BATCH}
    return len(got["true labels"]) in sizes or len(got["labels"]) in sizes


def _shares(counts: np.ndarray, axis: int | None = None) -> np.ndarray:
    return np.nan_to_num(counts / counts.sum(axis=axis, keepdims=True))


def _are_shares(got: Observation, want: Observation, case: Case) -> bool:
    matrix = np.nan_to_num(np.asarray(got["confusion matrix"], dtype=float))
    return any(
        close(matrix, _shares(want["confusion matrix"], axis), rtol=1e-3) for axis in (None, 0, 1)
    )


PREDICTIONS = Exercise(
    id="8-4",
    points=4,
    names=("predict_all", "confusion_matrix"),
    reference=(predict_all, confusion_matrix),
    cases=_prediction_cases,
    probe=_probe_predictions,
    items={
        "true labels": Sentence(ja="正解のラベル", en="true labels"),
        "labels": Sentence(ja="予測したクラス", en="predicted classes"),
        "type of the labels": Sentence(ja="ラベルの型", en="type of the labels"),
        "probabilities": Sentence(ja="確率", en="probabilities"),
        "gradients recorded": Sentence(
            ja="確率に勾配の記録が付いているかどうか",
            en="whether the probabilities hold a recorded gradient",
        ),
        "confusion matrix": Sentence(ja="混同行列", en="confusion matrix"),
        "counts are whole numbers": Sentence(
            ja="混同行列の枚数が整数かどうか", en="whether the counts are whole numbers"
        ),
    },
    hints=(
        NOT_THE_ARGUMENTS,
        hint(
            "stacked",
            says("stack expects"),
            ja="最後のバッチは小さいので、torch.stack では重ねられません。torch.cat でつなぎましょう。",
            en="The last batch is smaller, so torch.stack fails. Join them with torch.cat.",
        ),
        hint(
            "no_eval_mode",
            _predicted_in_training_mode,
            ja="学習モードのまま予測しています。model.eval() が要ります。",
            en="You predict in training mode. Call model.eval().",
        ),
        hint(
            "squeezed",
            # The third batch is the single image.
            says(r"zero-dimensional tensor \(at position 2\) cannot be concatenated"),
            ja="1 枚だけのバッチで、画像の軸まで消えています。squeeze() のしかたを見直しましょう。",
            en="For a batch of one image the axis of images is gone, too. Look at squeeze().",
        ),
        hint(
            "values_and_places",
            says("^a pair$"),
            ja="max(dim=…) は、値と番号の組を返します。クラスの番号は .indices です。",
            en="max(dim=…) returns values and their places: classes are .indices.",
        ),
        hint(
            "one_batch_only",
            _one_batch_only,
            ja="1 つのバッチの分しかありません。全部のバッチの結果をつなぎましょう。",
            en="There is one batch only. Join the results of all batches.",
        ),
        hint(
            "no_softmax",
            lambda got, want, case: (
                not close(got["probabilities"].sum(axis=1), np.ones(_PREDICTED))
            ),
            ja="確率の和が、画像ごとに 1 になりません。クラスの軸（dim=1）に softmax をかけましょう。",
            en="The probabilities of an image do not add up to 1. Apply softmax along the axis of "
            "classes, dim=1.",
        ),
        hint(
            "swapped",
            lambda got, want, case: (
                close(got["true labels"], want["labels"])
                and close(got["labels"], want["true labels"])
            ),
            ja="順序が違います。正解のラベル、予測したクラス、確率の順に返しましょう。",
            en="The order is wrong. Return the true labels, the predicted classes, and the "
            "probabilities.",
        ),
        hint(
            "two_passes",
            _two_passes,
            ja="ラベルと予測の順序がそろっていません。batches は回すたびに順序が変わることがあるので、1 回だけ回しましょう。",
            en="Labels and predictions are not in one order. batches may have a new order each "
            "time, so go through it once only.",
        ),
        hint(
            "gradients_recorded",
            equals("gradients recorded", True),
            ja="勾配の記録が残っています。torch.no_grad() の中で計算しましょう。",
            en="Gradients are still recorded. Compute under torch.no_grad().",
        ),
        hint(
            "counts_missing",
            says(r"shape '\[5, 5\]' is invalid"),
            ja="1 枚もない組の分が足りないので、(num_classes, num_classes) に並びません。"
            "bincount なら、minlength で長さを決められます。",
            en="Pairs without any image are missing, so (num_classes, num_classes) cannot be "
            "formed. bincount can be told a minlength.",
        ),
        hint(
            "transposed",
            like("confusion matrix", lambda want, case: want["confusion matrix"].T),
            ja="行と列が逆です。行を正解、列を予測にしましょう。",
            en="Rows and columns are swapped. A row is a true class, a column a prediction.",
        ),
        hint(
            "absent_class",
            lambda got, want, case: np.shape(got["confusion matrix"]) in {(4, 4), (4, 3)},
            ja="1 枚もないクラスの行と列が消えています。形は、いつも (num_classes, num_classes) です。",
            en="Rows and columns of classes without images are gone. The shape is always "
            "(num_classes, num_classes).",
        ),
        hint(
            "shares_instead_of_counts",
            _are_shares,
            ja="割合ではなく、枚数を返しましょう。",
            en="Return numbers of images, not shares.",
        ),
        hint(
            "counts_not_whole",
            lambda got, want, case: (
                not got["counts are whole numbers"]
                and close(got["confusion matrix"], want["confusion matrix"])
            ),
            ja="枚数が小数になっています。表は dtype=torch.int64 で作りましょう。",
            en="The counts are decimal numbers. Make the table with dtype=torch.int64.",
        ),
        hint(
            "too_large_for_a_byte",
            lambda got, want, case: any(
                close(got["confusion matrix"], want["confusion matrix"].astype(small))
                for small in (np.uint8, np.int8)
            ),
            ja="大きな枚数が正しく数えられていません。表の dtype は torch.int64 にしましょう。",
            en="Large numbers are counted wrongly. Make the table of dtype torch.int64.",
        ),
        hint(
            "once_a_pair",
            like("confusion matrix", lambda want, case: want["confusion matrix"] > 0),
            ja="同じ組が何枚あっても 1 になっています。同じ場所に何度も足すには、for で 1 枚ずつ足すか、torch.bincount を使います。",
            en="A pair counts 1, however many images it has. To add at one place many times, use "
            "a for loop or torch.bincount.",
        ),
    ),
)


# --- 8-5 ----------------------------------------------------------------------------------------
def grad_cam(model: nn.Module, images: Tensor, layer: str, classes: Tensor) -> Tensor:
    """Return Grad-CAM maps (N, H, W) as large as the images, each stretched to [0, 1]."""
    return explain.normalise(explain.grad_cam(model, images, layer, classes))


def first_kernels(model: nn.Module) -> Tensor:
    """Return the weights (out, in, height, width) of the model's first convolution."""
    first = next(layer for layer in model.modules() if isinstance(layer, nn.Conv2d))
    return first.weight.detach()


class _Normalising(nn.Module):
    """Begins with batch norm. Channels speak for classes 1 and 2 in turn, and nothing for 0."""

    layer, channels, size = "features.2", 2, (8, 8)

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *(nn.BatchNorm2d(2), nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Tanh())
        )
        self.classifier = nn.Linear(64, 3)
        fill_by_shape(self)
        with torch.no_grad():
            # Each channel of the layer goes on to one of its own, mostly.
            self.features[3].weight.abs_().mul_(0.2)
            self.features[3].weight += torch.eye(4)[..., None, None]
            # Centred, so that now the one and now the other class is predicted.
            noise = torch.randn(100, 2, 8, 8, generator=torch.Generator().manual_seed(0))
            self.features[3].bias -= self.eval().features[:4](noise).mean(dim=(0, 2, 3))
            self.classifier.bias.zero_()
            signs = torch.tensor([[-1, -1, -1, -1], [1, -1, 1, -1], [-1, 1, 1, -1]])
            # Small enough for no probability to be 0 or 1.
            self.classifier.weight.abs_().mul_(0.3 * signs.repeat_interleave(16, dim=1))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).flatten(1))


class _Plain(nn.Sequential):
    """Layers have numbers for names. Sigmoids are positive everywhere, and so are maps of class 0."""

    layer, channels, size = "1", 1, (9, 9)

    def __init__(self) -> None:
        super().__init__(nn.Conv2d(1, 4, 3), nn.Sigmoid(), nn.Flatten(), nn.Linear(196, 3))
        fill_by_shape(self)
        with torch.no_grad():
            self[3].weight[0].abs_()


class _Nested(nn.Module):
    """A layer within a block within a block. Its images are wider than they are high."""

    layer, channels, size = "blocks.1.main.0", 3, (8, 11)

    def __init__(self) -> None:
        super().__init__()
        inner = nn.ModuleDict({"main": nn.Sequential(nn.Conv2d(4, 5, 3), nn.Tanh())})
        self.blocks = nn.ModuleList([nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), inner])
        self.head = nn.Linear(140, 3)
        fill_by_shape(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks[1]["main"](self.blocks[0](x))
        return self.head(x.flatten(1))


_EXPLAINED = {network.layer: network for network in (_Normalising, _Plain, _Nested)}


def _explained_cases(rng: np.random.Generator) -> list[Case]:
    """Return several images for each network, and for one a batch of a single image."""
    classes = {
        _Normalising: np.append(rng.permutation([1, 1, 2, 2, 2]), 0),
        _Plain: np.array([0]),
        _Nested: rng.permutation([0, 1, 2, 2]),
    }
    return [
        {
            "layer": network.layer,
            "images": rng.normal(size=(len(chosen), network.channels, *network.size)).astype(
                np.float32
            ),
            "classes": chosen,
        }
        for network, chosen in classes.items()
    ]


def _model_of(case: Case) -> nn.Module:
    return _EXPLAINED[case["layer"]]().eval()


def _probe_explanations(answer: tuple, case: Case) -> Observation:
    maps_of, kernels_of = answer
    images, classes = torch.from_numpy(case["images"]), torch.from_numpy(case["classes"])
    model = _model_of(case)
    # Whoever takes a hook off must leave this one.
    model.get_submodule(case["layer"]).register_forward_hook(lambda *_: None)
    hooks_before = hook_count(model)
    watch(model)
    maps = tensor(maps_of(model, images, case["layer"], classes))
    hooks_after = hook_count(model)
    gradients_left = any(weight.grad is not None for weight in model.parameters())
    kernels = kernels_of(watch(_model_of(case)))
    if kernels is None:
        return {"grad_cam": array(maps), "first convolution found": False}
    if not isinstance(kernels, np.ndarray):
        kernels = tensor(kernels)
    return {
        "grad_cam": array(maps),
        "other hooks survive": hooks_after >= hooks_before,
        "hooks left by an error": (
            _hooks_left_by_an_error(maps_of, case, classes) if hooks_after == hooks_before else 0
        ),
        "first convolution found": True,
        "first kernels": array(kernels),
        "gradients recorded": getattr(kernels, "requires_grad", False),
        "gradients left": gradients_left,
    }


def _hooks_left_by_an_error(maps_of: type(grad_cam), case: Case, classes: Tensor) -> int:
    model = _model_of(case)
    # Images that the layer takes, but the linear layer after it does not.
    larger = torch.zeros(len(classes), model.channels, *(side + 1 for side in model.size))
    with contextlib.suppress(Exception):
        maps_of(model, larger, case["layer"], classes)
    return hook_count(model)


def _score(logits: Tensor, classes: Tensor) -> Tensor:
    return logits.gather(1, classes[:, None]).sum()


def _weighted(gradient: Tensor, activation: Tensor) -> Tensor:
    return (gradient.mean(dim=(2, 3), keepdim=True) * activation).sum(dim=1).relu()


def _enlarged(maps: Tensor, size: torch.Size) -> Tensor:
    return F.interpolate(maps[:, None], size, mode="bilinear")[:, 0]


def _maps(
    case: Case,
    score: Callable[[Tensor, Tensor], Tensor] = _score,
    combine: Callable[[Tensor, Tensor], Tensor] = _weighted,
    enlarge: Callable[[Tensor, torch.Size], Tensor] = _enlarged,
    stretch: Callable[[Tensor], Tensor] = explain.normalise,
) -> np.ndarray:
    """Return Grad-CAM with one of its steps done as a mistake would do it."""
    model, seen = _model_of(case), []
    images, classes = torch.from_numpy(case["images"]), torch.from_numpy(case["classes"])
    model.get_submodule(case["layer"]).register_forward_hook(lambda *called: seen.append(called[2]))
    logits = model(images)
    (gradient,) = torch.autograd.grad(score(logits, classes), seen[0])
    maps = combine(gradient, seen[0].detach())
    return array(stretch(enlarge(maps, images.shape[-2:])))


def _gives(**mistaken: Callable) -> Callable[..., bool]:
    """Recognise the maps of a mistake in one step."""
    return like("grad_cam", lambda want, case: _maps(case, **mistaken), atol=1e-4)


def _predicted_score(logits: Tensor, classes: Tensor) -> Tensor:
    return logits.amax(dim=1).sum()


def _all_divided(maps: Tensor) -> Tensor:
    return (maps - maps.min()) / (maps.max() - maps.min())


def _each_divided(maps: Tensor) -> Tensor:
    return maps / maps.amax(dim=(1, 2), keepdim=True).clamp(min=1e-12)


def _stretched_then_enlarged(maps: Tensor, size: torch.Size) -> Tensor:
    return _enlarged(explain.normalise(maps), size)


def _unstretched(maps: Tensor) -> Tensor:
    return maps


def _not_enlarged(got: Observation, want: Observation, case: Case) -> bool:
    small = _maps(case, enlarge=lambda maps, size: maps).shape
    return got["grad_cam"].shape == small


def _height_and_width(got: Observation, want: Observation, case: Case) -> bool:
    count, _, height, width = case["images"].shape
    mistaken = {(count, width, height), (count, width, width), (count, height, height)}
    return height != width and got["grad_cam"].shape in mistaken


def _layer_fixed(got: Observation, want: Observation, case: Case) -> bool:
    looked_up = re.match("AttributeError|IndexError|KeyError|TypeError", got["error"])
    fixed = re.search(
        r"""get_submodule\(["']|\bmodel\.(?:features|layers)\b|\]?\[["']""", got["line"]
    )
    return bool(looked_up and fixed) and not re.search(r"\blayer\b|\.weight", got["line"])


def _no_first_convolution(got: Observation, want: Observation, case: Case) -> bool:
    if "error" in got:
        here = re.search(r"children|modules|Conv2d", got["line"])
        return bool(here and re.match("StopIteration|IndexError|UnboundLocalError", got["error"]))
    return not got["first convolution found"]


def _kernels_of_another_model(got: Observation, want: Observation, case: Case) -> bool:
    shapes = {tuple(weight.shape) for weight in _model_of(case).parameters()}
    return got["first kernels"].ndim == 4 and got["first kernels"].shape not in shapes


def _layer_not_found(got: Observation, want: Observation, case: Case) -> bool:
    looked_up = re.match("AttributeError|IndexError|KeyError|TypeError|ValueError", got["error"])
    here = re.search(r"\blayer\b|model\.features", got["line"])
    return bool(looked_up and here) and ".weight" not in got["line"]


def _kernels_of(case: Case, kind: type, which: int, part: str) -> np.ndarray:
    layers = [layer for layer in _model_of(case).modules() if isinstance(layer, kind)]
    return array(getattr(layers[which], part))


def _kernels_like(kind: type, which: int, part: str) -> Callable[..., bool]:
    return like("first kernels", lambda want, case: _kernels_of(case, kind, which, part))


def _interpolated(**options: object) -> Callable[[Tensor, torch.Size], Tensor]:
    return lambda maps, size: F.interpolate(maps[:, None], size, **options)[:, 0]


EXPLANATIONS = Exercise(
    id="8-5",
    points=4,
    names=("grad_cam", "first_kernels"),
    reference=(grad_cam, first_kernels),
    cases=_explained_cases,
    probe=_probe_explanations,
    items={
        "grad_cam": Sentence(ja="Grad-CAM のマップ", en="Grad-CAM map"),
        "hooks left by an error": Sentence(
            ja="エラーの後に残ったフックの数", en="number of hooks left after an error"
        ),
        "other hooks survive": Sentence(
            ja="ほかのフックが残っているかどうか", en="whether other hooks are still there"
        ),
        "first convolution found": Sentence(
            ja="最初の畳み込み層が見つかったかどうか",
            en="whether the first convolution is found",
        ),
        "first kernels": Sentence(
            ja="最初の畳み込み層のカーネル", en="kernels of the first convolution"
        ),
        "gradients recorded": Sentence(
            ja="カーネルに勾配の記録が付いているかどうか",
            en="whether the kernels hold a recorded gradient",
        ),
        "gradients left": Sentence(
            ja="重みに残った勾配 (.grad)", en="gradients (.grad) left with the weights"
        ),
    },
    hints=(
        NOT_THE_ARGUMENTS,
        hint(
            "layer_fixed",
            _layer_fixed,
            ja="層が決め打ちです。見る層の名前は、引数 layer で渡されます。モデルによって違うので、それを使いましょう。",
            en="The layer is fixed. Its name is given by the argument layer, and differs from "
            "model to model: use that.",
        ),
        hint(
            "layer_not_found",
            _layer_not_found,
            ja="名前が layer の層を取り出せていません。名前には「.」が入ることも、数字だけのこともあります。"
            "どちらも get_submodule に渡せます。",
            en="The layer of this name is not found. A name may have dots, or be a number alone: "
            "get_submodule takes both.",
        ),
        hint(
            "constant_map",
            lambda got, want, case: (
                np.isnan(got["grad_cam"]).any() and not np.isnan(want["grad_cam"]).any()
            ),
            ja="NaN があります。値が全部同じマップでは、最大値と最小値の差が 0 です。0 のマップにしましょう。",
            en="There is NaN. Where all values of a map are equal, its range is 0: make that map 0.",
        ),
        hint(
            "not_enlarged",
            _not_enlarged,
            ja="マップが層の出力の大きさのままです。画像の大きさに広げましょう。",
            en="The maps are as small as the layer's output. Enlarge them to the images' size.",
        ),
        hint(
            "height_and_width",
            _height_and_width,
            ja="マップの縦と横が、画像と違います。画像は正方形とは限りません。大きさは images.shape[-2:]、つまり（縦, 横）です。",
            en="The height and width of the maps are not the images'. Images need not be square: "
            "their size is images.shape[-2:], height and width.",
        ),
        hint(
            "not_stretched",
            _gives(stretch=_unstretched),
            ja="マップの値が [0, 1] に引きのばされていません。",
            en="The maps are not stretched to [0, 1].",
        ),
        hint(
            "stretched_together",
            any_of(
                _gives(stretch=_all_divided),
                _gives(stretch=lambda maps: maps / maps.max()),
            ),
            ja="バッチ全体の最大値で割っています。1 枚ごとに引きのばしましょう。",
            en="You divide by the largest value of the batch. Stretch each map by itself.",
        ),
        hint(
            "minimum_kept",
            _gives(stretch=_each_divided),
            ja="最大値は 1 ですが、最小値が 0 になっていません。割る前に、最小値を引きましょう。",
            en="The largest value is 1, but the smallest is not 0. Subtract it before you divide.",
        ),
        hint(
            "stretched_too_early",
            any_of(
                _gives(enlarge=_stretched_then_enlarged, stretch=_unstretched),
                _gives(
                    combine=lambda gradient, seen: explain.normalise(_weighted(gradient, seen)),
                    stretch=_each_divided,
                ),
            ),
            ja="画像の大きさに広げてから引きのばします。順序が逆だと、最大値が 1 になりません。",
            en="Enlarge first, then stretch. The other way round, the largest value is not 1.",
        ),
        hint(
            "no_relu",
            _gives(
                combine=lambda gradient, seen: (gradient.mean(dim=(2, 3), keepdim=True) * seen).sum(
                    dim=1
                )
            ),
            ja="負の値が残ったまま引きのばしています。チャンネルを足した後に、ReLU をかけましょう。",
            en="Negative values are stretched, too. Apply ReLU after adding up the channels.",
        ),
        hint(
            "relu_too_early",
            _gives(
                combine=lambda gradient, seen: (
                    (gradient.mean(dim=(2, 3), keepdim=True) * seen).relu().sum(dim=1)
                )
            ),
            ja="ReLU が早すぎます。反対の証拠も、チャンネルを足すときには要ります。足した後にかけましょう。",
            en="ReLU comes too early: channels that speak against the class count when they are "
            "added up. Apply it after the sum.",
        ),
        hint(
            "gradient_not_averaged",
            _gives(combine=lambda gradient, seen: (gradient * seen).sum(dim=1).relu()),
            ja="勾配を場所ごとに掛けています。チャンネルの重みは、勾配の縦横の平均です。",
            en="You multiply by the gradient at each place. A channel's weight is the mean of its "
            "gradient over height and width.",
        ),
        hint(
            "averaged_over_images",
            _gives(
                combine=lambda gradient, seen: (
                    (gradient.mean(dim=(0, 2, 3), keepdim=True) * seen).sum(dim=1).relu()
                )
            ),
            ja="勾配を画像の間でも平均しています。重みは、1 枚ごとに別です。",
            en="You average gradients over the images, too. Every image has its own weights.",
        ),
        hint(
            "other_interpolation",
            any_of(
                _gives(enlarge=_interpolated(mode="nearest")),
                _gives(enlarge=_interpolated(mode="bilinear", align_corners=True)),
                _gives(enlarge=_interpolated(mode="bicubic")),
            ),
            ja='広げ方が違います。mode="bilinear" とし、ほかの引数は付けません。',
            en='The maps are enlarged in another way: use mode="bilinear" and no other argument.',
        ),
        hint(
            "predicted_class",
            _gives(score=_predicted_score),
            ja="予測したクラスのマップです。classes が示すクラスのロジットを微分しましょう。",
            en="These are maps of the predicted class. Differentiate the logit of the class that "
            "classes names.",
        ),
        hint(
            "softmax_gradient",
            _gives(score=lambda logits, classes: _score(logits.softmax(dim=1), classes)),
            ja="確率を微分しています。ソフトマックスの前のロジットを微分しましょう。",
            en="You differentiate probabilities. Differentiate the logit, before softmax.",
        ),
        hint(
            "first_image_only",
            any_of(
                _gives(score=lambda logits, classes: logits[0, classes[0]]),
                _gives(score=lambda logits, classes: logits[0, classes].sum()),
            ),
            ja="最初の画像のロジットしか微分していません。どの画像からも、その画像のクラスのロジットを 1 つずつ選んで足しましょう。",
            en="You differentiate a logit of the first image only. Take one from every image, that "
            "of its own class, and add them up.",
        ),
        hint(
            "classes_of_other_images",
            any_of(
                _gives(score=lambda logits, classes: logits[:, classes].sum()),
                _gives(score=lambda logits, classes: logits[:, classes[0]].sum()),
                _gives(score=lambda logits, classes: logits.sum()),
            ),
            ja="ほかの画像のクラスのロジットも足しています。1 枚につき、その画像のクラスのロジット 1 つだけです。",
            en="Logits of other images' classes are added, too. Each image has one: that of its "
            "own class.",
        ),
        hint(
            "no_first_convolution",
            _no_first_convolution,
            ja="first_kernels が、畳み込み層の重みを返していません。model.children() は、すぐ下の層だけを返します。"
            "奥の層まで調べるのは model.modules() です。return も確かめましょう。",
            en="first_kernels does not return a convolution's weights. model.children() goes "
            "through the outermost layers only, model.modules() through all. Check return, too.",
        ),
        hint(
            "kernels_of_another_model",
            _kernels_of_another_model,
            ja="受け取った model の重みではありません。ノートブックの変数ではなく、引数の model を使いましょう。",
            en="These are no weights of the model that you are given. Use the argument model, no "
            "variable of the notebook.",
        ),
        hint(
            "last_convolution",
            _kernels_like(nn.Conv2d, -1, "weight"),
            ja="最初の畳み込み層ではありません。model.modules() は、作った順に層を返します。",
            en="That is not the first convolution. model.modules() goes through the layers in the "
            "order in which they were made.",
        ),
        hint(
            "not_a_convolution",
            any_of(
                _kernels_like(nn.BatchNorm2d, 0, "weight"),
                lambda got, want, case: (
                    "has no attribute" in got["error"] and ".weight" in got["line"]
                ),
            ),
            ja="畳み込み層の重みではありません。最初の層が畳み込みとは限らないので、isinstance で nn.Conv2d を探しましょう。",
            en="Those are not the weights of a convolution. The first layer may be another one: "
            "look for nn.Conv2d with isinstance.",
        ),
        hint(
            "bias",
            _kernels_like(nn.Conv2d, 0, "bias"),
            ja="それはバイアスです。重みは weight です。",
            en="That is the bias. The weights are called weight.",
        ),
        hint(
            "gradients_recorded",
            equals("gradients recorded", True),
            ja="重みが計算グラフにつながったままです。図にする値は detach() で切り離しましょう。",
            en="The weights still belong to the graph. Cut off what is to be drawn: detach().",
        ),
        hint(
            "gradients_left",
            equals("gradients left", True),
            ja="モデルの重みに勾配 (.grad) が残っています。backward() は全部の重みの勾配を求めます。"
            "torch.autograd.grad で層の出力だけで微分するか、後で model.zero_grad() を呼びましょう。",
            en="The model's weights keep gradients (.grad). backward() finds those of all weights; "
            "Differentiate by the layer's output alone with torch.autograd.grad, or call "
            "model.zero_grad() afterwards.",
        ),
        hint(
            "hooks_cleared",
            equals("other hooks survive", False),
            ja="自分で付けたもののほかのフックまで消えています。handle.remove() で、自分のフックだけを外しましょう。",
            en="Hooks that are not yours are gone, too. Take off your own only, with "
            "handle.remove().",
        ),
        hint(
            "hook_left_by_an_error",
            lambda got, want, case: got["hooks left by an error"] > 0,
            ja="途中でエラーが出ると、フックが残ります。try と finally を使って、必ず外しましょう。",
            en="If an error comes up, the hook stays. Take it off in any case, with try and finally.",
        ),
    ),
    atol=1e-4,
)


# --- 8-6 ----------------------------------------------------------------------------------------
_LIMIT = 100_000
# The last batch is a smaller one.
_CHALLENGE_IMAGES, _HELD_OUT_IMAGES, _CHALLENGE_EPOCHS = 410, 300, 4
# Seen: 0.73 or more for the reference, 0.5 for a slow network like CNN, 0.10 for none that learns.
_CHALLENGE_FLOOR = 0.4


def augment(images: Tensor) -> Tensor:
    """Mirror each of the images (N, 1, H, W) left to right with probability 1/2."""
    return training.random_flip(images)


def _challenge_cases(rng: np.random.Generator) -> list[Case]:
    return [_draw_images(rng, _CHALLENGE_IMAGES + _HELD_OUT_IMAGES)]


def _probe_challenge(answer: tuple, case: Case) -> Observation:
    """Measure a new network, train it for a short time with ``FAST``, and test what it learnt."""
    make, change = answer
    torch.manual_seed(case["seed"])
    model = make()
    train = _batches_from(case, slice(_CHALLENGE_IMAGES))
    held_out = _batches_from(case, slice(_CHALLENGE_IMAGES, None))
    images, _ = next(iter(train))
    given = images.clone()
    changed = tensor(change(given))
    registered = _layers_registered(model)
    parameters = parameter_count(model)
    uses = _uses_of_convolutions(model)
    logits = tensor(model.eval()(images))
    observation = {
        "layers registered": registered,
        "size of the network": f"< {_LIMIT:,}" if parameters < _LIMIT else f"{parameters:,}",
        "shape of the augmented images": list(changed.shape),
        "type of the augmented images": str(changed.dtype),
        "given images changed": not given.equal(images),
        "images in their places": _in_their_places(images, changed),
        "shape of the logits": list(logits.shape),
        "softmax at the end": _is_softmax(array(logits)),
        "convolutions": bool(uses),
        "last convolution in use": not uses or uses[-1] > 0,
    }
    if observation["shape of the logits"] == [len(images), 10]:
        alone = tensor(model(images[:1]))
        observation["same for an image alone"] = close(array(alone), array(logits[:1]), atol=1e-3)
    sound = {
        "layers registered": True,
        "images in their places": True,
        "size of the network": f"< {_LIMIT:,}",
        "shape of the augmented images": list(images.shape),
        "type of the augmented images": str(images.dtype),
        "softmax at the end": False,
        "same for an image alone": True,
    }
    if any(observation.get(item) != wanted for item, wanted in sound.items()):
        return observation
    recipe = dataclasses.replace(training.FAST, augment=change)
    training.fit(model, train, recipe=recipe, epochs=_CHALLENGE_EPOCHS, progress=False)
    _, accuracy = training.evaluate(model, held_out)
    observation["held-out accuracy"] = _compared_with(_CHALLENGE_FLOOR, accuracy)
    if accuracy >= _CHALLENGE_FLOOR:
        return observation
    # This tells a reason, and is no part of what is asked for.
    return observation | {"fault of augment": _fault_of(images, changed)}


def _in_their_places(images: Tensor, changed: Tensor) -> bool:
    """Say whether no changed image is another one of the images, mirrored or not."""
    if changed.shape != images.shape:
        return True
    rows, known = changed.flatten(1), torch.stack([images, images.flip(-1)]).flatten(2)
    same = (rows[:, None] == known[:, None]).all(dim=-1).any(dim=0)
    return not bool((same & ~same.diag()[:, None]).any())


def _fault_of(images: Tensor, changed: Tensor) -> str:
    """Return ``"empty"``, ``"range"``, ``"upside down"`` or nothing, for images within [-1, 1]."""
    rows = changed.flatten(1)
    if (rows.amax(dim=1) == rows.amin(dim=1)).any():
        return "empty"
    if changed.min() >= 0 or changed.abs().max() > 3:
        return "range"
    upside_down = (images.flip(-2), images.flip((-2, -1)))
    alike = [(changed == turned).flatten(1).all(dim=1) for turned in upside_down]
    return "upside down" if (alike[0] | alike[1]).any() else ""


def _compared_with(floor: float, accuracy: float) -> str:
    return f">= {floor:.2f}" if accuracy >= floor else f"{accuracy:.2f}"


def _uses_of_convolutions(model: nn.Module) -> list[int]:
    """Return a list that says, after the model has run, how often each convolution was used."""
    convolutions = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    uses = [0] * len(convolutions)

    def counter(place: int) -> Callable[..., None]:
        def count(*called: object) -> None:
            uses[place] += 1

        return count

    for place, layer in enumerate(convolutions):
        layer.register_forward_hook(counter(place))
    return uses


CHALLENGE = Exercise(
    id="8-6",
    points=6,
    names=("Challenger", "augment"),
    reference=(models.CompactCNN, augment),
    cases=_challenge_cases,
    probe=_probe_challenge,
    items={
        "layers registered": _LAYERS_REGISTERED,
        "size of the network": Sentence(
            ja="ネットワークのパラメータの数", en="number of the network's parameters"
        ),
        "shape of the augmented images": Sentence(
            ja="augment が返した画像の形", en="shape of what augment returns"
        ),
        "type of the augmented images": Sentence(
            ja="augment が返した画像の型", en="type of what augment returns"
        ),
        "given images changed": Sentence(
            ja="augment が受け取った画像を書きかえたかどうか",
            en="whether augment writes into the images it is given",
        ),
        "images in their places": Sentence(
            ja="augment の後も画像の順序が同じかどうか",
            en="whether augment leaves the images in their order",
        ),
        "shape of the logits": Sentence(ja="ロジットの形", en="shape of the logits"),
        "softmax at the end": Sentence(
            ja="最後に softmax があるかどうか", en="whether there is a softmax at the end"
        ),
        "convolutions": Sentence(
            ja="畳み込み層があるかどうか", en="whether there is a convolution"
        ),
        "last convolution in use": Sentence(
            ja="最後の畳み込み層を使っているかどうか",
            en="whether the last convolution is used",
        ),
        "same for an image alone": Sentence(
            ja="画像を 1 枚だけ入れたときも同じロジットになるかどうか",
            en="whether an image alone has the same logits",
        ),
        "held-out accuracy": Sentence(
            ja="学習に使わず取り分けた訓練データ 300 枚の正解率",
            en="accuracy on 300 training images that were held out",
        ),
    },
    hints=(
        _INIT_NOT_CALLED,
        LAZY_LAYER,
        _NOT_REGISTERED,
        hint(
            "too_large",
            is_other("size of the network"),
            ja="パラメータが 100,000 個以上あります。全結合層に入る値の数と、チャンネルの数を見直しましょう。",
            en="There are 100,000 parameters or more. Look at how many values go into linear "
            "layers, and at the numbers of channels.",
        ),
        hint(
            "fixed_number_of_images",
            says(r"The shape of the mask \[\d+\]|must match .* at non-singleton dimension 0"),
            ja="画像の枚数が決め打ちです。最後のバッチは小さいので、len(images) を使いましょう。",
            en="The number of images is fixed. The last batch is smaller: use len(images).",
        ),
        hint(
            "augmented_shape",
            is_other("shape of the augmented images"),
            ja="augment は、受け取った画像と同じ形 (N, 1, 28, 28) を返します。",
            en="augment returns images of the shape it is given, (N, 1, 28, 28).",
        ),
        hint(
            "augmented_type",
            is_other("type of the augmented images"),
            ja="augment は、受け取った画像と同じ型 (torch.float32) を返します。",
            en="augment returns images of the type it is given, torch.float32.",
        ),
        hint(
            "given_images_changed",
            equals("given images changed", True),
            ja="augment が、受け取った画像そのものを書きかえています。clone() で写しを作るか、torch.where で新しく作りましょう。",
            en="augment writes into the images it is given. Make a copy with clone(), or new "
            "images with torch.where.",
        ),
        hint(
            "order_changed",
            equals("images in their places", False),
            ja="augment が、画像の順序を変えています。ラベルと合わなくなります。"
            "flip や randperm が、画像の番号の軸（dim=0）に働いていないか確かめましょう。",
            en="augment changes the order of the images, so that labels no longer fit. Does flip "
            "or randperm work along the axis of images, dim=0?",
        ),
        Hint(
            "softmax_inside",
            equals("softmax at the end", True),
            _SOFTMAX_INSIDE,
        ),
        hint(
            "number_of_classes",
            is_other("shape of the logits"),
            ja="ロジットの形が違います。10 クラスなので、(N, 10) です。",
            en="The logits have the wrong shape. With ten classes it is (N, 10).",
        ),
        hint(
            "not_for_an_image_alone",
            equals("same for an image alone", False),
            ja="画像を 1 枚だけ入れると、ロジットの形か値が変わります。squeeze() や、バッチの大きさの決め打ち、バッチ全体での計算がないか確かめましょう。",
            en="For an image alone the logits have another shape or value. Look for squeeze(), a "
            "fixed batch size, or something computed over the whole batch.",
        ),
        # On so few images, a network without any is as good; on all of them, it misses the goal.
        hint(
            "no_convolution",
            equals("convolutions", False),
            ja="畳み込み層がありません。全結合層だけでは、目標の正解率に届きません。",
            en="There is no convolution. Linear layers alone will not reach the goal.",
        ),
        hint(
            "convolution_not_in_use",
            equals("last convolution in use", False),
            ja="最後に作った畳み込み層が、forward で使われていません。使わない層は消しましょう。この層のマップを、後で見ます。",
            en="The convolution made last is not used in forward. Remove what is not used: its "
            "maps are looked at later.",
        ),
        hint(
            "nothing_left",
            equals("fault of augment", "empty"),
            ja="augment が返した画像に、画素が全部同じものがあります。何が写っていたか、もうわかりません。",
            en="augment returns images whose pixels are all the same: nothing is left to see.",
        ),
        hint(
            "range_changed",
            equals("fault of augment", "range"),
            ja="augment が、画素の範囲を変えています。受け取る画素は [-1, 1] です。返す画素も同じ範囲にしましょう。",
            en="augment changes the range of pixels. They come in [-1, 1]: return them so.",
        ),
        hint(
            "upside_down",
            equals("fault of augment", "upside down"),
            ja="augment が、画像の上下を逆にしています。確かめるときの画像は、上下がそのままです。左右の軸は dim=-1 です。",
            en="augment turns images upside down, but they are tested upright. The axis from left "
            "to right is dim=-1.",
        ),
    ),
)
