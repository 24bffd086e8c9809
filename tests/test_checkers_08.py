import numpy as np
import torch
import torch.nn.functional as F
from checkers import CheckerTests, remove_unless_failing
from sklearn.metrics import confusion_matrix as confusion_of_scikit_learn
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision import datasets
from torchvision.transforms import v2

from helpers import explain, training
from helpers.models import LeNet


# --- 8-1 ----------------------------------------------------------------------------------------
def loaders_of_tensors(root, batch_size):
    loaders = []
    for train in (True, False):
        data = datasets.FashionMNIST(root, train)
        images = data.data[:, None].float() / 127.5 - 1
        part = TensorDataset(images, data.targets)
        loaders.append(DataLoader(part, batch_size, shuffle=train))
    return loaders


TO_UNIT = (v2.ToImage(), v2.ToDtype(torch.float32, scale=True))
TO_SIGNED = (*TO_UNIT, v2.Normalize([0.5], [0.5]))


def loaders(
    dataset=datasets.FashionMNIST,
    steps=TO_SIGNED,
    parts=(True, False),
    shuffle=(True, False),
    batch_size=None,
    drop_last=False,
):
    """Return an answer to 8-1 with one of its parts other than the right one."""

    def make_loaders(root, size):
        transform = v2.Compose(steps) if steps else None
        sets = [dataset(root, train=train, transform=transform) for train in parts]
        return [
            DataLoader(part, batch_size or size, shuffle=mixed, drop_last=drop_last)
            for part, mixed in zip(sets, shuffle, strict=True)
        ]

    return make_loaders


# --- 8-2 ----------------------------------------------------------------------------------------
class FeaturesByHand(nn.Module):
    """Padding by the first convolution, and each sigmoid before its pooling."""

    def __init__(self, in_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)

    def forward(self, x):
        padding = (32 - x.shape[-1]) // 2
        x = F.conv2d(x, self.conv1.weight, self.conv1.bias, padding=padding)
        x = F.max_pool2d(torch.sigmoid(x), 2)
        return F.max_pool2d(torch.sigmoid(self.conv2(x)), 2)


class LeNetByHand(nn.Module):
    def __init__(self, in_channels=3, num_classes=2):
        super().__init__()
        self.features = FeaturesByHand(in_channels)
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 64)
        self.fc3 = nn.Linear(64, num_classes)

    def forward(self, x):
        return self.fc3(self.fc2(self.fc1(self.features(x).reshape(len(x), -1))))


class LeNetWithoutFeatures(FeaturesByHand):
    def __init__(self, in_channels=3, num_classes=2):
        super().__init__(in_channels)
        self.classifier = LeNet(in_channels, num_classes).classifier

    def forward(self, x):
        return self.classifier(super().forward(x).flatten(1))


class LeNetWithSigmoidOutside(LeNet):
    """Its ``features`` end with the second pooling."""

    def __init__(self, in_channels=3, num_classes=2):
        super().__init__(in_channels, num_classes)
        self.features = self.features[:-1]

    def forward(self, x):
        x = F.pad(x, [2] * 4) if x.shape[-1] == 28 else x
        return self.classifier(torch.sigmoid(self.features(x)).flatten(1))


class LeNetLayerByLayer(LeNet):
    def forward(self, x):
        x = F.pad(x, [2] * 4) if x.shape[-1] == 28 else x
        for layer in self.features:
            x = layer(x)
        return self.classifier(x.flatten(1))


def lenet(
    pad=2,
    kernel=5,
    activation=nn.Sigmoid,
    pooling=nn.MaxPool2d,
    width=400,
    next_width=120,
    between=nn.Identity,
    end=nn.Identity,
):
    """Return a class like ``LeNet`` with one of its parts other than the table's."""

    class ChangedLeNet(nn.Module):
        def __init__(self, in_channels=3, num_classes=2):
            super().__init__()
            self.features = nn.Sequential(
                *(nn.Conv2d(in_channels, 6, kernel), pooling(2), activation()),
                *(nn.Conv2d(6, 16, kernel), pooling(2), activation(), nn.Flatten()),
            )
            self.classifier = nn.Sequential(
                *(nn.Linear(width, 120), between(), nn.Linear(next_width, 64), between()),
                *(nn.Linear(64, num_classes), end()),
            )

        def forward(self, x):
            x = F.pad(x, [pad] * 4) if x.shape[-1] == 28 else x
            return self.classifier(self.features(x))

    return ChangedLeNet


class LeNetPaddedAlways(LeNet):
    def forward(self, x):
        return self.classifier(self.features(F.pad(x, [2] * 4)).flatten(1))


class LeNetWithoutInit(nn.Module):
    def __init__(self, in_channels=3, num_classes=2):
        self.conv1 = nn.Conv2d(in_channels, 6, 5)


class LeNetNotFlattened(LeNet):
    def forward(self, x):
        return self.classifier(self.features(x))


class LeNetWithOwnSizes(LeNet):
    def __init__(self):
        super().__init__(1, 10)


class LeNetWithWiderLayer(LeNet):
    def __init__(self, in_channels=3, num_classes=2):
        super().__init__(in_channels, num_classes)
        self.classifier = nn.Sequential(
            nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, num_classes)
        )


# --- 8-3 ----------------------------------------------------------------------------------------
def train_with_momentum(model, batches, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    means = []
    for _ in range(epochs):
        losses = [
            training.train_step(model, images, labels, F.cross_entropy, optimizer)
            for images, labels in batches
        ]
        means.append(np.mean(losses))
    return np.array(means)


def adam(parameters, lr=0.01):
    return torch.optim.Adam(parameters, lr)


def fast_adam(parameters):
    """Return an optimizer that soon makes the network so sure that gradients are exactly zero."""
    return adam(parameters, lr=0.1)


def of_each_epoch(summarise):
    """Return what makes one number an epoch of the losses of all steps."""
    return lambda losses, steps: summarise(losses.reshape(-1, steps))


MEANS = of_each_epoch(lambda epochs: epochs.mean(axis=1))


def trainer(
    optimizer=adam,
    prepare=nn.Module.train,
    clear=torch.optim.Optimizer.zero_grad,
    outputs=lambda logits: logits,
    move=lambda optimizer: optimizer.step(),
    epochs=lambda epochs: epochs,
    result=MEANS,
):
    """Return an answer to 8-3 with one of its parts other than the right one."""

    def train_model(model, batches, wanted):
        used = optimizer(model.parameters())
        prepare(model)
        losses = []
        for _ in range(epochs(wanted)):
            for images, labels in batches:
                clear(used)
                loss = F.cross_entropy(outputs(model(images)), labels)
                loss.backward()
                move(used)
                losses.append(loss.item())
        return result(np.array(losses), len(batches))

    return train_model


def nothing(*_):
    return None


# --- 8-4 ----------------------------------------------------------------------------------------
@torch.inference_mode()
def predict_all_at_once(model, batches):
    images, labels = (torch.cat(part) for part in zip(*batches, strict=True))
    scores = model.train(False)(images).exp()
    probabilities = scores / scores.sum(dim=1, keepdim=True)
    return labels, probabilities.max(dim=1).indices, probabilities


def matrix_of_scikit_learn(labels, predictions, num_classes):
    classes = range(num_classes)
    return torch.from_numpy(confusion_of_scikit_learn(labels, predictions, labels=classes))


def matrix_of_known_classes(labels, predictions, num_classes):
    return torch.from_numpy(confusion_of_scikit_learn(labels, predictions))


def predictor(
    mode=nn.Module.eval,
    gradients=False,
    softmax=lambda logits: logits.softmax(dim=1),
    join=torch.cat,
    result=lambda labels, predictions, probabilities: (labels, predictions, probabilities),
    matrix=matrix_of_scikit_learn,
):
    """Return an answer to 8-4 with one of its parts other than the right one."""

    def predict_all(model, batches):
        mode(model)
        with torch.set_grad_enabled(gradients):
            parts = [(labels, softmax(model(images))) for images, labels in batches]
        labels, probabilities = (join(part) for part in zip(*parts, strict=True))
        return result(labels, probabilities.argmax(dim=1), probabilities)

    return predict_all, matrix


def like(change):
    """Return the confusion matrix, changed."""
    return lambda *given: change(matrix_of_scikit_learn(*given))


def labels_as(kind):
    """Return the results of 8-4, with both labels as another type of number."""
    return lambda labels, guesses, shares: (labels.to(kind), guesses.to(kind), shares)


def true_labels_as(kind):
    return lambda labels, guesses, shares: (labels.to(kind), guesses, shares)


def matrix_by_assignment(labels, predictions, num_classes):
    counts = torch.zeros(num_classes, num_classes, dtype=torch.int64)
    counts[labels, predictions] += 1
    return counts


# --- 8-5 ----------------------------------------------------------------------------------------
def cam_of_the_course(model, images, layer, classes):
    return explain.normalise(explain.grad_cam(model, images, layer, classes))


def kernels_by_name(model):
    name = next(name for name, layer in model.named_modules() if type(layer) is nn.Conv2d)
    return model.state_dict()[f"{name}.weight"]


def cam(
    remove=lambda handle: handle.remove(),
    classes=lambda logits, classes: classes,
    relu=torch.relu,
    enlarge=lambda maps, size: F.interpolate(maps[:, None], size, mode="bilinear")[:, 0],
    stretch=explain.normalise,
):
    """Return Grad-CAM for 8-5 with one of its parts other than the right one."""

    def grad_cam(model, images, layer, wanted):
        seen = {}
        module = model.get_submodule(layer)
        handle = module.register_forward_hook(lambda *given: seen.update(output=given[2]))
        try:
            logits = model(images)
        finally:
            remove(handle)
        chosen = logits[torch.arange(len(logits)), classes(logits, wanted)].sum()
        (gradient,) = torch.autograd.grad(chosen, seen["output"])
        activation = seen["output"].detach()
        maps = torch.einsum("nk,nkhw->nhw", gradient.mean(dim=(2, 3)), activation)
        return stretch(enlarge(relu(maps), images.shape[-2:]))

    return grad_cam


def stretched_one_by_one(maps):
    lowest, highest = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    return (maps - lowest) / (highest - lowest)


def kernels(which=0, read=lambda layer: layer.weight.detach()):
    """Return an answer for the kernels of 8-5 with one of its parts other than the right one."""

    def first_kernels(model):
        return read([layer for layer in model.modules() if isinstance(layer, nn.Conv2d)][which])

    return first_kernels


# --- 8-6 ----------------------------------------------------------------------------------------
class Small(nn.Module):
    """A small network that learns: its accuracy is what any other should reach."""

    def __init__(self):
        super().__init__()
        convolution = nn.Conv2d(1, 8, kernel_size=4, stride=4)
        self.layers = nn.Sequential(convolution, nn.ReLU(), nn.Flatten(), nn.Linear(392, 10))

    def forward(self, x):
        return self.layers(x)


class SmallWithSoftmax(Small):
    def forward(self, x):
        return super().forward(x).softmax(dim=1)


class Constant(Small):
    def forward(self, x):
        return super().forward(0 * x)


class Linear(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(784, 10))


class LinearForTwoClasses(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(784, 2))


class LinearWithoutInit(nn.Module):
    def __init__(self):
        self.layers = nn.Linear(784, 10)


class Large(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(784, 126), nn.ReLU(), nn.Linear(126, 10))


def same(images):
    return images


RIGHT = {
    "8-1": [loaders_of_tensors, loaders()],
    "8-2": [LeNetByHand, LeNetLayerByLayer, lenet()],
    "8-3": [train_with_momentum, trainer(), trainer(fast_adam)],
    "8-4": [
        (predict_all_at_once, matrix_of_scikit_learn),
        predictor(matrix=like(torch.Tensor.float)),
        predictor(result=labels_as(torch.int32)),
    ],
    "8-5": [(cam_of_the_course, kernels_by_name), (cam(), kernels())],
    "8-6": [(Small, same)],
}
MISTAKES = {
    "8-1": [
        ("other_dataset", loaders(dataset=datasets.KMNIST)),
        ("no_transform", loaders(steps=())),
        ("same_part_twice", loaders(parts=(True, True))),
        ("swapped", loaders(parts=(False, True))),
        ("last_batch_dropped", loaders(drop_last=True)),
        ("batch_size", loaders(batch_size=100)),
        ("not_normalised", loaders(steps=TO_UNIT)),
        ("test_shuffled", loaders(shuffle=(True, True))),
        ("train_not_shuffled", loaders(shuffle=(False, False))),
        (None, nothing),
    ],
    "8-2": [
        ("init_not_called", LeNetWithoutInit),
        ("fixed_sizes", lambda in_channels, num_classes: LeNet(3, num_classes)),
        ("fixed_sizes", LeNetWithOwnSizes),
        ("not_padded", lenet(pad=0)),
        ("not_flattened", LeNetNotFlattened),
        ("other_width", lenet(pad=4)),
        ("other_width", lenet(kernel=3)),
        ("other_width", lenet(width=256)),
        ("other_width", LeNetPaddedAlways),
        (None, lenet(next_width=100)),
        ("softmax_inside", lenet(end=lambda: nn.Softmax(dim=1))),
        ("softmax_inside", lenet(end=lambda: nn.LogSoftmax(dim=1))),
        ("parameters", LeNetWithWiderLayer),
        ("activation_between", lenet(between=nn.Sigmoid)),
        ("activation_between", lenet(between=nn.ReLU)),
        ("no_sigmoid", lenet(activation=nn.Identity)),
        ("other_activation", lenet(activation=nn.ReLU)),
        ("average_pooling", lenet(pooling=nn.AvgPool2d)),
        ("no_features", LeNetWithoutFeatures),
        ("no_features", LeNetWithSigmoidOutside),
    ],
    "8-3": [
        (
            "not_the_arguments",
            lambda model, batches, epochs: model(torch.zeros(7, 3, 32, 32)),
        ),
        ("not_trained", trainer(move=nothing)),
        ("passes_over_the_data", trainer(epochs=lambda epochs: epochs - 1)),
        ("number_of_losses", trainer(result=lambda losses, steps: losses)),
        ("no_train_mode", trainer(prepare=nothing)),
        ("softmax_before_loss", trainer(outputs=lambda logits: logits.softmax(dim=1))),
        ("no_zero_grad", trainer(clear=nothing)),
        ("not_the_mean", trainer(result=of_each_epoch(lambda epochs: epochs.sum(axis=1)))),
        ("not_the_mean", trainer(result=of_each_epoch(lambda epochs: epochs[:, -1]))),
        ("not_the_mean", trainer(result=of_each_epoch(lambda epochs: 0 * epochs[:, 0]))),
        ("diverged", trainer(lambda parameters: torch.optim.SGD(parameters, lr=100))),
        ("plateau", trainer(lambda parameters: training.sgd_with_momentum(parameters, 0.001))),
    ],
    "8-4": [
        (
            "not_the_arguments",
            (lambda model, batches: model(torch.zeros(7, 1, 28, 28)), confusion_of_scikit_learn),
        ),
        ("stacked", predictor(join=torch.stack)),
        ("one_batch_only", predictor(join=lambda parts: parts[-1])),
        ("no_eval_mode", predictor(mode=nn.Module.train)),
        ("no_softmax", predictor(softmax=lambda logits: logits)),
        ("no_softmax", predictor(softmax=lambda logits: logits.softmax(dim=0))),
        ("swapped", predictor(result=lambda labels, guesses, shares: (guesses, labels, shares))),
        ("gradients_recorded", predictor(gradients=True)),
        ("transposed", predictor(matrix=like(torch.t))),
        ("absent_class", predictor(matrix=matrix_of_known_classes)),
        ("shares_instead_of_counts", predictor(matrix=like(lambda counts: counts / counts.sum()))),
        (
            "shares_instead_of_counts",
            predictor(matrix=like(lambda counts: F.normalize(counts.float(), p=1, dim=1))),
        ),
        ("once_a_pair", predictor(matrix=matrix_by_assignment)),
        (None, predictor(result=nothing)),
        (None, predictor(result=true_labels_as(torch.float32))),
        (None, predictor(result=labels_as(torch.uint8))),
        (None, predictor(matrix=like(torch.Tensor.numpy))),
        (None, predictor(matrix=like(torch.Tensor.tolist))),
    ],
    "8-5": [
        (
            "not_the_arguments",
            (lambda model, *_: model(torch.zeros(7, 1, 28, 28)), list),
        ),
        ("constant_map", (cam(stretch=stretched_one_by_one), kernels())),
        ("not_enlarged", (cam(enlarge=lambda maps, size: maps), kernels())),
        ("not_stretched", (cam(stretch=same), kernels())),
        ("stretched_together", (cam(stretch=lambda maps: maps / maps.max()), kernels())),
        ("no_relu", (cam(relu=same), kernels())),
        ("predicted_class", (cam(classes=lambda logits, _: logits.argmax(dim=1)), kernels())),
        ("hook_not_removed", (cam(remove=nothing), kernels())),
        ("hook_left_by_an_error", (cam(remove=remove_unless_failing), kernels())),
        ("last_convolution", (cam(), kernels(which=-1))),
        ("not_a_convolution", (cam(), lambda model: model.features[0].weight.detach())),
        ("not_a_convolution", (cam(), lambda model: next(model.parameters()).detach())),
        ("bias", (cam(), kernels(read=lambda layer: layer.bias.detach()))),
        ("gradients_recorded", (cam(), kernels(read=lambda layer: layer.weight))),
    ],
    "8-6": [
        ("init_not_called", (LinearWithoutInit, same)),
        ("too_large", (Large, same)),
        ("augmented_shape", (Small, lambda images: images[:, 0])),
        ("softmax_inside", (SmallWithSoftmax, same)),
        ("number_of_classes", (LinearForTwoClasses, same)),
        ("no_convolution", (Linear, same)),
        (None, (Constant, same)),
    ],
}


class TestLesson08(CheckerTests):
    right = RIGHT
    mistakes = MISTAKES
