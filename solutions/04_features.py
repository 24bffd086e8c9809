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
# # 04 特徴ベクトルを見る
#
# 学習したモデルは、画像を数の並びに変えてから分類します。この並びを**特徴ベクトル (feature vector)** と呼びます。
# このノートブックでは、特徴ベクトルを集め、2 次元や 3 次元の地図に描きます。
# そして、その地図から読み取ってよいことと、いけないことを確かめます。
#
# **目標**
#
# - モデルを部品ごとに呼び、途中の出力を取り出せる。
# - 主成分分析を、自分の手で書ける。
# - PCA、t-SNE、UMAP の地図を、正しく読める。
#
# **時間の目安**: 80 分

# %% [markdown]
# 提出する人は、ここに書いてください。
#
# - 学生証番号:
# - 名前:
# - メールアドレス:

# %% [markdown]
# ## 1. 準備
#
# `load_or_train` は、保存された重みがあれば読み込み、なければ学習します。最初の 1 回だけ、少し時間がかかります。

# %%
from helpers.preflight import preflight

preflight("MNIST")

# %%
import numpy as np
import torch

from exercises import check
from helpers import embed, plots
from helpers.data import CLASSES, batches
from helpers.models import load_or_train

classes = CLASSES["MNIST"]
test = batches("MNIST", train=False, batch_size=100)
model = load_or_train("Model")

# %% [markdown]
# ## 2. モデルを部品ごとに呼ぶ
#
# `Model` は、`features` と `classifier` の 2 つの部品からできています。別々に呼ぶと、途中の出力が見えます。
#
# 1. `features` は、画像を 64 枚の 12×12 の**特徴マップ (feature map)** に変えます。特徴マップは、層の出力を、チャンネルごとの画像と見たものです。
# 2. 特徴マップを平らにすると、1 枚の画像が 9,216 個の数になります。
# 3. `classifier` は、それを 10 個のロジットに変えます。
#
# 100 枚の画像で、形がどう変わるかを確かめましょう。

# %% deterministic=true
first_images, _ = next(iter(test))
with torch.no_grad():
    first_maps = model.features(first_images)
    first_flat = torch.flatten(first_maps, 1)
    first_logits = model.classifier(first_flat)

for output, meaning in [
    (first_images, "画像"),
    (first_maps, "特徴マップ"),
    (first_flat, "平らにした特徴"),
    (first_logits, "ロジット"),
]:
    print(tuple(output.shape), meaning)

# %% [markdown]
# 784 個の画素が、いったん 9,216 個に増え、最後に 10 個になりました。
# モデルは、この 10 個の数だけから答えを決めます。画像のほかの情報は、ここでは使えません。

# %% [markdown]
# ## 3. テストデータ全体のロジットを集める
#
# 地図を描くには、たくさんの点が要ります。1 つのバッチではなく、テストデータ全体のロジットを集めます。
# 結果は、NumPy の配列にします。1 行が、1 枚の画像です。

# %% [markdown]
# ### 問 4-1 ロジットを集める
#
# 全部のバッチを順にモデルに入れ、ロジット (N, 10) と正解のラベル (N,) を、NumPy の配列で返しましょう。
#
# - 評価モードにして、そのまま終わります。勾配は記録しません。
# - 最後のバッチは、ほかより小さいことがあります。
# - バッチの順序は、回すたびに混ざることがあります。
# - 部品の名前はモデルによって違うので、`model(images)` で、モデル全体を呼びます。
# - エラーは、そのまま伝わるようにします。
#
# <details><summary>ヒント 1</summary>
#
# 集めるだけなので、「03 学習する」の評価と同じ注意が要ります。モデルのモードと、勾配の記録です。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# バッチごとのテンソルをリストに足していき、最後に `torch.cat` でつなぎます。`.cpu().numpy()` で配列になります。
#
# </details>


# %% exercise="4-1"
def collect_logits(model, batches):
    """(ロジット (N, クラス数), 正解のラベル (N,)) を、NumPy の配列で返します。"""
    ### BEGIN SOLUTION
    model.eval()
    logits, labels = [], []
    with torch.no_grad():
        for images, targets in batches:
            logits.append(model(images).cpu())
            labels.append(targets.cpu())
    return torch.cat(logits).numpy(), torch.cat(labels).numpy()
    ### END SOLUTION


# %% [markdown]
# 形を確かめます。ミニ版の画像は 500 枚、完全版は 10,000 枚です。1 行が、1 枚の画像です。

# %% deterministic=true
logits, labels = collect_logits(model, test)
print("ロジット", logits.shape, "ラベル", labels.shape)

# %% [markdown]
# 最大のロジットのクラスが予測なので、正解率も計算できます。
# ミニ版では、同じ 13 人が、訓練の数字もテストの数字も書いています。ミニ版の正解率は、モデルが知っている人の字での値です。

# %%
accuracy = (logits.argmax(axis=1) == labels).mean()
print(f"テストデータの正解率 {accuracy:.3f}")
assert accuracy > 0.9, (
    "学習を途中で止めたときは、load_or_train のセルから、もう一度実行しましょう。"
)

# %% [markdown]
# ## 4. 主成分分析：いちばん広がった向きから見る
#
# 10 次元の点は、そのままでは描けません。2 次元に減らす必要があります。これを**次元削減 (dimensionality reduction)** と呼びます。
#
# **主成分分析 (principal component analysis, PCA)** は、点がいちばん広がっている向きを探します。
# その向きが第 1 主成分です。第 1 主成分に直交する向きの中で、いちばん広がった向きが第 2 主成分です。
# 点をこれらの向きに射影すると、地図になります。真横から光を当てて、影を見るのと同じです。
#
# 向きは、**特異値分解 (singular value decomposition, SVD)** で求まります。
# 点を行に並べ、列ごとの平均を引いた行列を $X$ とします。$X = U S V^\top$ と分解すると、
#
# - $V^\top$ の行が、主成分の向きです。広がった順に並んでいます。
# - $S$ は、それぞれの向きの広がり（特異値）です。
# - 射影した座標は $X V = U S$ です。

# %% [markdown]
# ### 問 4-2 SVD による主成分分析
#
# 点 (N, D) を、はじめの `n` 個の主成分に射影し、座標 (N, n) を返しましょう。
# 向きの正負は、どちらでもかまいません。
#
# <details><summary>ヒント 1</summary>
#
# 列ごとの平均は `x.mean(axis=0)` です。元の `x` は書きかえません。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# 平均を引いた点を `centred` とすると、`u, s, vt = np.linalg.svd(centred, full_matrices=False)` で分解できます。
# `s` は、特異値を大きい順に並べた 1 次元の配列です。行列の積は `@` です。
#
# </details>


# %% exercise="4-2"
def pca_by_svd(x, n):
    """点 (N, D) の、はじめの n 個の主成分の座標 (N, n) を返します。"""
    ### BEGIN SOLUTION
    centred = x - x.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    return (u * s)[:, :n]
    ### END SOLUTION


# %% [markdown]
# 自分の関数で、地図を描きましょう。軸の PC1 は第 1 主成分、PC2 は第 2 主成分です。番号は、クラスごとの中央値の位置に書いてあります。
# どの数字が離れ、どの数字が重なっていますか。

# %% deterministic=true
projected = pca_by_svd(logits, 2)
plots.plot_embedding(projected, labels, classes, title="PCA", axis="PC")

# %% [markdown]
# 影には、元の広がりの一部しか残りません。分散の何割が残ったかを、**寄与率 (explained variance ratio)** と呼びます。
# 2 つの主成分だけでは、重なって見える点が、本当に近いとは限りません。

# %%
explained = projected.var(axis=0) / logits.var(axis=0).sum()
print("第 1、第 2 主成分の寄与率", explained.round(3))
print(f"失われた分散の割合 {1 - explained.sum():.3f}")

# %% [markdown]
# ## 5. t-SNE と UMAP：近いものを近くに置く
#
# PCA は、全体の広がりを残します。次の 2 つは、考え方が違います。**隣どうしの関係**を残そうとします。
#
# - **t-SNE (t-distributed stochastic neighbor embedding)**: 各点について「隣である確率」を、元の空間と地図の両方で計算し、2 つが近づくように点を動かします。
#   何個ほどの隣を見るかを**パープレキシティ (perplexity)** で決めます。
# - **UMAP (uniform manifold approximation and projection)**: 隣どうしを線でつないだグラフを作り、つながった点は引き合い、ほかの点は離れるように動かします。
#
# どちらも乱数を使うので、実行するたびに違う地図になります。シードを決めると、同じ環境なら、いつも同じ地図になります。

# %% [markdown]
# ### ライブラリを呼ぶだけなら、1 行
#
# 3 つとも、ライブラリにあります。PCA と t-SNE は [scikit-learn](https://scikit-learn.org/)、UMAP は [umap-learn](https://umap-learn.readthedocs.io/) です。使い方は同じです。
# 何次元にするかを決めて作り、`fit_transform` に点 (N, D) を渡します。座標 (N, n) が返ります。
#
# はじめの 300 点で呼んでみましょう。`import_umap` は、`import umap` と同じです。ただし、ここで使わない TensorFlow を一緒に読み込みません。
# UMAP は、最初の 1 回だけ、計算の準備に 10 秒ほどかかります。

# %% deterministic=true
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

umap = embed.import_umap()

few = logits[:300]
library_maps = {
    "PCA": PCA(n_components=2).fit_transform(few),
    "t-SNE": TSNE(n_components=2, random_state=0).fit_transform(few),
    "UMAP": umap.UMAP(n_components=2, random_state=0, n_jobs=1).fit_transform(few),
}
for method, places in library_maps.items():
    print(places.shape, method)

# %% [markdown]
# ライブラリの PCA と、自分で書いた PCA は、同じ座標になりましたか。向きの正負は決まっていないので、絶対値で比べます。

# %% deterministic=true
by_hand = np.abs(pca_by_svd(few, 2))
print("同じ座標:", np.allclose(by_hand, np.abs(library_maps["PCA"]), atol=0.01))

# %% [markdown]
# 3 枚の地図にします。PCA の地図は、自分で描いた地図と、左右や上下が逆になることがあります。

# %% deterministic=true
plots.plot_embeddings(library_maps, labels[:300], classes, axes={"PCA": "PC"})

# %% [markdown]
# 呼ぶのは簡単です。難しいのは、できた地図を正しく読むことです。ここからは、読み方を考えます。
#
# ### テストデータ全体の地図
#
# 元の実習では、100 点だけの UMAP を描きました。ここでは、テストデータの全部の点を描きます。
# `embed.pca`、`embed.tsne`、`embed.umap` は、中で同じライブラリを呼び、進み具合を見せます。
# 完全版の 10,000 点では、t-SNE に 1 分、UMAP に 15 秒ほどかかります。

# %%
embeddings = {
    "PCA": embed.pca(logits),
    "t-SNE": embed.tsne(logits, seed=0),
    "UMAP": embed.umap(logits, seed=0),
}
plots.plot_embeddings(embeddings, labels, classes, axes={"PCA": "PC"})

# %% [markdown]
# 同じ点の、3 枚の地図です。PCA で重なった数字のうち、t-SNE と UMAP で分かれたものはどれですか。
# 違う色の島に入った点もあります。モデルは、その画像に迷ったのでしょうか。考察 4-4 で考えます。
#
# UMAP で 3 次元にも減らせます。2 次元では置き場所がなくて離せなかった点も、離せることがあります。

# %%
plots.plot_embedding(embed.umap(logits, 3, seed=0), labels, classes, title="UMAP（3 次元）")

# %% [markdown]
# ## 6. 最後から 2 番目の層を見る
#
# ロジットは、10 クラスの得点です。1 つ手前の層は、もっと多くのことを覚えているかもしれません。
# `classifier` の中の層には、番号の名前が付いています。`classifier.1` は、128 個の数を出す ReLU です。
# この特徴を**最後から 2 番目の層 (penultimate layer)** の特徴と呼びます。
#
# 途中の出力を取り出すには、**フック (hook)** を使います。層に関数を登録しておくと、層が計算するたびに、その関数が呼ばれます。
#
# ```python
# handle = layer.register_forward_hook(hook)   # hook(module, inputs, output) が呼ばれます
# model(images)
# handle.remove()                              # 外さないと、ずっと呼ばれ続けます
# ```

# %% [markdown]
# ### 問 4-3 フックで特徴を集める
#
# 名前が `layer` の層の出力を、フックで集めましょう。1 枚の画像の出力を平らにして (N, D) の配列にし、ラベル (N,) と一緒に返します。
#
# - 評価モードにして、そのまま終わります。勾配は記録しません。
# - バッチについての注意は、問 4-1 と同じです。
# - もう一度呼んでも、前の結果が混ざらないようにします。
# - モデルの計算の結果は変えません。
# - 付けたフックは必ず外します。途中でエラーが出たときもです。エラーは、そのまま伝わるようにします。ほかのフックは残します。
#
# <details><summary>ヒント 1</summary>
#
# 層は `model.get_submodule(layer)` で取り出せます。名前は `"classifier.1"` のように点でつなぎます。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# フックの中で `output.flatten(1).cpu()` をリストに足します。リストは、関数の中で新しく作ります。
#
# </details>
# <details><summary>ヒント 3</summary>
#
# フックを付けた後を `try:` の中に書き、`finally:` で `handle.remove()` を呼びます。`finally` は、エラーが出ても実行されます。
#
# </details>


# %% exercise="4-3"
def collect_features(model, batches, layer):
    """(層 layer の出力 (N, D), 正解のラベル (N,)) を、NumPy の配列で返します。"""
    ### BEGIN SOLUTION
    features, labels = [], []

    def hook(module, inputs, output):
        features.append(output.flatten(1).cpu())

    model.eval()
    handle = model.get_submodule(layer).register_forward_hook(hook)
    try:
        with torch.no_grad():
            for images, targets in batches:
                model(images)
                labels.append(targets.cpu())
    finally:
        handle.remove()
    return torch.cat(features).numpy(), torch.cat(labels).numpy()
    ### END SOLUTION


# %% [markdown]
# 128 次元の特徴を集めます。

# %% deterministic=true
features, _ = collect_features(model, test, "classifier.1")
print("最後から 2 番目の層", features.shape)

# %% [markdown]
# ロジットの地図と並べます。2 枚に共通する島と、片方だけで分かれた島を探してください。

# %%
penultimate = embed.umap(features, seed=0)
plots.plot_embeddings(
    {"ロジット": embeddings["UMAP"], "最後から 2 番目の層": penultimate}, labels, classes
)

# %% [markdown]
# ## 7. この地図が示さないこと
#
# きれいな地図は、信じたくなります。しかし、描かれた形の全部に意味があるわけではありません。
#
# ### 失われる情報
#
# 10 次元の関係を、2 次元に全部は残せません。
# 10 次元でいちばん近い 10 個の点を「隣」と呼びます。そのうち、地図でもいちばん近い 10 個に残った割合を数えます。

# %%
from sklearn.neighbors import NearestNeighbors


def nearest(points):
    """各点にいちばん近い 10 個の点の番号 (N, 10) を返します。"""
    return NearestNeighbors(n_neighbors=10).fit(points).kneighbors(return_distance=False)


true_neighbours = nearest(logits)
for method, places in embeddings.items():
    pairs = zip(true_neighbours, nearest(places), strict=True)
    kept = np.mean([len(np.intersect1d(*pair)) / 10 for pair in pairs])
    print(f"{method:6} 隣が残った割合 {kept:.2f}")

# %% [markdown]
# 隣を残すための t-SNE と UMAP でも、全部は残りません。地図で隣の点が、元の空間でも隣とは限りません。

# %% [markdown]
# ### 島の大きさと、島どうしの距離
#
# 次は、答えを知っているデータで確かめましょう。3 つの集まりを 10 次元に作ります。
# A から C までの距離は、A から B までの 6 倍です。C の広がりは、A の 10 倍です。点から計算して確かめます。

# %% deterministic=true
rng = np.random.default_rng(0)
groups = np.repeat([0, 1, 2], 60)
centres = np.zeros((3, 10))
centres[1, 0], centres[2, 0] = 20, 120
spreads = np.array([1, 1, 10])
points = centres[groups] + spreads[groups, None] * rng.normal(size=(len(groups), 10))


def describe_groups(points):
    """C の広がりが A の何倍か、A–C の距離が A–B の距離の何倍かを、文にします。"""
    middles = np.array([points[groups == group].mean(axis=0) for group in range(3)])
    spread_a, _, spread_c = (points[groups == group].std(axis=0).mean() for group in range(3))
    near, far = np.linalg.norm(middles[1:] - middles[0], axis=1)
    return f"広がり C/A {spread_c / spread_a:4.1f} 倍  距離 AC/AB {far / near:4.1f} 倍"


print(describe_groups(points), "元の点")

# %% [markdown]
# 地図では、どう見えるでしょうか。

# %%
group_maps = {
    "PCA": embed.pca(points),
    "t-SNE perplexity 5": embed.tsne(points, perplexity=5),
    "t-SNE perplexity 30": embed.tsne(points, perplexity=30),
    "UMAP": embed.umap(points),
}
plots.plot_embeddings(group_maps, groups, ("A", "B", "C"), axes={"PCA": "PC"}, columns=2)

# %% [markdown]
# 見た目だけでなく、数でも比べます。

# %%
for method, places in group_maps.items():
    print(describe_groups(places), method)

# %% [markdown]
# t-SNE と UMAP の地図では、10 倍の広がりも、6 倍の距離も、ほとんど消えています。
# どちらも、隣までの距離の基準を点ごとに決めるので、まばらな集まりは縮み、密な集まりは広がります。
# **島の大きさと、島どうしの距離は、読み取れません**。

# %% [markdown]
# ### ない島が見える
#
# 次は、集まりのない点です。10 次元の正規分布から、でたらめに 180 個とりました。
# 正しい答えは「島はない」です。

# %%
noise = np.random.default_rng(1).normal(size=(180, 10))
noise_maps = {
    "PCA": embed.pca(noise),
    "t-SNE perplexity 2": embed.tsne(noise, perplexity=2),
    "t-SNE perplexity 30": embed.tsne(noise, perplexity=30),
}
plots.plot_embeddings(noise_maps, np.zeros(len(noise), dtype=int), ("乱数",), axes={"PCA": "PC"})

# %% [markdown]
# パープレキシティが小さいと、ほんの少しの偶然の近さから、島や糸のような形ができます。
# 1 枚の地図だけで「島がある」と言ってはいけません。設定を変えて、何度も描きます。

# %% [markdown]
# ### シードを変える
#
# 同じ 500 点のロジットを、シードだけ変えて UMAP で描きます。変わらないものと、変わるものは何でしょうか。

# %%
seed_maps = {f"UMAP seed {seed}": embed.umap(logits[:500], seed=seed) for seed in range(3)}
plots.plot_embeddings(seed_maps, labels[:500], classes)

# %% [markdown]
# 島の位置は変わりました。では、どの点がどの島に入るかは、変わったでしょうか。
# 点ごとに、周りの 10 個の点でいちばん多いクラスを調べます。それが 3 枚とも同じなら、同じ島に入ったと見なします。


# %%
def surroundings(places):
    """各点の周りの 10 個の点で、いちばん多いクラス (N,) を返します。"""
    return np.array([np.bincount(labels[indices]).argmax() for indices in nearest(places)])


around = np.array([surroundings(places) for places in seed_maps.values()])
print(f"3 枚とも同じ島に入った点の割合 {(around == around[0]).all(axis=0).mean():.2f}")

# %% [markdown]
# 読み取ってよいのは、どの地図にも共通することだけです。

# %% [markdown]
# ## 8. 2 個のユニットの特徴層
#
# 次元を減らさずに、特徴をそのまま描く方法もあります。はじめから 2 個の数しか出さない層を、モデルの中に作るのです。層が出す数の 1 つ 1 つを**ユニット (unit)** と呼びます。
# `MLP` は、全結合層と ReLU だけのモデル、**多層パーセプトロン (multilayer perceptron, MLP)** です。784 → 256 → 128 → 2 と減らし、その 2 個の数から 10 クラスに分けます。
#
# 784 個の画素を 2 個の数にするのですから、画像の情報の多くは失われます。
# それでも、モデルが分類に使う数は、この 2 個で全部です。だから、この図を描くときには、何も失われません。
# まず、2 個でも分類できていることを確かめます。

# %%
mlp = load_or_train("MLP")
mlp_logits, _ = collect_logits(mlp, test)
mlp_accuracy = (mlp_logits.argmax(axis=1) == labels).mean()
print(f"テストデータの正解率 {mlp_accuracy:.3f}")
assert mlp_accuracy > 0.7, "学習を途中で止めたときは、このセルを、もう一度実行しましょう。"

# %% [markdown]
# 背景の色は、そこに点があったときの予測です。同じ色の範囲を**決定領域 (decision region)** と呼びます。


# %% deterministic=true
mlp_features, _ = collect_features(mlp, test, "features")


def classify(places):
    """特徴 (M, 2) から、MLP が予測するクラス (M,) を返します。"""
    with torch.no_grad():
        weights = next(mlp.parameters())
        return mlp.classifier(torch.from_numpy(places).to(weights)).argmax(dim=1).cpu()


plots.plot_embedding(
    mlp_features,
    labels,
    classes,
    title="MLP の特徴層",
    axis="ユニット ",
    classify=classify,
)

# %% [markdown]
# クラスの境界は、まっすぐな線です。2 個の特徴からロジットを作るのが、1 つの全結合層だからです。
# 多くのクラスは、中心から外に向かう扇のように並びます。扇の中では、外側の点ほど、ロジットの差が大きく、自信のある予測になります。
# ほかのクラスに囲まれたクラスには、これは当てはまりません。図にありますか。
#
# この地図の位置は、モデルが分類に使う数そのものです。PCA や t-SNE の地図とは、意味が違います。

# %% [markdown]
# ### 考察 4-4 地図の読み方
#
# このノートブックの図をもとに、次の 3 つについて、300 字ほどで書いてください。
#
# 1. ロジットの t-SNE の地図で、離れた 2 つの島は、似ていないクラスだと言えますか。実験を根拠に答えてください。
# 2. PCA の地図で重なった 2 つのクラスを、モデルは見分けられないと言えますか。
# 3. モデルが間違えやすい画像を地図から探すには、どこを見ますか。それを確かめるには、次に何をしますか。

# %% [markdown] essay="4-4" points=4
# 1. 言えません。3 つの集まりの実験では、元の距離の 6 倍の違いが、t-SNE の地図ではほとんど消えました。
#    シードを変えると、島の位置も変わります。読み取れるのは、どの点が同じ島に入るかだけです。
# 2. 言えません。PCA の地図は影なので、奥行きが失われています。2 つの主成分に残った分散は一部だけで、
#    同じ点が t-SNE や UMAP では分かれました。10 次元では離れています。
# 3. 違う色の島に入った点や、島と島の間の点を見ます。その画像と予測を取り出して、本当に間違えたか、
#    確率が低いかを調べます。地図の設定やシードを変えても、同じ点が同じように見えるかも確かめます。

# %% [markdown] rubric="4-4"
# **採点基準（4 点）**
#
# - 1 で「言えない」と答え、距離が保たれないことを、実験を根拠に書いている（1 点）。
# - 2 で「言えない」と答え、射影で情報が失われることを書いている（1 点）。
# - 3 で、違う色の島に入った点か、島の間の点を挙げている（1 点）。
# - 3 で、元の画像や予測、または設定を変えた地図に戻って確かめると書いている（1 点）。

# %% [markdown]
# ## まとめ
#
# - モデルを部品ごとに呼んだり、フックを使ったりすると、途中の出力を取り出せます。
# - PCA は、広がりの大きい向きへの影です。距離は縮むだけで、失われた分散の割合がわかります。
# - t-SNE と UMAP は、隣どうしの関係を残そうとします。島の大きさと、島どうしの距離は読み取れません。
# - 地図は、問いを見つける道具です。答えは、元のベクトルと画像に戻って確かめます。
#
# **次は**: 「05 判断根拠を見る」では、モデルが画像のどこを見て判断したかを調べます。
#
# **参考文献**
#
# - K. Pearson, ["On Lines and Planes of Closest Fit to Systems of Points in Space"](https://doi.org/10.1080/14786440109462720), Philosophical Magazine 2(11), 1901.
# - L. van der Maaten, G. Hinton, ["Visualizing Data using t-SNE"](https://www.jmlr.org/papers/v9/vandermaaten08a.html), Journal of Machine Learning Research 9, 2008.
# - L. McInnes, J. Healy, J. Melville, ["UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction"](https://arxiv.org/abs/1802.03426), 2018.
# - M. Wattenberg, F. Viégas, I. Johnson, ["How to Use t-SNE Effectively"](https://doi.org/10.23915/distill.00002), Distill, 2016.
