# %% [markdown] of="2eaa96e5"
# # 07 B2-1 A CNN in Keras

# %% [markdown] of="4dfb03dc"
# - Student number:
# - Name:
# - E-mail:

# %% [markdown] of="eeb60aa4"
# This notebook is the lab sheet for experiment B2-1. First, fill in the three lines above.
#
# So far you have used PyTorch. Here you go through the same steps with another library, **Keras**.
# In Keras you do not write the training loop yourself. You call `fit` once, and it runs all the epochs.
#
# In the previous lab you classified handwritten digits with a **BPNN (backpropagation neural network)**.
# A BPNN could tell the digits apart, too. You use a CNN all the same, because it differs in two ways.
#
# - A BPNN takes an image flattened into a row of 784 values. It makes no use of which pixels are neighbors.
#   A CNN takes the image as it is, with a height and a width.
# - A CNN learns how to extract a **feature**, something in the image that serves as a clue. It learns this in the form of filters.
#   It uses the same filter everywhere in the image.
#
# The last assignment, B2-1-2, measures what this difference is worth.
#
# **Goals**
#
# - You can write the whole sequence in Keras, from preparing the data to evaluating the model.
# - You can compare the filters before and after training, and explain why they differ.
# - You can compare two models fairly, by training them with several seeds.
#
# **Time**: about 90 minutes

# %% [markdown] of="83c90ee0"
# ## [1-0] Getting ready
#
# Keras leaves the computation to another library. Here that is **TensorFlow**.
# The cell below shows the versions, the device, and the data.

# %% [markdown] of="63cb8a14"
# ## [1-1] A function that loads the data
#
# Keras takes images of shape (N, height, width, channels).
# In PyTorch it is (N, channels, height, width): the channels stand in another place.
#
# `arrays("MNIST")` returns the images and labels for training, `arrays("MNIST", train=False)` those for testing.
# The images are integers from 0 to 255, of shape (N, 28, 28). Images and labels are NumPy arrays.
#
# The `get_data_mnist` of the previous lab flattened each image into 784 values.
# A CNN takes images in their own shape, so that step is no longer needed.

# %% [markdown] of="15a24536"
# ### Exercise 7-1: get_data_mnist
#
# Do the following three things, and return `(X_train, y_train), (X_test, y_test)`.
#
# - Divide the pixels by 255, so that they lie between 0 and 1.
# - Add a channel axis at the end, to get (N, 28, 28, 1).
# - If there is a `data_size`, keep only the first `data_size` images of the training data. Do not cut the test data.
#
# Return all four as NumPy arrays, and leave the labels integers.
#
# <details><summary>Hint 1</summary>
#
# `images[..., np.newaxis]` adds one axis at the end.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `images[:None]` is all the images. So you can write `images[:data_size]` even where `data_size` is `None`.
#
# </details>

# %% of="e5928c64"
def get_data_mnist(data_size=None):
    """Return MNIST as (X_train, y_train), (X_test, y_test)."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="c3f1cc2d"
# ## [1-2] Shapes of the data
#
# Load all the data and look at their shapes. The labels are integers from 0 to 9.

# %% of="e914f63f"
(X_train, y_train), (X_test, y_test) = get_data_mnist()
print("training:", X_train.shape, y_train.shape)
print("test:", X_test.shape, y_test.shape)
print("pixels:", X_train.min(), "to", X_train.max())
print("first 4 labels:", y_train[:4])


# %% [markdown] of="113de2a3"
# ## [1-3] Making the model
#
# You make a small CNN with a single convolutional layer.
#
# ![A diagram: a convolution turns the 28×28 image into 32 maps of 24×24, max pooling turns these into 32 maps of 12×12, and the flattened 4608 values lead to 20 values and then to 10 probabilities](../assets/en/keras-cnn.png)
#
# | No. | Layer | Activation function | Output shape |
# |---|---|---|---|
# | – | input | – | (28, 28, 1) |
# | 0 | convolution 5×5, 32 filters | ReLU | (24, 24, 32) |
# | 1 | max pooling 2×2 | – | (12, 12, 32) |
# | 2 | flatten | – | (4608,) |
# | 3 | fully connected 20 | ReLU | (20,) |
# | 4 | fully connected 10 | softmax | (10,) |
#
# Unlike the PyTorch models, this one has a softmax at its end. Its outputs are probabilities, not logits.
#
# The right part of the figure, 4608–20–10, is the same kind of network as the BPNN of the previous lab, 784–20–10.
# So this CNN is a BPNN with a convolution and a pooling placed before it, which extract features.

# %% [markdown] of="748017ce"
# ### Exercise 7-2: The model
#
# Return the model of the table above. Let the argument `dense` set the number of units in layer 3.
# Fix the input shape when you make the model.
# Make a new model at every call. Later cells set the seed, so do not set it here.
#
# <details><summary>Hint 1</summary>
#
# In `keras.Sequential([...])`, list `keras.Input(shape=(28, 28, 1))` and then the five layers in order.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The layers are `layers.Conv2D(number_of_filters, (5, 5), activation="relu")`, `layers.MaxPooling2D((2, 2))`,
# `layers.Flatten()` and `layers.Dense(number_of_units, activation=...)`.
#
# </details>

# %% of="eba1df6f"
def cnn(dense=20):
    """Return the CNN of B2-1, from images (N, 28, 28, 1) to probabilities (N, 10)."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="5e9d4cc7"
# Make a model and look at the list of its layers. `None` under "Output Shape" means that the number of images is left open.
# Which numbers give 4608 when you multiply them?
#
# With a fixed seed, the first weights are the same every time.
# You keep this model without training it, and later compare it with the trained one.

# %% [markdown] of="5d45ae8f"
# Which layer has the most parameters? Compare the numbers with those you compute by hand.

# %% [markdown] of="d47c479f"
# ## [1-4] A function that draws filters
#
# Before you draw, look at the shape of the convolutional layer's weights. In Keras, filters have the shape (height, width, input channels, output channels).
# In PyTorch it was (output channels, input channels, height, width). Each filter has one bias.

# %% of="b7c2f105"
kernel, bias = untrained.get_weights()[:2]
print("filters:", kernel.shape)
print("biases:", bias.shape)


# %% [markdown] of="6138a699"
# `plot_conv_filter(model, layer_id)` draws the filters of a convolutional layer.
# `layer_id` counts the convolutional layers alone, from 0. This model has only number 0.
# If you choose a number that does not exist, you are told which numbers you can choose.

# %% [markdown] of="daa5996b"
# ## [1-5] Filters before training
#
# The input has one channel, so each filter is one 5×5 picture.
# The title "7,0" means filter 7, input channel 0.
#
# Zero is white, positive is red, negative is blue, and all filters share one color scale.
# The figures of the original lab sheet were black and white. Here colors tell positive from negative.
#
# The weights before training are random numbers. Do you see a pattern that means something?
# Read the color scale from the bar on the right. The figure in [1-11] has another scale.

# %% [markdown] of="04170a2b"
# ## [1-6] A function that prepares training
#
# In Keras, `model.compile` sets three things before training.
#
# - Loss: the cross-entropy, `"sparse_categorical_crossentropy"`. `sparse` means that the labels stay integers.
# - Metrics: `metrics=["accuracy"]` measures the accuracy as well.
# - Optimizer: SGD or **Adam**. Adam adapts the step size for each weight.

# %% [markdown] of="a6ffe05d"
# ### Exercise 7-3: model_setup
#
# Write a function that calls `compile` on a model. It need not return anything.
#
# - If `optimizer` is `"adam"`, use `keras.optimizers.Adam`; if it is `"sgd"`, use `keras.optimizers.SGD`.
# - For any other name, raise an error with `raise ValueError(...)`, so that a typing mistake is noticed at once. `"Adam"` and the empty string are other names, too.
# - The learning rate is `lr`. Leave the other settings as Keras has them.
# - Put the accuracy first in `metrics`.
#
# <details><summary>Hint</summary>
#
# Make an optimizer, as in `keras.optimizers.Adam(learning_rate=...)`, and pass it to `model.compile(optimizer=...)`.
# If you pass a name alone, you cannot set the learning rate.
#
# </details>

# %% of="5d614946"
def model_setup(model, optimizer="adam", lr=0.001):
    """Give the model its loss, the accuracy as a metric, and its optimizer."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="e99865e6"
# ## [1-7] Loss and accuracy before training
#
# `evaluate` returns the loss and then the values listed in `metrics`, in that order.
# If every class gets the same probability 0.1, the loss is $-\log 0.1 \approx 2.30$.
# The accuracy of guessing at random is about 0.1.

# %% of="60f1c4b9"
model_setup(untrained, optimizer="adam", lr=0.001)
loss_before, accuracy_before = untrained.evaluate(X_test, y_test, verbose=0)[:2]
print(f"before training: loss {loss_before:.2f}  accuracy {accuracy_before:.2f}")

# %% [markdown] of="dd0edbdd"
# ## [1-8] Training
#
# `fit` trains the model. The batches have 128 images, and there are 10 epochs.
# `validation_split=0.1` makes the last 10 % of the training data the validation data. Those images are not used for training.
#
# You train a newly made model. With the same seed as in [1-3], it begins with the same weights as `untrained`.
# If you run this cell again, training starts over from the beginning.
#
# With the full set, it takes a few minutes on a CPU. If you stop it early, the record up to that point is kept.

# %% [markdown] of="5d62a506"
# ## [1-9] The record of training
#
# `fit` returns a record of every epoch. The same record is kept in `model.history`.
# If you stop `fit` early, it returns nothing, so the cell below uses the latter. Names that begin with `val_` belong to the validation data.
#
# `plot_result(log)` draws line graphs of the accuracy and the loss from this record.

# %% [markdown] of="9050f416"
# ## [1-10] Learning curves
#
# Where do the lines for training and validation begin to part?
#
# In the first epoch, validation can look better than training.
# The training value is a mean over an epoch in which the weights keep changing. Validation uses the weights at the end of the epoch.

# %% [markdown] of="76fbbed2"
# ## [1-11] Filters after training
#
# Here are the filters before and after training, side by side on one common scale.
# Look at how strong the colors are, and at how pixels of one color connect.

# %% [markdown] of="fc430898"
# Check the difference in the strength of the colors with numbers, too.

# %% of="a7d07ef5"
for name, network in (("before training", untrained), ("after training", model)):
    size = np.abs(network.get_weights()[0]).mean()
    print(f"{name}: mean absolute value of the filter weights {size:.3f}")

# %% [markdown] of="1f86a3fa"
# ## [1-12] Scores before and after training
#
# Measure once more on the test data, which were not used for training.
#
# In the mini set, the 13 people who wrote the training images also wrote the test images.
# So with the mini set, the accuracy tells how well the model reads the handwriting of people it already knows.

# %% of="7898f89c"
loss_after, accuracy_after = model.evaluate(X_test, y_test, verbose=0)[:2]
print(f"before training: loss {loss_before:.3f}  accuracy {accuracy_before:.3f}")
print(f"after training:  loss {loss_after:.3f}  accuracy {accuracy_after:.3f}")
assert accuracy_after > 0.9, "The accuracy is too low. Run the training in [1-8] to its end."


# %% [markdown] of="2e5f5640"
# ## [1-13] Images arranged by class
#
# `random_plot(X, y)` shows one class in each column, five images each. Every run chooses the images anew.

# %% [markdown] of="531408b9"
# ## [1-14] Misclassified images
#
# If you pass the predicted classes to `random_plot` as the third argument, the titles become "true -> predicted".
# Choose the misclassified images alone, and see what kind of images they are.

# %% [markdown] of="52a2576f"
# ### Exercise 7-4: Choosing the misclassified images
#
# From the model's probabilities (N, 10), take the most likely class as the prediction.
# Choose only the images whose prediction differs from the true class, and return three NumPy arrays: the images, the true classes, and the predictions.
# Even where there is no mistake at all, keep the other axes of the images, as in the shape (0, 28, 28, 1).
#
# <details><summary>Hint 1</summary>
#
# `probabilities.argmax(axis=1)` returns the number of the most likely class for each image.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `wrong = predict != y` is an array of True and False. `X[wrong]` chooses only the images with True.
#
# </details>

# %% of="99490250"
def misclassified(X, y, probabilities):
    """Return the misclassified images, their true classes, and their predictions."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="daec8c53"
# The column of a class without mistakes has no images.
# Look for images that would make a person hesitate, and for images that a person would not get wrong.

# %% of="92439828"
probabilities = model.predict(X_test, verbose=0)
X_wrong, y_wrong, predict_wrong = misclassified(X_test, y_test, probabilities)
print(f"{len(X_test):,} images, of which {len(X_wrong):,} are misclassified.")
random_plot(X_wrong, y_wrong, predict_wrong)


# %% [markdown] of="8400ec90"
# ## Assignment B2-1-1
#
# ### Essay 7-5: The filters after training
#
# Why did the trained filters come to have such patterns?
# Write about 150 words, based on the figure in [1-11] (where before and after share one scale).
#
# 1. What has changed between before and after training?
# 2. Choose two filters, and explain to what part of an image each responds strongly.
# 3. Why does the loss become smaller when the filters have such patterns?

# %% [markdown] of="1c1c354b"
# (The filter numbers and the values are those of training on the mini set.)
#
# 1. Before training, the colors differed from pixel to pixel without order, and all were pale. After training, the colors are stronger (the mean absolute weight rose from 0.042 to 0.089),
#    pixels of one color have come together, and more filters are red on one side and blue on the other.
# 2. For example, filter 7 is red at the top and blue at the bottom, so it responds strongly to a horizontal edge that is bright above and dark below, that is, to the lower side of a stroke.
#    Filter 6 is blue at the upper left and red at the lower right, so it responds to a diagonal edge that is dark at the upper left and bright at the lower right.
# 3. Digits are made of strokes, and what tells them apart is which edges they have, in which directions, and where. With filters that respond to edges,
#    the fully connected layers behind them can tell the digits apart better, and the probability of the true class rises. The gradient of the loss moves the weights in this direction.
#    Filters that each take on edges of another direction give different information, so patterns of many directions appear.

# %% [markdown] of="349c42fe"
# **Rubric (6 points)**
#
# - Says that the weights became larger (1 point). Says that pixels came together into patterns (1 more point).
# - Chooses two filters and gives their numbers and patterns (1 point). Explains correctly, from how red and blue are arranged, what they respond to (1 more point).
# - Says that features such as edges help to tell digits apart (1 point). Connects this with training, which makes the loss smaller (1 more point).

# %% [markdown] of="b6d5df2f"
# ## Assignment B2-1-2
#
# Here you compare the CNN with a network without convolutions when there are few training data.
#
# The network to compare with is the BPNN of the previous lab.
# It puts the 784 pixels in a row and leads them through a single fully connected layer, called the **hidden layer**, to 10 probabilities.
# In the previous lab the hidden layer had 20 units. Here it is widened to 128, to match the fully connected layer of the CNN.
#
# | | CNN | BPNN |
# |---|---|---|
# | Training data | 600 images (540 for training, 60 for validation) | 600 images (540 for training, 60 for validation) |
# | Fully connected hidden layer | 128 | 128 |
# | Epochs | 50 | 50 |
# | Optimizer | Adam, learning rate 0.001 | Adam, learning rate 0.001 |
# | Batch | 128 | 128 |
#
# The two models do not have the same number of parameters. How many times as many does one have?

# %% [markdown] of="8982f420"
# With the result of a single run, a difference may be chance: the first weights and the order of the images depend on the seed.
# So you train several times with different seeds, and compare means and standard deviations.

# %% [markdown] of="f80ac05e"
# ### Exercise 7-6: Training with several seeds
#
# Do the following for each seed, and return the accuracies on the test data as a NumPy array, in the order of the seeds.
#
# 1. Set the seed with `keras.utils.set_random_seed(seed)`.
# 2. Make a new model with `make_model()`, and use `model_setup` to give it Adam and a learning rate of 0.001.
# 3. Train for `epochs` epochs with batches of 128 and 10 % validation data.
# 4. Evaluate on the test data.
#
# For training you can use `fit_small(model, X, y, epochs=epochs)`.
# It trains in the same way as `model.fit(X, y, batch_size=128, epochs=epochs, validation_split=0.1, verbose=0)`.
# With few images, `fit` spends more time preparing batches than training. `fit_small` leaves that out, and validates only once, after the last epoch.
# You may use either.
#
# <details><summary>Hint 1</summary>
#
# `model.evaluate(X, y, verbose=0)` returns two values, the loss and the accuracy.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Do it in the order seed, model, setup: the first weights are set when the model is made.
#
# </details>

# %% of="61044ad0"
def run_seeds(make_model, train, test, seeds, epochs):
    """Train make_model() once for each seed and return the test accuracies (number of seeds,).

    train and test are pairs (X, y) of images and labels.
    """
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="433dbe20"
# Train each of the two models three times on 600 images.

# %% [markdown] of="9981f95e"
# Here are the results as a table. The last column is the mean ± the standard deviation.
#
# The standard deviation is computed with `ddof=1`. This means that the sum of the squared differences from the mean is divided by n − 1, not by n.
# Division by n would make the spread come out too small where the runs are few.

# %% of="efb28673"
print("     ", *(f"seed {seed}" for seed in seeds), "  mean ± sd", sep="  ")
for name, accuracies in scores.items():
    row = "   ".join(f"{accuracy:.3f}" for accuracy in accuracies)
    print(f"{name:5}   {row}   {accuracies.mean():.3f} ± {accuracies.std(ddof=1):.3f}")
    assert accuracies.mean() > 0.75, "The accuracy is too low. Run the cell above again."

# %% [markdown] of="bf250c60"
# ### A rule for judging a difference
#
# Even if the means differ, that may be chance. Chance comes in at two places.
#
# **Seeds**. If the standard deviations are $s_1$ and $s_2$, the difference of two means over $n$ runs each varies by about
# $\sqrt{(s_1^2 + s_2^2)/n}$ through chance alone. This is called the **standard error** of the difference.
# If the difference is larger than twice the standard error, the chance of the seeds alone hardly explains it.
# With $n = 3$ the standard deviations are uncertain themselves, so "twice" is only a rough guide.
#
# **Test data**. An accuracy $p$ measured on $N$ images changes if you measure it on another $N$ images.
# About 19 times out of 20, it falls within $\pm 2\sqrt{p(1-p)/N}$.
# If the difference is smaller than this range, it may vanish on other test data.
# When two models are measured on the same images, their difference usually varies less than that. So this is a strict judgment.

# %% of="cd1c6165"
better, worse = sorted(scores.values(), key=np.mean, reverse=True)
difference = better.mean() - worse.mean()
standard_error = np.sqrt((better.var(ddof=1) + worse.var(ddof=1)) / len(seeds))
p, N = worse.mean(), len(test[0])
print(f"difference of the means       {difference:.3f}")
print(f"twice the standard error      {2 * standard_error:.3f}")
print(f"range with {N:,} test images  ±{2 * np.sqrt(p * (1 - p) / N):.3f}")

# %% [markdown] of="4b95f603"
# ### Essay 7-7: CNN and BPNN
#
# Write about 150 words, based on the two tables above.
#
# 1. Can you say that the two models differ? Use the rule above, and judge with regard to both the seeds and the test data.
# 2. Explain the reason for this result from the properties of convolution and pooling.
# 3. Name one thing that this experiment alone does not tell, and write how you would find it out.

# %% [markdown] of="a5221da7"
# 1. With the mini set, the mean was 0.963 for the CNN and 0.949 for the BPNN, a difference of 0.013. Twice the standard error is 0.009,
#    so the chance of the seeds alone hardly explains it. However, the range with 500 test images is ±0.020, which is larger than the difference.
#    The CNN seems better, but a test of 500 images is not enough to say so for certain. It needs checking with the full set, which has many test images.
# 2. A convolution uses the same filter everywhere in the image, so it can learn features such as edges and strokes from few images.
#    Because of max pooling, the result changes little if positions shift slightly.
#    A BPNN has separate weights for each pixel, so it must learn a stroke in a shifted position as a different thing.
# 3. The CNN has about 6 times as many parameters, so we cannot tell whether the convolution or the number of parameters is what helped.
#    I would enlarge the hidden layer of the BPNN until the numbers of parameters match, and compare with the same seeds.

# %% [markdown] of="5a20bc1b"
# **Rubric (6 points)**
#
# - Gives the difference and the standard error, and judges whether it could be the chance of the seeds (1 point). Uses the range of the test data for the judgment, too (1 more point).
#   Either conclusion is fine as long as it agrees with the evidence.
# - Gives one of these as the reason: shared weights, neighboring pixels, shifts of position (1 point). Explains it as a difference from the BPNN (1 more point).
# - Names one thing that remains unknown (1 point). Describes a concrete way to find it out, under equal conditions (1 more point).

# %% [markdown] of="277e932b"
# ## Add your own experiments from here
#
# Try whatever you like in the cell below. For example, you can do the following.
#
# - Compare with a BPNN of the size used in the previous lab, `bpnn(hidden=20)`.
# - Change `data_size` and find out whether the difference grows or shrinks.
# - Change the optimizer or the learning rate.

# %% of="354b3319"
# Add your own experiments from here

# %% [markdown] of="9e491657"
# ## Summary
#
# - In Keras, the channel axis comes last. You use `compile`, `fit`, `evaluate` and `predict`, in this order.
# - A model whose outputs are probabilities needs a loss that takes probabilities.
# - Compare filters before and after training on a common scale.
# - To compare models, keep the conditions equal and vary the seed. Judge a difference against the standard error and against the range that the test data allow.
#
# **Next**: in "08 Problem 1: Fashion-MNIST" you do everything you have learned so far, all by yourself.
#
# **References**
#
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams,
#   ["Learning representations by back-propagating errors"](https://doi.org/10.1038/323533a0), Nature, 1986. (backpropagation)
# - Y. LeCun et al.,
#   ["Gradient-Based Learning Applied to Document Recognition"](https://doi.org/10.1109/5.726791), Proceedings of the IEEE, 1998. (CNNs and MNIST)
# - D. P. Kingma, J. Ba, ["Adam: A Method for Stochastic Optimization"](https://arxiv.org/abs/1412.6980), 2014.
