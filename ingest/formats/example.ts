import type { PayloadFile } from '../format.ts';

type ExampleCommon = {
  /** Query parameters it is sent with, beside `format`; none means: the tool says everything. */
  readonly query: Readonly<Record<string, string>>;
  /** What each own parameter of the format means, by name: all of them, no other. */
  readonly options: Readonly<Record<string, string>>;
};

/** A small payload of a text format: for docs/formats.md, and for the tests that damage every format. */
export type TextExample = ExampleCommon & {
  /** As the tool prints it, shortened: real values where a capture exists. Ends where the tool ends. */
  readonly payload: string;
  /** Number of the line that the page shows, from 1. */
  readonly shown: number;
};

/** A small payload of a binary format, for docs/formats.md. */
export type FileExample = ExampleCommon & {
  readonly file: PayloadFile;
  /** Its columns and one row, as people draw tables. */
  readonly drawing: string;
};

export type FormatExample = TextExample | FileExample;
