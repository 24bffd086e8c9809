"""Every sentence that a student may see, in one place, so that wording stays even.

A sentence with ``{names}`` is filled in with :meth:`str.format` by the module that shows it.
Hints of exercises are at the end: ``HINTS["3-1"]["no_zero_grad"]``.
"""

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
IDX_DAMAGED = "{path} は IDX ファイルとして読めません（{reason}）。消して、取り直してください。"
IDX_REASONS = {
    "short": "途中で切れています",
    "magic": "先頭の 4 バイトが {found} です",
    "length": "{want:,} バイトのはずが {got:,} バイトです",
}
LIMIT_NOT_POSITIVE = "limit が {limit} です。1 以上にしてください。"
BATCH_SIZE_NOT_POSITIVE = "batch_size が {batch_size} です。1 以上にしてください。"
SPLIT_SIZE_OUT_OF_RANGE = "size が {size} です。1 以上、{total} 未満にしてください。"

# --- course.editions ----------------------------------------------------------------------------
CODE_STUB = "# ここにコードを書いてください。\nraise NotImplementedError"
ESSAY_STUB = "（ここにあなたの考えを書いてください。）"
COLAB_LINK = "[Colab で開く]({url})"
COLAB_INSTALL = (
    "# Google Colab では、最初にこのセルを実行してください。教材のパッケージを入れます。\n"
    "# すでに入っていれば、何もしません。"
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
BLANK = "まだ書かれていません。いまは教材の関数で先へ進みます。"
UNKNOWN_EXERCISE = "問 {id} はありません。番号を確かめてください。"
ANSWER_RAISED = "実行中にエラーが出ました: {error}"
AT_LINE = "（この行です: {line}）"
NOTHING_RETURNED = "「{item}」が得られません。return を書きましたか。"
WRONG_TEXT = "「{item}」が {got} です。{want} になるはずです。"
WRONG_SHAPE = "「{item}」の形が {got} です。{want} になるはずです。"
WRONG_VALUE = "「{item}」の値が合いません。問題文と、上の説明をもう一度読んでみましょう。"

# --- helpers.models, helpers.training, helpers.hooks --------------------------------------------
UNKNOWN_MODEL = "モデル {name} はありません。使えるのは {known} です。"
UNKNOWN_LAYER = "層「{name}」はありません。このモデルの層は {known} です。"
INTERRUPTED = "学習を中断しました。{epochs} エポック分の記録を返します。"
NO_IMAGES = "画像が 1 枚もありません。データの読み込みを確かめてください。"
IMAGES_NOT_4D = (
    "画像の形が {shape} です。(N, C, H, W) の 4 次元にしてください。"
    "1 枚だけなら images[None] で N の軸を足せます。"
)
IMAGES_DO_NOT_FIT = (
    "形が {shape} の画像は、このモデルに入りません。"
    "チャンネル数と縦横の画素数を、モデルの最初の層に合わせてください。"
)
NOT_LOGITS = "モデルの出力の形が {shape} です。(N, クラス数) になるようにしてください。"
PROBABILITIES = (
    "モデルが確率を返しています。交差エントロピーは softmax を中に含むので、"
    "モデルの最後の softmax を外し、ロジットを返してください。"
)
LABELS_WRONG_TYPE = (
    "ラベルの形が {shape}、型が {dtype} です。形 (N,)、型 torch.int64 にしてください。"
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
WEIGHTS_DO_NOT_FIT = "{path} の重みは {model} の形に合いません。別のモデルの重みです。"

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

# --- Hints of exercises -------------------------------------------------------------------------
HINTS = {
    "1-1": {
        "wrong_order": (
            "正規化はテンソルに対して行います。ToTensor を先に、Normalize を後に並べましょう。"
        ),
        "not_normalised": "画素が [0, 1] のままです。平均 0.5、標準偏差 0.5 の Normalize も要ります。",
        "true_mean_and_std": "ここでは本当の平均ではなく、平均 0.5、標準偏差 0.5 を使います。",
        "not_scaled": "画素が 0〜255 のままです。ToTensor が [0, 1] に直してくれます。",
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
        "unchanged": "画素が [-1, 1] のままです。",
        "normalised_again": "もう一度正規化しています。逆の計算をしましょう。",
        "added_before_multiplying": "順序が逆です。正規化は「引いてから割る」ので、戻すときは？",
        "stretched_to_the_batch": (
            "最小値と最大値で引きのばすと、バッチごとに明るさが変わります。"
            "正規化に使った 0.5 で戻しましょう。"
        ),
    },
    "1-4": {
        "not_scaled": "平均が 1 を超えています。画素を 255 で割って [0, 1] にしてから計算しましょう。",
        "absent_class": "1 枚もないクラスが消えています。10 クラス分の 0 を含めて数えましょう。",
        "variance": "それは分散です。標準偏差はその平方根です。",
        "swapped": "順序が違います。枚数、平均、標準偏差の順に返しましょう。",
        "shares_instead_of_counts": "割合ではなく、枚数を返しましょう。",
    },
    "2-1": {
        "not_whole": "画素の数は整数です。割り切れないときは切り捨てます（// を使います）。",
        "one_forgotten": "1 だけ小さくなっています。カーネルを置ける場所の数には、最初の 1 か所も入ります。",
        "padding_forgotten": "padding が使われていません。",
        "padding_on_one_side": "padding は両側に付きます。",
        "stride_forgotten": "stride が使われていません。",
    },
    "2-2": {
        "kernel_not_squared": "カーネルは正方形です。縦と横の両方を掛けましょう。",
        "bias_forgotten": "バイアスを数えていません。出力 1 つにつき 1 個あります。",
        "input_channels_forgotten": "カーネルは、入力チャンネルの数だけ奥行きがあります。",
        "one_bias_an_input": "バイアスは出力チャンネルごとに 1 個です。",
    },
    "2-3": {
        "init_not_called": "層を作る前に super().__init__() を呼びましょう。",
        "parts_missing": "部品の名前は features と classifier にします。",
        "not_flattened": "features の出力を (N, 9216) に平らにしてから classifier に渡しましょう。",
        "softmax_inside": (
            "出力が確率になっています。softmax は損失関数の中で行うので、モデルには入れません。"
        ),
        "parameters": (
            "パラメータの数が 1,199,882 になりません。チャンネル数、カーネル、全結合層を確かめましょう。"
        ),
        "activation_missing": (
            "層の大きさは合っていますが、計算の順序が違います。ReLU と最大プーリングの場所を確かめましょう。"
        ),
        "no_dropout": "学習モードでも出力が変わりません。ドロップアウトがありません。",
    },
    "2-4": {
        "init_not_called": "層を作る前に super().__init__() を呼びましょう。",
        "fixed_sizes": "in_channels と num_classes を、引数のとおりに使いましょう。",
        "not_flattened": "大域平均プーリングの後は (N, 32) です。縦と横の軸について平均をとりましょう。",
        "softmax_inside": (
            "出力が確率になっています。softmax は損失関数の中で行うので、モデルには入れません。"
        ),
        "batch_norm_missing": "バッチ正規化がありません。畳み込みの後に 1 つずつ置きます。",
        "no_global_pooling": (
            "最後の全結合層が大きすぎます。平らにするかわりに、縦と横について平均をとりましょう。"
        ),
        "parameters": "パラメータの数が合いません。チャンネル数は 16、32、カーネルは 3×3 です。",
        "padding_or_order": (
            "層の大きさは合っていますが、計算が違います。padding=1 と、層の順序を確かめましょう。"
        ),
    },
    "3-1": {
        "nothing_returned": "損失が返っていません。最後に return で数値を返しましょう。",
        "no_train_mode": "最初に model.train() で学習モードにしましょう。",
        "no_update": "重みが変わっていません。backward と step の両方が要ります。",
        "softmax_before_loss": (
            "損失の前に softmax をかけています。交差エントロピーには、ロジットをそのまま渡します。"
        ),
        "no_zero_grad": "前のバッチの勾配が残っています。zero_grad がありません。",
        "tensor_returned": (
            "テンソルを返すと、計算グラフがメモリに残ります。loss.item() で数値にしましょう。"
        ),
    },
    "3-2": {
        "no_eval_mode": "学習モードのまま評価しています。model.eval() が要ります。",
        "percent": "正解率は百分率ではなく、0 から 1 の数で返しましょう。",
        "count": "正解した枚数のままです。全体の枚数で割りましょう。",
        "swapped": "順序が違います。損失、正解率の順に返しましょう。",
        "mean_of_batch_means": (
            "バッチごとの平均を、さらに平均しています。最後のバッチは小さいので、"
            "その画像だけ重く数えられます。画像ごとの和を全体の枚数で割りましょう。"
        ),
        "gradients_recorded": "評価では勾配を使いません。torch.no_grad() で計算の記録を止めましょう。",
    },
    "3-3": {
        "one_number": "最後の損失だけでなく、毎回の損失をリストで返しましょう。",
        "number_of_losses": "損失の個数が steps と違います。",
        "no_learning": "損失が減っていません。train_step を呼んでいますか。",
        "new_optimizer_each_step": (
            "途中から損失がずれます。オプティマイザはループの外で 1 回だけ作りましょう。"
            "作り直すと、モーメンタムの記憶が消えます。"
        ),
        "other_optimizer": "オプティマイザは、SGD、学習率 0.1、モーメンタム 0.9 にしましょう。",
    },
    "3-4": {
        "nothing_saved": "ファイルができていません。torch.save に path を渡しましょう。",
        "whole_model_saved": "モデルまるごとではなく、state_dict だけを保存しましょう。",
        "runs_strange_code": (
            "見知らぬ pickle の中のプログラムが動いてしまいました。weights_only=True で読みましょう。"
        ),
        "not_loaded": "重みがモデルに入っていません。load_state_dict を使いましょう。",
    },
    "3-5": {
        "swapped": "順序が違います。ラベル、確率の順に返しましょう。",
        "only_the_highest": "最大の確率だけでなく、全クラスの確率 (N, クラス数) を返しましょう。",
        "no_eval_mode": "学習モードのまま予測しています。model.eval() が要ります。",
        "softmax_over_the_batch": "バッチの方向に softmax をかけています。クラスの軸は dim=1 です。",
        "no_softmax": "確率の和が 1 になりません。ロジットに softmax をかけましょう。",
    },
}
