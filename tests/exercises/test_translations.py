"""Each error is the one that Python and its libraries really raise for a beginner's mistake."""

import linecache
import re
from types import MappingProxyType

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import transforms

from exercises.engine import failure
from exercises.translations import TRANSLATIONS, explain, translate

IMAGES = torch.zeros(2, 1, 8, 8)
LABELS = torch.tensor([0, 1])


def run(code, names=MappingProxyType({})):
    """Run a student's code and return the error that it ends with."""
    names = {**names, "torch": torch, "nn": nn, "F": F, "np": np, "cv2": cv2}
    # As in a notebook, where the line of an error is known.
    linecache.cache["<cell>"] = len(code), None, code.splitlines(keepends=True), "<cell>"
    try:
        exec(compile(code, "<cell>", "exec"), names | {"images": IMAGES.clone(), "labels": LABELS})
    except BaseException as error:
        return error
    raise AssertionError("no error came up")


MISTAKES = {
    "nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU)": "ReLU の後に () がありません",
    "nn.Sequential([nn.Flatten(), nn.Linear(64, 2)])": "リストに入れず",
    "nn.Sequential(nn.Flatten(), torch.relu)": "層のかわりに",
    "nn.CrossEntropyLoss(torch.zeros(2, 3), labels)": "() で作ってから値を渡します",
    "criterion = nn.CrossEntropyLoss\ncriterion(torch.zeros(2), labels).backward()": "() で作って",
    "loss = nn.CrossEntropyLoss()\nloss.backward()": "計算した値ではありません",
    "F.conv2d(nn.ReLU(images), torch.zeros(2, 1, 3, 3))": "() で",
    "nn.Conv2d(1, 2, 3)(nn.ReLU())": "値を渡していません",
    "with torch.no_grad:\n    pass": "with の後に () がありません",
    "torch.cat([])": "つなぐものが 1 つもありません",
    "np.concatenate([])": "つなぐものが 1 つもありません",
    "torch.cat([images, images[0]])": "軸の数が違う",
    "np.concatenate([np.zeros((2, 3)), np.zeros(3)])": "軸の数が違う",
    "torch.cat([(images,)])": "組 (tuple)",
    "np.full(3, 4, 0.5)": "かっこを 2 重に",
    "np.zeros((2, 4 / 2))": "整数が要る",
    "range(np.ceil(2.5))": "整数が要る",
    "np.zeros(3)[np.ones(3)]": "番号のかわりに",
    "class M(nn.Module):\n    def __init__(self):\n        self.a = nn.ReLU()\nM()": "super()",
    "class M(nn.Module):\n    def __init__(self):\n        super.__init__()\nM()": "super の後",
    "class M(nn.Module):\n    pass\nM()(images)": "forward というメソッド",
    "nn.Linear(10, 2)(images.flatten(1))": "10 個の値を待って",
    "nn.Conv2d(3, 2, 3)(images)": "3 チャンネルを待って",
    "nn.Conv2d(1, 2, 9)(images)": "カーネルが置けません",
    "nn.BatchNorm1d(3)(torch.zeros(1, 3))": "model.eval()",
    "nn.CrossEntropyLoss()(torch.zeros(3, 2), labels)": "同じバッチ",
    "nn.CrossEntropyLoss()(torch.zeros(2, 2), torch.tensor([0, 5]))": "ラベル 5 に当たる",
    "nn.CrossEntropyLoss()(torch.zeros(2, 3), labels[:, None])": "ラベルの形",
    "nn.Conv2d(1, 2, 3)(images.long())": "値の型が合いません",
    "nn.CrossEntropyLoss()(torch.zeros(2, 3), labels.int())": "値の型が合いません",
    "F.cross_entropy(torch.zeros(2, 3), labels, reduction='Sum')": "Sum は使えません",
    "images.sum().backward()": "勾配の記録がありません",
    "torch.autograd.grad(nn.Flatten()(images).sum(), images)": "勾配の記録がありません",
    "x = images.clone().requires_grad_()\ny = images.clone().requires_grad_()\n"
    "torch.autograd.grad((x * x).sum(), y)": "計算に使われていません",
    "x = images.requires_grad_()\n(x * x).backward()": "1 つの数だけ",
    "x = images.requires_grad_()\ny = (x * x).sum()\ny.backward()\ny.backward()": "2 回微分",
    "x = images.requires_grad_()\nx += 1": "書きかえています",
    "x = images.requires_grad_()\n(x * x).requires_grad_(False)": "切り離して",
    "x = images.requires_grad_()\nx.numpy()": "detach()",
    "x = images.requires_grad_()\ntorch.autograd.grad(x.sum(), x).abs()": "[0] で 1 つ目",
    "images.max(dim=1).abs()": "max(dim=…) は、値と番号",
    "torch.relu(torch.autograd.grad(images.requires_grad_().sum(), images))": "[0] で 1 つ目",
    "images + torch.zeros(2, 1, 8, 5)": "軸 3 の長さが 8 と 5",
    "np.zeros((2, 3)) + np.zeros(2)": "keepdims=True",
    "if np.zeros(2) != np.ones(2):\n    pass": "真か偽か",
    "pixels = np.zeros(3, dtype=np.uint8)\npixels /= 255": "新しい配列を作り",
    "torch.stack([torch.zeros(2), torch.zeros(3)])": "torch.cat",
    "np.array([np.zeros(2), np.zeros(3)])": "つなぎましょう",
    "images.reshape(3, 5)": "値の個数",
    "np.zeros(7).reshape(2, 3)": "値の個数",
    "torch.zeros(2, 3).T.view(-1)": "reshape か torch.flatten",
    "images.mean(dim=5)": "その番号の軸はありません",
    "np.zeros(3).mean(axis=4)": "その番号の軸はありません",
    "[1, 2][5]": "番号が範囲",
    "np.zeros(3)[5]": "番号が範囲",
    "images.item()": "1 つの数が要る",
    "float(np.zeros(3))": "1 つの数が要る",
    "cv2.applyColorMap(np.zeros((4, 4), np.float32), cv2.COLORMAP_JET)": "applyColorMap",
    "cv2.addWeighted(np.zeros((4, 4)), 1, np.zeros((4, 5)), 1, 0)": "大きさかチャンネル数",
    "cv2.addWeighted(np.zeros((4, 4)), 1, np.zeros((4, 4), np.uint8), 1, 0)": "型が違います",
    "cv2.resize(images, (4, 4))": "NumPy の配列にします",
    "cv2.cvtColor(np.zeros((4, 4, 5), np.uint8), cv2.COLOR_BGR2RGB)": "OpenCV が",
    "unknown_name": "名前 unknown_name が",
    "def f():\n    x += 1\nf()": "名前 x が",
    "def f(a, b):\n    pass\nf(1)": "引数 'b' が足りません",
    "def f(a, b, c):\n    pass\nf(1)": "引数 'b', 'c' が足りません",
    "def f(a):\n    pass\nf(1, 2)": "引数の数が合いません",
    "[].append(1, 2)": "1 つの組にして",
    "def f(a):\n    pass\nf(a=1, c=2)": "c という引数",
    "[].append(1)[0]": "None があります",
    "3(4)": "int は関数ではない",
    "print[0]": "関数そのものを",
    "images.float.sum()": "関数そのものを",
    "[1].split('.')": "list に split という",
    "torch.arang(3)": "torch に arang という",
    "for a, b in [1, 2]:\n    pass": "1 つの値を",
    "a, b = 1, 2, 3": "受け取る名前の数",
    "[1] + 2": "値の種類を確かめましょう",
    "1 / 0": "0 で割って",
    "{}['a']": "'a' という鍵",
    "open('nowhere.txt')": "ファイルが見つかりません",
    "torch.optim.SGD(nn.Linear(1, 1), lr=0.1)": "model.parameters()",
    "nn.CrossEntropyLoss()(images, labels)": "モデルの出力（ロジット）とラベル",
    "torch.zeros(2, 3).gather(1, labels)": "labels[:, None]",
    "torch.zeros(2, 3).gather(1, torch.zeros(2, 1))": "argmax で求めます",
    "torch.zeros(2, 3).gather(1, torch.zeros(4, 1).long())": "枚数も同じ",
    "torch.zeros(6, 3)[torch.arange(5), torch.zeros(6).long()]": "len(…)",
    "F.interpolate(torch.zeros(2, 4, 4), (8, 8), mode='bilinear')": "maps[:, None]",
    "def hook(module, inputs, output):\n    pass\n"
    "nn.ReLU().register_forward_hook(hook())": "関数そのもの",
    "def hook(module, inputs, output):\n    pass\nlayer = nn.ReLU()\n"
    "layer.register_forward_pre_hook(hook)\nlayer(images)": "register_forward_hook です",
    "nn.Sequential().get_submodule('layer')": "引用符を付けずに",
    "torch.cat([images.numpy])": "x.numpy() や model(images)",
    "F.cross_entropy(nn.ReLU().forward, labels)": "x.numpy() や model(images)",
    "for x, y in enumerate([(images, labels)]):\n    nn.Flatten()(x)": "enumerate を外し",
    "for x, y in enumerate([(images, labels)]):\n    nn.Conv2d(1, 1, 1)(x)": "enumerate を外し",
    "for x, y in enumerate([(images, labels)]):\n    nn.BatchNorm2d(1)(x)": "enumerate を外し",
    "for step in 30:\n    pass": "range(回数)",
    "with open('/dev/null', 'w') as file:\n    torch.save({}, file)": "open を使わず",
    "def hook(module, output):\n    pass\nlayer = nn.ReLU()\n"
    "layer.register_forward_hook(hook)\nlayer(images)": "3 つです",
    "nn.ReLU(images)[0]": "層です",
    "torch.autograd.grad(images.sum().item(), images)": "微分",
    "np.zeros((2, 3)) * np.zeros((3, 2))": "@",
    "z = np.zeros((4, 4), np.uint8)\ncv2.addWeighted(z, 0.5, z, 0.5)": "最後は 0",
    "np.zeros(3).numpy()": "NumPy の配列で",
    "class Net(nn.Module):\n    pass\nNet().copy()": "copy.deepcopy(model)",
    "F.conv2d(images.requires_grad_, torch.zeros(1, 1, 3, 3))": "() を付けて呼びましたか",
    "u, s = np.linalg.svd(np.zeros((2, 2)))": "右側にいくつの値",
    "nn.ModuleList([nn.ReLU()])(images)": "順に通しません",
    "[nn.ReLU()](images)": "nn.Sequential にまとめます",
    "np.bincount([1, 2], 10)": "minlength=10",
    "np.bincount(np.zeros((2, 3), int))": "入れ替わっていないか",
    "F.max_pool2d(images, 2, 2, 2)": "窓の半分まで",
    "torch.utils.data.DataLoader([1], sampler=[0], shuffle=True)": "どちらか 1 つ",
    "torch.utils.data.DataLoader([1], batch_size='100')": "正の整数",
    "import torchh": "import できない",
    "exit()": "exit()",
    "nn.Linear(1, 1).load_state_dict({})": "重みの名前か形",
    "x = (1": "かっこの閉じ忘れ",
    "x ＝ 1": "全角の文字",
    "def f():\nreturn 1": "字下げ",
    "def f():\n    return f()\nf()": "自分自身を",
}


@pytest.mark.parametrize("code", MISTAKES, ids=lambda code: code.splitlines()[-1])
def test_a_beginners_error_is_told_in_words(code):
    message = explain(failure(run(code)))
    assert MISTAKES[code] in message
    assert "Python の説明: " in message
    assert "/io/opencv" not in message


IN_KERAS = {
    'layers.Dense(10, activation="sofmax")': "層に渡した活性化関数",
    "keras.Sequential(INPUT, *[layers.Dense(1)] * 5)": "1 つのリスト",
    "keras.optimizers.Adam(lr=0.1)": "learning_rate",
    "keras.Sequential([keras.Input((1, 28, 28)), layers.Conv2D(5, 5)])": "(28, 28, 1)",
    "keras.Sequential([INPUT, layers.Conv2D(5, (32, 32))])": "Conv2D(枚数, 大きさ) の順",
    'keras.Sequential([INPUT, layers.Dense(5)]).compile("adm")': "optimizer の名前",
    "keras.Sequential([INPUT, layers.Dense(5)]).fit(np.zeros((2, 28, 28, 1)))": "model.compile",
}


@pytest.mark.parametrize("code", IN_KERAS)
def test_a_beginners_error_in_keras_is_told_in_words(code):
    keras = pytest.importorskip("keras")
    names = {"keras": keras, "layers": keras.layers, "INPUT": keras.Input((28, 28, 1))}
    assert IN_KERAS[code] in explain(failure(run(code, names)))


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda size, kernel, step: 1, "引数 'step' には、値が渡されません。"),
        (lambda size, kernel, step, pad: 1, "引数 'step', 'pad' には、値が渡されません。"),
        (lambda size: 1, "def の行を、はじめの形から変えていませんか。"),
        (lambda size, kernel, pad=0: 1, "stride という引数は受け取れません。"),
    ],
)
def test_a_changed_def_line_is_told_apart_from_a_wrong_call(answer, sentence):
    with pytest.raises(TypeError) as error:
        answer(28, 3, **({"stride": 1} if "stride" in sentence else {}))
    assert sentence in explain({"error": f"TypeError: {error.value}"})


def test_an_object_in_place_of_the_function_that_makes_it_is_told():
    with pytest.raises(TypeError) as error:
        transforms.Compose([])()
    assert "関数が要るところに、Compose を" in explain({"error": f"TypeError: {error.value}"})


def test_a_dictionary_where_the_check_looks_for_a_list_is_another_kind():
    assert explain({"error": "other kind of value"}).startswith("返した値の種類が違います")


def test_an_unknown_error_is_shown_as_it_is():
    assert translate("OddError: something odd") is None
    shown = explain({"error": "OddError: something odd", "line": "odd()"})
    assert shown == "実行中にエラーが出ました: OddError: something odd\n  この行です: odd()"


def test_the_place_in_a_library_is_left_out():
    shown = explain(failure(run("cv2.applyColorMap(np.zeros((4, 4)), cv2.COLORMAP_JET)")))
    assert ".cpp" not in shown
    assert "error: (-5:Bad argument)" in shown


def test_what_a_stranger_leaves_out_of_an_observation_is_left_open():
    assert explain({"error": "not a tensor"}) == "テンソルが要るところに、 が返っています。"


@pytest.mark.parametrize("sentence", [sentence for _, sentence in TRANSLATIONS])
def test_every_translation_is_in_two_languages_with_the_same_gaps(sentence, monkeypatch):
    assert set(re.findall(r"{\w+}", sentence.ja)) == set(re.findall(r"{\w+}", sentence.en))
    monkeypatch.setenv("COURSE_LANG", "en")
    assert str(sentence) == sentence.en
