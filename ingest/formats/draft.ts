import type { Format } from '../format.ts';

type WithoutId<F> = F extends Format ? Omit<F, 'id'> & { readonly id: string } : never;

/** A format as its own file states it: `satisfies FormatDraft` checks everything but that wire/payload.ts lists its id, which formats/index.ts does. */
export type FormatDraft = WithoutId<Format>;
