# %% [markdown] of="ce8e9ded"
# # 06 Filters and feature maps
#
# What a CNN learns in training are the weights of small kernels.
# In this notebook, you see with your own eyes the kernels, and the images that they make.
# You also learn that the same weights can look different, depending on how you color them.
#
# **Goals**
#
# - You can draw kernels and explain what a figure shows and what it hides.
# - You can use a hook to collect the feature maps of a layer inside a model correctly.
# - You can examine in three ways what a channel responds to.
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

# %% [markdown] of="64c7c175"
# You will use a trained `CNN`. If there are no saved weights, it is trained here.
# In the mini set, the same 13 people wrote both the training digits and the test digits. Accuracy on the mini set is accuracy on the handwriting of people whom the model knows.

# %% of="16f2d5c4"
model = load_or_train("CNN")
test = batches("MNIST", train=False)
_, accuracy = evaluate(model, test)
print(f"Accuracy on the test data {accuracy:.3f}")
assert accuracy > 0.7, "If you stopped the training midway, run this cell again."


# %% [markdown] of="db8bcc12"
# For comparison, make a `CNN` before training, too. It is made from the same seed as in `load_or_train`, so it has the weights with which the training began.

# %% [markdown] of="66733868"
# ## 2. The shape of weights
#
# The weights of a convolutional layer have the shape (output channels, input channels, height, width).
# The set of kernels that makes one output channel is called a **filter**. It holds as many kernels as there are input channels.
#
# The first layer takes black-and-white images, so it has one input channel. The second layer has as many as the layer before it has channels.

# %% [markdown] of="bf7948c2"
# Weights are only numbers. Look at kernel 0 of `conv1` in `CNN` as numbers.
# Can you tell what this kernel responds to?

# %% [markdown] of="73c1f06e"
# ## 3. Looking at kernels one by one
#
# Patterns are hard to see in numbers. You can draw a kernel as a small image. But weights can be negative, and their size differs from kernel to kernel.
# That is why you need **standardization**, done for each kernel on its own.
#
# 1. Subtract the mean $\mu$ of the kernel, and divide by its standard deviation $\sigma$.
# 2. Divide by 4 and add 0.5. Then $\mu$ becomes 0.5, $\mu - 2\sigma$ becomes 0, and $\mu + 2\sigma$ becomes 1.
# 3. Set values outside 0 to 1 to 0 or 1.

# %% [markdown] of="9d03feb8"
# ### Exercise 6-1: Standardize kernels
#
# Standardize each of the kernels (N, height, width) on its own, and return a new array of the same shape.
# A kernel whose values are all equal becomes 0.5.
#
# <details><summary>Hint 1</summary>
#
# The shape of `kernels.mean(axis=(1, 2), keepdims=True)` is (N, 1, 1). In a subtraction or division, each kernel uses its own value.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The standard deviation of a kernel whose values are all equal is 0. Add `1e-6` to the standard deviation, so that you do not divide by 0.
#
# </details>

# %% of="02cd0c9d"
def standardise(kernels):
    """Standardize each of the kernels (N, height, width); return an array in [0, 1]."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="02ca20ea"
# Try it on the first layer of the trained model. Are all values in [0, 1]?

# %% of="5aae6487"
kernels = standardise(model.conv1.weight.detach().cpu().numpy()[:, 0])
print("Shape:", kernels.shape)
print("Within [0, 1]:", bool(((kernels >= 0) & (kernels <= 1)).all()))

# %% [markdown] of="0a9038f8"
# The original lab set values outside $\mu \pm 0.5\sigma$ to 0 or 1. The limits here are $\mu \pm 2\sigma$, to keep the shades of gray.
# Compare the share of weights outside the limits.

# %% of="14a1bb52"
weights = model.conv1.weight.detach().cpu().numpy()[:, 0]
distances = np.abs(weights - weights.mean(axis=(1, 2), keepdims=True))
deviations = weights.std(axis=(1, 2), keepdims=True)
for width in (0.5, 2):
    print(f"Share of weights outside μ±{width}σ {(distances > width * deviations).mean():.2f}")

# %% [markdown] of="45473f55"
# `plot_weights` lays out standardized kernels, 12 in a row. The title "3,0" means output channel 3, input channel 0.
# 0 is black, and 1 is light gray. 1 is not pure white, so that you can tell it from the white of the paper.
# Look at how the bright pixels are arranged. A kernel that is bright on one side only responds to changes in brightness. Such a change is called an **edge**.

# %% [markdown] of="21206430"
# In a model that has `features`, you can choose a layer by its number. Next come the 32 kernels in the first layer of `Model` before training.
# Can you tell them from the kernels of the trained `CNN`?

# %% [markdown] of="0071691c"
# If you choose a layer that is not convolutional, you are told which layers you can choose.

# %% [markdown] of="ce3ca18a"
# ## 4. A shared scale, or a scale for each kernel
#
# Standardizing makes some things impossible to tell apart. Draw the 16 kernels of `conv1` in `CNN` again, with a shared scale.
# 0 is white, positive is red, negative is blue, and the depth of color means the same in all kernels. The figures of the original lab were only gray, so they did not show the sign.
#
# Compare this figure with the first one, in gray. Do the same kernels stand out?

# %% [markdown] of="b20ac387"
# Each of the two figures hides something different.
#
# | Scale | Shows well | Hides |
# |---|---|---|
# | Shared (0 in the middle) | sign, differences in strength between kernels | patterns of weak kernels |
# | Per kernel | the pattern of every kernel | sign, strength |
#
# With a scale per kernel, even a weak kernel that is almost 0 looks as clear as a strong one.
# Check this on an extreme example: kernels with the same pattern and strengths of 1, 0.1, −1 and 0 times, drawn in both ways.

# %% [markdown] of="0c48d1d2"
# You cannot trust a figure that does not say which scale it was drawn with.

# %% [markdown] of="0f07d394"
# ## 5. Before and after training
#
# To compare before and after, use a shared scale. With separate scales, you cannot tell whether a kernel became stronger or weaker.
#
# Look at the depth of color. Before training, all weights are chosen at random from the same range.

# %% of="168f6136"
before_and_after = (untrained.conv1.weight, model.conv1.weight)
titles = ("Before training", "After training")
plots.plot_filters(*before_and_after, titles=titles, scale="shared", columns=8)

# %% [markdown] of="5fe437fc"
# Now draw the same two sets of 16 kernels with a scale per kernel.
# Which kernels changed their pattern, and which hardly changed? Can you tell from this figure how their strength changed?

# %% [markdown] of="8d3e0b6f"
# Look at the change in strength as numbers, too. Which channel became strongest?

# %% of="8f6d1910"
strengths = [kernels.detach().cpu().flatten(1).norm(dim=1) for kernels in before_and_after]
for channel, (before, after) in enumerate(zip(*strengths, strict=True)):
    print(f"Channel {channel:2}: {before:.2f} → {after:.2f}")


# %% [markdown] of="732286fc"
# ## 6. A whole layer in one picture
#
# The second layer has 32 × 16 = 512 kernels. If each is a separate figure, drawing takes time, and comparing them is hard work.
# So lay them out in one large array first, and then draw it as a single image. Such a figure is called a **mosaic**.

# %% [markdown] of="4fdaa41a"
# ### Exercise 6-2: Lay out a mosaic
#
# Lay out the pictures (N, height, width) from left to right, `columns` in a row, and return them as one array.
#
# - Between pictures, leave `gap` pixels. There is no gap around the outside.
# - Fill places without a picture with `fill`. The last row may end midway.
# - The width is always that of `columns` pictures. Even if there are fewer than `columns` pictures, fill the rest with `fill`.
# - `gap` can be 0.
#
# Example: five 3×3 pictures with `columns=2` and `gap=1` make 3 rows and 2 columns, so the shape is (11, 7).
#
# <details><summary>Hint 1</summary>
#
# First make the large array with `np.full(shape, fill)`, then write the pictures into it one by one. Round the number of rows up.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `row, column = divmod(index, columns)` gives you the row and column of picture `index`. Its top edge is at `row * (height + gap)`.
#
# </details>

# %% of="58ad02f3"
def tile(pictures, columns, gap, fill):
    """Return pictures (N, height, width) laid out in one array, columns in a row."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="a6280682"
# Check the layout with five 2×2 pictures filled with their own number.

# %% [markdown] of="d3c2942c"
# If you pass `collated=True` to `plot_weights`, it draws the whole layer as one **heat map**.
# Output channels run across, input channels run down. One column is one filter.
#
# A row with many deep colors is an input channel with large weights. Are there rows or columns that are pale throughout?
# If the input values are about the same size in all channels, deep rows are the channels that this layer uses most. If the input values are small, even large weights have little effect on the result.

# %% [markdown] of="141be7a3"
# ## 7. Color filters
#
# The first layer of a network for color images has three input channels: red, green and blue.
# A filter (3, height, width) can be drawn directly as a small color image.
#
# These are 4 filters made by hand, so that you know their meaning. They respond to the following.
#
# - Filter 0: an edge that is dark on the left and bright on the right
# - Filter 1: an edge that is green on the left and red on the right
# - Filter 2: an edge that is blue at the top and yellow at the bottom
# - Filter 3: a spot that is bright only in the center
#
# A color whose weight is 0 is drawn at medium brightness. In filter 1, the weights for blue are 0, so red looks reddish purple, and green looks bluish green.

# %% of="28dd910c"
def colour_kernels():
    """Return a convolutional layer with four 5×5 color filters."""
    ramp = torch.linspace(-1, 1, 5)
    across, down = ramp.expand(5, 5), ramp[:, None].expand(5, 5)
    spot = torch.exp(-2 * (across**2 + down**2))
    none = torch.zeros(5, 5)
    layer = nn.Conv2d(3, 4, kernel_size=5)
    layer.weight.data = torch.stack(
        [
            torch.stack([across, across, across]),
            torch.stack([across, -across, none]),
            torch.stack([down, down, -down]),
            torch.stack([spot, spot, spot]),
        ]
    )
    return nn.Sequential(layer)


plots.plot_weights(colour_kernels(), "0", single_channel=False)


# %% [markdown] of="0b7bec76"
# Drawn one channel at a time, the same weights are 12 pictures.
# Look at filter 1 (1,0 and 1,1 and 1,2). You can see the patterns, but you have to work out the combination of colors yourself.
# 1,2 is gray, because all of it is 0.

# %% [markdown] of="f3e23306"
# ## 8. Taking out feature maps
#
# Looking at a kernel alone does not tell you clearly what it responds to. So look at the output for an image.
# The output of a convolutional layer, seen as an image for each channel, is a **feature map**.
#
# The output of a layer inside the model does not come out of it. The simplest way is to return it from `forward` as well.
# Based on `CNN`, make a model that also returns the output of `conv1`, and copy the trained weights to it.

# %% of="7c6bd1c8"
class CNNWithMaps(CNN):
    """A CNN that returns the output of conv1 along with the logits."""

    def forward(self, x):
        maps = self.conv1(x)
        x = self.pool1(F.relu(self.bn1(maps)))
        x = self.pool2(F.relu(self.bn2(self.conv2(x))))
        return self.fc(self.flatten(self.gap(x))), maps


opened = CNNWithMaps().to(device())
opened.load_state_dict(model.state_dict())
opened.eval()
images, labels = next(iter(test))
with torch.no_grad():
    _, returned = opened(images)
print("Returned output of conv1:", tuple(returned.shape))

# %% [markdown] of="a05395ac"
# This is simple, but there are drawbacks. Every time you want to see another layer, you rewrite `forward`.
# And as it now returns two values, you have to change the code for training and evaluation, too.
#
# A **hook** is a way without rewriting the model. A hook is a function that is called each time a layer is computed. Its three arguments are the layer, the input and the output.

# %% of="a8782658"
seen = []
handle = model.conv1.register_forward_hook(lambda layer, inputs, output: seen.append(output))
with torch.no_grad():
    model(images)
handle.remove()
print("Output of conv1 that the hook received:", tuple(seen[0].shape))
print("Same as the value returned from forward:", torch.allclose(seen[0], returned, atol=1e-5))

# %% [markdown] of="ed0964c3"
# At the end, `handle.remove()` removed the hook. A hook goes on being called until you remove it.
# If you forget to do so, results pile up in the same list, and memory runs low. Call the model three times to check.

# %% of="a1f15970"
kept = []
handle = model.conv1.register_forward_hook(lambda layer, inputs, output: kept.append(output))
with torch.no_grad():
    model(images)
    model(images)
    print("Called twice before removing the hook:", len(kept), "outputs")
    handle.remove()
    model(images)
    print("Called again after removing it:", len(kept), "outputs, as before")


# %% [markdown] of="1fa6189b"
# ### Exercise 6-3: Collect feature maps
#
# Pass all batches through the model in order, and return the output of the layer named `layer` as one tensor (N, C, h, w).
# `layer` is a name such as `"conv1"` or `"features.0"` (layer 0 inside `features`).
#
# - Switch to evaluation mode, and leave the model in it. Do not record gradients.
# - The last batch may be smaller than the others.
# - Go through the batches only once. When the function is called again, earlier results must not be mixed in.
# - Always remove your own hook, even when an error occurs on the way. Leave other hooks in place.
# - Do not swallow an error that occurs on the way: it must reach the caller.
#
# <details><summary>Hint 1</summary>
#
# To get a layer from its name, use `model.get_submodule(layer)`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Loop over the batches inside `try:`, and call `handle.remove()` in `finally:`. `finally` runs even when an error occurs.
#
# </details>
# <details><summary>Hint 3</summary>
#
# `torch.stack` cannot stack batches of different sizes. `torch.cat` joins them along the axis of images.
#
# </details>

# %% of="45e736f2"
def feature_maps(model, layer, batches):
    """Return the outputs (N, C, h, w) of the layer named layer for all batches."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="11684d02"
# Collect the feature maps of the first 100 images.
# Then split them into uneven batches of 60 and 40, and collect again. The result is the same, and the earlier results are not mixed in.

# %% of="f4027ce8"
conv1_maps = feature_maps(model, "conv1", [(images, labels)])
ragged = [(images[:60], labels[:60]), (images[60:], labels[60:])]
maps_again = feature_maps(model, "conv1", ragged)
print(tuple(conv1_maps.shape), tuple(maps_again.shape))
print("Same values:", torch.allclose(conv1_maps, maps_again, atol=0.01))

# %% [markdown] of="d71cdc67"
# See the maps of the first image, laid out 4×4. The titles are the numbers of the channels.
# Look for responses that differ by direction, such as only the upper side or only the left side of the edges. Which kernels do they come from?
#
# The color of the background differs from channel to channel. This is not a response to anything. What counts is the difference from the background.

# %% of="9acd7d96"
print("True label:", CLASSES["MNIST"][labels[0]])
plots.plot_feature_maps(conv1_maps[0], columns=4)

# %% [markdown] of="c6e0989a"
# You can compute the color of the background. All background pixels are −1, so the output of a kernel is the sum of its weights times −1, plus the bias.
# Compare this with the value of a pixel near the top left.

# %% of="56b1317f"
background = conv1_maps[0, :, 1, 1].cpu()
computed = (model.conv1.bias - model.conv1.weight.sum(dim=(1, 2, 3))).cpu()
print("Same as bias - sum of weights:", torch.allclose(background, computed, atol=0.01))

# %% [markdown] of="b0f2fede"
# The frame of 1 pixel around each map comes from the zeros added outside the image.
# The background pixels are −1, so to the model the zeros outside are the same as a gray frame. The kernels respond to the boundary between this frame and the background.

# %% [markdown] of="3100ad5a"
# ### Maps of deep layers are hard to read
#
# Next is the output of `pool2` for the same image. There are now 32 channels, and after two poolings the size is 7×7.
# Can you still recognize the shape of the digit?

# %% [markdown] of="ee602cdc"
# With many channels, and maps made coarse by pooling, it is hard to read what the model is doing.
# Even so, the maps are useful, because **you can look for mistakes in your program**.
#
# See an example. Forget to normalize, and feed pixels in [0, 1] instead of [−1, 1] to the same model.
# You get no error. Only the accuracy changes.

# %% of="84c6b730"
forgotten = [(to_pictures(batch), targets) for batch, targets in test]
_, forgotten_accuracy = evaluate(model, forgotten)
print(f"Normalized {accuracy:.3f}  forgotten {forgotten_accuracy:.3f}")

# %% [markdown] of="a15659d4"
# Look at the maps of `conv1`. Something that was in the maps of the normalized image is missing here. What is it?

# %% [markdown] of="f14ca7f7"
# The frame is gone. This means that the background now has the same value as the zeros added outside. It tells you that something is wrong with the input values.
#
# The same goes for tuning settings. If you watch only the accuracy, you do not know why it got better or worse, and you end up changing values by guesswork.
# If you look inside, you get an idea of what to change next. For example, if many channels output only 0 for every image, you check whether the learning rate was too high or whether there are too many channels.

# %% [markdown] of="84672a1c"
# ## 9. Images that excite a channel
#
# The response to a single image does not tell you the role of a channel.
# Search the test data for the images to which the channel responds most strongly. What they have in common is what the channel likes.
#
# You will examine the second convolution. Batch normalization can flip the sign, so use the output of `bn2`, which comes after it.
# Only when this value is positive does it pass through ReLU and go on.

# %% of="150256ac"
bn2_maps = feature_maps(model, "bn2", test)
strongest, place = bn2_maps.flatten(2).max(dim=2)
print("Feature maps:", tuple(bn2_maps.shape), "→ maximum per image:", tuple(strongest.shape))

# %% [markdown] of="af0b6324"
# A channel whose maximum is 0 or less for every image outputs only 0 after ReLU. Are there any?

# %% of="8b4056ee"
print("Channels that output only 0:", (strongest.max(dim=0).values <= 0).sum().item(), "in all")


# %% [markdown] of="76f52c0f"
# Also find out which part of the input the responding place was looking at.
# The receptive field of one pixel of `bn2` is 8×8. Counted as in "02 Defining a model", convolution, pooling and convolution make it 3 → 4 → 8. Output (r, c) looks at 8 rows of the input from row 2r − 3, and at 8 columns from column 2c − 3.

# %% of="8ac35bdf"
def most_exciting(channel, count):
    """Return indices of the count images that excite channel most, and the top left seen there."""
    chosen = strongest[:, channel].topk(count).indices
    position = place[chosen, channel]
    row, column = position // bn2_maps.shape[3], position % bn2_maps.shape[3]
    return chosen, torch.stack([2 * row - 3, 2 * column - 3], dim=1)


channels = range(12)
found = [most_exciting(channel, count=10) for channel in channels]
exciting = torch.stack([test.images[chosen] for chosen, _ in found])
corners = torch.stack([corner for _, corner in found])

# %% [markdown] of="30439805"
# Each row is one channel. Compare what is inside the squares.
# Vertical strokes, horizontal strokes, ends of strokes, corners: put into words what each row has in common.

# %% [markdown] of="8c9be064"
# Are the digits within a row all of one kind?
# For a channel that responds to a part of a shape, the row shows parts of the same shape from different digits.

# %% [markdown] of="556b8e88"
# ## 10. Making images that excite a channel
#
# Instead of searching the data, you can also make the image that gives the strongest response.
# Keep the weights fixed, and move the input pixels little by little in the direction of the gradient.
# This is called **activation maximization**.
#
# In training, you moved the weights to reduce the loss. This time, you move the image to increase the response.

# %% [markdown] of="e91985dd"
# Compare each image with the same channel in the figure above. Do the stripes run in the same direction as the strokes inside the squares?
# If an image is almost white, the mean of that channel becomes large for images that are bright over a wide area.
#
# The images do not look like digits. A channel sees only what is inside a small window, so repeating the same pattern all over the image makes the response larger.
# Note that even an image unlike anything the model saw in training can give a strong response.

# %% [markdown] of="339635ca"
# Check the size of the response in numbers. The response here is the mean over the whole feature map. This mean is also what `maximise` increases.
# Do the images you made give a stronger response than all the images of the test data?

# %% of="fdbf339b"
answers = feature_maps(model, "bn2", [(made.to(device()), labels[: len(made)])]).mean(dim=(2, 3))
of_test = bn2_maps.mean(dim=(2, 3))
for channel in channels:
    print(
        f"Channel {channel:2}: maximum of test images {of_test[:, channel].max():5.2f}  "
        f"image made {answers[channel, channel]:5.2f}"
    )

# %% [markdown] of="f8ed3b7c"
# ### Essay 6-4: What figures of filters can tell
#
# Write about these three questions, about 150 words in all, with the figures as support.
#
# 1. How did the strength and the pattern of the kernels in the first layer change from before to after training? For each of the two, which figure tells you: the one with the shared scale, or the one with a scale per kernel?
# 2. Choose one channel of the second layer, and explain what it responds to, from both the images that excite it and the image made for it.
# 3. Can you state for certain that "this channel is a detector of vertical strokes"? What would you examine to check?

# %% [markdown] of="22231efd"
# 1. After training, more kernels have deep colors, and the differences in strength are larger. This can be told from the figure with the shared scale.
#    Patterns can be compared in the figure with a scale per kernel. For example, in kernel 2, the middle of the left column now stands out.
#    Many kernels keep the pattern from before training. The sign can be told only from the figure with the shared scale.
# 2. In channel 7, for example, there was a thick vertical stroke inside the squares of the exciting images, whatever the digit.
#    The image made for it has vertical stripes, too, so it probably responds to thick vertical strokes.
# 3. No. The top 10 images show only the strongest responses, and the channel might respond moderately to other shapes as well.
#    To check, make images of only vertical or only horizontal strokes and compare the responses, and also look at images with weak and moderate responses.

# %% [markdown] of="8e98535e"
# **Rubric (6 points)**
#
# - Describes differences between before and after training, read from the figures (1 point). Says correctly which scale tells them (1 more point).
# - Explains the response of a channel from what the exciting images have in common (1 point). Also compares it with the image made for it (1 more point).
# - Gives a reason why this cannot be stated for certain (1 point). Describes concretely how to check (1 more point).

# %% [markdown] of="3e41c9c0"
# ## Summary
#
# - Weights drawn with a shared scale, with 0 in the middle, show sign and strength. Standardized per kernel, they show patterns.
# - Draw many kernels as one mosaic.
# - Receive outputs on the way with a hook. When you are done, always remove it, even when an error occurs.
# - Judge the role of a channel from its kernels, the images that excite it and the images made for it, taken together.
# - Even if maps of deep layers are hard to read, they give clues to mistakes in your program and to the setting to change next.
#
# **Next**: In "07 B2-1 A CNN in Keras", you follow the same steps with another library.
#
# **References**
#
# - M. D. Zeiler, R. Fergus, ["Visualizing and Understanding Convolutional Networks"](https://arxiv.org/abs/1311.2901), 2013. (images with strong responses)
# - D. Erhan, Y. Bengio, A. Courville, P. Vincent, ["Visualizing Higher-Layer Features of a Deep Network"](https://www.researchgate.net/publication/265022827_Visualizing_Higher-Layer_Features_of_a_Deep_Network), Université de Montréal, 2009. (activation maximization)
# - C. Olah, A. Mordvintsev, L. Schubert, ["Feature Visualization"](https://doi.org/10.23915/distill.00007), Distill, 2017.
