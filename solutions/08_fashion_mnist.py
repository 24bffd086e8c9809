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
# 相手は、服や靴の画像 **Fashion-MNIST** です。数字よりも難しく、公開ページの報告では、人が答えても正解率は 0.835 です。
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

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchinfo import summary
from torchvision import datasets, transforms

from exercises import check
from helpers import plots
from helpers.data import CLASSES, batches, edition, prepare, split
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
# 問 8-1
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


# %% check="8-1"
make_loaders = check("8-1")

# %% [markdown]
# ## 3. 眺める
#
# クラスは 10 個です。番号、英語、日本語の名前を並べます。

# %% deterministic=true
JAPANESE = (
    *("Tシャツ", "ズボン", "セーター", "ワンピース", "コート"),
    *("サンダル", "シャツ", "スニーカー", "バッグ", "ショートブーツ"),
)
NAMES = [f"{own} {english}" for own, english in zip(JAPANESE, CLASSES["FashionMNIST"], strict=True)]
for number, name in enumerate(NAMES):
    print(number, name)

# %% [markdown]
# あなたのデータローダから 1 バッチを取り出し、正規化を元に戻してから描きます。
# 人でも迷いそうな組を探し、モデルがどれを取り違えるかを、先に予想しておきましょう。

# %%
torch.manual_seed(0)
train_loader, test_loader = make_loaders(prepare("FashionMNIST"), batch_size=100)
images, labels = next(iter(train_loader))
plots.plot_images(images[:30] * 0.5 + 0.5, [JAPANESE[label] for label in labels[:30]])

# %% [markdown]
# クラスごとの枚数はそろっていますか。そろっているデータでは、でたらめに答えたときの正解率は 0.10 です。

# %%
plots.plot_class_counts(torch.cat([labels for _, labels in test_loader]), JAPANESE)

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
# 畳み込みからシグモイドまでを `features`、全結合を `classifier` という `nn.Sequential` にまとめます。7 節で、層を名前で選ぶためです。
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
# 問 8-2
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


# %% check="8-2"
LeNet = check("8-2")

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

# %%
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
# 元の実習と同じく、計算装置を選び、学習の設定を決め、ループを書き、最後に保存します。
#
# この後の学習には、`batches` を使います。値はあなたのデータローダと同じで、画像を計算装置に置いたまま渡すので、速く済みます。
# 設定は、取り分けた検証データの正解率だけを見て選びます。テストデータは、設定を決めた後で使います。
#
# 目標の正解率は、データの大きさで変わります。ミニ版の画像は、完全版の 15 分の 1 しかないからです。

# %%
if edition("FashionMNIST") == "full":
    batch_size, valid_size, epochs, goal = 128, 5000, 10, 0.88
else:
    batch_size, valid_size, epochs, goal = 64, 500, 8, 0.74

train, valid = split(batches("FashionMNIST", batch_size=batch_size), size=valid_size)
test = batches("FashionMNIST", train=False)
print("訓練", len(train.labels), "検証", len(valid.labels), "テスト", len(test.labels))
print("計算装置", device(), " エポック", epochs, " 目標の正解率", goal)

# %% [markdown]
# ### 問 8-3 学習して、目標に届かせる
#
# `model` を `epochs` エポック学習させ、エポックごとの訓練の損失（バッチの平均）のリストを返しましょう。
# 損失関数は `nn.CrossEntropyLoss()` です。オプティマイザと学習率は、自分で選びます。
#
# シグモイドのネットワークは、はじめに損失が 2.30 の近くで止まることがあります。10 クラスを同じ確率で答えているときの損失です。
# 平らで、なかなか下りられない**台地 (plateau)** にいるのです。元の実習の設定（SGD、学習率 0.001）では、長い間ここから出られません。
#
# 下の確認では、小さな LeNet を、訓練データから選んだ 600 枚で 5 エポックだけ学習させます。
# 別に取り分けた 300 枚の正解率が 0.40 以上なら、台地を出たと判断します。ミニ版でも完全版でも同じです。
# 確認でも本番でも、モデルと画像は同じ計算装置にあります。`train_model` の中で移す必要はありません。
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
# 問 8-3
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


# %% check="8-3"
train_model = check("8-3")

# %% [markdown]
# 本番の学習です。損失が 2.30 から下がり始めるのは、何エポック目ですか。

# %%
torch.manual_seed(0)
untrained = LeNet(in_channels=1, num_classes=10)
torch.manual_seed(0)
lenet = LeNet(in_channels=1, num_classes=10).to(device())
losses = train_model(lenet, train, epochs)
for epoch, loss in enumerate(losses, start=1):
    print(f"{epoch:2} エポック: 訓練の損失 {loss:.3f}")

# %% [markdown]
# まず、検証データの正解率を見ます。目標より低ければ、オプティマイザと学習率を変えて、学習し直しましょう。
# 設定が決まったら、目標に届いたかをテストデータで調べます。テストデータの結果を見て、設定を変えてはいけません。


# %%
def report(model, goal):
    """テストの正解率と、いま使っているデータの目標に届いたかどうかを表示します。"""
    _, accuracy = evaluate(model, test)
    data = {"full": "完全版", "mini": "ミニ版"}[edition("FashionMNIST")]
    verdict = "届きました ✅" if accuracy >= goal else "まだ届きません ❌"
    print(f"{data}のテスト {len(test.labels):,} 枚の正解率 {accuracy:.3f}、目標 {goal}: {verdict}")


print(f"検証の正解率 {evaluate(lenet, valid)[1]:.3f}")
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
# - `confusion_matrix`: 正解が $i$、予測が $j$ の枚数を $i$ 行 $j$ 列に入れたテンソルを返します。
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
# 問 8-4
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


# %% check="8-4"
predict_all, confusion_matrix = check("8-4")

# %% [markdown]
# クラスごとの正解率を、低い順に並べます。対角線の枚数を、その行の合計で割った値です。

# %%
labels, predictions, probabilities = (part.cpu() for part in predict_all(lenet, test))
counts = confusion_matrix(labels, predictions, 10)
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
pictures = test.images.cpu() / 255
plots.plot_misclassified(
    pictures,
    labels,
    predictions,
    JAPANESE,
    confidences=probabilities.max(dim=1).values,
    limit=20,
)

# %% [markdown]
# ## 7. 判断の根拠とフィルタを見る

# %% [markdown]
# ### 問 8-5 Grad-CAM と最初のカーネル
#
# 2 つの関数を書きましょう。モデルは評価モードで渡されます。
#
# - `grad_cam`: 名前が `layer` の層について、`classes` が示すクラスの Grad-CAM を作ります。
#   画像の大きさに広げ、1 枚ごとに最小値を 0、最大値を 1 に引きのばします。値が全部同じマップは、0 にします。
#   途中でエラーが起きても、フックは残しません。
# - `first_kernels`: どんなモデルでも、最初の `nn.Conv2d` の重み (出力, 入力, 高さ, 幅) を返します。
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
# 問 8-5
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
    (activation,) = seen
    chosen = logits.gather(1, classes[:, None]).sum()
    (gradient,) = torch.autograd.grad(chosen, activation)
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


# %% check="8-5"
grad_cam, first_kernels = check("8-5")

# %% [markdown]
# 正しく予測したテスト画像を、1 クラスに 1 枚ずつ選び、最後の特徴 `features.5`（2 番目のシグモイドの出力）の Grad-CAM を重ねます。
# あなたの LeNet で層の名前が違うときは、下の `layer` を書き換えます。名前は `print(lenet)` でわかります。
# シグモイドの前の `features.3` では、重みを掛けて足した値がほとんど負になり、ReLU で消えてしまいます。
#
# LeNet は、28×28 の画像の周りに 0 を足して 32×32 にします。マップも 32×32 の画像に対するものなので、先に自分で足しておきます。
# 正規化の後の 0 は灰色なので、周りに灰色の枠が見えます。


# %%
def framed(chosen):
    """テスト画像を選び、LeNet が見る 32×32 の画像にして返します。"""
    images = torch.cat([images for images, _ in test])
    return F.pad(images[chosen.to(images.device)], (2, 2, 2, 2))


layer = "features.5"
lenet.eval()
correct = predictions == labels
chosen = torch.stack([(correct & (labels == index)).nonzero()[0, 0] for index in range(10)])
images = framed(chosen)
maps = grad_cam(lenet, images, layer, labels[chosen].to(images.device))
plots.plot_overlay(images * 0.5 + 0.5, {"Grad-CAM": maps}, JAPANESE)

# %% [markdown]
# 明るいのは、服のどの部分ですか。袖、襟、裾、靴底など、言葉にしてみましょう。
#
# 服の外が明るい画像や、真っ暗な画像もあります。LeNet は、Grad-CAM に向いていないからです。
#
# - シグモイドの出力は、何もない場所でも必ず正です。ReLU なら、0 にできます。
# - 特徴マップを平らにして、場所ごとに違う重みを掛けます。「05 判断根拠を見る」の 6 節の `Model` と同じです。
#
# このようなマップからは、控えめなことしか言えません。

# %% [markdown]
# 次は、最も多かった取り違えの画像です。自信のあった順に、8 枚まで選びました。題は「正解 → 予測」です。
# 正解のクラスの根拠と、予測したクラスの根拠は、同じ場所にありますか。

# %%
mistakes = counts - counts.diag().diag()
row, column = divmod(mistakes.argmax().item(), 10)
pair = (labels == row) & (predictions == column)
confidence = probabilities.max(dim=1).values
wrong = torch.where(pair, confidence, 0).topk(min(8, int(pair.sum()))).indices
images = framed(wrong)
truth, guess = (part[wrong].to(images.device) for part in (labels, predictions))
plots.plot_overlay(
    images * 0.5 + 0.5,
    {
        "正解のクラス": grad_cam(lenet, images, layer, truth),
        "予測したクラス": grad_cam(lenet, images, layer, guess),
    },
    [
        f"{JAPANESE[a]}\n→ {JAPANESE[b]}"
        for a, b in zip(truth.tolist(), guess.tolist(), strict=True)
    ],
)

# %% [markdown]
# 最初の層のカーネルは 6 個だけです。学習の前と後を、共通の目盛で比べます。
# 5×5 のカーネルには、3×3 では作れなかった模様がありますか。

# %%
plots.plot_filters(
    first_kernels(untrained), first_kernels(lenet), titles=("学習前", "学習後"), columns=6
)

# %% [markdown]
# ## 8. 全結合層の間に活性化関数を置く
#
# 4 節の疑問に戻ります。教材の LeNet は、`between` で全結合層の間に置くものを選べます。
# 同じシード、同じデータ、あなたの `train_model` で、ReLU を置いた LeNet を学習させて比べます。

# %%
from helpers import models

torch.manual_seed(0)
with_relu = models.LeNet(in_channels=1, num_classes=10, between=nn.ReLU).to(device())
losses_with_relu = train_model(with_relu, train, epochs)
print("間に置くもの  訓練の損失  テストの正解率")
for name, model, last_loss in (
    ("なし（表）  ", lenet, losses[-1]),
    ("ReLU        ", with_relu, losses_with_relu[-1]),
):
    print(f"{name}  {last_loss:10.3f}  {evaluate(model, test)[1]:14.3f}")

# %% [markdown]
# ReLU を置いたモデルでは、`merged` で 1 層にまとめても、同じ答えになりません。できる計算の種類は、確かに増えています。

# %% deterministic=true
for name, model in (("なし（表）", models.LeNet(1, 10)), ("ReLU", models.LeNet(1, 10, nn.ReLU))):
    single = merged([layer for layer in model.classifier if isinstance(layer, nn.Linear)])
    print(
        name,
        "1 層と同じ答え:",
        torch.allclose(model.classifier(features), single(features), atol=1e-5),
    )

# %% [markdown]
# では、正解率はどれだけ変わりましたか。正解率は、偶然だけでも、テストが 1,000 枚なら ±0.025、10,000 枚なら ±0.006 ほど変わります。
# 差がそれより小さければ、「よくなった」とは言えません。できる計算が増えることと、正解率が上がることは、別の話です。
#
# 完全版で、シードを 3 通りに変えて学習した平均 ± 標準偏差は、なしが 0.896 ± 0.003、ReLU が 0.898 ± 0.003 でした。
#
# それでも、間に何も置かない並びには、よいところがほとんどありません。
# 4,010 個で済む計算に、56,514 個のパラメータを使うからです。

# %% [markdown]
# ## 9. 挑戦：100,000 個未満で 0.925
#
# 最後の問題です。パラメータが **100,000 個未満**の CNN で、完全版のテストの正解率 **0.925 以上**を目指します。
# 目標の高さを、Fashion-MNIST の公開ページに集められた記録と比べてみましょう。
#
# | 分類したもの | テストの正解率 |
# |---|---|
# | 人 | 0.835 |
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
# ネットワーク `Challenger` と、データ拡張 `augment` を書きましょう。拡張しないなら、画像をそのまま返します。
#
# 下の確認では、パラメータの数を調べ、訓練データから選んだ 400 枚で 4 エポックだけ学習させます。
# 別の 300 枚の正解率が 0.40 以上なら、学習できるネットワークだと判断します。これは入口で、本当の目標は、その次のセルで調べます。
#
# <details><summary>ヒント 1（考え方）</summary>
#
# パラメータは、ほとんどが全結合層にあります。全結合層を 1 つにして、浮いた分を畳み込みに使います。
# 畳み込みは小さなカーネルを重ねます。チャンネルは、画像が小さくなるにつれて増やします。
#
# </details>
# <details><summary>ヒント 2（使う関数）</summary>
#
# 3×3 の畳み込みと `nn.BatchNorm2d`、`nn.ReLU`、`nn.MaxPool2d` の組を重ねます。
# 直後に正規化するなら、畳み込みのバイアスは要りません（`bias=False`）。先にプーリングをすると、後の計算が 4 分の 1 で済みます。
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
# 問 8-6
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


# %% check="8-6"
Challenger, augment = check("8-6")

# %% [markdown]
# データ拡張で、画像がどう変わるかを見ます。上が元の画像、下が変えた画像です。

# %%
torch.manual_seed(0)
images, _ = next(iter(train))
plots.plot_images(torch.cat([images[:10], augment(images[:10])]) * 0.5 + 0.5)

# %% [markdown]
# 本番の学習です。設定は検証の正解率で選び、`report` は最後に 1 回だけ使います。完全版では 12 エポック、ミニ版では時間の節約のために 3 エポックだけ学習します。
#
# 目標の 0.925 は、完全版のものです。ミニ版では、画像が少ないので 0.925 には届きません。0.78 を目標にします。

# %%
epochs, goal = (12, 0.925) if edition("FashionMNIST") == "full" else (3, 0.78)
torch.manual_seed(0)
challenger = Challenger().to(device())
history = fit(
    challenger, train, valid, recipe=dataclasses.replace(FAST, augment=augment), epochs=epochs
)
print(f"パラメータ {sum(p.numel() for p in challenger.parameters()):,} 個")
report(challenger, goal)

# %% [markdown]
# 検証の正解率は、最後のエポックまで上がり続けていますか。訓練の損失だけが下がり続けるなら、過学習が始まっています。

# %%
plots.plot_history(history)

# %% [markdown]
# LeNet と比べて、どのクラスがよくなったかを並べます。伸びの大きいクラスと、ほとんど変わらないクラスの違いは何でしょうか。

# %%
labels, predictions, _ = (part.cpu() for part in predict_all(challenger, test))
counts = confusion_matrix(labels, predictions, 10)
gains = counts.diag() / counts.sum(dim=1) - class_accuracies
for index in gains.argsort(descending=True).tolist():
    print(f"{gains[index]:+.2f}  {NAMES[index]}")

# %% [markdown]
# 最後に、7 節と同じ画像の根拠を、あなたのネットワークで見ます。最後の畳み込み層の Grad-CAM です。
# LeNet のマップと比べて、明るいところは服の形に近づきましたか。

# %%
convolutions = [name for name, layer in challenger.named_modules() if isinstance(layer, nn.Conv2d)]
images = torch.cat([images for images, _ in test])[chosen.to(device())]
challenger.eval()
maps = grad_cam(challenger, images, convolutions[-1], challenger(images).argmax(dim=1))
plots.plot_overlay(images * 0.5 + 0.5, {convolutions[-1]: maps}, JAPANESE)

# %% [markdown]
# ### 考察 8-7 Fashion-MNIST で学んだこと
#
# このノートブックの結果をもとに、次の 3 つについて、合わせて 400 字ほどで書いてください。
#
# 1. 最も多かった取り違え（正解 → 予測）を挙げ、その理由を、画像と Grad-CAM を根拠にして説明してください。
# 2. 全結合層の間に活性化関数を置かないと、何が失われますか。正解率の差は、そのことを示していますか。
# 3. あなたの `Challenger` は、LeNet のどこを変えましたか。変えたことの 1 つについて、なぜ効いたと考えるか、確かめるにはどんな実験をするかを書いてください。

# %% [markdown] essay="8-7" points=6
# 1. 最も多かったのは、シャツを T シャツと間違えたものでした。並べた 8 枚には長い袖がなく、胴の輪郭も T シャツとほとんど同じです。
#    違うのは襟やボタンですが、28×28 の画像では、つぶれてほとんど見えません。
#    Grad-CAM は 5×5 の大まかなマップで、服の外が明るい画像もあり、襟のような細かい違いを根拠にしているとは言えませんでした。
# 2. 3 つの全結合層が、1 つの全結合層と同じ計算になります。特徴を組み合わせて新しい特徴を作ることができなくなります。
#    ただし、ミニ版での正解率の差は、偶然で起こる差より小さく、間に ReLU を置けばよくなるとは言えませんでした。
#    シードを変えて何回も学習し、平均と標準偏差を比べる必要があります。
# 3. 全結合層を 1 つに減らし、3×3 の畳み込みを 4 つに増やし、シグモイドを ReLU とバッチ正規化に変えました。
#    シグモイドの勾配は 1/4 以下なので、層を重ねると小さくなります。バッチ正規化と ReLU では小さくならないので、少ないエポックで学習できたと考えます。
#    確かめるには、ほかは同じで、活性化関数だけをシグモイドに戻したネットワークを、3 つのシードで学習して比べます。

# %% [markdown] rubric="8-7"
# **採点基準（6 点）**
#
# - 最も多い取り違え（正解 → 予測）を、混同行列から正しく挙げている（1 点）。理由を、画像や Grad-CAM の具体的な様子から説明している（さらに 1 点）。
# - 全結合層が 1 つにまとまることを書いている（1 点）。測った差を、偶然の大きさと比べて判断している（さらに 1 点）。
# - 変えたことを挙げ、効いた理由を考えている（1 点）。1 つだけを変えて比べる実験を書いている（さらに 1 点）。

# %% [markdown]
# ## まとめ
#
# - 読み込む、眺める、定義する、学習する、予測する、根拠を見る。新しいデータでも、流れは同じです。
# - シグモイドのネットワークは、はじめに台地で止まることがあります。オプティマイザと学習率が大切です。
# - 間に何もない全結合層は、1 つの全結合層と同じです。
# - よくなったかどうかは、偶然で変わる大きさと比べて判断します。
# - 小さなカーネル、バッチ正規化、データ拡張で、少ないパラメータでも高い正解率が出せます。
#
# これで合宿のノートブックは終わりです。次は、あなた自身のデータで、同じ流れをたどってみてください。
#
# **参考文献**
#
# - H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms", arXiv:1708.07747, 2017. 公開ページは GitHub の zalandoresearch/fashion-mnist です（記録は Benchmark の表にあります）。
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document Recognition", Proceedings of the IEEE, 1998.
# - S. Ioffe, C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift", arXiv:1502.03167, 2015.
# - K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", arXiv:1409.1556, 2014.
