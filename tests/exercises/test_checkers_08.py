import numpy as np
import pytest
import torch
import torch.nn.functional as F
from checkers import CheckerTests, remove_unless_failing, solution, verdict
from sklearn.metrics import confusion_matrix as confusion_of_scikit_learn
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision import datasets, transforms
from torchvision.transforms import v2

from helpers import explain, training
from helpers.models import LeNet


# --- 8-1 ----------------------------------------------------------------------------------------
def loaders_of_tensors(prepare=lambda images: images[:, None], labels=lambda labels: labels):
    """Return an answer that prepares all images at once, before any loader."""

    def make_loaders(root, batch_size):
        loaders = []
        for train in (True, False):
            data = datasets.FashionMNIST(root, train)
            images = prepare(data.data.float() / 127.5 - 1)
            part = TensorDataset(images, labels(data.targets))
            loaders.append(DataLoader(part, batch_size, shuffle=train))
        return loaders

    return make_loaders


TO_UNIT = (v2.ToImage(), v2.ToDtype(torch.float32, scale=True))
TO_SIGNED = (*TO_UNIT, v2.Normalize([0.5], [0.5]))


def loaders(
    dataset=datasets.FashionMNIST,
    compose=lambda: v2.Compose(TO_SIGNED),
    compose_for_test=None,
    parts=(True, False),
    shuffle=(True, False),
    sizes=lambda size: (size, size),
    drop_last=False,
    result=list,
):
    """Return an answer to 8-1 with one of its parts other than the right one."""

    def make_loaders(root, size):
        changes = (compose(), (compose_for_test or compose)())
        sets = [
            dataset(root, train=train, transform=change)
            for train, change in zip(parts, changes, strict=True)
        ]
        return result(
            DataLoader(part, size, shuffle=mixed, drop_last=drop_last)
            for part, size, mixed in zip(sets, sizes(size), shuffle, strict=True)
        )

    return make_loaders


def composed(*steps):
    return lambda: transforms.Compose(list(steps))


def sets_without_loaders(root, batch_size):
    change = v2.Compose(TO_SIGNED)
    return [datasets.FashionMNIST(root, train=train, transform=change) for train in (True, False)]


def one_loader(root, batch_size):
    return loaders()(root, batch_size)[0]


def other_data(root, train, transform):
    """Return data as a variable of the notebook has them, not those in ``root``."""
    return TensorDataset(torch.zeros(400, 1, 28, 28), torch.zeros(400, dtype=torch.int64))


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


def framed(pad, **options):
    return lambda x: F.pad(x, [pad] * 4, **options)


def lenet(
    pad=2,
    kernel=5,
    activation=nn.Sigmoid,
    pooling=nn.MaxPool2d,
    activation2=None,
    width=400,
    next_width=120,
    between=nn.Identity,
    between2=None,
    end=nn.Identity,
    frame=None,
    needs_frame=lambda x: x.shape[-1] == 28,
    bias=True,
    linear=nn.Linear,
):
    """Return a class like ``LeNet`` with one of its parts other than the table's."""

    class ChangedLeNet(nn.Module):
        def __init__(self, in_channels=3, num_classes=2):
            super().__init__()
            self.features = nn.Sequential(
                *(nn.Conv2d(in_channels, 6, kernel, bias=bias), pooling(2), activation()),
                *(nn.Conv2d(6, 16, kernel), pooling(2), (activation2 or activation)()),
                nn.Flatten(),
            )
            self.classifier = nn.Sequential(
                *(nn.Linear(width, 120) if linear is nn.Linear else linear(120), between()),
                *(nn.Linear(next_width, 64), (between2 or between)()),
                *(nn.Linear(64, num_classes), end()),
            )

        def forward(self, x):
            x = (frame or framed(pad))(x) if needs_frame(x) else x
            return self.classifier(self.features(x))

    return ChangedLeNet


class LeNetPaddedAlways(LeNet):
    def forward(self, x):
        return self.classifier(self.features(F.pad(x, [2] * 4)).flatten(1))


class LeNetWithOwnPadding(LeNet):
    """Pads in ``features``, by a layer, and shares one sigmoid."""

    def __init__(self, in_channels=3, num_classes=2):
        super().__init__(in_channels, num_classes)
        sigmoid = nn.Sigmoid()
        self.features[2] = self.features[5] = sigmoid
        self.frame = nn.ZeroPad2d(2)

    def forward(self, x):
        x = self.frame(x) if x.size(2) < 32 else x
        return self.classifier(self.features(x).view(-1, 400))


class LeNetSqueezing(LeNet):
    def forward(self, x):
        return super().forward(x).squeeze()


class LeNetWithDropout(LeNet):
    def __init__(self, in_channels=3, num_classes=2):
        super().__init__(in_channels, num_classes, lambda: nn.Dropout(0.5))


class LeNetWithBatchNorm(LeNet):
    def __init__(self, in_channels=3, num_classes=2):
        super().__init__(in_channels, num_classes)
        self.features.insert(1, nn.BatchNorm2d(6))


class LeNetOfTenClasses(LeNet):
    def __init__(self, in_channels=3, num_classes=2):
        super().__init__(in_channels, 10)


class LeNetMisspelt(nn.Module):
    def _init_(self, in_channels=3, num_classes=2):
        super().__init__()


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


class LeNetOfGreyImages(LeNet):
    def __init__(self, in_channels=1, num_classes=10):
        super().__init__(in_channels, num_classes)


class LeNetWithoutDefaults(LeNet):
    def __init__(self, in_channels, num_classes):
        super().__init__(in_channels, num_classes)


class LeNetWithEarlySigmoids(LeNet):
    def __init__(self, in_channels=3, num_classes=2):
        super().__init__(in_channels, num_classes)
        layers = list(self.features)
        self.features = nn.Sequential(*(layers[place] for place in (0, 2, 1, 3, 5, 4)))


class LeNetOfAList(LeNet):
    def __init__(self, in_channels=3, num_classes=2):
        super().__init__(in_channels, num_classes)
        linears = list(self.classifier)
        del self.classifier
        self.linears = linears

    def forward(self, x):
        x = F.pad(x, [2] * 4) if x.shape[-1] == 28 else x
        x = self.features(x).flatten(1)
        for linear in self.linears:
            x = linear(x)
        return x


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


def train_with_cycle(model, batches, epochs):
    """Weighs the ragged batch by its size, and looks at the accuracy after every epoch."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    steps = epochs * len(batches)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=steps)
    losses = []
    for _ in range(epochs):
        model.train()
        total = count = 0
        for images, labels in batches:
            loss = F.nll_loss(model(images).log_softmax(dim=1), labels)
            loss.backward()
            optimizer.step()
            model.zero_grad()
            scheduler.step()
            total, count = total + loss.item() * len(labels), count + len(labels)
        losses.append(total / count)
        training.evaluate(model, batches)
    return torch.tensor(losses)


def train_with_the_course(model, batches, epochs):
    history = training.fit(model, batches, recipe=training.FAST, epochs=epochs, progress=False)
    return history.train_loss


def adam(lr=0.01):
    return lambda parameters: torch.optim.Adam(parameters, lr)


def sgd(lr, momentum=0.9):
    return lambda parameters: torch.optim.SGD(parameters, lr, momentum)


def of_each_epoch(summarise):
    """Return what makes one number an epoch of the losses of all steps."""
    return lambda losses, steps: summarise(losses.reshape(-1, steps))


MEANS = of_each_epoch(lambda epochs: epochs.mean(axis=1))


def forget(optimizer, loss):
    """Take a step in the wrong order: the gradients are gone when they are needed."""
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()


def step_first(optimizer, loss):
    optimizer.zero_grad()
    optimizer.step()
    loss.backward()


def add_up(optimizer, loss):
    loss.backward()
    optimizer.step()


def take_step(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def trainer(
    optimizer=adam(),  # noqa: B008 - makes a function
    prepare=nn.Module.train,
    outputs=lambda logits: logits,
    criterion=F.cross_entropy,
    move=take_step,
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
                loss = criterion(outputs(model(images)), labels)
                move(used, loss)
                losses.append(loss.item())
        return result(np.array(losses), len(batches))

    return train_model


def train_with_short_cycle(model, batches, epochs):
    """The scheduler is told of one epoch only."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=len(batches))
    for _ in range(epochs):
        for images, labels in batches:
            training.train_step(model, images, labels, F.cross_entropy, optimizer)
            cycle.step()


def train_keeping_graphs(model, batches, epochs):
    optimizer, means = torch.optim.Adam(model.parameters(), lr=0.01), []
    model.train()
    for _ in range(epochs):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            take_step(optimizer, loss)
            losses.append(loss)
        means.append(sum(losses) / len(losses))
    return means


def train_without_graph(model, batches, epochs):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    model.train()
    for _ in range(epochs):
        for images, labels in batches:
            with torch.no_grad():
                loss = F.cross_entropy(model(images), labels)
            take_step(optimizer, loss.requires_grad_())
    return [0.0] * epochs


def train_and_keep_losses(model, batches, epochs, losses=[]):  # noqa: B006 - that is the mistake
    losses += trainer()(model, batches, epochs).tolist()
    return losses


def train_step_by_epoch(zero_every_batch):
    """Return an answer that moves the weights once an epoch."""

    def train_model(model, batches, epochs):
        optimizer, means = torch.optim.Adam(model.parameters(), lr=0.01), []
        model.train()
        for _ in range(epochs):
            losses = []
            optimizer.zero_grad()
            for images, labels in batches:
                if zero_every_batch:
                    optimizer.zero_grad()
                loss = F.cross_entropy(model(images), labels)
                loss.backward()
                losses.append(loss.item())
            optimizer.step()
            means.append(np.mean(losses))
        return means

    return train_model


def train_with_schedule(total_steps, step_every_batch=True):
    """Return an answer whose one-cycle schedule may not fit the training."""

    def train_model(model, batches, epochs):
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        steps = total_steps(epochs, len(batches))
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=steps)
        means = []
        for _ in range(epochs):
            losses = []
            model.train()
            for images, labels in batches:
                loss = F.cross_entropy(model(images), labels)
                take_step(optimizer, loss)
                losses.append(loss.item())
                if step_every_batch:
                    cycle.step()
            if not step_every_batch:
                cycle.step()
            means.append(np.mean(losses))
        return means

    return train_model


def train_another_model(model, batches, epochs):
    return trainer()(LeNet(1, 10), batches, epochs)


def train_on_other_batches(model, batches, epochs):
    others = [(torch.rand(64, 1, 28, 28), torch.zeros(64, dtype=torch.int64))] * 3
    return trainer()(model, others, epochs)


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


def matrix_of_products(labels, predictions, num_classes):
    return F.one_hot(labels, num_classes).T @ F.one_hot(predictions, num_classes)


def matrix_of_floats(labels, predictions, num_classes):
    return matrix_of_products(labels, predictions, num_classes).float()


def matrix_by_index(labels, predictions, num_classes):
    ones = torch.ones_like(labels)
    counts = torch.zeros(num_classes, num_classes, dtype=torch.int64)
    return counts.index_put((labels, predictions), ones, accumulate=True)


def matrix_of_bytes(labels, predictions, num_classes):
    return matrix_of_scikit_learn(labels, predictions, num_classes).to(torch.uint8)


def matrix_without_length(labels, predictions, num_classes):
    return torch.bincount(labels * num_classes + predictions).reshape(num_classes, num_classes)


def matrix_that_writes(labels, predictions, num_classes):
    counts = matrix_of_scikit_learn(labels, predictions, num_classes)
    labels.mul_(num_classes).add_(predictions)
    return counts


def predict_and_switch_off(model, batches):
    torch.set_grad_enabled(False)
    model.eval()
    parts = [(labels, model(images).softmax(dim=1)) for images, labels in batches]
    labels, probabilities = map(torch.cat, zip(*parts, strict=True))
    return labels, probabilities.argmax(dim=1), probabilities


def predict_and_freeze(model, batches):
    model.requires_grad_(False)
    return predictor()[0](model, batches)


def matrix_by_assignment(labels, predictions, num_classes):
    counts = torch.zeros(num_classes, num_classes, dtype=torch.int64)
    counts[labels, predictions] += 1
    return counts


def predict_in_two_passes(model, batches):
    _, predictions, probabilities = predictor()[0](model, batches)
    return torch.cat([labels for _, labels in batches]), predictions, probabilities


def predict_other_batches(model, batches):
    others = [(torch.rand(21, 1, 28, 28), torch.zeros(21, dtype=torch.int64))]
    return predictor()[0](model, others)


def predict_with_another_model(model, batches):
    return predictor()[0](LeNet(1, 10), batches)


# --- 8-5 ----------------------------------------------------------------------------------------
def cam_of_the_course(model, images, layer, classes):
    return explain.normalise(explain.grad_cam(model, images, layer, classes))


def kernels_by_name(model):
    name = next(name for name, layer in model.named_modules() if type(layer) is nn.Conv2d)
    return model.state_dict()[f"{name}.weight"]


def bilinear(maps, size):
    return F.interpolate(maps[:, None], size, mode="bilinear")[:, 0]


def own_logits(logits, classes):
    return logits[torch.arange(len(logits)), classes]


def weighted(gradient, activation):
    return (gradient.mean(dim=(2, 3), keepdim=True) * activation).sum(dim=1).relu()


def cam(
    find=nn.Module.get_submodule,
    remove=lambda handle: handle.remove(),
    score=own_logits,
    combine=weighted,
    enlarge=bilinear,
    stretch=explain.normalise,
):
    """Return Grad-CAM for 8-5 with one of its parts other than the right one."""

    def grad_cam(model, images, layer, wanted):
        seen = {}
        module = find(model, layer)
        handle = module.register_forward_hook(lambda *given: seen.update(output=given[2]))
        try:
            logits = model(images)
        finally:
            remove(handle)
        (gradient,) = torch.autograd.grad(score(logits, wanted).sum(), seen["output"])
        maps = combine(gradient, seen["output"].detach())
        return stretch(enlarge(maps, images.shape[-2:]))

    return grad_cam


def cam_image_by_image(model, images, layer, classes):
    """Finds the layer step by step, with the graph still on what it returns."""
    module = model
    for part in layer.split("."):
        module = getattr(module, part)
    maps = []
    for image, wanted in zip(images, classes, strict=True):
        seen = []
        handle = module.register_forward_hook(lambda *called, seen=seen: seen.append(called[2]))
        try:
            logit = model(image[None])[0, wanted]
        finally:
            handle.remove()
        (gradient,) = torch.autograd.grad(logit, seen[0], retain_graph=True)
        maps.append(bilinear(weighted(gradient, seen[0]), image.shape[-2:]))
    maps = torch.cat(maps)
    highest, lowest = maps.amax((1, 2), keepdim=True), maps.amin((1, 2), keepdim=True)
    return torch.where(highest > lowest, (maps - lowest) / (highest - lowest), 0)


def cam_by_backward(model, images, layer, classes):
    maps = cam_leaving_gradients(model, images, layer, classes)
    model.zero_grad()
    return maps


def cam_leaving_gradients(model, images, layer, classes):
    kept = {}
    module = dict(model.named_modules())[layer]
    handles = [
        module.register_forward_hook(lambda *called: kept.update(output=called[2])),
        module.register_full_backward_hook(lambda *called: kept.update(gradient=called[2][0])),
    ]
    try:
        model(images).gather(1, classes[:, None]).sum().backward()
    finally:
        for handle in handles:
            handle.remove()
    maps = weighted(kept["gradient"], kept["output"]).detach()
    return explain.normalise(bilinear(maps, images.shape[-2:]))


def by_number(model, layer):
    part, place = layer.split(".")
    return getattr(model, part)[int(place)]


def of_a_fixed_layer(model, layer):
    return model.get_submodule("features.5")


def clear_hooks(model, images, layer, classes):
    maps = cam()(model, images, layer, classes)
    model.get_submodule(layer)._forward_hooks.clear()
    return maps


def cam_of_another_model(model, images, layer, classes):
    return cam()(LeNet(1, 10), images, "features.5", classes)


def cam_of_other_images(model, images, layer, classes):
    return cam()(model, torch.rand(len(images), 1, 32, 32), layer, classes)


def kernels_of_children(model):
    for layer in model.children():
        if isinstance(layer, nn.Conv2d):
            return layer.weight.detach()
    return None


def kernels_of_next_child(model):
    return next(layer for layer in model.children() if isinstance(layer, nn.Conv2d)).weight.detach()


def kernels_of_another_model(model):
    return kernels()(LeNet(1, 10))


def squeezing(maps, size):
    return F.interpolate(maps[:, None], size, mode="bilinear").squeeze()


def divided(lowest=lambda maps: 0, highest=lambda maps: maps.amax((1, 2), keepdim=True)):
    def stretch(maps):
        maps = maps - lowest(maps)
        return maps / highest(maps).clamp(min=1e-12)

    return stretch


def interpolated(**options):
    return lambda maps, size: F.interpolate(maps[:, None], size, **options)[:, 0]


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


class Pooled(nn.Module):
    """Batch norm, dropout and global average pooling."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            *(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(4)),
            *(nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Dropout(0.1)),
        )
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        return self.head(self.body(x).mean(dim=(2, 3)))


class Lazy(Pooled):
    def __init__(self):
        super().__init__()
        self.head = nn.LazyLinear(10)


class Squeezing(Pooled):
    def forward(self, x):
        return self.head(F.adaptive_avg_pool2d(self.body(x), 1).squeeze())


class NormalisingOverTheBatch(Small):
    def forward(self, x):
        return super().forward(x - x.mean(dim=0))


class WithUnusedConvolution(Small):
    def __init__(self):
        super().__init__()
        self.later = nn.Conv2d(8, 8, 3)


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


class InAList(nn.Module):
    """Its layers are no layers of the model."""

    def __init__(self):
        super().__init__()
        self.layers = list(Small().layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class InAListAndRegistered(Small):
    """It keeps layers in a list, too, that belong to the model."""

    def __init__(self):
        super().__init__()
        self.order = list(self.layers)


def same(images):
    return images


def flipped_one_by_one(images):
    return torch.stack([image.flip(-1) if torch.rand(()) < 0.5 else image for image in images])


def flipped_in_a_copy(images):
    chosen, images = torch.rand(len(images)) < 0.5, images.clone()
    images[chosen] = images[chosen].flip(-1)
    return images


def flipped_in_place(images):
    chosen = torch.rand(len(images)) < 0.5
    images[chosen] = images[chosen].flip(-1)
    return images


def shuffled(images):
    return images[torch.randperm(len(images))]


def emptied(images):
    return torch.zeros_like(images)


def times_255(images):
    return (images + 1) * 127.5


def flipped_in_batches_of_twenty(images):
    return torch.where(torch.rand(20, 1, 1, 1) < 0.5, images, images.flip(-1))


RIGHT_AT_ONCE = {
    "8-1": [
        loaders_of_tensors(),
        loaders(),
        loaders(compose=composed(transforms.ToTensor(), transforms.Normalize(0.5, 0.5))),
        loaders(result=tuple),
    ],
    "8-2": [LeNetByHand, LeNetLayerByLayer, LeNetWithOwnPadding, lenet()],
    "8-4": [
        (predict_all_at_once, matrix_of_scikit_learn),
        predictor(matrix=matrix_of_products),
        predictor(matrix=matrix_by_index),
        predictor(result=labels_as(torch.int32)),
    ],
    "8-5": [
        (cam_of_the_course, kernels_by_name),
        (cam(), kernels()),
        (cam_image_by_image, kernels(read=lambda layer: layer.weight.data.clone())),
        (cam_by_backward, kernels(read=lambda layer: layer.weight.detach().numpy())),
        (cam(combine=lambda gradient, seen: weighted(5 * gradient, seen)), kernels()),
    ],
}
MISTAKES = {
    "8-1": [
        ("other_dataset", loaders(dataset=datasets.KMNIST)),
        ("no_transform", loaders(compose=nothing)),
        ("no_transform", loaders(compose_for_test=nothing)),
        ("step_not_called", loaders(compose=composed(transforms.ToTensor, transforms.Normalize))),
        ("step_not_called", loaders(compose=lambda: transforms.Normalize(0.5))),
        ("not_a_list", loaders(compose=lambda: transforms.Compose(*map(composed, "ab")))),
        (
            "normalised_too_early",
            loaders(compose=composed(transforms.Normalize(0.5, 0.5), transforms.ToTensor())),
        ),
        ("no_loader", sets_without_loaders),
        ("same_part_twice", loaders(parts=(True, True))),
        ("swapped", loaders(parts=(False, True))),
        ("last_batch_dropped", loaders(drop_last=True)),
        ("batch_size", loaders(sizes=lambda size: (100, 100))),
        ("batch_size", loaders(sizes=lambda size: (size, 1))),
        ("not_normalised", loaders(compose=lambda: v2.Compose(TO_UNIT))),
        ("not_normalised", loaders(compose_for_test=lambda: v2.Compose(TO_UNIT))),
        (
            "other_statistics",
            loaders(compose=composed(transforms.ToTensor(), transforms.Normalize(0.13, 0.31))),
        ),
        ("test_shuffled", loaders(shuffle=(True, True))),
        ("train_not_shuffled", loaders(shuffle=(False, False))),
        (None, nothing),
        ("other_folder", loaders(dataset=other_data)),
        ("iterators", loaders(result=lambda parts: list(map(iter, parts)))),
        (None, one_loader),
        (None, loaders_of_tensors(prepare=lambda images: images)),
        (None, loaders_of_tensors(labels=torch.Tensor.float)),
        (
            None,
            loaders(compose=composed(transforms.RandomHorizontalFlip(), v2.Compose(TO_SIGNED))),
        ),
    ],
    "8-2": [
        ("init_not_called", LeNetWithoutInit),
        ("lazy_layer", lenet(linear=nn.LazyLinear)),
        ("not_registered", LeNetOfAList),
        ("other_defaults", LeNetOfGreyImages),
        ("other_defaults", LeNetWithoutDefaults),
        ("padded_on_two_sides", lenet(frame=lambda x: F.pad(x, (2, 2)))),
        ("padded_on_two_sides", lenet(frame=lambda x: F.pad(x, (0, 0, 2, 2)))),
        ("sigmoid_too_early", LeNetWithEarlySigmoids),
        ("fixed_sizes", lambda in_channels, num_classes: LeNet(3, num_classes)),
        ("fixed_sizes", lambda in_channels, num_classes: LeNet(1, num_classes)),
        ("fixed_sizes", LeNetWithOwnSizes),
        ("fixed_sizes", LeNetOfTenClasses),
        ("fixed_sizes", LeNetMisspelt),
        ("not_padded", lenet(pad=0)),
        ("not_flattened", LeNetNotFlattened),
        ("other_width", lenet(pad=4)),
        ("other_width", lenet(kernel=3)),
        ("other_width", lenet(width=256)),
        ("other_width", LeNetPaddedAlways),
        ("other_width", lenet(needs_frame=lambda x: x.shape[1] == 1)),
        (None, lenet(next_width=100)),
        ("softmax_inside", lenet(end=lambda: nn.Softmax(dim=1))),
        ("softmax_inside", lenet(end=lambda: nn.LogSoftmax(dim=1))),
        ("parameters", LeNetWithWiderLayer),
        ("parameters", LeNetWithBatchNorm),
        ("parameters", lenet(bias=False)),
        ("activation_between", lenet(between=nn.Sigmoid)),
        ("activation_between", lenet(between=nn.ReLU)),
        ("activation_between", lenet(between=nn.ReLU, between2=nn.Identity)),
        ("sigmoid_missing", lenet(activation=nn.Identity)),
        ("sigmoid_missing", lenet(activation=nn.Identity, activation2=nn.Sigmoid)),
        ("sigmoid_missing", lenet(activation2=nn.Identity)),
        ("other_activation", lenet(activation=nn.ReLU)),
        ("average_pooling", lenet(pooling=nn.AvgPool2d)),
        ("padded_otherwise", lenet(frame=lambda x: F.pad(x, (0, 4, 0, 4)))),
        ("padded_otherwise", lenet(frame=framed(2, value=-1))),
        ("padded_otherwise", lenet(frame=lambda x: F.interpolate(x, 32, mode="bilinear"))),
        ("no_features", LeNetWithoutFeatures),
        ("no_features", LeNetWithSigmoidOutside),
        (None, LeNetSqueezing),
        (None, LeNetWithDropout),
    ],
    "8-4": [
        ("counts_not_whole", predictor(matrix=matrix_of_floats)),
        ("not_the_arguments", (predict_other_batches, matrix_of_scikit_learn)),
        ("not_the_arguments", (predict_with_another_model, matrix_of_scikit_learn)),
        ("two_passes", (predict_in_two_passes, matrix_of_scikit_learn)),
        ("stacked", predictor(join=torch.stack)),
        ("one_batch_only", predictor(join=lambda parts: parts[-1])),
        ("no_eval_mode", predictor(mode=nn.Module.train)),
        ("no_eval_mode", predictor(mode=nothing)),
        ("no_softmax", predictor(softmax=lambda logits: logits)),
        ("no_softmax", predictor(softmax=lambda logits: logits.softmax(dim=0))),
        ("no_softmax", predictor(softmax=torch.sigmoid)),
        ("squeezed", predictor(join=lambda parts: torch.cat([part.squeeze() for part in parts]))),
        ("swapped", predictor(result=lambda labels, guesses, shares: (guesses, labels, shares))),
        (
            "values_and_places",
            predictor(result=lambda labels, _, shares: (labels, shares.max(dim=1), shares)),
        ),
        ("gradients_recorded", predictor(gradients=True)),
        ("counts_missing", predictor(matrix=matrix_without_length)),
        ("transposed", predictor(matrix=like(torch.t))),
        ("absent_class", predictor(matrix=matrix_of_known_classes)),
        ("shares_instead_of_counts", predictor(matrix=like(lambda counts: counts / counts.sum()))),
        (
            "shares_instead_of_counts",
            predictor(matrix=like(lambda counts: F.normalize(counts.float(), p=1, dim=1))),
        ),
        ("too_large_for_a_byte", predictor(matrix=matrix_of_bytes)),
        ("once_a_pair", predictor(matrix=matrix_by_assignment)),
        (None, predictor(result=nothing)),
        (None, predictor(result=true_labels_as(torch.float32))),
        (None, predictor(result=labels_as(torch.uint8))),
        (None, predictor(result=lambda labels, guesses, shares: (labels, shares, guesses))),
        (None, predictor(result=lambda labels, guesses, shares: (labels, guesses))),
        (None, predictor(matrix=like(torch.Tensor.numpy))),
        (None, predictor(matrix=like(torch.Tensor.tolist))),
        (None, predictor(matrix=like(lambda counts: counts.diag().diag()))),
        (None, predictor(matrix=matrix_that_writes)),
        (None, (predict_and_switch_off, matrix_of_scikit_learn)),
        (None, (predict_and_freeze, matrix_of_scikit_learn)),
    ],
    "8-5": [
        ("gradients_left", (cam_leaving_gradients, kernels())),
        ("layer_not_found", (cam(find=lambda model, layer: getattr(model, layer)), kernels())),
        ("layer_fixed", (cam(find=lambda model, _: model.features[2]), kernels())),
        ("layer_fixed", (cam(find=of_a_fixed_layer), kernels())),
        ("not_the_arguments", (cam_of_another_model, kernels())),
        ("not_the_arguments", (cam_of_other_images, kernels())),
        (
            "height_and_width",
            (cam(enlarge=lambda maps, size: bilinear(maps, size[::-1])), kernels()),
        ),
        (
            "height_and_width",
            (cam(enlarge=lambda maps, size: bilinear(maps, (size[1], size[1]))), kernels()),
        ),
        ("first_image_only", (cam(score=lambda logits, wanted: logits[0, wanted[0]]), kernels())),
        ("first_image_only", (cam(score=lambda logits, wanted: logits[0, wanted]), kernels())),
        ("hooks_cleared", (clear_hooks, kernels())),
        ("no_first_convolution", (cam(), kernels_of_children)),
        ("no_first_convolution", (cam(), kernels_of_next_child)),
        ("no_first_convolution", (cam(), nothing)),
        ("kernels_of_another_model", (cam(), kernels_of_another_model)),
        ("layer_not_found", (cam(find=by_number), kernels())),
        ("constant_map", (cam(stretch=stretched_one_by_one), kernels())),
        ("not_enlarged", (cam(enlarge=lambda maps, size: maps), kernels())),
        ("not_stretched", (cam(stretch=same), kernels())),
        ("stretched_together", (cam(stretch=divided(highest=torch.max)), kernels())),
        ("stretched_together", (cam(stretch=divided(torch.min, torch.max)), kernels())),
        ("minimum_kept", (cam(stretch=divided()), kernels())),
        (
            "stretched_too_early",
            (
                cam(
                    enlarge=lambda maps, size: bilinear(explain.normalise(maps), size),
                    stretch=same,
                ),
                kernels(),
            ),
        ),
        (
            "no_relu",
            (
                cam(
                    combine=lambda gradient, seen: torch.einsum(
                        "nk,nkhw->nhw", gradient.mean(dim=(2, 3)), seen
                    )
                ),
                kernels(),
            ),
        ),
        (
            "relu_too_early",
            (
                cam(
                    combine=lambda gradient, seen: (
                        (gradient.mean((2, 3), keepdim=True) * seen).relu().sum(dim=1)
                    )
                ),
                kernels(),
            ),
        ),
        (
            "gradient_not_averaged",
            (cam(combine=lambda gradient, seen: (gradient * seen).sum(dim=1).relu()), kernels()),
        ),
        (
            "averaged_over_images",
            (
                cam(combine=lambda gradient, seen: weighted(gradient.mean(0, True), seen)),
                kernels(),
            ),
        ),
        ("other_interpolation", (cam(enlarge=interpolated(mode="nearest")), kernels())),
        (
            "other_interpolation",
            (cam(enlarge=interpolated(mode="bilinear", align_corners=True)), kernels()),
        ),
        ("predicted_class", (cam(score=lambda logits, _: logits.amax(dim=1)), kernels())),
        (
            "softmax_gradient",
            (
                cam(score=lambda logits, classes: own_logits(logits.softmax(dim=1), classes)),
                kernels(),
            ),
        ),
        (
            "classes_of_other_images",
            (cam(score=lambda logits, classes: logits[:, classes]), kernels()),
        ),
        (
            "classes_of_other_images",
            (cam(score=lambda logits, classes: logits[:, classes[0]]), kernels()),
        ),
        ("classes_of_other_images", (cam(score=lambda logits, _: logits), kernels())),
        (None, (cam(remove=nothing), kernels())),
        ("hook_left_by_an_error", (cam(remove=remove_unless_failing), kernels())),
        (None, (cam(enlarge=squeezing), kernels())),
        (None, (cam(enlarge=lambda maps, size: bilinear(maps, (28, 28))), kernels())),
        (None, (cam(stretch=lambda maps: explain.normalise(maps).numpy()), kernels())),
        ("last_convolution", (cam(), kernels(which=-1))),
        ("not_a_convolution", (cam(), lambda model: model.features[0].weight.detach())),
        ("not_a_convolution", (cam(), lambda model: next(model.parameters()).detach())),
        ("not_a_convolution", (cam(), lambda model: model.conv1.weight.detach())),
        ("bias", (cam(), kernels(read=lambda layer: layer.bias.detach()))),
        ("gradients_recorded", (cam(), kernels(read=lambda layer: layer.weight))),
    ],
}
RIGHT_TRAINING = {
    "8-3": [
        train_with_momentum,
        train_with_cycle,
        train_with_the_course,
        trainer(),
        trainer(adam(0.003)),
        train_with_schedule(lambda epochs, steps: epochs, step_every_batch=False),
        train_with_schedule(lambda epochs, steps: epochs * steps + 1),
    ],
    "8-6": [
        (Small, same),
        (InAListAndRegistered, same),
        (Small, flipped_one_by_one),
        (Pooled, flipped_in_a_copy),
    ],
}
RIGHT = RIGHT_AT_ONCE | RIGHT_TRAINING
TRAINING_MISTAKES = {
    "8-3": [
        ("no_backward", train_without_graph),
        ("labels_first", trainer(criterion=lambda logits, labels: F.cross_entropy(labels, logits))),
        ("not_the_arguments", lambda model, *rest: trainer()(LeNet(3, 10), *rest)),
        ("other_model", train_another_model),
        ("other_images", train_on_other_batches),
        ("steps_missing", train_step_by_epoch(zero_every_batch=True)),
        ("steps_missing", train_step_by_epoch(zero_every_batch=False)),
        ("results_kept", train_and_keep_losses),
        ("schedule_does_not_end", train_with_schedule(lambda epochs, steps: 8 * 55)),
        ("schedule_does_not_end", train_with_schedule(lambda epochs, steps: 10 * 430)),
        (
            "schedule_does_not_end",
            train_with_schedule(lambda epochs, steps: epochs * steps, step_every_batch=False),
        ),
        ("no_step", trainer(move=lambda optimizer, loss: loss.backward())),
        ("no_gradient_at_step", trainer(move=forget)),
        ("no_gradient_at_step", trainer(move=step_first)),
        ("weights_do_not_move", trainer(adam(0))),
        ("batches_trained_on", trainer(epochs=lambda epochs: epochs - 1)),
        ("batches_trained_on", trainer(epochs=lambda epochs: 5)),
        ("too_many_scheduler_steps", train_with_short_cycle),
        ("number_of_losses", trainer(result=lambda losses, steps: losses)),
        ("number_of_losses", trainer(result=lambda losses, steps: losses[-1])),
        ("no_train_mode", trainer(prepare=nothing)),
        ("softmax_before_loss", trainer(outputs=lambda logits: logits.softmax(dim=1))),
        ("no_zero_grad", trainer(move=add_up)),
        ("losses_hold_graphs", train_keeping_graphs),
        ("not_the_mean", trainer(result=of_each_epoch(lambda epochs: epochs.sum(axis=1)))),
        ("not_the_mean", trainer(result=of_each_epoch(lambda epochs: epochs[:, -1]))),
        (
            "not_the_mean",
            trainer(result=of_each_epoch(lambda epochs: epochs.mean(axis=1).cumsum())),
        ),
        (
            "not_the_mean",
            trainer(result=of_each_epoch(lambda epochs: epochs.sum(axis=1).cumsum())),
        ),
        # The total is divided by the number of images.
        ("not_the_mean", trainer(result=lambda losses, steps: MEANS(losses, steps) * steps / 50)),
        (None, trainer(result=of_each_epoch(lambda epochs: 0 * epochs[:, 0]))),
        ("other_loss", trainer(criterion=nn.CrossEntropyLoss(reduction="sum"))),
        ("other_loss", trainer(criterion=nn.CrossEntropyLoss(label_smoothing=0.1))),
        ("diverged", trainer(sgd(100))),
        ("plateau", trainer(sgd(0.001))),
        (None, trainer(criterion=nn.CrossEntropyLoss)),
        (None, nothing),
    ],
    "8-6": [
        ("init_not_called", (LinearWithoutInit, same)),
        ("lazy_layer", (Lazy, same)),
        ("not_registered", (InAList, same)),
        ("order_changed", (Small, lambda images: images.flip(0))),
        ("order_changed", (Small, shuffled)),
        ("nothing_left", (Small, emptied)),
        ("range_changed", (Small, times_255)),
        ("upside_down", (Small, lambda images: images.flip(-2))),
        ("too_large", (Large, same)),
        ("augmented_shape", (Small, lambda images: images[:, 0])),
        ("augmented_shape", (Small, transforms.RandomCrop(24))),
        ("augmented_type", (Small, torch.Tensor.double)),
        ("given_images_changed", (Small, flipped_in_place)),
        ("softmax_inside", (SmallWithSoftmax, same)),
        ("number_of_classes", (LinearForTwoClasses, same)),
        ("not_for_an_image_alone", (Squeezing, same)),
        ("not_for_an_image_alone", (NormalisingOverTheBatch, same)),
        ("no_convolution", (Linear, same)),
        ("convolution_not_in_use", (WithUnusedConvolution, same)),
        (None, (Constant, same)),
        ("fixed_number_of_images", (Small, flipped_in_batches_of_twenty)),
        (None, (Small, nothing)),
    ],
}


class TestLesson08(CheckerTests):
    right = RIGHT_AT_ONCE
    mistakes = MISTAKES


class TestTraining08(CheckerTests):
    """What takes a training each time is tried on the students' cases alone."""

    right = RIGHT_TRAINING
    mistakes = TRAINING_MISTAKES
    seeds = (2020,)


@pytest.mark.parametrize("exercise_id", ["8-3", "8-6"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_trainings_succeed_on_other_cases_too(exercise_id, seed):
    assert verdict(exercise_id, solution(exercise_id), seed).status == "correct"
    for answer in RIGHT_TRAINING[exercise_id][:2]:
        assert verdict(exercise_id, answer, seed).status == "correct"


@pytest.mark.parametrize("lr", [0.03, 0.05])
def test_learning_rates_that_never_leave_the_plateau_are_refused(lr):
    found = verdict("8-3", trainer(adam(lr)))
    assert found.status == "wrong"
    assert found.hint in ("diverged", "plateau")
