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
# # 01 データを読み込み、眺める
#
# 画像の分類は、データを見ることから始まります。
# 分類がうまくいかないとき、原因がデータの側にあることは、めずらしくありません。
# このノートブックでは、手書き数字の画像 **MNIST** を PyTorch で読み込み、自分の目で確かめます。
# 画像が表す数字を**ラベル (label)** と呼びます。ラベルの種類（0〜9 の 10 種類）を**クラス (class)** と呼びます。
# 画像からクラスを当てる計算のしくみが**モデル (model)** です。モデルは、次の「02 モデルを定義する」で作ります。
#
# **目標**
#
# - 画像をテンソルに変え、値の範囲をそろえる。
# - 訓練用とテスト用のデータを、バッチに分けて取り出す。
# - 画像と、クラスごとの枚数と、画素の値の分布を図にして読む。
#
# **時間の目安**: 60 分
#
# **進め方**: `# 問 1-1` のように始まるセルが演習です。
# `raise NotImplementedError` の行を消して、コードを書いてください。
# 次のセルが、答えをその場で確かめます。
# まだ書いていない問や間違っている問では、教材の解答例を使って先へ進みます。だから、難しい問は後に回してかまいません。

# %% [markdown]
# 提出する人は、ここに書いてください。
#
# - 学生証番号:
# - 名前:
# - メールアドレス:

# %% [markdown]
# ## 1. 準備
#
# 最初に、動かす環境と、使うデータを確かめます。
# インターネットにつながらないときは、「ミニ版」という小さなデータで動きます。

# %%
from helpers.preflight import preflight

preflight("MNIST")

# %%
import numpy as np
import torch
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from exercises import check
from helpers import plots
from helpers.data import CLASSES, batches, prepare

# %% [markdown]
# ## 2. 変換：画像をテンソルにする
#
# ファイルの中の画像は、0 から 255 までの整数が 28×28 個並んだものです。
# モデルに入れる前に、次の 2 つの**変換 (transform)** をします。
#
# 1. **テンソル (tensor)** にします。テンソルは、NumPy の配列と同じく、数を縦横に並べたものです。`ToTensor` は、値を 0〜1 の小数に直し、形を (チャンネル, 高さ, 幅) にします。
# 2. **正規化 (normalization)** をします。`Normalize` は、値から平均を引き、**標準偏差 (standard deviation)** で割ります。
#
# **チャンネル (channel)** は、1 つの画素が持つ値の種類です。白黒の画像では 1 つ、カラーの画像では赤、緑、青の 3 つです。
#
# なぜ正規化するのでしょうか。
# モデルは、入力に**重み (weight)** という数を掛けて足し合わせます。重みは、学習で少しずつ直します。
# 入力の値が大きいほど、重みを少し変えただけで、結果が大きく変わります。
# だから、1 回に直すちょうどよい幅は、入力の値の範囲によって違います。
# 範囲をいつも同じにしておけば、別のデータでも、同じ幅から学習を始められます。
#
# ここでは平均 0.5、標準偏差 0.5 を使います。0 は $(0 - 0.5) / 0.5 = -1$ に、1 は $1$ になるので、どの画像も [-1, 1] に入ります。
# この 0.5 は、範囲を決めるために選んだ数です。画素の本当の平均と標準偏差は、5 節で測ります。

# %% [markdown]
# ### 問 1-1 変換を作る
#
# 画像をテンソルにし、平均 0.5、標準偏差 0.5 で正規化する変換を返しましょう。
# 変換は `transforms.Compose([...])` でつなげます。
#
# <details><summary>ヒント</summary>
#
# `transforms.Normalize(平均, 標準偏差)` の引数は、チャンネルごとの値を並べたタプルです。
# 白黒の画像はチャンネルが 1 つなので、`(0.5,)` のように書きます。
#
# </details>


# %% exercise="1-1"
def make_transform():
    """画像を [-1, 1] のテンソル (1, H, W) にする変換を返します。"""
    ### BEGIN SOLUTION
    return transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    ### END SOLUTION


# %% [markdown]
# `prepare` は、データの置き場所を返します。
# `datasets.MNIST` に置き場所と変換を渡して、データを開きます。
# **訓練データ (training data)** はモデルを学習させるため、
# **テストデータ (test data)** は学習した後で実力を測るために使います。
# テストデータを学習に使ってはいけません。答えを見てから試験を受けるのと同じだからです。
#
# ミニ版の手書き数字は 13 人が書きました。同じ人の字が、訓練データにもテストデータにもあります。
# だから、ミニ版のテストは、知っている人の字を読む試験です。

# %%
root = prepare("MNIST")
train_set = datasets.MNIST(root, train=True, transform=make_transform())
test_set = datasets.MNIST(root, train=False, transform=make_transform())

# %% [markdown]
# 1 枚取り出して、形と値の範囲を確かめましょう。
# 形の最初の 1 は、白黒なのでチャンネルが 1 つあることを表します。

# %% deterministic=true
image, label = train_set[0]
print("形:", tuple(image.shape))
print("最小値:", image.min().item(), "最大値:", image.max().item())
print("ラベル:", label)

# %% [markdown]
# ## 3. データローダ：バッチに分ける
#
# 画像を 1 枚ずつ学習に使うと、重みの更新が不安定で、計算も遅くなります。
# 全部をいちどに使うと、途中の計算がメモリに入りきらないことがあります。
# そこで、100 枚ほどの束に分けます。この束を**バッチ (batch)** と呼びます。
#
# バッチを作るのが**データローダ (data loader)** です。大事な引数が 3 つあります。
#
# | 引数 | 意味 |
# |---|---|
# | `batch_size` | 1 つのバッチの枚数 |
# | `shuffle` | 1 周ごとに、順序を混ぜるか |
# | `num_workers` | 画像を用意する別のプロセスの数 |
#
# 訓練データは混ぜます。同じ数字ばかりのバッチが続くと、モデルがその数字にかたよるからです。
# テストデータは混ぜません。順序が決まっていれば、間違えた画像を後で探せます。
#
# `num_workers` を増やすと、計算と並行して次のバッチを用意できます。
# ただし、プロセスを作る手間もかかります。ここでは、初めの値の 0 のままにします。0 なら、別のプロセスを作りません。

# %% [markdown]
# ### 問 1-2 データローダを作る
#
# 訓練用とテスト用のデータローダを、この順に 2 つ返しましょう。
# バッチは 100 枚です。訓練用だけを混ぜます。
#
# <details><summary>ヒント</summary>
#
# `DataLoader` の 1 つ目の引数はデータセットです。ほかは、表の名前で `batch_size=` のように渡します。
#
# </details>


# %% exercise="1-2"
def make_loaders(train_set, test_set):
    """(訓練用の DataLoader, テスト用の DataLoader) を返します。"""
    ### BEGIN SOLUTION
    train_loader = DataLoader(train_set, batch_size=100, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=100, shuffle=False)
    return train_loader, test_loader
    ### END SOLUTION


# %% [markdown]
# 訓練用のデータローダから、最初のバッチを取り出します。
# `iter` で読み出しを始め、`next` で 1 つ進めます。
# `torch.manual_seed(0)` は、乱数の出方を決めます。この 0 を**シード (seed)** と呼びます。混ぜた順序が、いつも同じになります。
# 形を (N, C, H, W) と読みます。N は枚数、C はチャンネル、H は高さ、W は幅です。

# %%
train_loader, test_loader = make_loaders(train_set, test_set)
torch.manual_seed(0)
images, labels = next(iter(train_loader))

# %% deterministic=true
print("画像の形:", tuple(images.shape))
print("ラベルの形:", tuple(labels.shape))

# %% [markdown]
# ## 4. 画像を眺める
#
# いま画素は [-1, 1] にあります。図にするには、[0, 1] に戻す必要があります。

# %% [markdown]
# ### 問 1-3 正規化を元に戻す
#
# 正規化は $y = (x - 0.5) / 0.5$ でした。$x$ について解き、元の値を返しましょう。
# 型は 32 ビットの小数 (`torch.float32`) のままにします。
# 受け取った `images` は、後でまた使います。書きかえてはいけません。


# %% exercise="1-3"
def unnormalise(images):
    """[-1, 1] の画素を [0, 1] に戻した、新しいテンソルを返します。"""
    ### BEGIN SOLUTION
    return images * 0.5 + 0.5
    ### END SOLUTION


# %% [markdown]
# バッチの 100 枚を並べます。
# 同じ数字でも、太さ、傾き、形がどれほど違うかに注目してください。
# 人でも迷う画像はありますか。

# %% deterministic=true
plots.plot_images(unnormalise(images))

# %% [markdown]
# 最初の 4 枚のラベルです。上の図の左上から 4 枚と合っていますか。

# %% deterministic=true
print("最初の 4 枚のラベル:", [CLASSES["MNIST"][label] for label in labels[:4]])

# %% [markdown]
# ## 5. 数えて、測る
#
# 次は、データの全体を数で確かめます。
# 画像を 1 枚ずつ変換せずに、`train_set.data` から整数のまま取り出します。

# %% deterministic=true
train_images, train_labels = train_set.data.numpy(), train_set.targets.numpy()
print("形:", train_images.shape, "型:", train_images.dtype)
print("最小値:", train_images.min(), "最大値:", train_images.max())

# %% [markdown]
# ### 問 1-4 枚数、平均、標準偏差
#
# クラスごとの枚数（NumPy の配列、形は (10,)）、画素の平均、画素の標準偏差を、この順に返しましょう。
# 平均と標準偏差は、画素を 255 で割って [0, 1] にしてから計算します。
# 標準偏差は、差の 2 乗の合計を画素の個数で割り、平方根をとったものです（個数 − 1 で割っても、ここでは差が見えません）。
#
# <details><summary>ヒント 1</summary>
#
# 枚数は `np.bincount` で数えられます。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# 1 枚もないクラスがあると、結果が 10 個になりません。`minlength` を調べてみましょう。
#
# </details>


# %% exercise="1-4"
def describe_data(images, labels):
    """クラスごとの枚数の配列 (10,)、画素の平均、画素の標準偏差を返します。画素は [0, 1] とします。"""
    ### BEGIN SOLUTION
    counts = np.bincount(labels, minlength=10)
    pixels = images / 255
    return counts, pixels.mean(), pixels.std()
    ### END SOLUTION


# %% [markdown]
# MNIST の完全版では、平均は 0.1307、標準偏差は 0.3081 になります。
# ミニ版は別の手書き数字から作ったので、少し違う値になります。

# %% deterministic=true
counts, mean, std = describe_data(train_images, train_labels)
print("枚数:", counts.tolist())
print(f"平均: {mean:.4f}  標準偏差: {std:.4f}")

# %% [markdown]
# クラスごとの枚数を棒グラフで見ます。いちばん多いクラスは、いちばん少ないクラスの何倍ですか。
# 枚数に大きなかたよりがあると、多いクラスばかり答えるモデルでも、**正解率 (accuracy)**（当たった枚数の割合）が高く見えてしまいます。

# %% deterministic=true
plots.plot_class_counts(train_labels, CLASSES["MNIST"])

# %% [markdown]
# 画素の値の**ヒストグラム (histogram)** です。縦軸は**対数目盛 (logarithmic scale)** です。数字の付いた目盛を 1 つ上がると、10 倍になります。
# 訓練データの最初の 1,000 枚を使います。
# ほとんどの画素が背景の黒で、その次に多いのは白に近い画素であることを読み取ってください。
# ミニ版の画素は 18 種類の値しかとらないので、棒の間が空きます。
#
# 正規化すると、形は変わらずに、横軸の範囲だけが変わります。
# 破線の平均は、正規化の後で −0.7 ほどです。黒い画素が多いので、0.5 を引いても 0 にはなりません。
# 本当の平均を引き、本当の標準偏差で割れば、平均は 0、標準偏差は 1 になります。

# %% deterministic=true
pixels = train_images[:1000] / 255
plots.plot_pixel_histogram(pixels, (pixels - 0.5) / 0.5)

# %% [markdown]
# ## 6. 速く読む
#
# データローダは、画像を 1 枚ずつ取り出し、1 枚ずつ変換します。
# MNIST は小さいので、全部の画像を、計算装置（CPU や GPU）のメモリに置けます。
# `helpers.data.batches` は、整数のままの画像を最初に置いておき、バッチに切ってから、まとめて変換します。
# 中身が同じであることを確かめましょう。

# %% deterministic=true
slow_images, slow_labels = next(iter(DataLoader(test_set, batch_size=100)))
fast_images, fast_labels = next(iter(batches("MNIST", train=False, device="cpu")))
print("画像が同じ:", torch.equal(slow_images, fast_images))
print("ラベルが同じ:", torch.equal(slow_labels, fast_labels))

# %% [markdown]
# テストデータの全部のバッチを 1 回読む時間を、ミリ秒で比べます。1 ミリ秒は 1/1000 秒です。何倍違いますか。
# `batches` が最初に画像をメモリに置く時間は、含めません。何周も学習すると、1 周にかかる時間のほうが大事だからです。
# 次のノートブックからは `batches` を使います。

# %%
import time


def milliseconds_for_one_pass(loader):
    """loader を最初から最後まで 1 回読み、かかった時間（ミリ秒）を返します。"""
    start = time.perf_counter()
    for _ in loader:
        pass
    return 1000 * (time.perf_counter() - start)


slow = milliseconds_for_one_pass(test_loader)
fast = milliseconds_for_one_pass(batches("MNIST", train=False))
print(f"DataLoader {slow:.1f} ミリ秒、batches {fast:.1f} ミリ秒（{slow / fast:.0f} 倍）")

# %% [markdown]
# ### 考察 1-5 データを見て気づいたこと
#
# 次の 2 つについて、図や数値を根拠にして、200 字ほどで書いてください。
#
# 1. モデルが間違えそうな数字の組は、どれとどれですか。なぜそう思いますか。
# 2. 正規化に、0.5 と 0.5 ではなく「本当の平均と標準偏差」を使うと、入力の何が変わり、何が変わらないでしょうか。

# %% [markdown] essay="1-5" points=4
# 1. 4 と 9、3 と 5、7 と 1 は間違えやすいと思います。画像の一覧を見ると、上が開いていない 4 は 9 とほとんど同じ形です。
#    3 と 5 も、上の横棒のつながり方しか違いません。
# 2. 本当の平均と標準偏差で正規化すると、画素の値の平均が 0、標準偏差が 1 になります。
#    変わるのは値の原点と目盛だけです。画素の大小の順や、画像の形についての情報は変わりません。
#    どちらの正規化も 1 次式なので、片方の値からもう片方の値を計算できます。
#    ただし、1 回に直すちょうどよい幅は、入力の範囲によって少し変わるかもしれません。

# %% [markdown] rubric="1-5"
# **採点基準（4 点）**
#
# - 間違えそうな組を挙げ、画像の形を根拠にしている（1 点）。形のどこが似ているかまで書いている（さらに 1 点）。
# - 値の原点と目盛が変わることを書いている（1 点）。
# - 画像の情報が失われないことを、理由とともに書いている（1 点）。
#   「最初の層の重みとバイアスで打ち消せる」も正しい理由です。ただし、0 を足すパディングがあると、画像の端では打ち消せません。

# %% [markdown]
# ## まとめ
#
# - 画像は、変換でテンソル (N, C, H, W) になります。値の範囲は正規化でそろえます。
# - 訓練データは混ぜ、テストデータは混ぜません。
# - 図にする前に、正規化を元に戻します。
# - 学習の前に、画像、クラスの枚数、画素の分布を自分の目で確かめます。
#
# **次は**: 「02 モデルを定義する」では、この画像を入れるネットワークを作ります。
#
# **参考文献**
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, ["Gradient-Based Learning Applied to Document Recognition"](https://doi.org/10.1109/5.726791), Proc. IEEE, 1998.（MNIST の出典）
# - Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, ["Efficient BackProp"](https://doi.org/10.1007/3-540-49430-8_2), in Neural Networks: Tricks of the Trade, 1998.（入力をそろえる理由は 4.3 節）
