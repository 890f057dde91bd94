import { toSpanKind, toSpanStatus } from './enums.ts';
import type { ResourceSpans, Scope, ScopeSpans, Span, TracesRequest } from './messages.ts';
import { type Attribute, AttributeReader, NO_SCOPE, readResourceInto, readScope } from './protobuf-attributes.ts';
import { ProtobufReader } from './protobuf-reader.ts';

/**
 * Decodes an ExportTraceServiceRequest. Field numbers: opentelemetry/proto/collector/trace/v1/trace_service.proto and trace/v1/trace.proto.
 * @param bytes the whole message; an empty one is an empty request
 * @throws OtlpDecodeError when they are no such message, with the offset
 */
export function decodeTracesProtobuf(bytes: Uint8Array): TracesRequest {
  const reader = new ProtobufReader(bytes);
  const attributes = new AttributeReader(reader, bytes);
  const resourceSpans: ResourceSpans[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) resourceSpans.push(readResourceSpans(reader, attributes));
    else reader.skip();
  }
  return { resourceSpans };
}

function readResourceSpans(reader: ProtobufReader, attributes: AttributeReader): ResourceSpans {
  const resource: Attribute[] = [];
  const scopeSpans: ScopeSpans[] = [];
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) readResourceInto(resource, reader, attributes);
    else if (field === 2) scopeSpans.push(readScopeSpans(reader, attributes));
    else reader.skip();
  }
  reader.leave(outer);
  return { resource, scopeSpans };
}

function readScopeSpans(reader: ProtobufReader, attributes: AttributeReader): ScopeSpans {
  let scope: Scope = NO_SCOPE;
  const spans: Span[] = [];
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) scope = readScope(scope, reader, attributes);
    else if (field === 2) spans.push(readSpan(reader, attributes));
    else reader.skip();
  }
  reader.leave(outer);
  return { scope, spans };
}

function readSpan(reader: ProtobufReader, attributes: AttributeReader): Span {
  let traceId = '';
  let spanId = '';
  let parentSpanId = '';
  let flags = 0;
  let name = '';
  let kind = 0;
  let startNs = 0n;
  let endNs = 0n;
  let status = 0;
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) traceId = reader.id(16, 'trace id');
    else if (field === 2) spanId = reader.id(8, 'span id');
    else if (field === 4) parentSpanId = reader.id(8, 'parent span id');
    else if (field === 5) name = reader.text();
    else if (field === 6) kind = reader.int32();
    else if (field === 7) startNs = reader.fixed64();
    else if (field === 8) endNs = reader.fixed64();
    else if (field === 9) attributes.add();
    else if (field === 15) status = readStatus(status, reader);
    else if (field === 16) flags = reader.fixed32();
    else reader.skip();
  }
  reader.leave(outer);
  return {
    traceId,
    spanId,
    parentSpanId,
    flags,
    name,
    kind: toSpanKind(kind),
    startNs,
    endNs,
    attributes: attributes.take(),
    status: toSpanStatus(status),
  };
}

/** The code of a Status. @param before what an earlier occurrence gave */
function readStatus(before: number, reader: ProtobufReader): number {
  let code = before;
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 3) code = reader.int32();
    else reader.skip();
  }
  reader.leave(outer);
  return code;
}
