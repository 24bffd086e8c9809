# %% [markdown] of="271f22c0"
# # 02 Defining a model
#
# In this notebook you build a **convolutional neural network, CNN**, to classify images.
# A network is a series of computations, one after another. Each of them is called a **layer**.
# You write one and the same network in two ways, and then compare it with a much smaller one.
#
# **Goals**
#
# - Compute how the shape changes from layer to layer.
# - Count the parameters of a layer by hand.
# - Write a network of your own with `nn.Module`.
#
# **Time**: about 90 minutes

# %% [markdown] of="c6578126"
# If you hand this notebook in, write here:
#
# - Student number:
# - Name:
# - E-mail:

# %% [markdown] of="b43bca2e"
# ## 1. Getting ready

# %% [markdown] of="37842565"
# ## 2. What a convolution is
#
# In a **convolution**, a small table of weights moves across the image. This table is called a **kernel**.
# At each place, the pixels are multiplied by the weights that lie on them. The sum of all products is one value of the output.
#
# ![A 3×3 kernel is placed on a 5×5 input; multiplying and adding gives one value of the output](../assets/en/convolution.png)
#
# Why not use separate weights for each pixel? There are two reasons.
#
# - Features such as lines and corners depend on pixels close to each other. An area of about 3×3 is enough to recognize them.
# - The same feature can appear anywhere in the image. If you use the same kernel everywhere, there are fewer weights to learn.
#
# The kernel in the figure responds strongly to vertical lines. A CNN learns such weights from data.
# Note that a convolution in mathematics flips the kernel before multiplying. A CNN does not flip it. Since training decides the weights, it makes no difference.

# %% [markdown] of="1145c237"
# Check the computation in the figure with PyTorch.
# `F.conv2d` takes images (number of images, channels, height, width) and weights (output channels, input channels, height, width).
# Here there is one of each, with one channel, so `reshape` adds axes of length 1. Is the value in the center 5?

# %% [markdown] of="dbf145c4"
# **With two or more input channels**, each input channel has a kernel of its own.
# You multiply and add within each channel, and then add up the results of all channels, place by place.
# Finally, you add one number, the **bias**. This makes one output channel.
#
# The set of kernels that makes one output channel is called a **filter**.
# A filter has as many kernels as there are input channels.
# For an output of 32 channels, you use 32 filters.
#
# ![One kernel is placed on each of two input channels. The two kernels together are one filter. Multiplying and adding, summing over the two channels, and adding the bias gives one output channel](../assets/en/convolution-channels.png)
#
# Check the computation in this figure, too. `kernel.T` swaps rows and columns, which makes a kernel for horizontal lines. Is the value at the top left 13?

# %% [markdown] of="b526a6bb"
# ## 3. The size of the output
#
# A 3×3 kernel on a 28×28 image has 26 places, both down and across, where it does not stick out over the edge. So the output is 26×26.
#
# Two more things decide the size.
#
# - **Stride**: by how many pixels the kernel moves at a time.
# - **Padding**: how many pixels of 0 are added outside the image, at the top, bottom, left, and right.
#
# Try `padding=1` on the 5×5 image of Section 2.
# Look at the image after padding and at the result of the convolution. The result is 5×5, just like the original image.

# %% [markdown] of="9637240a"
# **Max pooling** moves a window in the same way and keeps only the largest value in the window.
# Here the window is 2×2 and moves by 2 pixels, so that the windows do not overlap.
# The image becomes smaller, and the result changes less when a feature shifts a little.

# %% [markdown] of="809bef5a"
# ### Exercise 2-1: The size of the output
#
# Return the side length of the output, given that of the input, `size`, that of the kernel, `kernel`, the stride, and the padding.
# Think about how many places there are for the kernel. Where the division leaves something over, drop the place that would stick out.
#
# <details><summary>Hint 1</summary>
#
# Padding is added on both sides. What does the side of the image become?
#
# </details>
# <details><summary>Hint 2</summary>
#
# From where to where can the left edge of the kernel move? How many places is that, in steps of `stride`?
#
# </details>

# %% of="6b34e9e9"
def output_size(size, kernel, stride=1, padding=0):
    """Return the side of a convolution's or pooling's output in pixels, a whole number."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="a3d21682"
# Follow the shape through the network that you are about to build. Is it 28 → 26 → 24 → 12?

# %% of="3bf19033"
size = 28
for name, kernel_size, stride in (("conv1", 3, 1), ("conv2", 3, 1), ("max pool", 2, 2)):
    size = output_size(size, kernel_size, stride)
    print(f"{name:8} → {size}×{size}")
print("flattened", 64 * size * size)

# %% [markdown] of="540e85b4"
# ## 4. Functional style: Net
#
# A model in PyTorch is a class that inherits from `nn.Module`.
# You create the layers in `__init__` and write the order of the computation in `forward`. `__init__` must begin with `super().__init__()`.
# `Net` calls ReLU and pooling as functions inside `forward`.
#
# - **Convolutional layer**: `nn.Conv2d(1, 32, kernel_size=3)` turns an image of 1 channel into 32 channels. It has 32 filters, and each makes one output channel.
# - **Fully connected layer**: connects all inputs to all outputs with weights. You write `nn.Linear(inputs, outputs)`.
# - **ReLU (rectified linear unit)**: sets negative values to 0. A function that changes values between layers in this way is called an **activation function**. Convolutions and fully connected layers alone, however many you stack, amount to a single linear formula.
# - **Dropout**: during training only, sets randomly chosen values to 0. This keeps the network from relying too much on particular values. The 0.25 of `nn.Dropout(0.25)` is the probability that a value is set to 0.
#
# The final output is one **logit** per class. It is the score of that class, not yet a probability.
#
# The lab that this course is based on used `nn.Dropout2d`, a layer that sets whole channels to 0.
# Flattened values have no channels, so this course uses `nn.Dropout` instead.

# %% [markdown] of="0f182133"
# Put one batch of real images in. For each image, 10 logits come out.

# %% of="dc5ee641"
images, labels = next(iter(batches("MNIST", train=False, device="cpu")))
print("input:", tuple(images.shape), "→ output:", tuple(Net()(images).shape))

# %% [markdown] of="92d66362"
# Now take dropout by itself and give it one million ones.
# Models and layers have a **training mode** and an **evaluation mode**.
# They are in training mode when you create them. `eval()` switches to evaluation mode.
# Notice that in training mode the values that remain are multiplied by 1 / (1 − 0.25). This makes up for the values set to 0 and keeps the mean.

# %% of="f42476d4"
dropout = nn.Dropout(0.25)
ones = torch.ones(1000, 1000)
dropped = dropout(ones)
zeros = (dropped == 0).float().mean()
print(f"training mode: share set to 0 {zeros:.2f}, remaining values {dropped.max():.3f}")
print("evaluation mode: same as the input", torch.equal(dropout.eval()(ones), ones))


# %% [markdown] of="6240a53a"
# ## 5. Counting parameters
#
# A number that training decides is called a **parameter**.
#
# - A convolutional layer has as many filters as output channels. One filter has as many kernels as there are input channels, and one bias.
# - A fully connected layer has, for each output, as many weights as there are inputs, and one bias.

# %% [markdown] of="4563b552"
# ### Exercise 2-2: The number of parameters
#
# Write functions that return the number of parameters of a convolutional layer and of a fully connected layer. Kernels are square, and there are biases.
#
# <details><summary>Hint 1</summary>
#
# When `kernel` is 3, one kernel has 9 weights.
#
# </details>
# <details><summary>Hint 2</summary>
#
# First count the parameters of one filter. In the figure of Section 2, how many kernels were there, and how many biases?
#
# </details>

# %% of="f6e24701"
def convolution_parameters(in_channels, out_channels, kernel):
    """Return the number of parameters of a kernel × kernel convolution, a whole number."""
    ### BEGIN SOLUTION
    ### END SOLUTION


def linear_parameters(in_features, out_features):
    """Return the number of parameters of a fully connected layer, a whole number."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="72d93c65"
# Add up the four layers. Notice that a single layer makes up almost all of the total. Which layer is it?

# %% of="674798ff"
counts = {
    "conv1": convolution_parameters(1, 32, 3),
    "conv2": convolution_parameters(32, 64, 3),
    "fc1": linear_parameters(9216, 128),
    "fc2": linear_parameters(128, 10),
}
for name, count in counts.items():
    print(f"{name:5} {count:>9,}")
print(f"total {sum(counts.values()):>9,}")

# %% [markdown] of="fb66a399"
# Compare this with the number that PyTorch counts.

# %% [markdown] of="d2484533"
# ## 6. Writing it in parts: Model
#
# In later notebooks you take out values from the middle of the network.
# For that, you write the same network in two parts.
#
# - `features`: extracts features from the image. (N, 1, 28, 28) → (N, 64, 12, 12)
# - `classifier`: classifies by these features. (N, 9216) → (N, 10)
#
# `nn.Sequential` is a part that passes its input through layers one after another. ReLU and pooling go into this list as layers, too: `nn.ReLU()` and `nn.MaxPool2d(2)`.
# Try it with two layers. The output has 8 channels and no negative values.

# %% of="aa227d03"
two_layers = nn.Sequential(nn.Conv2d(1, 8, kernel_size=3), nn.ReLU())
print(tuple(two_layers(images).shape), "negative values:", (two_layers(images) < 0).any().item())


# %% [markdown] of="f8e88e52"
# ### Exercise 2-3: Model
#
# Write `Model`, which computes the same as `Net`. Name its parts `features` and `classifier`.
# You count its parameters later, so do not use layers that decide their size afterwards, such as `nn.LazyLinear`.
#
# <details><summary>Hint 1</summary>
#
# `features` holds six layers: convolution, ReLU, convolution, ReLU, max pooling, dropout.
# If you put the dropout at the beginning of `classifier`, the computation is the same.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Between the two parts, flatten to (N, 9216) with `torch.flatten(x, 1)`.
#
# </details>

# %% of="d4ccce16"
class Model(nn.Module):
    """The same network as Net, divided into features and classifier."""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        ### END SOLUTION

    def forward(self, x):
        """Return the logits (N, 10) of images (N, 1, 28, 28)."""
        ### BEGIN SOLUTION
        ### END SOLUTION


# %% [markdown] of="4ba4a5ec"
# The library **torchinfo** has a function `summary`, which lists the shapes and the number of parameters layer by layer.
# The first 1 of `input_size` is the number of images. It passes one image through the model to find the shapes.
# Look for 26 → 24 → 12 in the column "Output Shape", and for your values from Exercise 2-2 in the column "Param #".
# The original lab used torchsummary, which is no longer updated, so this course uses torchinfo.

# %% [markdown] of="9f3312d9"
# Check also that you can call the parts separately. `torch.flatten(features, 1)` keeps the axis of the images and flattens the rest.

# %% [markdown] of="b7db132b"
# ## 7. The receptive field
#
# The part of the input that one value of the output sees is called its **receptive field**.
# Two 3×3 convolutions in a row have a receptive field of 5×5, because the second one gathers 3×3 values, each of which saw 3×3 pixels in the first one.
#
# Use derivatives to find out whether this is true. If you differentiate one point of the output with respect to the pixels of the input, only the pixels that have something to do with this point get a value other than 0.
# For a tensor with `requires_grad=True`, the derivatives are in `.grad` after `backward()`.
# Check that there are 5 pixels in a row both down and across.

# %% of="4efde27c"
pixels = torch.zeros(1, 1, 28, 28, requires_grad=True)
two_convolutions = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Conv2d(8, 8, 3))
two_convolutions(pixels)[0, :, 12, 12].sum().backward()
rows, columns = pixels.grad[0, 0].nonzero(as_tuple=True)
print("down:", rows.unique().tolist(), "across:", columns.unique().tolist())


# %% [markdown] of="61561ca1"
# Pooling widens the receptive field as well. A kernel of size $k$ widens it by $(k - 1) \times j$ pixels.
# Here $j$ is the distance, in pixels of the input image, between neighboring values that enter the layer. A layer of stride $s$ multiplies $j$ by $s$.
#
# In `Net`, the convolution, the convolution, and the pooling give 1 → 3 → 5 → 6. After the pooling $j = 2$, so from the next layer on the field widens twice as fast.

# %% [markdown] of="eb183f00"
# ## 8. A small network: CNN
#
# Most of the parameters of `Net` were in the fully connected layers.
# `CNN` does without a large fully connected layer and uses the following two kinds of layer.
#
# - **Batch normalization**: for each channel, brings the values to one range with the mean and the standard deviation within the batch. The paper that proposed it reports that training became faster.
#   It then multiplies by a number and adds a number, and learns these numbers, too. In evaluation mode, it uses the means and standard deviations collected during training.
# - **Global average pooling**: reduces each channel to one value, its mean over height and width. Whatever the size of the image, there are as many values as channels.
#
# These are the layers.
#
# | Name | Layer | Shape of the output (for 28×28) |
# |---|---|---|
# | `conv1` | convolution 3×3, 16 channels, `padding=1` | (N, 16, 28, 28) |
# | `bn1` | batch normalization, then ReLU | (N, 16, 28, 28) |
# | `pool1` | max pooling 2×2 | (N, 16, 14, 14) |
# | `conv2` | convolution 3×3, 32 channels, `padding=1` | (N, 32, 14, 14) |
# | `bn2` | batch normalization, then ReLU | (N, 32, 14, 14) |
# | `pool2` | max pooling 2×2 | (N, 32, 7, 7) |
# | `gap` | global average pooling | (N, 32, 1, 1) |
# | `flatten` | flatten | (N, 32) |
# | `fc` | fully connected layer | (N, classes) |

# %% [markdown] of="8167473c"
# ### Exercise 2-4: CNN
#
# Write the network in the table above. The number of input channels and the number of classes should be arguments that you can change.
# You may use other names. However, later notebooks refer to the layers of `CNN` by the names in the table.
#
# <details><summary>Hint 1</summary>
#
# Batch normalization is `nn.BatchNorm2d(channels)`. Its argument is the number of output channels of the convolution just before it.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Global average pooling is `nn.AdaptiveAvgPool2d(1)`, and the layer that flattens is `nn.Flatten()`.
# Instead of these two, you can also write `x.mean(dim=(2, 3))`.
#
# </details>

# %% of="7a1eb42e"
class CNN(nn.Module):
    """A small CNN with batch normalization and global average pooling."""

    def __init__(self, in_channels=1, num_classes=10):
        super().__init__()
        ### BEGIN SOLUTION
        ### END SOLUTION

    def forward(self, x):
        """Return the logits (N, num_classes) of images (N, in_channels, H, W)."""
        ### BEGIN SOLUTION
        ### END SOLUTION


# %% [markdown] of="9ae68cfa"
# Compare the number of parameters with that of `Model`. The 5,226 of `CNN` are 160 + 4,640 in the convolutions, 32 + 64 in batch normalization, and 330 in the fully connected layer.
# For each channel, batch normalization learns one number to multiply by and one to add.
#
# Compare also how many computations one image needs and how much memory the parameters take.
# `total_mult_adds` is the approximate number of multiply-and-add operations. One parameter takes 4 bytes, and one kilobyte is 1,000 bytes.
# The numbers of parameters differ by a factor of about 230. By what factor do the numbers of computations differ?

# %% of="d5bc5429"
for network in (Model(), CNN()):
    costs = summary(network, input_size=(1, 1, 28, 28), device="cpu", verbose=0)
    kilobytes = 4 * costs.total_params / 1000
    print(
        f"{type(network).__name__:5} parameters {costs.total_params:>9,}  "
        f"computations {costs.total_mult_adds:>10,}  memory {kilobytes:>5,.0f} kilobytes"
    )

# %% [markdown] of="b8b93830"
# Thanks to global average pooling, `CNN` also accepts images that are not 28×28. Try it with images of 56×56.

# %% [markdown] of="cf7e1833"
# Predict what happens with `Model` before you run this.
# Read `(2x43264 and 9216x128)` in the error message.
# For each image, the fully connected layer expected 9216 values, but 64 × 26 × 26 = 43264 values arrived.

# %% [markdown] of="b4017b44"
# ## 9. A model that is not trained
#
# How high is the accuracy when the weights are random? There are 10 classes, so guessing gives about 0.1.
# The "loss" printed beside it is the size of the mistakes. The next notebook explains it.

# %% of="b805f257"
from helpers.training import evaluate

torch.manual_seed(0)
for network in (Model(), CNN()):
    loss, accuracy = evaluate(network, batches("MNIST", train=False, device="cpu"))
    print(f"{type(network).__name__:5} loss {loss:.1f}  accuracy {accuracy:.1f}")

# %% [markdown] of="a05df5cc"
# ### Essay 2-5: 1.2 million against 5 thousand
#
# `Model` has about 1.2 million parameters, `CNN` about 5 thousand.
# Trained on the 60,000 images of the full MNIST, the test accuracy was 0.989 for `Model` after 2 epochs and 0.967 for `CNN` after 5 epochs (mean over 3 seeds).
# An **epoch** is one pass over all training data.
#
# Write about the following two questions in about 100 words.
#
# 1. Which layers does the difference in the number of parameters come from? Explain with numbers.
# 2. Name at least one advantage and at least one disadvantage of having many parameters, with reasons. As evidence, you can use the accuracies, and the computations and the memory that you compared in Section 8.

# %% [markdown] of="bbd3e586"
# 1. The fc1 of `Model` has 9216 × 128 + 128 = 1,179,776 parameters, 98% of the total. That is because the feature maps are flattened and then fully connected.
#    `CNN` reduces them to 32 values by global average pooling, so its last layer needs only 32 × 10 + 10 = 330.
# 2. Advantage: with many parameters, a network can represent even fine differences of shape. `Model` reached a higher accuracy than `CNN` with less training.
#    Disadvantage: it needs more computation and more memory. `Model` takes about 12 times the computations of `CNN` and about 230 times the memory.
#    With little data, there is also a risk that it memorizes fine details of the training data and makes more mistakes on new images.

# %% [markdown] of="c0e8c8a1"
# **Rubric (4 points)**
#
# - Says that the difference comes from the first fully connected layer (1 point). Supports this with numbers (1 more point).
# - Names at least one advantage, with a reason (1 point).
# - Names at least one disadvantage, with a reason (1 point). It may be computation, memory, or the amount of data needed.

# %% [markdown] of="5633f5a4"
# ## Summary
#
# - A convolution uses the same small kernel everywhere in the image. Adding up the results of all input channels makes one output channel.
# - The size of the output is $\lfloor (n + 2p - k) / s \rfloor + 1$.
# - Most of the parameters are in the first fully connected layer. Global average pooling removes that layer.
# - A model returns logits. The computation that turns them into probabilities is not part of the model. In training it happens inside the loss function; in prediction you do it after you receive the logits.
#
# **Next**: In "03 Training", you let the data decide the weights of this model.
#
# **References**
#
# - M. Lin, Q. Chen, S. Yan, ["Network in Network"](https://arxiv.org/abs/1312.4400), 2013. (global average pooling)
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov, ["Dropout: A Simple Way to Prevent Neural Networks from Overfitting"](https://jmlr.org/papers/v15/srivastava14a.html), JMLR, 2014.
# - S. Ioffe, C. Szegedy, ["Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift"](https://arxiv.org/abs/1502.03167), 2015.
