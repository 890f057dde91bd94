import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import { context, propagation, trace } from '@opentelemetry/api';
import { readConfig, type Service, serve, VERSION } from '../../service/index.ts';
import { withTemporaryFolder } from '../support/embedded-store.ts';
import { callService, openRunBody } from '../support/service.ts';

/** The parts of an OTLP/JSON export (opentelemetry-proto, trace/v1) that are looked at. */
type Attribute = { readonly key: string; readonly value: { readonly stringValue?: string; readonly intValue?: number | string } };
type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number };
};
type Export = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
};

const KIND_SERVER = 2;
const STATUS_ERROR = 2;

// One process is one service; tests start several, one after the other, and the API keeps its first provider until it is told to let go.
afterEach(() => {
  trace.disable();
  context.disable();
  propagation.disable();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return `http://127.0.0.1:${(address satisfies AddressInfo).port}`;
}

/** Runs a body with a collector that takes everything, and gives what it received. */
async function withCollector(
  body: (collector: { readonly url: string; readonly paths: readonly string[]; readonly exports: readonly Export[] }) => Promise<void>,
): Promise<void> {
  const paths: string[] = [];
  const exports: Export[] = [];
  const server = createHttpServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      paths.push(request.url ?? '');
      exports.push(JSON.parse(Buffer.concat(parts).toString('utf8')));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  try {
    await body({ url: await listen(server), paths, exports });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function withService(otlpEndpoint: string | null, body: (service: Service) => Promise<void>): Promise<void> {
  await withTemporaryFolder(async (data) => {
    const environ = { PLUMBLINE_LOG: 'silent', ...(otlpEndpoint === null ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint }) };
    const service = await serve(readConfig({ data, port: '0' }, environ));
    try {
      await body(service);
    } finally {
      await service.stop();
    }
  });
}

const call = (service: Service, method: string, path: string, options: Parameters<typeof callService>[4] = {}) =>
  callService(service.url, service.adminToken, method, path, options);

async function pushPayload(service: Service, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const { body: run } = await call(service, 'POST', '/v1/runs', { json: openRunBody() });
  const path = `/v1/runs/${run.runId}/samples?format=csv&region=r&metric=latency&unit=ns`;
  const pushed = await call(service, 'POST', path, { body: 'value\n1\n2\n3\n', headers });
  assert.equal(pushed.status, 201, pushed.text);
  return run.runId;
}

const attributeOf = (attributes: readonly Attribute[], key: string) => attributes.find((attribute) => attribute.key === key)?.value;

const spansOf = (exports: readonly Export[]): readonly Span[] =>
  exports.flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));

test('a collector gets a span a request, the work below it, and the trace of the caller goes on', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const callerSpanId = 'b7ad6b7169203331';
  const headers = { traceparent: `00-${traceId}-${callerSpanId}-01` };
  await withCollector(async (collector) => {
    let runId = '';
    await withService(collector.url, async (service) => {
      runId = await pushPayload(service, headers);
      assert.equal((await call(service, 'POST', `/v1/runs/${runId}/seal?wait=30s`, { headers })).status, 200);
      assert.equal((await call(service, 'GET', '/v1/runs/nowhere')).status, 404);
    });
    assert.deepEqual([...new Set(collector.paths)], ['/v1/traces'], 'traces, and nothing else that the SDK might send by itself');
    for (const { resource } of collector.exports.flatMap(({ resourceSpans }) => resourceSpans)) {
      assert.equal(attributeOf(resource.attributes, 'service.name')?.stringValue, 'plumbline');
      assert.equal(attributeOf(resource.attributes, 'service.version')?.stringValue, VERSION);
    }
    const spans = spansOf(collector.exports);
    const find = (name: string) => {
      const [span, ...more] = spans.filter((one) => one.name === name);
      assert.ok(span, `${name} among ${spans.map((one) => one.name).join(', ')}`);
      assert.equal(more.length, 0, name);
      return span;
    };

    const request = find('POST /v1/runs/:runId/samples');
    assert.equal(request.kind, KIND_SERVER);
    assert.equal(request.traceId, traceId);
    assert.equal(request.parentSpanId, callerSpanId);
    assert.equal(attributeOf(request.attributes, 'http.request.method')?.stringValue, 'POST');
    assert.equal(Number(attributeOf(request.attributes, 'http.response.status_code')?.intValue), 201);

    const receiving = find('receive payload');
    assert.equal(receiving.traceId, traceId);
    assert.equal(receiving.parentSpanId, request.spanId);
    assert.equal(attributeOf(receiving.attributes, 'plumbline.run.id')?.stringValue, runId);
    assert.equal(attributeOf(receiving.attributes, 'plumbline.payload.kind')?.stringValue, 'samples');

    const sealRequest = find('POST /v1/runs/:runId/seal');
    for (const name of ['seal run', 'judge run']) {
      assert.equal(find(name).parentSpanId, sealRequest.spanId, name);
      assert.equal(find(name).traceId, traceId, name);
    }
    const opened = find('POST /v1/runs');
    assert.notEqual(opened.traceId, traceId, 'a request without traceparent starts a trace of its own');
    assert.equal(opened.parentSpanId ?? '', '');
    assert.notEqual(find('GET /v1/runs/:runId').status.code, STATUS_ERROR, 'what the caller did wrong is no error of the service');
  });
});

test('a span holds no token and no body', async () => {
  await withCollector(async (collector) => {
    let secret = '';
    await withService(collector.url, async (service) => {
      secret = service.adminToken;
      await pushPayload(service);
    });
    const exported = JSON.stringify(collector.exports);
    assert.ok(exported.includes('receive payload'));
    assert.ok(!exported.includes(secret));
  });
});

test('without an endpoint nothing is recorded, whatever the environment of the SDK says', async () => {
  await withCollector(async (collector) => {
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.url;
    try {
      await withService(null, async (service) => {
        await pushPayload(service);
        const span = trace.getTracer('test').startSpan('nothing');
        assert.equal(span.isRecording(), false);
        span.end();
      });
    } finally {
      delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    }
    assert.deepEqual(collector.paths, []);
  });
});

/** An address nobody listens on: one that was free a moment ago. */
async function findDeadAddress(): Promise<string> {
  const server = createTcpServer();
  const url = await listen(server);
  await new Promise((closed) => server.close(closed));
  return url;
}

async function measureStopMs(endpoint: string): Promise<number> {
  let stopMs = 0;
  await withService(endpoint, async (service) => {
    await pushPayload(service);
    const startedAtMs = Date.now();
    await service.stop();
    stopMs = Date.now() - startedAtMs;
  });
  return stopMs;
}

test('a collector that is not there holds up neither requests nor the stop', async () => {
  const stopMs = await measureStopMs(await findDeadAddress());
  assert.ok(stopMs < 4_000, `stopping took ${stopMs} ms`);
});

test('a collector that accepts and never answers holds up neither requests nor the stop', async () => {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
  });
  try {
    const stopMs = await measureStopMs(await listen(server));
    assert.ok(stopMs < 4_000, `stopping took ${stopMs} ms`);
    assert.ok(sockets.length > 0, 'it was asked');
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});
