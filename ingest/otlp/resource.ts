import { LIMITS } from '../../wire/limits.ts';
import { ASSUME, type Assume, BETTER, type Better } from '../../wire/metrics.ts';
import type { PayloadParameters } from '../format.ts';
import { findText, findTwice, isInstanceAttribute, LABEL_PREFIX, OWN_PREFIX } from './attributes.ts';
import type { Attributes } from './messages.ts';
import { Rejected } from './rejections.ts';

/** What a resource says about all its points and spans. */
export type ResourceBinding = {
  /** Lower case. */
  readonly runId: string;
  readonly repetition: number;
  /** `plumbline.region`; undefined when it was not sent. */
  readonly region: string | undefined;
  /** `service.name`; undefined when absent or made up by an SDK (`unknown_service:node`). */
  readonly service: string | undefined;
  readonly side: 'host' | 'device';
  /** The controls as a payload's query parameters would say them. */
  readonly parameters: PayloadParameters;
  /** Kept beside every series of the resource. */
  readonly attributes: Readonly<Record<string, string>>;
};

/** What points and spans may say themselves, over what their resource and scope say; undefined where they do not. */
export type Controls = {
  readonly region: string | undefined;
  readonly better: Better | undefined;
  readonly assume: Assume | undefined;
  readonly side: 'host' | 'device' | undefined;
  readonly labels: Readonly<Record<string, string>>;
};

export const RUN_ID = 'plumbline.run.id';
const REPETITION = 'plumbline.repetition';
const REGION = 'plumbline.region';
const BETTER_NAME = 'plumbline.better';
const ASSUME_NAME = 'plumbline.assume';
const SIDE = 'plumbline.side';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const SIDES = ['host', 'device'] as const;
const RESOURCE_CONTROLS = [RUN_ID, REPETITION, REGION, BETTER_NAME, ASSUME_NAME, SIDE] as const;
const POINT_CONTROLS = [REGION, BETTER_NAME, ASSUME_NAME, SIDE] as const;

/**
 * Reads which run, repetition and region a resource belongs to.
 * @throws Rejected with what to set when it says no run, or says something that cannot be meant
 */
export function bindResource(resource: Attributes): ResourceBinding {
  const twice = findTwice(resource);
  if (twice !== undefined) throw new Rejected(`the resource attribute ${quote(twice)} comes twice; send it once`);
  const runId = findText(resource, RUN_ID);
  if (runId === undefined) {
    throw new Rejected(`the resource names no run; set ${RUN_ID} (OTEL_RESOURCE_ATTRIBUTES=${RUN_ID}=<runId of POST /v1/runs>)`);
  }
  if (!UUID.test(runId)) throw new Rejected(`${RUN_ID} ${quote(runId)} is no run id; ids look like 0190c1de-…`);
  const controls = readControls(resource, RESOURCE_CONTROLS);
  const repetition = readRepetition(findText(resource, REPETITION));
  const name = findText(resource, 'service.name');
  const side = controls.side ?? (findText(resource, 'hw.type') === 'gpu' ? 'device' : 'host');
  return {
    runId: runId.toLowerCase(),
    repetition,
    region: controls.region,
    service: name === undefined || name.startsWith('unknown_service') ? undefined : name,
    side,
    parameters: {
      repetition,
      region: controls.region,
      metric: undefined,
      unit: undefined,
      better: controls.better,
      assume: controls.assume,
      atNs: undefined,
      exposureS: undefined,
      labels: controls.labels,
      extra: {},
    },
    attributes: readInstance(resource),
  };
}

/**
 * Reads the `plumbline.*` attributes of a scope, a point or a span.
 * @throws Rejected for a name with the prefix that is not known, or a value that is not one of its words
 */
export function readControls(attributes: Attributes, known: readonly string[] = POINT_CONTROLS): Controls {
  const labels: [string, string][] = [];
  for (const [name] of attributes) {
    if (!name.startsWith(OWN_PREFIX)) continue;
    if (name.startsWith(LABEL_PREFIX) && name.length > LABEL_PREFIX.length) {
      const text = findText(attributes, name);
      if (text !== undefined) labels.push([name.slice(LABEL_PREFIX.length), text]);
    } else if (!known.includes(name)) {
      throw new Rejected(`the attribute ${quote(name)} is not known here; known: ${known.join(', ')}, ${LABEL_PREFIX}<name>`);
    }
  }
  return {
    region: findText(attributes, REGION),
    better: oneOf(attributes, BETTER_NAME, BETTER),
    assume: oneOf(attributes, ASSUME_NAME, ASSUME),
    side: oneOf(attributes, SIDE, SIDES),
    labels: Object.fromEntries(labels),
  };
}

/** Environment variables make text of every number, so `2` may come as either. */
function readRepetition(text: string | undefined): number {
  if (text === undefined) return 1;
  const repetition = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
  if (repetition >= 1 && repetition <= LIMITS.repetition) return repetition;
  throw new Rejected(`${REPETITION} ${quote(text)} must be a whole number from 1 to ${LIMITS.repetition}`);
}

function oneOf<Word extends string>(attributes: Attributes, name: string, words: readonly Word[]): Word | undefined {
  const text = findText(attributes, name);
  if (text === undefined) return undefined;
  const word = words.find((one) => one === text);
  if (word === undefined) throw new Rejected(`${name} is ${quote(text)}; say ${words.join(', ')}`);
  return word;
}

function readInstance(resource: Attributes): Readonly<Record<string, string>> {
  const kept = resource.flatMap(([name]) => {
    const text = isInstanceAttribute(name) ? findText(resource, name) : undefined;
    return text === undefined || text.length > LIMITS.labelCharacters || !text.isWellFormed() ? [] : [[name, text] as const];
  });
  return Object.fromEntries(kept.slice(0, LIMITS.labelsPerSeries));
}

const QUOTED_CHARACTERS = 60;

/** A caller's text in a sentence. */
export function quote(text: string): string {
  return JSON.stringify(text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text);
}
