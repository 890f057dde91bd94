import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Attributes } from '../../../ingest/otlp/messages.ts';
import { Rejected, Rejections } from '../../../ingest/otlp/rejections.ts';
import { bindResource } from '../../../ingest/otlp/resource.ts';
import { toEnvironmentFinding } from '../../../ingest/otlp/resource-environment.ts';
import type { Environment } from '../../../wire/run.ts';
import { BOUND, RUN_ID } from './points.ts';

describe('a resource', () => {
  test('names its run in any case, and its repetition as a number or as text', () => {
    assert.deepEqual([bindResource(BOUND).runId, bindResource(BOUND).repetition], [RUN_ID, 1]);
    for (const repetition of [7, 7n, '7']) {
      const binding = bindResource([
        ['plumbline.run.id', RUN_ID.toUpperCase()],
        ['plumbline.repetition', repetition],
      ]);
      assert.deepEqual([binding.runId, binding.repetition], [RUN_ID, 7]);
    }
  });

  const refused: readonly (readonly [name: string, resource: Attributes, says: RegExp])[] = [
    ['no run', [['service.name', 'x']], /set plumbline\.run\.id.*OTEL_RESOURCE_ATTRIBUTES/],
    ['an empty run', [['plumbline.run.id', '']], /set plumbline\.run\.id/],
    ['a run that is no id', [['plumbline.run.id', 'nightly-7']], /"nightly-7" is no run id/],
    ['a run that comes twice', [...BOUND, ['plumbline.run.id', RUN_ID]], /comes twice/],
    ['repetition 0', [...BOUND, ['plumbline.repetition', 0]], /from 1 to 10000/],
    ['repetition 1.5', [...BOUND, ['plumbline.repetition', 1.5]], /from 1 to 10000/],
    ['repetition 10001', [...BOUND, ['plumbline.repetition', 10_001]], /from 1 to 10000/],
    ['a name of ours that is not known', [...BOUND, ['plumbline.runid', 'x']], /"plumbline\.runid" is not known/],
    ['an empty label name', [...BOUND, ['plumbline.label.', 'x']], /is not known/],
  ];
  for (const [name, resource, says] of refused) {
    test(`with ${name} is refused`, () => {
      assert.throws(
        () => bindResource(resource),
        (error) => error instanceof Rejected && says.test(error.message),
      );
    });
  }
});

describe('reasons', () => {
  test('are told most frequent first, each once, with the rest counted', () => {
    const rejections = new Rejections();
    rejections.add('rare');
    rejections.add('often', 40);
    for (let index = 0; index < 499; index++) rejections.add(`reason ${index}`);
    assert.equal(rejections.count, 540);
    const text = rejections.describe('spans');
    assert.match(text, /^540 spans rejected: 40 × often; 1 × rare; .*; 493 for other reasons$/);
    const merged = new Rejections();
    merged.merge(rejections);
    assert.equal(merged.count, 540);
    assert.equal(new Rejections().describe('spans'), '');
  });

  test('are cut where a caller made them long', () => {
    const rejections = new Rejections();
    rejections.add('x'.repeat(10_000));
    assert.ok(rejections.describe('spans').length < 400);
  });
});

describe('what resources say of the machine', () => {
  const current: Environment = { isa: 'aarch64', hostname: 'lab-07', cpu: { cores: 8 } };
  const fill = (resources: readonly Attributes[], environment: Environment = current) => {
    const { finding, warnings } = toEnvironmentFinding(resources, environment);
    assert.deepEqual(finding?.environment ?? {}, {}, 'nothing replaces what the run said');
    return { filled: finding?.fallback, warnings: warnings.map(({ detail }) => detail).join('; ') };
  };

  test('fills what is missing, under the names that are in use now', () => {
    const { filled, warnings } = fill([
      [
        ['host.name', 'lab-07'],
        ['host.arch', 'arm64'],
        ['host.cpu.model.name', 'Neoverse'],
        ['host.cpu.stepping', 1],
        ['os.name', 'Debian'],
        ['os.version', '13'],
        ['os.type', 'linux'],
        ['vcs.repository.ref.revision', 'abc'],
        ['process.executable.build_id.gnu', 'b1d'],
        ['cicd.pipeline.name', 'nightly'],
        ['cicd.pipeline.run.id', '77'],
        ['k8s.namespace.name', 'bench'],
        ['k8s.pod.name', 'bench-x1'],
        ['container.id', 'c0ffee'],
        ['telemetry.sdk.name', 'opentelemetry'],
        ['process.pid', 17],
      ],
    ]);
    assert.equal(warnings, '');
    assert.deepEqual(filled, {
      cpu: { model: 'Neoverse' },
      os: 'Debian 13',
      'host.cpu.stepping': '1',
      'os.type': 'linux',
      'vcs.ref.head.revision': 'abc',
      'process.executable.build_id.gnu': 'b1d',
      'cicd.pipeline.name': 'nightly',
      'k8s.namespace.name': 'bench',
      conditions: { 'cicd.pipeline.run.id': '77', 'k8s.pod.name': 'bench-x1', 'container.id': 'c0ffee' },
    });
  });

  test('that contradicts the run is told and changes nothing', () => {
    const { filled, warnings } = fill([[['host.arch', 'amd64']]]);
    assert.equal(filled, undefined);
    assert.match(warnings, /isa is "aarch64" and a resource says "x86_64": what the run said stands/);
    assert.equal(fill([[['host.arch', 'arm64']]]).warnings, '');
  });

  test('riscv64 and other names are taken as they are', () => {
    assert.equal(fill([[['host.arch', 'riscv64']]], { isa: 'riscv64', hostname: 'h' }).warnings, '');
  });

  test('of another host is not this machine’s', () => {
    assert.deepEqual(
      fill([
        [
          ['host.name', 'lab-08'],
          ['host.arch', 'amd64'],
          ['os.name', 'x'],
        ],
      ]),
      { filled: undefined, warnings: '' },
    );
    assert.equal(
      fill([
        [
          ['host.name', 'LAB-07'],
          ['os.name', 'x'],
        ],
      ]).filled?.os,
      'x',
    );
  });

  test('of two resources the first counts', () => {
    assert.deepEqual(
      fill([
        [['os.name', 'a']],
        [
          ['os.name', 'b'],
          ['os.type', 'linux'],
        ],
      ]).filled,
      { os: 'a', 'os.type': 'linux' },
    );
  });

  test('fills the devices once, when the run names none', () => {
    const gpu = (id: string): Attributes => [
      ['hw.type', 'gpu'],
      ['hw.id', id],
      ['hw.model', 'H100'],
      ['hw.driver_version', '580.1'],
      ['hw.firmware_version', 'f1'],
    ];
    const { filled } = fill([gpu('GPU-1'), gpu('GPU-2'), gpu('GPU-1')]);
    assert.deepEqual(filled?.gpus, [
      { model: 'H100', uuid: 'GPU-1', driver: '580.1', firmware: 'f1' },
      { model: 'H100', uuid: 'GPU-2', driver: '580.1', firmware: 'f1' },
    ]);
    assert.equal(fill([gpu('GPU-3')], { ...current, gpus: [{ model: 'A100' }] }).filled, undefined);
  });

  test('leaves out what an environment cannot hold, and says so', () => {
    const { filled, warnings } = fill([
      [
        ['os.name', 'x'.repeat(513)],
        [`k8s.pod.label.${'y'.repeat(64)}`, 'z'],
        ['os.type', '\ud800'],
      ],
    ]);
    assert.equal(filled, undefined);
    assert.match(warnings, /os\.name.*too long/);
  });
});
