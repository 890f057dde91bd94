import type { FORMATS } from '../../../wire/payload.ts';
import type { FormatExample } from '../example.ts';
import { createExampleFile } from '../example-files.ts';
import { ARROW_BYTES, PARQUET_BYTES } from './example-bytes.ts';

const COLUMNS_DRAWING = `region  metric   unit  value
memcpy  latency  us    1.2`;

const HISTOGRAM = 'HISTFAAAACp4nJNpmSzMwMDAzQABzFCaEURcm7yEwf4DVITtMKPIVjmWg8JMAJOFBx0=';

/** One example of each format of kind samples; a format without one does not compile. */
export const SAMPLES_EXAMPLES: Readonly<Record<(typeof FORMATS)['samples'][number], FormatExample>> = {
  csv: {
    payload: `region,metric,unit,value,label.size
memcpy,latency,us,1.2,4096
memcpy,latency,us,1.3,4096
`,
    shown: 2,
    query: {},
    options: {},
  },
  ndjson: {
    payload: `{"region":"memcpy","metric":"latency","unit":"us","values":[1.2,1.3]}
{"region":"memcpy","metric":"bandwidth","unit":"GB/s","value":12.5}
`,
    shown: 1,
    query: {},
    options: {},
  },
  'hdr-log': {
    payload: `#[Histogram log format version 1.3]
#[StartTime: 1795200693.474 (seconds since epoch), Fri Nov 20 18:51:33 UTC 2026]
"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
0.127,1.007,5.000,${HISTOGRAM}
`,
    shown: 4,
    query: { region: 'GET /', unit: 'us' },
    options: {},
  },
  'hdr-histogram': {
    payload: `${HISTOGRAM}
`,
    shown: 1,
    query: { region: 'GET /', unit: 'us' },
    options: {},
  },
  k6: {
    payload: `{"type":"Metric","data":{"name":"http_req_duration","type":"trend","contains":"time","thresholds":[],"submetrics":null},"metric":"http_req_duration"}
{"metric":"http_req_duration","type":"Point","data":{"time":"2026-11-20T18:46:23.603474+01:00","value":118.96,"tags":{"method":"GET","name":"https://lab/api/users","scenario":"default","status":"200"}}}
{"metric":"http_req_duration","type":"Point","data":{"time":"2026-11-20T18:46:24.5+01:00","value":1.001,"tags":{"method":"GET","name":"https://lab/api/users","scenario":"default","status":"200"}}}
`,
    shown: 2,
    query: {},
    options: {
      tags: 'tags that become labels beside those that always do, as `tag,tag`',
      units: 'units of metrics of your own, as `name:unit,name:unit` (`units=queue_wait:ms`)',
    },
  },
  wrk2: {
    payload: `Running 30s test @ http://10.0.0.7:8080/
  2 threads and 100 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.12ms  510.33us   5.00ms   78.00%
    Req/Sec     2.64k   210.00     3.44k    80.00%
  Latency Distribution (HdrHistogram - Recorded Latency)
 50.000%    1.05ms
100.000%    5.00ms

  Detailed Percentile spectrum:
       Value   Percentile   TotalCount 1/(1-Percentile)

       0.921     0.000000            1         1.00
       1.050     0.500000         1000         2.00
       4.999     1.000000         2000          inf
#[Mean    =        1.120, StdDeviation   =        0.510]
#[Max     =        4.996, Total count    =         2000]
#[Buckets =           27, SubBuckets     =         2048]
----------------------------------------------------------
  60018 requests in 30.00s, 19.81MB read
Requests/sec:   2000.28
Transfer/sec:    676.18KB
`,
    shown: 21,
    query: {},
    options: {},
  },
  arrow: {
    file: createExampleFile(ARROW_BYTES),
    drawing: COLUMNS_DRAWING,
    query: {},
    options: {},
  },
  parquet: {
    file: createExampleFile(PARQUET_BYTES),
    drawing: COLUMNS_DRAWING,
    query: {},
    options: {},
  },
};
