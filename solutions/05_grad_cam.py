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

# %%
import copy
import dataclasses

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from exercises import check
from helpers import explain, plots
from helpers.data import batches, split
from helpers.explain import normalise, randomise_
from helpers.models import CNN, load_or_train
from helpers.training import FAST, device, evaluate, fit, predict

# %% [markdown]
# 学習した `Model` を使います。保存した重みがなければ、ここで学習します（ミニ版では 20 秒ほど）。
# 調べる画像は、テストデータのうち正しく予測できたものから、1 クラスに 1 枚ずつ選びます。

# %%
model = load_or_train("Model")
test = batches("MNIST", train=False)
everything, labels = (torch.cat(part) for part in zip(*test, strict=True))
predictions, _ = predict(model, everything)
classes = torch.arange(10, device=labels.device)
chosen = [((labels == digit) & (predictions == digit)).nonzero()[0, 0] for digit in classes]
images = everything[torch.stack(chosen)]
pictures = images * 0.5 + 0.5
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
# 自信のある予測ほど、シグモイドの微分は 0 に近づきます。根拠がはっきりしている画像で、マップが消えてしまいます。
# **ソフトマックス (softmax)** でも同じことが起きます。しかも、ほかのクラスのロジットを下げる画素まで混ざります。

# %% [markdown]
# ## 3. 顕著性マップ
#
# 選んだクラスのロジットを画素で微分し、絶対値をとったものが、**顕著性マップ (saliency map)** です。
# 値が大きい画素は、少し変えるだけでロジットが大きく動きます。
#
# バッチでも 1 回で計算できます。画像ごとに選んだロジットを、全部足してから微分するのです。
# 評価モードでは、1 枚のロジットはほかの画像によりません。だから、和の勾配は画像ごとの勾配と同じです。

# %% [markdown]
# ### 問 5-1 顕著性マップ
#
# `classes` が示すクラスのロジットを画素で微分し、絶対値をとりましょう。
# 色のある画像にはチャンネルがいくつかあるので、チャンネルの中の最大値を使います。
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
# 問 5-1
def saliency(model, images, classes):
    """画像 (N, C, H, W) とクラス (N,) から、顕著性マップ (N, H, W) を返します。"""
    ### BEGIN SOLUTION
    images = images.clone().requires_grad_()
    chosen = model(images).gather(1, classes[:, None])
    (gradient,) = torch.autograd.grad(chosen.sum(), images)
    return gradient.abs().amax(dim=1)
    ### END SOLUTION


# %% check="5-1"
saliency = check("5-1")

# %% [markdown]
# 関数が返すのは、勾配の絶対値です。画像どうしを比べやすいように、`normalise` で 1 枚ごとに [0, 1] に引きのばします。
# 明るいところは、数字の線の上にありますか。線の外側にもありますか。

# %%
plots.plot_maps(pictures, {"顕著性マップ": normalise(saliency(model, images, classes))}, cmap="hot")

# %% [markdown]
# ### SmoothGrad：ゆらして平均する
#
# 顕著性マップは、ざらざらして見えます。勾配は、画素がほんの少し違うだけで大きく変わるからです。
# **SmoothGrad** は、画像に弱い雑音を足して勾配を求めることを繰り返し、平均します。たまたま大きかった勾配は、平均すると小さくなります。
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
# **Grad-CAM** (gradient-weighted class activation mapping, Selvaraju ほか, arXiv:1610.02391) は、次の順に計算します。
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
# 使い終わったフックは、エラーが出たときも必ず外します。
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
# 問 5-2
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


# %% check="5-2"
activation_and_gradient = check("5-2")

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
# 問 5-3
def grad_cam(activation, gradient, size):
    """層の出力と勾配 (N, C, h, w) から、大きさ size の Grad-CAM (N, H, W) を返します。"""
    ### BEGIN SOLUTION
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    maps = (weights * activation).sum(dim=1).relu()
    return F.interpolate(maps[:, None], size, mode="bilinear")[:, 0]
    ### END SOLUTION


# %% check="5-3"
grad_cam = check("5-3")

# %% [markdown]
# 教材の関数 `explain.grad_cam` と比べます。`explain` の関数は、フックと評価モードの面倒も見ます。
# 教材のテストでは、広く使われているライブラリ Captum の値とも、1e-5 まで一致することを確かめています。

# %% deterministic=true
cams = grad_cam(activation, gradient, images.shape[-2:])
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
# 問 5-4
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


# %% check="5-4"
overlay = check("5-4")

# %% [markdown]
# 10 枚に重ねます。明るいところほど、そのクラスの強い根拠です。
# 明るいところを見て、「なるほど」と思える画像と、そうでない画像に分けてみましょう。

# %%
mixed = overlay(pictures[:, 0].cpu().numpy(), normalise(cams.detach()).cpu().numpy())
plots.plot_images(mixed.transpose(0, 3, 1, 2), classes.tolist())

# %% [markdown]
# ## 6. Grad-CAM が苦手なモデル
#
# 真っ暗なままの画像や、数字から離れたところだけが明るい画像がありませんでしたか。
# 負の値を 0 にする前のマップを描いて、理由を探します。赤は賛成、青は反対、白は 0 です。

# %%
plots.plot_maps(
    pictures,
    {"ReLU の前": explain.grad_cam(model, images, "features.4", classes, relu=False)},
    classes.tolist(),
)

# %% [markdown]
# 正しく予測した画像なのに、ほとんどが反対（青）のものがあります。
# `Model` は特徴マップを平らにして、場所ごとに違う重みを掛けます。同じチャンネルが、ある場所では賛成、別の場所では反対になります。
# Grad-CAM は、勾配を縦横に平均して、チャンネルの重みを 1 つにまとめます。場所による違いは、ここで消えます。
#
# `CNN` は違います。**大域平均プーリング (global average pooling)** が、どの場所も同じ重みで平均するからです。
# 短い時間で `CNN` を学習させ、`Model` と同じように部品に分けます。4,000 枚を 5 回使うだけです。

# %%
_, few = split(batches("MNIST", batch_size=32), size=4000)
torch.manual_seed(0)
cnn = CNN().to(device())
fit(cnn, few, recipe=dataclasses.replace(FAST, learning_rate=0.02), epochs=5)

gap_model = nn.Sequential()
gap_model.features = nn.Sequential(
    *(cnn.conv1, cnn.bn1, nn.ReLU(), nn.MaxPool2d(2)),
    *(cnn.conv2, cnn.bn2, nn.ReLU(), nn.MaxPool2d(2)),
)
gap_model.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), cnn.fc)
gap_model.eval()
print(f"テストの正解率 {evaluate(gap_model, test)[1]:.3f}")

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
activation, _ = activation_and_gradient(gap_model, "features", images, classes)
cam = torch.einsum("nk,nkhw->nhw", cnn.fc.weight[classes].detach(), activation)
raw_cams = explain.grad_cam(gap_model, images, "features", classes, relu=False, upsample=False)
places = activation.shape[-2] * activation.shape[-1]
print(
    "場所の数:",
    places,
    " CAM = 場所の数 × Grad-CAM:",
    torch.allclose(cam, places * raw_cams, atol=1e-4),
)

# %% [markdown]
# 2 つのモデルの Grad-CAM を、正解のクラスについて並べます。
# 10 枚は `Model` が正しく予測した画像なので、`CNN` は間違えることがあります。ミニ版では、4 を 8 と予測します。
# どちらの根拠のほうが、人の見方に近いですか。

# %%
plots.plot_overlay(
    pictures,
    {
        "Model": normalise(course_cams),
        "CNN": normalise(explain.grad_cam(gap_model, images, "features", classes)),
    },
    classes.tolist(),
)

# %% [markdown]
# ## 7. 遮蔽：隠して確かめる
#
# **遮蔽 (occlusion)** は、微分を使いません。画像の一部を四角で隠し、ロジットがいくら下がったかを測ります。
# 「ここがなければ答えが変わる」ことを直接確かめられますが、隠す場所の数だけモデルを動かします。
#
# 隠す色にも注意が要ります。灰色で隠すと、数字になかった四角を描き足すことになります。ここでは背景の黒（-1）で隠します。

# %%
falls = explain.occlusion(gap_model, images, classes, window=5, stride=2, fill=-1)
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
        "顕著性": normalise(explain.saliency(gap_model, images, classes)),
        "SmoothGrad": normalise(explain.smooth_grad(gap_model, images, classes, sigma=0.3)),
        "Grad-CAM": normalise(explain.grad_cam(gap_model, images, "features", classes)),
        "遮蔽": falls,
    },
    classes.tolist(),
)

# %% [markdown]
# ## 8. 間違いの理由を探す
#
# 間違えた画像では、正解のクラスと、予測したクラスの 2 つの根拠を比べられます。題は「正解 → 予測」です。
# 1 枚選んで、モデルがどの部分を取り違えたかを、言葉で説明してみましょう。

# %%
predictions, _ = predict(gap_model, everything)
wrong = (predictions != labels).nonzero()[:10, 0]
mistakes, truth, guess = everything[wrong], labels[wrong], predictions[wrong]
plots.plot_overlay(
    mistakes * 0.5 + 0.5,
    {
        "正解のクラス": normalise(explain.grad_cam(gap_model, mistakes, "features", truth)),
        "予測したクラス": normalise(explain.grad_cam(gap_model, mistakes, "features", guess)),
    },
    [f"{a} → {b}" for a, b in zip(truth.tolist(), guess.tolist(), strict=True)],
)

# %% [markdown]
# ## 9. マップを疑う
#
# もっともらしいマップが、本当にモデルの根拠とは限りません。たとえば、数字の輪郭をなぞるだけのマップは、どんなモデルにも「合って」見えます。
#
# **健全性の確認 (sanity check)** は、モデルの重みをでたらめにして、マップを作り直します。
# 学習したことを表すマップなら、学習を消せば変わるはずです。変わらないなら、そのマップはモデルを見ていません。

# %% [markdown]
# ### 問 5-5 健全性の確認
#
# 学習したモデルのマップと、重みをでたらめにしたモデルのマップを、この順に返しましょう。
# マップは `explanation(model, images, classes)` で作ります。クラスは、どちらも学習したモデルが予測したものです。
# `randomise_` は、渡されたモデルそのものを変えます。学習したモデルは、後でまた使います。
#
# <details><summary>ヒント</summary>
#
# `copy.deepcopy(model)` で、重みまで含めた写しが作れます。
#
# </details>


# %% exercise="5-5"
# 問 5-5
def sanity_check(model, images, explanation):
    """(学習したモデルのマップ, でたらめな重みのモデルのマップ) を返します。"""
    ### BEGIN SOLUTION
    classes = model(images).argmax(dim=1)
    randomised = randomise_(copy.deepcopy(model))
    return explanation(model, images, classes), explanation(randomised, images, classes)
    ### END SOLUTION


# %% check="5-5"
sanity_check = check("5-5")

# %% [markdown]
# 3 つのマップを確かめます。3 つ目は、画像の明るさの変わり目をなぞるだけの「輪郭」です。モデルを使いません。
# クラスは `CNN` の予測です。Grad-CAM は ReLU をかけずに比べるので、根拠のないところも黒になりません。
# マップがどれくらい似ているかは、**相関係数 (correlation coefficient)** で測ります。1 なら同じ、0 なら無関係です。


# %%
def edges(model, images, classes):
    """明るさの変わり目。モデルもクラスも見ない、悪い例です。"""
    down, right = torch.gradient(images[:, 0], dim=(1, 2))
    return torch.hypot(down, right)


def correlations(maps, others):
    """画像ごとの相関係数。"""
    pairs = zip(maps.flatten(1), others.flatten(1), strict=True)
    return torch.stack([torch.corrcoef(torch.stack(pair))[0, 1] for pair in pairs])


explanations = {
    "顕著性": explain.saliency,
    "Grad-CAM": lambda model, x, target: explain.grad_cam(model, x, "features", target, relu=False),
    "輪郭": edges,
}
rows = {}
for name, explanation in explanations.items():
    trained, randomised = sanity_check(gap_model, images, explanation)
    print(f"{name}: 相関係数の平均 {correlations(trained, randomised).mean():.2f}")
    rows |= {f"{name}：学習後": normalise(trained), f"{name}：でたらめ": normalise(randomised)}

plots.plot_maps(pictures, rows)

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
# - 微分するのはロジットです。シグモイドやソフトマックスを通すと、自信のある予測で勾配が消えます。
# - 顕著性マップは画素ごとの勾配、Grad-CAM は層の出力をチャンネルの重みで足したものです。
# - フックは、エラーが出ても必ず外します。
# - Grad-CAM は勾配を縦横に平均するので、大域平均プーリングのモデルで最もよく働きます。そこでは CAM と一致します。
# - マップは疑って見ます。重みをでたらめにしても変わらないマップは、モデルの根拠ではありません。
#
# **次は**: 「06 フィルタと特徴マップ」では、モデルの中の 1 つ 1 つのフィルタを見ます。
#
# **参考文献**
#
# - K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps", arXiv:1312.6034, 2013.
# - D. Smilkov et al., "SmoothGrad: removing noise by adding noise", arXiv:1706.03825, 2017.
# - R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", arXiv:1610.02391, 2016.
# - B. Zhou et al., "Learning Deep Features for Discriminative Localization", arXiv:1512.04150, 2015.（CAM）
# - M. D. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", arXiv:1311.2901, 2013.（遮蔽）
# - J. Adebayo et al., "Sanity Checks for Saliency Maps", arXiv:1810.03292, 2018.
