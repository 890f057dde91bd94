import type { Format } from '../../format.ts';
import { kernelLogFormat } from './kernel-log.ts';
import { eventsNdjsonFormat } from './ndjson.ts';

/** Formats of things that happen once. */
export const EVENTS_FORMATS: readonly Format[] = [kernelLogFormat, eventsNdjsonFormat];
