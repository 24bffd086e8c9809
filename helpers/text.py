"""The sentences of helpers and of some of course, in one place, so that wording stays even.

A sentence with ``{names}`` is filled in with :meth:`str.format` by the module that shows it.
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

# --- helpers.preflight --------------------------------------------------------------------------
PREFLIGHT = "環境: {packages}、計算装置 {device}"

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
LOSS_HISTORY_ALT = "エポックごとの損失の折れ線グラフ"
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
DIMENSION = "次元 "
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
UNKNOWN_CONVOLUTION = (
    "畳み込み層 {layer_id} はありません。layer_id は、畳み込み層だけを 0 から数えた番号です。"
    "このモデルの畳み込み層は {known} です。"
)
LAYER_WITHOUT_WEIGHTS = "畳み込み層 {layer_id} には、まだ重みがありません。モデルの最初に keras.Input を置いてください。"
TOO_MANY_KERNELS = (
    "畳み込み層 {layer_id} のカーネルは {count:,} 個あります。描けるのは {most:,} 個までです。"
    "カーネルの少ない層を選んでください。"
)
BEFORE_WRONG_SHAPE = (
    "before の形が {shape} です。同じ層の、前の重みを渡してください。形は {wanted} になるはずです。"
)
VALIDATED_AT_UNKNOWN_EPOCHS = (
    "エポックは {epochs} 個、検証の値は {count} 個です。どのエポックの値なのか、記録からはわかりません。"
    "fit に渡した validation_freq を、plot_result にも渡してください。"
)
NOT_KERAS_IMAGES = "X の形が {shape} です。(N, 28, 28, 1) にしてください。"
CLASS_WITHOUT_IMAGES = "{name} はなし"
GALLERY_ALT = "列ごとに 1 つのクラスを並べた、{count} 枚の画像"
BEFORE_TRAINING = "学習前"
AFTER_TRAINING = "学習後"
