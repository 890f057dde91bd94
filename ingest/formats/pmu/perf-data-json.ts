import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import type { JsonObject } from '../../lexers/json.ts';
import { JsonElements } from '../../lexers/json-elements.ts';
import type { FormatDraft } from '../draft.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { Profile } from './perf-profile.ts';

/**
 * `perf data convert --to-json`: samples with their command and callchain, but neither event nor period, so that all it says as a measurement
 * is how many samples each command got. Of the headers the version and the machine go beside the series; the host name does not.
 * Seen: perf 6.1, 6.12 and 7.2.
 */
export const perfDataJsonFormat = {
  id: 'perf-data-json' as const,
  kind: 'pmu',
  mode: 'stream',
  summary: 'perf data convert --to-json file.json (perf script names the events)',
  extraParameters: [],
  detect: (head) => /^\uFEFF?\s*\{\s*"linux-perf-json-version"\s*:/.test(head),
  open: (parameters) => new PerfDataStream(parameters),
} satisfies FormatDraft;

const ADVICE = 'send the whole file that perf data convert --to-json wrote';
/** Headers that say what was measured on, and differ neither by run nor by host. */
const DESCRIBING = ['perf-version', 'arch', 'cpu-desc'] as const;

class PerfDataStream implements StreamParser {
  readonly #parameters: PayloadParameters;
  readonly #tally = new WarningTally();
  readonly #profile = new Profile();
  readonly #elements = new JsonElements('samples', ADVICE, {
    member: (name, value) => this.#describe(name, value),
    element: (value, line) => this.#add(value, line),
  });

  constructor(parameters: PayloadParameters) {
    this.#parameters = parameters;
  }

  push(text: string) {
    this.#elements.push(text);
    return [];
  }

  end() {
    this.#elements.end();
    if (this.#profile.isEmpty) throw new ParseError('the file has no samples: nothing was recorded', { line: 1, column: 1 });
    warnOfUnused(this.#parameters, ['metric', 'unit'], this.#tally);
    return this.#profile.records(this.#parameters, this.#tally);
  }

  warnings() {
    return this.#tally.list();
  }

  #describe(member: string, headers: JsonObject): void {
    if (member !== 'headers') return;
    for (const name of DESCRIBING) {
      const value = headers.get(name);
      if (typeof value === 'string') this.#profile.describe(name, value);
    }
  }

  #add(sample: JsonObject, line: number): void {
    const comm = sample.get('comm');
    if (typeof comm !== 'string' || comm === '') throw new ParseError(`a sample has no command (comm): ${ADVICE}`, { line, column: 1 });
    this.#profile.add({ comm, event: undefined, isTracepoint: false, period: undefined, line });
  }
}
