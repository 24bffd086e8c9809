import copy
import math

import numpy as np
import torch
import torch.nn.functional as F
from checkers import CheckerTests
from torch import nn

from exercises.lesson_02 import OUTPUT_SIZE
from helpers.models import CNN, Model, Net


def size_by_placing(size, kernel, stride=1, padding=0):
    return len(range(0, size + 2 * padding - kernel + 1, stride))


def size_by_trying(size, kernel, stride=1, padding=0):
    layer = nn.Conv2d(1, 1, kernel, stride, padding)
    return layer(torch.zeros(1, 1, size, size)).shape[-1]


def size_without_defaults(size, kernel, stride, padding):
    return size_by_placing(size, kernel, stride, padding)


def size_with_stride_two(size, kernel, stride=2, padding=0):
    return size_by_placing(size, kernel, stride, padding)


def size_with_padding_first(size, kernel, padding=0, stride=1):
    return size_by_placing(size, kernel, stride, padding)


def size_with_keywords_alone(size, kernel, *, stride=1, padding=0):
    return size_by_placing(size, kernel, stride, padding)


def size(formula):
    """Return an answer to 2-1 from a formula of size, kernel, stride and padding."""
    return lambda size, kernel, stride=1, padding=0: formula(size, kernel, stride, padding)


def counts(convolution=None, linear=None):
    """Return an answer to 2-2 with one part, or both, other than the right one."""
    return (
        convolution or (lambda inputs, outputs, kernel: (inputs * kernel**2 + 1) * outputs),
        linear or (lambda inputs, outputs: inputs * outputs + outputs),
    )


def convolution_with_outputs_first(out_channels, in_channels, kernel):
    return out_channels * (in_channels * kernel**2 + 1)


def linear_with_outputs_first(out_features, in_features):
    return out_features * (in_features + 1)


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


def sequence(layers):
    """Return the layers in a row: copies, as answers share layers but not modes and weights."""
    return nn.Sequential(*map(copy.deepcopy, layers))


def two_parts(
    features=FEATURES,
    classifier=CLASSIFIER,
    join=lambda x: torch.flatten(x, 1),
    last=lambda logits: logits,
):
    """Return a class like ``Model``, from its parts, what joins them, and what comes last."""

    class TwoParts(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = sequence(features)
            self.classifier = sequence(classifier)

        def forward(self, x):
            return last(self.classifier(join(self.features(x))))

    return TwoParts


def without(layers, kind):
    return [layer for layer in layers if not isinstance(layer, kind)]


def instead(layers, kind, other):
    return [other if isinstance(layer, kind) else layer for layer in layers]


class DropoutAlwaysOn(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)


class ModelWithoutInit(nn.Module):
    def __init__(self):
        self.features = sequence(FEATURES)


class ModelWithMisspelledInit(nn.Module):
    def _init_(self):
        super().__init__()
        self.features = sequence(FEATURES)

    def forward(self, x):
        return self.features(x)


class ModelWithMisspelledPart(Model):
    def forward(self, x):
        return self.classifier(self.feature(x).flatten(1))


ModelWithMisspelledPart.__name__ = "Model"


class ModelWithPoolOutside(Model):
    def __init__(self):
        super().__init__()
        self.features = sequence(without(FEATURES, nn.MaxPool2d))

    def forward(self, x):
        return self.classifier(torch.flatten(F.max_pool2d(self.features(x), 2), 1))


class ModelWithFunctionalDropout(Model):
    def __init__(self):
        super().__init__()
        self.features = sequence(without(FEATURES, nn.Dropout))

    def forward(self, x):
        x = F.dropout(self.features(x), 0.25, self.training)
        return self.classifier(torch.flatten(x, 1))


class ModelWithSmallSurplus(Model):
    def __init__(self):
        super().__init__()
        self.spare = nn.Linear(10, 10)


class ModelWithWrongCall(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = sequence(FEATURES)
        self.classifier = nn.Linear(9216)


class ModelWithoutForward(nn.Module):
    pass


class ModelWithoutReturn(Model):
    def forward(self, x):
        super().forward(x)


class ModelOverwritingImages(Model):
    def forward(self, x):
        x *= 2
        return super().forward(x)


class ModelWithoutGradient(Model):
    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


class ModelWithPartlyNoGradient(Model):
    def forward(self, x):
        with torch.no_grad():
            x = self.features(x)
        return self.classifier(torch.flatten(x, 1))


class ModelOfZeros(Model):
    def __init__(self):
        super().__init__()
        for parameter in self.parameters():
            nn.init.zeros_(parameter)


class ModelWithBiasesOfZero(Model):
    def __init__(self):
        super().__init__()
        for parameter in self.parameters():
            if parameter.dim() == 1:
                nn.init.zeros_(parameter)


class ModelEvaluatingInForward(Model):
    def forward(self, x):
        self.eval()
        return super().forward(x)


class ModelTrainingInForward(Model):
    def forward(self, x):
        self.train()
        return super().forward(x)


class NoModule:
    def __init__(self):
        super().__init__()
        self.features = sequence(FEATURES)
        self.classifier = sequence(CLASSIFIER)

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


class ModelMakingLayersInForward(Model):
    def forward(self, x):
        x = torch.flatten(self.features(x), 1)
        x = nn.Linear(9216, 128)(x)
        return nn.Linear(128, 10)(x)


class ModelReplacingLayersInForward(Model):
    def forward(self, x):
        self.classifier = sequence(CLASSIFIER)
        self.classifier[0] = nn.Linear(9216, 128)
        return super().forward(x)


class ModelWithActivationMadeInForward(Model):
    def forward(self, x):
        return self.classifier(nn.Flatten()(self.features(x)))


class ModelWithPartsSwapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.features, self.classifier = sequence(CLASSIFIER), sequence(FEATURES)

    def forward(self, x):
        return self.features(torch.flatten(self.classifier(x), 1))


class ModelWithLayersOfItsClass(nn.Module):
    """Layers stand in the class itself, without ``__init__``."""

    features, classifier = sequence(FEATURES), sequence(CLASSIFIER)

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


class ModelSharingLayers(nn.Module):
    parts = sequence(FEATURES), sequence(CLASSIFIER)

    def __init__(self):
        super().__init__()
        self.features, self.classifier = self.parts

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


class FrozenModel(Model):
    def __init__(self):
        super().__init__()
        self.requires_grad_(False)


class ModelInEvaluationMode(Model):
    def __init__(self):
        super().__init__()
        self.eval()


class ModelOfBatchSize(Model):
    def forward(self, x):
        return self.classifier(self.features(x).view(3, 9216))


CNN_SOURCE = """
class CNN(nn.Module):
    def __init__(self, in_channels=1, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 16, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(32)
        self.fc = nn.Linear(32, num_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = x.mean(dim=(2, 3))
        return self.fc(x)
"""


def cnn(*changes):
    """Return what a right answer to 2-4 defines after these changes, ``(old, new)`` each."""
    source = CNN_SOURCE
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    names = {"nn": nn, "F": F, "torch": torch}
    exec(source, names)
    names["CNN"].written_as = source
    return names["CNN"]


class CNNOfBlocks(nn.Module):
    """Two sequential blocks, pooling before the ReLU, and an adaptive pooling layer."""

    def __init__(self, channels=1, classes=10):
        super().__init__()
        blocks = [
            layer
            for inputs, outputs in ((channels, 16), (16, 32))
            for layer in (
                nn.Conv2d(inputs, outputs, 3, padding="same"),
                nn.BatchNorm2d(outputs),
                nn.MaxPool2d(2),
                nn.ReLU(inplace=True),
            )
        ]
        self.layers = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.output = nn.Linear(32, classes)

    def forward(self, x):
        return self.output(self.layers(x))


class CNNByAmax(CNN):
    """Pooling by hand: a maximum of windows, a sum divided by the number of positions."""

    def forward(self, x):
        for convolution, norm in ((self.conv1, self.bn1), (self.conv2, self.bn2)):
            x = torch.relu(norm(convolution(x)))
            x = x.unfold(2, 2, 2).unfold(3, 2, 2).amax(dim=(-1, -2))
        return self.fc(x.flatten(2).sum(dim=2) / (x.shape[2] * x.shape[3]))


RELU_1, RELU_2 = "F.relu(self.bn1(self.conv1(x)))", "F.relu(self.bn2(self.conv2(x)))"
MEAN = "x.mean(dim=(2, 3))"
RETURN = "return self.fc(x)"

RIGHT = {
    "2-1": [
        size_by_placing,
        size_by_trying,
        size(lambda n, k, s, p: (n + p + p - k + s) // s),
        size(lambda n, k, s, p: math.floor((n + 2 * p - k) / s) + 1),
        size(lambda n, k, s, p: np.int64((n + 2 * p - k) // s + 1)),
        lambda n, k, s=1, p=0: (n + 2 * p - k) // s + 1,
    ],
    "2-2": [
        counts_of_layers(),
        counts(),
        counts(lambda c_in, c_out, k: np.int64(c_out) * (c_in * k * k + 1)),
    ],
    "2-3": [
        two_parts([*FEATURES[:3], nn.MaxPool2d(2), nn.ReLU(), nn.Dropout(0.25)]),
        two_parts(FEATURES[:5], [nn.Flatten(), nn.Dropout(0.25), *CLASSIFIER]),
        two_parts(classifier=[nn.Flatten(), *CLASSIFIER], join=nn.Identity()),
        two_parts(instead(FEATURES, nn.ReLU, nn.ReLU(inplace=True))),
        two_parts(join=lambda x: x.view(-1, 9216)),
        ModelWithFunctionalDropout,
        ModelWithBiasesOfZero,
        ModelWithActivationMadeInForward,
    ],
    "2-4": [
        CNNOfBlocks,
        CNNByAmax,
        cnn((MEAN, "F.adaptive_avg_pool2d(x, 1).flatten(1)")),
        cnn((MEAN, "F.avg_pool2d(x, x.shape[-1]).view(-1, 32)")),
        cnn(
            ("nn.Linear(32, num_classes)", "nn.Conv2d(32, num_classes, 1)"),
            ("dim=(2, 3)", "dim=(2, 3), keepdim=True"),
            ("self.fc(x)", "self.fc(x).flatten(1)"),
        ),
    ],
}
MISTAKES = {
    "2-1": [
        ("not_whole", size(lambda n, k, s, p: (n + 2 * p - k) / s + 1)),
        ("not_whole", size(lambda n, k, s, p: np.floor((n + 2 * p - k) / s) + 1)),
        ("rounded_up", size(lambda n, k, s, p: round((n + 2 * p - k) / s + 0.1) + 1)),
        ("rounded_up", size(lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1)),
        ("padding_forgotten", size(lambda n, k, s, p: (n - k) // s + 1)),
        ("padding_on_one_side", size(lambda n, k, s, p: (n + p - k) // s + 1)),
        ("padding_subtracted", size(lambda n, k, s, p: (n - 2 * p - k) // s + 1)),
        ("padding_added_last", size(lambda n, k, s, p: (n - k) // s + 1 + 2 * p)),
        ("stride_forgotten", size(lambda n, k, s, p: n + 2 * p - k + 1)),
        ("divided_too_early", size(lambda n, k, s, p: (n + 2 * p) // s - k + 1)),
        ("divided_too_early", size(lambda n, k, s, p: n + 2 * p - k // s + 1)),
        ("divided_too_early", size(lambda n, k, s, p: (n + 2 * p) // s - k // s + 1)),
        ("divided_too_early", size(lambda n, k, s, p: (n - k) // s + 1 + 2 * p // s)),
        ("kernel_forgotten", size(lambda n, k, s, p: (n + 2 * p - 3) // s + 1)),
        ("kernel_forgotten", size(lambda n, k, s, p: (n + 2 * p) // s + 1)),
        ("both_forgotten", size(lambda n, k, s, p: n - k + 1)),
        ("arguments_swapped", size_with_padding_first),
        ("one_forgotten", size(lambda n, k, s, p: (n + 2 * p - k) // s)),
        ("one_forgotten", size(lambda n, k, s, p: (n + 2 * p - k + 1) // s)),
        # Neighbours: one more for another reason, and what is no formula at all.
        (None, size(lambda n, k, s, p: (n + 2 * p - k) // s + 2)),
        ("one_forgotten", size(lambda n, k, s, p: (n + 2 * p - max(k, s)) // s + 1)),
        (None, size(lambda n, k, s, p: n)),
        (None, size(lambda n, k, s, p: str((n + 2 * p - k) // s + 1))),
        (None, size(lambda n, k, s, p: torch.tensor((n + 2 * p - k) // s + 1))),
        (None, size_without_defaults),
        (None, size_with_stride_two),
        (None, size_with_keywords_alone),
    ],
    "2-2": [
        ("kernel_not_squared", counts(lambda i, o, k: o * (i * k + 1))),
        ("kernel_not_squared", counts(lambda i, o, k: o * (i * k * 2 + 1))),
        ("bias_forgotten", counts(lambda i, o, k: o * i * k**2)),
        ("not_whole", counts(lambda i, o, k: o * (i * math.pow(k, 2) + 1))),
        ("not_whole", counts(linear=lambda i, o: float(o * (i + 1)))),
        ("not_whole", counts(linear=lambda i, o: torch.tensor(o * (i + 1)))),
        ("arguments_moved", counts(convolution_with_outputs_first)),
        ("arguments_moved", counts(linear=linear_with_outputs_first)),
        ("linear_bias_forgotten", counts(linear=lambda i, o: i * o)),
        ("input_channels_forgotten", counts(lambda i, o, k: o * (k**2 + 1))),
        ("input_channels_forgotten", counts(lambda i, o, k: o * k**2)),
        ("output_channels_forgotten", counts(lambda i, o, k: i * k**2 + 1)),
        ("one_bias_a_kernel", counts(lambda i, o, k: o * i * (k**2 + 1))),
        ("one_bias_an_input", counts(lambda i, o, k: o * i * k**2 + i)),
        ("linear_bias_an_input", counts(linear=lambda i, o: i * o + i)),
        ("one_bias_a_layer", counts(lambda i, o, k: o * i * k**2 + 1)),
        ("linear_bias_a_layer", counts(linear=lambda i, o: i * o + 1)),
        (None, counts(lambda i, o, k: o * (i + 1) * k**2)),
        (None, counts(lambda i, o, k: o * (i * k ^ 2 + 1))),
        (None, counts(lambda i, o, k: o * (k**2 + i + 1))),
        (None, counts(linear=lambda i, o: i + o)),
        (None, counts(linear=lambda i, o: (i + 1) * (o + 1))),
        ("convolution_without_number", counts(lambda i, o, k: (o * i * k**2, o))),
        ("convolution_without_number", counts(lambda i, o, k: None)),
        ("linear_without_number", counts(linear=lambda i, o: None)),
        (None, (lambda i, o, k: 320, lambda i, o: 1290)),
    ],
    "2-3": [
        ("lazy_layer", two_parts(classifier=[nn.LazyLinear(128), *CLASSIFIER[1:]])),
        (None, ModelWithoutInit),
        ("parts_missing", ModelWithMisspelledInit),
        ("parts_missing", Net),
        ("layer_not_made", ModelWithMisspelledPart),
        (None, two_parts(join=nn.Identity())),
        (None, two_parts(join=torch.flatten)),
        (None, two_parts(without(FEATURES, nn.MaxPool2d))),
        ("other_dropout", ModelWithPoolOutside),
        (None, ModelOfBatchSize),
        ("changes_by_itself", two_parts(classifier=[*DRY[:2], DropoutAlwaysOn(), DRY[2]])),
        ("softmax_inside", two_parts(last=nn.Softmax(dim=1))),
        ("softmax_inside", two_parts(last=nn.LogSoftmax(dim=1))),
        ("softmax_inside", two_parts(last=nn.Softmax(dim=0))),
        ("activation_at_the_end", two_parts(last=nn.Sigmoid())),
        ("activation_at_the_end", two_parts(classifier=[*CLASSIFIER, nn.ReLU()])),
        (None, two_parts(last=lambda logits: logits.argmax(dim=1))),
        ("squeezed", two_parts(last=torch.squeeze)),
        ("input_overwritten", ModelOverwritingImages),
        ("learns_too_little", ModelWithoutGradient),
        ("learns_too_little", ModelWithPartlyNoGradient),
        ("learns_too_little", FrozenModel),
        ("weights_all_equal", ModelOfZeros),
        ("mode_changed", ModelEvaluatingInForward),
        ("mode_changed", ModelTrainingInForward),
        ("no_module", NoModule),
        ("an_instance", Model()),
        ("made_in_forward", ModelMakingLayersInForward),
        ("made_in_forward", ModelReplacingLayersInForward),
        ("parts_swapped", ModelWithPartsSwapped),
        ("layers_shared", ModelSharingLayers),
        ("layers_shared", ModelWithLayersOfItsClass),
        ("mode_changed", ModelInEvaluationMode),
        (None, ModelWithSmallSurplus),
        (None, two_parts(classifier=[nn.Linear(9216, 64), nn.Linear(64, 10)])),
        (None, two_parts([nn.Conv2d(1, 32, 3, bias=False), *FEATURES[1:]])),
        ("relu_missing", two_parts(without(FEATURES, nn.ReLU))),
        ("relu_missing", two_parts(classifier=without(CLASSIFIER, nn.ReLU))),
        ("average_pooling", two_parts(instead(FEATURES, nn.MaxPool2d, nn.AvgPool2d(2)))),
        ("other_computation", two_parts(instead(FEATURES, nn.ReLU, nn.LeakyReLU()))),
        ("other_computation", two_parts(instead(FEATURES, nn.ReLU, nn.Sigmoid()))),
        ("dropout_rate", lambda: two_parts([*FEATURES[:5], nn.Dropout(25)])()),
        ("other_dropout", two_parts([*FEATURES[:5], nn.Dropout(0.5)])),
        ("other_dropout", two_parts([*FEATURES[:5], nn.Dropout2d(0.25)])),
        ("other_dropout", two_parts(classifier=DRY)),
        ("no_dropout", two_parts(without(FEATURES, nn.Dropout), DRY)),
        ("other_dropout", two_parts([*FEATURES, CLASSIFIER[2]], DRY)),
        ("other_dropout", two_parts([FEATURES[5], *FEATURES[:5]])),
        ("other_dropout", two_parts(classifier=[*DRY, nn.Dropout(0.5)])),
        ("flattened_too_early", two_parts([*FEATURES, nn.Flatten()])),
        (None, two_parts(FEATURES[:4], [nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten()])),
        # Errors that name a part, or an abstract method, and are neither.
        (None, ModelWithWrongCall),
        (None, ModelWithoutForward),
        (None, ModelWithoutReturn),
        (None, two_parts(last=lambda logits: logits.detach().numpy())),
        (None, two_parts(last=lambda logits: (logits, logits))),
    ],
    "2-4": [
        (None, cnn(("super().__init__()", "pass"))),
        ("layer_not_made", cnn(("__init__(self", "_init_(self"))),
        ("layer_not_made", cnn(("self.bn2 =", "self.bn_2 ="))),
        (None, cnn(("in_channels=1, num_classes=10", "in_channels, num_classes"))),
        (None, cnn(("in_channels=1", "in_channels=3"))),
        (None, cnn(("num_classes=10", "num_classes=2"))),
        ("fixed_sizes", cnn(("(in_channels, 16", "(1, 16"))),
        ("fixed_sizes", cnn(("(32, num_classes)", "(32, 10)"))),
        (None, lambda: CNN(1, 10)),
        (None, cnn(("nn.Conv2d(16, 32", "nn.Conv2d(32, 32"))),
        ("norm_channels", cnn(("nn.BatchNorm2d(32)", "nn.BatchNorm2d(16)"))),
        ("norm_of_vectors", cnn(("BatchNorm2d", "BatchNorm1d"))),
        ("averaged_everything", cnn((MEAN, "x.mean()"))),
        (None, cnn((MEAN, "torch.flatten(x, 1)"))),
        ("mean_over_other_axes", cnn(("dim=(2, 3)", "dim=2"))),
        ("mean_over_other_axes", cnn(("dim=(2, 3)", "dim=(1, 2)"))),
        ("mean_over_other_axes", cnn(("dim=(2, 3)", "dim=1"))),
        ("mean_over_other_axes", cnn(("dim=(2, 3)", "dim=(0, 2, 3)"))),
        ("fixed_image_size", cnn((MEAN, "F.avg_pool2d(x, 7).flatten(1)"))),
        ("no_module", cnn(("(nn.Module)", ""))),
        ("an_instance", CNN()),
        (
            "arguments_moved",
            cnn(("in_channels=1, num_classes=10", "num_classes=10, in_channels=1")),
        ),
        ("made_in_forward", cnn((RETURN, "self.fc = nn.Linear(32, 10); return self.fc(x)"))),
        ("made_in_forward", cnn(("self.bn1(self", "nn.BatchNorm2d(16)(self"))),
        (
            "layers_shared",
            cnn(
                ("class CNN", "FC = nn.Linear(32, 10)\nclass CNN"),
                ("nn.Linear(32, num_classes)", "FC"),
            ),
        ),
        ("weights_all_equal", cnn(("num_classes)", "num_classes); nn.init.ones_(self.fc.weight)"))),
        ("mode_changed", cnn((RETURN, "self.eval(); return self.fc(x)"))),
        ("mode_changed", cnn((RETURN, "self.train(); return self.fc(x)"))),
        ("other_statistics", cnn(("Norm2d(16)", "Norm2d(16, momentum=0.5)"))),
        ("other_computation", cnn((", 2)\n", ", 2, ceil_mode=True)\n"))),
        ("no_global_pooling", cnn((MEAN, "x.flatten(1)"), ("(32, num", "(32 * 7 * 7, num"))),
        ("other_global_pooling", cnn((MEAN, "x.sum(dim=(2, 3))"))),
        ("other_global_pooling", cnn((MEAN, "x.amax(dim=(2, 3))"))),
        ("squeezed", cnn((MEAN, "F.adaptive_avg_pool2d(x, 1).squeeze()"))),
        ("softmax_inside", cnn((RETURN, "return self.fc(x).softmax(dim=1)"))),
        ("softmax_inside", cnn((RETURN, "return F.log_softmax(self.fc(x), dim=1)"))),
        ("activation_at_the_end", cnn((RETURN, "return torch.sigmoid(self.fc(x))"))),
        (
            "input_overwritten",
            cnn(("x = F.max_pool2d(F.relu(self.bn1", "x *= 2; x = F.max_pool2d(F.relu(self.bn1")),
        ),
        ("learns_too_little", cnn((RETURN, "return self.fc(x).detach()"))),
        ("mode_changed", cnn((RETURN, "self.bn1.eval(); return self.fc(x)"))),
        ("batch_norm_missing", cnn(("nn.BatchNorm2d(32)", "nn.Identity()"))),
        ("batch_norm_missing", cnn(("self.bn1(self.conv1(x))", "self.conv1(x)"))),
        (
            "batch_norm_missing",
            cnn(
                ("self.bn1(self.conv1(x))", "self.conv1(x)"),
                ("self.bn2(self.conv2(x))", "self.conv2(x)"),
            ),
        ),
        ("relu_missing", cnn((RELU_1, "self.bn1(self.conv1(x))"))),
        ("relu_missing", cnn((RELU_2, "self.bn2(self.conv2(x))"))),
        ("pooling_missing", cnn((f"F.max_pool2d({RELU_2}, 2)", RELU_2))),
        ("average_pooling", cnn(("F.max_pool2d", "F.avg_pool2d"))),
        ("average_pooling", cnn((f"F.max_pool2d({RELU_1}", f"F.avg_pool2d({RELU_1}"))),
        ("padding_missing", cnn((", padding=1", ""))),
        ("padding_missing", cnn(("16, 32, 3, padding=1", "16, 32, 3"))),
        ("bias_missing", cnn(("padding=1", "padding=1, bias=False"))),
        ("bias_missing", cnn(("16, 32, 3, padding=1", "16, 32, 3, padding=1, bias=False"))),
        ("other_order", cnn((RELU_1, "self.bn1(F.relu(self.conv1(x)))"))),
        (
            "other_order",
            cnn(
                (RELU_1, "self.bn1(F.relu(self.conv1(x)))"),
                (RELU_2, "self.bn2(F.relu(self.conv2(x)))"),
            ),
        ),
        (
            "other_order",
            cnn((f"F.max_pool2d({RELU_2}, 2)", "F.relu(self.bn2(F.max_pool2d(self.conv2(x), 2)))")),
        ),
        ("other_computation", cnn(("F.relu", "F.leaky_relu"))),
        ("other_computation", cnn(("padding=1", "padding=1, padding_mode='reflect'"))),
        ("other_computation", cnn(("Norm2d(16)", "Norm2d(16, track_running_stats=False)"))),
        ("other_in_training", cnn((RETURN, "return self.fc(F.dropout(x, 0.5, self.training))"))),
        ("changes_by_itself", cnn((RETURN, "return self.fc(F.dropout(x, 0.5))"))),
        (None, cnn(("3, padding=1", "5, padding=2"))),
        (None, cnn(("Norm2d(16)", "Norm2d(16, affine=False)"))),
        (None, cnn(("BatchNorm2d", "InstanceNorm2d"))),
        (None, cnn((RETURN, "self.fc(x)"))),
    ],
}


class TestLesson02(CheckerTests):
    right = RIGHT
    mistakes = MISTAKES


def test_sizes_are_asked_for_as_later_cells_do_and_hold_numbers_that_tell_mistakes_apart():
    cases = OUTPUT_SIZE.cases(np.random.default_rng(0))
    assert cases[0] == {"size": 28, "kernel": 3, "stride": 1, "padding": 0}
    uneven, even = (tuple(case.values()) for case in cases[1:3])
    assert [(n + 2 * p - k) % s for n, k, s, p in (uneven, even)] == [uneven[2] - 1, 0]
