# %% [markdown] of="b1c41ba1"
# # 05 Looking at the evidence
#
# Where in an image does a trained model look when it decides on an answer?
# In this notebook, you lay the evidence for a decision over the image, as a **map**.
#
# **Goals**
#
# - You can make saliency maps and Grad-CAM yourself, using gradients.
# - You can take out a layer's output and its gradient with a hook.
# - You know how to question a map of evidence and put it to the test.
#
# **Time**: about 120 minutes

# %% [markdown] of="c6578126"
# If you hand this notebook in, write here:
#
# - Student number:
# - Name:
# - E-mail:

# %% [markdown] of="b43bca2e"
# ## 1. Getting ready

# %% [markdown] of="badb3520"
# You will use a trained `Model`. If there are no saved weights, it is trained here.
# The test digits of the mini set were written by the same 13 people as the training digits. So this is the accuracy on the handwriting of these people.

# %% of="b5001a2c"
model = load_or_train("Model")
test = batches("MNIST", train=False)
accuracy = evaluate(model, test)[1]
print(f"Test accuracy {accuracy:.3f}")
assert accuracy > 0.95, "If you stopped the training midway, run this cell again."

# %% [markdown] of="38d58590"
# The images to examine come from the test data: one for each class, out of those that the model predicts correctly.
# `images` goes into the model, with pixels in [-1, 1]. `pictures` is for drawing, with pixels in [0, 1].

# %% of="e62209ae"
everything, labels = to_float(test.images), test.labels
predictions, _ = predict(model, everything)
classes = torch.arange(10, device=labels.device)
chosen = [((labels == digit) & (predictions == digit)).nonzero()[0, 0] for digit in classes]
images = everything[torch.stack(chosen)]
pictures = to_pictures(images)
print("Images:", tuple(images.shape), "Classes:", classes.tolist())

# %% [markdown] of="9d869722"
# ## 2. What to differentiate
#
# If a small change to a pixel changes the answer a lot, that pixel matters. The derivative tells you how much the answer changes.
# But which output of the model should you differentiate?
#
# Here you differentiate the **logit** of a chosen class. The original lab applied a sigmoid to the logit first, and then differentiated. The **sigmoid** is the function $1 / (1 + e^{-x})$, which squeezes a number into the range 0–1.
# For large logits, the sigmoid is almost flat. In the table below, see what happens to its derivative, the slope, where it is flat.

# %% of="16e2fd8d"
print("   logit     sigmoid  slope of sigmoid  slope of logit")
for value in (0.0, 2.0, 5.0, 10.0, 20.0):
    logit = torch.tensor(value, requires_grad=True)
    probability = logit.sigmoid()
    probability.backward()
    print(f"{value:8.0f}  {probability.item():10.6f}  {logit.grad.item():16.10f}  {1.0:14.1f}")

# %% [markdown] of="d6cd3b41"
# If you go through the sigmoid, the gradient of the logit is multiplied by the slope of the sigmoid. Within one image, every pixel is multiplied by the same positive number. So within a map, the order from dark to bright does not change.
# Even so, there are two problems.
#
# - The more confident the prediction, the smaller the number to multiply by. You cannot compare the strength of maps between images.
# - Once the logit is above about 17, the value of the sigmoid is rounded to 1 (with `float32`). The derivative is then exactly 0, and the map disappears.
#
# For how many of the first 500 test images does the map disappear?

# %% of="f4947886"
with torch.no_grad():
    highest = model(everything[:500]).amax(dim=1)
slope = highest.sigmoid() * (1 - highest.sigmoid())
print(f"Of {len(slope)} images, the sigmoid's slope is rounded to 0 for {(slope == 0).sum()}")


# %% [markdown] of="2f801f8b"
# The derivative of the **softmax**, too, comes closer to 0 the more confident the prediction is.
# Worse, it mixes in the gradients of the other classes' logits, so that even the order from dark to bright changes.

# %% [markdown] of="fdc5a0a7"
# ## 3. Saliency maps
#
# Differentiate the logit of a chosen class with respect to the pixels and take the absolute value: the result is a **saliency map**.
# Where its value is large, a small change to the pixel moves the logit a lot.
#
# The original lab computed the maps one image at a time. Here you compute a whole batch at once: add up the logits that you chose for each image, and then differentiate the sum.
# In evaluation mode, the logit of one image does not depend on the other images. So the gradient of the sum is the same as the gradients taken image by image.

# %% [markdown] of="2fea7cb1"
# ### Exercise 5-1: A saliency map
#
# Differentiate the logit of the class that `classes` names with respect to the pixels, and take the absolute value.
# A color image has several channels, so use the maximum over the channels.
# Do not turn on gradient recording for the `images` that you are given.
#
# <details><summary>Hint 1</summary>
#
# To differentiate with respect to the pixels, start recording before the images enter the model, as in `images.clone().requires_grad_()`.
# `torch.autograd.grad(value, images)[0]` gives you the gradient.
#
# </details>
# <details><summary>Hint 2</summary>
#
# To pick one value from each row, use `logits.gather(1, classes[:, None])`.
# The maximum is `.amax(dim=1)`.
#
# </details>

# %% of="b1eb8f1b"
def saliency(model, images, classes):
    """Return saliency maps (N, H, W) of images (N, C, H, W) for classes (N,)."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="ab8cae86"
# The function returns the absolute values of the gradient. To make images easier to compare, `normalise` stretches each map to [0, 1].
# Are the bright places on the strokes of the digit? Are there any off the strokes, too?

# %% of="4d3c5f8b"
plots.plot_maps(pictures, {"Saliency map": normalise(saliency(model, images, classes))}, cmap="hot")

# %% [markdown] of="ced52913"
# ### SmoothGrad: jitter, then average
#
# Saliency maps look grainy. The paper on **SmoothGrad** blames gradients that change even when the image differs only slightly.
# It therefore adds weak noise to the image, computes the gradient, repeats this, and averages. Gradients that depend on the noise become small in the average.
# Compare different strengths of noise. The number in the figure is the standard deviation of the noise, divided by the range of the pixel values. Does stronger noise make the maps better?

# %% of="9bcb752c"
plots.plot_maps(
    pictures,
    {"No noise": normalise(saliency(model, images, classes))}
    | {
        f"Noise {sigma}": normalise(explain.smooth_grad(model, images, classes, sigma=sigma))
        for sigma in (0.1, 0.3, 0.6)
    },
)


# %% [markdown] of="549e2fad"
# ## 4. Grad-CAM
#
# If you want to know roughly where the model looked, rather than pixel by pixel, use the output of a convolutional layer.
# **Grad-CAM** (gradient-weighted class activation mapping, Selvaraju et al., [arXiv:1610.02391](https://arxiv.org/abs/1610.02391)) is computed in these steps.
#
# ![How Grad-CAM is computed. The image goes through the layer, which gives the output A. The logit is differentiated with respect to A, and the mean over height and width is the weight of a channel. The weighted channels are added, ReLU is applied, and the result is enlarged to the size of the image and laid over it](../assets/en/grad-cam.png)
#
# 1. Pass the image through the model and keep the output $A^k$ of the layer you examine ($k$ is the channel).
# 2. Differentiate the logit $y$ of the chosen class with respect to the layer's output.
# 3. Average the gradient over each channel to get its weight $\alpha_k$. A channel with a positive $\alpha_k$ speaks for the class.
# 4. Multiply by the weights, add, and set negative values to 0. $L = \mathrm{ReLU}\left(\sum_k \alpha_k A^k\right)$
# 5. Enlarge the result to the size of the image, and lay it over the image.

# %% [markdown] of="52ce40b7"
# ### Exercise 5-2: Take out a layer's output and gradient
#
# You take out the output of a layer inside the model with a **hook**. A hook is a function that is called each time the layer is computed.
# Return the output of the layer named `layer`, and the gradient of the chosen logits with respect to that output.
# Always remove the hook you attached, even when an error occurs. Do not swallow the error: it must reach the caller.
# Leave other hooks, and the `images` you are given, as they are.
#
# <details><summary>Hint 1</summary>
#
# `model.get_submodule(layer)` gives you the layer.
# Attach a hook with `handle = submodule.register_forward_hook(function)` and remove it with `handle.remove()`.
# The arguments of the function are `(module, inputs, output)`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Inside the hook, put `output` into a dictionary as it is. `detach` would cut the **computation graph**, the record of the order of the computation, and then you cannot differentiate.
#
# </details>

# %% of="75f25865"
def activation_and_gradient(model, layer, images, classes):
    """Return a layer's output and its gradient, both of shape (N, C, h, w)."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="b6c3b45c"
# The last features of `Model` are the output of the max pooling `features.4`. Check the shapes.

# %% of="57cfc4de"
activation, gradient = activation_and_gradient(model, "features.4", images, classes)
print("Output:", tuple(activation.shape), "Gradient:", tuple(gradient.shape))


# %% [markdown] of="2b8dd089"
# ### Exercise 5-3: Grad-CAM
#
# Write steps 3 and 4, and the enlarging in step 5. Laying the map over the image comes in Exercise 5-4.
# `size` is the pair (height, width). To enlarge, use `F.interpolate(…, size, mode="bilinear")`.
#
# <details><summary>Hint 1</summary>
#
# The shape of `gradient.mean(dim=(2, 3), keepdim=True)` is (N, C, 1, 1). You can multiply the layer's output by it directly.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `F.interpolate` takes the shape (N, C, h, w). Add an axis for the channels with `maps[:, None]`, and drop it afterwards with `[:, 0]`.
#
# </details>

# %% of="399be0d3"
def grad_cam(activation, gradient, size):
    """Return Grad-CAM (N, H, W) of the given size from output and gradient (N, C, h, w)."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="e3950a12"
# Compare your maps with those of the course's function `explain.grad_cam`. The functions in `explain` also take care of hooks and evaluation mode.
# The tests of the course check that they also agree, to 1e-5, with the values of Captum, a widely used library.

# %% of="75d9f2d0"
cams = grad_cam(activation.detach(), gradient.detach(), images.shape[-2:])
course_cams = explain.grad_cam(model, images, "features.4", classes)
print("Same maps:", torch.allclose(cams, course_cams, atol=1e-5))


# %% [markdown] of="1e2e515f"
# ## 5. Laying maps over images
#
# Turn the map into colors, and mix it half and half with the image. Coloring is the job of **OpenCV**.
#
# The color map is INFERNO. With JET, which the original lab used, lightness goes up and down even where the value rises at a constant rate.
# As a result, you see boundaries that are not in the map. In INFERNO, a larger value is always brighter.

# %% [markdown] of="2df3024b"
# ### Exercise 5-4: The mixed picture
#
# Images and maps are both NumPy arrays (N, H, W) with values in [0, 1]. Return RGB images (N, H, W, 3) of type `uint8`.
#
# <details><summary>Hint 1</summary>
#
# OpenCV takes one image at a time, as `uint8` from 0 to 255.
# Use `cv2.applyColorMap(…, cv2.COLORMAP_INFERNO)` and `cv2.addWeighted(image1, 0.5, image2, 0.5, 0)`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# OpenCV's colors are in the order blue, green, red (BGR). `cv2.cvtColor(…, cv2.COLOR_BGR2RGB)` puts them right.
# `cv2.COLOR_GRAY2RGB` gives a gray image 3 channels.
#
# </details>

# %% of="f501995d"
def overlay(images, maps):
    """Return uint8 RGB images (N, H, W, 3): colored maps mixed half and half with the images."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="d18adb03"
# Lay the maps over the 10 images. Within one image, a brighter place is stronger evidence for the class.
# Each map was stretched to [0, 1] separately, so you cannot compare the brightness of different images. The maxima before stretching are printed above the figure.
# Sort the images into those that make sense to you and those that do not.

# %% of="0cfc1dcc"
print("Maxima before stretching:", [round(value, 3) for value in cams.amax(dim=(1, 2)).tolist()])
mixed = overlay(pictures[:, 0].cpu().numpy(), normalise(cams).cpu().numpy())
figure = plots.plot_images(mixed.transpose(0, 3, 1, 2), classes.tolist(), columns=5)
figure.set_size_inches(9, 3.8)
figure

# %% [markdown] of="c2827e9d"
# ## 6. Models that Grad-CAM struggles with
#
# Were there images that are bright far away from the digit?
# To find the reason, draw the maps before negative values are set to 0, and without stretching. Red speaks for the class, blue against it, and white is 0. The color scale is the same for all 10 images.

# %% of="4d1ed6a7"
evidence = explain.grad_cam(model, images, "features.4", classes, relu=False)
against = (evidence.sum(dim=(1, 2)) < 0).sum()
print(f"Of {len(images)} images, those with more evidence against the class than for it: {against}")
plots.plot_maps(pictures, {"Before ReLU": evidence}, classes.tolist())

# %% [markdown] of="4a471fb6"
# The images are predicted correctly, and yet some have more evidence against the class (blue) than for it.
# `Model` flattens the feature maps and multiplies each place by a weight of its own. The same channel speaks for the class in some places and against it in others.
# Grad-CAM averages the gradient over height and width, so that a channel has a single weight. The differences between places are lost here.
#
# `CNN` is different, because **global average pooling** averages all places with the same weight.
# Prepare a trained `CNN`. If there are no saved weights, it is trained here.

# %% of="594edf5f"
cnn = load_or_train("CNN")
accuracy = evaluate(cnn, test)[1]
print(f"Test accuracy {accuracy:.3f}")
assert accuracy > 0.85, "If you stopped the training midway, run this cell again."

# %% [markdown] of="4866fe50"
# The last features of `CNN` are the output of the max pooling `pool2`.
# What share of the channels has both places with a positive gradient (for the class) and places with a negative one (against it)? Count them in both models.

# %% of="bf799146"
cnn_activation, cnn_gradient = activation_and_gradient(cnn, "pool2", images, classes)
for name, slopes in {"Model": gradient, "CNN": cnn_gradient}.items():
    both = (slopes.amax(dim=(2, 3)) > 0) & (slopes.amin(dim=(2, 3)) < 0)
    print(f"{name}: channels with places both for and against: {both.float().mean():.0%}")

# %% [markdown] of="985ed593"
# ### CAM: when no derivative is needed
#
# If a single fully connected layer follows global average pooling, the logit is given by this formula ($w_k$ are the weights of the fully connected layer, $Z$ is the number of places).
#
# $$y = b + \sum_k w_k \frac{1}{Z} \sum_{i,j} A^k_{ij} = b + \frac{1}{Z} \sum_{i,j} \sum_k w_k A^k_{ij}$$
#
# On the right, $\sum_k w_k A^k_{ij}$ divided by $Z$ is the amount that the place $(i, j)$ adds to the logit.
# Before the division, $\sum_k w_k A^k_{ij}$ is called **CAM** (class activation mapping). The gradient is $w_k / Z$, so Grad-CAM is exactly $1/Z$ times CAM.

# %% of="09b7f483"
weights = cnn.fc.weight[classes].detach()[:, :, None, None]
cam = (weights * cnn_activation).sum(dim=1)
places = cam.shape[-2] * cam.shape[-1]
raw_cams = explain.grad_cam(cnn, images, "pool2", classes, relu=False, upsample=False)
chosen_logits = cnn(images).gather(1, classes[:, None])[:, 0]
added_up = cnn.fc.bias[classes] + cam.mean(dim=(1, 2))
print("Number of places:", places)
print("CAM = number of places × Grad-CAM:", torch.allclose(cam, places * raw_cams, atol=1e-4))
print("logit = b + mean of CAM:", torch.allclose(chosen_logits, added_up, atol=1e-4))

# %% [markdown] of="45eef41e"
# Put the Grad-CAM of the two models side by side, for the true class.
# The 10 images are ones that `Model` predicts correctly, so `CNN` may get some wrong. The titles read "true class → prediction of `CNN`".
# Which model's evidence is closer to how people look at the digits?

# %% [markdown] of="6a678d5f"
# ## 7. Occlusion: cover it and see
#
# The method of **occlusion** uses no derivatives. It covers part of the image with a square and measures how far the logit falls.
# This tests directly whether covering a place lowers the logit, but the model has to run once for every place that is covered.
#
# The color of the cover matters, too. Covering with gray would draw a square that was not in the digit. Here the cover is black (-1), like the background.

# %% of="205dfcd9"
falls = explain.occlusion(cnn, images, classes, window=5, stride=2, fill=-1)
print(f"Largest fall at any place {falls.max():.1f}, largest rise {-falls.min():.1f}")

# %% [markdown] of="eeb0c54a"
# Compare four methods on the same images. The two that differentiate with respect to the pixels (saliency, SmoothGrad) are fine, Grad-CAM and occlusion are coarse.
# The grid pattern in the saliency maps comes from max pooling: the gradient flows to only one pixel in each window.
# Even the background is bright, because drawing a dot where there is nothing also moves the logit.
# For occlusion, red means "covering lowers the logit", blue means "covering raises it". In which images, and where, do the four methods agree?

# %% of="8dd53502"
plots.plot_maps(
    pictures,
    {
        "Saliency": normalise(explain.saliency(cnn, images, classes)),
        "SmoothGrad": normalise(explain.smooth_grad(cnn, images, classes, sigma=0.3)),
        "Grad-CAM": normalise(explain.grad_cam(cnn, images, "pool2", classes)),
        "Occlusion": falls,
    },
    classes.tolist(),
)

# %% [markdown] of="0c0c4e97"
# ## 8. Looking for the reasons behind mistakes
#
# Where `CNN` is wrong, you can compare the evidence for two classes: the true one and the predicted one. The titles read "true class → prediction".
# Choose one image and explain in words which part of it misled the model.

# %% of="418c028e"
cnn_predictions, _ = predict(cnn, everything)
wrong = (cnn_predictions != labels).nonzero()[:10, 0]
mistakes, truth, guess = everything[wrong], labels[wrong], cnn_predictions[wrong]
plots.plot_overlay(
    to_pictures(mistakes),
    {
        "True class": normalise(explain.grad_cam(cnn, mistakes, "pool2", truth)),
        "Predicted class": normalise(explain.grad_cam(cnn, mistakes, "pool2", guess)),
    },
    [f"{a} → {b}" for a, b in zip(truth.tolist(), guess.tolist(), strict=True)],
)


# %% [markdown] of="33a49acf"
# ## 9. Questioning the maps
#
# A plausible map is not necessarily the model's real evidence. For example, a map that only traces the outline of the digit looks "right" for any model.
#
# The **sanity check** makes the model's weights random, and then makes the maps again.
# If a map shows what was learned, it should change when the learning is erased. If it does not change, the map does not look at the trained weights.
# The reverse does not hold. A map that changes is not necessarily right. Even a random pattern that uses the weights only as a seed for random numbers would change.

# %% [markdown] of="f9c41f09"
# ### Exercise 5-5: A sanity check
#
# Return the maps of the trained model and the maps of a model with random weights, in this order.
# Make the maps with `explanation(model, images, classes)`. For both, the classes are those that the trained model predicts.
# Leave both models in evaluation mode, as they are.
# `randomise_` changes the very model that you pass to it. You will need the trained model again later.
#
# <details><summary>Hint</summary>
#
# `copy.deepcopy(model)` makes a copy that includes the weights.
#
# </details>

# %% of="87c5120b"
def sanity_check(model, images, explanation):
    """Return (maps of the trained model, maps of a model with random weights)."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="85185eef"
# Check three kinds of maps. The third, "Outline", only traces where the brightness of the image changes. It does not use the model.
# The classes are the predictions of `CNN`. For Grad-CAM, use the map before ReLU. With ReLU, some maps can be 0 everywhere, and then you cannot compare them.

# %% of="939619b3"
def edges(model, images, classes):
    """Return the changes in brightness: a bad example that looks at neither model nor classes."""
    down, right = torch.gradient(images[:, 0], dim=(1, 2))
    return torch.hypot(down, right)


def signed_grad_cam(model, images, classes):
    """Return Grad-CAM with its negative values kept."""
    return explain.grad_cam(model, images, "pool2", classes, relu=False)


explanations = {"Saliency": saliency, "Grad-CAM": signed_grad_cam, "Outline": edges}
compared = {name: sanity_check(cnn, images, make) for name, make in explanations.items()}

# %% [markdown] of="8ab435af"
# Put the maps from the trained weights and from the random weights side by side. Do the two in each pair look alike?

# %% of="b349a8ea"
rows = {}
for name, (trained, randomised) in compared.items():
    rows[f"{name}: trained"] = normalise(trained)
    rows[f"{name}: random"] = normalise(randomised)

plots.plot_maps(pictures, rows)


# %% [markdown] of="d185cc11"
# The **correlation coefficient** measures how much two maps look alike. It is 1 if their brightness changes in the same way, near 0 if they are unrelated, and negative if they are opposite.
# Even a 1 does not mean that the maps are the same: multiplying the brightness by a positive number, or adding a constant to it, leaves the correlation coefficient unchanged.
# Look at the mean over the 10 images, and at the range from the smallest to the largest. Which kind of map differs most from image to image?

# %% of="bc35dd5b"
def correlation(one_map, other):
    """Return the correlation coefficient of two maps."""
    return torch.corrcoef(torch.stack([one_map.flatten(), other.flatten()]))[0, 1].item()


for name, pair in compared.items():
    values = [correlation(one_map, other) for one_map, other in zip(*pair, strict=True)]
    print(f"{name}: mean {np.mean(values):.2f} (from {min(values):.2f} to {max(values):.2f})")

# %% [markdown] of="7b9d85f5"
# ### Essay 5-6: How to use maps of evidence
#
# Based on the figures in this notebook, write about these two points, in about 100 words.
#
# 1. Choose one image that the model got wrong. Compare the Grad-CAM for the true class with that for the predicted class, and think about the reason for the mistake.
# 2. In the sanity check, why is the correlation coefficient of the outline 1? And why does the outline still look like a plausible map?

# %% [markdown] of="7ec88138"
# 1. In an image of a 4 that was mistaken for an 8, the evidence for 4 was on the stroke that sticks out at the top, and the evidence for 8 was on the small loop in the middle.
#    This 4 is closed at the top and looks like a loop, so the model probably took it for a part of an 8.
# 2. The outline is computed from the image alone and does not use the model's weights. So the map stays the same even with random weights, and the correlation coefficient is 1.
#    It looks plausible because people tell digits apart by their outlines, and take their own way of seeing for the model's evidence. Looks alone do not tell you whether something is evidence.

# %% [markdown] of="47e77062"
# **Rubric (4 points)**
#
# - Describes concretely, for one image, how the bright places differ between the two classes (1 point).
# - Reasons from this difference to the cause of the mistake (1 point).
# - Explains that the correlation coefficient is 1 because the outline does not use the model's weights (1 point).
# - States that looking plausible and being the model's evidence are two different things (1 point).

# %% [markdown] of="76ed9966"
# ## Summary
#
# - Differentiate the logit. Through a sigmoid or softmax, the gradient comes closer to 0 the more confident the prediction is.
# - A saliency map is the gradient of each pixel. Grad-CAM adds up a layer's output, weighted by channel.
# - Always remove hooks, even when an error occurs.
# - Grad-CAM averages the gradient over height and width. In a model with global average pooling, the gradient is the same at every place, so averaging loses nothing. Grad-CAM is then CAM divided by the number of places.
# - Question every map. A map that stays the same with random weights is not the model's evidence. A map that changes is not right for that reason alone.
#
# **Next**: In "06 Filters and feature maps", you look at single filters inside a model.
#
# **References**
#
# - K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps", [arXiv:1312.6034](https://arxiv.org/abs/1312.6034), 2013.
# - D. Smilkov et al., "SmoothGrad: removing noise by adding noise", [arXiv:1706.03825](https://arxiv.org/abs/1706.03825), 2017.
# - R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", [arXiv:1610.02391](https://arxiv.org/abs/1610.02391), 2016.
# - B. Zhou et al., "Learning Deep Features for Discriminative Localization", [arXiv:1512.04150](https://arxiv.org/abs/1512.04150), 2015. (CAM)
# - M. D. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", [arXiv:1311.2901](https://arxiv.org/abs/1311.2901), 2013. (occlusion)
# - J. Adebayo et al., "Sanity Checks for Saliency Maps", [arXiv:1810.03292](https://arxiv.org/abs/1810.03292), 2018.
