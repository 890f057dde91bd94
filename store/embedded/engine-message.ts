// What the engine's process says to the service over its channel.

/**
 * `unloadable`: the library did not load. `ended`: the program returned, with the engine's error code (0: none, -1: unknown).
 */
export type EngineLastWords =
  | { readonly kind: 'unloadable'; readonly detail: string }
  | { readonly kind: 'ended'; readonly errorCode: number; readonly detail: string };

/** `loaded`: the library is there and the program is about to run, confined (confine.ts) or not. */
export type EngineMessage = EngineLastWords | { readonly kind: 'loaded'; readonly isConfined: boolean };

/**
 * Reads a message off the channel.
 * @param value whatever arrived
 * @returns the message, or undefined when it is none
 */
export function parseEngineMessage(value: unknown): EngineMessage | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined;
  if (value.kind === 'loaded' && 'isConfined' in value && typeof value.isConfined === 'boolean') {
    return { kind: value.kind, isConfined: value.isConfined };
  }
  if (!('detail' in value) || typeof value.detail !== 'string') return undefined;
  if (value.kind === 'unloadable') return { kind: value.kind, detail: value.detail };
  if (value.kind === 'ended' && 'errorCode' in value && typeof value.errorCode === 'number') {
    return { kind: value.kind, errorCode: value.errorCode, detail: value.detail };
  }
  return undefined;
}
