# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 08 問題1 Fashion-MNIST
#
# ここまでに学んだことを、新しいデータで、最初から最後まで自分の力で行います。
# 相手は、服や靴の画像 **Fashion-MNIST** です。数字よりも難しいデータです。
# [公開ページ](https://github.com/zalandoresearch/fashion-mnist)には、専門家ではない人たちが答えると、正解率は 0.835 だったとあります。
#
# **目標**
#
# - データを読み込み、眺め、モデルを定義し、学習し、予測し、根拠を見る。この流れを自分で書ける。
# - 表で与えられたネットワークを、プログラムにできる。
# - 目標の正解率に向けて、ネットワークを自分で設計できる。
#
# **時間の目安**: 180 分
#
# ヒントは 3 段階です。1 は考え方、2 は使う関数、3 は手順です。できるだけ、開かずに進みましょう。

# %% [markdown]
# 提出する人は、ここに書いてください。
#
# - 学生証番号:
# - 名前:
# - メールアドレス:

# %% [markdown]
# ## 1. 準備

# %%
from helpers.preflight import preflight

preflight("FashionMNIST")

# %%
import dataclasses
from statistics import mean, stdev

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchinfo import summary
from torchvision import datasets, transforms

from exercises import check
from helpers import models, plots
from helpers.data import Batches, batches, edition, prepare, split, to_pictures
from helpers.hooks import capture
from helpers.training import FAST, device, evaluate, fit, load, save

# %% [markdown]
# ## 2. 読み込む

# %% [markdown]
# ### 問 8-1 データを読み込む
#
# フォルダ `root` にある Fashion-MNIST を torchvision で開き、訓練用とテスト用のデータローダをこの順に返しましょう。
#
# - 画素は、平均 0.5、標準偏差 0.5 で正規化し、[-1, 1] にします。
# - どちらも `batch_size` 枚ずつです。訓練用は毎回混ぜ、テスト用は混ぜません。端数のバッチも使います。
#
# <details><summary>ヒント 1（考え方）</summary>
#
# 「01 データを読み込み、眺める」の問 1-1 と問 1-2 を、1 つの関数にまとめます。違うのは、データの名前だけです。
#
# </details>
# <details><summary>ヒント 2（使う関数）</summary>
#
# `datasets.FashionMNIST(root, train=…, transform=…)`、`transforms.Compose`、`transforms.ToTensor`、`transforms.Normalize`、`DataLoader` を使います。
#
# </details>
# <details><summary>ヒント 3（手順）</summary>
#
# 1. テンソルに直してから正規化する `transform` を作る。
# 2. `train=True` と `train=False` で、データセットを 2 つ開く。
# 3. それぞれを `DataLoader` に渡す。片方だけ `shuffle=True` にする。
#
# </details>


# %% exercise="8-1"
def make_loaders(root, batch_size):
    """(訓練用のデータローダ, テスト用のデータローダ) を返します。"""
    ### BEGIN SOLUTION
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    train_set = datasets.FashionMNIST(root, train=True, transform=transform)
    test_set = datasets.FashionMNIST(root, train=False, transform=transform)
    train_loader = DataLoader(train_set, batch_size=batch_size, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=batch_size, shuffle=False)
    return train_loader, test_loader
    ### END SOLUTION


# %% [markdown]
# ## 3. 眺める
#
# クラスは 10 個です。番号と、日本語と英語の名前を並べます。

# %% deterministic=true
SHORT_NAMES = (
    *("Tシャツ", "ズボン", "セーター", "ワンピース", "コート"),
    *("サンダル", "シャツ", "スニーカー", "バッグ", "ブーツ"),
)
NAMES = (
    *("Tシャツ T-shirt/top", "ズボン Trouser", "セーター Pullover", "ワンピース Dress"),
    *("コート Coat", "サンダル Sandal", "シャツ Shirt"),
    *("スニーカー Sneaker", "バッグ Bag", "ブーツ Ankle boot"),
)
for number, name in enumerate(NAMES):
    print(number, name)

# %% [markdown]
# あなたのデータローダから 1 バッチを取り出します。画素は [-1, 1] になっていますか。

# %% deterministic=true
torch.manual_seed(0)
train_loader, test_loader = make_loaders(prepare("FashionMNIST"), 100)
batch_images, batch_labels = next(iter(train_loader))
print("画像", tuple(batch_images.shape), "ラベル", tuple(batch_labels.shape))
print("画素は", batch_images.min().item(), "から", batch_images.max().item(), "まで")

# %% [markdown]
# 正規化を元に戻してから描きます。
# 人でも迷いそうな組を探し、モデルがどれを取り違えるかを、先に予想しておきましょう。

# %%
plots.plot_images(
    to_pictures(batch_images[:30]), [SHORT_NAMES[label] for label in batch_labels[:30]]
)

# %% [markdown]
# クラスごとの枚数はそろっていますか。そろっているデータでは、でたらめに答えたときの正解率は 0.10 です。

# %% deterministic=true
class_counts = torch.bincount(torch.cat([labels for _, labels in test_loader]))
for name, count in zip(SHORT_NAMES, class_counts.tolist(), strict=True):
    print(count, name)

# %% [markdown]
# ## 4. 定義する
#
# 使うのは **LeNet** です。次の表のとおりに作ります。表は、32×32 のカラー画像を 2 クラスに分ける場合です。
#
# | 層 | カーネル | フィルタ／ユニット | ストライド | パディング | 活性化関数 |
# |---|---|---|---|---|---|
# | 入力 | 32×32×3 | | | | |
# | 畳み込み | 5×5 | 6 | 1 | 0 | – |
# | 最大プーリング | 2×2 | – | 2 | 0 | シグモイド |
# | 畳み込み | 5×5 | 16 | 1 | 0 | – |
# | 最大プーリング | 2×2 | – | 2 | 0 | シグモイド |
# | 全結合 | – | 120 | – | – | – |
# | 全結合 | – | 64 | – | – | – |
# | 全結合 | – | 2（クラス数） | – | – | ソフトマックス |
#
# 表をそのまま写すだけでは済まないことが、2 つあります。
#
# - 入力のチャンネル数とクラス数を、変えられるようにします。Fashion-MNIST では 1 チャンネル、10 クラスです。
# - 28×28 の画像は、周りに 0 を 2 画素ずつ足して、32×32 にします。
#
# 表の最後のソフトマックスは、モデルに入れますか。「03 学習する」を思い出してください。

# %% [markdown]
# ### 問 8-2 LeNet
#
# 表のネットワークを定義しましょう。32×32 と 28×28 の、どちらの画像も受け取れるようにします。
# 0 を足すかどうかは、画像の大きさだけで決めます。
# 層は表の順に並べます。畳み込みからシグモイドまでを `features`、全結合を `classifier` という `nn.Sequential` にまとめます。7 節で、層を名前で選ぶためです。
# 次のセルでパラメータを数えるので、大きさを後から決める `nn.LazyLinear` などは使いません。
#
# <details><summary>ヒント 1（考え方）</summary>
#
# まず、層を通るたびに画像の大きさがどう変わるかを、紙に書きます。全結合層に入る値は、いくつになりますか。
# ソフトマックスは、損失関数の中と、予測のときに計算します。
#
# </details>
# <details><summary>ヒント 2（使う関数）</summary>
#
# `nn.Conv2d`、`nn.MaxPool2d`、`nn.Sigmoid`、`nn.Linear`、`torch.flatten` を使います。
# 足すのは `F.pad(x, (左, 右, 上, 下))` です。画像の大きさは `x.shape[-1]` でわかります。
#
# </details>
# <details><summary>ヒント 3（手順）</summary>
#
# 1. `features`: 畳み込み、プーリング、シグモイドを 2 回繰り返す。大きさは 32 → 28 → 14 → 10 → 5。
# 2. `classifier`: 全結合を 3 つ並べる。最初に入る値は 16 × 5 × 5 = 400 個。
# 3. `forward`: 28×28 なら 0 を足す。`features` に通し、平らにして、`classifier` に通す。
#
# </details>


# %% exercise="8-2"
class LeNet(nn.Module):
    """表の LeNet。画像 (N, in_channels, 32, 32) か 28×28 から、ロジット (N, num_classes) を返します。"""

    def __init__(self, in_channels=3, num_classes=2):
        ### BEGIN SOLUTION
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, kernel_size=5),
            nn.MaxPool2d(2),
            nn.Sigmoid(),
            nn.Conv2d(6, 16, kernel_size=5),
            nn.MaxPool2d(2),
            nn.Sigmoid(),
        )
        self.classifier = nn.Sequential(
            nn.Linear(400, 120),
            nn.Linear(120, 64),
            nn.Linear(64, num_classes),
        )
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        if x.shape[-1] == 28:
            x = F.pad(x, (2, 2, 2, 2))
        x = self.features(x)
        return self.classifier(torch.flatten(x, 1))
        ### END SOLUTION


# %% [markdown]
# パラメータの数を、表の場合と Fashion-MNIST の場合で確かめます。手で計算した数と合いますか。

# %% deterministic=true
for in_channels, num_classes in ((3, 2), (1, 10)):
    parameters = LeNet(in_channels, num_classes).parameters()
    print(
        f"{in_channels} チャンネル、{num_classes} クラス: {sum(p.numel() for p in parameters):,} 個"
    )

# %% [markdown]
# 表と 1 行ずつ見比べます。「Output Shape」が 32 → 28 → 14 → 10 → 5 と小さくなっていますか。

# %% deterministic=true
summary(LeNet(3, 2), (1, 3, 32, 32), device="cpu")

# %% [markdown]
# ### 全結合層を、間に何も置かずに並べる
#
# 表では、3 つの全結合層の間に活性化関数がありません。全結合層は $Wx + b$ という計算です。続けて計算すると、
#
# $$W_3 (W_2 (W_1 x + b_1) + b_2) + b_3 = (W_3 W_2 W_1)\, x + (W_3 W_2 b_1 + W_3 b_2 + b_3)$$
#
# となり、1 つの全結合層と同じ形です。本当に 1 つにまとめられるかを、数で確かめます。


# %%
def merged(linears):
    """続けて並んだ全結合層と同じ計算をする、1 つの全結合層を返します。"""
    weight, bias = linears[0].weight, linears[0].bias
    for layer in linears[1:]:
        weight, bias = layer.weight @ weight, layer.weight @ bias + layer.bias
    single = nn.Linear(weight.shape[1], weight.shape[0])
    single.weight, single.bias = nn.Parameter(weight), nn.Parameter(bias)
    return single


# %% deterministic=true
linears = [nn.Linear(400, 120), nn.Linear(120, 64), nn.Linear(64, 10)]
single, features = merged(linears), torch.rand(5, 400)
for name, network in (("3 層", nn.Sequential(*linears)), ("1 層", single)):
    print(name, f"{sum(p.numel() for p in network.parameters()):,} 個")
print("同じ答え:", torch.allclose(nn.Sequential(*linears)(features), single(features), atol=1e-5))

# %% [markdown]
# 56,514 個のパラメータを持つ 3 層が、4,010 個の 1 層と同じ計算しかできません。
# では、間に活性化関数を置くと、どれだけよくなるのでしょうか。8 節で測ります。

# %% [markdown]
# ## 5. 学習する
#
# 元の実習と同じく、計算装置を選び、学習の設定を決め、ループを書き、最後に保存します。計算装置は、1 節で表示されたものです。
#
# この後の学習には、`batches` を使います。値はあなたのデータローダと同じで、画像を計算装置に置いたまま渡すので、速く済みます。
# 設定は、取り分けた検証データの正解率だけを見て選びます。テストデータは、設定を決めた後で使います。
#
# 目標の正解率は、データの大きさで変わります。ミニ版の画像は、完全版の 15 分の 1 しかないからです。
# 時間が足りないときは、エポックの数を減らしてください。目標には届かなくても、先へ進めます。

# %% deterministic=true
is_full = edition("FashionMNIST") == "full"
batch_size, valid_size, goal = (128, 5000, 0.88) if is_full else (64, 500, 0.74)
epochs = 10 if is_full else 8

train, valid = split(batches("FashionMNIST", batch_size=batch_size), size=valid_size)
test = batches("FashionMNIST", train=False)
print("訓練", len(train.labels), "検証", len(valid.labels), "テスト", len(test.labels))
print("エポック", epochs, "目標の正解率", goal)

# %% [markdown]
# ### 問 8-3 学習して、目標に届かせる
#
# `model` を `epochs` エポック学習させ、エポックごとの訓練の損失のリストを返しましょう。1 エポックの損失は、バッチの平均でも、画像の平均でもかまいません。
# 損失関数は `nn.CrossEntropyLoss()` です。オプティマイザと学習率は、自分で選びます。
#
# シグモイドのネットワークは、はじめに損失が 2.30 の近くで止まることがあります。10 クラスを同じ確率で答えているときの損失です。
# 平らで、なかなか下りられない**台地 (plateau)** にいるのです。元の実習の設定（SGD、モーメンタム 0.9、学習率 0.001）で測ると、完全版でも 4 エポックの間 2.28 より下がらず、
# 10 エポック後のテストの正解率は 0.69 でした。
#
# 下の確認では、まず 50 枚で、学習のしかたを確かめます。次に、訓練データから選んだ 600 枚で、LeNet を 5 エポックだけ学習させます。
# 最後のエポックの損失の平均が 2.25 より小さければ、台地を出たと判断します。出なければ、最初の重みを変えて、3 回まで試します。
# 確認でも本番でも、モデルと画像は同じ計算装置にあります。`train_model` の中で移す必要はありません。後の問でも同じです。
#
# <details><summary>ヒント 1（考え方）</summary>
#
# 問 3-1 の 5 つの手順を、バッチとエポックの 2 重のループに入れます。
# 台地では勾配がとても小さいので、勾配の大きさによって歩幅を変えるオプティマイザが役に立ちます。
#
# </details>
# <details><summary>ヒント 2（使う関数）</summary>
#
# `torch.optim.Adam(model.parameters(), lr=学習率)` と `nn.CrossEntropyLoss()` を使います。
# 最後に学習率を下げると、もっとよくなります。`torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=最大の学習率, total_steps=全部のバッチの数)` を作り（学習率を動かすこの部品を**スケジューラ (scheduler)** と呼びます）、1 バッチごとに `scheduler.step()` を呼びます。
#
# </details>
# <details><summary>ヒント 3（手順）</summary>
#
# 1. 学習モードにする。損失関数、オプティマイザ、スケジューラを作る。学習率は 0.01 が目安。全部のバッチの数は `epochs * len(batches)`。
# 2. `epochs` 回繰り返す: 損失の和を 0 にし、バッチごとに「勾配を消す、損失、逆伝播、重みを動かす、学習率を動かす、損失を足す」。
# 3. エポックの終わりに、損失の和をバッチの数で割って、リストに足す。
#
# </details>


# %% exercise="8-3"
def train_model(model, batches, epochs):
    """モデルを学習させ、エポックごとの訓練の損失のリストを返します。"""
    ### BEGIN SOLUTION
    model.train()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.01, total_steps=epochs * len(batches)
    )
    losses = []
    for _ in range(epochs):
        total = 0.0
        for images, labels in batches:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            scheduler.step()
            total += loss.item()
        losses.append(total / len(batches))
    return losses
    ### END SOLUTION


# %% [markdown]
# 本番の学習です。損失が 2.30 から下がり始めるのは、何エポック目ですか。

# %%
torch.manual_seed(0)
untrained = LeNet(in_channels=1, num_classes=10)
torch.manual_seed(0)
lenet = LeNet(in_channels=1, num_classes=10).to(device())
train.generator.manual_seed(0)  # セルを何度実行しても、画像を渡す順序は同じです
losses = train_model(lenet, train, epochs)
for epoch, loss in enumerate(losses, start=1):
    print(f"{epoch:2} エポック: 訓練の損失 {loss:.3f}")

# %% [markdown]
# まず、検証データの正解率だけを見ます。目標より低ければ、問 8-3 に戻り、オプティマイザと学習率を変えて学習し直しましょう。
# `assert` は、条件が成り立たないときに、そこで止まる文です。でたらめの 0.10 とほとんど変わらないモデルで、先へ進まないためです。

# %%
_, valid_accuracy = evaluate(lenet, valid)
print(f"検証の正解率 {valid_accuracy:.3f}（目標 {goal}）")
assert valid_accuracy > 0.4, "台地から出ていません。問 8-3 の設定を変えましょう。"

# %% [markdown]
# 設定が決まったら、目標に届いたかをテストデータで調べます。結果を見て、設定を変えてはいけません。
# 変えると、テストデータに合わせて選んだことになり、新しい画像での正解率がわからなくなります。


# %%
def report(model, goal):
    """テストの正解率と、いま使っているデータの目標に届いたかどうかを表示します。"""
    _, accuracy = evaluate(model, test)
    data = "完全版" if is_full else "ミニ版"
    verdict = "届きました ✅" if accuracy >= goal else "まだ届きません ❌"
    print(f"{data}のテスト {len(test.labels):,} 枚の正解率 {accuracy:.3f}、目標 {goal}: {verdict}")


report(lenet, goal)

# %% [markdown]
# 学習した重みを保存し、新しいモデルに読み込みます。`save` と `load` は、問 3-4 と同じく `state_dict` だけを扱います。

# %% deterministic=true
save(lenet, "output/my-lenet.pt")
restored = load(LeNet(in_channels=1, num_classes=10).to(device()), "output/my-lenet.pt")
print("同じ結果:", evaluate(restored, test) == evaluate(lenet, test))

# %% [markdown]
# ## 6. 予測する
#
# 表の最後のソフトマックスは、ここで使います。

# %% [markdown]
# ### 問 8-4 予測と混同行列
#
# 2 つの関数を書きましょう。
#
# - `predict_all`: 全部のバッチについて、正解のラベル (N,)、予測したクラス (N,)、確率 (N, クラス数) を返します。
# - `confusion_matrix`: 正解が $i$、予測が $j$ の枚数を $i$ 行 $j$ 列に入れたテンソルを返します。枚数なので、整数（`torch.int64`）の表にします。
#
# <details><summary>ヒント 1（考え方）</summary>
#
# 予測では、評価モードと、勾配の記録を止めることの 2 つを忘れないようにします。
# 混同行列は、0 を並べた表に、1 枚ごとに 1 を足していけば作れます。
#
# </details>
# <details><summary>ヒント 2（使う関数）</summary>
#
# `model.eval()`、`torch.no_grad()`、`.softmax(dim=1)`、`.argmax(dim=1)`、`torch.cat` を使います。
# 表は `torch.zeros(num_classes, num_classes, dtype=torch.int64)` で作れます。
#
# </details>
# <details><summary>ヒント 3（手順）</summary>
#
# 1. 空のリストを 2 つ作る。バッチごとに、ラベルと確率をリストに足す。
# 2. ループの後で、リストを `torch.cat` でつなぐ。予測は、確率が最大のクラス。
# 3. 正解と予測を 1 組ずつ取り出し、`表[正解, 予測] += 1` とする。
#
# </details>


# %% exercise="8-4"
def predict_all(model, batches):
    """(正解のラベル (N,), 予測したクラス (N,), 確率 (N, クラス数)) を返します。"""
    ### BEGIN SOLUTION
    model.eval()
    all_labels, all_probabilities = [], []
    with torch.no_grad():
        for images, labels in batches:
            all_labels.append(labels)
            all_probabilities.append(model(images).softmax(dim=1))
    probabilities = torch.cat(all_probabilities)
    return torch.cat(all_labels), probabilities.argmax(dim=1), probabilities
    ### END SOLUTION


def confusion_matrix(labels, predictions, num_classes):
    """行が正解、列が予測の枚数の表 (num_classes, num_classes) を返します。"""
    ### BEGIN SOLUTION
    counts = torch.zeros(num_classes, num_classes, dtype=torch.int64)
    for label, prediction in zip(labels.tolist(), predictions.tolist(), strict=True):
        counts[label, prediction] += 1
    return counts
    ### END SOLUTION


# %% [markdown]
# テストデータの全部を予測します。形は、どのバッチも欠けていないことの確かめになります。

# %% deterministic=true
labels, predictions, probabilities = (part.cpu() for part in predict_all(lenet, test))
counts = confusion_matrix(labels, predictions, 10)
print("ラベル", tuple(labels.shape), "確率", tuple(probabilities.shape), "合計", int(counts.sum()))

# %% [markdown]
# クラスごとの正解率を、低い順に並べます。対角線の枚数を、その行の合計で割った値です。

# %%
class_accuracies = counts.diag() / counts.sum(dim=1)
for index in class_accuracies.argsort().tolist():
    print(f"{class_accuracies[index]:.2f}  {NAMES[index]}")

# %% [markdown]
# 混同行列を描きます。色の濃いところが、取り違えの多い組です。3 節の予想は当たりましたか。
# A を B と間違えた枚数と、B を A と間違えた枚数は、同じくらいですか。

# %%
plots.plot_confusion(labels, predictions, NAMES)

# %% [markdown]
# 間違えた画像を、自信のあった順に並べます。

# %%
plots.plot_misclassified(
    test.images.cpu() / 255,
    labels,
    predictions,
    SHORT_NAMES,
    confidences=probabilities.max(dim=1).values,
    limit=20,
)

# %% [markdown]
# ## 7. 判断の根拠とフィルタを見る
#
# 正解率だけでは、次に何を変えればよいかがわかりません。モデルの中を見ると、どこを手がかりにしているか、
# 手がかりが服の外にないかがわかり、次に試すことを選びやすくなります。

# %% [markdown]
# ### 問 8-5 Grad-CAM と最初のカーネル
#
# 2 つの関数を書きましょう。モデルは評価モードで渡されます。
#
# - `grad_cam`: 名前が `layer` の層について、`classes` が示すクラスの Grad-CAM を作ります。
#   画像の大きさに双線形補間（`mode="bilinear"`）で広げてから、1 枚ごとに最小値を 0、最大値を 1 に引きのばします。値が全部同じマップは、0 にします。
#   層の名前には、`"features.5"` のように点が入ることも、`"4"` のように数字だけのこともあります。
#   途中でエラーが起きても、フックは残しません。重みの勾配（`.grad`）も残しません。
# - `first_kernels`: どんなモデルでも、最初の `nn.Conv2d` の重み (出力, 入力, 高さ, 幅) を、計算の記録から切り離して返します。
#
# <details><summary>ヒント 1（考え方）</summary>
#
# Grad-CAM は、「05 判断根拠を見る」の問 5-2 と問 5-3 をつなげたものです。チャンネルの重みは、勾配の縦横の平均でした。
# 最大値と最小値の差が 0 のマップでは、0 で割らない工夫が要ります。
#
# </details>
# <details><summary>ヒント 2（使う関数）</summary>
#
# `model.get_submodule(layer)`、`register_forward_hook`、`torch.autograd.grad`、`F.interpolate(…, mode="bilinear")` を使います。
# マップごとの最小値は `.amin(dim=(1, 2), keepdim=True)` です。割る数は `.clamp(min=1e-12)` で 0 を避けられます。
# `model.modules()` は、モデルの中の全部の層を順に返します。`isinstance(層, nn.Conv2d)` で種類を調べます。
#
# </details>
# <details><summary>ヒント 3（手順）</summary>
#
# 1. フックを付け、ロジットを計算し、必ず外す。
# 2. 選んだロジットの和を、層の出力で微分する。
# 3. 勾配の縦横の平均を層の出力に掛け、チャンネルの軸で足し、`relu` をかける。
# 4. 画像の大きさに広げ、最小値を引き、最大値と最小値の差で割る。
# 5. 重みは `.detach()` で切り離して返す。
#
# </details>


# %% exercise="8-5"
def grad_cam(model, images, layer, classes):
    """画像 (N, C, H, W) の Grad-CAM (N, H, W) を、1 枚ごとに [0, 1] にして返します。"""
    ### BEGIN SOLUTION
    seen = []
    handle = model.get_submodule(layer).register_forward_hook(
        lambda module, inputs, output: seen.append(output)
    )
    try:
        logits = model(images)
    finally:
        handle.remove()
    activation = seen[-1]
    score = logits.gather(1, classes[:, None]).sum()
    (gradient,) = torch.autograd.grad(score, activation)
    maps = (gradient.mean(dim=(2, 3), keepdim=True) * activation).sum(dim=1).relu().detach()
    maps = F.interpolate(maps[:, None], images.shape[-2:], mode="bilinear")[:, 0]
    maps = maps - maps.amin(dim=(1, 2), keepdim=True)
    return maps / maps.amax(dim=(1, 2), keepdim=True).clamp(min=1e-12)
    ### END SOLUTION


def first_kernels(model):
    """最初の畳み込み層の重み (出力, 入力, 高さ, 幅) を返します。"""
    ### BEGIN SOLUTION
    convolutions = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    return convolutions[0].weight.detach()
    ### END SOLUTION


# %% [markdown]
# ### LeNet の Grad-CAM
#
# テスト画像を、1 クラスに 1 枚ずつ選びます。どの画像も、そのクラスの最初の 1 枚です。
# LeNet は、28×28 の画像の周りに 0 を足して 32×32 にします。マップも 32×32 の画像に対するものなので、先に自分で足しておきます。

# %% deterministic=true
test_images = torch.cat([images.cpu() for images, _ in test])
chosen = torch.stack([(labels == index).nonzero()[0, 0] for index in range(10)])
framed = F.pad(test_images[chosen], (2, 2, 2, 2))
print(tuple(framed.shape))

# %% [markdown]
# 見る層は、2 番目のシグモイドの出力です。`features` の中で、形が (N, 16, 5, 5) になる最後の層を探します。

# %% deterministic=true
names = [name for name, _ in lenet.named_modules() if name.startswith("features")]
with torch.no_grad(), capture(lenet, *names) as seen:
    lenet(framed.to(device()))
layer = [name for name in names if name in seen and seen[name].shape[1:] == (16, 5, 5)][-1]
print("層", layer)

# %% [markdown]
# 題は「正解 → 予測」です。**予測したクラス**の Grad-CAM を重ねます。
# 元の実習では、ロジットにシグモイドをかけてから微分していました。ここでは、ロジットをそのまま微分します。
# 正規化の後の 0 は灰色なので、周りに灰色の枠が見えます。


# %%
def maps_of(model, layer, images, classes):
    """モデルを評価モードにし、計算装置の上で Grad-CAM を作ります。"""
    model.eval()
    # 写し (clone) なら、torch.inference_mode() の中で予測したクラスでも、微分に使えます。
    classes = classes.long().clone().to(device())
    return grad_cam(model, images.to(device()), layer, classes).cpu()


def headings(indices, guesses):
    """テスト画像の番号 `indices` の題「正解 → 予測」を返します。"""
    return [f"{SHORT_NAMES[labels[i]]}\n→ {SHORT_NAMES[guesses[i]]}" for i in indices.tolist()]


maps = maps_of(lenet, layer, framed, predictions[chosen])
plots.plot_overlay(to_pictures(framed), {"LeNet": maps}, headings(chosen, predictions))

# %% [markdown]
# 明るいのは、服のどの部分ですか。服の外や、灰色の枠が明るい画像はありませんか。真っ暗な画像はありませんか。
#
# ### マップが服を指しているかを数える
#
# 10 枚の印象ではなく、1,000 枚で数えます。服は、画素が 0 でない場所とします。次の 2 つを求めます。
#
# - マップが真っ暗な画像の割合。
# - 残りの画像のうち、マップの最も明るい点が服の上にあるものの割合。
#
# 2 つ目は、服の画素の割合と比べます。でたらめな場所を指しても、その割合では服に当たるからです。


# %%
def count_on_clothes(name, model, layer, images, guesses):
    """画像 (N, 1, H, W) の Grad-CAM について、上の 2 つの割合を表示します。"""
    maps = maps_of(model, layer, images, guesses).flatten(1)
    clothes = F.pad(test.images[: len(images)].cpu() > 0, [(images.shape[-1] - 28) // 2] * 4)
    dark = maps.amax(dim=1) == 0
    hits = clothes.flatten(1).gather(1, maps.argmax(dim=1, keepdim=True))[:, 0]
    print(
        f"{name}: 真っ暗 {dark.float().mean():.2f}、最も明るい点が服の上 {hits[~dark].float().mean():.2f}"
        f"（服の画素の割合 {clothes.float().mean():.2f}）"
    )


count_on_clothes("LeNet", lenet, layer, F.pad(test_images[:1000], (2, 2, 2, 2)), predictions[:1000])

# %% [markdown]
# 服の画素の割合より低ければ、でたらめな場所を指すよりも悪いということです。このようなマップは、判断の根拠として使えません。
# LeNet が Grad-CAM に向いていない理由は、2 つ考えられます。
#
# - シグモイドの出力は、何もない場所でも必ず正です。ReLU なら、0 にできます。
# - 特徴マップを平らにして、場所ごとに違う重みを掛けます。「05 判断根拠を見る」で調べた `Model` と同じです。

# %% [markdown]
# ### 大域平均プーリングのネットワーク
#
# そこで、**大域平均プーリング (global average pooling)** のネットワークを学習させます。「02 モデルを定義する」の `CNN` に、3 番目の畳み込みを足したものです。
# どの場所にも同じ重みが掛かり、活性化関数は ReLU です。パラメータは LeNet の 4 分の 1 です。


# %% deterministic=true
def convolution(in_channels, out_channels):
    """3×3 の畳み込み、バッチ正規化、ReLU を順に行う層を返します。"""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )


def make_gap_network():
    """画像 (N, 1, 28, 28) から、ロジット (N, 10) を返すネットワークを作ります。"""
    return nn.Sequential(
        *(convolution(1, 16), nn.MaxPool2d(2)),
        *(convolution(16, 32), nn.MaxPool2d(2)),
        convolution(32, 32),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)),
    )


print(f"パラメータ {sum(p.numel() for p in make_gap_network().parameters()):,} 個")

# %% [markdown]
# 学習は、レシピ `FAST` の `fit` に任せます。エポックは少なくします。

# %%
gap_epochs = 2 if is_full else 4
torch.manual_seed(0)
gap_network = make_gap_network().to(device())
fit(gap_network, train, recipe=FAST, epochs=gap_epochs)
_, gap_accuracy = evaluate(gap_network, valid)
print(f"検証の正解率 {gap_accuracy:.3f}")
assert gap_accuracy > 0.4, "学習が途中で止まりました。このセルを、もう一度実行しましょう。"

# %% [markdown]
# 同じ 10 枚と、同じ 1,000 枚で比べます。層 `"4"` は、3 番目の `convolution` の出力です。LeNet と、どこが違いますか。

# %%
_, gap_predictions, gap_probabilities = (part.cpu() for part in predict_all(gap_network, test))
count_on_clothes("大域平均", gap_network, "4", test_images[:1000], gap_predictions[:1000])
pictures = to_pictures(test_images[chosen])
maps = maps_of(gap_network, "4", test_images[chosen], gap_predictions[chosen])
plots.plot_overlay(pictures, {"大域平均": maps}, headings(chosen, gap_predictions))

# %% [markdown]
# 服の上を指すマップが増えました。それでも、でたらめよりいくらか多いだけです。7×7 の大まかなマップであることも忘れずに読みましょう。
#
# ### 最も多い取り違えの根拠
#
# このネットワークが最も多く取り違えた組を、混同行列から探します。対角線は正解の枚数なので、0 にしておきます。

# %%
mistakes = confusion_matrix(labels, gap_predictions, 10)
mistakes.fill_diagonal_(0)
truth, guess = divmod(mistakes.argmax().item(), 10)
print(f"{SHORT_NAMES[truth]} → {SHORT_NAMES[guess]}: {int(mistakes[truth, guess])} 枚")

# %% [markdown]
# その組の画像を、自信のあった順に 8 枚まで選びます。自信とは、予測したクラスの確率です。

# %%
confused = ((labels == truth) & (gap_predictions == guess)).nonzero()[:, 0]
confidence = gap_probabilities[confused, guess]
wrong = confused[confidence.argsort(descending=True)[:8]]
print("自信", [f"{share:.2f}" for share in gap_probabilities[wrong, guess].tolist()])

# %% [markdown]
# 正解のクラスの根拠と、予測したクラスの根拠を並べます。2 つは、同じ場所にありますか。

# %%
images = test_images[wrong]
rows = {
    "正解のクラス": maps_of(gap_network, "4", images, labels[wrong]),
    "予測したクラス": maps_of(gap_network, "4", images, gap_predictions[wrong]),
}
plots.plot_overlay(to_pictures(images), rows, headings(wrong, gap_predictions))

# %% [markdown]
# ### 最初のカーネル
#
# LeNet の最初の層のカーネルは 6 個だけです。学習の前と後を、共通の目盛で比べます。
# 元の実習は灰色で描きました。ここでは 0 を白、正を赤、負を青にして、符号が見えるようにします。
# 赤と青がきれいに分かれたカーネルは、その境目の向きの明暗に答えます。そのようなカーネルはありますか。

# %% deterministic=true
print(tuple(first_kernels(lenet).shape))

# %%
plots.plot_filters(
    first_kernels(untrained), first_kernels(lenet), titles=("学習前", "学習後"), columns=6
)

# %% [markdown]
# ## 8. 全結合層の間に活性化関数を置く
#
# 4 節の疑問に戻ります。教材の LeNet は、`between` で全結合層の間に置くものを選べます。
# ReLU を置いたモデルでは、`merged` で 1 層にまとめても、同じ答えになりません。できる計算の種類は、確かに増えます。

# %% deterministic=true
for name, model in (("なし（表）", models.LeNet(1, 10)), ("ReLU", models.LeNet(1, 10, nn.ReLU))):
    single = merged([layer for layer in model.classifier if isinstance(layer, nn.Linear)])
    same = torch.allclose(model.classifier(features), single(features), atol=1e-5)
    print(name, "1 層と同じ答え:", same)

# %% [markdown]
# では、正解率は上がるのでしょうか。測る前に、判断の決まりを作ります。正解率は、次の 2 つの偶然でも変わるからです。
#
# **学習の偶然**: 最初の重みと、画像を渡す順序は、シードで変わります。そこで、シードを変えて $k$ 回学習し、平均と標準偏差 $s$ を求めます。
# 標準偏差は、2 乗の和を $k - 1$ で割る式を使います（NumPy では `ddof=1`）。$k$ で割ると、少ない回数では、ばらつきを小さく見積もってしまうからです。
# $k$ 回の平均は、$s / \sqrt{k}$ ほどばらつきます。そこで、A と B の平均の差が
#
# $$2 \sqrt{\frac{s_A^2}{k} + \frac{s_B^2}{k}}$$
#
# より大きいときだけ、「差がある」と言うことにします。
#
# **選ばれた画像の偶然**: 正解率 $p$ を $N$ 枚で測ると、別の $N$ 枚では $\pm 2 \sqrt{p (1 - p) / N}$ ほど変わります。
# 同じ画像で 2 つのモデルを比べるときも、この幅より小さな差が、新しい画像でも同じとは言い切れません。

# %% [markdown]
# 訓練データから選んだ 3,000 枚で、8 エポックずつ学習します。置くものが 2 通り、シードが 3 通りなので、6 回です。
# どちらのモデルを使うかを決める比較なので、テストデータではなく、検証データで測ります。

# %%
few = Batches(train.images[:3000], train.labels[:3000], batch_size=50, shuffle=True)
accuracies = {"なし（表）": [], "ReLU": []}
for name, between in (("なし（表）", nn.Identity), ("ReLU", nn.ReLU)):
    for seed in range(3):
        torch.manual_seed(seed)
        few.generator.manual_seed(seed)
        model = models.LeNet(in_channels=1, num_classes=10, between=between).to(device())
        train_model(model, few, 8)
        accuracies[name].append(evaluate(model, valid)[1])
    print(name, [f"{accuracy:.3f}" for accuracy in accuracies[name]])
    assert mean(accuracies[name]) > 0.3, "台地から出ていません。問 8-3 の設定を変えましょう。"

# %% [markdown]
# 決まりに当てはめます。`statistics` の `stdev` は、$k - 1$ で割る標準偏差です。差は、目安より大きいですか。

# %%
for name, values in accuracies.items():
    print(f"{name}: {mean(values):.3f} ± {stdev(values):.3f}")
without, with_relu = accuracies.values()
difference = mean(with_relu) - mean(without)
limit = 2 * (stdev(without) ** 2 / 3 + stdev(with_relu) ** 2 / 3) ** 0.5
p, n = mean(without), len(valid.labels)
print(f"平均の差 {difference:+.3f}、学習の偶然の目安 {limit:.3f}")
print(f"画像 {n:,} 枚で測る偶然の目安 ±{2 * (p * (1 - p) / n) ** 0.5:.3f}")

# %% [markdown]
# 目安より小さければ、「よくなった」とは言えません。できる計算が増えることと、正解率が上がることは、別の話です。
#
# 完全版でも確かめてあります。教材のレシピ `FAST` で 10 エポックずつ、3 つのシードで学習したテストの正解率は、
# なしが 0.896 ± 0.003、ReLU が 0.898 ± 0.003 でした。学習の偶然の目安は 0.004 なので、やはり差があるとは言えません。
#
# それでも、間に何も置かない並びには、よいところがほとんどありません。
# 4,010 個で済む計算に、56,514 個のパラメータを使うからです。

# %% [markdown]
# ## 9. 挑戦：100,000 個未満で 0.925
#
# 最後の問題です。パラメータが **100,000 個未満**の CNN で、完全版のテストの正解率 **0.925 以上**を目指します。
# 目標の高さを、Fashion-MNIST の[公開ページ](https://github.com/zalandoresearch/fashion-mnist#benchmark)に集められた記録と比べてみましょう。
# モデルの値は、投稿した人が自分で測ったものです。
#
# | 分類したもの | テストの正解率 |
# |---|---|
# | 人（専門家ではない 3 人の多数決） | 0.835 |
# | 畳み込み 2 層、100,000 個未満、データ拡張なし | 0.925 |
# | 畳み込み 2 層で、もっと大きいか、左右の反転あり（上位の 3 つ） | 0.934〜0.939 |
#
# 学習の方法は決まっています。レシピ `FAST` の `fit` で、エポックの数は自由です。
# 変えられるのは、ネットワークと、**データ拡張 (data augmentation)** です。
#
# データ拡張は、学習のときだけ、画像を少し変えて見せることです。正解が変わらない変え方なら、枚数が増えたのに近い効果があります。
# 左右を逆にしても、シャツはシャツです。では、上下を逆にするのはどうでしょうか。

# %% [markdown]
# ### 問 8-6 挑戦
#
# ネットワーク `Challenger` と、データ拡張 `augment` を書きましょう。
# `augment` は、受け取った画像を書きかえずに、新しい画像を返します。拡張しないなら、画像をそのまま返します。
# 問 8-2 と同じく、大きさを後から決める層（`nn.LazyLinear` など）は使いません。
#
# 下の確認では、パラメータの数を調べ、訓練データから選んだ 410 枚で 4 エポックだけ学習させます。
# 別の 300 枚の正解率が 0.40 以上なら、学習できるネットワークだと判断します。これは入口で、本当の目標は、その次のセルで調べます。
#
# <details><summary>ヒント 1（考え方）</summary>
#
# LeNet のパラメータは、ほとんどが全結合層にあります。全結合層を 1 つにして、浮いた分を畳み込みに使います。
# 畳み込みは小さなカーネルを重ねます。チャンネルは、画像が小さくなるにつれて増やします。
#
# </details>
# <details><summary>ヒント 2（使う関数）</summary>
#
# 3×3 の畳み込みと `nn.BatchNorm2d`、`nn.ReLU`、`nn.MaxPool2d` の組を重ねます。
# 直後に正規化するなら、畳み込みのバイアスは要りません（`bias=False`）。畳み込みのすぐ後にプーリングをすると、その後の正規化と ReLU の計算が 4 分の 1 で済みます。
# 左右を逆にするのは `images.flip(-1)`、条件で選ぶのは `torch.where` です。
#
# </details>
# <details><summary>ヒント 3（手順）</summary>
#
# 1. チャンネルを 1 → 16 → 32 → 64 → 64 と増やす。3 番目の後を除いて、2×2 のプーリングで 28 → 14 → 7 → 3 と小さくする。
# 2. (N, 64, 3, 3) を平らにし、10 クラスの全結合層に渡す。
# 3. 画像ごとに 0 から 1 の乱数を引き、0.5 未満の画像だけを左右逆にする。乱数の形を (N, 1, 1, 1) にすると、そのまま `torch.where` で使えます。
#
# </details>


# %% exercise="8-6"
class Challenger(nn.Module):
    """画像 (N, 1, 28, 28) から、ロジット (N, 10) を返します。パラメータは 100,000 個未満です。"""

    def __init__(self):
        ### BEGIN SOLUTION
        super().__init__()
        self.features = nn.Sequential(
            *(nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.MaxPool2d(2)),
            *(nn.BatchNorm2d(16), nn.ReLU()),
            *(nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.MaxPool2d(2)),
            *(nn.BatchNorm2d(32), nn.ReLU()),
            *(nn.Conv2d(32, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU()),
            *(nn.Conv2d(64, 64, 3, padding=1, bias=False), nn.MaxPool2d(2)),
            *(nn.BatchNorm2d(64), nn.ReLU()),
        )
        self.classifier = nn.Linear(576, 10)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.classifier(torch.flatten(self.features(x), 1))
        ### END SOLUTION


def augment(images):
    """学習に使う画像 (N, 1, 28, 28) を変えて、同じ形で返します。"""
    ### BEGIN SOLUTION
    mirrored = torch.rand(len(images), 1, 1, 1, device=images.device) < 0.5
    return torch.where(mirrored, images.flip(-1), images)
    ### END SOLUTION


# %% [markdown]
# データ拡張で、画像がどう変わるかを見ます。上が元の画像、下が変えた画像です。

# %%
torch.manual_seed(0)
originals = valid.images[:10].float().div(127.5) - 1
plots.plot_images(to_pictures(torch.cat([originals, augment(originals)])))

# %% [markdown]
# 本番の学習です。設定は、検証の正解率で選びます。完全版では 12 エポック、ミニ版では時間の節約のために 3 エポックだけ学習します。

# %%
challenge_epochs = 12 if is_full else 3
torch.manual_seed(0)
challenger = Challenger().to(device())
recipe = dataclasses.replace(FAST, name="挑戦", augment=augment)
history = fit(challenger, train, valid, recipe=recipe, epochs=challenge_epochs)
_, challenge_accuracy = evaluate(challenger, valid)
print(f"パラメータ {sum(p.numel() for p in challenger.parameters()):,} 個")
print(f"検証の正解率 {challenge_accuracy:.3f}")
assert challenge_accuracy > 0.4, "学習できていません。ネットワークを見直しましょう。"

# %% [markdown]
# 検証の正解率は、最後のエポックまで上がり続けていますか。訓練の損失だけが下がり続けるなら、過学習が始まっています。

# %%
plots.plot_history(history)

# %% [markdown]
# 設定が決まったら、最後に 1 回だけ、テストデータで調べます。
# 目標の 0.925 は、完全版のものです。ミニ版では、画像が少ないので 0.925 には届きません。0.78 を目標にします。

# %%
report(challenger, 0.925 if is_full else 0.78)

# %% [markdown]
# LeNet と比べて、どのクラスがよくなったかを並べます。ミニ版では、1 クラスが 100 枚しかないので、0.1 くらいの差は偶然でも起こります。

# %%
_, challenger_predictions, _ = (part.cpu() for part in predict_all(challenger, test))
challenger_counts = confusion_matrix(labels, challenger_predictions, 10)
gains = challenger_counts.diag() / challenger_counts.sum(dim=1) - class_accuracies
for index in gains.argsort(descending=True).tolist():
    print(f"{gains[index]:+.2f}  {NAMES[index]}")

# %% [markdown]
# 最後に、7 節と同じ画像の根拠を、あなたのネットワークで見ます。最後の畳み込み層の Grad-CAM です。
# 服の上を指す割合は、7 節の 2 つと比べて、どうですか。

# %%
last = [name for name, part in challenger.named_modules() if isinstance(part, nn.Conv2d)][-1]
guesses = challenger_predictions[:1000]
count_on_clothes("あなたのネットワーク", challenger, last, test_images[:1000], guesses)
pictures = to_pictures(test_images[chosen])
maps = maps_of(challenger, last, test_images[chosen], challenger_predictions[chosen])
plots.plot_overlay(pictures, {last: maps}, headings(chosen, challenger_predictions))

# %% [markdown]
# ### 考察 8-7 Fashion-MNIST で学んだこと
#
# このノートブックの結果をもとに、次の 3 つについて、合わせて 400 字ほどで書いてください。
#
# 1. 7 節の大域平均プーリングのネットワークが、最も多く取り違えた組（正解 → 予測）を挙げ、その理由を、画像と Grad-CAM を根拠にして説明してください。Grad-CAM をどこまで信じてよいかも、数えた割合を使って書いてください。
# 2. 全結合層の間に活性化関数を置かないと、何が失われますか。測った正解率の差は、そのことを示していますか。8 節の決まりを使って判断してください。
# 3. あなたの `Challenger` は、LeNet のどこを変えましたか。変えたことの 1 つについて、なぜ効いたと考えるか、確かめるにはどんな実験をするかを書いてください。

# %% [markdown] essay="8-7" points=6
# 1. 最も多かったのは、シャツを T シャツと間違えたものでした（ミニ版で 23 枚）。並べた 8 枚は袖が短く、胴の輪郭も T シャツに似ています。
#    正解のクラスのマップは襟とボタンの列、予測したクラスのマップは袖のあたりが明るいので、短い袖に引かれたと考えます。
#    ただし、最も明るい点が服に当たった割合は 0.65 で、でたらめの 0.50 より少し多いだけです。マップは、手がかりの 1 つにとどめます。
# 2. 3 つの全結合層が、1 つの全結合層と同じ計算になります。特徴を組み合わせて新しい特徴を作ることができなくなります。
#    ただし、測った差 0.004 は、学習の偶然の目安 0.017 より小さく、ReLU を置けば正解率が上がるとは言えませんでした。
# 3. 全結合層を 1 つに減らし、3×3 の畳み込みを 4 つに増やし、シグモイドを ReLU とバッチ正規化に変えました。
#    シグモイドの勾配は 1/4 以下なので、層を重ねると小さくなりやすいです。バッチ正規化と ReLU では小さくなりにくいので、少ないエポックで学習できたと考えます。
#    確かめるには、ほかは同じで、活性化関数だけをシグモイドに戻したネットワークを、3 つのシードで学習して比べます。

# %% [markdown] rubric="8-7"
# **採点基準（6 点）**
#
# - 最も多い取り違え（正解 → 予測）を、混同行列から正しく挙げ、理由を、画像や Grad-CAM の具体的な様子から説明している（1 点）。数えた割合から、Grad-CAM をどこまで信じてよいかを書いている（さらに 1 点）。
# - 全結合層が 1 つにまとまることを書いている（1 点）。測った差を、偶然の目安と比べて判断している（さらに 1 点）。
# - 変えたことを挙げ、効いた理由を考えている（1 点）。1 つだけを変えて比べる実験を書いている（さらに 1 点）。

# %% [markdown]
# ## まとめ
#
# - 読み込む、眺める、定義する、学習する、予測する、根拠を見る。新しいデータでも、流れは同じです。
# - シグモイドのネットワークは、はじめに台地で止まることがあります。オプティマイザと学習率が大切です。
# - 間に何もない全結合層は、1 つの全結合層と同じです。
# - よくなったかどうかは、シードを変えた学習の平均と標準偏差から、偶然で変わる大きさと比べて判断します。
# - Grad-CAM を根拠に使う前に、マップが対象を指しているかを数えて確かめます。
# - 小さなカーネル、バッチ正規化、データ拡張を使うと、LeNet と同じくらいの数のパラメータで、もっと高い正解率が出せました。
#
# これで合宿のノートブックは終わりです。次は、あなた自身のデータで、同じ流れをたどってみてください。
#
# **参考文献**
#
# - H. Xiao, K. Rasul, R. Vollgraf, [Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms](https://arxiv.org/abs/1708.07747), 2017. データと記録の表は、[公開ページ](https://github.com/zalandoresearch/fashion-mnist)にあります。
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, [Gradient-Based Learning Applied to Document Recognition](https://doi.org/10.1109/5.726791), Proceedings of the IEEE, 1998.
# - M. Lin, Q. Chen, S. Yan, [Network In Network](https://arxiv.org/abs/1312.4400), 2013.
# - S. Ioffe, C. Szegedy, [Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift](https://arxiv.org/abs/1502.03167), 2015.
# - K. Simonyan, A. Zisserman, [Very Deep Convolutional Networks for Large-Scale Image Recognition](https://arxiv.org/abs/1409.1556), 2014.
# - R. R. Selvaraju et al., [Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization](https://arxiv.org/abs/1610.02391), 2016.
