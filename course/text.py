"""Japanese sentences that several commands share; those of the grader are in grade/text.py."""

NOT_WRITTEN = (
    "{path} に書き込めません（{error}）。空き容量と、フォルダの書き込み権限を確かめてください。"
)
SOURCE_FAULTS = "教材のソースに誤りがあります（{fault}）。course build で確かめてください。"
NOTEBOOK_DAMAGED = "{notebook} がないか、壊れています。course build で作り直してください。"
