type Described = {
  /** Query parameters it is sent with, beside `format`; none means: the tool says everything. */
  readonly query: Readonly<Record<string, string>>;
  /** What each own parameter of the format means, by name: all of them, no other. */
  readonly options: Readonly<Record<string, string>>;
};

/** A small payload of a format: for docs/formats.md, and for the tests that damage every format. */
export type TextExample = Described & {
  /** As the tool prints it, shortened: real values where a capture exists. Ends where the tool ends. */
  readonly payload: string;
  /** Number of the line that the page shows, from 1. */
  readonly shown: number;
};

/** Of a format whose payload is no text: what such a file holds, in a sentence. Its own tests read and damage it. */
export type FileExample = Described & { readonly file: string };

export type FormatExample = TextExample | FileExample;

export function isTextExample(example: FormatExample): example is TextExample {
  return 'payload' in example;
}
