import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { forEachLine, openText } from '../../lexers/text.ts';
import type { IngestRecord, SummaryRecord } from '../../records.ts';
import { declareSeries, identityOf, warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { addDelays, readDelay, readSyscall, readThread, type TraceRow } from './perf-trace-lines.ts';

/**
 * `perf trace -s` (and -S, whose events are left out): a summary per system call and thread name. `perf sched latency`: a summary per task.
 * Both print milliseconds with three decimals. Thread ids differ from run to run, so threads of one name are added. Seen: 6.1, 6.12, 7.2.
 */
export const perfTraceFormat = {
  id: 'perf-trace' as const,
  kind: 'ebpf',
  mode: 'whole',
  summary: 'perf trace -s -o file, or perf sched latency (6.1 and later)',
  extraParameters: [],
  detect: (head) =>
    /^(?:\uFEFF?\s*Summary of events:| {2,}syscall +calls +errors +total | {2}Task +\| +Runtime ms |\uFEFF? +(?:\d+\.\d+|\?) \( *(?:\d+\.\d+ ms)? *\): )/m.test(
      head,
    ),
  parse: parsePerfTrace,
} satisfies Omit<Extract<Format, { readonly mode: 'whole' }>, 'id'> & { readonly id: string };

type Session = { readonly parameters: PayloadParameters; readonly tally: WarningTally; readonly records: Map<string, IngestRecord> };

function parsePerfTrace(text: string, parameters: PayloadParameters): ParseResult {
  const session: Session = { parameters, tally: new WarningTally(), records: new Map() };
  warnOfUnused(parameters, ['unit', 'metric', 'region'], session.tally);
  const opened = openText(text);
  const reader = new TraceReader(session);
  forEachLine(opened, (line, number) => reader.read(line.trimEnd(), number));
  reader.end();
  return { records: [...session.records.values()], warnings: session.tally.list() };
}

class TraceReader {
  private readonly session: Session;
  private thread: string | undefined;
  private mode: 'before' | 'syscalls' | 'delays' | 'after' = 'before';
  private hasRows = false;

  constructor(session: Session) {
    this.session = session;
  }

  read(text: string, line: number): void {
    if (text === '' || /^ *-[- ]*$/.test(text)) return;
    const thread = readThread(text);
    if (thread !== undefined) this.thread = thread;
    else if (/^ *syscall +calls +errors +total +min +avg +max +stddev$/.test(text)) this.mode = 'syscalls';
    else if (/^ *Task +\| +Runtime ms +\| +(?:Switches|Count) +\| +Avg delay ms +\| +Max delay ms/.test(text)) this.mode = 'delays';
    else if (this.mode === 'syscalls') this.readSyscall(text, line);
    else if (this.mode === 'delays') this.readDelay(text, line);
    else if (/^ *Summary of events:$/.test(text)) return;
    else if (this.mode === 'before' && /^ *(?:\d+\.\d+|\?) \( *(?:\d+\.\d+ ms)? *\): /.test(text))
      this.session.tally.add('ignored_output', 'the events before the summary were left out', line);
    else this.fail(`'${text.slice(0, 60)}' is no line of perf trace -s: send its output alone`, line);
  }

  end(): void {
    if (this.mode === 'delays') this.fail('the line TOTAL is missing: the output is cut off; send the whole file', 1);
    if (!this.hasRows) this.fail('there is no summary of system calls: run perf trace -s, or -S', 1);
  }

  private readSyscall(text: string, line: number): void {
    if (/^ *\(msec\)/.test(text)) {
      if (!/^ *\(msec\) +\(msec\) +\(msec\) +\(msec\) +\(%\)$/.test(text)) this.fail('the units of the columns are not msec and %', line);
      return;
    }
    if (/^ *Summary of events:$/.test(text)) return;
    const row = readSyscall(text);
    if (row === undefined) this.fail(`'${text.slice(0, 60)}' is no row of the summary: the output is damaged or cut off`, line);
    this.hasRows = true;
    const { session, thread } = this;
    const labels = thread === undefined ? {} : { thread };
    addSummary({ region: row.name, metric: 'syscall.latency', nativeMetric: 'total', labels }, row, line, session);
    addTotal({ region: row.name, metric: 'syscall.errors', nativeMetric: 'errors', unit: '1', labels }, row.errors, line, session);
  }

  private readDelay(text: string, line: number): void {
    if (/^ *TOTAL: +\|/.test(text)) {
      this.mode = 'after';
      this.hasRows = true;
      return;
    }
    const row = readDelay(text);
    if (row === undefined) this.fail(`'${text.slice(0, 60)}' is no row of perf sched latency: the output is damaged or cut off`, line);
    addSummary({ region: row.name, metric: 'runqueue.delay', nativeMetric: 'avg', labels: {} }, row, line, this.session);
    addTotal(
      { region: row.name, metric: 'sched.runtime', nativeMetric: 'Runtime', unit: 'ns', labels: {} },
      row.runtimeNs,
      line,
      this.session,
    );
  }

  private fail(detail: string, line: number): never {
    throw new ParseError(detail, { line, column: 1 });
  }
}

type Name = {
  readonly region: string;
  readonly metric: string;
  readonly nativeMetric: string;
  readonly labels: Readonly<Record<string, string>>;
};

function addSummary(name: Name, row: TraceRow, line: number, { parameters, tally, records }: Session): void {
  const series = declareSeries({ ...name, unit: 'ns', valueKind: 'summary', judgedAs: 'total', line }, parameters);
  const identity = identityOf(series);
  const before = records.get(identity);
  const own: SummaryRecord = {
    kind: 'summary',
    series,
    repetition: parameters.repetition,
    count: row.count,
    sum: row.sumNs,
    mean: row.meanNs,
    minimum: row.minimumNs,
    maximum: row.maximumNs,
    quality: row.isMeasured ? [] : ['not_counted'],
    line,
  };
  if (before?.kind === 'summary') tally.add('added_threads', 'threads of one name were added: their ids differ from run to run', line);
  records.set(identity, before?.kind === 'summary' ? addDelays(before, own) : own);
}

function addTotal(name: Name & { readonly unit: string }, value: number, line: number, { parameters, records }: Session): void {
  const series = declareSeries({ ...name, valueKind: 'total', line }, parameters);
  const identity = identityOf(series);
  const before = records.get(identity);
  records.set(identity, {
    kind: 'reading',
    series,
    repetition: parameters.repetition,
    reading: 'total',
    value: value + (before?.kind === 'reading' ? (before.value ?? 0) : 0),
    atNs: parameters.atNs ?? null,
    exposureS: parameters.exposureS ?? null,
    probability: null,
    tool: null,
    quality: [],
    line: before?.line ?? line,
  });
}
