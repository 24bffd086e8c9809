// The product of two matrices, row after row in one long array: what convolutions and linear layers
// spend their time on.

const TALL = 2, WIDE = 4; // sums that are made at once

/**
 * Returns a · bᵀ: every row of `a` times every row of `b`.
 *
 * Two rows of `a` and four of `b` are gone through side by side, so that each number that is fetched
 * serves several sums. That takes half the time of one sum after the other.
 * @param {Float32Array} a rows × inner
 * @param {Float32Array} b columns × inner
 * @param {number} rows
 * @param {number} inner
 * @param {number} columns
 * @returns {Float32Array} rows × columns
 */
export function rowsTimesRows(a, b, rows, inner, columns) {
  const product = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row += TALL) {
    for (let column = 0; column < columns; column += WIDE) {
      const isWhole = row + TALL <= rows && column + WIDE <= columns;
      (isWhole ? tile : edge)(product, a, b, rows, inner, columns, row, column);
    }
  }
  return product;
}

/**
 * @param {Float32Array} product
 * @param {Float32Array} a
 * @param {Float32Array} b
 * @param {number} rows
 * @param {number} inner
 * @param {number} columns
 * @param {number} row
 * @param {number} column
 */
function tile(product, a, b, rows, inner, columns, row, column) {
  const a0 = row * inner, a1 = a0 + inner;
  const b0 = column * inner, b1 = b0 + inner, b2 = b1 + inner, b3 = b2 + inner;
  let sum00 = 0, sum01 = 0, sum02 = 0, sum03 = 0;
  let sum10 = 0, sum11 = 0, sum12 = 0, sum13 = 0;
  for (let i = 0; i < inner; i++) {
    const first = a[a0 + i], second = a[a1 + i];
    const w = b[b0 + i], x = b[b1 + i], y = b[b2 + i], z = b[b3 + i];
    sum00 += first * w;
    sum01 += first * x;
    sum02 += first * y;
    sum03 += first * z;
    sum10 += second * w;
    sum11 += second * x;
    sum12 += second * y;
    sum13 += second * z;
  }
  const above = row * columns + column, below = above + columns;
  product[above] = sum00;
  product[above + 1] = sum01;
  product[above + 2] = sum02;
  product[above + 3] = sum03;
  product[below] = sum10;
  product[below + 1] = sum11;
  product[below + 2] = sum12;
  product[below + 3] = sum13;
}

/**
 * What is left over where the sides are no multiples of the tile's.
 * @type {typeof tile}
 */
function edge(product, a, b, rows, inner, columns, firstRow, firstColumn) {
  for (let row = firstRow; row < Math.min(firstRow + TALL, rows); row++) {
    for (let column = firstColumn; column < Math.min(firstColumn + WIDE, columns); column++) {
      let sum = 0;
      for (let i = 0; i < inner; i++) sum += a[row * inner + i] * b[column * inner + i];
      product[row * columns + column] = sum;
    }
  }
}

/**
 * @param {Float32Array} matrix rows × columns
 * @param {number} rows
 * @param {number} columns
 * @returns {Float32Array} columns × rows
 */
export function transposed(matrix, rows, columns) {
  const turned = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      turned[column * rows + row] = matrix[row * columns + column];
    }
  }
  return turned;
}

/** @param {Float32Array} sums @param {Float32Array} values added to them, one by one */
export function add(sums, values) {
  for (let i = 0; i < sums.length; i++) sums[i] += values[i];
}
