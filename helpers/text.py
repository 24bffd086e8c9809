"""Every sentence that a student may see, in one place, so that wording stays even.

A sentence with ``{names}`` is filled in with :meth:`str.format` by the module that shows it.
Hints of exercises are at the end: ``HINTS["3-1"]["no_zero_grad"]``.
"""

# --- helpers.errors -----------------------------------------------------------------------------
OUT_OF_RANGE = "{name} が {value} です。{low} 以上{upper}にしてください。"
AT_MOST = "、{high} 以下"

# --- helpers.data -------------------------------------------------------------------------------
DATA_IN_USE = {
    "full": "データ: {name} 完全版（訓練 {train:,} 枚、テスト {test:,} 枚）",
    "mini": "データ: {name} ミニ版（訓練 {train:,} 枚、テスト {test:,} 枚の小さなデータ）",
}
UNKNOWN_DATASET = "データ {name} はありません。使えるのは {known} です。"
UNKNOWN_DATA_SETTING = (
    "COURSE_DATA={setting} という設定はありません。auto、mini、full のどれかにしてください。"
)
FULL_DATA_MISSING = """{name} の完全版が手に入りません（COURSE_DATA=full）。
試したところ:
{tried}
対処のしかた（どれか 1 つ）:
- ネットワークにつなぎ、カーネルを再起動して、もう一度実行します。
- IDX ファイルのあるフォルダを、環境変数 COURSE_DATA_DIR で指定します。
- COURSE_DATA=auto か COURSE_DATA=mini にして、ミニ版で進めます。"""
DATA_DIR_MISSING = "COURSE_DATA_DIR のフォルダ {path} がありません。つづりを確かめてください。"
DATA_FILE_REFUSED = (
    "{path} は使いません。壊れているか、本物と中身が違います。取り直すか、どけてください。"
)
DOWNLOAD_FAILED = "{url}: ダウンロードできません（{error}）"
DOWNLOAD_DIFFERS = "届いたファイルが本物と違います"
NETWORK_TOO_SLOW = "応答がないか、遅すぎます"
NOT_WRITABLE = "{path}: 書き込めません（{error}）"
NO_ROOM_FOR_DATA = """データを置く場所がありません。
{tried}
ディスクの空きを作るか、書き込めるフォルダを環境変数 XDG_CACHE_HOME で指定してください。"""
PACKAGE_DAMAGED = "教材のデータが読めません（{error}）。教材をインストールし直してください。"
IDX_DAMAGED = (
    "IDX ファイル {path} がないか、壊れています。場所と名前を確かめるか、消して取り直してください。"
)
PIXELS_NOT_BYTES = (
    "画像が {kind} です。0〜255 の整数のテンソル torch.uint8 にしてください。"
    "[0, 1] の小数は、(images * 255).round().to(torch.uint8) で直せます。"
)

# --- course.editions ----------------------------------------------------------------------------
CODE_STUB = "# ここにコードを書いてください。\nraise NotImplementedError"
ESSAY_STUB = "（ここにあなたの考えを書いてください。）"
COLAB_LINK = "[Colab で開く]({url})"
COLAB_INSTALL = (
    "# Google Colab では、最初にこのセルを実行してください。教材のパッケージを入れます。\n"
    "# すでに入っていれば、何もしません。"
)
COLAB_OTHER_HELPERS = (
    "同じ場所に、helpers という別のファイルやフォルダがあっても、教材のほうを使います。"
)

# --- helpers.preflight --------------------------------------------------------------------------
PREFLIGHT = "環境: {packages}、計算装置 {device}"

# --- helpers.check ------------------------------------------------------------------------------
VERDICTS = {
    "correct": "問 {id}: ✅ {message}",
    "wrong": "問 {id}: ❌ {message}",
    "blank": "問 {id}: 未完成 {message}",
}
CORRECT = "正解です。"
BLANK = "まだ書かれていないところがあります。いまは教材の解答例で先へ進みます。"
UNKNOWN_EXERCISE = "問 {id} はありません。番号を確かめてください。"
ANSWER_RAISED = "実行中にエラーが出ました: {error}"
AT_LINE = "（この行です: {line}）"
OTHER_NUMBER_OF_VALUES = (
    "返す値の個数が違います。関数の説明にある値を、その順に、全部返しましょう。"
)
NOTHING_RETURNED = "何も返っていません。return を書きましたか。"
ANSWER_NOT_A_NUMBER = "返した値の種類や個数が違います（{type} があります）。関数の説明の「返します」を確かめましょう。"
ANSWER_NOT_A_TENSOR = "テンソルが要るところに、{type} が返っています。"
ANSWER_NOT_AN_ARRAY = "NumPy の配列が要るところに、{type} が返っています。"
ITEM_MISSING = "「{item}」が得られません。"
WRONG_TEXT = "「{item}」が {got} です。{want} になるはずです。"
WRONG_SHAPE = "「{item}」の形が {got} です。{want} になるはずです。"
AT_LEAST = "{floor:.2f} 以上"
BELOW = "{limit:,} 未満"
TEST_ACCURACY = "テストデータの正解率"
TRAINING_ACCURACY = "訓練データの正解率"
TEST_LOSS = "テストデータの損失"
OTHER_SCORES = "ほかの値"
WRONG_VALUE = "「{item}」の値が合いません。問題文と、上の説明をもう一度読んでみましょう。"
ITEMS = {
    "accuracy": "正解率",
    "activation": "層の出力",
    "after": "でたらめな重みのモデルのマップ",
    "batch sizes": "学習に使った各バッチの枚数",
    "before": "学習したモデルのマップ",
    "canvas": "並べた結果",
    "classes of the random model": "でたらめな重みのモデルに渡したクラス",
    "compiled": "compile されたモデル",
    "components": "主成分の座標",
    "confusion matrix": "混同行列",
    "convolution": "畳み込み層のパラメータの数",
    "convolutions": "畳み込み層",
    "counts": "クラスごとの枚数",
    "evaluation mode repeats": "評価モードの出力",
    "features": "features の出力の形",
    "features in use": "features の出力",
    "file": "ファイルの中身",
    "first kernels": "最初の畳み込み層のカーネル",
    "first losses": "最初の 4 回の損失",
    "first test images": "最初のテスト画像",
    "first test labels": "最初のテスト用ラベル",
    "first training images": "最初の訓練画像",
    "first training labels": "最初の訓練用ラベル",
    "first weights": "学習前の重み",
    "grad_cam": "Grad-CAM のマップ",
    "gradient": "勾配",
    "gradient is known": "勾配",
    "gradients recorded": "勾配の記録",
    "held-out accuracy": "学習に使わず取り分けた訓練データ 300 枚の正解率",
    "highest pixel": "画素の最大値",
    "hooks left": "残ったフックの数",
    "hooks left by an error": "エラーの後に残ったフックの数",
    "images to validate": "検証に使った画像の枚数",
    "images afterwards": "受け取った画像",
    "input shape": "入力の形",
    "kernels": "標準化したカーネル",
    "kernels afterwards": "受け取ったカーネル",
    "labels": "予測したクラス",
    "last loss": "最後の損失",
    "last training labels": "最後の訓練用ラベル",
    "linear": "全結合層のパラメータの数",
    "logits": "ロジット",
    "logits from the parts": "features と classifier を順に通した出力",
    "logits while training": "学習モードのロジット",
    "loss": "損失",
    "losses": "損失",
    "losses are means": "エポックごとの損失",
    "lowest pixel": "画素の最小値",
    "lr": "学習率",
    "lr by default": "引数を省いたときの学習率",
    "lr of adam": "Adam の学習率",
    "lr of sgd": "SGD の学習率",
    "maps": "特徴マップ",
    "maps of the second run": "2 回目の特徴マップ",
    "mean": "平均",
    "mode while training": "学習するときのモード",
    "models": "作ったモデルの数",
    "models asked": "マップを作ったモデル",
    "number of losses": "損失の個数",
    "number of scores": "正解率の配列の形",
    "optimizer by default": "引数を省いたときのオプティマイザ",
    "optimizer for adam": "adam を選んだときのオプティマイザ",
    "optimizer for sgd": "sgd を選んだときのオプティマイザ",
    "optimizers": "オプティマイザ",
    "original model": "学習したモデルの重み",
    "overlay": "重ねた画像",
    "parameters": "パラメータの数",
    "passes over the data": "batches を回した回数",
    "pixels": "画素",
    "points afterwards": "受け取った点",
    "probabilities": "確率",
    "probabilities while training": "学習のときの確率",
    "running mean": "バッチ正規化が記録した平均",
    "runs strange code": "見知らぬファイルの読み込み",
    "saliency": "顕著性マップ",
    "saliency of a second call": "2 回目に呼んだときの顕著性マップ",
    "scores": "返した値",
    "shape of the augmented images": "augment が返した画像の形",
    "shape of the logits": "ロジットの形",
    "shape of X_test": "X_test の形",
    "shape of X_train": "X_train の形",
    "shape of y_test": "y_test の形",
    "shape of y_train": "y_train の形",
    "size": "出力の 1 辺",
    "size of the network": "ネットワークのパラメータの数",
    "softmax at the end": "最後の softmax",
    "softmax before the loss": "損失の前の softmax",
    "std": "標準偏差",
    "test batch sizes": "テスト用の各バッチの枚数",
    "test images": "テスト用の画像",
    "test labels": "テスト用のラベル",
    "test order": "テスト用の順序",
    "their classes": "間違えた画像の正解",
    "their predictions": "間違えた画像の予測",
    "train batch sizes": "訓練用の各バッチの枚数",
    "train images": "訓練用の画像",
    "train is shuffled": "訓練用の順序",
    "train labels": "訓練用のラベル",
    "training mode differs": "学習モードの出力",
    "true labels": "正解のラベル",
    "type of the counts": "枚数の型",
    "type of the labels": "ラベルの型",
    "type of the loss": "損失の型",
    "type of the pixels": "画素の型",
    "type of the vectors": "集めたベクトルの型",
    "validated": "検証データ",
    "vectors": "集めたベクトル",
    "vectors of a second run": "2 回目に集めたベクトルの個数",
    "weights": "更新後の重み",
    "weights after Adam": "Adam で学習した後の重み",
    "weights after loading": "読み込んだ重み",
    "weights after SGD": "SGD で学習した後の重み",
    "wrong images": "間違えた画像",
}

# --- helpers.models, helpers.training, helpers.hooks --------------------------------------------
UNKNOWN_MODEL = "モデル {name} はありません。使えるのは {known} です。"
UNKNOWN_LAYER = "層「{name}」はありません。このモデルの層は {known} です。"
LAYER_NOT_A_NAME = '層が {kind} です。"conv1" のような名前で渡してください。'
LAYER_HAS_A_NAME = "この層の名前は「{name}」です。"
COMPILED_MODEL = (
    "コンパイルしたモデルの層は調べられません。torch.compile を使う前のモデルを渡してください。"
)
OUTPUT_NOT_A_TENSOR = (
    "層「{name}」の出力は {kind} です。1 つのテンソルを出力する層を選んでください。"
)
OUTPUT_NOT_PER_IMAGE = (
    "層「{name}」の出力の形が {shape} で、最初の軸が画像の枚数と違います。"
    "画像 1 枚ごとに出力する層を選んでください。"
)
SINGLE_IMAGE = (
    "画像が 1 枚だけのバッチでは、バッチ正規化の平均と分散を計算できません。"
    "batch_size を変えて、最後のバッチを 2 枚以上にしてください。"
)
INTERRUPTED = "学習を中断しました。{epochs} エポック分の記録を返します。"
NOT_A_BATCH = (
    "バッチの中身が {kinds} です。画像とラベルのテンソルの組 (images, labels) にしてください。"
    "データセットなら、DataLoader に入れてから渡します。"
)
NO_GRADIENT = (
    "モデルの中で計算グラフが切れていて、勾配が届きません。"
    "forward の中の detach() や torch.no_grad()、requires_grad=False の重みを確かめてください。"
)
LAZY_LAYER = (
    "層「{name}」の重みの形が、まだ決まっていません。"
    "先に 1 度、画像をモデルに通してください（model(images[:2])）。"
)
MADE_IN_INFERENCE_MODE = (
    "torch.inference_mode の中で作ったモデルは、勾配を計算できません。"
    "with の外で、モデルを作り直してください。"
)
NO_IMAGES = "画像が 1 枚もありません。データの読み込みを確かめてください。"
IMAGES_NOT_4D = (
    "画像の形が {shape} です。(N, C, H, W) の 4 次元にしてください。"
    "1 枚だけなら images[None] で N の軸を足せます。"
)
LAYER_DOES_NOT_FIT = (
    "1 枚の形 (C, H, W) が {shape} の画像を入れると、モデルのどこかの層で形が合わなくなります。"
    "画像のチャンネル数と縦横の画素数、または層の引数を確かめてください。"
    "PyTorch の説明: {error}"
)
IMAGES_NOT_A_TENSOR = (
    "画像が {kind} です。PyTorch のテンソルにしてください。"
    "NumPy の配列なら、torch.from_numpy(images) で直せます。"
)
IMAGES_WRONG_TYPE = (
    "画像の型が {dtype} です。モデルの重みと同じ {wanted} にしてください。"
    "0〜255 の整数なら、先に正規化します。"
)
NOT_A_TENSOR = (
    "モデルが {kind} を返しました。forward の最後で、ロジットのテンソルを return してください。"
)
NOT_LOGITS = "モデルの出力の形が {shape} です。(N, クラス数) になるようにしてください。"
PROBABILITIES = (
    "モデルが確率を返しています。交差エントロピーは softmax を中に含むので、"
    "モデルの最後の softmax を外し、ロジットを返してください。"
)
LABELS_NOT_A_TENSOR = "ラベルが {kind} です。形 (N,)、型 torch.int64 のテンソルにしてください。"
LABELS_WRONG_TYPE = (
    "ラベルの形が {shape}、型が {dtype} です。形 (N,)、型 torch.int64 にしてください。"
)
LABELS_WRONG_NUMBER = (
    "画像が {images} 枚、ラベルが {labels} 個です。画像 1 枚に、ラベルを 1 個ずつ付けてください。"
)
LABELS_OUT_OF_RANGE = (
    "ラベルが {low} から {high} まであります。クラス数が {classes} のモデルでは、"
    "0 から クラス数 − 1 までにしてください。"
)
WEIGHTS_MISSING = "重みのファイル {path} がありません。先に save で保存してください。"
WEIGHTS_DAMAGED = (
    "{path} を重みとして読めません。壊れているか、重み以外のものが入っています。"
    "消して、保存し直してください。"
)
WEIGHTS_DO_NOT_FIT = "{path} の重みは {model} の形に合いません。{difference}"
WEIGHTS_DIFFER = "「{name}」の形が、ファイルでは {found}、モデルでは {wanted} です。"
WEIGHTS_OF_A_WRAPPER = (
    "名前の先頭に「{prefix}」が付いています。"
    "nn.DataParallel や torch.compile で包む前のモデルを保存してください。"
)
NOT_A_STATE_DICT = "ファイルの中身が {kind} です。model.state_dict() を保存してください。"
WEIGHTS_NOT_KEPT = (
    "学習した重みを {path} に保存できません（{error}）。"
    "モデルはこのまま使えますが、次に呼ぶと、学習し直します。"
)

# --- helpers.explain ----------------------------------------------------------------------------
LAYER_WITHOUT_MAPS = (
    "層「{name}」の出力の形が {shape} です。Grad-CAM には、(N, C, h, w) を出力する層が要ります。"
    "このモデルの畳み込み層とプーリング層: {known}"
)
CHANNELS_LAST = (
    "層「{name}」の出力の形が {shape} で、チャンネルの軸が最後にあるようです。"
    "(N, C, h, w) の順に並べかえた後の層を選んでください。"
)
LAYER_NOT_USED = "層「{name}」は、ロジットの計算に使われていません。"
LAYER_WITHOUT_GRADIENT = (
    "層「{name}」の最後の出力まで、ロジットから勾配が届きません。"
    "forward の detach() や torch.no_grad() で計算グラフが切れているか、"
    "この出力がロジットの計算に使われていません。"
)
NOT_MAPS_TO_NORMALISE = (
    "normalise に渡したものが {found} です。(N, H, W) のテンソルにしてください。"
    "1 枚だけなら maps[None] で N の軸を足せます。"
)
WEIGHTS_WITHOUT_RESET = (
    "{names} を新しい重みにする方法がありません。"
    "これらを持つ層に、reset_parameters というメソッドを書いてください。"
)
TARGET_SHAPE = (
    "target の形が {shape} です。整数 1 つか、画像と同じ {count} 個の整数にしてください。"
)
TARGET_OUT_OF_RANGE = "target が {target} です。0 以上、{classes} 未満の整数にしてください。"

# --- helpers.embed ------------------------------------------------------------------------------
NOT_VECTORS = (
    "配列の形が {shape} です。点を行に並べた (N, D) にしてください。"
    "4 次元の特徴マップなら、x.reshape(len(x), -1) で平らにできます。"
)
PERPLEXITY_OUT_OF_RANGE = (
    "perplexity が {value} です。0 より大きく、点の数 {count} より小さくしてください。"
    "点を増やすか、perplexity を変えます。"
)
NEIGHBORS_OUT_OF_RANGE = (
    "neighbors が {value} です。2 以上で、点の数 {count} より小さくしてください。"
    "点を増やすか、neighbors を変えます。"
)
NOT_FINITE = "NaN か無限大が入っています。モデルの重みと入力を確かめてください。"
ALL_POINTS_EQUAL = "全部の点が同じです。違う点がなければ、地図は描けません。"
VALUES_OUT_OF_SCALE = (
    "値が大きすぎるか、小さすぎます。"
    "全部の値の 2 乗の和が {low} と {high} の間に入るように、x を定数倍してください。"
)

# --- course.run ---------------------------------------------------------------------------------
RUN_TITLE = "ノートブックの実行結果"
RUN_HEADINGS = ("ノートブック", "結果", "秒", "データ")
RUN_OK = "成功"
RUN_FAILED = "失敗"

# --- course.doctor: each remedy in Japanese and in English ----------------------------------------
REMEDIES = {
    "python": (
        "Python {needed} を入れ、仮想環境を作り直してください。",
        "Install Python {needed} and make the virtual environment again.",
    ),
    "package": (
        '仮想環境の中で pip install "{requirement}" を実行してください。',
        'Run pip install "{requirement}" in the virtual environment.',
    ),
    "keras": (
        'ノートブック 07 に必要です。仮想環境の中で pip install "{requirement}" を実行してください。',
        'Notebook 07 needs it: run pip install "{requirement}" in the virtual environment.',
    ),
    "device": (
        "torch と torchvision を、同じ配布元から入れ直してください（README の「CPU だけの Linux」）。",
        "Install torch and torchvision again, both from one source (README, “CPU-only Linux”).",
    ),
    "disk": (
        "ディスクの空きを作るか、空きのあるフォルダを環境変数 XDG_CACHE_HOME で指定してください。",
        "Free some space, or name a folder that has some in the variable XDG_CACHE_HOME.",
    ),
    "mini_data": (
        "このままでも学べます。完全版を使うには、ネットワークにつなぐか、"
        "IDX ファイルのあるフォルダを環境変数 COURSE_DATA_DIR で指定してください。",
        "You can learn with it as it is. For the full set, connect to a network or name the folder "
        "of the IDX files in the variable COURSE_DATA_DIR.",
    ),
    "data": (
        "環境変数 COURSE_DATA を auto か mini にしてください。",
        "Set the variable COURSE_DATA to auto or mini.",
    ),
    "network": (
        "つながらなくても、付属のミニ版で学べます。大学などではプロキシの設定を確かめてください。",
        "Without it the embedded mini data serve. At a university, see to the proxy settings.",
    ),
    "font": (
        "仮想環境の中で pip install --force-reinstall matplotlib-fontja を実行してください。",
        "Run pip install --force-reinstall matplotlib-fontja in the virtual environment.",
    ),
}

# --- helpers.plots ------------------------------------------------------------------------------
NOT_IMAGES = "形が {shape} の配列は画像として描けません。(N, 1, H, W)、(N, 3, H, W)、(N, H, W) のどれかにしてください。"
PIXELS_OUT_OF_RANGE = (
    "画素の値が {low:g} から {high:g} まであります。[0, 1] の小数か、0〜255 の uint8 にしてください。"
    "[-1, 1] に正規化した画像は、images * 0.5 + 0.5 で戻せます。"
)
PROBABILITIES_OUT_OF_RANGE = (
    "確率が {low:g} から {high:g} まであります。ロジットなら、先に softmax をかけてください。"
)
LABELS_NOT_NUMBERS = "ラベルの型が {type} です。クラスの番号にしてください。"
LABELS_WRONG_SHAPE = "ラベルの形が {shape} です。{wanted} にしてください。"
NOT_PROBABILITIES = (
    "確率の形が {shape} です。クラスは {classes} 個なので、({classes},) にしてください。"
)
WRONG_NUMBER_OF_TITLES = "題が {titles} 個、画像が {images} 枚です。同じ数にしてください。"
ARRAY_WRONG_SHAPE = "{name} の形が {shape} です。{wanted} にしてください。"
NOTHING_TO_DRAW = "描くものがありません。1 つ以上渡してください。"
IMAGES_ALT = "{count} 枚の画像を並べた図"
CLASS_COUNTS_ALT = "クラスごとの枚数の棒グラフ"
HISTOGRAM_ALT = "正規化の前と後の画素値のヒストグラム"
HISTORY_ALT = "エポックごとの損失と正解率の折れ線グラフ"
CONFUSION_ALT = "正解のクラスを行、予測したクラスを列とする混同行列"
MISCLASSIFIED_ALT = "間違えた {count} 枚の画像"
NO_MISTAKES = "間違いはありません。"
PREDICTION_ALT = "1 枚の画像と、クラスごとの確率の棒グラフ"
PROBABILITY = "確率"
CLASS = "クラス"
MEAN = "平均"
NUMBER_OF_IMAGES = "枚数"
NUMBER_OF_PIXELS = "画素の個数（対数目盛）"
NUMBER_OF_MISTAKES = "間違えた枚数"
PIXEL_VALUE = "画素の値"
BEFORE_NORMALISING = "正規化の前"
AFTER_NORMALISING = "正規化の後"
TRAINING = "訓練"
VALIDATION = "検証"
EPOCH = "エポック"
LOSS = "損失"
ACCURACY = "正解率"
TRUE_CLASS = "正解のクラス"
PREDICTED_CLASS = "予測したクラス"

# --- helpers.plots.embedding --------------------------------------------------------------------
NOT_A_MAP = "点の形が {shape} です。(N, 2) か (N, 3) にしてください。"
TOO_MANY_CLASSES = (
    "クラスが {classes} 個あります。色で見分けられるように、{most} 個以下にしてください。"
)
MAP_DOES_NOT_FIT_AXES = (
    "{size} 次元の点は、{axes} 次元の図に描けません。"
    "plot_embedding で ax を省くと、点に合った図に描けます。"
)
EMBEDDING_ALT = "{count:,} 個の点を、クラスの色で塗り分けた地図 {title}"
EMBEDDINGS_ALT = "同じ点を、クラスの色で塗り分けた地図（{titles}）"

# --- helpers.plots.filters ----------------------------------------------------------------------
NOT_A_CONVOLUTION = (
    "層「{name}」は {kind} です。フィルタを描けるのは畳み込み層だけです。"
    "このモデルの畳み込み層は {known} です。"
)
NONE = "（なし）"
NOT_THREE_CHANNELS = (
    "層「{name}」の入力は {channels} チャンネルです。"
    "色つきで描けるのは 3 チャンネルの層だけです。single_channel=True にしてください。"
)
NOT_KERNELS = (
    "形が {shape} の配列はカーネルとして描けません。(出力, 入力, 高さ, 幅) にしてください。"
)
NOT_MAPS = (
    "形が {shape} の配列は特徴マップとして描けません。1 枚の画像の (C, 高さ, 幅) にしてください。"
)
NOT_EXCITING_IMAGES = (
    "形が {shape} の配列は、チャンネルごとの画像として描けません。"
    "(チャンネル数, 枚数, 1, H, W) か (チャンネル数, 枚数, 3, H, W) にしてください。"
)
TOO_MANY_PANELS = (
    "カーネルが {count:,} 個あります。1 枚ずつ描けるのは {most:,} 個までです。"
    "plot_weights(model, layer, collated=True) なら、層全体を 1 枚に描けます。"
)
UNKNOWN_SCALE = "目盛 {name} はありません。使えるのは {known} です。"
FILTERS_ALT = "{count:,} 個のカーネルを並べた図"
FEATURE_MAPS_ALT = "{count} 枚の特徴マップを並べた図"
EXCITING_ALT = "チャンネルごとに、最も強く反応した {count} 枚の画像と、反応した場所"
WEIGHT = "重み"
DEVIATIONS = ("平均 − 2σ", "平均", "平均 + 2σ")
ACTIVATION = "反応の強さ"
INPUT_CHANNEL = "入力チャンネル"
OUTPUT_CHANNEL = "出力チャンネル"
CHANNEL = "ch {number}"

# --- helpers.plots.maps -------------------------------------------------------------------------
NOT_ONE_MAP_AN_IMAGE = "形が {shape} の配列はマップとして描けません。画像と同じ {count} 枚の (N, h, w) にしてください。"
MAPS_OUT_OF_RANGE = (
    "マップの値が {low:g} から {high:g} まであります。normalise(maps) で [0, 1] にしてください。"
)
UNKNOWN_COLOURS = "配色 {name} はありません。使えるのは {known} です。"
MAPS_ALT = "{count} 枚の画像と、その下に並べたマップ（{names}）"
OVERLAY_ALT = "{count} 枚の画像と、その下に並べた、マップを重ねた画像（{names}）"
LIST_SEPARATOR = "、"
INPUT = "入力"
MAP = "マップ"

# --- helpers.keras_lab --------------------------------------------------------------------------
DATA_SIZE_OUT_OF_RANGE = "data_size が {size} です。1 以上、{most} 以下にしてください。"
UNKNOWN_OPTIMIZER = "オプティマイザ {name} はありません。使えるのは {known} です。"
LAYER_WITHOUT_WEIGHTS = (
    "層「{name}」には、まだ重みがありません。モデルの最初に keras.Input を置いてください。"
)
BEFORE_WRONG_SHAPE = (
    "before の形が {shape} です。同じ層の前の重み model.layers[layer_id].get_weights()[0] と"
    "同じ形 {wanted} にしてください。"
)
NOT_KERAS_IMAGES = "X の形が {shape} です。(N, 28, 28, 1) にしてください。"
CLASS_WITHOUT_IMAGES = "{name} はなし"
GALLERY_ALT = "列ごとに 1 つのクラスを並べた、{count} 枚の画像"
BEFORE_TRAINING = "学習前"
AFTER_TRAINING = "学習後"

# --- Hints of exercises -------------------------------------------------------------------------
HINTS = {
    "1-1": {
        "wrong_order": (
            "正規化はテンソルに対して行います。ToTensor を先に、Normalize を後に並べましょう。"
        ),
        "not_normalised": "画素が [0, 1] のままです。平均 0.5、標準偏差 0.5 の Normalize も要ります。",
        "true_mean_and_std": "ここでは本当の平均ではなく、平均 0.5、標準偏差 0.5 を使います。",
        "not_scaled": "画素が 0〜255 のままです。ToTensor が [0, 1] に直してくれます。",
        "not_called": "ToTensor() や Normalize((0.5,), (0.5,)) のように、() の中まで書きましょう。",
        "not_composed": "変換をリストに入れ、transforms.Compose([...]) で 1 つにつなぎましょう。",
        "three_channels": (
            "白黒の画像は 1 チャンネルです。平均と標準偏差も、(0.5,) のように 1 つずつ渡しましょう。"
        ),
        "other_type": (
            "値の型が違います。モデルが受け取るのは、32 ビットの小数 (torch.float32) です。"
        ),
    },
    "1-2": {
        "swapped": "訓練用とテスト用が入れ替わっています。訓練用を先に返しましょう。",
        "last_batch_dropped": "最後の端数のバッチが消えています。drop_last は使いません。",
        "batch_size": "バッチの大きさは 100 枚にします。",
        "train_not_shuffled": "訓練用の順序がいつも同じです。shuffle を確かめましょう。",
        "test_shuffled": "テスト用は混ぜません。順序が決まっていると、結果を後で照らし合わせられます。",
    },
    "1-3": {
        "in_place": "受け取った画像そのものを書きかえています。新しいテンソルを作って返しましょう。",
        "unchanged": "画素が [-1, 1] のままです。正規化と逆の計算をしましょう。",
        "normalised_again": "もう一度正規化しています。逆の計算をしましょう。",
        "added_before_multiplying": (
            "計算の順序が違います。正規化は「引いてから割る」でした。戻すときは、最後にしたことから戻します。"
        ),
        "stretched_to_the_batch": (
            "最小値と最大値で引きのばすと、バッチごとに明るさが変わります。"
            "正規化に使った 0.5 で戻しましょう。"
        ),
    },
    "1-4": {
        "mean_per_image": "枚数ではなく、画素の総数で割りましょう。pixels.mean() が使えます。",
        "not_scaled": "平均が 1 を超えています。画素を 255 で割って [0, 1] にしてから計算しましょう。",
        "absent_class": "1 枚もないクラスが消えています。10 クラス分の 0 を含めて数えましょう。",
        "variance": "それは分散です。標準偏差はその平方根です。",
        "swapped": "順序が違います。枚数、平均、標準偏差の順に返しましょう。",
        "shares_instead_of_counts": "割合ではなく、枚数を返しましょう。",
        "list_of_counts": "枚数はリストではなく、NumPy の配列で返しましょう。",
    },
    "2-1": {
        "not_whole": "画素の数は整数です。割り切れないときは、小数点以下を切り捨てましょう。",
        "one_forgotten": (
            "1 だけ小さくなっています。カーネルを置ける場所の数には、最初の 1 か所も入ります。"
            "1 を足す順番も確かめましょう。"
        ),
        "padding_forgotten": "padding が使われていません。画像の 1 辺は、その分だけ大きくなります。",
        "padding_on_one_side": "padding は画像の両側に付きます。",
        "stride_forgotten": "stride が使われていません。カーネルは stride 画素おきに置きます。",
        "rounded_up": "1 だけ大きくなっています。割り切れないときは、はみ出す場所を数えません。",
    },
    "2-2": {
        "kernel_not_squared": "カーネルは正方形です。縦と横の両方を掛けましょう。",
        "bias_forgotten": "バイアスを数えていません。バイアスも学習で決まるパラメータです。",
        "input_channels_forgotten": "カーネルは、入力チャンネルの数だけ奥行きがあります。",
        "one_bias_a_kernel": (
            "バイアスが多すぎます。カーネルごとではなく、出力チャンネルごとに 1 個です。"
        ),
        "one_bias_an_input": "バイアスの数が違います。入力ではなく、出力 1 つにつき 1 個あります。",
    },
    "2-3": {
        "init_not_called": "層を作る前に super().__init__() を呼びましょう。",
        "parts_missing": "部品の名前は features と classifier にします。",
        "not_flattened": "features の出力を (N, 9216) に平らにしてから classifier に渡しましょう。",
        "softmax_inside": (
            "出力が確率か、その対数になっています。softmax は損失関数の中で行うので、モデルには入れません。"
        ),
        "other_width": (
            "全結合層に入る値の数が、前の出力と合いません。"
            "features の出力が (N, 64, 12, 12) になるかを確かめましょう。"
        ),
        "dropout_always_on": (
            "評価モードでも、出力が毎回変わります。nn.Dropout なら、モードに合わせて自分で止まります。"
        ),
        "parameters": (
            "パラメータの数が 1,199,882 になりません。チャンネル数、カーネル、全結合層を確かめましょう。"
        ),
        "activation_missing": (
            "層の大きさは合っていますが、計算が違います。ReLU と最大プーリングの場所を確かめましょう。"
        ),
        "no_dropout": "学習モードでも出力が変わりません。ドロップアウトを入れましょう。",
        "other_dropout": "ドロップアウトの種類か、割合か、数か、場所が違います。Net のドロップアウトと比べましょう。",
        "flattened_too_early": (
            "features の出力は (N, 64, 12, 12) です。平らにするのは、features の外です。"
        ),
    },
    "2-4": {
        "init_not_called": "層を作る前に super().__init__() を呼びましょう。",
        "fixed_sizes": "チャンネル数とクラス数が決め打ちです。引数の in_channels と num_classes を使いましょう。",
        "not_flattened": "最後の全結合層に入る形は (N, 32) です。縦と横の両方について平均をとりましたか。",
        "softmax_inside": (
            "出力が確率か、その対数になっています。softmax は損失関数の中で行うので、モデルには入れません。"
        ),
        "batch_norm_missing": "バッチ正規化が足りません。2 つの畳み込みの後に、1 つずつ置きます。",
        "no_global_pooling": (
            "最後の全結合層が大きすぎます。平らにするかわりに、縦と横について平均をとりましょう。"
        ),
        "parameters": "パラメータの数が合いません。チャンネル数は 16、32、カーネルは 3×3 です。",
        "padding_or_order": (
            "層の大きさは合っていますが、計算が違います。"
            "padding=1、ReLU、プーリング、最後の平均を、表の順に確かめましょう。"
        ),
        "dropout_added": "学習モードの出力が違います。バッチ正規化のほかに、ドロップアウトなどを足していませんか。",
    },
    "3-1": {
        "criterion_ignored": "損失は、引数の criterion で計算しましょう。別の損失関数を渡されても動くようにします。",
        "no_train_mode": "最初に model.train() で学習モードにしましょう。",
        "no_update": (
            "重みが変わっていません。backward() と step() の両方が要ります。zero_grad() との順序も確かめましょう。"
        ),
        "softmax_before_loss": (
            "損失の前に softmax をかけています。交差エントロピーには、ロジットをそのまま渡します。"
        ),
        "no_zero_grad": "前のバッチの勾配が残っています。optimizer.zero_grad() と、() まで書きましたか。",
        "tensor_returned": (
            "テンソルを返すと、計算グラフがメモリに残ります。loss.item() で数値にしましょう。"
        ),
    },
    "3-2": {
        "no_eval_mode": "学習モードのまま評価しています。先に model.eval() で評価モードにしましょう。",
        "percent": "正解率は百分率ではなく、0 から 1 の数で返しましょう。",
        "count": "正解した枚数のままです。全体の枚数で割りましょう。",
        "first_batch_only": (
            "最初のバッチの分しかありません。return がループの中に入っていませんか。"
        ),
        "divided_by_batches": "len(batches) はバッチの数です。画像の枚数で割りましょう。",
        "swapped": "順序が違います。損失、正解率の順に返しましょう。",
        "mean_of_batch_means": (
            "バッチごとの平均を、さらに平均しています。最後のバッチは小さいので、"
            "その画像だけ重く数えられます。画像ごとの和を全体の枚数で割りましょう。"
        ),
        "batch_means_by_images": (
            "バッチごとの損失は、すでに平均です。それを足して全体の枚数で割ると、小さくなりすぎます。"
            "足すのは、画像ごとの損失の和です。"
        ),
        "gradients_recorded": "評価では勾配を使いません。torch.no_grad() で計算の記録を止めましょう。",
    },
    "3-3": {
        "one_number": "損失が 1 個しかありません。毎回の損失をリストに入れ、ループの後で返しましょう。",
        "number_of_losses": "損失の個数が steps と違います。",
        "no_learning": "損失が減っていません。train_step を呼んでいますか。",
        "no_momentum": (
            "3 回目から損失がずれます。モーメンタムが効いていません。"
            "値を 0.9 にし、オプティマイザはループの外で 1 回だけ作りましょう。"
        ),
        "other_optimizer": "オプティマイザは、SGD、学習率 0.1、モーメンタム 0.9 にしましょう。",
    },
    "3-4": {
        "nothing_saved": "path にファイルができていません。torch.save に path を渡しましょう。",
        "whole_model_saved": (
            "ファイルの中身が重みだけではありません。torch.save で、state_dict だけを保存しましょう。"
        ),
        "runs_strange_code": (
            "見知らぬ pickle の中のプログラムが動いてしまいました。weights_only=True で読みましょう。"
        ),
        "not_loaded": "重みがモデルに入っていません。load_state_dict を使いましょう。",
    },
    "3-5": {
        "swapped": "順序が違います。ラベル、確率の順に返しましょう。",
        "labels_as_floats": "ラベルが小数です。argmax の結果は整数なので、そのまま返しましょう。",
        "only_the_highest": "最大の確率だけでなく、全クラスの確率 (N, クラス数) を返しましょう。",
        "no_eval_mode": "学習モードのまま予測しています。先に model.eval() で評価モードにしましょう。",
        "softmax_over_the_batch": "バッチの方向に softmax をかけています。クラスの軸は dim=1 です。",
        "no_softmax": "確率の和が 1 になりません。ロジットに softmax をかけましょう。",
        "gradients_recorded": "予測では勾配を使いません。torch.no_grad() で計算の記録を止めましょう。",
    },
    "4-1": {
        "tensor_with_graph": (
            "勾配の記録が付いたままなので、NumPy の配列にできません。torch.no_grad() で記録を止めましょう。"
        ),
        "list_of_batches": "バッチごとの結果がばらばらです。ループの後で、torch.cat で 1 つにつなぎましょう。",
        "stacked": (
            "最後のバッチは小さいので、torch.stack では重ねられません。"
            "枚数の軸でつなぐ torch.cat を使いましょう。"
        ),
        "swapped": "順序が違います。ロジット、ラベルの順に返しましょう。",
        "only_first_batch": "最初のバッチの分しかありません。return がループの中に入っていませんか。",
        "only_last_batch": "最後のバッチの分しかありません。ループの中でリストに足していきましょう。",
        "ragged_batch_lost": "最後の端数のバッチが消えています。大きさが違っても、捨てずにつなぎましょう。",
        "no_eval_mode": "学習モードのまま集めています。先に評価モードにしましょう。",
        "classes_only": "予測したクラスだけになっています。10 個のロジットを全部集めましょう。",
        "softmax_applied": "確率になっています。ここで見たいのはロジットです。softmax をかけずに集めましょう。",
        "predictions_as_labels": "予測ではなく、バッチに入っている正解のラベルを集めましょう。",
        "tensors_returned": "テンソルのままです。.cpu().numpy() で、NumPy の配列にしましょう。",
        "gradients_recorded": "集めるだけなら勾配は使いません。torch.no_grad() で計算の記録を止めましょう。",
    },
    "4-2": {
        "in_place": "受け取った配列そのものを書きかえています。x -= … ではなく、新しい配列を作りましょう。",
        "shapes_do_not_fit": (
            "行列の積の形が合いません。向きは vt の行なので、vt.T を使います。"
            "s は 1 次元なので、@ ではなく * で u に掛けましょう。"
        ),
        "points_lost": "はじめの n 個の点だけが残っています。残すのは、はじめの n 列です。",
        "transposed": "行と列が入れ替わっています。1 行が 1 つの点になる、(N, n) の形にしましょう。",
        "directions_returned": (
            "主成分の向きが返っています。求めたいのは、点をその向きに射影した (N, n) の座標です。"
        ),
        "all_kept": "座標の数が多すぎます。はじめの n 個の主成分だけを残しましょう。",
        "not_centred": "平均が引かれていないところがあります。向きを求めるときも射影するときも、平均を引いた点を使いましょう。",
        "centred_by_row": "引く平均が違います。点の平均は、行の方向 (axis=0) にとります。",
        "not_scaled": (
            "向きごとの広がりがそろってしまいました。U には長さの情報がありません。特異値 S も掛けましょう。"
        ),
        "columns_of_directions": (
            "向きの取り出し方が違います。np.linalg.svd の 3 つ目の結果では、行が主成分の向きです。"
        ),
        "smallest_directions": "広がりの小さい向きを選んでいます。特異値の大きい順に選びましょう。",
        "standardised": "標準偏差で割ると、広がりの情報が消えます。平均を引くだけにしましょう。",
    },
    "4-3": {
        "piled_up": (
            "2 回目に呼ぶと、前の結果も混ざります。リストを関数の中で作り、フックを最後に外しましょう。"
        ),
        "hook_left": "フックが残っています。最後に handle.remove() で外しましょう。",
        "tensor_with_graph": (
            "勾配の記録が付いたままなので、NumPy の配列にできません。torch.no_grad() で記録を止めましょう。"
        ),
        "list_of_batches": "バッチごとの結果がばらばらです。ループの後で、torch.cat で 1 つにつなぎましょう。",
        "stacked": (
            "最後のバッチは小さいので、torch.stack では重ねられません。"
            "枚数の軸でつなぐ torch.cat を使いましょう。"
        ),
        "swapped": "順序が違います。特徴ベクトル、ラベルの順に返しましょう。",
        "only_first_batch": "最初のバッチの分しかありません。return がループの中に入っていませんか。",
        "only_last_batch": "最後のバッチの分しかありません。ループの中でリストに足していきましょう。",
        "ragged_batch_lost": "最後の端数のバッチが消えています。大きさが違っても、捨てずにつなぎましょう。",
        "no_eval_mode": "学習モードのまま集めています。先に評価モードにしましょう。",
        "wholly_flattened": "画像の区別まで消えています。枚数の軸を残す flatten(1) を使いましょう。",
        "not_flattened": "出力が 4 次元のままです。flatten(1) で (N, D) にしましょう。",
        "logits_returned": "ロジットが返っています。フックの output を集めましょう。",
        "predictions_as_labels": "予測ではなく、バッチに入っている正解のラベルを集めましょう。",
        "tensors_returned": "テンソルのままです。.cpu().numpy() で、NumPy の配列にしましょう。",
        "gradients_recorded": "集めるだけなら勾配は使いません。torch.no_grad() で計算の記録を止めましょう。",
    },
    "5-1": {
        "gradients_added_up": (
            "2 回目に呼ぶと、1 回目の勾配に足されます。images.clone() のほうに、記録を始めましょう。"
        ),
        "channels_left": "チャンネルの軸が残っています。形を (N, H, W) にしましょう。",
        "signed": "負の勾配が捨てられています。最大値をとる前に、絶対値にしましょう。",
        "absolute_too_late": "順序が逆です。先に絶対値にしてから、チャンネルの最大値をとりましょう。",
        "channels_added": "チャンネルの和になっています。チャンネルの最大値をとりましょう。",
        "channels_averaged": "チャンネルの平均になっています。チャンネルの最大値をとりましょう。",
        "stretched": "[0, 1] に引きのばすのは、後で normalise が行います。勾配の絶対値のまま返しましょう。",
        "not_one_number": (
            "微分できるのは、1 つの数だけです。選んだロジットを .sum() で足してから微分しましょう。"
        ),
        "all_classes": "全部のクラスのロジットを足しています。classes が示すロジットだけを選びましょう。",
        "classes_of_all_images": (
            "logits[:, classes] は、どの画像からも、全部の画像のクラスを取り出します。"
            "gather で、画像ごとに 1 つ選びましょう。"
        ),
        "predicted_class": "最大のロジットを使っています。classes が示すロジットを選びましょう。",
        "softmax": "確率を微分しています。softmax をかける前のロジットを微分しましょう。",
        "sigmoid": "sigmoid の値を微分しています。ロジットをそのまま微分しましょう。",
        "mean_of_batch": "ロジットの平均を微分すると、勾配が枚数分の 1 になります。和を使いましょう。",
    },
    "5-2": {
        "no_gradient_kept": (
            "勾配が None です。途中のテンソルの勾配は捨てられます。"
            "torch.autograd.grad を使うか、retain_grad() を呼んでおきましょう。"
        ),
        "graph_cut": (
            "計算グラフが切れています。torch.no_grad() の中でモデルを呼んでいませんか。"
            "フックでは、detach も clone もせずに output を取っておきましょう。"
        ),
        "swapped": "順序が違います。層の出力、勾配の順に返しましょう。",
        "gradient_of_the_images": "画像で微分しています。層の出力で微分しましょう。",
        "not_one_number": (
            "微分できるのは、1 つの数だけです。選んだロジットを .sum() で足してから微分しましょう。"
        ),
        "all_classes": "全部のクラスのロジットを足しています。classes が示すロジットだけを選びましょう。",
        "classes_of_all_images": (
            "logits[:, classes] は、どの画像からも、全部の画像のクラスを取り出します。"
            "gather で、画像ごとに 1 つ選びましょう。"
        ),
        "predicted_class": "最大のロジットを使っています。classes が示すロジットを選びましょう。",
        "softmax": "確率を微分しています。softmax をかける前のロジットを微分しましょう。",
        "sigmoid": "sigmoid の値を微分しています。ロジットをそのまま微分しましょう。",
        "mean_of_batch": "ロジットの平均を微分すると、勾配が枚数分の 1 になります。和を使いましょう。",
        "hook_not_removed": "フックが残っています。最後に handle.remove() で外しましょう。",
        "hook_left_by_an_error": (
            "途中でエラーが出ると、フックが残ります。try と finally を使って、必ず外しましょう。"
        ),
    },
    "5-3": {
        "axes_lost": "軸が消えて、形が合いません。平均に keepdim=True を付けましょう。",
        "not_enlarged": "層の大きさのままです。F.interpolate で画像の大きさに広げましょう。",
        "channel_axis_left": "チャンネルの軸が残っています。形を (N, H, W) にしましょう。",
        "no_relu": "負の値が残っています。足した後に ReLU をかけましょう。",
        "relu_after_enlarging": "ReLU は、広げる前にかけましょう。",
        "relu_before_adding": (
            "チャンネルを足す前に ReLU をかけています。足してからでないと、反対の根拠が消えてしまいます。"
        ),
        "gradient_not_averaged": "勾配を場所ごとに掛けています。先に、縦と横について平均しましょう。",
        "weights_of_the_batch": "勾配をバッチ全体で平均しています。重みは画像ごとに求めましょう。",
        "gradient_added": "勾配の和を重みにしています。縦と横についての平均にしましょう。",
        "channels_averaged": "チャンネルの平均になっています。重みを掛けたものを足しましょう。",
        "nearest": (
            'となりの値をそのまま写して広げています。mode="bilinear" で、なめらかに広げましょう。'
        ),
        "corners_aligned": "align_corners は指定しません。画素の位置がずれます。",
        "stretched": "[0, 1] に引きのばすのは、後で normalise が行います。ここではしません。",
    },
    "5-4": {
        "blue_and_red_swapped": (
            "赤と青が入れ替わっています。OpenCV の色は BGR の順です。cv2.cvtColor で RGB に直しましょう。"
        ),
        "jet": "配色が JET です。COLORMAP_INFERNO を使いましょう。",
        "map_alone": "マップだけです。画像と半分ずつ混ぜましょう。",
        "image_alone": "画像だけです。色を付けたマップと半分ずつ混ぜましょう。",
        "inverted": "マップの大小が逆になっています。",
        "not_brought_to_255": "整数に直す前に、255 を掛けましょう。0〜1 のままでは、ほとんど 0 になります。",
        "overflow": (
            "8 ビットの整数どうしを足すと、255 を超えた分があふれます。cv2.addWeighted を使いましょう。"
        ),
        "not_bytes": "画素の型を uint8 にしましょう。",
    },
    "5-5": {
        "original_changed": (
            "学習したモデルの重みが変わってしまいました。copy.deepcopy で写しを作り、写しのほうを変えましょう。"
        ),
        "not_randomised": "2 回とも学習したモデルです。写しに randomise_ を使いましょう。",
        "partly_randomised": "一部の層しか変わっていません。モデル全体を randomise_ に渡しましょう。",
        "swapped": "順序が違います。学習したモデルのマップを先に返しましょう。",
        "other_classes": (
            "2 つのマップのクラスが違います。どちらも、学習したモデルが予測したクラスにしましょう。"
        ),
    },
    "6-1": {
        "axes_lost": "軸が消えて、形が合いません。平均と標準偏差に keepdims=True を付けましょう。",
        "in_place": "受け取ったカーネルそのものを書きかえています。新しい配列を作って返しましょう。",
        "over_the_layer": (
            "層全体の平均か標準偏差を使っています。カーネルごとに、最初の軸を除いて計算しましょう。"
        ),
        "between_lowest_and_highest": (
            "最小値と最大値で引きのばしています。平均と標準偏差で標準化しましょう。"
        ),
        "constant_kernel": (
            "値が全部同じカーネルは、標準偏差が 0 なので NaN になります。"
            "割る数に、小さな値を足しましょう。"
        ),
        "not_clipped": "0 より小さい値や、1 より大きい値が残っています。np.clip を使いましょう。",
        "across_the_kernels": (
            "カーネルをまたいで平均しています。1 つのカーネルの縦と横について計算しましょう。"
        ),
        "z_scores": "平均が 0 のままです。4 で割ってから 0.5 を足しましょう。",
        "mean_kept": "割る前に、カーネルの平均を引きましょう。",
        "variance": "それは分散です。標準偏差は、その平方根です。",
        "one_less": "標準偏差は n − 1 ではなく、n で割るものを使います（ddof=0）。",
    },
    "6-2": {
        "pictures_used_up": (
            "画像がなくなった後も取り出しています。残りの場所は、fill のままにしましょう。"
        ),
        "last_row_lost": (
            "最後の行に場所がありません。割り切れないときは、行の数を切り上げましょう。"
        ),
        "gap_at_the_border": "外側にもすきまがあります。すきまは、画像と画像の間だけに入れましょう。",
        "no_gap": "すきまがありません。1 枚ごとに、画像の大きさ + gap だけずらしましょう。",
        "rows_and_columns_swapped": (
            "行の数と列の数が入れ替わっています。columns は、1 行に並べる枚数です。"
        ),
        "downwards_first": "上から下へ並んでいます。左から右へ並べ、いっぱいになったら次の行に進みましょう。",
        "other_fill": "画像の場所は合っています。すきまを fill で埋めましょう。",
    },
    "6-3": {
        "stacked": (
            "最後のバッチは小さいので、torch.stack では重ねられません。"
            "枚数の軸でつなぐ torch.cat を使いましょう。"
        ),
        "logits": "モデルの最後の出力です。フックが受け取る、層の出力を集めましょう。",
        "flattened": "平らになっています。形 (N, C, 高さ, 幅) のまま返しましょう。",
        "one_batch_only": "1 つのバッチの分しかありません。全部のバッチの結果をつなぎましょう。",
        "in_training_mode": "学習モードのまま計算しています。model.eval() が要ります。",
        "piled_up": (
            "2 回目の結果に、1 回目の分が混ざっています。結果を入れるリストは、関数の中で作りましょう。"
        ),
        "hook_not_removed": "フックが残っています。最後に handle.remove() で外しましょう。",
        "hook_left_by_an_error": (
            "途中でエラーが出ると、フックが残ります。try と finally を使って、必ず外しましょう。"
        ),
        "gradients_recorded": ("勾配の記録が残っています。torch.no_grad() の中で計算しましょう。"),
    },
    "7-1": {
        "one_hot": "ラベルは、0 から 9 の整数のまま返しましょう。",
        "no_channel_axis": "チャンネルの軸がありません。最後に軸を足して、(N, 28, 28, 1) にしましょう。",
        "channels_first": "Keras では、チャンネルの軸は最後です。(N, 28, 28, 1) にしましょう。",
        "test_cut": "テスト画像まで減っています。data_size は、訓練画像だけに使います。",
        "size_ignored": "data_size が使われていません。最初の data_size 枚だけを残しましょう。",
        "labels_not_cut": "画像とラベルの数が違います。ラベルも同じ数だけ残しましょう。",
        "not_scaled": "画素が 0〜255 のままです。255 で割りましょう。",
        "negative_pixels": "画素が負になっています。ここでは、平均を引かずに 0〜1 にします。",
        "other_images": "形は合っていますが、画像か画素の値が違います。最初の data_size 枚を取り出し、255 で割りましょう。",
    },
    "7-2": {
        "no_input": "入力の形が決まっていません。最初に keras.Input(shape=(28, 28, 1)) を置きましょう。",
        "dense_fixed": "ユニットの数が決め打ちです。引数の dense を使いましょう。",
        "padded": "畳み込みの出力が 28×28 のままです。padding は指定しません。",
        "no_pooling": "最大プーリングがありません。",
        "kernel": "畳み込みのカーネルは 5×5 です。",
        "not_flattened": "出力の形が (N, 10) になりません。全結合層の前に layers.Flatten() を置きましょう。",
        "number_of_classes": "最後の層のユニットは 10 個です。",
        "parameters": "パラメータの数が合いません。上の表と、層を 1 つずつ比べましょう。",
        "no_softmax": '確率の和が 1 になりません。最後の層の活性化関数は "softmax" です。',
        "activation": "層の大きさは合っていますが、計算が違います。ReLU と最大プーリングを確かめましょう。",
        "layer_added": "学習のときの計算が違います。表にない層（ドロップアウトなど）を足していませんか。",
    },
    "7-3": {
        "not_compiled": "model.compile が呼ばれないことがあります。adam でも sgd でも呼びましょう。",
        "one_hot_loss": (
            "ラベルは整数のままなので、categorical_crossentropy は使えません。"
            "sparse_categorical_crossentropy にしましょう。"
        ),
        "optimizer_ignored": (
            'optimizer="adam" と optimizer="sgd" で、同じオプティマイザになっています。'
        ),
        "lr_ignored": (
            "学習率が効いていません。オプティマイザを作るときに learning_rate=lr を渡しましょう。"
        ),
        "no_accuracy": '正解率が測られていません。compile に metrics=["accuracy"] を渡しましょう。',
        "other_loss": "損失は交差エントロピー sparse_categorical_crossentropy にしましょう。",
        "other_options": "重みの動き方が違います。学習率のほかの設定は、Keras のままにしましょう。",
    },
    "7-4": {
        "over_the_images": "最大値を探す軸が違います。クラスの軸は axis=1 です。",
        "probabilities": "予測が確率のままです。argmax で、最も確率の高いクラスにしましょう。",
        "places": "画像のかわりに番号が返っています。X[番号] で画像を選びましょう。",
        "kept_right_ones": "正解した画像を選んでいます。正解と予測が違うものを選びましょう。",
        "not_selected": "全部が返っているものがあります。画像、正解、予測の 3 つとも、間違えたものだけにしましょう。",
        "swapped": "順序が違います。画像、正解、予測の順に返しましょう。",
    },
    "7-6": {
        "not_called": "モデルが作られていません。make_model に () を付けて呼びましょう。",
        "not_compiled": "学習の前に、model_setup でモデルを準備しましょう。",
        "one_model": "前のシードで学習したモデルを使い回しています。シードごとに make_model() で新しく作りましょう。",
        "one_score": "シードの数だけ正解率が要ります。ループの中で、リストに足していきましょう。",
        "both_scores": "損失も返っています。evaluate の結果 [損失, 正解率] のうち、正解率だけを集めましょう。",
        "same_seed": "どのモデルも同じ重みで始まっています。set_random_seed に、ループのシードを渡しましょう。",
        "not_seeded": (
            "始まりの重みが、シードから決まっていません。"
            "モデルを作る直前に keras.utils.set_random_seed(seed) を呼びましょう。"
        ),
        "other_setup": "オプティマイザは Adam、学習率は 0.001 にしましょう。",
        "not_validated": "検証データがありません。訓練データの 10 % を検証に回しましょう。",
        "other_training": (
            "学習に使ったバッチの数か大きさが違います。"
            "epochs、バッチの大きさ 128、検証に回す 10 % を確かめましょう。"
        ),
        "other_validation": (
            "検証に使う画像が違います。テストデータではなく、訓練データの 10 % を使いましょう。"
        ),
        "training_accuracy": "訓練データの正解率です。テストデータで評価しましょう。",
        "test_loss": "損失が返っています。evaluate の結果は、損失、正解率の順です。",
    },
    "8-1": {
        "other_dataset": "データが見つかりません。開くのは datasets.FashionMNIST、場所は root です。",
        "no_transform": "画像がまだテンソルではありません。データセットに transform を渡しましょう。",
        "same_part_twice": (
            "2 つのデータローダの枚数が同じです。訓練用は train=True、テスト用は train=False です。"
        ),
        "swapped": "訓練用とテスト用が入れ替わっています。訓練用を先に返しましょう。",
        "last_batch_dropped": "最後の端数のバッチが消えています。drop_last は使いません。",
        "batch_size": "バッチの枚数が batch_size になっていません。",
        "not_normalised": (
            "画素が [-1, 1] になっていません。平均 0.5、標準偏差 0.5 の Normalize も要ります。"
        ),
        "test_shuffled": "テスト用は混ぜません。順序が決まっていると、結果を後で照らし合わせられます。",
        "train_not_shuffled": "訓練用の順序がいつも同じです。shuffle を確かめましょう。",
    },
    "8-2": {
        "init_not_called": "層を作る前に super().__init__() を呼びましょう。",
        "fixed_sizes": "チャンネル数やクラス数が決め打ちです。in_channels と num_classes を使いましょう。",
        "not_padded": (
            "28×28 の画像では、最後の特徴マップが 4×4 になります。"
            "最初に、周りへ 0 を 2 画素ずつ足して 32×32 にしましょう。"
        ),
        "not_flattened": (
            "全結合層に渡す形が合いません。特徴マップ (N, 16, 5, 5) を (N, 400) に平らにしましょう。"
        ),
        "other_width": (
            "全結合層に入る値の個数が合いません。16 × 5 × 5 = 400 個になるように、"
            "カーネルの大きさ、パディング、0 を足す条件を確かめましょう。"
        ),
        "softmax_inside": (
            "出力が確率か、その対数になっています。表の softmax は、予測のときに使います。"
        ),
        "parameters": (
            "パラメータの数が表と違います。カーネルの大きさ、フィルタの数、ユニットの数を確かめましょう。"
        ),
        "activation_between": "表では、全結合層の間に活性化関数はありません。",
        "no_sigmoid": "シグモイドがありません。プーリングの後に 1 つずつ入れましょう。",
        "other_activation": "表の活性化関数はシグモイドです。",
        "average_pooling": "表のプーリングは最大プーリングです。",
        "no_features": (
            "畳み込みからシグモイドまでを、features という nn.Sequential にまとめましょう。"
            "7 節で使います。"
        ),
    },
    "8-3": {
        "not_trained": "重みが動いていません。loss.backward() と optimizer.step() を確かめましょう。",
        "passes_over_the_data": (
            "batches を回した回数が違います。1 エポックに 1 回、全部で epochs 回にしましょう。"
        ),
        "number_of_losses": "返す損失は、1 エポックに 1 個です。エポックの中のバッチで平均しましょう。",
        "no_train_mode": "評価モードのまま学習しています。model.train() が要ります。",
        "softmax_before_loss": (
            "softmax が 2 重になっています。損失関数には、ロジットをそのまま渡しましょう。"
        ),
        "no_zero_grad": (
            "前のバッチの勾配に、新しい勾配が足されています。optimizer.zero_grad() を確かめましょう。"
        ),
        "not_the_mean": (
            "返した損失が、エポックの中のバッチの平均ではありません。"
            "エポックごとに和を 0 に戻し、バッチの数で割りましょう。"
        ),
        "diverged": (
            "損失が大きくなりすぎました。学習率が大きすぎます。10 分の 1 にして試しましょう。"
        ),
        "plateau": (
            "損失が 2.3 の近くから下がりません。でたらめに答えたときの損失です。"
            "学習率を大きくするか、オプティマイザを変えましょう。"
        ),
    },
    "8-4": {
        "stacked": "最後のバッチは小さいので、torch.stack では重ねられません。torch.cat でつなぎましょう。",
        "one_batch_only": "1 つのバッチの分しかありません。全部のバッチの結果をつなぎましょう。",
        "no_eval_mode": "学習モードのまま予測しています。model.eval() が要ります。",
        "no_softmax": "確率の和が、画像ごとに 1 になりません。クラスの軸（dim=1）に softmax をかけましょう。",
        "swapped": "順序が違います。正解のラベル、予測したクラス、確率の順に返しましょう。",
        "gradients_recorded": "勾配の記録が残っています。torch.no_grad() の中で計算しましょう。",
        "transposed": "行と列が逆です。行を正解、列を予測にしましょう。",
        "absent_class": (
            "1 枚もないクラスの行と列が消えています。形は、いつも (num_classes, num_classes) です。"
        ),
        "shares_instead_of_counts": "割合ではなく、枚数を返しましょう。",
        "once_a_pair": (
            "同じ組が何枚あっても 1 になっています。同じ場所に何度も足すには、"
            "for で 1 枚ずつ足すか、torch.bincount を使います。"
        ),
    },
    "8-5": {
        "constant_map": (
            "NaN があります。値が全部同じマップでは、最大値と最小値の差が 0 です。0 のマップにしましょう。"
        ),
        "not_enlarged": "マップが層の出力の大きさのままです。画像の大きさに広げましょう。",
        "not_stretched": "マップの値が [0, 1] に引きのばされていません。",
        "stretched_together": "バッチ全体の最大値で割っています。1 枚ごとに引きのばしましょう。",
        "no_relu": "負の値が残っています。チャンネルを足した後に、ReLU をかけましょう。",
        "predicted_class": "予測したクラスのマップです。classes が示すクラスのロジットを微分しましょう。",
        "hook_not_removed": "フックが残っています。最後に handle.remove() で外しましょう。",
        "hook_left_by_an_error": (
            "途中でエラーが出ると、フックが残ります。try と finally を使って、必ず外しましょう。"
        ),
        "last_convolution": "最初の畳み込み層ではありません。model.modules() は、作った順に層を返します。",
        "not_a_convolution": (
            "畳み込み層の重みではありません。"
            "最初の層が畳み込みとは限らないので、isinstance で nn.Conv2d を探しましょう。"
        ),
        "bias": "それはバイアスです。重みは weight です。",
        "gradients_recorded": (
            "重みが計算グラフにつながったままです。図にする値は detach() で切り離しましょう。"
        ),
    },
    "8-6": {
        "init_not_called": "層を作る前に super().__init__() を呼びましょう。",
        "too_large": (
            "パラメータが 100,000 個以上あります。全結合層に入る値の数と、チャンネルの数を見直しましょう。"
        ),
        "augmented_shape": "augment は、受け取った画像と同じ形 (N, 1, 28, 28) を返します。",
        "softmax_inside": "出力が確率か、その対数になっています。ロジットを返しましょう。",
        "number_of_classes": "ロジットの形が違います。10 クラスなので、(N, 10) です。",
        "no_convolution": "畳み込み層がありません。全結合層だけでは、目標の正解率に届きません。",
    },
}
