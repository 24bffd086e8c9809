import platform

import torch

from helpers.preflight import preflight
from helpers.training import device


def test_it_tells_versions_device_and_data(capsys):
    preflight("MNIST")
    first, second = capsys.readouterr().out.splitlines()
    assert f"Python {platform.python_version()}" in first
    assert f"torch {torch.__version__.split('+')[0]}" in first
    assert first.endswith(str(device()))
    assert second == "データ: MNIST ミニ版（訓練 5,000 枚、テスト 500 枚の小さなデータ）"


def test_it_names_the_other_data_set(capsys):
    preflight("FashionMNIST")
    assert "FashionMNIST ミニ版" in capsys.readouterr().out
