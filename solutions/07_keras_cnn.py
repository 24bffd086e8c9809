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
# **目標**
#
# - Keras で、データの準備から評価までの流れを書ける。
# - 学習の前と後のフィルタを比べ、違いの理由を説明できる。
# - 2 つのモデルを、シードを変えて公平に比べられる。
#
# **時間の目安**: 120 分

# %% [markdown]
# ## [1-0] 準備
#
# Keras は、計算を **TensorFlow** に任せます。下のセルで、版と計算装置とデータを確かめます。

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
# 画像は 0〜255 の整数で、形は (N, 28, 28) です。

# %% [markdown]
# ### 問 7-1 get_data_mnist
#
# 次の 3 つを行い、`(X_train, y_train), (X_test, y_test)` を返しましょう。
#
# - 画素を 255 で割り、0〜1 にします。
# - 最後にチャンネルの軸を足して、(N, 28, 28, 1) にします。
# - `data_size` があれば、訓練データの最初の `data_size` 枚だけを残します。テストデータは減らしません。
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
# 問 7-1
def get_data_mnist(data_size=None):
    """MNIST を (X_train, y_train), (X_test, y_test) として返します。"""
    ### BEGIN SOLUTION
    X_train, y_train = arrays("MNIST")
    X_test, y_test = arrays("MNIST", train=False)
    X_train = X_train[:data_size, :, :, np.newaxis] / np.float32(255)
    X_test = X_test[..., np.newaxis] / np.float32(255)
    return (X_train, y_train[:data_size]), (X_test, y_test)
    ### END SOLUTION


# %% check="7-1"
get_data_mnist = check("7-1")

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

# %% [markdown]
# ### 問 7-2 モデル
#
# 上の表のモデルを返しましょう。3 番の層のユニットの数は、引数 `dense` で変えられるようにします。
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
# 問 7-2
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


# %% check="7-2"
cnn = check("7-2")

# %% [markdown]
# モデルを作り、層の一覧を見ます。「Output Shape」の `None` は、枚数が決まっていないという意味です。
# 4608 は、どの数の積でしょうか。
#
# シードを決めておくと、最初の重みが毎回同じになります。

# %%
keras.utils.set_random_seed(0)
model = cnn()
model.summary()

# %% [markdown]
# パラメータは、どの層に多いですか。手で計算した値と比べましょう。

# %% deterministic=true
for layer_id, layer in enumerate(model.layers):
    print(layer_id, type(layer).__name__, f"{layer.count_params():,}")

# %% [markdown]
# ## [1-4] フィルタを描く関数
#
# `plot_conv_filter(model, layer_id)` は、畳み込み層のフィルタを描きます。`layer_id` は、[1-3] の表の番号です。
# 入力は 1 チャンネルなので、フィルタ 1 つが 5×5 の画像 1 枚です。
#
# 0 を白、正を赤、負を青で描き、色の濃さは全部のフィルタでそろえます。
# 題の「7,0」は、7 番のフィルタの、入力チャンネル 0 という意味です。
# 畳み込みでない層を選ぶと、選べる番号を教えてくれます。

# %% deterministic=true
try:
    plot_conv_filter(model, 1)
except LayerError as error:
    print(error)

# %% [markdown]
# ## [1-5] 学習前のフィルタ
#
# 学習前の重みは、でたらめな数です。意味のある模様は見えますか。
# 後で比べるために、重みを取っておきます。この図の目盛は、[1-11] とは違います。

# %%
weights_before = model.layers[0].get_weights()[0]
plot_conv_filter(model, 0)

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
# - 学習率は `lr` です。
#
# <details><summary>ヒント</summary>
#
# `keras.optimizers.Adam(learning_rate=...)` のように作ったものを、`model.compile(optimizer=...)` に渡します。
# 名前だけを渡すと、学習率を決められません。
#
# </details>


# %% exercise="7-3"
# 問 7-3
def model_setup(model, optimizer="adam", lr=0.001):
    """モデルに、損失、正解率、オプティマイザを設定します。"""
    ### BEGIN SOLUTION
    if optimizer == "adam":
        chosen = keras.optimizers.Adam(learning_rate=lr)
    else:
        chosen = keras.optimizers.SGD(learning_rate=lr)
    model.compile(optimizer=chosen, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    ### END SOLUTION


# %% check="7-3"
model_setup = check("7-3")

# %% [markdown]
# ## [1-7] 学習前の損失と正解率
#
# `evaluate` は、損失と正解率を返します。
# 10 クラスを当てずっぽうで答えると、損失は $\log 10 \approx 2.30$、正解率は 0.1 ほどです。

# %%
model_setup(model, optimizer="adam", lr=0.001)
loss_before, accuracy_before = model.evaluate(X_test, y_test, verbose=0)
print(f"学習前: 損失 {loss_before:.3f}  正解率 {accuracy_before:.3f}")

# %% [markdown]
# ## [1-8] 学習する
#
# `fit` で学習します。バッチは 128 枚、10 エポックです。
# `validation_split=0.1` は、訓練データの最後の 10 % を検証データにします。その画像は、学習には使われません。
#
# 完全版のデータでは、CPU で数分かかります。

# %%
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
# `fit` は、エポックごとの記録を返します。`val_` の付いたものが、検証データの値です。
# `plot_result(log)` は、この記録から、正解率と損失の折れ線グラフを描きます。

# %%
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
plot_conv_filter(model, 0, before=weights_before)

# %% [markdown]
# ## [1-12] 学習の前と後の成績
#
# 学習に使っていないテストデータで、もう一度測ります。

# %%
loss_after, accuracy_after = model.evaluate(X_test, y_test, verbose=0)
print(f"学習前: 損失 {loss_before:.3f}  正解率 {accuracy_before:.3f}")
print(f"学習後: 損失 {loss_after:.3f}  正解率 {accuracy_after:.3f}")

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
# 予測が正解と違う画像だけを選び、画像、正解、予測の 3 つを返しましょう。
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
# 問 7-4
def misclassified(X, y, probabilities):
    """間違えた画像と、その正解、その予測を返します。"""
    ### BEGIN SOLUTION
    predict = probabilities.argmax(axis=1)
    wrong = predict != y
    return X[wrong], y[wrong], predict[wrong]
    ### END SOLUTION


# %% check="7-4"
misclassified = check("7-4")

# %% [markdown]
# 間違いのないクラスの列には、画像がありません。
# 人でも迷う画像と、人なら間違えない画像を、1 枚ずつ探してください。

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
# 学習後のフィルタは、なぜあのような模様になったのでしょうか。[1-11] の図（前と後の目盛が同じもの）を根拠にして、300 字ほどで書いてください。
#
# 1. 学習の前と後で、何が変わりましたか。
# 2. フィルタを 2 つ選び、それぞれが画像のどんな部分に強く反応するかを説明してください。
# 3. そのような模様になると、なぜ損失が小さくなるのでしょうか。

# %% [markdown] essay="7-5" points=6
# 1. 学習前は、画素ごとに色がばらばらで、どれも薄い色でした。学習後は色が濃くなり、同じ色の画素がまとまって、
#    片側が赤で反対側が青のフィルタが増えました。
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
# 比べる相手は、前回の実験の **BPNN (backpropagation neural network)** です。
# 784 個の画素を平らに並べ、**中間層 (hidden layer)** という 1 つの全結合層を通して、10 個の確率にします。
#
# | | CNN | BPNN |
# |---|---|---|
# | 訓練データ | 600 枚 | 600 枚 |
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
# シードごとに次のことを行い、テストデータの正解率を、シードの順に並べた配列で返しましょう。
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
# 問 7-6
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


# %% check="7-6"
run_seeds = check("7-6")

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

# %%
print("     ", *(f"seed {seed}" for seed in seeds), "  mean ± sd", sep="  ")
for name, accuracies in scores.items():
    row = "   ".join(f"{accuracy:.3f}" for accuracy in accuracies)
    print(f"{name:5}   {row}   {accuracies.mean():.3f} ± {accuracies.std(ddof=1):.3f}")

# %% [markdown]
# ### 考察 7-7 CNN と BPNN
#
# 上の表を根拠にして、300 字ほどで書いてください。
#
# 1. 2 つのモデルに差があると言えますか。平均だけでなく、標準偏差も使って判断してください。
# 2. その結果になった理由を、畳み込みとプーリングの性質から説明してください。
# 3. この実験だけではわからないことを 1 つ挙げ、確かめる方法を書いてください。

# %% [markdown] essay="7-7" points=6
# 1. ミニ版では、CNN の平均が 0.963、BPNN の平均が 0.949 で、差は 0.014 でした。標準偏差は 0.006 と 0.004 なので、
#    差は標準偏差の 2 倍より大きく、3 回とも CNN のほうが上でした。CNN のほうがよいと考えますが、3 回だけなので、強くは言い切れません。
# 2. 畳み込みは、同じフィルタを画像のどこでも使うので、縁や線の特徴を、少ない画像からでも学べます。
#    最大プーリングがあるので、位置が少しずれても結果が変わりにくくなります。
#    BPNN は画素ごとに別の重みを持つので、位置がずれた線を、別のものとして学ばなければなりません。
# 3. CNN はパラメータが約 6 倍あるので、畳み込みのおかげなのか、パラメータの数のおかげなのかがわかりません。
#    BPNN の中間層を増やし、パラメータの数をそろえて、同じシードで比べます。

# %% [markdown] rubric="7-7"
# **採点基準（6 点）**
#
# - 表の平均を挙げて比べている（1 点）。標準偏差や、シードごとの結果も使って判断している（さらに 1 点）。結論がどちらでも、根拠と合っていればよい。
# - 理由として、重みの共有、近くの画素、位置のずれのどれかを挙げている（1 点）。BPNN との違いとして説明している（さらに 1 点）。
# - わからないことを 1 つ挙げている（1 点）。確かめる方法を、条件をそろえて具体的に書いている（さらに 1 点）。

# %% [markdown]
# ## まとめ
#
# - Keras では、チャンネルの軸が最後です。`compile`、`fit`、`evaluate`、`predict` の順に使います。
# - 出力が確率のモデルには、確率を受け取る損失を使います。
# - フィルタの前と後は、共通の目盛で比べます。
# - モデルの比較では、条件をそろえ、シードを変えて、平均と標準偏差を見ます。
#
# **次は**: 「08 問題1 Fashion-MNIST」では、ここまでのことを、全部自分で行います。
#
# **参考文献**
#
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams, "Learning representations by back-propagating errors", Nature, 1986.（誤差逆伝播）
# - Y. LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proceedings of the IEEE, 1998.（CNN と MNIST）
# - D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", arXiv:1412.6980, 2014.
