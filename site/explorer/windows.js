// Where a window lands that moves over an image: the arithmetic of convolution and pooling.

/** @import {Range} from "./network.js" */

/** @typedef {{size: number[], stride: number[], padding: number[]}} Window each [vertical, horizontal] */

/**
 * Returns how many places a window has along each axis.
 * @param {Window} window
 * @param {number[]} sides [height, width] of the input
 */
export function placesOf({ size, stride, padding }, sides) {
  return [0, 1].map(
    (axis) => Math.floor((sides[axis] + 2 * padding[axis] - size[axis]) / stride[axis]) + 1,
  );
}

/**
 * Returns which rows or columns the places of a range look at; some of them may be padding.
 * @param {Window} window
 * @param {Range} places
 * @param {number} axis 0 for rows, 1 for columns
 * @returns {Range}
 */
export function seenFrom({ size, stride, padding }, [first, last], axis) {
  const start = first * stride[axis] - padding[axis];
  return [start, last * stride[axis] - padding[axis] + size[axis] - 1];
}
