"""Sentences of the site: those that the command says, and words that pages carry."""

from helpers.internal.sentences import Sentence

NOT_EXECUTED = Sentence(
    ja="{notebook} の実行結果がありません。先に `{command}` を実行してください。",
    en="{notebook} has not been run: run `{command}` first.",
)
STALE = Sentence(
    ja="{notebook} の実行結果が古くなっています（セル {cell}）。"
    "`{command}` をもう一度実行してください。",
    en="What {notebook} gave is out of date (cell {cell}): run `{command}` again.",
)
FAILED = Sentence(
    ja="{notebook} は最後まで実行できていません（セル {cell}）。原因を直してから、"
    "`{command}` をもう一度実行してください。",
    en="{notebook} was not run to its end (cell {cell}): mend the cause, then run `{command}` "
    "again.",
)
NO_SECTION = Sentence(
    ja="{page} に「{heading}」という見出しがありません。サイトのページが、それを使います。",
    en="{page} has no heading {heading!r}, from which a page of the site is made.",
)
FOREIGN_FOLDER = Sentence(
    ja="{folder} には、サイトではないファイルがあります。新しいフォルダか、空のフォルダを"
    "指定してください。",
    en="{folder} holds files that are no site: name a new or empty folder.",
)
LEAKING = Sentence(
    ja="解答がページに出てしまいます（{page}: {secret}）。サイトは書きませんでした。",
    en="A page would show something of a solution ({page}: {secret}). No site was written.",
)
NO_PACKAGES = Sentence(
    ja="サイトを作る Node のパッケージがありません。`npm ci --prefix site` を実行してください。",
    en="The site's Node packages are missing: run `npm ci --prefix site`.",
)
NO_NODE = Sentence(
    ja="Node.js がありません。サイトを作るには、Node.js を入れてから "
    "`npm ci --prefix site` を実行してください。",
    en="There is no Node.js. To build the site, install it, then run `npm ci --prefix site`.",
)
NO_SPHINX = Sentence(
    ja='サイトを作るパッケージがありません。`python -m pip install -e ".[site]"` を実行して'
    "ください。",
    en='The packages that build the site are missing: run `python -m pip install -e ".[site]"`.',
)
TOOL_FAILED = Sentence(
    ja="{tool} が失敗しました: {reason}",
    en="{tool} failed: {reason}",
)
PAGES_FAULTY = Sentence(
    ja="サイトのページに誤りがあります: {warnings}",
    en="Pages of the site have faults: {warnings}",
)
NO_CHROMIUM = Sentence(
    ja="Chromium がありません。PDF を作るには、`sudo apt install chromium` などで入れてください。",
    en="There is no Chromium. To make PDFs, install it, as by `sudo apt install chromium`.",
)
WRITTEN = Sentence(
    ja="{folder} に書きました（{seconds:.0f} 秒）。"
    "`python -m http.server -d {folder}` で見られます。",
    en="Written to {folder} ({seconds:.0f} s). To look at it: `python -m http.server -d {folder}`",
)

WORDS = {
    "title": Sentence(ja="CNN 合宿", en="CNN Gasshuku"),
    "other_language": Sentence(ja="English", en="日本語"),
    "search": Sentence(ja="検索", en="Search"),
    "search_placeholder": Sentence(
        ja="畳み込み、Grad-CAM、混同行列…", en="convolution, Grad-CAM, confusion matrix…"
    ),
    "search_none": Sentence(
        ja="見つかりませんでした。別の言葉で試してください。",
        en="Nothing found. Try other words.",
    ),
    "search_failed": Sentence(
        ja="検索を読み込めませんでした。ページを開き直してください。",
        en="The search could not be loaded. Open the page again.",
    ),
    "search_found": Sentence(ja="ページ見つかりました", en="pages found"),
    "close": Sentence(ja="閉じる", en="Close"),
    "theme": Sentence(ja="明るさを切り替える", en="Switch between light and dark"),
    "contents": Sentence(ja="このページの内容", en="On this page"),
    "open_contents": Sentence(ja="このページの内容を開く", en="Open the contents of this page"),
    "open_navigation": Sentence(ja="メニューを開く", en="Open the menu"),
    "colab": Sentence(ja="Colab で開く", en="Open in Colab"),
    "download": Sentence(ja="ダウンロード", en="Download"),
    "download_what": Sentence(ja="ノートブックをダウンロード", en="Download the notebook"),
    "pdf": Sentence(ja="PDF", en="PDF"),
    "print": Sentence(ja="印刷", en="Print"),
    "setup": Sentence(ja="自分のマシンで動かす", en="On your own machine"),
    "tools": Sentence(ja="このレッスンを開く", en="Open this lesson"),
    "solution": Sentence(ja="解答例", en="Solution"),
    "model_answer": Sentence(ja="解答例と採点基準", en="Model answer and rubric"),
    "figure": Sentence(ja="上のセルが描いた図", en="Figure drawn by the cell above"),
    "widget": Sentence(
        ja="ノートブックでは、ここに操作できる部品が出ます。",
        en="In the notebook, something that you can operate appears here.",
    ),
    "explorer": Sentence(ja="CNN を動かす", en="Run a CNN here"),
    "untranslated": Sentence(
        ja="このレッスンは、まだ英語になっていません。"
        '<a href="{japanese}" hreflang="ja">日本語で読む</a>',
        en="This lesson has not been put into English yet. "
        '<a href="{japanese}" hreflang="ja">Read it in Japanese</a>.',
    ),
    "start": Sentence(ja="はじめから読む", en="Start with lesson 01"),
    "minutes": Sentence(ja="分", en="min"),
}
"""What templates and pages say, by a key."""


def words(language: str) -> dict[str, str]:
    """Return :data:`WORDS` in one language, ``"ja"`` or ``"en"``."""
    return {key: getattr(sentence, language) for key, sentence in WORDS.items()}
