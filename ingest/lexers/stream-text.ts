const BYTE_ORDER_MARK = 0xfeff;

/**
 * Text that arrives in pieces for a reader that takes whole lines: holds back what the reader could not use. A held-back line is offered
 * again only once the text has doubled, so that a line arriving in crumbs costs linear time.
 */
export class StreamText {
  #pieces: string[] = [];
  #length = 0;
  #offerFrom = 0;
  #begun = false;

  /**
   * Adds what arrived; a byte order mark before the first character is dropped.
   * @returns all text that was not used yet, to be followed by `keep`; undefined when it is too early to look at it
   */
  add(chunk: string): string | undefined {
    if (chunk === '') return undefined;
    const piece = !this.#begun && chunk.charCodeAt(0) === BYTE_ORDER_MARK ? chunk.slice(1) : chunk;
    this.#begun = true;
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length === 0 || this.#length < this.#offerFrom) return undefined;
    return this.rest();
  }

  /** All text that was not used yet. */
  rest(): string {
    const text = this.#pieces.length === 1 ? (this.#pieces[0] ?? '') : this.#pieces.join('');
    this.#pieces = [text];
    return text;
  }

  /** Keeps what the reader could not use. @param from offset into the text offered last */
  keep(from: number): void {
    const text = this.rest().slice(from);
    this.#pieces = text === '' ? [] : [text];
    this.#length = text.length;
    this.#offerFrom = 2 * text.length;
  }
}

/** The same text without a hold on the larger text it was cut from; for what outlives a chunk. */
export function detach(text: string): string {
  return ` ${text}`.slice(1);
}
