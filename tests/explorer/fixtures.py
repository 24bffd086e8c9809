"""What PyTorch computes, for the explorer's modules to be held to: ``python fixtures.py DIR``.

Each network gets NAME.safetensors, as a student saves it, and NAME-expected.safetensors:
an image, every layer's output, Grad-CAM, saliency, and twenty steps of training.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from helpers import data, explain, models, training
from helpers.hooks import capture

NETWORKS = {
    "CNN": models.CNN,
    "Net": models.Net,
    "Model": models.Model,
    "LeNet": lambda: models.LeNet(1, 10),
    "CompactCNN": models.CompactCNN,
}
LAYERS = {
    "CNN": ["conv1", "pool1", "conv2", "pool2"],
    "Net": ["conv1", "conv2"],
    "Model": ["features.0", "features.2", "features.4"],
    "LeNet": ["features.0", "features.1", "features.3", "features.4"],
    "CompactCNN": ["features.0", "features.8", "features.12"],
}
TARGETS = (3, 8)
STEPS = 20
BATCH = 8
OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.001),
}


def without_dropout(model):
    """Let nothing depend on random numbers, which PyTorch and JavaScript draw differently."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model


def expected(name, model, images, labels):
    image = data.to_float(images[:1])
    model.eval()
    found = {"image": image[0]}
    layers = [
        path for path, module in model.named_modules() if path and not list(module.children())
    ]
    used = [path for path in layers if not isinstance(model.get_submodule(path), nn.Identity)]
    with torch.no_grad(), capture(model, *used) as seen:
        found["logits"] = model(image)[0]
    found |= {f"layer/{path}": seen[path][0] for path in used if path in seen}
    for target in TARGETS:
        found[f"saliency/{target}"] = explain.saliency(model, image, target)[0]
        for layer in LAYERS[name]:
            found[f"cam/{layer}/{target}"] = explain.grad_cam(model, image, layer, target)[0]
    start = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    for kind, make in OPTIMIZERS.items():
        model.load_state_dict(start)
        optimizer = make(model.parameters())
        losses = [
            training.train_step(
                model, data.to_float(some), chosen, nn.CrossEntropyLoss(), optimizer
            )
            for some, chosen in zip(images.split(BATCH), labels.split(BATCH), strict=True)
        ]
        found[f"losses/{kind}"] = torch.tensor(losses)
        after = {
            f"after/{kind}/{key}": tensor.clone() for key, tensor in model.state_dict().items()
        }
        found |= {key: tensor for key, tensor in after.items() if tensor.is_floating_point()}
    model.load_state_dict(start)
    found["images"], found["labels"] = images.float(), labels.float()
    return {key: tensor.detach().float().contiguous() for key, tensor in found.items()}


def main():
    folder = Path(sys.argv[1])
    torch.manual_seed(0)
    batches = data.batches("MNIST", batch_size=32, device="cpu")
    images, labels = batches.images[: STEPS * BATCH], batches.labels[: STEPS * BATCH]
    for name, make in NETWORKS.items():
        model = without_dropout(make())
        optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
        for (some, chosen), _ in zip(batches, range(10), strict=False):
            training.train_step(model, some, chosen, nn.CrossEntropyLoss(), optimizer)
        training.save(model, folder / f"{name}.safetensors")
        save_file(expected(name, model, images, labels), folder / f"{name}-expected.safetensors")


if __name__ == "__main__":
    main()
