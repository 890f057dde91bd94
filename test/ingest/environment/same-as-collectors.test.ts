import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseChronyTracking, parseCpuinfo, toCpuFacts } from '../../../collectors/environment/index.ts';
import { ENVIRONMENT_FORMATS } from '../../../ingest/environment/index.ts';
import * as texts from './texts.ts';

/** A machine described by `plumbline record` and by a file that was pushed must be one machine: ingest may not import collectors, so a test holds both. */
describe('what collectors and ingest say of one machine', () => {
  for (const text of [texts.CPUINFO_ARM, texts.CPUINFO_X86, texts.CPUINFO_HARTS]) {
    test(`the processor of ${JSON.stringify(text.slice(0, 60))}`, () => {
      const { cpu } = ENVIRONMENT_FORMATS['proc-cpuinfo'].parse(text, { nowS: 0 }).environment;
      const { model, microcode, cores } = { model: undefined, microcode: undefined, ...cpu };
      const facts = { ...(model === undefined ? {} : { model }), ...(microcode === undefined ? {} : { microcode }), cores };
      assert.deepEqual(facts, toCpuFacts(parseCpuinfo(text)));
    });
  }

  for (const [offset, interval, ageS] of [
    ['-0.000001079', '0.3', 1],
    ['0.25', '0.3', 2047],
    ['0.000000000', '1024.0', 8193],
    ['-0.000001079', '64.0', 2049],
  ] as const) {
    test(`a clock of offset ${offset} s, updated every ${interval} s, ${ageS} s ago`, () => {
      const line = `7F000001,PHC0,4,1795200692.0,${offset},0.1,0.1,0.027,0.002,0.104,0.000006106,0.000001173,${interval},Normal\n`;
      const nowS = 1795200692 + ageS;
      assert.deepEqual(ENVIRONMENT_FORMATS['chronyc-csv'].parse(line, { nowS }).environment.clock, parseChronyTracking(line, nowS));
    });
  }
});
