# %% [markdown] of="4c33cbac"
# # 03 Training
#
# The models of the previous notebook had random weights, so they only guessed.
# In this notebook you let data decide the weights. This is called **training**.
#
# **Goals**
#
# - Write one training step yourself.
# - Measure loss and accuracy correctly.
# - Save weights, load them, and predict on new images.
#
# **Time**: about 120 minutes

# %% [markdown] of="c6578126"
# If you hand this notebook in, write here:
#
# - Student number:
# - Name:
# - E-mail:

# %% [markdown] of="ce2308c9"
# ## 1. Getting ready
#
# The program chooses the device that computes (CPU or GPU).
# If you write `.cuda()` to move models and images to the GPU, your code does not run on a machine without one.
# With `.to(device())` it runs anywhere. `device()` looks for an NVIDIA GPU, an Apple GPU (MPS), and the CPU, in this order, and returns the first one it finds.

# %% [markdown] of="a3493be0"
# Set 2,000 images of the training data aside as **validation data**.
# They let you see how training goes along the way. Measure the result on the test data only once, at the very end.
# If you look at the test data again and again to choose settings, you end up with a model fitted to the test data.

# %% of="b07bb93a"
train, valid = split(batches("MNIST", batch_size=100), size=2000)
test = batches("MNIST", train=False)
print("training", len(train.labels), "validation", len(valid.labels), "test", len(test.labels))

# %% [markdown] of="fc409be9"
# ## 2. The loss: how wrong is it?
#
# Training needs a number that says how large the mistakes are. This number is called the **loss**.
# Classification uses **cross-entropy**. If $p$ is the probability of the true class, it is $-\log p$ ($\log$ is the natural logarithm). For several images, take the mean.
#
# The probabilities come from applying **softmax** to the logits. With logits $z_1, z_2, \dots$, the probability of class $k$ is $e^{z_k} / \sum_j e^{z_j}$.
# But you do not apply it inside the model, because `nn.CrossEntropyLoss` computes softmax and $-\log p$ together.
# Use a large logit to see what happens when you compute them separately. `F.cross_entropy` is a function for the same computation.

# %% of="fc0e823a"
logits = torch.tensor([[200.0, 0.0]])
label = torch.tensor([1])
print("computed separately:", -torch.log(logits.softmax(dim=1))[0, 1].item())
print("computed together:", F.cross_entropy(logits, label).item())


# %% [markdown] of="73119410"
# The probability was so small that it was rounded to 0, so $-\log p$ became infinite. Computed together, the value is right.

# %% [markdown] of="bf08eefe"
# ## 3. One training step
#
# The derivative of the loss with respect to the weights is called the **gradient**. If you move the weights a little in the direction opposite to the gradient, the loss decreases.
# For one batch, you do the following in this order.
#
# 1. Put the model into **training mode**. Dropout is active, and batch normalization uses the mean and the variance of this batch.
# 2. Clear the gradients of the previous batch, because PyTorch adds new gradients to the old ones.
# 3. Feed in the images to get logits, and compute the loss.
# 4. Compute the gradients from the loss. This is called **backpropagation**.
# 5. Move the weights with the gradients. This is the job of the **optimizer**.
#
# The number that decides the size of one step is called the **learning rate**.

# %% [markdown] of="9051681a"
# ### Exercise 3-1: One training step
#
# Write the five operations above in order, and return the loss as a Python number.
# Compute the loss with `criterion(logits, labels)`. The number of classes is not always 10.
#
# <details><summary>Hint 1</summary>
#
# You need `model.train()`, `optimizer.zero_grad()`, `loss.backward()`, and `optimizer.step()`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `.item()` turns a tensor with one element into a Python number.
#
# </details>

# %% of="3599ae45"
def train_step(model, images, labels, criterion, optimizer):
    """Update the weights on one batch and return the loss before the update, a number."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="2b8d11b8"
# ## 4. Evaluation: measuring loss and accuracy
#
# The **accuracy** is the share of images that the model gets right. Measuring calls for a different kind of care than training.
#
# - Switch to **evaluation mode**. While dropout is active, the result is different every time.
# - Stop recording gradients. A record that nobody uses wastes memory and time.
# - Count every image equally. The last batch may be smaller.

# %% [markdown] of="ff882bd7"
# ### Exercise 3-2: Evaluation
#
# Return the mean loss and the accuracy over all images, as Python numbers. The loss is cross-entropy, `F.cross_entropy`.
# `batches` gives you pairs (images, labels), one after another. It may also be a list, so count the images inside the loop.
# Let errors through to the caller.
#
# <details><summary>Hint 1</summary>
#
# `model.eval()` switches to evaluation mode. Inside `with torch.no_grad():`, gradients are not recorded.
# The prediction is the class with the largest logit. `logits.argmax(dim=1)` finds it.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `F.cross_entropy(logits, labels, reduction="sum")` returns the sum instead of the mean.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Inside the loop, add up three things: the sum of the losses, the number of images that are right, and the number of all images.
#
# </details>

# %% of="cd90e008"
def evaluate(model, batches):
    """Return two numbers: (the mean loss, the accuracy from 0 to 1)."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="771accd6"
# Measure the model before training. The loss is close to $\log 10 \approx 2.3$, because the model gives all 10 classes about the same probability.

# %% of="7750ad15"
def new_model():
    """Make a Model that always begins with the same weights."""
    torch.manual_seed(0)
    return Model().to(device())


loss, accuracy = evaluate(new_model(), valid)
print(f"before training: loss {loss:.1f}  accuracy {accuracy:.1f}")


# %% [markdown] of="21792ee5"
# ## 5. First, let it memorize one batch
#
# Before a long training run, there is a quick way to check that your program is right.
# Train many times on one and the same batch, and see whether the loss goes toward 0.
# If it does not, suspect the model or the training step.
# Fitting the training data alone too closely is called **overfitting**. Normally you avoid it, but here you cause it on purpose.
#
# The optimizer is **stochastic gradient descent, SGD**. It moves the weights by the gradient of each batch.
# **Momentum** is the share of the previous step that is kept. With 0.9, nine tenths are kept. When steps keep going in the same direction, you move faster.

# %% [markdown] of="c3fb7f9c"
# ### Exercise 3-3: Overfit one batch
#
# Call `train_step` `steps` times on the same batch, and return the loss of each call in a list of numbers.
# The optimizer is `torch.optim.SGD` with learning rate 0.1 and momentum 0.9. The loss is `nn.CrossEntropyLoss()`.
#
# <details><summary>Hint 1</summary>
#
# Give the optimizer the weights to move: `model.parameters()`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Momentum works because the optimizer remembers the previous step. How many times should you create the optimizer?
#
# </details>

# %% of="16459335"
def overfit_one_batch(model, images, labels, steps):
    """Train steps times on the same batch and return the list of losses."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="fb63d04e"
# Try it with 32 real images. Check that the last loss is less than one tenth of the first.

# %% of="fd23eb7a"
torch.manual_seed(0)
images, labels = next(iter(train))
losses = overfit_one_batch(CNN().to(device()), images[:32], labels[:32], steps=100)
print(f"first loss {losses[0]:.3f} → last loss {losses[-1]:.4f}")
assert losses[-1] < losses[0] / 10, "The loss does not go down. Look at the training step again."

# %% [markdown] of="85df91e7"
# ## 6. The training loop
#
# Using every batch once is one **epoch**.
# Write the loop out once, without a function for it. It shows a progress bar and the mean loss so far.
#
# The lab that this course is based on ("the original lab" from here on) printed the loss every 2,000 batches.
# But even with 60,000 images, one epoch has only 600 batches, so it was never printed. Here it is updated every 10 batches.

# %% of="9b9ee2d3"
first_model = new_model()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(first_model.parameters(), lr=0.001, momentum=0.9)
running_loss = 0.0
bar = progress_bar(train, desc="1 epoch")
for step, (images, labels) in enumerate(bar, start=1):
    running_loss += train_step(first_model, images, labels, criterion, optimizer)
    if step % 10 == 0:
        bar.set_postfix(loss=f"{running_loss / step:.3f}")

loss, accuracy = evaluate(first_model, valid)
print(f"after 1 epoch: loss {loss:.3f}  accuracy {accuracy:.3f}")
assert loss < 2.3, "The loss should be lower than the 2.3 from before training."

# %% [markdown] of="a0ce69c9"
# ## 7. Comparing recipes
#
# Here, a **recipe** is a choice of learning rate, optimizer, and so on. You compare three recipes.
#
# | Recipe | Optimizer | Learning rate | Batch | Way of computing |
# | --- | --- | --- | --: | --- |
# | `ORIGINAL` (the original lab) | SGD | 0.001 throughout | 100 images | plain |
# | `TUNED` | SGD | 0.1 throughout | 100 images | plain |
# | `FAST` | Adam | one cycle, at most 0.01 | 128 images | channels last, mixed precision |
#
# `TUNED` is `ORIGINAL` with a learning rate 100 times as large and nothing else changed. `FAST` changes four more things.
#
# - **Adam**: an optimizer that adjusts the size of the step for each weight by itself. It sets the step size in a different way from SGD, so you cannot compare the numbers of their learning rates.
# - **One-cycle learning rate**: starts small, grows, and in the end goes down to almost 0. Large steps get close quickly, and small steps finish the work.
# - **Channels last**: puts the channels of the same pixel side by side in memory. Apart from rounding errors, the answers are the same.
# - **Mixed precision**: computes with **bfloat16**, a number format with fewer digits. The weights keep their original number of digits. It is used only on CPUs and GPUs that have circuits for it.

# %% [markdown] of="93640819"
# To save time, compare them over 2 epochs each. On the full set, one recipe takes 2 to 3 minutes on a CPU. `fit` is a function that adds validation and a record to the loop above.
# If you press the stop button, `fit` returns the record up to that point. The remaining recipes are then skipped.

# %% [markdown] of="5cb7d4ec"
# Compare the losses on the left and the accuracies on the right.
# The training loss (dashed line) is a mean that includes the weights in the middle of an epoch, and dropout is active.
# So it tends to be higher than the validation loss (solid line), which is measured at the end of the epoch.

# %% [markdown] of="255765cd"
# Finally, measure on the test data, only once. You will look at the test images again later, but you will not use them to choose other settings.
# The time that training took is printed as well.
# Do not just look at the numbers: if you write what you expect into the code with `assert`, you notice when something breaks later.
#
# In the mini set, the same 13 people wrote the training and the test digits. So the accuracy on the mini set is the share of correct answers on digits by people whose writing the model knows.

# %% of="7dadd7d9"
accuracies = {name: evaluate(network, test)[1] for name, network in models.items()}
for history in histories:
    seconds = sum(history.seconds)
    print(f"{history.recipe:8} accuracy {accuracies[history.recipe]:.4f}  {seconds:.1f} seconds")

assert accuracies["TUNED"] >= 0.9, "TUNED should reach an accuracy of 0.9 or more in 2 epochs."
assert accuracies["FAST"] >= 0.95, "FAST should reach an accuracy of 0.95 or more in 2 epochs."


# %% [markdown] of="9fd1d080"
# Which part of a recipe made the difference? To find out, `Model` was trained on the mini set with one setting changed at a time, for 2 epochs each.
# The left figure shows the mean and the standard deviation over 3 seeds. This is a comparison for choosing settings, so it was measured on validation data, not on test data.
# The right figure shows the time of one epoch as the ways of computing in `FAST` are added one by one. It was measured on one core of a CPU that has circuits for bfloat16.
#
# ![Accuracy and computing time for different settings. The accuracy of SGD rises from 0.535 to 0.936 when its learning rate goes from 0.001 to 0.1; with Adam and one cycle it is 0.95 to 0.96. bfloat16 halves the time](../assets/en/fast-recipe.png)
#
# The left figure tells you the following.
#
# - The learning rate mattered most. Staying with SGD and changing only 0.001 to 0.1 raised 0.535 to 0.936.
# - Adam at a constant 0.01 varied a lot from seed to seed, and its mean was 0.888. With one cycle, it rises to 0.957.
# - One cycle is not always better. For SGD at 0.1, it lowered 0.936 to 0.919.
# - A batch of 128 images made a difference of 0.006, not much more than the standard deviation, 0.004. From 3 training runs each, you cannot say that there is a difference.
#
# What cut the time was mainly bfloat16. But this depends on the device.
# "Kept memory" is something that `fit` always does. It does not give freed memory back to the operating system but uses it for the next batch. It works on Linux only.

# %% [markdown] of="04f0aba7"
# ### What is behind "28 times as fast"
#
# Trained as in the original lab, for 10 epochs on the full 60,000 images and with images transformed one by one, `ORIGINAL` took 1,062 seconds on a CPU with 2 cores.
# `FAST` reaches the same accuracy in 38 seconds, in which it sees only 40,000 images, once each. That is 28 times as fast.
#
# | Recipe | Images trained on (with repeats) | Test accuracy |
# | --- | --: | --- |
# | `ORIGINAL`, 10 epochs | 600,000 | 0.9816 ± 0.0010 |
# | SGD 0.1, 1 epoch | 60,000 | 0.9749 ± 0.0043 |
# | SGD 0.03, 1 epoch | 60,000 | 0.9821 ± 0.0014 |
# | `FAST`, 40,000 images once | 40,000 | 0.9843 |
# | `FAST`, 2 epochs | 120,000 | 0.9890 ± 0.0010 |
# | `FAST`, 3 epochs | 180,000 | 0.9910 ± 0.0007 |
#
# ± is the standard deviation over 3 seeds. A row without ± is the result of a single run.
#
# The same SGD with a learning rate of 0.03 catches up in 1 epoch with 10 epochs of `ORIGINAL`.
# So of the factor 28, a factor of 10 comes from nothing but choosing another learning rate.
# Adam and one cycle cut the number of images by a factor of 1.5, and the computation for each image is 1.9 times as fast (10 × 1.5 × 1.9 ≈ 28).
#
# Which learning rate is good depends on the data and on how long you train. On the full set, 0.1, which was good on the mini set, is not as good as 0.03.
# When you come across a method that is "many times as fast", check whether the learning rate of what it is compared with was chosen well.

# %% [markdown] of="670a452e"
# ## 8. Saving and loading
#
# You save trained weights as a `state_dict`, a dictionary of names and tensors.
# The original lab saved the whole model with cloudpickle, a relative of pickle. That is dangerous.
# A **pickle** file is not data but a series of steps that are carried out when it is read.
#
# The cell below makes "weights" that print a message as soon as they are read, and loads them.
# What would happen if there were a command that deletes files in place of the message?

# %% of="3019082e"
class Stranger:
    """Something that makes a command run when it is read."""

    def __reduce__(self):
        return print, ("⚠ You only loaded a file, and a command was run.",)


Path("output").mkdir(exist_ok=True)
torch.save(Stranger(), "output/stranger.pt")
torch.load("output/stranger.pt", weights_only=False)

# %% [markdown] of="d8dc1e01"
# With `weights_only=True`, only certain safe things are read, such as tensors and dictionaries.
# In recent versions of PyTorch this is the default. The exercise below also accepts answers without it, but if you write it, your code is safe in older versions, too.

# %% of="4fbb1c39"
try:
    torch.load("output/stranger.pt", weights_only=True)
except Exception as error:
    print("refused:", type(error).__name__)


# %% [markdown] of="c3298bc2"
# ### Exercise 3-4: Save and load weights
#
# Write a function that saves the weights of `model` to `path`, and a function that loads them from `path` into `model`.
# Use `torch.save` to save and `torch.load` to load.
# Make sure that no command is run, even when you are given a stranger's file.
# If the names in a file of weights do not match those of the model, raise an error instead of loading it.
#
# <details><summary>Hint</summary>
#
# `model.state_dict()` returns the dictionary of weights, and `model.load_state_dict(dictionary)` puts the weights into the model.
#
# </details>

# %% of="109088ba"
def save_weights(model, path):
    """Save the weights of model, and nothing else, to path."""
    ### BEGIN SOLUTION
    ### END SOLUTION


def load_weights(model, path):
    """Load the weights at path into model, safely."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="f4827c9d"
# Save the weights and load them into a new model. Do the answers of the two models agree exactly on one batch of the test data?

# %% of="4d7d8b15"
save_weights(fast_model, "output/model.pt")
restored_model = Model().to(device())
load_weights(restored_model, "output/model.pt")
test_images, test_labels = next(iter(test))
fast_model.eval()
restored_model.eval()
with torch.no_grad():
    print("same answers:", torch.equal(fast_model(test_images), restored_model(test_images)))


# %% [markdown] of="cfc6cf11"
# ## 9. Prediction
#
# In training, softmax was computed inside the loss. In prediction, you apply it yourself to get probabilities.
# They are values from 0 to 1 that sum to 1, so they give you an idea of how confident the model is.
# However, a confident answer is not always a correct one.

# %% [markdown] of="259a23a1"
# ### Exercise 3-5: Prediction
#
# From images (N, 1, 28, 28), return the predicted classes (N,) and the probabilities of all classes (N, classes).
# The number of classes is not always 10.
# As in measuring, switch to evaluation mode and stop recording gradients.
#
# <details><summary>Hint</summary>
#
# `logits.softmax(dim=1)` computes the probabilities along the axis of the classes, for each image.
#
# </details>

# %% of="ce93c46e"
def predict(model, images):
    """Return (the predicted classes (N,), the probabilities (N, classes))."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="ea259cb6"
# You need the axis N even to predict a single image. The shape of `test_images[:1]` is (1, 1, 28, 28).

# %% of="3ed29748"
one_image = test_images[:1]
one_prediction, one_row = predict(fast_model, one_image)
print("shape:", tuple(one_image.shape), "→", tuple(one_prediction.shape), tuple(one_row.shape))

# %% of="44ed26a1"
print("true class:", test_labels[0].item(), "predicted:", one_prediction[0].item())
plots.plot_prediction(to_pictures(one_image[0].cpu()), one_row[0].cpu(), CLASSES["MNIST"])

# %% [markdown] of="68bb1217"
# Predict the whole test data with the `FAST` model. `test` is not shuffled, so the predictions are in the same order as `test.labels`.

# %% of="da355f48"
predictions, probabilities = [], []
for images, _ in test:
    batch_predictions, batch_probabilities = predict(fast_model, images)
    predictions.append(batch_predictions)
    probabilities.append(batch_probabilities)

predictions = torch.cat(predictions).cpu()
probabilities = torch.cat(probabilities).cpu()
mistakes = predictions != test.labels.cpu()
print(f"mistakes: {mistakes.sum().item()} of {len(mistakes)} images")

# %% [markdown] of="05f49559"
# In a **confusion matrix**, the rows are the true classes and the columns the predictions.
# The color shows the number of mistakes. Look for dark cells to find the pairs of digits that the model easily confuses.
# On the mini set there are only about 10 mistakes, so look at the cells with a single image, too. Was your guess in "01 Loading and looking at data" right?

# %% [markdown] of="515bcbf5"
# These are the misclassified images, the most confident mistakes first. The titles say "true class → prediction".
# Divide them into images that a person might get wrong, too, and images that a person would not.

# %% [markdown] of="1ca14d8a"
# ## 10. Changing the learning rate
#
# The learning rate was the number that decides the size of one step. Compare four of them on the small `CNN`.
# There are many training runs, so use only 1,000 images chosen from the training data, 20 at a time.
# There is no validation: look at the training loss only. Notice how differently it goes down.

# %% of="d766d78e"
_, few = split(train, size=1000)
few.batch_size, few.shuffle = 20, True
rate_histories = []
for learning_rate in (0.001, 0.01, 0.1, 3.0):
    torch.manual_seed(0)
    network = CNN().to(device())
    name = f"lr={learning_rate}"
    recipe = Recipe(name, sgd_with_momentum, learning_rate, batch_size=20, epochs=4)
    history = fit(network, few, recipe=recipe)
    rate_histories.append(history)
    if history.interrupted:
        break
    print(f"{name:8} training loss {history.train_loss[0]:.2f} → {history.train_loss[-1]:.2f}")

assert history.interrupted or rate_histories[2].train_loss[-1] < 2, "With 0.1 it should be below 2."

# %% [markdown] of="27f599e3"
# ### Essay 3-6: The learning rate
#
# Use the figure above to write about the following two questions in about 100 words.
#
# 1. What happens to the loss when the learning rate is too small, and when it is too large? Explain why from the way the weights move.
# 2. Why does `FAST` make the learning rate larger along the way and smaller at the end?

# %% [markdown] of="a3a49c2b"
# 1. If it is too small, each step is short. The loss keeps going down, but very slowly, and 4 epochs are not enough for it to go all the way down.
#    If it is too large, a step jumps over the bottom of the valley to the other side, so the loss does not go down, or it swings up and down.
# 2. At first the weights are random and the gradient is not reliable, so it starts small. The large steps along the way bring it close to the valley quickly.
#    Smaller steps at the end come closer and closer to the bottom of the valley without jumping over it, so the loss goes down further.

# %% [markdown] of="fbc7e890"
# **Rubric (4 points)**
#
# - Says, based on the figure, that a small learning rate is slow (1 point).
# - Explains by jumping over the valley that with a large one the loss does not go down, or swings (1 point).
# - Says that a large learning rate makes progress quickly (1 point).
# - Says that a smaller one at the end comes closer in fine steps (1 point).

# %% [markdown] of="4152b6b3"
# ## Summary
#
# - One training step is, in this order: clear the gradients, compute the loss, backpropagate, move the weights.
# - A model returns logits. The loss is computed from the logits, and probabilities only for prediction.
# - For evaluation, switch to evaluation mode and count image by image.
# - Save only the `state_dict`. Read a stranger's file with `weights_only=True`.
# - The time it takes to reach the same accuracy depends on the recipe. What matters most is the choice of the learning rate.
#
# **Next**: In "04 Looking at feature vectors", you see how a trained model arranges images.
#
# **References**
#
# - D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", [arXiv:1412.6980](https://arxiv.org/abs/1412.6980), 2014.
# - P. Micikevicius et al., "Mixed Precision Training", [arXiv:1710.03740](https://arxiv.org/abs/1710.03740), 2017.
# - L. N. Smith, N. Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates", [arXiv:1708.07120](https://arxiv.org/abs/1708.07120), 2017.
