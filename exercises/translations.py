"""Errors in words that say what to look at: one table for all checks.

What a try that failed leaves in its observation has no language: the error as Python describes it
(``"TypeError: …"``), or one of :data:`PROBLEMS`, with what fills its sentence.
"""

from __future__ import annotations

import re

from exercises.exercise import Observation
from helpers.internal.sentences import Sentence

BLANK = "NotImplementedError"
"""The error of a stub that was left as it was."""

_LONGEST_ERROR = 300


class AnswerError(Exception):
    """An answer gave something that cannot be checked.

    Args:
        problem: A key of :data:`PROBLEMS`.
        fields: What fills in its sentence.
    """

    def __init__(self, problem: str, **fields: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fields = fields

    def __str__(self) -> str:
        return PROBLEMS[self.problem].format(**self.fields)


PROBLEMS = {
    "nothing returned": Sentence(
        ja="何も返っていません。return を書きましたか。",
        en="Nothing is returned. Did you write return?",
    ),
    "other number of values": Sentence(
        ja="返す値の個数が違います。関数の説明にある値を、その順に、全部返しましょう。",
        en="The number of returned values is wrong. Return all that the docstring names, in order.",
    ),
    "a dictionary": Sentence(
        ja="辞書 (dict) が返っています。return a, b のように、関数の説明にある値を順に並べて返しましょう。",
        en="A dictionary is returned. Return the values that the docstring names one after another, "
        "as in return a, b.",
    ),
    "one for several": Sentence(
        ja="返っているのは、1 つの {type} だけです。関数の説明にある値を、return a, b のように順に並べて、"
        "全部返しましょう。stack などで 1 つにまとめません。",
        en="What is returned is a single {type}. Return all values that the docstring names, one "
        "after another, as in return a, b, and not stacked into one.",
    ),
    "other kind of value": Sentence(
        ja="返した値の種類が違います。関数の説明の「返します」を確かめましょう。",
        en="What is returned is of another kind. Read in the docstring what to return.",
    ),
    "not a number": Sentence(
        ja="返した値の種類や個数が違います（{type} があります）。関数の説明の「返します」を確かめましょう。",
        en="What is returned has another type or number of values (there is a {type}). "
        "Read in the docstring what to return.",
    ),
    "not a tensor": Sentence(
        ja="テンソルが要るところに、{type} が返っています。",
        en="A tensor is needed, but {type} is returned.",
    ),
    "a pair": Sentence(
        ja="{name}(dim=…) が返す、値と番号の組のままです。値は .values、番号は .indices で取り出せます。",
        en="This is the pair that {name}(dim=…) returns. Take its .values or its .indices.",
    ),
    "not an array": Sentence(
        ja="NumPy の配列が要るところに、{type} が返っています。",
        en="A NumPy array is needed, but {type} is returned.",
    ),
    "not defined": Sentence(
        ja="{name} が定義されていません。名前が {name} のままかを確かめましょう。",
        en="{name} is not defined. Is its name still {name}?",
    ),
    "withheld": Sentence(
        ja="採点では、教材に入っている解答は使えません。",
        en="While grading, the course's own answer cannot be used.",
    ),
}
"""Problems that the checks themselves notice."""

_RAISED = Sentence(ja="実行中にエラーが出ました: {error}", en="An error was raised: {error}")
_TRANSLATED = Sentence(
    ja="{sentence}\n  Python の説明: {error}", en="{sentence}\n  Python says: {error}"
)
_AT_LINE = Sentence(ja="\n  この行です: {line}", en="\n  In this line: {line}")

# The names of PyTorch's layers and losses, as their reprs and types show them.
_LAYER = (
    r"(?:\w+\.)*(?P<layer>\w*(?:ReLU|Loss|Linear|Conv\w*|Pool\w*|Norm\w*|Dropout\w*|Flatten|"
    r"Softmax|Sigmoid|Tanh|Sequential|Identity))"
)


def _told(pattern: str, *, ja: str, en: str) -> tuple[str, Sentence]:
    """Return what an error is recognised by, and what is said of it."""
    return pattern, Sentence(ja=ja, en=en)


TRANSLATIONS: tuple[tuple[str, Sentence], ...] = (
    # --- Layers and losses ----------------------------------------------------------------------
    _told(
        r"params argument given to the optimizer|optimizer can only optimize Tensors|"
        r"'\w*(?:Network|Model|Net|CNN|Linear|Sequential)' object is not iterable",
        ja="オプティマイザの最初の引数は、動かす重み model.parameters() です。",
        en="The first argument of an optimizer is what it moves: model.parameters().",
    ),
    _told(
        r"(?:list|tuple) is not a Module subclass",
        ja="nn.Sequential には、層をリストに入れず、コンマで区切って渡します。"
        "リストなら、前に * を付けます。",
        en="Give nn.Sequential the layers one by one, not in a list. "
        "Put * before a list to unpack it.",
    ),
    _told(
        rf"{_LAYER} is not a Module subclass",
        ja="{layer} の後に () がありません。nn.{layer}(…) と書くと、層が作られます。",
        en="() is missing after {layer}: nn.{layer}(…) makes the layer.",
    ),
    _told(
        r"(?P<kind>[\w.]+) is not a Module subclass",
        ja="層のかわりに {kind} が渡されています。関数ではなく、nn の層を渡しましょう。",
        en="{kind} is given where a layer is needed. Use a layer of nn, not a function.",
    ),
    _told(
        rf"(?:got \(|argument 'input' \(position 1\) must be Tensor, not |linear\(\): .*not ){_LAYER}\b",
        ja="層 {layer} を作っただけで、値を渡していません。nn.{layer}(…) で層を作り、"
        "もう 1 組の () で値を渡します。",
        en="{layer} is made but given no values: nn.{layer}(…) makes the layer, "
        "a second pair of () passes the values.",
    ),
    _told(
        rf"'{_LAYER}' object (?:is not (?:subscriptable|iterable)|"
        r"has no attribute '(?:shape|ndim|dim|size|clamp|max|amax|argmax)')",
        ja="nn.{layer} は値ではなく層です。nn.{layer}()(値) のように、() で作ってから値を渡します。",
        en="nn.{layer} is a layer, not a value: make it with (), then pass the values in a second "
        "pair of (): nn.{layer}()(values).",
    ),
    _told(
        rf"(?:'{_LAYER}'|type object '\w+') (?:object )?has no attribute "
        r"'(?:backward|item|detach|shape|size|view|reshape|flatten|sum|mean|backward)'",
        ja="損失関数や層そのものは、計算した値ではありません。"
        "先に () で作り、もう 1 組の () で値を渡しましょう。",
        en="A loss function or layer is not the value it computes. "
        "Make it with () first, then pass the values with a second pair of ().",
    ),
    _told(
        r"Boolean value of Tensor with more than one value is ambiguous",
        ja="値が 2 つ以上あるテンソルは、そのままでは真か偽かが決まりません。if や and で使うなら、"
        "当たった数は .sum()、全部かどうかは .all() で求めます。"
        "nn.CrossEntropyLoss や nn.ReLU なら、先に () で作ってから値を渡します。",
        en="A tensor of several values is neither true nor false. If you pass "
        "nn.CrossEntropyLoss or nn.ReLU, make it with () first, and then give it the "
        "values. In an if or and, count with .sum() or use .all().",
    ),
    _told(
        r"before Module\.__init__\(\) call|super-class not called",
        ja="層を作る前に super().__init__() を呼びましょう。前後の _ は 2 つずつです。",
        en="Call super().__init__() before making layers. There are two _ on either side.",
    ),
    _told(
        r"descriptor '__init__' of 'super' object needs an argument",
        ja="super の後に () がありません。super().__init__() と書きます。",
        en="() is missing after super: write super().__init__().",
    ),
    _told(
        r"Module \[ModuleList\] is missing",
        ja="nn.ModuleList は、層を並べて持つだけで、順に通しません。順に通すなら nn.Sequential です。",
        en="nn.ModuleList only holds layers and does not apply them. nn.Sequential applies them in turn.",
    ),
    _told(
        r"^TypeError: 'list' object is not callable",
        ja="リストは、() を付けて呼べません。層を順に通すなら、nn.Sequential にまとめます。"
        "list という名前の変数も作らないようにしましょう。",
        en="A list cannot be called with (). To apply layers in turn, put them into nn.Sequential. "
        "Do not call a variable list.",
    ),
    _told(
        r'is missing the required "forward" function',
        ja="forward というメソッドがありません。つづりと、字下げ（class の中にあるか）を確かめましょう。",
        en="There is no method called forward. Check its spelling and that it is indented "
        "inside the class.",
    ),
    _told(
        r"mat1 and mat2 shapes cannot be multiplied \((?P<rows>\d+)x(?P<got>\d+) and "
        r"(?P<want>\d+)x\d+\)",
        ja="全結合層は 1 行に {want} 個の値を待っていますが、届いたのは形 ({rows}, {got}) です。"
        "平らにする場所と、nn.Linear の最初の引数を確かめましょう。",
        en="A fully connected layer waits for {want} values a row, but shape ({rows}, {got}) "
        "arrives. Check where you flatten, and the first argument of nn.Linear.",
    ),
    _told(
        r"to have (?P<want>\d+) channels, but got (?P<got>\d+) channels",
        ja="畳み込み層は {want} チャンネルを待っていますが、届いたのは {got} チャンネルです。"
        "前の層の出力チャンネルと、入力の軸の順序 (N, C, H, W) を確かめましょう。",
        en="A convolution waits for {want} channels, but {got} arrive. Check the output channels "
        "of the layer before it, and the order of the axes, (N, C, H, W).",
    ),
    _told(
        r"Expected 3D \(unbatched\) or 4D \(batched\) input|expected 4D input|Expected 4-?D|"
        r"expected 2D or 3D input|non-empty 3D or 4D",
        ja="畳み込みやプーリングには、形 (N, C, H, W) の画像を渡します。軸の数を確かめましょう。",
        en="Convolution and pooling take images of shape (N, C, H, W). Check the number of axes.",
    ),
    _told(
        r"Kernel size can't be greater than|Output size is too small|Calculated (?:padded )?input size",
        ja="特徴マップが小さくなりすぎて、カーネルが置けません。"
        "プーリングの数、カーネルの大きさ、padding を確かめましょう。",
        en="The feature maps have become too small for the kernel. Check the number of "
        "poolings, the kernel size and the padding.",
    ),
    _told(
        r"Expected more than 1 value per channel when training",
        ja="画像 1 枚では、学習モードのバッチ正規化は計算できません。"
        "予測するだけなら model.eval() が要ります。",
        en="Batch normalization in training mode cannot work on a single image. For "
        "predictions, call model.eval().",
    ),
    _told(
        r"only batches of spatial targets supported",
        ja="損失関数には、画像ではなく、モデルの出力（ロジット）とラベルを、この順に渡します。",
        en="A loss function takes the model's outputs (logits) and the labels, in this order, "
        "not the images.",
    ),
    _told(
        r"Found no NVIDIA driver|not compiled with CUDA|No CUDA GPUs are available",
        ja="ここに GPU はありません。.cuda() のかわりに .to(device()) と書けば、どこでも動きます。",
        en="There is no GPU here. .to(device()) works everywhere, unlike .cuda().",
    ),
    # --- Losses and labels ----------------------------------------------------------------------
    _told(
        r"Expected input batch_size \((?P<got>\d+)\) to match target batch_size \((?P<want>\d+)\)",
        ja="ロジットは {got} 枚分、ラベルは {want} 枚分あります。"
        "同じバッチのもの同士かを確かめましょう。",
        en="There are logits of {got} images and labels of {want}. "
        "Do they come from the same batch?",
    ),
    _told(
        r"expected scalar type (?P<want>\w+) but found (?P<got>\w+)|"
        r"not implemented for '(?P<type>\w+)'|Expected floating point type|"
        r"must be a float(?:ing)?|can only be a floating|Input dtype must be either a floating|"
        r"must have the same dtype|should be the same|expected target dtype|"
        r"expected .* dtype",
        ja="値の型が合いません。画像は小数 (.float())、ラベルは整数 (.long()) です。",
        en="The types do not fit. Images are floats (.float()), labels whole numbers (.long()).",
    ),
    _told(
        r"Target (?P<label>-?\d+) is out of bounds",
        ja="ラベル {label} に当たるクラスがありません。モデルの出力の数と、ラベルを確かめましょう。",
        en="There is no class for label {label}. Check the number of outputs and the labels.",
    ),
    _told(
        r"0D or 1D target tensor expected|multi-target not supported",
        ja="ラベルの形が違います。ラベルは (N,) の整数です。",
        en="The labels have the wrong shape. Labels are whole numbers of shape (N,).",
    ),
    _told(
        r"(?P<name>\w+) is not a valid value for reduction",
        ja='reduction に、{name} は使えません。渡せるのは "mean"、"sum"、"none" です。小文字で書きます。',
        en='reduction cannot be {name}. It is "mean", "sum" or "none", in small letters.',
    ),
    # --- Gradients ------------------------------------------------------------------------------
    _told(
        r"'(?:builtin_function_or_method|type|function)' object does not support the context "
        r"manager protocol|^AttributeError: __enter__",
        ja="with の後に () がありません。with torch.no_grad(): と書きます。",
        en="() is missing after with: write with torch.no_grad():",
    ),
    _told(
        r"element 0 of tensors does not require grad|"
        r"One of the differentiated Tensors does not require grad",
        ja="勾配の記録がありません。微分する値に requires_grad_() を付けてから、モデルに渡しましたか。"
        "torch.no_grad() や detach() の中で計算していませんか。",
        en="No gradient was recorded. Did you call requires_grad_() on the tensor before "
        "giving it to the model? Is the model called under torch.no_grad(), or is "
        "something cut off with detach()?",
    ),
    _told(
        r"appears to not have been used in the graph",
        ja="微分する値が、計算に使われていません。requires_grad_() を付けたテンソルそのものを、"
        "モデルに渡しましたか。",
        en="The tensor that you differentiate with respect to was not used. Did you give the "
        "model the very tensor on which you called requires_grad_()?",
    ),
    _told(
        r"grad can be implicitly created only for scalar outputs",
        ja="微分できるのは、1 つの数だけです。.sum() などで 1 つの数にしてから微分しましょう。",
        en="Only a single number can be differentiated. Turn the tensor into one first, for "
        "example with .sum().",
    ),
    _told(
        r"Trying to backward through the graph a second time",
        ja="同じ計算を 2 回微分しています。モデルの計算からやり直すか、微分を 1 回にしましょう。",
        en="The same computation is differentiated twice. Compute it anew, or do it once.",
    ),
    _told(
        r"a (?:view of a )?leaf Variable that requires grad is being used in an in-place|"
        r"modified by an inplace operation",
        ja="勾配を記録しているテンソルを書きかえています。clone() で写しを作りましょう。",
        en="A tensor whose gradient is recorded is written to. Make a copy with clone().",
    ),
    _told(
        r"can only compute gradient|you can only change requires_grad flags of leaf variables",
        ja="計算の途中のテンソルには、後から勾配の記録を始められません。"
        "x.detach().clone().requires_grad_() のように、切り離してから始めましょう。",
        en="Recording cannot begin at a tensor that was computed. Detach it first: "
        "x.detach().clone().requires_grad_().",
    ),
    _told(
        r"Can't call numpy\(\) on Tensor that requires grad",
        ja="勾配の記録が付いたテンソルは、そのままでは NumPy の配列にできません。"
        "先に detach() を呼びましょう。",
        en="A tensor with a recorded gradient is not turned into a NumPy array. "
        "Call detach() first.",
    ),
    _told(
        r"can't convert \w+:\d+ device type tensor to numpy",
        ja="GPU にあるテンソルは、先に .cpu() で CPU に移しましょう。",
        en="A tensor on the GPU has to come to the CPU first: .cpu().",
    ),
    _told(
        r"Expected all tensors to be on the same device",
        ja="モデルとデータが、別の装置にあります。.to(device) で同じ装置に移しましょう。",
        en="The model and the data are on different devices. Bring both to one: .to(device).",
    ),
    # --- Several values instead of one ----------------------------------------------------------
    _told(
        r"torch\.return_types\.(?P<name>\w+)",
        ja="{name}(dim=…) は、値と番号の 2 つを返します。値は .values、番号は .indices です。",
        en="{name}(dim=…) returns two things: .values and .indices.",
    ),
    _told(
        r"'tuple' object has no attribute '(?P<name>\w+)'|must be Tensor, not tuple|but got tuple|"
        r"got \(tuple,|to be a tensor.* tuple|'tuple' and|'Tensor' and 'tuple'",
        ja="値が 1 つではなく、組 (tuple) になっています。[0] で 1 つ目を取り出すか、"
        "a, b = … のように分けて受け取りましょう。"
        "torch.autograd.grad や max(dim=…) は組を返します。",
        en="There is a tuple where one value is needed. Take its first part with [0], or unpack "
        "it as in a, b = …. torch.autograd.grad and max(dim=…) return tuples.",
    ),
    # --- Shapes ---------------------------------------------------------------------------------
    _told(
        r"The size of tensor a \((?P<a>\d+)\) must match the size of tensor b \((?P<b>\d+)\) at "
        r"non-singleton dimension (?P<axis>\d+)",
        ja="2 つのテンソルの、軸 {axis} の長さが {a} と {b} で、合いません。"
        "両方の shape を print して比べましょう。",
        en="Two tensors have lengths {a} and {b} along axis {axis}, which do not fit. Print "
        "the shape of both.",
    ),
    _told(
        r"operands could not be broadcast together|shapes? .* not aligned|"
        r"cannot broadcast|could not broadcast|is not broadcastable",
        ja="2 つの配列の形が合いません。両方の shape を print して比べましょう。"
        "行列の積は * ではなく @ です。平均や標準偏差なら、keepdims=True で軸を残せます。",
        en="The shapes of two arrays do not fit. Print the shape of both. The product of matrices "
        "is @, not *. For means and standard deviations, keepdims=True keeps the axes.",
    ),
    _told(
        r"truth value of an array with more than one element is ambiguous",
        ja="値が 2 つ以上ある配列は、そのままでは真か偽かが決まりません。"
        "if や and では使わず、配列どうしを比べた結果で X[…] のように選びましょう。",
        en="An array of several values is neither true nor false. Do not use it in an if or "
        "with and; choose with the array itself, as in X[…].",
    ),
    _told(
        r"Cannot cast ufunc '(?P<name>\w+)' output",
        ja="整数の配列に、小数の結果を書きこもうとしています。/= や += を使わず、"
        "X = X / 255 のように、新しい配列を作りましょう。",
        en="A result with decimals does not fit into an array of whole numbers. "
        "Make a new array, as in X = X / 255, instead of using /= or +=.",
    ),
    _told(
        r"stack expects each tensor to be equal size|inhomogeneous shape|"
        r"all input arrays must have the same shape",
        ja="大きさの違うもの（最後の小さいバッチなど）は、重ねられません。"
        "torch.cat や np.concatenate でつなぎましょう。",
        en="Things of different size, such as a smaller last batch, cannot be stacked. "
        "Join them with torch.cat or np.concatenate.",
    ),
    _told(
        r"expected a non-empty list of Tensors|need at least one array to (?:concatenate|stack)",
        ja="つなぐものが 1 つもありません。リストに足すところまで、実行されましたか。",
        en="There is nothing to join. Did your code get to where it adds to the list?",
    ),
    _told(
        r"Index tensor must have the same number of dimensions as|"
        r"Size does not match at dimension \d+ expected index",
        ja="gather に渡す番号は、元のテンソルと軸の数も枚数も同じにします。"
        "形 (N,) のラベルなら、labels[:, None] で軸を足せます。",
        en="The index given to gather needs as many axes, and as many images, as the tensor. "
        "For labels of shape (N,), labels[:, None] adds an axis.",
    ),
    _told(
        r"gather\(\): Expected dtype int",
        ja="gather に渡す番号は、整数です。最大のロジットの番号は argmax で求めます。"
        "amax や max は、値のほうを返します。",
        en="The index given to gather is whole numbers. argmax finds the index of the largest "
        "logit; amax and max give its value.",
    ),
    _told(
        r"shape mismatch: indexing (?:arrays|tensors) could not be broadcast",
        ja="番号として渡した 2 つの長さが違います。画像の枚数を決め打ちにせず、len(…) を使いましょう。",
        en="Two lists of indices differ in length. Do not fix the number of images: use len(…).",
    ),
    _told(
        r"same number of spatial dimensions|"
        r"Input Error: Only 3D, 4D and 5D input Tensors supported|"
        r"Got 3D input, but (?:bilinear|bicubic) mode needs 4D",
        ja="F.interpolate が受け取るのは、形 (N, C, h, w) です。マップ (N, h, w) なら、"
        "maps[:, None] でチャンネルの軸を足し、後で外しましょう。",
        en="F.interpolate takes shape (N, C, h, w). Give maps (N, h, w) an axis of channels with "
        "maps[:, None], and take it off afterwards.",
    ),
    _told(
        r"must have (?:the )?same number of dimensions",
        ja="軸の数が違うものは、つなげません。squeeze や [0] で、枚数の軸を消していませんか。",
        en="Things with different numbers of axes cannot be joined. "
        "Does squeeze or [0] take the axis of images away?",
    ),
    _told(
        r"Sizes of tensors must match except in dimension|"
        r"all the input array dimensions except for the concatenation axis",
        ja="つなぐものの形が、つなぐ軸のほかでも違います。それぞれの shape を確かめましょう。",
        en="What is joined differs along other axes, too. Look at the shapes.",
    ),
    _told(
        r"Cannot interpret '.+' as a data type",
        ja="配列を作る関数には、形を 1 つの組で渡します。np.zeros((3, 4)) のように、かっこを 2 重にします。",
        en="The shape of a new array is one tuple, in a second pair of brackets: np.zeros((3, 4)).",
    ),
    _told(
        r"'[\w.]*float\d*' object cannot be interpreted as an integer",
        ja="整数が要るところに、小数があります。割り切れるときも、/ の結果は小数です。// を使うか、int(…) にしましょう。",
        en="A whole number is needed where there is a float: / always gives floats. "
        "Use // or int(…).",
    ),
    _told(
        r"arrays used as indices must be of integer",
        ja="番号のかわりに、小数の配列を [ ] に入れています。for では、番号と中身のどちらを受け取っていますか。",
        en="There is an array of floats in [ ] where an index belongs. "
        "Does your for give you indices or the things themselves?",
    ),
    _told(
        r"shape '(?P<shape>\[[^']*\])' is invalid for input of size (?P<size>\d+)|"
        r"cannot reshape array of size (?P<size2>\d+)",
        ja="値の個数が、作りたい形に合いません。reshape や view に渡す数を確かめましょう。",
        en="The number of values does not fit the new shape. Check what you give to reshape.",
    ),
    _told(
        r"object too deep for desired array",
        ja="1 列に並んだ数が要るところに、軸が 2 つ以上ある配列があります。"
        "np.bincount が数えるのは、形 (N,) のラベルです。画像とラベルが入れ替わっていないかも見ましょう。",
        en="There is an array of two or more axes where numbers in a row are needed. np.bincount "
        "counts labels of shape (N,). Are images and labels swapped?",
    ),
    _told(
        r"object of too small depth for desired array|'list' cannot be interpreted as|"
        r"Cannot cast array data from .* according to the rule 'safe'",
        ja="引数の種類か、渡す場所が違います。名前を付けて渡しましょう（np.bincount なら minlength=10）。"
        "np.bincount が数えるのは、整数だけです。",
        en="An argument has the wrong type or place. Pass it by its name (minlength=10 for np.bincount). "
        "np.bincount counts whole numbers only.",
    ),
    _told(
        r"pad should be (?:at most half|smaller than)",
        ja="プーリングの padding は、窓の半分までです。ほかの大きさでも動く求めかたにしましょう。",
        en="Pooling pads by half its window at most. Find a way that works for other sizes too.",
    ),
    _told(
        r"sampler option is mutually exclusive with shuffle|batch_sampler option is mutually exclusive",
        ja="DataLoader には、sampler と shuffle（や batch_size）を一緒に渡せません。どちらか 1 つにします。",
        en="DataLoader takes either a sampler or shuffle (and batch_size), not both.",
    ),
    _told(
        r"batch_size should be a positive integer",
        ja='batch_size には、正の整数を渡します。"100" のような文字や、100.0 のような小数は使えません。',
        en='batch_size is a positive whole number, not text such as "100" nor 100.0.',
    ),
    _told(
        r"std evaluated to zero",
        ja="標準偏差が 0 なので、割れません。Normalize の引数は、平均、標準偏差の順です。",
        en="Nothing can be divided by a standard deviation of 0. Normalize takes the mean first, "
        "then the standard deviation.",
    ),
    _told(
        r"'int' object has no attribute '__getitem__'|object of type '(?P<kind>int|float)' has no len\(\)",
        ja="数が渡されていますが、ここで要るのは、いくつも値があるもの（データセットや配列）です。"
        "引数の順序を確かめましょう。",
        en="A number is given where something with many values is needed, like a data set or an "
        "array. Check the order of arguments.",
    ),
    _told(
        r"view size is not compatible",
        ja="ここでは view が使えません。reshape か torch.flatten を使いましょう。",
        en="view does not work here. Use reshape or torch.flatten.",
    ),
    _told(
        r"(?:Dimension|axis \d+ is) out of (?:range|bounds)",
        ja="そのテンソルや配列に、その番号の軸はありません。shape を print して確かめましょう。最初の軸は 0 です。"
        "画像とラベルが入れ替わっていないかも見ましょう。",
        en="The tensor or array has no axis of that number. Print its shape; the first axis is 0. "
        "Are images and labels swapped?",
    ),
    _told(
        r"index \S+ is out of bounds|IndexError: .*out of range|too many indices",
        ja="番号が範囲を出ています。番号は 0 から始まります。軸の数と長さを shape で確かめましょう。",
        en="An index is out of range; counting begins at 0. Check the number of axes and their "
        "lengths in the shape.",
    ),
    _told(
        r"only (?:integer tensors of a single element|integer scalar arrays|length-1 arrays|"
        r"size-1 arrays|one element tensors|0-dimensional arrays)|a Tensor with \d+ elements cannot be converted to Scalar",
        ja="1 つの数が要るところに、いくつもの値があります。",
        en="There are several values where a single number is needed.",
    ),
    # --- OpenCV ---------------------------------------------------------------------------------
    _told(
        r"OpenCV.*(?:CV_8UC1|only supports source images of type|ColorMap)",
        ja="cv2.applyColorMap が受け取るのは、形 (H, W)、型 uint8、値 0〜255 の配列です。",
        en="cv2.applyColorMap takes arrays of shape (H, W), type uint8 and values 0–255.",
    ),
    _told(
        r"OpenCV.*(?:same size|Sizes of input arguments|array size|array op array|same number of channels)",
        ja="OpenCV に渡した 2 つの画像の、大きさかチャンネル数が違います。shape と dtype を比べましょう。",
        en="The two images given to OpenCV differ in size or channels. Compare shape and dtype.",
    ),
    _told(
        r"missing required argument '(?P<name>\w+)' \(pos",
        ja="OpenCV の関数に、引数 {name} が足りません。addWeighted(a, 重み, b, 重み, 足す値) の最後は 0 です。",
        en="An OpenCV function lacks the argument {name}. The last of "
        "addWeighted(a, weight, b, weight, added) is 0.",
    ),
    _told(
        r"OpenCV.*different types",
        ja="OpenCV に渡した 2 つの画像の型が違います。値が 0〜1 の画像は、255 を掛けてから "
        ".astype(np.uint8) で uint8 にしましょう。",
        en="The two images given to OpenCV have different types. Multiply values from 0 to 1 by 255, "
        "then make them uint8 with .astype(np.uint8).",
    ),
    _told(
        r"OpenCV.*(?:is not a numpy array|Bad argument|not a numerical|Overload resolution failed)",
        ja="OpenCV の関数に、受け取れない種類の値が渡されています。"
        "テンソルは .numpy() で NumPy の配列にします。大きさは整数の組です。",
        en="An OpenCV function was given a kind of value it cannot take. Turn tensors into NumPy "
        "arrays with .numpy(); sizes are tuples of whole numbers.",
    ),
    _told(
        r"OpenCV",
        ja="OpenCV が、受け取った配列を使えませんでした。形 (H, W) か (H, W, 3)、"
        "型 uint8 かを確かめましょう。",
        en="OpenCV could not use an array. Is its shape (H, W) or (H, W, 3), its type uint8?",
    ),
    # --- Keras ----------------------------------------------------------------------------------
    _told(
        r"You must call `compile\(\)`|must be compiled|Model needs to be compiled",
        ja="model.compile(…) で準備していないモデルは、学習も評価もできません。",
        en="A model must be prepared with model.compile(…) before it trains or is evaluated.",
    ),
    _told(
        r"(?:Could not interpret|Unknown) activation|Could not interpret (?:initializer|regularizer)",
        ja="層に渡した活性化関数などの名前がわかりません。つづりを確かめましょう（relu、softmax など）。",
        en="Keras does not know a name given to a layer, such as its activation. Check the spelling "
        "(relu, softmax, …).",
    ),
    _told(
        r"Sequential\.__init__\(\) takes from",
        ja="keras.Sequential には、層を 1 つのリスト [ … ] に入れて渡します。",
        en="Give keras.Sequential the layers in one list, [ … ].",
    ),
    _told(
        r"Argument\(s\) not recognized: \{'lr'",
        ja="学習率を渡す引数の名前は、lr ではなく learning_rate です。",
        en="The argument for the learning rate is called learning_rate, not lr.",
    ),
    _told(
        r"Kernel shape must have the same length as input|Computed output size would be (?:zero|negative)|"
        r"Negative dimension size|expected min_ndim=\d+, found",
        ja="層に入る画像の形が違います。Keras の画像は (高さ, 幅, チャンネル) の順なので、"
        "keras.Input(shape=(28, 28, 1)) です。枚数は書きません。"
        "Conv2D(枚数, 大きさ) の順も確かめましょう。",
        en="The images have another shape than the layer takes. Keras orders them (height, width, "
        "channels): keras.Input(shape=(28, 28, 1)), without the number of images. Conv2D takes the "
        "number of filters first, then their size.",
    ),
    _told(
        r"Could not interpret (?P<what>\w+)(?: identifier)?",
        ja="compile に渡した {what} の名前がわかりません。つづりを確かめましょう。",
        en="Keras does not know this {what}. Check the spelling of what you give to compile.",
    ),
    _told(
        r'Input \d+ (?:of|with name \'\w+\' of|.*?of) layer "(?P<layer>\w+)" is incompatible.*'
        r"(?:expected|found)|incompatible with the layer",
        ja="Keras の層に届いた値の形が、層の待つ形と合いません。画像は (N, 28, 28, 1)、"
        "全結合層の前は layers.Flatten() です。層の順序も確かめましょう。",
        en="A Keras layer received another shape than it waits for. Images are (N, 28, 28, 1), "
        "and layers.Flatten() comes before dense layers. Check the order of layers, too.",
    ),
    _told(
        r"`?(?:logits|output|y_pred|target|y_true)`?.*(?:same shape|rank|shape mismatch)|"
        r"Arguments `target` and `output`|Shapes .* are incompatible",
        ja="ラベルと出力の形が合いません。ラベルが 0〜9 の整数なら、"
        "損失は sparse_categorical_crossentropy、最後の層は 10 ユニットです。",
        en="Labels and outputs differ in shape. With labels 0–9 as whole numbers, the loss is "
        "sparse_categorical_crossentropy and the last layer has 10 units.",
    ),
    # --- Python ---------------------------------------------------------------------------------
    _told(
        r"^NameError: (?:cannot access )?(?:free variable |name )?'(?P<name>[^']+)'|"
        r"^UnboundLocalError: .*variable '(?P<local>[^']+)'",
        ja="名前 {name}{local} が、使う前に決まっていません。つづりと、決めるセルや行を先に実行したかを"
        "確かめましょう。",
        en="The name {name}{local} is not defined. Check its spelling, and that the line or "
        "cell that defines it has run.",
    ),
    _told(
        r"hook\(\) missing 1 required positional argument: 'outputs?'",
        ja="register_forward_pre_hook のフックは、層の計算の前に動くので、output を受け取れません。"
        "出力を使うなら、register_forward_hook です。",
        en="A hook of register_forward_pre_hook runs before the layer and gets no output. "
        "Use register_forward_hook where you need the output.",
    ),
    _told(
        r"hook\(\) missing \d+ required|missing \d+ required .*'(?:module|input|inputs)'.*'outputs?'",
        ja="フックは、呼ばずに関数そのものを渡します。register_forward_hook(hook) のように、() を付けません。",
        en="A hook is passed as a function, not called: register_forward_hook(hook), without ().",
    ),
    _told(
        r"hook\(\) takes (?:from )?\d+[\w ]* positional arguments? but 3 were given",
        ja="フックの引数は、(module, inputs, output) の 3 つです。",
        en="A hook takes three arguments: (module, inputs, output).",
    ),
    _told(
        r"missing \d+ required (?:positional|keyword-only) arguments?: (?P<names>.+)",
        ja="この行で呼んでいる関数に、引数 {names} が足りません。",
        en="The function called in this line is missing {names}.",
    ),
    _told(
        r"list\.append\(\) takes exactly one argument \((?P<got>\d+) given\)",
        ja="append で足せるのは、1 つだけです（渡されたのは {got} 個）。2 つの値は、別々のリストに足すか、"
        "append((a, b)) のように、1 つの組にして足します。",
        en="append takes one value and is given {got}. Add two values to two lists, or as one "
        "tuple: append((a, b)).",
    ),
    _told(
        r"takes (?:from )?(?P<want>\d+)[\w ]* positional arguments? but (?P<got>\d+)",
        ja="この行で呼んでいる関数の、引数の数が合いません（受け取れるのは {want} 個、渡されたのは {got} 個）。"
        "メソッドなら、self も 1 個に数えます。",
        en="The function called in this line takes {want} arguments and is given {got}. "
        "For a method, self counts as one.",
    ),
    _told(
        r"got an unexpected keyword argument '(?P<name>\w+)'",
        ja="この行で呼んでいる関数に、{name} という引数はありません。つづりを確かめましょう。",
        en="The function called in this line has no argument {name}. Check the spelling.",
    ),
    _told(
        r"(?:but got |got \(|must be Tensor, not )(?:builtin_function_or_method|method)",
        ja="関数そのものが、値のかわりに渡されています。x.numpy() や model(images) のように、"
        "() を付けて呼びましたか。",
        en="A function itself is passed instead of a value. Did you call it with (), as in "
        "x.numpy() or model(images)?",
    ),
    _told(
        r"'NoneType' object|not NoneType|got \(NoneType|and 'NoneType'|'NoneType' and",
        ja="値のかわりに None があります。return のない関数や、値を返さないメソッド"
        "（list.append など）の結果を使っていませんか。",
        en="There is None instead of a value. Do you use the result of a function without return, "
        "or of a method that returns nothing, such as list.append?",
    ),
    _told(
        r"'(?P<kind>[\w.]+)' object is not callable",
        ja="{kind} は関数ではないので、() を付けて呼べません。"
        "変数に、関数と同じ名前を付けていませんか。* を書き忘れていませんか。",
        en="{kind} is not a function and cannot be called with (). Does a variable have a "
        "function's name, or is a * missing?",
    ),
    _told(
        r"'(?:builtin_function_or_method|function|method|type)' object is not (?:subscriptable|"
        r"iterable)|'(?:builtin_function_or_method|function|method|type)' (?:object )?has no|"
        r"(?:and|between instances of) '(?:builtin_function_or_method|method|function)'|"
        r"unsupported operand .*'(?:builtin_function_or_method|method|function)'",
        ja="関数そのものを、値のように使っています。() を付けて呼びましたか。",
        en="A function itself is used like a value. Did you call it with ()?",
    ),
    _told(
        r"'numpy\.ndarray' object has no attribute '(?P<name>numpy|dim|detach|cpu|requires_grad\w*|"
        r"unsqueeze|permute|item_?)'",
        ja="これは NumPy の配列で、テンソルではありません。{name} はテンソルのものです。"
        "要らないか、torch.from_numpy(…) で直すかを考えましょう。",
        en="This is a NumPy array, not a tensor, and {name} belongs to tensors. Either you do not "
        "need it, or torch.from_numpy(…) makes a tensor.",
    ),
    _told(
        r"'\w*(?:Network|Model|Net|CNN)' object has no attribute 'copy'",
        ja="モデルの写しは copy.deepcopy(model) で作ります。",
        en="copy.deepcopy(model) makes a copy of a model.",
    ),
    _told(
        r"'int' object has no attribute '(?:flatten|dim|shape|size|to|float)'|"
        r"conv\dd\(\) received an invalid combination of arguments - got \(int,",
        ja="画像などのテンソルが要るところに、ただの整数があります。for で enumerate を使うと、先に番号が出てきます。"
        "for i, (images, labels) in enumerate(…): と受け取るか、enumerate を外しましょう。",
        en="There is a whole number where a tensor is needed. In a for, enumerate gives a number "
        "first: write for i, (images, labels) in enumerate(…):, or leave enumerate out.",
    ),
    _told(
        r"^TypeError: 'int' object is not iterable",
        ja="整数を、リストのように扱っています。決まった回数だけ回すなら、for _ in range(回数): と書きます。"
        "リストに 1 つ足すなら append です。",
        en="A whole number is used like a list. To repeat something so many times, write "
        "for _ in range(times):. append adds one value to a list.",
    ),
    _told(
        r"'(?:float|int)' object (?:has no attribute '(?:backward|requires_grad\w*)'|"
        r"is not (?:iterable|subscriptable))",
        ja="ただの数を、リストやテンソルのように扱っています。.item() の後の値は、微分できません。"
        "リストに 1 つ足すなら append です。",
        en="A plain number is used like a list or a tensor. After .item() nothing can be "
        "differentiated. append adds one value to a list.",
    ),
    _told(
        r"'(?P<kind>[\w.]+)' object has no attribute '(?P<name>\w+)'",
        ja="{kind} に {name} というものはありません。つづりと、引数の順序を確かめましょう。",
        en="{kind} has nothing called {name}. Check the spelling and the order of arguments.",
    ),
    _told(
        r"^AttributeError: \w+ has no attribute `(?P<name>\w+)`",
        ja="モデルに、{name} という名前の層はありません。つづりを確かめましょう。"
        "層の名前が変数に入っているなら、引用符を付けずに、get_submodule(変数) と書きます。",
        en="The model has no layer called {name}. Check the spelling. If a variable holds the "
        "name, write get_submodule(variable) without quotes.",
    ),
    _told(
        r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'",
        ja="{module} に {name} というものはありません。つづりと大文字・小文字を確かめましょう。",
        en="{module} has nothing called {name}. Check the spelling, capital letters included.",
    ),
    _told(
        r"'(?P<kind>[\w.]+)' object is not (?:subscriptable|iterable)|"
        r"cannot unpack non-iterable (?P<kind2>\w+)|iteration over a 0-d",
        ja="1 つの値を、リストのように扱っています。値の種類を確かめましょう。",
        en="A single value is used like a list. Check what it is.",
    ),
    _told(
        r"too many values to unpack|not enough values to unpack",
        ja="受け取る名前の数と、値の数が合いません。右側にいくつの値があるかを、print や len で確かめましょう。"
        "2 つの列を一緒に回すなら、zip です。",
        en="The number of names does not fit the number of values. See with print or len how many "
        "values there are. To go through two lists together, use zip.",
    ),
    _told(
        r"can only concatenate \w+|"
        r"unsupported operand type\(s\) for .+ and ",
        ja="種類の違う値どうしは、そのままでは計算できません（リストと数など）。"
        "値の種類を確かめましょう。",
        en="Values of such different kinds, like a list and a number, cannot be combined. "
        "Check what they are.",
    ),
    _told(
        r"Error\(s\) in loading state_dict|Missing key\(s\)|Unexpected key\(s\)",
        ja="重みの名前か形が、モデルと合いません。同じ形のモデルの state_dict かを確かめましょう。",
        en="Names or shapes of the weights do not fit the model. Are they the state_dict of a "
        "model of the same form?",
    ),
    _told(
        r"Weights only load failed|weights_only",
        ja="ファイルに、重みのほかのものが入っています。保存するのは model.state_dict() だけです。",
        en="The file holds more than weights. Save model.state_dict() and nothing else.",
    ),
    _told(
        r"^ZeroDivisionError",
        ja="0 で割っています。割る数が 0 になる場合を考えましょう。",
        en="Something is divided by 0. Think of when that number can be 0.",
    ),
    _told(
        r"^RecursionError",
        ja="関数が、自分自身を呼び続けています。",
        en="A function goes on calling itself.",
    ),
    _told(
        r"^KeyError: (?P<key>.+)",
        ja="{key} という鍵は、辞書にありません。つづりを確かめましょう。",
        en="The dictionary has no key {key}. Check the spelling.",
    ),
    _told(
        r"^FileNotFoundError",
        ja="ファイルが見つかりません。受け取った場所（引数）を、そのまま使っていますか。",
        en="A file was not found. Do you use the path that you were given?",
    ),
    _told(
        r"write\(\) argument must be str, not (?:memoryview|bytes)",
        ja="ファイルが、文字を書くために開かれています。torch.save には、open を使わず、場所 (path) を渡せます。",
        en="The file is open for text. torch.save takes the path itself, without open.",
    ),
    _told(
        r"^(?:IndentationError|TabError)",
        ja="字下げがそろっていません。空白の数を確かめましょう。全角の空白は使えません。",
        en="The indentation is uneven. Check the number of spaces.",
    ),
    _told(
        r"^SyntaxError: invalid (?:non-printable )?character",
        ja="全角の文字（かっこ、コンマ、空白など）が混ざっています。半角に直しましょう。",
        en="There is a character that Python does not know, such as a full-width bracket.",
    ),
    _told(
        r"^SyntaxError",
        ja="Python の文として読めません。かっこの閉じ忘れ、コロン、全角の文字を確かめましょう。",
        en="Python cannot read this. Check brackets, colons and full-width characters.",
    ),
    _told(
        r"^(?:ModuleNotFoundError|ImportError)",
        ja="import できないものがあります。つづりを確かめましょう。",
        en="Something cannot be imported. Check the spelling.",
    ),
    _told(
        r"^(?:SystemExit|KeyboardInterrupt)",
        ja="答えの中で、実行が終わってしまいました。exit() や quit() は使いません。",
        en="The answer ends the program. Do not use exit() or quit().",
    ),
)
"""Patterns of errors as Python describes them, the specific first, and what to tell a student."""


SIGNATURES: tuple[tuple[str, Sentence], ...] = (
    _told(
        r"(?P<kind>\w+)\.__call__\(\) missing \d+ required",
        ja="関数が要るところに、{kind} を作って入れています。def の行をはじめの形のまま残し、"
        "作ったものを、その関数から return しましょう。",
        en="There is an object, {kind}, where a function is needed. Keep the def line as it was, "
        "and return the object from that function.",
    ),
    _told(
        r"missing (?P<count>\d+) required (?:positional|keyword-only) arguments?: (?P<names>.+)",
        ja="引数 {names} には、値が渡されません。def の行に引数を足したり、stride=1 のような初期値を"
        "消したりしていませんか。はじめの形に戻しましょう。",
        en="The argument {names} is given no value. Did you add it to the def line, or take away a "
        "default such as stride=1? Put the line back as it was.",
    ),
    _told(
        r"takes (?:from )?(?P<want>\d+)[\w ]* positional arguments? but (?P<got>\d+)",
        ja="引数の数が合いません（受け取れるのは {want} 個、渡されたのは {got} 個）。"
        "def の行を、はじめの形から変えていませんか。メソッドの最初の引数は self です。",
        en="The number of arguments does not fit ({want} taken, {got} given). Is the def line still "
        "as it was? The first argument of a method is self.",
    ),
    _told(
        r"got an unexpected keyword argument '(?P<name>\w+)'",
        ja="{name} という引数は受け取れません。def の行を、はじめの形から変えていませんか。"
        "つづりも確かめましょう。",
        en="There is no argument called {name}. Is the def line, and its spelling, still as it was?",
    ),
)
"""The same where the check's own call fails: what differs is the first line of the answer."""


def explain(failed: Observation) -> str:
    """Return what to tell a student of a try that failed.

    Args:
        failed: An observation with ``"error"``, as the engine makes it. It may come from a
            stranger's process, so that its other entries can be missing.
    """
    line = _AT_LINE.format(line=failed["line"]) if "line" in failed else ""
    error = failed["error"]
    if error in PROBLEMS:
        return PROBLEMS[error].format_map(_Fields(failed)) + line
    shown = without_paths(error)[:_LONGEST_ERROR]
    if failed.get("by") == "course":
        return shown + line
    sentence = translate(error, TRANSLATIONS if line else SIGNATURES + TRANSLATIONS)
    if sentence is None:
        return _RAISED.format(error=shown) + line
    return _TRANSLATED.format(sentence=sentence, error=shown) + line


def translate(error: str, table: tuple[tuple[str, Sentence], ...] = TRANSLATIONS) -> str | None:
    """Return what to look at after ``"TypeError: …"``, or None where nothing is known."""
    for pattern, sentence in table:
        if found := re.search(pattern, error, re.MULTILINE):
            groups = {name: _listed(part or "") for name, part in found.groupdict().items()}
            return sentence.format(**groups)
    return None


def _listed(part: str) -> str:
    """Return quoted names with commas between them, where Python says "and" in English."""
    return re.sub(r"(?<='),? and (?=')", ", ", part)


def without_paths(error: str) -> str:
    """Return an error without the places in libraries that some begin with, on one line."""
    bare = re.sub(r"(?:/[\w.+-]+)+/[\w.+-]+\.(?:cpp|py|h|hpp|cc|cu)(?::\d+)?:?\s*", "", error)
    return " ".join(bare.split())


class _Fields(dict):
    """The entries of an observation, and nothing for what a stranger left out."""

    def __init__(self, observation: Observation) -> None:
        super().__init__({name: str(value)[:80] for name, value in observation.items()})

    def __missing__(self, name: str) -> str:
        return ""
