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
# # 07 B2-1 Keras で CNN

# %% [markdown]
# - 学生証番号:
# - 名前:
# - メールアドレス:

# %% [markdown]
# このノートブックは、実験 B2-1 の実習書です。最初に、上の 3 つを書き込んでください。
#
# ここまでは PyTorch を使いました。ここでは **Keras** という別のライブラリで、同じ流れをたどります。
# Keras では、学習のループを自分で書きません。`fit` を 1 回呼ぶと、全部のエポックが終わります。
#
# 前回の実験では、**BPNN (backpropagation neural network)** で手書き数字を分類しました。
# BPNN でも、数字は見分けられました。それでも CNN を使うのは、次の 2 つが違うからです。
#
# - BPNN は、画像を 784 個の値の列に平らにして受け取ります。どの画素がとなりどうしなのかは、使いません。
#   CNN は、画像を縦と横のある形のまま受け取ります。
# - CNN は、手がかりになる **特徴 (feature)** の取り出し方を、フィルタとして学びます。
#   同じフィルタを、画像のどこでも使います。
#
# この違いの効果は、最後の課題 B2-1-2 で測ります。
#
# **目標**
#
# - Keras で、データの準備から評価までの流れを書ける。
# - 学習の前と後のフィルタを比べ、違いの理由を説明できる。
# - 2 つのモデルを、シードを変えて公平に比べられる。
#
# **時間の目安**: 90 分

# %% [markdown]
# ## [1-0] 準備
#
# Keras は、計算を別のライブラリに任せます。ここでは **TensorFlow** です。
# 下のセルで、版と計算装置とデータを確かめます。

# %%
from helpers.preflight import preflight

preflight("MNIST", framework="keras")

# %%
import keras
import numpy as np
from keras import layers

from exercises import check
from helpers.data import arrays
from helpers.errors import LayerError
from helpers.keras_lab import (
    ProgressBar,
    bpnn,
    fit_small,
    plot_conv_filter,
    plot_result,
    random_plot,
)
from helpers.progress import progress_bar

# %% [markdown]
# ## [1-1] データを読み込む関数
#
# Keras が受け取る画像の形は、(N, 高さ, 幅, チャンネル) です。
# PyTorch の (N, チャンネル, 高さ, 幅) とは、チャンネルの場所が違います。
#
# `arrays("MNIST")` は訓練用の、`arrays("MNIST", train=False)` はテスト用の、画像とラベルを返します。
# 画像は 0〜255 の整数で、形は (N, 28, 28) です。どれも NumPy の配列です。
#
# 前回の `get_data_mnist` は、画像を 784 個の値に平らにしていました。
# CNN は画像を形のまま受け取るので、その処理は要らなくなりました。

# %% [markdown]
# ### 問 7-1 get_data_mnist
#
# 次の 3 つを行い、`(X_train, y_train), (X_test, y_test)` を返しましょう。
#
# - 画素を 255 で割り、0〜1 にします。
# - 最後にチャンネルの軸を足して、(N, 28, 28, 1) にします。
# - `data_size` があれば、訓練データの最初の `data_size` 枚だけを残します。テストデータは減らしません。
#
# 4 つとも NumPy の配列で返し、ラベルは整数のままにします。
#
# <details><summary>ヒント 1</summary>
#
# `images[..., np.newaxis]` は、最後に軸を 1 つ足します。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# `images[:None]` は、全部の画像です。だから、`data_size` が `None` のときも `images[:data_size]` と書けます。
#
# </details>


# %% exercise="7-1"
def get_data_mnist(data_size=None):
    """MNIST を (X_train, y_train), (X_test, y_test) として返します。"""
    ### BEGIN SOLUTION
    X_train, y_train = arrays("MNIST")
    X_test, y_test = arrays("MNIST", train=False)
    X_train = X_train[:data_size, :, :, np.newaxis] / np.float32(255)
    X_test = X_test[..., np.newaxis] / np.float32(255)
    return (X_train, y_train[:data_size]), (X_test, y_test)
    ### END SOLUTION


# %% [markdown]
# ## [1-2] データの形
#
# 全部のデータを読み込み、形を確かめます。ラベルは、0 から 9 の整数です。

# %% deterministic=true
(X_train, y_train), (X_test, y_test) = get_data_mnist()
print("訓練:", X_train.shape, y_train.shape)
print("テスト:", X_test.shape, y_test.shape)
print("画素:", X_train.min(), "から", X_train.max())
print("最初の 4 つのラベル:", y_train[:4])

# %% [markdown]
# ## [1-3] モデルを作る
#
# 作るのは、畳み込みが 1 層だけの小さな CNN です。
#
# ![28×28 の画像が、畳み込みで 24×24 の 32 枚に、最大プーリングで 12×12 の 32 枚になり、平らな 4608 個の値から、20 個、10 個の確率へと進む図](../assets/keras-cnn.png)
#
# | 順 | 層 | 活性化関数 | 出力の形 |
# |---|---|---|---|
# | – | 入力 | – | (28, 28, 1) |
# | 0 | 畳み込み 5×5、32 フィルタ | ReLU | (24, 24, 32) |
# | 1 | 最大プーリング 2×2 | – | (12, 12, 32) |
# | 2 | 平らにする | – | (4608,) |
# | 3 | 全結合 20 | ReLU | (20,) |
# | 4 | 全結合 10 | ソフトマックス | (10,) |
#
# PyTorch のときと違い、最後にソフトマックスがあります。このモデルの出力は、ロジットではなく確率です。
#
# 図の右側の 4608–20–10 は、前回の BPNN の 784–20–10 と同じ種類のネットワークです。
# つまり、この CNN は、BPNN の前に、特徴を取り出す畳み込みとプーリングを置いたものです。

# %% [markdown]
# ### 問 7-2 モデル
#
# 上の表のモデルを返しましょう。3 番の層のユニットの数は、引数 `dense` で変えられるようにします。
# 入力の形は、モデルを作るときに決めておきます。
# モデルは、呼ぶたびに新しく作ります。シードは後のセルで決めるので、ここでは決めません。
#
# <details><summary>ヒント 1</summary>
#
# `keras.Sequential([...])` に、`keras.Input(shape=(28, 28, 1))` と、5 つの層を順に並べます。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# 使う層は `layers.Conv2D(フィルタの数, (5, 5), activation="relu")`、`layers.MaxPooling2D((2, 2))`、
# `layers.Flatten()`、`layers.Dense(ユニットの数, activation=...)` です。
#
# </details>


# %% exercise="7-2"
def cnn(dense=20):
    """B2-1 の CNN を返します。入力は (N, 28, 28, 1)、出力は確率 (N, 10) です。"""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(32, (5, 5), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(dense, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    ### END SOLUTION


# %% [markdown]
# モデルを作り、層の一覧を見ます。「Output Shape」の `None` は、枚数が決まっていないという意味です。
# 4608 は、どの数の積でしょうか。
#
# シードを決めておくと、最初の重みが毎回同じになります。
# このモデルは、学習させないで取っておき、後で学習後のモデルと比べます。

# %%
keras.utils.set_random_seed(0)
untrained = cnn()
untrained.summary()

# %% [markdown]
# パラメータは、どの層に多いですか。手で計算した値と比べましょう。

# %% deterministic=true
for layer in untrained.layers:
    print(type(layer).__name__, f"{layer.count_params():,}")

# %% [markdown]
# ## [1-4] フィルタを描く関数
#
# 描く前に、畳み込み層の重みの形を見ます。Keras のフィルタの形は、(高さ, 幅, 入力チャンネル, 出力チャンネル) です。
# PyTorch では、(出力チャンネル, 入力チャンネル, 高さ, 幅) でした。バイアスは、フィルタごとに 1 つあります。

# %% deterministic=true
kernel, bias = untrained.get_weights()[:2]
print("フィルタ:", kernel.shape)
print("バイアス:", bias.shape)

# %% [markdown]
# `plot_conv_filter(model, layer_id)` は、畳み込み層のフィルタを描きます。
# `layer_id` は、畳み込み層だけを 0 から数えた番号です。このモデルには 0 しかありません。
# ない番号を選ぶと、選べる番号を教えてくれます。

# %% deterministic=true
try:
    plot_conv_filter(untrained, 1)
except LayerError as error:
    print(error)

# %% [markdown]
# ## [1-5] 学習前のフィルタ
#
# 入力は 1 チャンネルなので、フィルタ 1 つが 5×5 の画像 1 枚です。
# 題の「7,0」は、7 番のフィルタの、入力チャンネル 0 という意味です。
#
# 0 を白、正を赤、負を青で描き、色の濃さは全部のフィルタでそろえます。
# 元の実習書の図は白黒でした。ここでは、正と負を見分けるために色を使います。
#
# 学習前の重みは、でたらめな数です。意味のある模様は見えますか。
# 色の目盛は、右の棒で読みます。[1-11] の図では、目盛が変わります。

# %%
plot_conv_filter(untrained, 0)

# %% [markdown]
# ## [1-6] 学習の準備をする関数
#
# Keras では、学習の前に `model.compile` で 3 つのものを決めます。
#
# - 損失: 交差エントロピー `"sparse_categorical_crossentropy"`。`sparse` は、ラベルが整数のままという意味です。
# - 測る値: `metrics=["accuracy"]` で、正解率も測ります。
# - オプティマイザ: SGD か **Adam** です。Adam は、重みごとに歩幅を調節します。

# %% [markdown]
# ### 問 7-3 model_setup
#
# モデルを `compile` する関数を書きましょう。何も返さなくてかまいません。
#
# - `optimizer` が `"adam"` なら `keras.optimizers.Adam`、`"sgd"` なら `keras.optimizers.SGD` を使います。
# - それ以外の名前なら、`raise ValueError(...)` でエラーを出します。打ちまちがいに、すぐ気づくためです。`"Adam"` や空の文字列も、それ以外の名前です。
# - 学習率は `lr` です。ほかの設定は、Keras のままにします。
# - `metrics` の最初は、正解率にします。
#
# <details><summary>ヒント</summary>
#
# `keras.optimizers.Adam(learning_rate=...)` のように作ったものを、`model.compile(optimizer=...)` に渡します。
# 名前だけを渡すと、学習率を決められません。
#
# </details>


# %% exercise="7-3"
def model_setup(model, optimizer="adam", lr=0.001):
    """モデルに、損失、正解率、オプティマイザを設定します。"""
    ### BEGIN SOLUTION
    if optimizer == "adam":
        chosen = keras.optimizers.Adam(learning_rate=lr)
    elif optimizer == "sgd":
        chosen = keras.optimizers.SGD(learning_rate=lr)
    else:
        raise ValueError(f"optimizer={optimizer!r}")
    model.compile(optimizer=chosen, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    ### END SOLUTION


# %% [markdown]
# ## [1-7] 学習前の損失と正解率
#
# `evaluate` は、損失と、`metrics` に書いた値を、この順に返します。
# どのクラスにも同じ確率 0.1 を付けると、損失は $-\log 0.1 \approx 2.30$ です。
# 当てずっぽうの正解率は、0.1 ほどです。

# %% deterministic=true
model_setup(untrained, optimizer="adam", lr=0.001)
loss_before, accuracy_before = untrained.evaluate(X_test, y_test, verbose=0)[:2]
print(f"学習前: 損失 {loss_before:.2f}  正解率 {accuracy_before:.2f}")

# %% [markdown]
# ## [1-8] 学習する
#
# `fit` で学習します。バッチは 128 枚、10 エポックです。
# `validation_split=0.1` は、訓練データの最後の 10 % を検証データにします。その画像は、学習には使われません。
#
# 学習させるのは、新しく作ったモデルです。シードを [1-3] とそろえると、`untrained` と同じ重みから始まります。
# このセルをもう一度実行すると、最初から学習し直します。
#
# 完全版のデータでは、CPU で数分かかります。途中で止めても、そこまでの記録は残ります。

# %%
keras.utils.set_random_seed(0)
model = cnn()
model_setup(model, optimizer="adam", lr=0.001)
log = model.fit(
    X_train,
    y_train,
    batch_size=128,
    epochs=10,
    validation_split=0.1,
    verbose=0,
    callbacks=[ProgressBar()],
)

# %% [markdown]
# ## [1-9] 学習の記録
#
# `fit` は、エポックごとの記録を返します。同じ記録が、`model.history` にも入っています。
# 途中で止めると `fit` は何も返さないので、ここではこちらを使います。`val_` の付いたものが、検証データの値です。
#
# `plot_result(log)` は、この記録から、正解率と損失の折れ線グラフを描きます。

# %%
log = model.history
for name, values in log.history.items():
    print(f"{name:12} {values[0]:.3f} → {values[-1]:.3f}")

# %% [markdown]
# ## [1-10] 学習曲線
#
# 訓練の線と検証の線は、どこで離れ始めますか。
#
# 最初のエポックでは、検証のほうがよく見えることがあります。
# 訓練の値は、重みが変わっていく途中の平均だからです。検証は、エポックの終わりの重みで測ります。

# %%
plot_result(log)

# %% [markdown]
# ## [1-11] 学習後のフィルタ
#
# 学習の前と後を、共通の目盛で並べます。
# 色の濃さと、同じ色の画素のつながり方に注目してください。

# %%
plot_conv_filter(model, 0, before=untrained.get_weights()[0])

# %% [markdown]
# 色の濃さの違いを、数でも確かめます。

# %%
for name, network in (("学習前", untrained), ("学習後", model)):
    size = np.abs(network.get_weights()[0]).mean()
    print(f"{name}: フィルタの重みの絶対値の平均 {size:.3f}")

# %% [markdown]
# ## [1-12] 学習の前と後の成績
#
# 学習に使っていないテストデータで、もう一度測ります。
#
# ミニ版では、訓練画像を書いた 13 人が、テスト画像も書いています。
# ですから、ミニ版の正解率は、知っている人の字に対する正解率です。

# %%
loss_after, accuracy_after = model.evaluate(X_test, y_test, verbose=0)[:2]
print(f"学習前: 損失 {loss_before:.3f}  正解率 {accuracy_before:.3f}")
print(f"学習後: 損失 {loss_after:.3f}  正解率 {accuracy_after:.3f}")
assert accuracy_after > 0.9, "正解率が低すぎます。[1-8] の学習を、最後まで実行してください。"

# %% [markdown]
# ## [1-13] 画像をクラスごとに並べる
#
# `random_plot(X, y)` は、1 つの列に 1 つのクラスを、5 枚ずつ並べます。画像は、実行するたびに選び直されます。

# %%
random_plot(X_test, y_test)

# %% [markdown]
# ## [1-14] 間違えた画像
#
# `random_plot` に、予測したクラスを 3 つ目の引数として渡すと、題が「正解 -> 予測」になります。
# 間違えた画像だけを選んで、どんな画像なのかを見ましょう。

# %% [markdown]
# ### 問 7-4 間違えた画像を選ぶ
#
# モデルが出した確率 (N, 10) から、最も確率の高いクラスを予測とします。
# 予測が正解と違う画像だけを選び、画像、正解、予測の 3 つを、NumPy の配列で返しましょう。
# 間違いが 1 つもないときも、画像の形は (0, 28, 28, 1) のように、後ろの軸を残します。
#
# <details><summary>ヒント 1</summary>
#
# `probabilities.argmax(axis=1)` は、画像ごとに、最も確率の高いクラスの番号を返します。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# `wrong = predict != y` は、True と False の配列です。`X[wrong]` で、True の画像だけを選べます。
#
# </details>


# %% exercise="7-4"
def misclassified(X, y, probabilities):
    """間違えた画像と、その正解、その予測を返します。"""
    ### BEGIN SOLUTION
    predict = probabilities.argmax(axis=1)
    wrong = predict != y
    return X[wrong], y[wrong], predict[wrong]
    ### END SOLUTION


# %% [markdown]
# 間違いのないクラスの列には、画像がありません。
# 人でも迷う画像と、人なら間違えない画像を探してください。

# %%
probabilities = model.predict(X_test, verbose=0)
X_wrong, y_wrong, predict_wrong = misclassified(X_test, y_test, probabilities)
print(f"{len(X_test):,} 枚のうち {len(X_wrong):,} 枚を間違えました。")
random_plot(X_wrong, y_wrong, predict_wrong)

# %% [markdown]
# ## 課題 B2-1-1
#
# ### 考察 7-5 学習後のフィルタ
#
# 学習後のフィルタは、なぜあのような模様になったのでしょうか。
# [1-11] の図（前と後の目盛が同じもの）を根拠にして、300 字ほどで書いてください。
#
# 1. 学習の前と後で、何が変わりましたか。
# 2. フィルタを 2 つ選び、それぞれが画像のどんな部分に強く反応するかを説明してください。
# 3. そのような模様になると、なぜ損失が小さくなるのでしょうか。

# %% [markdown] essay="7-5" points=6
# （フィルタの番号と数は、ミニ版で学習したときのものです。）
#
# 1. 学習前は、画素ごとに色がばらばらで、どれも薄い色でした。学習後は色が濃くなり（重みの絶対値の平均は 0.042 から 0.089）、
#    同じ色の画素がまとまって、片側が赤で反対側が青のフィルタが増えました。
# 2. 例えば 7 番は、上が赤で下が青なので、上が明るく下が暗い横向きの縁、つまり線の下側に強く反応します。
#    6 番は、左上が青で右下が赤なので、左上が暗く右下が明るい斜めの縁に反応します。
# 3. 数字は線でできていて、どの向きの縁がどこにあるかで見分けられます。縁に反応するフィルタがあると、
#    後の全結合層が数字を見分けやすくなり、正解の確率が上がります。損失の勾配は、この方向に重みを動かします。
#    向きの違う縁を分担すると、違う情報が得られるので、いろいろな向きの模様が現れます。

# %% [markdown] rubric="7-5"
# **採点基準（6 点）**
#
# - 重みが大きくなったことを書いている（1 点）。模様がまとまったことを書いている（さらに 1 点）。
# - フィルタを 2 つ選び、番号と模様を挙げている（1 点）。赤と青の並びから、反応する部分を正しく説明している（さらに 1 点）。
# - 縁などの特徴が、数字を見分けるのに役立つことを書いている（1 点）。損失を小さくする学習の結果であることと結び付けている（さらに 1 点）。

# %% [markdown]
# ## 課題 B2-1-2
#
# 訓練データが少ないときに、CNN と、畳み込みのないネットワークを比べます。
#
# 比べる相手は、前回の実験の BPNN です。
# 784 個の画素を平らに並べ、**中間層 (hidden layer)** という 1 つの全結合層を通して、10 個の確率にします。
# 前回の中間層は 20 ユニットでした。ここでは、CNN の全結合層とそろえて 128 に広げます。
#
# | | CNN | BPNN |
# |---|---|---|
# | 訓練データ | 600 枚（学習に 540 枚、検証に 60 枚） | 600 枚（学習に 540 枚、検証に 60 枚） |
# | 全結合の中間層 | 128 | 128 |
# | エポック | 50 | 50 |
# | オプティマイザ | Adam、学習率 0.001 | Adam、学習率 0.001 |
# | バッチ | 128 | 128 |
#
# 2 つのモデルのパラメータの数は、同じではありません。何倍ですか。

# %% deterministic=true
networks = {"CNN": lambda: cnn(dense=128), "BPNN": lambda: bpnn(hidden=128)}
for name, make_model in networks.items():
    print(f"{name:5} {make_model().count_params():>8,}")

# %% [markdown]
# 1 回だけの結果では、差が偶然かもしれません。最初の重みと画像の順序は、シードで変わるからです。
# そこで、シードを変えて何度か学習し、平均と標準偏差で比べます。

# %% [markdown]
# ### 問 7-6 シードを変えて学習する
#
# シードごとに次のことを行い、テストデータの正解率を、シードの順に並べた NumPy の配列で返しましょう。
#
# 1. `keras.utils.set_random_seed(seed)` でシードを決めます。
# 2. `make_model()` で新しいモデルを作り、`model_setup` で Adam と学習率 0.001 を設定します。
# 3. バッチ 128、検証データ 10 % で、`epochs` エポック学習します。
# 4. テストデータで評価します。
#
# 学習には `fit_small(model, X, y, epochs=epochs)` が使えます。
# これは `model.fit(X, y, batch_size=128, epochs=epochs, validation_split=0.1, verbose=0)` と同じ学習をします。
# 画像が少ないときは、`fit` がバッチを用意する時間のほうが長いので、それを省いたものです。検証も、最後のエポックの後に 1 度だけです。
# どちらを使ってもかまいません。
#
# <details><summary>ヒント 1</summary>
#
# `model.evaluate(X, y, verbose=0)` は、損失と正解率の 2 つを返します。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# シード、モデル、設定の順に行います。モデルを作ったときに、最初の重みが決まるからです。
#
# </details>


# %% exercise="7-6"
def run_seeds(make_model, train, test, seeds, epochs):
    """make_model() をシードごとに学習し、テストデータの正解率の配列 (シードの数,) を返します。

    train と test は、画像とラベルの組 (X, y) です。
    """
    ### BEGIN SOLUTION
    accuracies = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        model = make_model()
        model_setup(model, optimizer="adam", lr=0.001)
        fit_small(model, *train, epochs=epochs)
        accuracies.append(model.evaluate(*test, verbose=0)[1])
    return np.array(accuracies)
    ### END SOLUTION


# %% [markdown]
# 600 枚のデータで、2 つのモデルを 3 回ずつ学習します。

# %%
train, test = get_data_mnist(data_size=600)
seeds = [0, 1, 2]
scores = {
    name: run_seeds(make_model, train, test, seeds, epochs=50)
    for name, make_model in progress_bar(networks.items())
}

# %% [markdown]
# 結果を表にします。最後の列は、平均 ± 標準偏差です。
#
# 標準偏差には `ddof=1` を付けます。これは、平均との差の 2 乗の和を、n ではなく n − 1 で割るという意味です。
# n で割ると、回数が少ないときに、ばらつきが小さめに出てしまいます。

# %%
print("     ", *(f"seed {seed}" for seed in seeds), "  mean ± sd", sep="  ")
for name, accuracies in scores.items():
    row = "   ".join(f"{accuracy:.3f}" for accuracy in accuracies)
    print(f"{name:5}   {row}   {accuracies.mean():.3f} ± {accuracies.std(ddof=1):.3f}")
    assert accuracies.mean() > 0.75, "正解率が低すぎます。上のセルを、もう一度実行してください。"

# %% [markdown]
# ### 差を判断する規則
#
# 平均に差があっても、偶然かもしれません。偶然は、2 つの所から入ります。
#
# **シード**。標準偏差が $s_1$ と $s_2$ なら、$n$ 回ずつの平均の差は、偶然だけでも
# $\sqrt{(s_1^2 + s_2^2)/n}$ ほど動きます。これを、差の **標準誤差 (standard error)** と言います。
# 差が標準誤差の 2 倍より大きければ、シードの偶然だけとは考えにくくなります。
# $n = 3$ では標準偏差も不確かなので、2 倍は目安です。
#
# **テストデータ**。$N$ 枚で測った正解率 $p$ は、別の $N$ 枚で測れば動きます。
# 20 回のうち 19 回ほどは、$\pm 2\sqrt{p(1-p)/N}$ の幅に収まります。
# 差がこの幅より小さければ、別のテストデータでは、差がなくなるかもしれません。
# 2 つのモデルを同じ画像で測ったときの差は、ふつう、これほどは動きません。ですから、これは厳しめの判断です。

# %%
better, worse = sorted(scores.values(), key=np.mean, reverse=True)
difference = better.mean() - worse.mean()
standard_error = np.sqrt((better.var(ddof=1) + worse.var(ddof=1)) / len(seeds))
p, N = worse.mean(), len(test[0])
print(f"平均の差                  {difference:.3f}")
print(f"標準誤差の 2 倍           {2 * standard_error:.3f}")
print(f"テスト {N:,} 枚で動く幅  ±{2 * np.sqrt(p * (1 - p) / N):.3f}")

# %% [markdown]
# ### 考察 7-7 CNN と BPNN
#
# 上の 2 つの表を根拠にして、300 字ほどで書いてください。
#
# 1. 2 つのモデルに差があると言えますか。上の規則を使って、シードとテストデータの両方について判断してください。
# 2. その結果になった理由を、畳み込みとプーリングの性質から説明してください。
# 3. この実験だけではわからないことを 1 つ挙げ、確かめる方法を書いてください。

# %% [markdown] essay="7-7" points=6
# 1. ミニ版では、CNN の平均が 0.963、BPNN の平均が 0.949 で、差は 0.013 でした。標準誤差の 2 倍は 0.009 なので、
#    シードの偶然だけとは考えにくいです。しかし、テスト 500 枚で動く幅は ±0.020 で、差より大きいです。
#    CNN のほうがよさそうですが、500 枚のテストでは言い切れません。テスト画像の多い完全版で、確かめる必要があります。
# 2. 畳み込みは、同じフィルタを画像のどこでも使うので、縁や線の特徴を、少ない画像からでも学べます。
#    最大プーリングがあるので、位置が少しずれても結果が変わりにくくなります。
#    BPNN は画素ごとに別の重みを持つので、位置がずれた線を、別のものとして学ばなければなりません。
# 3. CNN はパラメータが約 6 倍あるので、畳み込みのおかげなのか、パラメータの数のおかげなのかがわかりません。
#    BPNN の中間層を増やし、パラメータの数をそろえて、同じシードで比べます。

# %% [markdown] rubric="7-7"
# **採点基準（6 点）**
#
# - 差と標準誤差を挙げて、シードの偶然かどうかを判断している（1 点）。テストデータの幅も使って判断している（さらに 1 点）。
#   結論がどちらでも、根拠と合っていればよい。
# - 理由として、重みの共有、近くの画素、位置のずれのどれかを挙げている（1 点）。BPNN との違いとして説明している（さらに 1 点）。
# - わからないことを 1 つ挙げている（1 点）。確かめる方法を、条件をそろえて具体的に書いている（さらに 1 点）。

# %% [markdown]
# ## ここから実験を追加する
#
# 試したいことを、下のセルで自由に試してください。次のようなことができます。
#
# - `bpnn(hidden=20)` で、前回の大きさの BPNN と比べる。
# - `data_size` を変えて、差が大きくなるのか、小さくなるのかを調べる。
# - オプティマイザや学習率を変える。

# %%
# ここから実験を追加する

# %% [markdown]
# ## まとめ
#
# - Keras では、チャンネルの軸が最後です。`compile`、`fit`、`evaluate`、`predict` の順に使います。
# - 出力が確率のモデルには、確率を受け取る損失を使います。
# - フィルタの前と後は、共通の目盛で比べます。
# - モデルの比較では、条件をそろえ、シードを変えます。差は、標準誤差と、テストデータで動く幅に比べて判断します。
#
# **次は**: 「08 問題1 Fashion-MNIST」では、ここまでのことを、全部自分で行います。
#
# **参考文献**
#
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams,
#   ["Learning representations by back-propagating errors"](https://doi.org/10.1038/323533a0), Nature, 1986.（誤差逆伝播）
# - Y. LeCun et al.,
#   ["Gradient-Based Learning Applied to Document Recognition"](https://doi.org/10.1109/5.726791), Proceedings of the IEEE, 1998.（CNN と MNIST）
# - D. P. Kingma, J. Ba, ["Adam: A Method for Stochastic Optimization"](https://arxiv.org/abs/1412.6980), 2014.
