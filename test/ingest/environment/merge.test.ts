import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { mergeEnvironment, type PartialEnvironment } from '../../../ingest/environment/index.ts';
import type { Environment } from '../../../wire/run.ts';

const RUN: Environment = {
  isa: 'riscv64',
  hostname: 'lab-07',
  cpu: { model: 'rv64gc-v2.1.0', cores: 8 },
  toolchain: { name: 'gcc', version: '14.2.0', imageDigest: 'sha256:1' },
  gpus: [{ model: 'H100', uuid: 'GPU-1' }, { model: 'H100' }],
  clock: { source: 'ntp', synchronised: true, offsetNs: 120, uncertaintyNs: 800 },
  rack: { slot: 3 },
};

type Case = {
  readonly name: string;
  readonly found: PartialEnvironment;
  readonly changes: object;
  readonly says: readonly RegExp[];
};
const cases: readonly Case[] = [
  { name: 'fills a member that is missing', found: { kernel: '6.12' }, changes: { kernel: '6.12' }, says: [] },
  {
    name: 'fills a member of an object',
    found: { cpu: { microcode: 'u0012' } },
    changes: { cpu: { model: 'rv64gc-v2.1.0', cores: 8, microcode: 'u0012' } },
    says: [],
  },
  { name: 'says nothing when the same is said again', found: { isa: 'riscv64', cpu: { cores: 8 } }, changes: {}, says: [] },
  {
    name: 'takes what was put later and names both',
    found: { cpu: { cores: 4 } },
    changes: { cpu: { model: 'rv64gc-v2.1.0', cores: 4 } },
    says: [/^cpu\.cores was 8 and is now 4/],
  },
  {
    name: 'replaces the instruction set and names both',
    found: { isa: 'x86_64' },
    changes: { isa: 'x86_64' },
    says: [/"riscv64".*"x86_64"/],
  },
  {
    name: 'replaces a clock as a whole: offset and uncertainty belong together',
    found: { clock: { source: 'ptp', synchronised: true } },
    changes: { clock: { source: 'ptp', synchronised: true } },
    says: [/^clock was .*"offsetNs":120.*"ptp"/],
  },
  {
    name: 'fills the members of the same compiler',
    found: { toolchain: { name: 'gcc', version: '14.2.0', flags: '-O2' } },
    changes: { toolchain: { name: 'gcc', version: '14.2.0', flags: '-O2', imageDigest: 'sha256:1' } },
    says: [],
  },
  {
    name: 'replaces one compiler by another as a whole',
    found: { toolchain: { name: 'clang', version: '18.1.3' } },
    changes: { toolchain: { name: 'clang', version: '18.1.3' } },
    says: [/^toolchain was .*gcc.*clang/],
  },
  {
    name: 'finds a GPU by its uuid, wherever it stands',
    found: { gpus: [{ uuid: 'GPU-1', vbios: '96.00' }] },
    changes: { gpus: [{ model: 'H100', uuid: 'GPU-1', vbios: '96.00' }, { model: 'H100' }] },
    says: [],
  },
  {
    name: 'finds a GPU without a uuid by its place',
    found: {
      gpus: [
        { uuid: 'GPU-1', driver: '580' },
        { uuid: 'GPU-2', driver: '580' },
      ],
    },
    changes: {
      gpus: [
        { model: 'H100', uuid: 'GPU-1', driver: '580' },
        { model: 'H100', uuid: 'GPU-2', driver: '580' },
      ],
    },
    says: [],
  },
  {
    name: 'names the GPU whose fact changed',
    found: { gpus: [{ uuid: 'GPU-1', model: 'NVIDIA H100' }] },
    changes: { gpus: [{ model: 'NVIDIA H100', uuid: 'GPU-1' }, { model: 'H100' }] },
    says: [/^gpus\[0\]\.model was "H100" and is now "NVIDIA H100"/],
  },
  {
    name: 'replaces the list for a GPU that is not in it',
    found: { gpus: [{ uuid: 'GPU-9' }] },
    changes: { gpus: [{ uuid: 'GPU-9' }] },
    says: [/^gpus was .*GPU-1.*GPU-9/],
  },
  { name: 'merges unknown members too', found: { rack: { row: 'b' } }, changes: { rack: { slot: 3, row: 'b' } }, says: [] },
  { name: 'takes null as nothing said', found: { rack: null }, changes: {}, says: [] },
];

describe('merging what a tool found into the environment of a run', () => {
  for (const { name, found, changes, says } of cases) {
    test(name, () => {
      const before = structuredClone(RUN);
      const { environment, warnings } = mergeEnvironment(RUN, { environment: found });
      assert.deepEqual(environment, { ...RUN, ...changes });
      assert.deepEqual(RUN, before, 'the run given is not changed');
      assert.equal(warnings.length, says.length);
      for (const [index, pattern] of says.entries()) {
        assert.match(warnings[index]?.detail ?? '', pattern);
        assert.equal(warnings[index]?.code, 'environment_replaced');
      }
    });
  }

  test('a fallback fills and never replaces, whatever comes first', () => {
    const arm: Environment = { isa: 'aarch64', hostname: 'a' };
    const lscpu = { environment: { cpu: { cores: 4 } }, fallback: { cpu: { model: 'Neoverse-N1' } } };
    const cpuinfo = { environment: { cpu: { model: '0x41-0xd0c-0x3-1' } } };
    const one = mergeEnvironment(mergeEnvironment(arm, lscpu).environment, cpuinfo);
    const other = mergeEnvironment(mergeEnvironment(arm, cpuinfo).environment, lscpu);
    assert.deepEqual(one.environment, other.environment);
    assert.equal(one.environment.cpu?.model, '0x41-0xd0c-0x3-1');
    assert.deepEqual(other.warnings, []);
  });

  test('a member called __proto__ stays a member', () => {
    const found: PartialEnvironment = JSON.parse('{"__proto__":{"polluted":true}}');
    const { environment } = mergeEnvironment(RUN, { environment: found });
    assert.ok(Object.hasOwn(environment, '__proto__'));
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });

  test('the same finding merged twice changes nothing more and warns no more', () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }));
    const members = fc.dictionary(
      fc.constantFrom('cpu', 'clock', 'toolchain', 'gpus', 'os', 'x'),
      fc.oneof(value, fc.dictionary(fc.constantFrom('name', 'version', 'a'), value)),
    );
    fc.assert(
      fc.property(members, members, (first, second) => {
        const once = mergeEnvironment({ ...first, isa: 'i', hostname: 'h' }, { environment: second });
        const twice = mergeEnvironment(once.environment, { environment: second });
        assert.deepEqual(twice.environment, once.environment);
        assert.deepEqual(twice.warnings, []);
      }),
      { numRuns: 300 },
    );
  });
});
