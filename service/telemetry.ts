import { type Context, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** The service's own traces: a span a request, and one each for parsing, storing, sealing and judging below it. */
export type Telemetry = { readonly shutdown: () => Promise<void> };

const EXPORT_TIMEOUT_MS = 2_000;
const SHUTDOWN_MS = 1_500;
const TRACER = 'plumbline';
/** Where our own spans may arrive, straight or by way of a collector: a span about receiving them would be the next one to arrive. */
const UNTRACED_URLS: ReadonlySet<string> = new Set(['/v1/traces']);

/**
 * Starts exporting over OTLP/HTTP; without an endpoint nothing is recorded and spans cost nothing.
 * @param endpoint base address of a collector, e.g. `http://127.0.0.1:4318`
 */
export function startTelemetry(endpoint: string | null, version: string): Telemetry {
  if (endpoint === null) return { shutdown: () => Promise.resolve() };
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({ 'service.name': 'plumbline', 'service.version': version }),
    traceExporter: new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, timeoutMillis: EXPORT_TIMEOUT_MS }),
    instrumentations: [],
    autoDetectResources: false,
  });
  sdk.start();
  return {
    // A dead collector must not hold up the end: what is not exported by then is dropped.
    shutdown: async () => {
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<void>((done) => {
        timer = setTimeout(done, SHUTDOWN_MS);
      });
      await Promise.race([sdk.shutdown().catch(() => undefined), deadline]);
      clearTimeout(timer);
    },
  };
}

/** Runs work inside a span; an error marks the span and goes on. */
export async function withSpan<Result>(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  return await trace.getTracer(TRACER).startActiveSpan(name, { attributes: { ...attributes } }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Wraps every request, but those that bring spans, in a server span that continues the caller's `traceparent`. */
export function traceRequests(app: FastifyInstance): void {
  const spans = new WeakMap<FastifyRequest, { readonly span: Span; readonly context: Context }>();
  app.addHook('onRequest', (request, _reply, done) => {
    if (UNTRACED_URLS.has(request.routeOptions.url ?? '')) {
      done();
      return;
    }
    const parent = propagation.extract(context.active(), request.headers);
    const span = trace.getTracer(TRACER).startSpan(
      `${request.method} ${request.routeOptions.url ?? 'unknown'}`,
      {
        kind: SpanKind.SERVER,
        attributes: { 'http.request.method': request.method, 'http.route': request.routeOptions.url ?? 'unknown' },
      },
      parent,
    );
    spans.set(request, { span, context: trace.setSpan(parent, span) });
    context.with(trace.setSpan(parent, span), done);
  });
  app.addHook('preHandler', (request, _reply, done) => {
    const traced = spans.get(request);
    if (traced === undefined) done();
    else context.with(traced.context, done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const traced = spans.get(request);
    traced?.span.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) traced?.span.setStatus({ code: SpanStatusCode.ERROR });
    traced?.span.end();
    done();
  });
}
