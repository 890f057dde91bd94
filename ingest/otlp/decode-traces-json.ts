import { toSpanKind, toSpanStatus } from './enums.ts';
import { readAttributes, readItems, readResource, readScope } from './json-attributes.ts';
import { JsonCursor, listNames } from './json-cursor.ts';
import type { Attributes, ResourceSpans, Scope, ScopeSpans, Span, TracesRequest } from './messages.ts';

const REQUEST = listNames('resourceSpans');
const RESOURCE_SPANS = listNames('resource', 'scopeSpans');
const SCOPE_SPANS = listNames('scope', 'spans');
const SPAN = listNames(
  'traceId',
  'spanId',
  'parentSpanId',
  'flags',
  'name',
  'kind',
  'startTimeUnixNano',
  'endTimeUnixNano',
  'attributes',
  'status',
);
const STATUS = listNames('code');

/**
 * Decodes an ExportTraceServiceRequest in JSON (OTLP specification, "JSON Protobuf Encoding").
 * @param text the whole message
 * @throws OtlpDecodeError when it is no such message, with a JSON pointer, line and column
 */
export function decodeTracesJson(text: string): TracesRequest {
  const cursor = new JsonCursor(text);
  let resourceSpans: readonly ResourceSpans[] = [];
  cursor.enterObject();
  while (cursor.next(REQUEST) !== undefined) resourceSpans = readItems(cursor, readResourceSpans);
  cursor.end();
  return { resourceSpans };
}

function readResourceSpans(cursor: JsonCursor): ResourceSpans {
  let resource: Attributes = [];
  let scopeSpans: readonly ScopeSpans[] = [];
  cursor.enterObject();
  for (let name = cursor.next(RESOURCE_SPANS); name !== undefined; name = cursor.next(RESOURCE_SPANS)) {
    if (name === 'resource') resource = readResource(cursor);
    else scopeSpans = readItems(cursor, readScopeSpans);
  }
  return { resource, scopeSpans };
}

function readScopeSpans(cursor: JsonCursor): ScopeSpans {
  let scope: Scope = { name: '', version: '', attributes: [] };
  let spans: readonly Span[] = [];
  cursor.enterObject();
  for (let name = cursor.next(SCOPE_SPANS); name !== undefined; name = cursor.next(SCOPE_SPANS)) {
    if (name === 'scope') scope = readScope(cursor);
    else spans = readItems(cursor, readSpan);
  }
  return { scope, spans };
}

function readSpan(cursor: JsonCursor): Span {
  let traceId = '';
  let spanId = '';
  let parentSpanId = '';
  let flags = 0;
  let spanName = '';
  let kind = 0;
  let startNs = 0n;
  let endNs = 0n;
  let attributes: Attributes = [];
  let status = 0;
  cursor.enterObject();
  for (let name = cursor.next(SPAN); name !== undefined; name = cursor.next(SPAN)) {
    if (name === 'traceId') traceId = cursor.id(16, 'trace id');
    else if (name === 'spanId') spanId = cursor.id(8, 'span id');
    else if (name === 'parentSpanId') parentSpanId = cursor.id(8, 'parent span id');
    else if (name === 'flags') flags = cursor.uint32();
    else if (name === 'name') spanName = cursor.string();
    else if (name === 'kind') kind = cursor.enumeration();
    else if (name === 'startTimeUnixNano') startNs = cursor.uint64();
    else if (name === 'endTimeUnixNano') endNs = cursor.uint64();
    else if (name === 'attributes') attributes = readAttributes(cursor);
    else status = readStatus(cursor);
  }
  return {
    traceId,
    spanId,
    parentSpanId,
    flags,
    name: spanName,
    kind: toSpanKind(kind),
    startNs,
    endNs,
    attributes,
    status: toSpanStatus(status),
  };
}

function readStatus(cursor: JsonCursor): number {
  let code = 0;
  cursor.enterObject();
  while (cursor.next(STATUS) !== undefined) code = cursor.enumeration();
  return code;
}
