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
# # 05 判断根拠を見る
#
# 学習したモデルは、画像のどこを見て答えを決めているのでしょうか。
# このノートブックでは、判断の根拠を**マップ (map)** として画像に重ねます。
#
# **目標**
#
# - 勾配を使って、顕著性マップと Grad-CAM を自分で作れる。
# - フックで、層の出力と勾配を取り出せる。
# - 根拠のマップを疑い、確かめる方法を知っている。
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

# %%
from helpers.preflight import preflight

preflight("MNIST")

# %% deterministic=true
import copy

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from exercises import check
from helpers import explain, plots
from helpers.data import batches, to_float, to_pictures
from helpers.explain import normalise, randomise_
from helpers.models import load_or_train
from helpers.training import evaluate, predict

# %% [markdown]
# 学習した `Model` を使います。保存した重みがなければ、ここで学習します。
# ミニ版のテストデータは、訓練データと同じ 13 人が書いた数字です。正解率は、その人たちの字での値です。

# %%
model = load_or_train("Model")
test = batches("MNIST", train=False)
accuracy = evaluate(model, test)[1]
print(f"テストの正解率 {accuracy:.3f}")
assert accuracy > 0.95, "学習を途中で止めたら、このセルをもう一度実行してください。"

# %% [markdown]
# 調べる画像は、テストデータのうち正しく予測できたものから、1 クラスに 1 枚ずつ選びます。
# `images` はモデルに入れる画像で、画素は [-1, 1] です。`pictures` は図に描く画像で、画素は [0, 1] です。

# %% deterministic=true
everything, labels = to_float(test.images), test.labels
predictions, _ = predict(model, everything)
classes = torch.arange(10, device=labels.device)
chosen = [((labels == digit) & (predictions == digit)).nonzero()[0, 0] for digit in classes]
images = everything[torch.stack(chosen)]
pictures = to_pictures(images)
print("画像:", tuple(images.shape), "クラス:", classes.tolist())

# %% [markdown]
# ## 2. 何を微分するのか
#
# 画素を少し変えたとき、答えが大きく変わるなら、その画素は大事です。「少し変えたときの変わり方」は、微分でわかります。
# では、モデルの出力の何を微分すればよいでしょうか。
#
# ここでは、選んだクラスの**ロジット (logit)** を微分します。元の実習では、ロジットにシグモイドをかけてから微分していました。**シグモイド (sigmoid)** は、数を 0〜1 に押し込める関数 $1 / (1 + e^{-x})$ です。
# シグモイドは、大きなロジットではほとんど平らです。下の表で、平らなところの微分がどうなるかを見てください。

# %% deterministic=true
print("ロジット  シグモイド  シグモイドの微分  ロジットの微分")
for value in (0.0, 2.0, 5.0, 10.0, 20.0):
    logit = torch.tensor(value, requires_grad=True)
    probability = logit.sigmoid()
    probability.backward()
    print(f"{value:8.0f}  {probability.item():10.6f}  {logit.grad.item():16.10f}  {1.0:14.1f}")

# %% [markdown]
# シグモイドを通すと、ロジットの勾配に「シグモイドの微分」が掛かります。1 枚の画像では、どの画素にも同じ正の数が掛かるので、マップの中の明暗の並びは変わりません。
# それでも、困ることが 2 つあります。
#
# - 自信のある予測ほど、掛かる数が小さくなります。マップの強さを、画像どうしで比べられません。
# - ロジットが 17 くらいを超えると、シグモイドの値は 1 に丸められます（`float32` の場合）。微分はちょうど 0 になり、マップが消えます。
#
# テストデータの初めの 500 枚のうち、マップが消える画像は何枚あるでしょうか。

# %%
with torch.no_grad():
    highest = model(everything[:500]).amax(dim=1)
slope = highest.sigmoid() * (1 - highest.sigmoid())
print(f"{len(slope)} 枚のうち、シグモイドの微分が 0 に丸められる画像: {(slope == 0).sum()} 枚")

# %% [markdown]
# **ソフトマックス (softmax)** の微分も、自信のある予測ほど 0 に近づきます。
# しかも、ほかのクラスのロジットの勾配が混ざるので、明暗の並びまで変わります。

# %% [markdown]
# ## 3. 顕著性マップ
#
# 選んだクラスのロジットを画素で微分し、絶対値をとったものが、**顕著性マップ (saliency map)** です。
# 値が大きい画素は、少し変えるだけでロジットが大きく動きます。
#
# 元の実習では、1 枚ずつ計算しました。ここでは、バッチをまとめて 1 回で計算します。画像ごとに選んだロジットを、全部足してから微分するのです。
# 評価モードでは、1 枚のロジットはほかの画像によりません。だから、和の勾配は画像ごとの勾配と同じです。

# %% [markdown]
# ### 問 5-1 顕著性マップ
#
# `classes` が示すクラスのロジットを画素で微分し、絶対値をとりましょう。
# 色のある画像にはチャンネルがいくつかあるので、チャンネルの中の最大値を使います。
# 受け取った `images` には、勾配の記録を付けません。
#
# <details><summary>ヒント 1</summary>
#
# 画素で微分するには、`images.clone().requires_grad_()` のように、記録を始めてからモデルに入れます。
# 勾配は `torch.autograd.grad(値, 画像)[0]` で求められます。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# 各行から 1 つずつ選ぶには、`logits.gather(1, classes[:, None])` を使います。
# 最大値は `.amax(dim=1)` です。
#
# </details>


# %% exercise="5-1"
def saliency(model, images, classes):
    """画像 (N, C, H, W) とクラス (N,) から、顕著性マップ (N, H, W) を返します。"""
    ### BEGIN SOLUTION
    images = images.clone().requires_grad_()
    chosen = model(images).gather(1, classes[:, None])
    (gradient,) = torch.autograd.grad(chosen.sum(), images)
    return gradient.abs().amax(dim=1)
    ### END SOLUTION


# %% [markdown]
# 関数が返すのは、勾配の絶対値です。画像どうしを比べやすいように、`normalise` で 1 枚ごとに [0, 1] に引きのばします。
# 明るいところは、数字の線の上にありますか。線の外側にもありますか。

# %%
plots.plot_maps(pictures, {"顕著性マップ": normalise(saliency(model, images, classes))}, cmap="hot")

# %% [markdown]
# ### SmoothGrad：ゆらして平均する
#
# 顕著性マップは、ざらざらして見えます。**SmoothGrad** の論文は、その原因を、画像がわずかに違うだけで変わる勾配だと考えました。
# そこで、画像に弱い雑音を足して勾配を求めることを繰り返し、平均します。雑音しだいで変わる勾配は、平均すると小さくなります。
# 雑音の強さを変えて比べましょう。図の数は、雑音の標準偏差が、画素の値の幅の何倍かを表します。強くするほど、よくなりますか。

# %%
plots.plot_maps(
    pictures,
    {"雑音なし": normalise(saliency(model, images, classes))}
    | {
        f"雑音 {sigma}": normalise(explain.smooth_grad(model, images, classes, sigma=sigma))
        for sigma in (0.1, 0.3, 0.6)
    },
)

# %% [markdown]
# ## 4. Grad-CAM
#
# 画素の 1 つ 1 つではなく、「どのあたりを見たか」を知りたいときは、畳み込み層の出力を使います。
# **Grad-CAM** (gradient-weighted class activation mapping, Selvaraju ほか, [arXiv:1610.02391](https://arxiv.org/abs/1610.02391)) は、次の順に計算します。
#
# ![Grad-CAM の計算の流れ。画像を層に通して出力 A を得る。ロジットを A で微分し、縦横の平均をチャンネルの重みとする。重みを掛けて足し、ReLU をかけ、画像の大きさに広げて重ねる](../assets/grad-cam.png)
#
# 1. 画像をモデルに通し、調べる層の出力 $A^k$ を取っておく（$k$ はチャンネル）。
# 2. 選んだクラスのロジット $y$ を、層の出力で微分する。
# 3. 勾配をチャンネルごとに平均して、重み $\alpha_k$ とする。$\alpha_k$ が正のチャンネルは、そのクラスに賛成しています。
# 4. 重みを掛けて足し、負の値を 0 にする。$L = \mathrm{ReLU}\left(\sum_k \alpha_k A^k\right)$
# 5. 画像の大きさに広げて、重ねる。

# %% [markdown]
# ### 問 5-2 層の出力と勾配を取り出す
#
# 途中の層の出力は、**フック (hook)** で取り出します。フックは、層が計算されるたびに呼ばれる関数です。
# 名前が `layer` の層の出力と、選んだロジットをその出力で微分した勾配を返しましょう。
# 付けたフックは、エラーが出たときも必ず外します。エラーは消さずに、呼んだ側に届くようにします。
# ほかのフックと、受け取った `images` は、そのままにします。
#
# <details><summary>ヒント 1</summary>
#
# 層は `model.get_submodule(layer)` で手に入ります。
# `handle = 層.register_forward_hook(関数)` で付け、`handle.remove()` で外します。
# 関数の引数は `(module, inputs, output)` です。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# フックの中では、`output` をそのまま辞書に入れます。`detach` すると、**計算グラフ (computation graph)**、つまり計算の順序の記録が切れて微分できません。
#
# </details>


# %% exercise="5-2"
def activation_and_gradient(model, layer, images, classes):
    """層の出力と、その勾配を返します。形はどちらも (N, C, h, w) です。"""
    ### BEGIN SOLUTION
    seen = {}

    def keep(module, inputs, output):
        seen["activation"] = output

    handle = model.get_submodule(layer).register_forward_hook(keep)
    try:
        logits = model(images)
    finally:
        handle.remove()
    chosen = logits.gather(1, classes[:, None]).sum()
    (gradient,) = torch.autograd.grad(chosen, seen["activation"])
    return seen["activation"].detach(), gradient
    ### END SOLUTION


# %% [markdown]
# `Model` の最後の特徴は、最大プーリング `features.4` の出力です。形を確かめます。

# %% deterministic=true
activation, gradient = activation_and_gradient(model, "features.4", images, classes)
print("出力:", tuple(activation.shape), "勾配:", tuple(gradient.shape))

# %% [markdown]
# ### 問 5-3 Grad-CAM
#
# 手順の 3 と 4、そして 5 の「広げる」までを書きましょう。重ねるのは、問 5-4 で行います。
# `size` は (高さ, 幅) の組です。広げるときは `F.interpolate(…, size, mode="bilinear")` を使います。
#
# <details><summary>ヒント 1</summary>
#
# `gradient.mean(dim=(2, 3), keepdim=True)` の形は (N, C, 1, 1) です。層の出力にそのまま掛けられます。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# `F.interpolate` が受け取る形は (N, C, h, w) です。`maps[:, None]` でチャンネルの軸を足し、後で `[:, 0]` で外します。
#
# </details>


# %% exercise="5-3"
def grad_cam(activation, gradient, size):
    """層の出力と勾配 (N, C, h, w) から、大きさ size の Grad-CAM (N, H, W) を返します。"""
    ### BEGIN SOLUTION
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    maps = (weights * activation).sum(dim=1).relu()
    return F.interpolate(maps[:, None], size, mode="bilinear")[:, 0]
    ### END SOLUTION


# %% [markdown]
# 教材の関数 `explain.grad_cam` と比べます。`explain` の関数は、フックと評価モードの面倒も見ます。
# 教材のテストでは、広く使われているライブラリ Captum の値とも、1e-5 まで一致することを確かめています。

# %% deterministic=true
cams = grad_cam(activation.detach(), gradient.detach(), images.shape[-2:])
course_cams = explain.grad_cam(model, images, "features.4", classes)
print("同じマップ:", torch.allclose(cams, course_cams, atol=1e-5))

# %% [markdown]
# ## 5. 画像に重ねる
#
# マップを色に変えて、画像と半分ずつ混ぜます。色を付けるのは **OpenCV** の仕事です。
#
# 配色は INFERNO を使います。元の実習の JET は、値が一定の割合で増えても、明るさが上がったり下がったりします。
# そのため、マップにない境目が見えてしまいます。INFERNO は、値が大きいほど明るくなります。

# %% [markdown]
# ### 問 5-4 重ねた画像
#
# 画像もマップも、値が [0, 1] の NumPy 配列 (N, H, W) です。型が `uint8` の RGB 画像 (N, H, W, 3) を返しましょう。
#
# <details><summary>ヒント 1</summary>
#
# OpenCV は、0〜255 の `uint8` の画像を 1 枚ずつ受け取ります。
# 使うのは `cv2.applyColorMap(…, cv2.COLORMAP_INFERNO)` と `cv2.addWeighted(画像1, 0.5, 画像2, 0.5, 0)` です。
#
# </details>
# <details><summary>ヒント 2</summary>
#
# OpenCV の色は、青、緑、赤 (BGR) の順です。`cv2.cvtColor(…, cv2.COLOR_BGR2RGB)` で直します。
# 灰色の画像は `cv2.COLOR_GRAY2RGB` で 3 チャンネルになります。
#
# </details>


# %% exercise="5-4"
def overlay(images, maps):
    """マップに色を付け、画像と半分ずつ混ぜた uint8 の RGB 画像 (N, H, W, 3) を返します。"""
    ### BEGIN SOLUTION
    mixed = []
    for image, one_map in zip(images, maps, strict=True):
        picture = cv2.cvtColor(np.uint8(255 * image), cv2.COLOR_GRAY2RGB)
        coloured = cv2.applyColorMap(np.uint8(255 * one_map), cv2.COLORMAP_INFERNO)
        coloured = cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB)
        mixed.append(cv2.addWeighted(picture, 0.5, coloured, 0.5, 0))
    return np.stack(mixed)
    ### END SOLUTION


# %% [markdown]
# 10 枚に重ねます。1 枚の画像の中では、明るいところほど、そのクラスの強い根拠です。
# マップは 1 枚ごとに [0, 1] に引きのばしたので、違う画像の明るさどうしは比べられません。引きのばす前の最大値を、図の上に表示します。
# 「なるほど」と思える画像と、そうでない画像に分けてみましょう。

# %%
print("引きのばす前の最大値:", [round(value, 3) for value in cams.amax(dim=(1, 2)).tolist()])
mixed = overlay(pictures[:, 0].cpu().numpy(), normalise(cams).cpu().numpy())
figure = plots.plot_images(mixed.transpose(0, 3, 1, 2), classes.tolist(), columns=5)
figure.set_size_inches(9, 3.8)
figure

# %% [markdown]
# ## 6. Grad-CAM が苦手なモデル
#
# 数字から離れたところが明るい画像がありませんでしたか。
# 負の値を 0 にする前のマップを、引きのばさずに描いて、理由を探します。赤は賛成、青は反対、白は 0 です。色の目盛りは、10 枚に共通です。

# %%
evidence = explain.grad_cam(model, images, "features.4", classes, relu=False)
against = (evidence.sum(dim=(1, 2)) < 0).sum()
print(f"{len(images)} 枚のうち、反対の合計が賛成の合計より大きい画像: {against} 枚")
plots.plot_maps(pictures, {"ReLU の前": evidence}, classes.tolist())

# %% [markdown]
# 正しく予測した画像なのに、反対（青）のほうが多いものがあります。
# `Model` は特徴マップを平らにして、場所ごとに違う重みを掛けます。同じチャンネルが、ある場所では賛成、別の場所では反対になります。
# Grad-CAM は、勾配を縦横に平均して、チャンネルの重みを 1 つにまとめます。場所による違いは、ここで消えます。
#
# `CNN` は違います。**大域平均プーリング (global average pooling)** が、どの場所も同じ重みで平均するからです。
# 学習した `CNN` を用意します。保存した重みがなければ、ここで学習します。

# %%
cnn = load_or_train("CNN")
accuracy = evaluate(cnn, test)[1]
print(f"テストの正解率 {accuracy:.3f}")
assert accuracy > 0.85, "学習を途中で止めたら、このセルをもう一度実行してください。"

# %% [markdown]
# `CNN` の最後の特徴は、最大プーリング `pool2` の出力です。
# 勾配が正の場所（賛成）と負の場所（反対）の両方があるチャンネルは、どれくらいあるでしょうか。2 つのモデルで数えます。

# %% deterministic=true
cnn_activation, cnn_gradient = activation_and_gradient(cnn, "pool2", images, classes)
for name, slopes in {"Model": gradient, "CNN": cnn_gradient}.items():
    both = (slopes.amax(dim=(2, 3)) > 0) & (slopes.amin(dim=(2, 3)) < 0)
    print(f"{name}: 賛成の場所も反対の場所もあるチャンネル {both.float().mean():.0%}")

# %% [markdown]
# ### CAM：微分のいらない場合
#
# 大域平均プーリングの後に全結合層が 1 つだけなら、ロジットは次の式になります（$w_k$ は全結合層の重み、$Z$ は場所の数）。
#
# $$y = b + \sum_k w_k \frac{1}{Z} \sum_{i,j} A^k_{ij} = b + \frac{1}{Z} \sum_{i,j} \sum_k w_k A^k_{ij}$$
#
# 右辺の $\sum_k w_k A^k_{ij}$ を $Z$ で割ったものが、場所 $(i, j)$ がロジットに足した量です。
# 割る前の $\sum_k w_k A^k_{ij}$ を **CAM** (class activation mapping) と呼びます。勾配は $w_k / Z$ なので、Grad-CAM は CAM のちょうど $1/Z$ 倍になります。

# %% deterministic=true
weights = cnn.fc.weight[classes].detach()[:, :, None, None]
cam = (weights * cnn_activation).sum(dim=1)
places = cam.shape[-2] * cam.shape[-1]
raw_cams = explain.grad_cam(cnn, images, "pool2", classes, relu=False, upsample=False)
chosen_logits = cnn(images).gather(1, classes[:, None])[:, 0]
added_up = cnn.fc.bias[classes] + cam.mean(dim=(1, 2))
print("場所の数:", places)
print("CAM = 場所の数 × Grad-CAM:", torch.allclose(cam, places * raw_cams, atol=1e-4))
print("ロジット = b + CAM の平均:", torch.allclose(chosen_logits, added_up, atol=1e-4))

# %% [markdown]
# 2 つのモデルの Grad-CAM を、正解のクラスについて並べます。
# 10 枚は `Model` が正しく予測した画像なので、`CNN` は間違えることがあります。題は「正解 → `CNN` の予測」です。
# どちらの根拠のほうが、人の見方に近いですか。

# %%
cnn_guesses, _ = predict(cnn, images)
plots.plot_overlay(
    pictures,
    {
        "Model": normalise(course_cams),
        "CNN": normalise(explain.grad_cam(cnn, images, "pool2", classes)),
    },
    [f"{a} → {b}" for a, b in zip(classes.tolist(), cnn_guesses.tolist(), strict=True)],
)

# %% [markdown]
# ## 7. 遮蔽：隠して確かめる
#
# **遮蔽 (occlusion)** は、微分を使いません。画像の一部を四角で隠し、ロジットがいくら下がったかを測ります。
# 「ここを隠すとロジットが下がる」ことを直接確かめられますが、隠す場所の数だけモデルを動かします。
#
# 隠す色にも注意が要ります。灰色で隠すと、数字になかった四角を描き足すことになります。ここでは背景の黒（-1）で隠します。

# %%
falls = explain.occlusion(cnn, images, classes, window=5, stride=2, fill=-1)
print(f"最も下がった場所で {falls.max():.1f}、最も上がった場所で {-falls.min():.1f}")

# %% [markdown]
# 4 つの方法を、同じ画像で並べます。画素で微分する 2 つ（顕著性、SmoothGrad）は細かく、Grad-CAM と遮蔽は大まかです。
# 顕著性マップの格子の模様は、最大プーリングのせいです。窓の中の 1 画素だけに勾配が流れます。
# 背景まで明るいのは、何もないところに点を描き足しても、ロジットが動くからです。
# 遮蔽の赤は「隠すとロジットが下がる」、青は「隠すと上がる」です。4 つの方法の意見が一致するのは、どの画像のどこですか。

# %%
plots.plot_maps(
    pictures,
    {
        "顕著性": normalise(explain.saliency(cnn, images, classes)),
        "SmoothGrad": normalise(explain.smooth_grad(cnn, images, classes, sigma=0.3)),
        "Grad-CAM": normalise(explain.grad_cam(cnn, images, "pool2", classes)),
        "遮蔽": falls,
    },
    classes.tolist(),
)

# %% [markdown]
# ## 8. 間違いの理由を探す
#
# `CNN` が間違えた画像では、正解のクラスと、予測したクラスの 2 つの根拠を比べられます。題は「正解 → 予測」です。
# 1 枚選んで、モデルがどの部分を取り違えたかを、言葉で説明してみましょう。

# %%
cnn_predictions, _ = predict(cnn, everything)
wrong = (cnn_predictions != labels).nonzero()[:10, 0]
mistakes, truth, guess = everything[wrong], labels[wrong], cnn_predictions[wrong]
plots.plot_overlay(
    to_pictures(mistakes),
    {
        "正解のクラス": normalise(explain.grad_cam(cnn, mistakes, "pool2", truth)),
        "予測したクラス": normalise(explain.grad_cam(cnn, mistakes, "pool2", guess)),
    },
    [f"{a} → {b}" for a, b in zip(truth.tolist(), guess.tolist(), strict=True)],
)

# %% [markdown]
# ## 9. マップを疑う
#
# もっともらしいマップが、本当にモデルの根拠とは限りません。たとえば、数字の輪郭をなぞるだけのマップは、どんなモデルにも「合って」見えます。
#
# **健全性の確認 (sanity check)** は、モデルの重みをでたらめにして、マップを作り直します。
# 学習したことを表すマップなら、学習を消せば変わるはずです。変わらないなら、そのマップは学習した重みを見ていません。
# 逆は言えません。変わったからといって、そのマップが正しいとは限りません。重みをただの乱数の種に使う、でたらめな模様でも変わります。

# %% [markdown]
# ### 問 5-5 健全性の確認
#
# 学習したモデルのマップと、重みをでたらめにしたモデルのマップを、この順に返しましょう。
# マップは `explanation(model, images, classes)` で作ります。クラスは、どちらも学習したモデルが予測したものです。
# どちらのモデルも、評価モードのまま使います。
# `randomise_` は、渡されたモデルそのものを変えます。学習したモデルは、後でまた使います。
#
# <details><summary>ヒント</summary>
#
# `copy.deepcopy(model)` で、重みまで含めた写しが作れます。
#
# </details>


# %% exercise="5-5"
def sanity_check(model, images, explanation):
    """(学習したモデルのマップ, でたらめな重みのモデルのマップ) を返します。"""
    ### BEGIN SOLUTION
    classes = model(images).argmax(dim=1)
    randomised = randomise_(copy.deepcopy(model))
    return explanation(model, images, classes), explanation(randomised, images, classes)
    ### END SOLUTION


# %% [markdown]
# 3 つのマップを確かめます。3 つ目は、画像の明るさの変わり目をなぞるだけの「輪郭」です。モデルを使いません。
# クラスは `CNN` の予測です。Grad-CAM は、ReLU をかける前のものを使います。ReLU をかけると、どこも 0 のマップができて、比べられないことがあるからです。


# %% deterministic=true
def edges(model, images, classes):
    """明るさの変わり目。モデルもクラスも見ない、悪い例です。"""
    down, right = torch.gradient(images[:, 0], dim=(1, 2))
    return torch.hypot(down, right)


def signed_grad_cam(model, images, classes):
    """負の値も残した Grad-CAM。"""
    return explain.grad_cam(model, images, "pool2", classes, relu=False)


explanations = {"顕著性": saliency, "Grad-CAM": signed_grad_cam, "輪郭": edges}
compared = {name: sanity_check(cnn, images, make) for name, make in explanations.items()}

# %% [markdown]
# 学習後と、でたらめな重みのマップを並べます。それぞれの組は、似ていますか。

# %%
rows = {}
for name, (trained, randomised) in compared.items():
    rows[f"{name}：学習後"] = normalise(trained)
    rows[f"{name}：でたらめ"] = normalise(randomised)

plots.plot_maps(pictures, rows)

# %% [markdown]
# どれくらい似ているかを、**相関係数 (correlation coefficient)** で測ります。明暗の変わりかたが同じなら 1、関係がなければ 0 の近く、逆なら負になります。
# 1 でも、同じマップとは限りません。明るさを何倍かしても、一定の数を足しても、相関係数は変わらないからです。
# 10 枚の平均と、最小から最大までを見てください。画像による違いが大きいマップはどれですか。


# %%
def correlation(one_map, other):
    """2 枚のマップの相関係数。"""
    return torch.corrcoef(torch.stack([one_map.flatten(), other.flatten()]))[0, 1].item()


for name, pair in compared.items():
    values = [correlation(one_map, other) for one_map, other in zip(*pair, strict=True)]
    print(f"{name}: 平均 {np.mean(values):.2f}（{min(values):.2f} から {max(values):.2f}）")

# %% [markdown]
# ### 考察 5-6 根拠のマップをどう使うか
#
# このノートブックの図をもとに、次の 2 つについて、200 字ほどで書いてください。
#
# 1. 間違えた画像を 1 枚選び、正解のクラスと予測したクラスの Grad-CAM を比べて、間違いの理由を考えてください。
# 2. 健全性の確認で、輪郭の相関係数が 1 になるのはなぜですか。それでも輪郭のマップがもっともらしく見えるのはなぜですか。

# %% [markdown] essay="5-6" points=4
# 1. 4 を 8 と間違えた画像では、4 の根拠は上に突き出た線にあり、8 の根拠は真ん中の小さな輪にありました。
#    この 4 は上が閉じていて輪に見えるので、8 の部品だと判断されたと考えられます。
# 2. 輪郭は画像だけから計算され、モデルの重みを使いません。だから、重みをでたらめにしても同じマップになり、相関係数は 1 です。
#    もっともらしく見えるのは、人が数字を輪郭で見分けていて、自分の見方をモデルの根拠だと思い込むからです。見た目だけでは、根拠かどうかを判断できません。

# %% [markdown] rubric="5-6"
# **採点基準（4 点）**
#
# - 1 枚の画像について、2 つのクラスの明るい場所の違いを、具体的に書いている（1 点）。
# - その違いから、間違いの理由を考えている（1 点）。
# - 輪郭がモデルの重みを使わないことから、相関係数が 1 になることを説明している（1 点）。
# - 見た目のもっともらしさと、モデルの根拠であることは別だと書いている（1 点）。

# %% [markdown]
# ## まとめ
#
# - 微分するのはロジットです。シグモイドやソフトマックスを通すと、自信のある予測ほど勾配が 0 に近づきます。
# - 顕著性マップは画素ごとの勾配、Grad-CAM は層の出力をチャンネルの重みで足したものです。
# - フックは、エラーが出ても必ず外します。
# - Grad-CAM は、勾配を縦横に平均します。大域平均プーリングのモデルでは、勾配がどの場所でも同じなので、平均しても何も失いません。Grad-CAM は、CAM を場所の数で割ったものになります。
# - マップは疑って見ます。重みをでたらめにしても変わらないマップは、モデルの根拠ではありません。変わるマップも、それだけで正しいとは言えません。
#
# **次は**: 「06 フィルタと特徴マップ」では、モデルの中の 1 つ 1 つのフィルタを見ます。
#
# **参考文献**
#
# - K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps", [arXiv:1312.6034](https://arxiv.org/abs/1312.6034), 2013.
# - D. Smilkov et al., "SmoothGrad: removing noise by adding noise", [arXiv:1706.03825](https://arxiv.org/abs/1706.03825), 2017.
# - R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", [arXiv:1610.02391](https://arxiv.org/abs/1610.02391), 2016.
# - B. Zhou et al., "Learning Deep Features for Discriminative Localization", [arXiv:1512.04150](https://arxiv.org/abs/1512.04150), 2015.（CAM）
# - M. D. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", [arXiv:1311.2901](https://arxiv.org/abs/1311.2901), 2013.（遮蔽）
# - J. Adebayo et al., "Sanity Checks for Saliency Maps", [arXiv:1810.03292](https://arxiv.org/abs/1810.03292), 2018.
