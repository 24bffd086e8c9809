"""The benchmarks compare like with like; what they measure is not tested."""

import numpy as np
import torch

from benchmarks.grad_cam import captum_maps, maps_one_by_one
from benchmarks.measure import seconds_in_turns
from helpers.explain import grad_cam
from helpers.models import Model


def test_all_ways_to_grad_cam_give_the_same_maps():
    torch.manual_seed(0)
    model, images = Model().eval(), torch.randn(3, 1, 28, 28)
    ours = grad_cam(model, images, "features.4")
    captum = captum_maps(model, images, model(images).argmax(dim=1))
    torch.testing.assert_close(ours, captum, rtol=0, atol=1e-5)
    np.testing.assert_allclose(maps_one_by_one(model, images), ours, rtol=0, atol=1e-5)


def test_ways_take_turns_after_a_warm_up():
    calls = []
    ways = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    assert list(seconds_in_turns(ways, rounds=2)) == ["a", "b"]
    assert "".join(calls) == "ababab"
