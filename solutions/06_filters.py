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
# # 06 フィルタと特徴マップ
#
# CNN が学習で決めるのは、小さなカーネルの重みです。
# このノートブックでは、カーネルと、それが作る画像を、自分の目で見ます。
# 同じ重みでも、色の付け方で見えるものが変わることも学びます。
#
# **目標**
#
# - カーネルを図にし、何が見えて、何が隠れるかを説明できる。
# - フックを使って、途中の層の特徴マップを正しく集められる。
# - チャンネルが何に反応するかを、3 つの方法で調べられる。
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
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from exercises import check
from helpers import plots
from helpers.data import CLASSES, batches, to_pictures
from helpers.errors import LayerError
from helpers.explain import maximise
from helpers.models import CNN, Model, load_or_train
from helpers.training import device, evaluate

# %% [markdown]
# 学習した `CNN` を使います。保存した重みがなければ、ここで学習します。
# ミニ版では、同じ 13 人が、訓練の数字もテストの数字も書いています。ミニ版の正解率は、モデルが知っている人の字での値です。

# %%
model = load_or_train("CNN")
test = batches("MNIST", train=False)
_, accuracy = evaluate(model, test)
print(f"テストデータの正解率 {accuracy:.3f}")
assert accuracy > 0.7, "学習を途中で止めたときは、このセルを、もう一度実行しましょう。"

# %% [markdown]
# 比べるために、学習前の `CNN` も用意します。`load_or_train` と同じシードから作るので、学習を始めたときと同じ重みです。

# %%
torch.manual_seed(0)
untrained = CNN()

# %% [markdown]
# ## 2. 重みの形
#
# 畳み込み層の重みの形は、(出力チャンネル, 入力チャンネル, 高さ, 幅) です。
# 1 つの出力チャンネルを作るカーネルの組を**フィルタ (filter)** と呼びます。組には、入力チャンネルと同じ枚数のカーネルがあります。
#
# 白黒の画像を受け取る最初の層では、入力チャンネルは 1 つです。2 番目の層では、前の層のチャンネルの数になります。

# %% deterministic=true
print("CNN   conv1     ", tuple(model.conv1.weight.shape))
print("CNN   conv2     ", tuple(model.conv2.weight.shape))
print("Model features.0", tuple(Model().features[0].weight.shape))
print("Model features.2", tuple(Model().features[2].weight.shape))

# %% [markdown]
# 重みは、ただの数です。`CNN` の `conv1` の、0 番のカーネルを、数のまま見てみましょう。
# 何に反応するカーネルか、わかりますか。

# %%
print(model.conv1.weight[0, 0].detach().cpu().numpy().round(2))

# %% [markdown]
# ## 3. カーネルを 1 枚ずつ見る
#
# 数のままでは、模様がよくわかりません。カーネルは、小さな画像として描けます。ただし、重みは負にもなり、大きさもカーネルごとに違います。
# そこで、カーネルを 1 つずつ**標準化 (standardization)** します。
#
# 1. カーネルの平均 $\mu$ を引き、標準偏差 $\sigma$ で割ります。
# 2. 4 で割って 0.5 を足します。$\mu$ は 0.5 に、$\mu - 2\sigma$ は 0 に、$\mu + 2\sigma$ は 1 になります。
# 3. 0 から 1 の外に出た値を、0 か 1 にします。

# %% [markdown]
# ### 問 6-1 カーネルを標準化する
#
# カーネル (N, 高さ, 幅) を 1 つずつ標準化し、同じ形の新しい配列を返しましょう。
# 値が全部同じカーネルは、0.5 にします。
#
# <details><summary>ヒント 1</summary>
#
# `kernels.mean(axis=(1, 2), keepdims=True)` の形は (N, 1, 1) です。引き算や割り算で、カーネルごとに使われます。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# 値が全部同じカーネルの標準偏差は 0 です。0 で割らないように、標準偏差に `1e-6` を足しておきます。
#
# </details>


# %% exercise="6-1"
def standardise(kernels):
    """カーネル (N, 高さ, 幅) を 1 つずつ標準化し、[0, 1] の配列を返します。"""
    ### BEGIN SOLUTION
    mean = kernels.mean(axis=(1, 2), keepdims=True)
    deviation = kernels.std(axis=(1, 2), keepdims=True) + 1e-6
    return np.clip((kernels - mean) / deviation / 4 + 0.5, 0, 1)
    ### END SOLUTION


# %% [markdown]
# 学習した最初の層で試します。値は全部 [0, 1] に入りましたか。

# %% deterministic=true
kernels = standardise(model.conv1.weight.detach().cpu().numpy()[:, 0])
print("形:", kernels.shape)
print("[0, 1] の中にある:", bool(((kernels >= 0) & (kernels <= 1)).all()))

# %% [markdown]
# 元の実習では、$\mu \pm 0.5\sigma$ より外の値を 0 か 1 にしていました。ここで $\mu \pm 2\sigma$ にしたのは、濃淡を残すためです。
# 範囲の外に出る重みの割合を比べます。

# %%
weights = model.conv1.weight.detach().cpu().numpy()[:, 0]
distances = np.abs(weights - weights.mean(axis=(1, 2), keepdims=True))
deviations = weights.std(axis=(1, 2), keepdims=True)
for width in (0.5, 2):
    print(f"μ±{width}σ の外に出る重みの割合 {(distances > width * deviations).mean():.2f}")

# %% [markdown]
# `plot_weights` は、標準化したカーネルを、1 行に 12 枚ずつ並べます。題の「3,0」は、出力チャンネル 3、入力チャンネル 0 という意味です。
# 0 は黒、1 は明るい灰色です。1 を真っ白にしないのは、紙の白と見分けるためです。
# 明るい画素の並び方に注目してください。片側だけが明るいカーネルは、明るさの変わり目に反応します。この変わり目を**エッジ (edge)** と呼びます。

# %% deterministic=true
plots.plot_weights(model, "conv1")

# %% [markdown]
# `features` を持つモデルでは、層を番号で選べます。次は、学習前の `Model` の最初の層 32 個です。
# 学習した `CNN` のカーネルと、見分けが付きますか。

# %% deterministic=true
torch.manual_seed(0)
plots.plot_weights(Model(), 0)

# %% [markdown]
# 畳み込み層ではない層を選ぶと、選べる層を教えてくれます。

# %% deterministic=true
try:
    plots.plot_weights(model, "fc")
except LayerError as error:
    print(error)

# %% [markdown]
# ## 4. 目盛を共通にするか、カーネルごとにするか
#
# 標準化すると、見分けが付かなくなるものがあります。`CNN` の `conv1` の 16 個を、共通の目盛で描き直します。
# 0 を白、正を赤、負を青にし、色の濃さを全部のカーネルでそろえました。元の実習の図は灰色だけで、符号がわかりませんでした。
#
# 最初の灰色の図と比べてください。目立つカーネルは、同じですか。

# %% deterministic=true
plots.plot_filters(model.conv1.weight, scale="shared")

# %% [markdown]
# 2 つの図は、それぞれ違うものを隠します。
#
# | 目盛 | よく見えるもの | 隠れるもの |
# |---|---|---|
# | 共通（0 が中央） | 符号、カーネルどうしの強さの差 | 弱いカーネルの模様 |
# | カーネルごと | どのカーネルの模様も | 符号、強さ |
#
# カーネルごとの図では、ほとんど 0 の弱いカーネルも、強いカーネルと同じくらいはっきり見えます。
# 極端な例で確かめましょう。模様が同じで、強さが 1 倍、0.1 倍、−1 倍、0 倍のカーネルを、2 通りに描きます。

# %% deterministic=true
edge = torch.tensor([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]])
examples = torch.stack([edge, 0.1 * edge, -edge, 0 * edge])[:, None]
plots.plot_filters(examples, scale="shared")

# %% deterministic=true
plots.plot_filters(examples, scale="kernel")

# %% [markdown]
# どちらの目盛で描いたかを書いていない図は、信用できません。

# %% [markdown]
# ## 5. 学習の前と後
#
# 前と後を比べるときは、目盛を共通にします。別々の目盛では、強くなったのか弱くなったのかがわからないからです。
#
# 色の濃さに注目してください。学習前の重みは、どれも同じ範囲から、でたらめに選ばれています。

# %% deterministic=true
before_and_after = (untrained.conv1.weight, model.conv1.weight)
titles = ("学習前", "学習後")
plots.plot_filters(*before_and_after, titles=titles, scale="shared", columns=8)

# %% [markdown]
# 同じ 16 個ずつを、今度はカーネルごとの目盛で描きます。
# 模様が変わったカーネルと、ほとんど変わらないカーネルは、どれですか。強さの変化は、この図からわかりますか。

# %% deterministic=true
plots.plot_filters(*before_and_after, titles=titles, scale="kernel", columns=8)

# %% [markdown]
# 強さの変化を数でも見ます。どのチャンネルがいちばん強くなりましたか。

# %%
strengths = [kernels.detach().cpu().flatten(1).norm(dim=1) for kernels in before_and_after]
for channel, (before, after) in enumerate(zip(*strengths, strict=True)):
    print(f"チャンネル {channel:2}: {before:.2f} → {after:.2f}")

# %% [markdown]
# ## 6. 層全体を 1 枚にする
#
# 2 番目の層には、32 × 16 = 512 個のカーネルがあります。1 枚ずつ別の図にすると、描くのに時間がかかり、見比べるのも大変です。
# そこで、大きな配列 1 つに並べてから、1 枚の画像として描きます。このような図を**モザイク (mosaic)** と呼びます。

# %% [markdown]
# ### 問 6-2 モザイクに並べる
#
# 画像 (N, 高さ, 幅) を左から右へ、1 行に `columns` 枚ずつ並べた、1 つの配列を返しましょう。
#
# - 画像と画像の間は、`gap` 画素だけ空けます。いちばん外側には、すきまを付けません。
# - 画像のない場所は、`fill` で埋めます。最後の行は、途中で終わることがあります。
# - 横幅は、いつも `columns` 枚分です。画像が `columns` 枚より少ないときも、残りを `fill` で埋めます。
# - `gap` は 0 のこともあります。
#
# 例: 3×3 の画像 5 枚を、`columns=2`、`gap=1` で並べると、3 行 2 列なので (11, 7) になります。
#
# <details><summary>ヒント 1</summary>
#
# 先に `np.full(形, fill)` で大きな配列を作り、画像を 1 枚ずつ書き込みます。行の数は切り上げです。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# `row, column = divmod(index, columns)` で、`index` 番の画像の行と列がわかります。上端は `row * (高さ + gap)` です。
#
# </details>


# %% exercise="6-2"
def tile(pictures, columns, gap, fill):
    """画像 (N, 高さ, 幅) を、1 行に columns 枚ずつ並べた配列を返します。"""
    ### BEGIN SOLUTION
    count, height, width = pictures.shape
    rows = -(-count // columns)
    canvas = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), fill)
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        top, left = row * (height + gap), column * (width + gap)
        canvas[top : top + height, left : left + width] = picture
    return canvas
    ### END SOLUTION


# %% [markdown]
# 番号を書いた 2×2 の画像 5 枚で、並び方を確かめます。

# %% deterministic=true
numbered = np.ones((5, 2, 2)) * np.arange(1.0, 6.0)[:, None, None]
print(tile(numbered, columns=3, gap=1, fill=0.0).astype(int))

# %% [markdown]
# `plot_weights` に `collated=True` を渡すと、層全体を 1 枚の**ヒートマップ (heat map)** にします。
# 横が出力チャンネル、縦が入力チャンネルです。1 列が、1 つのフィルタです。
#
# 濃い色の多い行は、重みの大きい入力チャンネルです。全体に薄い行や列はありますか。
# 入力の値の大きさがどのチャンネルも同じくらいなら、濃い行は、この層がよく使うチャンネルです。入力の値が小さければ、重みが大きくても、結果にはあまり効きません。

# %% deterministic=true
plots.plot_weights(model, "conv2", collated=True)

# %% [markdown]
# ## 7. 色のフィルタ
#
# カラー画像を受け取る最初の層では、入力チャンネルは赤、緑、青の 3 つです。
# フィルタ (3, 高さ, 幅) は、そのまま小さなカラー画像として描けます。
#
# 意味のわかるフィルタを、手で 4 つ作りました。次のものに反応します。
#
# - 0 番: 左が暗く、右が明るいエッジ
# - 1 番: 左が緑で、右が赤のエッジ
# - 2 番: 上が青で、下が黄色のエッジ
# - 3 番: 中央だけが明るい点
#
# 重みが 0 の色は、中間の明るさで描かれます。1 番は青の重みが 0 なので、赤は赤紫に、緑は青緑に見えます。


# %% deterministic=true
def colour_kernels():
    """5×5 のカラーのフィルタを 4 つ持つ畳み込み層を返します。"""
    ramp = torch.linspace(-1, 1, 5)
    across, down = ramp.expand(5, 5), ramp[:, None].expand(5, 5)
    spot = torch.exp(-2 * (across**2 + down**2))
    none = torch.zeros(5, 5)
    layer = nn.Conv2d(3, 4, kernel_size=5)
    layer.weight.data = torch.stack(
        [
            torch.stack([across, across, across]),
            torch.stack([across, -across, none]),
            torch.stack([down, down, -down]),
            torch.stack([spot, spot, spot]),
        ]
    )
    return nn.Sequential(layer)


plots.plot_weights(colour_kernels(), "0", single_channel=False)

# %% [markdown]
# 同じ重みを 1 チャンネルずつ描くと、12 枚になります。
# 1 番のフィルタ（1,0 と 1,1 と 1,2）を見てください。模様はわかりますが、色の組み合わせは自分で考えなければなりません。
# 1,2 は全部が 0 なので、灰色です。

# %% deterministic=true
plots.plot_weights(colour_kernels(), "0")

# %% [markdown]
# ## 8. 特徴マップを取り出す
#
# カーネルだけを見ても、何に反応するかはよくわかりません。そこで、画像を入れたときの出力を見ます。
# 畳み込み層の出力を、チャンネルごとの画像と見たものが**特徴マップ (feature map)** です。
#
# 途中の層の出力は、モデルの外には出てきません。いちばん簡単なのは、`forward` から一緒に返すことです。
# `CNN` をもとに、`conv1` の出力も返すモデルを作り、学習した重みを移します。


# %% deterministic=true
class CNNWithMaps(CNN):
    """ロジットと一緒に、conv1 の出力も返す CNN です。"""

    def forward(self, x):
        maps = self.conv1(x)
        x = self.pool1(F.relu(self.bn1(maps)))
        x = self.pool2(F.relu(self.bn2(self.conv2(x))))
        return self.fc(self.flatten(self.gap(x))), maps


opened = CNNWithMaps().to(device())
opened.load_state_dict(model.state_dict())
opened.eval()
images, labels = next(iter(test))
with torch.no_grad():
    _, returned = opened(images)
print("返ってきた conv1 の出力:", tuple(returned.shape))

# %% [markdown]
# 簡単ですが、困ることもあります。見たい層を変えるたびに、`forward` を書きかえます。
# 返る値が 2 つになったので、学習や評価のコードも直さなければなりません。
#
# モデルを書きかえない方法が、**フック (hook)** です。フックは、層が計算するたびに呼ばれる関数です。引数は、層、入力、出力の 3 つです。

# %% deterministic=true
seen = []
handle = model.conv1.register_forward_hook(lambda layer, inputs, output: seen.append(output))
with torch.no_grad():
    model(images)
handle.remove()
print("フックが受け取った conv1 の出力:", tuple(seen[0].shape))
print("forward から返した値と同じ:", torch.allclose(seen[0], returned, atol=1e-5))

# %% [markdown]
# 最後の `handle.remove()` で、フックを外しました。フックは、外すまで呼ばれ続けます。
# 外し忘れると、同じリストに結果がたまり、メモリが減っていきます。モデルを 3 回呼んで、確かめましょう。

# %% deterministic=true
kept = []
handle = model.conv1.register_forward_hook(lambda layer, inputs, output: kept.append(output))
with torch.no_grad():
    model(images)
    model(images)
    print("外す前に 2 回呼ぶ:", len(kept), "個")
    handle.remove()
    model(images)
    print("外してから呼ぶ:", len(kept), "個のまま")

# %% [markdown]
# ### 問 6-3 特徴マップを集める
#
# 全部のバッチを順にモデルに入れ、名前が `layer` の層の出力を 1 つのテンソル (N, C, h, w) にして返しましょう。
# `layer` は、`"conv1"` や、`"features.0"`（`features` の中の 0 番の層）のような名前です。
#
# - 評価モードにして、そのまま終わります。勾配は記録しません。
# - 最後のバッチは、ほかより小さいことがあります。
# - バッチを回すのは 1 回だけです。もう一度呼んでも、前の結果が混ざらないようにします。
# - 自分のフックは必ず外します。途中でエラーが出たときもです。ほかのフックは、そのまま残します。
# - 途中で出たエラーは、消さずに、呼んだ側に届くようにします。
#
# <details><summary>ヒント 1</summary>
#
# 名前から層を取り出すには、`model.get_submodule(layer)` を使います。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# `try:` の中でバッチを回し、`finally:` で `handle.remove()` を呼びます。`finally` は、エラーが出ても実行されます。
#
# </details>
# <details><summary>ヒント 3</summary>
#
# 大きさの違うバッチは、`torch.stack` では重ねられません。`torch.cat` は、枚数の軸でつなぎます。
#
# </details>


# %% exercise="6-3"
def feature_maps(model, layer, batches):
    """全部のバッチについて、名前が layer の層の出力 (N, C, h, w) を返します。"""
    ### BEGIN SOLUTION
    maps = []
    handle = model.get_submodule(layer).register_forward_hook(
        lambda layer, inputs, output: maps.append(output)
    )
    model.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                model(images)
    finally:
        handle.remove()
    return torch.cat(maps)
    ### END SOLUTION


# %% [markdown]
# 最初の 100 枚の特徴マップを集めます。
# 次に、60 枚と 40 枚という端数のあるバッチに分けて、もう一度集めます。同じ結果になり、前の結果は混ざりません。

# %% deterministic=true
conv1_maps = feature_maps(model, "conv1", [(images, labels)])
ragged = [(images[:60], labels[:60]), (images[60:], labels[60:])]
maps_again = feature_maps(model, "conv1", ragged)
print(tuple(conv1_maps.shape), tuple(maps_again.shape))
print("同じ値:", torch.allclose(conv1_maps, maps_again, atol=0.01))

# %% [markdown]
# 最初の 1 枚を、4×4 に並べて見ます。題はチャンネルの番号です。
# エッジの上側だけ、左側だけなど、向きによって違う反応を探してください。それは、どのカーネルから来ましたか。
#
# 背景の色は、チャンネルごとに違います。これは、何かに反応したのではありません。色を見るのは、背景との差です。

# %% deterministic=true
print("正解:", CLASSES["MNIST"][labels[0]])
plots.plot_feature_maps(conv1_maps[0], columns=4)

# %% [markdown]
# 背景の色は、計算で求まります。背景の画素はどれも −1 なので、カーネルの出力は、重みの和に −1 を掛けて、バイアスを足したものです。
# 左上に近い画素の値と比べます。

# %% deterministic=true
background = conv1_maps[0, :, 1, 1].cpu()
computed = (model.conv1.bias - model.conv1.weight.sum(dim=(1, 2, 3))).cpu()
print("バイアス − 重みの和と同じ:", torch.allclose(background, computed, atol=0.01))

# %% [markdown]
# 周りの 1 画素の枠は、画像の外に足した 0 のせいです。
# 背景の画素は −1 なので、外に足した 0 は、モデルにとっては灰色の枠と同じです。カーネルは、この枠と背景の境目に反応しています。

# %% [markdown]
# ### 深い層のマップは読みにくい
#
# 次は、同じ画像の `pool2` の出力です。チャンネルは 32 枚に増え、プーリングを 2 回通ったので、大きさは 7×7 です。
# 数字の形が、まだわかりますか。

# %% deterministic=true
pool2_maps = feature_maps(model, "pool2", [(images, labels)])
plots.plot_feature_maps(pool2_maps[0], columns=8)

# %% [markdown]
# チャンネルが多く、プーリングで粗くなると、モデルが何をしているかは読み取りにくくなります。
# それでも、マップは役に立ちます。**プログラムの間違いを探せる**からです。
#
# 例で確かめましょう。正規化を忘れて、画素を [−1, 1] ではなく [0, 1] のまま、同じモデルに入れます。
# エラーは出ません。正解率だけが変わります。

# %%
forgotten = [(to_pictures(batch), targets) for batch, targets in test]
_, forgotten_accuracy = evaluate(model, forgotten)
print(f"正規化したとき {accuracy:.3f}  忘れたとき {forgotten_accuracy:.3f}")

# %% [markdown]
# `conv1` のマップを見ます。正規化したときのマップにあって、ここにはないものがあります。何でしょうか。

# %% deterministic=true
forgotten_maps = feature_maps(model, "conv1", forgotten[:1])
plots.plot_feature_maps(forgotten_maps[0], columns=4)

# %% [markdown]
# 周りの枠が消えました。背景が、外に足した 0 と同じ値になったということです。ここから、入力の値がおかしいと気づけます。
#
# 設定を調整するときも、同じです。正解率だけを見ていると、なぜよくなったのか、なぜ悪くなったのかがわからず、当てずっぽうに値を変えることになります。
# 中を見ると、次に何を変えるかの見当が付きます。例えば、どの画像でも 0 しか出さないチャンネルが多ければ、学習率が大きすぎたのか、チャンネルが多すぎるのかを調べます。

# %% [markdown]
# ## 9. チャンネルを強く反応させる画像
#
# 1 枚の画像の反応だけでは、チャンネルの役割はわかりません。
# テストデータから、そのチャンネルが最も強く反応した画像を探します。共通点が、チャンネルの好みです。
#
# 2 番目の畳み込みを調べます。バッチ正規化で符号が変わることがあるので、その後の `bn2` の出力を使います。
# この値が正のときだけ、ReLU を通って先に伝わります。

# %% deterministic=true
bn2_maps = feature_maps(model, "bn2", test)
strongest, place = bn2_maps.flatten(2).max(dim=2)
print("特徴マップ:", tuple(bn2_maps.shape), "→ 画像ごとの最大:", tuple(strongest.shape))

# %% [markdown]
# どの画像でも最大が 0 以下のチャンネルは、ReLU の後では 0 しか出しません。ありますか。

# %%
print("0 しか出さないチャンネル:", (strongest.max(dim=0).values <= 0).sum().item(), "個")

# %% [markdown]
# 反応した場所が、入力のどこを見ていたかも求めます。
# `bn2` の 1 画素の受容野は 8×8 です。「02 モデルを定義する」の数え方では、畳み込み、プーリング、畳み込みで 3 → 4 → 8 です。出力の (r, c) は、入力の行 2r − 3 から 8 行、列 2c − 3 から 8 列を見ています。


# %%
def most_exciting(channel, count):
    """channel が最も強く反応した count 枚の番号と、見ていた場所の左上の行と列を返します。"""
    chosen = strongest[:, channel].topk(count).indices
    position = place[chosen, channel]
    row, column = position // bn2_maps.shape[3], position % bn2_maps.shape[3]
    return chosen, torch.stack([2 * row - 3, 2 * column - 3], dim=1)


channels = range(12)
found = [most_exciting(channel, count=10) for channel in channels]
exciting = torch.stack([test.images[chosen] for chosen, _ in found])
corners = torch.stack([corner for _, corner in found])

# %% [markdown]
# 1 行が 1 つのチャンネルです。四角の中を見比べてください。
# 縦線、横線、線の端、曲がり角など、行ごとに共通するものを言葉にしてみましょう。

# %% deterministic=true
plots.plot_exciting_images(exciting, corners, size=8, channels=channels)

# %% [markdown]
# 行の中で、数字の種類はそろっていますか。
# 形の部品に反応するチャンネルでは、違う数字の、同じ形の部分が並びます。

# %% [markdown]
# ## 10. 画像を作って反応させる
#
# データの中から探すかわりに、反応が最も強くなる画像を作ることもできます。
# 重みを固定し、入力の画素を勾配の向きに少しずつ動かします。
# これを**活性最大化 (activation maximization)** と呼びます。
#
# 学習では損失を減らすように重みを動かしました。今度は、反応を増やすように画像を動かします。

# %% deterministic=true
made = torch.stack([maximise(model, "bn2", channel, shape=(1, 28, 28)) for channel in channels])
plots.plot_images(to_pictures(made), [f"ch {channel}" for channel in channels], columns=6)

# %% [markdown]
# 上の図の同じチャンネルと見比べてください。縞の向きは、四角の中の線の向きと合っていますか。
# ほとんど白い画像なら、そのチャンネルの平均は、広く明るい画像で大きくなります。
#
# 数字には見えません。チャンネルは小さな窓の中しか見ないので、同じ模様を画像いっぱいに繰り返せば、反応が大きくなるからです。
# モデルが学習で見たことのない画像でも、反応だけは強くできることに注意してください。

# %% [markdown]
# 反応の大きさを数で確かめます。ここでの反応は、特徴マップ全体の平均です。`maximise` も、この平均を大きくしています。
# テストデータの全部の画像よりも、作った画像のほうが強く反応しますか。

# %%
answers = feature_maps(model, "bn2", [(made.to(device()), labels[: len(made)])]).mean(dim=(2, 3))
of_test = bn2_maps.mean(dim=(2, 3))
for channel in channels:
    print(
        f"チャンネル {channel:2}: テストの最大 {of_test[:, channel].max():5.2f}  "
        f"作った画像 {answers[channel, channel]:5.2f}"
    )

# %% [markdown]
# ### 考察 6-4 フィルタの図から言えること
#
# 次の 3 つについて、図を根拠にして、合わせて 300 字ほどで書いてください。
#
# 1. 学習の前と後で、最初の層のカーネルの、強さと模様はどう変わりましたか。それぞれ、共通の目盛とカーネルごとの目盛の、どちらの図から言えることですか。
# 2. 2 番目の層のチャンネルを 1 つ選び、何に反応するかを、反応した画像と作った画像の両方から説明してください。
# 3. 「このチャンネルは縦線の検出器だ」と言い切ってよいでしょうか。確かめるには、何を調べますか。

# %% [markdown] essay="6-4" points=6
# 1. 学習後は、色の濃いカーネルが増え、強さの差が大きくなりました。これは、共通の目盛の図から言えることです。
#    模様は、カーネルごとの目盛の図で比べられます。例えば 2 番では、左の列の中央が目立つようになりました。
#    多くのカーネルには、学習前の模様が残っています。符号は、共通の目盛の図でしかわかりません。
# 2. 例えば 7 番のチャンネルでは、反応した画像の四角の中に、どの数字でも太い縦線がありました。
#    作った画像も縦の縞になったので、太い縦線に反応すると考えられます。
# 3. 言い切れません。上位の 10 枚は、最も強い反応だけを見せていて、ほかの形にも中くらいに反応するかもしれないからです。
#    縦線や横線だけの画像を自分で作って反応を比べ、反応の弱い画像や中くらいの画像も見て確かめます。

# %% [markdown] rubric="6-4"
# **採点基準（6 点）**
#
# - 学習の前後の違いを、図から読み取って書いている（1 点）。それがどちらの目盛から言えるかを正しく書いている（さらに 1 点）。
# - チャンネルの反応を、反応した画像の共通点から説明している（1 点）。作った画像とも照らし合わせている（さらに 1 点）。
# - 言い切れない理由を書いている（1 点）。確かめる方法を具体的に書いている（さらに 1 点）。

# %% [markdown]
# ## まとめ
#
# - 重みは、0 を中央にした共通の目盛で描くと、符号と強さがわかります。カーネルごとに標準化すると、模様がわかります。
# - たくさんのカーネルは、1 枚のモザイクに並べて描きます。
# - フックで途中の出力を受け取ります。使い終わったら、エラーが出ても必ず外します。
# - チャンネルの役割は、カーネル、反応した画像、作った画像を合わせて考えます。
# - 深い層のマップは読みにくくても、プログラムの間違いや、次に変える設定の手がかりになります。
#
# **次は**: 「07 B2-1 Keras で CNN」では、別のライブラリで同じ流れをたどります。
#
# **参考文献**
#
# - M. D. Zeiler, R. Fergus, ["Visualizing and Understanding Convolutional Networks"](https://arxiv.org/abs/1311.2901), 2013.（強く反応する画像）
# - D. Erhan, Y. Bengio, A. Courville, P. Vincent, ["Visualizing Higher-Layer Features of a Deep Network"](https://www.researchgate.net/publication/265022827_Visualizing_Higher-Layer_Features_of_a_Deep_Network), Université de Montréal, 2009.（活性最大化）
# - C. Olah, A. Mordvintsev, L. Schubert, ["Feature Visualization"](https://doi.org/10.23915/distill.00007), Distill, 2017.
