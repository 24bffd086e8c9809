/** What is wrong with a file or a drawing: `code` names the sentence in words.js that says so. */
export class ExplorerError extends Error {
  /**
   * @param {string} code
   * @param {Record<string, string | number>} [values] fill the {names} of the sentence
   */
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}
