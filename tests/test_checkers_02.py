import math

import torch
import torch.nn.functional as F
from checkers import CheckerTests
from torch import nn

from helpers.models import CNN, Model, Net


def size_by_placing(size, kernel, stride=1, padding=0):
    return len(range(0, size + 2 * padding - kernel + 1, stride))


def size_by_trying(size, kernel, stride=1, padding=0):
    layer = nn.Conv2d(1, 1, kernel, stride, padding)
    return layer(torch.zeros(1, 1, size, size)).shape[-1]


def size(formula):
    """Return an answer to 2-1 from a formula of size, kernel, stride and padding."""
    return lambda size, kernel, stride=1, padding=0: formula(size, kernel, stride, padding)


def counts(convolution=None, linear=None):
    """Return an answer to 2-2 with one part, or both, other than the right one."""
    return (
        convolution or (lambda inputs, outputs, kernel: (inputs * kernel**2 + 1) * outputs),
        linear or (lambda inputs, outputs: inputs * outputs + outputs),
    )


def counts_of_layers():
    def of_layer(layer):
        return sum(parameter.numel() for parameter in layer.parameters())

    return (
        lambda inputs, outputs, kernel: of_layer(nn.Conv2d(inputs, outputs, kernel)),
        lambda inputs, outputs: of_layer(nn.Linear(inputs, outputs)),
    )


FEATURES = (
    nn.Conv2d(1, 32, 3),
    nn.ReLU(),
    nn.Conv2d(32, 64, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Dropout(0.25),
)
CLASSIFIER = (nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))
DRY = (nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10))


def two_parts(features=FEATURES, classifier=CLASSIFIER, join=lambda x: torch.flatten(x, 1)):
    """Return a class like ``Model``, from the layers of its parts and what joins them."""

    class TwoParts(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(*features)
            self.classifier = nn.Sequential(*classifier)

        def forward(self, x):
            return self.classifier(join(self.features(x)))

    return TwoParts


def without(layers, kind):
    return [layer for layer in layers if not isinstance(layer, kind)]


class DropoutAlwaysOn(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)


class ModelWithoutInit(nn.Module):
    def __init__(self):
        self.features = nn.Sequential(*FEATURES)


class ModelWithPoolOutside(Model):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(*without(FEATURES, nn.MaxPool2d))

    def forward(self, x):
        return self.classifier(torch.flatten(F.max_pool2d(self.features(x), 2), 1))


class ModelWithFunctionalDropout(Model):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(*without(FEATURES, nn.Dropout))

    def forward(self, x):
        x = F.dropout(self.features(x), 0.25, self.training)
        return self.classifier(torch.flatten(x, 1))


class ModelWithWrongCall(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(*FEATURES)
        self.classifier = nn.Linear(9216)


class ModelWithoutForward(nn.Module):
    pass


class ModelWithoutReturn(Model):
    def forward(self, x):
        super().forward(x)


class CNNOfBlocks(nn.Module):
    """Two sequential blocks, pooling before the ReLU, and an adaptive pooling layer."""

    def __init__(self, in_channels=1, num_classes=10, kernel=3, padding=1, norm=nn.BatchNorm2d):
        super().__init__()
        blocks = [
            layer
            for inputs, outputs in ((in_channels, 16), (16, 32))
            for layer in (
                nn.Conv2d(inputs, outputs, kernel, padding=padding),
                norm(outputs),
                nn.MaxPool2d(2),
                nn.ReLU(),
            )
        ]
        self.layers = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.output = nn.Linear(32, num_classes)

    def forward(self, x):
        return self.output(self.layers(x))


class CNNByAmax(CNN):
    """Global pooling by hand: a sum divided by the number of positions."""

    def forward(self, x):
        for convolution, norm in ((self.conv1, self.bn1), (self.conv2, self.bn2)):
            x = torch.relu(norm(convolution(x)))
            x = x.unfold(2, 2, 2).unfold(3, 2, 2).amax(dim=(-1, -2))
        return self.fc(x.flatten(2).sum(dim=2) / (x.shape[2] * x.shape[3]))


class CNNWithDropout(CNN):
    def forward(self, x):
        return super().forward(F.dropout(x, 0.5, self.training))


class CNNWithoutInit(nn.Module):
    def __init__(self, in_channels=1, num_classes=10):
        self.conv1 = nn.Conv2d(in_channels, 16, 3)


class CNNWithoutPooling(CNN):
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        return self.fc(torch.flatten(F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2), 1))


class CNNWithAveragedRows(CNN):
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        return self.fc(F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2).mean(dim=2))


class CNNFlattened(CNNWithoutPooling):
    def __init__(self, in_channels=1, num_classes=10):
        super().__init__(in_channels, num_classes)
        self.fc = nn.Linear(32 * 7 * 7, num_classes)


class CNNWithoutSecondNorm(CNN):
    def __init__(self, in_channels=1, num_classes=10):
        super().__init__(in_channels, num_classes)
        self.bn2 = nn.Identity()


class CNNWithSoftmax(CNN):
    def forward(self, x):
        return super().forward(x).softmax(dim=1)


class CNNWithOwnSizes(CNN):
    def __init__(self):
        super().__init__(1, 10)


RIGHT = {
    "2-1": [size_by_placing, size_by_trying, size(lambda n, k, s, p: (n + p + p - k + s) // s)],
    "2-2": [counts_of_layers(), counts()],
    "2-3": [
        two_parts([*FEATURES[:3], nn.MaxPool2d(2), nn.ReLU(), nn.Dropout(0.25)]),
        two_parts(FEATURES[:5], [nn.Flatten(), nn.Dropout(0.25), *CLASSIFIER]),
        two_parts(classifier=[nn.Flatten(), *CLASSIFIER], join=nn.Identity()),
        ModelWithFunctionalDropout,
    ],
    "2-4": [CNNOfBlocks, CNNByAmax],
}
MISTAKES = {
    "2-1": [
        ("not_whole", size(lambda n, k, s, p: (n + 2 * p - k) / s + 1)),
        ("rounded_up", size(lambda n, k, s, p: round((n + 2 * p - k) / s) + 1)),
        ("rounded_up", size(lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1)),
        ("padding_forgotten", size(lambda n, k, s, p: (n - k) // s + 1)),
        ("padding_on_one_side", size(lambda n, k, s, p: (n + p - k) // s + 1)),
        ("stride_forgotten", size(lambda n, k, s, p: n + 2 * p - k + 1)),
        ("one_forgotten", size(lambda n, k, s, p: (n + 2 * p - k) // s)),
        (None, size(lambda n, k, s, p: n)),
    ],
    "2-2": [
        ("kernel_not_squared", counts(lambda i, o, k: o * (i * k + 1))),
        ("bias_forgotten", counts(lambda i, o, k: o * i * k**2)),
        ("bias_forgotten", counts(linear=lambda i, o: i * o)),
        ("input_channels_forgotten", counts(lambda i, o, k: o * (k**2 + 1))),
        ("one_bias_a_kernel", counts(lambda i, o, k: o * i * (k**2 + 1))),
        ("one_bias_an_input", counts(lambda i, o, k: o * i * k**2 + i)),
        ("one_bias_an_input", counts(linear=lambda i, o: i * o + 1)),
    ],
    "2-3": [
        ("init_not_called", ModelWithoutInit),
        ("parts_missing", Net),
        ("not_flattened", two_parts(join=nn.Identity())),
        ("other_width", two_parts(without(FEATURES, nn.MaxPool2d))),
        ("other_width", ModelWithPoolOutside),
        (
            "dropout_always_on",
            two_parts(classifier=[*CLASSIFIER[:2], DropoutAlwaysOn(), CLASSIFIER[3]]),
        ),
        ("softmax_inside", two_parts(classifier=[*CLASSIFIER, nn.Softmax(dim=1)])),
        ("softmax_inside", two_parts(classifier=[*CLASSIFIER, nn.LogSoftmax(dim=1)])),
        ("parameters", two_parts(classifier=[nn.Linear(9216, 64), nn.Linear(64, 10)])),
        ("activation_missing", two_parts(without(FEATURES, nn.ReLU))),
        ("activation_missing", two_parts([*FEATURES[:4], nn.AvgPool2d(2), nn.Dropout(0.25)])),
        ("other_dropout", two_parts([*FEATURES[:5], nn.Dropout(0.5)])),
        ("other_dropout", two_parts(classifier=without(CLASSIFIER, nn.Dropout))),
        (
            "no_dropout",
            two_parts(without(FEATURES, nn.Dropout), without(CLASSIFIER, nn.Dropout)),
        ),
        ("other_dropout", two_parts([*FEATURES, CLASSIFIER[2]], DRY)),
        ("other_dropout", two_parts([FEATURES[5], *FEATURES[:5]])),
        ("other_dropout", two_parts(classifier=[*DRY, nn.Dropout(0.5)])),
        ("flattened_too_early", two_parts([*FEATURES, nn.Flatten()])),
        # Errors that name a part, or an abstract method, and are neither.
        (None, ModelWithWrongCall),
        (None, ModelWithoutForward),
        (None, ModelWithoutReturn),
    ],
    "2-4": [
        ("init_not_called", CNNWithoutInit),
        ("fixed_sizes", lambda in_channels, num_classes: CNN(1, num_classes)),
        ("fixed_sizes", lambda in_channels, num_classes: CNN(in_channels, 10)),
        ("fixed_sizes", CNNWithOwnSizes),
        ("not_flattened", CNNWithoutPooling),
        ("not_flattened", CNNWithAveragedRows),
        ("softmax_inside", CNNWithSoftmax),
        ("batch_norm_missing", lambda *sizes: CNNOfBlocks(*sizes, norm=nn.Identity)),
        ("batch_norm_missing", CNNWithoutSecondNorm),
        ("no_global_pooling", CNNFlattened),
        ("parameters", lambda *sizes: CNNOfBlocks(*sizes, kernel=5, padding=2)),
        ("padding_or_order", lambda *sizes: CNNOfBlocks(*sizes, padding=0)),
        ("dropout_added", CNNWithDropout),
    ],
}


class TestLesson02(CheckerTests):
    right = RIGHT
    mistakes = MISTAKES
