"""Japanese sentences that several commands share; those of the grader are in grade/text.py."""

NOT_WRITTEN = (
    "{path} に書き込めません（{error}）。空き容量と、フォルダの書き込み権限を確かめてください。"
)
SOURCE_FAULTS = "教材のソースに誤りがあります（{fault}）。course build で確かめてください。"
NOTEBOOK_DAMAGED = "{notebook} がないか、壊れています。course build で作り直してください。"

# course.run
RUN_TITLE = "ノートブックの実行結果"
RUN_HEADINGS = ("ノートブック", "結果", "秒", "データ")
RUN_OK = "成功"
RUN_FAILED = "失敗"

# course.doctor: each remedy in Japanese and in English
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
