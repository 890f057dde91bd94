// The one error the embedded store throws. Callers tell the cases apart by `reason`, never by the text.

/**
 * Why the embedded store cannot serve.
 * `unsupported_platform`: the engine's library is not there or does not load; `locked`: another process uses the data folder;
 * `not_ready`: the engine ended or stayed silent while starting.
 */
export type EmbeddedStoreFailure = 'unsupported_platform' | 'locked' | 'not_ready';

/** The embedded store could not start. */
export class EmbeddedStoreError extends Error {
  override readonly name = 'EmbeddedStoreError';
  readonly reason: EmbeddedStoreFailure;

  /**
   * @param reason which of the closed list of failures this is
   * @param detail a sentence for a person, without secrets
   * @param options the error behind this one, if any
   */
  constructor(reason: EmbeddedStoreFailure, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.reason = reason;
  }
}
