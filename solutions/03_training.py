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
# # 03 学習する
#
# 前のノートブックのモデルは、重みがでたらめなので、当てずっぽうでした。
# このノートブックでは、データから重みを決めます。これを**学習 (training)** と呼びます。
#
# **目標**
#
# - 学習の 1 歩を、自分の手で書ける。
# - 損失と正解率を、正しく測れる。
# - 重みを保存し、読み込み、新しい画像を予測できる。
#
# **時間の目安**: 120 分

# %% [markdown]
# 提出する人は、ここに書いてください。
#
# - 学生証番号:
# - 名前:
# - メールアドレス:

# %% [markdown]
# ## 1. 準備
#
# 計算装置（CPU か GPU）は、プログラムが選びます。
# モデルや画像を GPU に移す `.cuda()` を書くと、GPU のない機械では動きません。
# `.to(device())` と書けば、どこでも動きます。`device()` は、NVIDIA の GPU、Apple の GPU (MPS)、CPU の順に探し、最初に見つけた装置を返します。

# %%
from helpers.preflight import preflight

preflight("MNIST")

# %%
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from exercises import check
from helpers import plots
from helpers.data import CLASSES, batches, split, to_pictures
from helpers.models import CNN, Model
from helpers.progress import progress_bar
from helpers.training import FAST, ORIGINAL, Recipe, device, fit, sgd_with_momentum

# %% [markdown]
# 訓練データから 2,000 枚を、**検証データ (validation data)** として取り分けます。
# 学習の途中で様子を見るためです。テストデータで成績を測るのは、最後に 1 回だけです。
# 途中で何度もテストデータを見て設定を選ぶと、テストデータに合わせたモデルになってしまいます。

# %% deterministic=true
train, valid = split(batches("MNIST", batch_size=100), size=2000)
test = batches("MNIST", train=False)
print("訓練", len(train.labels), "検証", len(valid.labels), "テスト", len(test.labels))

# %% [markdown]
# ## 2. 損失：どれだけ間違えたか
#
# 学習には、間違いの大きさを表す数が要ります。これを**損失 (loss)** と呼びます。
# 分類では、**交差エントロピー (cross-entropy)** を使います。正解のクラスの確率を $p$ とすると、$-\log p$ です（$\log$ は自然対数）。画像が何枚もあるときは、平均をとります。
#
# 確率は、ロジットに**ソフトマックス (softmax)** をかけて求めます。ロジットを $z_1, z_2, \dots$ とすると、クラス $k$ の確率は $e^{z_k} / \sum_j e^{z_j}$ です。
# ただし、モデルの中ではかけません。`nn.CrossEntropyLoss` が、中でまとめて計算するからです。
# 別々に計算すると何が起きるか、大きなロジットで確かめましょう。`F.cross_entropy` は、同じ計算をする関数です。

# %% deterministic=true
logits = torch.tensor([[200.0, 0.0]])
label = torch.tensor([1])
print("別々に計算:", -torch.log(logits.softmax(dim=1))[0, 1].item())
print("まとめて計算:", F.cross_entropy(logits, label).item())

# %% [markdown]
# 確率が小さすぎて 0 に丸められたので、$-\log p$ が無限大になりました。まとめて計算すれば、正しい値になります。

# %% [markdown]
# ## 3. 学習の 1 歩
#
# 損失を重みで微分したものが**勾配 (gradient)** です。勾配の逆の向きに重みを少し動かすと、損失が減ります。
# 1 つのバッチにつき、次の順に行います。
#
# 1. モデルを**学習モード (training mode)** にする。ドロップアウトが働き、バッチ正規化はそのバッチの平均と分散を使います。
# 2. 前のバッチの勾配を消す。PyTorch は、前の勾配に新しい勾配を足していくからです。
# 3. 画像を入れてロジットを出し、損失を計算する。
# 4. 損失から勾配を求める。これを**誤差逆伝播 (backpropagation)** と呼びます。
# 5. 勾配を使って重みを動かす。この役目が**オプティマイザ (optimizer)** です。
#
# 1 歩の大きさを決める数を、**学習率 (learning rate)** と呼びます。

# %% [markdown]
# ### 問 3-1 学習の 1 歩
#
# 上の 5 つを順に書き、損失を Python の数値で返しましょう。
# 損失は `criterion(ロジット, ラベル)` で計算します。クラスの数は、10 とは限りません。
#
# <details><summary>ヒント 1</summary>
#
# 使うのは `model.train()`、`optimizer.zero_grad()`、`loss.backward()`、`optimizer.step()` です。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# 要素が 1 つのテンソルは、`.item()` で Python の数値になります。
#
# </details>


# %% exercise="3-1"
def train_step(model, images, labels, criterion, optimizer):
    """1 つのバッチで重みを更新し、更新前の損失（数値）を返します。"""
    ### BEGIN SOLUTION
    model.train()
    optimizer.zero_grad()
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% [markdown]
# ## 4. 評価：損失と正解率を測る
#
# **正解率 (accuracy)** は、当たった枚数の割合です。測るときは、学習とは違う注意が要ります。
#
# - **評価モード (evaluation mode)** にする。ドロップアウトが働いたままでは、結果が毎回変わります。
# - 勾配の記録を止める。使わない記録は、メモリと時間のむだです。
# - 画像ごとに同じ重さで数える。最後のバッチは小さいことがあります。

# %% [markdown]
# ### 問 3-2 評価
#
# 全部の画像にわたる、損失の平均と正解率を、Python の数値で返しましょう。損失は、交差エントロピー `F.cross_entropy` です。
# `batches` からは、(画像, ラベル) の組を順に取り出せます。リストのこともあるので、枚数はループの中で数えます。
# エラーは、そのまま伝わるようにします。
#
# <details><summary>ヒント 1</summary>
#
# 評価モードにするのは `model.eval()` です。`with torch.no_grad():` の中では、勾配を記録しません。
# 予測は、ロジットが最大のクラスです。`logits.argmax(dim=1)` で求めます。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# `F.cross_entropy(logits, labels, reduction="sum")` は、平均ではなく和を返します。
#
# </details>
# <details><summary>ヒント 3</summary>
#
# 損失の和、当たった枚数、全体の枚数の 3 つを、ループの中で足していきます。
#
# </details>


# %% exercise="3-2"
def evaluate(model, batches):
    """(損失の平均, 0〜1 の正解率) を、2 つの数値で返します。"""
    ### BEGIN SOLUTION
    model.eval()
    total_loss, correct, count = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in batches:
            logits = model(images)
            total_loss += F.cross_entropy(logits, labels, reduction="sum").item()
            correct += (logits.argmax(dim=1) == labels).sum().item()
            count += len(labels)
    return total_loss / count, correct / count
    ### END SOLUTION


# %% [markdown]
# 学習前のモデルを測ります。損失が $\log 10 \approx 2.3$ に近いのは、10 クラスをほぼ同じ確率で答えているからです。


# %% deterministic=true
def new_model():
    """いつも同じ重みから始まる Model を作ります。"""
    torch.manual_seed(0)
    return Model().to(device())


loss, accuracy = evaluate(new_model(), valid)
print(f"学習前: 損失 {loss:.1f}  正解率 {accuracy:.1f}")

# %% [markdown]
# ## 5. まず、1 つのバッチを覚えさせる
#
# 長い学習の前に、プログラムが正しいかを短い時間で確かめる方法があります。
# 1 つのバッチだけで何度も学習して、損失が 0 に近づくかを見ます。
# これができないなら、モデルか学習の 1 歩を疑います。
# 訓練データだけに合いすぎることを**過学習 (overfitting)** と呼びます。ふだんは避けますが、ここではわざと起こします。
#
# オプティマイザは**確率的勾配降下法 (stochastic gradient descent, SGD)** です。バッチごとの勾配で重みを動かします。
# **モーメンタム (momentum)** は、前の歩みを残す割合です。0.9 なら、9 割を残します。同じ向きの歩みが続くと、速く進みます。

# %% [markdown]
# ### 問 3-3 1 つのバッチに過学習させる
#
# 同じバッチで `steps` 回、`train_step` を呼び、毎回の損失を数値のリストで返しましょう。
# オプティマイザは、学習率 0.1、モーメンタム 0.9 の `torch.optim.SGD` です。損失は `nn.CrossEntropyLoss()` です。
#
# <details><summary>ヒント 1</summary>
#
# オプティマイザには、動かす重みを `model.parameters()` で渡します。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# モーメンタムは、前の歩みをオプティマイザが覚えておくことで働きます。オプティマイザは何回作ればよいでしょうか。
#
# </details>


# %% exercise="3-3"
def overfit_one_batch(model, images, labels, steps):
    """同じバッチで steps 回学習し、損失のリストを返します。"""
    ### BEGIN SOLUTION
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return [train_step(model, images, labels, criterion, optimizer) for _ in range(steps)]
    ### END SOLUTION


# %% [markdown]
# 本物の画像 32 枚で試します。最後の損失が、最初の損失の 10 分の 1 より小さくなることを確かめてください。

# %%
torch.manual_seed(0)
images, labels = next(iter(train))
losses = overfit_one_batch(CNN().to(device()), images[:32], labels[:32], steps=100)
print(f"最初の損失 {losses[0]:.3f} → 最後の損失 {losses[-1]:.4f}")
assert losses[-1] < losses[0] / 10, "損失が下がりません。学習の 1 歩を見直しましょう。"

# %% [markdown]
# ## 6. 学習のループ
#
# 全部のバッチを 1 回ずつ使うことを、1 **エポック (epoch)** と呼びます。
# ループを一度、関数を使わずに書きます。進み具合を表すバーと、そこまでの損失の平均を表示します。
#
# この教材のもとになった実習（以下「元の実習」）では、2,000 バッチごとに損失を表示していました。
# しかし、60,000 枚でも 1 エポックは 600 バッチなので、一度も表示されませんでした。ここでは 10 バッチごとに更新します。

# %%
first_model = new_model()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(first_model.parameters(), lr=0.001, momentum=0.9)
running_loss = 0.0
bar = progress_bar(train, desc="1 エポック")
for step, (images, labels) in enumerate(bar, start=1):
    running_loss += train_step(first_model, images, labels, criterion, optimizer)
    if step % 10 == 0:
        bar.set_postfix(loss=f"{running_loss / step:.3f}")

loss, accuracy = evaluate(first_model, valid)
print(f"1 エポック後: 損失 {loss:.3f}  正解率 {accuracy:.3f}")
assert loss < 2.3, "学習前の損失 2.3 より下がるはずです。"

# %% [markdown]
# ## 7. レシピを比べる
#
# 学習率やオプティマイザの選びかたを、ここでは**レシピ**と呼びます。3 つのレシピを比べます。
#
# | レシピ | オプティマイザ | 学習率 | バッチ | 計算のしかた |
# | --- | --- | --- | --: | --- |
# | `ORIGINAL`（元の実習） | SGD | 0.001 のまま | 100 枚 | ふつう |
# | `TUNED` | SGD | 0.1 のまま | 100 枚 | ふつう |
# | `FAST` | Adam | 1 サイクル、最大 0.01 | 128 枚 | channels last、混合精度 |
#
# `TUNED` は、`ORIGINAL` の学習率だけを 100 倍にしたものです。`FAST` では、次の 4 つも変えます。
#
# - **Adam**: 重みごとに、歩幅を自動で調整するオプティマイザです。SGD とは歩幅の決めかたが違うので、学習率の数字どうしは比べられません。
# - **1 サイクル (one-cycle) の学習率**: 小さく始め、大きくし、最後にほとんど 0 まで下げます。大きな歩幅で早く近づき、小さな歩幅で仕上げます。
# - **channels last**: 同じ画素のチャンネルを、メモリの隣どうしに置きます。答えは丸め誤差を除いて同じです。
# - **混合精度 (mixed precision)**: 桁数が少ない **bfloat16** という小数で計算します。重みは、元の桁数のまま持ちます。専用の回路がある CPU や GPU でだけ使います。

# %% [markdown]
# 時間の節約のため、どれも 2 エポックで比べます。完全版では、CPU だと 1 つに 2、3 分かかります。`fit` は、上のループに検証と記録を加えた関数です。
# 停止ボタンを押すと、`fit` はそこまでの記録を返します。そのときは、残りのレシピも学習しません。

# %%
TUNED = Recipe("TUNED", sgd_with_momentum, learning_rate=0.1, batch_size=100, epochs=2)
models = {"ORIGINAL": new_model(), "TUNED": new_model(), "FAST": new_model()}
histories = []
for recipe in (ORIGINAL, TUNED, FAST):
    part, _ = split(batches("MNIST", batch_size=recipe.batch_size), size=2000)
    history = fit(models[recipe.name], part, valid, recipe=recipe, epochs=2)
    histories.append(history)
    if history.interrupted:
        break

fast_model = models["FAST"]

# %% [markdown]
# 左の損失と、右の正解率を見比べます。
# 訓練の損失（破線）は、エポックの途中の重みも含めた平均で、ドロップアウトも働いています。
# だから、エポックの最後に測る検証の損失（実線）より、高くなりがちです。

# %%
plots.plot_history(*histories)

# %% [markdown]
# 最後に、テストデータで 1 回だけ測ります。この後もテストデータの画像を見ますが、それで設定を選び直すことはしません。
# 学習にかかった時間も並べます。
# 数字を目で見るだけでなく、`assert` で期待をコードに書いておくと、後で壊れたときに気づけます。
#
# ミニ版では、訓練とテストの書き手が同じ 13 人です。ミニ版の正解率は、知っている人の字を当てる割合です。

# %%
accuracies = {name: evaluate(network, test)[1] for name, network in models.items()}
for history in histories:
    seconds = sum(history.seconds)
    print(f"{history.recipe:8} 正解率 {accuracies[history.recipe]:.4f}  {seconds:.1f} 秒")

assert accuracies["TUNED"] >= 0.9, "TUNED の正解率は、2 エポックで 0.9 以上になるはずです。"
assert accuracies["FAST"] >= 0.95, "FAST の正解率は、2 エポックで 0.95 以上になるはずです。"

# %% [markdown]
# では、レシピの何が効いたのでしょうか。設定を 1 つずつ変えて、ミニ版で `Model` を 2 エポックずつ学習しました。
# 左の図は、シード 3 通りの平均と標準偏差です。設定を選ぶための比較なので、テストデータではなく、検証データで測りました。
# 右の図は、`FAST` の計算のしかたを 1 つずつ足したときの、1 エポックの時間です。bfloat16 の回路がある CPU の 1 コアで測りました。
#
# ![設定を変えたときの正解率と計算時間。正解率は、SGD の学習率を 0.001 から 0.1 にすると 0.535 から 0.936 に上がり、Adam と 1 サイクルでは 0.95 から 0.96。時間は、bfloat16 で半分になる](../assets/fast-recipe.png)
#
# 左の図から、次のことがわかります。
#
# - いちばん効いたのは、学習率です。SGD のまま 0.001 を 0.1 にするだけで、0.535 が 0.936 になりました。
# - Adam は、0.01 のままではシードによるばらつきが大きく、平均は 0.888 でした。1 サイクルにすると、0.957 に上がります。
# - いつでも 1 サイクルがよいのではありません。SGD の 0.1 では、0.936 が 0.919 に下がりました。
# - バッチを 128 枚にした差は 0.006 で、標準偏差の 0.004 と大きくは違いません。3 回ずつの学習では、差があるとは言えません。
#
# 時間を縮めたのは、おもに bfloat16 です。ただし、これは装置によって変わります。
# 「メモリの使い回し」は、`fit` がいつも行う工夫です。空いたメモリを OS に返さず、次のバッチで使います。Linux だけで働きます。

# %% [markdown]
# ### 「28 倍速い」の中身
#
# 完全版の 60,000 枚で、`ORIGINAL` を元の実習のとおり、1 枚ずつ変換しながら 10 エポック学習すると、2 コアの CPU で 1,062 秒かかりました。
# `FAST` は、40,000 枚を 1 回ずつ見るだけの 38 秒で、同じ正解率に届きます。28 倍の速さです。
#
# | レシピ | 学習した枚数（のべ） | テストの正解率 |
# | --- | --: | --- |
# | `ORIGINAL`、10 エポック | 600,000 | 0.9816 ± 0.0010 |
# | SGD 0.1、1 エポック | 60,000 | 0.9749 ± 0.0043 |
# | SGD 0.03、1 エポック | 60,000 | 0.9821 ± 0.0014 |
# | `FAST`、40,000 枚を 1 回 | 40,000 | 0.9843 |
# | `FAST`、2 エポック | 120,000 | 0.9890 ± 0.0010 |
# | `FAST`、3 エポック | 180,000 | 0.9910 ± 0.0007 |
#
# ± は、シード 3 通りの標準偏差です。± のない行は、1 回だけの結果です。
#
# 同じ SGD でも、学習率が 0.03 なら、1 エポックで `ORIGINAL` の 10 エポックに追いつきます。
# つまり 28 倍のうち 10 倍は、学習率を選び直すだけで手に入ります。
# Adam と 1 サイクルで減らせた枚数は 1.5 分の 1、1 枚あたりの計算の速さは 1.9 倍です（10 × 1.5 × 1.9 ≈ 28）。
#
# よい学習率は、データや学習の長さで変わります。ミニ版でよかった 0.1 は、完全版では 0.03 に及びません。
# 「何倍も速い方法」を見たら、比べた相手の学習率がよく選ばれているかを確かめましょう。

# %% [markdown]
# ## 8. 保存と読み込み
#
# 学習した重みは、名前とテンソルの辞書 `state_dict` として保存します。
# 元の実習では、モデルをまるごと、pickle の仲間の cloudpickle で保存していました。これには危険があります。
# **pickle** のファイルは、データではなく、読むときに実行される手順の列だからです。
#
# 下のセルは、読むだけでメッセージを表示する「重み」を作り、読み込みます。
# もしメッセージの代わりに、ファイルを消す命令が入っていたら、どうなるでしょうか。


# %% deterministic=true
class Stranger:
    """読まれると、命令を実行させるもの。"""

    def __reduce__(self):
        return print, ("⚠ 読み込んだだけで、命令が実行されました。",)


Path("output").mkdir(exist_ok=True)
torch.save(Stranger(), "output/stranger.pt")
torch.load("output/stranger.pt", weights_only=False)

# %% [markdown]
# `weights_only=True` なら、テンソルや辞書など、決められた安全なものしか読みません。
# 新しい PyTorch では、書かなくてもこの設定です。下の問では書かなくても正解ですが、書いておけば、古い版でも安全です。

# %% deterministic=true
try:
    torch.load("output/stranger.pt", weights_only=True)
except Exception as error:
    print("拒否されました:", type(error).__name__)

# %% [markdown]
# ### 問 3-4 重みの保存と読み込み
#
# `model` の重みを `path` に保存する関数と、`path` から `model` に読み込む関数を書きましょう。
# 保存には `torch.save`、読み込みには `torch.load` を使います。
# 知らない人のファイルを渡されても、命令が実行されないようにします。
# 名前の合わない重みのファイルは、読み込まずにエラーにします。
#
# <details><summary>ヒント</summary>
#
# `model.state_dict()` が重みの辞書を返し、`model.load_state_dict(辞書)` が重みをモデルに入れます。
#
# </details>


# %% exercise="3-4"
def save_weights(model, path):
    """model の重みだけを path に保存します。"""
    ### BEGIN SOLUTION
    torch.save(model.state_dict(), path)
    ### END SOLUTION


def load_weights(model, path):
    """path の重みを、安全に model に読み込みます。"""
    ### BEGIN SOLUTION
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    ### END SOLUTION


# %% [markdown]
# 保存して、新しいモデルに読み込みます。2 つのモデルの答えは、テストの 1 バッチで完全に一致しますか。

# %% deterministic=true
save_weights(fast_model, "output/model.pt")
restored_model = Model().to(device())
load_weights(restored_model, "output/model.pt")
test_images, test_labels = next(iter(test))
fast_model.eval()
restored_model.eval()
with torch.no_grad():
    print("同じ答え:", torch.equal(fast_model(test_images), restored_model(test_images)))

# %% [markdown]
# ## 9. 予測
#
# 学習では、ソフトマックスは損失の中で計算していました。予測では、自分でかけて確率にします。
# 値は 0〜1 で、和が 1 になるので、「どれくらい自信があるか」の目安になります。
# ただし、自信の高い答えが、いつも正しいとは限りません。

# %% [markdown]
# ### 問 3-5 予測
#
# 画像 (N, 1, 28, 28) から、予測したクラス (N,) と、全クラスの確率 (N, クラス数) を返しましょう。
# クラスの数は、10 とは限りません。
# 測るときと同じく、評価モードにして、勾配の記録を止めます。
#
# <details><summary>ヒント</summary>
#
# `logits.softmax(dim=1)` は、画像ごとに、クラスの軸で確率を求めます。
#
# </details>


# %% exercise="3-5"
def predict(model, images):
    """(予測したクラス (N,), 確率 (N, クラス数)) を返します。"""
    ### BEGIN SOLUTION
    model.eval()
    with torch.no_grad():
        probabilities = model(images).softmax(dim=1)
    return probabilities.argmax(dim=1), probabilities
    ### END SOLUTION


# %% [markdown]
# 1 枚だけを予測するときも、N の軸が要ります。`test_images[:1]` なら形は (1, 1, 28, 28) です。

# %% deterministic=true
one_image = test_images[:1]
one_prediction, one_row = predict(fast_model, one_image)
print("形:", tuple(one_image.shape), "→", tuple(one_prediction.shape), tuple(one_row.shape))

# %%
print("正解:", test_labels[0].item(), "予測:", one_prediction[0].item())
plots.plot_prediction(to_pictures(one_image[0].cpu()), one_row[0].cpu(), CLASSES["MNIST"])

# %% [markdown]
# テストデータ全体を、`FAST` のモデルで予測します。`test` はシャッフルしないので、予測の順は `test.labels` と同じです。

# %%
predictions, probabilities = [], []
for images, _ in test:
    batch_predictions, batch_probabilities = predict(fast_model, images)
    predictions.append(batch_predictions)
    probabilities.append(batch_probabilities)

predictions = torch.cat(predictions).cpu()
probabilities = torch.cat(probabilities).cpu()
mistakes = predictions != test.labels.cpu()
print(f"間違い {mistakes.sum().item()} 枚 / {len(mistakes)} 枚")

# %% [markdown]
# **混同行列 (confusion matrix)** は、行が正解、列が予測です。
# 色は間違いの枚数です。色の濃いところから、取り違えやすい組を読み取ってください。
# ミニ版では間違いが 10 枚ほどしかないので、1 枚だけのますも見ましょう。「01 データを読み込み、眺める」の予想は当たりましたか。

# %%
plots.plot_confusion(test.labels.cpu(), predictions, CLASSES["MNIST"])

# %% [markdown]
# 間違えた画像を、自信のあった順に並べます。題は「正解 → 予測」です。
# 人でも間違えそうな画像と、人なら間違えない画像に分けてみましょう。

# %%
plots.plot_misclassified(
    test.images.cpu(),
    test.labels.cpu(),
    predictions,
    CLASSES["MNIST"],
    confidences=probabilities.max(dim=1).values,
)

# %% [markdown]
# ## 10. 学習率を変える
#
# 学習率は、1 歩の大きさを決める数でした。小さな `CNN` で、4 通りを比べます。
# 何度も学習するので、訓練データから選んだ 1,000 枚だけを、20 枚ずつ使います。
# 検証はせず、訓練の損失だけを見ます。下がり方の違いに注目してください。

# %%
_, few = split(train, size=1000)
few.batch_size, few.shuffle = 20, True
rate_histories = []
for learning_rate in (0.001, 0.01, 0.1, 3.0):
    torch.manual_seed(0)
    network = CNN().to(device())
    name = f"lr={learning_rate}"
    recipe = Recipe(name, sgd_with_momentum, learning_rate, batch_size=20, epochs=4)
    history = fit(network, few, recipe=recipe)
    rate_histories.append(history)
    if history.interrupted:
        break
    print(f"{name:8} 訓練の損失 {history.train_loss[0]:.2f} → {history.train_loss[-1]:.2f}")

assert history.interrupted or rate_histories[2].train_loss[-1] < 2, "0.1 なら 2 未満になります。"

# %%
plots.plot_history(*rate_histories)

# %% [markdown]
# ### 考察 3-6 学習率
#
# 上の図をもとに、次の 2 つについて、200 字ほどで書いてください。
#
# 1. 学習率が小さすぎるときと大きすぎるときに、損失はどうなりますか。重みの動き方から理由を説明してください。
# 2. `FAST` が、学習率を途中で大きくし、最後に小さくするのはなぜでしょうか。

# %% [markdown] essay="3-6" points=4
# 1. 小さすぎると、1 歩が短いので、損失は減り続けますがとても遅く、4 エポックでは下がりきりません。
#    大きすぎると、谷の底を飛び越えて反対側に移るので、損失が下がらなかったり、上下に揺れたりします。
# 2. 最初は重みがでたらめで勾配があてにならないので、小さく始めます。途中の大きな歩幅で、谷の近くまで早く進みます。
#    最後に小さくすると、谷の底を飛び越えずに細かく近づけるので、損失がさらに下がります。

# %% [markdown] rubric="3-6"
# **採点基準（4 点）**
#
# - 小さいときに遅いことを、図を根拠に書いている（1 点）。
# - 大きいときに下がらない、または揺れることを、谷を飛び越えることで説明している（1 点）。
# - 大きな学習率で早く進むことを書いている（1 点）。
# - 最後に小さくして細かく近づくことを書いている（1 点）。

# %% [markdown]
# ## まとめ
#
# - 学習の 1 歩は、勾配を消す、損失を計算する、逆伝播する、重みを動かす、の順です。
# - モデルはロジットを返します。損失はロジットから計算し、確率は予測のときだけ求めます。
# - 評価では、評価モードにして、画像ごとに数えます。
# - 保存するのは `state_dict` だけです。知らない人のファイルは `weights_only=True` で読みます。
# - 同じ正解率に届くまでの時間は、レシピで変わります。いちばん大きいのは、学習率の選びかたです。
#
# **次は**: 「04 特徴ベクトルを見る」では、学習したモデルが画像をどう並べているかを見ます。
#
# **参考文献**
#
# - D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", [arXiv:1412.6980](https://arxiv.org/abs/1412.6980), 2014.
# - P. Micikevicius et al., "Mixed Precision Training", [arXiv:1710.03740](https://arxiv.org/abs/1710.03740), 2017.
# - L. N. Smith, N. Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates", [arXiv:1708.07120](https://arxiv.org/abs/1708.07120), 2017.
