import numpy as np
import torch
from checkers import CheckerTests

from helpers.hooks import capture


def standardised(
    mean=lambda kernels: kernels.mean(axis=(1, 2), keepdims=True),
    deviation=lambda kernels: kernels.std(axis=(1, 2), keepdims=True),
    epsilon=1e-6,
    finish=lambda z_scores: np.clip(z_scores / 4 + 0.5, 0, 1),
):
    """Return an answer to 6-1 that differs from the right one in one part."""
    return lambda kernels: finish((kernels - mean(kernels)) / (deviation(kernels) + epsilon))


def standardise_one_by_one(kernels):
    result = np.full(kernels.shape, 0.5)
    for index, kernel in enumerate(kernels):
        if kernel.std() > 0:
            result[index] += (kernel - kernel.mean()) / kernel.std() / 4
    return result.clip(0, 1)


def standardise_flat(kernels):
    flat = torch.from_numpy(kernels).flatten(1)
    flat = (flat - flat.mean(1, keepdim=True)) / (flat.std(1, keepdim=True, correction=0) + 1e-8)
    return (0.5 + flat / 4).clamp(0, 1).reshape(kernels.shape).numpy()


def standardise_into(kernels):
    kernels -= kernels.mean(axis=(1, 2), keepdims=True)
    return np.clip(kernels / (kernels.std(axis=(1, 2), keepdims=True) + 1e-6) / 4 + 0.5, 0, 1)


def stretch(kernels):
    low = kernels.min(axis=(1, 2), keepdims=True)
    return (kernels - low) / (np.ptp(kernels, axis=(1, 2), keepdims=True) + 1e-6)


def tiled(
    rows=lambda count, columns: -(-count // columns),
    border=0,
    fill=lambda fill: fill,
    place=divmod,
):
    """Return an answer to 6-2 that differs from the right one in one part."""

    def tile(pictures, columns, gap, filling):
        count, height, width = pictures.shape
        shape = (
            rows(count, columns) * (height + gap) - gap + border * gap,
            columns * (width + gap) - gap + border * gap,
        )
        canvas = np.full(shape, fill(filling))
        for index, picture in enumerate(pictures):
            row, column = place(index, columns)
            top, left = row * (height + gap), column * (width + gap)
            canvas[top : top + height, left : left + width] = picture
        return canvas

    return tile


def tile_by_reshaping(pictures, columns, gap, fill):
    missing = -len(pictures) % columns
    padding = ((0, missing), (0, gap), (0, gap))
    padded = np.pad(pictures, padding, constant_values=fill)
    padded[len(pictures) :] = fill
    _, height, width = padded.shape
    rows = padded.reshape(-1, columns, height, width).transpose(0, 2, 1, 3)
    return rows.reshape(-1, columns * width)[:-gap, :-gap]


def tile_downwards(pictures, columns, gap, fill):
    rows = -(-len(pictures) // columns)
    return tiled(place=lambda index, columns: (index % rows, index // rows))(
        pictures, columns, gap, fill
    )


def tile_transposed(pictures, columns, gap, fill):
    count, height, width = pictures.shape
    rows = -(-count // columns)
    canvas = np.full((columns * (height + gap) - gap, rows * (width + gap) - gap), fill)
    for index, picture in enumerate(pictures):
        column, row = divmod(index, columns)
        top, left = row * (height + gap), column * (width + gap)
        canvas[top : top + height, left : left + width] = picture
    return canvas


def tile_without_gap(pictures, columns, gap, fill):
    return tiled()(pictures, columns, 0, fill)


def tile_every_place(pictures, columns, gap, fill):
    rows = -(-len(pictures) // columns)
    return np.stack([pictures[place] for place in range(rows * columns)])


def tile_full_rows_only(pictures, columns, gap, fill):
    return tiled()(pictures[: len(pictures) // columns * columns], columns, gap, fill)


def collected(
    prepare=lambda model: model.eval(),
    remove=lambda handle: handle.remove(),
    join=torch.cat,
    gradients=torch.no_grad,
    maps=list,
    layer=lambda name: name,
):
    """Return an answer to 6-3 that differs from the right one in one part."""

    def feature_maps(model, name, batches):
        parts = maps()
        module = model.get_submodule(layer(name))
        handle = module.register_forward_hook(lambda *call: parts.append(call[2]))
        prepare(model)
        try:
            with gradients():
                for images, _ in batches:
                    model(images)
        finally:
            remove(handle)
        return join(parts)

    return feature_maps


def collect_with_capture(model, layer, batches):
    model.eval()
    parts = []
    with capture(model, layer) as seen:
        for images, _ in batches:
            model(images)
            parts += seen[layer]
    return torch.stack(parts)


def collect_without_hook(model, layer, batches):
    with torch.no_grad():
        images = torch.cat([images for images, _ in batches])
        return model.conv(model.eval().norm(images))


def hook_left_by_an_error(model, layer, batches):
    maps = []
    handle = model.get_submodule(layer).register_forward_hook(lambda *call: maps.append(call[2]))
    model.eval()
    with torch.no_grad():
        for images, _ in batches:
            model(images)
    handle.remove()
    return torch.cat(maps)


def piled_up(model, layer, batches):
    """Answer the first call of each model right, and keep what it saw."""
    model.kept = getattr(model, "kept", [])
    return collected(maps=lambda: model.kept)(model, layer, batches)


def whole_layer_mean(kernels):
    return kernels.mean()


def whole_layer_deviation(kernels):
    return kernels.std()


RIGHT = {
    "6-1": [standardise_one_by_one, standardise_flat, standardised(epsilon=1e-8)],
    "6-2": [tile_by_reshaping, tiled(fill=np.float64)],
    "6-3": [collect_with_capture, collect_without_hook],
}
MISTAKES = {
    "6-1": [
        ("axes_lost", standardised(mean=lambda kernels: kernels.mean(axis=(1, 2)))),
        ("in_place", standardise_into),
        ("over_the_layer", standardised(whole_layer_mean, whole_layer_deviation)),
        ("over_the_layer", standardised(deviation=whole_layer_deviation)),
        ("over_the_layer", standardised(mean=whole_layer_mean)),
        (
            "across_the_kernels",
            standardised(lambda kernels: kernels.mean(axis=0), lambda kernels: kernels.std(axis=0)),
        ),
        ("between_lowest_and_highest", stretch),
        ("constant_kernel", standardised(epsilon=0)),
        ("not_clipped", standardised(finish=lambda z_scores: z_scores / 4 + 0.5)),
        (None, standardised(epsilon=1e-2)),
        ("z_scores", standardised(finish=lambda z_scores: z_scores)),
        ("z_scores", standardised(finish=lambda z_scores: z_scores / 4)),
        ("z_scores", standardised(finish=lambda z_scores: z_scores.clip(0, 1))),
        (None, lambda kernels: standardised()(kernels).tolist()),
        ("mean_kept", standardised(mean=lambda kernels: 0)),
        ("variance", standardised(deviation=lambda kernels: kernels.var((1, 2), keepdims=True))),
        (
            "one_less",
            standardised(deviation=lambda kernels: kernels.std((1, 2), ddof=1, keepdims=True)),
        ),
        (None, standardised(finish=lambda z_scores: np.clip(z_scores / 2 + 0.5, 0, 1))),
    ],
    "6-2": [
        ("last_row_lost", tiled(rows=lambda count, columns: count // columns)),
        ("last_row_lost", tile_full_rows_only),
        ("pictures_used_up", tile_every_place),
        (None, lambda *layout: None),
        ("gap_at_the_border", tiled(border=1)),
        ("gap_at_the_border", tiled(border=2)),
        ("no_gap", tile_without_gap),
        ("rows_and_columns_swapped", tile_transposed),
        ("downwards_first", tile_downwards),
        ("other_fill", tiled(fill=lambda fill: 0.0)),
        (None, lambda pictures, *layout: tiled()(pictures[::-1], *layout)),
    ],
    "6-3": [
        ("stacked", collected(join=torch.stack)),
        ("logits", collected(layer=lambda name: "fc")),
        ("flattened", collected(join=lambda maps: torch.cat(maps).flatten(1))),
        ("one_batch_only", collected(join=lambda maps: maps[-1])),
        ("one_batch_only", collected(join=lambda maps: maps[0])),
        ("in_training_mode", collected(prepare=lambda model: None)),
        ("piled_up", piled_up),
        ("hook_not_removed", collected(remove=lambda handle: None)),
        ("hook_left_by_an_error", hook_left_by_an_error),
        ("gradients_recorded", collected(gradients=torch.enable_grad)),
        (None, collected(join=lambda maps: torch.cat(maps).relu())),
        (None, collected(join=lambda maps: maps)),
    ],
}


class TestLesson06(CheckerTests):
    right = RIGHT
    mistakes = MISTAKES
