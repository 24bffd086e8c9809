import numpy as np
import torch
from checkers import CheckerTests
from torchvision.models.feature_extraction import create_feature_extractor

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


def standardise_with_transposed_axes(kernels):
    flat = kernels.reshape(len(kernels), -1).T
    deviation = flat.std(axis=0)
    z_scores = (flat - flat.mean(axis=0)) / np.where(deviation == 0, 1, deviation)
    return np.minimum(1, np.maximum(0, z_scores / 4 + 0.5)).T.reshape(kernels.shape)


def standardise_by_comprehension(kernels):
    return np.array([np.clip((k - k.mean()) / (k.std() + 1e-5) / 4 + 0.5, 0, 1) for k in kernels])


def standardise_the_first_only(kernels):
    kernel = kernels[0]
    return np.clip((kernel - kernel.mean()) / (kernel.std() + 1e-6) / 4 + 0.5, 0, 1)


def standardise_in_a_kernel_of_nan(kernels):
    """Stretch to the range, and divide by a range of zero."""
    low = kernels.min(axis=(1, 2), keepdims=True)
    return (kernels - low) / np.ptp(kernels, axis=(1, 2), keepdims=True)


def standardise_into(kernels):
    kernels -= kernels.mean(axis=(1, 2), keepdims=True)
    return np.clip(kernels / (kernels.std(axis=(1, 2), keepdims=True) + 1e-6) / 4 + 0.5, 0, 1)


def stretch(kernels):
    low = kernels.min(axis=(1, 2), keepdims=True)
    return (kernels - low) / (np.ptp(kernels, axis=(1, 2), keepdims=True) + 1e-6)


def tiled(
    rows=lambda count, columns: -(-count // columns),
    border=0,
    paint=lambda fill: fill,
    place=divmod,
    empty=np.full,
    turn=lambda picture: picture,
):
    """Return an answer to 6-2 that differs from the right one in one part."""

    def tile(pictures, columns, gap, fill):
        count, height, width = pictures.shape
        shape = (
            rows(count, columns) * (height + gap) - gap + border * gap,
            columns * (width + gap) - gap + border * gap,
        )
        canvas = empty(shape, paint(fill))
        for index, picture in enumerate(pictures):
            row, column = place(index, columns)
            top, left = row * (height + gap), column * (width + gap)
            canvas[top : top + height, left : left + width] = turn(picture)
        return canvas

    return tile


def tile_by_reshaping(pictures, columns, gap, fill):
    missing = -len(pictures) % columns
    padding = ((0, missing), (0, gap), (0, gap))
    padded = np.pad(pictures, padding, constant_values=fill)
    padded[len(pictures) :] = fill
    _, height, width = padded.shape
    rows = padded.reshape(-1, columns, height, width).transpose(0, 2, 1, 3)
    canvas = rows.reshape(-1, columns * width)
    return canvas[: len(canvas) - gap, : columns * width - gap]


def tile_cut_off_from_behind(pictures, columns, gap, fill):
    canvas = tiled()(pictures, columns, gap, fill)
    return np.pad(canvas, ((0, gap), (0, gap)))[:-gap, :-gap]


def tile_in_few_columns(pictures, columns, gap, fill):
    return tiled()(pictures, min(columns, len(pictures)), gap, fill)


def tile_downwards(pictures, columns, gap, fill):
    rows = -(-len(pictures) // columns)
    return tiled(place=lambda index, columns: (index % rows, index // rows))(
        pictures, columns, gap, fill
    )


def tile_by_joining(pictures, columns, gap, fill):
    count, height, width = pictures.shape
    beside = np.full((height, gap), fill)
    missing = [np.full((height, width), fill)] * (-count % columns)
    cells = [*pictures, *missing]
    lines = []
    for first in range(0, len(cells), columns):
        line = [cells[first]]
        for cell in cells[first + 1 : first + columns]:
            line += [beside, cell]
        lines.append(np.hstack(line))
    below = np.full((gap, lines[0].shape[1]), fill)
    return np.vstack([part for line in lines for part in (below, line)][1:])


def tile_pixel_by_pixel(pictures, columns, gap, fill):
    count, height, width = pictures.shape
    rows = int(np.ceil(count / columns))
    canvas = np.zeros((rows * height + (rows - 1) * gap, columns * width + (columns - 1) * gap))
    canvas += fill
    for index in range(count):
        for y in range(height):
            for x in range(width):
                top, left = index // columns * (height + gap), index % columns * (width + gap)
                canvas[top + y, left + x] = pictures[index, y, x]
    return canvas


def tile_with_a_gap_around(pictures, columns, gap, fill):
    return np.pad(tiled()(pictures, columns, gap, fill), gap, constant_values=fill)


def tile_in_a_canvas_without_gaps(pictures, columns, gap, fill):
    count, height, width = pictures.shape
    canvas = np.full((-(-count // columns) * height, columns * width), fill)
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        top, left = row * (height + gap), column * (width + gap)
        canvas[top : top + height, left : left + width] = picture
    return canvas


def tile_in_wide_places(pictures, columns, gap, fill):
    count, height, width = pictures.shape
    canvas = np.full(
        (-(-count // columns) * (height + gap) - gap, columns * (width + gap) - gap), fill
    )
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        top, left = row * (height + gap), column * (width + gap)
        canvas[top : top + width, left : left + height] = picture
    return canvas


def tile_with_places_of_zero(pictures, columns, gap, fill):
    missing = np.zeros((-len(pictures) % columns, *pictures.shape[1:]))
    return tiled()(np.concatenate([pictures, missing]), columns, gap, fill)


def tile_with_other_names(pictures, columns, space, colour):
    return tiled()(pictures, columns, space, colour)


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
    register=lambda model, name, hook: model.get_submodule(name).register_forward_hook(hook),
    value=lambda output: None,
):
    """Return an answer to 6-3 that differs from the right one in one part."""

    def feature_maps(model, name, batches):
        parts = maps()

        def hook(module, inputs, output):
            parts.append(output)
            return value(output)

        handle = register(model, layer(name), hook)
        prepare(model)
        try:
            with gradients():
                for images, _ in batches:
                    model(images)
        finally:
            remove(handle)
        return join(parts)

    return feature_maps


def registered_at(find):
    """Register the hook of 6-3 on what ``find`` makes of the model and the name."""
    return collected(
        register=lambda model, name, hook: find(model, name).register_forward_hook(hook)
    )


def hook_left_by_an_unreadable_batch(model, layer, batches):
    """Guard the model, but not the batches."""
    parts = []
    handle = model.get_submodule(layer).register_forward_hook(lambda *call: parts.append(call[2]))
    with torch.no_grad():
        for images, _ in batches:
            try:
                model.eval()(images)
            except Exception:
                handle.remove()
                raise
    handle.remove()
    return torch.cat(parts)


def hook_that_rebinds(model, layer, batches):
    kept = []

    def hook(module, inputs, output):
        kept = [output]  # noqa: F841

    with model.get_submodule(layer).register_forward_hook(hook):
        for images, _ in batches:
            model.eval()(images)
    return kept[0]


def collect_with_capture(model, layer, batches):
    model.eval()
    parts = []
    with capture(model, layer) as seen, torch.no_grad():
        for images, _ in batches:
            model(images)
            parts += seen[layer]
    return torch.stack(parts)


def extractor_outputs(model, layer, batches, recorded):
    """Make a graph of the layers outside no_grad, and run the batches within or outside."""
    extractor = create_feature_extractor(model.eval(), {layer: "maps"})
    with torch.set_grad_enabled(recorded):
        return torch.cat([extractor(images)["maps"] for images, _ in batches])


def collect_with_an_extractor(model, layer, batches):
    return extractor_outputs(model, layer, batches, recorded=False)


def extractor_that_records_gradients(model, layer, batches):
    return extractor_outputs(model, layer, batches, recorded=True)


@torch.inference_mode()
def collect_by_getattr(model, layer, batches):
    """Not enough for the layers within another one, whose names have dots."""
    parts = []
    handle = getattr(model.eval(), layer).register_forward_hook(lambda *call: parts.append(call[2]))
    try:
        for batch in batches:
            model(batch[0])
    finally:
        handle.remove()
    return torch.vstack(parts)


def collect_by_children(model, layer, batches):
    return collected(layer=lambda name: name if dict(model.named_children())[name] else "")(
        model, layer, batches
    )


def error_swallowed(model, layer, batches):
    try:
        return collected()(model, layer, batches)
    except RuntimeError:
        return None


def returning_within_finally(model, layer, batches):
    maps = []
    handle = model.get_submodule(layer).register_forward_hook(lambda *call: maps.append(call[2]))
    model.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                model(images)
    finally:
        handle.remove()
        return torch.cat(maps)  # noqa: B012


def all_hooks_removed(model, layer, batches):
    def clear(handle):
        model.get_submodule(layer)._forward_hooks.clear()

    return collected(remove=clear)(model, layer, batches)


def collect_with_a_hook_a_batch(model, layer, batches):
    found = torch.tensor([])
    model.eval()
    for images, _ in batches:
        seen = []
        handle = dict(model.named_modules())[layer].register_forward_hook(
            lambda module, inputs, output, seen=seen: seen.append(output.detach())
        )
        try:
            with torch.no_grad():
                model(images)
        finally:
            handle.remove()
        found = torch.cat([found, *seen])
    return found


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


def in_two_passes(model, layer, batches):
    images, _ = next(iter(batches))
    assert images.ndim == 4
    return collected()(model, layer, batches)


def hooked_once_a_batch(model, layer, batches):
    maps, handles = [], []
    model.eval()
    with torch.no_grad():
        for images, _ in batches:
            handles.append(
                model.get_submodule(layer).register_forward_hook(lambda *call: maps.append(call[2]))
            )
            model(images)
    for handle in handles:
        handle.remove()
    return torch.cat(maps)


def inputs_collected(model, layer, batches):
    maps = []
    handle = model.get_submodule(layer).register_forward_hook(lambda *call: maps.append(call[1][0]))
    model.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                model(images)
    finally:
        handle.remove()
    return torch.cat(maps)


def fixed_layer(model, layer, batches):
    return collected(layer=lambda name: "conv1")(model, layer, batches)


def fixed_layer_by_attribute(model, layer, batches):
    maps = []
    handle = model.conv1.register_forward_hook(lambda *call: maps.append(call[2]))
    handle.remove()


def batches_by_index(model, layer, batches):
    pairs = [batches[place] for place in range(len(batches))]
    return collected()(model, layer, pairs)


def detached(maps):
    return torch.cat(maps).detach()


def train_again(model, layer, batches):
    found = collected()(model, layer, batches)
    model.train()
    return found


def whole_layer_mean(kernels):
    return kernels.mean()


def whole_layer_deviation(kernels):
    return kernels.std()


def root_of_variance(kernels):
    return np.sqrt(kernels.var(axis=(1, 2), keepdims=True) + 1e-6)


def deviation_of_a_hundredth(kernels):
    return np.maximum(kernels.std(axis=(1, 2), keepdims=True), 0.01)


def finished_by(finish):
    return standardised(finish=finish)


RIGHT = {
    "6-1": [
        standardise_one_by_one,
        standardise_flat,
        standardised(epsilon=1e-8),
        standardise_with_transposed_axes,
        standardise_by_comprehension,
    ],
    "6-2": [tile_by_reshaping, tiled(paint=np.float64), tile_by_joining, tile_pixel_by_pixel],
    "6-3": [collect_with_capture, collect_with_an_extractor, collect_with_a_hook_a_batch],
}
MISTAKES = {
    "6-1": [
        ("axes_lost", standardised(mean=lambda kernels: kernels.mean(axis=(1, 2)))),
        ("axes_lost", standardised(deviation=lambda kernels: kernels.std(axis=(1, 2)))),
        (None, standardise_into),
        ("over_the_layer", standardised(whole_layer_mean, whole_layer_deviation)),
        ("over_the_layer", standardised(deviation=whole_layer_deviation)),
        ("over_the_layer", standardised(mean=whole_layer_mean)),
        (
            "across_the_kernels",
            standardised(lambda kernels: kernels.mean(axis=0), lambda kernels: kernels.std(axis=0)),
        ),
        (
            None,
            standardised(
                lambda kernels: kernels.mean(axis=1, keepdims=True),
                lambda kernels: kernels.std(axis=1, keepdims=True),
            ),
        ),
        ("between_lowest_and_highest", stretch),
        ("between_lowest_and_highest", standardise_in_a_kernel_of_nan),
        ("constant_kernel", standardised(epsilon=0)),
        ("not_clipped", finished_by(lambda z_scores: z_scores / 4 + 0.5)),
        ("weak_kernel", standardised(epsilon=1e-4)),
        (
            "weak_kernel",
            standardised(deviation=root_of_variance, epsilon=0),
        ),
        ("weak_kernel", standardised(deviation=deviation_of_a_hundredth)),
        (None, standardised(epsilon=1e-2)),
        ("not_rescaled", finished_by(lambda z_scores: z_scores)),
        ("not_rescaled", finished_by(lambda z_scores: z_scores.clip(0, 1))),
        ("half_missing", finished_by(lambda z_scores: z_scores / 4)),
        ("half_missing", finished_by(lambda z_scores: (z_scores / 4).clip(0, 1))),
        ("not_divided_by_four", finished_by(lambda z_scores: np.clip(z_scores + 0.5, 0, 1))),
        ("not_divided_by_four", finished_by(lambda z_scores: z_scores + 0.5)),
        (
            "added_before_dividing",
            finished_by(lambda z_scores: np.clip((z_scores + 0.5) / 4, 0, 1)),
        ),
        (None, finished_by(lambda z_scores: np.clip(z_scores / 4, 0, 1) + 0.5)),
        (None, finished_by(lambda z_scores: np.clip(z_scores / 4.5, 0, 1))),
        (None, finished_by(lambda z_scores: np.clip(z_scores / 2 + 0.5, 0, 1))),
        (None, finished_by(lambda z_scores: 255 * np.clip(z_scores / 4 + 0.5, 0, 1))),
        (None, lambda kernels: standardised()(kernels).tolist()),
        (None, lambda kernels: torch.from_numpy(standardised()(kernels))),
        (None, lambda kernels: standardised()(kernels).round()),
        (None, standardise_the_first_only),
        ("mean_kept", standardised(mean=lambda kernels: 0)),
        ("variance", standardised(deviation=lambda kernels: kernels.var((1, 2), keepdims=True))),
        (
            "one_less",
            standardised(deviation=lambda kernels: kernels.std((1, 2), ddof=1, keepdims=True)),
        ),
    ],
    "6-2": [
        ("no_room", tiled(rows=lambda count, columns: count // columns)),
        ("no_room", tile_in_a_canvas_without_gaps),
        ("height_and_width_swapped", tile_in_wide_places),
        ("last_row_lost", tile_full_rows_only),
        ("pictures_used_up", tile_every_place),
        (None, lambda pictures, columns, gap, fill: None),
        ("gap_at_the_border", tiled(border=1)),
        ("gap_at_the_border", tiled(border=2)),
        ("gap_at_the_border", tile_with_a_gap_around),
        ("no_gap", tile_without_gap),
        ("fewer_columns", tile_in_few_columns),
        ("cut_off_without_gap", tile_cut_off_from_behind),
        ("rows_and_columns_swapped", tile_transposed),
        ("downwards_first", tile_downwards),
        ("other_fill", tiled(paint=lambda fill: 0.0)),
        ("other_fill", tile_with_places_of_zero),
        ("whole_numbers", tiled(empty=lambda shape, fill: np.full(shape, fill, dtype=int))),
        (None, lambda pictures, columns, gap, fill: tiled()(pictures[::-1], columns, gap, fill)),
        (None, lambda pictures, columns, gap, fill: tiled()(pictures, columns, 1, fill)),
        (None, lambda pictures, columns, gap, fill: tiled()(pictures, 3, gap, fill)),
        (None, lambda pictures, columns, gap, fill: tiled()(pictures, columns, gap, fill).tolist()),
        (None, tile_with_other_names),
        (None, tiled(turn=np.flipud)),
        (None, tiled(turn=np.abs)),
        (None, tiled(rows=lambda count, columns: count // columns + 1)),
    ],
    "6-3": [
        (
            "not_the_arguments",
            lambda model, layer, batches: model(torch.zeros(7, 1, 28, 28)),
        ),
        ("stacked", collected(join=torch.stack)),
        ("logits", collected(layer=lambda name: "")),
        ("flattened", collected(join=lambda maps: torch.cat(maps).flatten(1))),
        ("one_batch_only", collected(join=lambda maps: maps[-1])),
        ("one_batch_only", collected(join=lambda maps: maps[0])),
        ("ragged_batch_lost", collected(join=lambda maps: torch.cat(maps[:-1]))),
        ("in_training_mode", collected(prepare=lambda model: None)),
        ("in_training_mode", collected(prepare=lambda model: model.eval)),
        ("piled_up", piled_up),
        ("hook_not_removed", collected(remove=lambda handle: None)),
        ("hook_not_removed", collected(remove=lambda handle: handle.remove)),
        ("hooked_once_a_batch", hooked_once_a_batch),
        ("hook_left_by_an_error", hook_left_by_an_error),
        ("hook_left_by_an_error", hook_left_by_an_unreadable_batch),
        ("hook_returns", collected(value=torch.zeros_like)),
        ("hook_returns", collected(value=lambda output: output.flatten(1))),
        ("nothing_stored", hook_that_rebinds),
        ("layer_is_a_name", registered_at(lambda model, name: name)),
        ("layer_is_a_name", registered_at(lambda model, name: model[name])),
        ("fixed_layer", registered_at(lambda model, _: dict(model.named_modules())["conv1"])),
        ("gradients_recorded", collected(gradients=torch.enable_grad)),
        ("gradients_recorded", collected(gradients=torch.enable_grad, join=detached)),
        ("inputs_returned", inputs_collected),
        ("gradients_recorded", extractor_that_records_gradients),
        ("error_swallowed", error_swallowed),
        ("error_swallowed", returning_within_finally),
        ("hooks_of_others_removed", all_hooks_removed),
        ("nested_layer", collect_by_getattr),
        ("nested_layer", collect_by_children),
        ("fixed_layer", fixed_layer),
        ("fixed_layer", fixed_layer_by_attribute),
        ("list_returned", collected(join=lambda maps: maps)),
        (None, collected(join=lambda maps: torch.cat(maps).numpy())),
        (None, collected(join=lambda maps: torch.cat(maps).relu())),
        (None, collected(join=lambda maps: torch.cat(maps).mean(dim=(2, 3)))),
        (None, collected(join=lambda maps: torch.cat(maps, dim=1))),
        (None, collected(join=lambda maps: torch.cat(maps)[:, :1])),
        (None, collected(layer=lambda name: "body")),
        ("inputs_returned", collect_without_hook),
        ("two_passes", in_two_passes),
        (None, batches_by_index),
        (None, train_again),
    ],
}


class TestLesson06(CheckerTests):
    right = RIGHT
    mistakes = MISTAKES
