# %% [markdown] of="73fa25f7"
# # 08 Problem 1: Fashion-MNIST
#
# You do everything you have learned so far by yourself, from beginning to end, on new data.
# The data are **Fashion-MNIST**, images of clothes and shoes. They are harder than digits.
# According to the [data set's page](https://github.com/zalandoresearch/fashion-mnist), people who are not experts answered with an accuracy of 0.835.
#
# **Goals**
#
# - You can write the whole sequence yourself: load the data, look at them, define a model, train it, predict, and look at the evidence.
# - You can turn a network given as a table into a program.
# - You can design a network of your own to reach a given accuracy.
#
# **Time**: about 180 minutes
#
# There are three levels of hints: 1 gives the idea, 2 the functions to use, and 3 the steps. Try to go on without opening them as far as you can.

# %% [markdown] of="c6578126"
# If you hand this notebook in, write here:
#
# - Student number:
# - Name:
# - E-mail:

# %% [markdown] of="b43bca2e"
# ## 1. Getting ready

# %% [markdown] of="822cb06e"
# ## 2. Loading

# %% [markdown] of="5b62ea8f"
# ### Exercise 8-1: Load the data
#
# Open the Fashion-MNIST in the folder `root` with torchvision, and return the data loaders for training and for testing, in this order.
#
# - Normalize the pixels with mean 0.5 and standard deviation 0.5, so that they lie in [-1, 1].
# - Both give `batch_size` images at a time. Shuffle the training images every time; do not shuffle the test images. Use the smaller last batch, too.
#
# <details><summary>Hint 1 (idea)</summary>
#
# Put Exercises 1-1 and 1-2 of "01 Loading and looking at data" together in one function. Only the name of the data differs.
#
# </details>
# <details><summary>Hint 2 (functions)</summary>
#
# Use `datasets.FashionMNIST(root, train=…, transform=…)`, `transforms.Compose`, `transforms.ToTensor`, `transforms.Normalize` and `DataLoader`.
#
# </details>
# <details><summary>Hint 3 (steps)</summary>
#
# 1. Make a `transform` that first turns an image into a tensor and then normalizes it.
# 2. Open two data sets, one with `train=True` and one with `train=False`.
# 3. Pass each to `DataLoader`. Set `shuffle=True` for one of them only.
#
# </details>

# %% of="cd3ae7c6"
def make_loaders(root, batch_size):
    """Return (data loader for training, data loader for testing)."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="dc8458f2"
# ## 3. Looking at the data
#
# There are ten classes. Here are their numbers and names.

# %% of="8344b641"
SHORT_NAMES = (
    *("T-shirt", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Boot"),
)
NAMES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress"),
    *("Coat", "Sandal", "Shirt"),
    *("Sneaker", "Bag", "Ankle boot"),
)
for number, name in enumerate(NAMES):
    print(number, name)

# %% [markdown] of="df44e406"
# Take one batch from your data loader. Do the pixels lie in [-1, 1]?

# %% of="c3acc59c"
torch.manual_seed(0)
train_loader, test_loader = make_loaders(prepare("FashionMNIST"), 100)
batch_images, batch_labels = next(iter(train_loader))
print("images", tuple(batch_images.shape), "labels", tuple(batch_labels.shape))
print("pixels from", batch_images.min().item(), "to", batch_images.max().item(), "in this batch")


# %% [markdown] of="3a0004d3"
# Undo the normalization before you draw.
# Look for pairs of classes that would make a person hesitate, and guess in advance which ones the model will mix up.

# %% [markdown] of="8b7255d9"
# Do all classes have the same number of images? Where they do, answering at random has an accuracy of 0.10.

# %% [markdown] of="1f393f7c"
# ## 4. Defining the network
#
# The network is **LeNet**. Build it exactly as in this table. The table is for classifying 32×32 color images into 2 classes.
#
# | Layer | Kernel | Filters/units | Stride | Padding | Activation function |
# |---|---|---|---|---|---|
# | input | 32×32×3 | | | | |
# | convolution | 5×5 | 6 | 1 | 0 | – |
# | max pooling | 2×2 | – | 2 | 0 | sigmoid |
# | convolution | 5×5 | 16 | 1 | 0 | – |
# | max pooling | 2×2 | – | 2 | 0 | sigmoid |
# | fully connected | – | 120 | – | – | – |
# | fully connected | – | 64 | – | – | – |
# | fully connected | – | 2 (number of classes) | – | – | softmax |
#
# In two respects, copying the table is not enough.
#
# - The number of input channels and the number of classes must be variable. For Fashion-MNIST they are 1 channel and 10 classes.
# - For 28×28 images, add two pixels of 0 on every side, to make them 32×32.
#
# Does the softmax at the end of the table belong in the model? Remember "03 Training".

# %% [markdown] of="86dab627"
# ### Exercise 8-2: LeNet
#
# Define the network of the table. It should take both 32×32 and 28×28 images.
# Whether zeros are added depends on the size of the image alone.
# Put the layers in the order of the table. Group everything from the first convolution to the last sigmoid in an `nn.Sequential` called `features`, and the fully connected layers in one called `classifier`. Section 7 chooses a layer by its name.
# The next cell counts the parameters, so do not use `nn.LazyLinear` or other layers whose size is set later.
#
# <details><summary>Hint 1 (idea)</summary>
#
# First write down on paper how the size of the image changes from layer to layer. How many values go into the first fully connected layer?
# The softmax is computed inside the loss function, and for predictions.
#
# </details>
# <details><summary>Hint 2 (functions)</summary>
#
# Use `nn.Conv2d`, `nn.MaxPool2d`, `nn.Sigmoid`, `nn.Linear` and `torch.flatten`.
# To add zeros, use `F.pad(x, (left, right, top, bottom))`. `x.shape[-1]` tells the size of the image.
#
# </details>
# <details><summary>Hint 3 (steps)</summary>
#
# 1. `features`: convolution, pooling, sigmoid, twice over. The size goes 32 → 28 → 14 → 10 → 5.
# 2. `classifier`: three fully connected layers in a row. At first, 16 × 5 × 5 = 400 values go in.
# 3. `forward`: if the image is 28×28, add zeros. Pass it through `features`, flatten, and pass it through `classifier`.
#
# </details>

# %% of="67661004"
class LeNet(nn.Module):
    """The table's LeNet: (N, in_channels, 32, 32), or 28×28, to logits (N, num_classes)."""

    def __init__(self, in_channels=3, num_classes=2):
        ### BEGIN SOLUTION
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        ### END SOLUTION


# %% [markdown] of="bb9c16b8"
# Check the number of parameters, for the table and for Fashion-MNIST. Does it agree with what you compute by hand?

# %% of="cf0f23be"
for in_channels, num_classes in ((3, 2), (1, 10)):
    parameters = LeNet(in_channels, num_classes).parameters()
    print(
        f"{in_channels} channel(s), {num_classes} classes: "
        f"{sum(p.numel() for p in parameters):,} parameters"
    )


# %% [markdown] of="80b1f7af"
# Compare this with the table, line by line. Does "Output Shape" shrink as 32 → 28 → 14 → 10 → 5?

# %% [markdown] of="2afb8482"
# ### Fully connected layers with nothing between them
#
# In the table there is no activation function between the three fully connected layers. A fully connected layer computes $Wx + b$. Three of them, one after another, give
#
# $$W_3 (W_2 (W_1 x + b_1) + b_2) + b_3 = (W_3 W_2 W_1)\, x + (W_3 W_2 b_1 + W_3 b_2 + b_3)$$
#
# which has the same form as a single fully connected layer. Can they really be merged into one? The next cells check it with numbers.

# %% of="5d25b4b1"
def merged(linears):
    """Return one fully connected layer that computes what these do one after another."""
    weight, bias = linears[0].weight, linears[0].bias
    for layer in linears[1:]:
        weight, bias = layer.weight @ weight, layer.weight @ bias + layer.bias
    single = nn.Linear(weight.shape[1], weight.shape[0])
    single.weight, single.bias = nn.Parameter(weight), nn.Parameter(bias)
    return single


# %% of="811caac5"
linears = [nn.Linear(400, 120), nn.Linear(120, 64), nn.Linear(64, 10)]
single, features = merged(linears), torch.rand(5, 400)
for name, network in (("3 layers", nn.Sequential(*linears)), ("1 layer", single)):
    print(name, f"{sum(p.numel() for p in network.parameters()):,} parameters")
print(
    "same answers:",
    torch.allclose(nn.Sequential(*linears)(features), single(features), atol=1e-5),
)

# %% [markdown] of="5829d9d1"
# Three layers with 56,514 parameters can compute no more than one layer with 4,010.
# How much better does it get with an activation function between them? Section 8 measures it.

# %% [markdown] of="9b3a747c"
# ## 5. Training
#
# As in the original lab, you choose the device, decide the settings of training, write the loop, and save the model at the end. The device is the one shown in Section 1.
#
# From here on, training uses `batches`. Its values are those of your data loader, but the images stay on the device, which makes it faster.
# Choose your settings by the accuracy on the validation data alone, which are set aside. Use the test data once the settings are decided.
#
# The accuracy to aim for depends on the size of the data, because the mini set has only one fifteenth of the images of the full set.
# If you are short of time, reduce the number of epochs. You may miss the goal, but you can go on.

# %% of="d3adcba9"
is_full = edition("FashionMNIST") == "full"
batch_size, valid_size, goal = (128, 5000, 0.88) if is_full else (64, 500, 0.74)
epochs = 10 if is_full else 8

train, valid = split(batches("FashionMNIST", batch_size=batch_size), size=valid_size)
test = batches("FashionMNIST", train=False)
print("training", len(train.labels), "validation", len(valid.labels), "test", len(test.labels))
print("epochs", epochs, "accuracy to reach", goal)


# %% [markdown] of="15db0921"
# ### Exercise 8-3: Train until you reach the goal
#
# Train `model` for `epochs` epochs, and return a list with the training loss of each epoch. The loss of an epoch may be the mean over its batches or the mean over its images.
# The loss function is `nn.CrossEntropyLoss()`. Choose the optimizer and the learning rate yourself.
#
# A network with sigmoids may get stuck near a loss of 2.30 at first. That is the loss of answering with the same probability for all ten classes.
# The network is then on a **plateau**: the ground is flat, and there is hardly a way down. Measured with the settings of the original lab (SGD, momentum 0.9, learning rate 0.001), the loss did not fall below 2.28 for 4 epochs even on the full set,
# and the test accuracy after 10 epochs was 0.69.
#
# The check below first uses 50 images to see how you train. Then it trains LeNet for only 5 epochs on 600 images chosen from the training data.
# If the mean loss of the last epoch is less than 2.25, it counts as having left the plateau. If not, the check changes the first weights and tries again, up to 3 times in all.
# Both in the check and in the real training, the model and the images are on the same device. `train_model` need not move them. This holds for the later exercises, too.
#
# <details><summary>Hint 1 (idea)</summary>
#
# Put the five steps of Exercise 3-1 into a double loop over epochs and batches.
# On the plateau the gradients are very small, so an optimizer that adapts its step to the size of the gradient helps.
#
# </details>
# <details><summary>Hint 2 (functions)</summary>
#
# Use `torch.optim.Adam(model.parameters(), lr=learning_rate)` and `nn.CrossEntropyLoss()`.
# It gets better still if the learning rate comes down at the end. Make `torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=highest_learning_rate, total_steps=number_of_all_batches)` (such a part, which moves the learning rate, is called a **scheduler**), and call `scheduler.step()` for every batch.
#
# </details>
# <details><summary>Hint 3 (steps)</summary>
#
# 1. Switch to training mode. Make the loss function, the optimizer and the scheduler. A learning rate of about 0.01 is a good start. The number of all batches is `epochs * len(batches)`.
# 2. Repeat `epochs` times: set the sum of losses to 0; for each batch, "clear the gradients, loss, backpropagation, move the weights, move the learning rate, add the loss".
# 3. At the end of an epoch, divide the sum of losses by the number of batches and append it to the list.
#
# </details>

# %% of="32d0c3b4"
def train_model(model, batches, epochs):
    """Train the model and return a list with the training loss of each epoch."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="0c5eea35"
# Now the real training. At which epoch does the loss begin to fall from 2.30?

# %% of="18ae63fe"
torch.manual_seed(0)
untrained = LeNet(in_channels=1, num_classes=10)
torch.manual_seed(0)
lenet = LeNet(in_channels=1, num_classes=10).to(device())
train.generator.manual_seed(0)  # However often you run this cell, the images come in the same order
losses = train_model(lenet, train, epochs)
for epoch, loss in enumerate(losses, start=1):
    print(f"Epoch {epoch:2}: training loss {loss:.3f}")

# %% [markdown] of="ca2ba4d1"
# First look at the accuracy on the validation data alone. If it is below the goal, go back to Exercise 8-3, change the optimizer and the learning rate, and train again.
# `assert` is a statement that stops where its condition does not hold. It keeps you from going on with a model hardly better than the 0.10 of random answers.

# %% of="610d320d"
_, valid_accuracy = evaluate(lenet, valid)
print(f"validation accuracy {valid_accuracy:.3f} (goal {goal})")
assert valid_accuracy > 0.4, "Still on the plateau. Change your settings in Exercise 8-3."


# %% [markdown] of="4fd95cf9"
# Once the settings are decided, find out on the test data whether you reached the goal. Do not change the settings after you see the result.
# If you did, you would have chosen them to fit the test data, and you would no longer know the accuracy on new images.

# %% of="0ebc1d68"
def report(model, goal):
    """Print the test accuracy and whether it reaches the goal for the data in use."""
    _, accuracy = evaluate(model, test)
    data = "full" if is_full else "mini"
    verdict = "reached ✅" if accuracy >= goal else "not reached yet ❌"
    print(
        f"accuracy on the {data} set's {len(test.labels):,} test images: {accuracy:.3f} "
        f"(goal {goal}), {verdict}"
    )


report(lenet, goal)

# %% [markdown] of="25edc554"
# Save the trained weights and load them into a new model. `save` and `load` handle the `state_dict` alone, as in Exercise 3-4.

# %% of="397607af"
save(lenet, "output/my-lenet.pt")
restored = load(LeNet(in_channels=1, num_classes=10).to(device()), "output/my-lenet.pt")
print("same results:", evaluate(restored, test) == evaluate(lenet, test))


# %% [markdown] of="a09cf12d"
# ## 6. Predicting
#
# This is where you use the softmax at the end of the table.

# %% [markdown] of="8eaa82a0"
# ### Exercise 8-4: Predictions and the confusion matrix
#
# Write two functions.
#
# - `predict_all`: for all batches, return the true labels (N,), the predicted classes (N,), and the probabilities (N, number of classes).
# - `confusion_matrix`: return a tensor that has, in row $i$ and column $j$, the number of images with true class $i$ and prediction $j$. As these are counts, make it a table of integers (`torch.int64`).
#
# <details><summary>Hint 1 (idea)</summary>
#
# When you predict, remember two things: evaluation mode, and not recording gradients.
# You can make a confusion matrix from a table of zeros by adding 1 for every image.
#
# </details>
# <details><summary>Hint 2 (functions)</summary>
#
# Use `model.eval()`, `torch.no_grad()`, `.softmax(dim=1)`, `.argmax(dim=1)` and `torch.cat`.
# `torch.zeros(num_classes, num_classes, dtype=torch.int64)` makes the table.
#
# </details>
# <details><summary>Hint 3 (steps)</summary>
#
# 1. Make two empty lists. For each batch, append the labels and the probabilities to them.
# 2. After the loop, join the lists with `torch.cat`. The prediction is the class of the highest probability.
# 3. Take true class and prediction pair by pair, and do `table[label, prediction] += 1`.
#
# </details>

# %% of="61b19ed0"
def predict_all(model, batches):
    """Return (true labels (N,), predicted classes (N,), probabilities (N, number of classes))."""
    ### BEGIN SOLUTION
    ### END SOLUTION


def confusion_matrix(labels, predictions, num_classes):
    """Count images by true class (row) and prediction (column): (num_classes, num_classes)."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="c6757666"
# Predict all the test data. The shapes confirm that no batch is missing.

# %% of="7d12fc4b"
labels, predictions, probabilities = (part.cpu() for part in predict_all(lenet, test))
counts = confusion_matrix(labels, predictions, 10)
print(
    "labels",
    tuple(labels.shape),
    "probabilities",
    tuple(probabilities.shape),
    "total",
    int(counts.sum()),
)


# %% [markdown] of="6b285c22"
# Here are the accuracies of the classes, the lowest first. Each is the number on the diagonal divided by the total of its row.

# %% [markdown] of="dda1f9d1"
# Draw the confusion matrix. Where the color is dark, a pair is often mixed up. Was your guess in Section 3 right?
# Is the number of A mistaken for B about the same as that of B mistaken for A?

# %% [markdown] of="a72532b8"
# Here are the misclassified images, the most confident first.

# %% [markdown] of="323e2b9a"
# ## 7. Looking at the evidence and the filters
#
# The accuracy alone does not tell what to change next. If you look inside the model, you see which places it uses as clues,
# and whether clues lie outside the clothes. That helps you choose what to try next.

# %% [markdown] of="1f6d29a5"
# ### Exercise 8-5: Grad-CAM and the first kernels
#
# Write two functions. The models are passed in evaluation mode.
#
# - `grad_cam`: for the layer named `layer`, make the Grad-CAM of the classes given by `classes`.
#   Enlarge it to the size of the image with bilinear interpolation (`mode="bilinear"`), and then stretch each map so that its minimum is 0 and its maximum is 1. Where all values of a map are equal, make it 0.
#   A layer's name may contain a dot, as in `"features.5"`, or be a number alone, as in `"4"`.
#   Leave no hook behind, even if an error occurs on the way, and no gradients of weights (`.grad`) either.
# - `first_kernels`: for any model, return the weights (out, in, height, width) of the first `nn.Conv2d`, detached from the record of the computation.
#
# <details><summary>Hint 1 (idea)</summary>
#
# Grad-CAM is Exercises 5-2 and 5-3 of "05 Looking at the evidence" joined together. The weight of a channel was the mean of its gradient over height and width.
# Where the maximum and the minimum of a map do not differ, take care not to divide by 0.
#
# </details>
# <details><summary>Hint 2 (functions)</summary>
#
# Use `model.get_submodule(layer)`, `register_forward_hook`, `torch.autograd.grad` and `F.interpolate(…, mode="bilinear")`.
# The minimum of each map is `.amin(dim=(1, 2), keepdim=True)`. With `.clamp(min=1e-12)` the divisor is never 0.
# `model.modules()` goes through all the layers in the model, in order. `isinstance(layer, nn.Conv2d)` tells their kind.
#
# </details>
# <details><summary>Hint 3 (steps)</summary>
#
# 1. Add the hook, compute the logits, and remove the hook in every case.
# 2. Differentiate the sum of the chosen logits with respect to the layer's output.
# 3. Multiply the layer's output by the mean of the gradient over height and width, add up along the channel axis, and apply `relu`.
# 4. Enlarge to the size of the image, subtract the minimum, and divide by the difference of maximum and minimum.
# 5. Return the weights detached, with `.detach()`.
#
# </details>

# %% of="d481722a"
def grad_cam(model, images, layer, classes):
    """Return the Grad-CAM (N, H, W) of images (N, C, H, W), each map stretched to [0, 1]."""
    ### BEGIN SOLUTION
    ### END SOLUTION


def first_kernels(model):
    """Return the weights (out, in, height, width) of the first convolutional layer."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="8b0d4468"
# ### Grad-CAM of LeNet
#
# Choose one test image for each class, always the first image of the class.
# LeNet adds zeros around a 28×28 image to make it 32×32. As its maps belong to a 32×32 image, you add the zeros yourself beforehand.

# %% [markdown] of="acc5b56d"
# The layer to look at is the output of the second sigmoid. Within `features`, find the last layer whose output has the shape (N, 16, 5, 5).

# %% of="ed1e871c"
names = [name for name, _ in lenet.named_modules() if name.startswith("features")]
with torch.no_grad(), capture(lenet, *names) as seen:
    lenet(framed.to(device()))
layer = [name for name in names if name in seen and seen[name].shape[1:] == (16, 5, 5)][-1]
print("layer", layer)


# %% [markdown] of="a0353fc1"
# The titles say "true → predicted". The Grad-CAM is that of the **predicted class**, laid over the image.
# The original lab took a sigmoid of the logits before differentiating. Here you differentiate the logits themselves.
# A 0 after normalization is gray, so you see a gray frame around the image.

# %% of="bbe7797c"
def maps_of(model, layer, images, classes):
    """Make Grad-CAM on the device, with the model in evaluation mode."""
    model.eval()
    # A copy (clone) can be used in a derivative even if the classes were predicted in
    # torch.inference_mode().
    classes = classes.long().clone().to(device())
    return grad_cam(model, images.to(device()), layer, classes).cpu()


def headings(indices, guesses):
    """Return titles "true → predicted" for the test images numbered `indices`."""
    return [f"{SHORT_NAMES[labels[i]]}\n→ {SHORT_NAMES[guesses[i]]}" for i in indices.tolist()]


maps = maps_of(lenet, layer, framed, predictions[chosen])
plots.plot_overlay(to_pictures(framed), {"LeNet": maps}, headings(chosen, predictions))


# %% [markdown] of="32446fd7"
# Which parts of the clothes are bright? Are there images where the outside of the clothes, or the gray frame, is bright? Are there images that are completely dark?
#
# ### Counting whether the maps point at the clothes
#
# Instead of an impression from 10 images, count over 1,000. Take the clothes to be where pixels are not 0. Find two shares:
#
# - The share of images whose map is completely dark.
# - Among the other images, the share whose brightest point of the map is on the clothes.
#
# Compare the second one with the share of clothes pixels, because pointing at a random place would hit the clothes that often.

# %% of="7821626f"
def count_on_clothes(name, model, layer, images, guesses):
    """Print these two shares for the Grad-CAM of images (N, 1, H, W)."""
    maps = maps_of(model, layer, images, guesses).flatten(1)
    clothes = F.pad(test.images[: len(images)].cpu() > 0, [(images.shape[-1] - 28) // 2] * 4)
    dark = maps.amax(dim=1) == 0
    hits = clothes.flatten(1).gather(1, maps.argmax(dim=1, keepdim=True))[:, 0]
    print(
        f"{name}: completely dark {dark.float().mean():.2f}, "
        f"brightest point on the clothes {hits[~dark].float().mean():.2f} "
        f"(share of clothes pixels {clothes.float().mean():.2f})"
    )


count_on_clothes("LeNet", lenet, layer, F.pad(test_images[:1000], (2, 2, 2, 2)), predictions[:1000])


# %% [markdown] of="5d710803"
# If the share is lower than that of clothes pixels, the maps are worse than pointing at random places. Such maps cannot serve as evidence for a decision.
# There are two likely reasons why LeNet does not suit Grad-CAM.
#
# - The output of a sigmoid is always positive, even where there is nothing. ReLU can make it 0.
# - It flattens the feature maps and multiplies each place by a different weight. So does the `Model` that you examined in "05 Looking at the evidence".

# %% [markdown] of="f9f7e086"
# ### A network with global average pooling
#
# So you train a network with **global average pooling**. It is the `CNN` of "02 Defining a model" with a third convolution.
# It multiplies every place by the same weight, and its activation function is ReLU. It has a quarter of LeNet's parameters.

# %% of="e471c3c9"
def convolution(in_channels, out_channels):
    """Return a layer that does a 3×3 convolution, batch normalization and ReLU in turn."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )


def make_gap_network():
    """Make a network that returns logits (N, 10) for images (N, 1, 28, 28)."""
    return nn.Sequential(
        *(convolution(1, 16), nn.MaxPool2d(2)),
        *(convolution(16, 32), nn.MaxPool2d(2)),
        convolution(32, 32),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)),
    )


print(f"{sum(p.numel() for p in make_gap_network().parameters()):,} parameters")

# %% [markdown] of="b690abfa"
# Leave the training to `fit` with the recipe `FAST`. The epochs are few.

# %% of="edc4174e"
gap_epochs = 2 if is_full else 4
torch.manual_seed(0)
gap_network = make_gap_network().to(device())
fit(gap_network, train, recipe=FAST, epochs=gap_epochs)
_, gap_accuracy = evaluate(gap_network, valid)
print(f"validation accuracy {gap_accuracy:.3f}")
assert gap_accuracy > 0.4, "Training stopped early. Run this cell again."

# %% [markdown] of="e4e27431"
# Compare on the same 10 and the same 1,000 images. The layer `"4"` is the output of the third `convolution`. What is different from LeNet?

# %% of="d4dbc790"
_, gap_predictions, gap_probabilities = (part.cpu() for part in predict_all(gap_network, test))
count_on_clothes("Global average", gap_network, "4", test_images[:1000], gap_predictions[:1000])
pictures = to_pictures(test_images[chosen])
maps = maps_of(gap_network, "4", test_images[chosen], gap_predictions[chosen])
plots.plot_overlay(pictures, {"Global average": maps}, headings(chosen, gap_predictions))

# %% [markdown] of="eba3c94f"
# More maps point at the clothes. Still, they do so only somewhat more often than at random. When you read them, remember too that they are coarse maps of 7×7.
#
# ### The evidence for the most frequent confusion
#
# From the confusion matrix, find the pair that this network mixed up most often. The diagonal counts the right answers, so it is set to 0.

# %% of="f4bfa190"
mistakes = confusion_matrix(labels, gap_predictions, 10)
mistakes.fill_diagonal_(0)
truth, guess = divmod(mistakes.argmax().item(), 10)
print(f"{SHORT_NAMES[truth]} → {SHORT_NAMES[guess]}: {int(mistakes[truth, guess])} images")

# %% [markdown] of="4c89581c"
# Choose up to 8 images of this pair, the most confident first. Confidence is the probability of the predicted class.

# %% of="41966026"
confused = ((labels == truth) & (gap_predictions == guess)).nonzero()[:, 0]
confidence = gap_probabilities[confused, guess]
wrong = confused[confidence.argsort(descending=True)[:8]]
print("confidence", [f"{share:.2f}" for share in gap_probabilities[wrong, guess].tolist()])

# %% [markdown] of="06f2475c"
# Here are the evidence for the true class and the evidence for the predicted class. Are the two in the same place?

# %% of="e45cdaab"
images = test_images[wrong]
rows = {
    "true class": maps_of(gap_network, "4", images, labels[wrong]),
    "predicted class": maps_of(gap_network, "4", images, gap_predictions[wrong]),
}
plots.plot_overlay(to_pictures(images), rows, headings(wrong, gap_predictions))

# %% [markdown] of="3d06c688"
# ### The first kernels
#
# LeNet's first layer has only 6 kernels. Compare them before and after training on a common scale.
# The original lab drew them in gray. Here 0 is white, positive is red and negative is blue, so that you see the signs.
# A kernel in which red and blue are cleanly separated responds to light and dark on the two sides of that border. Are there such kernels?

# %% of="7d5a90ae"
plots.plot_filters(
    first_kernels(untrained),
    first_kernels(lenet),
    titles=("before training", "after training"),
    columns=6,
)

# %% [markdown] of="f74bcfb6"
# ## 8. An activation function between the fully connected layers
#
# Back to the question of Section 4. In the course's LeNet, `between` chooses what stands between the fully connected layers.
# With ReLU there, merging them into one layer with `merged` no longer gives the same answers. The model can indeed compute more.

# %% of="6a1d71ab"
for name, model in (("none (table)", models.LeNet(1, 10)), ("ReLU", models.LeNet(1, 10, nn.ReLU))):
    single = merged([layer for layer in model.classifier if isinstance(layer, nn.Linear)])
    same = torch.allclose(model.classifier(features), single(features), atol=1e-5)
    print(name, "- same answers as 1 layer:", same)

# %% [markdown] of="548ddbb8"
# Does the accuracy rise, then? Before you measure, make a rule for the decision, because two kinds of chance change the accuracy, too.
#
# **Chance in training**: the first weights and the order of the images depend on the seed. So train $k$ times with different seeds, and find the mean and the standard deviation $s$.
# Use the standard deviation whose sum of squares is divided by $k - 1$ (in NumPy, `ddof=1`). Divided by $k$, it would underestimate the spread where the runs are few.
# The mean over $k$ runs varies by about $s / \sqrt{k}$. So compare the difference between the means of A and B with
#
# $$2 \sqrt{\frac{s_A^2}{k} + \frac{s_B^2}{k}}$$
#
# Only if the difference is larger do you say that there is one.
#
# **Chance in the choice of images**: an accuracy $p$ measured on $N$ images changes by about $\pm 2 \sqrt{p (1 - p) / N}$ on another $N$ images.
# Even if you compare two models on the same images, a difference smaller than this range may not be the same on new images.

# %% [markdown] of="0934ffd8"
# Train for 8 epochs each on 3,000 images chosen from the training data. With 2 choices of what stands between and 3 seeds, that makes 6 runs.
# The comparison decides which model to use, so measure on the validation data, not on the test data.

# %% of="6bcdbf5c"
few = Batches(train.images[:3000], train.labels[:3000], batch_size=50, shuffle=True)
accuracies = {"none (table)": [], "ReLU": []}
for name, between in (("none (table)", nn.Identity), ("ReLU", nn.ReLU)):
    for seed in range(3):
        torch.manual_seed(seed)
        few.generator.manual_seed(seed)
        model = models.LeNet(in_channels=1, num_classes=10, between=between).to(device())
        train_model(model, few, 8)
        accuracies[name].append(evaluate(model, valid)[1])
    print(name, [f"{accuracy:.3f}" for accuracy in accuracies[name]])
    assert mean(accuracies[name]) > 0.3, "Still on the plateau. Change your settings in 8-3."

# %% [markdown] of="5539be0e"
# Apply the rule. `stdev` of `statistics` is the standard deviation divided by $k - 1$. Is the difference larger than the threshold?

# %% of="97695309"
for name, values in accuracies.items():
    print(f"{name}: {mean(values):.3f} ± {stdev(values):.3f}")
without, with_relu = accuracies.values()
difference = mean(with_relu) - mean(without)
limit = 2 * (stdev(without) ** 2 / 3 + stdev(with_relu) ** 2 / 3) ** 0.5
p, n = mean(without), len(valid.labels)
print(f"difference of the means {difference:+.3f}, threshold for chance in training {limit:.3f}")
print(f"threshold for chance in the choice of {n:,} images ±{2 * (p * (1 - p) / n) ** 0.5:.3f}")


# %% [markdown] of="3a5100d1"
# If it is smaller than the threshold, you cannot say that the model got better. Being able to compute more is one thing, a higher accuracy is another.
#
# This has been checked on the full set, too. Trained with the course's recipe `FAST` for 10 epochs each with 3 seeds, the test accuracy was
# 0.896 ± 0.003 with nothing between and 0.898 ± 0.003 with ReLU. The threshold for chance in training is 0.004, so here, too, you cannot say that there is a difference.
#
# Even so, layers with nothing between them have hardly any advantage.
# They use 56,514 parameters for what 4,010 could compute.

# %% [markdown] of="e095ed01"
# ## 9. Challenge: 0.925 with fewer than 100,000
#
# This is the last problem. With a CNN of **fewer than 100,000** parameters, aim for a test accuracy of **0.925 or more** on the full set.
# To see how high this goal is, compare it with the records collected on the [data set's page](https://github.com/zalandoresearch/fashion-mnist#benchmark) of Fashion-MNIST.
# The values for models were measured by those who submitted them.
#
# | Classified by | Test accuracy |
# |---|---|
# | people (majority vote of 3 who are not experts) | 0.835 |
# | 2 convolutional layers, fewer than 100,000 parameters, no data augmentation | 0.925 |
# | 2 convolutional layers, larger or with left-right flips (the best 3) | 0.934–0.939 |
#
# The training method is fixed: `fit` with the recipe `FAST`, for as many epochs as you like.
# What you can change are the network and the **data augmentation**.
#
# Data augmentation shows slightly changed images, during training only. If the change does not affect what the image shows, the effect is close to having more images.
# A shirt flipped left to right is still a shirt. What about flipping it upside down?

# %% [markdown] of="fc68eb9b"
# ### Exercise 8-6: Challenge
#
# Write a network `Challenger` and a data augmentation `augment`.
# `augment` returns new images and does not write into those it receives. If you do not augment, return the images as they are.
# As in Exercise 8-2, do not use layers whose size is set later (such as `nn.LazyLinear`).
#
# The check below counts the parameters and trains for only 4 epochs on 410 images chosen from the training data.
# If the accuracy on another 300 images is 0.40 or more, the network counts as one that can learn. That is only the entrance; the cells after it measure the real goal.
#
# <details><summary>Hint 1 (idea)</summary>
#
# Most of LeNet's parameters are in its fully connected layers. Use only one fully connected layer, and spend what you save on convolutions.
# Stack convolutions with small kernels. Increase the channels as the images get smaller.
#
# </details>
# <details><summary>Hint 2 (functions)</summary>
#
# Stack groups of a 3×3 convolution, `nn.BatchNorm2d`, `nn.ReLU` and `nn.MaxPool2d`.
# A convolution that is normalized right after needs no bias (`bias=False`). If you pool right after the convolution, the normalization and ReLU that follow cost only a quarter of the computation.
# `images.flip(-1)` flips left to right, and `torch.where` chooses by a condition.
#
# </details>
# <details><summary>Hint 3 (steps)</summary>
#
# 1. Increase the channels 1 → 16 → 32 → 64 → 64. Except after the third convolution, use 2×2 pooling to shrink the image 28 → 14 → 7 → 3.
# 2. Flatten (N, 64, 3, 3), and pass it to a fully connected layer for 10 classes.
# 3. Draw a random number from 0 to 1 for each image, and flip only the images whose number is less than 0.5. If the random numbers have the shape (N, 1, 1, 1), you can use them in `torch.where` as they are.
#
# </details>

# %% of="3573fe1c"
class Challenger(nn.Module):
    """From images (N, 1, 28, 28) to logits (N, 10), with fewer than 100,000 parameters."""

    def __init__(self):
        ### BEGIN SOLUTION
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        ### END SOLUTION


def augment(images):
    """Change training images (N, 1, 28, 28) and return them in the same shape."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="2bf2a979"
# See how data augmentation changes images. The originals are above, the changed images below.

# %% [markdown] of="ab274281"
# Now the real training. Choose your settings by the validation accuracy. On the full set it trains for 12 epochs; on the mini set only for 3, to save time.

# %% of="dcebab93"
challenge_epochs = 12 if is_full else 3
torch.manual_seed(0)
challenger = Challenger().to(device())
recipe = dataclasses.replace(FAST, name="challenge", augment=augment)
history = fit(challenger, train, valid, recipe=recipe, epochs=challenge_epochs)
_, challenge_accuracy = evaluate(challenger, valid)
print(f"{sum(p.numel() for p in challenger.parameters()):,} parameters")
print(f"validation accuracy {challenge_accuracy:.3f}")
assert challenge_accuracy > 0.4, "It does not learn. Look at your network once more."

# %% [markdown] of="b74412cd"
# Does the validation accuracy keep rising up to the last epoch? If only the training loss keeps falling, overfitting has begun.

# %% [markdown] of="fba244cf"
# When the settings are decided, measure on the test data, once only, at the end.
# The goal of 0.925 is that for the full set. The mini set has few images, and 0.925 is out of reach: there the goal is 0.78.

# %% [markdown] of="238d53ca"
# See which classes got better than with LeNet. In the mini set a class has only 100 images, so even differences of about 0.1 happen by chance.

# %% [markdown] of="2744962e"
# Last, look at the evidence of your own network on the same images as in Section 7, with the Grad-CAM of its last convolutional layer.
# How does its share of maps that point at the clothes compare with the two of Section 7?

# %% of="976b7fdc"
last = [name for name, part in challenger.named_modules() if isinstance(part, nn.Conv2d)][-1]
guesses = challenger_predictions[:1000]
count_on_clothes("Your network", challenger, last, test_images[:1000], guesses)
pictures = to_pictures(test_images[chosen])
maps = maps_of(challenger, last, test_images[chosen], challenger_predictions[chosen])
plots.plot_overlay(pictures, {last: maps}, headings(chosen, challenger_predictions))

# %% [markdown] of="366607e7"
# ### Essay 8-7: What you learned from Fashion-MNIST
#
# Based on the results of this notebook, write about these three points, in about 200 words altogether.
#
# 1. Name the pair (true → predicted) that the network with global average pooling in Section 7 mixed up most often, and explain the reason, based on the images and their Grad-CAM. Also use the shares that you counted to say how far Grad-CAM can be trusted.
# 2. What is lost without an activation function between the fully connected layers? Does the measured difference in accuracy show it? Judge by the rule of Section 8.
# 3. What did you change from LeNet in your `Challenger`? For one of the changes, write why you think it helped, and what experiment you would do to find out.

# %% [markdown] of="4110771d"
# 1. Most often, Shirt was taken for T-shirt (23 images in the mini set). The 8 images shown have short sleeves, and the outline of the body also resembles a T-shirt.
#    The map for the true class is bright at the collar and the row of buttons, that for the predicted class around the sleeves, so I think that the short sleeves misled the network.
#    However, the brightest point was on the clothes with a share of 0.65, only a little more than the 0.50 of random places. I take the maps as one clue among others.
# 2. The three fully connected layers compute the same as a single one. The network can no longer combine features into new features.
#    However, the measured difference of 0.004 was smaller than the threshold of 0.017 for chance in training, so I cannot say that ReLU raises the accuracy.
# 3. I reduced the fully connected layers to one, increased the convolutions to four of 3×3, and replaced sigmoid by ReLU and batch normalization.
#    The gradient of a sigmoid is at most 1/4, so it tends to become small when layers are stacked. With batch normalization and ReLU it shrinks less, which I think is why the network trained in few epochs.
#    To find out, I would train a network that differs only in having sigmoid as its activation function again, with three seeds, and compare.

# %% [markdown] of="e716c896"
# **Rubric (6 points)**
#
# - Names the most frequent confusion (true → predicted) correctly from the confusion matrix, and explains the reason from concrete details of the images or the Grad-CAM (1 point). Says from the counted shares how far Grad-CAM can be trusted (1 more point).
# - Says that the fully connected layers become one (1 point). Judges the measured difference against the threshold for chance (1 more point).
# - Names a change and considers why it helped (1 point). Describes an experiment that changes only one thing and compares (1 more point).

# %% [markdown] of="d522189b"
# ## Summary
#
# - Load, look, define, train, predict, look at the evidence: the sequence is the same on new data.
# - A network with sigmoids may stop on a plateau at first. The optimizer and the learning rate matter.
# - Fully connected layers with nothing between them are the same as one fully connected layer.
# - To judge whether something got better, take the mean and standard deviation over several seeds, and compare with the size of what chance can change.
# - Before you use Grad-CAM as evidence, count whether the maps point at the object.
# - With small kernels, batch normalization and data augmentation, about as many parameters as LeNet's gave a higher accuracy.
#
# This is the last notebook of the course. Next, try going through the same sequence with data of your own.
#
# **References**
#
# - H. Xiao, K. Rasul, R. Vollgraf, [Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms](https://arxiv.org/abs/1708.07747), 2017. The data and the table of records are on the [data set's page](https://github.com/zalandoresearch/fashion-mnist).
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, [Gradient-Based Learning Applied to Document Recognition](https://doi.org/10.1109/5.726791), Proceedings of the IEEE, 1998.
# - M. Lin, Q. Chen, S. Yan, [Network In Network](https://arxiv.org/abs/1312.4400), 2013.
# - S. Ioffe, C. Szegedy, [Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift](https://arxiv.org/abs/1502.03167), 2015.
# - K. Simonyan, A. Zisserman, [Very Deep Convolutional Networks for Large-Scale Image Recognition](https://arxiv.org/abs/1409.1556), 2014.
# - R. R. Selvaraju et al., [Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization](https://arxiv.org/abs/1610.02391), 2016.
