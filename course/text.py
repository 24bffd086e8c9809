"""Sentences that several commands share; the others stand beside what shows them."""

from helpers.internal.sentences import Sentence

NOT_WRITTEN = Sentence(
    ja="{path} に書き込めません（{error}）。空き容量と、フォルダの書き込み権限を確かめてください。",
    en="{path} cannot be written ({error}). See to free space and the folder's permissions.",
)
SOURCE_FAULTS = Sentence(
    ja="教材のソースに誤りがあります（{fault}）。course build で確かめてください。",
    en="The course's sources have a fault ({fault}). course build says more.",
)
NOTEBOOK_DAMAGED = Sentence(
    ja="{notebook} がないか、壊れています。course build で作り直してください。",
    en="{notebook} is missing or damaged. Make it anew with course build.",
)
