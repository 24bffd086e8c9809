# %% [markdown] of="19e49f0a"
# # 01 Loading and looking at data
#
# Classifying images begins with looking at the data.
# When classification goes wrong, it is not unusual that the cause lies in the data.
# In this notebook you load **MNIST**, images of handwritten digits, with PyTorch, and see for yourself what they are like.
# The digit that an image shows is its **label**. Each kind of label (there are ten, 0 to 9) is a **class**.
# The computation that guesses the class from the image is a **model**. You build one in the next notebook, "02 Defining a model".
#
# **Goals**
#
# - Turn images into tensors, and bring their values to one range.
# - Read training data and test data in batches.
# - Draw the images, the number of images per class, and the distribution of pixel values, and read these figures.
#
# **Time**: about 60 minutes
#
# **How to work**: A cell that begins with a line such as `# Exercise 1-1` is an exercise.
# Delete the line `raise NotImplementedError` and write your code there.
# The next cell checks your answer on the spot.
# Where an exercise is unfinished or wrong, the notebook goes on with the course's own answer. So you can leave a hard exercise for later.

# %% [markdown] of="c6578126"
# If you hand this notebook in, write here:
#
# - Student number:
# - Name:
# - E-mail:

# %% [markdown] of="870346ca"
# ## 1. Getting ready
#
# First, check the environment that you run in and the data that you use.
# Without an Internet connection, the notebook works with a small data set, the "mini set".

# %% [markdown] of="0be0c663"
# ## 2. Transforms: from an image to a tensor
#
# An image in the file is 28×28 whole numbers from 0 to 255.
# Before it goes into a model, you change it in two ways. Such a change is called a **transform**.
#
# 1. Make it a **tensor**. Like a NumPy array, a tensor is numbers arranged in rows and columns. `ToTensor` turns the values into decimals from 0 to 1 and gives them the shape (channels, height, width).
# 2. Apply **normalization**. `Normalize` subtracts the mean from the values and divides them by the **standard deviation**.
#
# A **channel** is one kind of value that each pixel has. A grayscale image has one channel, a color image three: red, green, and blue.
#
# Why normalize?
# A model multiplies each input by a number, its **weight**, and adds up the products. Training corrects the weights little by little.
# The larger the input values are, the more the result changes when a weight changes a little.
# So the right size of one correction depends on the range of the input values.
# If the range is always the same, you can begin to train on other data with the same size of correction.
#
# Here you use mean 0.5 and standard deviation 0.5. Then 0 becomes $(0 - 0.5) / 0.5 = -1$ and 1 stays $1$, so every image lies in [-1, 1].
# This 0.5 is a number chosen to set the range. You measure the true mean and standard deviation of the pixels in Section 5.

# %% [markdown] of="3399ee22"
# ### Exercise 1-1: Make the transform
#
# Return a transform that turns an image into a tensor and normalizes it with mean 0.5 and standard deviation 0.5.
# Chain transforms with `transforms.Compose([...])`.
#
# <details><summary>Hint</summary>
#
# The arguments of `transforms.Normalize(mean, std)` are tuples with one value for each channel.
# A grayscale image has one channel, so you write `(0.5,)`.
#
# </details>

# %% of="5db2e471"
def make_transform():
    """Return a transform from an image to a tensor (1, H, W) in [-1, 1]."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="4e66441c"
# `prepare` returns the place where the data are.
# To open the data, give `datasets.MNIST` this place and the transform.
# Use the **training data** to train the model.
# Use the **test data** to measure, after training, how good it really is.
# Never train on the test data. That would be like taking an exam after seeing the answers.
#
# The handwritten digits of the mini set were written by 13 people. The same people's writing is in both the training data and the test data.
# So a test on the mini set is an exam in reading the writing of people the model knows.

# %% [markdown] of="6de9c090"
# Take one image and check its shape and the range of its values.
# The first 1 of the shape says that there is one channel, because the image is grayscale.

# %% of="1a35c218"
image, label = train_set[0]
print("Shape:", tuple(image.shape))
print("Minimum:", image.min().item(), "Maximum:", image.max().item())
print("Label:", label)


# %% [markdown] of="2e0d8716"
# ## 3. Data loaders: splitting into batches
#
# If you train on one image at a time, the updates of the weights are unstable and the computation is slow.
# If you use all images at once, the intermediate results may not fit into memory.
# So the images are divided into bundles of about 100. Such a bundle is called a **batch**.
#
# Batches are made by a **data loader**. It has three important arguments.
#
# | Argument | Meaning |
# |---|---|
# | `batch_size` | the number of images in one batch |
# | `shuffle` | whether to shuffle the order for each pass |
# | `num_workers` | the number of separate processes that prepare images |
#
# Training data are shuffled. If batch after batch held only one digit, the model would become biased toward that digit.
# Test data are not shuffled. With a fixed order, you can find the misclassified images again later.
#
# With a larger `num_workers`, the next batch is prepared while the current one is computed.
# But starting processes takes time as well. Here you leave it at its default, 0, which means no separate process.

# %% [markdown] of="fd3f644d"
# ### Exercise 1-2: Make the data loaders
#
# Return two data loaders: the one for training first, then the one for testing.
# A batch has 100 images. Shuffle the training data only.
#
# <details><summary>Hint</summary>
#
# The first argument of `DataLoader` is the data set. Pass the others by the names in the table, as in `batch_size=`.
#
# </details>

# %% of="7a16e555"
def make_loaders(train_set, test_set):
    """Return (DataLoader for training, DataLoader for testing)."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="c4ac2cfb"
# Take the first batch from the training loader.
# `iter` starts reading and `next` goes one batch ahead.
# `torch.manual_seed(0)` decides which random numbers come out. This 0 is called the **seed**. With it, the shuffled order is the same every time.
# Read the shape as (N, C, H, W): N is the number of images, C the channels, H the height, and W the width.

# %% of="50afb640"
print("Shape of the images:", tuple(images.shape))
print("Shape of the labels:", tuple(labels.shape))


# %% [markdown] of="faa94c90"
# ## 4. Looking at the images
#
# The pixels are now in [-1, 1]. To draw them, you have to bring them back to [0, 1].

# %% [markdown] of="0910d422"
# ### Exercise 1-3: Undo the normalization
#
# The normalization was $y = (x - 0.5) / 0.5$. Solve it for $x$ and return the original values.
# Keep the type, 32-bit decimals (`torch.float32`).
# The `images` that you are given are used again later. Do not overwrite them.

# %% of="7d62d055"
def unnormalise(images):
    """Return a new tensor, with the pixels in [-1, 1] brought back to [0, 1]."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="c52d9fa9"
# Here are the 100 images of the batch.
# Notice how much one and the same digit varies in thickness, slant, and shape.
# Are there images that even a person is unsure about?

# %% [markdown] of="0d3d565c"
# These are the labels of the first four images. Do they match the first four in the figure above, counted from the top left?

# %% of="10f9c323"
print("Labels of the first four images:", [CLASSES["MNIST"][label] for label in labels[:4]])

# %% [markdown] of="6928336b"
# ## 5. Counting and measuring
#
# Next, check the whole data set in numbers.
# Instead of transforming the images one by one, take them from `train_set.data` as the whole numbers they are.

# %% of="34d31270"
train_images, train_labels = train_set.data.numpy(), train_set.targets.numpy()
print("Shape:", train_images.shape, "Type:", train_images.dtype)
print("Minimum:", train_images.min(), "Maximum:", train_images.max())


# %% [markdown] of="c234f3a0"
# ### Exercise 1-4: Counts, mean, standard deviation
#
# Return, in this order, the number of images per class (a NumPy array of shape (10,)), the mean of the pixels, and the standard deviation of the pixels.
# Divide the pixels by 255, so that they are in [0, 1], before you compute the mean and the standard deviation.
# For the standard deviation, divide the sum of the squared differences by the number of pixels and take the square root (if you divide by the number minus 1, you see no difference here).
#
# <details><summary>Hint 1</summary>
#
# You can count the images with `np.bincount`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# If some class has no image, the result may not have 10 values. Look up `minlength`.
#
# </details>

# %% of="0098fc8e"
def describe_data(images, labels):
    """Return the number of images per class (10,), and mean and std of the pixels in [0, 1]."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="43921035"
# On the full MNIST, the mean is 0.1307 and the standard deviation is 0.3081.
# The mini set is made from other handwritten digits, so its values differ a little.

# %% of="b99be74c"
counts, mean, std = describe_data(train_images, train_labels)
print("Images per class:", counts.tolist())
print(f"Mean: {mean:.4f}  Standard deviation: {std:.4f}")

# %% [markdown] of="d255f707"
# A bar chart shows the number of images per class. How many times as many images does the largest class have as the smallest?
# If the counts are very uneven, even a model that answers only with the large classes seems to have a high **accuracy** (the share of images it gets right).

# %% [markdown] of="ce1f6ef7"
# This is a **histogram** of the pixel values. The vertical axis has a **logarithmic scale**: one numbered tick higher means ten times as many.
# It uses the first 1,000 images of the training data.
# Read from it that most pixels belong to the black background, and that pixels close to white come next.
# In the mini set, pixels take only 18 different values, so there are gaps between the bars.
#
# Normalization does not change the shape, only the range of the horizontal axis.
# The mean, the dashed line, is about −0.7 after normalization. There are so many black pixels that subtracting 0.5 does not bring it to 0.
# If you subtract the true mean and divide by the true standard deviation, the mean becomes 0 and the standard deviation 1.

# %% [markdown] of="7470b817"
# ## 6. Reading fast
#
# A data loader takes the images one by one and transforms them one by one.
# MNIST is small, so all images fit into the memory of the device that computes (CPU or GPU).
# `helpers.data.batches` puts the images there once, as whole numbers, cuts them into batches, and then transforms each batch as a whole.
# Check that the contents are the same.

# %% of="120aeec1"
slow_images, slow_labels = next(iter(DataLoader(test_set, batch_size=100)))
fast_images, fast_labels = next(iter(batches("MNIST", train=False, device="cpu")))
print("Same images:", torch.equal(slow_images, fast_images))
print("Same labels:", torch.equal(slow_labels, fast_labels))

# %% [markdown] of="020e5254"
# Now compare how long it takes to read all batches of the test data once, in milliseconds. One millisecond is 1/1000 of a second. How many times as fast is it?
# The time in which `batches` first puts the images into memory is not included. Training makes many passes, so the time for one pass matters more.
# From the next notebook on, you use `batches`.

# %% of="15732b91"
import time


def milliseconds_for_one_pass(loader):
    """Read loader once from beginning to end and return how long that took, in milliseconds."""
    start = time.perf_counter()
    for _ in loader:
        pass
    return 1000 * (time.perf_counter() - start)


slow = milliseconds_for_one_pass(test_loader)
fast = milliseconds_for_one_pass(batches("MNIST", train=False))
print(f"DataLoader {slow:.1f} ms, batches {fast:.1f} ms ({slow / fast:.0f} times as fast)")

# %% [markdown] of="11de7599"
# ### Essay 1-5: What you noticed in the data
#
# Write about the following two questions in about 100 words. Support what you say with the figures or with numbers.
#
# 1. Which pairs of digits is a model likely to confuse? Why do you think so?
# 2. Suppose you normalize with the "true mean and standard deviation" instead of 0.5 and 0.5. What changes in the input, and what does not?

# %% [markdown] of="41de02b6"
# 1. I think 4 and 9, 3 and 5, and 7 and 1 are easily confused. In the figure with all the images, a 4 that is not open at the top has almost the same shape as a 9.
#    3 and 5, too, differ only in how the bar at the top is connected.
# 2. If you normalize with the true mean and standard deviation, the pixel values have mean 0 and standard deviation 1.
#    Only the origin and the scale of the values change. The order of the pixels from dark to bright and the information about the shapes in the image stay the same.
#    Both normalizations are linear formulas, so you can compute the values of one from those of the other.
#    However, the right size of one correction may change a little with the range of the input.

# %% [markdown] of="48ff05b2"
# **Rubric (4 points)**
#
# - Names pairs that are likely to be confused, and bases this on the shapes in the images (1 point). Also says which parts of the shapes are alike (1 more point).
# - Says that the origin and the scale of the values change (1 point).
# - Says, with a reason, that no information of the image is lost (1 point).
#   "The weights and the bias of the first layer can cancel it out" is also a correct reason. With padding that adds zeros, however, it does not cancel out at the edges of the image.

# %% [markdown] of="04d120ab"
# ## Summary
#
# - Transforms turn images into tensors (N, C, H, W). Normalization brings their values to one range.
# - Training data are shuffled, test data are not.
# - Undo the normalization before you draw images.
# - Before training, look with your own eyes at the images, the number of images per class, and the distribution of the pixels.
#
# **Next**: In "02 Defining a model", you build the network that these images go into.
#
# **References**
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, ["Gradient-Based Learning Applied to Document Recognition"](https://doi.org/10.1109/5.726791), Proc. IEEE, 1998. (the source of MNIST)
# - Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, ["Efficient BackProp"](https://doi.org/10.1007/3-540-49430-8_2), in Neural Networks: Tricks of the Trade, 1998. (Section 4.3: why inputs are brought to one range)
