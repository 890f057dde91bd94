import { LIMITS } from '../../../wire/limits.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { toDouble } from '../../lexers/number.ts';
import { detach } from '../../lexers/stream-text.ts';
import type { SamplesRecord } from '../../records.ts';
import { refuseBeyondLimit } from '../samples/sample-series.ts';
import type { WarningTally } from '../warning-tally.ts';
import { ActivationBuffers } from './activation-buffers.ts';

/** One event of a task (T), interrupt (I) or runnable (R). */
export type BtfEvent = {
  readonly at: bigint;
  readonly entity: 'T' | 'I' | 'R';
  readonly source: string;
  readonly sourceInstance: string;
  readonly target: string;
  readonly targetInstance: string;
  readonly event: string;
  readonly line: number;
};

/** An activation that has not ended. */
type Open = {
  activatedAt: bigint | null;
  started: boolean;
  /** Since when it holds the CPU; null while it does not. */
  onSince: bigint | null;
  /** A runnable that stopped because its task did. */
  pausedWithTask: boolean;
  executed: bigint;
  /** Keys of the runnables inside this process. */
  readonly runnables: Set<string>;
  readonly owner: string | undefined;
};

const ENTITIES = { T: 'task', I: 'isr', R: 'runnable' } as const;
/** After these the entity holds the CPU. What poll and park mean (polling holds the CPU) was not checked against the text of BTF 2.1.3. */
const ON = new Set(['start', 'resume', 'run', 'poll', 'poll_parking']);
const OFF = new Set(['preempt', 'suspend', 'wait', 'park']);
/** Waits or is moved, and holds the CPU no more or less than before. */
const NEUTRAL = new Set(['release', 'release_parking', 'boundedmigration', 'fullmigration', 'enforcedmigration', 'mtalimitexceeded']);
/** From holding the CPU to holding it. */
const KEEPS = new Set(['run', 'poll']);

/**
 * Pairs the events of each entity and instance. Execution time is the time from start to terminate less what lay between preempt, wait, park
 * or suspend and the return to the CPU; response time is from activate to terminate. An activation whose events do not fit together
 * gives no value: half of it was lost.
 */
export class BtfActivations {
  /** Nanoseconds of one tick of the trace, a whole number. */
  factor = 1;
  readonly #buffers: ActivationBuffers;
  readonly #parameters: PayloadParameters;
  readonly #tally: WarningTally;
  readonly #open = new Map<string, Open>();
  #ended = 0;

  constructor(parameters: PayloadParameters, tally: WarningTally) {
    this.#buffers = new ActivationBuffers(parameters);
    this.#parameters = parameters;
    this.#tally = tally;
  }

  read(event: BtfEvent): void {
    const key = JSON.stringify([event.entity, event.target, event.targetInstance]);
    const open = this.#open.get(key);
    if (event.event === 'activate' || (event.event === 'start' && (open === undefined || open.started))) this.#begin(key, open, event);
    const current = this.#open.get(key);
    if (event.event === 'activate') return;
    if (current === undefined || (!current.started && event.event !== 'start')) this.#drop(key, event, 'without a start');
    else if (ON.has(event.event)) this.#turnOn(key, current, event);
    else if (OFF.has(event.event)) this.#turnOff(key, current, event);
    else if (event.event === 'terminate') this.#end(key, current, event);
    else if (!NEUTRAL.has(event.event)) {
      this.#tally.add('unknown_event', `the event ${event.event.slice(0, 40)} is unknown, activations with it are left out`, event.line);
      this.#forget(key);
    }
  }

  take(): readonly SamplesRecord[] {
    return this.#buffers.take();
  }

  /** @throws ParseError when no activation ended */
  finish(): readonly SamplesRecord[] {
    if (this.#ended === 0) {
      const detail = 'no task, interrupt or runnable started and terminated in the trace: there is no execution time to read';
      throw new ParseError(detail, { line: 1, column: 1 });
    }
    if (this.#open.size > 0)
      this.#tally.add('open_activation', `${this.#open.size} activations had not ended with the trace and are left out`, null);
    return this.#buffers.finish();
  }

  #begin(key: string, open: Open | undefined, event: BtfEvent): void {
    if (open !== undefined) this.#drop(key, event, 'before the one before ended');
    if (this.#open.size >= LIMITS.seriesPerPayload) {
      refuseBeyondLimit(`more than ${LIMITS.seriesPerPayload} activations are open at once; events that end them are missing`, {
        line: event.line,
        column: 1,
      });
    }
    const owner = event.entity === 'R' ? this.#findOwner(event) : undefined;
    this.#open.set(key, {
      activatedAt: event.event === 'activate' ? event.at : null,
      started: false,
      onSince: null,
      pausedWithTask: false,
      executed: 0n,
      runnables: new Set(),
      owner,
    });
    if (owner !== undefined) this.#open.get(owner)?.runnables.add(key);
  }

  /** The process that a runnable's start names as its source. */
  #findOwner({ source, sourceInstance }: BtfEvent): string | undefined {
    return (['T', 'I'] as const).map((entity) => JSON.stringify([entity, source, sourceInstance])).find((key) => this.#open.has(key));
  }

  #turnOn(key: string, open: Open, event: BtfEvent): void {
    const first = event.event === 'start';
    const keeps = KEEPS.has(event.event);
    if (keeps !== (open.onSince !== null) || (!first && !open.started)) {
      this.#drop(key, event, 'in a state where it cannot be');
      return;
    }
    open.started = true;
    open.pausedWithTask = false;
    if (keeps) return;
    open.onSince = event.at;
    for (const inner of this.#innerOf(open)) {
      if (!inner.pausedWithTask) continue;
      inner.pausedWithTask = false;
      inner.onSince = event.at;
    }
  }

  #turnOff(key: string, open: Open, event: BtfEvent): void {
    if (open.onSince === null) {
      // The task was preempted first: from here on the runnable's own events say when it goes on.
      if (open.pausedWithTask) open.pausedWithTask = false;
      else this.#drop(key, event, 'in a state where it cannot be');
      return;
    }
    pause(open, event.at);
    for (const inner of this.#innerOf(open)) {
      if (inner.onSince === null) continue;
      pause(inner, event.at);
      inner.pausedWithTask = true;
    }
  }

  #end(key: string, open: Open, event: BtfEvent): void {
    if (open.onSince === null) {
      this.#drop(key, event, 'in a state where it cannot be');
      return;
    }
    pause(open, event.at);
    this.#ended++;
    this.#append('execution.time', open.executed, event);
    if (open.activatedAt !== null) this.#append('response.time', event.at - open.activatedAt, event);
    this.#forget(key);
  }

  #append(metric: 'execution.time' | 'response.time', ticks: bigint, event: BtfEvent): void {
    const entity = ENTITIES[event.entity];
    const { repetition } = this.#parameters;
    const { value, exact } = toDouble(ticks * BigInt(this.factor));
    const series = { task: event.target, metric, nativeMetric: entity, unit: 'ns', repetition, labels: { entity } } as const;
    this.#buffers.append(series, { value, precisionLost: !exact, line: event.line });
  }

  #drop(key: string, event: BtfEvent, why: string): void {
    const name = `${ENTITIES[event.entity]} ${event.target.slice(0, 60)}`;
    this.#tally.add(
      'incomplete_activation',
      `${detach(event.event.slice(0, 40))} of ${name} came ${why}: the activation is left out`,
      event.line,
    );
    this.#forget(key);
  }

  #forget(key: string): void {
    const open = this.#open.get(key);
    if (open?.owner !== undefined) this.#open.get(open.owner)?.runnables.delete(key);
    this.#open.delete(key);
  }

  *#innerOf(open: Open): Generator<Open> {
    for (const key of open.runnables) {
      const inner = this.#open.get(key);
      if (inner !== undefined) yield inner;
    }
  }
}

function pause(open: Open, at: bigint): void {
  if (open.onSince !== null) open.executed += at - open.onSince;
  open.onSince = null;
}
