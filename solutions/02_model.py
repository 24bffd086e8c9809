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
# # 02 モデルを定義する
#
# このノートブックでは、画像を分類する**畳み込みニューラルネットワーク (convolutional neural network, CNN)** を作ります。
# ネットワークは、**層 (layer)** と呼ぶ計算を順に並べたものです。
# 同じネットワークを 2 通りに書き、次に、ずっと小さいネットワークと比べます。
#
# **目標**
#
# - 層を通るごとに、形がどう変わるかを計算できる。
# - 層のパラメータの数を、手で数えられる。
# - `nn.Module` を使って、自分でネットワークを書ける。
#
# **時間の目安**: 90 分

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

preflight("MNIST")

# %%
import torch
import torch.nn.functional as F
from torch import nn
from torchinfo import summary

from exercises import check
from helpers.data import batches

# %% [markdown]
# ## 2. 畳み込みとは
#
# **畳み込み (convolution)** では、小さな重みの表を画像の上で動かします。この表を**カーネル (kernel)** と呼びます。
# 置いた場所で画素と重みを掛け、全部足したものが、出力の 1 つの値になります。
#
# ![5×5 の入力に 3×3 のカーネルを置き、掛けて足すと出力の値 1 つになる図](../assets/convolution.png)
#
# なぜ、画素ごとに別々の重みを使わないのでしょうか。理由は 2 つあります。
#
# - 線や角のような特徴は、近くの画素で決まります。3×3 ほどの範囲を見ればわかります。
# - 同じ特徴は、画像のどこにでも現れます。同じカーネルをどこでも使えば、覚える重みが少なくなります。
#
# 図のカーネルは、縦の線に強く反応します。CNN では、こうした重みをデータから学習します。
# なお、数学の畳み込みはカーネルを裏返して掛けます。CNN では裏返しません。重みは学習で決まるので、どちらでも同じです。

# %% [markdown]
# 図の計算を PyTorch で確かめます。
# `F.conv2d` は、(枚数, チャンネル, 高さ, 幅) の画像と、(出力チャンネル, 入力チャンネル, 高さ, 幅) の重みを受け取ります。
# ここではどちらも 1 枚、1 チャンネルなので、`reshape` で 1 の軸を足します。中央の値が 5 になりますか。

# %% deterministic=true
image = torch.tensor(
    [[0, 0, 1, 1, 0], [0, 1, 1, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [0, 1, 1, 1, 0]],
    dtype=torch.float32,
)
kernel = torch.tensor([[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]], dtype=torch.float32)
result = F.conv2d(image.reshape(1, 1, 5, 5), kernel.reshape(1, 1, 3, 3))
print(result.reshape(3, 3))

# %% [markdown]
# **入力が 2 チャンネル以上のとき**は、入力チャンネルごとに別のカーネルを使います。
# チャンネルごとに掛けて足した値を、同じ場所どうしで、全部のチャンネルについて足します。
# 最後に、**バイアス (bias)** という数を 1 つ足します。こうして、出力チャンネルが 1 枚できます。
#
# 1 枚の出力チャンネルを作るカーネルの組を、**フィルタ (filter)** と呼びます。
# フィルタには、入力チャンネルと同じ枚数のカーネルがあります。
# 出力を 32 チャンネルにするには、フィルタを 32 個使います。
#
# ![2 枚の入力チャンネルに、カーネルを 1 枚ずつ置く。2 枚のカーネルの組がフィルタ 1 個。掛けて足した値を、2 つのチャンネルについて足し、バイアスも足すと、出力チャンネル 1 枚になる図](../assets/convolution-channels.png)
#
# 図の計算も確かめます。`kernel.T` は、縦と横を入れかえた、横の線のカーネルです。左上の値が 13 になりますか。

# %% deterministic=true
two_channels = torch.tensor(
    [
        [[0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 1, 1]],
        [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 1, 0]],
    ],
    dtype=torch.float32,
)
kernels = torch.stack([kernel, kernel.T])
bias = torch.tensor([1.0])
result = F.conv2d(two_channels.reshape(1, 2, 4, 4), kernels.reshape(1, 2, 3, 3), bias)
print(result.reshape(2, 2))

# %% [markdown]
# ## 3. 出力の大きさ
#
# 3×3 のカーネルを 28×28 の画像に置くと、端にはみ出さない場所は縦横とも 26 か所です。だから出力は 26×26 になります。
#
# 大きさを決めるものが、ほかに 2 つあります。
#
# - **ストライド (stride)**: カーネルを何画素ずつ動かすか。
# - **パディング (padding)**: 画像の上下左右の外側に、0 を何画素ずつ足すか。
#
# 2 節の 5×5 の画像で、`padding=1` を試します。
# 足した後の画像と、畳み込みの結果を見てください。結果は、元の画像と同じ 5×5 です。

# %% deterministic=true
print(F.pad(image, (1, 1, 1, 1)))
result = F.conv2d(image.reshape(1, 1, 5, 5), kernel.reshape(1, 1, 3, 3), padding=1)
print(result.reshape(5, 5))

# %% [markdown]
# **最大プーリング (max pooling)** も同じように窓を動かし、窓の中の最大値だけを残します。
# ここでは 2×2 の窓を、重ならないように 2 画素ずつ動かします。
# 画像が小さくなり、特徴の位置が少しずれても、結果が変わりにくくなります。

# %% [markdown]
# ### 問 2-1 出力の大きさ
#
# 入力の 1 辺 `size`、カーネルの 1 辺 `kernel`、ストライド、パディングから、出力の 1 辺を返しましょう。
# カーネルが置ける場所の数を考えます。割り切れないときは、はみ出す場所を捨てます。
#
# <details><summary>ヒント 1</summary>
#
# パディングは両側に付きます。画像の 1 辺はいくつになりますか。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# カーネルの左端は、どこからどこまで動けますか。`stride` おきに何か所ありますか。
#
# </details>


# %% exercise="2-1"
def output_size(size, kernel, stride=1, padding=0):
    """畳み込みやプーリングの、出力の 1 辺の画素数（整数）を返します。"""
    ### BEGIN SOLUTION
    return (size + 2 * padding - kernel) // stride + 1
    ### END SOLUTION


# %% [markdown]
# これから作るネットワークの形を、順に計算します。28 → 26 → 24 → 12 になりますか。

# %% deterministic=true
size = 28
for name, kernel_size, stride in (("conv1", 3, 1), ("conv2", 3, 1), ("max pool", 2, 2)):
    size = output_size(size, kernel_size, stride)
    print(f"{name:8} → {size}×{size}")
print("平らにすると", 64 * size * size)

# %% [markdown]
# ## 4. 関数型の書き方：Net
#
# PyTorch のモデルは、`nn.Module` を継承したクラスです。
# `__init__` で層を作り、`forward` で計算の順序を書きます。`__init__` の最初には `super().__init__()` が要ります。
# `Net` は、ReLU やプーリングを `forward` の中で関数として呼びます。
#
# - **畳み込み層**: `nn.Conv2d(1, 32, kernel_size=3)` は、1 チャンネルの画像を 32 チャンネルにします。フィルタが 32 個あり、1 個が 1 枚の出力チャンネルを作ります。
# - **全結合層 (fully connected layer)**: 全部の入力と全部の出力を重みでつなぎます。`nn.Linear(入力の数, 出力の数)` です。
# - **ReLU (rectified linear unit)**: 負の値を 0 にします。このように、層の間で値を変える関数を**活性化関数 (activation function)** と呼びます。畳み込みや全結合だけでは、いくつ重ねても 1 つの 1 次式と同じです。
# - **ドロップアウト (dropout)**: 学習のあいだだけ、ランダムに選んだ値を 0 にします。特定の値に頼りすぎるのを防ぎます。`nn.Dropout(0.25)` の 0.25 は、1 つの値を 0 にする確率です。
#
# 最後の出力は**ロジット (logit)** です。クラスごとの得点で、まだ確率ではありません。
#
# 元の実習は `nn.Dropout2d` を使っていました。これは、チャンネルを丸ごと 0 にする層です。
# 平らにした値にはチャンネルがないので、`nn.Dropout` に変えました。


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3)
        self.dropout1 = nn.Dropout(0.25)
        self.dropout2 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(9216, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(x, 2)
        x = torch.flatten(self.dropout1(x), 1)
        x = F.relu(self.fc1(x))
        return self.fc2(self.dropout2(x))


# %% [markdown]
# 本物の画像を 1 バッチ入れてみます。1 枚につき、10 個のロジットが出ます。

# %% deterministic=true
images, labels = next(iter(batches("MNIST", train=False, device="cpu")))
print("入力:", tuple(images.shape), "→ 出力:", tuple(Net()(images).shape))

# %% [markdown]
# ドロップアウトだけを取り出して、100 万個の 1 を入れます。
# モデルや層には、**学習モード (training mode)** と**評価モード (evaluation mode)** があります。
# 作ったときは学習モードで、`eval()` で評価モードに変わります。
# 学習モードで残った値が 1 / (1 − 0.25) 倍になることに注目してください。0 にした分を補い、平均を保つためです。

# %% deterministic=true
dropout = nn.Dropout(0.25)
ones = torch.ones(1000, 1000)
dropped = dropout(ones)
zeros = (dropped == 0).float().mean()
print(f"学習モード: 0 になった割合 {zeros:.2f}、残った値 {dropped.max():.3f}")
print("評価モード: 入力と同じ", torch.equal(dropout.eval()(ones), ones))

# %% [markdown]
# ## 5. パラメータを数える
#
# 学習で決まる数を**パラメータ (parameter)** と呼びます。
#
# - 畳み込み層には、出力チャンネルと同じ個数のフィルタがあります。1 個のフィルタには、入力チャンネルと同じ枚数のカーネルと、バイアスが 1 つあります。
# - 全結合層では、出力ごとに、入力と同じ個数の重みと、バイアスが 1 つあります。

# %% [markdown]
# ### 問 2-2 パラメータの数
#
# 畳み込み層と全結合層のパラメータの数を返す関数を書きましょう。カーネルは正方形で、バイアスもあります。
#
# <details><summary>ヒント 1</summary>
#
# `kernel` が 3 のとき、カーネル 1 枚には 9 個の重みがあります。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# まず、フィルタ 1 個のパラメータを数えます。2 節の図では、カーネルは何枚、バイアスは何個ありましたか。
#
# </details>


# %% exercise="2-2"
def convolution_parameters(in_channels, out_channels, kernel):
    """kernel × kernel の畳み込み層のパラメータの数（整数）を返します。"""
    ### BEGIN SOLUTION
    return out_channels * (in_channels * kernel**2 + 1)
    ### END SOLUTION


def linear_parameters(in_features, out_features):
    """全結合層のパラメータの数（整数）を返します。"""
    ### BEGIN SOLUTION
    return out_features * (in_features + 1)
    ### END SOLUTION


# %% [markdown]
# 4 つの層を合計します。全体のほとんどを、1 つの層が占めることに注目してください。どの層ですか。

# %% deterministic=true
counts = {
    "conv1": convolution_parameters(1, 32, 3),
    "conv2": convolution_parameters(32, 64, 3),
    "fc1": linear_parameters(9216, 128),
    "fc2": linear_parameters(128, 10),
}
for name, count in counts.items():
    print(f"{name:5} {count:>9,}")
print(f"合計  {sum(counts.values()):>9,}")

# %% [markdown]
# PyTorch が数えた値と比べましょう。

# %% deterministic=true
print(f"{sum(parameter.numel() for parameter in Net().parameters()):,}")

# %% [markdown]
# ## 6. 部品に分ける書き方：Model
#
# 後のノートブックでは、ネットワークの途中の値を取り出します。
# そのために、同じネットワークを 2 つの部品に分けて書きます。
#
# - `features`: 画像から特徴を取り出す部分。(N, 1, 28, 28) → (N, 64, 12, 12)
# - `classifier`: 特徴から分類する部分。(N, 9216) → (N, 10)
#
# `nn.Sequential` は、層を順に通すだけの部品です。ReLU とプーリングも、`nn.ReLU()`、`nn.MaxPool2d(2)` という層として並べます。
# 2 つの層で試します。出力は 8 チャンネルで、負の値はありません。

# %% deterministic=true
two_layers = nn.Sequential(nn.Conv2d(1, 8, kernel_size=3), nn.ReLU())
print(tuple(two_layers(images).shape), "負の値がある:", (two_layers(images) < 0).any().item())

# %% [markdown]
# ### 問 2-3 Model
#
# `Net` と同じ計算をする `Model` を書きましょう。部品の名前は `features` と `classifier` にします。
# 後でパラメータを数えるので、大きさを後から決める `nn.LazyLinear` などは使いません。
#
# <details><summary>ヒント 1</summary>
#
# `features` には、畳み込み、ReLU、畳み込み、ReLU、最大プーリング、ドロップアウトの 6 層が並びます。
# ドロップアウトは、`classifier` の最初に置いても同じ計算です。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# 2 つの部品の間で、`torch.flatten(x, 1)` を使って (N, 9216) に平らにします。
#
# </details>


# %% exercise="2-3"
class Model(nn.Module):
    """Net と同じネットワークを、features と classifier に分けたもの。"""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=3),
            nn.ReLU(),
            nn.Conv2d(32, 64, kernel_size=3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
        )
        self.classifier = nn.Sequential(
            nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)
        )
        ### END SOLUTION

    def forward(self, x):
        """画像 (N, 1, 28, 28) のロジット (N, 10) を返します。"""
        ### BEGIN SOLUTION
        return self.classifier(torch.flatten(self.features(x), 1))
        ### END SOLUTION


# %% [markdown]
# **torchinfo** というライブラリの `summary` で、層ごとの形とパラメータの数を表にします。
# `input_size` の最初の 1 は、画像の枚数です。モデルに 1 枚を通して、形を調べています。
# 「Output Shape」の列で 26 → 24 → 12 を、「Param #」の列で問 2-2 の値を探してください。
# 元の実習の torchsummary は更新が止まっているので、torchinfo に変えました。

# %%
summary(Model(), input_size=(1, 1, 28, 28), device="cpu")

# %% [markdown]
# 部品を別々に呼べることも確かめます。`torch.flatten(features, 1)` は、枚数の軸を残して平らにします。

# %% deterministic=true
model = Model()
features = model.features(images)
flat = torch.flatten(features, 1)
print(tuple(features.shape), "→", tuple(flat.shape), "→", tuple(model.classifier(flat).shape))

# %% [markdown]
# ## 7. 受容野
#
# 出力の 1 つの値が見ている、入力の範囲を**受容野 (receptive field)** と呼びます。
# 3×3 の畳み込みを 2 回重ねると、受容野は 5×5 になります。1 回目に見た 3×3 が、2 回目に 3×3 個集まるからです。
#
# 本当にそうか、微分を使って調べます。出力の 1 点を入力の画素で微分すると、その点に関係する画素だけが 0 でなくなります。
# `requires_grad=True` のテンソルには、`backward()` の後で、微分した値が `.grad` に入ります。
# 縦にも横にも 5 画素が並ぶことを確かめてください。

# %% deterministic=true
pixels = torch.zeros(1, 1, 28, 28, requires_grad=True)
two_convolutions = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Conv2d(8, 8, 3))
two_convolutions(pixels)[0, :, 12, 12].sum().backward()
rows, columns = pixels.grad[0, 0].nonzero(as_tuple=True)
print("縦:", rows.unique().tolist(), "横:", columns.unique().tolist())

# %% [markdown]
# プーリングでも、受容野は広がります。大きさ $k$ のカーネルは、受容野を $(k - 1) \times j$ 画素だけ広げます。
# $j$ は、その層に入る値の隣どうしが、入力の画像で何画素離れているかです。ストライド $s$ の層を通ると、$j$ は $s$ 倍になります。
#
# `Net` では、畳み込み、畳み込み、プーリングで 1 → 3 → 5 → 6 です。プーリングの後は $j = 2$ なので、次の層からは 2 倍の速さで広がります。

# %% [markdown]
# ## 8. 小さなネットワーク：CNN
#
# `Net` のパラメータは、ほとんどが全結合層にありました。
# `CNN` は、大きな全結合層を使わずに、次の 2 つを取り入れます。
#
# - **バッチ正規化 (batch normalization)**: チャンネルごとに、バッチの中の平均と標準偏差で値をそろえます。提案した論文は、学習が速くなったと報告しています。
#   そろえた後に掛ける数と足す数も学習します。評価モードでは、学習中にためた平均と標準偏差を使います。
# - **大域平均プーリング (global average pooling)**: 各チャンネルを、縦と横にわたる平均 1 つにまとめます。画像の大きさによらず、チャンネルと同じ数の値になります。
#
# 層は次のとおりです。
#
# | 名前 | 層 | 出力の形（28×28 のとき） |
# |---|---|---|
# | `conv1` | 畳み込み 3×3、16 チャンネル、`padding=1` | (N, 16, 28, 28) |
# | `bn1` | バッチ正規化、その後に ReLU | (N, 16, 28, 28) |
# | `pool1` | 最大プーリング 2×2 | (N, 16, 14, 14) |
# | `conv2` | 畳み込み 3×3、32 チャンネル、`padding=1` | (N, 32, 14, 14) |
# | `bn2` | バッチ正規化、その後に ReLU | (N, 32, 14, 14) |
# | `pool2` | 最大プーリング 2×2 | (N, 32, 7, 7) |
# | `gap` | 大域平均プーリング | (N, 32, 1, 1) |
# | `flatten` | 平らにする | (N, 32) |
# | `fc` | 全結合層 | (N, クラス数) |

# %% [markdown]
# ### 問 2-4 CNN
#
# 上の表のネットワークを書きましょう。入力チャンネルとクラスの数は、引数で変えられるようにします。
# 名前は変えてもかまいません。ただし、後のノートブックでは、`CNN` の層を表の名前で指します。
#
# <details><summary>ヒント 1</summary>
#
# バッチ正規化は `nn.BatchNorm2d(チャンネル数)` です。引数は、直前の畳み込みの出力チャンネルの数です。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# 大域平均プーリングは `nn.AdaptiveAvgPool2d(1)`、平らにする層は `nn.Flatten()` です。
# 2 つの代わりに、`x.mean(dim=(2, 3))` と書いても同じです。
#
# </details>


# %% exercise="2-4"
class CNN(nn.Module):
    """バッチ正規化と大域平均プーリングを使う小さな CNN。"""

    def __init__(self, in_channels=1, num_classes=10):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, 16, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm2d(16)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.bn2 = nn.BatchNorm2d(32)
        self.pool2 = nn.MaxPool2d(2)
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(32, num_classes)
        ### END SOLUTION

    def forward(self, x):
        """画像 (N, in_channels, H, W) のロジット (N, num_classes) を返します。"""
        ### BEGIN SOLUTION
        x = self.pool1(F.relu(self.bn1(self.conv1(x))))
        x = self.pool2(F.relu(self.bn2(self.conv2(x))))
        return self.fc(self.flatten(self.gap(x)))
        ### END SOLUTION


# %% [markdown]
# `Model` と並べて、パラメータの数を比べます。`CNN` の 5,226 個は、畳み込みが 160 + 4,640、バッチ正規化が 32 + 64、全結合が 330 です。
# バッチ正規化は、そろえた値に掛ける数と足す数を、チャンネルごとに 1 つずつ学習します。
#
# 1 枚の画像に要る計算の回数と、パラメータを置くメモリも比べます。
# `total_mult_adds` は、掛けて足す計算のおよその回数です。パラメータは 1 個が 4 バイト、1 キロバイトは 1,000 バイトです。
# パラメータの数は約 230 倍違います。計算の回数は、何倍違いますか。

# %% deterministic=true
for network in (Model(), CNN()):
    costs = summary(network, input_size=(1, 1, 28, 28), device="cpu", verbose=0)
    kilobytes = 4 * costs.total_params / 1000
    print(
        f"{type(network).__name__:5} パラメータ {costs.total_params:>9,}  "
        f"計算 {costs.total_mult_adds:>10,} 回  メモリ {kilobytes:>5,.0f} キロバイト"
    )

# %% [markdown]
# 大域平均プーリングのおかげで、`CNN` は 28×28 でない画像も受け取れます。56×56 の画像で試します。

# %% deterministic=true
large = torch.zeros(2, 1, 56, 56)
print("CNN:", tuple(CNN()(large).shape))

# %% [markdown]
# `Model` ではどうなるか、予想してから実行してください。
# エラーの文の `(2x43264 and 9216x128)` を読みます。
# 全結合層は 1 枚につき 9216 個の値を待っていたのに、64 × 26 × 26 = 43264 個の値が来ました。

# %%
try:
    Model()(large)
except RuntimeError as error:
    print("Model:", error)

# %% [markdown]
# ## 9. 学習していないモデル
#
# 重みがでたらめのとき、正解率はどれくらいでしょうか。10 クラスなので、当てずっぽうなら 0.1 ほどです。
# 一緒に表示する「損失」は、間違いの大きさです。次のノートブックで説明します。

# %% deterministic=true
from helpers.training import evaluate

torch.manual_seed(0)
for network in (Model(), CNN()):
    loss, accuracy = evaluate(network, batches("MNIST", train=False, device="cpu"))
    print(f"{type(network).__name__:5} 損失 {loss:.1f}  正解率 {accuracy:.1f}")

# %% [markdown]
# ### 考察 2-5 120 万個と 5 千個
#
# `Model` は約 120 万個、`CNN` は約 5 千個のパラメータを持ちます。
# 完全版の MNIST の 60,000 枚で学習すると、テストの正解率は、2 エポックの `Model` が 0.989、5 エポックの `CNN` が 0.967 でした（シード 3 通りの平均）。
# **エポック (epoch)** は、訓練データを全部 1 回ずつ使うことです。
#
# 次の 2 つについて、200 字ほどで書いてください。
#
# 1. パラメータの数の差は、どの層から来ますか。数値を挙げて説明してください。
# 2. パラメータが多いことの利点と欠点を、少なくとも 1 つずつ、理由とともに書いてください。正解率と、8 節で比べた計算の回数やメモリを、根拠に使えます。

# %% [markdown] essay="2-5" points=4
# 1. `Model` の fc1 は 9216 × 128 + 128 = 1,179,776 個で、全体の 98% を占めます。特徴マップを平らにしてから全結合するためです。
#    `CNN` は大域平均プーリングで 32 個の値にまとめるので、最後の層は 32 × 10 + 10 = 330 個で済みます。
# 2. 利点: パラメータが多いと、細かい形の違いまで表せます。学習の回数が少なくても、`Model` の正解率は `CNN` より高くなりました。
#    欠点: 計算もメモリも多く要ります。`Model` の計算の回数は `CNN` の約 12 倍、メモリは約 230 倍です。
#    データが少ないと、訓練データの細かい特徴まで覚えてしまい、新しい画像で間違えやすくなるおそれもあります。

# %% [markdown] rubric="2-5"
# **採点基準（4 点）**
#
# - 差が最初の全結合層から来ると書いている（1 点）。数値で裏づけている（さらに 1 点）。
# - 利点を 1 つ以上、理由とともに挙げている（1 点）。
# - 欠点を 1 つ以上、理由とともに挙げている（1 点）。計算、メモリ、必要なデータの量のどれでもよい。

# %% [markdown]
# ## まとめ
#
# - 畳み込みは、小さなカーネルを画像のどこでも使い回します。入力チャンネルごとの結果を足すと、出力チャンネルが 1 枚できます。
# - 出力の大きさは $\lfloor (n + 2p - k) / s \rfloor + 1$ です。
# - パラメータの多くは、最初の全結合層にあります。大域平均プーリングは、それをなくします。
# - モデルはロジットを返します。確率に直す計算はモデルに入れず、学習では損失関数の中で、予測ではロジットを受け取った後で行います。
#
# **次は**: 「03 学習する」では、このモデルの重みをデータから決めます。
#
# **参考文献**
#
# - M. Lin, Q. Chen, S. Yan, ["Network in Network"](https://arxiv.org/abs/1312.4400), 2013.（大域平均プーリング）
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov, ["Dropout: A Simple Way to Prevent Neural Networks from Overfitting"](https://jmlr.org/papers/v15/srivastava14a.html), JMLR, 2014.
# - S. Ioffe, C. Szegedy, ["Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift"](https://arxiv.org/abs/1502.03167), 2015.
