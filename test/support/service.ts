import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { readConfig, type Service, type StartOptions, serve } from '../../service/index.ts';

/** A whole service with its own embedded store in a temporary folder, and a small client for it. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: any };

export type CallOptions = {
  readonly token?: string | null;
  readonly json?: unknown;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
};

export type TestService = {
  readonly url: () => string;
  readonly service: () => Service;
  readonly adminToken: () => string;
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Answer>;
};

export async function callService(
  url: string,
  adminToken: string,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const token = options.token === undefined ? adminToken : options.token;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.json === undefined ? (options.body === undefined ? {} : { body: options.body }) : { body: JSON.stringify(options.json) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, body: isJson && text !== '' ? JSON.parse(text) : undefined };
}

/** One service for all tests of the calling file. @param setup runs once it is up, before the first test */
export function useService(
  setup: (service: TestService) => Promise<void> = async () => undefined,
  options: StartOptions = {},
): TestService {
  let running: { readonly service: Service; readonly dataDir: string } | undefined;
  before(async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'plumbline-test-'));
    running = { dataDir, service: await serve(readConfig({ data: dataDir, port: '0', ...options }, { PLUMBLINE_LOG: 'silent' })) };
    await setup(testService);
  });
  after(async () => {
    await running?.service.stop();
    if (running !== undefined) await rm(running.dataDir, { recursive: true, force: true });
  });
  const current = () => {
    assert.ok(running, 'the service runs only inside tests');
    return running.service;
  };
  const testService: TestService = {
    url: () => current().url,
    service: current,
    adminToken: () => current().adminToken,
    call: (method, path, callOptions) => callService(current().url, current().adminToken, method, path, callOptions),
  };
  return testService;
}

export const ENVIRONMENT = {
  isa: 'riscv64',
  board: 'acme-b100',
  boardRevision: 'r12',
  hostname: 'lab-07',
  cpu: { model: 'rv64gc-v2.1.0', microcode: 'u0012', cores: 8 },
  os: 'debian 13',
  kernel: '6.12.107',
  toolchain: { name: 'gcc', version: '14.2.0', flags: '-O2' },
  gpus: [{ model: 'H100', uuid: 'GPU-1', vbios: '96.00', driver: '580.1', firmware: 'gf-fw-3.2.0' }],
  interconnect: { kind: 'nvlink-fusion', version: 'nvf1.0', firmware: 'v12', links: 18 },
  firmware: { board: 'fwB100.r12.20260112' },
  emulated: false,
};

export function openRunBody(
  changes: {
    readonly version?: string;
    readonly commit?: string;
    readonly suite?: string;
    readonly project?: string;
    readonly kind?: string;
    readonly environment?: object;
  } = {},
) {
  return {
    project: changes.project ?? 'accelerators',
    suite: changes.suite ?? 'offload-bench',
    kind: changes.kind ?? 'nightly',
    subject: {
      name: 'nvlink-driver',
      version: changes.version ?? '2.4.1+nvf1.0+k5.19+riscv64',
      ...(changes.commit === undefined ? {} : { commit: changes.commit }),
    },
    environment: { ...ENVIRONMENT, ...changes.environment },
  };
}

/** A seeded generator (mulberry32), uniform in [0, 1). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Samples csv of several regions: lognormal body around `medianNs` with a per-repetition level, scaled by `scale` per region. */
export function makeLatencyCsv(options: {
  readonly seed: number;
  readonly count: number;
  readonly regions: readonly string[];
  readonly scale?: Readonly<Record<string, number>>;
  readonly tail?: Readonly<Record<string, number>>;
}): string {
  const random = createRandom(options.seed);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const lines = ['region,metric,unit,value'];
  for (const region of options.regions) {
    const level = 10_000 * (options.scale?.[region] ?? 1) * Math.exp(0.002 * gauss());
    for (let index = 0; index < options.count; index += 1) {
      const slow = random() < 0.03 ? (options.tail?.[region] ?? 1) : 1;
      lines.push(`${region},latency,ns,${(level * slow * Math.exp(0.05 * gauss())).toFixed(1)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
