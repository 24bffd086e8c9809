"""Puts pictures into prose, since in Colab only the notebook travels."""

import base64
import mimetypes
import re
from collections.abc import Iterator
from pathlib import Path

_PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<target>[^)]*)\)")


def picture_faults(source: str, folder: Path) -> Iterator[str]:
    """Yield what is wrong with the pictures of a markdown cell.

    Args:
        source: Text of the cell; pictures are written ``![alt](../assets/x.png)``.
        folder: What their paths start from.
    """
    for picture in _PICTURE.finditer(source):
        if not picture["alt"].strip():
            yield f"picture {picture['target']} lacks alt text"
        if not (folder / picture["target"]).is_file():
            yield f"picture {picture['target']} is no file here"
    if "<img" in source:
        yield "write a picture as ![alt](../assets/x.png), not as <img>"


def embed_pictures(source: str, folder: Path) -> str:
    """Return the text of a markdown cell with its pictures inside.

    Each becomes ``![alt][x]``; the line ``[x]: data:image/png;base64,…`` stands at the end, so that
    the prose stays readable.
    """
    definitions: dict[str, str] = {}

    def refer(picture: re.Match[str]) -> str:
        path = folder / picture["target"]
        definitions[path.name] = f"[{path.name}]: {_data_uri(path)}"
        return f"![{picture['alt']}][{path.name}]"

    prose = _PICTURE.sub(refer, source)
    return "\n".join([prose, "", *definitions.values()]) if definitions else prose


def _data_uri(path: Path) -> str:
    kind, _ = mimetypes.guess_type(path.name)
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
