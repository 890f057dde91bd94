import { ParseError } from '../format.ts';
import { placeAt } from './text.ts';
import { parseXml, type XmlElement } from './xml.ts';

/**
 * Documents that `nvidia-smi -q -x` prints, several with -l. Layout: nvsmi_device_v11.dtd (driver 515), v12 (535) and v13 (590), read in public real
 * output of a Tesla T4, an A100 and an RTX PRO 6000 (influxdata/telegraf, plugins/inputs/nvidia_smi/testdata).
 */
export type SmiDocument = {
  readonly root: XmlElement;
  /** Line of an element in the whole text, from 1. */
  readonly lineOf: (element: XmlElement) => number;
};

/** Whether a text that starts like this is XML of nvidia-smi. */
export function isSmiXml(head: string): boolean {
  return /^\uFEFF?\s*(?:<\?xml\b[^<]{0,200})?(?:<!DOCTYPE nvidia_smi_log\b[^<]{0,200})?<nvidia_smi_log>/.test(head);
}

/** @throws ParseError when one is cut off, is no XML, or is another tool's */
export function readSmiDocuments(text: string): readonly SmiDocument[] {
  const starts = [...text.matchAll(/^[ \t]*<\?xml\b/gm)].map(({ index }) => index);
  const [first = 0] = starts;
  const bounds = [...(text.slice(0, first).trim() === '' ? starts.slice(1) : starts), text.length];
  let from = 0;
  return bounds.map((to) => {
    const start = from;
    from = to;
    return readDocument(text.slice(start, to), placeAt(text, start).line - 1);
  });
}

/** @param before lines before the document */
function readDocument(text: string, before: number): SmiDocument {
  const root = parse(text, before);
  if (root.name !== 'nvidia_smi_log')
    throw new ParseError(`the XML is a <${root.name}>, not the <nvidia_smi_log> of nvidia-smi -q -x`, { line: before + 1, column: 1 });
  let line = before + 1;
  let counted = 0;
  const lineOf = ({ position }: XmlElement): number => {
    if (position < counted) return placeAt(text, position).line + before;
    for (let end = text.indexOf('\n', counted); end !== -1 && end < position; end = text.indexOf('\n', counted)) {
      line++;
      counted = end + 1;
    }
    return line;
  };
  return { root, lineOf };
}

function parse(text: string, before: number): XmlElement {
  try {
    return parseXml(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new ParseError(error.message, { line: error.line + before, column: error.column });
  }
}
