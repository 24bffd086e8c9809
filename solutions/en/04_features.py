# %% [markdown] of="52eaabb3"
# # 04 Looking at feature vectors
#
# A trained model turns an image into a list of numbers before it classifies it. This list is called a **feature vector**.
# In this notebook, you collect feature vectors and draw them as maps in 2 or 3 dimensions.
# Then you find out what you may read from these maps, and what you may not.
#
# **Goals**
#
# - You can call a model part by part and take out the outputs on the way.
# - You can write principal component analysis by hand.
# - You can read PCA, t-SNE and UMAP maps correctly.
#
# **Time**: about 80 minutes

# %% [markdown] of="c6578126"
# If you hand this notebook in, write here:
#
# - Student number:
# - Name:
# - E-mail:

# %% [markdown] of="ac12ca16"
# ## 1. Getting ready
#
# `load_or_train` loads saved weights if there are any, and trains the model otherwise. Only the first time takes a while.

# %% [markdown] of="1c343a70"
# ## 2. Calling a model part by part
#
# `Model` is made of two parts, `features` and `classifier`. If you call them separately, you see the output in between.
#
# 1. `features` turns the image into 64 **feature maps** of 12×12. A feature map is a layer's output seen as an image for each channel.
# 2. Flattened, the feature maps of one image are 9,216 numbers.
# 3. `classifier` turns these into 10 logits.
#
# Check how the shape changes for 100 images.

# %% of="2bba85e3"
first_images, _ = next(iter(test))
with torch.no_grad():
    first_maps = model.features(first_images)
    first_flat = torch.flatten(first_maps, 1)
    first_logits = model.classifier(first_flat)

for output, meaning in [
    (first_images, "images"),
    (first_maps, "feature maps"),
    (first_flat, "flattened features"),
    (first_logits, "logits"),
]:
    print(tuple(output.shape), meaning)


# %% [markdown] of="65f2ef8c"
# The 784 pixels first grew to 9,216 numbers, and ended up as 10.
# The model decides on its answer from these 10 numbers alone. At this point, it cannot use anything else about the image.

# %% [markdown] of="45f312a0"
# ## 3. Collecting the logits of all test data
#
# A map needs many points. So you collect the logits of the whole test data, not just of one batch.
# The results go into NumPy arrays. Each row is one image.

# %% [markdown] of="ead2e8e3"
# ### Exercise 4-1: Collect the logits
#
# Pass all batches through the model in order, and return the logits (N, 10) and the true labels (N,) as NumPy arrays.
#
# - Switch to evaluation mode, and leave the model in it. Do not record gradients.
# - The last batch may be smaller than the others.
# - The order of the batches may be shuffled every time you loop over them.
# - The names of the parts differ from model to model, so call the whole model: `model(images)`.
# - Let errors through to the caller.
#
# <details><summary>Hint 1</summary>
#
# You are only collecting, so take the same care as with the evaluation in "03 Training": the mode of the model, and the recording of gradients.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Add the tensor of each batch to a list, and join them with `torch.cat` at the end. `.cpu().numpy()` makes an array.
#
# </details>

# %% of="4abd780a"
def collect_logits(model, batches):
    """Return (logits (N, classes), true labels (N,)) as NumPy arrays."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="be636023"
# Check the shapes. The mini set has 500 images, the full set 10,000. Each row is one image.

# %% of="38e2041a"
logits, labels = collect_logits(model, test)
print("Logits", logits.shape, "Labels", labels.shape)

# %% [markdown] of="589f971f"
# The class with the largest logit is the prediction, so you can compute the accuracy, too.
# In the mini set, the same 13 people wrote both the training digits and the test digits. Accuracy on the mini set is accuracy on the handwriting of people whom the model knows.

# %% of="ad073c50"
accuracy = (logits.argmax(axis=1) == labels).mean()
print(f"Accuracy on the test data {accuracy:.3f}")
assert accuracy > 0.9, (
    "If you stopped the training midway, start again from the cell with load_or_train."
)


# %% [markdown] of="8e4d7216"
# ## 4. Principal component analysis: a view along the widest spread
#
# Points in 10 dimensions cannot be drawn as they are. You have to reduce them to 2 dimensions. This is called **dimensionality reduction**.
#
# The method of **principal component analysis, PCA**, looks for the direction in which the points are spread most widely.
# This direction is the first principal component. Of all directions at right angles to it, the one with the widest spread is the second principal component.
# Project the points onto these directions, and you have a map. It is like shining a light straight from the side and looking at the shadow.
#
# The directions come from the **singular value decomposition, SVD**.
# Let $X$ be the matrix with the points as rows, after the mean of each column is subtracted. If you decompose it as $X = U S V^\top$,
#
# - the rows of $V^\top$ are the directions of the principal components, in order of spread.
# - $S$ holds the spread along each direction (the singular values).
# - the projected coordinates are $X V = U S$.

# %% [markdown] of="4cf5a27c"
# ### Exercise 4-2: Principal component analysis by SVD
#
# Project points (N, D) onto the first `n` principal components, and return the coordinates (N, n).
# Either sign of a direction is fine.
#
# <details><summary>Hint 1</summary>
#
# The mean of each column is `x.mean(axis=0)`. Do not overwrite the original `x`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# If `centred` holds the points minus the mean, `u, s, vt = np.linalg.svd(centred, full_matrices=False)` decomposes it.
# `s` is a one-dimensional array with the singular values in descending order. The matrix product is `@`.
#
# </details>

# %% of="21643fc0"
def pca_by_svd(x, n):
    """Return the coordinates (N, n) of points (N, D) in the first n principal components."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="e3f46791"
# Draw a map with your own function. The axis PC1 is the first principal component, PC2 the second. The number of each class is written at the median of its points.
# Which digits are apart, and which overlap?

# %% [markdown] of="6b418753"
# A shadow keeps only part of the original spread. The share of the variance that is left is called the **explained variance ratio**.
# With only two principal components, points that seem to overlap are not necessarily close to each other.

# %% of="12b2d400"
explained = projected.var(axis=0) / logits.var(axis=0).sum()
print("Explained variance ratio of the first and second principal components", explained.round(3))
print(f"Share of the variance that is lost {1 - explained.sum():.3f}")

# %% [markdown] of="b410a759"
# ## 5. t-SNE and UMAP: close things stay close
#
# PCA keeps the overall spread. The next two methods work on another idea: they try to keep **who is whose neighbor**.
#
# - **t-SNE (t-distributed stochastic neighbor embedding)**: for each point, it computes the probability that another point is its neighbor, both in the original space and on the map, and moves the points so that the two probabilities come closer.
#   The **perplexity** sets roughly how many neighbors it looks at.
# - **UMAP (uniform manifold approximation and projection)**: it builds a graph with lines between neighbors, and moves the points so that connected points attract each other and the others move apart.
#
# Both use random numbers, so every run gives a different map. If you fix the seed, the map is always the same in the same environment.

# %% [markdown] of="994d1f1f"
# ### Calling a library takes one line
#
# All three are available in libraries: PCA and t-SNE in [scikit-learn](https://scikit-learn.org/), UMAP in [umap-learn](https://umap-learn.readthedocs.io/). They are used in the same way.
# Create the object with the number of dimensions that you want, and pass points (N, D) to `fit_transform`. It returns coordinates (N, n).
#
# Try them on the first 300 points. `import_umap` does the same as `import umap`, except that it does not load TensorFlow, which is not used here.
# The first time only, UMAP takes about 10 seconds to prepare its computation.

# %% [markdown] of="17aadea9"
# Did the library's PCA and your own give the same coordinates? The signs of the directions are not fixed, so compare absolute values.

# %% of="960ea352"
by_hand = np.abs(pca_by_svd(few, 2))
print("Same coordinates:", np.allclose(by_hand, np.abs(library_maps["PCA"]), atol=0.01))

# %% [markdown] of="b4acd2a9"
# Draw three maps. The PCA map may be flipped left to right or top to bottom, compared with the one you drew yourself.

# %% [markdown] of="ec44562e"
# Calling the methods is easy. The hard part is to read the maps correctly. From here on, think about how to read them.
#
# ### Maps of all test data
#
# The original lab drew a UMAP of only 100 points. Here you draw all points of the test data.
# `embed.pca`, `embed.tsne` and `embed.umap` call the same libraries inside, and show their progress.
# For the 10,000 points of the full set, t-SNE takes about 1 minute and UMAP about 15 seconds.

# %% [markdown] of="4cf43510"
# These are three maps of the same points. Of the digits that overlapped in PCA, which are separate in t-SNE and UMAP?
# Some points ended up in an island of another color. Was the model unsure about those images? You will think about this in Essay 4-4.
#
# UMAP can also reduce to 3 dimensions. Points that had no room to separate in 2 dimensions can sometimes be separated there.

# %% of="1ab651e8"
plots.plot_embedding(embed.umap(logits, 3, seed=0), labels, classes, title="UMAP (3D)")


# %% [markdown] of="39a26576"
# ## 6. Looking at the penultimate layer
#
# The logits are the scores of the 10 classes. The layer just before may remember more.
# The layers inside `classifier` have numbers as names. `classifier.1` is the ReLU that outputs 128 numbers.
# These features are called the features of the **penultimate layer**.
#
# To take out an output on the way, you use a **hook**. You register a function with a layer, and it is called each time the layer is computed.
#
# ```python
# handle = layer.register_forward_hook(hook)   # hook(module, inputs, output) will be called
# model(images)
# handle.remove()                              # if you do not remove it, it goes on being called
# ```

# %% [markdown] of="f469ea4d"
# ### Exercise 4-3: Collect features with a hook
#
# Collect the output of the layer named `layer` with a hook. Flatten the output of each image into an array (N, D), and return it together with the labels (N,).
#
# - Switch to evaluation mode, and leave the model in it. Do not record gradients.
# - What Exercise 4-1 says about batches holds here, too.
# - When the function is called again, earlier results must not be mixed in.
# - Do not change what the model computes.
# - Always remove the hook you attached, even when an error occurs on the way. Let the error through to the caller. Leave other hooks in place.
#
# <details><summary>Hint 1</summary>
#
# `model.get_submodule(layer)` gives you the layer. Names are joined by dots, as in `"classifier.1"`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Inside the hook, add `output.flatten(1).cpu()` to a list. Make the list anew inside the function.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Put everything after attaching the hook inside `try:`, and call `handle.remove()` in `finally:`. `finally` runs even when an error occurs.
#
# </details>

# %% of="7292b26f"
def collect_features(model, batches, layer):
    """Return (outputs of the layer (N, D), true labels (N,)) as NumPy arrays."""
    ### BEGIN SOLUTION
    ### END SOLUTION


# %% [markdown] of="2f5be218"
# Collect the features with 128 dimensions.

# %% of="a098257e"
features, _ = collect_features(model, test, "classifier.1")
print("Penultimate layer", features.shape)

# %% [markdown] of="971ee86e"
# Put the map next to that of the logits. Look for islands that both maps share, and for islands that are separate in only one of them.

# %% of="9c780c8f"
penultimate = embed.umap(features, seed=0)
plots.plot_embeddings(
    {"Logits": embeddings["UMAP"], "Penultimate layer": penultimate}, labels, classes
)

# %% [markdown] of="fff71f72"
# ## 7. What these maps do not show
#
# A pretty map invites you to believe it. But not every shape that you see has a meaning.
#
# ### Information that is lost
#
# Two dimensions cannot keep all the relations of 10 dimensions.
# Call the 10 closest points in 10 dimensions "neighbors". Count what share of them are still among the 10 closest points on the map.

# %% of="1070a232"
from sklearn.neighbors import NearestNeighbors


def nearest(points):
    """Return the indices (N, 10) of the 10 points closest to each point."""
    return NearestNeighbors(n_neighbors=10).fit(points).kneighbors(return_distance=False)


true_neighbours = nearest(logits)
for method, places in embeddings.items():
    pairs = zip(true_neighbours, nearest(places), strict=True)
    kept = np.mean([len(np.intersect1d(*pair)) / 10 for pair in pairs])
    print(f"{method:6} share of neighbors kept {kept:.2f}")

# %% [markdown] of="2c88a0f5"
# Even t-SNE and UMAP, which are made to keep neighbors, do not keep them all. Points that are neighbors on the map are not necessarily neighbors in the original space.

# %% [markdown] of="e6bc74df"
# ### The size of islands, and the distance between them
#
# Next, use data for which you know the answer. Make three groups in 10 dimensions.
# The distance from A to C is 6 times the distance from A to B. The spread of C is 10 times that of A. Check this by computing it from the points.

# %% of="dee0ce2e"
rng = np.random.default_rng(0)
groups = np.repeat([0, 1, 2], 60)
centres = np.zeros((3, 10))
centres[1, 0], centres[2, 0] = 20, 120
spreads = np.array([1, 1, 10])
points = centres[groups] + spreads[groups, None] * rng.normal(size=(len(groups), 10))


def describe_groups(points):
    """Say how many times C's spread is A's, and the distance A–C the distance A–B."""
    middles = np.array([points[groups == group].mean(axis=0) for group in range(3)])
    spread_a, _, spread_c = (points[groups == group].std(axis=0).mean() for group in range(3))
    near, far = np.linalg.norm(middles[1:] - middles[0], axis=1)
    return f"spread C/A {spread_c / spread_a:4.1f} times  distance AC/AB {far / near:4.1f} times"


print(describe_groups(points), "original points")

# %% [markdown] of="7b6251d2"
# How do they look on the maps?

# %% [markdown] of="6de3acc3"
# Compare not only the looks, but the numbers, too.

# %% [markdown] of="dbab096e"
# On the t-SNE and UMAP maps, the 10 times wider spread and the 6 times longer distance have almost disappeared.
# Both methods set their own scale of distance to the neighbors for each point, so sparse groups shrink and dense groups grow.
# **You cannot read the size of islands or the distance between them**.

# %% [markdown] of="54b7dd29"
# ### Islands that are not there
#
# Next come points that form no groups: 180 points drawn at random from a normal distribution in 10 dimensions.
# The right answer is "there are no islands".

# %% of="97ea5d03"
noise = np.random.default_rng(1).normal(size=(180, 10))
noise_maps = {
    "PCA": embed.pca(noise),
    "t-SNE perplexity 2": embed.tsne(noise, perplexity=2),
    "t-SNE perplexity 30": embed.tsne(noise, perplexity=30),
}
plots.plot_embeddings(noise_maps, np.zeros(len(noise), dtype=int), ("random",), axes={"PCA": "PC"})


# %% [markdown] of="17d5e580"
# When the perplexity is small, points that are close only by chance turn into shapes like islands or threads.
# Never say "there are islands" from a single map. Change the settings and draw the map many times.

# %% [markdown] of="f946479c"
# ### Changing the seed
#
# Draw the logits of the same 500 points with UMAP, changing only the seed. What stays the same, and what changes?

# %% [markdown] of="69319525"
# The positions of the islands changed. But did it change which point belongs to which island?
# For each point, find the most frequent class among the 10 points around it. If it is the same on all three maps, regard the point as being in the same island.

# %% of="81b416ad"
def surroundings(places):
    """Return the most frequent class (N,) among the 10 points around each point."""
    return np.array([np.bincount(labels[indices]).argmax() for indices in nearest(places)])


around = np.array([surroundings(places) for places in seed_maps.values()])
print(f"Share in the same island on all 3 maps {(around == around[0]).all(axis=0).mean():.2f}")

# %% [markdown] of="f441687d"
# The only thing that you may read is what all the maps have in common.

# %% [markdown] of="657aee73"
# ## 8. A feature layer with 2 units
#
# There is also a way to draw features as they are, without reducing dimensions. You build a layer into the model that outputs only 2 numbers from the start. Each number that a layer outputs is called a **unit**.
# `MLP` has only fully connected layers and ReLU: it is a **multilayer perceptron, MLP**. It goes down 784 → 256 → 128 → 2, and sorts the 2 numbers into 10 classes.
#
# When 784 pixels become 2 numbers, much of the information in the image is lost.
# Even so, these 2 are all the numbers that the model uses to classify. So nothing is lost when you draw this figure.
# First, check that 2 numbers are enough to classify.

# %% of="9ef7319c"
mlp = load_or_train("MLP")
mlp_logits, _ = collect_logits(mlp, test)
mlp_accuracy = (mlp_logits.argmax(axis=1) == labels).mean()
print(f"Accuracy on the test data {mlp_accuracy:.3f}")
assert mlp_accuracy > 0.7, "If you stopped the training midway, run this cell again."

# %% [markdown] of="0837d534"
# The color of the background is what the model would predict for a point there. An area of one color is called a **decision region**.

# %% of="2ac72290"
mlp_features, _ = collect_features(mlp, test, "features")


def classify(places):
    """Return the classes (M,) that the MLP predicts from features (M, 2)."""
    with torch.no_grad():
        weights = next(mlp.parameters())
        return mlp.classifier(torch.from_numpy(places).to(weights)).argmax(dim=1).cpu()


plots.plot_embedding(
    mlp_features,
    labels,
    classes,
    title="Feature layer of the MLP",
    axis="Unit ",
    classify=classify,
)

# %% [markdown] of="ed845dac"
# The boundaries between classes are straight lines, because a single fully connected layer makes the logits from the 2 features.
# Most classes are arranged like fans that open outward from the center. Within a fan, the farther out a point is, the larger the differences between its logits, and the more confident the prediction.
# This does not hold for a class that is surrounded by others. Is there one in the figure?
#
# A position on this map is the very numbers that the model uses to classify. Its meaning differs from that of a position on a PCA or t-SNE map.

# %% [markdown] of="bcd6c019"
# ### Essay 4-4: How to read maps
#
# Based on the figures in this notebook, write about these three questions, in about 150 words.
#
# 1. Can you say that two islands far apart on the t-SNE map of the logits are dissimilar classes? Support your answer with an experiment.
# 2. Can you say that the model cannot tell apart two classes that overlap on the PCA map?
# 3. Where on a map do you look for images that the model is likely to get wrong? What do you do next, to check?

# %% [markdown] of="ec44c1f0"
# 1. No. In the experiment with three groups, the 6-fold difference in the original distances almost disappeared on the t-SNE map.
#    If you change the seed, the positions of the islands change, too. All you can read is which points are in the same island.
# 2. No. A PCA map is a shadow, so the depth is lost. The two principal components keep only part of the variance,
#    and the same points separated in t-SNE and UMAP. In 10 dimensions, they are apart.
# 3. Look at points in an island of another color, and at points between islands. Take out their images and predictions, and check whether the model really got them wrong
#    or gave them a low probability. Also check whether the same points look the same when you change the settings or the seed of the map.

# %% [markdown] of="561b58bc"
# **Rubric (4 points)**
#
# - In 1, answers "no" and writes that distances are not preserved, with an experiment as support (1 point).
# - In 2, answers "no" and writes that a projection loses information (1 point).
# - In 3, names points in an island of another color, or points between islands (1 point).
# - In 3, writes that they would check by going back to the original images and predictions, or with maps drawn with other settings (1 point).

# %% [markdown] of="1ab55748"
# ## Summary
#
# - You can take out outputs on the way by calling a model part by part, or with hooks.
# - PCA is a shadow along the directions of widest spread. Distances can only shrink, and you know the share of the variance that is lost.
# - t-SNE and UMAP try to keep who is whose neighbor. You cannot read the size of islands or the distance between them.
# - Maps are tools for finding questions. To check the answers, go back to the original vectors and images.
#
# **Next**: In "05 Looking at the evidence", you examine where in an image the model looked to decide.
#
# **References**
#
# - K. Pearson, ["On Lines and Planes of Closest Fit to Systems of Points in Space"](https://doi.org/10.1080/14786440109462720), Philosophical Magazine 2(11), 1901.
# - L. van der Maaten, G. Hinton, ["Visualizing Data using t-SNE"](https://www.jmlr.org/papers/v9/vandermaaten08a.html), Journal of Machine Learning Research 9, 2008.
# - L. McInnes, J. Healy, J. Melville, ["UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction"](https://arxiv.org/abs/1802.03426), 2018.
# - M. Wattenberg, F. Viégas, I. Johnson, ["How to Use t-SNE Effectively"](https://doi.org/10.23915/distill.00002), Distill, 2016.
